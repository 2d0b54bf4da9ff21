"""What is filled on a page of PDFium and lies over words. It runs in a worker process.

Shapes come with the place they take in the order of drawing, forms within forms included. Whether
one truly hides a letter is for who looks at the page as it is drawn (`redactions.py`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from ctypes import byref, c_float, c_int, c_uint, c_void_p, cast
from itertools import islice
from typing import Any, NamedTuple

from pypdfium2 import raw

DARK = 80
"""Brightness, of 255, that every colour of a dark fill and every pixel under it stays below."""
EVEN = 12
"""Brightness by which the pixels of one fill may differ."""
OPAQUE = 250
"""Of 255; what is less lets words through."""
LEAST = 4.0
"""Points that a shape is wide and high at least; less is a rule or an underline."""
MOST = 20_000
"""Things drawn on a page that are looked at; a map has more, and hides no words."""
POINTS = 5_000
"""Points of one path that are looked at."""
DEPTH = 3
"""How deep forms within forms are looked into."""
CELLS = 256
"""Rows and columns of cells into which a page is parted to see quickly what may lie on what."""
LAST = 1 << 30
"""Order of what hides a letter whenever it was drawn."""
FILLED = frozenset((raw.FPDF_PAGEOBJ_PATH, raw.FPDF_PAGEOBJ_IMAGE))
NOTES = frozenset(
    (
        raw.FPDF_ANNOT_SQUARE, raw.FPDF_ANNOT_CIRCLE, raw.FPDF_ANNOT_POLYGON, raw.FPDF_ANNOT_INK,
        raw.FPDF_ANNOT_HIGHLIGHT, raw.FPDF_ANNOT_STAMP, raw.FPDF_ANNOT_FREETEXT,
        raw.FPDF_ANNOT_REDACT,
    )
)  # fmt: skip
"""Comments that are laid over a page and may hide some of it."""

Matrix = tuple[float, float, float, float, float, float]
PLAIN: Matrix = (1, 0, 0, 1, 0, 0)


class Box(NamedTuple):
    """A rectangle on a page, in points from its lower left corner."""

    left: float
    bottom: float
    right: float
    top: float


class Cover(NamedTuple):
    """What may hide letters that were drawn before it."""

    order: int
    """When it was drawn, among all things on the page; `LAST` for what is dark."""
    box: Box
    darkest: int
    brightest: int
    """Between these is the brightness, 0 to 255, of what hides letters there."""
    whole: bool
    """Whether it fills its box."""


class Covers(NamedTuple):
    """What may hide letters of a page."""

    shapes: Sequence[Cover]
    field: Field
    """Where they lie."""
    orders: Mapping[int, int]
    """When each text was drawn, by its address."""


class Field:
    """An area in cells, of which some are taken; a row of them is the bits of a number."""

    def __init__(self, area: Box) -> None:
        """Be empty; `area` is in points."""
        self._left, self._bottom = area.left, area.bottom
        self._wide = max(area.right - area.left, 1.0) / CELLS
        self._high = max(area.top - area.bottom, 1.0) / CELLS
        self._rows = [0] * CELLS

    def take(self, box: Box) -> None:
        """Take the cells that a box touches."""
        bits, rows = self._cells(box)
        for row in rows:
            self._rows[row] |= bits

    def meets(self, box: Box) -> bool:
        """Whether a box touches a cell that is taken."""
        bits, rows = self._cells(box)
        return any(self._rows[row] & bits for row in rows)

    def holds(self, x: float, y: float) -> bool:
        """Whether the cell of a point is taken."""
        row = self._rows[_cell((y - self._bottom) / self._high)]
        return bool(row >> _cell((x - self._left) / self._wide) & 1)

    def _cells(self, box: Box) -> tuple[int, range]:
        left = _cell((box.left - self._left) / self._wide)
        right = _cell((box.right - self._left) / self._wide)
        low = _cell((box.bottom - self._bottom) / self._high)
        high = _cell((box.top - self._bottom) / self._high)
        return (2 << right) - (1 << left), range(low, high + 1)


def _cell(place: float) -> int:
    """Return the number of a cell; what lies beyond the area is in the outermost."""
    return 0 if place < 0 else CELLS - 1 if place >= CELLS else int(place)


def covers(page: Any) -> Covers | None:  # pypdfium2 has no types
    """Return what lies over words of a page, or nothing where nothing does."""
    found = [*_of_things(page), *_of_notes(page)]
    if not found:
        return None
    found.sort(key=lambda cover: cover.order)
    area = raw.FS_RECTF()
    raw.FPDF_GetPageBoundingBox(page.raw, byref(area))
    whole = Box(area.left, area.bottom, area.right, area.top)
    texts, orders, shapes = Field(whole), dict[int, int](), list[Cover]()
    written = ((at, x) for at, x in enumerate(_leaves(page)) if x[1] == raw.FPDF_PAGEOBJ_TEXT)
    later = next(written, None)
    for cover in found:
        while later and later[0] < cover.order:
            order, (thing, _, matrix) = later
            orders[address(thing)] = order
            texts.take(_middle(_bounds(thing, matrix)))
            later = next(written, None)
        if texts.meets(cover.box):
            shapes.append(cover)
    if not shapes:
        return None
    field = Field(whole)
    for cover in shapes:
        field.take(cover.box)
    return Covers(shapes, field, orders)


def address(thing: Any) -> int:
    """Return what tells a thing on a page from the others; 0 of nothing."""
    return cast(thing, c_void_p).value or 0


def _leaves(page: Any) -> Iterator[tuple[Any, int, Matrix]]:
    """Yield things that hold no others, in the order of drawing, with their kind and matrix."""
    number = raw.FPDFPage_CountObjects(page.raw)
    # What covers other things was drawn after them.
    tops = (raw.FPDFPage_GetObject(page.raw, at) for at in range(max(0, number - MOST), number))
    return islice(_within(tops, PLAIN, DEPTH), 2 * MOST)


def _within(things: Iterable[Any], matrix: Matrix, depth: int) -> Iterator[tuple[Any, int, Matrix]]:
    for thing in things:
        kind = raw.FPDFPageObj_GetType(thing)
        if kind != raw.FPDF_PAGEOBJ_FORM:
            yield thing, kind, matrix
        elif depth > 1:
            number = raw.FPDFFormObj_CountObjects(thing)
            inner = (raw.FPDFFormObj_GetObject(thing, at) for at in range(number))
            yield from _within(inner, _times(_matrix(thing), matrix), depth - 1)


def _of_things(page: Any) -> Iterator[Cover]:
    most = max(page.get_size()) / 2
    for order, (thing, kind, matrix) in enumerate(_leaves(page)):
        if kind in FILLED:
            yield from _of_thing(order, thing, kind, matrix, most)


def _of_thing(order: int, thing: Any, kind: int, matrix: Matrix, most: float) -> Iterator[Cover]:
    box = _bounds(thing, matrix)
    if not _is_wide(box):
        return
    if kind == raw.FPDF_PAGEOBJ_IMAGE:
        # A small black picture is a bar; a large one is a scan, with its words behind it.
        if box.top - box.bottom < most:
            yield Cover(order, box, 0, DARK - 1, True)
        return
    fill = _fill(thing)
    if fill is None:
        return
    if max(fill) < DARK:
        order, darkest, brightest = LAST, 0, DARK - 1
    else:
        shade = (fill[0] * 30 + fill[1] * 59 + fill[2] * 11) // 100  # as PDFium greys it
        darkest, brightest = shade - EVEN, shade + EVEN
    parts = list(_rectangles(thing, _times(_matrix(thing), matrix)))
    for part in parts:
        if _is_wide(part):
            yield Cover(order, part, darkest, brightest, True)
    if not parts:
        yield Cover(order, box, darkest, brightest, False)


def _is_wide(box: Box) -> bool:
    return min(box.right - box.left, box.top - box.bottom) >= LEAST


def _fill(path: Any) -> tuple[int, int, int] | None:
    """Return red, green and blue of a path's fill, or nothing where it lets words through."""
    mode, stroke = c_int(), c_int()
    if not raw.FPDFPath_GetDrawMode(path, mode, stroke) or not mode.value:
        return None
    red, green, blue, alpha = (c_uint() for _ in range(4))
    if not raw.FPDFPageObj_GetFillColor(path, red, green, blue, alpha) or alpha.value <= OPAQUE:
        return None
    return red.value, green.value, blue.value


