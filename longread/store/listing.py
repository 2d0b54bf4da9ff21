"""Sessions as a list shows them, by a few queries that touch no text."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from itertools import chain, groupby
from statistics import median
from typing import Any

from sqlalchemy import Connection, func, select

from longread.store import grid, schema


@dataclass(frozen=True, slots=True)
class Row:
    """A session as a list shows it."""

    id: str
    title: str
    sources: tuple[str, ...]
    """Their locations."""
    profile: str
    answers: int
    tokens: int
    """Of the prompt's corpus."""
    share: float
    """Part of the corpus' tokens that is shown in full, 0 to 1."""
    created: datetime
    updated: datetime
    budget: int
    """Tokens that prompt and answer were laid out for."""
    price: float
    """US dollars that its answers cost, as far as that is known."""
    last_question: str
    """The newest; empty where nothing was asked."""
    owners: tuple[str, ...]
    """Who writes its answers that are being written."""
    way: str
    """How its first source was read."""
    version: str
    """The commit that its first source stood on; empty outside git."""
    files: int
    """In its ledger, shown or not."""
    pages: int


def listed(db: Connection) -> list[Row]:
    """Read what is kept, newest first."""
    s, ledgers, answers = schema.sessions.c, schema.ledgers.c, schema.answers.c
    counted = select(func.count()).where(answers.session == s.n).scalar_subquery()
    spent = select(func.sum(answers.price)).where(answers.session == s.n).scalar_subquery()
    newest = (
        select(answers.question)
        .where(answers.session == s.n)
        .order_by(answers.n.desc())
        .limit(1)
        .scalar_subquery()
    )
    query = (
        select(s.n, s.id, s.title, s.profile, s.created, s.updated)
        .add_columns(ledgers.tokens, ledgers.share, counted.label("answers"))
        .add_columns(ledgers.budget, ledgers.files, ledgers.pages)
        .add_columns(spent.label("price"), newest.label("last_question"))
        .join(schema.ledgers, ledgers.session == s.n)
        .order_by(s.updated.desc(), s.n.desc())
    )
    read = _sources(db)
    owners = _owners(db)
    return [
        Row(
            id=row.id,
            title=row.title,
            sources=tuple(source.location for source in read.get(row.n, ())),
            profile=row.profile,
            answers=row.answers,
            tokens=row.tokens,
            share=row.share,
            created=datetime.fromisoformat(row.created),
            updated=datetime.fromisoformat(row.updated),
            budget=row.budget,
            price=row.price or 0.0,
            last_question=row.last_question or "",
            owners=owners.get(row.n, ()),
            way=read[row.n][0].way if row.n in read else "",
            version=read[row.n][0].version if row.n in read else "",
            files=row.files,
            pages=row.pages,
        )
        for row in db.execute(query)
    ]


LAST = 20
"""Answers by which a model's pace is judged."""
TIMED = ("prompt_tokens", "cached_tokens", "output_tokens", "first_token_seconds", "seconds")
CELLS = 400
"""Cells of reviews that are looked at for it: most of them read hardly anything anew."""
LEAST = 256
"""Tokens read anew below which an answer says nothing of how fast a model reads."""


def pace(db: Connection, profile: str) -> tuple[float, float]:
    """Return tokens read and written a second, 0 if unknown.

    Medians of a profile's last answers, of its last trials in probes and cells of reviews.
    """
    answers, usage = schema.answers.c, schema.usage.c
    probes, trials = schema.probes.c, schema.trials.c
    answered = (
        select(*(usage[name] for name in TIMED))
        .join(schema.answers, answers.n == usage.answer)
        .where(answers.profile == profile)
        .order_by(answers.n.desc())
        .limit(LAST)
    )
    tried = (
        select(*(trials[name] for name in TIMED))
        .join(schema.probes, probes.n == trials.probe)
        .where(probes.profile == profile, trials.prompt_tokens.is_not(None))
        .order_by(trials.created.desc())
        .limit(LAST)
    )
    # Of a document's cells the first was read anew; one that was asked twice took longer.
    cells = grid.cells.c
    reviewed = (
        select(*(cells[name] for name in TIMED))
        .where(cells.profile == profile, cells.requests == 1, cells.seconds > 0)
        .order_by(cells.n.desc())
        .limit(CELLS)
    )
    reading, writing = [], []
    for row in chain(db.execute(answered), db.execute(tried), db.execute(reviewed)):
        fresh = row.prompt_tokens - (row.cached_tokens or 0)
        if fresh >= LEAST and row.first_token_seconds > 0:
            reading.append(fresh / row.first_token_seconds)
        if row.output_tokens > 1 and row.seconds > row.first_token_seconds:
            writing.append((row.output_tokens - 1) / (row.seconds - row.first_token_seconds))
    return (median(reading) if reading else 0.0, median(writing) if writing else 0.0)


def _sources(db: Connection) -> dict[int, list[Any]]:
    s = schema.sources.c
    query = select(s.session, s.location, s.way, s.version).order_by(s.session, s.position)
    return {n: list(group) for n, group in groupby(db.execute(query), key=lambda row: row.session)}


def _owners(db: Connection) -> dict[int, tuple[str, ...]]:
    answers, drafts = schema.answers.c, schema.drafts.c
    query = (
        select(answers.session, drafts.owner)
        .join(schema.drafts, drafts.answer == answers.n)
        .order_by(answers.session, answers.n)
    )
    return {
        n: tuple(row.owner for row in group)
        for n, group in groupby(db.execute(query), key=lambda row: row.session)
    }
