"""PDFs read page by page in worker processes, so that no file can hang or end the program.

Text comes from PDFium; pypdf reads what PDFium cannot. A file or a page that cannot be read is
reported with its reason, never raised. Nothing is written, and no page is looked at as a picture.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from longread.config import Library
from longread.ingest.pages import Bookmark, PageText, lay_out
from longread.ingest.pool import Account, Pool, WorkerError

__all__ = ["LIMITS", "VERSION", "Limits", "PageText", "PdfText", "lay_out", "read_many"]

VERSION = 5
"""Raised whenever the same bytes give other text or segments."""

NAMED = 10
"""Attachments or pages named in a note."""
COUNT = re.compile(rb"/Count\s+(\d{1,7})\b|/Linearized\b[^>]{0,200}?/N\s+(\d{1,7})\b")
"""Where a file says how many pages it has; outlines count too."""
NODE = re.compile(rb"/Kids\b|/Pages\b")
AROUND = 200
"""Bytes around a count in which it says what is counted."""
READERS = "longread.ingest.readers"
"""Imported by workers alone."""
TRIES = 2
"""Times a library is asked for a page that a worker dies on."""
PATIENCE = 3
"""Pages that may be lost before a file's bad pages get no second tries."""


@dataclass(frozen=True, slots=True)
class PdfText:
    """What could be read of one PDF."""

    pages: tuple[PageText, ...]
    reason: str
    """Why it could not be opened; empty when it was."""
    about: tuple[tuple[str, str], ...] = ()
    """Its metadata: Title, Author, CreationDate and the like, as they are written there."""
    outline: tuple[Bookmark, ...] = ()
    attachments: tuple[str, ...] = ()
    """Names of the files that it carries, which are not read."""
    said: int = 0
    """Pages that a file which cannot be opened says that it has; 0 where it does not."""

    @property
    def notes(self) -> tuple[str, ...]:
        """What a reader should know of it, as in `Entry`."""
        unsure = [f"p{page.number}" for page in self.pages if page.unsure]
        told = (
            ("attachments not read", self.attachments),
            ("boxes that may hide text not looked at", unsure),
        )
        notes = [f"{what}: {_listed(names)}" for what, names in told if names]
        if self.said:
            notes.append(f"it says that it has {self.said:,} page{'s'[: self.said > 1]}")
        return tuple(notes)


@dataclass(frozen=True, slots=True)
class Limits:
    """What one file may take. Seconds are CPU seconds, so a busy machine reads the same."""

    page_seconds: float = 20.0
    """For opening the file, and for each page."""
    file_seconds: float = 300.0
    memory: int = 1 << 30
    """Resident bytes of the worker that reads it."""
    size: int = 512 << 20
    """Bytes of the file."""
    pages: int = 100_000
    page_characters: int = 1_000_000
    file_characters: int = 50_000_000


LIMITS = Limits()


def read_many(
    files: Iterable[tuple[str, bytes]],
    passwords: tuple[str, ...] = (),
    limits: Limits = LIMITS,
    workers: int = 0,
    library: Library = "pdfium",
) -> Iterator[tuple[str, PdfText]]:
    """Yield each file's name and text, in the order in which they are done.

    `files` is advanced only as far as workers have room. Leaving the iteration early ends the
    workers, of which there is one a core unless `workers` says otherwise. What `library` cannot
    open, the other one may.
    """
    pool = Pool(READERS, "answer", limits.memory)
    yield from pool.spread(
        (
            (name, len(data), Reading(pool, data, passwords, limits, preferred=library).run)
            for name, data in files
        ),
        workers,
    )


def _said(
    opening: Mapping[str, object],
) -> tuple[tuple[tuple[str, str], ...], tuple[Bookmark, ...], tuple[str, ...]]:
    """Return metadata, bookmarks and attachments from what a worker told."""
    match opening:
        case {"about": dict(about), "outline": list(marks), "attachments": list(names)}:
            bookmarks = [mark for mark in map(_bookmark, marks) if mark]
            kept = sorted((str(key), str(value)) for key, value in about.items())
            return tuple(kept), tuple(bookmarks), tuple(map(str, names))
    return (), (), ()


def _listed(names: Sequence[str]) -> str:
    return ", ".join(names[:NAMED]) + (", …" if names[NAMED:] else "")


def said_pages(data: bytes) -> int:
    """Return how many pages a file says that it has, from its bytes alone; 0 where it does not.

    What is compressed is not looked into.
    """
    found = 0
    for match in COUNT.finditer(data):
        tree, linear = match.groups()
        before = data[max(0, match.start() - AROUND) : match.start()].rpartition(b"<<")[2]
        after = data[match.end() : match.end() + AROUND].partition(b">>")[0]
        if linear or NODE.search(before) or NODE.search(after):
            found = max(found, int(linear or tree))
    return found


