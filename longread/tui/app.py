"""The app: which screens there are, what is open, and the work that outlives a screen.

It stays thin: a screen's own work is in the screen's file.
"""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from contextlib import aclosing, suppress
from functools import partial
from pathlib import Path
from typing import Any, ClassVar

from textual import work
from textual.app import App, SystemCommand
from textual.binding import Binding, BindingType
from textual.keys import format_key
from textual.screen import ModalScreen, Screen
from textual.worker import Worker

from longread import config
from longread.analysis.ask import put
from longread.analysis.conversation import Conversation, Strategy, open_sources, reopen
from longread.analysis.drafts import mend
from longread.analysis.engines import choose
from longread.analysis.trust import Departure
from longread.analysis.work import Work
from longread.config import Profile, Settings
from longread.errors import ConfigError, LongreadError
from longread.export.visible import line
from longread.ingest.read import Options
from longread.store import Store, open_store
from longread.tui import keys
from longread.tui.compare import CompareScreen
from longread.tui.confirm import ConfirmScreen
from longread.tui.matter import Asking, Matter
from longread.tui.screen import ROOMS, Listener, Room
from longread.tui.themes import DARK, LIGHT
from longread.types import Engine, Level, Progress, Tell

NOTICE = 10.0
"""Seconds that a notice of an error stays."""
LOOK = 2.0
"""Seconds between two looks at whether another program wrote to the store."""


def _library() -> Screen[None]:
    from longread.tui.library import LibraryScreen

    return LibraryScreen()


def _read() -> Screen[None]:
    from longread.tui.read import ReadScreen

    return ReadScreen()


def _budget() -> Screen[None]:
    from longread.tui.budget import BudgetScreen

    return BudgetScreen()


