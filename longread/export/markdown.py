"""A review as Markdown that reads well as plain text too. It writes no file.

Each document has a table of its own, for no page is as wide as a grid; a grid of signs goes before
where it fits, and the sources are footnotes.
"""

from __future__ import annotations

from collections.abc import Iterator

from longread.export.report import (
    AGREES,
    BY_OCR,
    Report,
    Said,
    covered,
    facts,
    legend,
    read_of,
    said,
)
from longread.export.review import DIFFERS
from longread.export.session import code, escaped, mark, where
from longread.export.visible import line, visible
from longread.types import Citation
from longread.types.reviews import Cell, Review, Reviewed

WIDE = 20
"""Columns of the grid of signs, at most; what is beyond stands in a grid of its own."""
OPEN = ("not asked", "out of place")


def markdown(report: Report) -> dict[str, bytes]:
    """Return the review as one file."""
    return {"": visible("\n".join(_lines(report)).rstrip() + "\n").encode()}


def _lines(report: Report) -> Iterator[str]:
    review = report.review
    yield f"# {_plain(review.title)}"
    yield ""
    yield from (f"- {name}: {_plain(what)}" for name, what in facts(report) if what)
    yield ""
    yield "## Questions"
    yield ""
    for number, question in enumerate(review.questions, 1):
        yield f"{number}. **{_plain(question.name)}** ({question.kind}): {_plain(question.text)}"
    yield ""
    yield "## Grid"
    yield ""
    yield ", ".join(f"{_plain(s)} {what}" for s, what in legend())
    yield from _grids(review)
    yield "## Coverage"
    yield ""
    yield "| Document | Read | Not read |"
    yield "|---|---|---|"
    for one, columns in zip(review.documents, covered(review), strict=True):
        yield f"| {_plain(one.path)} | {_plain(read_of(one))} | {_plain(str(columns[6]))} |"
    yield ""
    yield "## Documents"
    notes: list[str] = []
    for one in review.documents:
        yield from _document(review, one, notes)
    if notes:
        yield ""
        yield "## Sources"
        yield ""
        yield from notes


def _grids(review: Review) -> Iterator[str]:
    for first in range(0, len(review.questions), WIDE):
        columns = review.questions[first : first + WIDE]
        numbers = [str(first + n) for n in range(1, len(columns) + 1)]
        yield ""
        yield f"| Document | {' | '.join(numbers)} |"
        yield f"|---|{':-:|' * len(columns)}"
        for one in review.documents:
            signs = (_plain(said(review, one.path, question).signs) for question in columns)
            yield f"| {_plain(one.path)} | {' | '.join(signs)} |"
    yield ""


def _document(review: Review, one: Reviewed, notes: list[str]) -> Iterator[str]:
    yield ""
    yield f"### {_plain(one.path)}"
    yield ""
    facts = [read_of(one), f"titled “{one.title}”" if one.title else ""]
    if agreement := review.families.get(one.path):
        facts.append(f"belongs to {agreement}")
    yield f"{_plain('; '.join(filter(None, facts)))}."
    yield ""
    yield "| Question | Says | Sources |"
    yield "|---|---|---|"
    for question in review.questions:
        told = said(review, one.path, question)
        if told.text in OPEN and not told.remarks:
            continue
        cell = review.cells.get((one.path, question.name))
        yield f"| {_plain(question.name)} | {_says(told)} | {_sources(cell, notes)} |"


def _says(told: Said) -> str:
    words = f"{_plain(told.signs)} {_plain(told.text)}"
    # Of recognised words the sources tell, and that a second pass agrees changes nothing.
    remarks = [one for one in told.remarks if one not in (BY_OCR, AGREES)]
    # A sign alone must not have to be looked up.
    if told.tone in ("unverified", "corrected", "rejected") or told.sign == DIFFERS:
        words += f" (*{_plain(told.state)}*)"
        remarks = [one for one in remarks if one.lstrip("¿✓✎✗ ") not in told.state]
    return " ".join([words, *(f"(*{_plain(remark)}*)" for remark in remarks)])


def _sources(cell: Cell | None, notes: list[str]) -> str:
    if cell is None or not cell.citations:
        return ""
    made = []
    for citation in cell.citations:
        number = len(notes) + 1
        notes.append(f"[^{number}]: {_cited(citation)}")
        place = citation.found or citation.span
        made.append(f"{place or 'no place'} [^{number}]")
    return ", ".join(made)


def _cited(citation: Citation) -> str:
    text = f"{mark(citation)}: {code(line(where(citation)))}"
    if citation.quote:
        text += f" “{_plain(citation.quote)}”"
    return f"{text} ({_plain(citation.note)})" if citation.note else text


def _plain(text: str) -> str:
    return escaped(visible(text))
