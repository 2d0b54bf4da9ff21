"""Questions put to documents, and the cells that answer them."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import IntEnum, StrEnum
from hashlib import blake2b
from typing import Literal

from longread.types.answers import Citation, Progress, Usage
from longread.types.documents import Source, Span, Unit

AnswerType = Literal["text", "yes/no", "date", "money", "number", "choice"]
Long = Literal["evidence", "sweep"]
"""How documents are read that do not fit a prompt: their best parts, or one part after another."""


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
    way: Literal["", "whole", "evidence", "sweep"] = ""
    """Whether the whole document was in the prompt, its best parts, or one part after another;
    empty: nothing was asked."""
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

    @property
    def seen(self) -> str:
        """Sixteen digits of what it says; a mark tells by them whether it was said of this."""
        value = [self.value.said, self.value.normal] if self.value else None
        return blake2b(json.dumps([self.state, value]).encode(), digest_size=8).hexdigest()


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
    partly: tuple[str, ...] = ()
    """What of it was not read although the rest was, where that has no page: "1 picture"."""
    authors: tuple[str, ...] = ()
    """Of a paper, as far as the file says, like the next two."""
    year: str = ""
    doi: str = ""


@dataclass(frozen=True, slots=True)
class Mark:
    """What a person says of a cell. It is kept beside the cell, so no run can overwrite it."""

    kind: Literal["accepted", "rejected", "corrected", "flagged", "cleared"]
    """The last takes back all that was said before."""
    value: Value | None = None
    """Of a correction; None says that the document has none."""
    note: str = ""
    seen: str = field(default="", compare=False)
    """What the cell said then (`Cell.seen`); empty where there was none."""
    time: str = field(default="", compare=False)
    """When it was said, ISO 8601, UTC; empty until it is kept."""


@dataclass(frozen=True, slots=True)
class Marked:
    """What all that a person said of a cell comes to."""

    decision: Mark | None = None
    """Accepted, rejected or corrected, as said last; of what the cell says now, except that a
    correction stands whatever the cell says."""
    flag: Mark | None = None
    """Somebody must look at it."""
    log: tuple[Mark, ...] = ()
    """All of it, in the order of time."""

    @property
    def correction(self) -> Mark | None:
        """The value that stands in the model's place."""
        return self.decision if self.decision and self.decision.kind == "corrected" else None


def marked(log: Sequence[Mark], cell: Cell | None) -> Marked:
    """Return what marks come to, given the cell that is there now.

    Who accepts a cell that was corrected accepts the correction; who rejects it takes that back.
    """
    decision = flag = None
    for mark in log:
        match mark.kind:
            case "flagged":
                flag = mark
            case "cleared":
                decision = flag = None
            case "accepted" if decision and decision.kind == "corrected":
                pass
            case _:
                decision = mark
    of_another = cell is not None and decision is not None and decision.seen != cell.seen
    if decision and decision.kind != "corrected" and (cell is None or of_another):
        decision = None
    return Marked(decision, flag, tuple(log))


class Concern(IntEnum):
    """Why a person should look at a cell, the most pressing first."""

    FAILED = 1
    UNVERIFIED = 2
    """A quote does not stand or is missing, two passes differ, or the value is unclear."""
    OCR = 3
    """It leans on words that were recognised in a picture."""
    REST = 4
    SETTLED = 5
    """A person has accepted, rejected or corrected it."""


@dataclass(frozen=True, slots=True)
class Checks:
    """What was checked of a cell; what the model thinks of its own answer is no check."""

    verified: bool | None
    """Whether all its quotes stand, and there are some where one is wanted; None: nothing to
    check, as where a document does not say it."""
    agreed: bool | None
    """Whether two differently worded passes say the same; None: there was one."""
    ocr: bool
    """Whether it leans on recognised text."""

    @property
    def confidence(self) -> Literal["high", "medium", "low"]:
        """Low where a check failed, high where two passes agree on what is verified."""
        if self.verified is False or self.agreed is False:
            return "low"
        return "high" if self.agreed and not self.ocr else "medium"


