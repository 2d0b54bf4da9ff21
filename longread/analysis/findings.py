"""One part of a corpus asked a question: what it is found to say, each quote judged at once.

Nothing is asked of parts together here, and nothing is kept.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from longread.analysis import reading
from longread.analysis.completion import Completion, complete
from longread.config import Profile
from longread.errors import BudgetError, EngineError
from longread.prompt import cells, compose, guide, render, sweep
from longread.prompt.cells import MalformedError, Quoted
from longread.prompt.cite import Court, stands
from longread.prompt.cut import Part, chunks, halves, place
from longread.prompt.names import Names
from longread.prompt.sweep import Said
from longread.tokens.pieces import Pieces
from longread.types import (
    Citation,
    Document,
    Engine,
    Prompt,
    Sampling,
    Shown,
    Usage,
)

CHOICES = 8
"""Places that a guided model chooses from, of each part."""
QUESTION = 256
"""Tokens kept for the question, in steps of so many: parts must not change with each question."""
AGAIN = 400
"""Tokens kept, beside those of an answer, to ask for quotes once more."""
LONG = "more was found than an answer has room for"
DEAR = "to ask again would cost more than was said at most"
DEPTH = 3
"""Times that a part whose findings do not fit an answer is halved, at most."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that a part says on the question."""

    says: str
    citations: tuple[Citation, ...] = ()

    @property
    def sure(self) -> bool:
        """Whether it quotes, and all that it quotes stands."""
        return not self.failures

    @property
    def failures(self) -> list[str]:
        """What is wrong with its quotes, a line each."""
        return cells.failures(self.citations, wanted=True)


@dataclass(frozen=True, slots=True)
class Heard:
    """What came of one part."""

    findings: tuple[Finding, ...]
    wrong: str = ""
    """Why not all that the part says may be among them; empty where nothing speaks for that."""


class UnreadError(Exception):
    """A part that was asked and gave no answer that can be read; it says why."""


@dataclass(slots=True)
class Purse:
    """What may yet be spent beside one request for each part, so that a price at most is one."""

    tokens: int
    """Of prompts."""
    answers: int
    """Each as long as it may be."""
    refused: int = 0
    """Requests that were not sent for it."""

    def take(self, prompt: Prompt) -> bool:
        """Take what a request costs at most, if that is there."""
        if self.answers < 1 or self.tokens < prompt.size:
            self.refused += 1
            return False
        self.tokens -= prompt.size
        self.answers -= 1
        return True

    def add(self, tokens: int, answers: int) -> None:
        """Allow more."""
        self.tokens += tokens
        self.answers += answers


