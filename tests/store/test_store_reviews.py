"""A review read back equals the one written; leases say who may write its cells."""

from __future__ import annotations

from dataclasses import fields, replace
from pathlib import Path

import pytest

from longread.errors import StoreError
from longread.store import Store, open_store
from longread.types import Citation, Document, Segment, Source, Span, Usage, Verdict
from longread.types.reviews import (
    Cell,
    CellState,
    Concern,
    Mark,
    Marked,
    Question,
    Review,
    Reviewed,
    Value,
)

LAW = Question(
    "Law \udcff", "Which?", "choice", True, ("Ohio", "Utah"), "Name it.", False, ("Ends", ("yes",))
)
ENDS = Question("Ends", "Can it end?", "yes/no")
TEXT = "It is governed by the laws of Ohio.\n"
DOCUMENT = Document(
    "b/deal.pdf", "pdf", "", "c1", TEXT,
    (Segment("page", "1 Law", Span("page", 1, 1), 0, len(TEXT)),), "page",
)  # fmt: skip
READ = Reviewed(
    "b/deal.pdf", "c1", "page", "A deal", 3, ((2, "scan"),), ((3, 0.75),), reason=""
)  # fmt: skip
LOCKED = Reviewed("a/locked.pdf", "", reason="needs password")
CITED = Citation(
    "d1", "b/deal.pdf", Span("page", 1, 1), "laws of Ohio", Verdict.EXACT, True,
    Span("page", 1, 1), "why", True, None, "c1", 0.75,
)  # fmt: skip
CELL = Cell(
    "b/deal.pdf", LAW.name, CellState.ANSWERED, Value(("ohio", "?"), ("Ohio", "")), (CITED, CITED),
    "It says so.", "a note", "evidence", (Span("page", 1, 1), Span("page", 3, 3)), "c1", LAW.hash,
    "embedded", "model-1", 4, "longread 0", 2, Usage(900, 30, 800, 0.5, 1.5, 900), 0.25, True,
)  # fmt: skip
SOURCES = (Source("/home/x/deals", "folder", "", "2 files"),)
REVIEW = Review("deals", SOURCES, "embedded", (LAW, ENDS), (READ, LOCKED), reading="{}", budget=900)


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return open_store(tmp_path / "longread.db")


def kept(store: Store, *documents: Reviewed) -> str:
    id, _ = store.reviews.create(REVIEW)
    store.reviews.keep_documents(id, SOURCES, documents or (READ, LOCKED), {"c1": DOCUMENT})
    return id


def number(store: Store, id: str) -> int:
    return store.reviews.numbers(id)["b/deal.pdf", "c1"]


def test_a_review_read_back_equals_the_one_written(store: Store) -> None:
    for field in fields(Cell):
        # Otherwise the test could not tell whether it was kept.
        assert getattr(CELL, field.name) != field.default, field.name
    id = kept(store)
    n = number(store, id)
    assert store.reviews.take(n, "me", 60)
    plain = Cell("b/deal.pdf", "Ends", CellState.FAILED, content_id="c1", question_hash=ENDS.hash)
    assert store.reviews.keep_cells("me", 60, [(n, CELL), (n, plain)]) == ["kept", "kept"]
    flagged = Mark("flagged", note="look")
    store.reviews.mark(id, "b/deal.pdf", "Ends", flagged)
    corrected = Mark("corrected", Value(("Yes",), ("yes",)), "I know")
    store.reviews.mark(id, "b/deal.pdf", "Ends", corrected)
    assert store.reviews.review(id) == replace(
        REVIEW,
        cells={("b/deal.pdf", LAW.name): CELL, ("b/deal.pdf", "Ends"): plain},
        marks={("b/deal.pdf", "Ends"): Marked(corrected, flagged, (flagged, corrected))},
    )
    assert store.reviews.head(id) == REVIEW
    text = store.reviews.document(id, "b/deal.pdf")
    assert (text.text, tuple(text.segments), text.unit) == (TEXT, DOCUMENT.segments, "page")
    done = store.reviews.done(id)[n]
    assert done[LAW.hash].normal == ("Ohio", "")
    assert (done[ENDS.hash].corrected, done[ENDS.hash].normal) == (True, ("yes",))
    (row,) = store.reviews.listed()
    assert (row.documents, row.questions, row.cells, row.failed, row.price) == (2, 2, 2, 0, 0.25)
    assert row.owners == ("me",)
    store.close()


