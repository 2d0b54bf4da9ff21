"""What a session consists of, written and read on a connection that somebody else opened."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby, islice
from typing import Any

from sqlalchemy import (
    Connection,
    RowMapping,
    Table,
    bindparam,
    delete,
    exists,
    func,
    insert,
    select,
    update,
)
from sqlalchemy.dialects.sqlite import insert as upsert

from longread.errors import StoreError
from longread.store import grid, rows, schema, search
from longread.store.connection import add
from longread.store.texts import Packed, Row, Texts, pack
from longread.types import Answer, Document, Layout, Ledger, Source, Usage

BATCH = 500
"""Values per query; SQLite's oldest limit on variables is 999."""


@dataclass(frozen=True, slots=True)
class Ready:
    """Documents about to be kept, and the rows that were compressed for it ahead of time."""

    packed: Mapping[str, Packed] = field(default_factory=dict)
    rows: Mapping[bytes, dict[str, Any]] = field(default_factory=dict)


def ready(db: Connection, documents: Mapping[str, Document]) -> Ready:
    """Compress what the store has not got."""
    packed = {content_id: pack(document) for content_id, document in documents.items()}
    there = _numbers(db, packed.values())
    return Ready(packed, {p.digest: p.row() for p in packed.values() if p.digest not in there})


def keep_sources(db: Connection, n: int, sources: Sequence[Source]) -> None:
    """Write where session `n` was read from, in place of what it had."""
    db.execute(delete(schema.sources).where(schema.sources.c.session == n))
    _add_all(db, schema.sources, rows.of_sources(n, sources))


def sources(db: Connection, n: int) -> tuple[Source, ...]:
    """Read it."""
    return tuple(map(rows.to_source, _of(db, schema.sources, n)))


def keep_layout(db: Connection, n: int, layout: Layout) -> None:
    """Write the layout of session `n`, in place of the one it had."""
    row = rows.of_layout(n, layout)
    db.execute(
        upsert(schema.layouts)
        .values(row)
        .on_conflict_do_update(index_elements=["session"], set_=row)
    )


def layout(db: Connection, n: int) -> Layout:
    """Read it."""
    (row,) = _of(db, schema.layouts, n)
    return rows.to_layout(row)


def keep_ledger(db: Connection, n: int, ledger: Ledger) -> bool:
    """Write the ledger of session `n`, in place of one it had; say whether files are others."""
    files = schema.files.c
    had = db.scalars(select(files.path).where(files.session == n).order_by(files.position)).all()
    for table in (schema.ledgers, schema.files, schema.pages):
        db.execute(delete(table).where(table.c.session == n))
    _add_all(db, schema.ledgers, [rows.of_ledger(n, ledger)])
    _add_all(db, schema.files, rows.of_files(n, ledger.files))
    _add_all(db, schema.pages, rows.of_pages(n, ledger.pages))
    return had != [file.path for file in ledger.files]


def ledger(db: Connection, n: int) -> Ledger:
    """Read it."""
    (row,) = _of(db, schema.ledgers, n)
    return rows.to_ledger(
        row,
        [rows.to_file(file) for file in _of(db, schema.files, n)],
        [rows.to_page(page) for page in _of(db, schema.pages, n)],
    )


def share(db: Connection, n: int) -> float:
    """Read which part of the corpus' tokens session `n` shows in full."""
    kept = schema.ledgers.c
    return db.scalar(select(kept.share).where(kept.session == n)) or 0.0


def keep_texts(db: Connection, ready: Ready) -> dict[bytes, int]:
    """Write the texts that are not there, and return the numbers of all of them by digest."""
    there = _numbers(db, ready.packed.values())
    missing = {p.digest: p for p in ready.packed.values() if p.digest not in there}
    # A text that was there a moment ago may be gone with another session.
    _add_all(db, schema.texts, [ready.rows.get(d) or p.row() for d, p in missing.items()])
    return there | _numbers(db, missing.values())


