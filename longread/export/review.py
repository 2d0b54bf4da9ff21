"""A review as data and as a table of text. It writes no file and prints nothing.

Signs always come with words below the table, so nothing depends on colour or on a font.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

from longread.export.session import citation_data
from longread.export.visible import line
from longread.types.reviews import Cell, CellState, Mark, Marked, Question, Review, Reviewed, Value

SIGNS = {
    CellState.ANSWERED: "✓",
    CellState.NOT_PRESENT: "–",
    CellState.NOT_FOUND: "?",
    CellState.UNCLEAR: "~",
    CellState.UNREADABLE: "x",
    CellState.FAILED: "!",
}
UNVERIFIED, CORRECTED, NOTHING, RULED_OUT = "¿", "✎", "·", "/"
DIFFERS = "≠"
PATH = 36
"""Characters of a path in a table; of a longer one both ends are shown: folders and what numbers
files stand at its start, names at its end."""


def sign(review: Review, path: str, question: Question) -> str:
    """Return one character for a cell."""
    cell, said = review.cells.get((path, question.name)), review.marks.get((path, question.name))
    if said and said.correction:
        return CORRECTED
    if cell is None:
        return RULED_OUT if review.ruled_out(path, question) else NOTHING
    checks = review.checks(path, question.name)
    if checks and checks.agreed is False:
        return DIFFERS
    if cell.unverified and cell.state is CellState.ANSWERED:
        return UNVERIFIED
    return SIGNS[cell.state]


def value_of(cell: Cell | None, correction: Mark | None = None) -> str:
    """Return what a cell says: a person's value before the model's, else its state."""
    if correction:
        return plain(correction.value) if correction.value else CellState.NOT_PRESENT.value
    if cell is None:
        return "not asked"
    if cell.state is CellState.ANSWERED and cell.value:
        return f"{plain(cell.value)}{' (quote not verified)' if cell.unverified else ''}"
    said = f": {'; '.join(cell.value.said)}" if cell.value else ""
    return f"{cell.state.value}{said}"


def plain(value: Value) -> str:
    """Return a value without a word on its worth."""
    pairs = zip(value.normal, value.said, strict=True)
    return "; ".join(normal or said for normal, said in pairs)


def coverage(review: Review) -> str:
    """Say how much was read, in one line that stands in every table and export."""
    read = [one for one in review.documents if not one.reason]
    pages = sum(one.pages for one in review.documents)
    unread = sum(one.pages if one.reason else len(one.unread) for one in review.documents)
    recognised = sum(len(one.recognised) for one in review.documents)
    words = f"read: {len(read):,} of {len(review.documents):,} documents"
    if pages:
        words += f", {pages - unread:,} of {pages:,} pages, {recognised:,} of them recognised (OCR)"
    if partly := [one for one in read if one.partly]:
        named = "; ".join(f"{one.path}: {', '.join(one.partly)}" for one in partly[:5])
        words += f"; in part: {named}{'; …' if len(partly) > 5 else ''}"
    if lost := [one for one in review.documents if one.reason]:
        named = "; ".join(f"{one.path}: {one.reason}" for one in lost[:5])
        words += f"; not read: {named}{'; …' if len(lost) > 5 else ''}"
    return words


def table(review: Review, id: str, width: int = 120) -> Iterator[str]:
    """Yield a review as lines: a sign a cell, and what the signs mean."""
    yield line(review.title)
    yield f"review {id}, profile {line(review.profile)}{way(review)}"
    yield line(coverage(review))
    numbers = [f"{n}" for n in range(1, len(review.questions) + 1)]
    wide = max([len(n) for n in numbers], default=1) + 1
    left = min(PATH, max([len(one.path) for one in review.documents], default=0))
    each = max((width - left) // wide, 1)
    signs = [[sign(review, one.path, q) for q in review.questions] for one in review.documents]
    for first in range(0, len(numbers), each):
        columns = slice(first, first + each)
        yield ""
        yield " " * left + "".join(n.rjust(wide) for n in numbers[columns])
        for one, row in zip(review.documents, signs, strict=True):
            shown = "".join(s.rjust(wide) for s in row[columns])
            yield _short(one.path, left).ljust(left) + shown
    yield ""
    for at, (n, question) in enumerate(zip(numbers, review.questions, strict=True)):
        states = Counter(row[at] for row in signs)
        counted = " ".join(f"{n}{s}" for s, n in states.most_common())
        yield f"{n.rjust(wide)}  {line(question.name)}: {counted}"
    if people := _decided(review):
        yield ""
        yield people
    yield ""
    meaning = [f"{SIGNS[state]} {state.value}" for state in CellState]
    meaning += [f"{UNVERIFIED} quote not verified", f"{CORRECTED} corrected by a person"]
    if review.seconds:
        meaning.append(f"{DIFFERS} asked twice, and answered differently")
    yield ", ".join([*meaning, f"{NOTHING} not asked yet", f"{RULED_OUT} out of place"])


def _decided(review: Review) -> str:
    """Count what people said of cells, which the signs do not tell."""
    marks = [review.marks.get((d.path, q.name)) for d in review.documents for q in review.questions]
    kinds = Counter[str](said.decision.kind for said in marks if said and said.decision)
    kinds["flagged"] = sum(bool(said and said.flag) for said in marks)
    order = ("accepted", "rejected", "flagged")
    words = ", ".join(f"{kinds[kind]:,} {kind}" for kind in order if kinds[kind])
    return f"by a person: {words}" if words else ""


def _short(path: str, most: int) -> str:
    said = line(path)
    start = most // 3
    return said if len(said) <= most else f"{said[:start]}…{said[start + 1 - most :]}"


def way(review: Review) -> str:
    """Say how a review is asked where that is not how most are: ", budget 64,000 tokens"."""
    said = [f"budget {review.budget:,} tokens"] if review.budget is not None else []
    said += ["long documents part by part"] if review.long == "sweep" else []
    said += ["each question twice"] if review.double else []
    return "".join(f", {words}" for words in said)


def data(review: Review, id: str) -> dict[str, Any]:
    """Return a review as JSON has it: documents with their cells, by the questions' names."""
    return {
        "review": id,
        "title": review.title,
        "profile": review.profile,
        "budget": review.budget,
        "long": review.long,
        "double": review.double,
        "sources": [asdict(source) for source in review.sources],
        "coverage": coverage(review),
        "families": dict(review.families),
        "questions": [{**asdict(question), "hash": question.hash} for question in review.questions],
        "documents": [_document(review, one) for one in review.documents],
    }


