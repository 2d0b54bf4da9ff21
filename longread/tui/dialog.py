"""What forms in a box have in common: how they look, how they are left, what is told under them."""

from __future__ import annotations

from textual import on
from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.screen import ModalScreen, ScreenResultType
from textual.widgets import Button, Static


class Dialog(ModalScreen[ScreenResultType]):
    """A form over what is shown; nothing that was typed is lost when it cannot be meant."""

    DEFAULT_CSS = """
    Dialog { align: center middle; }
    Dialog > Vertical, Dialog > VerticalScroll {
        max-width: 96%; height: auto; max-height: 96%; padding: 0 1;
        background: $surface; border: round $primary; border-title-color: $accent;
    }
    Dialog #told { height: auto; min-height: 1; padding: 0 1; }
    Dialog #told.-wrong { color: $text-error; text-style: bold; }
    Dialog .buttons { height: 1; margin-top: 1; align-horizontal: right; }
    Dialog Button { margin-left: 2; }
    """

    def foot(self, label: str, id: str) -> ComposeResult:
        """Put together what stands under the fields: a line to tell, and the buttons.

        Args:
            label: of the button that goes on.
        """
        yield Static(id="told", markup=False)
        yield from self.buttons(label, id)

    def buttons(self, label: str, id: str) -> ComposeResult:
        """Put the buttons together: the one that leaves, and the one that goes on."""
        with Horizontal(classes="buttons"):
            yield Button("Cancel (esc)", id="cancel", compact=True)
            yield Button(label, id=id, variant="primary", compact=True)

    def tell(self, text: str, *, wrong: bool = False) -> None:
        """Say something under the fields, above all what cannot be meant.

        Args:
            text: with nothing in it that steers a terminal.
        """
        told = self.query_one("#told", Static)
        told.update(f"✗ {text}" if wrong else text)
        told.set_class(wrong, "-wrong")

    @on(Button.Pressed, "#cancel")
    def action_leave(self) -> None:
        """Close it; nothing comes of it."""
        self.dismiss(None)
