"""`longread review … -o`, `export` and `import` as people use them, with their exit codes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook

from longread.store import open_store
from longread.types.reviews import CellState
from tests.cli.test_review_command import Ended, longread

QUESTIONS = """\
name,question,type
Law,Which law governs it?,text
Made,When was it made?,date
Ends,Can it be ended without cause?,yes/no
"""


@pytest.fixture
def deals(tmp_path: Path) -> Path:
    """A folder of three agreements, questions beside it, and a profile "scripted"."""
    profiles = tmp_path / "longread-config" / "profiles"
    profiles.mkdir(parents=True)
    (profiles / "scripted.toml").write_text(
        'engine = "replay"\nwindow = 8000\ntrusted = 8000\nanswer = 100\n'
    )
    (tmp_path / "questions.csv").write_text(QUESTIONS)
    folder = tmp_path / "deals"
    folder.mkdir()
    for name in ("alder", "birch", "cedar"):
        (folder / f"{name}.md").write_text(
            f"# {name}\n\nThis agreement about {name} is governed by the laws of Ohio.\n"
        )
    return folder


def run(deals: Path, *more: object) -> Ended:
    questions = deals.parent / "questions.csv"
    return longread("review", deals, "--questions", questions, "--profile", "scripted", *more)


def change(file: Path, **cells: Any) -> Path:
    """Write values into cells of a spreadsheet, as a person would."""
    book = load_workbook(file)
    for place, value in cells.items():
        book["Values"][place] = value
    book.save(file)
    return file


def says(path: str, question: str) -> tuple[CellState, tuple[str, ...]]:
    with open_store(None) as store:
        found = store.reviews.review().says(path, question)
    assert found
    return found[0], found[1].normal if found[1] else ()


def test_a_run_is_written_into_files_of_every_format(deals: Path) -> None:
    out = deals.parent / "out"
    out.mkdir()
    files = [out / f"grid.{kind}" for kind in ("xlsx", "csv", "md", "html", "json")]
    done = run(deals, *(word for file in files for word in ("-o", file)))
    assert done.returncode == 0, done.stderr
    made = {"grid_sources.csv", "grid_coverage.csv", *(file.name for file in files)}
    assert {file.name for file in out.iterdir()} == made
    assert all(f"{out / name}: review " in done.stderr for name in made)
    data = json.loads((out / "grid.json").read_text())
    assert data["documents"][0]["cells"]["Law"]["state"] == "answered"
    again = longread("review", "resume", "-o", out / "more.md")
    assert again.returncode == 0, again.stderr
    assert (out / "more.md").exists()
    ahead = longread(
        "review", "export", data["review"][:4], "-o", deals / "all.html", "--all-pages"
    )
    assert ahead.returncode == 0, ahead.stderr
    assert "note: all.html lies in" in ahead.stderr
    assert "This agreement about cedar" in (deals / "all.html").read_text()


def test_a_file_that_cannot_be_written_is_told_before_anything_is_asked(deals: Path) -> None:
    there = deals.parent / "there.csv"
    there.write_text("mine")
    wrong = {
        there: "already there",
        deals.parent / "no" / "grid.xlsx": "there is no folder",
        deals.parent / "grid.doc": "no ending of a format",
        deals.parent: "no ending of a format",
        Path("/proc/grid.json"): "cannot be written",
    }
    for file, words in wrong.items():
        for done in (run(deals, "-o", file), run(deals, "-o", file, "--dry-run")):
            assert done.returncode == 2, done.stderr
            assert words in done.stderr
            assert "hint: " in done.stderr
            assert len(done.stderr.strip().splitlines()) == 2
    assert not (deals.parent / "longread-home").exists()
    assert there.read_text() == "mine"
    assert run(deals).returncode == 0
    assert longread("review", "export", "-o", there).returncode == 2
    assert there.read_text() == "mine"
    assert longread("review", "export", "-o", there, "--force").returncode == 0
    assert there.read_text(encoding="utf-8-sig").startswith('"Document"')
    assert longread("review", "export").returncode == 2


def test_what_a_person_changed_in_a_spreadsheet_is_kept_as_corrections(deals: Path) -> None:
    file = deals.parent / "grid.xlsx"
    assert run(deals, "-o", file).returncode == 0
    book = load_workbook(file)
    rows = {row[0].value: row[0].row for row in book["Values"].iter_rows(min_row=2)}
    a, b = rows["alder.md"], rows["birch.md"]
    change(file, **{f"D{a}": "Utah", f"E{a}": "May 7, 2004", f"F{b}": "Not present", f"D{b}": None})
    dry = longread("review", "import", file, "--dry-run")
    assert dry.returncode == 0, dry.stderr
    assert "3 corrections would be kept" in dry.stderr
    assert "Utah" not in says("alder.md", "Law")[1]
    done = longread("review", "import", file)
    assert done.returncode == 0, done.stderr
    assert f"Values!D{a}  alder.md, Law:" in done.stdout
    assert "→ Utah" in done.stdout
    assert "1 emptied cell says nothing" in done.stderr
    assert says("alder.md", "Law") == (CellState.ANSWERED, ("Utah",))
    assert says("alder.md", "Made") == (CellState.ANSWERED, ("2004-05-07",))
    assert says("birch.md", "Ends") == (CellState.NOT_PRESENT, ())
    assert says("birch.md", "Law")[0] is CellState.ANSWERED
    with open_store(None) as store:
        marks = store.reviews.review().marks
    assert set(marks) == {("alder.md", "Law"), ("alder.md", "Made"), ("birch.md", "Ends")}
    assert marks["alder.md", "Law"].log[0].note == f"grid.xlsx, Values!D{a}"
    again = longread("review", "import", file)
    assert (again.returncode, "0 corrections kept" in again.stderr) == (0, True)
    fresh = deals.parent / "fresh.xlsx"
    assert longread("review", "export", "-o", fresh).returncode == 0
    assert "0 corrections kept" in longread("review", "import", fresh).stderr
    with open_store(None) as store:
        assert len(store.reviews.review().marks["alder.md", "Law"].log) == 1


def test_one_mistake_in_a_spreadsheet_refuses_all_of_it_and_each_is_named(deals: Path) -> None:
    file = deals.parent / "grid.xlsx"
    assert run(deals, "-o", file).returncode == 0
    change(file, D2="Utah", E2="03/04/2005", F2="perhaps", D3="=1+1", E3="? not found in evidence")
    done = longread("review", "import", file)
    assert done.returncode == 2
    assert "has 4 mistakes" in done.stderr
    said = done.stderr.splitlines()
    for address, words in {
        "E2": "'03/04/2005' is no date that can be told for sure: write it as 2005-03-04",
        "F2": "'perhaps' is no yes/no that can be told for sure: write yes or no",
        "D3": "a formula stands there",
        "E3": "'? not found in evidence' is no value",
    }.items():
        assert any(f"Values!{address} (" in one and words in one for one in said), address
    with open_store(None) as store:
        assert store.reviews.review().marks == {}


def test_a_missing_row_is_told_and_its_cells_stay(deals: Path) -> None:
    file = deals.parent / "grid.xlsx"
    assert run(deals, "-o", file).returncode == 0
    book = load_workbook(file)
    gone = book["Values"]["A3"].value
    book["Values"].delete_rows(3)
    book["Values"]["D3"] = "Utah"
    kept = book["Values"]["A3"].value
    book.save(file)
    done = longread("review", "import", file)
    assert done.returncode == 0, done.stderr
    assert f"note: 1 row is missing, whose cells stay as they are: {gone}" in done.stderr
    assert says(kept, "Law")[1] == ("Utah",)
    assert says(gone, "Law")[0] is CellState.ANSWERED


def test_what_changed_in_the_review_since_is_not_written_over(deals: Path) -> None:
    file = deals.parent / "grid.xlsx"
    assert run(deals, "-o", file).returncode == 0
    book = load_workbook(file)
    path = book["Values"]["A2"].value
    assert longread("review", "mark", "", path, "Law", "--value", "Iowa").returncode == 0
    assert "0 corrections kept" in longread("review", "import", file).stderr
    done = longread("review", "import", change(file, D2="Utah"))
    assert done.returncode == 2
    assert "the review says “Iowa” since the export, and the sheet “Utah”" in done.stderr
    assert says(path, "Law")[1] == ("Iowa",)
    assert longread("review", "import", change(file, D2="Iowa")).returncode == 0
    (deals / path).write_text("# other\n\nIt says something else altogether, as of today.\n")
    questions = deals.parent / "questions.csv"
    questions.write_text(QUESTIONS.replace("When was it made?", "When was it signed?"))
    assert run(deals).returncode == 0
    done = longread("review", "import", change(file, D2="Utah", E3="2004-05-07"))
    assert done.returncode == 2
    assert f"Values!D2 ({path}, Law): the file has changed since the export" in done.stderr
    assert "the question is another since the export" in done.stderr


def test_a_spreadsheet_of_another_review_or_of_none_is_refused(deals: Path) -> None:
    file = deals.parent / "grid.xlsx"
    assert run(deals, "-o", file).returncode == 0
    assert run(deals, "--new").returncode == 0
    change(file, D2="Utah")
    with open_store(None) as store:
        newest = store.reviews.resolve("")
    done = longread("review", "import", newest, file)
    assert done.returncode == 2
    assert "was exported from review" in done.stderr
    assert longread("review", "import", deals.parent / "questions.csv").returncode == 2
    assert longread("review", "import", deals.parent / "nowhere.xlsx").returncode == 2
    assert longread("review", "import", "a", "b", file).returncode == 2
    done = longread("review", "import", file)
    assert (done.returncode, "1 correction kept" in done.stderr) == (0, True)
