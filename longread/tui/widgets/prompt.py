"""Where a question is typed: as many lines as it needs, and the questions asked before."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual import events, on
from textual.binding import Binding, BindingType
from textual.message import Message
from textual.widgets import TextArea

from longread.tui.widgets.typed import Area

ASK = "ask…  (enter asks, ctrl+j begins a new line)"
ROWS = 6
"""Rows of a question that are shown at once."""


class PromptBox(Area):
    """One question. Enter asks; the questions asked before come with up and down."""

    DEFAULT_CSS = """
    PromptBox {
        height: 3; padding: 0 1;
        border: round $foreground 50%; background: $background;
        &:focus { border: round $primary; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "ask", "Ask", id="prompt.ask"),
        Binding(
            "ctrl+j,alt+enter,shift+enter", "newline", "New line", id="prompt.newline", show=False
        ),
        Binding(
            "up", "earlier", "Earlier question", id="prompt.earlier", show=False,
            tooltip="on the first line",
        ),
        Binding(
            "down", "later", "Later question", id="prompt.later", show=False,
            tooltip="on the last line",
        ),
        Binding(
            "escape", "leave", "To the answers", id="prompt.leave",
            tooltip="there a number shows the source of a citation",
        ),
    ]  # fmt: skip

    class Asked(Message):
        """A question is to be asked."""

        def __init__(self, question: str) -> None:
            super().__init__()
            self.question = question

    class Left(Message):
        """The keys are to go to the answers."""

    def __init__(self, id: str) -> None:
        super().__init__(
            id=id,
            soft_wrap=True,
            tab_behavior="focus",
            show_line_numbers=False,
            highlight_cursor_line=False,
            compact=False,
            placeholder=ASK,
        )
        self._history: list[str] = []
        self._at = 0
        self._typed = ""

    @on(TextArea.Changed)
    def _grow(self) -> None:
        # Not `height: auto`: that would lay the screen out anew for each key.
        self.styles.height = min(self.wrapped_document.height, ROWS) + 2

    @property
    def draft(self) -> str:
        """What is typed and nowhere else; empty where it can be had again with up."""
        return "" if self.text.strip() in ("", *self._history) else self.text

    def remember(self, questions: Sequence[str]) -> None:
        """Take the questions asked before, newest first."""
        self._history = list(questions)
        self._at = 0

    def action_ask(self) -> None:
        """Hand the question over; the box stays as it is until it is cleared."""
        if question := self.text.strip():
            self.post_message(self.Asked(question))

    def done(self, question: str) -> None:
        """The question is being asked: begin the next one."""
        self._history = [question, *(one for one in self._history if one != question)]
        self._at = 0
        self._typed = ""
        self.load_text("")

    def action_newline(self) -> None:
        """Begin a new line."""
        self.insert("\n")

    def action_earlier(self) -> None:
        """Go up a line or, from the first, to the question asked before."""
        if self.cursor_location[0] > 0:
            self.action_cursor_up()
        elif self._at < len(self._history):
            if self._at == 0:
                self._typed = self.text
            self._show(self._at + 1)

    def action_later(self) -> None:
        """Go down a line or, from the last, to the question asked after."""
        if self.cursor_location[0] < self.document.line_count - 1:
            self.action_cursor_down()
        elif self._at > 0:
            self._show(self._at - 1)

    def _show(self, at: int) -> None:
        self._at = at
        self.load_text(self._history[at - 1] if at else self._typed)
        self.move_cursor(self.document.end)

    def action_leave(self) -> None:
        """Give the keys to the answers."""
        self.post_message(self.Left())

    def _on_key(self, event: events.Key) -> None:  # type: ignore[override]
        if event.key == "enter":
            # A binding asks; the editor itself would begin a new line.
            event.prevent_default()
