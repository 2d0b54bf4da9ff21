"""Which segments of a corpus are relevant to a question, and how much.

Files are weighed first, then the segments in them (`longread.prompt.weigh`); pages are weighed
one by one, for a shelf is named document by document.
"""

from __future__ import annotations

import math
import re
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence

from longread.cache.search import SearchIndex
from longread.prompt.alike import alike
from longread.prompt.asked import STOP, WORD, Asked, root, take_apart
from longread.prompt.evidence import Hit
from longread.prompt.rank import WEIGHTS
from longread.prompt.ruler import Ruler
from longread.prompt.weigh import SHARP, Place, files, literals, widen
from longread.types import Document

CANDIDATES = 2_000
"""Segments taken from the index before they are weighed."""
RAREST = 24
"""Words by which they are found, at most."""
ROWS = 60_000
"""Segments with any of these words, at most, beyond the ENOUGH rarest words: what half of a large
corpus says tells little, and takes long to weigh."""
ENOUGH = 6
FILES = 300
"""Files whose segments are weighed."""
NAMED = 3.0
"""How often over a page counts whose document the question names in full."""
NOISE = 0.3
"""What a page of a document of no worth counts beside one of worth: data may hold the answer."""
SURE = 0.75
"""How far a document must be named for its pages to be weighed within it."""
NEAR = {-2: 0.3, -1: 0.5, 1: 0.5, 2: 0.3}
"""Part of a piece's relevance that those beside it have."""
OPENING = 2_000
"""Characters of a document's opening, about: title, date, parties, recitals."""
DEFINES = re.compile(
    r"[\"“]([^\"“”\n]{2,60})[\"”][ ,]*(?:\([^()\n]{1,80}\)\s*)?(?:shall\s+|will\s+)?"
    r"(?:means?|mean and include|ha(?:s|ve) the meaning|refers? to|includes?)\b"
)
"""What says what a document means by a term."""
DEFINED = 1_200
"""Characters of definitions, at most."""
SECOND = 0.99
"""What they count beside the best piece."""
OTHER = 0.7
"""What words that may stand for those of the question weigh beside them, in pages."""
INSIDE = 4
"""Documents looked into so, at most."""


def find(question: str, documents: Sequence[Document], index: SearchIndex) -> list[Hit]:
    """Return the segments that answer `question` best, best first; `index` is up to date."""
    asked = take_apart(question)
    shelf = any(document.is_read_in_parts for document in documents)
    named, names = affinity(question, documents) if shelf else ({}, [])
    # Words that name a document choose the document; the others choose the place in it.
    words = [w for w in asked.words if not any(_squeeze(w) in name for name in names)]
    words = words or list(asked.words)
    by_content: dict[str, list[int]] = defaultdict(list)
    for position, document in enumerate(documents):
        by_content[document.content_id].append(position)
    held = {word: index.count(word) for word in asked.words}
    scores = {
        (position, number): score
        for content, number, score in index.search(_rarest(words, held), CANDIDATES)
        for position in by_content.get(content, ())
    }
    if shelf:
        for content, number, score in index.search(alike(words), CANDIDATES):
            for place in ((position, number) for position in by_content.get(content, ())):
                if documents[place[0]].is_read_in_parts:
                    scores[place] = scores.get(place, 0.0) + OTHER * score
    literal, at_path = literals(asked, documents, index)
    hits = _pages(words, named, scores, literal, documents)
    hits += _segments(asked, held, scores, literal, at_path, documents, index)
    return sorted(hits, key=lambda h: (-h.literal, -h.score, h.document, h.segment))


def _rarest(words: Sequence[str], held: Mapping[str, Mapping[str, int]]) -> list[str]:
    """Return the words that tell segments apart best: the rarest ones."""
    times = {word: sum(held[word].values()) for word in words}
    chosen: list[str] = []
    left = ROWS
    for word in sorted((w for w in words if times[w]), key=times.__getitem__)[:RAREST]:
        left -= times[word]
        if left < 0 and len(chosen) >= ENOUGH:
            break
        chosen.append(word)
    return chosen


def _segments(
    asked: Asked,
    held: Mapping[str, Mapping[str, int]],
    scores: Mapping[Place, float],
    literal: Mapping[Place, int],
    at_path: set[int],
    documents: Sequence[Document],
    index: SearchIndex,
) -> list[Hit]:
    """Weigh files, and the segments of those that may be meant.

    A segment's score is its part of the chance that its file is meant: 1 / n for the n-th best of
    the file, over the sum of these. Of 530 segments that 160 commits touched, 137 were the best
    of their file, 72 the second, 46 the third.
    """
    own = {place: s for place, s in scores.items() if not documents[place[0]].is_read_in_parts}
    best: dict[int, float] = defaultdict(float)
    for (position, _), score in own.items():
        best[position] = max(best[position], score)
    chances = files(asked, held, best, documents, index)
    chances |= dict.fromkeys(sorted(at_path), 1.0)
    kept = sorted(chances, key=lambda p: (-chances[p], p))[:FILES]
    kept += sorted({p for p, _ in literal if not documents[p].is_read_in_parts} - set(kept))
    chances = {position: chances.get(position, 0.0) for position in kept}
    widen(own, chances, documents, index)
    hits = []
    for position in kept:
        count = len(documents[position].segments)
        order = sorted(
            range(count),
            key=lambda n: (-literal.get((position, n), 0), -own.get((position, n), 0.0), n),
        )
        whole = sum(1 / n for n in range(1, count + 1))
        for at, number in enumerate(order, 1):
            named = 2 * literal.get((position, number), 0) + (position in at_path)
            share = chances[position] / at / whole
            hits.append(Hit(position, number, share, chances[position], named))
    return hits


