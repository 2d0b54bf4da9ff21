"""Scores as a forest plot: each question's shares with their intervals, as SVG."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape

from longread.export.grid import STYLE, text
from longread.export.measures import interval, percent
from longread.export.visible import line
from longread.types.scores import Rate, Scores, Tally

WIDTH = 860
LEFT, RIGHT = 270, 700
"""Pixels between which shares of 0 and 1 stand."""
ROW, TOP = 30, 128
NAME = 36
"""Characters of a question's name; of a longer one the start is shown."""
APART = 7
"""Pixels between the marks of one row."""
COLOURS = """
svg { --a: #0072b2; --b: #c44e00; --c: #007a5a; }
@media (prefers-color-scheme: dark) { svg { --a: #6cb8f0; --b: #f0904e; --c: #4fc9a0; } }
.a { fill: var(--a); stroke: var(--a); } .b { fill: var(--b); stroke: var(--b); }
.c { fill: var(--c); stroke: var(--c); }
.n tspan { stroke: none; } .span { stroke-width: 1.5; }
.band { fill: var(--empty); opacity: .55; } .all { font-weight: 600; }
"""
"""Okabe and Ito's blue, vermilion and green, which colour-blind people tell apart (2008), darker
or lighter so that they are seen on paper and in the dark; and each has a shape of its own."""
SERIES = (
    ("a", "answers: token F1", "of answers"),
    ("b", "gold quotes found", "of gold quotes"),
    ("c", "absence told", "of cells without"),
)


def rates(tally: Tally) -> tuple[Rate, Rate, Rate]:
    """Return what is drawn of a group, in the order of `SERIES`."""
    return tally.f1, tally.quoted, tally.absent


def svg(scores: Scores) -> str:
    """Return the plot as a picture that needs nothing else, for light and dark."""
    wholes = [("all", scores.overall)]
    if scores.corrected:
        wholes.append(("all, with corrections", scores.corrected))
    rows = [*wholes, *((name, tally) for name, tally in scores.questions if tally.cells)]
    below = TOP + ROW * len(rows)
    height = below + 56
    said = f"{line(scores.title)} · {line(scores.profile)} · {line(scores.gold)}"
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" width="{WIDTH}"'
        f' height="{height}" role="img" aria-label="{escape(_summary(scores.overall))}">',
        f"<style>{STYLE}{COLOURS}</style>",
        f'<rect class="paper" width="{WIDTH}" height="{height}"/>',
        text(20, 30, "How much is right, by question", "title"),
        text(20, 50, said, "faint"),
    ]
    x = 20.0
    for (style, name, _), rate in zip(SERIES, rates(scores.overall), strict=True):
        if rate.n:
            parts += [_shape(style, x + 6, 76), text(x + 18, 80, name)]
            x += 42 + 7 * len(name)
    parts.append(text(x, 80, "with 95 % intervals", "faint"))
    parts.append(text(WIDTH - 20, TOP - 10, "of how many", "faint", "end"))
    for number in range(0, len(rows), 2):
        place = f'x="12" y="{TOP + ROW * number}" width="{WIDTH - 24}" height="{ROW}"'
        parts.append(f'<rect class="band" {place}/>')
    for tenth in range(0, 11, 2):
        at = LEFT + (RIGHT - LEFT) * tenth / 10
        parts.append(f'<path class="rule" d="M{at:.1f} {TOP}V{below}"/>')
        parts.append(text(at, TOP - 10, f"{tenth * 10} %", "faint", "middle"))
        parts.append(text(at, below + 20, f"{tenth * 10} %", "faint", "middle"))
    for number, (name, tally) in enumerate(rows):
        parts += _row(name, tally, TOP + ROW * number, whole=number < len(wholes))
    return "\n".join([*parts, "</svg>"]) + "\n"


def _summary(tally: Tally) -> str:
    pairs = zip(SERIES, rates(tally), strict=True)
    return "; ".join(f"{name} {percent(rate.share)} of {rate.n:,}" for (_, name, _), rate in pairs)


def _row(name: str, tally: Tally, y: float, *, whole: bool) -> Iterator[str]:
    middle = y + ROW / 2
    said = line(name)
    shown = said if len(said) <= NAME else said[: NAME - 1] + "…"
    style = "all" if whole else ""
    words = text(LEFT - 16, middle + 4, shown, style, "end")
    yield words.replace("</text>", f"<title>{escape(said)}</title></text>")
    drawn = [(mark, rate) for mark, rate in zip(SERIES, rates(tally), strict=True) if rate.n]
    for number, ((kind, label, of), rate) in enumerate(drawn):
        at = middle + APART * (number - (len(drawn) - 1) / 2)
        low, high, x = (LEFT + (RIGHT - LEFT) * s for s in (rate.low, rate.high, rate.share))
        told = f"{label}: {percent(rate.share)}, {interval(rate)}, {of}: {rate.n:,}"
        yield f'<g class="{kind}"><title>{escape(said)}: {escape(told)}</title>'
        yield f'<path class="span" d="M{low:.1f} {at:.1f}H{high:.1f}"/>'
        yield f"{_shape(kind, x, at)}</g>"
    counts = " · ".join(f'<tspan class="{kind}">{rate.n:,}</tspan>' for (kind, _, _), rate in drawn)
    yield f'<text class="n" x="{WIDTH - 20}" y="{middle + 4}" text-anchor="end">{counts}</text>'


def _shape(style: str, x: float, y: float) -> str:
    if style == "a":
        return f'<circle class="a" cx="{x:.1f}" cy="{y:.1f}" r="3.5"/>'
    if style == "b":
        return f'<path class="b" d="M{x - 4.5:.1f} {y:.1f}l4.5 -4.5l4.5 4.5l-4.5 4.5z"/>'
    return f'<rect class="c" x="{x - 3:.1f}" y="{y - 3:.1f}" width="6" height="6"/>'
