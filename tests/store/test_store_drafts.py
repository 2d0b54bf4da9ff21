"""Answers are kept while they are written: what came is on disk, whatever ends the program."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from longread.errors import StoreError
from longread.store import Store, open_store
from longread.types import Answer, Session

Make = Callable[..., Session]


@pytest.fixture
def store(path: Path) -> Iterator[Store]:
    with open_store(path) as store:
        yield store


def test_a_draft_is_an_answer_of_its_session_with_what_has_come(store: Store, make: Make) -> None:
    session = make()
    short = store.create(session)
    draft = store.begin(short, "How long?", "me:1", "embedded", "focus")
    assert store.session(short).answers[-1].text == ""
    for piece in ("Two ", "", "\udc80 hours", " 🕑"):
        store.extend(draft, piece)
    *before, last = store.session(short).answers
    assert tuple(before) == session.answers
    assert (last.question, last.text) == ("How long?", "Two \udc80 hours 🕑")
    assert (last.finished, last.profile, last.strategy) == ("cut", "embedded", "focus")
    assert last.citations == ()
    assert last.usage is None
    assert store.draft_text(draft) == last.text


def test_a_draft_does_not_claim_that_all_was_shown(store: Store, make: Make) -> None:
    short = store.create(make())
    store.begin(short, "How long?", "me:1")
    assert store.session(short).answers[-1].share == store.sessions()[0].share < 1


def test_drafts_say_who_writes_them_since_when(store: Store, make: Make) -> None:
    first, second = store.create(make("one")), store.create(make("two"))
    began = datetime.now(UTC)
    numbers = [store.begin(first, "One?", "a"), store.begin(second, "Two?", "b")]
    drafts = store.drafts()
    assert [d.number for d in drafts] == numbers
    assert [(d.session, d.question, d.owner) for d in drafts] == [
        (first, "One?", "a"),
        (second, "Two?", "b"),
    ]
    assert all(began <= d.started <= datetime.now(UTC) for d in drafts)
    assert {row.id: row.owners for row in store.sessions()} == {first: ("a",), second: ("b",)}


def test_a_finished_answer_takes_the_place_of_its_draft(
    store: Store, path: Path, make: Make
) -> None:
    session, other = make("one"), make("two")
    short = store.create(session)
    draft = store.begin(short, other.answers[0].question, "me:1")
    store.extend(draft, "It is")
    store.add_answer(short, session.answers[1])
    store.finish(draft, other.answers[0], other.layout, other.documents)
    kept = store.session(short)
    assert kept.answers == (*session.answers, other.answers[0], session.answers[1])
    assert kept.layout == other.layout
    assert kept.documents == {**session.documents, **other.documents}
    assert store.drafts() == []
    with sqlite3.connect(path) as raw:
        assert raw.execute("SELECT count(*) FROM pieces").fetchone() == (0,)


def test_an_abandoned_draft_is_gone(store: Store, make: Make) -> None:
    session = make()
    short = store.create(session)
    draft = store.begin(short, "Whatever?", "me:1")
    store.extend(draft, "It")
    store.abandon(draft)
    assert store.session(short) == session
    assert store.drafts() == []
    assert store.search("whatever") == []
    store.abandon(draft)


def test_a_session_is_deleted_with_its_drafts(store: Store, path: Path, make: Make) -> None:
    short, other = store.create(make("one")), store.create(make("two"))
    draft = store.begin(short, "Quovadis?", "ownername")
    store.extend(draft, "Romamvenio")
    store.delete(short)
    assert store.drafts() == []
    raw = b"".join(file.read_bytes() for file in path.parent.iterdir())
    for word in (b"uovadis", b"wnername", b"omamvenio"):
        assert word not in raw
    for late in (
        lambda: store.extend(draft, " never"),
        lambda: store.finish(draft, make().answers[0]),
        lambda: store.draft_text(draft),
    ):
        with pytest.raises(StoreError, match="deleted meanwhile") as raised:
            late()
        assert raised.value.hint
    assert store.session(other) == make("two")


def test_an_answer_that_was_kept_as_cut_gives_way_to_the_whole(store: Store, make: Make) -> None:
    session, whole = make("one"), make("two").answers[0]
    short = store.create(session)
    draft = store.begin(short, whole.question, "me:1")
    store.finish(draft, replace(whole, text="Half of thisword", finished="cut"))
    store.finish(draft, whole)
    assert store.session(short).answers == (*session.answers, whole)
    assert [hit.kind for hit in store.search(f'"{whole.question}"')] == ["question"]
    assert store.search("thisword") == []


def test_a_piece_that_comes_late_stands_in_no_answer(store: Store, make: Make) -> None:
    short = store.create(replace(make(), answers=()))
    gone = store.begin(short, "Gone?", "me:1")
    store.abandon(gone)
    store.add_answer(short, make().answers[0])
    done = store.begin(short, "Done?", "me:1")
    store.finish(done, make().answers[1])
    kept = store.session(short)
    for number in (gone, done):
        with pytest.raises(StoreError, match="meanwhile") as raised:
            store.extend(number, "late")
        assert raised.value.hint
    store.abandon(done)
    assert store.session(short) == kept


def test_a_draft_needs_a_session(store: Store, make: Make) -> None:
    store.create(make())
    with pytest.raises(StoreError, match="no session"):
        store.begin("zz", "Where?", "me:1")
    assert store.drafts() == []


def test_pieces_wait_for_no_disk_and_finished_answers_do(store: Store) -> None:
    settings = [
        engine.connect().exec_driver_sql("PRAGMA synchronous").scalar()
        for engine in (store._light, store._engine)
    ]
    assert settings == [1, 2]


def test_a_piece_waits_for_another_writer_and_is_not_lost(
    store: Store, path: Path, make: Make
) -> None:
    draft = store.begin(store.create(make()), "Why?", "me:1")
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    writer = threading.Thread(target=store.extend, args=(draft, "Because."))
    writer.start()
    time.sleep(0.2)
    assert store.draft_text(draft) == ""
    other.execute("COMMIT")
    other.close()
    writer.join()
    assert store.draft_text(draft) == "Because."


def test_a_piece_that_could_not_be_kept_can_be_kept_later(
    path: Path, make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("longread.store.connection.BUSY_SECONDS", 0.1)
    with open_store(path) as store:
        draft = store.begin(store.create(make()), "Why?", "me:1")
        other = sqlite3.connect(path, isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(StoreError, match="another program has been writing"):
            store.extend(draft, "Because.")
        other.close()
        store.extend(draft, "Because.")
        assert store.draft_text(draft) == "Because."


def test_several_programs_write_answers_of_one_session(path: Path, make: Make) -> None:
    with open_store(path) as one, open_store(path) as two:
        short = one.create(replace(make(), answers=()))
        drafts = [(one, one.begin(short, "A?", "1")), (two, two.begin(short, "B?", "2"))]
        threads = [
            threading.Thread(target=lambda s=s, d=d: [s.extend(d, f"{d} ") for _ in range(50)])
            for s, d in drafts
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert [a.text for a in one.session(short).answers] == [f"{d} " * 50 for _, d in drafts]
        assert [row.owners for row in two.sessions()] == [("1", "2")]


WRITING = """
import sys
from pathlib import Path
from longread.store import open_store
with open_store(Path(sys.argv[1])) as store:
    draft = store.begin(sys.argv[2], "How far?", "other")
    n = 0
    while True:
        store.extend(draft, f"{n} ")
        print(n, flush=True)
        n += 1
"""


@pytest.mark.parametrize("wait", [0.0, 0.05])
def test_a_killed_program_loses_no_piece_that_was_kept(path: Path, make: Make, wait: float) -> None:
    with open_store(path) as store:
        session = make()
        short = store.create(session)
        writer = subprocess.Popen(
            [sys.executable, "-c", WRITING, str(path), short], stdout=subprocess.PIPE, text=True
        )
        assert writer.stdout
        told = [writer.stdout.readline() for _ in range(20)]
        time.sleep(wait)
        os.kill(writer.pid, signal.SIGKILL)
        writer.wait()
        told += writer.stdout.read().splitlines()
        writer.stdout.close()
        (draft,) = store.drafts()
        assert (draft.question, draft.owner) == ("How far?", "other")
        kept = store.draft_text(draft.number).split()
        assert kept == [str(n) for n in range(len(kept))]
        # The last line told may have been cut.
        assert len(told) - 1 <= len(kept) <= len(told) + 1
        judged = Answer("How far?", " ".join(kept), (), "cut")
        store.finish(draft.number, judged)
        assert store.session(short).answers == (*session.answers, judged)