def keep_documents(db: Connection, n: int, documents: Mapping[str, Document], ready: Ready) -> None:
    """Write the texts of session `n`, in place of what it had under the same content ids."""
    there = keep_texts(db, ready)
    if not documents:
        return
    table = upsert(schema.session_texts)
    kept = ("text", "path", "id")
    db.execute(
        table.on_conflict_do_update(
            index_elements=["session", "content_id"],
            set_={name: table.excluded[name] for name in kept},
        ),
        [
            {
                "session": n,
                "content_id": content_id,
                "text": there[ready.packed[content_id].digest],
                "path": document.path,
                "id": document.id,
            }
            for content_id, document in documents.items()
        ],
    )


def documents(db: Connection, n: int) -> Texts:
    """Read them; each is unpacked when it is looked at."""
    used, texts = schema.session_texts.c, schema.texts.c
    query = (
        select(used.content_id, used.path, used.id, texts.kind, texts.language, texts.unit)
        .add_columns(texts.content_id.label("own_id"), texts.characters, texts.text, texts.segments)
        .join(schema.texts, texts.n == used.text)
        .where(used.session == n)
    )
    return Texts(
        {
            row.content_id: Row(
                Document(
                    path=row.path,
                    kind=row.kind,
                    language=row.language,
                    content_id=row.own_id,
                    body="",
                    segments=(),
                    unit=row.unit,
                    id=row.id,
                ),
                row.characters,
                row.text,
                row.segments,
            )
            for row in db.execute(query)
        }
    )


def drop_unneeded_texts(db: Connection) -> None:
    """Remove the texts that no session and no review has."""
    asked = exists().where(schema.session_texts.c.text == schema.texts.c.n)
    reviewed = exists().where(grid.review_documents.c.text == schema.texts.c.n)
    db.execute(delete(schema.texts).where(~asked, ~reviewed))


def keep_answer(db: Connection, n: int, answer: Answer, now: str) -> None:
    """Write one more answer of session `n`."""
    number = add(db, schema.answers, rows.of_answer(n, answer, now))
    search.index_question(db, n, number, answer.question)
    _keep_rest(db, n, number, answer)


def begin_answer(db: Connection, n: int, answer: Answer, owner: str, now: str) -> int:
    """Write an answer that is yet to come, and who writes it; return its number."""
    number = _number_never_used(db)
    db.execute(insert(schema.answers).values(n=number, **rows.of_answer(n, answer, now)))
    db.execute(insert(schema.drafts).values(answer=number, owner=owner, started=now))
    search.index_question(db, n, number, answer.question)
    return number


