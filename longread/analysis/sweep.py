"""One question over everything: a corpus asked part by part, and what the parts say put together.

All text that could be read is shown to the model once. Each quote is judged against its document,
and no finding is lost on the way to the answer. Nothing is kept here: `longread.analysis.ask` does.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, Iterable, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field, replace

from longread import config
from longread.analysis import spending, swept
from longread.analysis.answering import covered_in
from longread.analysis.conversation import Conversation
from longread.analysis.findings import (
    AGAIN,
    DEAR,
    Finding,
    Heard,
    Inquiry,
    Purse,
    UnreadError,
    free,
)
from longread.analysis.joining import Joined, Joining, exactly, item, written
from longread.analysis.narrowing import narrow
from longread.analysis.work import Work
from longread.errors import BudgetError, EngineError, WindowError
from longread.ingest.places import number_of
from longread.prompt import cut
from longread.prompt.cite import judge
from longread.prompt.cut import Part
from longread.prompt.ruler import joined as as_one
from longread.store import Store
from longread.types import (
    Answer,
    Document,
    Engine,
    Event,
    Finished,
    Progress,
    Tell,
    Text,
    Usage,
)

IN_A_ROW = 3
"""Parts that fail one after another before the engine is given up; one alone is named."""
Ranges = dict[str, tuple[tuple[int, int], ...]]
CUT = "it was stopped before"
NOTHING = "Nothing in what was read says anything on it."
UNKNOWN = "how much was read before it was cut is not known"


@dataclass(frozen=True, slots=True)
class Found:
    """What one part says, as it is kept until all parts are read."""

    text: str


@dataclass(frozen=True, slots=True)
class Most:
    """What a sweep may take, each as tokens of prompts and answers as long as they may be."""

    reading: tuple[int, int]
    """Each part once."""
    again: tuple[int, int]
    """Once more, where an answer cannot be read, is too long, or quotes what does not stand."""
    joining: tuple[int, int]
    """The comparing of what the parts say; what is left of `again` goes there too."""

    @property
    def together(self) -> tuple[int, int]:
        """All of it."""
        each = self.reading, self.again, self.joining
        return sum(tokens for tokens, _ in each), sum(answers for _, answers in each)


@dataclass(slots=True)
class Sweep:
    """One question on its way through all parts of a conversation's corpus."""

    opened: Conversation
    question: str
    parallel: int = 0
    """Parts asked side by side; 0: as many as the settings say."""
    parts: list[Part] = field(default_factory=list)
    heard: dict[int, Heard] = field(default_factory=dict)
    """By number, the parts that were read."""
    failed: dict[int, str] = field(default_factory=dict)
    """By number, the parts that were not read, and why."""
    notes: list[str] = field(default_factory=list)
    usage: list[Usage] = field(default_factory=list)
    """Of each request that came to an end, in whatever round."""
    _ranks: dict[tuple[str, int], int] = field(default_factory=dict)
    _mark: str = ""
    _refused: int = 0
    """The part that the server has no room for."""

    strategy = "sweep"
    less = "use --strategy focus"
    """What costs less, as a hint."""
    pictures = 0

    def prepare(self, tell: Tell) -> None:
        """Cut the corpus into parts, and find what is relevant in each. Blocking.

        Raises:
            BudgetError: the window has no room for any part.
        """
        self.divide(tell)
        self.heard, self.failed = {}, {}
        if self.opened.profile.citations == "guided":
            documents = self.opened.corpus.documents
            hits = self.opened.hits(self.question, tell)
            keys = [(documents[hit.document].id, hit.segment) for hit in hits]
            self._ranks = {key: rank for rank, key in enumerate(keys)}

    def divide(self, tell: Tell) -> None:
        """Cut the corpus into parts. Blocking.

        Raises:
            BudgetError: the window has no room for any part.
        """
        documents, pieces = self.opened.corpus.documents, self.opened.pieces
        self._mark = free(documents, self.opened.layout.mark)
        self.parts = cut.cut(documents, self._inquiry().room, self._mark, pieces, tell)

    @property
    def documents(self) -> dict[str, Document]:
        """By short id; from the store once the session is kept."""
        return {document.id: document for document in self.opened.corpus.documents}

    def _inquiry(self, purse: Purse | None = None) -> Inquiry:
        opened = self.opened
        recognised: dict[str, dict[int, float | None]] = {}
        ids = {placed.path: placed.id for placed in opened.corpus.documents}
        for page in opened.ledger.pages:
            if page.ocr and page.path in ids:
                recognised.setdefault(ids[page.path], {})[page.page] = page.confidence
        return Inquiry(
            self.question, self.documents, self._mark, opened.profile, opened.window,
            opened.pieces, recognised, self._ranks, purse, self.usage,
        )  # fmt: skip

    @property
    def most(self) -> tuple[int, int]:
        """Tokens of all prompts, and the answers, at most: see `Most`."""
        return self._most().together

    def _most(self) -> Most:
        return _most(self._inquiry(), len(self.parts), sum(part.tokens for part in self.parts))

    def cost(self, store: Store) -> spending.Estimate:
        """Return what all parts and the joining cost at most, with what was spent already."""
        tokens, answers = self.most
        made = spending.estimate(self.opened.profile, tokens, store, answers)
        if spent := spending.together(self.usage):
            dollars = made.dollars + spending.price(self.opened.profile, spent)
            made = replace(made, dollars=dollars, seconds=made.seconds + spent.seconds)
        return made

    def shown(self, cost: spending.Estimate, _: Store) -> Progress:
        """Say in how many parts all is read, and what that costs."""
        read = covered_in(self.opened, self.ranges(range(len(self.parts))))[1]
        parts = number_of(len(self.parts), "part")
        words = f"sweep: {parts}, up to {cost.tokens:,} tokens, {read}"
        return Progress("show", note=f"{words}; {cost.words}" if cost.words else words)

    async def run(self, engine: Engine) -> AsyncGenerator[Event | Found]:
        """Yield how far it is, what each part says once it is judged, and last the `Answer`.

        Raises:
            EngineError: it failed at too many parts in a row, or at all; what came stands.
        """
        most = self._most()
        inquiry = self._inquiry(Purse(*most.again))
        parallel = self.parallel or config.settings().review_parallel
        # Who leaves early is to be heard at once: no request is left running.
        async with aclosing(self._read(inquiry, engine, parallel)) as reading:
            async for step in reading:
                yield step
        joined = self._joined()
        if len(joined.groups) > 1 and not inquiry.guided:
            inquiry.purse.add(*most.joining)
            async with aclosing(Joining(inquiry, engine, parallel).run(joined)) as joining:
                async for step in joining:
                    yield step
        self.notes += joined.notes
        if inquiry.purse.refused:
            self.notes.append(
                f"Not all that failed was asked for once more: {DEAR}; with a smaller budget parts"
                " are smaller, and less is found in each."
            )
        made = written(joined)
        text = made.text or NOTHING
        yield Text(text)
        usage = spending.together(self.usage)
        if usage:
            yield usage
        yield Finished("stop")
        answer = Answer(self.question, text, tuple(made.citations), "stop", usage=usage)
        judging = Work(lambda _: self._judged(answer))
        async for step in judging:
            yield step
        yield judging.value

    async def _read(
        self, inquiry: Inquiry, engine: Engine, parallel: int
    ) -> AsyncGenerator[Event | Found]:
        waiting = deque(n for n in range(len(self.parts)) if n not in self.heard)
        running: dict[asyncio.Task[Heard], int] = {}
        row: list[EngineError] = []
        yield self._progress()
        try:
            while waiting or running:
                while waiting and len(running) < parallel:
                    number = waiting.popleft()
                    asking = inquiry.ask(self.parts[number], engine)
                    running[asyncio.create_task(asking)] = number
                ready, _ = await asyncio.wait(running, return_when=asyncio.FIRST_COMPLETED)
                for task in sorted(ready, key=running.__getitem__):
                    number = running.pop(task)
                    try:
                        heard = task.result()
                    except WindowError:
                        self._refused = number
                        raise
                    except EngineError as error:
                        self.failed[number] = str(error)
                        row.append(error)
                        if len(row) >= IN_A_ROW or len(self.failed) == len(self.parts):
                            raise
                        continue
                    except UnreadError as error:
                        self.failed[number] = str(error)
                    else:
                        self.heard[number] = heard
                        if heard.findings:
                            yield Found(_listed(heard.findings))
                    row.clear()
                yield self._progress()
        finally:
            for task in running:
                task.cancel()
            said = await asyncio.gather(*running, return_exceptions=True)
            # Some were done already, and nobody had looked.
            for number, one in zip(running.values(), said, strict=True):
                if isinstance(one, Heard):
                    self.heard[number] = one

    def _progress(self) -> Progress:
        found = sum(len(heard.findings) for heard in self.heard.values())
        words = number_of(found, "finding") if found else ""
        return Progress("sweep", len(self.heard) + len(self.failed), len(self.parts), words)

    def _joined(self) -> Joined:
        in_order = [f for _, heard in sorted(self.heard.items()) for f in heard.findings]
        return Joined(exactly(in_order))

    def ranges(self, numbers: Iterable[int]) -> Ranges:
        """Return, by short id, what the parts with these numbers show."""
        found: dict[str, list[tuple[int, int]]] = {}
        for number in numbers:
            for id, ranges in self.parts[number].ranges.items():
                found.setdefault(id, []).extend(ranges)
        return {id: tuple(as_one(ranges)) for id, ranges in found.items()}

    def so_far(self) -> str:
        """Return what the parts say that were read, put together as far as that takes no model."""
        return written(self._joined()).text

    def finish(self, partial: Answer) -> Answer:
        """Return what came of a sweep that was cut, judged."""
        made, usage = written(self._joined()), spending.together(self.usage)
        text = made.text or partial.text
        citations = tuple(made.citations)
        return self._judged(replace(partial, text=text, citations=citations, usage=usage))

    def _judged(self, answer: Answer) -> Answer:
        documents, ranges = self.documents, self.ranges(self.heard)
        share, words = covered_in(self.opened, ranges)
        words = f"{number_of(len(self.parts), 'part')}, {words}"
        reasons = dict(self.failed)
        if answer.finished == "cut":
            asked = self.heard.keys() | self.failed.keys()
            reasons |= {n: CUT for n in range(len(self.parts)) if n not in asked}
        missing = swept.not_read(self.parts, reasons, documents)
        caveats = (
            *self.notes,
            swept.incomplete(self.parts, self.heard, documents),
            swept.broken(self.parts, documents),
        )
        return _judged(
            self.opened, answer, ranges, share, "; ".join(filter(None, (words, missing))), caveats
        )

    def narrow(self, refused: WindowError, store: Store, tell: Tell) -> str:
        """Cut anew for the window that a server named; say so in words. Blocking.

        Raises:
            WindowError: the server named no window, or nothing can be shown in it.
        """
        prompt, _ = self._inquiry().prompt(self.parts[self._refused])
        note = narrow(self.opened, prompt.size, refused, store, tell)
        self.prepare(tell)
        return note


