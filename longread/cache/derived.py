"""Derived data by key: token ids, counts, symbols, page texts. Losing the file loses only time."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path

BATCH = 500
"""Keys per query; SQLite's oldest limit on variables is 999."""


class Derived:
    """Blobs by kind and key, in one SQLite file that several processes may share.

    A kind names what a value is and the version of the code that made it, such as
    "facts:3", so that an upgrade never reads what an older version wrote.
    """

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        try:
            self._db = _open(path)
        except sqlite3.DatabaseError:
            for suffix in ("", "-wal", "-shm"):
                path.with_name(path.name + suffix).unlink(missing_ok=True)
            self._db = _open(path)

    def get(self, kind: str, keys: Iterable[str]) -> dict[str, bytes]:
        """Return the values that are there, by key."""
        found: dict[str, bytes] = {}
        for batch in _batches(keys):
            marks = ",".join("?" * len(batch))
            query = f"SELECT key, value FROM derived WHERE kind = ? AND key IN ({marks})"  # noqa: S608
            found.update(self._db.execute(query, (kind, *batch)))
        return found

    def put(self, kind: str, rows: Iterable[tuple[str, bytes]]) -> None:
        """Keep values; what a key held before is replaced. A full disk keeps nothing."""
        with contextlib.suppress(sqlite3.OperationalError), self._db:
            self._db.executemany(
                "INSERT OR REPLACE INTO derived (kind, key, value) VALUES (?, ?, ?)",
                ((kind, key, value) for key, value in rows),
            )

    def close(self) -> None:
        """Let go of the file."""
        self._db.close()

    def __enter__(self) -> Derived:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _open(path: Path) -> sqlite3.Connection:
    db = sqlite3.connect(path, timeout=30, check_same_thread=False)
    db.execute("PRAGMA journal_mode = WAL")
    # What is lost with the power can be made again.
    db.execute("PRAGMA synchronous = OFF")
    db.execute(
        "CREATE TABLE IF NOT EXISTS derived (kind TEXT, key TEXT, value BLOB,"
        " PRIMARY KEY (kind, key))"
    )
    path.chmod(0o600)
    return db


def _batches(keys: Iterable[str]) -> Iterator[Sequence[str]]:
    left = iter(keys)
    while batch := list(islice(left, BATCH)):
        yield batch
