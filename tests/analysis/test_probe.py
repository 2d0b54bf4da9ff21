"""A probe from its source to its trusted window, with models that read a part or all of it."""

from __future__ import annotations

import re
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest

import longread
from longread import config
from longread.analysis.conversation import usable
from longread.analysis.planting import Request, default_lengths
from longread.analysis.probe import Estimate, probe, record
from longread.analysis.trust import Departure
from longread.config import Profile
from longread.engine.replay import ReplayEngine
from longread.errors import BudgetError, ConfigError, EngineError, TrustError
from longread.store import open_store
from longread.types import Event, Finished, Prompt, Reasoning, Sampling, Text, Usage
from longread.types.probes import Probe, Trial

MakeRepository = Callable[..., Path]
SCRIPTED = Profile(name="scripted", engine="replay", route="ids", window=9_000, trusted=2_000)
LENGTHS = (2_000, 5_000)


class Reader(ReplayEngine):
    """Finds whatever stands among the first tokens of a prompt, and guesses at the rest."""

    def __init__(self, sees: int = 10**9, fails_at: int | None = None) -> None:
        super().__init__("")
        self.sees = sees
        self.fails_at = fails_at

    async def stream(self, prompt: Prompt, sampling: Sampling) -> AsyncGenerator[Event]:
        if len(self.prompts) == self.fails_at:
            raise EngineError("the script says that it fails here", hint="ask again")
        self.prompts.append(prompt)
        corpus, _, question = prompt.turns[-1].text.rpartition(" question\n")
        yield Text(found(corpus[: self.sees], question))
        yield Usage(prompt.size, 4, 0, 2.0, 2.1, prompt.size)
        yield Finished("stop")


def found(text: str, question: str) -> str:
    name = re.search(r"the (\w+ \w+ \w+)(?:\?| repaired)", question)
    assert name
    if "repaired" in question:
        return f"{text.count(f'The {name[1]} was repaired in ')} years"
    if "pass phrase" in question:
        said = re.search(rf'The pass phrase of the {name[1]} is "(.*?)"', text)
        return said[1] if said else "I cannot say."
    asked = question.partition(" of the ")[0].removeprefix("What is the ")
    through = re.search(rf"The {name[1]} has the same {asked} as the (.*?)\.", text)
    said = re.search(rf"The {asked} of the {through[1] if through else name[1]} is (\d+)", text)
    return f"It is {said[1]}." if said else "It is not said."


async def no(_: Departure) -> bool:
    return False


async def collect(request: Request, engine: ReplayEngine) -> list[object]:
    return [event async for event in probe(request, no, engine)]


async def gather(request: Request, engine: ReplayEngine, into: list[object]) -> None:
    async for event in probe(request, no, engine):
        into.append(event)


def last(events: list[object]) -> Probe:
    assert isinstance(events[-1], Probe)
    return events[-1]


@pytest.fixture
def request_(make_repository: MakeRepository) -> Request:
    lines = "".join(f"def f{n}():\n    return {n}\n\n\n" for n in range(150))
    root = make_repository({"README.md": "# Kettle\n\nIt boils.\n", "kettle/app.py": lines})
    return Request(SCRIPTED, (str(root),), LENGTHS, (10, 50, 90))


async def test_a_model_that_reads_all_is_trusted_with_the_longest_length(request_: Request) -> None:
    engine = Reader()
    events = await collect(request_, engine)
    made = last(events)
    assert [trial for trial in made.trials if not trial.right] == []
    assert made.trusted
    assert (made.trusted.length, made.trusted.n) == (5_000, 12)
    assert sorted(e.place for e in events if isinstance(e, Trial)) == [t.place for t in made.trials]
    sizes = {prompt.size for prompt in engine.prompts}
    assert sizes == {length - request_.answer for length in LENGTHS}


async def test_a_model_that_reads_the_beginning_is_trusted_with_no_more(request_: Request) -> None:
    made = last(await collect(request_, Reader(sees=6_000)))
    assert made.trusted
    assert made.trusted.length == 2_000
    rights = {trial.depth: trial.right for trial in made.trials
              if trial.length == 5_000 and trial.kind == "number"}  # fmt: skip
    assert rights == {10: True, 50: False, 90: False}


