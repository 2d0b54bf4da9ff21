"""What trials prove."""

from __future__ import annotations

import pytest

from longread.analysis.bounds import bound, fewest, wilson
from longread.types.probes import Probe, Trial


@pytest.mark.parametrize(
    ("right", "n", "confidence", "lower"),
    [
        # Lower ends of the two-sided 95 % intervals that R's prop.test(correct = FALSE) gives.
        (8, 10, 0.975, 0.4902),
        (10, 10, 0.975, 0.7225),
        (1, 10, 0.975, 0.0179),
        (0, 10, 0.975, 0.0),
        (20, 20, 0.9, 0.9241),
        (0, 0, 0.9, 0.0),
    ],
)
def test_the_lower_bound_is_wilsons(right: int, n: int, confidence: float, lower: float) -> None:
    assert wilson(right, n, confidence) == pytest.approx(lower, abs=5e-5)


def test_the_fewest_trials_that_can_pass() -> None:
    assert fewest(0.8, 0.9) == 7
    assert wilson(6, 6, 0.9) < 0.8 <= wilson(7, 7, 0.9)
    assert fewest(1.0, 0.9) == 0


def trials(length: int, right: int, n: int) -> list[Trial]:
    return [Trial(length, 50, "number", i, "?", "1", "", i < right) for i in range(n)]


def probe(*lengths: tuple[int, int, int], wanted: int = 20) -> Probe:
    made = [trial for length in lengths for trial in trials(*length)]
    bounds = bound(made, [length for length, _, _ in lengths], wanted)
    return Probe("p", "m", "t", 0, "2026-07-31", tuple(made), bounds, 0.8, 0.9)


def test_the_trusted_window_is_the_longest_that_passed_with_all_shorter_ones() -> None:
    found = probe((4_000, 19, 20), (1_000, 20, 20), (8_000, 18, 20), (16_000, 20, 20)).trusted
    assert found
    assert (found.length, found.right, found.n) == (4_000, 19, 20)
    assert probe((1_000, 18, 20), (2_000, 20, 20)).trusted is None


def test_a_length_that_is_not_done_has_not_passed() -> None:
    found = probe((1_000, 20, 20), (2_000, 19, 19))
    assert found.trusted
    assert found.trusted.length == 1_000
