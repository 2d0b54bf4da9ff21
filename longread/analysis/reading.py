"""A corpus as one model will read it: in order, measured, laid out within a budget."""

from __future__ import annotations

import hashlib
import json
from array import array
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby

from longread.cache.derived import Derived
from longread.errors import BudgetError
from longread.ingest import history
from longread.ingest.select import by_path
from longread.prompt import costs, order, pack, render
from longread.prompt.costs import Costs
from longread.tokens.pieces import Pieces
from longread.types import (
    Corpus,
    Document,
    Entry,
    Layout,
    Ledger,
    Level,
    Page,
    Placed,
    Progress,
    Role,
    Tell,
)

ROLES: tuple[Role, ...] = ("system", "user")
LEVELS = tuple(Level)
LEFT_OUT = "left out to fit the budget"
CUT_DOWN = "cut down to fit the budget"
BY_HAND = "set by you"
NOTICE = 400
"""Tokens that the notice of what is not shown hardly ever exceeds."""


@dataclass(frozen=True, slots=True)
class Measured:
    """Documents in reading order with what each costs and how much it matters."""

    corpus: Corpus
    ranks: Sequence[float]
    costs: Sequence[Costs]
    mark: str
    head: str
    pieces: Pieces

    @property
    def full(self) -> int:
        """Tokens of every document in full, boundary lines included."""
        return sum(cost.full for cost in self.costs)

    @property
    def fixed(self) -> int:
        """Tokens of the chat template and the head, which every prompt has."""
        frame = self.pieces.family.frame(ROLES)
        return sum(map(len, frame)) + self.pieces.count_text(self.head)


def measure(corpus: Corpus, pieces: Pieces, guided: bool, tell: Tell) -> Measured:
    """Put the corpus in reading order and count every document at every level."""
    tell(Progress("order", 0, len(corpus.documents)))
    ordered, ranks = _arrange(corpus, pieces.derived)
    mark = _mark(ordered.documents)
    found = _costs(ordered.documents, mark, pieces, tell)
    return Measured(ordered, ranks, found, mark, render.head(mark, guided), pieces)


def counter(pieces: Pieces) -> Callable[[Document], None]:
    """Return what counts a document at every level while its text is at hand."""

    def count(document: Document) -> None:
        pieces.hold((c.key, c.read) for c in costs.bodies(document))
        document.forget()

    return count


def _mark(documents: Sequence[Document]) -> str:
    """Return the boundary mark; only texts that nobody looked at are read for it."""
    taken: set[str] = set()
    for document in documents:
        if document.marks is None:
            taken |= render.marks_in(document.text)
        else:
            taken.update(document.marks)
        taken |= render.marks_in(document.path)
    return render.free_mark(taken)


def _costs(documents: Sequence[Document], mark: str, pieces: Pieces, tell: Tell) -> list[Costs]:
    """Return what each document costs; as it was where the same were counted before."""
    digest = hashlib.blake2b(f"{mark}\0".encode(), digest_size=16)
    digest.update(_names(documents))
    kind = f"costs:{costs.VERSION}:{render.VERSION}:{pieces.family.id}"
    key = digest.hexdigest()
    if kept := pieces.derived.get(kind, [key]).get(key):
        return costs.unpack(kept)
    found = costs.measure(documents, mark, pieces, tell)
    pieces.derived.put(kind, [(key, costs.pack(found))])
    return found


def _names(documents: Sequence[Document]) -> bytes:
    """Return what tells documents from others: what they are called, and what they hold."""
    named = [f"{d.id}\0{d.path}\0{d.content_id}\0" for d in documents]
    return "".join(named).encode("utf-8", "replace")


def _arrange(corpus: Corpus, derived: Derived) -> tuple[Corpus, list[float]]:
    """Put the corpus in reading order; for documents seen together before, as it was then."""
    digest = hashlib.blake2b(_names(corpus.documents), digest_size=16)
    kind, key = f"order:{order.VERSION}", digest.hexdigest()
    if kept := derived.get(kind, [key]).get(key):
        positions, ranks = json.loads(kept)
    else:
        positions, ranks = order.arrange(corpus.documents)
        derived.put(kind, [(key, json.dumps([positions, ranks]).encode())])
    # What is told of the past stands behind what there is.
    pairs = sorted(
        zip(positions, ranks, strict=True),
        key=lambda pair: corpus.documents[pair[0]].language in history.LANGUAGES,
    )
    return order.number(corpus, [p for p, _ in pairs]), [rank for _, rank in pairs]


