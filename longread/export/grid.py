"""A probe as a grid of length × depth: for a terminal, as SVG, as a page, as data.

Pure: it prints nothing and writes no file. Every cell says in figures what its colour says, and a
picture holds all that it needs, in the light and in the dark.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import asdict
from html import escape
from typing import Any

from longread.export.visible import line
from longread.tokens.sizes import label
from longread.types.probes import Bound, Probe, Trial

Paint = Callable[[str, float], str]
"""Colours a cell's text by the share that is right, 0 to 1."""

MARGIN = 9
"""Columns before the first length."""
COLOURS = (
    (0.0, "#b2182b", "#ffffff"),
    (0.25, "#ef8a62", "#1b1b1b"),
    (0.5, "#f7d9b0", "#1b1b1b"),
    (0.75, "#a6cfe3", "#1b1b1b"),
    (1.0, "#2166ac", "#ffffff"),
)
"""From none right to all: red to blue, which colour-blind people tell apart (ColorBrewer's RdBu,
warmer in the middle so that no cell is white). Each with a colour that is read on it."""
STYLE = """
svg { --ink: #1b1b1b; --faint: #5c5c5c; --paper: #ffffff; --rule: #c9c9c9; --empty: #eeeeee;
  --line: #2166ac; }
@media (prefers-color-scheme: dark) {
  svg { --ink: #ececec; --faint: #a8a8a8; --paper: #161616; --rule: #4a4a4a; --empty: #2a2a2a;
    --line: #7fb5e6; }
}
.paper { fill: var(--paper); } .empty { fill: var(--empty); } .rule { stroke: var(--rule); }
text { font: 13px system-ui, sans-serif; fill: var(--ink); font-variant-numeric: tabular-nums; }
.curve { stroke: var(--line); stroke-width: 2; fill: none; } .dot { fill: var(--line); }
.title { font-size: 16px; font-weight: 600; } .faint { fill: var(--faint); }
"""
PAGE = """
:root { color-scheme: light dark; }
body { font: 15px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 60rem; padding: 0 1rem; }
svg { max-width: 100%; height: auto; } svg .paper { fill: none; }
table { border-collapse: collapse; margin: 1rem 0; font-variant-numeric: tabular-nums; }
th, td { border-bottom: 1px solid color-mix(in srgb, currentColor 25%, transparent);
  padding: .3rem .7rem; text-align: left; vertical-align: top; }
.n { text-align: right; } h2 { margin-top: 2rem; }
"""
CELL, ROW, LEFT, TOP = 64, 34, 84, 92
"""Pixels: a cell's width and height, and where the first one stands."""
NARROWEST = 760
"""Pixels of a picture, at least, so that its lines of text have room."""


def plain(text: str, share: float) -> str:
    """Paint nothing."""
    return text


def tally(trials: Sequence[Trial], depth: int, length: int) -> tuple[int, int]:
    """Return how many trials of a cell are right, and how many were made."""
    of = [trial.right for trial in trials if (trial.depth, trial.length) == (depth, length)]
    return sum(of), len(of)


