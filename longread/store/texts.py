"""Documents as compact rows, and back. It holds the only copy of a text that a session needs.

Offsets are kept as differences, columns rather than rows, as JSON under zlib: CPython's 87 MB
of source take about 20 MB so. A document is unpacked when somebody looks at it.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from hashlib import blake2b
from typing import Any, overload

from longread.types import Document, Segment, Span

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
            "text": zlib.compress(_bytes(self.document.text), LEVEL),
            "segments": zlib.compress(self.segments, LEVEL),
        }


def pack(document: Document) -> Packed:
    """Prepare a document for its row."""
    segments = squeeze([document.links, *_columns(document)])
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


class Segments(Sequence[Segment]):
    """The segments of one document, made when they are first looked at: most never are."""

    __slots__ = ("_columns", "_made")

    def __init__(self, columns: list[Any]) -> None:
        self._columns = columns
        self._made: tuple[Segment, ...] | None = None

    def _all(self) -> tuple[Segment, ...]:
        if self._made is None:
            self._made = _segments(self._columns)
        return self._made

    def __len__(self) -> int:
        return len(self._columns[0])

    @overload
    def __getitem__(self, index: int) -> Segment: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Segment]: ...
    def __getitem__(self, index: int | slice) -> Segment | Sequence[Segment]:
        return self._all()[index]

    def __iter__(self) -> Iterator[Segment]:
        return iter(self._all())

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Sequence):
            return NotImplemented
        return len(self) == len(other) and self._all() == tuple(other)

    def __hash__(self) -> int:
        return hash(self._all())


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


class Texts(Mapping[str, Document]):
    """The documents of a session, each unpacked when it is first asked for."""

    def __init__(self, packed: Mapping[str, tuple[Document, bytes, bytes]]) -> None:
        """Take, by content id, a document that lacks text, segments and links, and these."""
        self._packed = packed
        self._open: dict[str, Document] = {}

    def __getitem__(self, content_id: str) -> Document:
        if found := self._open.get(content_id):
            return found
        bare, text, segments = self._packed[content_id]
        links, *columns = json.loads(zlib.decompress(segments))
        document = replace(
            bare,
            body=zlib.decompress(text).decode("utf-8", "surrogatepass"),
            segments=Segments(columns),
            links=tuple(links),
        )
        self._open[content_id] = document
        return document

    def __iter__(self) -> Iterator[str]:
        return iter(self._packed)

    def __len__(self) -> int:
        return len(self._packed)
