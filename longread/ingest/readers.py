"""What PDFium and pypdf say of one PDF. It runs in a worker process and nowhere else.

`answer` tells what it finds as it finds it, so that what was read before a page that hangs is
kept. The libraries may loop, crash or take all memory: the pool sees to that.
"""

from __future__ import annotations

import logging
import re
import struct
import warnings
import zlib
from collections.abc import Generator, Iterator, Mapping, Sequence
from io import BytesIO
from itertools import islice
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

import pypdfium2
from pypdfium2 import raw

from longread.ingest import redactions
from longread.ingest.arranging import ROWS, WIDE, Box, Cell, Piece, arrange, gaps
from longread.ingest.cleaning import clean, trace

if TYPE_CHECKING:
    from pypdf import PageObject

DAMAGE = (
    ArithmeticError, AssertionError, AttributeError, LookupError, OSError, RuntimeError,
    StopIteration, TypeError, ValueError, struct.error, zlib.error,
)  # fmt: skip
"""What pypdf raises, besides its own errors, on files that are not what they say."""

STAMP = 200
"""Characters that a court or a scanner may print on a page that is otherwise a picture."""
LINES = 20
"""Drawn paths from which a page without text is a drawing, not a blank page with a border."""

LINE = re.compile(r"\S(?:[^\r\n]*\S)?")
WORD = re.compile(r"\S+")
MARK = re.compile(
    r"\(?(?:\d{1,3}(?:\.\d{1,3})*|[A-Za-z]{1,5})[.):]|\d{1,3}(?:\.\d{1,3})+|[^\w$€£¥(\[]"
)
"""What stands before a clause, a name or an entry of a list, and is no cell of a table."""
CROWDED = 5_000
"""Runs of words on a page from which on its text is taken as it was drawn."""
MOST, LONGEST = 10_000, 300
"""Bookmarks, attachments and characters of each that are told of a file."""
Mark = tuple[int, str, int]
"""A bookmark: depth from 0, title, physical page from 1 or 0 where it names none."""
Page = tuple[str, str]
"""Raw text, and the reason why there is hardly any."""


T = TypeVar("T")


class UnreadableError(Exception):
    """A file that one library cannot open: "needs password", "damaged" or "memory"."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Reader(Protocol):
    """A PDF that one library has opened."""

    count: int
    hidden: int
    """Letters of the page read last that boxes hide, and that its text does not have."""

    def labels(self) -> Sequence[str]:
        """Return the printed page numbers, or nothing where the file gives none."""
        ...

    def about(self) -> Mapping[str, str]:
        """Return its metadata: Title, Author, CreationDate and the like."""
        ...

    def outline(self) -> Iterator[Mark]:
        """Yield its bookmarks in order."""
        ...

    def attachments(self) -> Iterator[str]:
        """Yield the names of files that it carries."""
        ...

    def page(self, at: int) -> Page:
        """Return one page, counted from 0."""
        ...

    def boxes(self, at: int, start: int, end: int) -> Sequence[Box]:
        """Return where a range of a page's cleaned text stands, or nothing if it is unknown."""
        ...


def answer(message: dict[str, Any], data: bytes) -> Iterator[dict[str, object]]:
    """Yield who opened the file, what it has, and its pages; or why it cannot be opened."""
    logging.disable()
    warnings.simplefilter("ignore")
    try:
        reader = yield from _open(message, data)
    except UnreadableError as error:
        yield {"reason": error.reason}
        return
    if reader.count > message["most_pages"]:
        yield {"reason": "too large"}
        return
    if "within" in message:
        yield {"boxes": reader.boxes(message["first"], *message["within"])}
        return
    start = message["first"]
    if not start:
        yield _opening(reader)
    for at in range(start, start + 1 if message["alone"] else reader.count):
        reader.hidden = 0
        text, reason = reader.page(at)
        if len(text) > message["most_characters"]:
            text, reason = "", "too much text"
        yield {"text": clean(text), "reason": reason, "hidden": reader.hidden}


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


def _open(message: dict[str, Any], data: bytes) -> Generator[dict[str, object], None, Reader]:
    """Return the file, opened by one library or else by the other; say when it is its turn."""
    passwords, locked = tuple(message["passwords"]), False
    preferred = message["preferred"]
    if message["reader"] == preferred:
        try:
            return _opened(preferred, data, passwords, message["most_characters"])
        except UnreadableError as error:
            locked = error.reason == "needs password"
    other = "pypdf" if preferred == "pdfium" else "pdfium"
    yield {"reader": other}
    try:
        return _opened(other, data, passwords, message["most_characters"])
    except UnreadableError as error:
        raise UnreadableError("needs password" if locked else error.reason) from None


def _opened(name: str, data: bytes, passwords: tuple[str, ...], most: int) -> Reader:
    return Pypdf(data, passwords) if name == "pypdf" else Pdfium(data, passwords, most)


