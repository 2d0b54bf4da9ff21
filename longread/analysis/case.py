"""One document of a review, ready to be asked: its prompts, and what becomes of its answers.

What is asked depends on the document and the question alone, so that a review that was stopped and
taken up again anywhere asks what it would have asked.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from typing import Literal

from longread.analysis import family as families
from longread.analysis import settling
from longread.analysis.completion import Completion
from longread.analysis.conversation import usable
from longread.analysis.family import NOBODY, Family
from longread.analysis.narrowing import fitting
from longread.analysis.relevance import evidence_share
from longread.analysis.settling import Judged
from longread.cache.search import SearchIndex
from longread.config import Profile
from longread.errors import BudgetError, WindowError
from longread.prompt import (
    cells,
    compose,
    costs,
    cut,
    evidence,
    finding,
    guide,
    render,
    sweep,
)  # fmt: skip
from longread.prompt.cite import Court
from longread.prompt.cut import Part
from longread.prompt.evidence import Hit
from longread.prompt.ruler import Ruler, joined
from longread.tokens.pieces import Pieces
from longread.types import (
    Document,
    Level,
    Placed,
    Prompt,
    Role,
    Sampling,
    Shown,
    Span,
    Turn,
)
from longread.types.reviews import Cell, CellState, Question, Reviewed

ROLES: tuple[Role, ...] = ("system", "user")
CHOICES = 8
"""Places that a guided model chooses from."""
AGAIN = 400
"""Tokens kept, beside those of an answer, to ask for it once more with what was wrong with it."""


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
        part: Part | None = None,
        family: Family = NOBODY,
        *,
        second: bool = False,
        note: str = "",
    ) -> None:
        """Lay the document out, and what is read with it; this reads and counts all of it.

        Args:
            part: what is shown of it, where it is asked part by part.
            family: what is read with it.
            second: whether it is asked in the words of the second pass.
            note: what every cell says of how it was asked.

        Raises:
            BudgetError: the window has no room for a document beside head, question and answer.
        """
        self.reviewed, self.profile, self._pieces = reviewed, profile, pieces
        self._questions, self._window = questions, window
        self._second, self._note = second, note
        self._family, self._documents = family, family.named(document)
        self.document = self._documents[0]
        together = len(self._documents) > 1
        self.guided = profile.citations == "guided"
        self._mark = render.boundary_mark([t for d in self._documents for t in (d.text, d.path)])
        self._head = cells.head(self._mark, document.unit, self.guided, together, second=second)
        self._room = room(profile, window, pieces, document, questions, together)
        chunks = [
            chunk
            for one in self._documents
            for chunk in render.chunks(
                Placed(one.id, one.path, one.content_id, Level.FULL), one, self._mark
            )
        ]
        self.way: Literal["whole", "evidence", "sweep"] = "whole"
        if part:
            self.way = "sweep"
            by_id = {one.id: one for one in self._documents}
            shown = (cut.chunks(one, by_id[one.document], self._mark) for one in part.slices)
            chunks = [chunk for of_slice in shown for chunk in of_slice]
        elif costs.price(chunks, pieces) > self._room:
            self.way = "evidence"
            share = int(self._room * (1 - evidence_share(window)))
            chunks = families.laid_out(self._documents, self._mark, share, pieces, self.guided)
        self._chunks = chunks
        parts = (self._head, chunks, "", (), ())
        self._base = compose.compose(*parts, "", self._mark, pieces, profile.route)
        self._index: SearchIndex | None = None
        self._extractor = settling.extractor(self.document)

    def close(self) -> None:
        """Let go of what was made to search the document, in the thread where it was made."""
        if self._index:
            self._index.close()
            self._index = None

    @cached_property
    def _court(self) -> Court:
        return self._court_over({one.id: ((0, one.size),) for one in self._documents})

    def _court_over(self, ranges: Mapping[str, tuple[tuple[int, int], ...]]) -> Court:
        ocr = self._family.recognised(self.reviewed)
        return Court({d.id: Shown(d, ranges.get(d.id, ()), ocr=ocr[d.id]) for d in self._documents})

    def _hits(self, question: Question) -> list[Hit]:
        if self._index is None:
            self._index = SearchIndex(None)
            finding.bring_up_to_date(self._index, self._documents)
        words = f"{question.name} {question.text}"
        return finding.find(words, self._documents, self._index)

    def prompt(self, question: Question) -> tuple[Prompt, list[str]]:
        """Return the prompt for a question, and the places that a guided model may choose from."""
        hits = self._hits(question) if self.guided or self.way == "evidence" else []
        found = []
        if self.way == "evidence":
            shown = compose.ranges(self._base, Level.FULL)
            left = self._room - costs.price(self._chunks, self._pieces)
            new = evidence.unseen(hits, self._documents, shown)
            chosen = evidence.select(new, self._documents, left, self._mark, self._pieces)
            found = evidence.excerpts(chosen, self._documents, self._mark)
        system, user = self._base.turns
        seen = user.pieces[:-1]
        if found:
            seen = (*seen, *compose.show(found, self._pieces, self.profile.route))
        shown_now = replace(self._base, turns=(system, Turn("user", seen)))
        labels = self._labels(hits, shown_now) if self.guided else []
        said = cells.question(question, labels, second=self._second)
        if self.way == "sweep" and not labels:
            said = f"{said}\n{sweep.PART}"
        asked = compose.ask(said, self._mark, self._pieces)
        return replace(self._base, turns=(system, Turn("user", (*seen, asked)))), labels

    def _labels(self, hits: Sequence[Hit], prompt: Prompt) -> list[str]:
        """Return the places shown in full that are most relevant, or the first where none is."""
        full = compose.ranges(prompt, Level.FULL)
        every = [(d, s) for d, one in enumerate(self._documents) for s in range(len(one.segments))]
        order = [(hit.document, hit.segment) for hit in hits] or every
        if self.way == "sweep":
            order += every
        found: dict[str, None] = {}
        for place, number in order:
            document = self._documents[place]
            segment = document.segments[number]
            shown = full.get(document.id, ())
            if any(a <= segment.start and segment.end <= b for a, b in shown):
                found.setdefault(guide.label(document, segment.span))
            if len(found) == CHOICES:
                break
        return list(found)

    def laid_out_anew(self, question: Question, refused: WindowError) -> Case:
        """Return the same document laid out for the window that a server named.

        Raises:
            WindowError: it named none, or nothing of the document can be shown in it.
        """
        if not refused.limit or self.way == "sweep":
            raise refused
        sent, _ = self.prompt(question)
        profile = fitting(self.profile, self._window, sent.size, refused)
        try:
            window = min(self._window, usable(profile, None))
            return Case(
                self.reviewed, self.document, self._questions, profile, window, self._pieces,
                family=self._family, second=self._second,
                note=f"{refused}: laid out again for {window:,} tokens",
            )  # fmt: skip
        except BudgetError as error:
            raise WindowError(
                f"{refused}; there {error}", hint=error.hint, limit=refused.limit
            ) from refused

    def ready(self, question: Question) -> tuple[Prompt, Sampling, Cell]:
        """Return what is sent for a question, and all that is known of its cell before."""
        prompt, labels = self.prompt(question)
        sampling = Sampling(
            self.profile.answer,
            self.profile.temperature,
            schema=cells.schema(question, labels, self.guided),
            repetition_penalty=self.profile.repetition_penalty,
        )
        return prompt, sampling, self._blank(question, prompt)

    def judged(self, said: Completion, question: Question, prompt: Prompt) -> Judged:
        """Read an answer and judge its quotes.

        Raises:
            MalformedError: it cannot be read.
        """
        reply = settling.read(said, question)
        return settling.judge(reply, question, self._court_of(prompt), guided=self.guided)

    def malformed(self, prompt: Prompt, said: Completion, why: str) -> Prompt:
        """Return the prompt that asks once more for an answer that can be read."""
        return compose.extend(prompt, said.text, cells.again(why), self._pieces)

    def requoted(self, prompt: Prompt, said: Completion, wrong: Sequence[str]) -> Prompt:
        """Return the prompt that asks once more for quotes; it says no more than there is room."""
        for most in range(len(wrong), 0, -1):
            request = cells.requote(wrong[:most])
            if most == 1 or self._pieces.count_text(request) <= AGAIN:
                break
        return compose.extend(prompt, said.text, request, self._pieces)

    def settled(
        self, cell: Cell, question: Question, judged: Judged, said: Sequence[Completion]
    ) -> Cell:
        """Return the cell that comes of an answer."""
        notes = [self._note] if self._note else []
        reviewed = self._family.judged_as(self.reviewed)
        made = settling.settled(cell, question, judged, said, reviewed, self.profile, notes)
        return settling.priced(self._family.told(made), said, self.profile)

    def _court_of(self, prompt: Prompt) -> Court:
        if self.way == "whole":
            return self._court
        return self._court_over(compose.ranges(prompt))

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


def room(
    profile: Profile,
    window: int,
    pieces: Pieces,
    document: Document,
    questions: Sequence[Question],
    together: bool = False,
) -> int:
    """Return the tokens that a document may take beside head, questions and answers.

    Raises:
        BudgetError: there are none.
    """
    guided = profile.citations == "guided"
    head = cells.head("§0", document.unit, guided, together)
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
