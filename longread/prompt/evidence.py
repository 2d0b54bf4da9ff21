"""The pieces of a corpus that are shown for a question, within a room, and how they are shown.

What the question says literally always wins over what merely resembles it. Which segments are
relevant is found by `longread.prompt.finding`.
"""

from __future__ import annotations

import heapq
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from longread.prompt.costs import price
from longread.prompt.render import Chunk, chunks, close
from longread.prompt.render import excerpts as excerpts_of
from longread.tokens.pieces import Pieces
from longread.types import Document, Level, Placed

WHOLE = 4.0
"""What a file in full is worth beside all of its segments one by one: what stands around a place
matters as much as the place."""
LITERALLY = 0.5
"""Part of the room that what the question names literally may take before the rest is weighed."""
PAGE = 700
"""Tokens of a page, as if all were alike: the better page goes first, however long it is."""
BOUNDARY = 25
"""Tokens of a boundary line, about."""
CHARACTERS = 4
"""Of a token, about."""
REACH = 12
"""Files are looked at that would fill the room so many times."""
FREE = 0.02
"""Part of the room that may stay free."""
ROUNDS = 4
"""Times more is chosen because less was spent than thought."""


@dataclass(frozen=True, slots=True)
class Hit:
    """A segment and how relevant it is; more is better."""

    document: int
    segment: int
    score: float
    """Of a file's segments: parts of the chance that their file is meant."""
    whole: float = 0.0
    """The chance that its file is meant, 0 to 1; 0 where it is never shown as a whole."""
    literal: int = 0
    """How often the question names it literally."""


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


@dataclass(slots=True)
class Candidate:
    """A document of which segments are chosen, the best first, or all that are left of it."""

    hits: Sequence[Hit]
    tokens: Sequence[int]
    """Of each hit's segment, about."""
    value: float
    """Of all that is left, one by one."""
    size: int
    """Tokens of all that is left."""
    at: int = 0
    """The hit that comes next."""

    def best(self) -> tuple[float, int, bool]:
        """Return value per token, tokens, and whether that is for all that is left."""
        hit, tokens = self.hits[self.at], self.tokens[self.at] + BOUNDARY
        if not hit.whole:
            return hit.score / PAGE, tokens, False
        one = hit.score / tokens
        every = (self.value + WHOLE * hit.whole) / (self.size + BOUNDARY)
        return (every, self.size + BOUNDARY, True) if every > one else (one, tokens, False)


def select(
    hits: Sequence[Hit], documents: Sequence[Document], room: int, mark: str, pieces: Pieces
) -> list[Hit]:
    """Return the hits that are shown in `room` tokens together, best first.

    Taken greedily by value per token. The value of a segment is its score; of all that is left of
    a file its segments' scores and, for the file to be whole, WHOLE times the chance that it is
    meant. What the question names literally goes before, in up to LITERALLY of the room.
    """
    if room <= 0 or not hits:
        return []
    hits = _near(hits, documents, room)
    by_document: dict[int, list[Hit]] = {}
    for hit in hits:
        by_document.setdefault(hit.document, []).append(hit)
    tokens = _tokens(by_document, documents, pieces)
    aim, best, most = room, list[Hit](), -1
    for _ in range(ROUNDS):
        chosen = _choose(hits, by_document, tokens, aim, int(room * LITERALLY))
        spent = price(excerpts(chosen, documents, mark), pieces)
        while spent > room:
            # Tokens were estimated: what was chosen last goes.
            chosen.pop()
            spent = price(excerpts(chosen, documents, mark), pieces)
        if spent > most:
            best, most = chosen, spent
        if room - spent <= FREE * room or len(chosen) == len(hits):
            break
        aim += room - spent
    order = {(hit.document, hit.segment): number for number, hit in enumerate(hits)}
    return sorted(best, key=lambda hit: order[hit.document, hit.segment])


def _near(hits: Sequence[Hit], documents: Sequence[Document], room: int) -> Sequence[Hit]:
    """Return the hits of pages, and of the files that come first, REACH times as many as fit.

    Of others nothing would be chosen; not to weigh them saves time where the room is small.
    """
    most = CHARACTERS * room
    left = REACH * most
    near: set[int] = set()
    for hit in hits:
        document = documents[hit.document]
        if hit.document not in near and (left > 0 or document.is_read_in_parts):
            near.add(hit.document)
            left -= min(document.size, most) if not document.is_read_in_parts else 0
    return [hit for hit in hits if hit.document in near]


