"""The Library: what is kept, what runs, and how to begin something new."""

from __future__ import annotations

import asyncio
from typing import ClassVar

from rich.text import Text
from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.timer import Timer
from textual.widgets import Input, Static

from longread.analysis.forget import forget
from longread.errors import LongreadError, StoreError
from longread.export.visible import line
from longread.store import Store
from longread.tui import detail, entries
from longread.tui.detail import Facts
from longread.tui.entries import SORTS, Entry
from longread.tui.listing import Listing
from longread.tui.matter import Matter
from longread.tui.new import NewScreen, Wanted
from longread.tui.screen import Room
from longread.tui.trash import GRACE, Trash
from longread.tui.widgets.sessions import SessionList, heading
from longread.tui.widgets.typed import Field

DEBOUNCE = 0.15
"""Seconds without a key before the store is searched."""
SETTLE = 0.05
"""Seconds in which changes of running work are gathered before the list is drawn anew."""
LOOK = 2.0
"""Seconds between two looks at whether other programs still write."""
FOUND = 200
"""Hits a search returns at most."""


class SearchLine(Field):
    """What is looked for; the list can be walked without leaving it."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "submit", "Open", id="search.open"),
        Binding("escape", "screen.back", "Clear, then leave", id="search.leave"),
        Binding("up", "walk(-1)", "Up", id="search.up", show=False),
        Binding("down", "walk(1)", "Down", id="search.down", show=False),
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
        Facts { width: 38%; min-width: 40; padding: 0 1; border-left: solid $panel; }
        #below { height: 1; padding: 0 1; color: $text-muted; background: $panel; }
        #word { padding: 1 3; display: none; height: auto; background: $surface; }
        &.-narrow Facts { display: none; }
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
        self.listing = Listing()
        self._stale, self._loading = True, False
        self._pointed: Matter | None = None
        """What was open when the highlight last went to it."""
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
            yield Facts()
        yield Static(id="below", markup=False)

    def on_mount(self) -> None:
        """Begin to look whether other programs still write."""
        self.house.leaving.append(self.trash.empty)
        self.set_interval(LOOK, self._look)
        self._arrange()

    # Reading the store

    def on_screen_resume(self) -> None:
        """Show what happened meanwhile; what was opened meanwhile is highlighted."""
        self._arrange()
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
                self.listing.kept = await asyncio.to_thread(_kept, store)
                self._arrange()
            self._search()
        except LongreadError as error:
            self.house.complain(error)
        finally:
            self._loading = False

    def _look(self) -> None:
        """A program that ends without a word changes nothing in the store."""
        if any(entry.state == "elsewhere" for entry in self.listing.kept or ()):
            self.store_changed()

    def matter_changed(self, matter: Matter) -> None:
        """Follow work that runs in this program."""
        self.listing.follow(matter)
        if self._settling is None:
            self._settling = self.set_timer(SETTLE, self._settled)

    def _settled(self) -> None:
        self._settling = None
        self._arrange()

    # Showing

    def _arrange(self, *, anew: bool = False) -> None:
        """Show what is to be listed now."""
        if not self.there:
            return
        sessions = self.query_one(SessionList)
        here = sessions.highlighted and self.listing.matter(sessions.highlighted)
        listed = self.listing.listed(self.house.matters, self.trash.hidden)
        sessions.show(listed, anew=anew)
        if here:
            # What was being opened has another key once it is kept.
            sessions.select(self.listing.key(here))
        self._point(sessions)
        self.set_class(not listed, "-worded")
        width = self.query_one("#list").size.width - 3
        self.query_one("#heading", Static).update(heading(width, self.listing.order))
        self.query_one("#word", Static).update(self._word() if not listed else "")
        self._detail()

    def _point(self, sessions: SessionList) -> None:
        """Highlight what is open, once, so that keys do not act on what was left earlier."""
        matter = self.house.matter
        if self.house.current_mode != self.NAME or matter is self._pointed:
            return
        if matter is None or sessions.select(self.listing.key(matter)):
            self._pointed = matter

    def _word(self) -> Content:
        """Say why nothing is listed."""
        if self.listing.kept is None:
            return Content("opening the store …")
        if self.listing.words:
            sought = line(" ".join(self.listing.typed.split()))
            return Content(f"nothing says “{sought}”; esc clears the search")
        return detail.WELCOME

    def on_resize(self) -> None:
        """Give the columns their new widths."""
        self.call_after_refresh(self._arrange)

    @on(SessionList.Highlighted)
    def _detail(self) -> None:
        entry = self.query_one(SessionList).highlighted
        self._tell_below()
        self.query_one(Facts).show(entry)

    @on(Facts.Learned)
    def _tell_below(self) -> None:
        entry = self.query_one(SessionList).highlighted
        about = self.query_one(Facts).about(entry)
        self.query_one("#below", Static).update(detail.below(entry, about), layout=False)

    # Searching

    def action_search(self) -> None:
        """Go to the search line."""
        self.query_one(SearchLine).focus()

    @on(Input.Changed, "#search")
    def _sought(self, event: Input.Changed) -> None:
        self.listing.seek(event.value)
        self._arrange(anew=True)
        self._search()

    @on(Input.Submitted, "#search")
    def _taken(self) -> None:
        self.query_one(SessionList).action_open()

    @work(exclusive=True, group="search")
    async def _search(self) -> None:
        if not self.listing.words:
            return
        await asyncio.sleep(DEBOUNCE)
        try:
            store = await self.house.store()
            self.listing.found(await asyncio.to_thread(store.search, self.listing.typed, FOUND))
        except LongreadError as error:
            self.house.complain(error)
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
        if matter := self.listing.matter(event.entry):
            self.house.show_room("read", matter)
        else:
            answer = event.hit.answer if event.hit else None
            self.house.open_session(event.entry.key, answer)

    def action_sort(self) -> None:
        """Sort by the next of the orders."""
        self.listing.turn()
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
        if matter := self.listing.matter(entry):
            self._dismiss(matter)
            return
        title = line(entry.title)
        if entry.state in ("answering", "elsewhere") and not await self.house.confirm(
            "Delete while it is being answered?",
            f"“{entry.title}” is {entries.WORDS[entry.state]}. What comes of the answer is lost.",
        ):
            return
        self.trash.put(entry.key)
        self.house.close_session(entry.key)
        self._arrange()
        # One notice at a time: an older one would still name what u no longer brings back.
        self.house.clear_notifications()
        text = f"deleted “{title}”; u brings it back within {GRACE:.0f} seconds"
        self.notify(text, timeout=GRACE / 3, markup=False)

    def _dismiss(self, matter: Matter) -> None:
        if matter.opening:
            self.notify("it is still being opened: enter shows it, ctrl+x stops it", markup=False)
        else:
            self.listing.drop(matter)
            self.house.close_matter(matter)
            self._arrange()
            text = f"“{line(matter.title)}” is listed no longer; nothing of it was kept"
            self.notify(text, markup=False)

    def action_undo(self) -> None:
        """Bring back what was deleted last."""
        session = self.trash.undo()
        if not session:
            self.notify("nothing to bring back", markup=False)
            return
        self._arrange()
        self.query_one(SessionList).select(session)
        found = self.query_one(SessionList).highlighted
        self.house.clear_notifications()
        self.notify(f"brought back “{line(found.title) if found else session}”", markup=False)

    async def _forget(self, session: str) -> None:
        store = await self.house.store()
        try:
            await asyncio.to_thread(forget, store, session)
        except StoreError as error:
            if self.house.is_running:
                # What could not be deleted is listed again; what could, is not in the store.
                self.trash.hidden.discard(session)
                self.house.complain(error)
                self.house.store_changed()
            else:
                text = Text(line(f"{error}; {error.hint}"))
                self.house.exit(return_code=self.house.return_code or 0, message=text)


def _kept(store: Store) -> list[Entry]:
    return entries.kept(store.sessions())
