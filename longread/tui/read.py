"""The Read: questions, answers, and the source of each citation."""

from __future__ import annotations

from textual.app import ComposeResult
from textual.widgets import Static

from longread.tui.screen import Room


class ReadScreen(Room):
    """One session."""

    NAME = "read"

    def body(self) -> ComposeResult:
        """Put the parts together."""
        yield Static("read", markup=False)
