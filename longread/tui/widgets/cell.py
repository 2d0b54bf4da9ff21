"""One cell: what there is to say of it above, below that the page with its quote marked."""

from __future__ import annotations

import asyncio
from collections import OrderedDict

from textual import work
from textual.app import ComposeResult
from textual.containers import Vertical, VerticalScroll
from textual.timer import Timer
from textual.widgets import Static

from longread.analysis.follow import Followed, follow_in
from longread.errors import StoreError
from longread.export.visible import line
from longread.store import Store
from longread.tui.board import Board, Key
from longread.tui.testimony import testimony
from longread.tui.widgets.opening import open_file
from longread.tui.widgets.source import SourceView
from longread.types import Citation, Document, Span

PAUSE = 0.1
"""Seconds from a cell being highlighted to its page."""
TEXTS = 4
"""Documents whose text is kept for the next cell."""


class CellPane(Vertical):
    """The cell that the cursor is on."""

    DEFAULT_CSS = """
    CellPane { height: 1fr; }
    CellPane #about { height: auto; max-height: 60%; padding: 0 1; scrollbar-size: 1 1; }
    CellPane #about:focus { background-tint: $foreground 4%; }
    CellPane #about Static { height: auto; }
    CellPane SourceView { height: 1fr; border-top: hkey $primary; }
    """

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._shown: tuple[str, Key] | None = None
        self._chosen = 0
        self._texts: OrderedDict[tuple[str, str, str], Document] = OrderedDict()
        self._waiting: Timer | None = None
        self.found: Followed | None = None
        """Where the citation leads whose page is shown; None until it is looked up."""

    def compose(self) -> ComposeResult:
        """Put words and page together."""
        with VerticalScroll(id="about"):
            yield Static("", markup=False)
        yield SourceView()

    @property
    def source(self) -> SourceView:
        """What shows the page."""
        return self.query_one(SourceView)

    def citation(self, board: Board, key: Key) -> Citation | None:
        """Return the citation whose page is shown, if the cell has any."""
        cell = board.cell(key)
        if cell is None or not cell.citations:
            return None
        return cell.citations[min(self._chosen, len(cell.citations) - 1)]

    def show(self, store: Store | None, board: Board | None, key: Key | None) -> None:
        """Show a cell, its page when the keys leave time for that."""
        text = self.query_one("#about Static", Static)
        if board is None or key is None:
            self._shown = self.found = None
            text.update("")
            self.source.clear()
            return
        another = self._shown != (board.id, key)
        if another:
            self._shown, self._chosen, self.found = (board.id, key), 0, None
            self.query_one("#about", VerticalScroll).scroll_to(0, 0, animate=False)
        text.update(testimony(board, key, self._chosen))
        if another and store is not None:
            self._later(store, board, key)

    def step(self, store: Store | None, board: Board, key: Key, step: int) -> None:
        """Show the page of the next quote, or of the one before."""
        cell = board.cell(key)
        count = len(cell.citations) if cell else 0
        if not count:
            self.notify("this cell has no quotes", markup=False)
            return
        self._chosen = min(max(self._chosen + step, 0), count - 1)
        self.query_one("#about Static", Static).update(testimony(board, key, self._chosen))
        if store is not None:
            self._later(store, board, key)

    def again(self, store: Store | None, board: Board | None, key: Key | None) -> None:
        """Show what a cell says now, and its page again if its quotes are others."""
        if board is None or key is None or self._shown != (board.id, key):
            self.show(store, board, key)
            return
        self.query_one("#about Static", Static).update(testimony(board, key, self._chosen))
        now = self.citation(board, key)
        if store is not None and (self.found is None or self.found.citation != now):
            self._later(store, board, key)

    def _later(self, store: Store, board: Board, key: Key) -> None:
        if self._waiting:
            self._waiting.stop()
        self._waiting = self.set_timer(PAUSE, lambda: self._read(store, board, key))

    @work(exclusive=True, group="page")
    async def _read(self, store: Store, board: Board, key: Key) -> None:
        one, cell = board.document(key[0]), board.cell(key)
        if one is None:
            return
        if one.reason:
            self.source.clear(f"nothing of it was read: {one.reason}")
            return
        citation = self.citation(board, key)
        content = cell.content_id if cell else one.content_id
        try:
            document = await asyncio.to_thread(self._text, store, board.id, key[0], content)
        except StoreError as error:
            self.source.clear(f"{error}; {error.hint}")
            return
        if self._shown != (board.id, key):
            return
        recognised: dict[int, float | None] = dict(one.recognised)
        if citation is None:
            first = cell.shown[0] if cell and cell.shown and cell.way != "whole" else None
            self.source.show(document, cited=first, ocr=recognised)
            self.source.goto(first or Span(document.unit, 1, 1))
            return
        found = await asyncio.to_thread(follow_in, document, citation, {}, recognised)
        if self._shown != (board.id, key) or citation != self.citation(board, key):
            return
        self.found = found
        fits = found.cited is not None and found.cited.unit == document.unit
        self.source.show(
            document,
            marked=found.marked,
            cited=found.cited if fits else None,
            ocr=recognised,
            note=_note(citation, found),
        )

    @work(exclusive=True, group="open")
    async def open_with(self, board: Board, key: Key) -> None:
        """Open the file in the system's viewer, a PDF at the page."""
        document = self.source.document
        if document is None or self._shown != (board.id, key) or board.review is None:
            self.notify("there is no page here yet", markup=False)
            return
        cited = self.found.cited if self.found else None
        citation = self.citation(board, key)
        quote = citation.quote if citation else ""
        await open_file(self, board.review.sources, document, cited, quote, viewer=True)

    def _text(self, store: Store, id: str, path: str, content: str) -> Document:
        key = (id, path, content)
        if key in self._texts:
            self._texts.move_to_end(key)
            return self._texts[key]
        self._texts[key] = found = store.reviews.document(id, path, content)
        while len(self._texts) > TEXTS:
            self._texts.popitem(last=False)
        return found


def _note(citation: Citation, found: Followed) -> str:
    """Return what stands above the page where the words are not marked in it."""
    said = citation.note if citation.note != f"stands at {citation.found}" else ""
    quote = f"“{citation.quote}”" if citation.quote and not found.marked else ""
    return "\n".join(line(one) for one in (quote, said) if one)
