"""Which segments of a document are also in an earlier version of it, and where they stood."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

from longread.types import Document, Span

MOST = 1_000
"""Segments in which an order is sought, beside those alike at both ends: it is quadratic."""


@dataclass(frozen=True, slots=True)
class Run:
    """Segments that follow each other in both versions, by their first index in each."""

    old: int
    new: int
    length: int


@dataclass(frozen=True, slots=True)
class Difference:
    """What two versions have in common, in lines; empty where they cannot be compared so."""

    runs: tuple[tuple[Span, Span, int, int], ...] = ()
    """Lines in the earlier version, lines in the later one, characters of it, in order."""
    fresh: tuple[int, ...] = ()
    """Indices of the segments that only the later version has."""

    def __bool__(self) -> bool:
        return bool(self.runs)

    @property
    def told(self) -> str:
        """What the earlier version still says, in lines of it and of the later one."""
        return "; ".join(
            str(now) if now == then else f"{then}, now {now}" for then, now, _, _ in self.runs
        )

    @property
    def ranges(self) -> tuple[tuple[int, int], ...]:
        """Characters of the later version that stand in the earlier one."""
        return tuple((start, end) for _, _, start, end in self.runs)


def compare(old: Document, new: Document) -> Difference:
    """Compare two versions, segment by segment."""
    if old.unit != "line" or new.unit != "line":
        return Difference()
    runs = list(_runs(_parts(old), _parts(new)))
    kept = {index for run in runs for index in range(run.new, run.new + run.length)}
    return Difference(
        tuple(_lines(run, old, new) for run in runs),
        tuple(index for index in range(len(new.segments)) if index not in kept),
    )


def _parts(document: Document) -> list[str]:
    text = document.text
    return [text[segment.start : segment.end] for segment in document.segments]


def _runs(old: Sequence[str], new: Sequence[str]) -> Iterator[Run]:
    least = min(len(old), len(new))
    head = next((i for i in range(least) if old[i] != new[i]), least)
    tail = next((i for i in range(least - head) if old[-1 - i] != new[-1 - i]), least - head)
    if head:
        yield Run(0, 0, head)
    a, b = old[head : len(old) - tail], new[head : len(new) - tail]
    if a and b and max(len(a), len(b)) <= MOST:
        for match in SequenceMatcher(None, a, b, autojunk=False).get_matching_blocks():
            if match.size:
                yield Run(head + match.a, head + match.b, match.size)
    if tail:
        yield Run(len(old) - tail, len(new) - tail, tail)


def _lines(run: Run, old: Document, new: Document) -> tuple[Span, Span, int, int]:
    def span(document: Document, first: int) -> Span:
        last = first + run.length - 1
        segments = document.segments
        return Span("line", segments[first].span.first, segments[last].span.last)

    first, last = new.segments[run.new], new.segments[run.new + run.length - 1]
    return span(old, run.old), span(new, run.new), first.start, last.end
