"""Which level each document gets, so that the budget is used and never exceeded.

The objective: the sum over documents of rank × detail(level), where detail is 0 for NONE,
0.05 for PATH, 0.4 for SIGNATURES and 1 for FULL, at most `room` tokens in all. Taken greedily
by value gained per token along each document's upper convex hull, which is within one raise of
the best for a knapsack of this shape; what is left is filled with segments of the best ranked
documents that are not in full.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from longread.errors import BudgetError
from longread.prompt.render import Chunk, chunks, excerpt, runs
from longread.tokens.pieces import Pieces
from longread.types import Document, Level, Placed, Progress

DETAIL: dict[Level, float] = {
    Level.NONE: 0.0,
    Level.PATH: 0.05,
    Level.SIGNATURES: 0.4,
    Level.FULL: 1.0,
}
"""Part of a document's worth that a level shows; OUTLINE and SIGNATURES_DOC come later."""
FULL_ENOUGH = 0.995
"""Filling stops when this part of the room is used."""
TRIES = 400
"""Documents looked at to fill what is left."""


@dataclass(frozen=True, slots=True)
class Costs:
    """Tokens of one document at each level, boundary lines included.

    Where there are no signatures to show, that level costs as much as all of it, so that nothing
    is gained by it.
    """

    path: int
    signatures: int
    full: int

    def at(self, level: Level) -> int:
        """Return the tokens of one level; a level that has no rendering costs what is below it."""
        if level is Level.FULL:
            return self.full
        if level >= Level.SIGNATURES:
            return self.signatures
        return self.path if level >= Level.PATH else 0


Raise = tuple[float, int, Level]
"""Value gained per token, tokens, level reached."""


def measure(
    documents: Sequence[Document],
    mark: str,
    pieces: Pieces,
    progress: Callable[[Progress], None] | None = None,
) -> list[Costs]:
    """Count every document at every level; counts come from the cache where they can."""
    levels = (Level.PATH, Level.SIGNATURES, Level.FULL)
    found: list[tuple[int, int, Chunk]] = []
    for index, document in enumerate(documents):
        for at, level in enumerate(levels):
            placed = Placed(document.id, document.path, document.content_id, level)
            found.extend((index, at, chunk) for chunk in chunks(placed, document, mark))
    heads = pieces.count_texts([chunk.head for *_, chunk in found])

    def tell(done: int, total: int) -> None:
        if progress:
            progress(Progress("count", done, total))

    bodies = pieces.count([(c.key, c.read) for *_, c in found if c.key], tell)
    totals = [[0, 0, 0] for _ in documents]
    body = iter(bodies)
    for (index, at, chunk), title in zip(found, heads, strict=True):
        totals[index][at] += title + (next(body) if chunk.key else 0)
    return [
        Costs(path, signatures if has_signatures(document) else full, full)
        for document, (path, signatures, full) in zip(documents, totals, strict=True)
    ]


def has_signatures(document: Document) -> bool:
    """Whether there is anything that SIGNATURES would show of a document."""
    return any(segment.signature for segment in document.segments)


def price(made: Sequence[Chunk], pieces: Pieces) -> int:
    """Return the tokens of chunks, boundary lines included."""
    heads = sum(pieces.count_texts([chunk.head for chunk in made]))
    return heads + sum(pieces.count([(chunk.key, chunk.read) for chunk in made if chunk.key]))


def pack(
    documents: Sequence[Document],
    ranks: Sequence[float],
    costs: Sequence[Costs],
    steps: Sequence[Sequence[Raise]],
    room: int,
    mark: str,
    pieces: Pieces,
    fixed: Mapping[int, Level] = {},
) -> list[Placed]:
    """Return every document's place, in reading order, at most `room` tokens in all.

    Args:
        fixed: by index, levels that a person set; the rest is packed into what they leave.

    Raises:
        BudgetError: `room` is negative, or too small for what is fixed.
    """
    if room < 0:
        raise BudgetError(
            f"{-room:,} tokens are missing before the first document",
            hint="raise --budget, or shorten the question",
        )
    taken = sum(costs[index].at(level) for index, level in fixed.items())
    if taken > room:
        raise BudgetError(
            f"the levels that were set take {taken:,} tokens, and there is room for {room:,}",
            hint="lower the level of a folder, or raise --budget",
        )
    free = [() if index in fixed else step for index, step in enumerate(steps)]
    levels, left = choose(free, room - taken)
    for index, level in fixed.items():
        levels[index] = level
    raised = _fill(documents, ranks, costs, levels, left, room, mark, pieces, fixed)
    return [
        Placed(d.id, d.path, d.content_id, level, raised.get(index, ()))
        for index, (d, level) in enumerate(zip(documents, levels, strict=True))
    ]


