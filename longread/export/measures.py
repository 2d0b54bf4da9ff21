"""The figures of a score: what each is called, what it is a share of, what it means.

Nothing is measured here; the definitions stand in every report.
"""

from __future__ import annotations

from dataclasses import dataclass

from longread.types.scores import Rate, Tally


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


def percent(share: float) -> str:
    """Return a share to a tenth of a per cent; what is not all is never called 100 %."""
    if 0 < share < 0.001:
        return "under 0.1 %"
    if 0.999 < share < 1:
        return "over 99.9 %"
    return f"{share:.1%}".replace("%", " %")


def interval(rate: Rate) -> str:
    return f"{rate.low:.1%}–{rate.high:.1%}".replace("%", "", 1).replace("%", " %")


def brief(rate: Rate) -> str:
    """Return a share with its interval as a table of many has them: "67 % [21–94] of 3"."""
    if not rate.n:
        return "–"
    share = f"{rate.share:.0%}".replace("%", " %")
    if 0 < rate.share < 1 and share in ("0 %", "100 %"):
        share = "under 1 %" if share == "0 %" else "over 99 %"
    return f"{share} [{rate.low * 100:.0f}–{rate.high * 100:.0f}] of {rate.n:,}"


def count(n: int, noun: str) -> str:
    """Return how many there are: "1 row", "1,200 rows"."""
    return f"{n:,} {noun}{'s' * (n != 1)}"


def of(tally: Tally, measure: Measure) -> Rate:
    """Return one figure of a group."""
    rate: Rate = getattr(tally, measure.field)
    return rate
