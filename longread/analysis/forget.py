"""Deleting a session or a review, wherever its texts have gone."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from functools import partial

from longread.analysis.relevance import index_of, place_of
from longread.cache.derived import Derived
from longread.cache.kept import derived_path
from longread.ingest.shelf import KNOWN
from longread.store import Store
from longread.types import Source


def forget(store: Store, session: str) -> str:
    """Delete a session for good and return its id.

    With the last session about a corpus goes the corpus' index; the store deletes the texts
    that no other session needs, and so does the cache.

    Raises:
        StoreError: there is no such session.
    """
    session = store.resolve(session)
    _forget(store, store.session(session).sources, partial(store.delete, session))
    return session


def forget_review(store: Store, review: str) -> str:
    """Delete a review for good, as `forget` does a session, and return its id.

    Raises:
        StoreError: there is no such review.
    """
    review = store.reviews.resolve(review)
    _forget(store, store.reviews.head(review).sources, partial(store.reviews.delete, review))
    return review


def _forget(store: Store, sources: Sequence[Source], delete: Callable[[], object]) -> None:
    """Delete, and remove what nothing in the store needs any more from the cache."""
    before = store.content_ids()
    try:
        delete()
    finally:
        _forget_derived(before - store.content_ids())
    _forget_index(store, sources)


def _forget_derived(gone: Collection[str]) -> None:
    """Remove what the cache holds of texts, also where another store has them: it is made again.

    Token ids, recognised pictures and snapshots of sources do not say whose texts they hold, so all
    of them go.
    """
    if not gone or not derived_path().exists():
        return
    with Derived(derived_path()) as derived:
        derived.forget("facts", {content_id[:KNOWN] for content_id in gone})
        for kind in ("ids", "ocr", "snapshot"):
            derived.forget(kind)


def _forget_index(store: Store, sources: Sequence[Source]) -> None:
    if store.place_known(place_of(sources)) is None:
        index = index_of(sources)
        for suffix in ("", "-wal", "-shm"):
            index.with_name(index.name + suffix).unlink(missing_ok=True)
