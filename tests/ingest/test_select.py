"""What a person, or a repository of itself, leaves out or wants at another level."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from longread.cli import longread

FILES = {
    "README.md": "# Kettle\n",
    "src/heat.py": 'def heat(target):\n    """Warm it."""\n' + "    target += 1\n" * 30,
    "src/heat_test.py": "def test_heat():\n    pass\n",
    "docs/guide.md": "# Guide\n\nHow to heat.\n",
    "docs/deep/notes.md": "# Notes\n",
    "data/table.csv": "a,b\n1,2\n",
}


@pytest.fixture(autouse=True)
def places(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HOME", "CACHE", "CONFIG"):
        monkeypatch.setenv(f"LONGREAD_{name}", str(tmp_path / name.lower()))


def git(place: Path, *words: str) -> None:
    name = ("-c", "user.name=t", "-c", "user.email=t@example.org")
    subprocess.run(["git", "-C", str(place), *name, *words], check=True, capture_output=True)


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    place = tmp_path / "kettle"
    place.mkdir()
    git(place, "init", "-q", "-b", "main")
    commit(place, FILES)
    return place


def commit(place: Path, files: dict[str, str]) -> None:
    for path, text in files.items():
        (place / path).parent.mkdir(parents=True, exist_ok=True)
        (place / path).write_text(text)
    git(place, "add", "-A")
    git(place, "commit", "-qm", "files")


def run(*words: str) -> Result:
    return CliRunner().invoke(longread, ["pack", *words], catch_exceptions=True)


def packed(tmp_path: Path, *words: str) -> tuple[str, dict[str, tuple[str, str]], str]:
    """Return the prompt, level and reason of each file, and what was said beside."""
    ledger = tmp_path / "ledger.json"
    done = run(*words, "--ledger", str(ledger), "-o", str(tmp_path / "out.txt"))
    assert done.exit_code == 0, (done.output, done.exception)
    files = json.loads(ledger.read_text())["files"]
    said = {file["path"]: (file["level"], file["reason"]) for file in files}
    return (tmp_path / "out.txt").read_text(), said, done.output


def test_what_is_left_out_keeps_its_line_in_the_ledger(repository: Path, tmp_path: Path) -> None:
    text, files, _ = packed(tmp_path, str(repository), "--exclude", "docs/**", "--exclude", "*.csv")
    assert set(files) == set(FILES)
    assert files["docs/deep/notes.md"] == ("none", "left out by you: docs/**")
    assert files["data/table.csv"] == ("none", "left out by you: *.csv")
    assert files["src/heat.py"] == ("full", "")
    assert "How to heat" not in text
    assert "1,2" not in text


def test_only_what_is_included_is_read(repository: Path, tmp_path: Path) -> None:
    text, files, _ = packed(
        tmp_path, str(repository), "--include", "src/", "--exclude", "*_test.py"
    )
    assert {path for path, (level, _) in files.items() if level == "full"} == {"src/heat.py"}
    assert files["README.md"] == ("none", "left out by you: not included")
    assert files["src/heat_test.py"] == ("none", "left out by you: *_test.py")
    assert "Kettle" not in text


def test_only_some_kinds_are_read(repository: Path, tmp_path: Path) -> None:
    _, files, _ = packed(tmp_path, str(repository), "--only-kind", "source,docs")
    assert files["src/heat_test.py"] == ("none", "left out by you: not source or docs")
    assert {path for path, (level, _) in files.items() if level == "full"} == {
        "README.md", "src/heat.py", "docs/guide.md", "docs/deep/notes.md",
    }  # fmt: skip


def test_a_level_can_be_said_for_a_pattern_and_the_last_one_counts(
    repository: Path, tmp_path: Path
) -> None:
    rules = ("docs/**=path", "docs/deep/**=full", "src/heat.py=signatures_doc", "*.csv=none")
    text, files, _ = packed(
        tmp_path, str(repository), *(w for rule in rules for w in ("--level", rule))
    )
    assert files["docs/guide.md"] == ("path", "set by you")
    assert files["docs/deep/notes.md"] == ("full", "")
    assert files["src/heat.py"] == ("signatures_doc", "set by you")
    assert files["data/table.csv"] == ("none", "set by you")
    assert 'L1 def heat(target):\nL2     """Warm it."""\n' in text
    assert "target += 1" not in text


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--level", "docs/**"), "sets no level"),
        (("--level", "docs/**=half"), "no level is called 'half'"),
        (("--only-kind", "sauce"), "no kind is called 'sauce'"),
        (("--exclude", "*"), "nothing in"),
        (("--only-kind", "lock"), "left out by you"),
    ],
)
def test_a_selection_that_means_nothing_is_one_clear_line(
    repository: Path, words: tuple[str, ...], said: str
) -> None:
    done = run(str(repository), *words)
    assert done.exception
    assert said in str(done.exception)
    assert getattr(done.exception, "hint", "")


OWN = 'exclude = ["data/"]\n[levels]\n"docs/**" = "path"\n'


def test_a_repository_may_say_it_of_itself_and_a_person_has_the_last_word(
    repository: Path, tmp_path: Path
) -> None:
    commit(repository, {".longread.toml": OWN})
    _, files, said = packed(tmp_path, str(repository))
    assert files["data/table.csv"] == ("none", "left out by .longread.toml: data/")
    assert files["docs/guide.md"][0] == "path"
    assert ".longread.toml is used" in said
    _, files, _ = packed(tmp_path, str(repository), "--level", "docs/guide.md=full")
    assert files["docs/guide.md"] == ("full", "")
    _, files, _ = packed(tmp_path, str(repository), "--own-settings", "ignore")
    assert files["data/table.csv"] == ("full", "")
    _, files, _ = packed(tmp_path, str(repository), "--rev", "HEAD")
    assert files["data/table.csv"] == ("none", "left out by .longread.toml: data/")


def test_the_file_of_a_remote_repository_is_used_only_where_it_was_allowed(
    repository: Path, tmp_path: Path
) -> None:
    commit(repository, {".longread.toml": OWN})
    url = f"file://{repository}"
    _, files, said = packed(tmp_path, url)
    assert files["data/table.csv"] == ("full", "")
    assert "its .longread.toml is not used" in said
    _, files, _ = packed(tmp_path, url, "--own-settings", "allow")
    assert files["data/table.csv"][0] == "none"
    settings = tmp_path / "config"
    settings.mkdir(exist_ok=True)
    (settings / "config.toml").write_text(f'[trust]\nrepositories = ["{url}"]\n')
    _, files, said = packed(tmp_path, url)
    assert files["data/table.csv"][0] == "none"
    assert ".longread.toml is used" in said


def test_each_of_several_repositories_says_it_of_itself_alone(
    repository: Path, tmp_path: Path
) -> None:
    other = tmp_path / "pot"
    other.mkdir()
    git(other, "init", "-q")
    commit(other, FILES | {".longread.toml": OWN})
    _, files, _ = packed(tmp_path, str(repository), str(other))
    assert files["kettle/data/table.csv"] == ("full", "")
    assert files["pot/data/table.csv"] == ("none", "left out by .longread.toml: data/")
    assert files["kettle/docs/guide.md"][0] == "full"
    assert files["pot/docs/guide.md"][0] == "path"


@pytest.mark.parametrize(
    "text",
    ["exclude = 3", "run = 'rm'", "[levels]\na = 'half'", "not toml", "include = [3]", "\xff"],
)
def test_a_file_of_its_own_that_means_nothing_is_one_clear_line(
    repository: Path, text: str
) -> None:
    (repository / ".longread.toml").write_bytes(text.encode("latin-1"))
    git(repository, "add", "-A")
    done = run(str(repository))
    assert ".longread.toml cannot be used" in str(done.exception)
    assert getattr(done.exception, "hint", "")
