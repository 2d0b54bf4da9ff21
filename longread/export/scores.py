"""Scores as a report: lines for a terminal, Markdown, a page with a plot, data. It prints nothing.

All of them say the same tables, and what each figure means.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from html import escape
from typing import Any

from longread.export import forest
from longread.export.grid import page
from longread.export.grid import table as html_table
from longread.export.measures import (
    BY_GROUP,
    INTERVALS,
    MEASURES,
    brief,
    count,
    interval,
    of,
    percent,
)
from longread.export.visible import line
from longread.types.reviews import CellState
from longread.types.scores import (
    NOT_ASKED,
    OUT_OF_PLACE,
    SAYS_NO,
    CellScore,
    Scores,
    Tally,
)

MOST = 200
"""Cells that differ from gold, named one by one."""
WORDS = 90
"""Characters of an answer in a table."""
WRAPPED = (
    "<style>body { max-width: 80rem; } td.n { white-space: nowrap; }"
    " .wide { overflow-x: auto; font-size: 13px; }"
    " .wide td:not(.n) { overflow-wrap: anywhere; min-width: 9rem; }</style>"
)
"""How wide tables fit a page: names of files break anywhere, figures nowhere."""


STATES = (
    CellState.ANSWERED, SAYS_NO, CellState.NOT_PRESENT, CellState.NOT_FOUND, OUT_OF_PLACE,
    CellState.UNCLEAR, CellState.UNREADABLE, CellState.FAILED,
)  # fmt: skip
"""What cells can say, in the order in which it is told."""


@dataclass(frozen=True, slots=True)
class Section:
    """A table of the report."""

    title: str
    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    figures: tuple[int, ...] = ()
    """Columns that hold figures."""


def terminal(scores: Scores) -> Iterator[str]:
    """Yield the figures of the whole in lines."""
    yield about(scores)
    for measure in MEASURES:
        rate = of(scores.overall, measure)
        if rate.n:
            figures = f"{percent(rate.share):>11}  {interval(rate):>14}  of {rate.n:,}"
            with_them = ""
            if scores.corrected and measure.field in ("f1", "exact", "present", "absent"):
                share = of(scores.corrected, measure).share
                with_them = f"; with corrections {percent(share)}"
            yield f"{measure.name:<18} {figures} {measure.of}{with_them}"
    yield f"citations: {_counted(scores.overall.verdicts) or 'none'}"
    yield _cost(scores.overall)
    yield from (f"{line(note)}." for note in [*scores.notes, *_unscored(scores)])


def about(scores: Scores) -> str:
    """Say what was measured with what."""
    tally = scores.overall
    return (
        f"{line(scores.title)}, {line(scores.profile)}: {count(tally.cells, 'cell')} against"
        f" {line(scores.gold)}, {count(scores.rows, 'row')}"
        + (", which names all there is" if scores.complete else "")
    )


def _counted(pairs: Sequence[tuple[str, int]]) -> str:
    return ", ".join(f"{n:,} {name}" for name, n in pairs)


def _cost(tally: Tally) -> str:
    cost, cells = tally.cost, max(tally.cost.cells, 1)
    words = f"a cell took {cost.requests / cells:.2f} requests"
    if cost.prompt_tokens:
        words += (
            f", {cost.prompt_tokens / cells:,.0f} prompt tokens"
            f" ({cost.cached_tokens / cells:,.0f} reused),"
            f" {cost.output_tokens / cells:,.0f} written"
        )
    words += f", ${cost.price / cells:,.4f} (${cost.price:,.2f} in all)" if cost.price else ""
    return f"{words}; {count(cost.cells, 'cell')}"


def _unscored(scores: Scores) -> Iterator[str]:
    for kind in ("document", "question"):
        lost = [one for one in scores.unscored if one.kind == kind]
        if lost:
            names = "; ".join(line(one.name) for one in lost[:5])
            more = "; …" if len(lost) > 5 else ""
            rows = sum(one.rows for one in lost)
            yield f"not scored, {count(rows, 'row')} of {count(len(lost), kind)}: {names}{more}"


def sections(scores: Scores) -> Iterator[Section]:
    """Yield the tables."""
    yield _overall(scores)
    yield _confusion(scores.overall)
    total = sum(n for _, n in scores.overall.verdicts)
    verdicts = [(name, f"{n:,}", percent(n / total)) for name, n in scores.overall.verdicts]
    yield Section(
        "Verdicts on citations", ("verdict", "citations", "share"), tuple(verdicts), (1, 2)
    )
    yield _groups("Questions", "question", scores.questions)
    yield _groups("Documents", "document", scores.documents)
    yield _cells(scores)
    rows = [
        (one.kind, line(one.name), line(one.why), f"{one.rows:,}", f"{one.line:,}")
        for one in scores.unscored
    ]
    head = ("what", "name in gold", "why", "rows", "first line")
    yield Section("Rows of gold that are not scored", head, tuple(rows), (3, 4))


def _overall(scores: Scores) -> Section:
    after = scores.corrected
    rows: list[tuple[str, ...]] = []
    for measure in MEASURES:
        rate = of(scores.overall, measure)
        row = (measure.name, percent(rate.share), interval(rate), f"{rate.n:,}", measure.of)
        if rate.n:
            more = of(after, measure) if after else rate
            rows.append((*row, percent(more.share) if more != rate else "same") if after else row)
    head = ("measure", "share", "95 %", "n", "of", *(["with corrections"] if after else []))
    return Section("In all", head, tuple(rows), (1, 2, 3, 5))


def _confusion(tally: Tally) -> Section:
    there = {state for _, state, _ in tally.confusion}
    states = [state for state in STATES if state in there]
    counts = {(gold, state): n for gold, state, n in tally.confusion}
    rows = [
        (f"gold: {gold}", *(f"{counts.get((gold, state), 0):,}" for state in states))
        for gold in ("there", "not there")
        if any((gold, state) in counts for state in states)
    ]
    return Section("What cells say", ("", *states), tuple(rows), tuple(range(1, len(states) + 1)))


def _groups(title: str, name: str, groups: Sequence[tuple[str, Tally]]) -> Section:
    measures = [measure for measure in MEASURES if measure.field in BY_GROUP]
    rows = [
        (line(label), f"{tally.cells:,}", *(brief(of(tally, measure)) for measure in measures))
        for label, tally in groups
        if tally.cells or tally.verdicts
    ]
    head = (name, "cells", *(measure.name for measure in measures))
    return Section(title, head, tuple(rows), tuple(range(1, len(head))))


def differs(one: CellScore) -> bool:
    """Whether a cell is not what gold says, or does not quote what gold quotes."""
    answered = one.state == CellState.ANSWERED
    if one.state == NOT_ASKED:
        return False
    if one.wanted == "none":
        return one.state not in STATES[1:5] or one.quoted < one.quotes
    return not answered or one.exact is False or one.quoted < one.quotes


def _cells(scores: Scores) -> Section:
    found = [one for one in scores.cells if differs(one)]
    found.sort(key=lambda one: (one.f1 if one.f1 is not None else 1.0, one.path))
    rows = [
        (
            line(one.path), line(one.question), _short(one.gold) or one.wanted, _short(one.said),
            one.state, "–" if one.f1 is None else f"{one.f1:.2f}",
            f"{one.quoted:,} of {one.quotes:,}",
        )
        for one in found[:MOST]
    ]  # fmt: skip
    title = f"Cells that differ from gold: {len(found):,}"
    title += f", of which the first {MOST:,}" if len(found) > MOST else ""
    head = ("document", "question", "gold", "cell", "state", "F1", "gold quotes found")
    return Section(title, head, tuple(rows), (5, 6))


def _short(words: str) -> str:
    said = line(" ".join(words.split()))
    return said if len(said) <= WORDS else said[: WORDS - 1] + "…"


def _notes(scores: Scores) -> list[str]:
    notes = [f"{note[:1].upper()}{note[1:]}." for note in map(line, scores.notes)]
    if scores.corrections:
        notes.append(
            f"A person corrected {scores.corrections:,} of these cells; all figures are the"
            " model's alone but those said to be with corrections."
        )
    return [f"{_cost(scores.overall)[:1].upper()}{_cost(scores.overall)[1:]}.", *notes]


def markdown(scores: Scores) -> str:
    """Return the report as Markdown."""
    lines = [f"# Scores: {_plain(scores.title)}", "", f"{_plain(about(scores))}.", ""]
    lines += [f"- {_plain(note)}" for note in _notes(scores)]
    for section in sections(scores):
        if section.rows:
            sides = ["---:" if n in section.figures else "---" for n in range(len(section.head))]
            lines += ["", f"## {_plain(section.title)}", "", _marked(section.head), _marked(sides)]
            lines += [_marked([_plain(cell) for cell in row]) for row in section.rows]
    lines += ["", "## What the figures mean", ""]
    lines += [f"- {measure.name}: {measure.meaning}" for measure in MEASURES]
    return "\n".join([*lines, "", INTERVALS]) + "\n"


def _marked(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _plain(text: str) -> str:
    """Words on one line, with what Markdown or HTML would act on escaped."""
    return re.sub(r"([\\`*_\[\]<>#|])", r"\\\1", line(text))


def html(scores: Scores) -> str:
    """Return the report as a page that needs nothing else, with its plot."""
    parts = [WRAPPED, f"<p>{escape(about(scores))}.</p>", forest.svg(scores)]
    for section in sections(scores):
        if section.rows:
            title = f"<h2>{escape(section.title)}</h2>"
            drawn = html_table(section.head, section.rows, section.figures)
            parts.append(f'{title}<div class="wide">{drawn}</div>')
    parts.append("<h2>What the figures mean</h2>")
    meanings = [(measure.name, measure.meaning) for measure in MEASURES]
    parts.append(html_table(("measure", "meaning"), meanings))
    return page(f"Scores: {line(scores.title)}", parts, [], [*_notes(scores), INTERVALS])


def data(scores: Scores) -> dict[str, Any]:
    """Return it as JSON knows it; shares stand beside what they were made of."""
    return {
        **asdict(scores),
        "overall": _tally(scores.overall),
        "corrected": _tally(scores.corrected) if scores.corrected else None,
        "questions": [{"question": name, **_tally(tally)} for name, tally in scores.questions],
        "documents": [{"document": name, **_tally(tally)} for name, tally in scores.documents],
        "measures": {measure.field: measure.meaning for measure in MEASURES},
    }


def _tally(tally: Tally) -> dict[str, Any]:
    said = asdict(tally)
    for measure in MEASURES:
        rate = of(tally, measure)
        said[measure.field] = {**asdict(rate), "share": rate.share if rate.n else None}
    said["verdicts"] = dict(tally.verdicts)
    said["confusion"] = [
        {"gold": gold, "cell": state, "cells": n} for gold, state, n in tally.confusion
    ]
    return said
