"""The source of one citation, and what can be done with it."""

from __future__ import annotations

import asyncio
import signal
import subprocess

from textual import work
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Static

from longread.analysis.conversation import Conversation
from longread.analysis.follow import Followed, changed, follow, on_disk
from longread.errors import LongreadError
from longread.export.session import mark, where
from longread.export.visible import line
from longread.tui import opener
from longread.tui.widgets.answer import CitationRow
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
        """Open the file: in the editor at the line, or in a viewer at the page.

        A Word file or a web page is opened by the system, for its lines are not those shown here.
        """
        row, opened, found = self.row, self._opened, self._found
        if row and opened and found is None:
            found = await asyncio.to_thread(follow, opened, row.citation)
        if found is None or found.document is None or opened is None:
            self.notify("choose a citation first: n, or its number", markup=False)
            return
        document, first = found.document, found.cited.first if found.cited else 1
        path = await asyncio.to_thread(on_disk, opened.corpus.sources, document)
        if path is None:
            self.notify(
                f"{line(document.path)} is not on this disk: what is shown here is what was read",
                title="nothing to open",
                severity="warning",
                markup=False,
            )
            return
        if self.app.is_web:
            title = f"in a browser nothing is opened; on the server, at {found.cited}:"
            self.notify(line(str(path)), title=title, markup=False)
            return
        if await asyncio.to_thread(changed, document, found.cited, path):
            self.notify("the file has changed since it was read", severity="warning", markup=False)
        try:
            if document.kind == "document":
                _start(opener.program(path))
                quote = " ".join(row.citation.quote.split()) if row else ""
                said = f"look for “{quote[:60]}”" if quote else "it has no line numbers"
                self.notify(line(said), title=line(path.name), markup=False)
                return
            if viewer or document.unit == "page":
                words, paged = opener.viewer(path, first)
                _start(words)
                if not paged and document.unit == "page":
                    self.notify(f"see page {first}", markup=False)
                return
            words, terminal = opener.editor(path, first)
            if terminal:
                self._lend(words)
            else:
                _start(words)
        except LongreadError as error:
            self.notify(line(error.hint), title=line(str(error)), severity="error", markup=False)
        except OSError as error:
            self.notify(str(error), title="cannot be started", severity="error", markup=False)

    def _lend(self, words: list[str]) -> None:
        """Give the terminal to a program until it ends; nothing may be painted meanwhile."""
        # ctrl+c there is the program's: the terminal sends it to both.
        before = {sign: signal.signal(sign, _leave) for sign in (signal.SIGINT, signal.SIGQUIT)}
        try:
            with self.app.suspend():
                subprocess.run(words, check=False)
        finally:
            for sign, handler in before.items():
                signal.signal(sign, handler)
        self.app.refresh()


def _leave(sign: int, frame: object) -> None:
    """Do nothing; unlike a signal that is ignored, this is not handed down to the program."""


def _start(words: list[str]) -> None:
    """Start a program with a window of its own; it outlives longread."""
    subprocess.Popen(
        words,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
