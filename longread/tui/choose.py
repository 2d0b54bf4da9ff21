"""One choice out of a few."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import OptionList
from textual.widgets.option_list import Option

from longread import config
from longread.errors import ConfigError
from longread.export.visible import line


def profiles() -> list[tuple[str, str]]:
    """Return the names of profiles that can be used, each with what it is."""
    found: list[tuple[str, str]] = []
    for name in config.profile_names():
        try:
            profile = config.load_profile(name)
        except ConfigError:
            continue
        tokens = min(profile.trusted, profile.window)
        found.append((name, f"{name:<12} {tokens:>10,} tokens  {line(profile.about)}"))
    return found


class ChooseScreen(ModalScreen[str | None]):
    """A list; enter chooses, escape does not."""

    DEFAULT_CSS = """
    ChooseScreen { align: center middle; }
    ChooseScreen > Vertical {
        width: 90; max-width: 96%; height: auto; max-height: 80%;
        background: $surface; border: round $primary; border-title-color: $accent;
    }
    ChooseScreen OptionList { height: auto; max-height: 100%; border: none; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "dismiss(None)", "Close", id="choose.close"),
    ]

    def __init__(self, title: str, choices: Sequence[tuple[str, str]]) -> None:
        """Take the choices: what each returns, and what is shown of it."""
        super().__init__()
        self._title, self._choices = title, choices

    def compose(self) -> ComposeResult:
        """Put the list together."""
        with Vertical() as box:
            box.border_title = Content(line(self._title))
            yield OptionList(*(Option(Content(text), id=name) for name, text in self._choices))

    @on(OptionList.OptionSelected)
    def _selected(self, event: OptionList.OptionSelected) -> None:
        self.dismiss(event.option_id)
