"""A probe and a likelihood as people see them."""

from __future__ import annotations

import re
from dataclasses import replace
from xml.etree import ElementTree

import pytest

from longread.export import curve, grid
from longread.export.session import as_json
from longread.types.probes import Bound, Bucket, Likelihood, Probe, Trial

LENGTHS = tuple(1_024 * 2**n for n in range(14))
KINDS = ("number", "phrase")


def probe(right: float = 0.5, model: str = "m<b>&") -> Probe:
    trials = tuple(
        Trial(length, depth, kind, 0, f"What is <{kind}>?", "481930", "no\x1b[31m", n < right)
        for length in LENGTHS
        for depth in (10, 50, 90)
        for n, kind in enumerate(KINDS)
    )
    bounds = tuple(Bound(length, 3, 6, 6, 0.28, length < 4_000) for length in LENGTHS)
    return Probe("vllm", f"org/{model}", "a & b", 7, "2026-07-31", trials, bounds, 0.8, 0.9)


@pytest.mark.parametrize("width", [40, 80, 132])
def test_the_grid_fits_the_terminal(width: int) -> None:
    rows = list(grid.terminal(probe(), width))
    assert max(map(len, rows)) <= width
    text = "\n".join(rows)
    for length in ("1Ki", "512Ki", "8Mi"):
        assert text.split().count(length) == 1
    assert text.count("✓") == 2


def test_every_cell_says_in_figures_what_its_colour_says() -> None:
    painted: list[tuple[str, float]] = []

    def paint(text: str, share: float) -> str:
        painted.append((text, share))
        return text

    some = replace(probe(), trials=probe().trials[:-1])
    rows = list(grid.terminal(some, 300, paint))
    assert rows[0].split() == ["depth", *(grid.label(length) for length in LENGTHS)]
    assert rows[1].split()[2:] == ["1/2"] * 14
    assert rows[3].split()[-1] == "1/1"
    assert set(painted) == {("1/2", 0.5), ("1/1", 1.0)}


def test_the_verdict_names_the_window_with_its_trials() -> None:
    said = grid.verdict(probe())
    assert "2,048 tokens" in said
    assert "3 of 6" in said
    assert "2026-07-31" in said
    none = replace(probe(), bounds=tuple(replace(b, passed=False) for b in probe().bounds))
    assert grid.verdict(none).startswith("no window is trusted")
    begun = replace(probe(), bounds=(replace(probe().bounds[0], n=2, passed=False),))
    assert grid.verdict(begun) == "not done: 2 of 6 trials at 1Ki"
    assert grid.percent(0.8799) == "87 %"
    assert grid.percent(0.57) == "57 %"


def luminance(colour: str) -> float:
    """Of WCAG 2: the relative luminance of "#rrggbb"."""
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def test_words_can_be_read_on_every_cell_and_in_both_themes() -> None:
    for _, fill, ink in grid.COLOURS:
        assert contrast(fill, ink) >= 4.5
    themes = re.findall(r"svg \{(.*?)\}", grid.STYLE, re.DOTALL)
    assert len(themes) == 2
    for theme in themes:
        named = dict(re.findall(r"--(\w+): (#\w{6})", theme))
        assert contrast(named["ink"], named["paper"]) >= 7
        assert contrast(named["faint"], named["paper"]) >= 4.5
        assert contrast(named["line"], named["paper"]) >= 3


FOUND = Likelihood(
    "vllm", "m", "a & b", "2026-07-31", 4_000,
    (Bucket(0, 128, 90, 4.5), Bucket(128, 192, 64, 3.25), Bucket(192, 256, 64, 2.0)), "all of it",
)  # fmt: skip


DRAWN = (
    grid.svg(probe()),
    grid.html(probe()),
    grid.html(probe(9)),
    curve.svg(FOUND),
    curve.html(FOUND),
)


@pytest.mark.parametrize("drawn", DRAWN)
def test_pictures_and_pages_are_whole_and_need_nothing_else(drawn: str) -> None:
    plain = drawn.replace("<!doctype html>", "").replace('<meta charset="utf-8">', "")
    plain = plain.replace('<meta name="viewport" content="width=device-width">', "")
    ElementTree.fromstring(plain)
    assert set(re.findall(r"https?://[^\"' ]+", drawn)) == {"http://www.w3.org/2000/svg"}
    assert not re.search(r"\b(src|href)=|url\(|@import|<script", drawn)
    assert "\x1b" not in drawn
    assert "<b>" not in drawn
    assert "prefers-color-scheme" in drawn


def test_the_curve_has_a_bar_for_each_run_of_positions() -> None:
    rows = list(curve.terminal(FOUND, 80))
    assert max(map(len, rows)) <= 80
    assert [row.split()[:2] for row in rows[1:]] == [
        ["0-128", "4.500"], ["128-192", "3.250"], ["192-256", "2.000"],
    ]  # fmt: skip
    assert len(rows[1].split()[2]) > len(rows[2].split()[2]) > len(rows[3].split()[2])
    assert "2.000" in curve.summary(FOUND)


def test_data_has_every_trial_and_the_window() -> None:
    made = grid.data(probe())
    assert made["trusted"]["length"] == 2_048
    assert len(made["trials"]) == len(probe().trials)
    assert "\x1b" not in as_json(made)
    assert curve.data(FOUND)["buckets"][2]["mean"] == 2.0
