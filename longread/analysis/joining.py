"""Findings of all parts put together: duplicates joined, contradictions named, nothing lost.

What a model says of findings can join them and set them against each other; it can never take one
away, nor a citation of one.
"""

from __future__ import annotations

import asyncio
import re
from collections import Counter
from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass, field, replace
from itertools import combinations

from longread.analysis.findings import DEAR, Finding, Inquiry
from longread.errors import EngineError
from longread.prompt import cells, compose, render, sweep
from longread.prompt.cells import MalformedError
from longread.prompt.cite import render as cited
from longread.prompt.quotes import NEGATION
from longread.prompt.quotes import NUMBER as NUMERIC
from longread.prompt.sweep import Compared
from longread.types import Citation, Engine, Progress, Prompt

NUMBER = 8
"""Tokens of an answer that one finding may take, about, where it is named in it."""
SHRUNK = 0.9
"""Part of the findings that is left after a round at most, if another round is to follow."""
ROUNDS = 4
"""Rounds at most, where all findings do not fit one prompt."""
UNQUOTED = "(nothing quoted)"
TOKEN = re.compile(r"-?\d+(?:[.,:/]\d+)*|\w+(?:['’]\w+)*|[^\w\s.,:;!?'\"()\[\]‘’“”…*_`-]")
"""A number, a word, or a mark that makes another statement: "C++" is not "C#", "< 5" not "> 5"."""
REFERENCE = re.compile(r"\s*\[(\d{1,6}(?:\s*[,;–-]\s*\d{1,6})*)\]")
WORD = re.compile(r"\w{4,}")


@dataclass(slots=True)
class Group:
    """Findings that say the same; the first of them speaks for all."""

    says: str
    citations: list[Citation]
    sure: bool
    """Whether one of them quotes only what stands."""
    order: int
    """Where the first of them stands in the corpus."""
    into: Group | None = None
    """The group that this one was joined to."""

    @property
    def head(self) -> Group:
        """The group that speaks for this one."""
        return self.into.head if self.into else self

    def take(self, other: Group) -> None:
        """Join another group to this one; its citations stay."""
        self.citations += [c for c in other.citations if c not in self.citations]
        self.sure = self.sure or other.sure
        other.into = self


@dataclass(slots=True)
class Joined:
    """What all parts say together."""

    groups: list[Group]
    contradictions: list[tuple[list[Group], str]] = field(default_factory=list)
    summary: str = ""
    """With the numbers of groups in it, as they stand in `groups`."""
    notes: list[str] = field(default_factory=list)
    """What a reader must know of how they were put together."""


def exactly(findings: Sequence[Finding]) -> list[Group]:
    """Return findings in their order, those joined that say the same to the letter.

    Two are the same where their words are, but for capitals, blanks and marks between words; or
    where they quote the same, and the words of one are all among those of the other, which says
    neither no nor a number beside them.
    """
    groups: list[Group] = []
    by_words: dict[str, Group] = {}
    by_quotes: dict[frozenset[tuple[str, str]], list[Group]] = {}
    for finding in findings:
        new = Group(finding.says, list(finding.citations), finding.sure, len(groups))
        words = " ".join(TOKEN.findall(finding.says.casefold())) or finding.says
        quotes = frozenset((c.document, "".join(c.quote.split())) for c in finding.citations)
        quoted = bool(quotes) and all(quote for _, quote in quotes)
        alike = by_quotes.get(quotes, []) if quoted else []
        there = by_words.get(words) or next(
            (group for group in alike if within(group.says, finding.says)), None
        )
        if there:
            if len(new.says) > len(there.says):
                there.says = new.says
            there.take(new)
            by_words.setdefault(words, there)
            continue
        groups.append(new)
        by_words[words] = new
        by_quotes.setdefault(quotes, []).append(new)
    return groups


def within(one: str, other: str) -> bool:
    """Whether what one says is a part of what the other says, and not turned round by the rest."""
    a, b = (Counter(TOKEN.findall(said.casefold())) for said in (one, other))
    if not (a <= b or b <= a):
        return False
    rest = " ".join(((a - b) or (b - a)).keys())
    return not (NEGATION.search(rest) or NUMERIC.search(rest))


