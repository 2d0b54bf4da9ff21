"""Beginning something new: what to read, for which model, within which budget."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, cast

from textual import events, on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.message import Message
from textual.widgets import Button, Input, Label, OptionList, Select, Static, TextArea
from textual.widgets.option_list import Option

from longread import config
from longread.analysis.conversation import Strategy, usable
from longread.analysis.engines import choose
from longread.errors import LongreadError
from longread.export.visible import line
from longread.tokens.sizes import parse
from longread.tui import places
from longread.tui.dialog import Dialog
from longread.tui.entries import short
from longread.tui.places import Candidate
from longread.tui.widgets.typed import Area, Field

if TYPE_CHECKING:
    from longread.tui.app import LongreadApp

STRATEGIES: tuple[tuple[str, Strategy], ...] = (
    ("auto: whole if it fits", "auto"),
    ("whole: all, or not at all", "whole"),
    ("focus: what matters", "focus"),
    ("sweep: all, part by part", "sweep"),
)
LATER = "…"
"""Stands for the profiles until they are read."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a person wants to be read."""

    locations: tuple[str, ...]
    profile: str
    """"" for the default."""
    strategy: Strategy
    budget: int | None


class Locations(Area):
    """Paths and URLs, one a line."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "enter",
            "start",
            "Start",
            id="new.start",
            tooltip="in the dialog of n: read what is named",
        ),
        Binding(
            "ctrl+j",
            "newline",
            "Another",
            id="new.another",
            tooltip="in the dialog of n: name one more source",
        ),
        Binding(
            "tab",
            "complete",
            "Complete",
            id="new.complete",
            tooltip="in the dialog of n: complete the path",
        ),
    ]

    class Started(Message):
        """All is named."""

    class Completed(Message):
        """The line is to be completed."""

    @property
    def locations(self) -> tuple[str, ...]:
        """What is named."""
        return tuple(row.strip() for row in self.text.split("\n") if row.strip())

    @property
    def typed(self) -> str:
        """The line that is being typed."""
        return str(self.document.get_line(self.cursor_location[0])).strip()

    def type(self, text: str) -> None:
        """Put another text in place of the line that is being typed."""
        row = self.cursor_location[0]
        end = len(self.document.get_line(row))
        self.replace(text, (row, 0), (row, end))
        self.move_cursor((row, len(text)))

    def action_start(self) -> None:
        """Read what is named."""
        self.post_message(self.Started())

    def action_newline(self) -> None:
        """Begin another line."""
        self.insert("\n")

    def action_complete(self) -> None:
        """Complete the path."""
        self.post_message(self.Completed())

    async def _on_key(self, event: events.Key) -> None:
        if event.key == "enter":
            # A binding starts; the editor, whose handler would come next, would begin a line.
            event.prevent_default()

    async def _on_paste(self, event: events.Paste) -> None:
        event.prevent_default()
        event.stop()
        self.insert("\n".join(places.pasted(event.text)))


class NewScreen(Dialog[Wanted | None]):
    """Asks what to read; nothing that was typed is lost when it cannot be."""

    AUTO_FOCUS = "Locations"
    DEFAULT_CSS = """
    NewScreen > Vertical { width: 84; }
    NewScreen Locations { height: 5; border: tall $panel-lighten-2; padding: 0; }
    NewScreen Locations:focus { border: tall $primary; }
    NewScreen #candidates {
        height: 7; border: none; padding: 0 1; background: $surface; scrollbar-size: 1 1;
    }
    NewScreen #told { min-height: 2; max-height: 3; }
    NewScreen .choices { height: 1; }
    NewScreen .choices Label { width: 10; padding: 0 1; color: $text-muted; }
    NewScreen .choices Select, NewScreen .choices Input { width: 1fr; height: 1; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "leave", "Leave", id="new.leave", tooltip="in the dialog of n: close it"),
    ]

    def compose(self) -> ComposeResult:
        """Put the fields together."""
        with Vertical() as box:
            box.border_title = "new: a repository, a folder, PDFs, a URL"
            box.border_subtitle = "tab completes, then goes on to the list"
            yield Locations(
                placeholder="a path or URL; several, one a line (ctrl+j, or paste a list)",
                show_line_numbers=False, tab_behavior="focus", highlight_cursor_line=False,
            )  # fmt: skip
            yield OptionList(id="candidates", markup=False, compact=True)
            yield Static(id="told", markup=False)
            with Horizontal(classes="choices"):
                yield Label("profile")
                yield Select[str](
                    [("default …", LATER)],
                    value=LATER,
                    allow_blank=False,
                    compact=True,
                    id="profile",
                )
            with Horizontal(classes="choices"):
                yield Label("strategy")
                yield Select[Strategy](
                    STRATEGIES, value="auto", allow_blank=False, compact=True, id="strategy"
                )
            with Horizontal(classes="choices"):
                yield Label("budget")
                yield Field(
                    placeholder="tokens, such as 64k; empty for the profile's", compact=True,
                    id="budget",
                )  # fmt: skip
            yield from self.buttons("Start (enter)", "start")

    @property
    def house(self) -> LongreadApp:
        """The app."""
        return cast("LongreadApp", self.app)

    def on_mount(self) -> None:
        """Find what can be chosen."""
        self._candidates: list[Candidate] = []
        self._profiles()
        self._look()

    @work
    async def _profiles(self) -> None:
        try:
            named, default = await asyncio.to_thread(_profiles, self.house.profile)
        except LongreadError as error:
            self.tell(line(f"{error}; {error.hint}"), wrong=True)
            return
        choices = [(f"default: {default}", ""), *named]
        self.query_one("#profile", Select).set_options(
            [(cast("str", Content(line(label))), name) for label, name in choices]
        )

    # Completing

    @on(TextArea.Changed)
    @on(TextArea.SelectionChanged)
    @work(exclusive=True, group="complete")
    async def _look(self) -> None:
        typed = self.query_one(Locations).typed
        self._candidates = await asyncio.to_thread(places.candidates, typed)
        width = max((len(line(c.text)) for c in self._candidates), default=0)
        self.query_one("#candidates", OptionList).set_options(
            Option(
                Content.assemble(line(c.text).ljust(min(width, 54)), (f"  {c.what}", "$text-muted"))
            )
            for c in self._candidates
        )

    @on(TextArea.Changed)
    def _untell(self) -> None:
        self.tell("")

    @on(Locations.Completed)
    def _complete(self) -> None:
        box = self.query_one(Locations)
        longer = places.common(box.typed, self._candidates)
        if box.typed and longer != box.typed:
            box.type(longer)
        else:
            self.focus_next()

    @on(OptionList.OptionSelected, "#candidates")
    def _take(self, event: OptionList.OptionSelected) -> None:
        box = self.query_one(Locations)
        box.type(self._candidates[event.option_index].text)
        box.focus()

    # Starting

    @on(Button.Pressed, "#start")
    @on(Locations.Started)
    @on(Input.Submitted, "#budget")
    @work(exclusive=True, group="start")
    async def _start(self) -> None:
        said = self.query_one("#budget", Input).value.strip()
        budget = parse(said) if said else None
        profile = str(self.query_one("#profile", Select).value).removeprefix(LATER)
        locations = self.query_one(Locations).locations
        if said and budget is None:
            self.tell(line(f"{said} is not a number of tokens; write 8192, 64k or 1M"), wrong=True)
            return
        if wrong := await asyncio.to_thread(
            _wrong, locations, profile or self.house.profile, budget
        ):
            self.tell(line(wrong), wrong=True)
            return
        strategy = cast("Strategy", self.query_one("#strategy", Select).value)
        self.dismiss(Wanted(locations, profile, strategy, budget))


def _profiles(default: str) -> tuple[list[tuple[str, str]], str]:
    """Return what to call each profile, and which is taken where none is named."""
    profiles = [config.load_profile(name) for name in config.profile_names()]
    named = [(f"{p.name} ({short(min(p.trusted, p.window))} tokens)", p.name) for p in profiles]
    return named, choose(default).name


def _wrong(locations: tuple[str, ...], profile: str, budget: int | None) -> str:
    """Say why reading cannot begin; "" where it can."""
    if not locations:
        return "name a folder, a repository, a PDF or a URL first"
    for location in locations:
        if told := places.wrong(location):
            return told
    try:
        if profile and budget is not None:
            usable(config.load_profile(profile), budget)
    except LongreadError as error:
        return f"{error}; {error.hint}"
    return ""