def _bookmark(told: object) -> Bookmark | None:
    match told:
        case [int(depth), str(title), int(page)]:
            return Bookmark(depth, title, page)
    return None


@dataclass(slots=True)
class Reading:
    """One file on its way through as many workers as it takes."""

    pool: Pool
    data: bytes = field(repr=False)
    passwords: tuple[str, ...]
    limits: Limits
    pages: list[PageText] = field(default_factory=list)
    count: int | None = None
    """Pages it has; None until it was opened."""
    labels: Sequence[str] = ()
    opening: Mapping[str, object] = field(default_factory=dict)
    """What the file says of itself."""
    reason: str = ""
    characters: int = 0
    lost: int = 0
    blame: str = ""
    """Why one library was lost on the page that the other is asked for."""
    preferred: Library = "pdfium"
    reader: str = ""
    """Who opens it: the library preferred, until a worker said that it could not."""

    def __post_init__(self) -> None:
        self.reader = self.preferred

    def run(self) -> PdfText:
        """Read the file; every page that it has is in the result."""
        if len(self.data) > self.limits.size:
            return PdfText((), "too large")
        if b"%PDF" not in self.data[:1024] and b" obj" not in self.data:
            return PdfText((), "not a PDF")
        account = Account(self.limits.page_seconds, self.limits.file_seconds)
        while not (self._over or account.overdrawn or self.pool.closed):
            self._read_on(account)
        if self.count is None:
            return PdfText((), self.reason or "timeout", said=said_pages(self.data))
        while len(self.pages) < self.count:
            self._lose("timeout")
        return PdfText(tuple(self.pages), "", *_said(self.opening))

    @property
    def _over(self) -> bool:
        if self.count is None:
            return bool(self.reason)
        return len(self.pages) >= self.count

    def _read_on(self, account: Account) -> None:
        """Read on from the first page that is missing, until the end or a page that is lost.

        A worker that died gets one successor, for it may have been worn out or killed; then
        each library tries that page by itself. A file that has lost several pages gets no
        second tries.
        """
        at, tried, reason = len(self.pages), Counter[tuple[str, bool]](), ""
        other = "pypdf" if self.preferred == "pdfium" else "pdfium"
        both, first, second = (self.preferred, False), (self.preferred, True), (other, True)
        for turn in (both, both, second, second, first):
            turn = second if self.reader == other else turn
            if tried[turn] >= TRIES or (self.lost >= PATIENCE and reason):
                continue
            if turn == first and self.count is None:
                break  # it is as it was with both
            reader, sole = turn
            alone = sole and self.count is not None and self.reader != other
            self.blame = reason if alone else ""
            try:
                request = self._request(reader, alone, sole)
                for reply in self.pool.ask(request, self.data, account):
                    self._take(reply)
                reason = self.blame or "damaged"
            except WorkerError as error:
                reason = "damaged" if error.reason == "died" else error.reason
            if self._over or len(self.pages) > at:
                return
            if self.pool.closed or account.overdrawn:
                self.reason = reason
                return
            tried[second if self.reader == other else turn] += TRIES if reason == "timeout" else 1
        if self.count is None:
            self.reason = reason
        else:
            self.lost += 1
            self._lose(reason)

    def _request(self, reader: str, alone: bool, sole: bool) -> Mapping[str, object]:
        return {
            "reader": reader,
            "preferred": self.preferred,
            "passwords": self.passwords,
            "first": len(self.pages),
            "alone": alone,
            "sole": sole,
            "most_pages": self.limits.pages,
            "most_characters": self.limits.page_characters,
        }

    def _take(self, reply: Mapping[str, object]) -> None:
        match reply:
            case {"reader": str(reader)} if self.count is None:
                self.reader = reader
            case {"count": int(count), "labels": list(labels)}:
                if self.count is None and count <= self.limits.pages:
                    self.count, self.labels, self.opening = count, [str(x) for x in labels], reply
            case {"reason": str(reason), "text": str(text)} if not self._over:
                reason = reason if text else self.blame or reason
                self.characters += len(text)
                if self.characters > self.limits.file_characters:
                    text, reason = "", "too much text"
                hidden, unsure = reply.get("hidden"), reply.get("unsure") is True
                hidden = hidden if isinstance(hidden, int) else 0
                page = self._page(text, reason)
                self.pages.append(replace(page, hidden=hidden, unsure=unsure))
            case {"reason": str(reason)} if self.count is None:
                self.reason = reason

    def _lose(self, reason: str) -> None:
        self.pages.append(self._page("", reason))

    def _page(self, text: str, reason: str) -> PageText:
        at = len(self.pages)
        label = self.labels[at] if at < len(self.labels) else ""
        return PageText(at + 1, label, text, reason)
