"""Pages laid out as one document: clauses, segments, an outline."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from longread.ingest.clauses import Outline, contents, heading
from longread.ingest.cleaning import clean
from longread.ingest.pages import LINES, WIDTH, Bookmark, PageText, lay_out


def page(text: str, number: int = 1) -> PageText:
    return PageText(number, "", text, "" if text.strip() else "blank")


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
        ("Section 4.2 of this Agreement shall", ""),
        ("2. 3. 5. Designated Unit. It is", "2.3.5 Designated Unit"),
        ("30 June 2019 was the day", ""),
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
        assert segment.kind in (("section",) if segment.name else ("page", "contents"))
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


def test_a_clause_is_cut_from_what_stands_before_it() -> None:
    lines = [f"line {n} goes on" for n in range(50)]
    text, segments = lay_out([page("\n".join([*lines, "7. NOTICES", *lines]))])
    first, *more = [s for s in segments if s.name]
    assert {s.name for s in (first, *more)} == {"7 NOTICES"}
    assert text[: first.start].endswith("line 49 goes on\n")
    assert {str(s.span) for s in segments} == {"p1"}
    start, end = first.signature or (0, 0)
    assert text[start:end] == "7. NOTICES"
    assert not any(s.signature for s in more)


CONTRACT = """\
ARTICLE IV
TERM AND TERMINATION
4.1 Initial Term. It begins today and, as is said in Section
4.2 below, ends in a year.
4.2 Renewal. It is renewed
30 days before that:
(a) in writing; and
(b) by either of
(i) the Buyer, or
(ii) the Seller, as is provided in clause
(a) above.
4.3 The parties agree to all of it.
ARTICLE V NOTICES
5.1 They are sent by post.
MISCELLANEOUS PROVISIONS
1. Law. That of Ohio."""


def named(text: str) -> dict[str, str]:
    outline, lines = Outline(), ["", *text.split("\n"), ""]
    triples = zip(lines, lines[1:], lines[2:], strict=False)
    return {line: outline.enter(line, before, after)[0] for before, line, after in triples}


def test_clauses_are_named_by_what_they_stand_in() -> None:
    found = {line: name for line, name in named(CONTRACT).items() if name}
    four = "ARTICLE IV TERM AND TERMINATION"
    assert [*found.values()] == [
        four,
        f"{four}.4.1 Initial Term",
        f"{four}.4.2 Renewal",
        f"{four}.4.2(a)",
        f"{four}.4.2(b)",
        f"{four}.4.2(b)(i)",
        f"{four}.4.2(b)(ii)",
        f"{four}.4.3",
        "ARTICLE V NOTICES",
        "ARTICLE V NOTICES.5.1",
        "MISCELLANEOUS PROVISIONS",
        "1 Law",
    ]


def test_a_clause_whose_number_ends_in_nought_holds_the_others() -> None:
    found = named("2.0 Term\n2.1 Start. It is today.\n3.0 Price\n3.1 It is low.")
    assert [*filter(None, found.values())] == [
        "2.0 Term", "2.0 Term.2.1 Start", "3.0 Price", "3.0 Price.3.1",
    ]  # fmt: skip


def test_a_papers_sections_are_an_outline() -> None:
    text = "Abstract\nWe show it.\n1 Introduction\nIn\n2019 it was.\n2 Methods\n2.1 Set Up\nWe did."
    assert [name for name in named(text).values() if name] == [
        "Abstract", "1 Introduction", "2 Methods", "2 Methods.2.1 Set Up",
    ]  # fmt: skip


def test_a_table_of_contents_names_no_clause() -> None:
    entries = [f"{n}.1 Clause Number {n} {'. ' * 9}{n + 3}" for n in range(1, 9)]
    entries[3:4] = ["4.1 A Title That Is Too Long", "For One Line 7"]
    prose = ["Here it begins.", "1. Definitions. They are these:", *["words and more"] * 5]
    listed = ["CONTENTS", *entries]
    assert contents([*listed, *prose]) == {*range(1, 10)}
    assert contents([line.replace(". " * 9, "   ") for line in listed]) == {*range(1, 10)}
    text, segments = lay_out([page("\n".join([*listed, *prose]))])
    table = [s for s in segments if s.kind == "contents"]
    assert text[table[0].start : table[-1].end] == "\n".join(entries) + "\n"
    assert [s.name for s in segments if s.name] == ["1 Definitions"]


def test_figures_that_fall_are_no_table_of_contents() -> None:
    assert contents([f"The price of item number {n % 3}" for n in range(3, 20)]) == set()


def test_what_runs_along_the_edges_opens_no_clause() -> None:
    sheets = [
        page(f"1. Supply Agreement\n{n}.1 Clause {'Abcdefg'[n]}. It says this.\nPage {n} of 6", n)
        for n in range(1, 7)
    ]
    _, segments = lay_out(sheets)
    assert [s.name for s in segments] == [f"{n}.1 Clause {'Abcdefg'[n]}" for n in range(1, 7)]


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


@pytest.mark.parametrize(
    "text",
    [
        "a line\n" * 100_000,
        "1. One\n" * 100_000,
        "(a) one\n\n" * 100_000,
        "Title   7\n" * 60_000,
        "Abstract" + " " * 900_000 + "x",
        "A" * 900_000,
        "A B, " * 200_000,
    ],
)
def test_a_page_of_any_make_is_laid_out_soon(text: str) -> None:
    before = time.process_time()
    lay_out([page(clean(text), number) for number in (1, 2)])
    assert time.process_time() - before < 20


def test_what_the_files_own_outline_names_is_a_heading() -> None:
    lines = ["Why it matters", "it does, and so it shall", "How we went about all of it and", "why"]
    marks = [
        Bookmark(0, "Why it  matters", 2),
        Bookmark(1, "How we went about all of it and why", 2),
        Bookmark(0, "it does, and so it shall", 1),
    ]
    body = "\n".join(["said " * 20] * 4)
    text = f"{lines[0]}\n{lines[1]}\n{body}\n{lines[2]}\n{lines[3]}\n{body}"
    _, segments = lay_out([page("First."), page(text, 2)], marks)
    assert [s.name for s in segments] == [
        "", "Why it matters", "Why it matters.How we went about all of it and why",
    ]  # fmt: skip
    _, unmarked = lay_out([page("First."), page(text, 2)])
    assert {s.name for s in unmarked} == {""}
