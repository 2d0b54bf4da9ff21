"""`longread ask --strategy sweep`, as a person runs it, with scripted findings."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from longread.cli import longread
from longread.engine.replay import ReplayEngine
from longread.types import Prompt


@pytest.fixture
def shelf(tmp_path: Path) -> Path:
    folder = tmp_path / "longread-config" / "profiles"
    folder.mkdir(parents=True)
    (folder / "scripted.toml").write_text(
        'engine = "replay"\nwindow = 4000\ntrusted = 4000\nanswer = 200\n'
    )
    shelf = tmp_path / "shelf"
    shelf.mkdir()
    for name in ("alder", "birch", "cedar"):
        line = f"{name} has agreed to all of this on the day that is named in it, number"
        (shelf / f"{name}.txt").write_text("".join(f"{line} {n}.\n" for n in range(90)))
    return shelf


def run(*arguments: str) -> Result:
    return CliRunner().invoke(longread, ["ask", *arguments])


def test_a_sweep_says_what_it_takes_and_cites_each_part(shelf: Path) -> None:
    asked = (str(shelf), "-q", "Who agreed?", "--profile", "scripted", "--strategy", "sweep")
    done = run(*asked)
    assert done.exit_code == 0, done.output
    assert "sweep: 3 parts" in done.stderr
    assert done.stdout.startswith("It says so (1).\n\n1. It says so, d1:L")
    assert done.stdout.count("✓ exact") == 3
    assert "strategy sweep; 3 parts, 3 of 3 documents shown in full" in done.stdout
    more = ("--continue", "--strategy", "sweep", "--parallel", "1", "-q", "And who not?", "--json")
    answer = json.loads(run(*more).stdout)
    assert (answer["strategy"], answer["share"], len(answer["citations"])) == ("sweep", 1.0, 3)


def test_parts_that_were_not_read_are_a_failure(
    shelf: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain = ReplayEngine.stream

    def stream(self: ReplayEngine, prompt: Prompt, sampling: object) -> object:
        if "birch.txt" in prompt.turns[1].text:
            return plain(ReplayEngine("No."), prompt, type(sampling)(100))  # type: ignore[call-arg,arg-type]
        return plain(self, prompt, sampling)  # type: ignore[arg-type]

    monkeypatch.setattr(ReplayEngine, "stream", stream)
    done = run(str(shelf), "-q", "Who?", "--profile", "scripted", "--strategy", "sweep")
    assert done.exit_code == 1
    assert "1 part not read (birch.txt): no answer: there is no JSON in it" in done.stdout
    assert done.stdout.count("✓ exact") == 2
