"""Lines, pages and cells of one document as character offsets, and back. It judges nothing."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Iterable
from functools import cached_property
from itertools import groupby

from longread.types import MARKS, Document, Span

EDGE = 6
"""A running header or footer stands within so many lines of a page's edge."""
FOLIO = 800, 8_000
"""Characters between two printed page numbers, at least and at most."""


def joined(ranges: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    """Return character ranges sorted, and as one where they touch."""
    made: list[tuple[int, int]] = []
    for start, end in sorted(ranges):
        if made and start <= made[-1][1]:
            made[-1] = made[-1][0], max(end, made[-1][1])
        else:
            made.append((start, end))
    return made


class Ruler:
    """Where the numbered places of a document begin and end in its text."""

    def __init__(self, document: Document) -> None:
        self.document = document
        self.unit = document.unit
        self._numbers: list[int] = []
        self._starts: list[int] = []
        if self.unit == "line":
            self._starts = [0, *(m.end() for m in re.finditer("\n", document.text))]
            self._numbers = list(range(1, len(self._starts) + 1))
        else:
            for number, parts in groupby(document.segments, lambda s: s.span.first):
                self._numbers.append(number)
                self._starts.append(next(parts).start)

    @property
    def last(self) -> int:
        """The last line, page or cell that has text; 0 where there is none."""
        if self.unit == "line":
            # What follows the last newline is no line of its own, in editors as here.
            ends = self.document.text.endswith("\n") or not self.document.text
            return len(self._numbers) - ends
        return self._numbers[-1] if self._numbers else 0

    def exists(self, span: Span) -> bool:
        """Whether the document reaches to where the span begins."""
        return span.unit == self.unit and span.last > 0 and span.first <= self.last

    def offsets(self, span: Span) -> tuple[int, int]:
        """Return the character range of a span; empty where no text is in it."""
        first = bisect_left(self._numbers, span.first)
        last = bisect_right(self._numbers, span.last)
        return self._offset(first), max(self._offset(first), self._offset(last))

    def span(self, start: int, end: int) -> Span:
        """Return the lines, pages or cells that a character range touches."""
        if not self._starts:
            return Span(self.unit, 1, 1)
        first = max(bisect_right(self._starts, start) - 1, 0)
        last = max(bisect_right(self._starts, max(start, end - 1)) - 1, 0)
        return Span(self.unit, self._numbers[first], self._numbers[last])

    def _offset(self, index: int) -> int:
        return self._starts[index] if index < len(self._starts) else len(self.document.text)

    @cached_property
    def bridged(self) -> str:
        """The text with running headers and footers blanked, offsets kept.

        A line runs when the same line, or one that differs only in the page's number, stands
        at the edge of three pages (of two, where there are fewer than five).
        """
        text = self.document.text
        if self.unit != "page":
            return text
        edges = [
            (start, end, _variants(text[start:end], number))
            for index, number in enumerate(self._numbers)
            for start, end in _edges(text, self._starts[index], self._offset(index + 1))
        ]
        seen = Counter(key for _, _, keys in edges for key in keys)
        enough = 3 if len(self._starts) > 4 else 2
        running = {(a, b) for a, b, keys in edges if any(seen[key] >= enough for key in keys)}
        pieces: list[str] = []
        done = 0
        for start, end in sorted(running | set(_folios(text))):
            pieces += text[done:start], " " * (end - start)
            done = end
        return "".join(pieces) + text[done:] if pieces else text


def _folios(text: str) -> list[tuple[int, int]]:
    """Return printed page numbers that stand in the middle of pages, where these were reflowed.

    Such a number has a line of its own, and three or more follow one another at a page's length.
    """
    numbers = [
        (*m.span(), int(m[1])) for m in re.finditer(r"(?m)^[ \-–—]*(\d{1,4})[ \-–—]*$", text)
    ]
    latest: dict[int, list[int]] = {}
    chains: list[list[int]] = []
    chain_of: dict[int, list[int]] = {}
    for index, (start, _, number) in enumerate(numbers):
        before = latest.get(number - 1, [])
        near = [n for n in before[-8:] if FOLIO[0] <= start - numbers[n][0] <= FOLIO[1]]
        chain = chain_of[near[-1]] if near else []
        if not near:
            chains.append(chain)
        chain.append(index)
        chain_of[index] = chain
        latest.setdefault(number, []).append(index)
    return [numbers[n][:2] for chain in chains if len(chain) > 2 for n in chain]


def _edges(text: str, start: int, end: int) -> list[tuple[int, int]]:
    """Return the first and last lines of a page that are not blank, in order."""
    lines = [
        (start + m.start(), start + m.end())
        for m in re.finditer(r"[^\n]*[^\s][^\n]*", text[start:end])
    ]
    return lines if len(lines) <= 2 * EDGE else lines[:EDGE] + lines[-EDGE:]


def _variants(line: str, page: int) -> set[str]:
    """Return the line as it is and, for each number in it, with its distance from the page's."""
    plain = " ".join(line.split())
    if len(plain) > 200:
        return set()
    numbers = list(re.finditer(r"\d{1,5}", plain))
    counted = {
        f"{plain[: m.start()]}#{int(m.group()) - page}{plain[m.end() :]}" for m in numbers[:6]
    }
    # A bare number that stays the same is no page number: it may be a figure of a table.
    return counted if re.fullmatch(r"\W*\d+\W*", plain) else counted | {plain}


def mark(span: Span) -> str:
    """Return the first place of a span, as one would cite it."""
    return f"{MARKS[span.unit]}{span.first}"
