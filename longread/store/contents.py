"""What a review consists of, written and read on a connection that somebody else opened."""

from __future__ import annotations

import time
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import groupby
from typing import Any

from sqlalchemy import Connection, Table, delete, func, insert, select, update
from sqlalchemy.dialects.sqlite import insert as upsert

from longread.store import cells as made
from longread.store import corpora, grid, rows, schema
from longread.store.texts import Body
from longread.types import Document, Source
from longread.types.families import read_together
from longread.types.reviews import Cell, CellState, Mark, Marked, Question, Review, Reviewed, marked


@dataclass(frozen=True, slots=True)
class ReviewRow:
    """A review as a list shows it."""

    id: str
    title: str
    profile: str
    sources: tuple[str, ...]
    documents: int
    questions: int
    cells: int
    """That there are; a question with a condition is not put to every document."""
    failed: int
    price: float
    """US dollars that its cells cost, as far as that is known."""
    owners: tuple[str, ...]
    """Who works on it, by leases that have not run out."""
    created: datetime
    updated: datetime


def there(db: Connection, n: int) -> dict[tuple[str, str], tuple[int, int | None]]:
    """Return numbers and positions of all versions of documents, by path and content id."""
    d = grid.review_documents.c
    query = select(d.n, d.path, d.content_id, d.position).where(d.review == n)
    return {(row.path, row.content_id): (row.n, row.position) for row in db.execute(query)}


def with_news(
    db: Connection, n: int, read: Sequence[Reviewed], known: Collection[Reviewed]
) -> Sequence[Reviewed]:
    """Return the rows that were read, with those that others wrote meanwhile in their places.

    Args:
        known: the rows that there were before.
    """
    before = {(one.path, one.content_id) for one in known}
    ours = {(one.path, one.content_id) for one in read}
    news = {
        one.path: one
        for one in documents(db, n).values()
        if (one.path, one.content_id) not in before | ours
    }
    kept = tuple(news.pop(one.path, one) for one in read)
    return (*kept, *news.values())


def rename(db: Connection, n: int, documents: Sequence[Reviewed]) -> None:
    """Give rows whose file has moved, or whose source is named otherwise, their new path."""
    d, cited = grid.review_documents.c, grid.cell_citations.c
    known = there(db, n)
    paths = {one.path for one in documents}
    moved = {
        content_id: (path, number)
        for (path, content_id), (number, at) in known.items()
        if path not in paths and content_id and at is not None
    }
    for one in documents:
        if (one.path, one.content_id) in known or one.content_id not in moved:
            continue
        path, number = moved.pop(one.content_id)
        f = grid.families.c
        if db.scalar(select(f.agreement).where(f.review == n, f.path == path)) is not None:
            # What was at the new path before may have been tied too.
            db.execute(delete(grid.families).where(f.review == n, f.path == one.path))
        for column in (f.path, f.agreement):
            tied = update(grid.families).where(grid.families.c.review == n, column == path)
            db.execute(tied.values({column.name: one.path}))
        db.execute(update(grid.review_documents).where(d.n == number).values(path=one.path))
        # Those of an agreement may lean on what belongs to it.
        rows = select(d.n).where(d.review == n)
        cells = select(grid.cells.c.n).where(grid.cells.c.document.in_(rows))
        of_it = (cited.cell.in_(cells), cited.path == path)
        db.execute(update(grid.cell_citations).where(*of_it).values(path=one.path))


