"""Whether citations lean on what gold quotes, by where both stand."""

from __future__ import annotations

from dataclasses import replace

from longread.analysis.covering import Covered, Located, cover
from longread.types import Citation, Document, Segment, Span, Verdict

PAGES = (
    "1\nThis agreement is made between Alder Inc. and Birch LLC.\nIt is gov-\nerned by the laws of"
    " Ohio.\n",
    "2\nA yearly fee of USD 1,200.50 is due on the first day of May. The financial year ends"
    " then.\n",
    "3\nEither party may end it on ninety days’ notice, without cause.\n",
)
LAW, FEE = "governed by the laws of Ohio", "A yearly fee of USD 1,200.50 is due"


def made() -> Document:
    segments, start = [], 0
    for number, text in enumerate(PAGES, 1):
        span = Span("page", number, number)
        segments.append(Segment("page", "", span, start, start + len(text)))
        start += len(text)
    return Document("a.pdf", "pdf", "", "id", "".join(PAGES), segments, "page", id="d1")


LOCATED = Located(made())


def cited(words: str, page: int, verdict: Verdict = Verdict.FOLDED) -> Citation:
    span = Span("page", page, page)
    return Citation("d1", "a.pdf", span, words, verdict, found=span if verdict.holds else None)


def test_a_gold_quote_is_found_by_letters_across_broken_lines() -> None:
    found = cover([LAW], [cited("It is gov-\nerned by the laws of Ohio.", 1)], LOCATED)
    assert found == Covered(quotes=1, quoted=1, placed=1, cited=1, precise=1)


def test_half_of_the_letters_must_be_covered() -> None:
    assert cover([LAW], [cited("by the laws of Ohio", 1)], LOCATED).quoted == 1
    less = cover([LAW], [cited("laws of Ohio", 1)], LOCATED)
    assert (less.quoted, less.placed, less.precise) == (0, 1, 1)


def test_a_citation_is_to_the_point_where_half_of_it_stands_in_gold() -> None:
    wide = cited(PAGES[1].removeprefix("2\n").strip(), 2)
    found = cover([FEE], [wide], LOCATED)
    assert (found.quoted, found.precise) == (1, 0)


def test_the_place_counts_where_the_words_are_others() -> None:
    found = cover([FEE], [cited("The financial year ends then.", 2)], LOCATED)
    assert (found.quoted, found.placed, found.precise) == (0, 1, 0)
    place = replace(cited("", 2), verdict=Verdict.PLACE)
    assert cover([FEE], [place], LOCATED) == Covered(1, 0, 1, 0, 1, 1)
    assert cover([LAW], [place], LOCATED) == Covered(1, 0, 0, 0, 1, 0)


def test_a_quote_that_does_not_hold_finds_nothing() -> None:
    for verdict in (Verdict.NOT_FOUND, Verdict.NOT_SHOWN, Verdict.OUTDATED):
        found = cover([FEE], [cited(FEE, 2, verdict)], LOCATED)
        assert found == Covered(1, 0, 0, 0, 1, 0)


def test_a_short_name_is_not_found_within_a_word() -> None:
    assert LOCATED.occurrences("Alder") != []
    assert LOCATED.occurrences("nanc") == []
    assert LOCATED.occurrences("Ohi") == []


def test_gold_with_words_left_out_is_found_part_by_part() -> None:
    gold = "Either party may end it<omitted>without cause."
    (ranges,) = LOCATED.occurrences(gold)
    assert len(ranges) == 2
    assert LOCATED.occurrences("without cause.<omitted>Either party may end it") == []
    whole = cited("Either party may end it on ninety days’ notice, without cause", 3)
    assert cover([gold], [whole], LOCATED).quoted == 1


def test_gold_that_stands_nowhere_is_counted_and_not_found() -> None:
    found = cover(["governed by the laws of Utah", "***"], [cited(FEE, 2)], LOCATED)
    assert found == Covered(quotes=1, unplaced=1, cited=1)
    assert cover([LAW], [], None) == Covered(quotes=1, unplaced=1)


def test_two_quotes_may_cover_together() -> None:
    first, second = cited("governed", 1), cited("laws of Ohio", 1)
    assert cover([LAW], [first], LOCATED).quoted == 0
    assert cover([LAW], [second], LOCATED).quoted == 0
    assert cover([LAW], [first, second], LOCATED).quoted == 1