def terminal(probe: Probe, width: int, paint: Paint = plain) -> Iterator[str]:
    """Yield the grid in lines of at most `width` columns; more lengths than fit go below."""
    names = [label(bound.length) for bound in probe.bounds]
    cells = [f"{bound.right}/{bound.n}" for bound in probe.bounds]
    wide = max(map(len, [*names, *cells, "100 %"])) + 1
    fit = max(1, (width - MARGIN) // wide)
    for start in range(0, len(probe.bounds), fit):
        if start:
            yield ""
        yield from _block(probe, probe.bounds[start : start + fit], wide, paint)


def _block(probe: Probe, bounds: Sequence[Bound], wide: int, paint: Paint) -> Iterator[str]:
    yield f"{'depth':>{MARGIN - 1}} " + "".join(f"{label(b.length):>{wide}}" for b in bounds)
    for depth in sorted({trial.depth for trial in probe.trials}):
        row = f"{depth} %".rjust(MARGIN - 1) + " "
        for bound in bounds:
            right, n = tally(probe.trials, depth, bound.length)
            said = f"{right}/{n}" if n else "·"
            # The space before a cell stays bare, so that cells stand apart.
            row += " " * (wide - len(said)) + (paint(said, right / n) if n else said)
        yield row
    yield f"{'all':>{MARGIN - 1}} " + "".join(f"{f'{b.right}/{b.n}':>{wide}}" for b in bounds)
    yield f"{'at least':>{MARGIN - 1}} " + "".join(
        f"{percent(b.lower) if b.n else '·':>{wide}}" for b in bounds
    )
    yield f"{'passed':>{MARGIN - 1}} " + "".join(f"{passed(b):>{wide}}" for b in bounds)


def percent(share: float) -> str:
    """Return a lower bound, which must not be rounded up."""
    return f"{int(share * 100 + 1e-9)} %"


def passed(bound: Bound) -> str:
    """Say whether a length passed, or is not done."""
    if bound.n < bound.wanted:
        return "…"
    return "✓" if bound.passed else "✗"


def verdict(probe: Probe) -> str:
    """Say which window is trusted, from how many trials, since when."""
    asked = f"{percent(probe.threshold)} right with {percent(probe.confidence)} confidence"
    bound = probe.trusted
    if bound is None:
        first = next((b for b in probe.bounds if not b.passed), None)
        if first and first.n < first.wanted:
            return f"not done: {first.n:,} of {first.wanted:,} trials at {label(first.length)}"
        return f"no window is trusted: the shortest length is not {asked}"
    return (
        f"trusted to {bound.length:,} tokens: {bound.right:,} of {bound.n:,} right, at least"
        f" {percent(bound.lower)} with {percent(probe.confidence)} confidence; {probe.date}"
    )


def kinds(probe: Probe) -> list[tuple[str, list[tuple[int, int]]]]:
    """Return, by kind of what was planted, how many were right at each length, of how many."""
    found: dict[str, dict[int, list[bool]]] = defaultdict(lambda: defaultdict(list))
    for trial in probe.trials:
        found[trial.kind][trial.length].append(trial.right)
    return [
        (kind, [(sum(of[b.length]), len(of[b.length])) for b in probe.bounds])
        for kind, of in found.items()
    ]


def by_kind(probe: Probe) -> Iterator[str]:
    """Yield how each kind went over all lengths: "number 20/20, …"."""
    for kind, cells in kinds(probe):
        yield f"{kind} {sum(right for right, _ in cells):,}/{sum(n for _, n in cells):,}"


def colours(share: float) -> tuple[str, str]:
    """Return the colour of a cell and of the text on it."""
    nearest = min(COLOURS, key=lambda colour: abs(colour[0] - share))
    return nearest[1], nearest[2]


def about(probe: Probe) -> str:
    """Say what was probed."""
    model = probe.model.rstrip("/").rpartition("/")[2]
    named = f" ({line(model)})" if model not in ("", probe.profile) else ""
    return f"{line(probe.title)} · {line(probe.profile)}{named} · {probe.date}"


def svg(probe: Probe) -> str:
    """Return the grid as a picture that needs nothing else, for light and dark."""
    depths = sorted({trial.depth for trial in probe.trials})
    bounds = probe.bounds
    width = max(LEFT + CELL * len(bounds) + 24, NARROWEST)
    below = TOP + ROW * len(depths)
    height = below + 128
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}"'
        f' height="{height}" role="img" aria-label="{escape(verdict(probe), quote=True)}">',
        f"<style>{STYLE}</style>",
        f'<rect class="paper" width="{width}" height="{height}"/>',
        text(20, 30, "What was found, by length and depth", "title"),
        text(20, 50, about(probe), "faint"),
        text(LEFT - 12, TOP - 12, "depth", "faint", "end"),
    ]
    for column, bound in enumerate(bounds):
        x = LEFT + CELL * column
        centre = x + CELL / 2
        parts.append(text(centre, TOP - 12, label(bound.length), "", "middle"))
        for row, depth in enumerate(depths):
            parts.append(_cell(x, TOP + ROW * row, *tally(probe.trials, depth, bound.length)))
        least = percent(bound.lower) if bound.n else "·"
        for index, words in enumerate((f"{bound.right}/{bound.n}", least, passed(bound))):
            parts.append(text(centre, below + 26 + 20 * index, words, "", "middle"))
    for row, depth in enumerate(depths):
        parts.append(text(LEFT - 12, TOP + ROW * row + 22, f"{depth} %", "", "end"))
    for index, words in enumerate(("all", "at least", "passed")):
        parts.append(text(LEFT - 12, below + 26 + 20 * index, words, "faint", "end"))
    across = LEFT + CELL * len(bounds)
    parts.append(f'<path class="rule" d="M20 {below + 6}H{across}"/>')
    parts.append(text(20, below + 98, verdict(probe)))
    parts.append(text(20, below + 117, "by kind: " + ", ".join(by_kind(probe)), "faint"))
    return "\n".join([*parts, "</svg>"]) + "\n"


