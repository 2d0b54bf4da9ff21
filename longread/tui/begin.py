"""How a review is begun: what is to be read, and the file of questions. Nothing is asked yet."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path
from typing import ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.widgets import Button, Input, Label

from longread.analysis.questions import read_questions
from longread.analysis.review import Request
from longread.errors import LongreadError
from longread.export.visible import visible
from longread.tui import places
from longread.tui.dialog import Dialog
from longread.tui.new import Locations
from longread.tui.widgets.typed import Field
from longread.types.reviews import Question


class BeginScreen(Dialog[Request | None]):
    """Returns what is to be reviewed; nothing that was typed is lost when it cannot be."""

    AUTO_FOCUS = "Locations"
    DEFAULT_CSS = """
    BeginScreen > Vertical { width: 84; }
    BeginScreen Locations { height: 5; border: tall $panel-lighten-2; padding: 0; }
    BeginScreen Locations:focus { border: tall $primary; }
    BeginScreen .field { height: 1; margin-top: 1; }
    BeginScreen .field Label { width: 12; padding: 0 1; color: $foreground 85%; }
    BeginScreen .field Input { width: 1fr; height: 1; }
    BeginScreen #told { max-height: 8; margin-top: 1; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "escape", "leave", "Leave", id="begin.leave", tooltip="in the dialog of N: close it"
        ),
    ]

    def compose(self) -> ComposeResult:
        """Put the fields together."""
        with Vertical() as box:
            box.border_title = "a review: the same questions to every document"
            yield Locations(
                placeholder="folders, PDFs, URLs, one a line (ctrl+j); tab completes",
                show_line_numbers=False, tab_behavior="focus", highlight_cursor_line=False,
            )  # fmt: skip
            with Horizontal(classes="field"):
                yield Label("questions")
                yield Field(
                    placeholder="a file of questions: .toml, .yaml or .csv", compact=True,
                    id="questions",
                )  # fmt: skip
            yield from self.foot("Begin (enter)", "begin")

    @on(Locations.Completed)
    @work(exclusive=True, group="complete")
    async def _complete(self) -> None:
        box = self.query_one(Locations)
        found = await asyncio.to_thread(places.candidates, box.typed)
        longer = places.common(box.typed, found)
        if box.typed and longer != box.typed:
            box.type(longer)
        else:
            self.focus_next()

    @on(Locations.Started)
    @on(Input.Submitted)
    @on(Button.Pressed, "#begin")
    @work(exclusive=True, group="begin")
    async def _begin(self) -> None:
        locations = self.query_one(Locations).locations
        typed = self.query_one("#questions", Field).value.strip()
        if locations and not typed and self.query_one(Locations).has_focus:
            self.query_one("#questions", Field).focus()
            return
        found = await asyncio.to_thread(_checked, locations, typed)
        if isinstance(found, str):
            self.tell(visible(found), wrong=True)
        else:
            self.dismiss(Request(None, locations, found))


def _checked(locations: tuple[str, ...], typed: str) -> tuple[Question, ...] | str:
    """Return the questions, or say why a review cannot begin."""
    if not locations:
        return "name a folder, PDFs or a URL first"
    for location in locations:
        if wrong := places.wrong(location):
            return wrong
    if not typed:
        return "name a file of questions: docs/review.md says how it is written"
    if wrong := places.wrong(typed):
        return wrong
    try:
        return read_questions(Path(os.path.expanduser(typed)))  # noqa: PTH111
    except LongreadError as error:
        return f"{error}; {error.hint}"
