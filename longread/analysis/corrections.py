"""What a person changed in an exported spreadsheet, as corrections of the review's cells.

All of it or nothing: where one change cannot be taken, every such place is named and none is kept.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from longread.analysis import values
from longread.errors import ConfigError
from longread.export.edited import Edit, edited
from longread.export.review import value_of
from longread.export.spreadsheet import form, remembered, value_in
from longread.store import Store
from longread.types.reviews import CellState, Mark, Question, Review, Reviewed, Value

ABSENT = CellState.NOT_PRESENT.value
"""What a person writes where the document has none."""
STATES = "|".join(
    [*(state.value for state in CellState if state not in (CellState.NOT_PRESENT,
                                                           CellState.ANSWERED)),
     "not asked", "out of place"]
)  # fmt: skip
NO_VALUE = re.compile(rf"(?:[?~x!·/≠] (?:{STATES})\b.*|{STATES})", re.DOTALL | re.IGNORECASE)
"""What stands in cells without a value, and would be no value in another."""
BEFORE_ABSENT = "–-≠ "
"""Signs with which a cell says that there is none, as it is exported and as it is typed."""
HINTS = {
    "date": "write it as 2005-03-04",
    "money": "write it as USD 1200.50",
    "number": "write it in digits, as 30 or 1.5",
    "yes/no": "write yes or no",
}


@dataclass(frozen=True, slots=True)
class Correction:
    """A value that a person gave a cell."""

    address: str
    path: str
    question: str
    before: str
    """What the cell said, in words."""
    value: Value | None
    """None: the document has none."""

    @property
    def after(self) -> str:
        """What it is to say, in words."""
        return value_of(None, Mark("corrected", self.value))


@dataclass(frozen=True, slots=True)
class Corrections:
    """What is to be kept of a spreadsheet."""

    review: str
    made: tuple[Correction, ...]
    notes: tuple[str, ...]
    """What was left alone, and why."""


def read_corrections(store: Store, file: Path, review: str = "") -> Corrections:
    """Return the corrections that a spreadsheet holds; nothing is kept yet.

    Args:
        review: the id of the review it must be of; empty: the one that it says.

    Raises:
        ConfigError: it is no export of that review; or changes in it cannot be taken, all of
            which are named.
    """
    found = edited(file)
    id = store.reviews.resolve(review or found.review)
    if id != found.review:
        raise ConfigError(
            f"{file} was exported from review {found.review}, not from {id}",
            hint=f"longread review import {found.review} {file}",
        )
    kept = store.reviews.review(id)
    mistakes, notes, made = [*found.mistakes], [*found.notes], []
    emptied = 0
    for edit in found.edits:
        if not edit.text and not edit.mistake:
            emptied += 1
            continue
        taken = _taken(kept, edit)
        if isinstance(taken, str):
            at = f"{edit.kept.path}, {edit.kept.question}"
            mistakes.append(f"{edit.address} ({at}): {taken}")
        elif taken:
            made.append(taken)
    if mistakes:
        many = "a mistake" if len(mistakes) == 1 else f"{len(mistakes):,} mistakes"
        raise ConfigError(
            "\n".join([f"{file} has {many}:", *(f"  {mistake}" for mistake in mistakes)]),
            hint="correct it there and import it again; nothing was changed in the review",
        )
    if emptied:
        cells = "1 emptied cell says" if emptied == 1 else f"{emptied:,} emptied cells say"
        notes.append(f"{cells} nothing: write “{ABSENT}” where the document has none")
    return Corrections(id, tuple(made), tuple(notes))


def keep(store: Store, corrections: Corrections, file: Path) -> None:
    """Keep corrections as what a person said; each by itself, so that doing it again goes on."""
    for one in corrections.made:
        note = f"{file.name}, {one.address}"
        store.reviews.mark(
            corrections.review, one.path, one.question, Mark("corrected", one.value, note)
        )


def _taken(review: Review, edit: Edit) -> Correction | str | None:
    """Return the correction, why there can be none, or None where the review says so already."""
    if edit.mistake:
        return edit.mistake
    one = _document(review.documents, edit)
    if isinstance(one, str):
        return one
    question = next((q for q in review.questions if q.hash == edit.kept.hash), None)
    if question is None:
        return "the question is another since the export: export the review anew"
    value = _value(question, edit)
    if isinstance(value, str):
        return value
    says = review.says(one.path, question.name)
    if says and _same(says, value):
        return None
    told, now = value_in(review, one.path, question)
    if remembered(form(now)) != edit.kept.written:
        return (
            f"the review says “{told.text}” since the export, and the sheet “{edit.text}”:"
            " export the review anew, or say it with longread review mark"
        )
    return Correction(edit.address, one.path, question.name, told.text, value)


def _document(documents: Sequence[Reviewed], edit: Edit) -> Reviewed | str:
    """Return the document, also where its file was moved meanwhile."""
    same = [one for one in documents if one.content_id == edit.kept.content_id]
    exact = [one for one in same if one.path == edit.kept.path]
    if exact or len(same) == 1:
        return (exact or same)[0]
    if any(one.path == edit.kept.path for one in documents):
        return "the file has changed since the export: export the review anew"
    return "the document is no longer in the review"


def _value(question: Question, edit: Edit) -> Value | str | None:
    """Return the value that is meant, or why it is none."""
    text = edit.text
    if edit.logical:
        text = text.upper()
        if question.type != "text" and not values.choice(text, question.choices):
            text = "yes" if text == "TRUE" else "no"
    if not values.choice(text, question.choices):
        if text.casefold().lstrip(BEFORE_ABSENT) == ABSENT:
            return None
        if NO_VALUE.fullmatch(text):
            return f"{text.splitlines()[0]!r} is no value: write one, or “{ABSENT}”"
    made = values.value(question, list(_parts(question, text)))
    if made.clear and made.said:
        return made
    pairs = zip(made.said, made.normal, strict=True)
    unclear = next((part for part, normal in pairs if not normal), text)
    return f"{unclear!r} is no {question.type} that can be told for sure: {written(question)}"


def written(question: Question) -> str:
    """Say how a value of the question is written so that it is understood."""
    hint = HINTS.get(question.type, "")
    if question.choices:
        hint = "; or ".join(filter(None, [hint, f"one of {', '.join(question.choices)}"]))
    return hint


def _parts(question: Question, text: str) -> Iterator[str]:
    """Yield the values of a list: one a line, and where they hold none, between semicolons."""
    if not question.many:
        yield text
    elif question.type == "text":
        yield from text.split("\n")
    else:
        yield from re.split(r"[\n;]", text)


def _same(says: tuple[CellState, Value | None], value: Value | None) -> bool:
    state, holds = says
    if value is None:
        return state is CellState.NOT_PRESENT
    return state is CellState.ANSWERED and holds is not None and holds.normal == value.normal
