"""Where a question is typed."""

from __future__ import annotations

from textual.widgets import TextArea


class PromptBox(TextArea):
    """One question, of as many lines as it needs."""
