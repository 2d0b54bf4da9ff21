"""Deleting a session, wherever its texts have gone."""

from __future__ import annotations

from longread.analysis.relevance import index_of, place_of
from longread.store import Store


def forget(store: Store, session: str) -> str:
    """Delete a session for good and return its id.

    With the last session about a corpus goes the corpus' index; the store deletes the texts
    that no other session needs.

    Raises:
        StoreError: there is no such session.
    """
    session = store.resolve(session)
    sources = store.session(session).sources
    store.delete(session)
    if store.place_known(place_of(sources)) is None:
        index = index_of(sources)
        for suffix in ("", "-wal", "-shm"):
            index.with_name(index.name + suffix).unlink(missing_ok=True)
    return session
