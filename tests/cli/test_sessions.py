"""`longread sessions`, as a person or a program would run it."""

from __future__ import annotations

import json
import os
import pty
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from longread.analysis.drafts import owner
from longread.cli.sessions import sessions
from longread.errors import LongreadError, StoreError
from longread.store import open_store
from longread.types import (
    Answer,
    Citation,
    Document,
    Entry,
    Layout,
    Ledger,
    Level,
    Session,
    Source,
    Span,
    Usage,
    Verdict,
)

SESSION = Session(
    title="How does app work?",
    sources=(Source("/home/x/app", "git", "ae1b9f6", "2 untracked files left out"),),
    profile="embedded",
    layout=Layout("§0", ()),
    ledger=Ledger(
        ("/home/x/app",),
        "llama4",
        8192,
        7000,
        (
            Entry("app.py", "source", full_tokens=90, level=Level.FULL, tokens=90),
            Entry("big.py", "source", full_tokens=810, level=Level.PATH, reason="no room"),
        ),
    ),
    documents={"c1": Document("app.py", "source", "python", "c1", "c = 3\n", ())},
    answers=(
        Answer(
            "Where is c set?",
            "It is set there [1].",
            (
                Citation("d1", "app.py", Span("line", 10, 20), "c = 3", Verdict.EXACT),
                Citation("d1", "app.py", Span("line", 1, 1), "", Verdict.PLACE, guided=True),
                Citation("d1", "app.py", None, "d = 4", Verdict.NOT_FOUND, note="-d = 4\n+c = 3"),
            ),
            "stop",
            usage=Usage(7_000, 100, 6_930, 1.0, 3.0),
            caveat="This model is too small to be trusted.",
        ),
        Answer("And \x1b[31md?", "It \x1b]0;evil\x07 is", (), "cut"),
    ),
)


@pytest.fixture
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("LONGREAD_HOME", str(tmp_path / "home"))
    return tmp_path / "home" / "longread.db"


@pytest.fixture
def short(path: Path) -> str:
    with open_store(path) as store:
        return store.create(SESSION)


def run(*arguments: str) -> Result:
    result = CliRunner().invoke(sessions, arguments)
    if result.exception and not isinstance(result.exception, SystemExit | LongreadError):
        raise result.exception
    return result


def refused(*arguments: str) -> LongreadError:
    result = run(*arguments)
    assert isinstance(result.exception, LongreadError), result.output
    assert result.stdout == ""
    return result.exception


def test_list_shows_each_session(short: str) -> None:
    result = run("list")
    assert result.exit_code == 0
    first, second = result.stdout.splitlines()
    assert first.startswith(short)
    assert first.endswith("How does app work?")
    assert (
        second.strip()
        == "2 answers, 7,000 of 8,192 tokens before a question, 10 % in full, embedded; /home/x/app"
    )


def test_list_as_json_has_every_column(short: str) -> None:
    (row,) = json.loads(run("list", "--json").stdout)
    assert row.pop("created") <= row.pop("updated")
    assert row == {
        "id": short,
        "title": "How does app work?",
        "sources": ["/home/x/app"],
        "profile": "embedded",
        "answers": 2,
        "tokens": 7000,
        "share": 0.1,
        "state": "",
    }


@pytest.mark.parametrize("runs", [True, False])
def test_list_and_show_say_what_became_of_an_answer_being_written(short: str, runs: bool) -> None:
    with open_store() as store:
        writer = owner() if runs else f"{owner().rpartition(':')[0]}:0.0"
        store.extend(store.begin(short, "Is it so?", writer, "embedded"), "It is, as the \x1b[31m")
    state = "answering now" if runs else "cut"
    assert f", embedded, {state}; /home/x/app" in run("list").stdout
    assert json.loads(run("list", "--json").stdout)[0]["state"] == state
    shown = run("show").stdout
    assert "3. Is it so?\n\nIt is, as the ␛[31m\n\n✗ cut: " in shown
    assert ("! an answer is being written now" in shown) == runs
    assert ("! a program ended while it wrote an answer" in shown) != runs


