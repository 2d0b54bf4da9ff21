"""What a question costs is estimated before it is asked, and asked for where it is dear."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from longread import config
from longread.analysis import spending
from longread.analysis.ask import Request, ask
from longread.analysis.trust import Departure
from longread.config import Profile
from longread.engine.replay import ReplayEngine
from longread.errors import ConfigError, TrustError
from longread.export.session import added_up
from longread.store import open_store
from longread.types import Answer, Event, Layout, Ledger, Progress, Session, Usage

MakeRepository = Callable[..., Path]
HERE = Profile(
    name="here", engine="replay", window=8_000, trusted=8_000, answer=200,
    price_input=100.0, price_output=200.0,
)  # fmt: skip


def kept(profile: str, *usages: Usage) -> None:
    with open_store() as store:
        session = Session("t", (), profile, Layout("§0", ()), Ledger((), "t", 9, 9, ()), {})
        short = store.create(session)
        for usage in usages:
            store.add_answer(short, Answer("?", "a", (), "stop", usage=usage, profile=profile))


def pace(profile: str) -> tuple[float, float]:
    with open_store() as store:
        return store.pace(profile)


def test_a_models_pace_is_the_median_of_what_it_read_anew_and_wrote() -> None:
    assert pace("here") == (0.0, 0.0)
    kept(
        "here",
        Usage(1_000, 11, 0, 2.0, 3.0),  # reads 500 a second, writes 10
        Usage(4_000, 21, 2_000, 2.0, 3.0),  # 1,000 and 20
        Usage(9_000, 31, 3_000, 2.0, 3.0),  # 3,000 and 30
        Usage(9_000, 1, 8_900, 0.001, 0.001),  # nearly all of it was cached: says nothing
    )
    kept("there", Usage(1_000, 11, 0, 1.0, 2.0))
    assert pace("here") == (1_000.0, 20.0)
    with open_store() as store:
        found = spending.estimate(HERE, 5_000, store)
    assert found.seconds == 5.0 + 10.0
    assert found.dollars == pytest.approx(0.54)
    assert found.words == "at most $0.5400 and 15 s"


@pytest.mark.parametrize(
    ("seconds", "words"), [(89.0, "89 s"), (90.0, "2 min"), (5_399.0, "90 min"), (9_000.0, "2.5 h")]
)
def test_a_time_is_said_as_people_say_it(seconds: float, words: str) -> None:
    assert spending.duration(seconds) == words


async def asked(
    root: Path, profile: Profile, answers: list[bool], *, yes: bool = False
) -> tuple[list[Departure], list[Event]]:
    seen: list[Departure] = []

    async def confirm(departure: Departure) -> bool:
        seen.append(departure)
        return answers.pop(0)

    request = Request("Is it?", profile, (str(root),), yes=yes)
    events = [event async for event in ask(request, confirm, ReplayEngine("Yes."))]
    return seen, events


async def test_what_is_dear_is_asked_for_each_time_although_nothing_leaves(
    make_repository: MakeRepository,
) -> None:
    root = make_repository({"a.py": "x = 1\n" * 900})
    seen, events = await asked(root, HERE, [True])
    assert [d.host for d in seen] == [""]
    assert seen[0].price > 0.25
    assert seen[0].words.startswith("1 document, ")
    notes = [e.note for e in events if isinstance(e, Progress) and e.stage == "show"]
    assert notes[0].endswith(f"; at most ${seen[0].price:,.4f}")
    with pytest.raises(TrustError, match="was not asked: at most"):
        await asked(root, HERE, [False])
    seen, _ = await asked(root, HERE, [], yes=True)
    assert seen == []


async def test_what_costs_little_or_nothing_is_not_asked_for(
    make_repository: MakeRepository,
) -> None:
    root = make_repository({"a.py": "x = 1\n"})
    for cheap in (replace(HERE, price_input=0.0, price_output=0.0), HERE):
        seen, _ = await asked(root, cheap, [])
        assert seen == []


async def test_what_takes_long_is_asked_for(make_repository: MakeRepository) -> None:
    free = replace(HERE, price_input=0.0, price_output=0.0)
    kept("here", Usage(1_000, 11, 0, 1_000.0, 1_100.0))  # reads one token a second
    (seen,), _ = await asked(make_repository({"a.py": "x = 1\n"}), free, [True])
    assert seen.seconds > 300
    assert " min" in seen.words


def test_what_is_dear_can_be_set(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LONGREAD_CONFIG", str(tmp_path))
    (tmp_path / "config.toml").write_text("[ask]\ndollars = 2\nminutes = 0.5\n")
    settings = config.settings()
    assert (settings.ask_dollars, settings.ask_minutes) == (2.0, 0.5)
    assert not spending.Estimate(1, 1.9, 30.0).exceeds(settings)
    assert spending.Estimate(1, 2.1, 0.0).exceeds(settings)
    assert spending.Estimate(1, 0.0, 31.0).exceeds(settings)
    (tmp_path / "config.toml").write_text("[ask]\ndolars = 2\n")
    with pytest.raises(ConfigError, match="dolars"):
        config.settings()


def test_the_answers_of_a_session_are_added_up() -> None:
    answers = [
        Answer("?", "a", (), "stop", usage=Usage(1_000, 10, 900, 1.0, 2.0), price=0.5),
        Answer("?", "b", (), "cut"),
        Answer("?", "c", (), "stop", usage=Usage(1_000, 20, None, 1.0, 3.5), price=0.25),
    ]
    assert added_up(answers) == (
        "in all: 2 answers, prompts 2,000 tokens (45 % from the cache), answers 30 tokens,"
        " 5.5 s, $0.7500"
    )
    assert added_up([Answer("?", "b", (), "cut")]) == ""