def test_two_programs_that_begin_the_same_review_make_one(store: Store) -> None:
    first, made = store.reviews.create(REVIEW, another=False)
    assert made
    assert store.reviews.create(REVIEW, another=False) == (first, False)
    assert store.reviews.newest_of([SOURCES[0].location]) == first
    second, made = store.reviews.create(REVIEW)
    assert made
    assert store.reviews.newest_of([SOURCES[0].location]) == second
    store.close()


def test_only_who_has_the_lease_writes_cells(store: Store) -> None:
    id = kept(store)
    n = number(store, id)
    assert store.reviews.keep_cells("me", 60, [(n, CELL)]) == ["lost"]
    assert store.reviews.take(n, "me", 60)
    assert not store.reviews.take(n, "you", 60)
    assert store.reviews.leases(id) == {n: "me"}
    assert store.reviews.keep_cells("you", 60, [(n, CELL)]) == ["lost"]
    assert store.reviews.take(n, "you", 60, gone=("me",))
    assert store.reviews.keep_cells("me", 60, [(n, CELL)]) == ["lost"]
    assert not store.reviews.renew(n, "me", 60)
    assert store.reviews.keep_cells("you", -1, [(n, CELL)]) == ["kept"]
    # It ran out, and nobody else has taken it yet.
    assert store.reviews.leases(id) == {}
    assert store.reviews.take(n, "me", 60)
    store.reviews.release(n, "me")
    assert store.reviews.take(n, "you", 60)
    store.close()


def test_a_good_cell_is_never_replaced_by_a_failed_one(store: Store) -> None:
    id = kept(store)
    n = number(store, id)
    assert store.reviews.take(n, "me", 60)
    failed = replace(CELL, state=CellState.FAILED, value=None, citations=(), note="gone")
    for second in ((), (0,)):
        said = [store.reviews.keep_cells("me", 60, [(n, cell)], second=second)
                for cell in (failed, failed, CELL, failed)]  # fmt: skip
        assert said == [["kept"], ["kept"], ["kept"], ["stays"]]
    there = store.reviews.review(id)
    assert (there.cells, there.seconds) == ({("b/deal.pdf", LAW.name): CELL},) * 2
    store.close()


def test_a_decision_holds_for_what_was_decided_on_and_a_correction_for_good(store: Store) -> None:
    id = kept(store)
    n = number(store, id)
    key = ("b/deal.pdf", LAW.name)
    assert store.reviews.take(n, "me", 60)
    store.reviews.keep_cells("me", 60, [(n, CELL)])

    def say(*kinds: str) -> Marked:
        for kind in kinds:
            value = Value(("Iowa",), ("Iowa",)) if kind == "corrected" else None
            store.reviews.mark(id, *key, Mark(kind, value))
        return store.reviews.review(id).marks[key]

    def kind_of(said: Marked) -> str:
        return said.decision.kind if said.decision else ""

    said = say("flagged", "accepted")
    assert (kind_of(said), said.flag is not None, len(said.log)) == ("accepted", True, 2)
    changed = replace(CELL, value=Value(("Utah",), ("Utah",)))
    store.reviews.keep_cells("me", 60, [(n, changed)])
    assert store.reviews.review(id).marks[key].decision is None
    assert kind_of(say("corrected", "flagged", "accepted")) == "corrected"
    assert store.reviews.done(id)[n][LAW.hash].normal == ("Iowa",)
    store.reviews.keep_cells("me", 60, [(n, CELL)])
    now = store.reviews.review(id)
    assert now.says(*key) == (CellState.ANSWERED, Value(("Iowa",), ("Iowa",)))
    assert now.concern(*key) is Concern.SETTLED
    assert kind_of(say("rejected")) == "rejected"
    assert not store.reviews.done(id)[n][LAW.hash].corrected
    assert say("cleared") == Marked(None, None, store.reviews.review(id).marks[key].log)
    store.close()


def test_a_correction_of_an_earlier_version_is_kept_apart(store: Store) -> None:
    id = kept(store)
    said = Mark("corrected", Value(("No",), ("no",)))
    store.reviews.mark(id, "b/deal.pdf", "Ends", said)
    changed = replace(READ, content_id="c2")
    store.reviews.keep_documents(id, SOURCES, (changed, LOCKED), {"c2": DOCUMENT})
    now = store.reviews.review(id)
    assert (now.marks, now.earlier) == ({}, {("b/deal.pdf", "Ends"): said})
    assert store.reviews.done(id) == {}
    store.reviews.keep_documents(id, SOURCES, (READ, LOCKED), {})
    now = store.reviews.review(id)
    assert (now.marks, now.earlier) == ({("b/deal.pdf", "Ends"): Marked(said, None, (said,))}, {})
    store.close()


