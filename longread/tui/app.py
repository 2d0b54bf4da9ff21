"""The app: which screens there are, what the keys do everywhere, how it begins and ends.

It stays thin: a screen's own work is in the screen's file, what outlives a screen in `desk`.
"""

from __future__ import annotations

import asyncio
import signal
import sys
import time
from collections.abc import Iterable, Sequence
from functools import partial
from typing import Any, ClassVar

from rich.text import Text
from textual import events, work
from textual.app import SystemCommand
from textual.binding import Binding, BindingType
from textual.driver import Driver
from textual.screen import ModalScreen, Screen

from longread import config
from longread.config import Settings
from longread.errors import ConfigError, LongreadError
from longread.export.visible import visible
from longread.tui import keys
from longread.tui.compare import CompareScreen
from longread.tui.confirm import ConfirmScreen
from longread.tui.desk import Desk
from longread.tui.matter import Matter
from longread.tui.screen import ROOMS, Room
from longread.tui.themes import DARK, LIGHT

SWITCH = 0.0005
"""Seconds after which a thread that works lets the screen have the interpreter."""


def _library() -> Screen[None]:
    from longread.tui.library import LibraryScreen

    return LibraryScreen()


def _read() -> Screen[None]:
    from longread.tui.read import ReadScreen

    return ReadScreen()


def _grid() -> Screen[None]:
    from longread.tui.grid import GridScreen

    return GridScreen()


def _budget() -> Screen[None]:
    from longread.tui.budget import BudgetScreen

    return BudgetScreen()


def _plan() -> Screen[None]:
    from longread.tui.plan import PlanScreen

    return PlanScreen()


class LongreadApp(Desk):
    """longread in a terminal."""

    TITLE = "longread"
    MODES: ClassVar[dict[str, Any]] = {
        "library": _library,
        "read": _read,
        "grid": _grid,
        "budget": _budget,
        "plan": _plan,
    }
    DEFAULT_MODE = "library"
    CSS = """
    ToastRack { margin-bottom: 2; }
    Input > .input--placeholder, TextArea > .text-area--placeholder { color: $foreground 75%; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("f2", "room('library')", "Library", id="app.library", show=False, priority=True),
        Binding("f3", "room('read')", "Read", id="app.read", show=False, priority=True),
        Binding("f4", "room('grid')", "Grid", id="app.grid", show=False, priority=True),
        Binding("f5", "room('budget')", "Budget", id="app.budget", show=False, priority=True),
        Binding("f6", "room('plan')", "Plan", id="app.plan", show=False, priority=True),
        Binding("f1", "help", "Help", id="app.help", priority=True),
        Binding("question_mark", "help", "Help", id="app.question", show=False),
        Binding("ctrl+p", "command_palette", "Commands", id="app.palette", priority=True),
        Binding(
            "ctrl+x", "stop", "Stop", id="app.stop", priority=True,
            tooltip="stops what runs; what came is kept",
        ),
        Binding("ctrl+q", "quit", "Quit", id="app.quit", priority=True),
    ]  # fmt: skip

    typed = 0.0
    """When a key was pressed last, by the monotonic clock."""

    # What happens first

    def get_driver_class(self) -> type[Driver]:
        """Return Textual's choice, or in its place our own for a terminal."""
        chosen = super().get_driver_class()
        if chosen.__name__ != "LinuxDriver":
            return chosen
        from longread.tui.terminal import TerminalDriver

        return TerminalDriver

    async def on_event(self, event: events.Event) -> None:
        """Note that a key was pressed, whoever it is for."""
        if isinstance(event, events.Key):
            self.typed = time.monotonic()
        await super().on_event(event)

    def on_mount(self) -> None:
        """Paint; everything that takes time comes after."""
        # Each turn of the event loop gives the interpreter away, and a key takes some twenty: at
        # Python's 5 ms a key would wait for 100 while a thread reads.
        sys.setswitchinterval(SWITCH)
        loop = asyncio.get_running_loop()
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
            loop.add_signal_handler(sign, self.exit)
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
            await self.begin()
        except LongreadError as error:
            told = Text(visible(f"error: {error}\nhint: {error.hint}"))
            self.exit(return_code=2, message=told)

    # What keys and commands do

    def show_room(self, room: str, matter: Matter | None = None) -> None:
        """Go to a main screen, with another session if one is given."""
        if matter is not None:
            self.matter = matter
        while isinstance(self.screen, ModalScreen):
            # Not popped: who waits for what it asks is told that nothing was said.
            self.screen.dismiss(None)
        moved = self.current_mode != room
        if moved:
            self.switch_mode(room)
        if matter is not None and isinstance(self.screen, CompareScreen):
            # Another session is to be seen, not what is compared with one left earlier.
            self.screen.dismiss()
        elif matter is not None and not moved and isinstance(self.screen, Room):
            self.screen.show_matter(matter)

    def action_room(self, room: str) -> None:
        """Go to a main screen."""
        self.show_room(room)

    def action_help(self) -> None:
        """Show every key, or show them no longer."""
        if isinstance(self.screen, keys.HelpScreen):
            self.screen.dismiss()
        else:
            self.push_screen(keys.HelpScreen())

    async def action_quit(self) -> None:
        """Leave; asks first where a half-typed question would be lost, but not twice."""
        opened = {id(m): m for m in (*self.matters.values(), self.matter) if m}
        drafts = [m.title for m in opened.values() if m.draft.strip()]
        if isinstance(self.screen, ConfirmScreen) or not (drafts or self.unplaced.strip()):
            self.exit()
        else:
            self._ask_to_leave(drafts)

    @work
    async def _ask_to_leave(self, drafts: Sequence[str]) -> None:
        where = f" to {', '.join(drafts)}" if drafts else ""
        text = f"A question{where} is typed and not asked: it is lost. ctrl+q again leaves, too."
        if await self.confirm("Leave?", text):
            self.exit()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Say whether a key does something now: nothing can be stopped where nothing runs."""
        if action != "stop":
            return True
        if self.current_mode == "grid":
            return self.docket.runs(self.docket.board)
        return self.runs(self._stoppable)

    @property
    def _stoppable(self) -> Matter | None:
        shown = self.screen
        return shown.other if isinstance(shown, CompareScreen) else self.matter

    def action_stop(self) -> None:
        """Stop what runs on the session or the review that is shown."""
        if self.current_mode == "grid":
            self.docket.stop(self.docket.board)
        else:
            self.stop(self._stoppable)

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
