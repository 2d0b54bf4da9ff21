"""What a list says of sessions is true, and is read without their texts."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import event

from longread.store import Store, open_store
from longread.types import Entry, Level, Page, Session

Make = Callable[..., Session]


@pytest.fixture
def store(path: Path) -> Iterator[Store]:
    with open_store(path) as store:
        yield store


def test_a_row_has_what_a_list_shows(store: Store, make: Make) -> None:
    short = store.create(make())
    (row,) = store.sessions()
    assert (row.budget, row.tokens, row.files, row.pages) == (8192, 7000, 4, 2)
    assert (row.way, row.version) == ("git", "ae1b9f6")
    assert (row.price, row.last_question, row.owners) == (0.25, "And?", ())
    store.add_answer(short, replace(make().answers[0], question="More?", price=0.5))
    draft = store.begin(short, "Running?", "me:7")
    (row,) = store.sessions()
    assert (row.price, row.last_question, row.owners) == (0.75, "Running?", ("me:7",))
    assert row.answers == 4
    store.abandon(draft)
    assert (store.sessions()[0].last_question, store.sessions()[0].owners) == ("More?", ())


def test_a_session_about_nothing_has_a_row(store: Store, make: Make) -> None:
    bare = make(files=0)
    ledger = replace(bare.ledger, files=(), pages=())
    store.create(replace(bare, sources=(), answers=(), ledger=ledger))
    (row,) = store.sessions()
    assert (row.sources, row.way, row.version, row.files, row.pages) == ((), "", "", 0, 0)
    assert (row.answers, row.price, row.last_question) == (0, 0.0, "")


def test_a_session_that_is_laid_out_anew_is_counted_anew(store: Store, make: Make) -> None:
    session, other = make("one"), make("two")
    short = store.create(session)
    ledger = replace(
        other.ledger,
        budget=100,
        files=(Entry("a.py", "source", full_tokens=10, level=Level.PATH),),
        pages=(Page("z.pdf", 1),) * 3,
    )
    before = store.sessions()[0].updated
    store.replace_layout(short, other.layout, ledger)
    assert store.sessions()[0].updated == before
    (row,) = store.sessions()
    assert (row.budget, row.files, row.pages, row.share) == (100, 1, 3, 0.0)
    assert row.profile == "embedded"
    kept = replace(session, layout=other.layout, ledger=ledger)
    assert store.session(short) == kept
    store.replace_layout(short, session.layout, session.ledger, profile="vast")
    assert store.session(short) == replace(session, profile="vast")
    assert store.sessions()[0].profile == "vast"


def test_a_list_reads_neither_texts_nor_files(store: Store, make: Make) -> None:
    for n in range(3):
        store.create(make(f"n{n}"))
    said: list[str] = []
    event.listen(store._engine, "before_cursor_execute", lambda *heard: said.append(heard[2]))
    store.sessions()
    # As many statements for three sessions as for one.
    assert len([s for s in said if s.startswith("SELECT")]) == 3
    assert not [s for s in said for table in ("FROM files", "FROM pages", "texts") if table in s]


def test_a_long_list_is_there_at_once(store: Store, make: Make) -> None:
    session = make(files=0)
    long = replace(session, answers=(session.answers[0],) * 30)
    files = tuple(Entry(f"lib/{n}.py", "source", level=Level.PATH) for n in range(4500))
    store.create(replace(long, ledger=replace(long.ledger, files=files)))
    for _ in range(60):
        store.create(long)
    store.sessions()
    started = time.thread_time()
    assert len(store.sessions()) == 61
    # 5 ms on an idle machine.
    assert time.thread_time() - started < 0.5
