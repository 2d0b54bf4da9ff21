"""What to buy with a room of tokens: raises in chains, the best value for a token first.

It knows numbers alone. Chains are documents and symbols; `longread.prompt.pack` says which.
"""

from __future__ import annotations

import heapq
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple


class Raise(NamedTuple):
    """One step up."""

    value: float
    """Gained."""
    tokens: int
    """Spent."""
    level: int
    """Reached."""

    @property
    def slope(self) -> float:
        """Value gained per token."""
        return self.value / max(self.tokens, 1)


@dataclass(frozen=True, slots=True)
class Chain:
    """Raises that can only be made one after another, ever less worth their tokens."""

    raises: Sequence[Raise]
    opens: Sequence[int] = ()
    """Chains that can be begun once this one is at its end, or can go no further."""


@dataclass(frozen=True, slots=True)
class Bought:
    """What was chosen."""

    reached: list[int]
    """How many raises of each chain were made."""
    order: list[tuple[int, int]]
    """Chain and raise, as they were made."""
    left: int


def hull(points: Sequence[tuple[int, float, int]]) -> list[Raise]:
    """Return the raises along the upper convex hull of (tokens, value, level), from (0, 0).

    What costs no less than something worth more is left out, and so is what lies below the line
    between its neighbours; so slopes never rise.
    """
    kept: list[tuple[int, float, int]] = [(0, 0.0, 0)]
    for tokens, value, level in points:
        # A level that is not cheaper than the one above is never worth its tokens.
        while len(kept) > 1 and kept[-1][0] >= tokens:
            kept.pop()
        while len(kept) > 1 and _slope(kept[-2], (tokens, value, level)) > _slope(*kept[-2:]):
            kept.pop()
        kept.append((tokens, value, level))
    return [Raise(b[1] - a[1], b[0] - a[0], b[2]) for a, b in pairwise(kept)]


def spend(chains: Sequence[Chain], room: int) -> Bought:
    """Buy greedily by slope; a raise that does not fit ends its chain.

    Of two raises that could be made, the one that is worth more and costs no more is made first;
    ties are in the order of the chains.
    """
    closed = {index for chain in chains for index in chain.opens}
    heap = [
        (-chain.raises[0].slope, index, 0)
        for index, chain in enumerate(chains)
        if index not in closed and chain.raises
    ]
    for index, chain in enumerate(chains):
        if index not in closed and not chain.raises:
            heap += [(-chains[i].raises[0].slope, i, 0) for i in chain.opens if chains[i].raises]
    heapq.heapify(heap)
    reached = [0] * len(chains)
    order = []
    left = room
    while heap:
        _, index, at = heapq.heappop(heap)
        chain = chains[index]
        step = chain.raises[at]
        if step.tokens <= left:
            left -= step.tokens
            reached[index] = at + 1
            order.append((index, at))
            if at + 1 < len(chain.raises):
                heapq.heappush(heap, (-chain.raises[at + 1].slope, index, at + 1))
                continue
        for other in chain.opens:
            if chains[other].raises:
                heapq.heappush(heap, (-chains[other].raises[0].slope, other, 0))
    return Bought(reached, order, left)


def _slope(low: tuple[int, float, int], high: tuple[int, float, int]) -> float:
    return (high[1] - low[1]) / max(high[0] - low[0], 1)
