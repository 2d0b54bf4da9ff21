"""Text → segments that tile it: at most about sixty whole lines each.

It knows nothing of any language; `longread.ingest.syntax` says where definitions stand.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from itertools import accumulate
from typing import NamedTuple

LINES = 60
"""Lines of a segment that was cut from something longer."""
SLACK = 8
"""Lines by which a segment may be longer where a cut would leave a stub."""
HEAD, TAIL, WIDE = 5, 3, 200
"""Lines that stand for a text's beginning and end where nothing in it is known by name, and the
characters of a line from which it is cut."""
CLOSING = re.compile(r"\s*(?:[\])}>]+[;,)]*|</\w+>|#\s*endif\b.*|end;?|---|\.\.\.)?\s*", re.ASCII)
"""A line that ends what stands above it, or a blank one."""


class Mark(NamedTuple):
    """A definition: rows from 0, half-open, and character offsets of its signature."""

    first: int
    """With the comments and decorators above it."""
    head: int
    """Last row of its signature."""
    last: int
    kind: str
    name: str
    signature: tuple[int, int] | None
    doc: tuple[int, int] | None = None


class Row(NamedTuple):
    """A segment in the making, of plain values."""

    kind: str
    name: str
    first: int
    last: int
    """Lines, as in its span."""
    start: int
    end: int
    signature_start: int = -1
    signature_end: int = -1
    doc_start: int = -1
    doc_end: int = -1


NOWHERE = Mark(0, -1, 0, "block", "", None)
"""What holds the lines that no definition holds."""


class Lines:
    """A text as lines that end at "\\n" and nowhere else."""

    __slots__ = ("lines", "starts")

    def __init__(self, text: str) -> None:
        self.lines = text.split("\n")
        if not self.lines[-1]:
            self.lines.pop()
        self.starts = list(accumulate([len(line) + 1 for line in self.lines], initial=0))
        self.starts[-1] = len(text)

    def __len__(self) -> int:
        return len(self.lines)

    def closes(self, row: int) -> bool:
        """Whether a line is blank, or ends what stands above it."""
        line = self.lines[row]
        return len(line) < 100 and CLOSING.fullmatch(line) is not None


def blocks(text: str) -> list[Row]:
    """Return the segments of a text in which no definition is known."""
    return tile(Lines(text), ())


def tile(lines: Lines, marks: Iterable[Mark], doc: tuple[int, int] | None = None) -> list[Row]:
    """Return the segments of a text in which `marks` are defined, in order, perhaps nested.

    Args:
        doc: character offsets of what documents the text as a whole.
    """
    rows: list[Row] = []
    nowhere = NOWHERE._replace(last=len(lines), doc=doc)
    for first, last, mark in _settle(lines, _own(nowhere, marks)):
        for start, end in _cut(lines, first, last):
            a, b = lines.starts[start], lines.starts[end]
            shown = *_within(mark.signature, a, b), *_within(mark.doc, a, b)
            rows.append(Row(mark.kind, mark.name, start + 1, end, a, b, *shown))
    return edged(lines, rows)


def edged(lines: Lines, rows: list[Row]) -> list[Row]:
    """Let the first and the last lines stand for a text that has no signatures to stand for it.

    A single segment of more than twice as many lines is parted, for it can have but one.
    """
    if not rows or any(row.signature_start >= 0 for row in rows):
        return rows
    if len(rows) == 1 and len(lines) > 2 * (HEAD + TAIL):
        cut = min(range(HEAD + TAIL, len(lines) - TAIL + 1), key=lambda at: _cost(lines, at))
        rows = _parted(rows[0], cut, lines.starts[cut])
    rows[0] = _shown(rows[0], *_head(lines, rows[0]))
    if len(rows) > 1:
        rows[-1] = _shown(rows[-1], *_tail(lines, rows[-1]))
    return rows


def _parted(row: Row, cut: int, at: int) -> list[Row]:
    below = row._replace(first=cut + 1, start=at)
    doc = _within((row.doc_start, row.doc_end), row.start, at)
    row = row._replace(last=cut, end=at, doc_start=doc[0], doc_end=doc[1])
    return [row, below._replace(doc_start=-1, doc_end=-1) if doc[0] >= 0 else below]


def _shown(row: Row, start: int, end: int) -> Row:
    return row._replace(signature_start=start, signature_end=end) if start < end else row


def _head(lines: Lines, row: Row) -> tuple[int, int]:
    """Return the character offsets of a segment's first lines, from the first that is not blank."""
    first = row.first - 1
    while first < row.last and not lines.lines[first][:WIDE].strip():
        first += 1
    start = end = lines.starts[first]
    for at in range(first, min(first + HEAD, row.last)):
        line = lines.lines[at]
        if line[:WIDE].strip():
            end = lines.starts[at] + min(len(line), WIDE)
        if len(line) > WIDE:
            break
    return start, end


