"""What matters: the graph of imports, includes, links and references between documents, and kinds.

Relevance to a question is `longread.prompt.weigh`.
"""

from __future__ import annotations

import math
import posixpath
import re
from array import array
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from zlib import crc32

from longread.types import Document, Kind

DAMPING = 0.85
ROUNDS = 20
"""Page, Brin: "The PageRank Citation Ranking" (1998); 20 rounds settle the order."""
AMBIGUOUS = 4
"""A link that so many documents answer to says nothing about any of them, nor does a name that
so many define."""
SUFFIX = 6
"""Path parts by which a document can be named."""
IMPORT = 3.0
"""How many names that are used an import, an include or a link weighs as much as."""
CODE = frozenset(("source", "test", "notebook"))
"""Kinds that define names and use them."""
MARKUP = frozenset("css scss less html xml svg vue svelte".split())
"""Languages whose names are words like any other."""
NOT_NAMED = re.compile(r"[^\w$]+")
"""What stands between the parts of a qualified name."""
WORD = re.compile(r"[^\W\d]\w{2,}")
"""A name that may be told from others: three letters at least."""

WEIGHTS: dict[Kind, float] = {
    "source": 1.0,
    "pdf": 1.0,
    "document": 1.0,
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
ENTRY = 1.5
"""What a file at which a program or a library begins is worth beside another source file."""
ENTRIES = frozenset("__main__ main cli app lib index manage server".split())
"""Names that such files have, without their ends."""
DEEPEST = 3
"""Folders in which they lie, at most."""


def rank(
    documents: Sequence[Document],
    graph: Sequence[Sequence[int]],
    uses: Sequence[Mapping[int, float]] = (),
) -> list[float]:
    """Return how much each document matters, relative to an average source file.

    PageRank: a reader goes on from a document, with the chance DAMPING, to one that it links to or
    uses names of, in proportion to the weight of each, and else anywhere. The square root of that,
    over the average, times the weight of its kind. Sums are taken in document order, so equal input
    gives equal floats.

    Args:
        graph: for each document, those it links to; each weighs IMPORT.
        uses: for each document, those whose names it uses, and what these weigh.
    """
    if not documents:
        return []
    edges = _edges(graph, uses)
    share = 1.0 / len(documents)
    score = [share] * len(documents)
    for _ in range(ROUNDS):
        dangling = sum(s for s, links in zip(score, edges, strict=True) if not links)
        fresh = [(1 - DAMPING + DAMPING * dangling) * share] * len(documents)
        for index, links in enumerate(edges):
            given = DAMPING * score[index]
            for target, part in links:
                fresh[target] += given * part
        score = fresh
    return [
        round(math.sqrt(s / share) * _weight(d), 6) for s, d in zip(score, documents, strict=True)
    ]


def _weight(document: Document) -> float:
    if overview(document):
        return OVERVIEW
    return WEIGHTS.get(document.kind, 0.4) * (ENTRY if entry(document) else 1.0)


def _edges(
    graph: Sequence[Sequence[int]], uses: Sequence[Mapping[int, float]]
) -> list[list[tuple[int, float]]]:
    """Return, for each document, where a reader goes on and with what chance."""
    edges = []
    for index, links in enumerate(graph):
        weights = dict(uses[index]) if uses else {}
        for target in links:
            weights[target] = weights.get(target, 0.0) + IMPORT
        whole = sum(weights.values())
        edges.append([(target, weights[target] / whole) for target in sorted(weights)])
    return edges


def references(documents: Sequence[Document]) -> list[dict[int, float]]:
    """Return, for each document, those that define names it uses, and what these names weigh.

    A name weighs 1 / (d · √u) where d documents define it, fewer than AMBIGUOUS, and u use it: what
    everybody uses is as likely a word like any other.
    """
    defined: dict[int, list[int]] = defaultdict(list)
    own: list[set[int]] = []
    for position, document in enumerate(documents):
        names = _named(document)
        own.append(names)
        # Tests use; what they define is for themselves.
        for name in sorted(names) if document.kind != "test" else ():
            defined[name].append(position)
    known = {name for name, holders in defined.items() if len(holders) < AMBIGUOUS}
    used = [
        array("I", sorted(known.intersection(_used(document)) - names))
        for document, names in zip(documents, own, strict=True)
    ]
    times: dict[int, int] = defaultdict(int)
    for names_used in used:
        for name in names_used:
            times[name] += 1
    found: list[dict[int, float]] = []
    for names_used in used:
        weights: dict[int, float] = defaultdict(float)
        for name in names_used:
            weight = 1 / len(defined[name]) / math.sqrt(times[name])
            for target in defined[name]:
                weights[target] += weight
        found.append(dict(weights))
    return found


def _named(document: Document) -> set[int]:
    """Return the names that code defines, as CRC-32."""
    if document.kind not in CODE or document.language in MARKUP:
        return set()
    names = {NOT_NAMED.split(name)[-1] for name in set(document.names)}
    return {crc32(name.encode()) for name in names if len(name) > 2}


def _used(document: Document) -> Iterable[int]:
    """Return the names in the text of code, as CRC-32; read from the text where nobody looked."""
    if document.kind not in CODE or not document.language:
        return ()
    if document.words is not None:
        return document.words
    return {crc32(word.encode()) for word in set(WORD.findall(document.text))}


def entry(document: Document) -> bool:
    """Whether a program or a library begins in it, by its name."""
    stem = posixpath.splitext(posixpath.basename(document.path))[0]
    shallow = document.path.count("/") <= DEEPEST
    return document.kind == "source" and shallow and stem.lower() in ENTRIES


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
        if document.kind in CODE:
            # What code names is code: `import sys` means no page of the manual.
            found = [position for position in found if documents[position].kind != "docs"]
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
