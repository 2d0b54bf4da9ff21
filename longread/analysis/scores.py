"""A review measured against gold: answers, evidence, absence, verdicts, cost. It asks nobody.

A cell that was not asked yet counts nowhere. One that failed, or says that there is nothing where
gold has something, is an answer with F1 0: whoever reads the grid has no answer there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace

from longread.analysis import values
from longread.analysis.covering import Covered, Located, cover
from longread.analysis.gold import Matched, match
from longread.analysis.likeness import compare
from longread.analysis.tallies import ABSENT, tally
from longread.errors import StoreError
from longread.store import Store
from longread.types import Document
from longread.types.reviews import Cell, CellState, Question, Review, Value
from longread.types.scores import (
    NOT_ASKED,
    OUT_OF_PLACE,
    SAYS_NO,
    CellScore,
    Gold,
    Scores,
    Tally,
    Wanted,
)

Texts = Callable[[str], Document | None]
"""The text of a document by its path; None where nothing of it could be read."""
Key = tuple[str, str]


def score_kept(
    store: Store, id: str, gold: Sequence[Gold], name: str, *, complete: bool = False
) -> Scores:
    """Measure a review that is kept.

    Args:
        name: of the gold file, as the report says it.
        complete: whether gold names all there is, so that what it does not name is not there.

    Raises:
        ConfigError: gold speaks of no cell of the review.
    """

    def text(path: str) -> Document | None:
        try:
            return store.reviews.document(id, path)
        except StoreError:
            return None

    return score(store.reviews.review(id), gold, text, name, complete=complete)


def score(
    review: Review, gold: Sequence[Gold], texts: Texts, name: str = "", *, complete: bool = False
) -> Scores:
    """Measure a review; see `score_kept`. Texts are asked for one after the other, and not kept."""
    matched = match(gold, review)
    rows = _completed(matched, review) if complete else matched.rows
    scored: list[CellScore] = []
    corrected: list[CellScore] = []
    corrections = 0
    for one in review.documents:
        asked = [q for q in review.questions if (one.path, q.name) in rows]
        cells = [review.cells.get((one.path, q.name)) for q in asked]
        citing = any(row.quotes for q in asked for row in rows[one.path, q.name])
        # Where a condition leaves a question out there is no cell, and yet its quotes stand there.
        told = any(cells) or any(review.ruled_out(one.path, question) for question in asked)
        found = texts(one.path) if citing and told else None
        located = Located(found) if found else None
        for question, cell in zip(asked, cells, strict=True):
            key = (one.path, question.name)
            made = _scored(review, question, key, rows[key], cell, located)
            scored.append(made)
            marks = review.marks.get(key)
            if marks and marks.correction:
                corrections += 1
                value = marks.correction.value
                state = CellState.ANSWERED if value else CellState.NOT_PRESENT
                made = _answered(made, question, rows[key], state.value, value)
            corrected.append(made)
    return Scores(
        title=review.title,
        profile=review.profile,
        gold=name,
        rows=len(gold),
        complete=complete,
        overall=tally(scored, review.cells.values()),
        corrected=tally(corrected, review.cells.values()) if corrections else None,
        corrections=corrections,
        questions=_grouped([q.name for q in review.questions], scored, review, 1),
        documents=_grouped([one.path for one in review.documents], scored, review, 0),
        cells=tuple(scored),
        unscored=matched.unscored,
        notes=tuple(_notes(scored, matched)),
    )


def _completed(matched: Matched, review: Review) -> Mapping[Key, tuple[Gold, ...]]:
    """Return the rows with one for every cell in whose place gold names nothing.

    A document or a question that gold never names is one that nobody looked into.
    """
    return {
        (one.path, question.name): matched.rows.get(
            (one.path, question.name), (Gold(0, one.path, question.name),)
        )
        for one in review.documents
        if one.path in matched.documents
        for question in review.questions
        if question.name in matched.questions
    }


def _grouped(
    names: Sequence[str], scored: Sequence[CellScore], review: Review, side: int
) -> tuple[tuple[str, Tally], ...]:
    """Return the figures of each document (side 0) or question (side 1)."""
    of: dict[str, tuple[list[CellScore], list[Cell]]] = {name: ([], []) for name in names}
    for one in scored:
        of[(one.path, one.question)[side]][0].append(one)
    for key, cell in review.cells.items():
        of[key[side]][1].append(cell)
    return tuple((name, tally(*groups)) for name, groups in of.items())


def _scored(
    review: Review,
    question: Question,
    key: Key,
    rows: Sequence[Gold],
    cell: Cell | None,
    located: Located | None,
) -> CellScore:
    answers = tuple(dict.fromkeys(answer for row in rows for answer in row.answers))
    quotes = [quote for row in rows for quote in row.quotes]
    blank = CellScore(*key, _wanted(question, answers, quotes), "; ".join(answers), "", NOT_ASKED)
    if cell is None:
        if not review.ruled_out(key[0], question):
            return blank
        made = _answered(blank, question, rows, OUT_OF_PLACE, None)
        covered = cover(quotes, (), located)
    else:
        made = _answered(blank, question, rows, cell.state.value, cell.value)
        # Gold speaks of this document, not of the agreement with which it was read.
        own = [
            citation
            for citation in cell.citations
            if citation.path == key[0] or citation.version == cell.content_id
        ]
        covered = cover(quotes, own, located)
    return _with(made, covered)


def _with(made: CellScore, covered: Covered) -> CellScore:
    return replace(
        made,
        quotes=covered.quotes,
        quoted=covered.quoted,
        placed=covered.placed,
        unplaced=covered.unplaced,
        cited=covered.cited,
        precise=covered.precise,
    )


def _wanted(question: Question, answers: Sequence[str], quotes: Sequence[str]) -> Wanted:
    """Return what gold says of a cell.

    A bare yes where the question is not yes/no says that there is something, but not what: CUAD
    marks most clauses so. A bare no says that there is none.
    """
    said = {values.yes_or_no(answer) for answer in answers}
    choices = {values.choice(answer, question.choices) for answer in answers} - {""}
    if said == {"no"} and not choices:
        return "none"
    if answers:
        bare = said == {"yes"} and not choices and question.type != "yes/no"
        return "presence" if bare else "value"
    return "presence" if quotes else "none"


def _answered(
    made: CellScore, question: Question, rows: Sequence[Gold], state: str, value: Value | None
) -> CellScore:
    """Return the score with what is measured of the answer.

    Args:
        state: of `CellState`, or OUT_OF_PLACE.
    """
    said = "; ".join(value.said) if value else ""
    if state == CellState.ANSWERED and value and _says_no(made, question, value):
        state = SAYS_NO
    made = replace(made, said=said, state=state)
    answers = tuple(dict.fromkeys(answer for row in rows for answer in row.answers))
    if made.wanted == "none":
        # Where gold has the word, an answer can be right; else only absence can.
        right = state in ABSENT
        return replace(made, f1=float(right), exact=right) if answers else made
    if made.wanted == "presence":
        return made
    if state not in (CellState.ANSWERED, SAYS_NO) or value is None:
        lists = 0.0 if question.many else None
        return replace(made, f1=0.0, exact=False, precision=lists, recall=lists)
    like = compare(question, value, answers)
    return replace(
        made,
        f1=like.f1,
        exact=like.exact,
        precision=like.precision,
        recall=like.recall,
        by_words=like.by_words,
    )


def _says_no(made: CellScore, question: Question, value: Value) -> bool:
    if question.type == "yes/no":
        return set(value.normal) == {"no"}
    bare = {values.yes_or_no(said) for said in value.said} == {"no"}
    return bare and made.wanted != "value" and not question.choices


def _notes(scored: Sequence[CellScore], matched: Matched) -> Iterable[str]:
    """Yield what a reader must know of these figures, a sentence each."""
    asked = [one for one in scored if one.state != NOT_ASKED]
    if waiting := len(scored) - len(asked):
        yield f"cells of gold that were not asked yet, and count nowhere: {waiting:,}"
    if presence := sum(one.wanted == "presence" for one in asked):
        yield (
            "cells of which gold says that there is something, but not what, so that quotes are"
            f" compared but no answers: {presence:,}"
        )
    if words := sum(one.by_words for one in asked):
        yield f"answers of gold that are not of their type, and are compared by words: {words:,}"
    if lost := sum(one.unplaced for one in asked):
        yield f"gold quotes that stand nowhere in the text as it was read: {lost:,}, not found"
    both = [
        key
        for key, rows in matched.rows.items()
        if any(r.answers or r.quotes for r in rows)
        and any(not (r.answers or r.quotes) for r in rows)
    ]
    if both:
        yield (
            "cells of which gold says both that there is none and what it is, so that this counts:"
            f" {len(both):,} ({both[0][0]}, {both[0][1]})"
        )
