"""Segments as a few bytes: what crosses processes, and what is kept, without making one of them.

Names stand in one string, numbers in one array; a `Segment` is made when somebody looks at it.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterator, Sequence
from typing import NamedTuple, overload

from longread.ingest.blocks import Row
from longread.types import Segment, Span, Unit

NOWHERE = (-1, -1)
WIDTH = 9
"""Numbers a segment: kind, first, last, start, end, and both ends plus one of signature and doc."""


class Columns(NamedTuple):
    """Segments of one unit, of plain values."""

    size: int
    """How many."""
    kinds: list[str]
    unit: Unit
    names: bytes
    """With a zero byte between two of them."""
    numbers: bytes
    """`array('I')` of shape (size, WIDTH)."""


def of_rows(rows: Sequence[Row]) -> Columns:
    """Return lines of a text as columns."""
    return _columns(rows, "line")


def of_segments(segments: Sequence[Segment]) -> Columns:
    """Return any segments as columns."""
    if isinstance(segments, Segments):
        return segments.columns
    return _columns([_row(s) for s in segments], segments[0].span.unit if segments else "line")


def _row(s: Segment) -> Row:
    ends = *(s.signature or NOWHERE), *(s.doc or NOWHERE)
    return Row(s.kind, s.name, s.span.first, s.span.last, s.start, s.end, *ends)


def _columns(rows: Sequence[Row], unit: Unit) -> Columns:
    kinds = sorted({row.kind for row in rows})
    index = {kind: number for number, kind in enumerate(kinds)}
    flat: list[int] = []
    for kind, _, first, last, start, end, a, b, c, d in rows:
        flat += (index[kind], first, last, start, end, a + 1, b + 1, c + 1, d + 1)
    names = "\0".join([row.name.replace("\0", "") for row in rows]).encode()
    return Columns(len(rows), kinds, unit, names, array("I", flat).tobytes())


class Segments(Sequence[Segment]):
    """Segments in columns; equal to the tuple of them, and hashed alike."""

    __slots__ = ("_made", "columns")

    def __init__(self, columns: Columns) -> None:
        self.columns = columns
        self._made: tuple[Segment, ...] | None = None

    @property
    def all(self) -> tuple[Segment, ...]:
        """The segments themselves."""
        if self._made is None:
            self._made = tuple(self._make())
        return self._made

    def _make(self) -> Iterator[Segment]:
        size, kinds, unit, packed, numbers = self.columns
        if not size:
            return
        table = array("I", numbers)
        names = packed.decode().split("\0")
        columns = (table[at::WIDTH] for at in range(WIDTH))
        for name, kind, first, last, start, end, a, b, c, d in zip(names, *columns, strict=True):
            signature = (a - 1, b - 1) if a else None
            doc = (c - 1, d - 1) if c else None
            yield Segment(kinds[kind], name, Span(unit, first, last), start, end, signature, doc)

    @property
    def names(self) -> list[str]:
        """Their names, without making any."""
        return self.columns.names.decode().split("\0") if self.columns.size else []

    @property
    def parts(self) -> tuple[bool, bool, bool]:
        """Whether any has a name, a signature, a doc, without making any."""
        numbers = memoryview(self.columns.numbers).cast("I")
        named = bool(self.columns.names.strip(b"\0"))
        return named, any(numbers[5::WIDTH]), any(numbers[7::WIDTH])

    def forget(self) -> None:
        """Let go of what was made."""
        self._made = None

    def __len__(self) -> int:
        return self.columns.size

    @property
    def end(self) -> int:
        """Where the last one ends, without making any."""
        numbers = memoryview(self.columns.numbers).cast("I")
        return numbers[len(numbers) - WIDTH + 4] if numbers else 0

    @overload
    def __getitem__(self, index: int) -> Segment: ...
    @overload
    def __getitem__(self, index: slice) -> tuple[Segment, ...]: ...
    def __getitem__(self, index: int | slice) -> Segment | tuple[Segment, ...]:
        return self.all[index]

    def __iter__(self) -> Iterator[Segment]:
        return iter(self.all)

    def __eq__(self, other: object) -> bool:
        if isinstance(other, Segments):
            return self.columns == other.columns
        return self.all == other if isinstance(other, tuple) else NotImplemented

    def __hash__(self) -> int:
        return hash(self.all)

    def __repr__(self) -> str:
        return repr(self.all)
