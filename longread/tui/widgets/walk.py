"""The prompt from its first piece to its last, in one line: a block for each document or folder
that is large enough to be seen, the selected one marked."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate
from math import inf
from os.path import commonprefix
from typing import ClassVar

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget

from longread.analysis.portions import Part
from longread.export.visible import line
from longread.tui.widgets.columns import fit

NAMED = 5
"""Cells below which neighbours are drawn as their folder."""
SEEN = 2
"""Cells of a block at least."""


@dataclass(frozen=True, slots=True)
class Block:
    """Neighbouring pieces drawn as one; columns from `left` up to `right`."""

    first: int
    last: int
    group: str
    """What its pieces have in common: a path, a folder with "/" at its end, or nothing."""
    tokens: int
    name: str = ""
    left: int = 0
    right: int = 0


def blocks(parts: Sequence[Part], width: int) -> list[Block]:
    """Return the blocks of a prompt, which together take `width` cells."""
    total = sum(part.tokens for part in parts)
    if not total or width < SEEN:
        return []
    made = [Block(n, n, part.path or f"\0{n}", part.tokens) for n, part in enumerate(parts)]
    made = _merged(made, total, lambda block: block.group)
    small, least = total * NAMED / width, total * SEEN / width
    made = _merged(made, small, lambda block: _folder(block.group))
    made = _merged(made, small, lambda block: block.group.partition("/")[0])
    made = _merged(made, least, lambda block: "", most=least)
    return _placed(made, parts, total, width)


def _folder(path: str) -> str:
    return path if path.endswith("/") else path.rpartition("/")[0] + "/"


def _merged(
    made: Sequence[Block], small: float, group: Callable[[Block], str], most: float = inf
) -> list[Block]:
    """Make one block of neighbours of a group that are each of at most `small` tokens.

    Args:
        most: tokens from which a block grows no further.
    """
    found: list[Block] = []
    growing = False
    for block in made:
        before = found[-1] if found else block
        fits = growing and before.tokens <= most and block.tokens <= small
        if fits and group(before) == group(block):
            shared = before.group
            if shared != block.group:
                shared = _folder(commonprefix([shared, block.group]))  # noqa: RUF071
            tokens = before.tokens + block.tokens
            found[-1] = Block(before.first, block.last, shared, tokens)
        else:
            found.append(block)
            growing = block.tokens <= small
    return found


def _placed(made: Sequence[Block], parts: Sequence[Part], total: int, width: int) -> list[Block]:
    """Give each block its columns; one that is too narrow to be seen goes into another."""
    found: list[Block] = []
    before = 0
    for block in made:
        left = found[-1].right if found else 0
        before += block.tokens
        right = round(before * width / total)
        if right - left >= SEEN or not found:
            name = _name(block, parts[block.first])
            found.append(replace(block, name=name, left=left, right=max(right, left + SEEN)))
        else:
            found[-1] = replace(found[-1], last=block.last, right=max(right, left))
    return found


def _name(block: Block, part: Part) -> str:
    if block.group.startswith("\0"):
        return part.name
    if block.group.endswith("/"):
        return block.group.rstrip("/").rpartition("/")[2] + "/" if block.group != "/" else "…"
    return block.group.rpartition("/")[2]


class PromptWalk(Widget):
    """Two lines: the blocks, and below them where the selected piece stands."""

    ALLOW_SELECT = False
    COMPONENT_CLASSES: ClassVar[set[str]] = {"walk--block", "walk--other", "walk--here"}
    DEFAULT_CSS = """
    PromptWalk {
        height: 2; width: 1fr; background: $surface; color: $foreground; pointer: pointer;
        & > .walk--block { background: $panel; }
        & > .walk--other { background: $surface; }
        & > .walk--here { color: $text-accent; text-style: bold; }
    }
    """

    class Chosen(Message):
        """A piece was clicked."""

        def __init__(self, number: int) -> None:
            super().__init__()
            self.number = number

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._parts: Sequence[Part] = ()
        self._edges: list[int] = [0]
        self._blocks: list[Block] = []
        self._width = 0
        self._here = 0
        self._marked: Sequence[int] = ()

    @property
    def blocks(self) -> Sequence[Block]:
        """What is drawn."""
        if self._width != self.size.width:
            self._width = self.size.width
            self._blocks = blocks(self._parts, self._width)
        return self._blocks

    def show(self, parts: Sequence[Part]) -> None:
        """Show another prompt."""
        self._parts, self._width = parts, 0
        self._edges = list(accumulate((part.tokens for part in parts), initial=0))
        self.refresh()

    def mark(self, here: int, marked: Sequence[int]) -> None:
        """Mark the selected piece, and all (in order) that belong to what is selected."""
        self._here, self._marked = here, marked
        self.refresh()

    def on_click(self, event: events.Click) -> None:
        """Select the piece below the pointer."""
        if self._parts:
            at = (event.x + 0.5) * self._edges[-1] / max(self.size.width, 1)
            number = next((n for n, edge in enumerate(self._edges[1:]) if edge > at), 0)
            self.post_message(self.Chosen(number))

    def render_line(self, y: int) -> Strip:
        """Draw the blocks, or what is below them."""
        width = self.size.width
        if not self._parts:
            return Strip.blank(width, self.rich_style)
        segments = list(self._row()) if y == 0 else [self._below(width)]
        return Strip(segments).adjust_cell_length(width, self.rich_style)

    def _row(self) -> list[Segment]:
        found = []
        for number, block in enumerate(self.blocks):
            name = "other" if number % 2 else "block"
            style = self.rich_style + self.get_component_rich_style(f"walk--{name}", partial=True)
            next_marked = bisect_left(self._marked, block.first)
            if next_marked < bisect_right(self._marked, block.last):
                style += Style(reverse=True, bold=True)
            text = "▏" + fit(block.name, block.right - block.left - 1)
            found.append(Segment(text, style))
        return found

    def _below(self, width: int) -> Segment:
        part = self._parts[min(self._here, len(self._parts) - 1)]
        middle = self._edges[min(self._here, len(self._parts) - 1)] + part.tokens / 2
        at = min(int(middle * width / max(self._edges[-1], 1)), width - 1)
        said = (
            f"{self._here + 1:,} of {len(self._parts):,}: {line(part.name)}, {part.tokens:,} tokens"
        )
        room = width - at - 2
        if len(said) <= room or room >= at:
            text = " " * at + "▲ " + fit(said, max(room, 0))
        else:
            left = fit(said, min(len(said), at - 1))
            text = left.rjust(at - 1) + " ▲"
        return Segment(
            text, self.rich_style + self.get_component_rich_style("walk--here", partial=True)
        )