class Inquiry:
    """A question, the model it is put to, and how its prompts are made."""

    def __init__(
        self,
        question: str,
        documents: Mapping[str, Document],
        mark: str,
        profile: Profile,
        window: int,
        pieces: Pieces,
        recognised: Mapping[str, Mapping[int, float | None]] = {},
        ranks: Mapping[tuple[str, int], int] = {},
        purse: Purse | None = None,
        spent: list[Usage] | None = None,
    ) -> None:
        """Prepare it; nothing is read yet.

        Args:
            documents: by short id.
            window: tokens that a prompt and its answer may take.
            recognised: by short id, pages that were recognised in pictures, and how surely.
            ranks: by short id and segment, the order in which places are offered to a guided model.
            purse: what the requests may cost that follow the first one for a part.
            spent: what requests took is put there as it is known.
        """
        self.question, self.documents, self.mark = question, documents, mark
        self.profile, self.window, self.pieces = profile, window, pieces
        self.guided = profile.citations == "guided"
        self._recognised, self._ranks = recognised, ranks
        self.purse = Purse(0, 0) if purse is None else purse
        self._spent = [] if spent is None else spent

    @property
    def fixed(self) -> int:
        """Tokens of a part's prompt beside what it shows, as many as are kept for them."""
        frame = sum(map(len, self.pieces.family.frame(reading.ROLES)))
        return frame + self.pieces.count_text(sweep.head(self.mark, self.guided)) + self._asked

    @property
    def _asked(self) -> int:
        longest = ["d1000:L10000-L10060"] * CHOICES if self.guided else []
        said = f"{self.mark} question\n{sweep.question(self.question, longest)}"
        return -(-self.pieces.count_text(said) // QUESTION) * QUESTION

    @property
    def room(self) -> int:
        """Tokens that a part may have.

        Raises:
            BudgetError: there are none.
        """
        left = self.window - self.profile.answer - self.fixed
        again = self.profile.answer + AGAIN
        # Asking once more takes as much again, where that is little beside the part.
        left = left - again if not self.guided and again * 4 < left else left
        if left <= 0:
            raise BudgetError(
                f"head, question and answer take {self.window - left:,} tokens, and there are"
                f" {self.window:,}",
                hint="raise --budget, or choose a profile with a larger window",
            )
        return left

    def prompt(self, part: Part) -> tuple[Prompt, list[str]]:
        """Return the prompt of a part, and the places that a guided model may choose from."""
        labels = self._labels(part) if self.guided else []
        shown = [
            chunk
            for one in part.slices
            for chunk in chunks(one, self.documents[one.document], self.mark)
        ]
        head, asked = sweep.head(self.mark, self.guided), sweep.question(self.question, labels)
        parts = (head, shown, "", (), (), asked, self.mark, self.pieces, self.profile.route)
        return compose.compose(*parts), labels

    def _labels(self, part: Part) -> list[str]:
        """Return the part's places, the most relevant first, or its first ones."""
        found: list[tuple[int, str]] = []
        for one in part.slices:
            document = self.documents[one.document]
            if one.broken or not document.segments:
                found.append((len(self._ranks), guide.label(document, place(one, document))))
                continue
            for number, segment in enumerate(document.segments):
                if one.start <= segment.start and segment.end <= one.end:
                    rank = self._ranks.get((document.id, number), len(self._ranks))
                    found.append((rank, guide.label(document, segment.span)))
        found.sort(key=lambda pair: pair[0])
        return list(dict.fromkeys(label for _, label in found))[:CHOICES]

    async def ask(self, part: Part, engine: Engine, depth: int = 0) -> Heard:
        """Ask a part: at most twice for JSON, and once more for quotes that do not stand.

        Raises:
            EngineError: the model cannot be reached, or stopped half-way.
            UnreadError: neither answer could be read.
        """
        # Reading, encoding and judging take long: whoever shows progress is not to wait for them.
        prompt, labels = await asyncio.to_thread(self.prompt, part)
        schema = sweep.schema(labels, self.guided)
        if depth and not self.purse.take(prompt):
            raise UnreadError(DEAR)
        replies = [await self.say(engine, prompt, schema)]
        try:
            said, long = self._read(replies[-1])
        except MalformedError as error:
            prompt = self.again(prompt, replies[-1].text, cells.again(str(error)))
            if not self.purse.take(prompt):
                raise UnreadError(f"no answer: {error}; {DEAR}") from error
            replies.append(await self.say(engine, prompt, schema))
            try:
                said, long = self._read(replies[-1])
            except MalformedError as error:
                raise UnreadError(f"no answer: {error}") from error
        bench = self._bench(part)
        why = [
            f"the server read {usage.prompt_tokens:,} of the {usage.expected_tokens:,} tokens sent"
            for usage in _counted(replies)[:1]
            if usage.truncated
        ]
        if long and depth < DEPTH:
            made, lost = await self._halved(part, engine, depth)
            if made and not lost:
                every = tuple(finding for heard in made for finding in heard.findings)
                return Heard(every, "; ".join(dict.fromkeys(h.wrong for h in made if h.wrong)))
            if lost:
                # What the whole said stands where a half of it says nothing.
                findings = await asyncio.to_thread(lambda: [bench.found(one) for one in said])
                every = (*findings, *(finding for heard in made for finding in heard.findings))
                why += [LONG, *lost, *(heard.wrong for heard in made)]
                return Heard(every, "; ".join(filter(None, dict.fromkeys(why))))
        findings = await asyncio.to_thread(lambda: [bench.found(one) for one in said])
        if not self.guided:
            findings = await self._requoted(findings, bench, prompt, replies, engine)
        return Heard(tuple(findings), "; ".join([*([LONG] if long else []), *why]))

    async def _halved(
        self, part: Part, engine: Engine, depth: int
    ) -> tuple[list[Heard], list[str]]:
        """Return what the halves of a part say, and why others of them say nothing."""
        pair = await asyncio.to_thread(halves, part, self.documents, self.mark, self.pieces)
        made, lost = [], []
        for half in pair if len(pair) > 1 else ():
            try:
                made.append(await self.ask(half, engine, depth + 1))
            except (UnreadError, EngineError) as error:
                lost.append(str(error))
        return made, lost

    def _read(self, reply: Completion) -> tuple[list[Said], bool]:
        """Return what was said, and whether it was cut before its end."""
        try:
            return sweep.read(reply.text, whole=True), False
        except MalformedError:
            if reply.finished == "stop" or self.guided:
                raise
            return sweep.read(reply.text, whole=False), True

    async def _requoted(
        self,
        findings: list[Finding],
        bench: _Bench,
        prompt: Prompt,
        replies: list[Completion],
        engine: Engine,
    ) -> list[Finding]:
        """Return the findings with quotes that stand where the model can say them after all."""
        failed: list[tuple[int, Citation | None, str]] = []
        for n, finding in enumerate(findings):
            failed += [
                (n, citation, cells.failures([citation], wanted=False)[0])
                for citation in finding.citations
                if not citation.verdict.holds
            ]
            if not any(c.quote for c in finding.citations):
                failed.append((n, None, sweep.NO_QUOTE))
        if not failed:
            return findings
        named = [
            (number, f"{findings[n].says} {why}") for number, (n, _, why) in enumerate(failed, 1)
        ]
        asked = compose.extend(prompt, replies[-1].text, sweep.requote(named), self.pieces)
        if asked.size + self.profile.answer > self.window or not self.purse.take(asked):
            return findings
        try:
            reply = await self.say(engine, asked, sweep.schema_again())
        except EngineError:
            return findings  # They are flagged; an engine that is gone is told of the next part.
        anew = sweep.read_again(reply.text)
        for number, (n, before, _) in enumerate(failed, 1):
            citation = bench.judged(anew[number]) if number in anew else None
            if citation and citation.verdict.holds and citation.quote:
                kept = [c for c in findings[n].citations if c != before]
                made = tuple(dict.fromkeys([*kept, citation]))
                findings[n] = replace(findings[n], citations=made)
        return findings

    def again(self, prompt: Prompt, answer: str, request: str) -> Prompt:
        """Return a prompt with the answer it got and what was wrong with it, where that fits."""
        asked = compose.extend(prompt, answer, request, self.pieces)
        return asked if asked.size + self.profile.answer <= self.window else prompt

    async def say(self, engine: Engine, prompt: Prompt, schema: str) -> Completion:
        """Put one prompt to the model.

        Raises:
            EngineError: it cannot be reached, or stopped half-way.
        """
        sampling = Sampling(
            self.profile.answer,
            self.profile.temperature,
            schema=schema,
            repetition_penalty=self.profile.repetition_penalty,
        )
        return await complete(engine, prompt, sampling, self._spent)

    def _bench(self, part: Part) -> _Bench:
        shown = {
            id: Shown(self.documents[id], ranges, ocr=self._recognised.get(id, {}))
            for id, ranges in part.ranges.items()
        }
        names = Names({id: one.document for id, one in shown.items()})
        return _Bench(Court(shown), names, self.guided)


@dataclass(frozen=True, slots=True)
class _Bench:
    """Where quotes of a part are judged: by the documents that it shows."""

    court: Court
    names: Names
    guided: bool

    def found(self, said: Said) -> Finding:
        return Finding(said.says, tuple(dict.fromkeys(map(self.judged, said.quotes))))

    def judged(self, quote: Quoted) -> Citation:
        named = self.names.find(quote.document) if quote.document else self.names.only
        found = stands(named or quote.document, quote.span, quote.words, self.court)
        return replace(found, guided=self.guided)


def free(documents: Sequence[Document], preferred: str) -> str:
    """Return a boundary mark that occurs in no document: the preferred one where it can be."""
    taken: set[str] = set()
    for document in documents:
        marks = document.marks
        taken |= render.marks_in(document.text) if marks is None else set(marks)
        taken |= render.marks_in(document.path)
    number = preferred.removeprefix("§")
    if not any(digits.startswith(number) for digits in taken):
        return preferred
    return render.free_mark(taken)


def _counted(replies: Sequence[Completion]) -> tuple[Usage, ...]:
    return tuple(reply.usage for reply in replies if reply.usage)
