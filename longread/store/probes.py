"""Probes and their trials, each trial kept by itself."""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields
from datetime import datetime

from sqlalchemy import Connection, Row, func, select
from sqlalchemy.dialects.sqlite import insert as upsert

from longread.store import schema
from longread.types import Usage
from longread.types.probes import Trial

COUNTED = tuple(field.name for field in fields(Usage))
"""Columns that hold what the engine counted."""


@dataclass(frozen=True, slots=True)
class Probed:
    """A probe in a list."""

    key: str
    title: str
    profile: str
    model: str
    seed: int
    created: datetime
    trials: int


def begin(
    db: Connection, key: str, title: str, profile: str, model: str, seed: int, now: str
) -> int:
    """Return the number of the probe with this key, new if there is none."""
    row = upsert(schema.probes).values(
        key=key, title=title, profile=profile, model=model, seed=seed, created=now
    )
    db.execute(row.on_conflict_do_nothing())
    n = db.scalar(select(schema.probes.c.n).where(schema.probes.c.key == key))
    assert n is not None
    return int(n)


def keep(db: Connection, probe: int, trial: Trial, now: str) -> None:
    """Keep one trial; one at the same place is replaced."""
    row = asdict(trial)
    usage = row.pop("usage") or {}
    counted = {name: usage.get(name) for name in COUNTED}
    values = {**row, **counted, "probe": probe, "created": now}
    made = upsert(schema.trials).values(values)
    keys = [column.name for column in schema.trials.primary_key]
    db.execute(made.on_conflict_do_update(index_elements=keys, set_=values))


def trials(db: Connection, key: str) -> list[Trial]:
    """Return the trials of the probe with this key, in the order of their places."""
    t, p = schema.trials.c, schema.probes.c
    rows = db.execute(
        select(schema.trials)
        .join(schema.probes, p.n == t.probe)
        .where(p.key == key)
        .order_by(t.length, t.depth, t.kind, t.number)
    )
    return [
        Trial(
            row.length, row.depth, row.kind, row.number, row.question, row.value, row.answer,
            row.right, row.at, _usage(row), row.price,
        )
        for row in rows
    ]  # fmt: skip


def listed(db: Connection) -> list[Probed]:
    """Return all probes, the newest first."""
    p, t = schema.probes.c, schema.trials.c
    rows = db.execute(
        select(schema.probes, func.count(t.probe).label("trials"))
        .outerjoin(schema.trials, t.probe == p.n)
        .group_by(p.n)
        .order_by(p.created.desc(), p.n.desc())
    )
    return [
        Probed(
            row.key, row.title, row.profile, row.model, row.seed,
            datetime.fromisoformat(row.created), row.trials,
        )
        for row in rows
    ]  # fmt: skip


def _usage(row: Row[tuple[object, ...]]) -> Usage | None:
    """Return what the engine counted, where it said something."""
    if row.prompt_tokens is None:
        return None
    return Usage(**{name: getattr(row, name) for name in COUNTED})
