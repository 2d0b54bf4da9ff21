"""What matters: the graph of imports, includes and links between documents, and kinds.

Relevance to a question is `longread.prompt.evidence`.
"""

from __future__ import annotations

import posixpath
from collections.abc import Sequence

from longread.types import Document, Kind

DAMPING = 0.85
ROUNDS = 20
"""Page, Brin: "The PageRank Citation Ranking" (1998); 20 rounds settle the order."""
AMBIGUOUS = 4
"""A link that so many documents answer to says nothing about any of them."""
SUFFIX = 6
"""Path parts by which a document can be named."""

WEIGHTS: dict[Kind, float] = {
    "source": 1.0,
    "pdf": 1.0,
    "docs": 0.6,
    "notebook": 0.6,
    "config": 0.5,
    "other": 0.4,
    "test": 0.35,
    "data": 0.1,
    "vendored": 0.06,
    "generated": 0.05,
    "minified": 0.03,
    "locale": 0.03,
    "lock": 0.02,
}
"""How much a token of a kind is worth beside one of source; the rest is never a document."""
OVERVIEW = 4.0
"""What a README at the top is worth beside an average source file."""


def rank(documents: Sequence[Document], graph: Sequence[Sequence[int]]) -> list[float]:
    """Return how much each document matters, relative to an average source file.

    PageRank over `graph` (from the one that links to the one that is linked), times the
    weight of its kind. The sum is taken in document order, so equal input gives equal floats.
    """
    if not documents:
        return []
    share = 1.0 / len(documents)
    score = [share] * len(documents)
    for _ in range(ROUNDS):
        dangling = sum(s for s, links in zip(score, graph, strict=True) if not links)
        base = (1 - DAMPING + DAMPING * dangling) * share
        fresh = [base] * len(documents)
        for index, links in enumerate(graph):
            for target in links:
                fresh[target] += DAMPING * score[index] / len(links)
        score = fresh
    return [
        round((s / share) ** 0.5 * (OVERVIEW if overview(d) else WEIGHTS.get(d.kind, 0.4)), 6)
        for s, d in zip(score, documents, strict=True)
    ]


def overview(document: Document) -> bool:
    """Whether it explains the whole: a README at the top of its source."""
    name = posixpath.basename(document.path).lower()
    return document.path.count("/") <= 1 and name.startswith(("readme", "architecture"))


def link(documents: Sequence[Document]) -> list[tuple[int, ...]]:
    """Return, for each document, the indices of those it imports, includes or links to."""
    index = _names(documents)
    return [
        tuple(
            dict.fromkeys(
                target
                for written in document.links
                for target in _resolve(written, document, documents, index)
                if target != position
            )
        )
        for position, document in enumerate(documents)
    ]


def _names(documents: Sequence[Document]) -> dict[str, list[int]]:
    """Index documents by every way a link could name them: "client", "httpx/client", …"""
    index: dict[str, list[int]] = {}
    for position, document in enumerate(documents):
        if not document.language or document.kind in ("lock", "locale", "data"):
            continue
        full = document.path
        stem, _ = posixpath.splitext(full)
        if posixpath.basename(stem) in ("__init__", "index"):
            stem = posixpath.dirname(stem)
        for name in (full, stem):
            parts = name.split("/")
            for length in range(1, min(len(parts), SUFFIX) + 1):
                index.setdefault("/".join(parts[-length:]), []).append(position)
    return index


def _resolve(
    written: str,
    document: Document,
    documents: Sequence[Document],
    index: dict[str, list[int]],
) -> list[int]:
    folder = posixpath.dirname(document.path)
    if document.language == "python":
        dots = len(written) - len(written.lstrip("."))
        rest = written.lstrip(".").replace(".", "/")
        if dots:
            anchor = folder
            for _ in range(dots - 1):
                anchor = posixpath.dirname(anchor)
            candidates = [posixpath.join(anchor, rest) if rest else anchor]
        else:
            candidates = [rest, posixpath.dirname(rest)]
    else:
        near = posixpath.normpath(posixpath.join(folder, written))
        candidates = [near] if written.startswith(".") else [near, written]
    for name in candidates:
        parts = name.strip("/").split("/")
        found = index.get("/".join(parts[-SUFFIX:]), []) if name else []
        if len(found) > 1:
            found = _nearest(found, folder, documents)
        if found:
            return found[:1] if len(found) < AMBIGUOUS else []
    return []


def _nearest(found: list[int], folder: str, documents: Sequence[Document]) -> list[int]:
    """Keep those that share the longest path with the folder of the one that links."""
    shared = {
        position: len(posixpath.commonprefix([documents[position].path, folder + "/"]))
        for position in found
    }
    best = max(shared.values())
    return [position for position in found if shared[position] == best]
