"""A likelihood by position: bars for a terminal, a curve as SVG, data. It prints nothing."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from html import escape
from math import ceil, floor, log2
from typing import Any

from longread.export.grid import STYLE, page, text
from longread.export.visible import line
from longread.tokens.sizes import label
from longread.types.probes import Likelihood

PLACE = 17
"""Columns for the positions of a bar, and 7 for its figure."""
EIGHTHS = " ▏▎▍▌▋▊▉█"
WIDTH, HEIGHT = 760, 380
LEFT, RIGHT, TOP, BOTTOM = 64, 736, 76, 316
"""Pixels between which the curve is drawn."""


def terminal(found: Likelihood, width: int) -> Iterator[str]:
    """Yield a bar for each run of positions, in lines of at most `width` columns."""
    most = max((bucket.mean for bucket in found.buckets), default=0.0) or 1.0
    room = max(width - PLACE - 8, 8)
    yield f"{'positions':>{PLACE}}  nats a token"
    for bucket in found.buckets:
        place = f"{label(bucket.first)}-{label(bucket.end)}"
        yield f"{place:>{PLACE}} {bucket.mean:6.3f} {_bar(bucket.mean / most * room)}".rstrip()


def _bar(length: float) -> str:
    eighths = round(length * 8)
    return "█" * (eighths // 8) + EIGHTHS[eighths % 8].strip()


def about(found: Likelihood) -> str:
    """Say what was measured, of what."""
    return f"{line(found.title)} · {line(found.profile)} · {found.tokens:,} tokens · {found.date}"


def summary(found: Likelihood) -> str:
    """Say where a token was foreseen best, and how it is at the end."""
    if not found.buckets:
        return "nothing was measured"
    best = min(found.buckets, key=lambda bucket: bucket.mean)
    last = found.buckets[-1]
    return (
        f"least at {label(best.first)}-{label(best.end)} ({best.mean:.3f}); at the end"
        f" {last.mean:.3f}"
    )


def svg(found: Likelihood) -> str:
    """Return the curve as a picture that needs nothing else, for light and dark."""
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}"'
        f' height="{HEIGHT}" role="img" aria-label="{escape(summary(found), quote=True)}">',
        f"<style>{STYLE}</style>",
        f'<rect class="paper" width="{WIDTH}" height="{HEIGHT}"/>',
        text(20, 30, "Mean negative log-likelihood by position", "title"),
        text(20, 50, about(found), "faint"),
        text(RIGHT, 30, "nats a token, by tokens before it", "faint", "end"),
    ]
    if found.buckets:
        parts += _curve(found)
    parts.append(text(20, HEIGHT - 14, summary(found), "faint"))
    return "\n".join([*parts, "</svg>"]) + "\n"


def _curve(found: Likelihood) -> Iterator[str]:
    means = [bucket.mean for bucket in found.buckets]
    low, high = floor(min(means) * 2) / 2, ceil(max(means) * 2) / 2
    high = max(high, low + 0.5)
    first, last = log2(found.buckets[0].end / 2), log2(found.buckets[-1].end)

    def x(position: float) -> float:
        return LEFT + (log2(position) - first) / max(last - first, 1) * (RIGHT - LEFT)

    def y(mean: float) -> float:
        return BOTTOM - (mean - low) / (high - low) * (BOTTOM - TOP)

    step = 0.5 if high - low <= 4 else 1.0
    for index in range(int((high - low) / step) + 1):
        at = low + index * step
        yield f'<path class="rule" d="M{LEFT} {y(at):.1f}H{RIGHT}"/>'
        yield text(LEFT - 8, round(y(at) + 4, 1), f"{at:.1f}", "faint", "end")
    power = ceil(first)
    every = max(1, ceil((last - first) / 9))
    while power <= last:
        yield text(round(x(2.0**power), 1), BOTTOM + 20, label(2**power), "faint", "middle")
        power += every
    points = [
        (x((max(bucket.first, bucket.end / 2) * bucket.end) ** 0.5), y(bucket.mean))
        for bucket in found.buckets
    ]
    path = "L".join(f"{a:.1f} {b:.1f}" for a, b in points)
    yield f'<path class="curve" d="M{path}"/>'
    for (a, b), bucket in zip(points, found.buckets, strict=True):
        place = f"{bucket.first:,}-{bucket.end:,}: {bucket.mean:.3f}"
        yield f'<circle class="dot" cx="{a:.1f}" cy="{b:.1f}" r="3"><title>{place}</title></circle>'


def html(found: Likelihood) -> str:
    """Return a page with the curve and its figures."""
    rows = [(f"{b.first:,}-{b.end:,}", f"{b.n:,}", f"{b.mean:.3f}") for b in found.buckets]
    return page(
        f"longread probe: {line(found.title)}",
        [svg(found)],
        [("positions", "tokens", "nats a token"), *rows],
        [f"{line(found.note)}."],
    )


def data(found: Likelihood) -> dict[str, Any]:
    """Return it as JSON knows it."""
    return asdict(found)
