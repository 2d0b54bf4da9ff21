"""Needles planted in a packed corpus, so that prompt and answer take an exact number of tokens.

One haystack holds the needles of many trials: of every depth, as many as take an eighth of it.
So an engine that keeps prefixes reads it once, and each further question costs its own tokens
alone: about L + (n - 1) × 30 tokens for n trials at length L. With one needle a prompt, even the
cheapest order, the deepest needle first, would read the corpus anew from each needle on: about
L × (1 + the sum of 1 - depth). The needles of other trials are near misses too, so that what is
found here is found the harder way. What differs from question to question stands at the end:
the last tokens of the corpus are cut so that each prompt has the same size.
"""

from __future__ import annotations

import re
from array import array
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate, chain, count

from longread.errors import BudgetError
from longread.prompt import compose
from longread.prompt.needles import Fact, Needle, dress
from longread.prompt.render import Chunk, chunks, entitle
from longread.tokens.pieces import Pieces
from longread.types import Document, Level, Piece, Placed, Prompt, Role, Route, Turn

VERSION = 1
"""Raised when the same needles would be planted elsewhere."""
SHARE = 8
"""Planted sentences take one part in so many of a haystack, unless one needle takes more."""
MOST = 2
"""One needle may take one part in so many; shorter lengths are refused."""
LINE = 8
"""Tokens that a line of comment and the border it makes add to a sentence, at most."""
SPARE = 16
"""Tokens by which the corpus goes on behind what the longest question leaves of it."""
ROLES: tuple[Role, ...] = ("system", "user")
TRIES = 64
"""Places at which a cut is tried."""
FILLER = " ."
"""One token in every vocabulary; stands where a cut cannot be made to the token."""


@dataclass(frozen=True, slots=True)
class Haystack:
    """A corpus of one length with needles in it."""

    head: Piece
    body: tuple[Piece, ...]
    """What every prompt begins with, so that an engine reads it once."""
    tail: tuple[Piece, ...]
    """How the corpus goes on; as much of it is shown as the question leaves room for."""
    room: int
    """Tokens of body, tail and question together."""
    mark: str
    at: tuple[float, ...]
    """Of each needle, the share of the corpus before its first fact."""
    pieces: Pieces

    @property
    def shared(self) -> int:
        """Tokens that all its prompts begin with, the template's not counted."""
        return self.head.size + _size(self.body)

    def prompt(self, question: str) -> Prompt:
        """Return the prompt that asks for one needle; all have the same size."""
        asked = compose.ask(question, self.mark, self.pieces)
        left = self.room - asked.size - _size(self.body)
        shown: list[Piece] = []
        for piece in self.tail:
            if piece.size > left:
                shown += cut(piece, left, self.pieces)
                break
            shown.append(piece)
            left -= piece.size
        turns = (Turn("system", (self.head,)), Turn("user", (*self.body, *shown, asked)))
        family = self.pieces.family
        return Prompt(turns, family.frame(ROLES), family.stop_ids, family.exact)


def share_out(needles: Sequence[Needle], room: int, pieces: Pieces) -> list[list[int]]:
    """Return which needles stand in one haystack together: groups of indices, in order.

    Raises:
        BudgetError: the room is too small for one of them.
    """
    sizes = [cost(needle, pieces) for needle in needles]
    groups: list[list[int]] = []
    used = room
    for index, size in enumerate(sizes):
        if size * MOST > room:
            raise BudgetError(
                f"a length that leaves {room:,} tokens for the corpus is too short to hide"
                f" {size:,} tokens in",
                hint="leave out the shortest of --lengths",
            )
        if used + size > room // SHARE:
            groups.append([])
            used = 0
        groups[-1].append(index)
        used += size
    return groups


def cost(needle: Needle, pieces: Pieces) -> int:
    """Return the tokens that planting a needle takes, at most."""
    return sum(pieces.count_text(fact.sentence + "\n") + LINE for fact in needle.facts)


@dataclass(frozen=True, slots=True)
class Part:
    """What the corpus shows under one boundary line, or the first part of that."""

    chunk: Chunk
    piece: Piece
    end: int | None = None
    """Characters of boundary line and body that it has, where it has not all."""

    def read(self) -> str:
        """Return boundary line and body, as they stand before special tokens are broken up."""
        return (self.chunk.head + (self.chunk.read() if self.chunk.key else ""))[: self.end]