def _pages(
    words: Sequence[str],
    named: Mapping[int, float],
    scores: Mapping[Place, float],
    literal: Mapping[Place, int],
    documents: Sequence[Document],
) -> list[Hit]:
    """Weigh pages, each by itself; those of a document that is named against each other."""
    own = {
        place: score * _worth(documents[place[0]], named.get(place[0], 0.0))
        for place, score in scores.items()
        if documents[place[0]].is_read_in_parts
    }
    for position in sorted(named, key=lambda p: (-named[p], p))[:INSIDE]:
        if named[position] >= SURE and documents[position].is_read_in_parts:
            own |= _inside(position, documents, words, own)
    # A table of contents has every word, and answers nothing.
    own = {(p, n): s for (p, n), s in own.items() if documents[p].segments[n].kind != "contents"}
    own = _spread(own, documents)
    for place in literal:
        if documents[place[0]].is_read_in_parts:
            own.setdefault(place, 0.0)
    own |= _openings(words, own, named, documents)
    top = max(own.values(), default=0.0) or 1.0
    return [
        Hit(*place, (score / top) ** SHARP, 0.0, 2 * literal.get(place, 0))
        for place, score in own.items()
    ]


def _spread(scores: Mapping[Place, float], documents: Sequence[Document]) -> dict[Place, float]:
    """Let what stands beside a relevant piece share in its relevance: a clause is read whole."""
    spread: dict[Place, float] = defaultdict(float)
    for (position, number), score in scores.items():
        segments = documents[position].segments
        spread[position, number] += score
        for beside, part in NEAR.items():
            if 0 <= number + beside < len(segments):
                spread[position, number + beside] += part * score
    return spread


def _openings(
    words: Sequence[str],
    scores: Mapping[Place, float],
    named: Mapping[int, float],
    documents: Sequence[Document],
) -> dict[Place, float]:
    """Return the pieces that are always worth reading, next to the best.

    They are what a document opens with, title and parties, and where it says what it means by the
    words of the question.

    Only of documents that the question names, or of the only one that is read in parts.
    """
    parted = [p for p, document in enumerate(documents) if document.is_read_in_parts]
    meant = [p for p in parted if named.get(p, 0.0) >= SURE]
    top = max(scores.values(), default=1.0)
    found: dict[Place, float] = {}
    for position in meant[:INSIDE] or (parted if len(parted) == 1 else []):
        read = 0
        for number, segment in enumerate(documents[position].segments):
            if segment.kind == "contents":
                continue
            if read >= OPENING:
                break
            read += segment.end - segment.start
            found[position, number] = max(scores.get((position, number), 0.0), SECOND * top)
        for number in _defining(words, documents[position]):
            found[position, number] = max(scores.get((position, number), 0.0), SECOND * top)
    return found


def _defining(words: Sequence[str], document: Document) -> list[int]:
    """Return the pieces of a document that define terms made of the words, up to DEFINED."""
    asked = {root(word.casefold()) for word in words}
    starts = [segment.start for segment in document.segments]
    found: list[int] = []
    read = 0
    for said in DEFINES.finditer(document.text):
        term = {root(word.casefold()) for word in WORD.findall(said[1])} - STOP
        number = bisect_right(starts, said.start()) - 1
        segment = document.segments[number]
        if not term <= asked or not term or number in found or segment.kind == "contents":
            continue
        read += segment.end - segment.start
        if read > DEFINED:
            break
        found.append(number)
    return found


def _worth(document: Document, named: float) -> float:
    """Return how often over a page counts, for its document's kind and for being named."""
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
    return {(position, n): top * (s / best if best else 1.0) for n, s in local.items()}


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
            if all(documents[position].is_read_in_parts for position in holders):
                names.append(word)
            for position in holders:
                worth[position] += math.log(1 + len(documents) / len(holders))
    top = max(worth.values(), default=0.0)
    return {position: value / top for position, value in worth.items()}, names


def bring_up_to_date(
    index: SearchIndex,
    documents: Sequence[Document],
    progress: Callable[[int, int], None] | None = None,
) -> None:
    """Index the segments of documents whose content is not in `index` yet."""

    def rows(document: Document) -> Callable[[], list[tuple[int, str, str]]]:
        def read() -> list[tuple[int, str, str]]:
            # What runs along the edges of pages is said by none of them.
            text = Ruler(document).bridged
            return [
                (number, segment.name, text[segment.start : segment.end])
                for number, segment in enumerate(document.segments)
            ]

        return read

    index.sync({d.content_id: rows(d) for d in documents}, progress)


def _squeeze(text: str) -> str:
    return "".join(c for c in text.casefold() if c.isalnum())