def test_list_before_the_first_session_makes_no_store(path: Path) -> None:
    result = run("list")
    assert (result.exit_code, result.stdout) == (0, "")
    assert "longread ask" in result.stderr
    assert json.loads(run("list", "--json").stdout) == []
    assert not path.exists()


def test_show_says_everything_about_the_newest(short: str) -> None:
    result = run("show")
    assert result.exit_code == 0
    lines = result.stdout.splitlines()
    assert lines[0] == "How does app work?"
    assert lines[1].startswith(f"session {short}, profile embedded, ")
    for expected in (
        "source /home/x/app (git) at ae1b9f6: 2 untracked files left out",
        "in full in every prompt: 1 of 2 files",
        "  1 × no room",
        "  big.py: path, no room",
        "1. Where is c set?",
        "It is set there [1].",
        "[✓ exact] app.py:L10-L20",
        "    “c = 3”",
        "[• place, chosen from a list] app.py:L1",
        "[✗ not found] app.py",
        "    -d = 4",
        "    +c = 3",
        "strategy whole; 100 % shown in full",
        "! This model is too small to be trusted.",
        "✗ cut: it was stopped before it was done; what came is kept",
    ):
        assert expected in lines, expected
    assert "prompt 7,000 tokens, 99 % from the cache; answer 100 tokens at 50 tok/s" in (
        result.stdout
    )


def test_show_lets_no_escape_through(short: str) -> None:
    for arguments in (["show"], ["show", "--json"], ["export"], ["list"]):
        output = run(*arguments).output
        assert output
        assert "\x1b" not in output
        assert "\x07" not in output
    assert "␛]0;evil␇" in run("show").stdout


def test_show_as_json_has_the_citations(short: str) -> None:
    kept = json.loads(run("show", short[:5], "--json").stdout)
    assert kept["id"] == short
    assert kept["created"]
    assert [answer["finished"] for answer in kept["answers"]] == ["stop", "cut"]
    assert kept["answers"][1]["text"] == "It \x1b]0;evil\x07 is"
    first, second, third = kept["answers"][0]["citations"]
    assert {key: first[key] for key in ("path", "span", "quote", "verdict", "guided")} == {
        "path": "app.py",
        "span": "L10-L20",
        "quote": "c = 3",
        "verdict": "exact",
        "guided": False,
    }
    assert (second["verdict"], second["guided"]) == ("place", True)
    assert (third["verdict"], third["span"]) == ("not found", None)


def test_a_session_that_is_not_there_is_refused_with_a_hint(short: str) -> None:
    for command in (["show"], ["export"], ["delete", "--yes"]):
        assert "sessions list" in refused(*command, "zz").hint


def test_a_mistyped_store_is_not_made(tmp_path: Path) -> None:
    missing = tmp_path / "missing.db"
    for command in (["list"], ["show"], ["export"], ["delete", "a"]):
        error = refused(*command, "--store", str(missing))
        assert isinstance(error, StoreError)
        assert "no store at" in str(error)
    assert not missing.exists()


def test_another_store_can_be_named(tmp_path: Path, path: Path) -> None:
    matter = tmp_path / "matter.db"
    with open_store(matter) as store:
        store.create(replace(SESSION, title="A matter of its own"))
    assert "A matter of its own" in run("list", "--store", str(matter)).stdout
    assert run("list").stdout == ""


def test_search_lists_sessions_with_what_was_found(short: str) -> None:
    result = run("search", "where", "se")
    assert (result.exit_code, result.stderr) == (0, "")
    first, *rest = result.stdout.splitlines()
    assert first.startswith(short)
    assert first.endswith("How does app work?")
    assert rest == ["          question 1   «Where» is c «se»t?"]
    (_, source) = run("search", "big.py").stdout.splitlines()
    assert source == "          source       «big.py»"
    assert "«d = 4»" in run("search", '"d = 4"').stdout


def test_search_lets_no_escape_through(short: str) -> None:
    for arguments in (["search", "evil"], ["search", "evil", "--json"], ["search", "z\x1b[31m"]):
        output = run(*arguments).output
        assert output
        assert "\x1b" not in output
        assert "\x07" not in output
    assert "It ␛]0;«evil»␇ is" in run("search", "evil").stdout


