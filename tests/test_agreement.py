"""Two passes agree where they say the same; that two texts are alike proves nothing."""

from __future__ import annotations

import pytest

from longread.types import Citation, Span, Verdict
from longread.types.reviews import Cell, CellState, Value, agree

SAME = [
    ("State of Delaware", "Delaware"),
    ("the laws of the State of Ohio", "Laws of the State of Ohio."),
    ("30 days written notice", "written notice of 30 days"),
]
OTHER = [
    ("30 days written notice", "60 days written notice"),
    ("thirty days written notice", "thirty-five days written notice"),
    ("either party may assign it", "neither party may assign it"),
    ("may assign it freely", "may not assign it freely"),
    ("it can be assigned", "it can't be assigned"),
    ("the Licensee shall indemnify", "the Licensor shall indemnify"),
    ("after the notice", "before the notice"),
    ("USD 1,200 a year", "USD 12,000 a year"),
    ("Ohio", "Ohio, Utah and Nevada law alike"),
    ("Delaware", "Nevada"),
]


def cell(value: str, line: int = 5, verdict: Verdict = Verdict.EXACT) -> Cell:
    cited = Citation("d1", "a.md", Span("line", line, line), "so it says", verdict)
    return Cell("a.md", "Q", CellState.ANSWERED, Value((value,), (value,)), (cited,))


@pytest.mark.parametrize(("one", "other"), SAME)
def test_free_text_agrees_where_it_says_the_same_of_the_same_place(one: str, other: str) -> None:
    assert agree(cell(one), cell(other), free=True)
    assert agree(cell(other), cell(one), free=True)


@pytest.mark.parametrize(("one", "other"), OTHER)
def test_another_number_party_or_negation_never_agrees(one: str, other: str) -> None:
    assert not agree(cell(one), cell(other), free=True)
    assert not agree(cell(other), cell(one), free=True)


def test_other_places_and_quotes_that_do_not_stand_vouch_for_nothing() -> None:
    one, other = SAME[0]
    assert not agree(cell(one), cell(other, line=9), free=True)
    assert not agree(cell(one), cell(other, verdict=Verdict.NOT_FOUND), free=True)
    assert not agree(cell(one), cell(other))
    assert agree(cell("Yes"), cell("yes"))
