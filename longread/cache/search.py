"""A full-text index over segments, one file a corpus, brought up to date by content.

Ranking by FTS5's bm25 depends on what is in the index, so each corpus has its own: the same
corpus gives the same order on any machine.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

from longread.cache.files import BUSY_SECONDS, is_harmed, log_ahead, remove

VERSION = 2
WEIGHTS = (1.0, 1.0, 2.0)
"""bm25 weights of a segment's text, of the parts of its identifiers, of its name."""
SHIFT = 20
"""Bits of a row's number that say which segment of its content it is."""
MASK = (1 << SHIFT) - 1
HUMPED = re.compile(r"\b\w*(?:[a-z][A-Z]|[A-Za-z]\d|\d[A-Za-z])\w*\b")
HUMP = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")

TABLES = (
    "DROP TABLE IF EXISTS segment",
    "DROP TABLE IF EXISTS place",
    "DROP TABLE IF EXISTS symbol",
    "DROP TABLE IF EXISTS content",
    "CREATE TABLE content (number INTEGER PRIMARY KEY, id TEXT UNIQUE)",
    "CREATE TABLE symbol (name TEXT, row INTEGER, PRIMARY KEY (name, row)) WITHOUT ROWID",
    "CREATE INDEX symbol_row ON symbol (row)",
    "CREATE VIRTUAL TABLE segment USING fts5"
    " (text, parts, name, tokenize = 'porter unicode61 remove_diacritics 2')",
    f"PRAGMA user_version = {VERSION}",
)

Rows = Callable[[], Iterable[tuple[int, str, str]]]
"""Yields the index, name and text of each segment of one content."""
Place = tuple[str, int]
"""A content id and the index of a segment."""


class SearchIndex:
    """Segments by the words in them; identifiers are found whole and by their parts."""

    def __init__(self, path: Path | None) -> None:
        """Open the index in a file, or one in memory."""
        if path is None:
            self._db = _open(":memory:")
            return
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        try:
            self._db = _open(path)
        except sqlite3.DatabaseError as error:
            if not is_harmed(error):
                raise
            remove(path)
            self._db = _open(path)
        path.chmod(0o600)

    def sync(
        self, contents: Mapping[str, Rows], progress: Callable[[int, int], None] | None = None
    ) -> None:
        """Index what is new, forget what is gone."""
        if self._present().keys() == contents.keys():
            return
        with self._db:
            self._db.execute("BEGIN IMMEDIATE")
            present = self._present()  # another program may have been faster
            for content, number in present.items():
                if content not in contents:
                    self._forget(number)
            missing = [content for content in contents if content not in present]
            for done, content in enumerate(missing, 1):
                self._learn(content, contents[content]())
                if progress and not done % 200:
                    progress(done, len(missing))

    def _present(self) -> dict[str, int]:
        return dict(self._db.execute("SELECT id, number FROM content"))

    def _learn(self, content: str, rows: Iterable[tuple[int, str, str]]) -> None:
        number = self._db.execute("INSERT INTO content (id) VALUES (?)", (content,)).lastrowid
        first = (number or 0) << SHIFT
        texts, names = [], []
        for index, name, text in rows:
            humps = " ".join(parts(text))
            texts.append((first + index, text, humps, f"{name} {' '.join(parts(name))}"))
            if name:
                names.append((last_name(name), first + index))
        self._db.executemany(
            "INSERT INTO segment (rowid, text, parts, name) VALUES (?, ?, ?, ?)", texts
        )
        self._db.executemany("INSERT OR IGNORE INTO symbol VALUES (?, ?)", names)

    def _forget(self, number: int) -> None:
        rows = (number << SHIFT, (number + 1) << SHIFT)
        self._db.execute("DELETE FROM segment WHERE rowid >= ? AND rowid < ?", rows)
        self._db.execute("DELETE FROM symbol WHERE row >= ? AND row < ?", rows)
        self._db.execute("DELETE FROM content WHERE number = ?", (number,))

    def search(self, words: Iterable[str], limit: int) -> list[tuple[str, int, float]]:
        """Return content id, segment index and bm25 score (more is better) of the best segments.

        A segment with any of the words is found. Ties are in the order of content id and index.
        """
        terms = " OR ".join(map(_phrase, words))
        if not terms:
            return []
        found = self._db.execute(
            "SELECT id, segment.rowid & ? AS at, -bm25(segment, ?, ?, ?) AS score"
            " FROM segment JOIN content ON number = segment.rowid >> ?"
            " WHERE segment MATCH ? ORDER BY score DESC, id, at LIMIT ?",
            (MASK, *WEIGHTS, SHIFT, terms, limit),
        )
        return [(content, number, score) for content, number, score in found]

    def count(self, words: str, column: str = "") -> dict[str, int]:
        """Return, by content id, how many segments hold the words next to each other.

        Args:
            column: "name" to look at the segments' names alone.
        """
        where = f"{column} : {_phrase(words)}" if column else _phrase(words)
        found = self._db.execute(
            "SELECT id, held FROM (SELECT rowid >> ? AS number, count(*) AS held FROM segment"
            " WHERE segment MATCH ? GROUP BY 1) JOIN content USING (number)",
            (SHIFT, where),
        )
        return dict(found.fetchall())

    def holding(self, words: str, limit: int) -> list[Place]:
        """Return segments that hold the words next to each other, in order of content id."""
        found = self._db.execute(
            "SELECT id, segment.rowid & ? AS at FROM segment"
            " JOIN content ON number = segment.rowid >> ?"
            " WHERE segment MATCH ? ORDER BY id, at LIMIT ?",
            (MASK, SHIFT, _phrase(words), limit),
        )
        return found.fetchall()

    def defining(self, name: str, limit: int) -> list[Place]:
        """Return segments whose name, or its last part, is `name` to the letter."""
        found = self._db.execute(
            "SELECT id, row & ? AS at FROM symbol JOIN content ON number = row >> ?"
            " WHERE name = ? ORDER BY id, at LIMIT ?",
            (MASK, SHIFT, name, limit),
        )
        return found.fetchall()

    def close(self) -> None:
        """Let go of the file."""
        self._db.close()


def parts(text: str) -> Iterable[str]:
    """Yield the parts of identifiers that change case or mix letters and digits.

    Parts between underscores and dots are words of the index anyway.
    """
    for word in HUMPED.findall(text):
        yield from HUMP.findall(word)


def last_name(name: str) -> str:
    """Return the last part of a qualified name: "send" of "Client.send" and "net::send"."""
    return re.split(r"[.:#/\\]+", name.rstrip(".:#/\\"))[-1]


def _phrase(words: str) -> str:
    """Return words that are to stand next to each other, whatever is in them."""
    plain = words.encode("utf-8", "replace").decode().replace("\0", " ")
    return '"' + plain.replace('"', '""') + '"'


def _open(path: Path | str) -> sqlite3.Connection:
    db = sqlite3.connect(path, timeout=BUSY_SECONDS, isolation_level="IMMEDIATE")
    if path != ":memory:":
        log_ahead(db)
    db.execute("PRAGMA synchronous = OFF")
    if _version(db) != VERSION:
        with db:
            db.execute("BEGIN IMMEDIATE")
            if _version(db) != VERSION:  # else another program was faster
                for statement in TABLES:
                    db.execute(statement)
    return db


def _version(db: sqlite3.Connection) -> int:
    return int(db.execute("PRAGMA user_version").fetchone()[0])
