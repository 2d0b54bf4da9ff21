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
from longread.export.visible import line
from longread.types.scores import CellScore, Rate, Scores, Tally

MOST = 200
"""Cells that differ from gold, named one by one."""
WORDS = 90
"""Characters of an answer in a table."""


@dataclass(frozen=True, slots=True)
class Measure:
    """One figure: its name, the field of a `Tally`, what it is a share of, what it means."""

    name: str
    field: str
    of: str
    meaning: str


MEASURES = (
    Measure(
        "token F1", "f1", "answers",
        "the mean, over cells of which gold has the answer, of the harmonic mean of word precision"
        " and recall, without case, punctuation and articles, the best over several answers of gold"
        " (SQuAD: Rajpurkar et al. 2016); 1 or 0 for yes/no, dates, money, numbers and choices,"
        " compared in their normal form; 0 where a cell has no answer",
    ),
    Measure(
        "exact", "exact", "answers",
        "of the same cells, those equal in normal form, or word by word for text",
    ),
    Measure(
        "list precision", "precision", "lists",
        "of the items that a list has, the part that gold has, each item matched once",
    ),
    Measure("list recall", "recall", "lists", "of gold's items, the part that the list has"),
    Measure(
        "answered", "present", "cells with something",
        "of the cells in which gold has an answer or a quote, those that answered",
    ),
    Measure(
        "absence told", "absent", "cells without",
        "of the cells of which gold says that there is none, those that say no, not present, not"
        " found in evidence, or that a condition leaves out",
    ),
    Measure(
        "gold quotes found", "quoted", "gold quotes",
        "at least half of their letters and digits stand in quotes of the cell that hold (the half"
        " that CUAD asks of spans: Hendrycks et al. 2021)",
    ),
    Measure(
        "on pages cited", "placed", "gold quotes",
        "at least half of their letters and digits stand on the pages, lines or cells that the cell"
        " cites, or in its quotes",
    ),
    Measure(
        "evidence precision", "evidence", "citations",
        "of the citations of cells with gold quotes, those of whose letters and digits at least"
        " half stand in a gold quote; without words, those whose place holds half of one",
    ),
    Measure(
        "quotes verified", "verified", "quotes of all cells",
        "quotes that stand in their document, of all cells of the review",
    ),
)  # fmt: skip
BY_GROUP = ("f1", "exact", "absent", "quoted", "placed", "evidence", "verified")
"""Of these, the ones that are said of each question and document."""
INTERVALS = (
    "Intervals are Wilson's score intervals at 95 % (Wilson 1927); they take cells to be"
    " independent, which those of one document are not quite."
)


@dataclass(frozen=True, slots=True)
class Section:
    """A table of the report."""

    title: str
    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    figures: tuple[int, ...] = ()
    """Columns that hold figures."""


def percent(share: float) -> str:
    """Return a share to a tenth of a per cent; what is not all is never called 100 %."""
    if 0 < share < 0.001:
        return "under 0.1 %"
    if 0.999 < share < 1:
        return "over 99.9 %"
    return f"{share:.1%}".replace("%", " %")


def _interval(rate: Rate) -> str:
    return f"{rate.low:.1%}–{rate.high:.1%}".replace("%", "", 1).replace("%", " %")


def terminal(scores: Scores) -> Iterator[str]:
    """Yield the figures of the whole in lines."""
    yield about(scores)
    for measure in MEASURES:
        rate: Rate = getattr(scores.overall, measure.field)
        if rate.n:
            figures = f"{percent(rate.share):>11}  {_interval(rate):>14}  of {rate.n:,}"
            with_them = ""
            if scores.corrected and measure.field in ("f1", "exact", "present", "absent"):
                share = getattr(scores.corrected, measure.field).share
                with_them = f"; with corrections {percent(share)}"
            yield f"{measure.name:<18} {figures} {measure.of}{with_them}"
    yield f"citations: {_counted(scores.overall.verdicts) or 'none'}"
    yield _cost(scores.overall)
    yield from (f"{note}." for note in [*scores.notes, *_unscored(scores)])


def about(scores: Scores) -> str:
    """Say what was measured with what."""
    tally = scores.overall
    return (
        f"{line(scores.title)}, {line(scores.profile)}: {tally.cells:,} cells against"
        f" {line(scores.gold)}, {scores.rows:,} rows"
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
    return f"{words}; {cost.cells:,} cells"


def _unscored(scores: Scores) -> Iterator[str]:
    for kind in ("document", "question"):
        lost = [one for one in scores.unscored if one.kind == kind]
        if lost:
            names = "; ".join(line(one.name) for one in lost[:5])
            more = "; …" if len(lost) > 5 else ""
            rows = sum(one.rows for one in lost)
            yield f"not scored, {rows:,} rows of {len(lost):,} {kind}s: {names}{more}"


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
        rate: Rate = getattr(scores.overall, measure.field)
        row = (measure.name, percent(rate.share), _interval(rate), f"{rate.n:,}", measure.of)
        if rate.n:
            more = getattr(after, measure.field) if after else rate
            rows.append((*row, percent(more.share) if more != rate else "same") if after else row)
    head = ("measure", "share", "95 %", "n", "of", *(["with corrections"] if after else []))
    return Section("In all", head, tuple(rows), (1, 2, 3, 5))


def _confusion(tally: Tally) -> Section:
    states = list(dict.fromkeys(state for _, state, _ in tally.confusion))
    counts = {(gold, state): n for gold, state, n in tally.confusion}
    rows = [
        (f"gold: {gold}", *(f"{counts.get((gold, state), 0):,}" for state in states))
        for gold in ("there", "not there")
        if any((gold, state) in counts for state in states)
    ]
    return Section("What cells say", ("", *states), tuple(rows), tuple(range(1, len(states) + 1)))


def _groups(title: str, name: str, groups: Sequence[tuple[str, Tally]]) -> Section:
    measures = [measure for measure in MEASURES if measure.field in BY_GROUP]
    rows = []
    for label, tally in groups:
        rates: list[Rate] = [getattr(tally, measure.field) for measure in measures]
        said = [f"{percent(rate.share)} of {rate.n:,}" if rate.n else "–" for rate in rates]
        rows.append((line(label), f"{tally.cells:,}", *said))
    head = (name, "cells", *(measure.name for measure in measures))
    return Section(title, head, tuple(rows), tuple(range(1, len(head))))


def differs(one: CellScore) -> bool:
    """Whether a cell is not what gold says, or does not quote what gold quotes."""
    asked = one.state != "not asked"
    missed = one.wanted != "none" and one.state != "answered"
    wrong = one.wanted == "none" and one.state in ("answered", "unclear", "unreadable", "failed")
    return asked and (one.exact is False or missed or wrong or one.quoted < one.quotes)


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
    notes = [f"{note[:1].upper()}{note[1:]}." for note in scores.notes]
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
    parts = [f"<p>{escape(about(scores))}.</p>", forest.svg(scores)]
    for section in sections(scores):
        if section.rows:
            title = f"<h2>{escape(section.title)}</h2>"
            drawn = html_table(section.head, section.rows, section.figures)
            parts.append(f'{title}<div style="overflow-x: auto">{drawn}</div>')
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
        rate: Rate = getattr(tally, measure.field)
        said[measure.field] = {**asdict(rate), "share": rate.share if rate.n else None}
    said["verdicts"] = dict(tally.verdicts)
    said["confusion"] = [
        {"gold": gold, "cell": state, "cells": n} for gold, state, n in tally.confusion
    ]
    return said
