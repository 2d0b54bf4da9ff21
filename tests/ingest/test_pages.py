"""Cleaning the text of pages, and laying them out as one document."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from longread.ingest.pages import LINES, WIDTH, PageText, clean, heading, lay_out


def page(text: str, number: int = 1) -> PageText:
    return PageText(number, "", text, "" if text.strip() else "blank")


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


@pytest.mark.parametrize(
    ("line", "name"),
    [
        ("3.2 Term. This Agreement begins", "3.2 Term"),
        ("  5. DEFINITIONS.", "5 DEFINITIONS"),
        ("ARTICLE IV", "ARTICLE IV"),
        ("Section 4.2 Notice and Cure. The Client", "Section 4.2 Notice and Cure"),
        ("§ 12.1 Law", "§ 12.1 Law"),
        ("(a) each of them", "(a)"),
        ("(iv) all of it", "(iv)"),
        ("2 Methods", "2 Methods"),
        ("Abstract", "Abstract"),
        ("1. The parties agree that nothing in this shall ever be read", "1"),
        ("EXHIBITS", ""),
        ("1730 S. Amphlett Blvd.", ""),
        ("Results were mixed", ""),
        ("(the quick) brown", ""),
        ("", ""),
    ],
)  # fmt: skip
def test_a_numbered_line_names_its_clause(line: str, name: str) -> None:
    assert heading(line) == name


texts = st.lists(
    st.sampled_from(
        ["", "word " * 30, "1. TERM.", "2.1 Notice. It ends.", "(a) and", "x", "é½ 漢字", "end."]
    ),
    max_size=200,
).map("\n".join)


@given(st.lists(st.one_of(texts, st.text(max_size=50))))
def test_segments_tile_the_text_and_name_their_page(contents: list[str]) -> None:
    pages = [page(clean(content), number) for number, content in enumerate(contents, 1)]
    text, segments = lay_out(pages)
    shown = [p for p in pages if p.text.strip()]
    assert text == "".join(p.text + "\n" for p in shown)
    at = 0
    for segment in segments:
        assert segment.start == at < segment.end
        at = segment.end
        assert text.count("\n", segment.start, segment.end) <= LINES
        assert segment.kind == ("section" if segment.name else "page")
        assert segment.span.first == segment.span.last
        if segment.signature:
            first, last = segment.signature
            assert segment.start <= first < last <= segment.end
            assert last - first <= 300
    assert at == len(text)
    for p in shown:
        parts = [s for s in segments if s.span.first == p.number]
        assert "".join(text[s.start : s.end] for s in parts) == p.text + "\n"
    assert not segments or segments[0].signature


def test_pages_without_text_do_not_shift_the_others() -> None:
    text, segments = lay_out([page("", 1), page("one", 2), page(" ", 3), page("two", 4)])
    assert text == "one\ntwo\n"
    assert [str(s.span) for s in segments] == ["p2", "p4"]
    assert lay_out([page("")]) == ("", ())


def test_a_long_page_is_cut_before_a_clause() -> None:
    lines = [f"line {n} goes on" for n in range(50)]
    text, segments = lay_out([page("\n".join([*lines, "7. NOTICES", *lines]))])
    (notices,) = [s for s in segments if s.name]
    assert notices.name == "7 NOTICES"
    assert text[: notices.start].endswith("line 49 goes on\n")
    assert {str(s.span) for s in segments} == {"p1"}
    first, last = notices.signature or (0, 0)
    assert text[first:last] == "7. NOTICES"


def test_a_long_page_without_clauses_is_cut_at_a_blank_line() -> None:
    lines = [f"line {n} goes on" for n in range(LINES - 5)]
    text, segments = lay_out([page("\n".join([*lines, "", *lines]))])
    assert text[: segments[0].end].endswith(f"line {LINES - 6} goes on\n\n")


def test_a_line_that_never_ends_is_cut_between_words() -> None:
    text, segments = lay_out([page("word " * 5000)])
    assert len(segments) == 4
    assert all(s.end - s.start <= WIDTH for s in segments)
    assert all(text[s.start : s.end].startswith("word ") for s in segments)


def test_the_first_segment_shows_title_and_parties() -> None:
    opening = "SUPPLY AGREEMENT\nbetween ALPHA LTD\nand BETA LTD\n"
    text, segments = lay_out([page(opening + "they agree to a great many things\n" * 40)])
    first, last = segments[0].signature or (0, 0)
    assert text[first:last].startswith(opening)
    assert 250 < last - first <= 300
    assert text[last] == "\n"
