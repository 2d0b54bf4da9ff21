"""Columns and cells told apart by where words stand."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from longread.ingest.arranging import CELLS, Cell, arrange, gaps


def lines_of(*rows: tuple[tuple[float, str], ...]) -> tuple[str, list[list[Cell]]]:
    """Return the text of rows of (left edge, words), and their cells; a letter is 5 points wide."""
    text, lines = "", []
    for row in rows:
        cells = []
        for left, words in row:
            cells.append(Cell(len(text), len(text) + len(words), left, left + 5 * len(words)))
            text += words + " "
        text = text[:-1] + "\n"
        lines.append(cells)
    return text, lines


def arranged(*rows: tuple[tuple[float, str], ...]) -> list[str]:
    text, lines = lines_of(*rows)
    made = "".join(text[start:end] + put for start, end, put in arrange(lines))
    return made.rstrip("\n").split("\n")


def test_a_gap_that_no_other_line_has_parts_no_cells() -> None:
    rows = [((0, "one"), (200, "far"))] + [((0, f"line {n}"),) for n in range(6)]
    assert arranged(*rows)[0] == "one far"
    assert arranged(*rows, ((0, "two"), (205, "near")))[0] == "one far"
    assert arranged(rows[0], rows[1], ((0, "two"), (202, "near")))[0] == f"one{CELLS}far"


def test_figures_that_end_in_line_are_cells() -> None:
    assert arranged(((0, "paint"), (190, "1,000")), ((0, "tin"), (205, "10"))) == [
        f"paint{CELLS}1,000", f"tin{CELLS}10",
    ]  # fmt: skip


def test_a_table_of_two_wide_columns_is_no_text_in_columns_if_it_is_short() -> None:
    rows = [((0, f"left {n} of it all"), (200, f"right {n} of it all")) for n in range(7)]
    assert arranged(*rows)[0] == f"left 0 of it all{CELLS}right 0 of it all"
    long = [((0, f"left {n} of it all"), (200, f"right {n} of it all")) for n in range(10)]
    assert arranged(*long)[:2] == ["left 0 of it all", "left 1 of it all"]


def test_long_entries_of_different_lengths_are_a_table() -> None:
    words = [
        "a term",
        "another term that is longer",
        "one more",
        "the last and longest of them all",
    ]
    rows = [((0, words[n % 4]), (300, words[-1 - n % 3])) for n in range(12)]
    assert arranged(*rows)[3] == f"{words[3]}{CELLS}{words[-1]}"


def test_gaps_are_between_runs_on_one_line_alone() -> None:
    assert gaps([(0, 0, 50, 10), (100, 1, 150, 11), (0, 20, 50, 30)]) == [(1, 10)]
    assert gaps([(0, 0, 50, 10), (60, 0, 90, 10)]) == []


CELL = st.tuples(st.integers(0, 60).map(lambda x: 10.0 * x), st.sampled_from(["a", "bb cc", "ddd"]))


@given(st.lists(st.lists(CELL, min_size=1, max_size=4).map(tuple), min_size=1, max_size=30))
def test_no_word_is_lost_or_said_twice(rows: list[tuple[tuple[float, str], ...]]) -> None:
    text, lines = lines_of(*rows)
    pieces = arrange(lines)
    made = "".join(text[start:end] + put for start, end, put in pieces)
    assert sorted(made.split()) == sorted(text.split())


FACING = [((0, f"left {n} of it all"), (200, f"right {n} of it all")) for n in range(12)]


@given(st.lists(st.lists(CELL, min_size=1, max_size=4).map(tuple), max_size=8))
def test_no_word_between_columns_is_lost_or_said_twice(
    rows: list[tuple[tuple[float, str], ...]],
) -> None:
    text, lines = lines_of(*FACING[:6], *rows, *FACING[6:])
    made = "".join(text[start:end] + put for start, end, put in arrange(lines))
    assert sorted(made.split()) == sorted(text.split())


def test_a_line_drawn_to_and_fro_between_columns_is_said_once() -> None:
    odd = ((0, "first"), (250, "beyond"), (60, "back"))
    assert arranged(*FACING[:6], odd, *FACING[6:]).count("back") == 1
    assert "first beyond back" not in arranged(*FACING[:6], odd, *FACING[6:])
