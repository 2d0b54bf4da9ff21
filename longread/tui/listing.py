"""What the Library lists: what is kept, what is being opened, what is sought, in which order.

It holds state that the screen draws; it reads no store and knows no widget.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

from longread.store import Found
from longread.tui.entries import SORTS, Entry, as_open, matching
from longread.tui.matter import Matter

HITS = 3
"""Hits shown below a session."""


class Listing:
    """Sessions and the beginnings of some, narrowed down to what a person looks for."""

    def __init__(self) -> None:
        self.kept: Sequence[Entry] | None = None
        """What is in the store; None until it is read."""
        self.words: list[str] = []
        """What is looked for in titles."""
        self.typed = ""
        """What is looked for, as it was typed."""
        self.order = "newest"
        """One of `SORTS`."""
        self._found: dict[str, list[Found]] = {}
        self._opening: dict[str, Matter] = {}

    def follow(self, matter: Matter) -> None:
        """Take note of a session that is being opened, or no longer is."""
        if matter.opening or (matter.failed and not matter.session):
            self._opening[_key(matter)] = matter
        elif matter.failed:
            self.drop(matter)
        # Else it stays listed until the store was read again, which has it now.

    def matter(self, entry: Entry) -> Matter | None:
        """Return what an entry stands for, if it is not kept yet."""
        return self._opening.get(entry.key)

    def key(self, matter: Matter) -> str:
        """Return the key of the entry that stands for what is open, or is being opened."""
        kept = any(entry.key == matter.session for entry in self.kept or ())
        return matter.session if kept else _key(matter)

    def drop(self, matter: Matter) -> None:
        """List something no longer that could not be opened."""
        self._opening.pop(_key(matter), None)

    def seek(self, text: str) -> None:
        """Look for words; what was found for the ones before stays until more is known."""
        self.words, self.typed = text.casefold().split(), text
        if not self.words:
            self._found = {}

    def found(self, hits: Sequence[Found]) -> None:
        """Take what the store found."""
        self._found = {}
        for hit in hits:
            self._found.setdefault(hit.session, []).append(hit)

    def turn(self) -> None:
        """Take the next of the orders."""
        orders = list(SORTS)
        self.order = orders[(orders.index(self.order) + 1) % len(orders)]

    def listed(self, matters: Mapping[str, Matter], hidden: Collection[str]) -> list[Entry]:
        """Return what is to be listed.

        Args:
            matters: what is open in this program, by session.
            hidden: sessions that are to be deleted.
        """
        kept = {entry.key for entry in self.kept or ()}
        for key, matter in list(self._opening.items()):
            if not matter.opening and not matter.failed and matter.session in kept:
                del self._opening[key]
        begun = [
            Entry(key, matter.title, None, *as_open("opening", matter))
            for key, matter in self._opening.items()
            if matter.session not in kept
        ]
        here = {matter.session: matter for matter in self._opening.values()} | dict(matters)
        wanted = (
            self._narrowed(entry, here.get(entry.key))
            for entry in self.kept or ()
            if entry.key not in hidden
        )
        return [*begun, *sorted(filter(None, wanted), key=SORTS[self.order])]

    def _narrowed(self, entry: Entry, matter: Matter | None) -> Entry | None:
        """Return an entry with its hits; None where nothing in it is looked for."""
        if matter:
            state, doing = as_open(entry.state, matter)
            entry = replace(entry, state=state, doing=doing)
        if not self.words:
            return entry
        named = matching(entry, self.words)
        # That its name has the words can be seen without a hit that says so.
        found = self._found.get(entry.key, ())
        hits = tuple(hit for hit in found if not (named and hit.kind == "source"))
        if not named and not hits:
            return None
        return replace(entry, hits=hits[:HITS], more=max(0, len(hits) - HITS))


def _key(matter: Matter) -> str:
    return f"new {id(matter)}"
