"""Lines of a page in reading order, and cells of a table apart, from where the words stand.

A library writes a page's text in the order in which it was drawn, which is nearly always that of
reading. What it cannot know is that words far apart on one line are cells, or lines of two columns.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby, pairwise

CELLS = "   "
"""Stands between two cells of a row."""
WIDE = 1.5
"""Heights of a line from which on a gap may part cells."""
ROWS = 2
"""Lines with a gap that may part cells, from which on a page is looked at more closely."""
REACH = 4
"""Lines up and down in which a cell is looked for that begins or ends in line with another."""
ALIGNED = 3.0
"""Points by which such edges may differ."""
COLUMN = 0.2
"""Part of the width of all text that each of two columns takes, at least."""
FULL = 0.8
"""Part of its column that a line of prose fills, usually."""
FACING = 8
"""Lines of two columns that stand side by side, at least."""

Box = tuple[float, float, float, float]
"""Left, bottom, right, top, in points from the page's lower left corner."""


@dataclass(frozen=True, slots=True)
class Cell:
    """Words of one line that stand close together: offsets in the text, left and right edge."""

    start: int
    end: int
    left: float
    right: float


Piece = tuple[int, int, str]
"""A range of a text, and what is put behind it."""


def gaps(boxes: Sequence[Box]) -> list[tuple[float, float]]:
    """Return bottom and top of each gap that may part cells or columns.

    Args:
        boxes: rectangles of runs of words, as the library gives them, in its order.
    """
    found = []
    for one, other in pairwise(boxes):
        shared = min(one[3], other[3]) - max(one[1], other[1])
        height = min(one[3] - one[1], other[3] - other[1])
        if 2 * shared > height > 0 and other[0] - one[2] > WIDE * height:
            found.append((max(one[1], other[1]), min(one[3], other[3])))
    return found


def arrange(lines: Sequence[Sequence[Cell]]) -> list[Piece]:
    """Return the pieces of a text in reading order; put together they are the arranged text.

    Args:
        lines: the cells of each line of the text, in order, at least one each.
    """
    gutter = _gutter(lines)
    if gutter is not None:
        return [*_columns(lines, *gutter)]
    pieces: list[Piece] = []
    for row, cells in enumerate(lines):
        start = cells[0].start
        for cell, other in pairwise(cells):
            if _aligned(other, lines, row):
                pieces.append((start, cell.end, CELLS))
                start = other.start
        pieces.append((start, cells[-1].end, "\n"))
    return pieces


def _aligned(cell: Cell, lines: Sequence[Sequence[Cell]], row: int) -> bool:
    """Whether a cell begins or ends where another of a line near by does, but the first."""
    near = [*lines[max(0, row - REACH) : row], *lines[row + 1 : row + 1 + REACH]]
    return any(
        abs(other.left - cell.left) < ALIGNED or abs(other.right - cell.right) < ALIGNED
        for cells in near
        for other in cells[1:]
    )


def _gutter(lines: Sequence[Sequence[Cell]]) -> tuple[float, float] | None:
    """Return where the gap between two columns begins and ends, if enough lines have it."""
    pairs = [cells for cells in lines if len(cells) == 2]
    if len(pairs) < FACING:
        return None
    low, high = min(c[0].left for c in lines), max(c[-1].right for c in lines)
    least = COLUMN * (high - low)
    starts = sorted(cells[1].left for cells in pairs)
    right = starts[len(starts) // 2] - ALIGNED
    facing = [
        cells
        for cells in pairs
        if cells[0].right < right <= cells[1].left <= right + 2 * ALIGNED
        and cells[0].right - cells[0].left > least
        and cells[1].right - cells[1].left > least
    ]
    if len(facing) < FACING or 2 * len(facing) < len(lines):
        return None
    if not all(
        _full([cells[side].right - cells[side].left for cells in facing]) for side in (0, 1)
    ):
        return None
    return max(cells[0].right for cells in facing), right


def _full(widths: Sequence[float]) -> bool:
    """Whether lines fill their column, as prose does and the cells of a table do not."""
    return sorted(widths)[len(widths) // 2] > FULL * max(widths)


def _columns(lines: Sequence[Sequence[Cell]], left: float, right: float) -> Iterator[Piece]:
    """Yield the left column and then the right one, between lines that stand across both."""
    waiting: list[Piece] = []
    for cells in lines:
        across = any(cell.left < left and cell.right > right for cell in cells)
        if across:
            yield from waiting
            waiting = []
            yield cells[0].start, cells[-1].end, "\n"
            continue
        # Drawn in an odd order, a line goes from one column to the other and back.
        for beyond, part in groupby(cells, lambda cell: cell.left >= right):
            together = [*part]
            piece = together[0].start, together[-1].end, "\n"
            if beyond:
                waiting.append(piece)
            else:
                yield piece
    yield from waiting
