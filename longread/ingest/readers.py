"""What PDFium and pypdf say of one PDF. It runs in a worker process and nowhere else.

`answer` tells what it finds as it finds it, so that what was read before a page that hangs is
kept. The libraries may loop, crash or take all memory: the pool sees to that.
"""

from __future__ import annotations

import logging
import warnings
from collections.abc import Generator, Iterator
from contextlib import suppress
from itertools import islice
from typing import Any, TypeVar

import pypdfium2

from longread.ingest.by_pdfium import Pdfium
from longread.ingest.by_pypdf import DAMAGE, Pypdf
from longread.ingest.cleaning import clean
from longread.ingest.libraries import (
    DAMAGED,
    SCANNED,
    UNREAD,
    UNSURE,
    Page,
    Reader,
    UnreadableError,
)

MOST, LONGEST = 10_000, 300
"""Bookmarks, attachments and characters of each that are told of a file."""
OPENS: dict[str, type[Pdfium] | type[Pypdf]] = {"pdfium": Pdfium, "pypdf": Pypdf}
OTHER = {"pdfium": "pypdf", "pypdf": "pdfium"}

T = TypeVar("T")


def answer(message: dict[str, Any], data: bytes) -> Iterator[dict[str, object]]:
    """Yield who opened the file, what it has, and its pages; or why it cannot be opened.

    A message has "reader", who is to open it, "preferred", who is asked first where both can,
    "passwords", the "first" page counted from 0, whether it is wanted "alone", whether its reader
    is the "sole" one to try it, and "most_pages" and "most_characters" of a page.
    """
    logging.disable()
    warnings.simplefilter("ignore")
    try:
        file = yield from _open(message, data)
    except UnreadableError as error:
        yield {"reason": error.reason}
        return
    count = file.reader.count
    if count > message["most_pages"]:
        yield {"reason": "too large"}
        return
    start = message["first"]
    if not start:
        yield _opening(file.reader)
    for at in range(start, start + 1 if message["alone"] else count):
        yield file.page(at)._asdict()


def _opening(reader: Reader) -> dict[str, object]:
    """Return what a file says of itself, cleaned and within bounds."""
    bookmarks = [(depth, _short(title), page) for depth, title, page in _first(reader.outline())]
    about = {key: _short(value) for key, value in reader.about().items()}
    return {
        "count": reader.count,
        "labels": [clean(label)[:40] for label in reader.labels()],
        "outline": [mark for mark in bookmarks if mark[1]],
        "about": {key: value for key, value in about.items() if value},
        "attachments": [_short(name) or "?" for name in _first(reader.attachments())],
    }


def _first(said: Iterator[T]) -> list[T]:
    """Return the first of what a file says of itself, up to where it is damaged."""
    found: list[T] = []
    try:
        found.extend(islice(said, MOST))
    except (pypdfium2.PdfiumError, *DAMAGE):
        pass
    return found


def _short(text: str) -> str:
    return " ".join(clean(text).split())[:LONGEST]


def _open(message: dict[str, Any], data: bytes) -> Generator[dict[str, object], None, File]:
    """Return the file, opened by one library or else by the other; say when it is its turn."""
    preferred = message["preferred"]
    other = OTHER[preferred]
    locked = False
    if message["reader"] == preferred:
        try:
            return File(message, data, preferred, None if message["sole"] else other)
        except UnreadableError as error:
            locked = error.reason == "needs password"
            if message["sole"]:
                raise
    yield {"reader": other}
    try:
        return File(message, data, other, None)
    except UnreadableError as error:
        raise UnreadableError("needs password" if locked else error.reason) from None


class File:
    """A PDF that one library has opened, and the other where it can stand in."""

    def __init__(self, message: dict[str, Any], data: bytes, name: str, other: str | None) -> None:
        """Open it with the library of that name; `UnreadableError` where that cannot."""
        self._given = data, message["passwords"], message["most_characters"]
        self._name, self._other = name, other
        self.reader: Reader = OPENS[name](*self._given)
        self._second: Reader | None = None

    def page(self, at: int) -> Page:
        """Return a page, counted from 0: what one library says, or the other where it cannot."""
        page = self.reader.page(at)
        if self._name == "pypdf":
            return self._checked(page, at)
        if page.reason not in UNSURE:
            return page
        found = self._ask_other(at)
        return found if found.text or page.reason == DAMAGED else page

    def _checked(self, page: Page, at: int) -> Page:
        """Return what pypdf read, or what PDFium did where it reads or sees more."""
        seen = self._ask_other(at)
        if seen.reason == DAMAGED or (seen.reason == UNREAD and page.text):
            return page
        if seen.hidden or seen.typed or not page.text:
            return seen
        return Page(page.text, SCANNED if seen.reason == SCANNED else "")

    def _ask_other(self, at: int) -> Page:
        if self._second is None and self._other:
            other, self._other = self._other, None
            with suppress(UnreadableError):
                self._second = OPENS[other](*self._given)
        if self._second is None or at >= self._second.count:
            return Page("", DAMAGED)
        return self._second.page(at)
