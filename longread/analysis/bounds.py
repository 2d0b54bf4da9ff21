"""What trials prove: lower confidence bounds, and the window that they make trustworthy."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from math import sqrt
from statistics import NormalDist

from longread.types.probes import Bound, Trial

THRESHOLD = 0.8
"""Share of answers that must be right for a length to be trusted."""
CONFIDENCE = 0.9
"""Of the lower bound, one-sided."""


def wilson(right: float, n: int, confidence: float = CONFIDENCE) -> float:
    """Return the lower bound of a share of which `right` of `n` trials were seen; 0 for none.

    Wilson's score interval, one-sided: (p + z²/2n - z √(p(1-p)/n + z²/4n²)) / (1 + z²/n), where
    z is the quantile of the normal distribution (E. B. Wilson, "Probable inference, the law of
    succession, and statistical inference", JASA 22, 1927; formula 3.2 of Brown, Cai, DasGupta,
    "Interval estimation for a binomial proportion", Statistical Science 16, 2001).
    """
    if not n:
        return 0.0
    z = NormalDist().inv_cdf(confidence)
    share, spread = right / n, z * z / n
    low = share + spread / 2 - sqrt(z * z * share * (1 - share) / n + spread * spread / 4)
    return max(0.0, low / (1 + spread))


def fewest(threshold: float, confidence: float) -> int:
    """Return how many trials pass if all of them are right; 0 where no number does."""
    if threshold >= 1:
        return 0
    n = 1
    while wilson(n, n, confidence) < threshold:
        n += 1
    return n


def bound(
    trials: Iterable[Trial],
    lengths: Sequence[int],
    wanted: int,
    threshold: float = THRESHOLD,
    confidence: float = CONFIDENCE,
) -> tuple[Bound, ...]:
    """Return how each length went, the shortest first.

    Args:
        wanted: trials to be made at each length; one that has fewer has not passed.
    """
    of: dict[int, list[bool]] = {length: [] for length in sorted(lengths)}
    for trial in trials:
        of[trial.length].append(trial.right)
    found = []
    for length, rights in of.items():
        lower = wilson(sum(rights), len(rights), confidence)
        passed = len(rights) >= wanted and lower >= threshold
        found.append(Bound(length, sum(rights), len(rights), wanted, lower, passed))
    return tuple(found)
