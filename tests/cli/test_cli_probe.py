"""`longread probe` as people use it."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from longread.cli import main


@dataclass
class Done:
    """What a command said, and its exit code."""

    returncode: int
    stdout: str
    stderr: str


Run = Callable[..., Done]


@pytest.fixture
def longread(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Return a function that runs a command as the program does, without a terminal."""
    monkeypatch.setenv("COLUMNS", "80")

    def run(*arguments: str) -> Done:
        monkeypatch.setattr(sys, "argv", ["longread", *arguments])
        with pytest.raises(SystemExit) as ended:
            main()
        said = capsys.readouterr()
        return Done(int(ended.value.code or 0), said.out, said.err)

    return run


@pytest.fixture
def source(tmp_path: Path) -> str:
    folder = tmp_path / "kettle"
    folder.mkdir()
    (folder / "app.py").write_text("".join(f"def f{n}():\n    return {n}\n\n\n" for n in range(80)))
    return str(folder)


@pytest.fixture(autouse=True)
def _profiles(tmp_path: Path) -> None:
    folder = tmp_path / "longread-config" / "profiles"
    folder.mkdir(parents=True)
    script = tmp_path / "script.txt"
    script.write_text("I cannot say.")
    said = f'engine = "replay"\nmodel = "{script}"\nwindow = 4096\ntrusted = 4096\nanswer = 100\n'
    (folder / "scripted.toml").write_text(said + 'route = "ids"\n')
    (folder / "priced.toml").write_text(said + "price_input = 100.0\nprice_output = 100.0\n")


WAYS = ("--profile", "scripted", "--lengths", "1k,2k", "--depths", "10,90")


def test_the_grid_is_printed_drawn_and_made_only_once(
    longread: Run, source: str, tmp_path: Path
) -> None:
    drawn = tmp_path / "grid.svg"
    done = longread("probe", source, *WAYS, "-o", str(drawn))
    assert done.returncode == 0, done.stderr
    rows = done.stdout.splitlines()
    assert max(map(len, rows)) <= 80
    assert rows[0].split() == ["depth", "1k", "2k"]
    assert rows[1].split() == ["10", "%", "0/4", "0/4"]
    assert "no window is trusted" in rows[-1]
    assert "\x1b" not in done.stdout
    assert drawn.read_text().startswith("<svg")
    assert f"{drawn} is written" in done.stderr
    assert "16 questions" in done.stderr
    again = longread("probe", source, *WAYS, "--json")
    assert again.returncode == 0, again.stderr
    assert "nothing is asked" in again.stderr
    assert len(json.loads(again.stdout)["trials"]) == 16


def test_a_dry_run_prints_what_it_would_take(longread: Run, source: str) -> None:
    done = longread("probe", source, *WAYS, "--dry-run")
    assert done.returncode == 0, done.stderr
    assert [row.split()[:3] for row in done.stdout.splitlines()[1:3]] == [
        ["1k", "8", "7,488"], ["2k", "8", "15,488"],
    ]  # fmt: skip
    data = json.loads(longread("probe", source, *WAYS, "--dry-run", "--json").stdout)
    assert data["requests"] == 16
    assert data["tokens"] == 7_488 + 15_488


def test_money_is_not_spent_without_a_yes(longread: Run, source: str) -> None:
    ways = ("probe", source, "--profile", "priced", *WAYS[2:])
    done = longread(*ways)
    assert done.returncode == 2
    assert "at most $2." in done.stderr
    assert "--yes" in done.stderr
    assert done.stdout == ""
    assert longread(*ways, "--yes").returncode == 0