async def test_a_probe_that_fails_half_way_goes_on_where_it_was(request_: Request) -> None:
    first = Reader(fails_at=15)
    events: list[object] = []
    with pytest.raises(EngineError):
        await gather(request_, first, events)
    assert len(last(events).trials) == 15
    assert [b.n for b in last(events).bounds] == [12, 3]
    second = Reader()
    made = last(await collect(request_, second))
    assert len(second.prompts) == 24 - 15
    assert len(made.trials) == 24
    whole = Reader()
    elsewhere = replace(request_, store=Path(request_.sources[0]).parent / "other.db")
    assert last(await collect(elsewhere, whole)) == made
    asked = {prompt.ids.tobytes() for prompt in (*first.prompts, *second.prompts)}
    assert asked == {prompt.ids.tobytes() for prompt in whole.prompts}


async def test_a_reader_who_leaves_has_kept_every_trial_that_was_shown(request_: Request) -> None:
    seen = []
    async with aclosing(probe(request_, no, Reader())) as events:
        async for event in events:
            if isinstance(event, Trial):
                seen.append(event)
            if len(seen) == 5:
                break
    with open_store() as store:
        (kept,) = store.probes()
        assert sorted(store.trials(kept.key), key=lambda t: t.place) == sorted(
            seen, key=lambda t: t.place
        )


async def test_a_second_probe_asks_only_for_what_is_missing(request_: Request) -> None:
    await collect(request_, Reader())
    again = Reader()
    events = await collect(request_, again)
    assert again.prompts == []
    assert last(events).trusted
    longer = Reader()
    made = last(await collect(replace(request_, lengths=(*LENGTHS, 8_000)), longer))
    assert {p.size for p in longer.prompts} == {8_000 - request_.answer}
    assert [b.n for b in made.bounds] == [12, 12, 12]


async def test_what_was_found_of_another_is_not_taken_for_it(request_: Request) -> None:
    short = replace(request_, lengths=(2_000,), depths=(10, 90))
    await collect(short, Reader())
    (Path(request_.sources[0]) / "README.md").write_text("# Kettle\n\nIt boils well.\n")
    for other in (
        short,
        replace(short, seed=1),
        replace(short, answer=65),
        replace(short, profile=replace(SCRIPTED, name="another")),
    ):
        engine = Reader()
        await collect(other, engine)
        assert len(engine.prompts) == 8


async def test_a_dry_run_says_what_is_sent_and_asks_nothing(request_: Request) -> None:
    priced = replace(SCRIPTED, price_input=2.0, price_cached=0.5, price_output=4.0)
    request = replace(request_, profile=priced, dry=True)
    engine = Reader()
    events = await collect(request, engine)
    said = events[-1]
    assert isinstance(said, Estimate)
    assert engine.prompts == []
    assert said.seconds == 0
    with open_store() as store:
        assert store.probes() == []
    await collect(replace(request, dry=False), engine)
    assert said.requests == len(engine.prompts)
    assert said.tokens == sum(prompt.size for prompt in engine.prompts)
    fresh, sent = said.tokens - said.cached, engine.prompts
    # What a server that keeps the last prompt alone has to read anew.
    read = sent[0].size
    for before, now in pairwise(sent):
        pairs = zip(before.ids, now.ids, strict=False)
        read += now.size - next((i for i, (a, b) in enumerate(pairs) if a != b), now.size)
    assert read <= fresh <= read * 1.2
    written = said.requests * request.answer
    # The most that it may cost: no cache is promised.
    assert said.price == pytest.approx((said.tokens * 2 + written * 4) / 1e6)
    more = await collect(replace(request, lengths=(*LENGTHS, 8_000)), engine)
    assert isinstance(more[-1], Estimate)
    assert more[-1].kept == 24
    fresh = more[-1].tokens - more[-1].cached
    # The scripted model took 2 s to the first token, and 0.1 s for three more.
    assert said.tokens / 24 / 2 * 0.3 < fresh / (more[-1].seconds - 12 * 64 / 30) < 5_000 / 2


