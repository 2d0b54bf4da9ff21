"""What stands beside a list about one session: where it was read from, what was asked when."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from sqlalchemy import Connection, select

from longread.store import parts, schema
from longread.types import Source


@dataclass(frozen=True, slots=True)
class Asked:
    """One question of a session."""

    question: str
    when: datetime
    finished: Literal["stop", "length", "cut"]
    price: float


@dataclass(frozen=True, slots=True)
class About:
    """A session without its texts, its ledger and its answers' texts."""

    sources: tuple[Source, ...]
    asked: tuple[Asked, ...]
    """Oldest first."""


def about(db: Connection, n: int) -> About:
    """Read it."""
    a = schema.answers.c
    rows = db.execute(
        select(a.question, a.created, a.finished, a.price).where(a.session == n).order_by(a.n)
    )
    asked = tuple(
        Asked(row.question, datetime.fromisoformat(row.created), row.finished, row.price or 0.0)
        for row in rows
    )
    return About(parts.sources(db, n), asked)
