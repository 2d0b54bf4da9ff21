"""Where a person types or pastes: whatever it is, nothing in it reaches the terminal raw."""

from __future__ import annotations

from rich.text import Text
from textual.widgets import Input, TextArea

from longread.export.visible import CONTROLS

BOX = "␦"
"""Stands for each character that must not reach a terminal: of one cell, so the cursor fits."""


class Area(TextArea):
    """Several lines."""

    def get_line(self, line_index: int) -> Text:
        """Return a line as it is drawn."""
        shown = CONTROLS.sub(BOX, self.document.get_line(line_index))
        return Text(shown, end="", no_wrap=True)


class Field(Input):
    """One line."""

    @property
    def _value(self) -> Text:
        """Its value as it is drawn."""
        return Text(CONTROLS.sub(BOX, self.value), no_wrap=True, overflow="ignore", end="")