def test_what_may_take_long_is_not_begun_unasked(
    longread: Run, source: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("longread.analysis.probe.UNTIMED", 20_000)
    done = longread("probe", source, *WAYS)
    assert done.returncode == 2
    assert "how long it takes is not known" in done.stderr
    assert "it may take long" in done.stderr
    assert longread("probe", source, *WAYS, "--yes").returncode == 0


def test_no_file_is_found_to_be_impossible_after_the_work(longread: Run, source: str) -> None:
    done = longread("probe", source, *WAYS, "-o", "/proc/none/grid.html", "--dry-run")
    assert (done.returncode, done.stdout) == (2, "")
    assert "/proc/none/grid.html cannot be written" in done.stderr


@pytest.mark.parametrize(
    "wrong",
    [["--trials", "1000000000"], ["--threshold", "nan"], ["--confidence", "nan"]],
)
def test_numbers_that_mean_nothing_are_refused(
    longread: Run, source: str, wrong: list[str]
) -> None:
    done = longread("probe", source, *WAYS, "--dry-run", *wrong)
    assert done.returncode == 2
    assert f"Invalid value for '{wrong[0]}'" in done.stderr


def test_too_few_trials_are_made_with_a_warning(longread: Run, source: str) -> None:
    done = longread("probe", source, *WAYS[:4], "--trials", "1", "--depths", "50")
    assert done.returncode == 0
    assert "1 trials at each length can never show" in done.stderr


def test_a_dead_server_draws_no_table(longread: Run, source: str, tmp_path: Path) -> None:
    said = 'url = "http://127.0.0.1:9/v1"\nmodel = "m"\nwindow = 4096\nretries = 0\n'
    (tmp_path / "longread-config" / "profiles" / "gone.toml").write_text(said + "answer = 100\n")
    done = longread("probe", source, "--profile", "gone", *WAYS[2:])
    assert (done.returncode, done.stdout) == (3, "")


BAD = {
    "no length": (["--lengths", "1k,x"], "'x' is not a length"),
    "no depth": (["--depths", "10,110"], "'110' is not a depth"),
    "no kind": (["--kinds", "numbr"], "'numbr' is no kind"),
    "no picture": (["-o", "grid.png"], "grid.png is neither"),
    "a length beyond the window": (["--lengths", "8k"], "8,000 tokens is more than the window"),
    "a length too short": (["--lengths", "200"], "200: "),
    "too few trials": (
        ["--trials", "1", "--depths", "50", "--record"],
        "1 trials at each length can never",
    ),
    "a threshold that trusts anything": (["--threshold", "0.01", "--record"], "only 1%"),
    "an answer longer than the length": (["--answer", "4k"], "1k: "),
    "no likelihood": (["--likelihood"], "has no server to ask"),
    "nothing to record": (["--record"], "no length passed"),
}


@pytest.mark.parametrize("name", BAD)
def test_bad_input_is_one_line_and_a_hint(longread: Run, name: str, source: str) -> None:
    arguments, words = BAD[name]
    done = longread("probe", source, *WAYS, *arguments)
    assert done.returncode == 2, (done.stdout, done.stderr)
    lines = [line for line in done.stderr.splitlines() if line.startswith(("error: ", "hint: "))]
    assert [line.partition(":")[0] for line in lines] == ["error", "hint"]
    assert words in lines[0]
    assert "Traceback" not in done.stderr


def test_a_recorded_window_is_shown_with_its_trials_and_its_day(
    longread: Run, tmp_path: Path
) -> None:
    recorded = (
        '[trusted.scripted]\ntokens = 2048\nright = 20\nn = 20\nlower = 0.9241\ndate = "2026-07-31"'
        f'\nmodel = "{tmp_path / "script.txt"}"\n'
    )
    (tmp_path / "longread-config" / "config.toml").write_text(recorded)
    shown = longread("profiles", "show", "scripted").stdout
    assert "trusted = 2048 (longread probe, 2026-07-31: 20 of 20 right, at least 92 %)" in shown
    (tmp_path / "longread-config" / "config.toml").write_text(recorded.replace("n = 20\n", ""))
    done = longread("profiles", "show", "scripted")
    assert done.returncode == 2
    assert "there is no n" in done.stderr