def rendered(level: Level, document: Document, cost: Costs) -> Level:
    """Return the level that a level set by a person comes to for one document.

    Signatures that cost no less than all of it are all of it; where there are none to show, the
    path says as much. Levels that have no rendering yet come to the one below.
    """
    if level < Level.SIGNATURES:
        return min(level, Level.PATH)
    if level is Level.FULL:
        return level
    if not has_signatures(document):
        return Level.PATH
    return Level.SIGNATURES if cost.signatures < cost.full else Level.FULL


def raises(ranks: Sequence[float], costs: Sequence[Costs]) -> list[list[Raise]]:
    """Return, for each document, the raises worth making, the best first."""
    return [_hull(cost, rank) for cost, rank in zip(costs, ranks, strict=True)]


def choose(steps: Sequence[Sequence[Raise]], room: int) -> tuple[list[Level], int]:
    """Return the level of each document, and the tokens left."""
    levels = [Level.NONE] * len(steps)
    heap = [(-s[0][0], i, 0) for i, s in enumerate(steps) if s]
    heapq.heapify(heap)
    left = room
    while heap:
        _, index, at = heapq.heappop(heap)
        _, tokens, level = steps[index][at]
        if tokens > left:
            continue
        left -= tokens
        levels[index] = level
        if at + 1 < len(steps[index]):
            heapq.heappush(heap, (-steps[index][at + 1][0], index, at + 1))
    return levels, left


def _hull(cost: Costs, rank: float) -> list[Raise]:
    points = [(0, 0.0, Level.NONE)]
    for level, tokens in (
        (Level.PATH, cost.path),
        (Level.SIGNATURES, cost.signatures),
        (Level.FULL, cost.full),
    ):
        value = rank * DETAIL[level]
        # A level that is not cheaper than the one above is never worth its tokens.
        while points[-1][0] >= tokens and len(points) > 1:
            points.pop()
        while len(points) > 1 and _slope(points[-2], (tokens, value)) > _slope(
            points[-2], points[-1]
        ):
            points.pop()
        points.append((tokens, value, level))
    return [(_slope(low, high), high[0] - low[0], high[2]) for low, high in pairwise(points)]


def _slope(
    low: tuple[int, float, Level], high: tuple[int, float] | tuple[int, float, Level]
) -> float:
    return (high[1] - low[1]) / max(high[0] - low[0], 1)


def _fill(
    documents: Sequence[Document],
    ranks: Sequence[float],
    costs: Sequence[Costs],
    levels: list[Level],
    left: int,
    room: int,
    mark: str,
    pieces: Pieces,
    fixed: Mapping[int, Level],
) -> dict[int, tuple[int, ...]]:
    """Raise segments of the best ranked documents until the room is used; return them by index."""
    raised: dict[int, tuple[int, ...]] = {}
    partial = [i for i, at in enumerate(levels) if at is not Level.FULL and i not in fixed]
    partial.sort(key=lambda i: (-ranks[i], i))
    spare = int(room * (1 - FULL_ENOUGH))
    for index in partial[:TRIES]:
        if left <= spare:
            break
        # A path alone says nothing that the parts' boundary lines do not say.
        given = costs[index].path if levels[index] is Level.PATH else 0
        chosen, used = _take(documents[index], left + given, mark, pieces)
        if chosen and used - given <= left:
            raised[index] = chosen
            left -= used - given
    return raised


def _take(document: Document, room: int, mark: str, pieces: Pieces) -> tuple[tuple[int, ...], int]:
    """Return the leading segments that fit, and their exact cost as they will be rendered."""
    low, high = 0, len(document.segments)
    used = 0
    while low < high:
        middle = (low + high + 1) // 2
        needed = price([excerpt(document, run, mark) for run in runs(range(middle))], pieces)
        if needed <= room:
            low, used = middle, needed
        else:
            high = middle - 1
    return tuple(range(low)), used
