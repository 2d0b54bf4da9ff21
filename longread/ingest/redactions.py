"""Text that a page hides under dark boxes. It runs in a worker process and nowhere else.

A box drawn over words takes them from the reader's eye and leaves them in the file. What nobody
was meant to read is not used: a mark stands in its place. A letter counts as hidden where a dark
rectangle was filled over it and the page, as drawn, shows nothing but dark there; so white words on
a black bar stay.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from ctypes import byref, c_double, c_float, c_int, c_uint
from typing import Any, NamedTuple

from pypdfium2 import raw

MARK = "[redacted]"
DARK = 80
"""Brightness, of 255, that every colour of a fill and every pixel of what it hides stays below."""
LEAST = 4.0
"""Points that a box is wide and high at least; less is a rule or an underline."""
MOST = 20_000
"""Things drawn on a page that are looked at; a map has more, and is no redacted letter."""
SCALE = 2.0
"""Pixels a point at which a page with boxes is drawn."""
DEPTH = 3
"""How deep forms within forms are looked into."""
HOLDERS = (raw.FPDF_PAGEOBJ_PATH, raw.FPDF_PAGEOBJ_FORM)
Matrix = tuple[float, float, float, float, float, float]
PLAIN: Matrix = (1, 0, 0, 1, 0, 0)


class Box(NamedTuple):
    """A rectangle on a page, in points from its lower left corner."""

    left: float
    bottom: float
    right: float
    top: float


def boxes(page: Any) -> list[Box]:  # pypdfium2 has no types
    """Return the dark filled rectangles of a page."""
    handle = page.raw
    number = raw.FPDFPage_CountObjects(handle)
    found: list[Box] = []
    # What covers other things was drawn after them.
    for at in range(max(0, number - MOST), number):
        thing = raw.FPDFPage_GetObject(handle, at)
        if raw.FPDFPageObj_GetType(thing) in HOLDERS:
            found += _of_object(thing, PLAIN, 1)
    return found + list(_of_notes(page))


def visible_text(page: Any, writing: Any, hidden_by: Sequence[Box]) -> tuple[str, int]:
    """Return a page's text with marks for what boxes hide, and how many letters that is."""
    states = _states(page, writing, hidden_by)
    pieces: list[str] = []
    first, count = 0, len(states)
    for at in range(1, count + 1):
        if at == count or states[at] != states[first]:
            kept = not states[first]
            pieces.append(writing.get_text_range(first, at - first) if kept else MARK)
            first = at
    return "".join(pieces), sum(states)


def _of_object(thing: Any, matrix: Matrix, depth: int) -> Iterator[Box]:
    kind = raw.FPDFPageObj_GetType(thing)
    if kind == raw.FPDF_PAGEOBJ_PATH:
        if _is_dark_path(thing):
            yield from _rectangles(thing, _times(_matrix(thing), matrix))
    elif kind == raw.FPDF_PAGEOBJ_FORM and depth < DEPTH:
        inner = _times(_matrix(thing), matrix)
        for at in range(raw.FPDFFormObj_CountObjects(thing)):
            yield from _of_object(raw.FPDFFormObj_GetObject(thing, at), inner, depth + 1)


def _is_dark_path(thing: Any) -> bool:
    mode, stroke = c_int(), c_int()
    if not raw.FPDFPath_GetDrawMode(thing, mode, stroke) or not mode.value:
        return False
    red, green, blue, alpha = (c_uint() for _ in range(4))
    if not raw.FPDFPageObj_GetFillColor(thing, red, green, blue, alpha):
        return False
    return max(red.value, green.value, blue.value) < DARK and alpha.value > 250


def _matrix(thing: Any) -> Matrix:
    found = raw.FS_MATRIX()
    if not raw.FPDFPageObj_GetMatrix(thing, byref(found)):
        return PLAIN
    return found.a, found.b, found.c, found.d, found.e, found.f


def _times(first: Matrix, then: Matrix) -> Matrix:
    """Return the matrix that does what `first` does and then what `then` does."""
    a, b, c, d, e, f = first
    g, h, i, j, k, m = then
    across = a * g + b * i, a * h + b * j
    up = c * g + d * i, c * h + d * j
    return *across, *up, e * g + f * i + k, e * h + f * j + m


def _rectangles(path: Any, matrix: Matrix) -> Iterator[Box]:
    """Yield the parts of a path that are upright rectangles, as they lie on the page."""
    points: list[tuple[float, float]] = []
    for at in range(min(raw.FPDFPath_CountSegments(path), 5_000)):
        part = raw.FPDFPath_GetPathSegment(path, at)
        if raw.FPDFPathSegment_GetType(part) == raw.FPDF_SEGMENT_MOVETO:
            yield from _rectangle(points)
            points = []
        x, y = c_float(), c_float()
        raw.FPDFPathSegment_GetPoint(part, x, y)
        a, b, c, d, e, f = matrix
        points.append((a * x.value + c * y.value + e, b * x.value + d * y.value + f))
    yield from _rectangle(points)