def judge_cut(opened: Conversation, answer: Answer) -> Answer:
    """Return what a sweep left whose program ended, judged; nobody knows how much it had read."""
    every: Ranges = {document.id: ((0, document.size),) for document in opened.corpus.documents}
    return _judged(opened, answer, every, 0.0, UNKNOWN, ())


def _judged(
    opened: Conversation,
    answer: Answer,
    ranges: Ranges,
    share: float,
    coverage: str,
    caveats: Sequence[str],
) -> Answer:
    profile = opened.profile
    citations = judge(answer.text, opened.shown_in(ranges), answer.citations)
    if profile.citations == "guided":
        citations = tuple(replace(citation, guided=True) for citation in citations)
    return replace(
        answer,
        citations=citations,
        strategy="sweep",
        share=share,
        coverage=coverage,
        caveat=" ".join(filter(None, (*caveats, profile.caveat))),
        profile=profile.name,
        price=spending.price(profile, answer.usage) if answer.usage else 0.0,
    )


def outlook(opened: Conversation, question: str, store: Store) -> str:
    """Say what reading everything would take, without cutting anything; empty where it cannot be.

    Of a session that was asked before this takes no look at a text.
    """
    inquiry = Inquiry(
        question, {}, opened.layout.mark, opened.profile, opened.window, opened.pieces
    )
    try:
        room = inquiry.room
    except BudgetError:
        return ""
    tokens = sum(entry.full_tokens for entry in opened.ledger.files)
    parts = -(-tokens // room)
    tokens, answers = _most(inquiry, parts, tokens).together
    cost = spending.estimate(opened.profile, tokens, store, answers)
    words = f"--strategy sweep would read all of it: about {number_of(parts, 'part')}"
    return f"{words}, up to {cost.tokens:,} tokens" + (f", {cost.words}" if cost.words else "")


def _most(inquiry: Inquiry, parts: int, tokens: int) -> Most:
    """Return what so many parts, of so many tokens together, take at most."""
    answer = inquiry.profile.answer
    reading = tokens + parts * inquiry.fixed, parts
    again = reading[0] + parts * (answer + AGAIN), parts
    if inquiry.guided or not parts:
        return Most(reading, again, (0, 0))
    joins = -(-parts * answer // inquiry.room)
    return Most(reading, again, (parts * answer + joins * inquiry.fixed, joins))


def _listed(findings: Sequence[Finding]) -> str:
    return "".join(f"- {item(one.says, one.citations)}\n" for one in findings)
