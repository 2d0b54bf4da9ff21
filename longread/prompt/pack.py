"""Which level each document and symbol gets, so that the budget is used and never exceeded.

The objective: the sum over documents of rank × detail(level) is to be as large as it can be, at
most `room` tokens in all; `DETAIL` says what part of a document's worth a level shows. Raises are
bought by value gained per token (`longread.prompt.greedy`), along each document's upper convex
hull: that is within one raise of the best for a knapsack of this shape (Dantzig 1957). A document
too large for the room is raised symbol by symbol (`longread.prompt.parts`), and so is what is
left at the end.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from longread.errors import BudgetError
from longread.prompt.costs import LEVELS, Costs, levels_of
from longread.prompt.greedy import Chain, Raise, hull, spend
from longread.prompt.parts import divide, lead, settle, top_up
from longread.tokens.pieces import Pieces
from longread.types import Document, Level, Placed

VERSION = 1
"""Raised when the same documents at the same costs would be given other levels."""
DETAIL: dict[Level, float] = {
    Level.NONE: 0.0,
    Level.PATH: 0.05,
    Level.OUTLINE: 0.18,
    Level.SIGNATURES: 0.4,
    Level.SIGNATURES_DOC: 0.55,
    Level.FULL: 1.0,
}
"""Part of a document's worth that a level shows."""
FULL_ENOUGH = 0.995
"""Filling stops when this part of the room is used."""
TRIES = 400
"""Documents looked at to fill what is left."""


def pack(
    documents: Sequence[Document],
    ranks: Sequence[float],
    costs: Sequence[Costs],
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
    if sum(cost.full for cost in costs) <= room and not fixed:
        return [Placed(d.id, d.path, d.content_id, Level.FULL) for d in documents]
    splits = divide(documents, ranks, costs, room - taken, mark, pieces, fixed, DETAIL)
    chains: list[Chain] = []
    for index, (cost, rank) in enumerate(zip(costs, ranks, strict=True)):
        if index in fixed:
            chains.append(Chain(()))
        elif split := splits.get(index):
            first = len(documents) + split.first
            opens = range(first, first + len(split.chains))
            chains.append(Chain(ladder(cost, rank, LEVELS[:3]), opens))
        else:
            chains.append(Chain(ladder(cost, rank, LEVELS)))
    for split in splits.values():
        chains += split.chains
    bought = spend(chains, room - taken)
    places = []
    for index, document in enumerate(documents):
        raises = chains[index].raises[: bought.reached[index]]
        level = fixed.get(index, Level(raises[-1].level) if raises else Level.NONE)
        places.append(Placed(document.id, document.path, document.content_id, level))
    left = settle(places, splits, bought, room, documents, costs, mark, pieces)
    spare = int(room * (1 - FULL_ENOUGH))
    left = top_up(places, splits, left, spare, documents, costs, mark, pieces)
    order = sorted(range(len(places)), key=lambda index: (-ranks[index], index))
    partial = [i for i in order if places[i].level is not Level.FULL]
    for index in [i for i in partial if i not in fixed and i not in splits][:TRIES]:
        if left <= spare:
            break
        # A path alone says nothing that the parts' boundary lines do not say.
        given = costs[index].path if places[index].level is Level.PATH else 0
        chosen, used = lead(documents[index], left + given, mark, pieces)
        if chosen and used - given <= left:
            places[index] = replace(places[index], raised=chosen)
            left -= used - given
    return places


def ladder(cost: Costs, rank: float, levels: Sequence[Level]) -> Sequence[Raise]:
    """Return the raises of one document that are worth making, the best first."""
    return hull([(cost.at(level), rank * DETAIL[level], level) for level in levels])


def rendered(level: Level, document: Document, cost: Costs) -> Level:
    """Return the level that a level set by a person comes to for one document.

    What costs no less than all of it is all of it; where a level shows nothing of it, it comes to
    the one below.
    """
    if level in (Level.NONE, Level.PATH, Level.FULL):
        return level
    shown = [at for at in sorted(levels_of(document)) if at <= level]
    if not shown:
        return Level.PATH
    return shown[-1] if cost.at(shown[-1]) < cost.full else Level.FULL
