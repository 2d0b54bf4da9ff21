"""One cell: what there is to say of it above, below that the page with its quote marked."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from dataclasses import dataclass

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


@dataclass(frozen=True, slots=True)
class _Page:
    """The page that belongs to a cell, or to one of its quotes."""

    shown: tuple[str, Key]
    path: str
    """Of the document in which the quote stands: the row's, or one of its family."""
    version: str
    citation: Citation | None
    first: Span | None = None
    """The first of what was shown to the model, where there is no quote."""
    reason: str = ""
    """Why there is no page."""


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
        self._page: _Page | None = None
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
            self._shown = self.found = self._page = None
            text.update("")
            self.source.clear()
            return
        if self._shown != (board.id, key):
            self._shown, self._chosen = (board.id, key), 0
            self.query_one("#about", VerticalScroll).scroll_to(0, 0, animate=False)
        text.update(testimony(board, key, self._chosen))
        if store is not None:
            self._turn(store, board, key)

    def step(self, store: Store | None, board: Board, key: Key, step: int) -> None:
        """Show the page of the next quote, or of the one before."""
        cell = board.cell(key)
        count = len(cell.citations) if cell else 0
        if not count:
            self.notify("this cell has no quotes", markup=False)
            return
        self._chosen = min(max(self._chosen + step, 0), count - 1)
        self.show(store, board, key)

    def _turn(self, store: Store, board: Board, key: Key) -> None:
        """Go to the page that belongs to a cell; where it is shown already, nothing moves."""
        page = self._belonging(board, key)
        if page == self._page:
            return
        self._page, self.found = page, None
        if self._waiting:
            self._waiting.stop()
        if page:
            self._waiting = self.set_timer(PAUSE, lambda: self._read(store, board, page))

    def _belonging(self, board: Board, key: Key) -> _Page | None:
        one, cell, citation = board.document(key[0]), board.cell(key), self.citation(board, key)
        if one is None:
            return None
        shown, version = (board.id, key), cell.content_id if cell else one.content_id
        if one.reason:
            return _Page(shown, one.path, version, None, reason=one.reason)
        if citation is None:
            first = cell.shown[0] if cell and cell.shown and cell.way != "whole" else None
            return _Page(shown, one.path, version, None, first)
        path = citation.path or one.path
        of_row = version if path == one.path else ""
        return _Page(shown, path, citation.version or of_row, citation)

    @work(exclusive=True, group="page")
    async def _read(self, store: Store, board: Board, page: _Page) -> None:
        if page.reason:
            self.source.clear(f"nothing of it was read: {page.reason}")
            return
        try:
            document = await self._text(store, board.id, page.path, page.version)
        except StoreError as error:
            self.source.clear(f"{error}; {error.hint}")
            return
        if page != self._page:
            return
        one = board.document(page.path)
        recognised: dict[int, float | None] = dict(one.recognised) if one else {}
        if page.citation is None:
            self.source.show(document, cited=page.first, ocr=recognised)
            self.source.goto(page.first or Span(document.unit, 1, 1))
            return
        found = await asyncio.to_thread(follow_in, document, page.citation, {}, recognised)
        if page != self._page:
            return
        self.found = found
        fits = found.cited is not None and found.cited.unit == document.unit
        self.source.show(
            document,
            marked=found.marked,
            cited=found.cited if fits else None,
            ocr=recognised,
            note=_note(page, found),
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

    async def _text(self, store: Store, id: str, path: str, content: str) -> Document:
        key = (id, path, content)
        if key not in self._texts:
            self._texts[key] = await asyncio.to_thread(store.reviews.document, *key)
        self._texts.move_to_end(key)
        while len(self._texts) > TEXTS:
            self._texts.popitem(last=False)
        return self._texts[key]


def _note(page: _Page, found: Followed) -> str:
    """Return what stands above the page: whose it is, where it is not the row's own, and words that
    are not marked in it."""
    citation = found.citation
    whose = page.path if page.path != page.shown[1][0] else ""
    said = citation.note if citation.note != f"stands at {citation.found}" else ""
    quote = f"“{citation.quote}”" if citation.quote and not found.marked else ""
    return "\n".join(line(one) for one in (whose, quote, said) if one)
