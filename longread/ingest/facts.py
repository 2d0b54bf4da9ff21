"""What reading a file cost to find out, kept by content: never its bytes, never a secret.

A value is a small JSON head, then names and numbers of the segments, which become `Segment`s
only when somebody looks at them, then the text where it cannot be had from the bytes cheaply.
"""

from __future__ import annotations

import json
from array import array
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import overload

from longread.ingest.kinds import PLAIN, Looks
from longread.ingest.secrets import Mask
from longread.types import Segment, Span, Unit

VERSION = 2
"""Of the format; what another version wrote is read anew."""
NOWHERE = (-1, -1)
WIDTH = 9
"""Numbers a segment: kind, first, last, start, end, and both ends plus one of signature and doc."""


@dataclass(frozen=True, slots=True)
class PageFacts:
    """One page of a PDF, but for its text."""

    number: int
    label: str
    characters: int
    reason: str


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of one content, read one way."""

    encoding: str = ""
    """Empty where the bytes are no text."""
    identity: str = ""
    """Content id of the text that the masks leave; empty where the key of the bytes is that."""
    masks: tuple[Mask, ...] = ()
    """Secrets in the decoded text; empty where `text` is kept, for that is masked already."""
    masked: int = 0
    notes: tuple[str, ...] = ()
    """What a reader should know of it, as in `Entry`."""
    marks: tuple[str, ...] = ()
    """The digits that stand behind "§" in its text."""
    picture: bool = False
    """Whether bytes that are no text begin as those of a picture do."""
    lines: int = 0
    looks: Looks = PLAIN
    segments: Sequence[Segment] = ()
    links: tuple[str, ...] = ()
    language: str = ""
    """As the content itself names it; empty where only the path says."""
    reason: str = ""
    text: str | None = None
    """Masked text, of notebooks and PDFs only."""
    pages: tuple[PageFacts, ...] = ()
    words: array[int] | None = None
    """As in `Document`."""


class Segments(Sequence[Segment]):
    """Segments as they were stored; equal to the tuple of them, and hashed alike."""

    __slots__ = ("_count", "_kinds", "_made", "_names", "_numbers", "_unit")

    def __init__(self, head: tuple[int, list[str], Unit], names: bytes, numbers: bytes) -> None:
        self._count, self._kinds, self._unit = head
        self._names = names
        self._numbers = numbers
        self._made: tuple[Segment, ...] | None = None

    @property
    def all(self) -> tuple[Segment, ...]:
        """The segments themselves."""
        if self._made is None:
            self._made = tuple(self._make())
        return self._made

    def _make(self) -> Iterator[Segment]:
        numbers = array("I", self._numbers)
        names = self._names.decode().split("\0")
        columns = (numbers[at::WIDTH] for at in range(WIDTH))
        for name, kind, first, last, start, end, a, b, c, d in zip(names, *columns, strict=True):
            signature = (a - 1, b - 1) if a else None
            doc = (c - 1, d - 1) if c else None
            span = Span(self._unit, first, last)
            yield Segment(self._kinds[kind], name, span, start, end, signature, doc)

    def __len__(self) -> int:
        return self._count

    @property
    def end(self) -> int:
        """Where the last one ends, without making any."""
        if self._made is not None:
            return self._made[-1].end
        numbers = memoryview(self._numbers).cast("I")
        return numbers[len(numbers) - WIDTH + 4]

    @property
    def have_signatures(self) -> bool:
        """Whether any has a signature, without making any."""
        return any(memoryview(self._numbers).cast("I")[5::WIDTH])

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
            return self.all == other.all
        return self.all == other if isinstance(other, tuple) else NotImplemented

    def __hash__(self) -> int:
        return hash(self.all)

    def __repr__(self) -> str:
        return repr(self.all)


def pack(facts: Facts) -> bytes:
    """Return `facts` as bytes."""
    kinds = sorted({s.kind for s in facts.segments})
    index = {kind: number for number, kind in enumerate(kinds)}
    flat: list[int] = []
    for s in facts.segments:
        a, b = s.signature or NOWHERE
        c, d = s.doc or NOWHERE
        span = s.span
        flat += (
            index[s.kind], span.first, span.last, s.start, s.end, a + 1, b + 1, c + 1, d + 1,
        )  # fmt: skip
    numbers = array("I", flat)
    names = "\0".join(s.name.replace("\0", "") for s in facts.segments).encode()
    unit = facts.segments[0].span.unit if facts.segments else "line"
    looks = facts.looks
    text = facts.text.encode() if facts.text is not None else b""
    words = facts.words.tobytes() if facts.words else b""
    head = json.dumps(
        [
            facts.encoding,
            facts.identity,
            [(m.start, m.end, m.name) for m in facts.masks],
            facts.masked,
            facts.notes,
            facts.marks,
            facts.picture,
            facts.lines,
            [looks.generated, looks.minified, looks.longest],
            facts.links,
            facts.language,
            facts.reason,
            [(p.number, p.label, p.characters, p.reason) for p in facts.pages],
            facts.text is not None,
            [len(facts.segments), kinds, unit],
            facts.words is not None,
            [len(names), len(numbers) * numbers.itemsize, len(words), len(text)],
        ],
        separators=(",", ":"),
    ).encode()
    parts = (len(head).to_bytes(4, "big"), head, names, numbers.tobytes(), words, text)
    return b"".join(parts)


def unpack(value: bytes) -> Facts | None:
    """Return what `pack` was given; None where the value was harmed."""
    start = 4 + int.from_bytes(value[:4], "big")
    try:
        (
            encoding, identity, masks, masked, notes, marks, picture, lines, looks, links, language,
            reason, pages, has_text, (count, kinds, unit), has_words, lengths,
        ) = json.loads(value[4:start])  # fmt: skip
    except ValueError:
        return None
    if start + sum(lengths) != len(value):
        return None
    names_end = start + lengths[0]
    numbers_end = names_end + lengths[1]
    words_end = numbers_end + lengths[2]
    segments: Sequence[Segment] = ()
    if count:
        head = (count, kinds, unit)
        segments = Segments(head, value[start:names_end], value[names_end:numbers_end])
    return Facts(
        encoding,
        identity,
        tuple([Mask(*m) for m in masks]),
        masked,
        tuple(notes),
        tuple(marks),
        picture,
        lines,
        Looks(*looks),
        segments,
        tuple(links),
        language,
        reason,
        value[words_end:].decode() if has_text else None,
        tuple([PageFacts(*p) for p in pages]),
        array("I", value[numbers_end:words_end]) if has_words else None,
    )