def agree(one: Cell, other: Cell, *, free: bool = False) -> bool:
    """Whether two passes say the same: the same state and, where one is said, the same value.

    Args:
        free: whether the value is free text, which two passes seldom word alike. Then it is also
            the same where both lean on the same place and one says little more than the other, no
            number and no negation among it. That two texts are alike proves nothing.
    """
    nothing = (CellState.NOT_PRESENT, CellState.NOT_FOUND)
    if one.state is not other.state and not {one.state, other.state} <= set(nothing):
        return False
    if one.value is None or other.value is None:
        return one.value is other.value
    first, second = one.value.normal, other.value.normal
    if {v.casefold() for v in first} == {v.casefold() for v in second}:
        return True
    if not free or len(first) != len(second):
        return False
    if Counter(map(_folded, first)) == Counter(map(_folded, second)):
        return True
    if not _same_place(one, other):
        return False
    left = list(second)
    for value in first:
        match = next((v for v in left if _little_more(_folded(value), _folded(v))), None)
        if match is None:
            return False
        left.remove(match)
    return True


WORD = re.compile(r"[^\W\d_]+(?:['’]t\b)?|\d+(?:[.,:/-]\d+)*", re.UNICODE)
EMPTY = frozenset("a an the of to in on at by for is are was be it its this that and as".split())
"""Words without which a text says the same."""
DECIDING = frozenset(
    "no not never none nor neither without cannot non un unless except excluding or only "
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen "
    "fifteen sixteen seventeen eighteen nineteen twenty thirty forty fifty sixty seventy eighty "
    "ninety hundred thousand million billion half third quarter once twice first second "
    "before after until more less least most".split()
)
"""Words that change what a text says, numbers among them."""


def _folded(value: str) -> tuple[str, ...]:
    return tuple(w for w in WORD.findall(value.casefold()) if w not in EMPTY)


def _little_more(one: tuple[str, ...], other: tuple[str, ...]) -> bool:
    """Whether one text has all words of the other, at most as many more, and none that decides."""
    short, long = sorted((Counter(one), Counter(other)), key=lambda words: words.total())
    more = long - short
    return (
        not short - long
        and more.total() <= short.total()
        and not any(w in DECIDING or w[0].isdigit() or w[-2:] in ("'t", "’t") for w in more)
    )


def _same_place(one: Cell, other: Cell) -> bool:
    """Whether quotes that stand, one of each cell, overlap in the document."""
    first, second = (
        [c.found or c.span for c in cell.citations if c.verdict.holds] for cell in (one, other)
    )
    return any(
        a.unit == b.unit and a.first <= b.last and b.first <= a.last
        for a in first
        for b in second
        if a and b
    )


