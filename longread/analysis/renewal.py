"""A conversation whose sources changed since it was laid out, brought up to date before a question.

What was kept is never lost: where the sources are gone, it is what the question is put to.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from longread.analysis import freshness, pictures, reading
from longread.analysis.conversation import QUESTION, Conversation, strategy_of
from longread.analysis.freshness import Fresh
from longread.analysis.sources import read_sources
from longread.errors import BudgetError, ConfigError, IngestError
from longread.ingest.remote import is_url
from longread.ingest.texts import ChangedError
from longread.prompt import changes, render, updates
from longread.store import Store
from longread.types import Corpus, Document, Source, Tell

SINCE = "since the last answer: "
LOCKED = "needs password"
TRIES = 3
"""Times that sources are read which change while they are read."""


@dataclass(frozen=True, slots=True)
class Renewed:
    """A conversation as it goes on."""

    conversation: Conversation
    note: str
    """What changed, for people; empty where nothing did."""


def renew(opened: Conversation, store: Store, tell: Tell) -> Renewed:
    """Look at the sources again; keep and return the conversation about what is there now.

    The prompt's beginning stays as it was where the changes fit their reserve. Sources on other
    machines are not asked. Blocking.
    """
    if all(is_url(source.location) for source in opened.corpus.sources):
        return Renewed(opened, "")
    for _ in range(TRIES):
        try:
            return _renew(opened, store, tell)
        except ChangedError:
            continue
        except (IngestError, BudgetError, ConfigError) as error:
            return Renewed(opened, f"not brought up to date: {error}; what was kept is asked")
    return Renewed(opened, "not brought up to date: the sources change all the time")


def _renew(opened: Conversation, store: Store, tell: Tell) -> Renewed:
    places = [_again(source) for source in opened.corpus.sources]
    pieces = opened.pieces
    blind = not pictures.able(opened.profile)
    corpus = read_sources(places, opened.options, pieces, opened.window, tell, blind=blind)
    sources = _sources(opened.corpus.sources, corpus.sources)
    corpus = replace(corpus, sources=sources)
    guided = opened.profile.citations == "guided"
    frame = pieces.family.frame(reading.ROLES)
    head = render.head(opened.layout.mark, guided)
    fixed = sum(map(len, frame)) + pieces.count_text(head)
    room = updates.reserve(opened.window - opened.profile.answer - QUESTION - fixed)
    found = freshness.follow(opened.layout, opened.ledger, opened.texts, corpus, room, pieces)
    if found is None:
        return _anew(opened, corpus, room, store, tell)
    locked = _locked(opened, corpus)
    if found.layout == opened.layout:
        return Renewed(opened, locked)
    update = found.update
    note = freshness.news(update.changed, update.new, update.deleted, update.renamed)
    said = "; ".join(filter(None, (SINCE + note, locked)))
    return Renewed(_followed(opened, found, store), said)


def _locked(opened: Conversation, corpus: Corpus) -> str:
    """Say which documents are asked as they were because nobody gave the password they need now."""
    known = {placed.path for placed in changes.live(opened.layout)}
    paths = sorted(e.path for e in corpus.entries if e.path in known and e.reason == LOCKED)
    if not paths:
        return ""
    named = ", ".join(map(render.printable, paths[: freshness.NAMED]))
    more = ", …" if len(paths) > freshness.NAMED else ""
    return (
        f"{named}{more} changed and cannot be opened, so what was kept is asked: give the password"
        " with --password or --password-file"
    )


def _again(source: Source) -> str:
    """Return a location that names the same commit again where it is on another machine."""
    if not is_url(source.location) or not source.version:
        return source.location
    from longread.ingest.locations import asked

    address, _, folder = asked(source.location)
    return f"{address}@{source.version}" + (f"//{folder}" if folder else "")


def _sources(old: tuple[Source, ...], new: tuple[Source, ...]) -> tuple[Source, ...]:
    if len(old) != len(new):
        return old
    return tuple(
        replace(one, version=other.version, note=other.note)
        for one, other in zip(old, new, strict=True)
    )


def _followed(opened: Conversation, found: Fresh, store: Store) -> Conversation:
    strategy = "focus" if opened.wanted == "focus" else strategy_of(found.layout)
    made = replace(
        opened,
        corpus=found.corpus,
        layout=found.layout,
        ledger=found.ledger,
        strategy=strategy,
        measured=None,
    )
    return keep(made, found.documents, store)


def _anew(opened: Conversation, corpus: Corpus, room: int, store: Store, tell: Tell) -> Renewed:
    guided = opened.profile.citations == "guided"
    measured = reading.measure(corpus, opened.pieces, guided, tell)
    levels = dict(opened.layout.levels)
    ready = replace(opened, measured=measured)
    try:
        made = ready.relaid(opened.wanted, levels, tell)
    except BudgetError:
        made = ready.relaid("auto", {}, tell)
    made = keep(made, made.corpus.documents, store)
    was = {placed.path: placed.content_id for placed in changes.live(opened.layout)}
    now = {placed.path: placed.content_id for placed in made.layout.placed}
    said = freshness.news(
        changed=[path for path in now if path in was and was[path] != now[path]],
        new=[path for path in now if path not in was],
        deleted=[path for path in was if path not in now],
    )
    room_taken = f"more than the {room:,} tokens that are kept for changes"
    return Renewed(made, f"{SINCE}{said}: {room_taken}, so all is laid out anew")


def keep(made: Conversation, documents: Sequence[Document], store: Store) -> Conversation:
    """Keep layout, ledger and new texts in one transaction; go on with the store's texts."""
    if not made.session:
        return made
    known = set(made.texts)
    fresh = {d.content_id: d for d in documents if d.content_id not in known}
    store.replace_layout(
        made.session, made.layout, made.ledger, documents=fresh, sources=made.corpus.sources
    )
    texts = store.documents(made.session)
    corpus = replace(made.corpus, documents=freshness.documents_of(made.layout, texts))
    measured = made.measured and replace(made.measured, corpus=corpus)
    return replace(made, corpus=corpus, texts=texts, measured=measured)