async def test_what_is_recorded_is_the_window_of_later_questions(
    request_: Request, tmp_path: Path
) -> None:
    made = last(await collect(request_, Reader()))
    config.add_profile("scripted", {"engine": "replay", "answer": 200, "trusted": 2_000})
    profile = config.load_profile("scripted")
    assert usable(profile, None) == 2_000
    record(profile, made)
    profile = config.load_profile("scripted")
    assert profile.trusted == usable(profile, None) == 5_000
    kept = config.earned(profile)
    assert kept
    assert (kept.right, kept.n, kept.date) == (12, 12, made.date)
    assert kept.lower == pytest.approx(0.8796, abs=1e-4)
    # Another model has to earn it anew.
    config.add_profile("scripted", {"engine": "replay", "answer": 200, "model": "new"})
    assert config.load_profile("scripted").trusted == 131_072


async def test_nothing_is_recorded_that_no_length_earned(request_: Request) -> None:
    made = last(await collect(request_, Reader(sees=100)))
    assert made.trusted is None
    with pytest.raises(ConfigError, match="no length passed"):
        record(SCRIPTED, made)
    good = last(await collect(replace(request_, seed=1), Reader()))
    with pytest.raises(ConfigError, match="leave no room"):
        record(replace(SCRIPTED, answer=4_500), good)


async def test_nothing_leaves_this_machine_unasked(request_: Request) -> None:
    away = Profile(
        name="away", url="https://models.example/v1", window=9_000, trusted=2_000, price_input=1.0,
        price_output=1.0,
    )  # fmt: skip
    asked: list[Departure] = []

    async def refuse(departure: Departure) -> bool:
        asked.append(departure)
        return False

    engine = Reader()
    with pytest.raises(TrustError):
        async for _ in probe(replace(request_, profile=away), refuse, engine):
            pass
    assert engine.prompts == []
    (departure,) = asked
    assert departure.tokens > 24 * 1_900
    assert departure.price > 0


class Thinker(ReplayEngine):
    async def stream(self, prompt: Prompt, sampling: Sampling) -> AsyncGenerator[Event]:
        yield Reasoning("Let me see …")
        yield Finished("length")


class Truncating(ReplayEngine):
    async def stream(self, prompt: Prompt, sampling: Sampling) -> AsyncGenerator[Event]:
        yield Text("12")
        yield Usage(1_024, 1, 0, 0.1, 0.2, prompt.size)
        yield Finished("stop")


async def test_what_would_make_every_answer_wrong_ends_the_probe(request_: Request) -> None:
    with pytest.raises(ConfigError, match="nothing but thoughts") as thought:
        await collect(request_, Thinker(""))
    assert "--answer" in thought.value.hint
    with pytest.raises(EngineError, match=r"read 1,024 of the 1,936 tokens"):
        await collect(request_, Truncating(""))
    with open_store() as store:
        assert [probed.trials for probed in store.probes()] == [0]


async def test_what_cannot_be_probed_is_refused_before_anything_is_asked(
    request_: Request,
) -> None:
    for wrong, words, kind in (
        (replace(request_, lengths=(20_000,)), "more than the window", ConfigError),
        (replace(request_, lengths=(300,)), "300: .* too short", BudgetError),
        (replace(request_, depths=(101,)), "per cent", ConfigError),
        (replace(request_, threshold=1.0), "can show that 100%", ConfigError),
    ):
        engine = Reader()
        with pytest.raises(kind, match=words):
            await collect(wrong, engine)
        assert engine.prompts == []


async def test_without_a_source_longreads_own_code_is_the_corpus(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert (Path(longread.__file__).parent / "analysis" / "probe.py").exists()
    (tmp_path / "package").mkdir()
    (tmp_path / "package" / "app.py").write_text("def heat():\n    return 97.5\n\n\n" * 20)
    monkeypatch.setattr(longread, "__file__", str(tmp_path / "package" / "__init__.py"))
    request = Request(SCRIPTED, lengths=(2_000,), depths=(50,), trials=8, kinds=("number",))
    made = last(await collect(request, Reader()))
    assert made.title == "longread's own code"
    assert made.trusted


def test_lengths_double_up_to_the_window() -> None:
    assert default_lengths(8_192) == (1_024, 2_048, 4_096, 8_192)
    assert default_lengths(9_000) == (1_024, 2_048, 4_096, 8_192, 9_000)
    assert default_lengths(800) == (800,)
