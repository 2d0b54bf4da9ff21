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
from textual import events, work
from textual.binding import Binding, BindingType
from textual.geometry import Size
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.strip import Strip
from textual.worker import get_current_worker

from longread.export.visible import line as one_line
from longread.tui.widgets.cells import NARROWEST
from longread.tui.widgets.lexing import Words, coloured, lex, window
from longread.tui.widgets.painting import Range, lay_out, legible, paint
from longread.tui.widgets.rows import Border, Fold, Sheet, View, fold, unmeasured
from longread.types import Document, Span, Unit

AT_ONCE = 150_000
"""Characters that are measured at once; a longer text is measured beside the event loop."""
STEP = 8
"""Columns by which the view moves sideways."""
OCR = "text recognised from a picture"


class SourceView(ScrollView, can_focus=True, inherit_bindings=False):
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

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "w", "wrap", "Wrap", id="source.wrap", tooltip="Wrap long lines, or clip them again"
        ),
        *(
            Binding(key, action, label, show=False, id=f"source.{name}", tooltip=tooltip)
            for key, action, label, name, tooltip in (
                ("up", "scroll_up", "Up", "up", "One row up"),
                ("down", "scroll_down", "Down", "down", "One row down"),
                ("pageup", "page(-1)", "Page up", "pageup", "One view up"),
                ("pagedown", "page(1)", "Page down", "pagedown", "One view down"),
                ("home,g", "top", "Top", "top", "To the beginning of the document"),
                ("end,G", "bottom", "Bottom", "bottom", "To the end of the document"),
                ("left", "sideways(-1)", "Left", "left", "Show what is left of the view"),
                ("right", "sideways(1)", "Right", "right", "Show what is right of the view"),
            )
        ),
    ]

    class Measured(Message, bubble=False):
        """A long text was measured."""

        def __init__(self, sheet: Sheet, folded: Fold) -> None:
            super().__init__()
            self.sheet = sheet
            self.fold = folded

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
        self._view: View | None = None
        self._marked: list[Range] = []
        self._cited: Span | None = None
        self._cited_lines = range(0)
        self._labels: Mapping[int, str] = {}
        self._ocr: frozenset[int] = frozenset()
        self._note = self._message = ""
        self._bar: list[list[Segment]] = []
        self._words = Words()
        self._asked = 0, 0
        self._wraps: dict[Unit, bool] = {"line": False, "page": True, "cell": False}
        self._measured = False
        self._aim: Range | None = None
        self._reached = False
        self._anchor: tuple[int, int] | None = None
        self._laying = False
        self._dyes: dict[str, Style] = {}

    def show(
        self,
        document: Document,
        *,
        marked: Sequence[Range] = (),
        cited: Span | None = None,
        labels: Mapping[int, str] = {},  # never written to
        ocr: frozenset[int] = frozenset(),
        note: str = "",
    ) -> None:
        """Show a document with what is cited in view.

        `marked` are ranges of its text that are highlighted as the quote; `labels` the printed
        numbers of pages; `note` stands above the text, however it is scrolled.
        """
        if document is not self._document:
            self._document = document
            sheet = Sheet(document)
            self._view = View(sheet, unmeasured(sheet))
            self._measured = False
            self._words, self._asked = Words(), (0, 0)
            self._anchor = 0, 0
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
        self._document = self._view = self._cited = self._aim = None
        self._marked, self._cited_lines = [], range(0)
        self._anchor = 0, 0
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

    @property
    def wrapped(self) -> bool:
        """Whether long lines are to be wrapped."""
        return self._document is not None and self._wraps[self._document.unit]

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

    # Laying out: which row stands where.

    def _look_at(self, start: int, end: int = 0) -> None:
        self._aim, self._reached = (start, max(start, end)), False
        self._lay()

    @property
    def _top(self) -> int:
        return round(self.scroll_y)

    @property
    def _gutter(self) -> int:
        """Cells left of the text: a bar, the line's number, a sign, a space."""
        if self._view is None or self._view.sheet.unit != "line":
            return 3
        return len(str(len(self._view.sheet))) + 3

    @property
    def _text_width(self) -> int:
        return max(1, self.scrollable_content_region.width - self._gutter)

    def _lay(self) -> None:
        """Find the rows for the width there is; until they are found, show those there are."""
        width, height = self.scrollable_content_region.size
        if not self.is_attached or not width or not height:
            return
        note, most = self._note or self._message, height // 2 if self._view else height
        self._bar = lay_out(note, max(1, width - 1), most, self._dye_note) if note else []
        if self._view is None:
            self._settle()
            return
        wanted = max(self._text_width, NARROWEST) if self.wrapped else 0
        sheet = self._view.sheet
        if self._measured and self._view.fold.width == wanted:
            self._settle()
        elif len(sheet.text) <= AT_ONCE:
            self._take(fold(sheet, wanted))
        else:
            self._settle()
            self.call_after_refresh(self._measure, sheet, wanted)

    def _take(self, folded: Fold) -> None:
        assert self._view is not None
        self._hold()
        self._view = View(self._view.sheet, folded)
        self._measured = True
        self._settle()

    def _hold(self) -> None:
        """Remember what stands at the top, before rows move."""
        if self._anchor is None and self._view and len(self._view):
            row, below = self._top, self._top
            while below < len(self._view) - 1 and self._view.border(below):
                below += 1
            self._anchor = self._view.start(below), below - row

    def _settle(self) -> None:
        """Scroll to where the view was, or to where it is to go."""
        if self._view is None:
            self.virtual_size = Size(0, len(self._bar))
            self.scroll_to(0, 0, animate=False)
            self.refresh()
            return
        self._hold()
        folded = self._view.fold
        width = 0 if folded.width else folded.widest + self._gutter + 1
        self._laying = True
        self.virtual_size = Size(width, len(self._view) + len(self._bar))
        x: float = 0 if folded.width else self.scroll_x
        if self._anchor:
            row = self._view.row_at(self._anchor[0]) - self._anchor[1] if len(self._view) else 0
            self.scroll_to(x, row, animate=False)
        if self._aim and not (self._reached and self._in_view(self._aim[0])):
            self._scroll_to_aim(*self._aim)
            self._reached = self._measured
        self._laying = False
        self.refresh()
        self._colour()

    def _in_view(self, offset: int) -> bool:
        assert self._view is not None
        height = self.scrollable_content_region.height - len(self._bar)
        return 0 <= self._view.row_at(offset) - self._top < height

    def _scroll_to_aim(self, start: int, end: int) -> None:
        """Put a range at a third of the height, as far to the left as it can be seen."""
        assert self._view is not None
        if not len(self._view):
            return
        height = self.scrollable_content_region.height - len(self._bar)
        x = 0
        if not self._view.fold.width:
            first = self._view.column(start)
            same = self._view.sheet.line_at(end) == self._view.sheet.line_at(start)
            last = self._view.column(end) if same else first
            room = self._text_width
            if min(last, first + room // 2) > room:
                x = first - room // 4
        row = self._view.row_at(start)
        while row and self._view.border(row - 1) and start in self._view.sheet.starts:
            row -= 1
        self._anchor = None
        self.scroll_to(x, row - height // 3, animate=False)

    def on_resize(self, _event: events.Resize) -> None:
        """Lay out for the new size; the top line stays."""
        self._lay()

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        """Where a person scrolls, the view stays."""
        super().watch_scroll_y(old_value, new_value)
        if not self._laying and round(old_value) != round(new_value):
            self._anchor = self._aim = None
            self._colour()

    @work(thread=True, exclusive=True, group="measure")
    def _measure(self, sheet: Sheet, width: int) -> None:
        worker = get_current_worker()
        folded = fold(sheet, width, lambda: worker.is_cancelled)
        if not worker.is_cancelled:
            self.post_message(self.Measured(sheet, folded))

    def on_source_view_measured(self, message: Measured) -> None:
        """Take the rows of a long text, unless it has gone."""
        message.stop()
        if self._view and message.sheet is self._view.sheet:
            wanted = max(self._text_width, NARROWEST) if self.wrapped else 0
            if message.fold.width == wanted:
                self._take(message.fold)

    # Colour: found beside the event loop.

    def _colour(self) -> None:
        if self._view is None or self._document is None or self.app.no_color:
            return
        if not len(self._view) or not coloured(self._document):
            return
        sheet = self._view.sheet
        bottom = min(self._top + self.size.height, len(self._view) - 1)
        first = self._view.start(self._top)
        last = sheet.ends(self._view.place(bottom)[0])[1]
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
            found = self.get_component_rich_style(f"source--{kind}") if kind else self.rich_style
            self._dyes[kind] = legible(found)
        return self._dyes[kind]

    def _dye_note(self, kind: str) -> Style:
        return self._dye(kind or ("note" if self._view and not self._message else "message"))

    # Rows.

    def render_line(self, y: int) -> Strip:
        """Return one row of what is visible."""
        width = self.scrollable_content_region.width
        if y < len(self._bar):
            ground = self._dye_note("")
            return Strip([Segment(" ", ground), *self._bar[y]]).adjust_cell_length(width, ground)
        row = self._top + y - len(self._bar)
        if self._view is None or not 0 <= row < len(self._view):
            return Strip.blank(width, self.rich_style)
        border = self._view.border(row)
        found = self._border(border) if border else self._row(self._view, row)
        return Strip(found).adjust_cell_length(width, self.rich_style)

    def _border(self, border: Border) -> Iterator[Segment]:
        sheet = self._view.sheet if self._view else None
        name = f"{sheet.unit if sheet else ''}{'s' if border.last > border.first else ''}"
        number = str(border.first)
        if border.last > border.first:
            number += f"-{border.last}"
        text = f"{name} {number}"
        if label := self._labels.get(border.first):
            text += f" (printed {one_line(label)})"
        if border.empty:
            text += " · no text"
        elif border.first in self._ocr:
            text += f" · {OCR}"
        cited = self._cited is not None and self._cited.overlaps(
            Span(self._cited.unit, border.first, border.last)
        )
        yield Segment("▐" if cited else " ", self._dye("cited"))
        ruler = f"── {text} ──"
        room = max(1, self.scrollable_content_region.width - 1)
        shown = set_cell_size(ruler, room - 1) + "…" if cell_len(ruler) > room else ruler
        yield Segment(shown, self._dye("ruler"))

    def _row(self, view: View, row: int) -> Iterator[Segment]:
        line, part = view.place(row)
        left = 0 if view.fold.width else round(self.scroll_x)
        cells = view.cells(row, left, self._text_width)
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
        yield from paint(cells, self._words.between(cells.start, cells.end), marks, self._dye)

    def _marks(self, start: int, end: int) -> list[Range]:
        """Return the marks on a row; an empty row between marked ones has none of its own."""
        first = bisect_right(self._marked, start, key=lambda mark: mark[1])
        found: list[Range] = []
        for mark in self._marked[first:]:
            if mark[0] >= max(end, start + 1):
                break
            found.append(mark)
        return found

    # Keys.

    def action_wrap(self) -> None:
        """Wrap long lines, or clip them again; the top line stays."""
        if self._document is not None:
            self._hold()
            self._wraps[self._document.unit] = not self.wrapped
            self._lay()

    def action_page(self, pages: int) -> None:
        """Move by what is visible, less one row."""
        height = self.scrollable_content_region.height - len(self._bar)
        self.scroll_to(y=self._top + pages * max(1, height - 1), animate=False)

    def action_scroll_up(self) -> None:
        """Move up by a row."""
        self.scroll_to(y=self._top - 1, animate=False)

    def action_scroll_down(self) -> None:
        """Move down by a row."""
        self.scroll_to(y=self._top + 1, animate=False)

    def action_top(self) -> None:
        """Go to the beginning."""
        self.scroll_to(0, 0, animate=False)

    def action_bottom(self) -> None:
        """Go to the end."""
        self.scroll_to(0, self.max_scroll_y, animate=False)

    def action_sideways(self, steps: int) -> None:
        """Move left or right."""
        self.scroll_to(x=round(self.scroll_x) + steps * STEP, animate=False)


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
