"""Reading order: what explains the whole first, definitions before uses, noise last.

The order depends on the documents alone, so the same content is always laid out the same way.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from longread.prompt.rank import link, overview, rank, references
from longread.types import Corpus, Document, Kind

VERSION = 3
"""Raised when the same documents would be ordered or ranked otherwise."""

GROUPS: dict[Kind, int] = {
    "source": 1,
    "pdf": 1,
    "document": 1,
    "notebook": 2,
    "config": 2,
    "test": 3,
    "docs": 4,
    "other": 5,
    "data": 6,
    "vendored": 7,
    "locale": 7,
    "generated": 8,
    "minified": 8,
    "lock": 9,
}


def arrange(documents: Sequence[Document]) -> tuple[list[int], list[float]]:
    """Return positions in reading order, and the rank of the document at each of them."""
    graph = link(documents)
    ranks = rank(documents, graph, references(documents))
    order = sort(documents, graph)
    return order, [ranks[position] for position in order]


def number(corpus: Corpus, order: Sequence[int]) -> Corpus:
    """Return the corpus with its documents in that order, under the short ids d1, d2, …"""
    documents = tuple(
        corpus.documents[position].named(f"d{number}") for number, position in enumerate(order, 1)
    )
    return replace(corpus, documents=documents)


def sort(documents: Sequence[Document], graph: Sequence[Sequence[int]]) -> list[int]:
    """Return positions in reading order: by group, within it what is linked to first."""
    groups = [0 if overview(d) else GROUPS.get(d.kind, 5) for d in documents]
    # What explains the whole is read from the top down, whatever it links to.
    graph = [() if group == 0 else links for group, links in zip(groups, graph, strict=True)]
    depths = [
        d.path.count("/") if group == 0 else 0 for d, group in zip(documents, groups, strict=True)
    ]
    by_path = sorted(range(len(documents)), key=lambda p: (groups[p], depths[p], documents[p].path))
    order: list[int] = []
    seen = [False] * len(documents)
    for start in by_path:
        if seen[start]:
            continue
        seen[start] = True
        path = [(start, iter(sorted(graph[start], key=lambda p: documents[p].path)))]
        while path:
            position, links = path[-1]
            for target in links:
                if not seen[target] and groups[target] == groups[position]:
                    seen[target] = True
                    later = sorted(graph[target], key=lambda p: documents[p].path)
                    path.append((target, iter(later)))
                    break
            else:
                order.append(position)
                path.pop()
    return order