def stream(
    packed: Sequence[Chunk], documents: Sequence[Document], mark: str, pieces: Pieces, route: Route
) -> Iterator[Part]:
    """Yield what a layout shows, then all documents in full, again and again under other ids.

    Endless where there is any text; what is taken of it is what a length needs.
    """
    yield from map(Part, packed, compose.show(packed, pieces, route))
    for turn in count(2):
        size = 0
        for document in documents:
            placed = Placed(document.id, document.path, document.content_id, Level.FULL)
            title = entitle(document.named(f"{document.id}.{turn}"), mark)
            again = [replace(chunk, title=title) for chunk in chunks(placed, document, mark)]
            shown = compose.show(again, pieces, route)
            size += _size(shown)
            yield from map(Part, again, shown)
        if not size:
            return


def build(
    base: Iterable[Part],
    needles: Sequence[Needle],
    head: str,
    room: int,
    mark: str,
    pieces: Pieces,
    route: Route,
) -> Haystack:
    """Plant needles in as much of the base as fills the room.

    Args:
        base: more than the room holds, as `stream` gives it.
        room: tokens for corpus and question.

    Raises:
        BudgetError: the base has too little text.
    """
    asked = [compose.ask(needle.question, mark, pieces).size for needle in needles]
    taken: list[Part] = []
    base = _noted(base, taken)
    planted = sum(cost(needle, pieces) for needle in needles)
    kept, tail = _split(base, room - planted - max(asked), room - min(asked), pieces, route)
    body, first = _plant(kept, needles, pieces, route)
    # What planting took in truth is known now; what was kept for it beyond that is used too.
    planted = _size(body) - _size(part.piece for part in kept) + SPARE
    again, rest = _split(
        chain(taken[:], base), room - planted - max(asked), room - min(asked), pieces, route
    )
    longer, later = _plant(again, needles, pieces, route)
    if _size(longer) + max(asked) <= room:
        body, first, tail = longer, later, rest
    at = tuple(offset / (room - max(asked)) for offset in first)
    top = Piece(head, pieces.encode_text(head))
    return Haystack(top, tuple(body), tuple(tail), room, mark, at, pieces)


def _noted(base: Iterable[Part], taken: list[Part]) -> Iterator[Part]:
    """Yield the base, and put down what was taken of it."""
    for part in base:
        taken.append(part)
        yield part


def _size(pieces: Iterable[Piece]) -> int:
    return sum(piece.size for piece in pieces)


def _split(
    base: Iterable[Part], most: int, least: int, pieces: Pieces, route: Route
) -> tuple[list[Part], list[Piece]]:
    """Return at most `most` tokens of the base, and how it goes on until there are `least`."""
    kept: list[Part] = []
    tail: list[Piece] = []
    size = behind = 0
    for part in base:
        if not tail and size + part.piece.size <= most:
            kept.append(part)
            size += part.piece.size
            continue
        if not tail:
            opening, rest = _open(part, most - size, pieces, route)
            if opening:
                kept.append(opening)
                size += opening.piece.size
        else:
            rest = part.piece
        tail.append(rest)
        behind += rest.size
        if kept and size + behind >= least + SPARE:
            return kept, tail
    raise BudgetError("there is no text to hide anything in", hint="name another SOURCE")


def _open(part: Part, most: int, pieces: Pieces, route: Route) -> tuple[Part | None, Piece]:
    """Cut a part at a line's end into at most `most` tokens and the rest."""
    text = part.read()
    before = pieces.family.decode(pieces.encode_text(text)[:most]).rfind("\n") + 1
    # The boundary line alone shows nothing.
    while before > len(part.chunk.head):
        ids = pieces.encode_text(text[:before])
        if len(ids) <= most:
            whole = compose.neutralise(text[:before], route)
            piece = replace(part.piece, text=whole, ids=ids, ranges=())
            rest = compose.neutralise(text[before:], route)
            return (
                Part(part.chunk, piece, before),
                replace(part.piece, text=rest, ids=pieces.encode_text(text[before:]), ranges=()),
            )
        before = text.rfind("\n", 0, before - 1) + 1
    return None, part.piece


