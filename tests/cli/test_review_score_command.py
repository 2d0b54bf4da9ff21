"""`longread review … --gold` and `longread review score` as people use them."""

from __future__ import annotations

import json
import sys
from contextlib import redirect_stderr, redirect_stdout
from io import StringIO
from pathlib import Path

import pytest

from longread.cli import main
from longread.cli.review_scores import alone

QUESTIONS = "name,question,type\nLaw,Which law governs it?,text\nEnds,Can it be ended?,yes/no\n"
TEXT = "# {name}\n\nThis agreement about {name} is governed by the laws of Ohio.\n"
GOLD = [
    {"file": "alder.md", "category": "law", "answer": "Ohio", "quote": "the laws of Ohio"},
    {"file": "birch.md", "category": "Law", "answer": "Ohio", "quote": "the laws of Utah"},
    {"file": "birch.md", "category": "Ends", "answer": "", "quote": ""},
    {"file": "zebra.md", "category": "Ends", "answer": "Yes", "quote": ""},
]


def longread(*arguments: object) -> tuple[int, str, str]:
    """Run the command here, and return its exit code and what it said."""
    out, err = StringIO(), StringIO()
    with pytest.MonkeyPatch.context() as patch, redirect_stdout(out), redirect_stderr(err):
        patch.setattr(sys, "argv", ["longread", *map(str, arguments)])
        patch.setattr(sys, "stdin", StringIO())
        try:
            main()
            code = 0
        except SystemExit as ended:
            code = int(ended.code or 0)
    return code, out.getvalue(), err.getvalue()


@pytest.fixture
def deals(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of agreements, with questions and gold beside it, where the command is run."""
    folder = tmp_path / "longread-config" / "profiles"
    folder.mkdir(parents=True)
    (folder / "scripted.toml").write_text(
        'engine = "replay"\nwindow = 8000\ntrusted = 8000\nanswer = 100\n'
    )
    (tmp_path / "questions.csv").write_text(QUESTIONS)
    (tmp_path / "gold.jsonl").write_text("\n".join(map(json.dumps, GOLD)))
    deals = tmp_path / "deals"
    deals.mkdir()
    for name in ("alder", "birch"):
        (deals / f"{name}.md").write_text(TEXT.format(name=name))
    monkeypatch.chdir(tmp_path)
    return deals


def test_a_review_is_scored_after_its_run_and_again_when_it_is_kept(deals: Path) -> None:
    run = ("review", deals, "--questions", "questions.csv", "--profile", "scripted")
    code, out, err = longread(*run, "--gold", "gold.jsonl")
    assert code == 0, err
    assert "alder.md ✓ ✓" in out
    assert "3 cells against gold.jsonl, 4 rows" in out
    assert "not scored, 1 row of 1 document: zebra.md" in out
    (page,) = Path.cwd().glob("scores-*.html")
    assert page.name in err
    assert "<svg" in page.read_text(encoding="utf-8")
    code, out, err = longread("review", "--gold=gold.jsonl", "-o", "report.md")
    assert code == 0, err
    assert "gold quotes found" in Path("report.md").read_text(encoding="utf-8")
    assert longread("review", "--gold", "gold.jsonl", "-o", "report.md")[0] == 2
    assert longread("review", "--gold", "gold.jsonl", "-o", "report.md", "--force")[0] == 0
    code, out, err = longread("review", "score", "--gold", "gold.jsonl", "--complete", "--json")
    data = json.loads(out)
    assert (data["complete"], data["overall"]["cells"]) == (True, 4)
    assert data["overall"]["quoted"]["n"] == 2
    code, out, err = longread(*run, "--gold", "gold.jsonl", "--json", "--report", "plot.svg")
    data = json.loads(out)
    assert data["scores"]["gold"] == "gold.jsonl"
    assert Path("plot.svg").read_text(encoding="utf-8").startswith("<svg")
    wrong_ones(data["review"])


def wrong_ones(id: str) -> None:
    Path("odd.jsonl").write_text('{"file": "oak.md", "category": "Law", "answer": "x"}\n')
    wrong = {
        ("score", id[:4], "--gold", "none.jsonl"): "none.jsonl cannot be read",
        ("score", "--gold", "questions.csv"): "line 1: this is no JSON",
        ("score", "--gold", "odd.jsonl"): "speaks of no cell",
        ("score", "zzz", "--gold", "gold.jsonl"): "no review zzz",
        ("score", "--gold", "gold.jsonl", "-o", "report.txt"): "no kind of report",
        ("score", "--gold", "gold.jsonl", "-o", "nowhere/a.md"): "there is no folder",
        ("score", "--gold", "gold.jsonl", "--store", "none.db"): "there is no store",
    }
    for arguments, said in wrong.items():
        code, _, err = longread("review", *arguments)
        assert (code, said in err, "hint: " in err) == (2, True, True), err
        assert "Traceback" not in err


def test_gold_that_cannot_be_meant_is_said_before_anything_is_asked(deals: Path) -> None:
    Path("odd.jsonl").write_text('{"file": "alder.md", "category": "Lore", "answer": "x"}\n')
    run = ("review", deals, "--questions", "questions.csv", "--profile", "scripted")
    for more, said in (
        (("--gold", "odd.jsonl"), "speaks of no cell"),
        (("--gold", "questions.csv"), "this is no JSON"),
        (("--report", "a.html"), "nothing to score with"),
    ):
        code, _, err = longread(*run, *more)
        assert (code, said in err) == (2, True), err
    assert longread("review", "list")[1] == ""


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["--gold", "g.jsonl"], True),
        (["--gold=g.jsonl", "-o", "a.html", "--complete", "--json"], True),
        (["--gold", "g.jsonl", "contracts/"], False),
        (["--gold", "g.jsonl", "--questions", "q.csv"], False),
        (["-o", "a.html"], False),
    ],
)
def test_gold_without_a_source_means_what_is_there(words: list[str], expected: bool) -> None:
    assert alone(words) is expected
