"""What changed in the sources since they were laid out, and what is kept brought up to date.

Whoever keeps a layout asks here before it is used again. Nothing here writes to a store.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from dataclasses import asdict, dataclass, fields, is_dataclass, replace
from enum import IntEnum
from typing import Any, get_args, get_origin, get_type_hints

from longread.analysis.kept import Kept
from longread.analysis.reading import BY_HAND, CUT_DOWN, LEFT_OUT, level_of
from longread.ingest.folder import DELETED
from longread.ingest.read import Options
from longread.ingest.select import by_path
from longread.ingest.shelf import PASSING
from longread.prompt import changes, render, updates
from longread.prompt.changes import Both, Standing, Texts
from longread.prompt.costs import price
from longread.prompt.updates import Update
from longread.tokens.pieces import Pieces
from longread.types import Corpus, Document, Entry, Layout, Ledger, Level, Page

NAMED = 3
"""Files of each sort that are named."""
GONE = (DELETED, "left out by ")
"""Beginnings of reasons why a file is not there any more for the reader."""
NEVER_TEXT = frozenset(("submodule", "symlink", "lfs", "empty"))
"""Kinds that have no text to be shown, however well they can be read."""


@dataclass(frozen=True, slots=True)
class Fresh:
    """A layout brought up to date, with all that goes with it."""

    update: Update
    corpus: Corpus
    """As it is now; its documents in the order of the prompt."""
    ledger: Ledger

    @property
    def layout(self) -> Layout:
        """The layout."""
        return self.update.layout

    @property
    def documents(self) -> Sequence[Document]:
        """What there is now."""
        return self.update.documents


def follow(
    layout: Layout, ledger: Ledger, texts: Texts, corpus: Corpus, room: int, pieces: Pieces
) -> Fresh | None:
    """Bring a layout up to date with a corpus as it was read again, in any order.

    Args:
        texts: by content id, every version of which the layout shows text.
        room: tokens for all changes; None is returned where they do not fit.
    """
    places = changes.live(layout)
    lost = unreadable(corpus, {placed.path for placed in places})
    levels = {**by_path(corpus.levels, corpus.documents), **dict(layout.levels)}
    wanted = {d.path: level_of(d.path, levels) for d in corpus.documents} if levels else {}
    said = {path: level for path, level in wanted.items() if level is not None}
    made = updates.update(layout, texts, corpus.documents, room, pieces, lost, said)
    if made is None:
        return None
    if made.layout == layout:
        now = replace(corpus, documents=made.documents, entries=ledger.files, pages=ledger.pages)
        return Fresh(made, now, ledger)
    every = {d.content_id: d for d in made.documents}
    both = Both(every, texts)
    kept = _ledger(layout, ledger, made, corpus, both, pieces, lost, said)
    now = replace(corpus, documents=made.documents, entries=kept.files, pages=kept.pages)
    return Fresh(made, now, kept)


def unreadable(corpus: Corpus, known: set[str]) -> frozenset[str]:
    """Return the paths in `known` that are still there, but cannot be read just now."""
    read = {document.path for document in corpus.documents}
    return frozenset(
        e.path
        for e in corpus.entries
        if e.path in known and e.path not in read and e.kind not in NEVER_TEXT
        if e.reason in PASSING or not (e.content_id or e.reason.startswith(GONE))
    )


def news(
    changed: Collection[str],
    new: Collection[str],
    deleted: Collection[str],
    renamed: Collection[str] = (),
) -> str:
    """Say what changed, as "2 files changed (a.py, b.py), 1 new (c.py)"; empty if nothing did."""
    parts = [
        _named("1 file changed", "{} files changed", changed),
        _named("1 new", "{} new", new),
        _named("1 deleted", "{} deleted", deleted),
        _named("1 renamed", "{} renamed", renamed),
    ]
    return ", ".join(part for part in parts if part)


def _named(one: str, many: str, paths: Collection[str]) -> str:
    if not paths:
        return ""
    said = one if len(paths) == 1 else many.format(f"{len(paths):,}")
    names = [render.printable(path) for path in sorted(paths)[:NAMED]]
    return f"{said} ({', '.join(names)}{', …' if len(paths) > NAMED else ''})"


# The ledger


def _ledger(
    before: Layout,
    ledger: Ledger,
    made: Update,
    corpus: Corpus,
    texts: Texts,
    pieces: Pieces,
    lost: frozenset[str],
    said: Collection[str],
) -> Ledger:
    """Return the ledger of what is there now; what did not change is priced as it was."""
    was, now = changes.standing(before), changes.standing(made.layout)
    by_path = {stand.placed.path: id for id, stand in now.items()}
    kept = {entry.path: entry for entry in ledger.files}
    spent: dict[str, int] = {}
    for change, shown in changes.appended_each(made.layout, texts):
        spent[change.id] = spent.get(change.id, 0) + price(shown, pieces)
    for placed in made.layout.placed:
        if placed.id in spent:
            first = render.chunks(placed, changes.version(placed, texts), before.mark)
            spent[placed.id] += price(list(first), pieces)

    def entry(read: Entry) -> Entry:
        id = by_path.get(read.path)
        if id is None:
            return read
        old = kept.get(was[id].placed.path) if id in was else None
        if read.path in lost:
            return old or read
        if old and was[id].placed.content_id == now[id].placed.content_id:
            shown = replace(read, full_tokens=old.full_tokens, level=old.level, reason=old.reason)
            return replace(shown, tokens=spent.get(id, old.tokens))
        by_hand = read.path in said
        return _entry(read, now[id], texts, spent.get(id, 0), before.mark, pieces, by_hand)

    files = tuple(entry(read) for read in corpus.entries)
    levels = {file.path: file for file in files}
    pages_kept = {(page.path, page.page): page for page in ledger.pages}

    def page(read: Page) -> Page:
        id = by_path.get(read.path)
        if read.reason or id is None:
            return read
        old_path = was[id].placed.path if id in was else ""
        old = pages_kept.get((old_path, read.page))
        if old and was[id].placed.content_id == now[id].placed.content_id:
            return replace(read, level=old.level, reason=old.reason)
        full = now[id].full is not None
        level = Level.FULL if full else now[id].placed.level
        return replace(read, level=level, reason="" if full else levels[read.path].reason)

    pages = tuple(page(read) for read in corpus.pages)
    pages += tuple(page for page in ledger.pages if page.path in lost)
    earlier = price(changes.appended(before, texts), pieces)
    tokens = ledger.tokens + made.tokens - earlier
    return replace(ledger, tokens=tokens, files=files, pages=pages)


def _entry(
    read: Entry,
    stand: Standing,
    texts: Texts,
    tokens: int,
    mark: str,
    pieces: Pieces,
    by_hand: bool,
) -> Entry:
    document = changes.version(stand.placed, texts)
    place = replace(stand.placed, level=Level.FULL, raised=(), lifted=())
    full = price(list(render.chunks(place, document, mark)), pieces)
    if stand.full:
        return replace(read, full_tokens=full, level=Level.FULL, tokens=tokens, reason="")
    reason = BY_HAND if by_hand else CUT_DOWN if stand.placed.level else LEFT_OUT
    if stand.placed.raised:
        reason = f"{len(stand.placed.raised)} of {len(document.segments)} parts fit the budget"
    level = stand.placed.level
    return replace(read, full_tokens=full, level=level, tokens=tokens, reason=reason)


# How sources are read again


def kept_options(options: Options) -> str:
    """Return options as they are kept: as JSON, without passwords."""
    said = asdict(options)
    del said["passwords"]
    return json.dumps(said, sort_keys=True)


def options_of(kept: str, passwords: tuple[str, ...] = ()) -> Options:
    """Return the options that were kept; what another longread kept beside is left out."""
    options: Options = _made(Options, json.loads(kept) if kept else {})
    return replace(options, passwords=passwords)


def _made(kind: Any, value: Any) -> Any:
    """Return what JSON has made of a value of a kind as it was."""
    if is_dataclass(kind) and isinstance(kind, type):
        kinds = get_type_hints(kind)
        names = [field.name for field in fields(kind) if field.name in value]
        return kind(**{name: _made(kinds[name], value[name]) for name in names})
    if get_origin(kind) is tuple:
        parts = get_args(kind)
        parts = parts[:1] * len(value) if parts[-1] is Ellipsis else parts
        return tuple(_made(part, one) for part, one in zip(parts, value, strict=True))
    return kind(value) if isinstance(kind, type) and issubclass(kind, IntEnum) else value


def documents_of(layout: Layout, texts: Texts) -> Kept:
    """Return the newest versions, each unpacked when somebody looks at it."""
    return Kept(changes.live(layout), texts)