def _document(review: Review, one: Reviewed) -> dict[str, Any]:
    cells = {}
    for question in review.questions:
        key = (one.path, question.name)
        if key in review.cells or key in review.marks or key in review.earlier:
            earlier, second = review.earlier.get(key), review.seconds.get(key)
            checks, concern = review.checks(*key), review.concern(*key)
            cells[question.name] = {
                **_cell(review.cells.get(key), review.marks.get(key)),
                "earlier": asdict(earlier) if earlier else None,
                "second": _cell(second, None) if second else None,
                "checks": {**asdict(checks), "confidence": checks.confidence} if checks else None,
                "concern": concern.name.lower() if concern else None,
            }
    return {
        "path": one.path,
        "content_id": one.content_id,
        "title": one.title,
        "authors": list(one.authors),
        "year": one.year,
        "doi": one.doi,
        "belongs_to": review.families.get(one.path),
        "pages": one.pages,
        "pages_read": 0 if one.reason else one.pages - len(one.unread),
        "unread": [{"page": page, "reason": why} for page, why in one.unread],
        "recognised": [{"page": page, "confidence": sure} for page, sure in one.recognised],
        "reason": one.reason,
        "partly": list(one.partly),
        "cells": cells,
    }


def _cell(cell: Cell | None, marks: Marked | None) -> dict[str, Any]:
    said: dict[str, Any] = {"marks": asdict(marks) if marks else None}
    if cell is None:
        return said
    return {
        **asdict(cell),
        "state": cell.state.value,
        "citations": [citation_data(citation) for citation in cell.citations],
        "shown": [str(span) for span in cell.shown],
        **said,
    }