class Joining:
    """The comparing of findings by a model, as many as fit a prompt at a time."""

    def __init__(self, inquiry: Inquiry, engine: Engine, parallel: int) -> None:
        self._inquiry, self._engine, self._parallel = inquiry, engine, parallel

    async def run(self, joined: Joined) -> AsyncGenerator[Progress]:
        """Compare the groups, and yield how far that is; what comes of it is in `joined`."""
        for turn in range(ROUNDS):
            # In the first round neighbours are compared, in later ones what is alike.
            groups = _arranged(joined.groups) if turn else joined.groups
            batches = await asyncio.to_thread(self._batches, groups)
            last = len(batches) == 1
            asking = asyncio.Semaphore(self._parallel)
            tasks = [
                asyncio.create_task(self._compare(batch, joined, asking, last=last))
                for batch in batches
            ]
            try:
                yield Progress("merge", 0, len(tasks))
                for done, task in enumerate(asyncio.as_completed(tasks), 1):
                    await task
                    yield Progress("merge", done, len(tasks))
            finally:
                for one in tasks:
                    one.cancel()
                await asyncio.gather(*tasks, return_exceptions=True)
            before = len(joined.groups)
            for batch, task in zip(batches, tasks, strict=True):
                if said := task.result():
                    _apply(said, batch, joined)
            joined.groups = [group for group in joined.groups if group.head is group]
            if last:
                if said:
                    _sum_up(said, batches[0], joined)
                return
            if turn and len(joined.groups) > before * SHRUNK:
                break
        joined.notes.append(
            f"{len(joined.groups):,} findings are more than fit one prompt, so not all of them were"
            " compared with each other."
        )

    def _batches(self, groups: Sequence[Group]) -> list[list[Group]]:
        """Return groups in runs that each fit a prompt and can all be named in its answer."""
        inquiry = self._inquiry
        counted = inquiry.pieces.family.count([_line(n, g) for n, g in enumerate(groups, 1)])
        empty = max(self._prompt([], last=last).size for last in (True, False))
        room = inquiry.window - inquiry.profile.answer - empty
        most = max(inquiry.profile.answer // NUMBER, 2)
        batches: list[list[Group]] = [[]]
        left = room
        for group, tokens in zip(groups, counted, strict=True):
            # One more: a line's end may be a token of its own.
            needed = tokens + 1
            if batches[-1] and (needed > left or len(batches[-1]) >= most):
                batches.append([])
                left = room
            batches[-1].append(group)
            left -= needed
        return batches

    def _prompt(self, batch: Sequence[Group], *, last: bool) -> Prompt:
        inquiry = self._inquiry
        lines = [_line(number, group) for number, group in enumerate(batch, 1)]
        # What a model wrote may hold the mark of the corpus.
        mark = render.boundary_mark([*lines, inquiry.mark])
        return compose.compose(
            sweep.HEAD_MERGE, [], sweep.listed(lines, mark), (), (),
            sweep.comparison(inquiry.question, last=last), mark, inquiry.pieces,
            inquiry.profile.route,
        )  # fmt: skip

    async def _compare(
        self, batch: list[Group], joined: Joined, asking: asyncio.Semaphore, *, last: bool
    ) -> Compared | None:
        """Ask about one batch, at most twice; None where nothing came that can be read."""
        inquiry, numbers = self._inquiry, range(1, len(batch) + 1)
        if len(batch) < 2:
            return None
        prompt = await asyncio.to_thread(self._prompt, batch, last=last)
        why = "they do not fit a prompt together"
        if prompt.size + inquiry.profile.answer <= inquiry.window:
            async with asking:
                try:
                    for _ in range(2):
                        if not inquiry.purse.take(prompt):
                            why = DEAR
                            break
                        reply = await inquiry.say(self._engine, prompt, sweep.schema_merge())
                        try:
                            return sweep.read_merge(reply.text, numbers)
                        except MalformedError as error:
                            why = str(error)
                            prompt = inquiry.again(prompt, reply.text, cells.again(why))
                except EngineError as error:
                    why = str(error)
        joined.notes.append(f"{len(batch):,} findings were not compared with each other: {why}.")
        return None


def _line(number: int, group: Group) -> str:
    quotes = [(f"{c.path}:{c.span}" if c.span else c.path, c.quote) for c in group.citations[:2]]
    return sweep.line(number, group.says, quotes, sure=group.sure)


def _apply(said: Compared, batch: Sequence[Group], joined: Joined) -> None:
    """Join what says the same, unless that is also said to contradict; keep what contradicts."""
    for numbers, why in said.contradict:
        joined.contradictions.append(([batch[number - 1] for number in numbers], why))
    apart = set[frozenset[int]]()
    for those, _ in joined.contradictions:
        heads = {group.head.order for group in those}
        apart |= {frozenset(pair) for pair in combinations(heads, 2)}
    for numbers in said.same:
        for one, other in combinations(sorted(numbers), 2):
            first, second = sorted((batch[one - 1].head, batch[other - 1].head), key=_order)
            if first is second or frozenset((first.order, second.order)) in apart:
                continue
            first.take(second)
            # What contradicts one that was joined contradicts the one that speaks for it.
            apart |= {
                pair - {second.order} | {first.order} for pair in apart if second.order in pair
            }


def _sum_up(said: Compared, batch: Sequence[Group], joined: Joined) -> None:
    """Keep the summary, with the numbers that findings have in the end."""
    final = {id(group): number for number, group in enumerate(joined.groups, 1)}
    numbers = {n: final[id(group.head)] for n, group in enumerate(batch, 1)}
    joined.summary = REFERENCE.sub(lambda found: _references(found[1], numbers), said.summary)


def _order(group: Group) -> int:
    return group.order


def _references(said: str, final: dict[int, int]) -> str:
    """Return the numbers of findings as they are numbered in the end: " (1, 3)"."""
    numbers: list[int] = []
    for part in re.split(r"\s*[,;]\s*", said):
        first, _, last = part.replace("–", "-").partition("-")
        numbers += range(int(first), min(int(last or first), len(final)) + 1)
    meant = dict.fromkeys(final[n] for n in numbers if n in final)
    return f" ({', '.join(map(str, sorted(meant)))})" if meant else ""


def _arranged(groups: Sequence[Group]) -> list[Group]:
    """Return groups so that those with a rare word in common are neighbours."""
    words = [set(WORD.findall(group.says.casefold())) for group in groups]
    often = Counter(word for own in words for word in own)
    keys = [
        min(((often[w], w) for w in own if often[w] > 1), default=(len(groups) + 1, ""))
        for own in words
    ]
    order = sorted(range(len(groups)), key=lambda n: (*keys[n], n))
    return [groups[n] for n in order]


class Written:
    """A text as it grows, and where its citations stand in it."""

    def __init__(self) -> None:
        self.text = ""
        self.citations: list[Citation] = []

    def add(self, *lines: str) -> None:
        """Add lines."""
        self.text += "\n" * bool(self.text) + "\n".join(lines)

    def item(self, head: str, group: Group) -> None:
        """Add a finding on a line of its own, with its citations in longread's own form."""
        self.add(f"{head}{group.says}")
        for said, citation in {cited(citation): citation for citation in group.citations}.items():
            at = len(self.text) + 1
            self.text += f" {said}"
            self.citations.append(replace(citation, at=(at, len(self.text))))
        self.text += "" if group.citations else f" {UNQUOTED}"


def written(joined: Joined) -> Written:
    """Return what all parts say, in words, each finding with its citations."""
    made = Written()
    if len(joined.groups) == 1:
        made.item("", joined.groups[0])
        return made
    if joined.groups and joined.summary:
        made.add(joined.summary, "")
    for number, group in enumerate(joined.groups, 1):
        made.item(f"{number}. ", group)
    numbers = {id(group): number for number, group in enumerate(joined.groups, 1)}
    found: dict[tuple[int, ...], dict[str, None]] = {}
    for those, why in joined.contradictions:
        of = tuple(sorted({numbers[id(group.head)] for group in those}))
        found.setdefault(of, {}).setdefault(why or "they cannot all be true")
    if disputed := sorted((n, "; ".join(whys)) for n, whys in found.items()):
        made.add("", "Contradictions:", "")
        made.add(*(f"- {_and(n)}: {why}" for n, why in disputed))
    return made


def item(says: str, citations: Sequence[Citation]) -> str:
    """Return a finding in words, with its citations in longread's own form."""
    return " ".join([says, *(dict.fromkeys(map(cited, citations)) or (UNQUOTED,))])


def _and(numbers: Sequence[int]) -> str:
    *first, last = map(str, numbers)
    return f"{', '.join(first)} and {last}" if first else last
