"""One piece of the prompt, to the letter."""

from __future__ import annotations

import asyncio

from textual import work
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Static

from longread.analysis.portions import Part
from longread.export.visible import line
from longread.tui.widgets.source import SourceView
from longread.types import Document


class PieceView(Vertical):
    """Which piece it is above, its text below."""

    DEFAULT_CSS = """
    PieceView > Static { height: 1; padding: 0 1; background: $panel; }
    """

    def compose(self) -> ComposeResult:
        """Put title and text together."""
        yield Static("", id="title", markup=False)
        yield SourceView()

    @property
    def source(self) -> SourceView:
        """What shows the text."""
        return self.query_one(SourceView)

    def show(self, part: Part, number: int, count: int) -> None:
        """Show the piece that is `number` of `count`, from 0."""
        text = (
            f"{number + 1:,} of {count:,} · {part.tokens:,} tokens · n p walk · {line(part.name)}"
        )
        self.query_one("#title", Static).update(Content(text))
        self._read(part)

    @work(exclusive=True, group="read")
    async def _read(self, part: Part) -> None:
        text = await asyncio.to_thread(part.read)
        # In the prompt lines have no numbers, so what is shown is of a unit that has none.
        self.source.show(Document(part.name, "other", part.language, "", text, (), "cell"))