def outdated(
    db: Connection, n: int, documents: Sequence[Reviewed], texts: Mapping[str, Document]
) -> dict[int, tuple[str, str]]:
    """Return rows, by number, whose text is another one now although their file is the same.

    That is so where a page was not read before and is now: what was said of the old text is not
    said of the new one. A text is unpacked only where its size or its unread pages differ.
    """
    d, kept = grid.review_documents, schema.texts.c
    query = (
        select(d, kept.characters)
        .join(schema.texts, kept.n == d.c.text)
        .where(d.c.review == n, d.c.position.is_not(None))
    )
    now = {(one.path, one.content_id): one for one in documents}
    found = {}
    for row in db.execute(query).mappings().all():
        key = (row["path"], row["content_id"])
        one, text = now.get(key), texts.get(row["content_id"])
        if one is None or text is None:
            continue
        before = made.to_document(row)
        if row["characters"] == text.size and before.unread == one.unread:
            continue
        packed = db.scalar(select(kept.text).where(kept.n == row["text"]))
        if packed is not None and Body(packed)() != text.text:
            found[row["n"]] = key
    return found


def set_aside(db: Connection, found: Mapping[int, tuple[str, str]]) -> None:
    """Let rows be of a version that is no more, under a content id that no file has."""
    d = grid.review_documents
    for number, (_, content_id) in found.items():
        old = {"content_id": f"{content_id}@{number}", "position": None}
        db.execute(update(d).where(d.c.n == number).values(old))


def keep_corpus(db: Connection, n: int, read: Sequence[Source]) -> None:
    """Keep which corpus a review is about; one that nothing is about any more goes."""
    r = grid.reviews.c
    before = db.scalar(select(r.corpus).where(r.n == n))
    corpus = corpora.read_from(db, read, now())
    if corpus != before:
        db.execute(update(grid.reviews).where(r.n == n).values(corpus=corpus))
        corpora.drop_unneeded(db, before)


def touch(db: Connection, n: int) -> None:
    """Write that a review has changed."""
    db.execute(update(grid.reviews).where(grid.reviews.c.n == n).values(updated=now()))


def keep_sources(db: Connection, n: int, read: Sequence[Source]) -> None:
    """Write where a review is read from, in place of what it had."""
    db.execute(delete(grid.review_sources).where(grid.review_sources.c.review == n))
    rows_made = rows.of_sources(n, read)
    for row in rows_made:
        row["review"] = row.pop("session")
    if rows_made:
        db.execute(insert(grid.review_sources), rows_made)


def keep_questions(db: Connection, n: int, asked: Sequence[Question]) -> None:
    """Write the columns; those that are there no more stay without a position."""
    table = grid.review_questions
    if tuple(questions(db, n).values()) == tuple(asked):
        return
    db.execute(update(table).where(table.c.review == n).values(position=None))
    for position, question in enumerate(asked):
        row = made.of_question(n, position, question)
        kept = upsert(table).values(row)
        db.execute(kept.on_conflict_do_update(index_elements=["review", "hash"], set_=row))
    touch(db, n)


def sources(db: Connection, n: int) -> tuple[Source, ...]:
    """Read where it is read from."""
    s = grid.review_sources
    query = select(s).where(s.c.review == n).order_by(s.c.position)
    return tuple(rows.to_source(row) for row in db.execute(query).mappings())


def questions(db: Connection, n: int) -> dict[str, Question]:
    """Read the columns, by hash."""
    q = grid.review_questions
    query = select(q).where(q.c.review == n, q.c.position.is_not(None)).order_by(q.c.position)
    return {row["hash"]: made.to_question(row) for row in db.execute(query).mappings()}


def documents(db: Connection, n: int) -> dict[int, Reviewed]:
    """Read the rows, by number."""
    d = grid.review_documents
    query = select(d).where(d.c.review == n, d.c.position.is_not(None)).order_by(d.c.position)
    return {row["n"]: made.to_document(row) for row in db.execute(query).mappings()}


