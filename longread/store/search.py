"""Full-text search over questions, answers, quotes and sources, inside the store itself.

One row of an FTS5 table for each text; it goes with its session. Identifiers are found whole and
by their parts.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from sqlalchemy import Connection, bindparam, text

from longread.cache.search import parts
from longread.types import Answer, Ledger, Source

Kind = Literal["question", "answer", "quote", "source"]
HIT = "\x02", "\x03"
"""What stands before and after a word that was looked for, in a snippet."""
WORDS = 16
"""Words of a snippet."""
WORD = re.compile(r"\w+", re.UNICODE)
MOST = 24
"""Words of a search that are looked for."""


@dataclass(frozen=True, slots=True)
class Found:
    """One text that has the words."""

    session: str
    kind: Kind
    answer: int | None
    """Position of the answer in its session, from 0; None for a source."""
    snippet: str
    """The words with some around them, between the characters of `HIT`; not made harmless."""


def make(db: Connection) -> None:
    """Make the index of a store that has none."""
    db.exec_driver_sql(
        "CREATE VIRTUAL TABLE search USING fts5"
        " (text, parts, kind UNINDEXED, session UNINDEXED, answer UNINDEXED,"
        " tokenize = 'unicode61 remove_diacritics 2')"
    )


def index_source(
    db: Connection, n: int, title: str, sources: Iterable[Source], ledger: Ledger
) -> None:
    """Index what session `n` is about: its title, where it was read from, its files' names."""
    _add(db, n, "source", None, _source(title, [s.location for s in sources], ledger))


def _source(title: str, locations: Iterable[str], ledger: Ledger) -> str:
    return "\n".join([title, *locations, *(entry.path for entry in ledger.files)])


def index_question(db: Connection, n: int, answer: int, question: str) -> None:
    """Index a question of session `n`; `answer` is the number of its row."""
    _add(db, n, "question", answer, question)


def index_answer(db: Connection, n: int, number: int, answer: Answer) -> None:
    """Index what was answered and quoted."""
    _add(db, n, "answer", number, answer.text)
    if quotes := "\n".join(dict.fromkeys(c.quote for c in answer.citations if c.quote)):
        _add(db, n, "quote", number, quotes)


def index_session(db: Connection, n: int) -> None:
    """Index a session of a store that had no index."""
    one = {"n": n}
    title = db.scalar(text("SELECT title FROM sessions WHERE n = :n"), one)
    located = "SELECT location FROM sources WHERE session = :n ORDER BY position"
    paths = "SELECT path FROM files WHERE session = :n ORDER BY position"
    lines = [title, *db.scalars(text(located), one), *db.scalars(text(paths), one)]
    _add(db, n, "source", None, "\n".join(map(_words, lines)))
    answers = "SELECT n, question, text FROM answers WHERE session = :n ORDER BY n"
    for row in db.execute(text(answers), one).all():
        _add(db, n, "question", row.n, _words(row.question))
        _add(db, n, "answer", row.n, _words(row.text))
        quoted = "SELECT DISTINCT quote FROM citations WHERE answer = :n AND quote <> ''"
        if quotes := "\n".join(map(_words, db.scalars(text(quoted), {"n": row.n}))):
            _add(db, n, "quote", row.n, quotes)


def forget_answer(db: Connection, answer: int) -> None:
    """Remove what was indexed of one answer."""
    db.execute(text("DELETE FROM search WHERE answer = :answer"), {"answer": answer})


def forget_session(db: Connection, n: int) -> None:
    """Remove what was indexed of a session, also from the index' own pages."""
    db.execute(text("DELETE FROM search WHERE session = :n"), {"n": n})
    # A deleted word stays in the index, marked as deleted, until its pages are merged.
    db.exec_driver_sql("INSERT INTO search (search) VALUES ('optimize')")


def search(db: Connection, words: str, limit: int) -> list[Found]:
    """Return the texts that have all the words, the last one perhaps unfinished; best first."""
    query = _query(words)
    if not query:
        return []
    found = db.execute(
        text(
            "SELECT sessions.id AS id, search.kind AS kind, search.answer AS answer,"
            " snippet(search, 0, :before, :after, '…', :words) AS snippet,"
            " (SELECT count(*) FROM answers WHERE answers.session = search.session"
            "  AND answers.n < search.answer) AS position"
            " FROM search JOIN sessions ON sessions.n = search.session"
            " WHERE search MATCH :query ORDER BY bm25(search, 1.0, 0.5), sessions.updated DESC"
            " LIMIT :limit"
        ),
        {"before": HIT[0], "after": HIT[1], "words": WORDS, "query": query, "limit": limit},
    )
    return [
        Found(row.id, row.kind, None if row.answer is None else row.position, _words(row.snippet))
        for row in found
    ]


def _query(words: str) -> str:
    """Return an FTS5 query in which nothing of what a person typed can be an operator."""
    terms = WORD.findall(words)[:MOST]
    quoted = [f'"{term}"' for term in terms]
    if quoted and not words[-1:].isspace():
        quoted[-1] += " *"
    return " ".join(quoted)


def _add(db: Connection, n: int, kind: Kind, answer: int | None, words: str) -> None:
    # Lone surrogates, of names that are not UTF-8, cannot be text in SQLite.
    clean = words.encode("utf-8", "replace").decode()
    db.execute(
        text(
            "INSERT INTO search (text, parts, kind, session, answer)"
            " VALUES (:text, :parts, :kind, :session, :answer)"
        ).bindparams(bindparam("answer", answer)),
        {"text": clean, "parts": " ".join(parts(clean)), "kind": kind, "session": n},
    )


def _words(value: str | bytes) -> str:
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else value
