"""Lines, pages and cells of one document as character offsets, and back. It judges nothing."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterable
from functools import cached_property
from itertools import groupby

from longread.running import blanked, running
from longread.types import MARKS, Document, Span


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
        """The text with running headers and footers blanked, offsets kept."""
        if self.unit != "page":
            return self.document.text
        return blanked(self.document.text, self.running)

    @cached_property
    def running(self) -> list[tuple[int, int]]:
        """Character ranges of running headers, footers and page numbers; none but in pages."""
        if self.unit != "page":
            return []
        return running(self.document.text, self._starts, self._numbers)


def mark(span: Span) -> str:
    """Return the first place of a span, as one would cite it."""
    return f"{MARKS[span.unit]}{span.first}"
