"""What belongs to which agreement, and which version of an agreement that makes. It reads no text.

An agreement with amendments and exhibits is another version of its row than the agreement alone,
and another one again when one of them changes: what was said of one is not said of another.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from hashlib import blake2b

from longread.types.reviews import Reviewed

JOINED = "+"
"""Between the content id of an agreement and the digest of what is read with it."""


def alone(content_id: str) -> str:
    """Return the content id of a document by itself."""
    return content_id.partition(JOINED)[0]


def members(
    path: str, documents: Sequence[Reviewed], families: Mapping[str, str]
) -> list[Reviewed]:
    """Return the documents that belong to the agreement at `path`, in the shelf's order.

    Args:
        families: the agreement of each, both by path.
    """
    return [one for one in documents if families.get(one.path) == path and one.path != path]


def read_together(
    documents: Sequence[Reviewed], families: Mapping[str, str]
) -> tuple[Reviewed, ...]:
    """Return the documents, each at the version that it is with all that belongs to it."""
    made = []
    for one in documents:
        kept = alone(one.content_id)
        if kept and (others := members(one.path, documents, families)):
            said = sorted((alone(other.content_id), other.reason) for other in others)
            digest = blake2b(json.dumps(said).encode(), digest_size=8).hexdigest()
            kept = f"{kept}{JOINED}{digest}"
        made.append(one if kept == one.content_id else replace(one, content_id=kept))
    return tuple(made)


def moved(before: Sequence[Reviewed], now: Sequence[Reviewed]) -> dict[str, str]:
    """Return the new path of each document that is the same one somewhere else, by its old path."""
    paths = {one.path for one in now}
    old = {
        alone(one.content_id): one.path
        for one in before
        if one.path not in paths and one.content_id
    }
    known = {(one.path, alone(one.content_id)) for one in before}
    return {
        old[key]: one.path
        for one in now
        if (key := alone(one.content_id)) in old and (one.path, key) not in known
    }


def followed(families: Mapping[str, str], paths: Mapping[str, str]) -> dict[str, str]:
    """Return families with paths as they are now.

    A document that comes to a path brings its own agreement, if it has one, in place of the one
    that what was there before had.
    """
    ties = {path: paths.get(agreement, agreement) for path, agreement in families.items()}
    stayed = {path: agreement for path, agreement in ties.items() if path not in paths}
    return stayed | {paths[path]: ties[path] for path in ties if path in paths}
