"""What PDFium, Google's reader, says of one PDF. It runs in a worker process and nowhere else.

It is fast, forgiving and the first to be asked. Its text is put in reading order, cells of tables
apart; what boxes hide is left out, and what is typed into forms is text like any other.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from typing import Any

import pypdfium2
from pypdfium2 import raw

from longread.ingest import redactions, shapes
from longread.ingest.arranging import ROWS, WIDE, Box, Cell, Piece, arrange, gaps
from longread.ingest.cleaning import clean
from longread.ingest.libraries import DAMAGED, SCANNED, UNREAD, Mark, Page, UnreadableError

STAMP = 200
"""Characters that a court or a scanner may print on a page that is otherwise a picture."""
LINES = 20
"""Drawn paths from which a page without text is a drawing, not a blank page with a border."""
TYPED = frozenset((raw.FPDF_ANNOT_WIDGET, raw.FPDF_ANNOT_FREETEXT, raw.FPDF_ANNOT_STAMP))
"""What lies over a page and has words that a reader sees: fields of forms, notes, stamps."""

LINE = re.compile(r"\S(?:[^\r\n]*\S)?")
WORD = re.compile(r"\S+")
MARK = re.compile(
    r"\(?(?:\d{1,3}(?:\.\d{1,3})*|[A-Za-z]{1,5})[.):]|\d{1,3}(?:\.\d{1,3})+|[^\w$€£¥(\[]"
)
"""What stands before a clause, a name or an entry of a list, and is no cell of a table."""
CROWDED = 5_000
"""Runs of words on a page from which on its text is taken as it was drawn."""


class Pdfium:
    """A PDF that PDFium has opened."""

    def __init__(self, data: bytes, passwords: Sequence[str], most: int) -> None:
        """Open it; of pages with more than `most` characters none is read.

        Raises:
            UnreadableError: it cannot be opened.
        """
        self._most = most
        reason = DAMAGED
        for password in (None, *passwords):
            try:
                self._pdf = pypdfium2.PdfDocument(data, password=password)
            except pypdfium2.PdfiumError as error:
                if getattr(error, "err_code", None) != raw.FPDF_ERR_PASSWORD:
                    break
                reason = "needs password"
            else:
                self.count: int = len(self._pdf)
                if self.count:
                    return
                break
        raise UnreadableError(reason)

    def labels(self) -> Sequence[str]:
        labels = [""] * self.count
        for at in range(self.count):
            with suppress(UnicodeError):
                labels[at] = self._pdf.get_page_label(at)
        return labels if any(labels) else ()

    def about(self) -> Mapping[str, str]:
        found: dict[str, str] = {}
        for key in self._pdf.METADATA_KEYS:
            with suppress(UnicodeError):
                found[key] = self._pdf.get_metadata_value(key)
        return found

    def outline(self) -> Iterator[Mark]:
        for mark in self._pdf.get_toc():
            title = "?"
            with suppress(UnicodeError):
                title = mark.get_title()
            place = mark.get_dest()
            at = place.get_index() if place else None
            yield mark.level, title, 0 if at is None else at + 1

    def attachments(self) -> Iterator[str]:
        for at in range(self._pdf.count_attachments()):
            name = "?"
            with suppress(UnicodeError):
                name = self._pdf.get_attachment(at).get_name()
            yield name

    def page(self, at: int) -> Page:
        try:
            page, typed = self._page(at)
        except pypdfium2.PdfiumError:
            return Page("", DAMAGED)
        try:
            return self._read(page, typed)
        except pypdfium2.PdfiumError:
            return Page("", DAMAGED)
        finally:
            page.close()

    def _page(self, at: int) -> tuple[Any, bool]:  # pypdfium2 has no types
        """Return a page, what was typed over it being part of it, and whether anything was."""
        page = self._pdf[at]
        if not _is_typed_over(page):
            return page, False
        raw.FPDFPage_Flatten(page.raw, raw.FLAT_NORMALDISPLAY)
        page.close()
        return self._pdf[at], True

    def _read(self, page: Any, typed: bool) -> Page:
        writing = page.get_textpage()
        try:
            if writing.count_chars() > self._most:
                return Page("", "too much text")
            text, hidden = "", 0
            if over := shapes.covers(page):
                text, hidden = redactions.visible_text(page, writing, over)
            if not hidden and typed:
                text = _typed(writing)
            elif not hidden:
                text = writing.get_text_range()
                text = _join(text, _pieces(writing, text))
        finally:
            writing.close()
        text = clean(text)
        lack = _lack(page, text) if len(text) <= STAMP else ""
        return Page(text, lack, hidden, typed)


def _is_typed_over(page: Any) -> bool:
    for at in range(raw.FPDFPage_GetAnnotCount(page.raw)):
        note = raw.FPDFPage_GetAnnot(page.raw, at)
        kind = raw.FPDFAnnot_GetSubtype(note)
        raw.FPDFPage_CloseAnnot(note)
        if kind in TYPED:
            return True
    return False


def _typed(writing: Any) -> str:
    """Return the text of a page on which PDFium takes fields of a form for words of one line."""
    starts, last = [0], None
    for at in range(count := writing.count_chars()):
        letter = chr(raw.FPDFText_GetUnicode(writing.raw, at))
        if letter in "\r\n":
            last = None
        if letter.isspace():
            continue
        _, bottom, _, top = writing.get_charbox(at, loose=True)
        if last and min(top, last[1]) <= max(bottom, last[0]):
            starts.append(at)
        last = bottom, top
    ends = [*starts[1:], count]
    return "\n".join(writing.get_text_range(a, b - a) for a, b in zip(starts, ends, strict=True))


def _join(text: str, pieces: Sequence[Piece]) -> str:
    return "".join([text[start:end] + put for start, end, put in pieces]) if pieces else text


def _pieces(writing: Any, text: str) -> list[Piece]:
    """Return what a page's text is put together from; nothing where it is good as it is."""
    count = writing.count_rects()
    if count > CROWDED:
        return []
    rows = gaps([writing.get_rect(n) for n in range(count)])
    if len(rows) < ROWS:
        return []
    lines = [_cells(writing, text, *m.span(), rows) for m in LINE.finditer(text)]
    return arrange(lines)


