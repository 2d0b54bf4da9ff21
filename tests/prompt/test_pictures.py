"""Pages are chosen to be seen where their text does not tell all."""

from __future__ import annotations

from longread.prompt.evidence import Hit
from longread.prompt.pictures import choose
from longread.types import Document, Page, Segment, Span


def document(path: str, *texts: str) -> Document:
    """Return a PDF whose pages have these texts; empty ones have no segment."""
    at, segments = 0, []
    for number, text in enumerate(texts, 1):
        if text:
            segments.append(Segment("page", "", Span("page", number, number), at, at + len(text)))
            at += len(text)
    return Document(path, "pdf", "pdf", path, "".join(texts), tuple(segments), "page")


def pages(of: Document, **reasons: str) -> list[Page]:
    return [
        Page(of.path, number, reason=reasons.get(f"p{number}", ""))
        for number in range(1, 1 + max(int(key[1:]) for key in [*reasons, "p9"]))
    ]


LEASE = document("a/lease.pdf", "Terms\n", "Rent\n", "", "Deposit\n", "", "Figure 3: the plan\n")
SCANS = {"p3": "scan without text", "p5": "drawing without text", "p7": "scan without text"}
DEED = document("deed.pdf", "Deed\n", "")


def chosen(question: str, hits: tuple[tuple[int, int], ...], *more: Page) -> list[tuple[str, int]]:
    documents = [LEASE, DEED]
    listed = [*pages(LEASE, **SCANS), *more, Page("deed.pdf", 2, reason="scan without text")]
    found = [Hit(document, segment, 1.0) for document, segment in hits]
    return [(d.path, page) for d, page in choose(question, documents, listed, found)]


def test_pages_without_text_beside_what_is_relevant_come_first() -> None:
    assert chosen("What is the deposit?", ((0, 2),)) == [
        ("a/lease.pdf", 3), ("a/lease.pdf", 5), ("a/lease.pdf", 7),
    ]  # fmt: skip
    assert chosen("What is the plan?", ((0, 3), (1, 0)))[:3] == [
        ("a/lease.pdf", 5), ("a/lease.pdf", 7), ("deed.pdf", 2),
    ]  # fmt: skip


def test_nothing_is_shown_of_documents_that_do_not_matter() -> None:
    assert chosen("What is the weather?", ()) == []
    assert chosen("Who owns it?", ((1, 0),)) == [("deed.pdf", 2)]


def test_a_page_or_a_figure_that_is_named_is_seen_though_it_has_text() -> None:
    assert chosen("What does page 2 of lease say?", ())[0] == ("a/lease.pdf", 2)
    assert chosen("What does p. 2 say?", ()) == []  # of which document?
    assert chosen("Explain figure 3.", ())[0] == ("a/lease.pdf", 6)
    assert chosen("Explain Fig. 4.", ()) == []
    only = choose("See page 4", [LEASE], pages(LEASE, **SCANS), [])
    assert only[0] == (LEASE, 4)


def test_several_pages_can_be_named_at_once() -> None:
    def named(question: str) -> list[int]:
        return [page for _, page in choose(question, [LEASE], pages(LEASE), [])]

    assert named("Compare pages 2 and 4.") == [2, 4]
    assert named("What do pp. 2-4, 6 say?") == [2, 3, 4, 6]
    assert named("From page 4 to 5, please") == [4, 5]
    assert named("Read pages 1-99999") == list(range(1, 10))


def test_a_document_is_named_by_its_whole_name() -> None:
    a = document("a.pdf", "Terms\n", "Rent\n")
    listed = [*pages(a), *pages(LEASE)]
    assert choose("What does page 2 of lease say?", [a, LEASE], listed, []) == [(LEASE, 2)]
    assert choose("What does page 2 of a.pdf say?", [a, LEASE], listed, []) == [(a, 2)]


def test_printed_numbers_are_meant_where_there_are_any() -> None:
    listed = [Page("deed.pdf", 1, "iv"), Page("deed.pdf", 2, "1")]
    assert choose("page 1", [DEED], listed, []) == [(DEED, 2)]


def test_recognised_pages_are_seen_too() -> None:
    listed = [Page("deed.pdf", 1, ocr=True), Page("deed.pdf", 2)]
    assert choose("Who signed?", [DEED], listed, [Hit(0, 0, 1.0)]) == [(DEED, 1)]
