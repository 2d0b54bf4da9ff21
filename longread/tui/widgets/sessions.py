"""The list of sessions, a line each, with what was found in them below.

Only the lines in view are drawn. What comes later changes lines; it moves neither the
selection nor the view.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import ClassVar, NamedTuple

from rich.cells import cell_len, set_cell_size
from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.binding import Binding, BindingType
from textual.geometry import Size
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.strip import Strip

from longread.export.visible import line
from longread.store import HIT, Found
from longread.tui import entries
from longread.tui.entries import Entry

NARROW = 20
"""Cells that a title needs; columns go before it gets fewer."""
WIDE = 34
"""Cells a title gets before what is left goes to the last question."""
FACTS = (
    ("kind", 7, "kind"), ("size", 10, "size"), ("bar", 9, ""), ("asked", 5, "asked"),
    ("cost", 7, "cost"), ("when", 11, "when"),
)  # fmt: skip
"""Columns between title and last question: name, cells, heading."""
RIGHT = frozenset({"size", "asked", "cost"})
GOES = ("cost", "bar", "kind", "asked", "size")
"""Columns in the order in which they go where there is no room."""

FOUND = re.compile(f"({HIT[0]}[^{HIT[1]}]*{HIT[1]})")
"""A word that was looked for, in a snippet."""
Piece = tuple[str, str]
"""Text, and the name of its style."""


class Place(NamedTuple):
    """One line of the list: an entry, or a hit below it."""

    entry: int
    hit: int = -1


def fit(text: str, width: int, *, end: bool = False) -> str:
    """Return text made visible that takes exactly `width` cells: its beginning, or its end."""
    shown = line(text)
    if cell_len(shown) > width:
        if end:
            return "…"[:width] + set_cell_size(shown[::-1], max(0, width - 1))[::-1]
        return set_cell_size(shown, max(0, width - 1)) + "…"[:width]
    return shown + " " * (width - cell_len(shown))


def columns(width: int) -> list[tuple[str, int]]:
    """Return the columns that a line of `width` cells has room for, after state and title."""
    facts = [(name, cells) for name, cells, _ in FACTS]
    for gone in GOES:
        if _title(width, facts) >= NARROW:
            break
        facts = [fact for fact in facts if fact[0] != gone]
    rest = _title(width, facts) - WIDE - 1
    return [*facts, ("last", rest)] if rest >= NARROW else facts


def _title(width: int, facts: Sequence[tuple[str, int]]) -> int:
    return width - 3 - sum(cells + 1 for _, cells in facts)


def heading(width: int, order: str) -> str:
    """Return the line above the list; the column that it is sorted by has an arrow."""
    words = {name: word for name, _, word in FACTS} | {"last": "last question"}
    marked = {"newest": "when", "title": "title", "size": "size", "cost": "cost"}[order]
    facts = columns(width)
    text = "   " + fit("title ↓" if marked == "title" else "title", _title(width, facts))
    for name, cells in facts:
        word = words[name] + (" ↓" if name == marked else "")
        text += " " + (word.rjust(cells) if name in RIGHT else fit(word, cells))
    return text


class SessionList(ScrollView, can_focus=True, inherit_bindings=False):
    """Sessions; enter, or a click on the highlighted line, opens one."""

    ALLOW_SELECT = False
    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "sessions--cursor", "sessions--title", "sessions--muted", "sessions--live",
        "sessions--wrong", "sessions--found",
    }  # fmt: skip
    DEFAULT_CSS = """
    SessionList {
        background: $surface; color: $foreground; pointer: pointer;
        overflow-x: hidden; overflow-y: scroll; scrollbar-size: 1 1;

        & > .sessions--title { text-style: bold; }
        & > .sessions--muted { color: $foreground 80%; }
        & > .sessions--live { color: $text-success; text-style: bold; }
        & > .sessions--wrong { color: $text-error; text-style: bold; }
        & > .sessions--found { color: $text-accent; text-style: bold underline; }
        & > .sessions--cursor { background: $panel; }
        &:focus > .sessions--cursor {
            background: $block-cursor-background; color: $block-cursor-foreground;
        }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "open", "Open", id="library.open", tooltip="open what is highlighted"),
        *(
            Binding(key, action, label, show=False, id=f"library.{name}", tooltip=tooltip)
            for key, action, label, name, tooltip in (
                ("up,k", "move(-1)", "Up", "up", "one line up"),
                ("down,j", "move(1)", "Down", "down", "one line down"),
                ("pageup", "page(-1)", "Page up", "pageup", "one view up"),
                ("pagedown", "page(1)", "Page down", "pagedown", "one view down"),
                ("home,g", "move_to(0)", "Top", "top", "to the first session"),
                ("end,G", "move_to(-1)", "Bottom", "bottom", "to the last session"),
            )
        ),
    ]

    class Highlighted(Message):
        """Another line is highlighted, or it says something else now."""

    class Opened(Message):
        """A session is to be opened, at a hit if one was chosen."""

        def __init__(self, entry: Entry, hit: Found | None) -> None:
            super().__init__()
            self.entry, self.hit = entry, hit

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._entries: Sequence[Entry] = ()
        self._places: list[Place] = []
        self._cursor = 0

    @property
    def entries(self) -> Sequence[Entry]:
        """What is listed, in order."""
        return self._entries

    @property
    def highlighted(self) -> Entry | None:
        """The session that keys act on."""
        if not self._places:
            return None
        return self._entries[self._places[self._cursor].entry]

    @property
    def hit(self) -> Found | None:
        """The hit that is highlighted; None where it is a session."""
        if not self._places or self._places[self._cursor].hit < 0:
            return None
        place = self._places[self._cursor]
        return self._entries[place.entry].hits[place.hit]

    def show(self, listed: Sequence[Entry], *, anew: bool = False) -> None:
        """List sessions, in the order given.

        Args:
            anew: another list is wanted, so that the view goes to its selection; otherwise
                what is looked at stays where it is.
        """
        was, top = self.highlighted, self.scroll_offset.y
        seen = top <= self._cursor < top + self.size.height
        fixed = self._cursor if seen else top
        cursor, anchor = self._name_of(self._cursor), self._name_of(fixed)
        self._entries = listed
        self._places = [
            Place(number, hit)
            for number, entry in enumerate(listed)
            for hit in range(-1, len(entry.hits))
        ]
        self._cursor = self._line_of(cursor, self._cursor)
        self.virtual_size = Size(0, len(self._places))
        if anew:
            self._reveal()
        elif top:
            self.scroll_to(y=max(0, self._line_of(anchor, fixed) - (fixed - top)), animate=False)
        self.refresh()
        if self.highlighted != was:
            self.post_message(self.Highlighted())

    def _name_of(self, number: int) -> tuple[str, int]:
        """Return what a line is of, by which it can be found when lines have come or gone."""
        if not 0 <= number < len(self._places):
            return "", -1
        place = self._places[number]
        return self._entries[place.entry].key, place.hit

    def _line_of(self, name: tuple[str, int], otherwise: int) -> int:
        """Return the number of a line or, where it is gone, of what took its place."""
        best = max(0, min(otherwise, len(self._places) - 1))
        for number, place in enumerate(self._places):
            if self._entries[place.entry].key == name[0] and place.hit in (-1, name[1]):
                best = number
        return best

    # Moving

    def select(self, key: str) -> bool:
        """Highlight a session, by its key, and return whether it is listed."""
        for number, place in enumerate(self._places):
            if self._entries[place.entry].key == key:
                if self._places[self._cursor].entry != place.entry:
                    self.action_move_to(number)
                return True
        return False

    def action_move(self, lines: int) -> None:
        """Highlight another line."""
        self.action_move_to(max(0, self._cursor + lines))

    def action_page(self, pages: int) -> None:
        """Highlight a line a view away."""
        self.action_move(pages * max(1, self.size.height - 1))

    def action_move_to(self, number: int) -> None:
        """Highlight a line by its number; -1 is the last."""
        last = len(self._places) - 1
        self.refresh_line(self._cursor)
        self._cursor = max(0, last if number < 0 else min(number, last))
        self.refresh_line(self._cursor)
        self._reveal()
        self.post_message(self.Highlighted())

    def action_open(self) -> None:
        """Open what is highlighted."""
        if entry := self.highlighted:
            self.post_message(self.Opened(entry, self.hit))

    def _reveal(self) -> None:
        height = max(1, self.size.height)
        top = min(max(self.scroll_offset.y, self._cursor - height + 1), self._cursor)
        self.scroll_to(y=top, animate=False)

    def on_click(self, event: events.Click) -> None:
        """Highlight a line, or open it if it is."""
        number = event.y + self.scroll_offset.y
        if number >= len(self._places):
            return
        if number == self._cursor:
            self.action_open()
        else:
            self.action_move_to(number)

    # Drawing

    def render_line(self, y: int) -> Strip:
        """Draw one line of the view."""
        number, width = y + self.scroll_offset.y, self.size.width
        if number >= len(self._places):
            return Strip.blank(width, self.rich_style)
        place = self._places[number]
        entry = self._entries[place.entry]
        here = number == self._cursor
        pieces = self._entry(entry, width - 2) if place.hit < 0 else self._hit(entry, place.hit)
        base, over = self.rich_style, Style()
        if here:
            over = self.get_component_rich_style("sessions--cursor", partial=True)
        segments = [Segment("›" if here else " ", base + over)]
        for text, name in pieces:
            style = base
            if name:
                style += self.get_component_rich_style(f"sessions--{name}", partial=True)
            segments.append(Segment(text, style + over))
        return Strip(segments).adjust_cell_length(width, base + over)

    def _entry(self, entry: Entry, width: int) -> Iterator[Piece]:
        facts = columns(width)
        tone = {"ready": "", "cut": "wrong", "failed": "wrong"}.get(entry.state, "live")
        yield entries.GLYPHS[entry.state] + " ", tone
        row = entry.row
        # Of a path that is being read, the end says more.
        yield fit(entries.name(entry), _title(width, facts), end=row is None), "title"
        if row is None:
            text = entry.doing or entries.WORDS[entry.state]
            yield " " + fit(text, sum(cells + 1 for _, cells in facts) - 1), "muted"
            return
        now = datetime.now(UTC)
        for name, cells in facts:
            match name:
                case "kind":
                    yield " " + fit(entries.kind(row), cells), "muted"
                case "size":
                    yield " " + entries.size(row).rjust(cells), ""
                case "bar":
                    yield " " + entries.bar(row), "wrong" if entries.partly(row) else "muted"
                case "asked":
                    yield " " + f"{row.answers:,} q".rjust(cells), ""
                case "cost":
                    yield " " + entries.money(row.price).rjust(cells), ""
                case "when":
                    yield " " + fit(entries.when(row.updated, now), cells), "muted"
                case _:
                    yield " " + fit(_last(entry, row.last_question), cells), "muted"

    def _hit(self, entry: Entry, number: int) -> Iterator[Piece]:
        hit = entry.hits[number]
        last = number == len(entry.hits) - 1
        yield f"   {'└' if last else '├'} {hit.kind:<8} ", "muted"
        for part in FOUND.split(hit.snippet):
            if part.startswith(HIT[0]):
                yield line(part.strip("".join(HIT))), "found"
            else:
                yield line(part), ""
        if last and entry.more:
            yield f"  +{entry.more:,} more", "muted"


def _last(entry: Entry, question: str) -> str:
    return entry.doing if entry.state in ("answering", "opening") and entry.doing else question
