"""Documents too large for the room, raised symbol by symbol.

A symbol's share of its document's worth grows with its size, but not in proportion: of two, the
shorter one says more for a token. Pages and cells are worth less the further down they stand.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial

from longread.prompt.costs import Costs, levels_of, price
from longread.prompt.greedy import Bought, Chain, hull
from longread.prompt.render import chunks, entitle, excerpt, excerpts
from longread.tokens.pieces import Keyed, Pieces, text_key
from longread.types import Document, Level, Placed

LARGE = 50
"""A document is divided that takes more than one part in so many of the room."""
MOST = 200
"""Documents that are divided: those that matter most."""
SYMBOLS = 20_000
"""Symbols that are weighed in all."""
TRIES = 300
"""Symbols that are tried for what is left."""
BENT = 0.75
"""Power of a symbol's tokens by which it is worth something."""
FADING = 0.98
"""What a page is worth beside the one before it."""


@dataclass(slots=True)
class Split:
    """A document that is raised by its segments."""

    index: int
    """Of the document."""
    first: int
    """Of its chains, among those of all splits."""
    chains: list[Chain]
    """One a segment."""
    level: Level = Level.NONE
    """What is shown of all its symbols."""
    raised: set[int] = field(default_factory=set)
    lifted: set[int] = field(default_factory=set)
    tokens: int = 0
    """Of all that is shown of it."""


def divide(
    documents: Sequence[Document],
    ranks: Sequence[float],
    costs: Sequence[Costs],
    room: int,
    mark: str,
    pieces: Pieces,
    without: Mapping[int, Level],
    detail: Mapping[Level, float],
) -> dict[int, Split]:
    """Return, by index, the documents to be raised by their symbols.

    Args:
        without: documents whose level is given.
        detail: part of a document's worth that a level shows.
    """
    large = [
        index
        for index, cost in enumerate(costs)
        if cost.full * LARGE > room and index not in without and ranks[index] > 0
    ]
    large.sort(key=lambda index: (-ranks[index], index))
    splits: dict[int, Split] = {}
    count = 0
    for index in large[:MOST]:
        size = len(documents[index].segments)
        if size < 2 or count + size > SYMBOLS:
            continue
        tokens = _tokens(documents[index], mark, pieces)
        chains = list(_chains(documents[index], ranks[index], tokens, detail))
        splits[index] = Split(index, count, chains)
        count += size
    return splits


def _tokens(document: Document, mark: str, pieces: Pieces) -> list[tuple[int, int]]:
    """Return what each segment's doc takes in the digest, and what it takes in full."""
    title = pieces.count_text(entitle(document, mark))
    wanted: list[Keyed] = []
    for index, segment in enumerate(document.segments):
        alone = excerpt(document, range(index, index + 1), mark)
        start, end = segment.doc or (0, 0)
        key = f"{document.content_id}:doc:{start}-{end}" if segment.doc else text_key("")
        wanted += (
            (text_key(alone.rest), partial(str, alone.rest)),
            (alone.key, alone.read),
            (key, _slice(document, start, end)),
        )
    counted = pieces.count(wanted)
    place = pieces.count_text("L1000 \n")
    return [
        (doc + place if doc else 0, title + rest + body)
        for rest, body, doc in zip(counted[::3], counted[1::3], counted[2::3], strict=True)
    ]


def _slice(document: Document, start: int, end: int) -> Callable[[], str]:
    return lambda: document.text[start:end]


def _chains(
    document: Document,
    rank: float,
    tokens: Sequence[tuple[int, int]],
    detail: Mapping[Level, float],
) -> Iterator[Chain]:
    levels = levels_of(document)
    base = Level.SIGNATURES if Level.SIGNATURES in levels else Level.PATH
    prose = document.unit != "line"
    weights = [
        full * FADING**index if prose else full**BENT for index, (_, full) in enumerate(tokens)
    ]
    whole = sum(weights) or 1.0
    for (doc, full), weight in zip(tokens, weights, strict=True):
        worth = rank * weight / whole
        points = [(full, worth * (detail[Level.FULL] - detail[base]), Level.FULL)]
        if doc and base is Level.SIGNATURES:
            more = detail[Level.SIGNATURES_DOC] - detail[base]
            points.insert(0, (doc, worth * more, Level.SIGNATURES_DOC))
        yield Chain(hull(points))


