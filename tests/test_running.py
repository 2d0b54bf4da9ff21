"""Lines that run along the edges of pages, and those that only look so."""

from __future__ import annotations

from itertools import accumulate, pairwise

from hypothesis import given
from hypothesis import strategies as st

from longread.running import blanked, running


def runs(*pages: str) -> list[str]:
    starts = [sum(map(len, pages[:n])) for n in range(len(pages))]
    text = "".join(pages)
    return [text[a:b] for a, b in running(text, starts, range(1, len(pages) + 1))]


def body(n: int) -> str:
    return "".join(f"line {c} of a page's own text, {'z' * n}\n" for c in "abcdefghijklmnop")


def test_headers_footers_and_page_numbers_run() -> None:
    pages = [f"Supply Agreement\n{body(n)}Confidential\n- {n + 4} -\n" for n in range(1, 7)]
    assert runs(*pages) == [
        line for n in range(1, 7) for line in ("Supply Agreement", "Confidential", f"- {n + 4} -")
    ]


def test_headers_of_left_and_right_pages_run() -> None:
    sides = ("Supply Agreement", "Section 2: Term")
    pages = [f"{sides[n % 2]}\n{body(n)}" for n in range(1, 8)]
    assert runs(*pages) == [sides[n % 2] for n in range(1, 8)]


def test_what_comes_again_here_and_there_does_not_run() -> None:
    pages = [body(n) + ("None.\n" if n in (1, 8, 15) else "") for n in range(1, 16)]
    assert runs(*pages) == []


def test_the_line_of_two_pages_runs_in_a_short_document_alone() -> None:
    assert runs("Lease\na\n", "Lease\nb\n") == ["Lease", "Lease"]
    assert runs("Lease\na\n", "Lease\nb\n", "c\n", "d\n", "e\n") == []


def test_page_numbers_run_where_pages_were_reflowed() -> None:
    text = "".join(f"{'words of a page ' * 90}\n{n}\n" for n in range(11, 15))
    ranges = running(text, [0], [1])
    assert [text[a:b] for a, b in ranges] == ["11", "12", "13", "14"]
    assert blanked(text, ranges) == text.translate(dict.fromkeys(map(ord, "1234"), " "))


@given(st.lists(st.text(alphabet="ab1 \n", max_size=40), max_size=8))
def test_ranges_are_lines_in_order(pages: list[str]) -> None:
    text = "".join(pages)
    starts = [sum(map(len, pages[:n])) for n in range(len(pages))]
    ranges = running(text, starts, range(1, len(pages) + 1))
    assert all(a < b and "\n" not in text[a:b] for a, b in ranges)
    assert all(b <= c for (_, b), (c, _) in pairwise(ranges))
    assert len(blanked(text, ranges)) == len(text)


def test_lines_of_signatures_do_not_run() -> None:
    block = "THE BUYER\nBy: ____________\nName: {name}\nTitle:\nVice President\n"
    pages = [
        f"Supply Agreement\n{body(n)}{block.format(name='Ann Other')}Confidential\n- {n} -\n"
        for n in range(1, 7)
    ]
    assert runs(*pages) == [line for n in range(1, 7) for line in ("Supply Agreement", f"- {n} -")]


def test_a_footer_runs_on_a_page_of_signatures_too() -> None:
    signed = "By: /s/ Ann Other\nTitle: President\n"
    pages = [f"{body(n)}{signed if n > 4 else ''}Confidential\n" for n in range(1, 7)]
    assert runs(*pages) == ["Confidential"] * 6


def test_tens_of_thousands_of_pages_are_looked_at_one_by_one() -> None:
    pages = [f"Page {n}\n" for n in range(1, 40_001)]
    starts = list(accumulate(map(len, pages[:-1]), initial=0))
    assert len(running("".join(pages), starts, range(1, len(pages) + 1))) == 40_000
