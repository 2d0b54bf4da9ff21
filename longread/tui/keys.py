"""Every key of every screen, read from the bindings themselves: for the help and the manual."""

from __future__ import annotations

import importlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.keys import format_key
from textual.screen import ModalScreen
from textual.widgets import Static

from longread.tui.screen import ROOMS

if TYPE_CHECKING:
    from textual.dom import DOMNode

PLACES = {
    "Everywhere": ("longread.tui.app:LongreadApp",),
    "Library": (
        "longread.tui.library:LibraryScreen",
        "longread.tui.library:SearchLine",
        "longread.tui.widgets.sessions:SessionList",
        "longread.tui.new:Locations",
        "longread.tui.new:NewScreen",
    ),
    "Read": (
        "longread.tui.read:ReadScreen",
        "longread.tui.widgets.prompt:PromptBox",
        "longread.tui.widgets.scrolling:RowScroll",
    ),
    "Grid": (
        "longread.tui.grid:GridScreen",
        "longread.tui.grid:NameLine",
        "longread.tui.widgets.grid:GridTable",
        "longread.tui.write:Lines",
        "longread.tui.write:WriteScreen",
        "longread.tui.column:ColumnScreen",
        "longread.tui.begin:BeginScreen",
    ),
    "Budget": ("longread.tui.budget:BudgetScreen", "longread.tui.widgets.bars:BarList"),
    "Plan": ("longread.tui.plan:PlanScreen",),
    "Two answers compared": ("longread.tui.compare:CompareScreen",),
    "Questions and lists that stand over a screen": (
        "longread.tui.confirm:ConfirmScreen",
        "longread.tui.choose:ChooseScreen",
        "longread.tui.keys:HelpScreen",
    ),
}
"""The parts of the help, and the classes whose bindings each lists."""


@dataclass(frozen=True, slots=True)
class Key:
    """One line of the help."""

    id: str
    """How it is named in `[keys]` of config.toml."""
    keys: tuple[str, ...]
    """As Textual names them: "ctrl+x", "question_mark"."""
    what: str
    tooltip: str


def listed(keymap: Mapping[str, str] = {}) -> Iterator[tuple[str, list[Key]]]:
    """Yield each part of the help with its keys, re-mapped ones as they are now."""
    for place, classes in PLACES.items():
        found: list[Key] = []
        for name in classes:
            module, _, attribute = name.partition(":")
            owner: type[DOMNode] = getattr(importlib.import_module(module), attribute)
            found += [_key(binding, keymap) for binding in own(owner.BINDINGS)]
        yield place, found


def own(bindings: list[BindingType]) -> Iterator[Binding]:
    """Yield bindings with an id: those a person can re-map."""
    for binding in bindings:
        if isinstance(binding, Binding) and binding.id:
            yield binding


def _key(binding: Binding, keymap: Mapping[str, str]) -> Key:
    pressed = keymap.get(binding.id or "", binding.key)
    return Key(
        binding.id or "",
        tuple(one.strip() for one in pressed.split(",")),
        binding.description,
        binding.tooltip,
    )


def shown(key: str) -> str:
    """Return a key as people read it: "?", "ctrl+x", "↑"."""
    *modifiers, last = key.split("+") if key != "+" else [key]
    return "+".join([*modifiers, format_key(last)])


class HelpScreen(ModalScreen[None]):
    """All keys, in one list that scrolls."""

    DEFAULT_CSS = """
    HelpScreen { align: center middle; }
    HelpScreen > VerticalScroll {
        width: 100; max-width: 96%; height: 90%; padding: 0 1;
        background: $surface; border: round $primary; border-title-color: $accent;
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,f1,question_mark,q", "dismiss", "Close", id="help.close"),
    ]

    def compose(self) -> ComposeResult:
        """Put the list together."""
        with VerticalScroll() as box:
            box.border_title = "keys (esc closes)"
            yield Static(self._text(), markup=False)

    def _text(self) -> Content:
        app: Any = self.app
        lines: list[Content] = []
        # The keys of the screen that was left come first.
        here = ROOMS.get(app.current_mode, ("", ""))[1]
        for place, found in sorted(listed(app.remapped), key=lambda part: part[0] != here):
            lines += [Content(""), Content.styled(place, "bold $accent")]
            for key in found:
                pressed = " ".join(map(shown, key.keys))
                more = f" ({key.tooltip})" if key.tooltip else ""
                lines.append(Content.assemble((f"  {pressed:<18}", "bold"), f" {key.what}{more}"))
        return Content("\n").join(lines[1:])
