"""What cells come to together: shares with their intervals, states, verdicts, cost.

Intervals are Wilson's, two-sided, at 95 % (E. B. Wilson, JASA 22, 1927): the two one-sided bounds
of `analysis.bounds` at 97.5 %. For means of values between 0 and 1, as F1 is, they are too wide
rather than too narrow: no such values spread more than those that are 0 or 1 with the same mean.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from longread.analysis.bounds import wilson
from longread.types import Verdict
from longread.types.reviews import Cell, CellState
from longread.types.scores import NOT_ASKED, OUT_OF_PLACE, SAYS_NO, CellScore, Cost, Rate, Tally

SIDED = 0.975
"""Confidence of each of the two bounds of a 95 % interval."""
ABSENT = (CellState.NOT_PRESENT.value, CellState.NOT_FOUND.value, SAYS_NO, OUT_OF_PLACE)
"""What a cell says where it says that there is none."""


def tally(scored: Sequence[CellScore], cells: Iterable[Cell]) -> Tally:
    """Return the figures of a group.

    Args:
        scored: the cells that gold speaks of.
        cells: all of the group's, for verdicts and cost.
    """
    asked = [one for one in scored if one.state != NOT_ASKED]
    answers = [one for one in asked if one.f1 is not None]
    lists = [one for one in asked if one.precision is not None]
    there = [one for one in asked if one.wanted != "none"]
    gone = [one for one in asked if one.wanted == "none"]
    quotes = sum(one.quotes for one in asked)
    own = list(cells)
    citations = [citation for cell in own for citation in cell.citations]
    # What has a place alone quotes nothing that could be verified.
    quoted = [c.verdict.holds for c in citations if c.quote and c.verdict is not Verdict.PLACE]
    states = Counter(("not there" if s.wanted == "none" else "there", s.state) for s in asked)
    return Tally(
        cells=len(asked),
        unasked=len(scored) - len(asked),
        f1=rate(sum(one.f1 or 0.0 for one in answers), len(answers)),
        exact=rate(sum(bool(one.exact) for one in answers), len(answers)),
        precision=rate(sum(one.precision or 0.0 for one in lists), len(lists)),
        recall=rate(sum(one.recall or 0.0 for one in lists), len(lists)),
        present=rate(sum(one.state == CellState.ANSWERED for one in there), len(there)),
        absent=rate(sum(one.state in ABSENT for one in gone), len(gone)),
        quoted=rate(sum(one.quoted for one in asked), quotes),
        placed=rate(sum(one.placed for one in asked), quotes),
        evidence=rate(sum(one.precise for one in asked), sum(one.cited for one in asked)),
        verified=rate(sum(quoted), len(quoted)),
        verdicts=tuple(Counter(c.verdict.value for c in citations).most_common()),
        confusion=tuple((*key, n) for key, n in sorted(states.items(), key=lambda kn: -kn[1])),
        cost=_cost([cell for cell in own if cell.requests]),
    )


def rate(total: float, n: int) -> Rate:
    """Return a share, or the mean of `n` values between 0 and 1, with its 95 % interval."""
    return Rate(total, n, wilson(total, n, SIDED), 1 - wilson(n - total, n, SIDED))


def _cost(cells: Sequence[Cell]) -> Cost:
    usages = [cell.usage for cell in cells if cell.usage]
    return Cost(
        cells=len(cells),
        requests=sum(cell.requests for cell in cells),
        prompt_tokens=sum(usage.prompt_tokens for usage in usages),
        cached_tokens=sum(usage.cached_tokens or 0 for usage in usages),
        output_tokens=sum(usage.output_tokens for usage in usages),
        price=sum(cell.price for cell in cells),
    )