def _number_never_used(db: Connection) -> int:
    """Return a number for an answer that none had, also none that was deleted.

    SQLite gives the number of a deleted answer to the next one, whoever's that is; then a
    program that does not know of the deletion would write into it. Time goes on instead.
    """
    greatest = db.scalar(select(func.max(schema.answers.c.n))) or 0
    return max(int(greatest) + 1, time.time_ns() // 1000)


def extend_answer(db: Connection, number: int, words: str) -> bool:
    """Write one more piece of an answer; say whether it is still being written."""
    pieces, drafts = schema.pieces.c, schema.drafts.c
    last = select(func.coalesce(func.max(pieces.position), -1) + 1).where(pieces.answer == number)
    row = select(drafts.answer, last.scalar_subquery(), bindparam("words", words, schema.Words()))
    written = db.execute(
        insert(schema.pieces).from_select(
            ["answer", "position", "text"], row.where(drafts.answer == number)
        )
    )
    return written.rowcount == 1


def finish_answer(db: Connection, n: int, number: int, answer: Answer, now: str) -> None:
    """Put the whole answer in the place of the one that was being written, or was cut since."""
    first = db.execute(delete(schema.drafts).where(schema.drafts.c.answer == number)).rowcount
    for table in (schema.pieces, schema.citations, schema.usage):
        db.execute(delete(table).where(table.c.answer == number))
    values = rows.of_answer(n, answer, now)
    del values["created"]
    asked = db.scalar(select(schema.answers.c.question).where(schema.answers.c.n == number))
    if not first or asked != answer.question:
        search.forget_answer(db, number)
        search.index_question(db, n, number, answer.question)
    db.execute(update(schema.answers).where(schema.answers.c.n == number).values(values))
    _keep_rest(db, n, number, answer)


def abandon_answer(db: Connection, number: int) -> None:
    """Remove an answer that did not come, unless it is none of those being written."""
    if db.scalar(select(schema.drafts.c.answer).where(schema.drafts.c.answer == number)) is None:
        return
    search.forget_answer(db, number)
    db.execute(delete(schema.answers).where(schema.answers.c.n == number))


def session_of(db: Connection, draft: int) -> int:
    """Return the number of the session a draft belongs to, or did before it was finished.

    Raises:
        StoreError: it was abandoned, or its session was deleted.
    """
    answers = schema.answers.c
    n = db.scalar(select(answers.session).where(answers.n == draft))
    if n is None:
        raise StoreError(
            "the answer cannot be kept: its session was deleted meanwhile",
            hint="ask again, in another session",
        )
    return int(n)


def came(db: Connection, n: int) -> dict[int, str]:
    """Return, by number of the answer, what came of those of session `n` being written."""
    pieces, answers = schema.pieces.c, schema.answers.c
    query = (
        select(pieces.answer, pieces.text)
        .join(schema.answers, answers.n == pieces.answer)
        .where(answers.session == n)
        .order_by(pieces.answer, pieces.position)
    )
    return {
        number: "".join(row.text for row in group)
        for number, group in groupby(db.execute(query), key=lambda row: row.answer)
    }


def _keep_rest(db: Connection, n: int, number: int, answer: Answer) -> None:
    search.index_answer(db, n, number, answer)
    _add_all(db, schema.citations, rows.of_citations(number, answer.citations))
    if answer.usage:
        _add_all(db, schema.usage, [rows.of_usage(number, answer.usage)])


def answers(db: Connection, n: int) -> tuple[Answer, ...]:
    """Read the answers of session `n` in the order they were given."""
    table, cited = schema.answers, schema.citations
    own = select(table.c.n).where(table.c.session == n)
    query = select(cited).where(cited.c.answer.in_(own)).order_by(cited.c.answer, cited.c.position)
    citations = {
        number: [rows.to_citation(row) for row in group]
        for number, group in groupby(db.execute(query).mappings(), key=lambda row: row["answer"])
    }
    counted = select(schema.usage).where(schema.usage.c.answer.in_(own))
    usage: dict[int, Usage] = {
        row["answer"]: rows.to_usage(row) for row in db.execute(counted).mappings()
    }
    written = came(db, n)
    return tuple(
        rows.to_answer(
            {**row, "text": row["text"] + written.get(row["n"], "")},
            citations.get(row["n"], ()),
            usage.get(row["n"]),
        )
        for row in db.execute(
            select(table).where(table.c.session == n).order_by(table.c.n)
        ).mappings()
    )


def _of(db: Connection, table: Table, n: int) -> Sequence[RowMapping]:
    query = select(table).where(table.c.session == n)
    if "position" in table.c:
        query = query.order_by(table.c.position)
    return db.execute(query).mappings().all()


def _add_all(db: Connection, table: Table, many: Sequence[dict[str, Any]]) -> None:
    if many:
        db.execute(insert(table), many)


def _numbers(db: Connection, packed: Iterable[Packed]) -> dict[bytes, int]:
    """Return the numbers of the texts that are there, by digest."""
    texts = schema.texts.c
    found: dict[bytes, int] = {}
    for batch in _batches(p.digest for p in packed):
        for digest, n in db.execute(select(texts.digest, texts.n).where(texts.digest.in_(batch))):
            found[digest] = n
    return found


def _batches(values: Iterator[bytes]) -> Iterator[list[bytes]]:
    while batch := list(islice(values, BATCH)):
        yield batch