def _choose(
    hits: Sequence[Hit],
    by_document: Mapping[int, Sequence[Hit]],
    tokens: Mapping[int, Sequence[int]],
    room: int,
    literally: int,
) -> list[Hit]:
    """Return hits of about `room` tokens, in the order of choosing."""
    cost = {
        (hit.document, hit.segment): size
        for position, own in by_document.items()
        for hit, size in zip(own, tokens[position], strict=True)
    }
    chosen: dict[tuple[int, int], Hit] = {}
    left = room
    for hit in hits:
        if not hit.literal:
            break
        needed = cost[hit.document, hit.segment] + BOUNDARY
        if needed <= min(left, literally):
            left -= needed
            literally -= needed
            chosen[hit.document, hit.segment] = hit
    heap: list[tuple[float, int, int]] = []
    candidates: dict[int, Candidate] = {}

    def offer(position: int) -> None:
        candidate = candidates[position]
        while candidate.at < len(candidate.hits):
            hit = candidate.hits[candidate.at]
            if (hit.document, hit.segment) not in chosen:
                heapq.heappush(heap, (-candidate.best()[0], position, candidate.at))
                return
            candidate.at += 1

    for position, own in by_document.items():
        rest = [hit for hit in own if (hit.document, hit.segment) not in chosen]
        sizes = [cost[hit.document, hit.segment] for hit in rest]
        value = sum(hit.score for hit in rest)
        candidates[position] = Candidate(rest, sizes, value, sum(sizes))
        offer(position)
    while heap:
        _, position, _ = heapq.heappop(heap)
        candidate = candidates[position]
        _, needed, every = candidate.best()
        if every and needed <= left:
            left -= needed
            for hit in candidate.hits[candidate.at :]:
                chosen.setdefault((hit.document, hit.segment), hit)
            for hit in candidate.hits[: candidate.at]:
                chosen.setdefault((hit.document, hit.segment), hit)
            candidate.at = len(candidate.hits)
            continue
        hit, size = candidate.hits[candidate.at], candidate.tokens[candidate.at]
        if size + BOUNDARY <= left:
            left -= size + BOUNDARY
            chosen[hit.document, hit.segment] = hit
            candidate.value -= hit.score
            candidate.size -= size
        candidate.at += 1
        offer(position)
    return list(chosen.values())


def _tokens(
    by_document: Mapping[int, Sequence[Hit]], documents: Sequence[Document], pieces: Pieces
) -> dict[int, list[int]]:
    """Return about how many tokens each hit takes: its share of its document's, by characters."""
    files = [p for p in by_document if documents[p].unit == "line"]
    counted = pieces.count(
        [(f"{documents[p].content_id}:full", partial(_body, documents[p])) for p in files]
    )
    rates = {
        p: tokens / max(documents[p].size, 1) for p, tokens in zip(files, counted, strict=True)
    }
    found = {}
    for position, own in by_document.items():
        segments = documents[position].segments
        rate = rates.get(position, 1 / CHARACTERS)
        found[position] = [
            int((segments[h.segment].end - segments[h.segment].start) * rate) + 1 for h in own
        ]
    return found


def _body(document: Document) -> str:
    return close(document.text)


def excerpts(hits: Sequence[Hit], documents: Sequence[Document], mark: str) -> list[Chunk]:
    """Return the hits' segments, neighbours joined, the most relevant document last."""
    by_document: dict[int, list[int]] = {}
    for hit in hits:
        by_document.setdefault(hit.document, []).append(hit.segment)
    made: list[Chunk] = []
    for position, numbers in reversed(by_document.items()):
        document = documents[position]
        if document.unit == "line" and len(numbers) == len(document.segments):
            placed = Placed(document.id, document.path, document.content_id, Level.FULL)
            made += chunks(placed, document, mark)
        else:
            made += excerpts_of(document, numbers, mark)
    return made
