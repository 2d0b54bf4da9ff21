"""The newest probe of a profile or a model."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from longread import config
from longread.analysis.probed import newest
from longread.store import Store, open_store
from longread.types.probes import Trial

SCOUT = "meta-llama/Llama-4-Scout-17B-16E-Instruct"


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with open_store(tmp_path / "longread.db") as opened:
        yield opened


def probe(store: Store, title: str, profile: str, model: str, trials: int = 1) -> None:
    number = store.begin_probe(title, title, profile, model, 0)
    for n in range(trials):
        store.keep_trial(number, Trial(4_096, 50, "number", n, "?", "481930", "481930", True))


def found(store: Store, name: str) -> str:
    made = newest(store, name)
    return made.title if made else ""


def test_a_profile_of_its_own_comes_before_its_model_under_another(store: Store) -> None:
    probe(store, "own", "vllm-scout-1m", SCOUT)
    probe(store, "other", "together", SCOUT)
    assert found(store, "vllm-scout-1m") == "own"
    assert found(store, "together") == "other"
    assert found(store, "scout") == "other"
    assert found(store, "vllm-scout-10m") == "other"
    assert found(store, "llama4-maverick") == ""
    assert found(store, "no such model") == ""


def test_one_that_was_begun_and_asked_nothing_is_passed_over(store: Store) -> None:
    probe(store, "first", "house", "m")
    probe(store, "second", "house", "m", trials=0)
    assert found(store, "house") == "first"


def test_a_profile_that_cannot_be_read_names_no_model(store: Store) -> None:
    folder = config.settings_dir() / "profiles"
    folder.mkdir(parents=True)
    (folder / "broken.toml").write_text("window = 'wide'\n")
    probe(store, "first", "house", "m")
    assert found(store, "broken") == ""


def test_a_length_that_is_not_done_has_not_passed(store: Store) -> None:
    number = store.begin_probe("key", "Kettle", "house", "m", 0)
    for length, count in ((4_096, 20), (8_192, 2)):
        for n in range(count):
            store.keep_trial(number, Trial(length, 50, "number", n, "?", "1", "1", True))
    made = newest(store, "house")
    assert made is not None
    assert [(b.n, b.wanted, b.passed) for b in made.bounds] == [(20, 20, True), (2, 20, False)]
    assert made.trusted is not None
    assert made.trusted.length == 4_096
