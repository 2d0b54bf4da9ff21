"""The Library: what is kept, what runs, and how to begin something new."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from typing import ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.content import Content
from textual.timer import Timer
from textual.widgets import Input, Static

from longread.analysis.forget import forget
from longread.errors import LongreadError, StoreError
from longread.export.stages import stage
from longread.export.visible import line
from longread.store import About, Found, Row, Store
from longread.tui import detail, entries
from longread.tui.entries import SORTS, Entry
from longread.tui.matter import Matter
from longread.tui.new import NewScreen, Wanted
from longread.tui.screen import Room
from longread.tui.trash import GRACE, Trash
from longread.tui.widgets.sessions import SessionList, heading

DEBOUNCE = 0.15
"""Seconds without a key before the store is searched."""
PAUSE = 0.08
"""Seconds that a line is highlighted before more is read of it."""
SETTLE = 0.05
"""Seconds in which changes of running work are gathered before the list is drawn anew."""
LOOK = 2.0
"""Seconds between two looks at whether other programs still write."""
FOUND = 200
"""Hits a search returns at most."""
HITS = 3
"""Hits shown below a session."""


class SearchLine(Input):
    """What is looked for; the list can be walked without leaving it."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up", "walk(-1)", "Up", show=False),
        Binding("down", "walk(1)", "Down", show=False),
    ]

    def action_walk(self, lines: int) -> None:
        """Highlight another line of the list."""
        self.screen.query_one(SessionList).action_move(lines)


