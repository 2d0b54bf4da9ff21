"""A document as rows of cells: nothing is lost, nothing is too wide, nothing steers."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.cells import cell_len

from longread.export.visible import CONTROLS
from longread.tui.widgets import cells, rows
from longread.tui.widgets.cells import expand, measure, wrap
from longread.tui.widgets.rows import Sheet, View, fold, unmeasured
from longread.types import Document, Segment, Span

HOSTILE = st.text(
    st.one_of(
        st.sampled_from("ab \t漢字é\u0301\u0301\x1b\u202e\u200b\x00\ufe0f\u200d👍🏽\ud800א❤"),
        st.characters(),
    ).filter(lambda char: char != "\n"),
    max_size=80,
)


def document(text: str) -> Document:
    return Document("a.txt", "other", "", "x", text, ())


def pages(*texts: str, numbers: tuple[int, ...] = ()) -> Document:
    parts: list[Segment] = []
    at = 0
    for number, text in zip(numbers or range(1, len(texts) + 1), texts, strict=True):
        parts.append(Segment("page", "", Span("page", number, number), at, at + len(text)))
        at += len(text)
    return Document("a.pdf", "pdf", "pdf", "x", "".join(texts), tuple(parts), "page")


def shown(text: str) -> str:
    return "".join(expand(text, 0)[0])


@given(HOSTILE)
def test_what_is_shown_of_a_text_is_as_wide_as_was_said_and_steers_nothing(text: str) -> None:
    glyphs, widths = expand(text, 0)
    assert len(glyphs) == len(widths) == len(text)
    assert not CONTROLS.search("".join(glyphs))
    assert cell_len("".join(glyphs)) == sum(widths) == measure(text)


@given(HOSTILE, st.integers(10, 30))
@settings(max_examples=200)
def test_wrapped_rows_hold_all_of_a_line_and_none_is_too_wide(text: str, width: int) -> None:
    sheet = Sheet(document(text))
    view = View(sheet, fold(sheet, width))
    held = ""
    for row in range(len(view)):
        seen = view.cells(row, 0, width)
        assert cell_len("".join(seen.shown)) <= width
        end = view.start(row + 1) if row + 1 < len(view) else len(text)
        # Only white space may hang over the edge.
        assert text[seen.end : end].strip(" \t") == ""
        held += text[view.start(row) : end]
    assert held == text


@given(HOSTILE, st.integers(0, 60), st.integers(1, 30))
def test_a_window_on_a_line_shows_just_what_is_in_it(text: str, left: int, width: int) -> None:
    sheet = Sheet(document(text))
    view = View(sheet, fold(sheet, 0))
    if not text:
        return
    seen = view.cells(0, left, width)
    row = " " * seen.lead + "".join(seen.shown)
    assert cell_len(row) == max(0, min(width, measure(text) - left))


@given(HOSTILE, st.integers(0, 40))
def test_a_line_cut_into_pieces_looks_like_the_whole(text: str, left: int) -> None:
    sheet = Sheet(document("x" + text))
    whole = View(sheet, fold(sheet, 0)).cells(0, left, 8)
    with pytest.MonkeyPatch.context() as short:
        short.setattr(cells, "PIECE", 7)
        short.setattr(rows, "PIECE", 7)
        cut = View(sheet, fold(sheet, 0))
        assert cut.fold.widest == measure("x" + text)
        seen = cut.cells(0, left, 8)
        if "".join(whole.shown):
            assert (seen.lead, "".join(seen.shown)) == (whole.lead, "".join(whole.shown))
        wrapped = View(sheet, fold(sheet, 12))
        starts = [wrapped.start(row) for row in range(len(wrapped))]
        assert starts == sorted(set(starts))


def test_tabs_reach_to_columns_of_four_from_the_start_of_the_line() -> None:
    assert shown("\ta\tbcd\te") == "    a   bcd e"
    assert measure("\t\tab") == 10
    assert measure("\tab", 2) == 4


def test_what_steers_reorders_or_hides_is_spelled_out() -> None:
    assert shown("\x1b[2J\u202e\u200b\x00\x7f\ud800") == "␛[2J\\u202e\\u200b␀␡\\ud800"
    assert shown("a\U000e0100b\ufe01") == "a\\U000e0100b\\ufe01"
    assert shown("\U0001d173") == "\\U0001d173"


def test_the_dress_of_an_emoji_takes_no_room_but_two_in_a_row_hide_something() -> None:
    assert expand("❤\ufe0f!", 0) == (["❤", "", "!"], [1, 0, 1])
    assert shown("a\ufe0f\ufe0f") == "a\\ufe0f"


def test_a_letter_carries_a_few_marks_and_no_tower_of_them() -> None:
    assert shown("e\u0301") == "e\u0301"
    assert measure("e\u0301") == 1
    assert shown("e" + "\u0301" * 6) == "e" + "\u0301" * 4 + "\\u0301" * 2
    assert shown("\u0301x") == "◌\u0301x"


def test_rows_break_after_spaces_and_between_wide_letters() -> None:
    assert wrap("one two three four", 10) == [0, 8]
    assert wrap("one two three éour", 10) == [0, 8]
    assert wrap("abcdefghijklmno", 10) == [0, 10]
    assert wrap("漢" * 6, 10) == [0, 5]
    # A space at the edge hangs over it, whether the line is plain or not.
    assert wrap("abcdefghij klm", 10) == wrap("abcdefghié klm", 10) == [0, 11]


def test_lines_end_only_where_editors_end_them() -> None:
    sheet = Sheet(document("a\x0cb\u2028c\r\nd\n"))
    assert [sheet.text[slice(*sheet.ends(n))] for n in range(len(sheet))] == [
        "a\x0cb\u2028c\r",
        "d",
    ]
    assert len(Sheet(document(""))) == 0
    assert len(Sheet(document("\n\n"))) == 2


def test_a_border_stands_before_each_page_and_one_for_those_without_text() -> None:
    sheet = Sheet(pages("a\nb\n", "c\n", "d\n", numbers=(1, 4, 5)))
    view = View(sheet, fold(sheet, 20))
    borders = [view.border(row) for row in range(len(view))]
    named = [(b.first, b.last, b.empty) if b else None for b in borders]
    assert named == [
        (1, 1, False), None, None, (2, 3, True), (4, 4, False), None, (5, 5, False), None,
    ]  # fmt: skip
    assert [view.place(row)[0] for row in range(len(view))] == [0, 0, 1, 2, 2, 2, 3, 3]
    assert sheet.lines(Span("page", 4, 5)) == range(2, 4)
    assert not sheet.lines(Span("page", 2, 3))
    assert not sheet.lines(Span("line", 1, 1))


def test_every_character_is_found_on_the_row_that_shows_it() -> None:
    text = "".join(f"page {n} has words that wrap where it is narrow\n\tand\tmore\n" for n in "ab")
    half = len(text) // 2
    sheet = Sheet(pages(text[:half], text[half:]))
    for width in (0, 12):
        view = View(sheet, fold(sheet, width))
        for at in range(len(text)):
            row = view.row_at(at)
            assert view.border(row) is None
            assert view.start(row) <= at
            seen = view.cells(row, 0, 200)
            assert seen.start <= at < max(seen.end, seen.start + 1) or text[at] in " \t\n"


def test_a_line_without_end_is_measured_in_pieces() -> None:
    text = "x漢\t" * 20_000 + "Z" + "y" * 60_000
    sheet = Sheet(document(text))
    assert unmeasured(sheet).widest == cells.PIECE
    at = text.index("Z")
    flat = View(sheet, fold(sheet, 0))
    assert flat.column(at) == 80_000
    assert "".join(flat.cells(0, 79_996, 6).shown) == "x漢 Zy"
    wrapped = View(sheet, fold(sheet, 40))
    row = wrapped.row_at(at)
    assert "Z" in wrapped.cells(row, 0, 40).shown
