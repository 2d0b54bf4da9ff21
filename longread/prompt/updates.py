"""What is to be appended to a layout so that it shows what there is now, within a reserve.

Each change is shown in the way that takes least, then in better ways while there is room. Nothing
here reads a source: it is told what there is now.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from longread.prompt.changes import (
    Both,
    Standing,
    Texts,
    appended,
    everything_in_full,
    guarded,
    live,
    render,
    standing,
    version,
)
from longread.prompt.costs import levels_of, price
from longread.prompt.differences import compare
from longread.prompt.render import not_shown
from longread.tokens.pieces import Pieces
from longread.types import Document, Layout, Level, Placed

SHARE, LEAST, MOST = 32, 2_000, 8
"""The reserve: one part in `SHARE` of the room, at least `LEAST` tokens, at most 1 in `MOST`."""


def reserve(room: int) -> int:
    """Return the tokens of `room` that are for changes where a layout is kept."""
    return max(min(max(room // SHARE, LEAST), room // MOST), 0)


@dataclass(frozen=True, slots=True)
class Update:
    """A layout brought up to date, and what that took."""

    layout: Layout
    documents: tuple[Document, ...]
    """The newest version of each document, in the order of `live`."""
    tokens: int
    """Of all changes."""
    changed: tuple[str, ...] = ()
    """Paths, as for the others; those since the layout that was given."""
    new: tuple[str, ...] = ()
    deleted: tuple[str, ...] = ()
    renamed: tuple[str, ...] = ()
    rewritten: bool = False
    """Whether earlier changes were written anew, so that only what stands before them is kept."""


@dataclass(slots=True)
class Item:
    """One change to be made, in what ways it can be shown, the cheapest first."""

    options: list[tuple[int, Placed]]
    new: bool
    """Whether it is a document that there was not."""
    chosen: int = 0

    @property
    def place(self) -> Placed:
        """The way that was chosen."""
        return self.options[self.chosen][1]

    @property
    def tokens(self) -> int:
        """What it takes."""
        return self.options[self.chosen][0]


def update(
    layout: Layout,
    texts: Texts,
    documents: Sequence[Document],
    room: int,
    pieces: Pieces,
    unreadable: frozenset[str] = frozenset(),
    levels: Mapping[str, Level] = {},
) -> Update | None:
    """Bring a layout up to date within `room` tokens for all its changes; None if that is not
    possible, and all has to be laid out anew.

    Args:
        texts: every version that the layout names, by content id.
        documents: what there is now, in any order.
        unreadable: paths of which nobody can say what stands there now: they stay as they were.
        levels: by path, at which level a person wants to see a document if it is new.
    """
    fresh = sorted((guarded(d, layout.mark) for d in documents), key=lambda d: d.path)
    places = live(layout)
    by_path = {document.path: document for document in fresh}
    same = len(places) == len(by_path) and all(
        place.path in by_path and by_path[place.path].content_id == place.content_id
        for place in places
    )
    if same:
        found = tuple(replace(by_path[place.path], id=place.id) for place in places)
        return Update(layout, found, price(appended(layout, texts), pieces))
    known = {place.path: place.id for place in places}
    made = _append(layout, layout, known, texts, fresh, room, pieces, unreadable, levels)
    if made is None and layout.changes:
        bare = replace(layout, changes=())
        made = _append(layout, bare, known, texts, fresh, room, pieces, unreadable, levels)
    return made


def _append(
    before: Layout,
    base: Layout,
    known: Mapping[str, str],
    texts: Texts,
    fresh: Sequence[Document],
    room: int,
    pieces: Pieces,
    unreadable: frozenset[str],
    said: Mapping[str, Level],
) -> Update | None:
    """Append to `base` what there is now; `before` is what was asked to be brought up to date."""
    stands = standing(base)
    now: dict[str, Document] = {}
    strangers: list[Document] = []
    for document in fresh:
        id = known.get(document.path)
        if id in stands:
            now[id] = document
        else:
            strangers.append(document)
    was = standing(before)
    for id, stand in was.items():
        if id in stands and id not in now and stand.placed.path in unreadable:
            now[id] = replace(version(stand.placed, texts), id=id)
    by_content: dict[str, list[str]] = {}
    for id, stand in stands.items():
        if id not in now:
            by_content.setdefault(stand.placed.content_id, []).append(id)
    new: list[Document] = []
    for document in strangers:
        if document.path not in known and (same := by_content.get(document.content_id)):
            now[same.pop(0)] = document
        else:
            new.append(document)
    every = Both({d.content_id: d for d in fresh}, texts)
    placed, items, gone = list(base.placed), [], []
    changes = list(base.changes)
    for id, stand in stands.items():
        if id not in now:
            gone.append(Placed(id, stand.placed.path, stand.placed.content_id, Level.NONE))
            continue
        document = now[id]
        if document.content_id == stand.placed.content_id:
            if document.path != stand.placed.path:
                moved = Placed(id, document.path, document.content_id, Level.PATH)
                items.append(_priced([moved], stand, every, base.mark, pieces))
        elif stand.bare:
            placed = _refilled(placed, id, document.content_id)
            changes = _refilled(changes, id, document.content_id)
            if document.path != stand.placed.path:
                moved = Placed(id, document.path, document.content_id, Level.PATH)
                items.append(_priced([moved], stand, every, base.mark, pieces))
        else:
            places = _versions(stand, document, every)
            items.append(_priced(places, stand, every, base.mark, pieces))
    items += [_priced([place], stands[place.id], every, base.mark, pieces) for place in gone]
    whole = everything_in_full(before)
    numbers = _numbers(before)
    hidden: list[Placed] = []
    notice = not_shown(base)
    for document in new:
        id = known.get(document.path) or next(numbers)
        place = Placed(id, document.path, document.content_id, Level.NONE)
        levels = [Level.PATH, *sorted(levels_of(document)), Level.FULL]
        if document.path in said:
            levels = [max([at for at in levels if at <= said[document.path]], default=Level.PATH)]
        elif whole:
            levels = [Level.FULL]
        options = [replace(place, level=level) for level in levels]
        item = _priced(options, None, every, base.mark, pieces)
        silent = not whole and not_shown(replace(base, placed=(*base.placed, place))) == notice
        if silent:
            item.options.insert(0, (0, place))
        items.append(item)
    kept = price(
        appended(replace(base, placed=tuple(placed), changes=tuple(changes)), every), pieces
    )
    tokens = _choose(items, room - kept)
    if tokens is None:
        return None
    for item in items:
        fresh_here = item.place.id not in stands
        if fresh_here and item.place.level is Level.NONE:
            hidden.append(item.place)
        else:
            changes.append(item.place)
    made = replace(base, placed=(*placed, *hidden), changes=tuple(changes))
    found = tuple(version(place, every) for place in live(made))
    return _told(before, made, found, kept + tokens)


def _refilled(places: Iterable[Placed], id: str, content_id: str) -> list[Placed]:
    return [replace(p, content_id=content_id) if p.id == id else p for p in places]


def _versions(stand: Standing, document: Document, texts: Texts) -> list[Placed]:
    """Return the ways in which a later version of what is shown can be shown."""
    old = stand.placed
    place = Placed(old.id, document.path, document.content_id, Level.FULL)
    if stand.full:
        parts = compare(texts[stand.full], document)
        if not parts:
            return [place]
        return [replace(place, level=Level.PATH, raised=parts.fresh), place]
    levels = levels_of(document)
    level = max((at for at in levels if at <= old.level), default=Level.PATH)
    earlier = texts[old.content_id]
    again = _again(earlier, old.raised, document)
    fresh = compare(earlier, document).fresh or ()
    more = tuple(sorted({*again, *fresh}))
    place = replace(place, level=level)
    return [replace(place, raised=again), replace(place, raised=more)]


def _again(old: Document, raised: Sequence[int], new: Document) -> tuple[int, ...]:
    """Return the segments of a new version that bear the names, or the text, of those raised."""
    parts = [old.segments[index] for index in raised]
    names = {part.name for part in parts if part.name}
    said = {old.text[part.start : part.end] for part in parts}
    text = new.text
    return tuple(
        index
        for index, part in enumerate(new.segments)
        if part.name in names or text[part.start : part.end] in said
    )


def _priced(
    places: Sequence[Placed], before: Standing | None, texts: Texts, mark: str, pieces: Pieces
) -> Item:
    options: list[tuple[int, Placed]] = []
    for place in places:
        tokens = price(render(place, before, texts, mark), pieces)
        # What takes more and shows less, or the same, is no way to show it.
        while options and options[-1][0] >= tokens:
            options.pop()
        options.append((tokens, place))
    return Item(options, before is None)


def _choose(items: Sequence[Item], room: int) -> int | None:
    """Show as much of each item as fits together, what costs least first; None if none fits.

    What is new may take half of the room left, for more changes will come.
    """
    used = sum(item.tokens for item in items)
    if used > room:
        return None
    for new in (False, True):
        limit = (used + room) // 2 if new else room
        raises = sorted(
            (item.options[at][0] - item.options[at - 1][0], at, number)
            for number, item in enumerate(items)
            for at in range(1, len(item.options))
            if item.new is new
        )
        for _, at, number in raises:
            item = items[number]
            more = item.options[at][0] - item.tokens
            if item.chosen < at and used + more <= limit:
                item.chosen = at
                used += more
    return used


def _numbers(layout: Layout) -> Iterator[str]:
    taken = [int(p.id[1:]) for p in (*layout.placed, *layout.changes) if p.id[1:].isdigit()]
    number = max(taken, default=0)
    while True:
        number += 1
        yield f"d{number}"


def _told(before: Layout, after: Layout, documents: tuple[Document, ...], tokens: int) -> Update:
    was, now = standing(before), standing(after)
    both = [(was[id].placed, now[id].placed) for id in now if id in was]
    return Update(
        after,
        documents,
        tokens,
        tuple(sorted(b.path for a, b in both if a.content_id != b.content_id)),
        tuple(sorted(s.placed.path for id, s in now.items() if id not in was)),
        tuple(sorted(s.placed.path for id, s in was.items() if id not in now)),
        tuple(sorted(b.path for a, b in both if a.path != b.path)),
        after.changes[: len(before.changes)] != before.changes,
    )
