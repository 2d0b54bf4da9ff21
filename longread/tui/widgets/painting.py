"""Characters, words and marks → styled segments that a person can read. It knows no widget."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import pairwise

from rich.color import Color
from rich.color_triplet import ColorTriplet
from rich.segment import Segment
from rich.style import Style

from longread.tui.widgets.cells import Cells, expand, plain, wrap

CONTRAST = 4.5
"""Of text against what is behind it, at least (WCAG 2.1, level AA)."""
DIFFERENCE = re.compile(r"(\[-.*?-\])|\{\+.*?\+\}", re.DOTALL)
"""What a quote says, and what the text says, as `longread.prompt.closest` writes them."""

Range = tuple[int, int]
Word = tuple[int, int, str]
"""Where it begins and ends, and its kind."""
Dye = Callable[[str], Style]
"""The style of a kind of words; "" is plain text."""


def paint(
    text: str, cells: Cells, words: Iterable[Word], over: Iterable[Word], dye: Dye
) -> Iterator[Segment]:
    """Yield segments for what is visible of a row of a text; `over` covers the words it is on."""
    start, end = cells.start, cells.end
    kinds = [*words, *_stood_for(text, cells), *over]
    kinds = [word for word in kinds if word[0] < end and word[1] > start]
    edges = {start, end}
    for a, b, _ in kinds:
        edges |= {max(a, start), min(b, end)}
    if cells.lead:
        yield Segment(" " * cells.lead, dye(""))
    kind, held = "", ""
    for a, b in pairwise(sorted(edges)):
        above = next((k for x, y, k in reversed(kinds) if x <= a < y), "")
        if above != kind and held:
            yield Segment(held, dye(kind))
            held = ""
        kind = above
        held += "".join(cells.shown[a - start : b - start])
    if held:
        yield Segment(held, dye(kind))


def _stood_for(text: str, cells: Cells) -> Iterator[Word]:
    """Yield the characters that are shown as something else."""
    if isinstance(cells.shown, str):
        return
    for at, shown in enumerate(cells.shown, cells.start):
        if shown.strip() and shown != text[at]:
            yield at, at + 1, "control"


def lay_out(text: str, width: int, most: int, dye: Dye) -> list[list[Segment]]:
    """Return a short text of our own as at most so many rows, differences in it styled."""
    parts = [
        (found.start(), found.end(), "note-removed" if found[1] else "note-added")
        for found in DIFFERENCE.finditer(text)
    ]
    rows: list[list[Segment]] = []
    at = 0
    for line in text.split("\n"):
        breaks = [*wrap(line, width), len(line)] if line else [0, 0]
        for a, b in pairwise(breaks):
            if len(rows) == most:
                rows[-1] = [Segment("…", dye(""))]
                return rows
            shown: Sequence[str] = line[a:b].rstrip()
            if not plain(line[a:b]):
                shown = expand(line[a:b].rstrip(), 0)[0]
            rows.append(list(paint(text, Cells(at + a, shown), (), parts, dye)))
        at += len(line) + 1
    return rows


def legible(style: Style) -> Style:
    """Return a style whose colour is moved towards black or white until it can be read."""
    ink, ground = style.color, style.bgcolor
    colour, behind = ink and ink.triplet, ground and ground.triplet
    if not colour or not behind or contrast(colour, behind) >= CONTRAST:
        return style
    ends = ColorTriplet(0, 0, 0), ColorTriplet(255, 255, 255)
    far = max(ends, key=lambda end: contrast(end, behind))
    for step in range(1, 21):
        moved = ColorTriplet(
            *(round(a + (b - a) * step / 20) for a, b in zip(colour, far, strict=True))
        )
        if contrast(moved, behind) >= CONTRAST:
            break
    return style + Style(color=Color.from_triplet(moved))


def contrast(one: ColorTriplet, other: ColorTriplet) -> float:
    """Return the contrast of two colours, 1 to 21 (WCAG 2.1, "contrast ratio")."""
    high, low = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def _luminance(colour: ColorTriplet) -> float:
    parts = [part / 255 for part in colour]
    red, green, blue = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
