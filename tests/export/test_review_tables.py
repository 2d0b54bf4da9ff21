"""A review as CSV, Markdown and JSON: complete, honest, and harmless where it is opened."""

from __future__ import annotations

import csv
import json
from dataclasses import replace
from io import StringIO

import pytest

from longread.export.markdown import markdown
from longread.export.report import Report, covered, said, sources, to_check
from longread.export.review import coverage
from longread.export.tables import csv_files, harmless, json_file
from longread.types import Citation, Source, Span, Verdict
from longread.types.reviews import (
    Cell,
    CellState,
    Concern,
    Mark,
    Question,
    Review,
    Reviewed,
    Value,
    marked,
)

LAW, FEE = Question("Law", "Which?"), Question("Fee", "How much?", "money")
QUOTE = Citation(
    "d1", "a.pdf", Span("page", 2, 2), "the laws\nof Ohio", Verdict.FOLDED, ocr=True, confidence=0.9
)
BAD = replace(QUOTE, quote="of Utah", verdict=Verdict.NOT_FOUND, note="p2: of [-Utah-]{+Ohio+}")
FIVE = Value(("5",), ("USD 5",))


def review() -> Review:
    """Return two documents: an answer and one whose quote is bad; none, and a correction."""
    cells = [
        Cell("a.pdf", "Law", CellState.ANSWERED, Value(("ohio",), ("Ohio",)), (QUOTE,)),
        Cell(
            "a.pdf", "Fee", CellState.ANSWERED, Value(("5",), ("USD 5",)), (BAD,), unverified=True
        ),
        Cell("b.pdf", "Law", CellState.NOT_PRESENT, way="whole", shown=(Span("page", 1, 4),)),
        Cell("b.pdf", "Fee", CellState.FAILED, note="no JSON, twice"),
    ]
    kept = {(one.path, one.question): one for one in cells}
    log = [Mark("corrected", Value(("USD 7",), ("USD 7",)), "side letter"), Mark("flagged")]
    return Review(
        "deals | =cmd()",
        (Source("/deals", "folder"),),
        "p",
        (LAW, FEE),
        (
            Reviewed(
                "a.pdf", "1", "page", pages=3, unread=((3, "no text"),), recognised=((2, 0.9),)
            ),
            Reviewed("b.pdf", "2", "page", pages=4),
        ),
        kept,
        marks={("b.pdf", "Fee"): marked(log, kept["b.pdf", "Fee"])},
        families={"b.pdf": "a.pdf"},
    )


def rows(content: bytes) -> list[list[str]]:
    return list(csv.reader(StringIO(content.decode("utf-8-sig"))))


def test_a_csv_says_every_state_and_has_its_sources_and_coverage_beside_it() -> None:
    made = csv_files(Report("abcd", review()))
    assert made[""].startswith(b"\xef\xbb\xbf")
    assert rows(made[""]) == [
        ["Document", "Read", "To check", "Law", "Fee"],
        ["a.pdf", "2 of 3 pages, 1 by OCR", "2", "Ohio", "USD 5 (quote not verified)"],
        ["b.pdf", "4 of 4 pages", "0", "not present", "USD 7"],
    ]
    head, *lines = rows(made["_sources"])
    told = [dict(zip(head, one, strict=True)) for one in lines]
    assert [one["Verdict"] for one in told] == [
        "≈ folded, recognised from a picture (90 % sure)",
        "✗ not found, recognised from a picture (90 % sure)",
        "no quote",
        "no quote",
    ]
    assert told[0]["Quote"] == "the laws of Ohio"
    assert told[0]["Words"] == "ohio"
    assert told[1]["State"] == "answered, quote not verified"
    assert told[2]["Note"] == "shown: p1-p4"
    assert told[3]["State"] == "corrected by a person"
    assert "side letter; the model said: failed" in told[3]["Note"]
    assert rows(made["_coverage"])[1][2:7] == ["3", "2", "1", "90 %", "p3: no text"]
    assert rows(made["_coverage"])[2][9] == "a.pdf"


