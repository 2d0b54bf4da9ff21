"""`longread review` as people use it, with its exit codes."""

from __future__ import annotations

import json
import sys
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from io import StringIO
from pathlib import Path

import pytest

from longread.cli import main

QUESTIONS = """\
name,question,type,only if
Law,Which law governs it?,text,
Ends,Can it be ended without cause?,yes/no,
Notice,On how much notice?,number,Law = Utah
"""


@dataclass
class Ended:
    """How a command ended, and what it said."""

    returncode: int
    stdout: str
    stderr: str


def longread(*arguments: object) -> Ended:
    """Run the command here: a process of its own for each would take most of the time."""
    out, err = StringIO(), StringIO()
    with pytest.MonkeyPatch.context() as patch, redirect_stdout(out), redirect_stderr(err):
        patch.setattr(sys, "argv", ["longread", *map(str, arguments)])
        patch.setattr(sys, "stdin", StringIO())
        patch.setenv("COLUMNS", "100")
        try:
            main()
            code = 0
        except SystemExit as ended:
            code = int(ended.code or 0)
    return Ended(code, out.getvalue(), err.getvalue())


@pytest.fixture
def deals(tmp_path: Path) -> Path:
    """A folder of agreements, questions beside it, and a profile "scripted"."""
    folder = tmp_path / "longread-config" / "profiles"
    folder.mkdir(parents=True)
    (folder / "scripted.toml").write_text(
        'engine = "replay"\nwindow = 8000\ntrusted = 8000\nanswer = 100\n'
    )
    (tmp_path / "questions.csv").write_text(QUESTIONS)
    deals = tmp_path / "deals"
    deals.mkdir()
    for name in ("alder", "birch"):
        (deals / f"{name}.md").write_text(
            f"# {name}\n\nThis agreement about {name} is governed by the laws of Ohio.\n"
        )
    return deals


def test_many_files_named_by_a_pattern_are_listed_in_few_words(deals: Path) -> None:
    name = "2024-{:03}-master-services-agreement-of-{}-with-{}.md"
    files = []
    for n, law in enumerate(("Ohio", "Utah", "Iowa", "Texas", "Maine")):
        files.append(deals / name.format(n, law, "somebody"))
        files[-1].write_text(f"This agreement is governed by the laws of {law}.\n")
    said = (*files, "--questions", deals.parent / "questions.csv", "--profile", "scripted")
    done = longread("review", *said)
    assert done.returncode == 0, done.stderr
    assert done.stderr.count("one file") == 1
    listed = longread("review", "list").stdout
    assert listed.count("and 2 more") == 2
    assert files[2].name in listed
    assert files[3].name not in listed
    # Both ends of a long name are shown, for files are told apart by either.
    table = longread("review", "show").stdout
    assert "2024-003-mas…-Texas-with-somebody.md" in table


