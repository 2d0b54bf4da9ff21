"""Deleting a session or a review, wherever its texts have gone."""

from __future__ import annotations

from collections.abc import Sequence

from longread.analysis.relevance import index_of, place_of
from longread.store import Store
from longread.types import Source


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
    _forget_index(store, sources)
    return session


def forget_review(store: Store, review: str) -> str:
    """Delete a review for good, as `forget` does a session, and return its id.

    Raises:
        StoreError: there is no such review.
    """
    review = store.reviews.resolve(review)
    sources = store.reviews.head(review).sources
    store.reviews.delete(review)
    _forget_index(store, sources)
    return review


def _forget_index(store: Store, sources: Sequence[Source]) -> None:
    if store.place_known(place_of(sources)) is None:
        index = index_of(sources)
        for suffix in ("", "-wal", "-shm"):
            index.with_name(index.name + suffix).unlink(missing_ok=True)
