"""What parts say put together: only the same is joined, and what contradicts stays apart."""

from __future__ import annotations

import pytest

from longread.analysis.findings import Finding
from longread.analysis.joining import Group, Joined, _apply, exactly, written
from longread.prompt.sweep import Compared
from longread.types import Citation, Span, Verdict

QUOTE = Citation("d1", "a.txt", Span("line", 1, 1), "so it is said in this line", Verdict.EXACT)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("It is written in C++.", "It is written in C#."),
        ("It grows by 5 %.", "It grows by $ 5."),
        ("x < 5", "x > 5"),
        ("The rate is 1.5.", "The rate is 1, 5."),
        ("It is -5 degrees.", "It is 5 degrees."),
        ("???", "!!!"),
    ],
)
def test_marks_that_make_another_statement_keep_findings_apart(one: str, other: str) -> None:
    assert [group.says for group in exactly([Finding(one), Finding(other)])] == [one, other]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("The tenant may sublet.", "The tenant may not sublet."),
        ("The tenant can sublet.", "The tenant can't sublet."),
        ("The fee is 5.", "The fee is 5 or 60."),
        ("It is due, and due again.", "It is due."),
    ],
)
def test_the_same_quote_joins_no_statement_with_one_that_is_turned_round(
    one: str, other: str
) -> None:
    apart = "due again" not in one
    found = exactly([Finding(one, (QUOTE,)), Finding(other, (QUOTE,))])
    assert len(found) == 1 + apart


def test_capitals_blanks_and_marks_between_words_are_no_difference() -> None:
    said = ["The fee is 1,200.50 USD.", "the FEE is “1,200.50” usd", "The fee is 1,200.50 USD!"]
    assert len(exactly([Finding(one) for one in said])) == 1


def groups(n: int) -> list[Group]:
    return [Group(f"Finding {'abcdef'[order]}.", [], True, order) for order in range(n)]


def heads(joined: Joined) -> Joined:
    joined.groups = [group for group in joined.groups if group.head is group]
    return joined


@pytest.mark.parametrize("same", [((1, 2), (2, 3)), ((1, 2, 3),), ((2, 3), (1, 2))])
def test_what_contradicts_is_not_joined_over_a_third(same: tuple[tuple[int, ...], ...]) -> None:
    batch = groups(3)
    joined = Joined(list(batch))
    _apply(Compared(same, (((1, 3), "not both"),)), batch, joined)
    text = written(heads(joined)).text
    assert len(joined.groups) == 2
    assert text.endswith("- 1 and 2: not both")


def test_a_later_round_does_not_join_what_contradicted_in_an_earlier_one() -> None:
    batch = groups(3)
    joined = Joined(list(batch))
    _apply(Compared((), (((1, 2), "not both"),)), batch, joined)
    _apply(Compared(((1, 2, 3),), ()), batch, joined)
    assert written(heads(joined)).text.endswith("- 1 and 2: not both")


def test_two_reasons_for_one_contradiction_are_both_told() -> None:
    batch = groups(2)
    joined = Joined(list(batch))
    _apply(Compared((), (((1, 2), "the day"), ((2, 1), "the place"))), batch, joined)
    assert written(joined).text.endswith("- 1 and 2: the day; the place")
