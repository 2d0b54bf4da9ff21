"""Derived data by key: token ids, counts, symbols, page texts. Losing the file loses only time.

Each value has a checksum: one that was harmed is not there, and a file that SQLite cannot read is
begun anew. What was not used for longest goes when the file grows beyond its bound.
"""

from __future__ import annotations

import contextlib
import sqlite3
import threading
import time
from collections.abc import Collection, Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from zlib import crc32

from longread.cache.files import BUSY_SECONDS, is_harmed, log_ahead, remove

FORMAT = 2
"""Of the file; one of another format is begun anew."""
BATCH = 500
"""Keys per query; SQLite's oldest limit on variables is 999."""
MOST = 4 << 30
"""Bytes the file may take."""
KEPT = 0.75
"""Part of them that is left when it took more."""
WEEK = 7 * 86_400
"""Seconds. That a value was used is noted once a week, so that reading hardly ever writes."""
CHECK = 4
"""Bytes of CRC-32 at the end of a value, over its kind, its key and itself."""


class Derived:
    """Blobs by kind and key, in one SQLite file that several processes may share.

    A kind names what a value is and the version of the code that made it, such as
    "facts:3", so that an upgrade never reads what an older version wrote.
    """

    def __init__(self, path: Path, most: int = MOST) -> None:
        """Open the file; `most` is in bytes."""
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._path, self._most = path, most
        self._lock = threading.RLock()
        try:
            self._db = _open(path)
        except sqlite3.DatabaseError as error:
            if not is_harmed(error):
                raise
            self._db = _begin_anew(path)

    def get(self, kind: str, keys: Iterable[str]) -> dict[str, bytes]:
        """Return the values that are there and sound, by key."""
        found: dict[str, bytes] = {}
        week = _week()
        old: list[str] = []
        seed = crc32(kind.encode())
        with self._lock:
            for batch in _batches(keys):
                marks = ",".join("?" * len(batch))
                query = (
                    "SELECT key, CAST(value AS BLOB), week FROM derived"  # noqa: S608
                    f" WHERE kind = ? AND key IN ({marks})"
                )
                try:
                    rows = self._db.execute(query, (kind, *batch)).fetchall()
                except sqlite3.DatabaseError as error:
                    if not is_harmed(error):
                        raise
                    self._db.close()
                    self._db = _begin_anew(self._path)
                    return {}
                for key, value, used in rows:
                    body = value[:-CHECK]
                    if value[-CHECK:] == _check(seed, key, body):
                        found[key] = body
                        if used < week:
                            old.append(key)
            if old:
                self._write(
                    "UPDATE derived SET week = ? WHERE kind = ? AND key = ?",
                    ((week, kind, key) for key in old),
                )
        return found

    def put(self, kind: str, rows: Iterable[tuple[str, bytes]]) -> None:
        """Keep values; what a key held before is replaced. A full disk keeps nothing."""
        seed, week = crc32(kind.encode()), _week()
        with self._lock:
            self._write(
                "INSERT OR REPLACE INTO derived (kind, key, value, week) VALUES (?, ?, ?, ?)",
                ((kind, key, value + _check(seed, key, value), week) for key, value in rows),
            )

    def _write(self, query: str, rows: Iterable[tuple[object, ...]]) -> None:
        with contextlib.suppress(sqlite3.OperationalError), self._db:
            self._db.executemany(query, rows)

    @property
    def size(self) -> int:
        """Bytes that the values take in the file."""
        with self._lock:
            pages, free = (
                self._db.execute(f"PRAGMA {name}").fetchone()[0]
                for name in ("page_count", "freelist_count")
            )
            size: int = self._db.execute("PRAGMA page_size").fetchone()[0]
        return int(pages - free) * size

    def kinds(self) -> dict[str, tuple[int, int]]:
        """Return, by kind without its version, how many values there are and their bytes."""
        found: dict[str, tuple[int, int]] = {}
        query = "SELECT kind, count(*), sum(length(value)) FROM derived GROUP BY kind"
        with self._lock:
            for kind, number, size in self._db.execute(query):
                name = kind.partition(":")[0]
                had = found.get(name, (0, 0))
                found[name] = had[0] + number, had[1] + size
        return found

    def trim(self) -> None:
        """Let go of what was not used for longest, where the file has grown beyond its bound."""
        with self._lock, contextlib.suppress(sqlite3.OperationalError):
            while (size := self.size) > self._most:
                share = 1 - self._most * KEPT / size
                total = self._db.execute("SELECT sum(length(value) + 100) FROM derived")
                with self._db:
                    gone = self._db.execute(
                        "DELETE FROM derived WHERE (kind, key) IN (SELECT kind, key FROM"
                        " (SELECT kind, key, sum(length(value) + 100) OVER"
                        " (ORDER BY week, kind, key) AS so_far FROM derived)"
                        " WHERE so_far <= ?)",
                        (int(share * (total.fetchone()[0] or 0)) + 1,),
                    ).rowcount
                # A script is run to its end; a statement without columns is stepped but once.
                self._db.executescript("PRAGMA incremental_vacuum")
                if not gone:
                    return

    def forget(self, kind: str, starts: Collection[str] | None = None) -> None:
        """Remove values so that their bytes leave the file too.

        Where another program reads at that moment, they stay in its log until it ends.

        Args:
            kind: without its version.
            starts: beginnings of keys, all of one length; None for every value of the kind.
        """
        length = len(next(iter(starts), "")) if starts else 0
        if starts is not None and not starts:
            return
        versions = "kind = ? OR substr(kind, 1, ?) = ?"
        of_kind = (kind, len(kind) + 1, f"{kind}:")
        with self._lock, contextlib.suppress(sqlite3.OperationalError):
            self._db.execute("PRAGMA secure_delete = ON")
            with self._db:
                for batch in _batches(starts) if starts else [()]:
                    marks = ",".join("?" * len(batch))
                    which = f" AND substr(key, 1, {length}) IN ({marks})" if batch else ""
                    query = f"DELETE FROM derived WHERE ({versions}){which}"  # noqa: S608
                    self._db.execute(query, (*of_kind, *batch))
            self._db.executescript("PRAGMA incremental_vacuum")
            self._db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()

    def close(self) -> None:
        """Let go of the file, and of what is too much in it."""
        with self._lock:
            with contextlib.suppress(sqlite3.DatabaseError):
                self.trim()
            self._db.close()

    def __enter__(self) -> Derived:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _open(path: Path) -> sqlite3.Connection:
    db = sqlite3.connect(path, timeout=BUSY_SECONDS, check_same_thread=False)
    try:
        if db.execute("PRAGMA user_version").fetchone()[0] not in (0, FORMAT):
            raise sqlite3.DatabaseError("of another format")
        db.execute("PRAGMA auto_vacuum = INCREMENTAL")
        log_ahead(db)
        # What is lost with the power can be made again.
        db.execute("PRAGMA synchronous = OFF")
        db.execute(
            "CREATE TABLE IF NOT EXISTS derived (kind TEXT, key TEXT, value BLOB, week INTEGER,"
            " PRIMARY KEY (kind, key))"
        )
        if len(db.execute("PRAGMA table_info(derived)").fetchall()) != 4:
            raise sqlite3.DatabaseError("of another format")
        db.execute(f"PRAGMA user_version = {FORMAT}")
    except sqlite3.DatabaseError:
        db.close()
        raise
    path.chmod(0o600)
    return db


def _begin_anew(path: Path) -> sqlite3.Connection:
    remove(path)
    return _open(path)


def _check(seed: int, key: str, value: bytes) -> bytes:
    return crc32(value, crc32(key.encode("utf-8", "surrogatepass"), seed)).to_bytes(CHECK, "big")


def _week() -> int:
    return int(time.time() // WEEK)


def _batches(keys: Iterable[str]) -> Iterator[Sequence[str]]:
    left = iter(keys)
    while batch := list(islice(left, BATCH)):
        yield batch