def _cell(x: float, y: float, right: int, n: int) -> str:
    box = f'x="{x + 2}" y="{y + 2}" width="{CELL - 4}" height="{ROW - 4}" rx="3"'
    if not n:
        return f'<rect class="empty" {box}/>'
    fill, ink = colours(right / n)
    words = f'<text x="{x + CELL / 2}" y="{y + 22}" text-anchor="middle" style="fill:{ink}">'
    return f'<rect {box} fill="{fill}"/>{words}{right}/{n}</text>'


def text(x: float, y: float, words: str, style: str = "", anchor: str = "start") -> str:
    """Return words in a picture."""
    name = f' class="{style}"' if style else ""
    return f'<text x="{x}" y="{y}" text-anchor="{anchor}"{name}>{escape(words)}</text>'


def html(probe: Probe) -> str:
    """Return a page with the grid, how each kind went, and every wrong answer."""
    wrong = [trial for trial in probe.trials if not trial.right]
    pictures = [
        svg(probe),
        "<h2>By kind</h2>",
        table(
            ("kind", *(label(bound.length) for bound in probe.bounds)),
            [(kind, *(f"{r}/{n}" for r, n in cells)) for kind, cells in kinds(probe)],
        ),
        f"<h2>{len(wrong):,} wrong of {len(probe.trials):,}</h2>",
    ]
    rows = [
        (label(t.length), f"{t.depth} %", t.kind, t.question, t.value, line(t.answer) or "—")
        for t in wrong
    ]
    head = ("length", "depth", "kind", "question", "right would be", "answered")
    said = (
        "A length passes where the lower bound of the share that is right, by Wilson's score"
        f" interval with {percent(probe.confidence)} confidence, is at least"
        f" {percent(probe.threshold)}; it is trusted where all shorter ones passed too. What is"
        f" planted follows from the seed, {probe.seed}."
    )
    notes = [*(f"{line(note)}." for note in probe.notes), said]
    told = [head, *rows] if rows else []
    return page(f"longread probe: {line(probe.title)}", pictures, told, notes)


def page(
    title: str, parts: Sequence[str], rows: Sequence[Sequence[str]], notes: Sequence[str]
) -> str:
    """Return a page that needs nothing else.

    Args:
        parts: as HTML.
        rows: of a table of text, its head first; empty for none.
        notes: sentences that stand below.
    """
    lines = [
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">',
        '<meta name="viewport" content="width=device-width">',
        f"<title>{escape(title)}</title><style>{PAGE}</style></head><body>",
        f"<h1>{escape(title)}</h1>",
        *parts,
        *([table(rows[0], rows[1:])] if rows else []),
        *(f"<p>{escape(note)}</p>" for note in notes),
        "</body></html>",
    ]
    return "\n".join(lines) + "\n"


def table(head: Sequence[str], rows: Sequence[Sequence[str]], figures: Collection[int] = ()) -> str:
    """Return a table of text as HTML; the columns `figures` stand to the right."""
    sides = [' class="n"' if n in figures else "" for n in range(len(head))]

    def cells(name: str, row: Sequence[str]) -> str:
        pairs = zip(row, sides, strict=True)
        return "".join(f"<{name}{side}>{escape(cell)}</{name}>" for cell, side in pairs)

    body = "\n".join(f"<tr>{cells('td', row)}</tr>" for row in rows)
    return f"<table><thead><tr>{cells('th', head)}</tr></thead><tbody>\n{body}</tbody></table>"


def data(probe: Probe) -> dict[str, Any]:
    """Return the probe as JSON knows it."""
    return {
        "profile": probe.profile,
        "model": probe.model,
        "title": probe.title,
        "seed": probe.seed,
        "date": probe.date,
        "threshold": probe.threshold,
        "confidence": probe.confidence,
        "trusted": asdict(probe.trusted) if probe.trusted else None,
        "lengths": [asdict(bound) for bound in probe.bounds],
        "trials": [asdict(trial) for trial in probe.trials],
        "notes": list(probe.notes),
    }
