"""A question put to a corpus: one iterator of events, the last of them the judged answer.

The command line, the terminal interface, the tests and Python programs consume the same one.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass, field, replace
from pathlib import Path

from longread.analysis import reading, trust
from longread.analysis.conversation import Conversation, Strategy, open_sources, reopen
from longread.analysis.engines import open_engine
from longread.analysis.trust import Confirm
from longread.analysis.work import Work
from longread.config import Profile
from longread.errors import EngineError
from longread.ingest.read import Options
from longread.prompt import compose, guide
from longread.prompt.cite import judge, place
from longread.store import Store, open_store
from longread.types import (
    Answer,
    Citation,
    Engine,
    Event,
    Finished,
    Level,
    Progress,
    Prompt,
    Sampling,
    Span,
    Tell,
    Text,
    Usage,
)

CHOICES = 8
"""Places that a guided model chooses from, the most relevant of those shown."""
CHOICE_TOKENS = 96
"""Enough for two places as JSON."""


@dataclass(frozen=True, slots=True)
class Request:
    """What a person wants to know, of what, from which model."""

    question: str
    profile: Profile | None
    """None: the profile of the session that is continued."""
    sources: tuple[str, ...] = ()
    """Folders, repositories, URLs, PDFs; empty where a session is continued."""
    session: str | None = None
    """The session to continue, "" for the newest; None for a new one."""
    options: Options = field(default_factory=Options)
    budget: int | None = None
    strategy: Strategy = "auto"
    store: Path | None = None
    yes: bool = False
    """Whether text may leave this machine without asking."""


async def ask(
    request: Request, confirm: Confirm, engine: Engine | None = None
) -> AsyncGenerator[Event]:
    """Yield progress, what the engine writes as it comes and, last, the judged `Answer`.

    The answer is kept in the store before it is yielded; an engine that fails half-way, or a
    reader who stops, leaves what came, marked as cut.

    Args:
        confirm: asks a person whether text may leave this machine.
        engine: used instead of the profile's own.

    Raises:
        LongreadError: as the steps on the way do; `EngineError` after the cut answer.
    """
    store = open_store(request.store)
    try:
        opening = Work(lambda tell: _open(request, store, tell))
        async for step in opening:
            yield step
        opened = opening.value
        for source in opened.corpus.sources:
            yield Progress("source", note=source.note)
        composing = Work(lambda tell: opened.prompt(request.question, tell))
        async for step in composing:
            yield step
        prompt = composing.value
        trust.check(opened.profile, opened.corpus, prompt.size, store, confirm, yes=request.yes)
        _, words = _coverage(opened, prompt)
        yield Progress("show", note=f"{opened.strategy}: {prompt.size:,} tokens, {words}")
        if engine is None:
            starting = Work(lambda tell: open_engine(opened.profile, tell))
            async for step in starting:
                yield step
            engine = starting.value
        failure: EngineError | None = None
        partial = Answer(request.question, "", (), "cut")
        try:
            async with aclosing(converse(opened, prompt, request.question, engine)) as events:
                async for event in events:
                    if isinstance(event, Text):
                        partial = replace(partial, text=partial.text + event.text)
                    if isinstance(event, Answer):
                        partial = event
                        continue
                    yield event
        except EngineError as error:
            failure = error
            yield Finished("cut")
        finally:
            # Also when the reader leaves: what came is kept.
            if partial.text:
                if partial.finished == "cut":
                    partial = _finish(opened, prompt, partial)
                partial = opened.keep(store, partial)
        if partial.text:
            yield partial
        if failure:
            raise failure
    finally:
        store.close()


def _open(request: Request, store: Store, tell: Tell) -> Conversation:
    if request.session is not None:
        return reopen(store, request.session, request.profile, tell)
    assert request.profile is not None
    options, budget, strategy = request.options, request.budget, request.strategy
    return open_sources(request.sources, options, request.profile, budget, strategy, tell)


async def converse(
    conversation: Conversation, prompt: Prompt, question: str, engine: Engine
) -> AsyncGenerator[Event]:
    """Yield what the engine writes and, last, the judged `Answer`; nothing is kept.

    Raises:
        EngineError: the model stopped before it finished; the text so far was yielded.
    """
    profile = conversation.profile
    sampling = Sampling(
        profile.answer, profile.temperature, repetition_penalty=profile.repetition_penalty
    )
    text: list[str] = []
    answer = Answer(question, "", (), "stop")
    async for event in engine.stream(prompt, sampling):
        match event:
            case Text(piece):
                text.append(piece)
            case Usage():
                answer = replace(answer, usage=event)
            case Finished(reason):
                answer = replace(answer, finished=reason)
            case _:
                pass
        yield event
    answer = replace(answer, text="".join(text).strip())
    if profile.citations == "guided" and answer.text:
        searching = Work(lambda tell: _places(conversation, prompt, answer, tell))
        async for step in searching:
            yield step
        if searching.value:
            yield Progress("cite", 0, len(searching.value))
            chosen = await _choose(conversation, prompt, answer.text, searching.value, engine)
            answer = replace(answer, citations=chosen)
    yield _finish(conversation, prompt, answer)


def _places(
    conversation: Conversation, prompt: Prompt, answer: Answer, tell: Tell
) -> dict[str, tuple[str, Span]]:
    """Return, by label, the places shown in full that are most relevant, best first."""
    full = compose.ranges(prompt, Level.FULL)
    found: dict[str, tuple[str, Span]] = {}
    # What the answer says counts as well: it may name what the question only describes.
    for hit in conversation.hits(f"{answer.question} {answer.text}", tell):
        document = conversation.corpus.documents[hit.document]
        segment = document.segments[hit.segment]
        ranges = full.get(document.id, ())
        if any(a <= segment.start and segment.end <= b for a, b in ranges):
            found.setdefault(guide.label(document, segment.span), (document.id, segment.span))
        if len(found) == CHOICES:
            break
    return found


async def _choose(
    conversation: Conversation,
    prompt: Prompt,
    text: str,
    places: dict[str, tuple[str, Span]],
    engine: Engine,
) -> tuple[Citation, ...]:
    """Let the model choose, from places it was shown, those that support its answer."""
    labels = list(places)
    asked = compose.extend(prompt, text, guide.request(labels), conversation.pieces)
    sampling = Sampling(CHOICE_TOKENS, schema=guide.schema(labels))
    written = [e.text async for e in engine.stream(asked, sampling) if isinstance(e, Text)]
    shown = conversation.shown(prompt)
    chosen = guide.read_choice("".join(written), labels)
    return tuple(place(*places[label], shown) for label in chosen)


def _finish(conversation: Conversation, prompt: Prompt, answer: Answer) -> Answer:
    """Judge an answer's citations and say what its reader must know."""
    profile = conversation.profile
    citations = answer.citations
    if profile.citations == "inline":
        citations = judge(answer.text, conversation.shown(prompt))
    share, words = _coverage(conversation, prompt)
    caveats = [profile.caveat] if profile.caveat else []
    if answer.usage and answer.usage.truncated:
        caveats.append(
            f"The server read {answer.usage.prompt_tokens:,} of the"
            f" {answer.usage.expected_tokens:,} tokens sent: its window is smaller."
        )
    return replace(
        answer,
        citations=citations,
        strategy=conversation.strategy,
        share=share,
        coverage=words,
        caveat=" ".join(caveats),
    )


def _coverage(conversation: Conversation, prompt: Prompt) -> tuple[float, str]:
    return reading.coverage(compose.ranges(prompt, Level.FULL), conversation.corpus)
