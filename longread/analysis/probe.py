"""How far a model can be trusted: facts planted in a corpus, asked for at each length and depth.

One iterator, as `longread.analysis.ask`: progress, the `Estimate`, each `Trial` as it was kept,
and last the `Probe`. A trial is in the store before it is yielded, so a probe that is killed goes
on where it was, and a second one asks only for what is missing. Lengths go from the shortest up:
what costs least shows first. In which order the questions of one length are cheapest, and why
they share a prompt, says `longread.prompt.haystack`.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Collection, Iterable
from contextlib import aclosing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from longread import config
from longread.analysis import bounds, planting, spending, trust
from longread.analysis.engines import check_key, open_engine
from longread.analysis.planting import LESS, UNTIMED, Place, Plan, Prepared, Request
from longread.analysis.relevance import place_of
from longread.analysis.trust import Confirm
from longread.analysis.work import Work
from longread.config import Profile, Trusted
from longread.errors import ConfigError, EngineError
from longread.ingest.places import notes_of
from longread.prompt import needles
from longread.prompt.haystack import Haystack
from longread.store import Store, open_store
from longread.tokens.sizes import label
from longread.types import Engine, Event, Finished, Progress, Reasoning, Sampling, Text, Usage
from longread.types.probes import Probe, Trial

SEEN = 0.9
"""Part of a prompt that the server must have counted; less, and it read only a part of it."""
QUESTION = 64
"""Tokens at the end of a prompt that differ from one question to the next, at most."""
LEAST = 512
"""Tokens that a trusted window must leave for the prompt, beside the profile's answer."""


