"""The whole flow with a real model: vLLM on the CPU, started once for all of these tests.

Engine and model lie in the user's own cache, where `make test` puts them; state does not.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from longread import config
from longread.analysis import planting
from longread.analysis import review as reviewing
from longread.analysis.ask import Request, ask
from longread.analysis.likelihood import likelihood
from longread.analysis.probe import probe
from longread.analysis.trust import Departure
from longread.config import Profile
from longread.engine import local
from longread.store import open_store
from longread.types import Answer, Event, Usage, Verdict
from longread.types.probes import Likelihood, Probe
from longread.types.reviews import Cell, CellState, Question

ROOT = Path(__file__).parent.parent.parent
SHELF = ROOT / "fixtures" / "shelf"
QUESTIONS = (
    "Which law governs the lease of Unit 7, Calderbank Works?",
    "What is the yearly rent of Unit 7, Calderbank Works?",
    "What share of Net Revenue does Marrowby pay Trailpost?",
    "What set-up fee does Marrowby pay Trailpost?",
    "How many Named Users may use StowPlan?",
    "What is the annual licence fee for StowPlan?",
    "On how much notice may Halverstone terminate the services agreement without cause?",
    "Which law governs the Halverstone and Briarmount services agreement?",
    "How many orchard plots were in the night irrigation trial?",
    "How many soil probes failed in the night irrigation trial?",
)

pytestmark = pytest.mark.engine


@pytest.fixture(scope="module")
def places(tmp_path_factory: pytest.TempPathFactory, users_cache: str) -> Iterator[dict[str, str]]:
    """Where the shared engine keeps its state; it is stopped at the end, come what may."""
    home = tmp_path_factory.mktemp("engine-home")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LONGREAD_HOME", str(home))
        patch.setenv("LONGREAD_CACHE", users_cache)
        yield {"LONGREAD_HOME": str(home), "LONGREAD_CACHE": users_cache}
        local.stop()


@pytest.fixture(autouse=True)
def _use_places(places: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    for variable, value in places.items():
        monkeypatch.setenv(variable, value)


@pytest.fixture
def embedded() -> Profile:
    return config.load_profile("embedded")


async def collect(request: Request) -> list[Event]:
    return [event async for event in ask(request, lambda _: False)]


def last(events: list[Event]) -> Answer:
    assert isinstance(events[-1], Answer)
    return events[-1]


async def test_a_second_question_about_a_corpus_is_cheap(embedded: Profile, tmp_path: Path) -> None:
    profile = replace(embedded, trusted=4_096, answer=24)
    lines = [f"Rule {n}: lamp {n} is lit at {n % 12 + 1} and put out at dusk." for n in range(110)]
    (tmp_path / "rules.md").write_text("\n".join(lines) + "\n")
    for question in ("When is lamp 7 lit?", "When is lamp 40 lit?"):
        answer = last(await collect(Request(question, profile, (str(tmp_path / "rules.md"),))))
        assert answer.strategy == "whole"
        assert answer.usage
        assert answer.usage.prompt_tokens == answer.usage.expected_tokens
    assert answer.usage
    assert answer.usage.cached_tokens is not None
    assert answer.usage.cached_tokens >= 0.9 * answer.usage.prompt_tokens


async def test_a_follow_up_reuses_the_first_question_too(embedded: Profile) -> None:
    profile = replace(embedded, answer=24)
    first = last(await collect(Request(QUESTIONS[0], profile, (str(SHELF),))))
    events = await collect(Request("And the rent?", profile, session=first.session))
    usage = next(e for e in events if isinstance(e, Usage))
    assert usage.prompt_tokens == usage.expected_tokens
    with open_store() as store:
        assert len(store.session(first.session).answers) == 2


async def test_of_ten_questions_at_least_eight_cite_a_place_that_was_shown(
    embedded: Profile,
) -> None:
    profile = replace(embedded, answer=48)
    good = right = 0
    facts = {f["question"]: f for f in json.loads((ROOT / "fixtures/shelf_facts.json").read_text())}
    for question in QUESTIONS:
        answer = last(await collect(Request(question, profile, (str(SHELF),))))
        assert all(c.guided and c.verdict is Verdict.PLACE for c in answer.citations)
        good += bool(answer.text) and bool(answer.citations)
        right += any(c.path == facts[question]["document"] for c in answer.citations)
    assert good >= 8
    assert right >= 8


def test_the_command_line_asks_the_model_and_says_it_is_small() -> None:
    arguments = ["ask", str(SHELF), "--profile", "embedded", "-q", QUESTIONS[0], "--json"]
    done = longread(*arguments)
    assert done.returncode == 0, done.stderr
    answer = json.loads(done.stdout)
    assert answer["text"]
    assert "135 million" in answer["caveat"]
    assert "pages" in answer["coverage"]
    for citation in answer["citations"]:
        assert citation["verdict"] == "place"
        assert citation["guided"]
        assert citation["path"].endswith(".pdf")


async def test_the_embedded_model_is_probed_at_two_lengths_and_depths(embedded: Profile) -> None:
    request = planting.Request(
        embedded, (str(SHELF),), (1_024, 3_072), (10, 90), 1, ("phrase",),
        threshold=0.3, confidence=0.5, answer=24,
    )  # fmt: skip
    events = [event async for event in probe(request, lambda _: False)]
    made = events[-1]
    assert isinstance(made, Probe)
    assert [bound.n for bound in made.bounds] == [2, 2]
    for trial in made.trials:
        assert trial.answer
        assert trial.usage
        assert trial.usage.prompt_tokens == trial.usage.expected_tokens == trial.length - 24
    # At the second length both needles stand in one prompt, which is read once.
    second = made.trials[-1].usage
    assert second
    assert second.cached_tokens is not None
    assert second.cached_tokens >= 0.9 * second.prompt_tokens


async def test_the_embedded_model_says_how_likely_it_finds_a_corpus(embedded: Profile) -> None:
    request = planting.Request(embedded, (str(SHELF),), (1_024,))
    made = [event async for event in likelihood(request, lambda _: False)][-1]
    assert isinstance(made, Likelihood)
    first, *_, last = made.buckets
    assert 0 < last.mean < first.mean < 12


def test_the_embedded_model_can_be_tried() -> None:
    done = longread("profiles", "test", "embedded")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "where we count" in done.stdout


LONGREAD = (sys.executable, "-c", "from longread.cli import main; main()")


def longread(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*LONGREAD, *arguments],
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
        check=False,
    )


async def test_a_review_by_the_real_model_has_typed_cells_and_places(
    embedded: Profile, tmp_path: Path
) -> None:
    folder = tmp_path / "deals"
    folder.mkdir()
    for name, law in (("alder", "Ohio"), ("birch", "Utah")):
        text = f"# {name}\n\nThe rent is USD 500 a year.\nThe laws of {law} govern it.\n"
        (folder / f"{name}.md").write_text(text)
    questions = (
        Question("Law", "Which law governs the agreement?"),
        Question("Rent", "Is a rent paid?", "yes/no"),
    )

    async def yes(_: Departure) -> bool:
        return True

    request = reviewing.Request(replace(embedded, answer=64), (str(folder),), questions)
    cells = [e async for e in reviewing.review(request, yes) if isinstance(e, Cell)]
    assert sorted((cell.path, cell.question) for cell in cells) == [
        ("alder.md", "Law"), ("alder.md", "Rent"), ("birch.md", "Law"), ("birch.md", "Rent"),
    ]  # fmt: skip
    for cell in cells:
        # So small a model may say anything, but only in the form that was asked for.
        assert cell.state is not CellState.FAILED, cell.note
        assert cell.usage
        assert cell.usage.prompt_tokens == cell.usage.expected_tokens
        if cell.state is CellState.ANSWERED:
            assert cell.question == "Law" or (
                cell.value and cell.value.normal in [("yes",), ("no",)]
            )
            assert all(c.guided and c.verdict is Verdict.PLACE for c in cell.citations)


# What follows kills the engine that the tests above share.


def test_an_engine_that_is_killed_leaves_what_came_and_is_started_again() -> None:
    question = "Tell everything about the lease, at length."
    asking = subprocess.Popen(
        [*LONGREAD, "ask", str(SHELF), "--profile", "embedded", "-q", question],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        stdin=subprocess.DEVNULL,
    )
    assert asking.stdout
    said = os.read(asking.stdout.fileno(), 1)  # no more is taken than is asked for
    assert said, asking.communicate()
    os.kill(local.status()[0].pid, signal.SIGKILL)
    rest, told = asking.communicate()
    errors = told.decode()
    assert asking.returncode == 3, errors
    assert "the engine's log ends with" in errors
    assert "hint: " in errors
    with open_store() as store:
        answer = store.session().answers[-1]
    assert answer.question == question
    assert answer.finished == "cut"
    assert (said + rest).decode().startswith(answer.text[:20])
    again = longread("ask", str(SHELF), "--profile", "embedded", "-q", QUESTIONS[1])
    assert again.returncode == 0, again.stderr
    assert "start engine" in again.stderr
