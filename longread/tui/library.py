"""The Library: what is kept, what runs, and how to begin something new."""

from __future__ import annotations

from textual.app import ComposeResult
from textual.widgets import Static

from longread.tui.screen import Room


class LibraryScreen(Room):
    """Sessions, newest first."""

    NAME = "library"

    def body(self) -> ComposeResult:
        """Put the list together."""
        yield Static("library", markup=False)
