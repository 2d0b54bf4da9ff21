"""The source of one citation, and what can be done with it."""

from __future__ import annotations

import asyncio

from textual import work
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Static

from longread.analysis.conversation import Conversation
from longread.analysis.follow import Followed, follow
from longread.export.session import mark, where
from longread.export.visible import line
from longread.tui.widgets.answer import CitationRow
from longread.tui.widgets.opening import open_file
from longread.tui.widgets.source import SourceView


class CitedPane(Vertical):
    """Number, place and verdict above; the text with the quoted words marked below."""

    DEFAULT_CSS = """
    CitedPane { width: 1fr; height: 1fr; display: none; }
    CitedPane.-there { display: block; }
    CitedPane > #place { height: auto; max-height: 4; padding: 0 1; background: $panel; }
    """

    def __init__(self, id: str) -> None:
        super().__init__(id=id)
        self.row: CitationRow | None = None
        """The citation whose source is shown."""
        self._opened: Conversation | None = None
        self._found: Followed | None = None

    def compose(self) -> ComposeResult:
        """Put head and text together."""
        yield Static("", id="place", markup=False)
        yield SourceView()

    @property
    def source(self) -> SourceView:
        """What shows the text."""
        return self.query_one(SourceView)

    @property
    def there(self) -> bool:
        """Whether it is shown."""
        return self.has_class("-there")

    def close(self) -> None:
        """Show nothing."""
        self.remove_class("-there")
        if self.row:
            self.row.point(False)
        self.row = self._found = None

    def point(self, opened: Conversation, row: CitationRow) -> None:
        """Show the source of a citation."""
        if self.row:
            self.row.point(False)
        # Until it is looked up there is nothing to open: least of all what was shown before.
        self.row, self._opened, self._found = row, opened, None
        row.point(True)
        self.add_class("-there")
        self._follow(opened, row)

    @work(exclusive=True, group="follow")
    async def _follow(self, opened: Conversation, row: CitationRow) -> None:
        found = await asyncio.to_thread(follow, opened, row.citation)
        if row is not self.row:
            return  # It was closed meanwhile.
        self._found = found
        label = found.cited and found.labels.get(found.cited.first)
        printed = f" (printed {line(label)})" if label else ""
        head = f"[{row.number + 1}] {line(where(row.citation))}{printed}\n{mark(row.citation)}"
        self.query_one("#place", Static).update(Content(head))
        if found.document is None:
            self.source.clear(row.citation.note or "no document has this name")
            return
        quote = f"“{row.citation.quote}”" if row.citation.quote and not found.marked else ""
        said = row.citation.note if row.citation.note != f"stands at {row.citation.found}" else ""
        note = "\n".join(line(one) for one in (quote, said) if one)
        fits = found.cited is not None and found.cited.unit == found.document.unit
        self.source.show(
            found.document,
            marked=found.marked,
            cited=found.cited if fits else None,
            labels=found.labels,
            ocr=found.ocr,
            note=note,
        )

    @work(exclusive=True, group="open")
    async def open_with(self, *, viewer: bool) -> None:
        """Open the file: in the editor at the line, or in a viewer at the page."""
        row, opened, found = self.row, self._opened, self._found
        if row and opened and found is None:
            found = await asyncio.to_thread(follow, opened, row.citation)
        if found is None or found.document is None or opened is None:
            self.notify("choose a citation first: n, or its number", markup=False)
            return
        quote = row.citation.quote if row else ""
        await open_file(
            self, opened.corpus.sources, found.document, found.cited, quote, viewer=viewer
        )
