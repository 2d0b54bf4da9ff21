"""Numbers are printed as Word and browsers print them."""

from __future__ import annotations

import pytest

from longread.ingest.numbering import Abstract, Counting, Level, List, formatted, spelled


@pytest.mark.parametrize(
    ("number", "form", "printed"),
    [
        (27, "lowerLetter", "aa"), (28, "upperLetter", "BB"), (14, "lowerRoman", "xiv"),
        (1994, "upperRoman", "MCMXCIV"), (7, "decimalZero", "07"), (12, "ordinal", "12th"),
        (22, "ordinal", "22nd"), (21, "cardinalText", "Twenty-one"),
        (20, "ordinalText", "Twentieth"),
        (5, "ordinalText", "Fifth"), (3, "chineseCounting", "3"), (0, "lowerLetter", "0"),
    ],
)  # fmt: skip
def test_forms(number: int, form: str, printed: str) -> None:
    assert formatted(number, form) == printed


def test_letters_of_a_web_page_go_on_with_two() -> None:
    assert [spelled(n, "a") for n in (1, 26, 27, 53)] == ["a", "z", "aa", "ba"]
    assert [spelled(n, "I") for n in (0, 4, 4000)] == ["0", "IV", "4000"]


def test_a_level_begins_anew_below_a_higher_one_unless_told_not_to() -> None:
    levels = {0: Level(text="%1"), 1: Level(text="%1.%2"), 2: Level(text="#%3", restart=0)}
    counting = Counting({"a": Abstract(levels)}, {"1": List("a"), "2": List("a")})
    at = [0, 1, 2, 1, 2, 0, 1, 2]
    assert [counting.next("1", n) for n in at] == [
        "1", "1.1", "#1", "1.2", "#2", "2", "2.1", "#3",
    ]  # fmt: skip
    assert counting.next("2", 0) == "3"  # lists that count the same way go on
    assert counting.next("9", 0) == ""


def test_a_list_that_begins_deep_counts_what_is_above() -> None:
    levels = {0: Level(text="%1"), 1: Level(text="%1.%2")}
    counting = Counting({"a": Abstract(levels)}, {"1": List("a")})
    assert counting.next("1", 1) == "1.1"
    assert counting.next("1", 0) == "2"


def test_a_style_may_say_how_a_list_counts_even_in_a_circle() -> None:
    real = Abstract({0: Level(text="§ %1")})
    counting = Counting(
        {"a": Abstract(link="s"), "b": real, "c": Abstract(link="t")},
        {"1": List("a"), "2": List("b"), "3": List("c")},
        {"s": "2", "t": "3"},
    )
    assert counting.next("1", 0) == "§ 1"
    assert counting.next("3", 0) == ""
