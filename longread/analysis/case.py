"""One document of a review, ready to be asked: its prompts, and what becomes of the answers.

What is asked depends on the document and the question alone, so that a review that was stopped and
taken up again anywhere asks what it would have asked.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Literal

from longread import __version__, config
from longread.analysis import reading, spending, values
from longread.analysis.relevance import evidence_share
from longread.cache.search import SearchIndex
from longread.config import Profile
from longread.errors import BudgetError
from longread.ingest.places import number_of
from longread.prompt import cells, compose, costs, evidence, finding, guide, render
from longread.prompt.cells import MalformedError, Quoted, Reply
from longread.prompt.cite import Court, stands
from longread.prompt.evidence import Hit
from longread.prompt.ruler import Ruler, joined
from longread.tokens.pieces import Pieces
from longread.types import (
    Citation,
    Corpus,
    Document,
    Engine,
    Finished,
    Level,
    Placed,
    Prompt,
    Role,
    Sampling,
    Shown,
    Span,
    Text,
    Turn,
    Usage,
)
from longread.types.reviews import Cell, CellState, Question, Reviewed

ROLES: tuple[Role, ...] = ("system", "user")
CHOICES = 8
"""Places that a guided model chooses from."""
AGAIN = 400
"""Tokens kept, beside those of an answer, to ask for it once more with what was wrong with it."""
NAMED = 6
"""Pages that are named one by one."""


@dataclass(frozen=True, slots=True)
class Said:
    """What came of one request."""

    text: str
    finished: Literal["stop", "length", "cut"]
    usage: Usage | None


class Case:
    """A document laid out for a model, the whole of it where that fits."""

    def __init__(
        self,
        reviewed: Reviewed,
        document: Document,
        questions: Sequence[Question],
        profile: Profile,
        window: int,
        pieces: Pieces,
    ) -> None:
        """Lay the document out; this reads and counts all of it.

        Raises:
            BudgetError: the window has no room for a document beside head, question and answer.
        """
        self.reviewed, self.profile, self._pieces = reviewed, profile, pieces
        self.document = document.named("d1")
        self._guided = profile.citations == "guided"
        self._mark = render.boundary_mark([document.text, document.path])
        self._head = cells.head(self._mark, document.unit, self._guided)
        self._asked = {question.hash: cells.question(question) for question in questions}
        self._room = room(profile, window, pieces, document, questions)
        placed = Placed("d1", document.path, document.content_id, Level.FULL)
        chunks = list(render.chunks(placed, self.document, self._mark))
        self.way: Literal["whole", "evidence"] = "whole"
        if costs.price(chunks, pieces) > self._room:
            self.way = "evidence"
            share = int(self._room * (1 - evidence_share(window)))
            measured = reading.measure(
                Corpus((), (self.document,), ()), pieces, self._guided, lambda _: None
            )
            layout = reading.lay_out(replace(measured, mark=self._mark), share)
            chunks = reading.chunks(layout, [self.document])
        self._chunks = chunks
        parts = (self._head, chunks, "", (), ())
        self._base = compose.compose(*parts, "", self._mark, pieces, profile.route)
        self._index: SearchIndex | None = None
        self._extractor = extractor(self.document)

    def close(self) -> None:
        """Let go of what was made to search the document."""
        if self._index:
            self._index.close()
            self._index = None

    @cached_property
    def _court(self) -> Court:
        return Court({"d1": self._shown(((0, self.document.size),))})

    def _shown(self, ranges: tuple[tuple[int, int], ...]) -> Shown:
        return Shown(self.document, ranges, ocr=dict(self.reviewed.recognised))

    @property
    def complete(self) -> bool:
        """Whether the whole document stands in the prompt, and all of it could be read."""
        return self.way == "whole" and not self.reviewed.unread

    def _hits(self, question: Question) -> list[Hit]:
        if self._index is None:
            self._index = SearchIndex(None)
            finding.bring_up_to_date(self._index, [self.document])
        words = f"{question.name} {question.text}"
        return finding.find(words, [self.document], self._index)

    def prompt(self, question: Question) -> tuple[Prompt, list[str]]:
        """Return the prompt for a question, and the places that a guided model may choose from."""
        hits = self._hits(question) if self._guided or self.way == "evidence" else []
        found = []
        if self.way == "evidence":
            shown = compose.ranges(self._base, Level.FULL)
            left = self._room - costs.price(self._chunks, self._pieces)
            new = evidence.unseen(hits, [self.document], shown)
            chosen = evidence.select(new, [self.document], left, self._mark, self._pieces)
            found = evidence.excerpts(chosen, [self.document], self._mark)
        system, user = self._base.turns
        seen = user.pieces[:-1]
        if found:
            seen = (*seen, *compose.show(found, self._pieces, self.profile.route))
        shown_now = replace(self._base, turns=(system, Turn("user", seen)))
        labels = self._labels(hits, shown_now) if self._guided else []
        said = cells.question(question, labels) if labels else self._asked[question.hash]
        asked = compose.ask(said, self._mark, self._pieces)
        return replace(self._base, turns=(system, Turn("user", (*seen, asked)))), labels

    def _labels(self, hits: Sequence[Hit], prompt: Prompt) -> list[str]:
        """Return the places shown in full that are most relevant, or the first where none is."""
        full = compose.ranges(prompt, Level.FULL).get("d1", ())
        order = [hit.segment for hit in hits] or list(range(len(self.document.segments)))
        found: dict[str, None] = {}
        for number in order:
            segment = self.document.segments[number]
            if any(a <= segment.start and segment.end <= b for a, b in full):
                found.setdefault(guide.label(self.document, segment.span))
            if len(found) == CHOICES:
                break
        return list(found)

    async def answer(self, question: Question, engine: Engine) -> Cell:
        """Ask, at most twice for JSON that can be read and once more for quotes that stand.

        Raises:
            EngineError: the model cannot be reached, or stopped half-way.
        """
        prompt, labels = self.prompt(question)
        said = [await self._ask(engine, prompt, question, labels)]
        prompts = [prompt]
        cell = self._blank(question, prompt)
        try:
            reply = self._read(said[-1], question)
        except MalformedError as error:
            retry = self._extended(prompt, said[-1].text, cells.again(str(error)))
            said.append(await self._ask(engine, retry, question, labels))
            prompts.append(retry)
            try:
                reply = self._read(said[-1], question)
            except MalformedError as error:
                failed = replace(cell, state=CellState.FAILED, note=f"no answer: {error}")
                return self._priced(failed, said)
        if self._guided and reply.state != "answered":
            # The schema makes it choose a place for what stands nowhere, too.
            reply = replace(reply, quotes=())
        court = self._court_of(prompt)
        citations = [self._judged(quote, court) for quote in reply.quotes]
        wanted = question.quote and reply.state == "answered"
        if (wrong := cells.failures(citations, wanted=wanted)) and not self._guided:
            retry = self._extended(prompts[-1], said[-1].text, cells.requote(wrong))
            said.append(await self._ask(engine, retry, question, labels))
            reply, citations = self._better(reply, citations, said[-1], question, court)
        return self._priced(self._settled(cell, question, reply, citations, said), said)

    def _better(
        self,
        reply: Reply,
        citations: list[Citation],
        said: Said,
        question: Question,
        court: Court,
    ) -> tuple[Reply, list[Citation]]:
        """Return the second answer where fewer of its quotes fail, else the first."""
        try:
            second = self._read(said, question)
        except MalformedError:
            return reply, citations
        judged = [self._judged(quote, court) for quote in second.quotes]
        wanted = question.quote and second.state == "answered"
        before = cells.failures(citations, wanted=question.quote and reply.state == "answered")
        after = cells.failures(judged, wanted=wanted)
        return (second, judged) if len(after) <= len(before) else (reply, citations)

    def _read(self, said: Said, question: Question) -> Reply:
        try:
            return cells.read(said.text, question)
        except MalformedError as error:
            if said.finished == "length":
                raise MalformedError(f"it was not finished: {error}") from error
            raise

    def _extended(self, prompt: Prompt, answer: str, request: str) -> Prompt:
        return compose.extend(prompt, answer, request, self._pieces)

    async def _ask(
        self, engine: Engine, prompt: Prompt, question: Question, labels: Sequence[str]
    ) -> Said:
        sampling = Sampling(
            self.profile.answer,
            self.profile.temperature,
            schema=cells.schema(question, labels, self._guided),
            repetition_penalty=self.profile.repetition_penalty,
        )
        text: list[str] = []
        usage: Usage | None = None
        finished: Literal["stop", "length", "cut"] = "cut"
        async for event in engine.stream(prompt, sampling):
            match event:
                case Text(piece):
                    text.append(piece)
                case Usage():
                    usage = event
                case Finished(reason):
                    finished = reason
                case _:
                    pass
        return Said("".join(text).strip(), finished, usage)

    def _court_of(self, prompt: Prompt) -> Court:
        if self.way == "whole":
            return self._court
        return Court({"d1": self._shown(compose.ranges(prompt).get("d1", ()))})

    def _judged(self, quote: Quoted, court: Court) -> Citation:
        # There is one document, whatever the model calls it.
        found = stands("d1", quote.span, quote.words, court)
        return replace(found, guided=self._guided and not quote.words)

    def _blank(self, question: Question, prompt: Prompt) -> Cell:
        return Cell(
            path=self.reviewed.path,
            question=question.name,
            state=CellState.FAILED,
            way=self.way,
            shown=self._places(prompt),
            content_id=self.reviewed.content_id,
            question_hash=question.hash,
            profile=self.profile.name,
            model=self.profile.model,
            prompt_version=cells.VERSION,
            extractor=self._extractor,
        )

    def _places(self, prompt: Prompt) -> tuple[Span, ...]:
        """Return the pages, lines or cells of which something was in the prompt."""
        if self.way == "whole" and self.reviewed.pages:
            gone = {page for page, _ in self.reviewed.unread}
            pages = [n for n in range(1, self.reviewed.pages + 1) if n not in gone]
            spans = [(n, n + 1) for n in pages]
        else:
            ruler = Ruler(self.document)
            ranges = compose.ranges(prompt, Level.FULL).get("d1", ())
            found = [ruler.span(start, end) for start, end in ranges if end > start]
            spans = [(span.first, span.last + 1) for span in found]
        return tuple(Span(self.document.unit, a, b - 1) for a, b in joined(spans))

    def _settled(
        self,
        cell: Cell,
        question: Question,
        reply: Reply,
        citations: Sequence[Citation],
        said: Sequence[Said],
    ) -> Cell:
        """Return the cell with its state: what the model says, as far as it can know that."""
        truncated = next((s.usage for s in said if s.usage and s.usage.truncated), None)
        notes = []
        value = values.value(question, reply.value) if reply.value else None
        state = CellState(reply.state)
        if state is CellState.ANSWERED and value and not value.clear:
            state = CellState.UNCLEAR
            notes.append(f"the value is no {question.type} that can be told for sure")
        if state is CellState.NOT_PRESENT and not self.complete:
            state = CellState.NOT_FOUND
        if self.way == "evidence":
            notes.append(
                f"the document is longer than the {self.profile.trusted:,} trusted tokens:"
                f" its best parts were shown"
            )
        if self.reviewed.unread:
            notes.append(unread_words(self.reviewed))
        if truncated:
            state = CellState.NOT_FOUND if state is CellState.NOT_PRESENT else state
            notes.append(
                f"the server read {truncated.prompt_tokens:,} of the"
                f" {truncated.expected_tokens:,} tokens sent"
            )
        wanted = question.quote and state is CellState.ANSWERED
        wrong = cells.failures(citations, wanted=wanted)
        return replace(
            cell,
            state=state,
            value=value,
            citations=tuple(citations),
            reasoning=reply.reasoning,
            note="; ".join([*wrong, *notes]),
            unverified=bool(wrong),
        )

    def _priced(self, cell: Cell, said: Sequence[Said]) -> Cell:
        counted = [one.usage for one in said if one.usage]
        return replace(
            cell,
            requests=len(said),
            usage=_together(counted),
            price=sum(spending.price(self.profile, usage) for usage in counted),
        )


def room(
    profile: Profile,
    window: int,
    pieces: Pieces,
    document: Document,
    questions: Sequence[Question],
) -> int:
    """Return the tokens that a document may take beside head, questions and answers.

    Raises:
        BudgetError: there are none.
    """
    guided = profile.citations == "guided"
    head = cells.head("§0", document.unit, guided)
    fixed = sum(map(len, pieces.family.frame(ROLES))) + pieces.count_text(head)
    labels = [f"d1:p{number}" for number in range(1000, 1000 + CHOICES)] if guided else []
    longest = max(
        pieces.count_texts([f"§0 question\n{cells.question(q, labels)}" for q in questions]),
        default=0,
    )
    again = profile.answer + (0 if guided else AGAIN)
    left = window - fixed - longest - profile.answer
    # Asking once more takes as much again, where that is little beside the document.
    left = left - again if again * 4 < left else left
    if left <= 0:
        raise BudgetError(
            f"head, question and answer take {window - left:,} tokens, and there are {window:,}",
            hint="raise --budget, or choose a profile with a larger window",
        )
    return left


def extractor(document: Document) -> str:
    """Return what reads such a document, and its version."""
    how = f" {config.settings().pdf_text}" if document.unit == "page" else ""
    return f"longread {__version__}{how}"


def unreadable(reviewed: Reviewed, question: Question) -> Cell:
    """Return the cell of a document of which nothing could be read."""
    return Cell(
        path=reviewed.path,
        question=question.name,
        state=CellState.UNREADABLE,
        note=reviewed.reason,
        content_id=reviewed.content_id,
        question_hash=question.hash,
        prompt_version=cells.VERSION,
        extractor=f"longread {__version__}",
    )


def failed(reviewed: Reviewed, question: Question, profile: Profile, why: str) -> Cell:
    """Return the cell of a request that the engine did not take."""
    return Cell(
        path=reviewed.path,
        question=question.name,
        state=CellState.FAILED,
        note=why,
        content_id=reviewed.content_id,
        question_hash=question.hash,
        profile=profile.name,
        model=profile.model,
        prompt_version=cells.VERSION,
        requests=1,
    )


def unread_words(reviewed: Reviewed) -> str:
    """Say which pages of a document could not be read: "2 pages could not be read (p3, p7)"."""
    pages = [f"p{page}" for page, _ in reviewed.unread]
    named = ", ".join(pages[:NAMED]) + (", …" if len(pages) > NAMED else "")
    return f"{number_of(len(pages), 'page')} could not be read ({named})"


def _together(counted: Sequence[Usage]) -> Usage | None:
    """Return what several requests took together; the first token is that of the first."""
    if not counted:
        return None
    first, *_ = counted
    return replace(
        first,
        prompt_tokens=sum(usage.prompt_tokens for usage in counted),
        output_tokens=sum(usage.output_tokens for usage in counted),
        cached_tokens=_sum([usage.cached_tokens for usage in counted]),
        seconds=sum(usage.seconds for usage in counted),
        expected_tokens=_sum([usage.expected_tokens for usage in counted]),
        reasoning_tokens=_sum([usage.reasoning_tokens for usage in counted]),
    )


def _sum(counts: Sequence[int | None]) -> int | None:
    """Return the sum; None where one of them is not known."""
    known = [count for count in counts if count is not None]
    return sum(known) if len(known) == len(counts) else None
