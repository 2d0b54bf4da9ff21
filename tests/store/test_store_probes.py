"""Probes in the store: each trial by itself, what they are known by, how fast a model was."""

from __future__ import annotations

from pathlib import Path

from longread.store import open_store
from longread.types import Answer, Session, Usage
from longread.types.probes import Trial

USAGE = Usage(7_000, 12, 6_900, 0.5, 2.5, 7_000, 3, "Hoster")


def trial(number: int, *, right: bool = True, usage: Usage | None = USAGE) -> Trial:
    return Trial(
        8_192, 50, "hop", number, "Wo? \ud800", "481930", "Da: \udcff", right, 0.49, usage, 0.25
    )


def test_a_trial_read_back_equals_the_one_written(path: Path) -> None:
    with open_store(path) as store:
        number = store.begin_probe("key", "Kettle \udcff", "vllm", "m", 7)
        store.keep_trial(number, trial(0))
        store.keep_trial(number, trial(1, usage=None))
    with open_store(path) as store:
        assert store.trials("key") == [trial(0), trial(1, usage=None)]
        assert store.trials("another") == []
        (probed,) = store.probes()
        assert (probed.title, probed.profile, probed.seed, probed.trials) == (
            "Kettle \udcff", "vllm", 7, 2,
        )  # fmt: skip


def test_a_probe_with_the_same_key_is_the_same(path: Path) -> None:
    with open_store(path) as store:
        first = store.begin_probe("key", "Kettle", "vllm", "m", 0)
        other = store.begin_probe("other", "Kettle", "vllm", "m", 1)
        assert store.begin_probe("key", "Kettle", "vllm", "m", 0) == first != other
        store.keep_trial(first, trial(0, right=False))
        store.keep_trial(first, trial(0))
        assert store.trials("key") == [trial(0)]
        assert [(p.key, p.trials) for p in store.probes()] == [("other", 0), ("key", 1)]


def test_a_models_pace_is_that_of_its_answers_and_of_its_trials(path: Path, make: object) -> None:
    with open_store(path) as store:
        session: Session = make("one")  # type: ignore[operator]
        short = store.create(session)
        assert store.pace("slow") == (0.0, 0.0)
        number = store.begin_probe("key", "Kettle", "slow", "m", 0)
        store.keep_trial(number, trial(0, usage=Usage(1_000, 11, 0, 2.0, 3.0)))
        store.keep_trial(number, trial(1, usage=None))
        assert store.pace("slow") == (500.0, 10.0)
        seen = Usage(900, 21, None, 1.0, 2.0)
        store.add_answer(short, Answer("Why?", "So.", (), "stop", usage=seen, profile="slow"))
        assert store.pace("slow") == (700.0, 15.0)
