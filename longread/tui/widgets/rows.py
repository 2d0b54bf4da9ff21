"""A document as rows: its lines, wrapped or not, and the borders of its pages or cells.

It knows no widget and no colour.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import accumulate, count, groupby, islice
from operator import add, sub
from typing import NamedTuple

from longread.tui.widgets.cells import (
    NARROWEST,
    PIECE,
    Cells,
    clip,
    expand,
    measure,
    pieces,
    plain,
    wrap,
)
from longread.types import Document, Span


class Border(NamedTuple):
    """Pages or cells that begin before a line; several only where they hold no text."""

    line: int
    first: int
    last: int
    empty: bool = False


@dataclass(frozen=True, slots=True)
class Fold:
    """How many rows each line takes, and where very long lines were cut."""

    width: int
    """Cells of a row; 0 where lines are not wrapped."""
    tops: Sequence[int]
    """Rows before each line and, last, all of them; borders are not counted."""
    widest: int
    stops: Mapping[int, Sequence[tuple[int, int]]] = field(default_factory=dict)
    """Of lines longer than a piece: offset and column of each piece."""
    breaks: Mapping[int, Sequence[int]] = field(default_factory=dict)
    """Of the same, wrapped: offset of each row."""


class Sheet:
    """The lines of a document, and the borders of its pages or cells. Lines count from 0."""

    def __init__(self, document: Document) -> None:
        self.text = document.text
        self.unit = document.unit
        self.borders: list[Border] = []
        self.starts = _starts(self.text)
        if self.unit != "line":
            self._divide(document)
        self._border_lines = [border.line for border in self.borders]

    def __len__(self) -> int:
        return len(self.starts) - 1

    def ends(self, line: int) -> tuple[int, int]:
        """Return where a line begins and ends, without its "\\n"."""
        start, end = self.starts[line], self.starts[line + 1]
        return start, end - (end > start and self.text[end - 1] == "\n")

    def line_at(self, offset: int) -> int:
        """Return the line that holds a character."""
        return max(0, min(bisect_right(self.starts, offset), len(self)) - 1)

    def lines(self, span: Span) -> range:
        """Return the lines of a span; none where it names nothing here."""
        if span.unit != self.unit:
            return range(0)
        if self.unit == "line":
            return range(max(0, span.first - 1), min(span.last, len(self)))
        first = next((b.line for b in self.borders if b.last >= span.first), len(self))
        last = next((b.line for b in self.borders if b.first > span.last), len(self))
        return range(first, last)

    def borders_before(self, line: int) -> int:
        """Return how many borders stand before a line."""
        return bisect_right(self._border_lines, line)

    def _divide(self, document: Document) -> None:
        before = 0
        known = set(self.starts)
        added: list[int] = []
        found: list[tuple[int, int, int, bool]] = []
        for number, parts in groupby(document.segments, lambda s: s.span.first):
            start = next(parts).start
            if number > before + 1:
                found.append((start, before + 1, number - 1, True))
            found.append((start, number, number, False))
            if start not in known:
                added.append(start)
            before = number
        if added:
            self.starts = sorted(self.starts + added)
        self.borders = [
            Border(bisect_left(self.starts, start), first, last, empty)
            for start, first, last, empty in found
        ]


def _starts(text: str) -> list[int]:
    """Return where lines begin and, last, where the text ends."""
    starts = list(map(add, accumulate(map(len, text.split("\n")), initial=0), count()))
    starts.pop()
    if starts[-1] == len(text):
        starts.pop()
    starts.append(len(text))
    return starts


def unmeasured(sheet: Sheet) -> Fold:
    """Return what is known of a sheet at once: nothing wraps, and no line ends far away."""
    starts = sheet.starts
    longest = max(map(sub, islice(starts, 1, None), starts), default=0)
    return Fold(0, range(len(sheet) + 1), min(longest, PIECE))


def fold(sheet: Sheet, width: int, stopped: Callable[[], bool] = lambda: False) -> Fold:
    """Measure every line and, with a width, wrap those that are wider.

    It takes about a second for 10 MB of letters that are not ASCII; `stopped` ends it early.
    """
    width = max(width, NARROWEST) if width else 0
    tops = array("Q", [0])
    stops: dict[int, list[tuple[int, int]]] = {}
    breaks: dict[int, Sequence[int]] = {}
    widest = rows = 0
    text = sheet.text
    for line in range(len(sheet)):
        start, end = sheet.ends(line)
        if end - start > PIECE:
            if stopped():
                break
            stops[line], cells = _pace(text, start, end)
            if width:
                breaks[line] = array("Q", _rows(text, stops[line], end, width))
                rows += len(breaks[line])
        else:
            part = text[start:end]
            cells = measure(part)
            if width:
                rows += 1 if cells <= width else len(wrap(part, width))
        widest = max(widest, cells)
        tops.append(rows)
        if not line % 4096 and stopped():
            break
    return Fold(width, tops if width else range(len(sheet) + 1), widest, stops, breaks)


def _pace(text: str, start: int, end: int) -> tuple[list[tuple[int, int]], int]:
    found: list[tuple[int, int]] = []
    column = 0
    for a, b in pieces(text, start, end):
        found.append((a, column))
        column += measure(text[a:b], column)
    return found, column


def _rows(text: str, stops: Sequence[tuple[int, int]], end: int, width: int) -> Iterator[int]:
    for number, (at, column) in enumerate(stops):
        stop = stops[number + 1][0] if number + 1 < len(stops) else end
        for row in wrap(text[at:stop], width, column):
            yield at + row


class View:
    """A sheet under a fold: rows to lines and back, borders included, and what a row shows."""

    def __init__(self, sheet: Sheet, folded: Fold) -> None:
        self.sheet = sheet
        self.fold = folded
        # What is in view is asked for again and again, and costs most where it is not ASCII.
        self._wrapped = lru_cache(256)(self._wrap)
        self._expanded = lru_cache(64)(self._expand)
        self._border_rows = [
            folded.tops[border.line] + number for number, border in enumerate(sheet.borders)
        ]

    def __len__(self) -> int:
        return self.fold.tops[-1] + len(self.sheet.borders)

    def border(self, row: int) -> Border | None:
        """Return the border that a row is."""
        number = bisect_left(self._border_rows, row)
        found = number < len(self._border_rows) and self._border_rows[number] == row
        return self.sheet.borders[number] if found else None

    def place(self, row: int) -> tuple[int, int]:
        """Return the line of a row, or of the text below it, and which of its rows it is."""
        text_row = row - bisect_left(self._border_rows, row)
        text_row = max(0, min(text_row, self.fold.tops[-1] - 1))
        line = bisect_right(self.fold.tops, text_row) - 1
        return line, text_row - self.fold.tops[line]

    def row_of_line(self, line: int) -> int:
        """Return the row at which a line begins."""
        return self.fold.tops[line] + self.sheet.borders_before(line)

    def row_at(self, offset: int) -> int:
        """Return the row that shows a character."""
        line = self.sheet.line_at(offset)
        return self.row_of_line(line) + bisect_right(self.breaks(line), offset) - 1

    def breaks(self, line: int) -> Sequence[int]:
        """Return the offsets at which the rows of a line begin."""
        start, end = self.sheet.ends(line)
        if not self.fold.width or self.fold.tops[line + 1] - self.fold.tops[line] == 1:
            return (start,)
        if line in self.fold.breaks:
            return self.fold.breaks[line]
        return self._wrapped(start, end)

    def _wrap(self, start: int, end: int) -> Sequence[int]:
        return [start + at for at in wrap(self.sheet.text[start:end], self.fold.width)]

    def _expand(self, start: int, end: int, column: int) -> tuple[list[str], list[int]]:
        return expand(self.sheet.text[start:end], column)

    def column(self, offset: int) -> int:
        """Return the column of a character, from its line's start."""
        line = self.sheet.line_at(offset)
        stops = self._stops(line)
        at, column = stops[bisect_right(stops, (offset, 1 << 60)) - 1]
        return column + measure(self.sheet.text[at : min(offset, at + 2 * PIECE)], column)

    def start(self, row: int) -> int:
        """Return the offset of the first character of a row."""
        line, part = self.place(row)
        return self.breaks(line)[part]

    def cells(self, row: int, column: int, width: int) -> Cells:
        """Return what `width` cells show of a row from a column on."""
        line, part = self.place(row)
        end = self.sheet.ends(line)[1]
        stops = self._stops(line)
        if self.fold.width:
            rows = self.breaks(line)
            first = rows[part]
            last = rows[part + 1] if part + 1 < len(rows) else end
            number = bisect_right(stops, (first, 1 << 60)) - 1
            at, reached = stops[number]
            text = self.sheet.text[at:last]
            if plain(text):
                return Cells(first, text[first - at : first - at + width])
            stop = stops[number + 1][0] if number + 1 < len(stops) else end
            shown, widths = self._expanded(at, stop, reached)
            piece = slice(first - at, last - at)
            return clip(first, shown[piece], widths[piece], 0, width)
        number = bisect_right(stops, column, key=lambda stop: stop[1]) - 1
        at, reached = stops[number]
        return self._across(at, min(end, at + 2 * PIECE), reached, column, width)

    def _stops(self, line: int) -> Sequence[tuple[int, int]]:
        return self.fold.stops.get(line) or ((self.sheet.starts[line], 0),)

    def _across(self, at: int, end: int, reached: int, column: int, width: int) -> Cells:
        skipped = column - reached
        text = self.sheet.text[at : min(end, at + skipped + width)]
        if plain(text):
            return Cells(at + min(skipped, len(text)), text[skipped:])
        shown, widths = expand(self.sheet.text[at:end], reached, column + width)
        return clip(at, shown, widths, skipped, width)
