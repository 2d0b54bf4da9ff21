"""A few words that a person writes: a value, a note, a path. What cannot be meant is told."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

from textual import events, on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.message import Message
from textual.widgets import Button, Static, TextArea

from longread.export.visible import line, visible
from longread.tui.dialog import Dialog
from longread.tui.widgets.typed import Area


class Lines(Area):
    """What is written; enter keeps it."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "enter", "keep", "Keep", id="write.keep", tooltip="in a dialog: keep what is typed"
        ),
        Binding(
            "ctrl+j", "newline", "New line", id="write.newline",
            tooltip="in a dialog: one more line, as for one more value of a list",
        ),
    ]  # fmt: skip

    class Written(Message):
        """It is to be kept."""

    def action_keep(self) -> None:
        """Keep what is typed."""
        self.post_message(self.Written())

    def action_newline(self) -> None:
        """Begin another line."""
        self.insert("\n")

    async def _on_key(self, event: events.Key) -> None:
        if event.key == "enter":
            # A binding keeps; the editor, whose handler would come next, would begin a line.
            event.prevent_default()


class WriteScreen(Dialog[str | None]):
    """Returns what was written, or nothing where it was left."""

    AUTO_FOCUS = "Lines"
    DEFAULT_CSS = """
    WriteScreen > Vertical { width: 76; }
    WriteScreen Lines {
        height: auto; min-height: 3; max-height: 12; border: tall $panel-lighten-2;
    }
    WriteScreen Lines:focus { border: tall $primary; }
    WriteScreen .about { height: auto; max-height: 10; padding: 0 1; }
    WriteScreen #told { max-height: 4; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "leave", "Leave", id="write.leave", tooltip="in a dialog: close it"),
    ]

    def __init__(
        self, title: str, about: str, text: str = "", check: Callable[[str], str] = lambda _: ""
    ) -> None:
        """Take what is asked for.

        Args:
            text: what stands there at first.
            check: says why something cannot be meant; "" where it can.
        """
        super().__init__()
        self._title, self._about, self._text, self._check = title, about, text, check

    def compose(self) -> ComposeResult:
        """Put the field together."""
        with Vertical() as box:
            box.border_title = Content(line(self._title))
            yield Static(visible(self._about), classes="about", markup=False)
            yield Lines(
                self._text, show_line_numbers=False, tab_behavior="focus",
                highlight_cursor_line=False,
            )  # fmt: skip
            yield from self.foot("Keep (enter)", "keep")

    def on_mount(self) -> None:
        """Go behind what stands there."""
        area = self.query_one(Lines)
        area.move_cursor(area.document.end)

    @on(Lines.Written)
    @on(Button.Pressed, "#keep")
    def _keep(self) -> None:
        text = self.query_one(Lines).text
        if wrong := self._check(text):
            self.tell(line(wrong), wrong=True)
        else:
            self.dismiss(text)

    @on(TextArea.Changed)
    def _typed(self) -> None:
        self.tell("")
