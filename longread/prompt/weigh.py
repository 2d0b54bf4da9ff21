"""How likely each file is what a question is about, and which of its segments.

A file's score is the sum of two parts, each divided by the best there is. The first is BM25F
(Robertson, Zaragoza: "The Probabilistic Relevance Framework: BM25 and Beyond", 2009) over three
fields, in which a word occurs as often as segments hold it, so that a word said again and again
in one place counts once:

    Σ w(t) · ln(1 + (N - n + 0.5) / (n + 0.5)) · f / (K1 + f)
    f = text / (1 - B + B·L) + NAMED · names / (1 - BN + BN·L) + PLACED · path

with w the word's weight in the question, N files, n of them with the word, L the file's segments
over the average. A definition of a symbol that the question names adds DEFINED · ln(1 + N / n).
The second part is the bm25 of the file's best segment. Their sum times the worth of the file's
kind, over the best there is, to the power of SHARP, is taken for the chance that the file is
meant: with that power most of what 160 commits to four repositories touched is shown
(bench/recall.py). Of files that scored 0.9 of the best, 25 % were touched, of those at 0.8 12 %,
at 0.6 6 %.
"""

from __future__ import annotations

import math
import posixpath
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import groupby

from longread.cache.search import HUMP, SearchIndex, last_name
from longread.prompt.asked import Asked, root
from longread.prompt.rank import WEIGHTS
from longread.types import Document

K1, B, BN = 4.0, 0.75, 0.5
NAMED, PLACED, DEFINED = 4.0, 20.0, 2.0
SHARP = 6
AMBIGUOUS = 4
"""A name that more definitions have says nothing of any of them."""
WIDENED = 0.1
"""What a segment gains that defines what a found one uses, as part of that one's score."""
OPENED = 12
"""Segments whose references are followed."""
CODE = frozenset(("source", "test", "notebook", "config", "docs"))
"""Kinds in which a symbol of the question means that symbol."""
USERS = 12
"""Segments that use a name which nothing defines, at most, for it to say something of them."""
HOLDERS = 400
"""Segments with the same words that are looked at, whether they have them to the letter."""
USED = re.compile(r"[^\W\d]\w{2,}")

Place = tuple[int, int]
"""The position of a document, and the index of a segment."""


def files(
    asked: Asked,
    held: Mapping[str, Mapping[str, int]],
    best: Mapping[int, float],
    documents: Sequence[Document],
    index: SearchIndex,
) -> dict[int, float]:
    """Return the chance of each file that it is meant, 0 to 1; the best one has 1.

    Args:
        held: by word of the question and content id, how many segments hold it.
        best: by position, the bm25 of a file's best segment.
    """
    lines = [position for position, d in enumerate(documents) if d.unit != "page"]
    by_content: dict[str, list[int]] = defaultdict(list)
    for position in lines:
        by_content[documents[position].content_id].append(position)
    sizes = {position: len(documents[position].segments) for position in lines}
    average = sum(sizes.values()) / max(len(lines), 1) or 1.0
    by_path = _words_of_paths(documents, lines)
    score: dict[int, float] = defaultdict(float)
    for word, weight in asked.words.items():
        found: dict[int, float] = defaultdict(float)
        for content, segments in held[word].items():
            for position in by_content.get(content, ()):
                found[position] += segments / (1 - B + B * sizes[position] / average)
        for content, segments in index.count(word, "name").items() if held[word] else ():
            for position in by_content.get(content, ()):
                found[position] += NAMED * segments / (1 - BN + BN * sizes[position] / average)
        for position in by_path.get(root(word), ()):
            found[position] += PLACED
        rarity = math.log(1 + (len(lines) - len(found) + 0.5) / (len(found) + 0.5))
        for position, times in found.items():
            score[position] += weight * rarity * times / (K1 + times)
    for position, more in _defining(asked, by_content, len(lines), index).items():
        score[position] += more
    top, top_segment = max(score.values(), default=0.0), max(best.values(), default=0.0)
    total = {
        position: (value / top + (best.get(position, 0.0) / top_segment if top_segment else 0))
        * worth(documents[position], asked)
        for position, value in score.items()
        if top
    }
    most = max(total.values(), default=0.0)
    return {position: (value / most) ** SHARP for position, value in total.items() if value > 0}


def worth(document: Document, asked: Asked) -> float:
    """Return what a hit in a document counts beside one in source: its kind's weight, squared."""
    return 1.0 if document.kind in asked.kinds else min(WEIGHTS.get(document.kind, 0.4), 1.0) ** 2


def _words_of_paths(
    documents: Sequence[Document], positions: Iterable[int]
) -> dict[str, list[int]]:
    found: dict[str, list[int]] = defaultdict(list)
    for position in positions:
        stem = posixpath.splitext(documents[position].path)[0]
        words = {part.casefold() for part in re.split(r"[\W_]+", stem) if part}
        words.update(part.casefold() for part in HUMP.findall(stem))
        for key in {root(word) for word in words}:
            found[key].append(position)
    return found


