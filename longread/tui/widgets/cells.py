"""How characters are shown in cells: what stands for each, how wide it is, where rows break.

Whatever could steer a terminal, reorder or hide is shown as what stands for it, so one
character may take several cells, or none. It knows no document, no widget and no colour.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from rich.cells import get_character_cell_size

from longread.export.visible import CONTROLS, picture

TAB = 4
PIECE = 4096
"""Characters of a line that are looked at together; a longer line is measured piece by piece."""
NARROWEST = 10
"""Cells of a wrapped row at least: what stands for the widest character."""
STACK = 4
"""Marks that may stand on one letter before they are spelled out."""
ANY = re.compile(".", re.DOTALL)
VARIANTS = frozenset("\ufe0e\ufe0f")
"""They ask for the dress of the letter before; terminals differ on its width, so it has none."""
DRESS = re.compile("[\u034f\ufe00-\ufe0d\U000e0100-\U000e01ef]")
"""Marks that show nothing wherever they stand: any text can be hidden in them."""


class Glyphs(dict[str, tuple[str, int]]):
    """What is shown of a character, and its cells; 0 where it stands on the one before."""

    def __missing__(self, char: str) -> tuple[str, int]:
        shown, width = char, get_character_cell_size(char)
        if found := CONTROLS.match(char) or DRESS.match(char) or _unseen(char, width):
            shown = picture(found)
            width = len(shown)
        elif char in VARIANTS:
            shown = ""
            width = 0
        self[char] = shown, width
        return shown, width


def _unseen(char: str, width: int) -> re.Match[str] | None:
    if width or unicodedata.category(char) in ("Mn", "Me", "Mc", "Lo"):
        return None
    return ANY.match(char)


GLYPHS = Glyphs()


class Cells(NamedTuple):
    """The visible part of a row: what is shown of each character from an offset on."""

    start: int
    shown: Sequence[str]
    lead: int = 0
    """Blank cells before, where half of a wide character was cut off."""

    @property
    def end(self) -> int:
        return self.start + len(self.shown)


def plain(text: str) -> bool:
    """Whether every character is itself and takes one cell."""
    return text.isascii() and text.isprintable()


def expand(text: str, column: int, limit: int = 1 << 60) -> tuple[list[str], list[int]]:
    """Return what is shown of each character, and its cells, from a column up to another."""
    shown: list[str] = []
    widths: list[int] = []
    stacked = -1
    for char in text:
        if column >= limit:
            break
        if char == "\t":
            width = TAB - column % TAB
            glyph = " " * width
            stacked = -1
        else:
            glyph, width = GLYPHS[char]
            if width:
                stacked = 0
            elif stacked < 0 and glyph:
                glyph, width = "◌" + glyph, 1
                stacked = 1
            elif (stacked and not glyph) or stacked >= STACK:
                found = ANY.match(char)
                assert found
                glyph = picture(found)
                width = len(glyph)
            else:
                stacked += 1
        shown.append(glyph)
        widths.append(width)
        column += width
    return shown, widths


def measure(text: str, column: int = 0) -> int:
    """Return the cells of a text that begins at a column."""
    if plain(text):
        return len(text)
    bare = text.lstrip("\t")
    if plain(bare):
        column %= TAB
        return (len(text) - len(bare)) * TAB - (column if bare != text else 0) + len(bare)
    return sum(expand(text, column)[1])


def pieces(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """Cut a line where a letter begins."""
    while end - start > PIECE:
        at = start + PIECE
        while at < min(end, start + PIECE + 64) and not GLYPHS[text[at]][1] and text[at] != "\t":
            at += 1
        yield start, at
        start = at
    yield start, end


def wrap(text: str, width: int, column: int = 0) -> list[int]:
    """Return where rows of at most `width` cells begin in a text that begins at a column.

    A row ends after a space where there is one; a space that no longer fits hangs unseen.
    """
    if plain(text):
        found = re.compile(f".{{1,{width}}}(?: |$)|.{{{width}}}").finditer(text)
        return [match.start() for match in found] or [0]
    starts = [0]
    at = used = 0
    chance = -1
    _, widths = expand(text, column)
    while at < len(text):
        cells = widths[at]
        if used + cells > width and at > starts[-1]:
            if text[at] in " \t":
                at += 1
            elif chance > starts[-1] and cells < 2:
                at = chance
            if at < len(text):
                starts.append(at)
            used, chance = 0, -1
            continue
        used += cells
        at += 1
        if text[at - 1] in " \t" or cells == 2:
            chance = at
    return starts


def clip(start: int, shown: list[str], widths: list[int], skipped: int, width: int) -> Cells:
    """Cut what is shown down to `width` cells, after the first `skipped` ones."""
    first = used = lead = 0
    while first < len(shown) and used + widths[first] <= skipped:
        used += widths[first]
        first += 1
    cut = skipped - used if first < len(shown) else 0
    kept = shown[first:]
    cells = widths[first:]
    if cut:
        # Tabs and what stands for other characters may be cut; half a wide letter is blank.
        whole = len(kept[0]) == cells[0]
        lead = 0 if whole else cells[0] - cut
        kept[0] = kept[0][cut:] if whole else ""
        cells[0] -= cut
    room = width
    for number, size in enumerate(cells):
        if size > room:
            whole = len(kept[number]) == size
            last = kept[number][:room] if whole else " " * room
            return Cells(start + first, [*kept[:number], last], lead)
        room -= size
    return Cells(start + first, kept, lead)
