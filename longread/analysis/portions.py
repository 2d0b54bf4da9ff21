"""The prompt of a conversation piece by piece, and how the window is shared out.

Nothing is laid out here. The pieces' texts are made when they are asked for, not before.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import chain
from typing import Literal

from longread.analysis import reading
from longread.analysis.conversation import CONVERSATION, QUESTION, Conversation
from longread.analysis.relevance import evidence_share
from longread.prompt import changes, compose, render
from longread.prompt.render import Chunk
from longread.types import Level, Role


@dataclass(frozen=True, slots=True)
class Window:
    """How the window is shared out, in tokens; the shares add up to it."""

    window: int
    trusted: int
    corpus: int
    """Of the documents, with the notice of what is not shown."""
    documents: int
    """Of which something is shown."""
    frame: int
    """The head and the chat template."""
    answer: int
    question: int
    evidence: int
    conversation: int
    """Kept for follow-up questions, or more where what was said takes more."""
    free: int


@dataclass(frozen=True, slots=True)
class Part:
    """A piece of the prompt, or what is kept for one that only a question makes."""

    name: str
    role: Literal["head", "corpus", "notice", "question", "answer", "evidence"]
    tokens: int
    read: Callable[[], str] = field(repr=False, compare=False)
    """Return its text as it stands in the prompt."""
    path: str = ""
    """Of the document it shows; empty for what is no document's."""
    language: str = ""
    level: Level = Level.FULL


def share(conversation: Conversation) -> float:
    """Return the part of the corpus' characters shown in full, before any question."""
    shown: dict[str, list[tuple[int, int]]] = {}
    for chunk in chain(*conversation.chunks()):
        if chunk.level is Level.FULL:
            shown.setdefault(chunk.document.id, []).extend(chunk.ranges)
    return reading.coverage({i: tuple(r) for i, r in shown.items()}, conversation.corpus)[0]


def window(conversation: Conversation, parts: Sequence[Part]) -> Window:
    """Return how the window is shared out."""
    whole_window, answer = conversation.window, conversation.profile.answer
    sums: dict[str, int] = {}
    for part in parts:
        sums[part.role] = sums.get(part.role, 0) + part.tokens
    corpus = sums.get("corpus", 0) + sums.get("notice", 0)
    frame = sums["head"] + _frame(conversation, 0)
    turns = _frame(conversation, sum(p.role == "answer" for p in parts)) - _frame(conversation, 0)
    said = sums.get("answer", 0) + sums["question"] - QUESTION + turns
    whole = conversation.strategy == "whole"
    room = whole_window - frame - answer - QUESTION
    talk = max(said, whole_window // CONVERSATION if whole else 0)
    evidence = 0 if whole else sums.get("evidence", 0)
    shown = sum(1 for p in changes.live(conversation.layout) if p.level or p.raised)
    free = room - corpus - talk - evidence
    if free < 0:
        # What is kept for later questions is not kept from what was already said.
        evidence, free = max(evidence + free, 0), 0
    return Window(
        whole_window,
        conversation.profile.trusted,
        corpus,
        shown,
        frame,
        answer,
        QUESTION,
        evidence,
        min(talk, max(room - corpus - evidence, 0)),
        free,
    )


def _frame(conversation: Conversation, exchanges: int) -> int:
    more: list[Role] = ["assistant", "user"]
    roles: list[Role] = ["system", "user", *(more * exchanges)]
    return sum(map(len, conversation.pieces.family.frame(roles)))


def parts_of(conversation: Conversation) -> Iterator[Part]:
    """Yield what the prompt is made of; a question of the length kept for one stands last."""
    layout, pieces, route = conversation.layout, conversation.pieces, conversation.profile.route
    mark = layout.mark

    def text(name: str, role: Literal["head", "notice", "question", "answer"], said: str) -> Part:
        return Part(name, role, pieces.count_text(said), partial(str, said), language="markdown")

    def documents(chunks: Sequence[Chunk]) -> Iterator[Part]:
        heads = iter(pieces.count_texts([part for c in chunks for part in (c.title, c.rest)]))
        bodies = iter(pieces.count([(chunk.key, chunk.read) for chunk in chunks if chunk.key]))
        for chunk in chunks:
            tokens = next(heads) + next(heads) + (next(bodies) if chunk.key else 0)
            yield Part(
                chunk.head.removeprefix(mark).strip(),
                "corpus",
                tokens,
                partial(_text, chunk, route == "text"),
                chunk.document.path,
                chunk.document.language,
                chunk.level,
            )

    guided = conversation.profile.citations == "guided"
    yield text("head", "head", render.head(mark, guided))
    chunks, later = conversation.chunks()
    yield from documents(chunks)
    if notice := render.not_shown(layout):
        yield text("what is not shown", "notice", compose.neutralise(notice, route))
    yield from documents(later)
    for number, (asked, answered) in enumerate(_exchanges(conversation), 1):
        yield text(f"question {number}", "question", f"{mark} question\n{asked.strip()}")
        yield text(f"answer {number}", "answer", answered)
    if conversation.strategy == "focus":
        kept = _evidence(conversation)
        said = (
            f"Here stand the excerpts that match a question best, chosen for each question anew,"
            f" in up to {kept:,} tokens and in whatever else is free.\n"
        )
        yield Part("evidence, chosen for each question", "evidence", kept, partial(str, said))
    template = f"{mark} question\n(your question, last; {QUESTION} tokens are kept for it)\n"
    yield Part("question", "question", QUESTION, partial(str, template))


def _text(chunk: Chunk, escaped: bool) -> str:
    return compose.neutralise(
        chunk.head + (chunk.read() if chunk.key else ""), "text" if escaped else "ids"
    )


def _evidence(conversation: Conversation) -> int:
    """Return the tokens that the layout leaves to evidence."""
    fixed = _frame(conversation, 0) + conversation.pieces.count_text(
        render.head(conversation.layout.mark, conversation.profile.citations == "guided")
    )
    room = conversation.window - conversation.profile.answer - QUESTION - fixed
    share = int(room * (1 - evidence_share(conversation.window)))
    return max(room - max(share, conversation.ledger.tokens - fixed), 0)


def _exchanges(conversation: Conversation) -> list[tuple[str, str]]:
    """Return the earlier exchanges that a prompt has room for: the newest."""
    pieces = conversation.pieces
    said = [(a.question, a.text) for a in conversation.answers if a.finished != "cut"]
    left = conversation.window - conversation.profile.answer - QUESTION - conversation.ledger.tokens
    each = _frame(conversation, 1) - _frame(conversation, 0)
    first = len(said)
    for at in range(len(said) - 1, -1, -1):
        asked, answered = said[at]
        mark = conversation.layout.mark
        left -= sum(pieces.count_texts([f"{mark} question\n{asked.strip()}", answered])) + each
        if left < 0:
            break
        first = at
    return said[first:]