def _defining(
    asked: Asked, by_content: Mapping[str, Sequence[int]], count: int, index: SearchIndex
) -> dict[int, float]:
    """Return what files gain by definitions of symbols that the question names."""
    names = {part for symbol in asked.symbols for part in re.split(r"\W+", symbol) if len(part) > 2}
    names |= set(asked.names)
    gains: dict[int, float] = defaultdict(float)
    for name in sorted(names):
        holders = {
            position
            for content, _ in index.defining(name, count)
            for position in by_content.get(content, ())
        }
        for position in sorted(holders):
            more = DEFINED * math.log(1 + count / len(holders))
            gains[position] += more / math.sqrt(len(names))
    return gains


def widen(
    scores: dict[Place, float],
    chances: Mapping[int, float],
    documents: Sequence[Document],
    index: SearchIndex,
) -> None:
    """Raise the scores of segments that define what the most relevant ones use."""
    by_content: dict[str, list[int]] = defaultdict(list)
    for position in sorted(chances):
        by_content[documents[position].content_id].append(position)
    found = [place for place in scores if place[0] in chances]
    found.sort(key=lambda place: (-scores[place] * chances[place[0]], place))
    gains: dict[Place, float] = defaultdict(float)
    for place in found[:OPENED]:
        document = documents[place[0]]
        segment = document.segments[place[1]]
        own = last_name(segment.name) if segment.name else ""
        text = document.text[segment.start : segment.end]
        for name in sorted(set(USED.findall(text)) - {own}):
            defined = index.defining(name, AMBIGUOUS + 1)
            if len(defined) > AMBIGUOUS:
                continue
            for content, number in defined:
                for position in by_content.get(content, ()):
                    gains[position, number] += WIDENED * scores[place]
    for place, gain in gains.items():
        scores[place] = scores.get(place, 0.0) + gain


def literals(
    asked: Asked, documents: Sequence[Document], index: SearchIndex
) -> tuple[dict[Place, int], set[int]]:
    """Return the segments that the question names literally, and the files it names by path.

    A segment counts as often as it is named: it has words that the question quotes, or defines a
    symbol of the question; or has it, where nothing defines it. Symbols are those of code alone.
    """
    by_content: dict[str, list[int]] = defaultdict(list)
    for position, document in enumerate(documents):
        by_content[document.content_id].append(position)

    def placed(found: Iterable[tuple[str, int]]) -> list[Place]:
        return [(p, number) for content, number in found for p in by_content.get(content, ())]

    def code(places: Iterable[Place]) -> list[Place]:
        return [place for place in places if documents[place[0]].kind in CODE]

    met: dict[Place, int] = defaultdict(int)
    for words in asked.quoted:
        for place in _saying(words, placed(index.holding(words, HOLDERS)), documents):
            met[place] += 1
    named = {position for path in asked.paths for position in _at(path, documents)}
    for symbol in (*asked.symbols, *(q.removesuffix("()") for q in asked.quoted)):
        if not re.fullmatch(r"\w+(?:(?:[./]|::)\w+)*", symbol):
            continue
        found = code(placed(index.defining(last_name(symbol), HOLDERS)))
        if last_name(symbol) != symbol:
            found = [p for p in found if _qualified(documents[p[0]].segments[p[1]].name, symbol)]
        if not found and last_name(symbol) != symbol:
            found = code(placed(index.defining(re.split(r"\W+", symbol)[-2], HOLDERS)))
        if not found:
            held = code(placed(index.holding(symbol, HOLDERS)))
            found = list(_saying(symbol, held, documents))
            found = found if len(found) <= USERS else []
        elif len(found) > AMBIGUOUS:
            found = []
        for place in found:
            met[place] += 1
    return dict(met), named


def _saying(words: str, places: Iterable[Place], documents: Sequence[Document]) -> Iterator[Place]:
    """Yield the places whose text has the words to the letter."""
    for position, group in groupby(sorted(places), lambda place: place[0]):
        document = documents[position]
        text = document.text
        for place in group:
            segment = document.segments[place[1]]
            if words in text[segment.start : segment.end]:
                yield place


def _qualified(name: str, symbol: str) -> bool:
    """Whether a segment's name ends in the last two parts of a qualified symbol."""
    return re.split(r"\W+", name)[-2:] == re.split(r"\W+", symbol)[-2:]


def _at(path: str, documents: Sequence[Document]) -> list[int]:
    found = [
        position
        for position, document in enumerate(documents)
        if document.path == path or document.path.endswith("/" + path)
    ]
    return found if len(found) <= AMBIGUOUS else []
