"""Questions put to documents, and the cells that answer them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from hashlib import blake2b
from typing import Literal

from longread.types.answers import Citation, Progress, Usage
from longread.types.documents import Source, Span, Unit

AnswerType = Literal["text", "yes/no", "date", "money", "number", "choice"]


@dataclass(frozen=True, slots=True)
class Question:
    """A column of a review."""

    name: str
    text: str
    type: AnswerType = "text"
    many: bool = False
    """Whether the answer is a list of such values."""
    choices: tuple[str, ...] = ()
    """What may be chosen; for other types words that may stand in the value's place, such as
    "Perpetual" for a date."""
    instructions: str = ""
    quote: bool = True
    """Whether an answer is worth anything only with a quote that stands in the document."""
    only_if: tuple[str, tuple[str, ...]] | None = None
    """Another column, and the values of it with which this question is asked at all."""

    @property
    def hash(self) -> str:
        """Sixteen digits that change when what is asked does, but not with when it is asked."""
        said = [self.name, self.text, self.type, self.many, self.choices, self.instructions]
        return blake2b(json.dumps([*said, self.quote]).encode(), digest_size=8).hexdigest()

    def due(
        self, other: Question, state: CellState, normal: tuple[str, ...]
    ) -> Literal["ask", "later", "never"]:
        """Say whether the condition holds, given what came of the other column.

        Where that is unclear, unreadable or was not found the question is asked: what nobody knows
        to be out of place is not left out in silence.
        """
        wanted = {value.casefold() for value in self.only_if[1]} if self.only_if else set()
        match state:
            case CellState.FAILED:
                return "later"
            case CellState.ANSWERED:
                return "ask" if wanted & {value.casefold() for value in normal} else "never"
            case CellState.NOT_PRESENT:
                # Of what a document does not say the answer is no.
                return "ask" if other.type == "yes/no" and "no" in wanted else "never"
            case _:
                return "ask"

    @property
    def kind(self) -> str:
        """The type as a person writes it: "date", "list of dates"."""
        plural = {"yes/no": "yes/no", "money": "money"}.get(self.type, f"{self.type}s")
        return f"list of {plural}" if self.many else self.type


class CellState(StrEnum):
    """What came of one question to one document."""

    ANSWERED = "answered"
    NOT_PRESENT = "not present"
    """All of the document was in the prompt, and it does not say."""
    NOT_FOUND = "not found in evidence"
    """What was shown of the document does not say."""
    UNCLEAR = "unclear"
    UNREADABLE = "unreadable"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Value:
    """What a cell holds, in the model's or a person's words and in a form that can be compared."""

    said: tuple[str, ...]
    """Word for word; several only where the question asks for a list."""
    normal: tuple[str, ...]
    """For each of them the text, "yes" or "no", an ISO date ("2005-03"), "USD 1200.50", a decimal
    number or the choice; empty where it cannot be told which is meant."""

    @property
    def clear(self) -> bool:
        """Whether all of it could be put into that form."""
        return all(self.normal)


@dataclass(frozen=True, slots=True)
class Cell:
    """The answer of one document to one question, judged, and how it came about."""

    path: str
    question: str
    """The question's name."""
    state: CellState
    value: Value | None = None
    citations: tuple[Citation, ...] = ()
    reasoning: str = ""
    """Why the model says so, in its own words; never part of the value."""
    note: str = ""
    """What a reader must know: why it failed, what was not shown, which quote does not stand."""
    way: Literal["", "whole", "evidence"] = ""
    """Whether the whole document was in the prompt, or its best parts; empty: nothing was asked."""
    shown: tuple[Span, ...] = ()
    """The pages, lines or cells that were in the prompt."""
    content_id: str = ""
    """Of the document as it was then."""
    question_hash: str = ""
    profile: str = ""
    model: str = ""
    prompt_version: int = 0
    extractor: str = ""
    """What read the document, and its version."""
    requests: int = 0
    """How often the model was asked for it."""
    usage: Usage | None = None
    """Of all these requests together."""
    price: float = 0.0
    """US dollars, by the profile's prices."""
    unverified: bool = False
    """Whether a quote that the answer leans on does not stand, or one that is wanted is missing."""


@dataclass(frozen=True, slots=True)
class Reviewed:
    """One document of a review, and how much of it could be read."""

    path: str
    content_id: str
    unit: Unit = "line"
    title: str = ""
    """As the file says it; often wrong, so it is shown beside the path."""
    pages: int = 0
    """0 where it has none."""
    unread: tuple[tuple[int, str], ...] = ()
    """Pages of which there is no text although there should be, and why; blank ones are read."""
    recognised: tuple[tuple[int, float], ...] = ()
    """Pages whose text was recognised in a picture, and how sure that is, 0 to 1."""
    reason: str = ""
    """Why nothing of it could be read; empty otherwise."""


@dataclass(frozen=True, slots=True)
class Mark:
    """What a person says of a cell. It is kept beside the cell, so no run can overwrite it."""

    kind: Literal["accepted", "rejected", "corrected", "flagged"]
    value: Value | None = None
    """Of a correction; None says that the document has none."""
    note: str = ""


@dataclass(frozen=True, slots=True)
class Review:
    """Documents, questions, and the cells that there are, by path and the question's name."""

    title: str
    sources: tuple[Source, ...]
    profile: str
    questions: tuple[Question, ...]
    documents: tuple[Reviewed, ...]
    cells: Mapping[tuple[str, str], Cell] = field(default_factory=dict, repr=False)
    marks: Mapping[tuple[str, str], Mark] = field(default_factory=dict, repr=False)
    """A person's newest word on a cell."""
    earlier: Mapping[tuple[str, str], Mark] = field(default_factory=dict, repr=False)
    """Corrections of cells that have no mark, made when the document or the question was another:
    nothing that a person said is lost, and none of it is taken for said of what is there now."""
    reading: str = ""
    """The options with which the sources are read, as JSON, passwords left out."""
    budget: int | None = None
    """Tokens for prompt and answer, where a person set them."""

    def ruled_out(self, path: str, question: Question) -> bool:
        """Whether a document is not asked a question, by the question's condition."""
        if not question.only_if:
            return False
        other = next(q for q in self.questions if q.name == question.only_if[0])
        cell, mark = self.cells.get((path, other.name)), self.marks.get((path, other.name))
        if mark and mark.kind == "corrected":
            normal = mark.value.normal if mark.value else ()
            state = CellState.ANSWERED if mark.value else CellState.NOT_PRESENT
            return question.due(other, state, normal) == "never"
        if cell is None:
            return self.ruled_out(path, other)
        normal = cell.value.normal if cell.value else ()
        return question.due(other, cell.state, normal) == "never"


@dataclass(frozen=True, slots=True)
class Started:
    """A review begins, or goes on."""

    review: str
    """Its id."""
    cells: int
    """Of the whole grid, those that a condition rules out included."""
    done: int
    fresh: bool
    """Whether it is a new one."""


ReviewEvent = Progress | Started | Cell