def _bounds(thing: Any, matrix: Matrix) -> Box:
    left, bottom, right, top = (c_float() for _ in range(4))
    raw.FPDFPageObj_GetBounds(thing, left, bottom, right, top)
    if matrix is PLAIN:
        return Box(left.value, bottom.value, right.value, top.value)
    return _around([_moved(x.value, y.value, matrix) for x in (left, right) for y in (bottom, top)])


def _around(points: Sequence[tuple[float, float]]) -> Box:
    return Box(*map(min, zip(*points, strict=True)), *map(max, zip(*points, strict=True)))


def _middle(box: Box) -> Box:
    """Return a box without its rim, where the middles of its letters are not."""
    rim = min(box.right - box.left, box.top - box.bottom) / 6
    return Box(box.left + rim, box.bottom + rim, box.right - rim, box.top - rim)


def _moved(x: float, y: float, matrix: Matrix) -> tuple[float, float]:
    a, b, c, d, e, f = matrix
    return a * x + c * y + e, b * x + d * y + f


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
    for at in range(min(raw.FPDFPath_CountSegments(path), POINTS)):
        part = raw.FPDFPath_GetPathSegment(path, at)
        if raw.FPDFPathSegment_GetType(part) == raw.FPDF_SEGMENT_MOVETO:
            yield from _rectangle(points)
            points = []
        x, y = c_float(), c_float()
        raw.FPDFPathSegment_GetPoint(part, x, y)
        points.append(_moved(x.value, y.value, matrix))
    yield from _rectangle(points)


def _rectangle(points: Sequence[tuple[float, float]]) -> Iterator[Box]:
    if not 4 <= len(points) <= 6:
        return
    box = _around(points)
    corners = {(round((x - box.left) * 2), round((y - box.bottom) * 2)) for x, y in points}
    width, height = round((box.right - box.left) * 2), round((box.top - box.bottom) * 2)
    if corners == {(0, 0), (0, height), (width, 0), (width, height)}:
        yield box


def _of_notes(page: Any) -> Iterator[Cover]:
    """Yield what is laid over a page as comments are."""
    for at in range(raw.FPDFPage_GetAnnotCount(page)):
        note = raw.FPDFPage_GetAnnot(page, at)
        try:
            if raw.FPDFAnnot_GetSubtype(note) in NOTES:
                area = raw.FS_RECTF()
                raw.FPDFAnnot_GetRect(note, byref(area))
                box = Box(area.left, area.bottom, area.right, area.top)
                yield Cover(LAST, box, 0, 255, False)
        finally:
            raw.FPDFPage_CloseAnnot(note)
