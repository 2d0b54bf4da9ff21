"""The strip of the prompt and the columns of the list: nothing lost, nothing beyond the edge."""

from __future__ import annotations

from functools import partial

from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from longread.analysis.budgeting import Node
from longread.analysis.portions import Part
from longread.tui.widgets.columns import bar, columns, fit
from longread.tui.widgets.walk import SEEN, blocks


def part(path: str, tokens: int) -> Part:
    return Part(path, "corpus", tokens, partial(str, ""), path)


PATHS = st.lists(st.sampled_from(["a", "b", "long_name", "kettle"]), min_size=1, max_size=4)
PARTS = st.lists(st.builds(part, PATHS.map("/".join), st.integers(0, 5_000)), max_size=120)


@given(PARTS, st.integers(0, 220))
def test_blocks_tile_the_width_and_hold_every_piece(parts: list[Part], width: int) -> None:
    made = blocks(parts, width)
    if width < SEEN or not sum(one.tokens for one in parts):
        assert made == []
        return
    assert made[0].left == 0
    assert made[-1].right == width
    assert [one.left for one in made[1:]] == [one.right for one in made[:-1]]
    assert all(one.right - one.left >= SEEN for one in made)
    held = [n for one in made for n in range(one.first, one.last + 1)]
    assert held == list(range(len(parts)))


def test_a_block_has_the_name_of_what_its_pieces_share() -> None:
    small = [part(f"src/deep/f{n}.py", 2) for n in range(50)]
    named = [
        part("README.md", 100),
        *small,
        part("src/app.py", 100),
        Part("q", "question", 100, str),
    ]
    assert [one.name for one in blocks(named, 80)] == ["README.md", "deep/", "app.py", "q"]
    mixed = [part("a/x", 1), part("b/y", 1), part("big", 500)]
    assert [one.name for one in blocks(mixed, 40)][-1] == "big"


def test_thousands_of_small_files_are_still_a_few_blocks() -> None:
    parts = [part(f"folder{n // 50}/f{n}.py", 20) for n in range(4_500)]
    made = blocks(parts, 120)
    assert 10 < len(made) <= 60
    assert made[-1].right == 120


@given(st.integers(50, 400), st.booleans())
def test_columns_never_take_more_than_there_is(width: int, reasons: bool) -> None:
    found = columns(width, reasons=reasons)
    assert found.name + found.taken == width
    assert min(found) >= 0


@given(st.text(), st.integers(1, 40), st.booleans())
def test_text_is_fitted_to_the_cell(text: str, width: int, end: bool) -> None:
    assert cell_len(fit(text, width, end=end)) == width


def test_little_shown_and_little_left_out_can_both_be_seen() -> None:
    assert bar(Node("a", "a", shown=1, full=10_000), 10) == "█░░░░░░░░░"
    assert bar(Node("a", "a", shown=9_999, full=10_000), 10) == "█████████░"
    assert bar(Node("a", "a", shown=0, full=10_000), 10) == "░" * 10
    assert bar(Node("a", "a", shown=5, full=5), 10) == "█" * 10
    assert bar(Node("a", "a"), 10) == " " * 10
