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
from longread.analysis.sweep import Found, Sweep, outlook
from longread.analysis.trust import Confirm
from longread.analysis.work import Work
from longread.config import Profile
from longread.errors import EngineError, WindowError
from longread.ingest.places import notes_of, number_of
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
    parallel: int = 0
    """Parts of a sweep that are asked side by side; 0: as many as the settings say."""


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
        for note in notes_of(opened.corpus.sources):
            yield Progress("source", note=note)
        look = request.session is not None and not request.as_it_was
        asked = put(
            opened, request.question, store, confirm,
            yes=request.yes, engine=engine, look=look, parallel=request.parallel,
        )  # fmt: skip
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
    parallel: int = 0,
) -> AsyncGenerator[Event]:
    """Put one question to an open conversation; as `ask`, without the opening.

    Args:
        look: whether the sources of a kept session are looked at, and what changed there since
            is shown to the model.
        parallel: parts of a sweep that are asked side by side; 0: as many as the settings say.

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
    way = Sweep(opened, question, parallel) if opened.wanted == "sweep" else _One(opened, question)
    preparing = Work(way.prepare)
    async for step in preparing:
        yield step
    cost = way.cost(store)
    await trust.allow(
        opened.profile, opened.corpus, cost, store, confirm,
        pictures=way.pictures, less=way.less, yes=yes,
    )  # fmt: skip
    yield way.shown(cost, store)
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
    draft = Draft(store, opened.session, question, opened.profile.name, way.strategy)
    failure: EngineError | None = None
    partial = Answer(question, "", (), "cut")
    narrowed = thought = False
    try:
        while True:
            try:
                async with aclosing(way.run(engine)) as events:
                    async for event in events:
                        match event:
                            case Found(text):
                                partial = replace(partial, text=partial.text + text)
                                await draft.write(text)
                                continue
                            case Text(text) if way.strategy != "sweep":
                                partial = replace(partial, text=partial.text + text)
                                await draft.write(text)
                            case Reasoning():
                                thought = True
                            case Answer():
                                partial = event
                                continue
                        yield event
                if not partial.text:
                    failure = _wordless(partial, thought)
                break
            except WindowError as error:
                # What some parts said can be said again; half an answer cannot.
                if narrowed or (partial.text and way.strategy != "sweep"):
                    raise
                refused = error
            narrowed = True
            narrowing = Work(functools.partial(way.narrow, refused, store))
            async for step in narrowing:
                yield step
            yield Progress("source", note=narrowing.value)
            now = way.cost(store)
            if now.dollars > cost.dollars or now.seconds > cost.seconds:
                await trust.allow(
                    opened.profile, opened.corpus, now, store, confirm, less=way.less, yes=yes
                )
            yield way.shown(now, store)
    except EngineError as error:
        failure = error
        if left := way.so_far():
            yield Text(left)
        yield Finished("cut")
    finally:
        # Also when the reader leaves: what came is kept.
        if partial.finished == "cut" and (left := way.so_far()):
            partial = replace(partial, text=left)
        if partial.text:
            if partial.finished == "cut":
                partial = way.finish(partial)
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


class _One:
    """One question on its way as one prompt."""

    less = "lower --budget"

    def __init__(self, opened: Conversation, question: str) -> None:
        self._opened, self._question = opened, question
        self._prompt: Prompt

    @property
    def strategy(self) -> str:
        return self._opened.strategy

    @property
    def pictures(self) -> int:
        return self._prompt.pictures

    def prepare(self, tell: Tell) -> None:
        self._prompt = self._opened.prompt(self._question, tell)

    def cost(self, store: Store) -> spending.Estimate:
        return spending.estimate(self._opened.profile, self._prompt.size, store)

    def shown(self, cost: spending.Estimate, store: Store) -> Progress:
        """Say how the prompt was made, what it shows, and what its answer will cost."""
        opened, prompt = self._opened, self._prompt
        _, words = covered(opened, prompt)
        if prompt.pictures:
            words += f", {number_of(prompt.pictures, 'page')} shown as a picture"
        if cost.words:
            words += f"; {cost.words}"
        if opened.strategy == "focus" and opened.wanted == "auto":
            words = "; ".join(filter(None, (words, outlook(opened, self._question, store))))
        return Progress("show", note=f"{opened.strategy}: {prompt.size:,} tokens, {words}")

    def run(self, engine: Engine) -> AsyncGenerator[Event]:
        return converse(self._opened, self._prompt, self._question, engine)

    def so_far(self) -> str:
        return ""  # what came was told as it came

    def finish(self, partial: Answer) -> Answer:
        return finish(self._opened, self._prompt, partial)

    def narrow(self, refused: WindowError, store: Store, tell: Tell) -> str:
        note = narrow(self._opened, self._prompt.size, refused, store, tell)
        self.prepare(tell)
        return note


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
        if request.strategy == "sweep":
            made.wanted = "sweep"
        made.profile = _allowed(made.profile, request.answer)
        return made
    assert request.profile is not None
    options, budget, strategy = request.options, request.budget, request.strategy
    profile = _allowed(request.profile, request.answer)
    return open_sources(request.sources, options, profile, budget, strategy, tell)


def _allowed(profile: Profile, answer: int | None) -> Profile:
    return profile if answer is None else replace(profile, answer=answer)
