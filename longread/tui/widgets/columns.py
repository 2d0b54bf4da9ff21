"""What a line of the Budget's list is made of: columns, bars, counts, the level that was set.

Pure functions of sums and widths. It knows no widget.
"""

from __future__ import annotations

from typing import NamedTuple

from rich.cells import cell_len, set_cell_size

from longread.analysis.budgeting import LETTERS, Node
from longread.export.visible import line

NUMBER = 9
"""Cells of a column of tokens."""
SET = 3
"""Cells of the level that was set."""
LEAST, ENOUGH = 24, 48
"""Cells of a name below which other columns get less or go, and above which they get more."""


class Columns(NamedTuple):
    """Cells of each column; 0 where there is no room for one."""

    name: int
    full: int
    bar: int
    levels: int
    reason: int

    @property
    def taken(self) -> int:
        """Cells of all but the name."""
        return sum(size + 1 for size in (NUMBER, SET, *self[1:]) if size)


def columns(width: int, *, reasons: bool) -> Columns:
    """Return the columns that a line of `width` cells has room for."""
    found = Columns(0, NUMBER, 10, 14, min(36, width // 3) if reasons else 0)
    levels = 0 if reasons else 8
    for less in ({"full": 0}, {"bar": 6}, {"levels": levels}):
        if width - found.taken < LEAST:
            found = found._replace(**less)
    if (more := width - found.taken - ENOUGH) > 0:
        levels = min(found.levels + more // 2, 24)
        bar = min(found.bar + more - (levels - found.levels), 60)
        found = found._replace(levels=levels, bar=bar)
    return found._replace(name=max(width - found.taken, 4))


def fit(text: str, width: int, *, end: bool = False) -> str:
    """Return text made visible that takes exactly `width` cells, cut at its start if `end`."""
    shown = line(text)
    if cell_len(shown) <= width:
        return shown + " " * (width - cell_len(shown))
    if not end:
        return set_cell_size(shown, max(0, width - 1)) + "…"[:width]
    while cell_len(shown) > width - 1:
        shown = shown[max(1, (cell_len(shown) - width) // 2) :]
    return "…" + shown + " " * (width - 1 - cell_len(shown))


def bar(node: Node, width: int) -> str:
    """Return what is shown of the tokens and what is left out, as blocks."""
    if not node.full:
        return " " * width
    filled = round(width * min(node.shown / node.full, 1))
    # Neither little shown nor little left out looks like nothing.
    filled = max(filled, 1) if node.shown else 0
    filled = min(filled, width - 1) if node.left else filled
    return "█" * filled + "░" * (width - filled)


def counted(node: Node) -> str:
    """Return how many files have each level: "12F 3S"; of one file, the letter alone."""
    if node.files == 1 or not node.files:
        return "".join(node.levels)
    found = ((mark, node.levels.get(mark, 0)) for mark in LETTERS)
    return " ".join(f"{_short(count)}{mark}" for mark, count in found if count)


def _short(count: int) -> str:
    return f"{count}" if count < 1_000 else f"{count / 1_000:.1f}k"


def by_hand(node: Node) -> str:
    """Return the level that was set: "=F", or "(F)" where it is that of a folder above."""
    if node.by_hand is None:
        return ""
    mark = {"n": "-"}.get(node.by_hand.label[0], node.by_hand.label[0].upper())
    return f"={mark}" if node.own else f"({mark})"
