"""One part of a corpus asked a question: what it is found to say, each quote judged at once.

Nothing is asked of parts together here, and nothing is kept.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass, replace
from typing import Literal

from longread.analysis import reading
from longread.config import Profile
from longread.errors import BudgetError
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
    Finished,
    Prompt,
    Sampling,
    Shown,
    Text,
    Usage,
)

CHOICES = 8
"""Places that a guided model chooses from, of each part."""
QUESTION = 256
"""Tokens kept for the question, in steps of so many: parts must not change with each question."""
AGAIN = 400
"""Tokens kept, beside those of an answer, to ask for quotes once more."""
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
    usage: tuple[Usage, ...]
    """Of each request."""
    wrong: str = ""
    """Why not all that the part says may be among them; empty where nothing speaks for that."""


@dataclass(frozen=True, slots=True)
class Reply:
    """What came of one request."""

    text: str
    finished: Literal["stop", "length", "cut"]
    usage: Usage | None


class UnreadError(Exception):
    """A part that was asked and gave no answer that can be read; it says why.

    It carries what the requests took.
    """

    def __init__(self, why: str, usage: Sequence[Usage]) -> None:
        super().__init__(why)
        self.usage = tuple(usage)


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
    ) -> None:
        """Prepare it; nothing is read yet.

        Args:
            documents: by short id.
            window: tokens that a prompt and its answer may take.
            recognised: by short id, pages that were recognised in pictures, and how surely.
            ranks: by short id and segment, the order in which places are offered to a guided model.
        """
        self.question, self.documents, self.mark = question, documents, mark
        self.profile, self.window, self.pieces = profile, window, pieces
        self.guided = profile.citations == "guided"
        self._recognised, self._ranks = recognised, ranks

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
        replies = [await self.say(engine, prompt, schema)]
        try:
            said = self._read(replies[-1])
        except MalformedError as error:
            prompt = self.again(prompt, replies[-1].text, cells.again(str(error)))
            replies.append(await self.say(engine, prompt, schema))
            try:
                said = self._read(replies[-1])
            except MalformedError as error:
                raise UnreadError(f"no answer: {error}", _counted(replies)) from error
        long = replies[-1].finished == "length" and not self.guided
        if long and depth < DEPTH:
            pair = await asyncio.to_thread(halves, part, self.documents, self.mark, self.pieces)
            if len(pair) > 1:
                made = [await self.ask(half, engine, depth + 1) for half in pair]
                every = tuple(finding for heard in made for finding in heard.findings)
                spent = tuple(usage for heard in made for usage in heard.usage)
                wrong = "; ".join(dict.fromkeys(heard.wrong for heard in made if heard.wrong))
                return Heard(every, (*_counted(replies), *spent), wrong)
        bench = self._bench(part)
        findings = await asyncio.to_thread(lambda: [bench.found(one) for one in said])
        if not self.guided:
            findings = await self._requoted(findings, bench, prompt, replies, engine)
        why = ["more was found than an answer has room for"] if long else []
        why += [
            f"the server read {usage.prompt_tokens:,} of the {usage.expected_tokens:,} tokens sent"
            for usage in _counted(replies)[:1]
            if usage.truncated
        ]
        return Heard(tuple(findings), _counted(replies), "; ".join(why))

    def _read(self, reply: Reply) -> list[Said]:
        return sweep.read(reply.text, whole=reply.finished == "stop")

    async def _requoted(
        self,
        findings: list[Finding],
        bench: _Bench,
        prompt: Prompt,
        replies: list[Reply],
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
        if asked.size + self.profile.answer > self.window:
            return findings
        replies.append(await self.say(engine, asked, sweep.schema_again()))
        anew = sweep.read_again(replies[-1].text)
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

    async def say(self, engine: Engine, prompt: Prompt, schema: str) -> Reply:
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
        text: list[str] = []
        usage: Usage | None = None
        finished: Literal["stop", "length", "cut"] = "cut"
        async with aclosing(engine.stream(prompt, sampling)) as events:
            async for event in events:
                match event:
                    case Text(piece):
                        text.append(piece)
                    case Usage():
                        usage = event
                    case Finished(reason):
                        finished = reason
                    case _:
                        pass
        return Reply("".join(text).strip(), finished, usage)

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


def _counted(replies: Sequence[Reply]) -> tuple[Usage, ...]:
    return tuple(reply.usage for reply in replies if reply.usage)
