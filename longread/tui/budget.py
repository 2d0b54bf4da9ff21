"""The Budget: where the tokens go, what is left out and why, and the prompt piece by piece."""

from __future__ import annotations

from textual.app import ComposeResult
from textual.widgets import Static

from longread.tui.screen import Room


class BudgetScreen(Room):
    """One session's tokens."""

    NAME = "budget"

    def body(self) -> ComposeResult:
        """Put the parts together."""
        yield Static("budget", markup=False)
