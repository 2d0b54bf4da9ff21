"""One SQLite file as SQLAlchemy sees it: settings, transactions, errors. It knows no table."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, Table, create_engine, event, insert
from sqlalchemy.engine import URL
from sqlalchemy.exc import DatabaseError, IntegrityError

from longread.errors import StoreError

BUSY_SECONDS = 30
"""How long to wait for another program that is writing."""


def connect(path: Path, *, durable: bool = True) -> Engine:
    """Return an engine for the file; nothing is opened or written yet.

    Args:
        durable: whether what is written survives a power cut at once. What is not survives the
            end of this program, also by kill -9, and costs no wait for the disk.
    """
    engine = create_engine(
        URL.create("sqlite+pysqlite", database=str(path)),
        connect_args={"timeout": BUSY_SECONDS, "check_same_thread": False},
    )
    event.listen(engine, "connect", _settle if durable else _settle_lightly)
    event.listen(engine, "begin", _begin)
    return engine


def _settle(raw: Any, _: object) -> None:
    # The driver's own transactions would begin too late for a consistent reading.
    raw.isolation_level = None
    for setting in (
        "foreign_keys = ON",
        "synchronous = FULL",
        # What is deleted is overwritten, and sorting spills no text to temporary files.
        "secure_delete = ON",
        "temp_store = MEMORY",
    ):
        raw.execute(f"PRAGMA {setting}").fetchall()


def _settle_lightly(raw: Any, record: object) -> None:
    _settle(raw, record)
    raw.execute("PRAGMA synchronous = NORMAL").fetchall()


def _begin(connection: Connection) -> None:
    writes = connection.get_execution_options().get("writes", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


@contextmanager
def reading(engine: Engine, path: Path) -> Iterator[Connection]:
    """One state of the store, whatever others write meanwhile."""
    with told(path), engine.connect() as connection, connection.begin():
        yield connection


@contextmanager
def writing(engine: Engine, path: Path) -> Iterator[Connection]:
    """The one writer; what it did is kept whole, or not at all."""
    with (
        told(path),
        engine.connect().execution_options(writes=True) as connection,
        connection.begin(),
    ):
        yield connection


def add(db: Connection, table: Table, row: dict[str, Any]) -> int:
    """Insert one row and return its number."""
    key = db.execute(insert(table).values(row)).inserted_primary_key
    assert key is not None
    return int(key[0])


@contextmanager
def plain(engine: Engine, path: Path) -> Iterator[Any]:
    """The driver's connection, outside any transaction, for PRAGMAs that want that."""
    with told(path):
        pooled = engine.raw_connection()
        try:
            yield pooled.driver_connection
        finally:
            pooled.close()


def overwrite(engine: Engine, path: Path, what: str) -> None:
    """Build the file anew from what is left in it, after something was deleted.

    `secure_delete` alone is not enough: where SQLite moves rows between pages, copies
    stay behind in unused space (seen in 6 of 200 deletions).

    Args:
        what: names what was deleted, such as "session 1f2e3d4c".

    Raises:
        StoreError: traces of it stay in the file, or in the log while others read.
    """
    try:
        with plain(engine, path) as raw:
            raw.execute("PRAGMA temp_store = FILE").fetchall()
            raw.execute("VACUUM").fetchall()
            raw.execute("PRAGMA temp_store = MEMORY").fetchall()
            busy, *_ = raw.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    except StoreError as error:
        raise StoreError(
            f"{what} is deleted, but traces of its text stay in the file: {error}",
            hint=f'{error.hint}; then run: sqlite3 "{path}" VACUUM',
        ) from error
    if busy:
        raise StoreError(
            f"{what} is deleted, but another program reads {path}, "
            "so its text stays in the log beside it",
            hint="end that program: the log goes with it",
        )


@contextmanager
def told(path: Path) -> Iterator[None]:
    """Say in our words what SQLite says of the file."""
    try:
        yield
    except (IntegrityError, sqlite3.IntegrityError):
        raise
    except (DatabaseError, sqlite3.DatabaseError) as error:
        cause = error.orig if isinstance(error, DatabaseError) else error
        raise _explained(path, str(cause)) from error


def _explained(path: Path, cause: str) -> StoreError:
    if "locked" in cause:
        return StoreError(
            f"another program has been writing to {path} for {BUSY_SECONDS} seconds",
            hint="wait for it or end it, then try again",
        )
    if "not a database" in cause:
        return StoreError(f"{path} is not a longread store", hint="name another file with --store")
    if "full" in cause:
        return StoreError(f"no room to write {path}: {cause}", hint="free some disk space")
    if "malformed" in cause:
        return StoreError(
            f"{path} is damaged: {cause}",
            hint=f'save what is left with: sqlite3 "{path}" .recover',
        )
    return StoreError(
        f"{path} cannot be used: {cause}",
        hint="see that the file and its folder exist and that you may write there",
    )