def unplaced(corpus: Corpus) -> Corpus:
    """Return a corpus whose pages say nothing of the layout they were last shown in."""
    placed = (LEFT_OUT, CUT_DOWN, BY_HAND, "")
    pages = tuple(
        replace(page, level=Level.NONE, reason="") if page.reason in placed else page
        for page in corpus.pages
    )
    return replace(corpus, pages=pages)


def level_of(path: str, levels: Mapping[str, Level]) -> Level | None:
    """Return the level that a person set for a file: its own, or its nearest folder's."""
    if not levels:
        return None
    if path in levels:
        return levels[path]
    folder = path
    while folder:
        folder = folder.rstrip("/").rpartition("/")[0]
        if (key := f"{folder}/" if folder else "") in levels:
            return levels[key]
    return None


def lay_out(
    measured: Measured, room: int, levels: Mapping[str, Level] = {}, most: int = 0
) -> Layout:
    """Choose what is shown within `room` tokens, the notice of what is not included.

    Args:
        levels: set by a person: by path of a file, or of a folder with "/" at its end.
        most: tokens that what was set may take, where that is more than `room`.

    Raises:
        BudgetError: `room` is negative: the head and the reserves alone are too much; or too
            small for what a person set.
    """
    if room < 0:
        raise BudgetError(
            f"the head and the reserves take {-room:,} tokens more than the budget has",
            hint="raise --budget, or shorten the question",
        )
    levels = {**by_path(measured.corpus.levels, measured.corpus.documents), **levels}
    documents, costs = measured.corpus.documents, measured.costs
    found = {i: level_of(d.path, levels) for i, d in enumerate(documents)} if levels else {}
    fixed = {
        index: pack.rendered(level, documents[index], costs[index])
        for index, level in found.items()
        if level is not None
    }

    def packed(tokens: int) -> Layout:
        placed = _packed(measured, tokens, fixed)
        kept = tuple(sorted(levels.items()))
        return Layout(measured.mark, tuple(placed), render.VERSION, levels=kept)

    taken = sum(costs[index].at(level) for index, level in fixed.items())
    # In a large room what the notice may take is no loss, and packing once is half the time.
    notice = NOTICE if room > NOTICE * 500 and measured.full > room else 0
    first = layout = packed(max(room - notice, min(taken, most - notice)))
    # The notice grows with what is left out, so the room for it is found by trying.
    while (needed := notice_tokens(measured, layout)) > notice:
        notice = needed
        if notice > max(room, most if fixed else 0):
            return first
        layout = packed(max(room - notice, min(taken, most - notice)))
    return layout


def _packed(measured: Measured, room: int, fixed: Mapping[int, Level]) -> list[Placed]:
    """Pack; as it was where the same documents were packed into the same room before."""
    documents, ranks, found = measured.corpus.documents, measured.ranks, measured.costs
    derived, family = measured.pieces.derived, measured.pieces.family
    digest = hashlib.blake2b(repr((room, measured.mark, sorted(fixed.items()))).encode())
    digest.update(costs.pack(found))
    digest.update(array("d", ranks).tobytes())
    digest.update(_names(documents))
    kind = f"packed:{pack.VERSION}:{render.VERSION}:{costs.VERSION}:{family.id}"
    key = digest.hexdigest()[:32]
    if kept := derived.get(kind, [key]).get(key):
        rows = json.loads(kept)
        return [
            Placed(d.id, d.path, d.content_id, LEVELS[level], tuple(raised), _lifted(lifted))
            for d, (level, raised, lifted) in zip(documents, rows, strict=True)
        ]
    placed = pack.pack(documents, ranks, found, room, measured.mark, measured.pieces, fixed)
    rows = [(p.level, p.raised, p.lifted) for p in placed]
    derived.put(kind, [(key, json.dumps(rows, separators=(",", ":")).encode())])
    return placed


def _lifted(kept: list[list[int]]) -> tuple[tuple[int, Level], ...]:
    return tuple([(index, LEVELS[level]) for index, level in kept]) if kept else ()