def _tail(lines: Lines, row: Row) -> tuple[int, int]:
    """Return the character offsets of a segment's last lines, up to the last that is not blank."""
    last = row.last - 1
    while last >= row.first and not lines.lines[last][:WIDE].strip():
        last -= 1
    if not lines.lines[last][:WIDE].strip():
        return 0, 0
    end = lines.starts[last] + min(len(lines.lines[last]), WIDE)
    first = last
    while first > max(row.first - 1, last - TAIL + 1) and len(lines.lines[first - 1]) <= WIDE:
        first -= 1
    while first < last and not lines.lines[first].strip():
        first += 1
    return lines.starts[first], end


def _within(part: tuple[int, int] | None, start: int, end: int) -> tuple[int, int]:
    """Return what a segment has of a part that begins in it; -1, -1 where it has nothing."""
    if part and start <= part[0] < end:
        return part[0], min(part[1], end)
    return -1, -1


def _own(nowhere: Mark, marks: Iterable[Mark]) -> Iterator[tuple[int, int, Mark]]:
    """Yield runs of lines with the innermost definition that holds them."""
    open_marks = [nowhere]
    at = 0
    for mark in marks:
        while open_marks[-1].last <= mark.first and len(open_marks) > 1:
            closed = open_marks.pop()
            if closed.last > at:
                yield at, closed.last, closed
                at = closed.last
        owner = open_marks[-1]
        # What stands on the line of a class's head, or of the end above, cannot be told from it.
        first, last = max(mark.first, at, owner.head + 1), min(mark.last, owner.last)
        if first >= last:
            continue
        if first > at:
            yield at, first, owner
            at = first
        open_marks.append(mark._replace(first=first, last=last))
    for closed in reversed(open_marks):
        if closed.last > at:
            yield at, closed.last, closed
            at = closed.last


def _settle(lines: Lines, runs: Iterable[tuple[int, int, Mark]]) -> Iterator[tuple[int, int, Mark]]:
    """Give the blank and closing lines that follow a definition to that definition."""
    held: tuple[int, int, Mark] | None = None
    for first, last, mark in runs:
        at = first
        if held:
            if mark.head < 0 or first > mark.first:
                while at < last and lines.closes(at):
                    at += 1
            held = held[0], at, held[2]
            if at == last:
                continue
            yield held
        held = at, last, mark
    if held:
        yield held


def _cut(lines: Lines, first: int, last: int) -> Iterator[tuple[int, int]]:
    """Cut a run where it hurts least: at blank lines, before what is indented least."""
    while (left := last - first) > LINES + SLACK:
        high = min(LINES, left - left // 4)
        best = _best(lines, first + high // 2, first + high + 1)
        yield first, best
        first = best
    yield first, last


def _best(lines: Lines, first: int, last: int) -> int:
    """Return the row, of those from `first` to before `last`, to begin a segment with."""
    best, least = first, (1 << 30, 0)
    for at in range(last - 1, first - 1, -1):
        cost = _cost(lines, at)
        if not cost[0]:
            return at  # none above it can be better
        if cost < least:
            best, least = at, cost
    return best


def _cost(lines: Lines, at: int) -> tuple[int, int]:
    """How bad it is to begin a segment with a line; the later of two equal ones is better."""
    line, above = lines.lines[at][:LINES], lines.lines[at - 1][:LINES]
    text = line.lstrip()
    cost = len(line) - len(text)
    if above.strip():
        cost += 20
    if not text or text[0] in ")]}" or text.startswith(("else", "elif", "except", "finally")):
        cost += 40
    return cost, -at
