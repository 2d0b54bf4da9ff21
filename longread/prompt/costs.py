"""What each document costs at each level, in tokens, boundary lines included."""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from longread.prompt.render import DIGESTS, Chunk, chunks, entitle, shortened
from longread.tokens.pieces import Keyed, Pieces, text_key
from longread.types import Document, Level, Placed, Progress

VERSION = 1
"""Raised when the same documents would cost otherwise."""
LEVELS = (
    Level.PATH, Level.OUTLINE, Level.SIGNATURES, Level.SIGNATURES_DOC, Level.FULL,
)  # fmt: skip
"""Levels that have a rendering of their own."""


@dataclass(frozen=True, slots=True)
class Costs:
    """Tokens of one document at each level.

    A level at which nothing can be shown that the one below does not show costs as much as all
    of the document, so that nothing is gained by it.
    """

    path: int
    outline: int
    signatures: int
    documented: int
    full: int

    def at(self, level: Level) -> int:
        """Return the tokens of one level."""
        return (0, self.path, self.outline, self.signatures, self.documented, self.full)[level]


def bodies(document: Document) -> Iterator[Chunk]:
    """Yield what may be shown of a document, at every level but PATH."""
    for level in sorted(levels_of(document)):
        if level in DIGESTS:
            yield shortened(document, level, (), "")
    placed = Placed(document.id, document.path, document.content_id, Level.FULL)
    yield from chunks(placed, document, "")


def levels_of(document: Document) -> frozenset[Level]:
    """Return the levels between PATH and FULL at which something of a document is shown."""
    return frozenset(
        level for level, there in zip(sorted(DIGESTS), document.parts, strict=True) if there
    )


def measure(
    documents: Sequence[Document],
    mark: str,
    pieces: Pieces,
    progress: Callable[[Progress], None] | None = None,
) -> list[Costs]:
    """Count every document at every level; counts come from the cache where they can."""
    titles = pieces.count_texts([entitle(document, mark) for document in documents])
    wanted: list[Keyed] = []
    places: list[tuple[int, Level]] = []
    for index, document in enumerate(documents):
        for chunk in bodies(document):
            for key, read in ((text_key(chunk.rest), chunk.rest.__str__), (chunk.key, chunk.read)):
                wanted.append((key, read))
                places.append((index, chunk.level))

    def tell(done: int, total: int) -> None:
        if progress:
            progress(Progress("count", done, total))

    counted = pieces.count(wanted, tell)
    end = pieces.count_text("\n")
    rows = [array("q", [0]) * (len(Level)) for _ in documents]
    pages = [0] * len(documents)
    for (index, level), tokens in zip(places, counted, strict=True):
        rows[index][level] += tokens
        pages[index] += level is Level.FULL
    found = []
    for row, title, halves in zip(rows, titles, pages, strict=True):
        full = row[Level.FULL] + title * (halves // 2)
        short = [row[level] + title if row[level] else full for level in sorted(DIGESTS)]
        outline, signatures, documented = short
        found.append(Costs(title + end, outline, signatures, documented, full))
    return found


def pack(costs: Sequence[Costs]) -> bytes:
    """Return costs as bytes, five numbers of 32 bits each."""
    numbers = array("I")
    for cost in costs:
        numbers.extend((cost.path, cost.outline, cost.signatures, cost.documented, cost.full))
    return numbers.tobytes()


def unpack(value: bytes) -> list[Costs]:
    """Return what `pack` was given."""
    numbers = array("I", value)
    return [Costs(*five) for five in zip(*[iter(numbers)] * 5, strict=True)]


def price(made: Sequence[Chunk], pieces: Pieces) -> int:
    """Return the tokens of chunks, boundary lines included."""
    heads = sum(pieces.count_texts([part for c in made for part in (c.title, c.rest)]))
    return heads + sum(pieces.count([(chunk.key, chunk.read) for chunk in made if chunk.key]))
