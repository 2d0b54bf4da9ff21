"""Evidence: what a question names literally wins; nothing is shown twice or over the room."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from longread.cache.derived import Derived
from longread.cache.search import SearchIndex
from longread.prompt.asked import query, quoted
from longread.prompt.evidence import excerpts, select, unseen
from longread.prompt.finding import affinity, bring_up_to_date, find
from longread.tokens import open_family
from longread.tokens.pieces import Pieces
from longread.types import Document, Segment, Span


def document(id: str, path: str, *paragraphs: str) -> Document:
    text, segments = "", []
    for number, paragraph in enumerate(paragraphs, 1):
        start = len(text)
        text += paragraph + "\n"
        segments.append(Segment("page", "", Span("page", number, number), start, len(text)))
    return Document(path, "pdf", "pdf", f"{path}{text}", text, tuple(segments), "page", id=id)


LEASES = [
    document("d1", "01_2ThemartComInc_10.pdf", "Parties, term.", "Governed by the laws of Utah."),
    document("d2", "02_AcmeLtd_11.pdf", "Parties.", "This agreement is governed by Texas law."),
    document("d3", "03_Other_12.pdf", "Retries: resendRequest(max_tries) is called.", "Misc."),
]


@pytest.fixture
def index(tmp_path: Path) -> Iterator[SearchIndex]:
    opened = SearchIndex(tmp_path / "index.db")
    bring_up_to_date(opened, LEASES)
    yield opened
    opened.close()


def best(question: str, index: SearchIndex) -> tuple[str, str]:
    hit = find(question, LEASES, index)[0]
    found = LEASES[hit.document]
    return found.id, str(found.segments[hit.segment].span)


def test_the_document_that_the_question_names_comes_first(index: SearchIndex) -> None:
    assert best("What is the governing law of the 2TheMart agreement?", index) == ("d1", "p2")
    assert best("Which law governs Acme's agreement?", index) == ("d2", "p2")


def alone(
    tmp_path: Path, question: str, *paragraphs: str, contents: int = -1, word: bool = False
) -> list[int]:
    """Return the pages of one document, or lines of a Word file, that are found, the best first."""
    only = document("d1", "contract.pdf", *paragraphs)
    if word:
        parts = [replace(s, span=Span("line", s.span.first, s.span.last)) for s in only.segments]
        only = replace(only, kind="document", unit="line", segments=tuple(parts))
    if contents >= 0:
        segments = list(only.segments)
        segments[contents] = replace(segments[contents], kind="contents")
        only = replace(only, segments=tuple(segments))
    opened = SearchIndex(tmp_path / "one.db")
    bring_up_to_date(opened, [only])
    hits = find(question, [only], opened)
    opened.close()
    return [only.segments[hit.segment].span.first for hit in hits]


FILLING = tuple(f"Page {n} speaks of weather {n}. " + "More words. " * 200 for n in range(8))


@pytest.mark.parametrize("word", [False, True], ids=["PDF", "Word"])
def test_the_opening_of_the_only_document_is_always_worth_reading(
    tmp_path: Path, word: bool
) -> None:
    pages = ("SUPPLY AGREEMENT between Alpha and Beta", *FILLING, "Utah law governs.")
    assert alone(tmp_path, "Which law governs?", *pages, word=word)[:2] == [10, 1]


def test_what_stands_beside_a_place_that_is_found_is_found(tmp_path: Path) -> None:
    pages = (*FILLING, "The law of Utah governs.", "Its courts decide.", *FILLING)
    found = alone(tmp_path, "Which law governs?", *pages)
    assert found.index(10) < 6
    assert 14 not in found


def test_what_a_document_means_by_the_words_asked_for_is_always_worth_reading(
    tmp_path: Path,
) -> None:
    pages = ("A LICENCE", *FILLING, "“Licensed Product” shall mean a kettle.", *FILLING)
    pages = (*pages, "“Product” means any. " * 3, *FILLING, "No product may be resold.")
    found = alone(tmp_path, "May a licensed product be resold?", *pages)
    assert {10, 19, 28} <= set(found[:5])
    assert 10 not in alone(tmp_path, "May it be resold?", *pages)


@pytest.mark.parametrize("word", [False, True], ids=["PDF", "Word"])
def test_words_that_may_stand_for_those_asked_for_are_found(tmp_path: Path, word: bool) -> None:
    pages = (*FILLING, "A subsidiary is bound too.", *FILLING)
    assert alone(tmp_path, "Are affiliates bound?", *pages, word=word)[0] == 9
    assert alone(tmp_path, "What of each affiliate?", *pages, word=word)[0] == 9


def test_a_table_of_contents_is_no_evidence(tmp_path: Path) -> None:
    pages = (*FILLING, "Governing law 7", *FILLING)
    assert 9 in alone(tmp_path, "governing law", *pages)
    assert 9 not in alone(tmp_path, "governing law", *pages, contents=8)


def test_what_runs_along_the_edges_of_pages_is_no_evidence(tmp_path: Path) -> None:
    pages = [f"Governing Law Review\n{page}\n" for page in FILLING]
    assert alone(tmp_path, "review", *pages) == [1]
    assert {*range(1, 9)} <= {*alone(tmp_path, "weather", *pages)}


def test_a_word_file_is_weighed_by_its_clauses_as_a_pdf_is_by_its_pages(tmp_path: Path) -> None:
    shelf = []
    for id, path in (("d1", "Acme_lease.docx"), ("d2", "Borden_lease.docx")):
        text = "Parties.\nGoverned by the laws of Utah.\n"
        segments = (
            Segment("block", "", Span("line", 1, 1), 0, 9),
            Segment("section", "", Span("line", 2, 2), 9, len(text)),
        )
        shelf.append(Document(path, "document", "text", id, text, segments, id=id))
    opened = SearchIndex(tmp_path / "shelf.db")
    bring_up_to_date(opened, shelf)
    hit = find("Which laws govern the Borden lease?", shelf, opened)[0]
    opened.close()
    assert (shelf[hit.document].id, hit.segment) == ("d2", 1)
    # Its name says which file is meant, and nothing of what is sought in it.
    assert affinity("Which laws govern the Borden lease?", shelf)[1] == ["borden"]


def test_identifiers_are_found_by_their_parts(index: SearchIndex) -> None:
    assert best("Where do we resend a request?", index) == ("d3", "p1")
    assert best("Who uses max_tries?", index) == ("d3", "p1")


def test_quoted_words_win(index: SearchIndex) -> None:
    assert best('Where does it say "Misc." about governing law of agreements?', index)[0] == "d3"


def test_a_changed_corpus_ranks_as_one_indexed_from_nothing(
    index: SearchIndex, tmp_path: Path
) -> None:
    changed = [LEASES[0], document("d2", "02_AcmeLtd_11.pdf", "Rent is due. Texas law governs.")]
    bring_up_to_date(index, changed)
    fresh = SearchIndex(tmp_path / "fresh.db")
    bring_up_to_date(fresh, changed)
    question = "Which law governs?"
    assert find(question, changed, index) == find(question, changed, fresh)
    fresh.close()


def test_words_without_meaning_are_not_searched() -> None:
    assert query("What is the of and") == []
    assert "governing" in query("What is the governing law?")
    assert quoted("see `retry()` in src/net.py and “due date”") == (
        ["retry()", "due date"],
        ["retry", "src/net.py"],
    )


def test_a_file_is_named_for_what_is_in_it(tmp_path: Path) -> None:
    texts = {
        "web/csrf.py": "def check_token(request):\n    return compare(request.csrf)\n",
        "web/order.py": "def compare(a, b):\n    return a > b\n",
        "web/size.py": "def compare(a, b):\n    return a < b\n",
    }
    span = Span("line", 1, 2)
    files = [
        Document(p, "source", "python", p, t, (Segment("function", "", span, 0, len(t)),))
        for p, t in texts.items()
    ]
    opened = SearchIndex(tmp_path / "code.db")
    bring_up_to_date(opened, files)
    hit = find("Where is the csrf token compared?", files, opened)[0]
    assert files[hit.document].path == "web/csrf.py"
    opened.close()


def test_a_word_in_every_path_names_none() -> None:
    assert affinity("the pdf agreement", LEASES) == ({}, [])


def test_a_question_of_symbols_only_finds_nothing_and_breaks_nothing(index: SearchIndex) -> None:
    assert find('?? "" ** OR NEAR(', LEASES, index) is not None


def test_excerpts_fit_the_room_and_repeat_nothing(index: SearchIndex, tmp_path: Path) -> None:
    pieces = Pieces(open_family("llama4"), Derived(tmp_path / "derived.db"))
    hits = find("governing law", LEASES, index)
    for room in range(0, 120, 7):
        made = excerpts(select(hits, LEASES, room, "§0", pieces), LEASES, "§0")
        used = sum(len(pieces.family.encode(c.head + c.read())) for c in made)
        assert used <= room
    whole = {"d1": ((0, len(LEASES[0].text)),)}
    fresh = unseen(hits, LEASES, whole)
    assert {LEASES[h.document].id for h in fresh} == {"d2"}
