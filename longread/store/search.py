"""Full-text search over questions, answers, quotes and sources, inside the store itself.

One row of an FTS5 table for each text; it goes with its session. Identifiers are found whole, by
their parts, and by several of them in a row.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from sqlalchemy import Connection, Row, bindparam, text

from longread.cache.search import HUMP, HUMPED
from longread.store.snippets import HIT, UNSPACED, Term, snippet, terms
from longread.types import Answer, Ledger, Source

Kind = Literal["question", "answer", "quote", "source"]

LONGEST_RUN = 4
"""Parts of an identifier that are found when they are typed as one word."""
MOST_PARTS = 8
"""Parts with which a run may begin; a digest in base 64 has dozens."""
SIGNS = re.compile(f"[{UNSPACED}]+")
BETWEEN = "\ue000"
"""A word of the index that nobody types: no phrase reaches from one word's parts to another's."""
UNMARKED = dict.fromkeys(map(ord, HIT), " ")


@dataclass(frozen=True, slots=True)
class Found:
    """One text that has the words."""

    session: str
    kind: Kind
    answer: int | None
    """Position of the answer in its session, from 0; None for a source."""
    snippet: str
    """Some of the text, each hit between the two characters of `HIT`; not made harmless."""


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
    lines = [title, *(s.location for s in sources), *(entry.path for entry in ledger.files)]
    _add(db, n, "source", None, "\n".join(lines))


def index_question(db: Connection, n: int, answer: int, question: str) -> None:
    """Index a question of session `n`; `answer` is the number of its row."""
    _add(db, n, "question", answer, question)


def index_answer(db: Connection, n: int, number: int, answer: Answer) -> None:
    """Index what was answered and quoted."""
    _add(db, n, "answer", number, answer.text)
    _add(db, n, "quote", number, _lines(c.quote for c in answer.citations))


def index_session(db: Connection, n: int) -> None:
    """Index a session of a store that had no index."""
    _index_source(db, n)
    answers = "SELECT n, question, text FROM answers WHERE session = :n ORDER BY n"
    for row in db.execute(text(answers), {"n": n}).all():
        _add(db, n, "question", row.n, _words(row.question))
        _add(db, n, "answer", row.n, _words(row.text))
        quoted = "SELECT quote FROM citations WHERE answer = :n ORDER BY position"
        _add(db, n, "quote", row.n, _lines(map(_words, db.scalars(text(quoted), {"n": row.n}))))


def index_source_anew(db: Connection, n: int) -> None:
    """Index the files that a session has now."""
    db.execute(text("DELETE FROM search WHERE session = :n AND kind = 'source'"), {"n": n})
    _index_source(db, n)


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
    sought = terms(words)
    if not sought:
        return []
    # The inner query reads no text, so only those that are shown are read; and of equal ones
    # it takes the newest. SQLite sorts so in half the time that FTS5 takes to sort by rank.
    found = db.execute(
        text(
            "SELECT sessions.id AS id, best.kind AS kind, best.answer AS answer,"
            " best.text AS text,"
            " (SELECT count(*) FROM answers WHERE answers.session = best.session"
            "  AND answers.n < best.answer) AS position"
            " FROM (SELECT rowid AS n, rank AS score FROM search WHERE search MATCH :query"
            "  AND rank MATCH 'bm25(1.0, 0.5)' ORDER BY rank, rowid DESC LIMIT :limit) AS ranked"
            " JOIN search AS best ON best.rowid = ranked.n"
            " JOIN sessions ON sessions.n = best.session"
            " ORDER BY ranked.score, sessions.updated DESC, ranked.n DESC"
        ),
        {"query": " AND ".join(term.query for term in sought), "limit": limit},
    )
    return [_found(row, sought) for row in found]


def _found(row: Row[tuple[str, Kind, int | None, str, int]], sought: list[Term]) -> Found:
    position = None if row.answer is None else row.position
    return Found(row.id, row.kind, position, snippet(row.text, sought, row.kind == "source"))


def _index_source(db: Connection, n: int) -> None:
    lines = [
        line
        for query in (
            "SELECT title FROM sessions WHERE n = :n",
            "SELECT location FROM sources WHERE session = :n ORDER BY position",
            "SELECT path FROM files WHERE session = :n ORDER BY position",
        )
        for line in db.scalars(text(query), {"n": n})
    ]
    _add(db, n, "source", None, "\n".join(map(_words, lines)))


def _add(db: Connection, n: int, kind: Kind, answer: int | None, words: str) -> None:
    if not words.strip():
        return
    # Lone surrogates, of names that are not UTF-8, cannot be text in SQLite.
    clean = words.encode("utf-8", "replace").decode().translate(UNMARKED)
    db.execute(
        text(
            "INSERT INTO search (text, parts, kind, session, answer)"
            " VALUES (:text, :parts, :kind, :session, :answer)"
        ).bindparams(bindparam("answer", answer)),
        {"text": clean, "parts": " ".join(_parts(clean)), "kind": kind, "session": n},
    )


def _lines(quotes: Iterable[str]) -> str:
    return "\n".join(quote for quote in dict.fromkeys(quotes) if quote)


def _parts(words: str) -> Iterable[str]:
    """Yield the parts of identifiers, and runs of them: in "getUserNameById" stands "username".

    Words of scripts without spaces come apart into signs, so that any run of them is found.
    """
    for word in dict.fromkeys(HUMPED.findall(words)):
        parts = HUMP.findall(word)
        yield from parts
        for n in range(min(len(parts) - 1, MOST_PARTS)):
            longest = min(LONGEST_RUN, len(parts) - n)
            yield from ("".join(parts[n : n + length]) for length in range(2, longest + 1))
        yield BETWEEN
    for word in dict.fromkeys(SIGNS.findall(words)):
        yield from word
        yield BETWEEN


def _words(value: str | bytes) -> str:
    return value.decode("utf-8", "surrogatepass") if isinstance(value, bytes) else value