def _cells(
    writing: Any, text: str, start: int, end: int, rows: Sequence[tuple[float, float]]
) -> list[Cell]:
    """Return the cells of a line: its words, parted where a gap is wide for its height."""
    whole = _box(writing, start, end)
    if not whole:
        return [Cell(start, end, 0.0, 0.0)]
    middle = (whole[1] + whole[3]) / 2
    if not any(bottom <= middle <= top for bottom, top in rows):
        return [Cell(start, end, whole[0], whole[2])]
    words = [m.span() for m in WORD.finditer(text, start, end)]
    placed = [(a, b, box) for a, b in words if (box := _box(writing, a, b))]
    if len(placed) < len(words):
        return [Cell(start, end, whole[0], whole[2])]
    height = max(top - bottom for _, _, (_, bottom, _, top) in placed)
    cells: list[Cell] = []
    for a, b, (left, _, right, _) in placed:
        marks = len(cells) == 1 and MARK.fullmatch(text, cells[0].start, cells[0].end)
        if cells and (marks or left - cells[-1].right <= WIDE * height):
            cells[-1] = Cell(cells[-1].start, b, cells[-1].left, right)
        else:
            cells.append(Cell(a, b, left, right))
    return cells


def _box(writing: Any, start: int, end: int) -> Box | None:
    """Return the box of words on one line, from the first and the last character."""
    first = raw.FPDFText_GetCharIndexFromTextIndex(writing.raw, start)
    last = raw.FPDFText_GetCharIndexFromTextIndex(writing.raw, end - 1)
    if min(first, last) < 0:
        return None
    one, other = writing.get_charbox(first), writing.get_charbox(last)
    return one[0], min(one[1], other[1]), other[2], max(one[3], other[3])


def _lack(page: Any, text: str) -> str:
    """Why a page of PDFium has little text or none: its pictures, its drawings, or nothing."""
    width, height = page.get_size()
    covered, paths, words = 0.0, 0, 0
    for thing in page.get_objects(max_depth=3):
        match thing.type:
            case raw.FPDF_PAGEOBJ_IMAGE:
                left, bottom, right, top = thing.get_bounds()
                covered += abs(right - left) * abs(top - bottom)
            case raw.FPDF_PAGEOBJ_PATH:
                paths += 1
            case raw.FPDF_PAGEOBJ_TEXT:
                left, bottom, right, top = thing.get_bounds()
                words += left < right and bottom < top
    if covered >= width * height / 2 or (covered and not text):
        return SCANNED
    if text:
        return ""
    if words and _shows_something(page):
        return UNREAD
    return "drawing without text" if paths >= LINES else "blank"


def _shows_something(page: Any) -> bool:
    """Whether a page is not of one colour all over, as one of blanks alone is."""
    width, height = page.get_size()
    drawn = page.render(scale=min(0.5, 1000 / max(width, height, 1)), grayscale=True)
    try:
        lines = memoryview(drawn.buffer).cast("B")
        shades = {
            shade
            for at in range(0, drawn.height * drawn.stride, drawn.stride)
            for shade in {*lines[at : at + drawn.width]}
        }
        return len(shades) > 1
    finally:
        drawn.close()
