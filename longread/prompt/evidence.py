"""The pieces most relevant to a question, for a corpus that is not shown in full.

bm25 over segments, lifted where the question names a document, a symbol or exact words. What
the question says literally always wins over what merely resembles it.
"""

from __future__ import annotations

import math
import re
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from longread.cache.search import SearchIndex, parts
from longread.prompt.costs import price
from longread.prompt.rank import WEIGHTS
from longread.prompt.render import Chunk, excerpt, runs
from longread.tokens.pieces import Pieces
from longread.types import Document

CANDIDATES = 400
"""Segments taken from the index before they are weighed."""
NAMED = 3.0
"""How often over a segment counts whose document the question names in full."""
NOISE = 0.3
"""What a hit in a document of no worth counts beside one in source: data may hold the answer."""
SURE = 0.75
"""How far a document must be named for its segments to be weighed within it."""
INSIDE = 4
"""Documents looked into so, at most."""
CODE = frozenset(("source", "test", "notebook", "config", "docs"))
"""Kinds in which a symbol of the question means that symbol."""
LITERAL = 1000.0
"""Added where the segment has words that the question quotes: they always win."""
WORD = re.compile(r"\w+(?:[.'-]\w+)*")
QUOTED = re.compile(r"`([^`\n]{2,200})`|\"([^\"\n]{2,200})\"|“([^”\n]{2,200})”")
SYMBOL = re.compile(r"\b(?:\w+(?:[._/]\w+)+(?:\(\))?|\w*[a-z][A-Z]\w*|\w+\(\))")
"""What only code has: dotted, snake or camel names, paths, calls."""
STOP = frozenset(
    "a about all an and any are as at be been by can could did do does each for from had has have"
    " how i if in into is it its list many me much must my name no not of on one or our out please"
    " shall should show so some tell than that the their them then there these they this those"
    " to under up us was we were what when where which who whom whose why will with would you your"
    .split()
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Hit:
    """A segment and how relevant it is; more is better."""

    document: int
    segment: int
    score: float


def find(question: str, documents: Sequence[Document], index: SearchIndex) -> list[Hit]:
    """Return the segments that answer `question` best, best first; `index` is up to date."""
    named, names = affinity(question, documents)
    words = list(dict.fromkeys(w.casefold() for w in query(question)))
    # Words that name a document choose the document; the others choose the place in it.
    words = [w for w in words if not any(_squeeze(w) in name for name in names)] or words
    by_content: dict[str, list[int]] = defaultdict(list)
    for position, document in enumerate(documents):
        by_content[document.content_id].append(position)
    exact, symbols = quoted(question)
    scores = {
        (position, number): score * _worth(documents[position], named.get(position, 0.0))
        for content, number, score in index.search(words, CANDIDATES)
        for position in by_content.get(content, ())
    }
    for position in sorted(named, key=lambda p: (-named[p], p))[:INSIDE]:
        if named[position] >= SURE and documents[position].unit == "page":
            scores |= _inside(position, documents, words, scores)
    hits = []
    for (position, number), score in scores.items():
        document = documents[position]
        segment = document.segments[number]
        text = document.text[segment.start : segment.end]
        literals = (*exact, *symbols) if document.kind in CODE else exact
        met = LITERAL * sum(literal in text for literal in literals)
        hits.append(Hit(position, number, score + met))
    return sorted(hits, key=lambda h: (-h.score, h.document, h.segment))


def _worth(document: Document, named: float) -> float:
    """Return how often over a hit counts, for its document's kind and for being named."""
    noise = NOISE + (1 - NOISE) * min(WEIGHTS.get(document.kind, 0.4), 1.0)
    return noise * (1 + NAMED * named)


def _inside(
    position: int,
    documents: Sequence[Document],
    words: Sequence[str],
    scores: Mapping[tuple[int, int], float],
) -> dict[tuple[int, int], float]:
    """Weigh the segments of a document that the question names against each other.

    What is rare in the whole corpus may stand on every page of this document, and the other
    way round; so its words are counted within it alone.
    """
    document = documents[position]
    index = SearchIndex(None)
    bring_up_to_date(index, [document])
    local = {number: score for _, number, score in index.search(words, CANDIDATES)}
    index.close()
    best = max(local.values(), default=0.0)
    top = max((s for (p, _), s in scores.items() if p == position), default=0.0)
    top = top or max(scores.values(), default=1.0)
    found = {(position, n): top * (s / best if best else 1.0) for n, s in local.items()}
    # The opening of a document that was named is worth reading where nothing else is found.
    return {(position, n): top * 0.01 for n in range(min(len(document.segments), 2))} | found


def query(question: str) -> list[str]:
    """Return the words to search for: identifiers whole and in parts, no filler words."""
    words: list[str] = []
    for word in WORD.findall(question):
        pieces = [word, *re.split(r"[\W_]+", word), *parts(word)]
        words += [p for p in pieces if len(p) > 1 and p.casefold() not in STOP]
    return words


def quoted(question: str) -> tuple[list[str], list[str]]:
    """Return what the question quotes, and the symbols and paths of code in it.

    Both are to be met literally; symbols in code only, for in prose they are but names.
    """
    marked = ["".join(groups) for groups in QUOTED.findall(question)]
    symbols = [match.removesuffix("()") for match in SYMBOL.findall(question)]
    return list(dict.fromkeys(marked)), [s for s in dict.fromkeys(symbols) if s not in marked]


def affinity(question: str, documents: Sequence[Document]) -> tuple[dict[int, float], list[str]]:
    """Return how far the question names documents by their paths, 0 to 1, and the bare names.

    Letters and digits only, so that "2TheMart" finds "01_2ThemartComInc.pdf". A word counts by
    its rarity: one that is in every path names none. A bare name says which PDF is meant, and
    nothing of what is sought in it.
    """
    words = {_squeeze(w) for w in WORD.findall(question) if w.casefold() not in STOP}
    paths = [_squeeze(document.path) for document in documents]
    worth: dict[int, float] = defaultdict(float)
    names = []
    for word in sorted(w for w in words if len(w) >= 4):
        holders = [position for position, path in enumerate(paths) if word in path]
        if holders and (len(documents) == 1 or len(holders) < len(documents)):
            # A file is named for what is in it, a contract for who signed it.
            if all(documents[position].unit == "page" for position in holders):
                names.append(word)
            for position in holders:
                worth[position] += math.log(1 + len(documents) / len(holders))
    top = max(worth.values(), default=0.0)
    return {position: value / top for position, value in worth.items()}, names


Ranges = Mapping[str, tuple[tuple[int, int], ...]]


def unseen(hits: Sequence[Hit], documents: Sequence[Document], shown: Ranges) -> list[Hit]:
    """Return the hits that the prompt does not show already.

    Args:
        shown: by short id, character ranges of each document that it shows in full.
    """

    def seen(hit: Hit) -> bool:
        document = documents[hit.document]
        segment = document.segments[hit.segment]
        ranges = shown.get(document.id, ())
        return any(a <= segment.start and segment.end <= b for a, b in ranges)

    return [hit for hit in hits if not seen(hit)]


def select(
    hits: Sequence[Hit], documents: Sequence[Document], room: int, mark: str, pieces: Pieces
) -> list[Hit]:
    """Return the best hits whose excerpts fit `room` tokens together, best first."""
    chosen: list[Hit] = []
    left = room
    for hit in hits:
        needed = price(excerpts([hit], documents, mark), pieces)
        if needed <= left:
            left -= needed
            chosen.append(hit)
    # Neighbours share one boundary line; should joining ever cost more, the last one goes.
    while chosen and price(excerpts(chosen, documents, mark), pieces) > room:
        chosen.pop()
    return chosen


def excerpts(hits: Sequence[Hit], documents: Sequence[Document], mark: str) -> list[Chunk]:
    """Return the hits' segments, neighbours joined, the most relevant document last."""
    by_document: dict[int, list[int]] = {}
    for hit in hits:
        by_document.setdefault(hit.document, []).append(hit.segment)
    return [
        excerpt(documents[position], run, mark)
        for position, numbers in reversed(by_document.items())
        for run in runs(numbers)
    ]


def bring_up_to_date(
    index: SearchIndex,
    documents: Sequence[Document],
    progress: Callable[[int, int], None] | None = None,
) -> None:
    """Index the segments of documents whose content is not in `index` yet."""

    def rows(document: Document) -> Callable[[], list[tuple[int, str, str]]]:
        return lambda: [
            (number, segment.name, document.text[segment.start : segment.end])
            for number, segment in enumerate(document.segments)
        ]

    index.sync({d.content_id: rows(d) for d in documents}, progress)


def _squeeze(text: str) -> str:
    return "".join(c for c in text.casefold() if c.isalnum())
