"""The file itself: who may read it, what it refuses, what survives."""

from __future__ import annotations

import json
import os
import re
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import create_engine

from longread.errors import StoreError
from longread.store import default_path, open_store, schema
from longread.store.open import MIGRATIONS
from longread.types import Session
from tests.store.migrating import migrate

Make = Callable[..., Session]


def test_only_the_owner_can_read_it(path: Path, make: Make) -> None:
    with open_store(path) as store:
        store.create(make())
        assert path.parent.stat().st_mode & 0o777 == 0o700
        for file in path.parent.iterdir():
            assert file.stat().st_mode & 0o777 == 0o600, file


def test_a_folder_that_was_there_keeps_its_rights(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    open_store(tmp_path / "matter.db").close()
    assert tmp_path.stat().st_mode & 0o777 == 0o755


def test_without_a_name_it_lies_in_the_home(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LONGREAD_HOME", str(tmp_path / "home"))
    with open_store() as store:
        assert store.path == default_path() == tmp_path / "home" / "longread.db"


def test_the_settings_that_keep_it_whole_are_on(path: Path) -> None:
    with open_store(path) as store, store._engine.connect() as db:
        for pragma, value in {
            "journal_mode": "wal",
            "synchronous": 2,
            "foreign_keys": 1,
            "secure_delete": 1,
            "busy_timeout": 30_000,
            "user_version": schema.VERSION,
        }.items():
            assert db.exec_driver_sql(f"PRAGMA {pragma}").scalar() == value, pragma


def test_the_migrations_make_what_the_schema_says(path: Path, tmp_path: Path) -> None:
    migrate(path, schema.VERSION)
    with create_engine(f"sqlite:///{path}").connect() as db:
        context = MigrationContext.configure(db, opts={"compare_type": True})
        # The full-text index makes tables of its own.
        found = [d for d in compare_metadata(context, schema.metadata) if "'search" not in str(d)]
        assert found == []
    open_store(tmp_path / "new.db").close()
    with sqlite3.connect(path) as migrated, sqlite3.connect(tmp_path / "new.db") as made:
        assert statements(migrated) == statements(made)
        for said in (
            "SELECT * FROM alembic_version", "PRAGMA user_version", "PRAGMA application_id",
        ):  # fmt: skip
            assert migrated.execute(said).fetchall() == made.execute(said).fetchall(), said


def statements(db: sqlite3.Connection) -> dict[str, list[str]]:
    """Return what made each table and index, without the order of its parts."""
    rows = db.execute("SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL")
    return {
        # A column that was added later stands on the last line, not on one of its own.
        name: sorted(part.strip(" ,\t)") for part in re.split(r",\s(?![^(]*\))|\n", sql) if part)
        for name, sql in rows
    }


def test_the_newest_migration_is_the_version(path: Path) -> None:
    newest = max(int(file.name[:4]) for file in (MIGRATIONS / "versions").glob("0*.py"))
    assert newest == schema.VERSION
    open_store(path).close()
    with sqlite3.connect(path) as raw:
        row = raw.execute("SELECT version_num FROM alembic_version").fetchone()
    assert row == (f"{newest:04}",)


def test_a_new_store_and_one_that_is_up_to_date_open_without_alembic(path: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from longread.store import open_store;"
        f"open_store(Path({str(path)!r})).close(); print('alembic' in sys.modules)"
    )
    for _ in range(2):
        done = subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, check=True
        )
        assert done.stdout == "False\n"


def test_a_store_of_a_newer_program_is_left_as_it_is(path: Path) -> None:
    open_store(path).close()
    with sqlite3.connect(path) as raw:
        raw.execute(f"PRAGMA user_version = {schema.VERSION + 1}")
    raw.close()
    before = path.read_bytes()
    with pytest.raises(StoreError, match="newer longread") as raised:
        open_store(path)
    assert "update longread" in raised.value.hint
    assert path.read_bytes() == before
    assert [file.name for file in path.parent.iterdir()] == [path.name]


def test_a_file_that_is_not_a_database_is_left_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "notes.txt"
    path.write_text("Not a database at all.\n" * 100)
    with pytest.raises(StoreError, match="not a longread store") as raised:
        open_store(path)
    assert "--store" in raised.value.hint
    assert path.read_text() == "Not a database at all.\n" * 100


def test_another_programs_database_is_left_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "places.sqlite"
    raw = sqlite3.connect(path)
    raw.execute("CREATE TABLE moz_places (id INTEGER)")
    raw.close()
    before = path.read_bytes()
    with pytest.raises(StoreError, match="not a longread store"):
        open_store(path)
    assert path.read_bytes() == before


def test_a_damaged_store_says_so(path: Path, make: Make) -> None:
    with open_store(path) as store:
        store.create(make(files=50))
    raw = bytearray(path.read_bytes())
    raw[4096:] = b"\xff" * (len(raw) - 4096)
    path.write_bytes(raw)
    with pytest.raises(StoreError) as raised, open_store(path) as store:
        store.session()
    assert "damaged" in str(raised.value)
    assert "recover" in raised.value.hint


@pytest.mark.parametrize("place", ["file/below.db", "."])
def test_a_place_that_holds_no_file_is_an_error(tmp_path: Path, place: str) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError, match="cannot be opened"):
        open_store(tmp_path / place)


