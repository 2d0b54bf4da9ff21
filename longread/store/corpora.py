"""Corpora, the places they are read from, and the hosts they may be sent to.

A corpus has an id of its own; a place belongs to one corpus at a time and can be moved. The
place of several sources is their locations, sorted, one a line.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence

from sqlalchemy import Connection, Table, delete, insert, or_, select
from sqlalchemy.dialects.sqlite import insert as upsert

from longread.errors import StoreError
from longread.store import grid, schema
from longread.store.connection import add
from longread.types import Source


def new_id(db: Connection, table: Table) -> str:
    """Return eight letters and digits that no row of the table has."""
    while True:
        new = secrets.token_hex(4)
        if db.scalar(select(table.c.n).where(table.c.id == new)) is None:
            return new


def at(db: Connection, location: str) -> str | None:
    """Return the id of the corpus that was read there."""
    return db.scalar(
        select(schema.corpora.c.id)
        .join(schema.places, schema.places.c.corpus == schema.corpora.c.n)
        .where(schema.places.c.location == location)
    )


def read_from(db: Connection, sources: Sequence[Source], now: str) -> int:
    """Return the number of the corpus read from these sources, new if none was."""
    location = "\n".join(sorted({source.location for source in sources}))
    places = schema.places
    known = db.scalar(select(places.c.corpus).where(places.c.location == location))
    if known is None:
        known = add(db, schema.corpora, {"id": new_id(db, schema.corpora), "created": now})
        db.execute(insert(places).values(location=location, corpus=known))
    return int(known)


def attach(db: Connection, corpus: str, location: str) -> None:
    """Give a corpus a place, also one that was another's."""
    n = db.scalar(select(schema.corpora.c.n).where(schema.corpora.c.id == corpus))
    if n is None:
        raise StoreError(
            f"there is no corpus {corpus}", hint="ask about it once: that makes it known"
        )
    db.execute(
        upsert(schema.places)
        .values(location=location, corpus=n)
        .on_conflict_do_update(index_elements=["location"], set_={"corpus": n})
    )


def drop_unneeded(db: Connection, n: int | None) -> None:
    """Forget a corpus that nothing is about any more: its places, and whom it was trusted to."""
    corpora, places = schema.corpora, schema.places
    for table in (schema.sessions, grid.reviews):
        if db.scalar(select(table.c.n).where(table.c.corpus == n).limit(1)) is not None:
            return
    names = [
        *db.scalars(select(corpora.c.id).where(corpora.c.n == n)),
        *db.scalars(select(places.c.location).where(places.c.corpus == n)),
    ]
    db.execute(delete(schema.trust).where(or_(*(schema.trust.c.corpus == one for one in names))))
    db.execute(delete(corpora).where(corpora.c.n == n))


def trusted(db: Connection, corpus: str, host: str) -> bool:
    """Whether the pair was ever trusted."""
    trust = schema.trust.c
    found = select(trust.host).where(trust.corpus == corpus, trust.host == host)
    return db.scalar(found) is not None


def trust(db: Connection, corpus: str, host: str, now: str) -> None:
    """Keep the pair."""
    row = upsert(schema.trust).values(corpus=corpus, host=host, created=now)
    db.execute(row.on_conflict_do_nothing())
