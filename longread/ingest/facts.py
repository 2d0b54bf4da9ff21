"""What reading a file cost to find out, kept by content: never its bytes, never a secret.

A value is a small JSON head, then names and numbers of the segments, which become `Segment`s
only when somebody looks at them, then the text where it cannot be had from the bytes cheaply.
"""

from __future__ import annotations

import json
from array import array
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from longread.cache.derived import Derived
from longread.ingest import columns
from longread.ingest.columns import Columns, Segments
from longread.ingest.kinds import PLAIN, Looks
from longread.ingest.secrets import Mask
from longread.types import Segment

VERSION = 5
"""Of the format; what another version wrote is read anew."""


@dataclass(frozen=True, slots=True)
class PageFacts:
    """One page of a PDF, but for its text."""

    number: int
    label: str
    characters: int
    reason: str
    ocr: str = ""
    confidence: float = 0.0


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
    about: tuple[tuple[str, str], ...] = ()
    """As in `Entry`."""


def pack(facts: Facts) -> bytes:
    """Return `facts` as bytes."""
    count, kinds, unit, names, numbers = columns.of_segments(facts.segments)
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
            [(p.number, p.label, p.characters, p.reason, p.ocr, p.confidence) for p in facts.pages],
            facts.text is not None,
            [count, kinds, unit],
            facts.words is not None,
            [len(names), len(numbers), len(words), len(text)],
            facts.about,
        ],
        separators=(",", ":"),
    ).encode()
    parts = (len(head).to_bytes(4, "big"), head, names, numbers, words, text)
    return b"".join(parts)


def unpack(value: bytes) -> Facts | None:
    """Return what `pack` was given; None where the value was harmed."""
    start = 4 + int.from_bytes(value[:4], "big")
    try:
        (
            encoding, identity, masks, masked, notes, marks, picture, lines, looks, links, language,
            reason, pages, has_text, (count, kinds, unit), has_words, lengths,
            about,
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
        names, numbers = value[start:names_end], value[names_end:numbers_end]
        segments = Segments(Columns(count, kinds, unit, names, numbers))
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
        tuple([(key, said) for key, said in about]),
    )


class Remembered:
    """Facts by content, kept under one set of rules for secrets."""

    def __init__(self, derived: Derived, rules: str) -> None:
        self._derived = derived
        self.kind = f"facts:{VERSION}:{rules}"
        self._new: list[tuple[str, bytes]] = []
        """Found out, and not kept yet."""

    def get(self, keys: Iterable[str]) -> dict[str, Facts]:
        """Return what is known, by key."""
        known = self._derived.get(self.kind, keys)
        return {key: facts for key, value in known.items() if (facts := unpack(value))}

    def add(self, key: str, facts: Facts) -> None:
        """Take note of what was found out."""
        self._new.append((key, pack(facts)))

    def keep(self, least: int = 1) -> None:
        """Keep what was found out, if it is of so many contents."""
        if len(self._new) >= least:
            self._derived.put(self.kind, self._new)
            self._new = []