def test_an_empty_file_becomes_a_store(tmp_path: Path, make: Make) -> None:
    path = tmp_path / "new.db"
    path.touch()
    with open_store(path) as store:
        assert store.session(store.create(make())) == make()


def test_a_writer_never_blocks_a_reader(path: Path, make: Make) -> None:
    with open_store(path) as store:
        short = store.create(make())
        writer = sqlite3.connect(path, isolation_level=None)
        writer.execute("BEGIN IMMEDIATE")
        writer.execute("DELETE FROM sessions")
        # One that waited would give up with an error: the writer is not done.
        assert store.session(short) == make()
        with open_store(path) as another:
            assert len(another.sessions()) == 1
        writer.execute("ROLLBACK")
        writer.close()


def test_waiting_for_a_writer_ends(path: Path, make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    open_store(path).close()
    monkeypatch.setattr("longread.store.connection.BUSY_SECONDS", 0.1)
    with open_store(path) as store:
        writer = sqlite3.connect(path, isolation_level=None)
        writer.execute("BEGIN IMMEDIATE")
        with pytest.raises(StoreError, match="another program has been writing") as raised:
            store.create(make())
        assert raised.value.hint
        writer.close()
        store.create(make())


OPENING = """
import sys
from pathlib import Path
from longread.store import open_store
with open_store(Path(sys.argv[1])) as store:
    print(len(store.sessions()))
"""


def test_several_programs_may_make_it_at_once(path: Path) -> None:
    programs = [
        subprocess.Popen(
            [sys.executable, "-c", OPENING, str(path)],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for _ in range(3)
    ]
    for program in programs:
        out, err = program.communicate(timeout=60)
        assert (out, program.returncode) == ("0\n", 0), err


WRITING = """
import json, sys
from pathlib import Path
sys.path.insert(0, sys.argv[2])
from conftest import make
from longread.store import open_store
with open_store(Path(sys.argv[1])) as store:
    n = 0
    while True:
        n += 1
        short = store.create(make(f"w{n}w", files=40))
        store.add_answer(short, make().answers[0])
        print(json.dumps([short, n]), flush=True)
"""


@pytest.mark.parametrize("wait", [0.0, 0.004, 0.009])
def test_a_killed_writer_leaves_whole_sessions_only(path: Path, make: Make, wait: float) -> None:
    writer = subprocess.Popen(
        [sys.executable, "-c", WRITING, str(path), str(Path(__file__).parent)],
        stdout=subprocess.PIPE,
        text=True,
    )
    assert writer.stdout
    told = dict(json.loads(writer.stdout.readline()) for _ in range(4))
    time.sleep(wait)
    os.kill(writer.pid, signal.SIGKILL)
    writer.wait()
    told |= dict(json.loads(text) for text in writer.stdout.read().splitlines())
    writer.stdout.close()
    with open_store(path) as store:
        kept = [row.id for row in store.sessions()]
        assert set(told) <= set(kept)
        assert len(kept) <= len(told) + 1
        for short in kept:
            session = store.session(short)
            whole = make(session.title.removeprefix("About "), files=40)
            assert session.documents == whole.documents
            assert session.ledger == whole.ledger
            assert session.answers[:2] == whole.answers
        store.create(make())
