"""Documents as compact rows, and back. It holds the only copy of a text that a session needs.

Offsets are kept as differences, columns rather than rows, as JSON under zlib: CPython's 87 MB
of source take about 20 MB so. A document is unpacked when somebody looks at it.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from hashlib import blake2b
from typing import Any, NamedTuple, TypeVar, overload

from longread.types import Document, Segment, Span

T = TypeVar("T")

LEVEL = 3
"""zlib's; 6 takes twice as long for 6 % less."""


@dataclass(frozen=True, slots=True)
class Packed:
    """A document as `texts` keeps it; path and short id are the session's."""

    digest: bytes
    """Of everything else here, so that what differs in anything has its own row."""
    document: Document
    segments: bytes

    def row(self) -> dict[str, Any]:
        """Return the columns of `texts`; this compresses."""
        return {
            "digest": self.digest,
            "content_id": self.document.content_id,
            "kind": self.document.kind,
            "language": self.document.language,
            "unit": self.document.unit,
            "characters": self.document.size,
            "text": zlib.compress(_bytes(self.document.text), LEVEL),
            "segments": zlib.compress(self.segments, LEVEL),
        }


def pack(document: Document) -> Packed:
    """Prepare a document for its row."""
    segments = squeeze([list(document.links), *_columns(document)])
    digest = blake2b(digest_size=16)
    for part in (
        _bytes(document.content_id),
        _bytes(f"{document.kind}\0{document.language}\0{document.unit}"),
        segments,
        _bytes(document.text),
    ):
        digest.update(len(part).to_bytes(8, "little"))
        digest.update(part)
    return Packed(digest.digest(), document, segments)


def squeeze(value: object) -> bytes:
    """Return JSON without a byte too many; lone surrogates survive as escapes."""
    return json.dumps(value, separators=(",", ":")).encode()


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


def _columns(document: Document) -> list[object]:
    kinds: list[str] = []
    names: list[str] = []
    units: list[str] = []
    numbers: list[tuple[int, ...]] = []
    line = offset = 0
    for s in document.segments:
        kinds.append(s.kind)
        names.append(s.name)
        units.append(s.span.unit)
        row: tuple[int, ...] = (
            s.span.first - line,
            s.span.last - s.span.first,
            s.start - offset,
            s.end - s.start,
        )
        if s.doc and not s.signature:
            row += (0,)  # an odd number of them: the only part is the doc
        for part in (s.signature, s.doc):
            if part:
                row += (part[0] - s.start, part[1] - part[0])
        numbers.append(row)
        line, offset = s.span.last, s.end
    return [kinds, names, units, numbers]


class Body:
    """A text, unpacked when it is first asked for; equal to the text itself."""

    __slots__ = ("_made", "_packed")

    def __init__(self, packed: bytes) -> None:
        self._packed = packed
        self._made: str | None = None

    def __call__(self) -> str:
        """Return the text."""
        if self._made is None:
            self._made = zlib.decompress(self._packed).decode("utf-8", "surrogatepass")
        return self._made

    def __eq__(self, other: object) -> bool:
        if isinstance(other, Body):
            return self._packed == other._packed or self() == other()
        return self() == other if isinstance(other, str) else NotImplemented

    def __hash__(self) -> int:
        return hash(self())


class Structure:
    """Links and segments of one document as they are kept, unpacked when first looked at."""

    __slots__ = ("_columns", "_links", "_packed", "_segments")

    def __init__(self, packed: bytes) -> None:
        self._packed: bytes | None = packed
        self._links: tuple[str, ...] = ()
        self._columns: list[Any] | None = None
        self._segments: tuple[Segment, ...] | None = None

    def _unpack(self) -> None:
        if packed := self._packed:
            links, *columns = json.loads(zlib.decompress(packed))
            # Only then without the bytes: another thread may be about to do the same.
            self._links, self._columns, self._packed = tuple(links), columns, None

    def links(self) -> tuple[str, ...]:
        """Return what the document links to."""
        self._unpack()
        return self._links

    def count(self) -> int:
        """Return the number of segments, without making any."""
        if (made := self._segments) is None:
            self._unpack()
            if columns := self._columns:
                return len(columns[0])
            made = self._segments or ()
        return len(made)

    def segments(self) -> tuple[Segment, ...]:
        """Return what it consists of."""
        if (made := self._segments) is None:
            self._unpack()
            if columns := self._columns:
                self._segments, self._columns = _segments(columns), None
            made = self._segments or ()
        return made


class Unpacked(Sequence[T]):
    """What is made when somebody looks at it; equal to the tuple of the same."""

    __slots__ = ("_make",)

    def __init__(self, make: Callable[[], tuple[T, ...]]) -> None:
        self._make = make

    def __len__(self) -> int:
        return len(self._make())

    @overload
    def __getitem__(self, index: int) -> T: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[T]: ...
    def __getitem__(self, index: int | slice) -> T | Sequence[T]:
        return self._make()[index]

    def __iter__(self) -> Iterator[T]:
        return iter(self._make())

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Sequence):
            return NotImplemented
        return self._make() == tuple(other)

    def __hash__(self) -> int:
        return hash(self._make())


class Segments(Unpacked[Segment]):
    """The segments of one document; how many, and where the last ends, without making any."""

    __slots__ = ("_structure", "end")

    def __init__(self, structure: Structure, end: int) -> None:
        super().__init__(structure.segments)
        self._structure = structure
        self.end = end

    def __len__(self) -> int:
        return self._structure.count()


def _segments(columns: list[Any]) -> tuple[Segment, ...]:
    segments: list[Segment] = []
    line = offset = 0
    for kind, name, unit, (first, more, gap, length, *parts) in zip(*columns, strict=True):
        span = Span(unit, line + first, line + first + more)
        start = offset + gap
        lone = len(parts) % 2
        pairs = zip(parts[lone::2], parts[lone + 1 :: 2], strict=True)
        found = [None] * lone + [(start + at, start + at + size) for at, size in pairs]
        signature, doc = (*found, None, None)[:2]
        segments.append(Segment(kind, name, span, start, start + length, signature, doc))
        line, offset = span.last, start + length
    return tuple(segments)


class Row(NamedTuple):
    """A document as its row gives it."""

    bare: Document
    """Without text, segments and links."""
    characters: int
    text: bytes
    segments: bytes


class Texts(Mapping[str, Document]):
    """The documents of a session, each unpacked when somebody looks into it."""

    def __init__(self, rows: Mapping[str, Row]) -> None:
        """`rows` is by content id."""
        self._rows = rows
        self._open: dict[str, Document] = {}

    def __getitem__(self, content_id: str) -> Document:
        if found := self._open.get(content_id):
            return found
        bare, characters, text, segments = self._rows[content_id]
        structure = Structure(segments)
        document = replace(
            bare,
            body=Body(text),
            segments=Segments(structure, characters),
            links=Unpacked(structure.links),
        )
        # Two threads that ask for the same are given the same.
        return self._open.setdefault(content_id, document)

    def __iter__(self) -> Iterator[str]:
        return iter(self._rows)

    def __len__(self) -> int:
        return len(self._rows)
