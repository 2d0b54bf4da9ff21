"""Two answers to one question, side by side: the one that was given, and another model's."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, ClassVar, cast

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, VerticalScroll
from textual.content import Content
from textual.events import Resize
from textual.screen import Screen
from textual.widgets import Footer, Static

from longread.export.stages import stage
from longread.export.visible import line
from longread.tui.matter import Matter
from longread.tui.widgets.answer import AnswerView
from longread.types import Answer, Event, Text

if TYPE_CHECKING:
    from longread.tui.app import LongreadApp
    from longread.tui.board import Board


class CompareScreen(Screen[None]):
    """The other model's session is opened, asked, and shown as it answers."""

    DEFAULT_CSS = """
    CompareScreen > Horizontal { height: 1fr; }
    CompareScreen VerticalScroll { width: 1fr; height: 1fr; padding: 0 1; }
    CompareScreen VerticalScroll:focus { background-tint: $foreground 4%; }
    CompareScreen #other { border-left: vkey $primary; }
    CompareScreen .head { background: $panel; text-style: bold; padding: 0 1; }
    CompareScreen.-narrow > Horizontal { layout: vertical; }
    CompareScreen.-narrow #other { border-left: none; border-top: hkey $primary; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q", "close", "Close", id="compare.close"),
        Binding("enter", "go", "Open the other", id="compare.open",
                tooltip="the other model's session, to follow its citations"),
    ]  # fmt: skip

    def __init__(self, answer: Answer, other: Matter) -> None:
        super().__init__()
        self._answer, self.other = answer, other
        self._live: AnswerView | None = None
        self._done = False

    @property
    def house(self) -> LongreadApp:
        """The app, with what all screens share."""
        return cast("LongreadApp", self.app)

    def compose(self) -> ComposeResult:
        """Put both sides together."""
        with Horizontal():
            with VerticalScroll(id="given"):
                yield Static(Content(line(self._answer.profile) or "given"), classes="head")
                yield AnswerView(self._answer.question, self._answer)
            with VerticalScroll(id="other"):
                yield Static(Content(line(self.other.title)), classes="head", id="state")
        yield Footer(show_command_palette=False)

    def on_mount(self) -> None:
        """Be told what becomes of the other model's session."""
        self._lock = asyncio.Lock()
        self.house.rooms.append(self)
        self.matter_changed(self.other)

    def on_unmount(self) -> None:
        """Stop listening; the other session goes on."""
        self.house.rooms.remove(self)

    def store_changed(self) -> None:
        """Nothing here is read from the store."""

    def board_changed(self, board: Board | None, *, anew: bool) -> None:
        """Nothing here is of a review."""

    def matter_changed(self, matter: Matter) -> None:
        """Show how far the other one is."""
        if matter is self.other:
            self.run_worker(self._sync(), group="sync")

    async def take(self, matter: Matter, event: Event) -> None:
        """Show a piece of the other answer as it comes."""
        if matter is self.other and isinstance(event, Text):
            async with self._lock:
                if self._live and matter.asking:
                    self._live.catch_up(matter.asking.text)

    async def _sync(self) -> None:
        other = self.other
        async with self._lock:
            self.query_one("#state", Static).update(Content(self._state()))
            if other.conversation and not (self._done or self._live or other.asking):
                self._done = True
                self.house.ask(other, self._answer.question)
            if (asking := other.asking) and not self._live:
                self._live = AnswerView(asking.question, None)
                await self.query_one("#other").mount(self._live)
                # It may have failed meanwhile.
                self._live.catch_up(asking.text)
            if self._live and not other.asking and other.conversation:
                if other.conversation.answers:
                    await self._live.finish(other.conversation.answers[-1])
                self._live = None

    def _state(self) -> str:
        other = self.other
        if other.failed:
            return f"✗ {line(other.failed)}"
        if other.opening:
            return f"… {stage(other.opening)}"
        if other.asking and not other.asking.text:
            return f"▶ {line(other.asking.profile.name)}: {line(other.asking.shown)}"
        return line(other.conversation.profile.name if other.conversation else other.title)

    def action_close(self) -> None:
        """Go back."""
        self.dismiss()

    def action_go(self) -> None:
        """Open the other model's session."""
        self.dismiss()
        self.house.show_room("read", self.other)

    def on_resize(self, event: Resize) -> None:
        """Side by side, or one above the other."""
        self.set_class(event.size.width < 100, "-narrow")
