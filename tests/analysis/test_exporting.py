"""What exports are given besides the review: cited text, and where in it the words stand."""

from __future__ import annotations

from pathlib import Path

import pytest

from longread.analysis import exporting
from longread.analysis.exporting import Paper, _stretches
from longread.analysis.review import Request
from longread.errors import ConfigError
from longread.prompt.cite import Court, Version, stands
from longread.store import open_store
from longread.types import Document, Segment, Shown, Span, Verdict
from tests.analysis.reviewing import LAWS, QUESTIONS, SCRIPTED, Model, cells_of, reply, shelf


def pages(*texts: str) -> Document:
    """Return a document with these pages, numbered from 1."""
    segments, start = [], 0
    for number, text in enumerate(texts, 1):
        segments.append(Segment("page", "", Span("page", number, number), start, start + len(text)))
        start += len(text)
    return Document("a.pdf", "pdf", "", "c1", "".join(texts), tuple(segments), "page", id="d1")


def cited(document: Document, span: Span, quote: str) -> tuple[Verdict, list[tuple[int, str]]]:
    """Return the verdict, and the words that are marked on each part."""
    shown = Shown(document, ((0, len(document.text)),))
    citation = stands("d1", span, quote, Court({"d1": shown}))
    version = Version(document)
    paper = Paper(version)
    return citation.verdict, [
        (number, paper.part(number).text[start:end])
        for number, start, end in _stretches(version, paper, citation)
    ]


PAGES = (
    "Master Agreement between Alder and Birch, made on the fourth of March.\n",
    "It is governed by the “laws of the\nState of Ohio”, whatever else may ap-\n",
    "ply, and ends after thirty (30) days, without any further notice to anybody.\n",
)


@pytest.mark.parametrize(
    ("page", "quote", "verdict", "marked"),
    [
        (1, "made on the fourth of March", Verdict.EXACT, [(1, "made on the fourth of March")]),
        (
            2,
            'governed by the "laws of the State of Ohio"',
            Verdict.FOLDED,
            [(2, "governed by the “laws of the\nState of Ohio”")],
        ),
        (
            2,
            "whatever else may apply, and ends after thirty",
            Verdict.FOLDED,
            [(2, "whatever else may ap-\n"), (3, "ply, and ends after thirty")],
        ),
        (3, "ends after sixty (60) days, without any further notice", Verdict.NOT_FOUND, [(3, "")]),
        (9, "made on the fourth of March", Verdict.NOT_FOUND, [(1, "made on the fourth of March")]),
    ],
)
def test_the_words_that_were_verified_are_marked_where_they_stand(
    page: int, quote: str, verdict: Verdict, marked: list[tuple[int, str]]
) -> None:
    assert cited(pages(*PAGES), Span("page", page, page), quote) == (verdict, marked)


def test_a_document_without_pages_is_shown_in_runs_of_lines() -> None:
    text = "".join(f"This is what line number {n} of it says.\n" for n in range(1, 131))
    document = Document("a.md", "docs", "markdown", "c1", text, (), "line", id="d1")
    said = "This is what line number 121 of it says."
    assert cited(document, Span("line", 121, 121), said) == (Verdict.EXACT, [(121, said)])
    paper = Paper(Version(document))
    assert list(paper.numbers()) == [1, 61, 121]
    assert paper.part(121).label == "L121-L130"
    assert "".join(paper.part(number).text for number in paper.numbers()) == text


async def test_a_report_has_the_text_that_is_cited_and_no_more(tmp_path: Path) -> None:
    folder = shelf(tmp_path / "deals", {**LAWS, "empty": "Maine"})
    (folder / "empty.md").write_text("")
    model = Model(
        lambda path, name, before: "" if path == "alder.md" else reply(None, state="not present")
    )
    request = Request(SCRIPTED, (str(folder),), QUESTIONS[:2], yes=True)
    await cells_of(request, model)
    with open_store(None) as store:
        id = store.reviews.resolve("")
        report = exporting.report_of(store, id, texts=True)
        every = exporting.report_of(store, id, texts=True, all_pages=True)
        none = exporting.report_of(store, id)
    assert [text.path for text in report.texts] == ["alder.md"]
    assert {text.path for text in every.texts} >= {"alder.md", "birch.md", "cedar.md"}
    assert none.texts == ()
    assert report.files["birch.md"] == folder / "birch.md"
    (stretches,) = report.stretches["alder.md", "Law"]
    at = stretches[0]
    quote = report.review.cells["alder.md", "Law"].citations[0].quote
    words = report.texts[at.text].parts[at.part].text[at.start : at.end]
    assert " ".join(words.split()) == " ".join(quote.split())


async def test_a_name_that_says_no_format_is_refused_and_nothing_is_written(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no ending of a format"):
        exporting.check([tmp_path / "grid.xls"])
    (tmp_path / "grid_sources.csv").write_text("mine")
    with pytest.raises(ConfigError, match=r"grid_sources\.csv is already there"):
        exporting.check([tmp_path / "grid.csv"])
    with pytest.raises(ConfigError, match="twice"):
        exporting.check([tmp_path / "a.csv", tmp_path / "a_coverage.csv"])
