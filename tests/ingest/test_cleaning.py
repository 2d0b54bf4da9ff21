"""The text of pages as people would type it, and the way back to what the library wrote."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from longread.ingest.cleaning import clean, trace


@pytest.mark.parametrize(
    ("raw", "cleaned"),
    [
        ("eﬃcient ﬂow of ﬁle ĳs ſafe", "efficient flow of file ijs safe"),
        ("Ｆｕｌｌ ｗｉｄｔｈ ９", "Full width 9"),
        ("𝐱 and 𝛼", "x and α"),
        ("e\u0301tude", "étude"),
        ("½ m² ™ № 5…", "½ m² ™ № 5…"),
        ("one\r\ntwo\rthree\n", "one\ntwo\nthree"),
        ("a\u00a0b\tc\u2009d   \n  e", "a b c d\n  e"),
        ("so\u00adft zero\u200bwidth \x00\x07\ud800", "soft zerowidth"),
        ("page\fbreak\u2028line", "page\nbreak\nline"),
    ],
)
def test_text_is_cleaned_and_what_it_says_is_kept(raw: str, cleaned: str) -> None:
    assert clean(raw) == cleaned


@pytest.mark.parametrize("mark", ["\x02", "\ufffe"])
def test_a_word_that_pdfium_closed_up_is_one_word_again(mark: str) -> None:
    assert clean(f"the agree{mark}ment ends") == "the agreement ends"


@pytest.mark.parametrize(
    ("raw", "cleaned"),
    [
        ("non\ufffeexclusive", "non-exclusive"),
        ("W\ufffe8IMY", "W-8IMY"),
        ("Rule 10A\ufffe3", "Rule 10A-3"),
        ("NON\ufffeINFRINGEMENT", "NON-INFRINGEMENT"),
        ("broad\ufffebased, as an index is based", "broad-based, as an index is based"),
        ("high\ufffewater, by the high-water mark", "high-water, by the high-water mark"),
        ("reenter and re\ufffeenter", "reenter and reenter"),
    ],
)
def test_a_hyphen_that_belongs_to_the_word_stays(raw: str, cleaned: str) -> None:
    assert clean(raw) == cleaned


def test_a_word_broken_at_the_end_of_a_line_moves_up() -> None:
    assert clean("this obli-\ngation, and\nmore") == "this obligation,\nand\nmore"
    assert clean("a long-\nterm plan") == "a long-\nterm plan"
    assert clean("No. 333-\n136853") == "No. 333-\n136853"
    assert clean("AND --\nAgape") == "AND --\nAgape"


def test_a_word_broken_before_the_last_of_a_line_leaves_no_blank_line() -> None:
    assert clean("this obli-\ngation\nbinds") == "this obligation\nbinds"


PIECES = st.sampled_from(
    ["obli", "-", "\n", "-\n", "\r\n", " ", "  ", "\x02", "\ufffe", "ﬁ", "ĳ", "e\u0301", "\u0301",
     "e", "gation, and", "A", "\u00a0", "\u200b", "\x0c", "\ud800", "½", "9", "한", "\u1112\u1161"]
)  # fmt: skip
RAW = st.one_of(st.lists(PIECES, max_size=30).map("".join), st.text(max_size=60))


@given(RAW)
def test_every_cleaned_character_knows_where_it_stood(raw: str) -> None:
    found = trace(raw)
    assert found.text == clean(raw)
    origins = [found.origin(index) for index in range(len(found.text))]
    assert origins == sorted(origins)
    assert all(0 <= origin < len(raw) for origin in origins)
    for index, char in enumerate(found.text):
        if char.isascii() and char.isalnum() and raw[origins[index]].isascii():
            assert char == raw[origins[index]]


def test_a_range_leads_back_to_what_was_closed_up() -> None:
    raw = "\r\nThe eﬃcient agree\x02ment binds obli-\r\ngation, and\r\nmore"
    found = trace(raw)

    def stood(words: str) -> str:
        at = found.text.index(words)
        start, end = found.range(at, at + len(words))
        return raw[start:end]

    assert stood("efficient") == "eﬃcient"
    assert stood("agreement") == "agree\x02ment"
    assert stood("obligation,") == "obli-\r\ngation,"
    assert stood("and") == "and"
    assert len(found.at) < 10


def test_letters_in_another_dress_take_the_marks_behind_them() -> None:
    assert clean("\U0001d400\u0308") == "Ä"


def test_a_word_without_end_costs_no_more_than_its_length() -> None:
    long = "a" * 100_000
    assert clean(f"{long} b-\ncd") == f"{long} bcd"
    assert clean(f"{long} b\x02cd") == f"{long} bcd"