def cells(
    db: Connection,
    n: int,
    documents: Mapping[int, Reviewed],
    questions: Mapping[str, Question],
    *,
    second: bool = False,
    only: Collection[int] = (),
) -> dict[tuple[str, str], Cell]:
    """Read the cells, by path and question's name.

    Args:
        second: whether those of the second, differently worded pass are meant.
        only: numbers of the documents whose cells are meant; all where none is named.
    """
    c, cited, d = grid.cells, grid.cell_citations, grid.review_documents.c
    ours = select(d.n).where(d.review == n, d.position.is_not(None))
    ours = ours.where(d.n.in_(list(only))) if only else ours
    of_ours = select(c.c.n).where(c.c.document.in_(ours), c.c.round == second)
    query = select(cited).where(cited.c.cell.in_(of_ours)).order_by(cited.c.cell)
    query = query.order_by(cited.c.position)
    citations = {
        number: [rows.to_citation(row) for row in group]
        for number, group in groupby(db.execute(query).mappings(), lambda row: row["cell"])
    }
    found = {}
    for row in db.execute(select(c).where(c.c.n.in_(of_ours))).mappings():
        document, asked = documents[row["document"]], questions.get(row["question"])
        if asked:
            found[document.path, asked.name] = made.to_cell(
                row, document.path, document.content_id, asked.name,
                citations.get(row["n"], ()),
            )  # fmt: skip
    return found


def marks(
    db: Connection,
    n: int,
    documents: Mapping[int, Reviewed],
    questions: Mapping[str, Question],
    cells: Mapping[tuple[str, str], Cell],
) -> dict[tuple[str, str], Marked]:
    """Read what a person said of each cell, by path and question's name."""
    m, d = grid.marks, grid.review_documents.c
    ours = select(d.n).where(d.review == n, d.position.is_not(None))
    logs: dict[tuple[str, str], list[Mark]] = {}
    query = select(m).where(m.c.document.in_(ours)).order_by(m.c.n)
    for row in db.execute(query).mappings():
        if asked := questions.get(row["question"]):
            key = (documents[row["document"]].path, asked.name)
            logs.setdefault(key, []).append(made.to_mark(row))
    return {key: marked(log, cells.get(key)) for key, log in logs.items()}


def seen(db: Connection, document: int, question: str) -> str:
    """Return what a cell says now, as a mark remembers it; empty where there is none."""
    c = grid.cells.c
    query = select(c.state, c.value).where(
        c.document == document, c.question == question, c.round == 0
    )
    row = db.execute(query).one_or_none()
    return made.seen(row.state, row.value) if row else ""


def families(db: Connection, n: int, *, alone: bool = False) -> dict[str, str]:
    """Read which document belongs to which agreement, both by path.

    Args:
        alone: whether those are named too, with "", that a person says to belong to none.
    """
    f = grid.families.c
    query = select(f.path, f.agreement).where(f.review == n).order_by(f.path)
    return {row.path: row.agreement for row in db.execute(query) if row.agreement or alone}


def keep_families(db: Connection, n: int, ties: Mapping[str, str], *, by_person: bool) -> None:
    """Write what belongs to which agreement; what a person has said of one gives way to nobody."""
    table = grid.families
    for path, agreement in ties.items():
        row = {"review": n, "path": path, "agreement": agreement, "by_person": by_person}
        kept = upsert(table).values(row)
        overwritten = None if by_person else table.c.by_person.is_(False)
        db.execute(
            kept.on_conflict_do_update(
                index_elements=["review", "path"], set_=row, where=overwritten
            )
        )


def read_with(db: Connection, n: int) -> None:
    """Let each row be of the version that its document is with what belongs to it now.

    A version that was there before comes back with its cells.
    """
    d = grid.review_documents.c
    before = documents(db, n)
    known = there(db, n)
    now = read_together(tuple(before.values()), families(db, n))
    for (number, was), one in zip(before.items(), now, strict=True):
        if one.content_id == was.content_id:
            continue
        position = known[was.path, was.content_id][1]
        text = db.scalar(select(d.text).where(d.n == number))
        row = made.of_document(n, position or 0, one, text)
        db.execute(update(grid.review_documents).where(d.n == number).values(position=None))
        if (one.path, one.content_id) in known:
            other = known[one.path, one.content_id][0]
            db.execute(update(grid.review_documents).where(d.n == other).values(row))
        else:
            db.execute(insert(grid.review_documents).values(row))