def test_a_review_is_run_shown_marked_listed_resumed_and_deleted(deals: Path) -> None:
    questions = deals.parent / "questions.csv"
    said = (deals, "--questions", questions, "--profile", "scripted")
    ahead = longread("review", *said, "--dry-run")
    assert ahead.returncode == 0, ahead.stderr
    assert "2 documents, 0 pages" in ahead.stdout
    assert "6 cells to be asked for, 0 done" in ahead.stdout
    assert "per document: 6 requests" in ahead.stdout
    done = longread("review", "--questions", questions, deals, "--profile", "scripted")
    assert done.returncode == 0, done.stderr
    assert "0 of 6 cells done" in done.stderr
    assert "alder.md ✓ ✓ /" in done.stdout
    assert "read: 2 of 2 documents" in done.stdout
    shown = longread("review", "show", "--json")
    data = json.loads(shown.stdout)
    cell = data["documents"][0]["cells"]["Law"]
    assert (cell["state"], cell["citations"][0]["verdict"]) == ("answered", "exact")
    assert cell["shown"] == ["L1-L3"]
    marked = longread("review", "mark", data["review"], "birch", "law", "--value", "Utah")
    assert marked.returncode == 0, marked.stderr
    again = longread("review", "resume", data["review"][:4])
    assert again.returncode == 0, again.stderr
    assert "4 of 6 cells done" in again.stderr
    assert "birch.md ✎ ✓ ✓" in again.stdout
    one = longread("review", "show", "--document", "birch")
    assert "Utah\n  corrected by a person" in one.stdout
    assert "[✓ exact] birch.md:L3" in one.stdout
    more = deals.parent / "more"
    more.mkdir()
    (more / "cedar.md").write_text("# Cedar\n\nIt is governed by the laws of Ohio, as said.\n")
    added = longread("review", "add", data["review"], more)
    assert added.returncode == 0, added.stderr
    assert "more/cedar.md  ✓ ✓ /" in added.stdout
    assert "deals/birch.md ✎ ✓ ✓" in added.stdout
    assert "3 documents × 3 questions, 7 of up to 9 cells" in longread("review", "list").stdout
    assert longread("review", "delete", data["review"]).returncode == 2
    assert longread("review", "delete", data["review"], "--yes").returncode == 0
    assert longread("review", "show").returncode == 2


def test_cells_are_run_again_asked_twice_worked_through_and_marked(deals: Path) -> None:
    questions = deals.parent / "questions.csv"
    said = (deals, "--questions", questions, "--profile", "scripted")
    few = longread("review", *said, "--documents", "ald*", "--columns", "law")
    assert few.returncode == 0, few.stderr
    assert "alder.md ✓ · /" in few.stdout
    assert "birch.md · · ·" in few.stdout
    twice = longread("review", "resume", "--double")
    assert twice.returncode == 0, twice.stderr
    assert "1 of 12 cells done" in twice.stderr
    shown = longread("review", "show", "--document", "alder").stdout
    # The scripted model makes its answers of the words of the question.
    assert "alder.md ≠ ✓ /" in twice.stdout
    assert "confidence: low (its quotes stand, two passes differ)" in shown
    assert "confidence: high (its quotes stand, two passes agree)" in shown
    assert "asked again in other words: " in shown
    cell = json.loads(longread("review", "show", "--json").stdout)["documents"][0]["cells"]["Law"]
    assert (cell["checks"]["confidence"], cell["checks"]["agreed"]) == ("low", False)
    assert cell["second"]["state"] == "answered"
    marked = longread("review", "mark", "", "*", "Law", "--accept")
    assert marked.stderr.splitlines() == ["alder.md, Law: accepted", "birch.md, Law: accepted"]
    assert [line.split(":")[1] for line in longread("review", "work").stdout.splitlines()] == [
        " alder.md, Ends", " birch.md, Ends",
    ]  # fmt: skip
    assert longread("review", "mark", "", "alder", "Law", "--clear").returncode == 0
    to_do = json.loads(longread("review", "work", "--json").stdout)
    assert [(one["path"], one["question"]) for one in to_do] == [
        ("alder.md", "Law"), ("alder.md", "Ends"), ("birch.md", "Ends"),
    ]  # fmt: skip
    # Of what is equally doubtful that comes first at which somebody is asked to look.
    flagged = longread("review", "mark", "", "birch", "Ends", "--flag", "--note", "by whom?")
    assert flagged.returncode == 0, flagged.stderr
    assert [line.split(": ")[-2] for line in longread("review", "work").stdout.splitlines()] == [
        "alder.md, Law", "birch.md, Ends", "alder.md, Ends",
    ]  # fmt: skip
    none = longread("review", "resume", "--documents", "zebra")
    assert none.returncode == 2
    assert "no document 'zebra'" in none.stderr