@pytest.mark.parametrize("text", ["=1+1", "+a", "-a", "@a", "\t=1", "\r=1", "\n=1", " =1", "＝1"])
def test_a_formula_in_a_csv_has_an_apostrophe_before_it(text: str) -> None:
    assert harmless(text).startswith("'")


@pytest.mark.parametrize("text", ["-5", "+1.5", "30", "USD -5", "a=b", "2005-03-04", ""])
def test_numbers_and_words_in_a_csv_are_as_they_are(text: str) -> None:
    assert harmless(text) == text


@pytest.mark.parametrize("delimiter", [",", ";"])
def test_nothing_in_a_csv_is_a_formula_wherever_a_program_splits_it(delimiter: str) -> None:
    kept = review()
    text = "a;=cmd; @x;+1 b;-2;\uff1d3; b=c"
    cell = replace(kept.cells["a.pdf", "Law"], value=Value(("a",), (text,)))
    made = csv_files(Report("abcd", replace(kept, cells={**kept.cells, ("a.pdf", "Law"): cell})))
    assert b"\"a;'=cmd; '@x;'+1 b;-2;'\xef\xbc\x9d3; b=c\"" in made[""]
    for content in made.values():
        lines = csv.reader(StringIO(content.decode("utf-8-sig")), delimiter=delimiter)
        cells = [one.strip() for line in lines for one in line]
        assert not [one for one in cells if one[:1] in ("=", "+", "@", "\uff1d")]


def test_markdown_has_values_signs_footnotes_and_coverage() -> None:
    text = markdown(Report("abcd", review()))[""].decode()
    assert "# deals \\| =cmd()" in text
    assert "| a.pdf | ✓ | ¿ |" in text
    assert "| Law | ✓ Ohio | p2 [^1] |" in text
    assert "| Fee | ¿ USD 5 (*answered, quote not verified*) | p2 [^2] |" in text
    assert "| Fee | ✎ ⚑ USD 7 (*corrected by a person*)" in text
    assert "[^1]: ≈ folded, recognised from a picture (90 % sure): `a.pdf:p2` “the laws" in text
    assert "| a.pdf | 2 of 3 pages, 1 by OCR | p3: no text |" in text
    assert "read: 2 of 2 documents, 6 of 7 pages, 1 of them recognised" in text


def test_json_has_checks_passes_families_and_coverage() -> None:
    kept = review()
    second = replace(kept.cells["a.pdf", "Law"], value=Value(("Utah",), ("Utah",)))
    kept = replace(kept, seconds={("a.pdf", "Law"): second})
    told = json.loads(json_file(Report("abcd", kept))[""])
    a, b = told["documents"]
    law = a["cells"]["Law"]
    assert law["second"]["value"]["normal"] == ["Utah"]
    assert law["checks"] == {"verified": True, "agreed": False, "ocr": True, "confidence": "low"}
    assert (law["concern"], a["pages_read"], b["belongs_to"]) == ("unverified", 2, "a.pdf")


def test_what_a_person_said_and_what_was_checked_are_told_of_a_cell() -> None:
    kept = review()
    cell = kept.cells["a.pdf", "Law"]
    log = [Mark("rejected", note="wrong page", seen=cell.seen)]
    kept = replace(kept, marks={("a.pdf", "Law"): marked(log, cell)})
    told = said(kept, "a.pdf", LAW)
    assert (told.text, told.signs, told.tone) == ("Ohio", "✓ ✗", "rejected")
    assert told.state == "answered; rejected by a person"
    assert told.remarks[0] == "✗ rejected by a person: wrong page"
    assert to_check(kept, "a.pdf") == 1
    assert len(list(sources(kept))) == 4