class LongreadApp(App[None]):
    """longread in a terminal."""

    TITLE = "longread"
    MODES: ClassVar[dict[str, Any]] = {"library": _library, "read": _read, "budget": _budget}
    DEFAULT_MODE = "library"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("f2", "room('library')", "Library", id="app.library", show=False, priority=True),
        Binding("f3", "room('read')", "Read", id="app.read", show=False, priority=True),
        Binding("f5", "room('budget')", "Budget", id="app.budget", show=False, priority=True),
        Binding("f1", "help", "Help", id="app.help", priority=True),
        Binding("question_mark", "help", "Help", id="app.question", show=False),
        Binding("ctrl+p", "command_palette", "Commands", id="app.palette", priority=True),
        Binding(
            "ctrl+x", "stop", "Stop", id="app.stop", priority=True,
            tooltip="stops what runs; what came is kept",
        ),
        Binding("ctrl+q", "quit", "Quit", id="app.quit", priority=True),
    ]  # fmt: skip

    def __init__(
        self,
        store: Path | None = None,
        sources: Sequence[str] = (),
        *,
        session: str | None = None,
        profile: str = "",
        budget: int | None = None,
        options: Options | None = None,
        engine: Engine | None = None,
    ) -> None:
        """Take what the command line was given.

        Args:
            sources: opened as soon as the first screen is painted.
            session: likewise, by its id; "" for the newest.
            engine: asked instead of the profiles' own.
        """
        super().__init__()
        self._path = store
        self._sources, self._session = tuple(sources), session
        self.profile, self.budget = profile, budget
        self._options = options or Options()
        self._engine = engine
        self._store: Store | None = None
        self._stored = asyncio.Event()
        self._seen: object = None
        self._loop_of_app: asyncio.AbstractEventLoop
        self.rooms: list[Listener] = []
        """Screens to be told of changes."""
        self.matter: Matter | None = None
        """What is open on the screens."""
        self.matters: dict[str, Matter] = {}
        """What is open or was, by session id."""
        self._jobs: dict[int, Worker[None]] = {}
        self.leaving: list[Callable[[], Awaitable[None]]] = []
        """What is to be done before the program ends."""
        self.remapped: dict[str, str] = {}
        """Keys that a person set, by the binding's id."""

    # What happens first

    def on_mount(self) -> None:
        """Paint; everything that takes time comes after."""
        self._loop_of_app = asyncio.get_running_loop()
        self.register_theme(DARK)
        self.register_theme(LIGHT)
        try:
            settings = config.settings()
            self.theme = settings.theme if settings.theme in self.available_themes else DARK.name
            self.remapped = dict(settings.keys)
            self.set_keymap(self.remapped)
        except LongreadError as error:
            self.theme = DARK.name
            self.complain(error)
        for sign in (signal.SIGTERM, signal.SIGHUP):
            # A terminal that is closed ends the program as ctrl+q does: with everything kept.
            self._loop_of_app.add_signal_handler(sign, self.exit)
        self.call_after_refresh(self._begin)

    def _check_settings(self, settings: Settings) -> None:
        known = (
            {""} if not settings.keys else {key.id for _, found in keys.listed() for key in found}
        )
        if unknown := [name for name in settings.keys if name not in known]:
            raise ConfigError(
                f"[keys] names no action: {', '.join(unknown)}",
                hint="docs/keys.md and f1 list the names",
            )
        if settings.theme and settings.theme not in self.available_themes:
            raise ConfigError(
                f"there is no theme {settings.theme!r}",
                hint=f"one of {', '.join(sorted(self.available_themes))}",
            )

    @work
    async def _begin(self) -> None:
        try:
            self._check_settings(config.settings())
        except LongreadError as error:
            self.complain(error)
        try:
            self._store = await asyncio.to_thread(open_store, self._path)
        except LongreadError as error:
            self.exit(return_code=2, message=f"error: {error}\nhint: {error.hint}")
            return
        self._stored.set()
        self.set_interval(LOOK, self._look)
        self.store_changed()
        if self._sources:
            self.open_sources(self._sources)
        elif self._session is not None:
            self.open_session(self._session)

    async def store(self) -> Store:
        """Return the store, once it is open."""
        await self._stored.wait()
        assert self._store is not None
        return self._store

    async def on_unmount(self) -> None:
        """Finish what waits, and let go of the store."""
        for last in self.leaving:
            await last()
        if self._store:
            self._store.close()

    # What is open

    def open_session(self, session: str, room: str = "read") -> None:
        """Open a kept session, by its id or the start of it, and show it."""
        if session in self.matters:
            self.show_room(room, self.matters[session])
            return
        matter = Matter(session or "newest session", session)
        self._open(matter, self._reopened(session), room)

    async def _reopened(self, session: str) -> Callable[[Tell], Conversation]:
        store = await self.store()

        def opened(tell: Tell) -> Conversation:
            return mend(store, reopen(store, session, None, tell), tell)

        return opened

    def open_sources(
        self,
        locations: Sequence[str],
        profile: str = "",
        strategy: Strategy = "auto",
        budget: int | None = None,
    ) -> None:
        """Read sources and show them, as a new session."""
        matter = Matter(", ".join(locations))
        read = self._read(
            locations, profile or self.profile, strategy, self.budget if budget is None else budget
        )
        self._open(matter, read, "read")

    async def _read(
        self, locations: Sequence[str], name: str, strategy: Strategy, budget: int | None
    ) -> Callable[[Tell], Conversation]:
        profile = await asyncio.to_thread(choose, name, self._use_found)
        store = await self.store()

        def opened(tell: Tell) -> Conversation:
            read = open_sources(locations, self._options, profile, budget, strategy, tell)
            tell(Progress("keep"))
            read.keep(store)
            return read

        return opened

    def open_again(self, conversation: Conversation, profile: Profile) -> Matter:
        """Lay an open corpus out for another model, as a session of its own, and return it."""
        matter = Matter(f"{conversation.title} ({profile.name})")

        async def prepared() -> Callable[[Tell], Conversation]:
            store = await self.store()

            def opened(tell: Tell) -> Conversation:
                made = conversation.with_profile(profile, None, tell)
                made.keep(store)
                return made

            return opened

        self._open(matter, prepared(), "")
        return matter

    def close_matter(self, session: str) -> None:
        """Show a session no longer: it is to be deleted."""
        matter = self.matters.pop(session, None)
        if worker := self._jobs.get(id(matter)):
            worker.cancel()
        if matter is not None and matter is self.matter:
            self.matter = None

    def _open(
        self, matter: Matter, prepared: Awaitable[Callable[[Tell], Conversation]], room: str
    ) -> None:
        matter.opening = Progress("open")
        if room:
            self.show_room(room, matter)
        self._jobs[id(matter)] = self.run_worker(self._opening(matter, prepared), group="open")

    async def _opening(
        self, matter: Matter, prepared: Awaitable[Callable[[Tell], Conversation]]
    ) -> None:
        try:
            opening = Work(await prepared)
            async for step in opening:
                matter.opening = step
                self.matter_changed(matter)
            matter.conversation = opening.value
            matter.session = matter.conversation.session
            matter.title = matter.conversation.title
            matter.notes = [source.note for source in matter.conversation.corpus.sources]
            self.matters[matter.session] = matter
            self.store_changed()
        except LongreadError as error:
            matter.failed = f"{error}; {error.hint}"
            self.complain(error)
        except asyncio.CancelledError:
            matter.failed = "stopped"
            raise
        finally:
            matter.opening = None
            self._jobs.pop(id(matter), None)
            self.matter_changed(matter)

    async def relay(self, matter: Matter, strategy: Strategy, levels: Mapping[str, Level]) -> bool:
        """Lay a session's prompt out anew and keep that; say whether it could be done."""
        opened = matter.conversation
        if opened is None or matter.asking:
            self.notify("not while it is opened or answers", markup=False)
            return False
        try:
            laying = Work(lambda tell: opened.relaid(strategy, levels, tell))
            async for step in laying:
                matter.opening = step
                self.matter_changed(matter)
            made = laying.value
            store = await self.store()
            if made.layout != opened.layout:
                await asyncio.to_thread(
                    store.replace_layout, made.session, made.layout, made.ledger
                )
                if opened.answers and not matter.told:
                    matter.told = True
                    self.notify("the engine will read the prompt anew", markup=False)
            matter.conversation = made
        except LongreadError as error:
            self.complain(error)
            return False
        finally:
            matter.opening = None
            self.matter_changed(matter)
        return True

    # Asking

    def ask(self, matter: Matter, question: str) -> None:
        """Put a question to what is open; it is answered also while another screen is shown."""
        if matter.asking or not matter.conversation:
            return
        matter.asking = Asking(question, matter.conversation.profile)
        self._jobs[id(matter)] = self.run_worker(
            self._answering(matter, matter.conversation, matter.asking), group="ask"
        )
        self.matter_changed(matter)

    async def _answering(self, matter: Matter, opened: Conversation, asking: Asking) -> None:
        try:
            store = await self.store()
            asked = put(opened, asking.question, store, self._may_leave, engine=self._engine)
            async with aclosing(asked) as events:
                async for event in events:
                    asking.take(event)
                    for room in self.rooms:
                        await room.take(matter, event)
        except LongreadError as error:
            self.complain(error)
        finally:
            matter.asking = None
            self._jobs.pop(id(matter), None)
            self.matter_changed(matter)
            self.store_changed()

    async def _may_leave(self, departure: Departure) -> bool:
        price = f"about ${departure.price:,.4f}" if departure.price else "price unknown"
        return await self.confirm(
            f"Send to {departure.host}?",
            f"{departure.documents:,} documents, {departure.tokens:,} tokens go to"
            f" {departure.host} ({departure.model}): {price},"
            f" {departure.masked:,} secrets masked. Asked once for this corpus and host.",
        )

    def _use_found(self, profile: Profile) -> bool:
        asked = self.confirm("Use this engine?", f"{profile.name} was found at {profile.url}.")
        return asyncio.run_coroutine_threadsafe(asked, self._loop_of_app).result()

    async def confirm(self, title: str, text: str) -> bool:
        """Ask a person yes or no."""
        said: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self.push_screen(ConfirmScreen(title, text), lambda yes: said.set_result(bool(yes)))
        return await said

    # Telling

    def matter_changed(self, matter: Matter) -> None:
        """Tell every screen that a session has another state."""
        for room in self.rooms:
            room.matter_changed(matter)

    def store_changed(self) -> None:
        """Tell every screen that the store has something new."""
        self._seen = self._state_of_store()
        for room in self.rooms:
            room.store_changed()

    def _look(self) -> None:
        if self._state_of_store() != self._seen:
            self.store_changed()

    def _state_of_store(self) -> object:
        assert self._store is not None
        found = []
        for end in ("", "-wal"):
            with suppress(OSError):
                state = self._store.path.with_name(self._store.path.name + end).stat()
                found.append((state.st_mtime_ns, state.st_size))
        return found

    def complain(self, error: LongreadError) -> None:
        """Show what went wrong and what to do about it."""
        self.notify(
            line(error.hint),
            title=line(str(error)),
            severity="error",
            timeout=NOTICE,
            markup=False,
        )

    # What keys and commands do

    def show_room(self, room: str, matter: Matter | None = None) -> None:
        """Go to a main screen, with another session if one is given."""
        if matter is not None:
            self.matter = matter
        while isinstance(self.screen, ModalScreen):
            self.pop_screen()
        if self.current_mode != room:
            self.switch_mode(room)
        elif matter is not None and isinstance(self.screen, Room):
            self.screen.show_matter(matter)

    def action_room(self, room: str) -> None:
        """Go to a main screen."""
        self.show_room(room)

    def action_help(self) -> None:
        """Show every key."""
        if not isinstance(self.screen, keys.HelpScreen):
            self.push_screen(keys.HelpScreen())

    def action_stop(self) -> None:
        """Stop what runs on the session that is shown."""
        shown = self.screen
        self.stop(shown.other if isinstance(shown, CompareScreen) else self.matter)

    def stop(self, matter: Matter | None) -> None:
        """Stop what runs on a session; what came is kept."""
        worker = self._jobs.get(id(matter))
        if worker is None:
            self.notify("nothing runs", markup=False)
            return
        worker.cancel()
        self.notify("stopped; what came is kept", markup=False)

    def key_name(self, key: str) -> str:
        """Return a key as people read it: "?", "ctrl+x", "↑"."""
        return format_key(key) if "+" not in key else key

    def get_system_commands(self, screen: Screen[Any]) -> Iterable[SystemCommand]:
        """Yield what the palette offers: the screens' own actions, then the app's."""
        for name, (key, label) in ROOMS.items():
            yield SystemCommand(label, f"go to {label} ({key})", partial(self.show_room, name))
        if isinstance(screen, Room):
            for binding in keys.own(screen.BINDINGS):
                act = partial(screen.run_action, binding.action)
                yield SystemCommand(
                    binding.description, binding.tooltip or binding.description, act
                )
        yield SystemCommand("Help", "every key", self.action_help)
        yield SystemCommand("Theme", "choose the colours", self.action_change_theme)
        yield SystemCommand("Quit", "leave longread", self.action_quit)