WRONG = {
    "questions with mistakes": (["{deals}", "--questions", "{bad}"], "2 mistakes"),
    "no questions": (["{deals}"], "no questions were named"),
    "no such source": (["{deals}/nowhere", "--questions", "{good}"], "nowhere"),
    "no such document": (["mark", "", "zebra", "Law", "--accept"], "no document 'zebra'"),
    "a value that is none": (["mark", "", "alder", "Ends", "--value", "perhaps"], "yes/no"),
    "an empty value": (["mark", "", "alder", "Law", "--value", " "], "' ' is no text"),
    "nothing said": (["mark", "", "alder", "Law"], "nothing was said"),
}


def test_what_cannot_be_done_is_one_line_and_a_hint(deals: Path) -> None:
    good, bad = deals.parent / "questions.csv", deals.parent / "bad.csv"
    bad.write_text("name,question,type\nLaw,Which?,txt\nlaw,Why?,text\n")
    asked = longread("review", deals, "--questions", good, "--profile", "scripted", "--pilot", 1)
    assert asked.returncode == 0, asked.stderr
    for arguments, said in WRONG.values():
        filled = [one.format(deals=deals, good=good, bad=bad) for one in arguments]
        if filled[0] != "mark":
            filled += ["--profile", "scripted", "--store", str(deals.parent / "other.db")]
        done = longread("review", *filled)
        assert done.returncode == 2, done.stderr
        assert said in done.stderr
        assert "hint: " in done.stderr
        assert "Traceback" not in done.stderr


def test_two_marks_at_once_are_refused_and_clearing_names_what_it_clears(deals: Path) -> None:
    questions = deals.parent / "questions.csv"
    id = _reviewed(deals, questions)
    both = longread("review", "mark", id, "alder", "Law", "--accept", "--reject")
    assert both.returncode == 2
    assert "more than one thing" in both.stderr
    assert longread("review", "mark", id, "alder", "Law", "--reject").returncode == 0
    assert "by a person: 1 rejected" in longread("review", "show", id).stdout
    cleared = longread("review", "mark", id, "*", "*", "--clear")
    assert cleared.stderr == "alder.md, Law: cleared\n"
    again = longread("review", "mark", id, "*", "*", "--clear")
    assert again.returncode == 2
    assert "nothing was said of these cells" in again.stderr
    assert "\nby a person" not in longread("review", "show", id).stdout


def test_a_correction_that_is_none_of_the_choices_is_told_them(deals: Path) -> None:
    questions = deals.parent / "choices.toml"
    questions.write_text(
        '[[question]]\nname = "Law"\nquestion = "Which?"\ntype = "choice"\n'
        'choices = ["Ohio", "Utah"]\n'
    )
    id = _reviewed(deals, questions)
    wrong = longread("review", "mark", id, "alder", "Law", "--value", "Iowa")
    assert wrong.returncode == 2
    assert "hint: one of Ohio, Utah" in wrong.stderr


def test_cells_answered_differently_count_and_are_explained_in_exports(deals: Path) -> None:
    questions, made = deals.parent / "questions.csv", deals.parent / "grid.md"
    run = (deals, "--questions", questions, "--profile", "scripted", "--double")
    twice = longread("review", *run, "-o", made, "-o", deals.parent / "grid.csv")
    assert "alder.md ≠ ✓ /" in twice.stdout
    assert longread("review", "mark", _newest(), "alder", "Law", "--reject").returncode == 0
    assert longread("review", "export", "-o", made, "--force").returncode == 0
    text = made.read_text()
    assert "≠ answered differently when asked twice" in text.partition("## Grid")[0]
    assert "| alder.md | ≠ ✗ | ✓ | / |" in text
    coverage = (deals.parent / "grid_coverage.csv").read_text("utf-8-sig").splitlines()
    assert coverage[1].split(",")[-3:] == ['"2"', '"0"', '"0"']


def _reviewed(deals: Path, questions: Path) -> str:
    done = longread("review", deals, "--questions", questions, "--profile", "scripted")
    assert done.returncode == 0, done.stderr
    return _newest()


def _newest() -> str:
    return str(json.loads(longread("review", "list", "--json").stdout)[0]["id"])
