"""A store of an older longread is brought up to date with everything that was in it."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from longread.store import open_store, schema
from longread.types import Session
from tests.store.migrating import migrate

Make = Callable[..., Session]


def older(path: Path, newest: Path, version: int) -> None:
    """Make a store of an older format and fill it with the rows of one of the newest."""
    migrate(path, version)
    with sqlite3.connect(path) as raw:
        raw.execute("ATTACH ? AS newest", (str(newest),))
        for (table,) in raw.execute("SELECT name FROM main.sqlite_master WHERE type = 'table'"):
            if table == "alembic_version":
                continue
            columns = ", ".join(
                f'"{row[1]}"' for row in raw.execute(f"PRAGMA main.table_info({table})")
            )
            raw.execute(
                f"INSERT INTO main.{table} ({columns}) SELECT {columns} FROM newest.{table}"
            )
    raw.close()


@pytest.fixture
def kept(make: Make) -> list[Session]:
    """Sessions without what format 1 could not keep."""
    odd = make("two", files=30)
    odd = replace(
        odd,
        title="Odd \udcff name",
        answers=tuple(replace(a, question=a.question + " Ünïcode \ud800?") for a in odd.answers),
    )
    return [
        replace(
            session,
            layout=replace(session.layout, levels=()),
            ledger=replace(
                session.ledger,
                files=tuple(replace(f, notes=(), about=()) for f in session.ledger.files),
                pages=tuple(replace(p, confidence=None) for p in session.ledger.pages),
            ),
            answers=tuple(
                replace(
                    a,
                    profile="",
                    price=0.0,
                    usage=a.usage and replace(a.usage, reasoning_tokens=None, provider=""),
                    citations=tuple(replace(c, version="", confidence=None) for c in a.citations),
                )
                for a in session.answers
            ),
            reading="",
        )
        for session in (make("one"), odd)
    ]


@pytest.fixture
def first(tmp_path: Path, kept: list[Session]) -> tuple[Path, list[str]]:
    """A store of format 1, and the ids of its sessions."""
    newest = tmp_path / "newest.db"
    with open_store(newest) as store:
        ids = [store.create(session) for session in kept]
        store.trust("c", "h")
    old = tmp_path / "old.db"
    older(old, newest, 1)
    return old, ids


def test_a_store_of_format_1_keeps_every_row(
    first: tuple[Path, list[str]], kept: list[Session]
) -> None:
    path, ids = first
    with open_store(path) as store:
        assert [store.session(short) for short in ids] == kept
        for short, session in zip(ids, kept, strict=True):
            sizes = {id: len(d.text) for id, d in session.documents.items()}
            assert {id: d.size for id, d in store.session(short).documents.items()} == sizes
        assert store.trusted("c", "h")
        assert [a.profile for a in store.session(ids[0]).answers] == ["", ""]
        assert [a.price for a in store.session(ids[0]).answers] == [0.0, 0.0]
    with sqlite3.connect(path) as raw:
        assert raw.execute("PRAGMA user_version").fetchone() == (schema.VERSION,)
        assert raw.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        assert raw.execute("PRAGMA foreign_key_check").fetchall() == []


def test_a_migrated_store_lists_and_finds_as_a_new_one_does(
    first: tuple[Path, list[str]], tmp_path: Path
) -> None:
    path, ids = first
    with open_store(path) as migrated, open_store(tmp_path / "newest.db") as new:
        assert migrated.sessions() == new.sessions()
        assert [(row.files, row.pages) for row in migrated.sessions()] == [(31, 2), (4, 2)]
        assert migrated.questions() == new.questions()
        for words in ("one", "two", "unicode", "where", "return", "two_29.py", "home"):
            found = migrated.search(words)
            assert found
            assert found == new.search(words)
        draft = migrated.begin(ids[0], "And now?", "me")
        migrated.extend(draft, "Now.")
        assert migrated.session(ids[0]).answers[-1].text == "Now."


def test_a_session_of_a_migrated_store_is_deleted_without_a_trace(
    first: tuple[Path, list[str]], kept: list[Session]
) -> None:
    path, ids = first
    with open_store(path) as store:
        store.delete(ids[1])
        raw = b"".join(file.read_bytes() for file in path.parent.glob("old.db*"))
        for word in (b"two", b"\xc3\x9cn", b"\xc3\xafcode", b"Odd "):
            assert word not in raw
        assert store.session(ids[0]) == kept[0]


def test_a_migration_that_fails_leaves_the_store_as_it_was(
    first: tuple[Path, list[str]], monkeypatch: pytest.MonkeyPatch, kept: list[Session]
) -> None:
    path, ids = first

    def ended(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr("longread.store.search.index_session", ended)
        with pytest.raises(KeyboardInterrupt):
            open_store(path)
    with sqlite3.connect(path) as raw:
        assert raw.execute("PRAGMA user_version").fetchone() == (1,)
        tables = {name for (name,) in raw.execute("SELECT name FROM sqlite_master")}
        assert not tables & {"search", "drafts", "pieces"}
    raw.close()
    with open_store(path) as store:
        assert [store.session(short) for short in ids] == kept
