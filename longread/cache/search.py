"""A full-text index over segments, one file a corpus, brought up to date by content.

Ranking by FTS5's bm25 depends on what is in the index, so each corpus has its own: the same
corpus gives the same order on any machine.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

VERSION = 1
WEIGHTS = (1.0, 1.0, 2.0)
"""bm25 weights of a segment's text, of the parts of its identifiers, of its name."""
HUMPED = re.compile(r"\b\w*(?:[a-z][A-Z]|[A-Za-z]\d|\d[A-Za-z])\w*\b")
HUMP = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")

Rows = Callable[[], Iterable[tuple[int, str, str]]]
"""Yields the index, name and text of each segment of one content."""


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
        except sqlite3.DatabaseError:
            path.unlink(missing_ok=True)
            self._db = _open(path)
        path.chmod(0o600)

    def sync(
        self, contents: Mapping[str, Rows], progress: Callable[[int, int], None] | None = None
    ) -> None:
        """Index what is new, forget what is gone."""
        present = {content for (content,) in self._db.execute("SELECT id FROM content")}
        with self._db:
            for content in present - contents.keys():
                self._db.execute(
                    "DELETE FROM segment WHERE rowid IN (SELECT row FROM place WHERE content = ?)",
                    (content,),
                )
                self._db.execute("DELETE FROM place WHERE content = ?", (content,))
                self._db.execute("DELETE FROM content WHERE id = ?", (content,))
            missing = [content for content in contents if content not in present]
            for done, content in enumerate(missing, 1):
                self._db.execute("INSERT INTO content VALUES (?)", (content,))
                for index, name, text in contents[content]():
                    row = self._db.execute(
                        "INSERT INTO segment (text, parts, name) VALUES (?, ?, ?)",
                        (text, " ".join(parts(text)), f"{name} {' '.join(parts(name))}"),
                    ).lastrowid
                    self._db.execute("INSERT INTO place VALUES (?, ?, ?)", (row, content, index))
                if progress and not done % 200:
                    progress(done, len(missing))

    def search(self, words: Iterable[str], limit: int) -> list[tuple[str, int, float]]:
        """Return content id, segment index and bm25 score (more is better) of the best segments.

        A segment with any of the words is found. Ties are in the order of content id and index.
        """
        terms = " OR ".join('"' + word.replace('"', '""') + '"' for word in words)
        if not terms:
            return []
        found = self._db.execute(
            "SELECT content, number, -bm25(segment, ?, ?, ?) AS score"
            " FROM segment JOIN place ON place.row = segment.rowid"
            " WHERE segment MATCH ? ORDER BY score DESC, content, number LIMIT ?",
            (*WEIGHTS, terms, limit),
        )
        return [(content, number, score) for content, number, score in found]

    def close(self) -> None:
        """Let go of the file."""
        self._db.close()


def parts(text: str) -> Iterable[str]:
    """Yield the parts of identifiers that change case or mix letters and digits.

    Parts between underscores and dots are words of the index anyway.
    """
    for word in HUMPED.findall(text):
        yield from HUMP.findall(word)


def _open(path: Path | str) -> sqlite3.Connection:
    db = sqlite3.connect(path, timeout=30, isolation_level="IMMEDIATE")
    db.execute("PRAGMA journal_mode = WAL")
    db.execute("PRAGMA synchronous = OFF")
    if db.execute("PRAGMA user_version").fetchone()[0] != VERSION:
        db.executescript(
            "DROP TABLE IF EXISTS segment; DROP TABLE IF EXISTS place;"
            "DROP TABLE IF EXISTS content;"
            "CREATE TABLE content (id TEXT PRIMARY KEY);"
            "CREATE TABLE place (row INTEGER PRIMARY KEY, content TEXT, number INTEGER);"
            "CREATE INDEX place_content ON place (content);"
            "CREATE VIRTUAL TABLE segment USING fts5"
            " (text, parts, name, tokenize = 'porter unicode61 remove_diacritics 2');"
            f"PRAGMA user_version = {VERSION}"
        )
    return db