def test_rows_that_others_wrote_meanwhile_stay(store: Store) -> None:
    id = kept(store)
    before = store.reviews.review(id)
    added = replace(READ, path="c/new.pdf", content_id="c3")
    newer = replace(READ, content_id="c2")
    store.reviews.keep_documents(id, SOURCES, (newer, LOCKED, added), {"c2": DOCUMENT})
    older = (READ, LOCKED, replace(READ, path="d/late.pdf", content_id="c4"))
    assert store.reviews.keep_documents(id, SOURCES, older, {}, before)
    now = [(one.path, one.content_id) for one in store.reviews.head(id).documents]
    assert now == [
        ("b/deal.pdf", "c2"), ("a/locked.pdf", ""), ("d/late.pdf", "c4"), ("c/new.pdf", "c3"),
    ]  # fmt: skip
    more = (*SOURCES, Source("/home/x/more", "folder"))
    store.reviews.keep_documents(id, more, (READ, LOCKED), {})
    assert not store.reviews.keep_documents(id, SOURCES, (READ,), {}, before)
    assert store.reviews.head(id).sources == more
    store.close()


def test_a_file_that_moved_keeps_its_cells(store: Store) -> None:
    id = kept(store)
    n = number(store, id)
    store.reviews.take(n, "me", 60)
    store.reviews.keep_cells("me", 60, [(n, CELL)])
    moved = replace(READ, path="c/deal.pdf")
    store.reviews.keep_documents(id, SOURCES, (moved, LOCKED), {"c1": DOCUMENT})
    cell = store.reviews.review(id).cells["c/deal.pdf", LAW.name]
    assert {c.path for c in cell.citations} == {"c/deal.pdf"}
    assert store.reviews.document(id, "c/deal.pdf").text == TEXT
    store.close()


def test_a_text_of_which_more_was_read_is_another_version_of_the_same_file(store: Store) -> None:
    id = kept(store)
    n = number(store, id)
    store.reviews.take(n, "me", 60)
    store.reviews.keep_cells("me", 60, [(n, CELL)])
    store.reviews.mark(id, "b/deal.pdf", LAW.name, Mark("corrected", None))
    text = TEXT + "\fA second page.\n"
    more = replace(DOCUMENT, body=text, segments=(
        *DOCUMENT.segments, Segment("page", "2", Span("page", 2, 2), len(TEXT), len(text)),
    ))  # fmt: skip
    read = replace(READ, unread=())
    # What is said of the pages may change while the text does not.
    store.reviews.keep_documents(id, SOURCES, (replace(READ, unread=()),), {"c1": DOCUMENT})
    assert number(store, id) == n
    store.reviews.keep_documents(id, SOURCES, (read,), {"c1": more})
    assert number(store, id) != n
    assert store.reviews.document(id, "b/deal.pdf").text == text
    found = store.reviews.review(id)
    assert (found.documents, found.cells, found.marks) == ((read,), {}, {})
    assert found.earlier["b/deal.pdf", LAW.name].kind == "corrected"
    # And it is no newer one the next time.
    after = number(store, id)
    store.reviews.keep_documents(id, SOURCES, (read,), {"c1": more})
    assert number(store, id) == after


def test_what_is_not_there_says_so(store: Store) -> None:
    with pytest.raises(StoreError, match="no review yet"):
        store.reviews.review()
    id = kept(store)
    for path, question in (("nowhere.pdf", "Ends"), ("b/deal.pdf", "Never")):
        with pytest.raises(StoreError, match="has no"):
            store.reviews.mark(id, path, question, Mark("accepted"))
    with pytest.raises(StoreError, match="has no text"):
        store.reviews.document(id, "a/locked.pdf")
    with pytest.raises(StoreError, match="no review zz"):
        store.reviews.review("zz")
    store.close()


def test_how_fast_a_model_is_is_known_from_its_cells(store: Store) -> None:
    id = kept(store)
    n = number(store, id)
    store.reviews.take(n, "me", 60)
    quick = replace(CELL, requests=1, usage=Usage(1_000, 21, 0, 2.0, 4.0))
    store.reviews.keep_cells("me", 60, [(n, quick)])
    assert store.pace("embedded") == (500.0, 10.0)
    store.close()