def _rectangle(points: Sequence[tuple[float, float]]) -> Iterator[Box]:
    if not 4 <= len(points) <= 6:
        return
    box = Box(*map(min, zip(*points, strict=True)), *map(max, zip(*points, strict=True)))
    corners = {(round((x - box.left) * 2), round((y - box.bottom) * 2)) for x, y in points}
    width, height = round((box.right - box.left) * 2), round((box.top - box.bottom) * 2)
    upright = corners == {(0, 0), (0, height), (width, 0), (width, height)}
    if upright and min(width, height) >= LEAST * 2:
        yield box


def _of_notes(page: Any) -> Iterator[Box]:
    """Yield the dark squares that were laid over a page as comments are."""
    for at in range(raw.FPDFPage_GetAnnotCount(page)):
        note = raw.FPDFPage_GetAnnot(page, at)
        try:
            if raw.FPDFAnnot_GetSubtype(note) == raw.FPDF_ANNOT_SQUARE and _is_dark_note(note):
                area = raw.FS_RECTF()
                raw.FPDFAnnot_GetRect(note, byref(area))
                yield Box(area.left, area.bottom, area.right, area.top)
        finally:
            raw.FPDFPage_CloseAnnot(note)


def _is_dark_note(note: Any) -> bool:
    """Whether a square is filled with a dark colour, or drawn with something that is."""
    colours = tuple(c_uint() for _ in range(4))
    if raw.FPDFAnnot_GetColor(note, raw.FPDFANNOT_COLORTYPE_InteriorColor, *colours):
        return max(colour.value for colour in colours[:3]) < DARK
    things = range(raw.FPDFAnnot_GetObjectCount(note))
    return any(_is_dark_path(raw.FPDFAnnot_GetObject(note, at)) for at in things)


def _states(page: Any, writing: Any, hidden_by: Sequence[Box]) -> list[bool]:
    """Return of each character of a page whether it is hidden.

    A blank, which draws nothing, goes with the letters on both sides; a line's end stays.
    """
    picture = None
    states: list[bool] = []
    blanks: list[int] = []
    for at in range(writing.count_chars()):
        letter = chr(raw.FPDFText_GetUnicode(writing, at))
        hidden = False
        if letter.isspace():
            blanks += [at] if letter not in "\r\n" else []
        elif any(_within(place := _place(writing, at), box) for box in hidden_by):
            picture = picture or _Picture(page)
            hidden = picture.is_dark(place)
        states.append(hidden)
    for at in blanks:
        states[at] = at > 0 and states[at - 1] and any(states[at + 1 : at + 2])
    return states


def _place(writing: Any, at: int) -> Box:
    left, right, bottom, top = (c_double() for _ in range(4))
    raw.FPDFText_GetCharBox(writing, at, left, right, bottom, top)
    return Box(left.value, bottom.value, right.value, top.value)


def _within(letter: Box, box: Box) -> bool:
    x, y = (letter.left + letter.right) / 2, (letter.bottom + letter.top) / 2
    return box.left <= x <= box.right and box.bottom <= y <= box.top


class _Picture:
    """A page as it is drawn, in grey."""

    def __init__(self, page: Any) -> None:
        width, height = page.get_size()
        self._scale = min(SCALE, (20_000_000 / max(width * height, 1)) ** 0.5)
        self._page = page
        self._drawn = page.render(scale=self._scale, grayscale=True)
        self._size = self._drawn.width, self._drawn.height
        self._pixels = memoryview(self._drawn.buffer).cast("B")

    def is_dark(self, place: Box) -> bool:
        """Whether a place shows nothing but dark, but for its very edge."""
        (x, y), (x2, y2) = (
            self._pixel(place.left, place.top),
            self._pixel(place.right, place.bottom),
        )
        left, right = sorted((x, x2))
        top, bottom = sorted((y, y2))
        if right - left > 4:
            left, right = left + 1, right - 1
        if bottom - top > 4:
            top, bottom = top + 1, bottom - 1
        width, height = self._size
        left, right = max(left, 0), min(right, width - 1)
        for row in range(max(top, 0), min(bottom, height - 1) + 1):
            start = row * self._drawn.stride
            if max(self._pixels[start + left : start + right + 1], default=0) >= DARK:
                return False
        return True

    def _pixel(self, x: float, y: float) -> tuple[int, int]:
        across, down = c_int(), c_int()
        raw.FPDF_PageToDevice(self._page, 0, 0, *self._size, 0, x, y, across, down)
        return across.value, down.value