def earlier(db: Connection, n: int) -> dict[tuple[str, str], Mark]:
    """Read corrections by path and question's name, whatever versions they were made of."""
    m, d, q = grid.marks, grid.review_documents.c, grid.review_questions.c
    query = (
        select(m, d.path, q.name)
        .join(grid.review_documents, d.n == m.c.document)
        .join(grid.review_questions, (q.review == d.review) & (q.hash == m.c.question))
        .where(d.review == n)
        .order_by(m.c.n)
    )
    logs: dict[tuple[str, str], dict[tuple[int, str], list[Mark]]] = {}
    for row in db.execute(query).mappings():
        of_cell = logs.setdefault((row["path"], row["name"]), {})
        of_cell.setdefault((row["document"], row["question"]), []).append(made.to_mark(row))
    found = {
        key: [said for log in of_cell.values() if (said := marked(log, None).correction)]
        for key, of_cell in logs.items()
    }
    return {key: max(said, key=lambda mark: mark.time) for key, said in found.items() if said}


def whole(db: Connection, head: Any) -> Review:
    """Read a review with all its cells, given its row."""
    asked, read = questions(db, head.n), documents(db, head.n)
    found = cells(db, head.n, read, asked)
    said = marks(db, head.n, read, asked, found)
    corrected = {key for key, one in said.items() if one.correction}
    before = {key: mark for key, mark in earlier(db, head.n).items() if key not in corrected}
    return Review(
        title=head.title,
        sources=sources(db, head.n),
        profile=head.profile,
        questions=tuple(asked.values()),
        documents=tuple(read.values()),
        cells=found,
        seconds=cells(db, head.n, read, asked, second=True),
        marks=said,
        earlier=before,
        families=families(db, head.n),
        reading=head.reading,
        budget=head.budget,
        long=head.long,
        double=head.double,
    )


def listed(db: Connection, head: Any) -> ReviewRow:
    """Read what a list says of a review."""
    d, q, c = grid.review_documents.c, grid.review_questions.c, grid.cells.c
    leases = grid.leases.c
    current = (d.review == head.n, d.position.is_not(None))
    asked = (q.review == head.n, q.position.is_not(None))
    counted = db.execute(
        select(func.count(), func.sum(c.state == CellState.FAILED.value), func.sum(c.price))
        .select_from(grid.cells)
        .join(grid.review_documents, d.n == c.document)
        .join(grid.review_questions, (q.review == d.review) & (q.hash == c.question))
        .where(*current, *asked, c.round == 0)
    ).one()
    owners = db.scalars(
        select(leases.owner)
        .join(grid.review_documents, d.n == leases.document)
        .where(d.review == head.n, leases.until > time.time())
        .distinct()
    )
    cells, failed, price = counted
    if failed:
        # Some of them may be settled: only all of the review can tell.
        failed = len(whole(db, head).failed)
    return ReviewRow(
        id=head.id,
        title=head.title,
        profile=head.profile,
        sources=tuple(source.location for source in sources(db, head.n)),
        documents=_count(db, grid.review_documents, *current),
        questions=_count(db, grid.review_questions, *asked),
        cells=cells,
        failed=failed or 0,
        price=price or 0.0,
        owners=tuple(owners),
        created=datetime.fromisoformat(head.created),
        updated=datetime.fromisoformat(head.updated),
    )


def placed(
    there: Mapping[tuple[str, str], tuple[int, int | None]],
) -> list[tuple[tuple[str, str], tuple[int, int]]]:
    """Return the documents that are rows now, in their order."""
    current = [(key, (n, at)) for key, (n, at) in there.items() if at is not None]
    return sorted(current, key=lambda one: one[1][1])


def _count(db: Connection, table: Table, *where: Any) -> int:
    return db.scalar(select(func.count()).select_from(table).where(*where)) or 0


def now() -> str:
    """Return the time as it is kept."""
    return datetime.now(UTC).isoformat(timespec="microseconds")
