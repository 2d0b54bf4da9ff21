"""What came to a review since somebody looked: cells, marks, who works on it. It writes nothing.

Both are numbered in the order in which they are written, so that a look costs what is new.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import groupby

from sqlalchemy import Connection, func, select

from longread.store import cells as made
from longread.store import contents, grid, rows
from longread.types.reviews import Cell, Mark, Question, Reviewed

Key = tuple[str, str]
"""A document's path, and a question's name."""


@dataclass(frozen=True, slots=True)
class Since:
    """How far somebody has looked; at first, not at all."""

    cell: int = 0
    mark: int = 0
    updated: str = ""
    """When questions, documents or marks changed last."""


@dataclass(frozen=True, slots=True)
class Changes:
    """What is new."""

    since: Since
    """To be named with the next look."""
    cells: Mapping[Key, Cell]
    seconds: Mapping[Key, Cell]
    """Of the second, differently worded pass."""
    marks: Mapping[Key, tuple[Mark, ...]]
    """What was said of a cell, on top of what was said before."""
    working: Mapping[str, str]
    """Who works on which document, by path and lease; all of them, not only new ones."""
    arranged: tuple[tuple[Reviewed, ...], tuple[Question, ...]] | None
    """Rows and columns, where any of them, or a mark, may have changed."""


def newest(db: Connection, n: int) -> Since:
    """Return how far a review is now."""
    c, m, d = grid.cells.c, grid.marks.c, grid.review_documents.c
    of_ours = d.review == n
    cell = select(func.max(c.n)).join(grid.review_documents, d.n == c.document).where(of_ours)
    mark = select(func.max(m.n)).join(grid.review_documents, d.n == m.document).where(of_ours)
    updated = db.scalar(select(grid.reviews.c.updated).where(grid.reviews.c.n == n))
    return Since(db.scalar(cell) or 0, db.scalar(mark) or 0, updated or "")


def changes(db: Connection, n: int, since: Since) -> Changes:
    """Return what is new. A cell that took the place of the newest one has that one's number."""
    c, m, d = grid.cells, grid.marks, grid.review_documents.c
    documents, questions = contents.documents(db, n), contents.questions(db, n)
    cited = grid.cell_citations
    ours = (c.c.n >= since.cell, c.c.document.in_(select(d.n).where(d.review == n)))
    fresh = db.execute(select(c).where(*ours).order_by(c.c.n)).mappings().all()
    of_fresh = select(c.c.n).where(*ours)
    query = select(cited).where(cited.c.cell.in_(of_fresh))
    query = query.order_by(cited.c.cell, cited.c.position)
    citations = {
        number: [rows.to_citation(row) for row in group]
        for number, group in groupby(db.execute(query).mappings(), lambda row: row["cell"])
    }
    found: tuple[dict[Key, Cell], dict[Key, Cell]] = {}, {}
    for row in fresh:
        document, asked = documents.get(row["document"]), questions.get(row["question"])
        if document and asked:
            found[row["round"] > 0][document.path, asked.name] = made.to_cell(
                row, document.path, document.content_id, asked.name, citations.get(row["n"], ())
            )
    said: dict[Key, tuple[Mark, ...]] = {}
    for row in db.execute(select(m).where(m.c.n > since.mark).order_by(m.c.n)).mappings():
        document, asked = documents.get(row["document"]), questions.get(row["question"])
        if document and asked:
            key = (document.path, asked.name)
            said[key] = (*said.get(key, ()), made.to_mark(row))
    now = newest(db, n)
    arranged = None
    if now.updated != since.updated:
        arranged = tuple(documents.values()), tuple(questions.values())
    leases = grid.leases.c
    held = select(leases.document, leases.owner).where(leases.until > time.time())
    working = {
        documents[row.document].path: row.owner
        for row in db.execute(held)
        if row.document in documents
    }
    return Changes(now, *found, said, working, arranged)