@dataclass(frozen=True, slots=True)
class Part:
    """What the trials at one length would take."""

    length: int
    requests: int
    tokens: int
    """Of the prompts."""
    cached: int
    """Of these, what the server has read before if it keeps prefixes."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """What a probe would take, as far as it was not made before."""

    parts: tuple[Part, ...]
    kept: int
    """Trials that were made before and are not made again."""
    price: float
    """US dollars at most; 0 where the profile names no price."""
    seconds: float
    """At the speed of earlier answers; 0 where there were none. Long prompts take longer."""
    notes: tuple[str, ...] = ()

    @property
    def requests(self) -> int:
        """Questions to be asked."""
        return sum(part.requests for part in self.parts)

    @property
    def tokens(self) -> int:
        """Tokens to be sent."""
        return sum(part.tokens for part in self.parts)

    @property
    def cached(self) -> int:
        """Tokens of these that a server which keeps prefixes has read before."""
        return sum(part.cached for part in self.parts)


async def probe(
    request: Request, confirm: Confirm, engine: Engine | None = None
) -> AsyncGenerator[Event | Estimate | Trial | Probe]:
    """Yield progress, the estimate, each trial once it is kept, and the `Probe`.

    Whoever does not want to go on after the estimate leaves the iteration there.

    Args:
        confirm: asks a person whether text may leave this machine.
        engine: used instead of the profile's own.

    Raises:
        LongreadError: as the steps on the way do; `EngineError` after a `Probe` of what came.
    """
    if engine is None and not request.dry:
        check_key(request.profile)
    store = open_store(request.store)
    try:
        preparing = Work(lambda tell: planting.prepare(request, tell))
        async for step in preparing:
            yield step
        ready = preparing.value
        for note in notes_of(ready.corpus.sources):
            yield Progress("source", note=note)
        wanted = set(ready.places)
        trials = await asyncio.to_thread(store.trials, ready.key)
        kept = {t.place: t for t in trials if t.place in wanted}
        made = await asyncio.to_thread(estimate, ready, kept, store)
        yield made
        if request.dry:
            return
        if not made.requests:
            yield _result(ready, kept.values())
            return
        cost = spending.Estimate(made.tokens, made.price, made.seconds)
        await trust.allow(
            request.profile,
            ready.corpus,
            cost,
            store,
            confirm,
            less=LESS,
            untimed=UNTIMED,
            yes=request.yes,
        )
        if engine is None:
            pin = place_of(ready.corpus.sources)
            starting = Work(lambda tell: open_engine(request.profile, tell, pin))
            async for step in starting:
                yield step
            engine = starting.value
        number = await asyncio.to_thread(
            store.begin_probe,
            ready.key,
            ready.title,
            request.profile.name,
            request.profile.model,
            request.seed,
        )
        done = 0
        try:
            for plan, group in planting.missing(ready, kept):
                building = _built(ready, plan, group)
                async for step in building:
                    yield step
                for index in group:
                    place = plan.places[index]
                    if place in kept:
                        continue
                    right = sum(trial.right for trial in kept.values())
                    note = f"{label(place[0])} at {place[1]} %, {place[2]}; {right:,} right"
                    yield Progress("probe", done, made.requests, note)
                    trying = _try(request, building.value, plan, group, index, engine)
                    async with aclosing(trying) as events:
                        async for event in events:
                            if isinstance(event, Trial):
                                await asyncio.to_thread(store.keep_trial, number, event)
                                kept[place] = event
                                done += 1
                            yield event
        except EngineError:
            yield _result(ready, kept.values())
            raise
        yield _result(ready, kept.values())
    finally:
        store.close()


def _built(ready: Prepared, plan: Plan, group: tuple[int, ...]) -> Work[Haystack]:
    return Work(lambda _: planting.build(ready, plan, group))


async def _try(
    request: Request,
    made: Haystack,
    plan: Plan,
    group: tuple[int, ...],
    index: int,
    engine: Engine,
) -> AsyncGenerator[Progress | Trial]:
    """Ask for one needle and yield what the engine tells of its work and, last, the trial.

    Raises:
        EngineError: the model stopped, or its server read only a part of the prompt.
        ConfigError: the model had only thoughts when its tokens ended.
    """
    profile, needle = request.profile, plan.needles[index]
    sampling = Sampling(
        request.answer, profile.temperature, repetition_penalty=profile.repetition_penalty
    )
    text, thought, finished = "", False, ""
    usage: Usage | None = None
    async with aclosing(engine.stream(made.prompt(needle.question), sampling)) as events:
        async for event in events:
            match event:
                case Text(piece):
                    text += piece
                case Reasoning():
                    thought = True
                case Usage():
                    usage = event
                case Finished(reason):
                    finished = reason
                case Progress():
                    yield event
                case _:
                    pass
    if thought and not text and finished == "length":
        raise ConfigError(
            f"the model had written nothing but thoughts when its {request.answer} tokens ended",
            hint="say --answer 2k, or as many as it thinks",
        )
    if usage and usage.prompt_tokens < SEEN * (usage.expected_tokens or 0):
        raise EngineError(
            f"the server read {usage.prompt_tokens:,} of the {usage.expected_tokens:,} tokens"
            " that were sent: its window is smaller",
            hint=f"correct window in profile {profile.name}, or raise the server's",
        )
    others = [
        plan.needles[i].value for i in group if i != index and plan.needles[i].kind != "count"
    ]
    length, depth, kind, number = plan.places[index]
    price = spending.price(profile, usage) if usage else 0.0
    yield Trial(
        length, depth, kind, number, needle.question, needle.value, text.strip(),
        needles.is_right(needle, text, others), made.at[group.index(index)], usage, price,
    )  # fmt: skip


def estimate(ready: Prepared, kept: Collection[Place], store: Store) -> Estimate:
    """Say what the trials that are missing would take."""
    request, profile = ready.request, ready.request.profile
    parts = []
    price = 0.0
    for plan in ready.plans:
        size = plan.room + ready.measured.fixed
        requests = cached = 0
        for group in plan.groups:
            left = sum(plan.places[index] not in kept for index in group)
            requests += left
            cached += max(left - 1, 0) * (size - QUESTION)
        parts.append(Part(plan.length, requests, requests * size, cached))
        # What a cache saves is not promised: who agrees to a price agrees to the most.
        price += spending.price(profile, Usage(requests * size, requests * request.answer))
    asked = sum(part.requests for part in parts)
    reading, writing = store.pace(profile.name)
    seconds = 0.0
    if reading and writing:
        cold = sum(part.tokens - part.cached for part in parts)
        seconds = cold / reading + asked * request.answer / writing
    notes = tuple(filter(None, (ready.note, planting.too_few(request))))
    return Estimate(tuple(parts), len(ready.places) - asked, price, seconds, notes)


def _result(ready: Prepared, trials: Iterable[Trial]) -> Probe:
    request = ready.request
    made = tuple(sorted(trials, key=lambda trial: trial.place))
    lengths = [plan.length for plan in ready.plans]
    wanted = len(ready.plans[0].places)
    return Probe(
        request.profile.name,
        request.profile.model,
        ready.title,
        request.seed,
        datetime.now(UTC).date().isoformat(),
        made,
        bounds.bound(made, lengths, wanted, request.threshold, request.confidence),
        request.threshold,
        request.confidence,
        (ready.note,),
    )


def record(profile: Profile, made: Probe) -> Path:
    """Make what a probe found the profile's trusted window, and return the file that says so.

    Raises:
        ConfigError: no length passed, or the one that did is too short for the profile's answers.
    """
    found = made.trusted
    if found is None:
        raise ConfigError(
            f"no length passed, so nothing is recorded for profile {profile.name}",
            hint="try shorter --lengths, or fewer --kinds",
        )
    if found.length < profile.answer + LEAST:
        raise ConfigError(
            f"{found.length:,} tokens leave no room beside the {profile.answer:,} tokens of an"
            f" answer in profile {profile.name}",
            hint="lower answer in a profile of your own: longread profiles add",
        )
    return config.remember_trusted(
        profile.name,
        Trusted(
            found.length, found.right, found.n, round(found.lower, 4), made.date, profile.model
        ),
    )