class LibraryScreen(Room):
    """Sessions, newest first."""

    NAME = "library"
    AUTO_FOCUS = "SessionList"
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (110, "-wide")]  # noqa: RUF012
    DEFAULT_CSS = """
    LibraryScreen {
        SearchLine { height: 1; border: none; padding: 0 1; background: $panel; }
        SearchLine:focus { border: none; }
        #heading { height: 1; color: $text-muted; background: $surface; }
        #list { width: 1fr; }
        #detail { width: 38%; min-width: 40; padding: 0 1; border-left: solid $panel; }
        #below { height: 1; padding: 0 1; color: $text-muted; background: $panel; }
        #word { padding: 1 3; display: none; height: auto; background: $surface; }
        &.-narrow #detail { display: none; }
        &.-wide #below { display: none; }
        &.-worded #word { display: block; }
        &.-worded #heading { display: none; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "slash", "search", "Search", id="library.search",
            tooltip="filter the list, and search questions, answers and sources",
        ),
        Binding("n", "new", "New", id="library.new", tooltip="read a repository, folder or PDFs"),
        Binding(
            "d,delete", "delete", "Delete", id="library.delete",
            tooltip=f"delete the session; u brings it back within {GRACE:.0f} seconds",
        ),
        Binding("u", "undo", "Undo", id="library.undo", tooltip="bring back what was deleted last"),
        Binding(
            "s", "sort", "Sort", id="library.sort", tooltip=f"sort by {', '.join(SORTS)} in turn"
        ),
        Binding(
            "c", "copy", "Copy id", show=False, id="library.copy",
            tooltip="copy the session's id, for longread ask --continue",
        ),
        Binding(
            "r", "reload", "Reload", show=False, id="library.reload",
            tooltip="read the store again",
        ),
        Binding(
            "escape", "back", "Back", show=False, id="library.back",
            tooltip="clear the search, then leave it",
        ),
    ]  # fmt: skip

    def __init__(self) -> None:
        super().__init__()
        self.trash = Trash(self._forget)
        self._kept: list[Entry] | None = None
        self._beginning: dict[int, Matter] = {}
        self._words: list[str] = []
        self._found: Mapping[str, list[Found]] = {}
        self._about: dict[tuple[str, datetime], About] = {}
        self._order = "newest"
        self._stale, self._loading = False, False
        self._settling: Timer | None = None

    def body(self) -> ComposeResult:
        """Put search line, list and details together."""
        yield SearchLine(
            placeholder="/ to filter and search", id="search", compact=True, select_on_focus=False
        )
        with Horizontal():
            with Vertical(id="list"):
                yield Static(id="heading", markup=False)
                yield Static(id="word", markup=False)
                # It stays, empty, where there is only a word: hidden, it would lose the keys.
                yield SessionList()
            with VerticalScroll(id="detail", can_focus=False):
                yield Static(id="facts", markup=False)
        yield Static(id="below", markup=False)

    def on_mount(self) -> None:
        """Begin to look whether other programs still write."""
        self.house.leaving.append(self.trash.empty)
        self.set_interval(LOOK, self._look)
        self._arrange()

    # Reading the store

    def on_screen_resume(self) -> None:
        """Show what happened meanwhile."""
        if self._stale:
            self.store_changed()

    def store_changed(self) -> None:
        """Read the store again, now or when the screen is looked at."""
        self._stale = True
        if self.house.current_mode == self.NAME and not self._loading:
            self._loading = True
            self._load()

    @work
    async def _load(self) -> None:
        try:
            store = await self.house.store()
            while self._stale:
                self._stale = False
                self._kept = await asyncio.to_thread(_kept, store)
                self._arrange()
        except LongreadError as error:
            self.house.complain(error)
        finally:
            self._loading = False

    def _look(self) -> None:
        """A program that ends without a word changes nothing in the store."""
        if any(entry.state == "elsewhere" for entry in self._kept or ()):
            self.store_changed()

    # What is listed

    def matter_changed(self, matter: Matter) -> None:
        """Follow work that runs in this program."""
        if matter.session and any(e.key == matter.session for e in self._kept or ()):
            self._beginning.pop(id(matter), None)
        elif matter.opening or (matter.failed and not matter.session):
            self._beginning[id(matter)] = matter
        else:
            self._beginning.pop(id(matter), None)
        if self._settling is None:
            self._settling = self.set_timer(SETTLE, self._settled)

    def _settled(self) -> None:
        self._settling = None
        self._arrange()

    def _arrange(self, *, anew: bool = False) -> None:
        """Put together what is listed from the store, from what runs, and from what is sought."""
        if not self.is_mounted:
            return
        listed = [self._beginner(matter) for matter in self._beginning.values()]
        listed += sorted(self._wanted(), key=SORTS[self._order])
        self.query_one(SessionList).show(listed, anew=anew)
        self._say(listed)
        self._detail()

    def _beginner(self, matter: Matter) -> Entry:
        state: entries.State = "failed" if matter.failed else "opening"
        step = stage(matter.opening) if matter.opening else matter.failed
        return Entry(f"new {id(matter)}", matter.title, None, state, step)

    def _wanted(self) -> list[Entry]:
        wanted = []
        for entry in self._kept or ():
            if entry.key in self.trash.hidden:
                continue
            if matter := self.house.matters.get(entry.key):
                state, doing = entries.as_open(entry, matter)
                entry = replace(entry, state=state, doing=doing)
            named = entries.matching(entry, self._words)
            hits = [h for h in self._found.get(entry.key, ()) if not named or h.kind != "source"]
            if named or hits:
                more = max(0, len(hits) - HITS)
                wanted.append(replace(entry, hits=tuple(hits[:HITS]), more=more))
        return wanted

    def _say(self, listed: list[Entry]) -> None:
        """Say why nothing is listed, where nothing is."""
        self.set_class(not listed, "-worded")
        self.query_one("#heading", Static).update(heading(self._width, self._order))
        if listed:
            return
        word = detail.WELCOME
        if self._kept is None:
            word = Content("opening the store …")
        elif self._words:
            sought = line(" ".join(self._words))
            word = Content(f"nothing says “{sought}”; esc clears the search")
        self.query_one("#word", Static).update(word)

    @property
    def _width(self) -> int:
        return self.query_one("#list").size.width - 3

    def on_resize(self) -> None:
        """Give the columns their new widths."""
        self.call_after_refresh(self._arrange)

    @on(SessionList.Highlighted)
    def _detail(self) -> None:
        entry = self.query_one(SessionList).highlighted
        about = None
        if entry and entry.row and self.has_class("-wide"):
            about = self._about.get((entry.key, entry.row.updated))
            if about is None:
                self._learn(entry.row)
        self.query_one("#facts", Static).update(detail.facts(entry, about))
        self.query_one("#below", Static).update(detail.below(entry))

    @work(exclusive=True, group="about")
    async def _learn(self, row: Row) -> None:
        await asyncio.sleep(PAUSE)
        store = await self.house.store()
        # A session that is gone meanwhile has nothing to be told of.
        with suppress(StoreError):
            self._about[row.id, row.updated] = await asyncio.to_thread(store.about, row.id)
            self._detail()

    # Searching

    def action_search(self) -> None:
        """Go to the search line."""
        self.query_one(SearchLine).focus()

    @on(Input.Changed, "#search")
    def _sought(self, event: Input.Changed) -> None:
        self._words = event.value.casefold().split()
        self._found = {}
        self._arrange(anew=True)
        self._search(" ".join(self._words))

    @on(Input.Submitted, "#search")
    def _taken(self) -> None:
        self.query_one(SessionList).action_open()

    @work(exclusive=True, group="search")
    async def _search(self, words: str) -> None:
        if not words:
            return
        await asyncio.sleep(DEBOUNCE)
        try:
            store = await self.house.store()
            found = await asyncio.to_thread(store.search, words, FOUND)
        except LongreadError as error:
            self.house.complain(error)
            return
        self._found = entries.by_session(found)
        self._arrange()

    def action_back(self) -> None:
        """Clear the search, then leave it."""
        search = self.query_one(SearchLine)
        if search.value:
            search.value = ""
        else:
            self.query_one(SessionList).focus()

    # What keys do to a session

    @on(SessionList.Opened)
    def _open(self, event: SessionList.Opened) -> None:
        beginning = self._beginning_of(event.entry)
        if beginning:
            self.house.show_room("read", beginning)
        else:
            self.house.open_session(event.entry.key)

    def _beginning_of(self, entry: Entry) -> Matter | None:
        found = (m for m in self._beginning.values() if f"new {id(m)}" == entry.key)
        return next(found, None)

    def action_sort(self) -> None:
        """Sort by the next of the orders."""
        orders = list(SORTS)
        self._order = orders[(orders.index(self._order) + 1) % len(orders)]
        self._arrange(anew=True)

    def action_reload(self) -> None:
        """Read the store again."""
        self.store_changed()

    def action_copy(self) -> None:
        """Copy the session's id."""
        entry = self.query_one(SessionList).highlighted
        if entry and entry.row:
            self.house.copy_to_clipboard(entry.key)
            self.notify(f"copied {entry.key}", markup=False)

    def action_new(self) -> None:
        """Ask what to read, and read it."""
        self.house.push_screen(NewScreen(), self._begin)

    def _begin(self, wanted: Wanted | None) -> None:
        if wanted:
            self.house.open_sources(
                wanted.locations, wanted.profile, wanted.strategy, wanted.budget
            )

    @work
    async def action_delete(self) -> None:
        """Delete the session, with a way back."""
        entry = self.query_one(SessionList).highlighted
        if entry is None:
            return
        if beginning := self._beginning_of(entry):
            self._dismiss(beginning)
            return
        title = line(entry.title)
        if entry.state in ("answering", "elsewhere") and not await self.house.confirm(
            "Delete while it is being answered?",
            f"“{entry.title}” is {entries.WORDS[entry.state]}. What comes of the answer is lost.",
        ):
            return
        self.trash.put(entry.key)
        self.house.close_matter(entry.key)
        self._arrange()
        self.notify(f"deleted “{title}”; u brings it back", timeout=GRACE / 3, markup=False)

    def _dismiss(self, matter: Matter) -> None:
        if matter.opening:
            self.notify("it is still being opened: enter shows it, ctrl+x stops it", markup=False)
        else:
            del self._beginning[id(matter)]
            self._arrange()

    def action_undo(self) -> None:
        """Bring back what was deleted last."""
        session = self.trash.undo()
        if not session:
            self.notify("nothing to bring back", markup=False)
            return
        self._arrange()
        self.query_one(SessionList).select(session)
        self.notify("brought back", markup=False)

    async def _forget(self, session: str) -> None:
        store = await self.house.store()
        try:
            await asyncio.to_thread(forget, store, session)
        except StoreError as error:
            self.house.complain(error)


def _kept(store: Store) -> list[Entry]:
    return entries.kept(store.sessions())
