"""Evidence: what a question names literally wins; nothing is shown twice or over the room."""

from __future__ import annotations

from collections.abc import Iterator
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