@dataclass(frozen=True, slots=True)
class Review:
    """Documents, questions, and the cells that there are, by path and the question's name."""

    title: str
    sources: tuple[Source, ...]
    profile: str
    questions: tuple[Question, ...]
    documents: tuple[Reviewed, ...]
    cells: Mapping[tuple[str, str], Cell] = field(default_factory=dict, repr=False)
    seconds: Mapping[tuple[str, str], Cell] = field(default_factory=dict, repr=False)
    """What the other, differently worded pass says, where there was one."""
    marks: Mapping[tuple[str, str], Marked] = field(default_factory=dict, repr=False)
    """What a person says of cells of which anything was said."""
    earlier: Mapping[tuple[str, str], Mark] = field(default_factory=dict, repr=False)
    """Corrections of cells that have none now, made when the document or the question was another:
    nothing that a person said is lost, and none of it is taken for said of what is there now."""
    families: Mapping[str, str] = field(default_factory=dict, repr=False)
    """The agreement to which an amendment or an exhibit belongs, both by path."""
    reading: str = ""
    """The options with which the sources are read, as JSON, passwords left out."""
    budget: int | None = None
    """Tokens for prompt and answer, where a person set them."""
    long: Long = "evidence"
    double: bool = False
    """Whether what is answered is asked once more in other words."""

    def says(self, path: str, question: str) -> tuple[CellState, Value | None] | None:
        """Return what holds of a cell: a person's correction before what a model said.

        Args:
            question: its name.
        """
        key = (path, question)
        if (said := self.marks.get(key)) and said.correction:
            value = said.correction.value
            return (CellState.ANSWERED if value else CellState.NOT_PRESENT), value
        cell = self.cells.get(key)
        return (cell.state, cell.value) if cell else None

    def ruled_out(self, path: str, question: Question) -> bool:
        """Whether a document is not asked a question, by the question's condition."""
        if not question.only_if:
            return False
        other = next(q for q in self.questions if q.name == question.only_if[0])
        if (said := self.says(path, other.name)) is None:
            return self.ruled_out(path, other)
        state, value = said
        return question.due(other, state, value.normal if value else ()) == "never"

    def checks(self, path: str, question: str) -> Checks | None:
        """Return what was checked of a cell; None where there is none."""
        key = (path, question)
        if (cell := self.cells.get(key)) is None:
            return None
        second = self.seconds.get(key)
        sure = cell.state in (CellState.ANSWERED, CellState.NOT_PRESENT, CellState.NOT_FOUND)
        verified = (True if cell.citations else None) if sure and not cell.unverified else False
        agreed = None
        if second:
            free = any(q.name == question and q.type == "text" for q in self.questions)
            agreed = agree(cell, second, free=free)
        return Checks(verified, agreed, any(citation.ocr for citation in cell.citations))

    def concern(self, path: str, question: str) -> Concern | None:
        """Return why a person should look at a cell; None where there is none."""
        key = (path, question)
        if (said := self.marks.get(key)) and said.decision:
            return Concern.SETTLED
        cell, checks = self.cells.get(key), self.checks(path, question)
        if cell is None or checks is None:
            return None
        if cell.state is CellState.FAILED:
            return Concern.FAILED
        if cell.state is CellState.UNREADABLE:
            return Concern.REST
        if checks.confidence == "low":
            return Concern.UNVERIFIED
        return Concern.OCR if checks.ocr else Concern.REST

    def pressing(self, path: str, question: Question) -> Concern | None:
        """Return the same; None also where the question's condition rules the cell out by now."""
        concern = self.concern(path, question.name)
        return None if concern is None or self.ruled_out(path, question) else concern

    def flagged(self, path: str, question: str) -> bool:
        """Whether a person said that somebody must look at a cell."""
        said = self.marks.get((path, question))
        return bool(said and said.flag)

    @property
    def failed(self) -> list[tuple[str, str]]:
        """The cells that failed and that nobody has settled since, by path and question's name."""
        asked = {question.name: question for question in self.questions}
        return [
            (path, name)
            for (path, name), cell in self.cells.items()
            if cell.state is CellState.FAILED and self.pressing(path, asked[name]) is Concern.FAILED
        ]

    def work(self) -> list[tuple[str, str]]:
        """Return the cells by path and question's name, those first that need a person most.

        Of those with the same concern the flagged ones come first: a person asked for a look.
        Left out are cells that a condition rules out by now, and those that nobody asked for.
        """
        found = [
            ((concern, not self.flagged(one.path, question.name)), (one.path, question.name))
            for one in self.documents
            for question in self.questions
            if (concern := self.pressing(one.path, question)) is not None
        ]
        return [key for _, key in sorted(found, key=lambda pair: pair[0])]


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


@dataclass(frozen=True, slots=True)
class Second:
    """A cell of the second, differently worded pass, once it is kept."""

    cell: Cell


ReviewEvent = Progress | Started | Cell | Second
