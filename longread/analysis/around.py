"""One prompt around one question: most of the room for what it needs, the rest for the whole.

A session shares its room otherwise, for its layout serves questions nobody has asked yet.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import compress

from longread.analysis import reading
from longread.analysis.reading import Measured
from longread.analysis.relevance import relevant
from longread.prompt import evidence
from longread.prompt.costs import price
from longread.prompt.evidence import Hit
from longread.prompt.render import Chunk
from longread.types import Layout, Level, Placed, Tell

SHARE = 0.97
"""Part of the room that the question may fill, if there is so much that may answer it."""
TRIES = 6
"""Times the room is shared out between corpus and evidence."""


def around(
    measured: Measured, question: str, room: int, tell: Tell
) -> tuple[Layout, Layout, list[Chunk]]:
    """Return what is shown in `room` tokens beside head and question, of which there may be none.

    Returns:
        the layout of what the corpus' part of the prompt shows; the same with what is shown for
        the question, to be written into the ledger; and the chunks shown for the question.
    """
    documents, pieces = measured.corpus.documents, measured.pieces
    if not question or measured.full <= room:
        layout = reading.lay_out(measured, room)
        return layout, layout, []
    hits = relevant(measured.corpus, question, tell)
    wanted = evidence.select(hits, documents, int(room * SHARE), measured.mark, pieces)
    chosen, kept = wanted, set[Hit]()
    for attempt in range(TRIES):
        found = evidence.excerpts(chosen, documents, measured.mark)
        layout = reading.lay_out(_without(measured, _whole(found)), room - price(found, pieces))
        unseen = evidence.unseen(wanted, documents, _ranges(reading.chunks(layout, documents)))
        # Evidence that the corpus shows anyway makes room for more of the corpus; that may then be
        # other parts of it, and what is shown nowhere any more is evidence for good.
        kept.update(hit for hit in unseen if hit not in chosen)
        fresh = [hit for hit in wanted if hit in kept or (hit in unseen and hit in chosen)]
        if fresh == list(chosen):
            break
        chosen = fresh if attempt < TRIES - 2 else wanted
    return layout, _together(measured, layout, chosen, _whole(found)), found


def _whole(found: Sequence[Chunk]) -> frozenset[str]:
    """Return the short ids of documents shown in full for the question."""
    return frozenset(c.document.id for c in found if c.end - c.start == c.document.size)


def _without(measured: Measured, shown: frozenset[str]) -> Measured:
    """Return what is left when documents are shown elsewhere."""
    kept = [document.id not in shown for document in measured.corpus.documents]
    return replace(
        measured,
        corpus=replace(measured.corpus, documents=tuple(compress(measured.corpus.documents, kept))),
        ranks=list(compress(measured.ranks, kept)),
        costs=list(compress(measured.costs, kept)),
    )


def _together(
    measured: Measured, layout: Layout, chosen: Sequence[Hit], whole: frozenset[str]
) -> Layout:
    """Return the layout as if what is shown for the question stood in it."""
    documents = measured.corpus.documents
    raised: dict[str, set[int]] = {}
    for hit in chosen:
        raised.setdefault(documents[hit.document].id, set()).add(hit.segment)
    placed = [
        replace(p, raised=tuple(sorted(raised[p.id].union(p.raised)))) if p.id in raised else p
        for p in layout.placed
    ]
    placed += [Placed(d.id, d.path, d.content_id, Level.FULL) for d in documents if d.id in whole]
    return replace(layout, placed=tuple(placed))


def _ranges(chunks: Sequence[Chunk]) -> dict[str, tuple[tuple[int, int], ...]]:
    found: dict[str, tuple[tuple[int, int], ...]] = {}
    for chunk in chunks:
        if chunk.level is Level.FULL:
            found[chunk.document.id] = (*found.get(chunk.document.id, ()), *chunk.ranges)
    return found
