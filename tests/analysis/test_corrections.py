"""What a person typed into a spreadsheet: which value it is, and when it is none."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook

from longread.analysis import exporting
from longread.analysis.corrections import Corrections, read_corrections
from longread.analysis.review import Request
from longread.errors import ConfigError
from longread.store import open_store
from longread.types.reviews import Question
from tests.analysis.reviewing import SCRIPTED, Model, cells_of, shelf

QUESTIONS = (
    Question("Law", "Which law governs?"),
    Question("Fees", "Which fees?", "money", many=True),
    Question("Days", "How many days?", "number"),
    Question("Ends", "Can it be ended?", "yes/no"),
    Question("Kind", "Which kind?", "choice", choices=("true", "false", "other")),
)


@pytest.fixture
async def exported(tmp_path: Path) -> Path:
    """The spreadsheet of a review of one agreement; its cells stand in row 2, from D on."""
    folder = shelf(tmp_path / "deals", {"alder": "Ohio"})
    await cells_of(Request(SCRIPTED, (str(folder),), QUESTIONS, yes=True), Model())
    with open_store(None) as store:
        (file,) = exporting.export(store, store.reviews.resolve(""), [tmp_path / "grid.xlsx"])
    return file


def typed(file: Path, **cells: Any) -> Corrections:
    """Return what comes of a spreadsheet with these cells."""
    book = load_workbook(file)
    for place, value in cells.items():
        book["Values"][place] = value
    book.save(file)
    with open_store(None) as store:
        return read_corrections(store, file)


@pytest.mark.parametrize("text", [";", " ; ; ", "\n;"])
def test_a_list_of_nothing_is_refused_by_its_address(exported: Path, text: str) -> None:
    with pytest.raises(ConfigError, match=r"Values!E2 .* is no money that can be told for sure"):
        typed(exported, E2=text)


@pytest.mark.parametrize("text", ["– not present", "≠ not present", "- Not present", "not present"])
def test_a_cell_that_says_that_there_is_none_may_be_copied_or_typed(
    exported: Path, text: str
) -> None:
    (made,) = typed(exported, D2=text).made
    assert made.value is None


@pytest.mark.parametrize(
    "text", ["≠ not found in evidence", "≠ unclear: Ohio or Utah", "Not found in evidence"]
)
def test_a_copied_cell_without_a_value_is_no_value_of_another(exported: Path, text: str) -> None:
    with pytest.raises(ConfigError, match=r"Values!D2 .* is no value"):
        typed(exported, D2=text)


def test_what_a_spreadsheet_knows_to_be_true_is_said_in_the_questions_words(
    exported: Path,
) -> None:
    first, second = (typed(exported, D2=it, G2=it, H2=it).made for it in (True, False))
    said = {(one.question, one.value.normal) for one in (*first, *second) if one.value}
    # What the review says already is no change.
    assert said >= {("Law", ("TRUE",)), ("Law", ("FALSE",))}
    assert said & {("Kind", ("true",)), ("Kind", ("false",))}
    assert said & {("Ends", ("yes",)), ("Ends", ("no",))}
    assert {name for name, _ in said} == {"Law", "Kind", "Ends"}
