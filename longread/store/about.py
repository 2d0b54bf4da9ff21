"""What stands beside a list about one session: where it was read from, what was asked when."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from sqlalchemy import Connection, func, select

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
    unread: int = 0
    """Files of the ledger of which there was no text to show."""


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
    f = schema.files.c
    # What could be read costs tokens in full: its boundary lines at the least.
    unread = select(func.count()).where(f.session == n, f.full_tokens == 0, f.level == 0)
    return About(parts.sources(db, n), asked, db.scalar(unread) or 0)