def test_search_as_json_has_the_places_of_the_words(short: str) -> None:
    (hit,) = json.loads(run("search", "where set", "--json").stdout)
    assert hit.pop("updated")
    assert hit == {
        "session": short,
        "title": "How does app work?",
        "kind": "question",
        "answer": 0,
        "snippet": "Where is c set?",
        "hits": [[0, 5], [11, 14]],
    }
    (hit,) = json.loads(run("search", "/home/x", "--json").stdout)
    assert (hit["kind"], hit["answer"]) == ("source", None)


@pytest.mark.parametrize("words", [["nowhere"], ["("], ['"', "OR"], ["*"]])
def test_search_says_when_nothing_is_found(short: str, words: list[str]) -> None:
    result = run("search", *words)
    assert (result.exit_code, result.stdout) == (0, "")
    assert result.stderr == f"nothing says {' '.join(words)}\n"
    result = run("search", *words, "--json")
    assert (result.exit_code, json.loads(result.stdout), result.stderr) == (0, [], "")


def test_search_before_the_first_session_makes_no_store(path: Path) -> None:
    assert run("search", "anything").exit_code == 0
    assert json.loads(run("search", "anything", "--json").stdout) == []
    assert not path.exists()


def test_search_needs_words_and_a_store_that_is_there(short: str, tmp_path: Path) -> None:
    assert run("search").exit_code == 2
    assert "no store at" in str(refused("search", "c", "--store", str(tmp_path / "missing.db")))


def test_export_writes_markdown(short: str, tmp_path: Path) -> None:
    file = tmp_path / "out.md"
    result = run("export", "-o", str(file))
    assert (result.exit_code, result.stdout) == (0, "")
    text = file.read_text(encoding="utf-8")
    assert text.startswith("# How does app work?\n")
    assert "- ✓ exact: `app.py:L10-L20` “`c = 3`”" in text
    assert run("export").stdout == text


def test_export_writes_json(short: str, tmp_path: Path) -> None:
    file = tmp_path / "out.json"
    assert run("export", short, "--format", "json", "-o", str(file)).exit_code == 0
    assert json.loads(file.read_bytes()) == json.loads(run("show", "--json").stdout)


def test_export_overwrites_only_when_forced(short: str, tmp_path: Path) -> None:
    file = tmp_path / "out.md"
    file.write_text("mine")
    assert "--force" in refused("export", "-o", str(file)).hint
    assert file.read_text() == "mine"
    assert run("export", "-o", str(file), "--force").exit_code == 0
    assert file.read_text(encoding="utf-8").startswith("# ")
    refused("export", "-o", str(tmp_path / "no" / "such" / "folder.md"))


def test_delete_without_a_terminal_needs_yes(short: str, path: Path) -> None:
    assert "--yes" in refused("delete", short).hint
    assert short in run("list").stdout
    assert run("delete", short[:6], "--yes").exit_code == 0
    assert run("list", "--json").stdout.strip() == "[]"
    assert b"Where is c set" not in path.read_bytes()


def test_delete_of_nothing_never_takes_the_newest(short: str) -> None:
    refused("delete", "", "--yes")
    assert short in run("list").stdout


@pytest.mark.parametrize(("typed", "status", "left"), [(b"n\n", 1, 1), (b"y\n", 0, 0)])
def test_delete_asks_at_a_terminal(
    short: str, path: Path, typed: bytes, status: int, left: int
) -> None:
    ours, theirs = pty.openpty()
    code = "from longread.cli.sessions import sessions; sessions()"
    program = subprocess.Popen(
        [sys.executable, "-c", code, "delete", short],
        stdin=theirs,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    os.close(theirs)
    os.write(ours, typed)
    _, err = program.communicate(timeout=60)
    os.close(ours)
    assert "“How does app work?”, 2 answers".encode() in err
    assert program.returncode == status
    with open_store(path) as store:
        assert len(store.sessions()) == left


def test_naming_the_commands_loads_no_store() -> None:
    code = (
        "import sys, longread.cli.sessions;"
        "print([m for m in ('sqlalchemy', 'alembic', 'longread.store') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