def settle(
    places: list[Placed],
    splits: Mapping[int, Split],
    bought: Bought,
    room: int,
    documents: Sequence[Document],
    costs: Sequence[Costs],
    mark: str,
    pieces: Pieces,
) -> int:
    """Write into `places` what was bought of the divided documents; return the tokens left.

    Neighbours share a boundary line and a digest is counted as a whole, so what is shown together
    costs other than its parts; should it ever be too much, the last raises are taken back.
    """
    if not splits:
        return bought.left
    first = len(documents)
    owners = {first + s.first + n: (s, n) for s in splits.values() for n in range(len(s.chains))}
    made: list[tuple[Split, int, Level]] = []
    for chain, at in bought.order:
        if owner := owners.get(chain):
            split, segment = owner
            level = Level(split.chains[segment].raises[at].level)
            made.append((split, segment, level))
            _raise(split, segment, level)
    left = room - sum(costs[i].at(p.level) for i, p in enumerate(places) if i not in splits)
    for split in splits.values():
        split.level = places[split.index].level
        _place(split, places, documents, costs, mark, pieces)
        left -= split.tokens
    while left < 0 and made:
        split, segment, level = made.pop()
        left += split.tokens
        _lower(split, segment, level)
        _place(split, places, documents, costs, mark, pieces)
        left -= split.tokens
    return left


def top_up(
    places: list[Placed],
    splits: Mapping[int, Split],
    left: int,
    enough: int,
    documents: Sequence[Document],
    costs: Sequence[Costs],
    mark: str,
    pieces: Pieces,
) -> int:
    """Raise more symbols of divided documents, the best first, until `enough` or less is left.

    What was passed over for its size may fit into what neighbours saved by standing together.
    """
    waiting = [
        (-chain.raises[-1].value / chain.raises[-1].tokens, split.index, segment)
        for split in splits.values()
        for segment, chain in enumerate(split.chains)
        if segment not in split.raised and chain.raises[-1].tokens <= 2 * left
    ]
    for _, index, segment in sorted(waiting)[:TRIES]:
        if left <= enough:
            break
        split, before, tokens = splits[index], places[index], splits[index].tokens
        lifted = segment in split.lifted
        _raise(split, segment, Level.FULL)
        _place(split, places, documents, costs, mark, pieces)
        if split.tokens - tokens <= left:
            left -= split.tokens - tokens
            continue
        split.raised.discard(segment)
        if lifted:
            split.lifted.add(segment)
        places[index], split.tokens = before, tokens
    return left


def _raise(split: Split, segment: int, level: Level) -> None:
    split.lifted.discard(segment)
    (split.raised if level is Level.FULL else split.lifted).add(segment)


def _lower(split: Split, segment: int, level: Level) -> None:
    split.raised.discard(segment)
    split.lifted.discard(segment)
    if level is Level.FULL and len(split.chains[segment].raises) > 1:
        split.lifted.add(segment)


def _place(
    split: Split,
    places: list[Placed],
    documents: Sequence[Document],
    costs: Sequence[Costs],
    mark: str,
    pieces: Pieces,
) -> None:
    document = documents[split.index]
    place = replace(places[split.index], level=split.level, raised=(), lifted=())
    if len(split.raised) == len(document.segments):
        place = replace(place, level=Level.FULL)
        split.tokens = costs[split.index].full
    else:
        lifted = sorted(split.lifted) if split.level is Level.SIGNATURES else []
        place = replace(
            place,
            raised=tuple(sorted(split.raised)),
            lifted=tuple((index, Level.SIGNATURES_DOC) for index in lifted),
        )
        split.tokens = price(list(chunks(place, document, mark)), pieces)
    places[split.index] = place


def lead(document: Document, room: int, mark: str, pieces: Pieces) -> tuple[tuple[int, ...], int]:
    """Return the leading segments that fit, and their exact cost as they will be rendered."""
    low, high = 0, len(document.segments)
    used = 0
    while low < high:
        middle = (low + high + 1) // 2
        needed = price(list(excerpts(document, range(middle), mark)), pieces)
        if needed <= room:
            low, used = middle, needed
        else:
            high = middle - 1
    return tuple(range(low)), used
