"""A document's text with a citation's words marked, so that a person can check them.

Only the rows in view are worked on. What needs the whole text (where lines wrap, what is a
keyword) is found beside the event loop; when it comes, nothing on the screen moves.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from typing import ClassVar

from rich.cells import cell_len, set_cell_size
from rich.segment import Segment
from rich.style import Style
from textual import work
from textual.message import Message
from textual.strip import Strip
from textual.worker import get_current_worker

from longread.export.session import percent
from longread.export.visible import line as one_line
from longread.tui.widgets.cells import Cells
from longread.tui.widgets.lexing import WHOLE, Words, coloured, lex, window
from longread.tui.widgets.painting import Range, Word, lay_out, legible, paint
from longread.tui.widgets.rows import Border, Sheet, View
from longread.tui.widgets.scrolling import RowScroll
from longread.types import Document, Span, Unit

OCR = "text recognised from a picture"


class SourceView(RowScroll):
    """One document, as much of it as fits."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "source--gutter", "source--cited", "source--mark", "source--ruler", "source--control",
        "source--message", "source--note", "source--note-removed", "source--note-added",
        "source--comment", "source--keyword", "source--string", "source--number",
        "source--definition", "source--builtin", "source--heading", "source--strong",
        "source--emphasis", "source--inserted", "source--deleted",
    }  # fmt: skip

    DEFAULT_CSS = """
    SourceView {
        background: $surface;
        color: $foreground;
        overflow-x: auto;
        overflow-y: scroll;
        scrollbar-size: 1 1;

        & > .source--gutter { color: $text-muted; }
        & > .source--cited { color: $text-accent; text-style: bold; }
        & > .source--mark { background: $warning-muted; color: $text; text-style: bold underline; }
        & > .source--ruler { color: $text-secondary; text-style: bold; }
        & > .source--control { color: $text-error; text-style: italic; }
        & > .source--message { color: $text-muted; }
        & > .source--note { background: $panel; color: $foreground; }
        & > .source--note-removed {
            background: $panel; color: $text-error; text-style: strike bold;
        }
        & > .source--note-added {
            background: $panel; color: $text-success; text-style: underline bold;
        }
        & > .source--comment { color: $text-muted; text-style: italic; }
        & > .source--keyword { color: $text-accent; }
        & > .source--string { color: $text-success; }
        & > .source--number { color: $text-warning; }
        & > .source--definition { color: $text-primary; text-style: bold; }
        & > .source--builtin { color: $text-secondary; }
        & > .source--heading { color: $text-primary; text-style: bold; }
        & > .source--strong { text-style: bold; }
        & > .source--emphasis { text-style: italic; }
        & > .source--inserted { color: $text-success; }
        & > .source--deleted { color: $text-error; }
    }
    """

    class Lexed(Message, bubble=False):
        """Words were told apart."""

        def __init__(self, document: Document, words: Words) -> None:
            super().__init__()
            self.document = document
            self.words = words

    def __init__(
        self, *, name: str | None = None, id: str | None = None, classes: str | None = None
    ) -> None:
        super().__init__(name=name, id=id, classes=classes)
        self._document: Document | None = None
        self._marked: list[Range] = []
        self._cited: Span | None = None
        self._cited_lines = range(0)
        self._labels: Mapping[int, str] = {}
        self._ocr: Mapping[int, float | None] = {}
        self._note = self._message = ""
        self._bar: list[list[Segment]] = []
        self._words = Words()
        self._asked = 0, 0
        self._dyes: dict[str, Style] = {}

    def show(
        self,
        document: Document,
        *,
        marked: Sequence[Range] = (),
        cited: Span | None = None,
        labels: Mapping[int, str] = {},  # never written to
        ocr: Mapping[int, float | None] = {},
        note: str = "",
    ) -> None:
        """Show a document with what is cited in view.

        `marked` are ranges of its text that are highlighted as the quote; `labels` the printed
        numbers of pages; `ocr` says how surely pages were recognised, 0 to 1; `note` stands above
        the text, however it is scrolled.
        """
        if document is not self._document:
            self._document = document
            self._open(Sheet(document))
            self._words, self._asked = Words(), (0, 0)
        assert self._view is not None
        self._message = "" if document.text else "nothing stands in it"
        self._marked = _merged(marked, len(document.text))
        self._cited = cited
        self._cited_lines = self._view.sheet.lines(cited) if cited else range(0)
        self._labels, self._ocr = labels, ocr
        self._note = note.strip("\n")
        self.focus_mark()

    def clear(self, message: str = "") -> None:
        """Show a message, and no document."""
        self._document = self._cited = None
        self._marked, self._cited_lines = [], range(0)
        self._close()
        self._note, self._message = "", message
        self._lay()

    @property
    def document(self) -> Document | None:
        """The document that is shown."""
        return self._document

    @property
    def highlighted(self) -> str:
        """The text that is marked as the quote."""
        text = self._document.text if self._document else ""
        return "\n".join(text[start:end] for start, end in self._marked)

    @property
    def first_visible_line(self) -> int:
        """The line of the text, from 1, at the top of the view; 0 where there is none."""
        return self._view.place(self._top)[0] + 1 if self._view and len(self._view) else 0

    def goto(self, span: Span) -> None:
        """Bring a place into view."""
        if self._view and (lines := self._view.sheet.lines(span)):
            self._look_at(self._view.sheet.starts[lines[0]])

    def focus_mark(self) -> None:
        """Bring the first marked words into view or, without any, the cited place."""
        if self._marked:
            self._look_at(*self._marked[0])
        elif self._cited_lines and self._view:
            self._look_at(self._view.sheet.starts[self._cited_lines[0]])
        else:
            self._lay()

    @property
    def _gutter(self) -> int:
        """Cells left of the text: a bar, the line's number, a sign, a space."""
        if self._view is None or self._view.sheet.unit != "line":
            return 3
        return len(str(len(self._view.sheet))) + 3

    def _lay_head(self, width: int, height: int) -> int:
        """Lay out the note, or the message."""
        note, most = self._note or self._message, height // 2 if self._view else height
        self._bar = lay_out(note, max(1, width - 1), most, self._dye_note) if note else []
        return len(self._bar)

    def _moved(self) -> None:
        if self._view is None or self._document is None or self.app.no_color:
            return
        if not len(self._view) or not coloured(self._document):
            return
        sheet = self._view.sheet
        bottom = min(self._top + self.size.height, len(self._view) - 1)
        first = self._view.start(self._top)
        last = min(sheet.ends(self._view.place(bottom)[0])[1], first + WHOLE)
        for known in ((self._words.first, self._words.last), self._asked):
            if known[0] <= first and last <= known[1]:
                return
        self._asked = window(self._document, first, last)
        self.call_after_refresh(self._lex, self._document, *self._asked)

    @work(thread=True, exclusive=True, group="lex")
    def _lex(self, document: Document, first: int, last: int) -> None:
        worker = get_current_worker()
        words = lex(document, first, last, lambda: worker.is_cancelled)
        if not worker.is_cancelled:
            self.post_message(self.Lexed(document, words))

    def on_source_view_lexed(self, message: Lexed) -> None:
        """Colour the words, unless their document has gone."""
        message.stop()
        if message.document is self._document:
            self._words = message.words
            self.refresh()

    def notify_style_update(self) -> None:
        """Forget styles that a theme has changed."""
        super().notify_style_update()
        self._dyes.clear()

    def _dye(self, kind: str) -> Style:
        if kind not in self._dyes:
            if kind == "selected":
                found = self.screen.get_component_rich_style("screen--selection")
            else:
                found = (
                    self.get_component_rich_style(f"source--{kind}") if kind else self.rich_style
                )
            self._dyes[kind] = legible(found)
        return self._dyes[kind]

    def _dye_note(self, kind: str) -> Style:
        return self._dye(kind or ("note" if self._view and not self._message else "message"))

    def render_line(self, y: int) -> Strip:
        """Return one row of what is visible."""
        width = self.scrollable_content_region.width
        if y < len(self._bar):
            ground = self._dye_note("")
            return Strip([Segment(" ", ground), *self._bar[y]]).adjust_cell_length(width, ground)
        row = self._top + y - len(self._bar)
        if self._view is None or not self._laid or not 0 <= row < len(self._view):
            return Strip.blank(width, self.rich_style)
        if border := self._view.border(row):
            found, first = self._border(self._view.sheet.unit, border), 0
        else:
            cells = self._view.cells(row, self._left, self._text_width)
            found = self._row(self._view, row, cells)
            first = cells.start - self._view.start(row) - cells.lead - self._gutter
        return Strip(found).adjust_cell_length(width, self.rich_style).apply_offsets(first, row)

    def _border(self, unit: Unit, border: Border) -> Iterator[Segment]:
        text = f"{unit} {border.first}"
        if border.last > border.first:
            text = f"{unit}s {border.first}-{border.last}"
        if label := self._labels.get(border.first):
            text += f" (printed {one_line(label)})"
        if border.empty:
            text += " · no text"
        elif border.first in self._ocr:
            sure = self._ocr[border.first]
            text += f" · {OCR}" + ("" if sure is None else f", {percent(sure)} sure")
        named = Span(unit, border.first, border.last)
        cited = self._cited is not None and self._cited.overlaps(named)
        yield Segment("▐" if cited else " ", self._dye("cited"))
        ruler = f"── {text} ──"
        room = max(1, self.scrollable_content_region.width - 1)
        shown = set_cell_size(ruler, room - 1) + "…" if cell_len(ruler) > room else ruler
        yield Segment(shown, self._dye("ruler"))

    def _row(self, view: View, row: int, cells: Cells) -> Iterator[Segment]:
        line, part = view.place(row)
        rows = view.breaks(line)
        start = rows[part]
        end = rows[part + 1] if part + 1 < len(rows) else view.sheet.ends(line)[1]
        marks = self._marks(start, end)
        cited = line in self._cited_lines
        number = ""
        if view.sheet.unit == "line":
            number = f"{'' if part else line + 1:>{self._gutter - 3}}"
        yield Segment("▐" if cited else " ", self._dye("cited"))
        yield Segment(number, self._dye("cited" if cited else "gutter"))
        yield Segment("»" if marks else " ", self._dye("cited"))
        yield Segment(" ", self._dye(""))
        words = self._words.between(cells.start, cells.end)
        over: list[Word] = [(a, b, "mark") for a, b in marks]
        if (selection := self.text_selection) is not None:
            over.append((*self._selected(view, selection), "selected"))
        yield from paint(view.sheet.text, cells, words, over, self._dye)

    def _marks(self, start: int, end: int) -> list[Range]:
        """Return the marks on a row; an empty row between marked ones has none of its own."""
        first = bisect_right(self._marked, start, key=lambda mark: mark[1])
        found: list[Range] = []
        for mark in self._marked[first:]:
            if mark[0] >= max(end, start + 1):
                break
            found.append(mark)
        return found


def _merged(ranges: Sequence[Range], size: int) -> list[Range]:
    """Return ranges in order, within a text, those that touch as one."""
    found: list[Range] = []
    for start, end in sorted((max(0, a), min(b, size)) for a, b in ranges):
        if start >= end:
            continue
        if found and start <= found[-1][1]:
            found[-1] = found[-1][0], max(end, found[-1][1])
        else:
            found.append((start, end))
    return found
