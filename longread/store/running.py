"""What a run of a review asks of the store and writes, on a connection that somebody else opened:
what is done, who works on which document, and each cell."""

from __future__ import annotations

import time
from collections.abc import Collection
from dataclasses import dataclass
from typing import Literal

from sqlalchemy import Connection, bindparam, delete, insert, select, update
from sqlalchemy.dialects.sqlite import insert as upsert

from longread.store import cells as made
from longread.store import contents, grid
from longread.store.contents import now
from longread.types.reviews import Cell, CellState, Mark, marked

Kept = Literal["kept", "stays", "lost"]
"""What became of a cell: it is kept; it failed, and the answer that was there stays; or its
document's lease went to somebody else, or the review is gone."""


@dataclass(frozen=True, slots=True)
class Done:
    """What a run must know of a cell that is there."""

    state: CellState
    normal: tuple[str, ...]
    model: str
    corrected: bool = False
    """Whether a person's value stands in the model's place; `normal` is the person's then."""
    created: str = ""
    """When the model's answer was kept."""

    @property
    def missing(self) -> bool:
        """Whether a run asks again, for nothing came of it."""
        return self.state is CellState.FAILED and not self.corrected

    def other(self, model: str) -> bool:
        """Whether it is another model's word, and no person's."""
        return not self.corrected and self.model not in ("", model)


# Made once: to make them for each cell takes longer than what they do.
PLACE = (
    grid.cells.c.document == bindparam("of"),
    grid.cells.c.question == bindparam("asked"),
    grid.cells.c.round == bindparam("pass"),
)
STATE_OF_CELL = select(grid.cells.c.state).where(*PLACE)
FORGET_CELL = delete(grid.cells).where(*PLACE)
FAILED = CellState.FAILED.value
KEEP_CELL = insert(grid.cells)
KEEP_CITATIONS = insert(grid.cell_citations)
HOLD = (
    update(grid.leases)
    .where(grid.leases.c.document == bindparam("of"), grid.leases.c.owner == bindparam("whose"))
    .values(until=bindparam("until"))
)


def keep_cell(db: Connection, document: int, cell: Cell, *, second: bool) -> bool:
    """Write a cell in the place of the one that was there; say whether that was done.

    What failed never takes the place of an answer.
    """
    place = {"of": document, "asked": cell.question_hash, "pass": int(second)}
    if cell.state is CellState.FAILED and db.scalar(STATE_OF_CELL, place) not in (None, FAILED):
        return False
    db.execute(FORGET_CELL, place)
    row = made.of_cell(document, cell, now(), second=second)
    key = db.execute(KEEP_CELL, row).inserted_primary_key
    assert key is not None
    if cell.citations:
        db.execute(KEEP_CITATIONS, made.of_citations(key[0], cell.citations))
    return True


def done(
    db: Connection, n: int, documents: Collection[int] = (), *, second: bool = False
) -> dict[int, dict[str, Done]]:
    """Return what there is of a review's documents, by their number and the question's hash.

    Args:
        documents: numbers of those that are asked about; all where none is named.
        second: whether the second pass is meant, of which no person says anything.
    """
    d, c, m = grid.review_documents.c, grid.cells.c, grid.marks.c
    chosen = d.n.in_(list(documents)) if documents else d.position.is_not(None)
    within = (d.review == n, chosen)
    query = (
        select(c.document, c.question, c.state, c.value, c.model, c.created)
        .join(grid.review_documents, d.n == c.document)
        .where(*within, c.round == int(second))
    )
    found: dict[int, dict[str, Done]] = {}
    for kept in db.execute(query):
        normal = made.normal_of(kept.value)
        one = Done(CellState(kept.state), normal, kept.model, created=kept.created)
        found.setdefault(kept.document, {})[kept.question] = one
    if second:
        return found
    said = (
        select(grid.marks)
        .join(grid.review_documents, d.n == m.document)
        .where(*within)
        .order_by(m.n)
    )
    logs: dict[tuple[int, str], list[Mark]] = {}
    for row in db.execute(said).mappings():
        logs.setdefault((row["document"], row["question"]), []).append(made.to_mark(row))
    for (document, question), log in logs.items():
        if mark := marked(log, None).correction:
            state = CellState.ANSWERED if mark.value else CellState.NOT_PRESENT
            normal = mark.value.normal if mark.value else ()
            corrected = Done(state, normal, "", corrected=True)
            found.setdefault(document, {})[question] = corrected
    return found


def answers(
    db: Connection, n: int, documents: Collection[int], *, second: bool = False
) -> dict[str, tuple[Done, Cell]]:
    """Return the newest answer that a model gave to each question, of some documents of a review.

    The keys are questions' hashes. What failed, and what was taken over, is left out.
    """
    rows = {number: one for number, one in contents.documents(db, n).items() if number in documents}
    asked = contents.questions(db, n)
    cells = contents.cells(db, n, rows, asked, second=second, only=documents)
    c = grid.cells.c
    times = select(c.document, c.question, c.created).where(
        c.document.in_(list(rows)), c.round == int(second)
    )
    found: dict[str, tuple[Done, Cell]] = {}
    for row in db.execute(times.order_by(c.created)):
        question = asked.get(row.question)
        cell = cells.get((rows[row.document].path, question.name)) if question else None
        if cell and cell.requests and cell.state is not CellState.FAILED:
            normal = cell.value.normal if cell.value else ()
            there = Done(cell.state, normal, cell.model, created=row.created)
            found[row.question] = there, cell
    return found


def take(
    db: Connection, document: int, owner: str, seconds: float, gone: Collection[str] = ()
) -> bool:
    """Take the lease of a document, unless somebody has it.

    Args:
        gone: owners that are known to have ended without giving theirs back.
    """
    leases, moment = grid.leases.c, time.time()
    held = db.execute(
        select(leases.owner, leases.until).where(leases.document == document)
    ).one_or_none()
    if held and held.until > moment and held.owner not in gone:
        return False
    row = {"document": document, "owner": owner, "until": moment + seconds}
    taken = upsert(grid.leases).values(row)
    db.execute(taken.on_conflict_do_update(index_elements=["document"], set_=row))
    return True


def renewed(db: Connection, document: int, owner: str, seconds: float) -> bool:
    """Hold a lease on; say whether it is still held."""
    held = {"of": document, "whose": owner, "until": time.time() + seconds}
    return db.execute(HOLD, held).rowcount == 1


def release(db: Connection, document: int, owner: str) -> None:
    """Give a lease back."""
    leases = grid.leases.c
    db.execute(delete(grid.leases).where(leases.document == document, leases.owner == owner))


def leases(db: Connection, n: int) -> dict[int, str]:
    """Return who works on which document of a review, by leases that have not run out."""
    leases, d = grid.leases.c, grid.review_documents.c
    query = (
        select(leases.document, leases.owner)
        .join(grid.review_documents, d.n == leases.document)
        .where(d.review == n, leases.until > time.time())
    )
    return {row.document: row.owner for row in db.execute(query)}
