"""A review as a spreadsheet: what is typed, what is neutral, what comes back."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date, datetime
from io import BytesIO
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import pytest
from openpyxl import Workbook, load_workbook

from longread.errors import ConfigError
from longread.export import xlsx as writer
from longread.export.edited import edited
from longread.export.report import Report
from longread.export.spreadsheet import HIDDEN, LIMIT, form, shown
from longread.export.xlsx import xlsx
from longread.types import Citation, Source, Span, Verdict
from longread.types.reviews import Cell, CellState, Mark, Question, Review, Reviewed, Value, marked

QUESTIONS = (
    Question("Law", "Which law governs?"),
    Question("Made", "When was it made?", "date"),
    Question("Days", "How many days?", "number"),
    Question("Fee", "Which fee?", "money"),
    Question("Parties", "Who?", many=True),
)
SAID = {
    "Law": ("Ohio",),
    "Made": ("2005-03-04",),
    "Days": ("30",),
    "Fee": ("USD 1200.50",),
    "Parties": ("Alder Ltd", "Birch; Birch & Co"),
}
HOSTILE = (
    "=1+1", "+1", "-x", "@SUM(A1)", "\t=1", "\r=1", '=HYPERLINK("http://x","y")', "_x0041_",
    "\x00\x1b[31m", "\ufffe\uffff", "\ud800", "a\nb", "\U0001f600" * 20_000, "x" * 40_000,
    "_x0041_" * 4_600, "'quoted", "FALSE", "007", "1e5", "3/4", "#N/A",
)  # fmt: skip


def cell(path: str, name: str, *said: str, **more: Any) -> Cell:
    quote = Citation("d1", path, Span("page", 2, 2), "so it says", Verdict.EXACT)
    made = Cell(path, name, CellState.ANSWERED, Value(said, said), (quote,), content_id=f"c-{path}")
    return replace(made, **more)


def review(*paths: str, **said: tuple[str, ...]) -> Review:
    """Return documents of which each says all that is asked, or what is named."""
    answers = {**SAID, **said}
    cells = {(path, name): cell(path, name, *answers[name]) for path in paths for name in SAID}
    documents = tuple(Reviewed(path, f"c-{path}", "page", pages=3) for path in paths)
    return Review("deals", (Source("/deals", "folder"),), "p", QUESTIONS, documents, cells)


def written(kept: Review, **more: Any) -> Any:
    return load_workbook(BytesIO(xlsx(Report("abcd1234", kept, **more))[""]))


def saved(book: Any, folder: Path) -> Path:
    book.save(folder / "edited.xlsx")
    return folder / "edited.xlsx"


def test_dates_and_numbers_are_such_and_the_rest_is_text() -> None:
    row = [cell.value for cell in written(review("a.pdf"))["Values"][2]]
    assert row == [
        "a.pdf", "3 of 3 pages", 0, "Ohio", datetime(2005, 3, 4), 30, "USD 1200.50",
        "Alder Ltd\nBirch; Birch & Co",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("name", "text"),
    [("Made", "2005-03"), ("Made", "1899-01-02"), ("Days", "12345678901234567"), ("Days", "1e5")],
)
def test_what_a_spreadsheet_would_change_stays_text(name: str, text: str) -> None:
    book = written(review("a.pdf", **{name: (text,)}))
    column = [cell.value for cell in book["Values"][1]].index(name) + 1
    assert book["Values"].cell(2, column).value == text
    assert book["Values"].cell(2, column).data_type == "s"


@pytest.mark.parametrize("text", HOSTILE)
def test_whatever_a_document_says_is_text_and_comes_back_unchanged(
    text: str, tmp_path: Path
) -> None:
    kept = review("a.pdf", text[:60], Law=(text,))
    book = written(kept)
    for sheet in book:
        for row in sheet.iter_rows():
            assert all(one.data_type != "f" for one in row)
    law = book["Values"]["D2"]
    assert law.data_type == "s"
    assert law.quotePrefix == (text[0] in "=+-@\t")
    assert len(law.value.encode("utf-16-le")) // 2 <= LIMIT
    found = edited(saved(book, tmp_path))
    assert (found.edits, found.mistakes, found.notes) == ([], [], [])
    assert found.review == "abcd1234"


def test_text_that_looks_like_a_characters_number_is_not_read_as_one() -> None:
    book = written(review("a.pdf", Law=("a _x0041_ b",)))
    # Spreadsheets show _x005F_ as the underscore that it escapes.
    assert book["Values"]["D2"].value == "a _x005F_x0041_ b"


def test_what_is_too_long_is_cut_and_says_so(tmp_path: Path) -> None:
    told = shown("x" * 40_000)
    assert len(told) <= LIMIT
    assert "more characters stand in the other exports" in told
    book = written(review("a.pdf", Law=("x" * 40_000,)))
    book["Values"]["D2"].value = "y" + book["Values"]["D2"].value
    assert "only its beginning was exported" in edited(saved(book, tmp_path)).edits[0].mistake


def test_signs_stand_beside_values_that_can_be_computed_with() -> None:
    kept = review("a.pdf", "b.pdf")
    cells = dict(kept.cells)
    bad = cells["a.pdf", "Made"]
    cells["a.pdf", "Made"] = replace(bad, unverified=True)
    cells["a.pdf", "Days"] = Cell("a.pdf", "Days", CellState.FAILED, note="no JSON")
    log = [Mark("corrected", Value(("Utah",), ("Utah",)), "see p. 9")]
    marks = {("a.pdf", "Law"): marked(log, cells["a.pdf", "Law"])}
    sheet = written(replace(kept, cells=cells, marks=marks))["Values"]
    made, days, law = sheet["E2"], sheet["F2"], sheet["D2"]
    assert (made.value, made.is_date, made.number_format) == (
        datetime(2005, 3, 4), True, 'yyyy-mm-dd" ¿"',
    )  # fmt: skip
    assert (days.value, days.comment.text) == ("! failed", "no JSON")
    assert (law.value, law.number_format) == ("Utah", '@" ✎"')
    assert "see p. 9\nthe model said: Ohio" in law.comment.text
    fills = {one.fill.fgColor.rgb for one in (made, days, law, sheet["D3"])}
    assert len(fills) == 4
    second = replace(bad, value=Value(("2006-03-04",), ("2006-03-04",)))
    both = written(replace(kept, cells=cells, seconds={("a.pdf", "Made"): second}))["Values"]["E2"]
    assert both.number_format == 'yyyy-mm-dd" ≠"'
    assert both.fill.fgColor.rgb == made.fill.fgColor.rgb


def test_a_cell_without_a_value_shows_that_a_person_flagged_it(tmp_path: Path) -> None:
    kept = review("a.pdf")
    nothing = {key: replace(one, state=CellState.NOT_PRESENT, value=None) for key, one in
               kept.cells.items()}  # fmt: skip
    marks = {key: marked([Mark("flagged")], one) for key, one in nothing.items()}
    book = written(replace(kept, cells=nothing, marks=marks))
    sheet = book["Values"]
    assert {one.value for one in sheet[2][3:]} == {"– not present"}
    assert all(one.number_format.endswith('@" ⚑"') for one in sheet[2][3:])
    # What is typed there is a day and a number.
    sheet["E2"], sheet["F2"] = date(2005, 3, 4), 30
    assert sheet["E2"].is_date
    assert [one.text for one in edited(saved(book, tmp_path)).edits] == ["2005-03-04", "30"]


def test_a_value_leads_to_its_source_and_a_source_to_its_page(tmp_path: Path) -> None:
    book = written(review("a b.pdf", "c.pdf"), files={"a b.pdf": tmp_path / "a b.pdf"})
    row = int(book["Values"]["D2"].hyperlink.location.removeprefix("Sources!A"))
    head, line = book["Sources"][1], book["Sources"][row]
    said = dict(zip([c.value for c in head], [c.value for c in line], strict=True))
    assert (said["Question"], said["Page"], said["Verdict"]) == ("Law", 2, "✓ exact")
    assert line[5].hyperlink.target.endswith("/a%20b.pdf#page=2")
    assert book["Values"]["A3"].hyperlink is None


def test_coverage_names_what_was_not_read() -> None:
    kept = review("a.pdf", "b.pdf")
    first = replace(kept.documents[0], unread=((3, "no text"),), recognised=((1, 0.875),))
    second = replace(kept.documents[1], reason="locked", pages=0)
    book = written(replace(kept, documents=(first, second)))
    told = [[one.value for one in row] for row in book["Coverage"].iter_rows(min_row=2)]
    assert told[0][2:7] == [3, 2, 1, "88 %", "p3: no text"]
    assert told[1][7] == "locked"
    assert book["Values"]["B3"].value == "not read: locked"
    about = {row[0].value: row[1].value for row in book["About"].iter_rows()}
    assert "1 of 2 documents, 2 of 3 pages, 1 of them recognised" in about["Coverage"]


def test_only_what_a_person_changed_comes_back_wherever_it_was_moved(tmp_path: Path) -> None:
    kept = review("a.pdf", "b.pdf", "c.pdf")
    book = written(kept)
    old = book["Values"]
    rows = [[one.value for one in row] for row in old.iter_rows()]
    order = [0, 5, 7, 3, 4, 6]
    del book["Values"]
    sheet = book.create_sheet("Values")
    sheet.append(["kept by Jo"])
    for row in (rows[0], rows[3], rows[1], rows[2]):
        sheet.append([row[at] for at in order])
    sheet["B3"] = 45
    sheet["E5"] = date(2001, 2, 3)
    sheet["F4"] = None
    found = edited(saved(book, tmp_path))
    assert (found.mistakes, found.notes) == ([], [])
    told = {(one.kept.path, one.kept.question): (one.address, one.text) for one in found.edits}
    assert told == {
        ("c.pdf", "Days"): ("Values!B3", "45"),
        ("b.pdf", "Made"): ("Values!E5", "2001-02-03"),
        ("a.pdf", "Fee"): ("Values!F4", ""),
    }


def test_what_can_be_no_value_is_said_with_its_address(tmp_path: Path) -> None:
    book = written(review("a.pdf"))
    sheet = book["Values"]
    sheet["D2"], sheet["E2"], sheet["F2"] = "=1+1", datetime(2005, 3, 4, 12, 30), 0.07
    sheet["F2"].number_format = "0%"
    sheet["G2"] = "#N/A"
    told = {one.address: one.mistake for one in edited(saved(book, tmp_path)).edits}
    assert "formula" in told["Values!D2"]
    assert "a time" in told["Values!E2"]
    assert "write 7 or 0.07" in told["Values!F2"]
    assert "error" in told["Values!G2"]


@pytest.mark.parametrize(
    ("number", "told"),
    [(0.1 + 0.2, "n0.3"), (1.15 * 3, "n3.45"), (1200.0, "n1200"), (1e-7, "n0.0000001"),
     (123456789012345, "n123456789012345"), (1e15, "n1000000000000000")],
)  # fmt: skip
def test_a_number_is_what_the_spreadsheet_shows_of_it(number: float, told: str) -> None:
    assert form(number) == told


def test_rows_and_columns_that_do_not_fit_are_told(tmp_path: Path) -> None:
    book = written(review("a.pdf", "b.pdf", "c.pdf"))
    sheet = book["Values"]
    sheet["D1"], sheet["A2"], sheet["A3"] = "Governing law", "x.pdf", "c.pdf"
    found = edited(saved(book, tmp_path))
    assert found.mistakes == [
        "Values!D1: no question is called 'Governing law', and 'Law' is missing",
        "Values!A2: 'x.pdf' is no document that was exported",
        "Values!A4: c.pdf stands at Values!A3 already",
    ]
    book = written(review("a.pdf", "b.pdf", "c.pdf"))
    book["Values"].delete_rows(3)
    book["Values"].delete_cols(5)
    found = edited(saved(book, tmp_path))
    assert found.mistakes == []
    assert found.notes == [
        "1 column is missing, whose cells stay as they are: Made",
        "1 row is missing, whose cells stay as they are: b.pdf",
    ]
    book["Values"]["H1"] = "my notes"
    assert "'my notes'" in edited(saved(book, tmp_path)).mistakes[0]
    book = written(review("a.pdf"))
    book["Values"]["I1"], book["Values"]["I2"] = "my notes", "=1+1"
    found = edited(saved(book, tmp_path))
    assert (found.mistakes, found.edits) == ([], [])
    assert found.notes == ["Values!I1: 'my notes' is no question; left alone"]


def test_names_that_look_alike_stay_apart(tmp_path: Path) -> None:
    kept = review("a\x00.pdf", "a␀.pdf", "A␀.pdf")
    asked = replace(QUESTIONS[0], name="Document")
    cells = {(one.path, "Document"): cell(one.path, "Document", "Ohio") for one in kept.documents}
    book = written(replace(kept, questions=(asked,), cells=cells))
    sheet = book["Values"]
    assert [one.value for one in sheet["A"]] == ["Document", "a␀.pdf", "a␀.pdf (2)", "A␀.pdf (3)"]
    assert sheet["D1"].value == "Document (2)"
    sheet["D2"] = "Utah"
    (one,) = edited(saved(book, tmp_path)).edits
    assert (one.kept.path, one.kept.question, one.text) == ("a\x00.pdf", "Document", "Utah")


def test_what_is_no_export_is_refused(tmp_path: Path) -> None:
    other = Workbook()
    other.active.title = "Values"
    with pytest.raises(ConfigError, match="no sheet _longread"):
        edited(saved(other, tmp_path))
    book = written(review("a.pdf"))
    book[HIDDEN]["B1"] = 99
    with pytest.raises(ConfigError, match="not exported by this version"):
        edited(saved(book, tmp_path))
    book[HIDDEN]["B1"] = 1
    book[HIDDEN]["C2"] = "__import__('os')"
    with pytest.raises(ConfigError, match="was changed"):
        edited(saved(book, tmp_path))
    book = written(review("a.pdf"))
    del book["Values"]
    with pytest.raises(ConfigError, match="no sheet Values"):
        edited(saved(book, tmp_path))
    (tmp_path / "edited.xlsx").write_bytes(b"PK\x03\x04 torn")
    with pytest.raises(ConfigError, match="no spreadsheet"):
        edited(tmp_path / "edited.xlsx")
    with pytest.raises(ConfigError, match="cannot be read"):
        edited(tmp_path / "nowhere.xlsx")


@pytest.mark.parametrize(
    ("written_so", "text"),
    [("_xD83D__xDE00_", "\U0001f600"), (f"{'x' * 600}_xD800_", f"{'x' * 600}\ufffd")],
)
def test_characters_by_number_come_back_as_text_that_can_be_kept(
    written_so: str, text: str, tmp_path: Path
) -> None:
    book = written(review("a.pdf"))
    book["Values"]["D2"] = written_so
    assert [one.text for one in edited(saved(book, tmp_path)).edits] == [text]


@pytest.mark.parametrize("damage", ["locked", "styles"])
def test_a_spreadsheet_that_is_locked_or_damaged_within_is_refused(
    damage: str, tmp_path: Path
) -> None:
    book = written(review("a.pdf"))
    book["Values"]["F2"] = 31
    path = saved(book, tmp_path)
    with ZipFile(path) as packed:
        parts = {one: packed.read(one) for one in packed.namelist()}
    with ZipFile(path, "w") as packed:
        for one, content in parts.items():
            styles = re.sub(rb' s="\d+"', b' s="999"', content)
            packed.writestr(one, styles if damage == "styles" else content)
    if damage == "locked":
        # The bit of each entry's list that says that it is encrypted (APPNOTE.TXT, 4.4.4).
        raw = bytearray(path.read_bytes())
        for found in re.finditer(rb"PK\x01\x02", bytes(raw)):
            raw[found.start() + 8] |= 1
        path.write_bytes(raw)
    with pytest.raises(ConfigError, match="no spreadsheet that can be read"):
        edited(path)


def test_no_sheet_has_more_rows_or_links_than_one_can(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = review("a.pdf", "b.pdf")
    monkeypatch.setattr(writer, "MOST_LINKS", 6)
    sheet = written(kept, files={"a.pdf": tmp_path / "a.pdf", "b.pdf": tmp_path / "b.pdf"})[
        "Values"
    ]
    assert sum(one.hyperlink is not None for row in sheet for one in row) == 6
    # No cell has a source yet, and each has a row in the hidden sheet.
    monkeypatch.setattr(writer, "MOST_ROWS", 18)
    assert written(replace(kept, cells={}))[HIDDEN].max_row == 18
    monkeypatch.setattr(writer, "MOST_ROWS", 17)
    with pytest.raises(ConfigError, match="more than a spreadsheet holds"):
        written(replace(kept, cells={}))


def test_a_sheet_is_read_whole_whatever_size_it_says_it_has(tmp_path: Path) -> None:
    book = written(review("a.pdf", "b.pdf"))
    book["Values"]["D3"] = "Utah"
    path = saved(book, tmp_path)
    with ZipFile(path) as packed:
        parts = {one: packed.read(one) for one in packed.namelist()}
    with ZipFile(path, "w") as packed:
        for one, content in parts.items():
            packed.writestr(
                one, re.sub(rb'<dimension ref="[^"]*"', b'<dimension ref="A1"', content)
            )
    found = edited(path)
    assert ([one.address for one in found.edits], found.notes) == (["Values!D3"], [])
