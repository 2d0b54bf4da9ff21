"""Opening SQLite files that several programs may begin at once. It knows no tables."""

from __future__ import annotations

import sqlite3
import time
from pathlib import Path

BUSY_SECONDS = 30.0
"""How long another program may keep a file to itself."""


def log_ahead(db: sqlite3.Connection) -> None:
    """Turn the write-ahead log on; SQLite itself does not wait for others here.

    Raises:
        sqlite3.OperationalError: another program kept the file to itself for too long.
    """
    until = time.monotonic() + BUSY_SECONDS
    while db.execute("PRAGMA journal_mode").fetchone() != ("wal",):
        try:
            db.execute("PRAGMA journal_mode = WAL").fetchall()
        except sqlite3.OperationalError:
            if time.monotonic() > until:
                raise
            time.sleep(0.02)


def is_harmed(error: sqlite3.DatabaseError) -> bool:
    """Whether the file is to blame, rather than another program that is busy with it."""
    return not isinstance(error, sqlite3.OperationalError) or "disk I/O" in str(error)


def remove(path: Path) -> None:
    """Remove a file with SQLite's own beside it; programs that have it open may crash."""
    for suffix in ("", "-wal", "-shm"):
        path.with_name(path.name + suffix).unlink(missing_ok=True)
