"""A question put to a corpus: one iterator of events, the last of them the judged answer.

The command line, the terminal interface, the tests and Python programs consume the same one.
"""

from __future__ import annotations

import functools
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass, field, replace
from pathlib import Path

from longread.analysis import spending, trust
from longread.analysis.answering import converse, covered, finish
from longread.analysis.conversation import Conversation, Strategy, open_sources, reopen
from longread.analysis.drafts import Draft, mend
from longread.analysis.engines import check_key, open_engine
from longread.analysis.forget import forget
from longread.analysis.narrowing import narrow
from longread.analysis.relevance import place_of
from longread.analysis.renewal import renew
from longread.analysis.trust import Confirm
from longread.analysis.work import Work
from longread.config import Profile
from longread.errors import EngineError, WindowError
from longread.ingest.places import number_of
from longread.ingest.read import Options
from longread.store import Store, open_store
from longread.types import Answer, Engine, Event, Finished, Progress, Prompt, Reasoning, Tell, Text


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
    as_it_was: bool = False
    """Whether a session is asked about what was kept, without a look at its sources."""
    answer: int | None = None
    """Tokens the answer may have, where not as many as the profile says."""


async def ask(
    request: Request, confirm: Confirm, engine: Engine | None = None
) -> AsyncGenerator[Event]:
    """Yield progress, what the engine writes as it comes and, last, the judged `Answer`.

    What comes is in the store before it is yielded: `kill -9` loses nothing that was shown. An
    engine that fails half-way, or a reader who stops, leaves what came, marked as cut.

    Args:
        confirm: asks a person whether text may leave this machine.
        engine: used instead of the profile's own.

    Raises:
        LongreadError: as the steps on the way do; `EngineError` after the cut answer.
    """
    if engine is None:
        check_key(request.profile)
    store = open_store(request.store)
    try:
        opening = Work(lambda tell: _open(request, store, tell))
        async for step in opening:
            yield step
        opened = opening.value
        for source in opened.corpus.sources:
            yield Progress("source", note=source.note)
        look = request.session is not None and not request.as_it_was
        asked = put(
            opened, request.question, store, confirm, yes=request.yes, engine=engine, look=look
        )
        async with aclosing(asked) as events:
            async for event in events:
                yield event
    finally:
        store.close()


async def put(
    opened: Conversation,
    question: str,
    store: Store,
    confirm: Confirm,
    *,
    yes: bool = False,
    engine: Engine | None = None,
    look: bool = True,
) -> AsyncGenerator[Event]:
    """Put one question to an open conversation; as `ask`, without the opening.

    Args:
        look: whether the sources of a kept session are looked at, and what changed there since
            is shown to the model.

    Raises:
        LongreadError: as the steps on the way do; `EngineError` after the cut answer.
    """
    if look and opened.session:
        looking = Work(lambda tell: renew(opened, store, tell))
        async for step in looking:
            yield step
        opened.take(looking.value.conversation)
        if looking.value.note:
            yield Progress("source", note=looking.value.note)
    if engine is None:
        check_key(opened.profile)
    composing = Work(lambda tell: opened.prompt(question, tell))
    async for step in composing:
        yield step
    prompt = composing.value
    cost = await trust.check(opened.profile, opened.corpus, prompt, store, confirm, yes=yes)
    yield _shown(opened, prompt, cost)
    if engine is None:
        pin = place_of(opened.corpus.sources)
        starting = Work(lambda tell: open_engine(opened.profile, tell, pin))
        async for step in starting:
            yield step
        engine = starting.value
    fresh = not opened.session
    keeping = Work(lambda _: opened.keep(store))
    async for step in keeping:
        yield step
    draft = Draft(store, opened.session, question, opened.profile.name, opened.strategy)
    failure: EngineError | None = None
    partial = Answer(question, "", (), "cut")
    narrowed = thought = False
    try:
        while True:
            try:
                async with aclosing(converse(opened, prompt, question, engine)) as events:
                    async for event in events:
                        if isinstance(event, Text):
                            partial = replace(partial, text=partial.text + event.text)
                            await draft.write(event.text)
                        thought = thought or isinstance(event, Reasoning)
                        if isinstance(event, Answer):
                            partial = event
                            continue
                        yield event
                if not partial.text:
                    failure = _wordless(partial, thought)
                break
            except WindowError as error:
                if partial.text or narrowed:
                    raise
                refused = error
            narrowed = True
            narrowing = Work(functools.partial(_narrowed, opened, question, prompt, refused, store))
            async for step in narrowing:
                yield step
            prompt, note = narrowing.value
            yield Progress("source", note=note)
            yield _shown(opened, prompt, spending.estimate(opened.profile, prompt.size, store))
    except EngineError as error:
        failure = error
        yield Finished("cut")
    finally:
        # Also when the reader leaves: what came is kept.
        if partial.text:
            if partial.finished == "cut":
                partial = finish(opened, prompt, partial)
            partial = replace(partial, session=opened.session)
            opened.answers.append(partial)
            await draft.finish(partial)
        else:
            await draft.abandon()
            if fresh:
                forget(store, opened.session)
                opened.session = ""
    if partial.text:
        yield partial
    if failure:
        raise failure


def _shown(opened: Conversation, prompt: Prompt, cost: spending.Estimate) -> Progress:
    """Say how the prompt was made, what it shows, and what its answer will cost."""
    _, words = covered(opened, prompt)
    if prompt.pictures:
        words += f", {number_of(prompt.pictures, 'page')} shown as a picture"
    if cost.words:
        words += f"; {cost.words}"
    return Progress("show", note=f"{opened.strategy}: {prompt.size:,} tokens, {words}")


def _narrowed(
    opened: Conversation,
    question: str,
    prompt: Prompt,
    refused: WindowError,
    store: Store,
    tell: Tell,
) -> tuple[Prompt, str]:
    note = narrow(opened, prompt, refused, store, tell)
    return opened.prompt(question, tell), note


def _wordless(answer: Answer, thought: bool) -> EngineError:
    """Say why there is no answer although nothing failed."""
    if thought and answer.finished == "length":
        return EngineError(
            "the model thought until no room was left, and answered nothing",
            hint="give the answer more tokens: longread ask --answer",
        )
    what = "thought, and answered nothing" if thought else "answered nothing"
    return EngineError(f"the model {what}", hint="ask again, or ask otherwise")


def _open(request: Request, store: Store, tell: Tell) -> Conversation:
    if request.session is not None:
        passwords = request.options.passwords
        kept = reopen(store, request.session, request.profile, tell, passwords)
        made = mend(store, kept, tell)
        made.profile = _allowed(made.profile, request.answer)
        return made
    assert request.profile is not None
    options, budget, strategy = request.options, request.budget, request.strategy
    profile = _allowed(request.profile, request.answer)
    return open_sources(request.sources, options, profile, budget, strategy, tell)


def _allowed(profile: Profile, answer: int | None) -> Profile:
    return profile if answer is None else replace(profile, answer=answer)