class Pdfium:
    """Google's reader: fast, forgiving, and the first to be asked."""

    def __init__(self, data: bytes, passwords: tuple[str, ...], most: int) -> None:
        self._data, self._passwords, self._most = data, passwords, most
        self._second: Pypdf | UnreadableError | None = None
        self.hidden = 0
        reason = "damaged"
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
        labels = [self._pdf.get_page_label(at) for at in range(self.count)]
        return labels if any(labels) else ()

    def about(self) -> Mapping[str, str]:
        found: dict[str, str] = self._pdf.get_metadata_dict(skip_empty=True)
        return found

    def outline(self) -> Iterator[Mark]:
        for mark in self._pdf.get_toc():
            place = mark.get_dest()
            at = place.get_index() if place else None
            yield mark.level, mark.get_title(), 0 if at is None else at + 1

    def attachments(self) -> Iterator[str]:
        for at in range(self._pdf.count_attachments()):
            yield self._pdf.get_attachment(at).get_name()

    def page(self, at: int) -> Page:
        try:
            page = self._pdf[at]
        except pypdfium2.PdfiumError:
            return self._ask_pypdf(at)
        try:
            text, reason = self._read(page)
        except pypdfium2.PdfiumError:
            return self._ask_pypdf(at)
        finally:
            page.close()
        return self._ask_pypdf(at) if reason == "unread" else (text, reason)

    def _read(self, page: Any) -> Page:  # pypdfium2 has no types
        writing = page.get_textpage()
        try:
            if writing.count_chars() > self._most:
                return "", "too much text"
            covered = redactions.boxes(page)
            if covered:
                text, self.hidden = redactions.visible_text(page, writing, covered)
            else:
                text, self.hidden = writing.get_text_range(), 0
                text = _join(text, _pieces(writing, text))
        finally:
            writing.close()
        return (text, "") if len(text.strip()) > STAMP else (text, _lack(page, text.strip()))

    def boxes(self, at: int, start: int, end: int) -> Sequence[Box]:
        try:
            page = self._pdf[at]
            writing = page.get_textpage()
        except pypdfium2.PdfiumError:
            return ()
        text = writing.get_text_range()
        pieces = _pieces(writing, text)
        found = trace(_join(text, pieces))
        if not 0 <= start < end <= len(found.text):
            return ()
        boxes: list[Box] = []
        at, (first, last) = 0, found.range(start, end)
        for begin, stop, put in pieces or [(0, len(text), "")]:
            low, high = max(first - at, 0), min(last - at, stop - begin)
            if low < high:
                boxes += _rectangles(writing, begin + low, begin + high)
            at += stop - begin + len(put)
        return boxes

    def _ask_pypdf(self, at: int) -> Page:
        if self._second is None:
            try:
                self._second = Pypdf(self._data, self._passwords)
            except UnreadableError as error:
                self._second = error
        if isinstance(self._second, UnreadableError):
            return "", "damaged"
        return self._second.page(at) if at < self._second.count else ("", "damaged")


def _join(text: str, pieces: Sequence[Piece]) -> str:
    return "".join([text[start:end] + put for start, end, put in pieces]) if pieces else text


def _rectangles(writing: Any, start: int, end: int) -> list[Box]:
    """Return the rectangles of a range of a page's text, as many as PDFium sees."""
    # PDFium counts characters on the page that it does not write into the text.
    index = raw.FPDFText_GetCharIndexFromTextIndex(writing.raw, start)
    count = raw.FPDFText_GetCharIndexFromTextIndex(writing.raw, end - 1) + 1 - index
    if index < 0 or count <= 0:
        return []
    return [writing.get_rect(n) for n in range(writing.count_rects(index, count))]


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
                words += 1
    if covered >= width * height / 2 or (covered and not text):
        return "scan without text"
    if text:
        return ""
    if words:
        return "unread"
    return "drawing without text" if paths >= LINES else "blank"


class Pypdf:
    """The reader in Python: slow, and sometimes the only one that can."""

    def __init__(self, data: bytes, passwords: tuple[str, ...]) -> None:
        import pypdf

        self.hidden = 0  # where it draws boxes it does not say
        try:
            self._pdf = pypdf.PdfReader(BytesIO(data))
            locked = self._pdf.is_encrypted and not any(
                self._pdf.decrypt(password) for password in ("", *passwords)
            )
            if not locked:
                self.count = len(self._pdf.pages)
        except (pypdf.errors.PyPdfError, *DAMAGE):
            raise UnreadableError("damaged") from None
        except MemoryError:
            raise UnreadableError("memory") from None
        if locked:
            raise UnreadableError("needs password")
        if not self.count:
            raise UnreadableError("damaged")
        self._errors = (pypdf.errors.PyPdfError, *DAMAGE)

    def labels(self) -> Sequence[str]:
        try:
            return self._pdf.page_labels if "/PageLabels" in self._pdf.root_object else ()
        except self._errors:
            return ()

    def about(self) -> Mapping[str, str]:
        try:
            found: Mapping[str, object] = self._pdf.metadata or {}
            return {str(key).lstrip("/"): str(found[key]) for key in found}
        except self._errors:
            return {}

    def outline(self) -> Iterator[Mark]:
        try:
            yield from self._marks(self._pdf.outline, 0)
        except self._errors:
            return

    def _marks(self, marks: Sequence[Any], depth: int) -> Iterator[Mark]:
        for mark in marks:
            if isinstance(mark, list):
                yield from self._marks(mark, depth + 1)
            else:
                at = self._pdf.get_destination_page_number(mark)
                yield depth, str(mark.title), 0 if at is None else at + 1

    def attachments(self) -> Iterator[str]:
        try:
            yield from self._pdf.attachments
        except self._errors:
            return

    def page(self, at: int) -> Page:
        try:
            page = self._pdf.pages[at]
            text = page.extract_text()
        except self._errors:
            return "", "damaged"
        except MemoryError:
            return "", "memory"
        return text, "" if text.strip() else self._lack(page)

    def boxes(self, at: int, start: int, end: int) -> Sequence[Box]:
        return ()

    def _lack(self, page: PageObject) -> str:
        try:
            return "scan without text" if page.images.keys() else "blank"
        except self._errors:
            return "blank"