def notice_tokens(measured: Measured, layout: Layout) -> int:
    """Return what the line that names folders not shown costs."""
    return measured.pieces.count_text(render.not_shown(layout))


def chunks(layout: Layout, documents: Sequence[Document]) -> list[render.Chunk]:
    """Return what the layout shows of `documents`, in its order."""
    by_id = {document.id: document for document in documents}
    return [
        chunk
        for placed in layout.placed
        for chunk in render.chunks(placed, by_id[placed.id], layout.mark)
    ]


def ledger(measured: Measured, layout: Layout, budget: int, fixed: int) -> Ledger:
    """Say of every file and every page what the layout shows of it, and why not all.

    Args:
        fixed: tokens of what the prompt has beside the corpus.
    """
    placed = {p.path: p for p in layout.placed}
    levels = dict(layout.levels)
    found = zip(measured.corpus.documents, measured.costs, strict=True)
    costs = {document.path: (document, cost) for document, cost in found}
    files = tuple(
        _entry(
            entry,
            *costs[entry.path],
            placed[entry.path],
            measured,
            by_hand=level_of(entry.path, levels) is not None,
        )
        if entry.path in costs
        else entry
        for entry in measured.corpus.entries
    )
    pages = tuple(
        _page(
            page,
            placed.get(page.path),
            costs[page.path][0] if page.path in costs else None,
            by_hand=level_of(page.path, levels) is not None,
        )
        for page in measured.corpus.pages
    )
    sources = tuple(source.location for source in measured.corpus.sources)
    tokens = fixed + notice_tokens(measured, layout) + sum(entry.tokens for entry in files)
    return Ledger(sources, measured.pieces.family.id, budget, tokens, files, pages)


def _entry(
    entry: Entry,
    document: Document,
    cost: Costs,
    placed: Placed,
    measured: Measured,
    *,
    by_hand: bool,
) -> Entry:
    tokens = cost.at(placed.level)
    if placed.level is Level.FULL:
        reason = ""
    elif placed.raised or placed.lifted:
        made = list(render.chunks(placed, document, measured.mark))
        tokens = costs.price(made, measured.pieces)
        reason = f"{len(placed.raised)} of {len(document.segments)} parts fit the budget"
    else:
        reason = _why(placed.level, by_hand=by_hand)
    return entry.shown(cost.full, placed.level, tokens, reason)


def _page(page: Page, placed: Placed | None, document: Document | None, *, by_hand: bool) -> Page:
    if page.reason:
        return page
    if placed is None or document is None or (not placed.level and not placed.raised):
        return replace(page, reason=_why(Level.NONE, by_hand=by_hand))
    parts = {i for i, s in enumerate(document.segments) if s.span.first == page.page}
    if placed.level is Level.FULL or (parts and parts <= set(placed.raised)):
        return replace(page, level=Level.FULL)
    if not any(i in placed.raised or document.segments[i].signature for i in parts):
        return replace(page, reason=_why(Level.NONE, by_hand=by_hand))
    return replace(page, level=placed.level, reason=_why(placed.level, by_hand=by_hand))


def _why(level: Level, *, by_hand: bool) -> str:
    if by_hand:
        return BY_HAND
    return LEFT_OUT if level is Level.NONE else CUT_DOWN


def coverage(shown: dict[str, tuple[tuple[int, int], ...]], corpus: Corpus) -> tuple[float, str]:
    """Return how much of the corpus is shown in full, as a share and in words.

    Args:
        shown: by short id, the character ranges of each document that the prompt shows.
    """
    seen = whole = files = pages = 0
    for document in corpus.documents:
        ranges = shown.get(document.id, ())
        part = sum(end - start for start, end in ranges)
        seen += part
        whole += document.size
        files += part >= document.size
        if document.unit == "page":
            for _, group in groupby(document.segments, lambda s: s.span.first):
                parts = list(group)
                pages += any(a <= parts[0].start and parts[-1].end <= b for a, b in ranges)
    words = f"{files:,} of {len(corpus.documents):,} documents"
    if corpus.pages:
        words = f"{pages:,} of {len(corpus.pages):,} pages and {words}"
    return (seen / whole if whole else 1.0), f"{words} shown in full"