def test_two_passes_that_differ_do_not_hide_a_quote_that_does_not_stand() -> None:
    kept = review()
    second = replace(kept.cells["a.pdf", "Fee"], value=Value(("6",), ("USD 6",)), citations=())
    third = replace(kept.cells["a.pdf", "Law"], value=Value(("Utah",), ("Utah",)))
    kept = replace(kept, seconds={("a.pdf", "Fee"): second, ("a.pdf", "Law"): third})
    law, fee = (said(kept, "a.pdf", question) for question in (LAW, FEE))
    assert (law.signs, law.tone, fee.signs, fee.tone) == ("≠", "good", "≠", "unverified")
    assert fee.state == "answered, quote not verified; answered differently when asked twice"
    assert next(covered(kept))[10:12] == (2, 1)
    assert rows(csv_files(Report("abcd", kept))[""])[1][3:] == [
        "Ohio (answered differently when asked twice)",
        "USD 5 (quote not verified; answered differently when asked twice)",
    ]
    text = markdown(Report("abcd", kept))[""].decode()
    assert "≠ Ohio (*answered; answered differently when asked twice*)" in text


def test_what_was_said_of_an_earlier_document_stands_in_the_sources_without_a_cell() -> None:
    kept = review()
    cells = {key: cell for key, cell in kept.cells.items() if key != ("a.pdf", "Law")}
    before = Mark("corrected", Value(("Utah",), ("Utah",)))
    kept = replace(kept, cells=cells, earlier={("a.pdf", "Law"): before})
    head, line, *_ = rows(csv_files(Report("abcd", kept))["_sources"])
    told = dict(zip(head, line, strict=True))
    assert (told["Document"], told["Question"], told["State"]) == ("a.pdf", "Law", "not asked")
    assert told["Note"] == "a person said, when document or question was another: Utah"


def test_no_page_counts_as_read_of_a_document_that_could_not_be_read() -> None:
    kept = review()
    empty = replace(kept.documents[1], reason="no text")
    kept = replace(kept, documents=(kept.documents[0], empty))
    assert coverage(kept).startswith("read: 1 of 2 documents, 2 of 7 pages, 1 of them")


def test_a_document_of_which_a_person_says_that_it_has_none_does_not_count_as_answered() -> None:
    kept = review()
    none = marked([Mark("corrected", None)], kept.cells["a.pdf", "Fee"])
    kept = replace(kept, marks={**kept.marks, ("a.pdf", "Fee"): none})
    assert [columns[10] for columns in covered(kept)] == [1, 1]


def test_markdown_tells_why_a_person_or_a_check_says_otherwise() -> None:
    kept = review()
    law = kept.cells["a.pdf", "Law"]
    rejected = marked([Mark("rejected", note="wrong page", seen=law.seen)], law)
    before = Mark("corrected", Value(("Utah",), ("Utah",)))
    cells = {key: one for key, one in kept.cells.items() if key != ("b.pdf", "Law")}
    cells["a.pdf", "Fee"] = replace(cells["a.pdf", "Fee"], note="beware")
    marks = {**kept.marks, ("a.pdf", "Law"): rejected}
    kept = replace(kept, cells=cells, marks=marks, earlier={("b.pdf", "Law"): before})
    text = markdown(Report("abcd", kept))[""].decode()
    assert "(*answered; rejected by a person*) (*✗ rejected by a person: wrong page*)" in text
    assert "| Law | · not asked (*a person said, when document or question was another: Utah*)" in (
        text
    )
    assert "(*corrected by a person*) (*✎ corrected by a person: side letter*)" in text
    assert "(*the model said: failed*) (*⚑ flagged*) (*no JSON, twice*)" in text
    assert "USD 5 (*answered, quote not verified*) (*beware*)" in text


def test_a_cell_that_a_condition_rules_out_by_now_is_not_to_be_checked() -> None:
    kept = review()
    fee = replace(FEE, only_if=("Law", ("Utah",)))
    asked = replace(kept, questions=(LAW, fee))
    assert (to_check(kept, "a.pdf"), to_check(asked, "a.pdf")) == (2, 1)
    assert sum(to_check(asked, one.path) for one in asked.documents) == sum(
        asked.concern(*key) is not Concern.SETTLED and asked.concern(*key) is not Concern.REST
        for key in asked.work()
    )
