"""A prompt whose beginning stays the same from run to run, for engines that reuse what they read.

A layout is known by its name, its sources and whether secrets are masked; it and the texts it
shows lie in a file of their own under `LONGREAD_HOME`, readable by their owner only.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

from longread import config
from longread.analysis import freshness, reading
from longread.analysis.conversation import QUESTION
from longread.analysis.pack import Packed
from longread.analysis.relevance import evidence_share, place_of, relevant
from longread.analysis.sources import read_sources
from longread.cache.kept import open_derived
from longread.errors import BudgetError, StoreError
from longread.ingest.read import Options
from longread.ingest.select import by_path
from longread.prompt import changes, evidence, render, updates
from longread.prompt.changes import Both, Texts
from longread.prompt.costs import price
from longread.prompt.render import Chunk
from longread.store import Store, open_store
from longread.tokens import open_family
from longread.tokens.pieces import Pieces
from longread.types import Corpus, Document, Layout, Ledger, Level, Session, Tell


@dataclass(frozen=True, slots=True)
class Laid:
    """A layout as it is used now."""

    corpus: Corpus
    layout: Layout
    ledger: Ledger
    texts: Texts
    note: str
    """What became of the layout, for people."""
    first: bool = False
    """Whether it was laid out just now."""


def pack_on(
    name: str,
    locations: Sequence[str],
    options: Options,
    tokenizer: str,
    budget: int,
    question: str,
    tell: Tell,
) -> tuple[Packed, str]:
    """Pack sources into `budget` tokens on the layout that is kept under a name, and keep it.

    Returns:
        the prompt, whose beginning is that of the last one where the changes since fit their
        reserve; and what became of the layout.

    Raises:
        IngestError: a source cannot be read at all.
        BudgetError: not even the head and the question fit.
        StoreError: the layout cannot be kept.
    """
    pieces = Pieces(open_family(tokenizer), open_derived())
    corpus = read_sources(locations, options, pieces, budget, tell)
    with open_store(_file(name, corpus, options)) as store:
        laid = _lay(store, name, corpus, budget, bool(question), pieces, tell)
    packed = _around(laid, budget, question, pieces, tell)
    return packed, f"layout {name}: {laid.note}"


def _file(name: str, corpus: Corpus, options: Options) -> Path:
    what = "\0".join((name, place_of(corpus.sources), options.secrets))
    digest = hashlib.blake2b(what.encode("utf-8", "replace"), digest_size=8).hexdigest()
    spoken = re.sub(r"[^A-Za-z0-9.-]+", "-", name).strip("-.")[:40]
    return config.private(config.home() / "layouts") / f"{spoken or 'layout'}-{digest}.db"


def _lay(
    store: Store, name: str, corpus: Corpus, budget: int, asked: bool, pieces: Pieces, tell: Tell
) -> Laid:
    """Bring the kept layout up to date, or lay out anew, and keep that."""
    rows = store.sessions()
    if not rows:
        return _lay_out(store, name, corpus, budget, asked, pieces, tell, "laid out and kept")
    session = rows[0].id
    kept = store.session(session)
    room = updates.reserve(budget - pieces.count_text(render.head(kept.layout.mark, False)))
    why = _unfit(kept, corpus, budget, pieces)
    found = None
    if not why:
        found = freshness.follow(kept.layout, kept.ledger, kept.documents, corpus, room, pieces)
        why = f"the changes take more than the {room:,} tokens that are kept for them"
    if found is None:
        note = f"laid out anew: {why}"
        laid = _lay_out(store, name, corpus, budget, asked, pieces, tell, note)
        for row in rows:
            # Whatever is left of it is deleted the next time.
            with suppress(StoreError):
                store.delete(row.id)
        return laid
    update = found.update
    texts = Both({d.content_id: d for d in found.documents}, kept.documents)
    if found.layout != kept.layout:
        known = set(kept.documents)
        new = _shown(found.layout, found.documents)
        new = {key: document for key, document in new.items() if key not in known}
        store.replace_layout(
            session, found.layout, found.ledger, documents=new, sources=corpus.sources
        )
    said = freshness.news(update.changed, update.new, update.deleted, update.renamed)
    note = f"kept; {said or 'nothing changed'}"
    if update.rewritten:
        note += "; earlier changes are written anew"
    return Laid(found.corpus, found.layout, found.ledger, texts, note)


def _unfit(kept: Session, corpus: Corpus, budget: int, pieces: Pieces) -> str:
    """Say why a kept layout cannot be used; empty where it can."""
    if kept.ledger.tokenizer != pieces.family.id:
        return "it was for another tokenizer"
    if kept.ledger.budget != budget:
        return f"its budget was {kept.ledger.budget:,} tokens"
    if kept.layout.version != render.VERSION:
        return "another version of longread made it"
    was, now = dict(kept.layout.levels), by_path(corpus.levels, corpus.documents)
    placed = {placed.path for placed in kept.layout.placed}
    if any(was.get(d.path) != now.get(d.path) for d in corpus.documents if d.path in placed):
        return "other levels are wanted"
    return ""


def _lay_out(
    store: Store,
    name: str,
    corpus: Corpus,
    budget: int,
    asked: bool,
    pieces: Pieces,
    tell: Tell,
    note: str,
) -> Laid:
    measured = reading.measure(corpus, pieces, False, tell)
    fixed = pieces.count_text(measured.head)
    # The layout is the same whatever is asked; a question longer than most takes of the reserve.
    room = budget - fixed - updates.reserve(budget - fixed) - QUESTION
    if asked and measured.full > room:
        room = int(room * (1 - evidence_share(budget)))
    layout = reading.lay_out(measured, room)
    ledger = reading.ledger(measured, layout, budget, fixed)
    documents = measured.corpus.documents
    shown = _shown(layout, documents)
    store.create(Session(name, corpus.sources, pieces.family.id, layout, ledger, shown))
    texts = {d.content_id: d for d in documents}
    return Laid(measured.corpus, layout, ledger, texts, note, first=True)


def _shown(layout: Layout, documents: Sequence[Document]) -> dict[str, Document]:
    """Return, by content id, the documents of which text stands in the prompt."""
    stands = changes.standing(layout)
    return {d.content_id: d for d in documents if not stands[d.id].bare}


def _around(laid: Laid, budget: int, question: str, pieces: Pieces, tell: Tell) -> Packed:
    """Return the prompt: corpus, changes, what the question needs, the question."""
    layout, documents = laid.layout, laid.corpus.documents
    head = render.head(layout.mark, False)
    tail = f"{layout.mark} question\n{question.strip()}\n" if question else ""
    chunks = changes.corpus(layout, laid.texts)
    if notice := render.not_shown(layout):
        chunks.append(Chunk(notice, "", "", Document("", "other", "", "", "", ()), Level.NONE))
    chunks += changes.appended(layout, laid.texts)
    used = pieces.count_text(head) + pieces.count_text(tail) + price(chunks, pieces)
    if used > budget:
        raise BudgetError(
            f"the question does not fit: {used - budget:,} tokens too many",
            hint="ask a shorter question, or use another --layout",
        )
    if question and not changes.everything_in_full(layout):
        hits = relevant(laid.corpus, question, tell)
        unseen = evidence.unseen(hits, documents, _ranges(chunks))
        chosen = evidence.select(unseen, documents, budget - used, layout.mark, pieces)
        found = evidence.excerpts(chosen, documents, layout.mark)
        used += price(found, pieces)
        chunks += found
    ledger = replace(laid.ledger, tokens=used)
    return Packed(laid.corpus, ledger, chunks, head, tail, pieces)


def _ranges(chunks: Sequence[Chunk]) -> dict[str, tuple[tuple[int, int], ...]]:
    found: dict[str, list[tuple[int, int]]] = {}
    for chunk in chunks:
        if chunk.level is Level.FULL and chunk.document.id:
            found.setdefault(chunk.document.id, []).extend(chunk.ranges)
    return {id: tuple(sorted(ranges)) for id, ranges in found.items()}