def _plant(
    parts: Sequence[Part], needles: Sequence[Needle], pieces: Pieces, route: Route
) -> tuple[list[Piece], list[int]]:
    """Return the corpus with all facts in it, and how many tokens stand before each needle."""
    sizes = [part.piece.size for part in parts]
    starts = [0, *accumulate(sizes)]
    texts: dict[int, str] = {}
    spots: dict[int, list[tuple[int, int, Fact]]] = {}
    for owner, needle in enumerate(needles):
        for fact in needle.facts:
            index = _with_text(parts, bisect_right(starts, fact.depth * starts[-1]) - 1)
            text = texts.setdefault(index, parts[index].read())
            within = (fact.depth * starts[-1] - starts[index]) / max(sizes[index], 1)
            border = _border(parts[index], text, int(within * len(text)))
            spots.setdefault(index, []).append((border, owner, fact))
    body: list[Piece] = []
    first: dict[int, int] = {}
    size = 0
    for index, part in enumerate(parts):
        if index not in spots:
            body.append(part.piece)
            size += part.piece.size
            continue
        at = 0
        # Facts at one border stay in the order in which they were made.
        for border, owner, fact in sorted(spots[index], key=lambda spot: spot[0]):
            if border > at:
                body.append(_like(part, texts[index][at:border], pieces, route))
                size += body[-1].size
                at = border
            line = dress(fact.sentence, part.chunk.document.language, _indent(texts[index], at))
            if fact.depth == needles[owner].facts[0].depth:
                first.setdefault(owner, size)
            body.append(_like(part, line, pieces, route))
            size += body[-1].size
        if at < len(texts[index]):
            body.append(_like(part, texts[index][at:], pieces, route))
            size += body[-1].size
    return body, [first[owner] for owner in range(len(needles))]


def _with_text(parts: Sequence[Part], wanted: int) -> int:
    """Return the part at an index, or the nearest that is more than a boundary line."""
    wanted = min(max(wanted, 0), len(parts) - 1)
    for step in range(len(parts)):
        for index in (wanted + step, wanted - step):
            if 0 <= index < len(parts) and parts[index].chunk.key:
                return index
    return wanted


def _border(part: Part, text: str, wanted: int) -> int:
    """Return the place in a part's text nearest to `wanted` where a line may be put in.

    Between the segments of a text in full, between the lines of one in short, and at the end.
    """
    chunk, head = part.chunk, len(part.chunk.head)
    if chunk.level is Level.FULL:
        borders = [
            head + segment.start - chunk.start
            for segment in chunk.document.segments
            if chunk.start <= segment.start < chunk.end
        ]
    else:
        borders = [found.end() for found in re.finditer("\n", text)]
    fit = [at for at in borders if head <= at < len(text) and text[at - 1] == "\n"]
    return min([*fit, len(text)], key=lambda at: (abs(at - wanted), at))


def _indent(text: str, at: int) -> str:
    """Return the white space with which the line at a place begins."""
    found = re.compile(r"[ \t]*").match(text, at)
    return found[0] if found else ""


def _like(part: Part, text: str, pieces: Pieces, route: Route) -> Piece:
    """Return a piece of the same document with this text."""
    shown = compose.neutralise(text, route)
    return replace(part.piece, text=shown, ids=pieces.encode_text(text), ranges=())


def cut(piece: Piece, size: int, pieces: Pieces) -> list[Piece]:
    """Return exactly `size` tokens from a piece's beginning, a line's end behind them.

    Each text is encoded as its ids say. Where a token ends within a character, or what is cut
    would be encoded otherwise, the cut is made earlier and the rest filled up.
    """
    if not size:
        return []
    last = Piece("\n", pieces.encode_text("\n"))
    size -= last.size
    for end in range(size, max(size - TRIES, 0), -1):
        text = pieces.family.decode(piece.ids[:end])
        ids = pieces.encode_text(text)
        shown = next((t for t in _ways(text) if piece.text.startswith(t)), "")
        if len(ids) <= size and shown:
            filler = [_filler(pieces)] * (size - len(ids))
            return [replace(piece, text=shown, ids=ids, ranges=()), *filler, last]
    return [*[_filler(pieces)] * size, last]


def _ways(text: str) -> tuple[str, str]:
    """Return a text as it is shown by each route."""
    return text, compose.neutralise(text, "text")


def _filler(pieces: Pieces) -> Piece:
    ids = pieces.encode_text(FILLER)
    return Piece(FILLER, ids if len(ids) == 1 else array("I", ids[:1]))
