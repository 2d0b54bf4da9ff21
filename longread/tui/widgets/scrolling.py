"""A view that scrolls over the rows of a sheet: wrapped or not, the line on top stays there.

Only rows in view are worked on. A long text is measured beside the event loop; until that is
done its lines are clipped. What a row looks like is for the widget that inherits from this.
"""

from __future__ import annotations

from typing import ClassVar

from textual import events, work
from textual.binding import Binding, BindingType
from textual.geometry import Size
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.selection import Selection
from textual.worker import get_current_worker

from longread.export.visible import visible
from longread.tui.widgets.cells import NARROWEST
from longread.tui.widgets.rows import Fold, Sheet, View, fold, unmeasured
from longread.types import Unit

AT_ONCE = 150_000
"""Characters that are measured at once; a longer text is measured beside the event loop."""
STEP = 8
"""Columns by which the view moves sideways."""


class RowScroll(ScrollView, can_focus=True, inherit_bindings=False):
    """Scrolls over one sheet, below a head that stays."""

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

    def __init__(
        self, *, name: str | None = None, id: str | None = None, classes: str | None = None
    ) -> None:
        super().__init__(name=name, id=id, classes=classes)
        self._view: View | None = None
        self._head = 0
        """Rows on top that do not scroll."""
        self._wraps: dict[Unit, bool] = {"line": False, "page": True, "cell": False}
        self._laid = self._measured = self._laying = False
        self._measuring: tuple[Sheet, int] | None = None
        self._aim: tuple[int, int] | None = None
        """The range that is to be brought into view, until a person scrolls."""
        self._reached = False
        self._anchor: tuple[int, int] | None = None
        """An offset, and how many rows above its row the view begins; it is to stay so."""

    @property
    def wrapped(self) -> bool:
        """Whether long lines are to be wrapped."""
        return self._view is not None and self._wraps[self._view.sheet.unit]

    def _open(self, sheet: Sheet) -> None:
        self._view = View(sheet, unmeasured(sheet))
        self._measured = False
        self._aim, self._anchor = None, (0, sheet.borders_before(0))

    def _close(self) -> None:
        self._view = self._aim = None
        self._anchor = 0, 0

    def _lay_head(self, width: int, height: int) -> int:
        """Lay out what stands on top, and return its rows."""
        raise NotImplementedError

    def _moved(self) -> None:
        """Act on other rows being in view."""
        raise NotImplementedError

    @property
    def _gutter(self) -> int:
        """Cells left of the text: a bar, the line's number, a sign, a space."""
        raise NotImplementedError

    def _look_at(self, start: int, end: int = 0) -> None:
        self._aim, self._reached = (start, max(start, end)), False
        self._lay()

    @property
    def _top(self) -> int:
        return round(self.scroll_y)

    @property
    def _left(self) -> int:
        return round(self.scroll_x) if self._view and not self._view.fold.width else 0

    @property
    def _text_width(self) -> int:
        return max(1, self.scrollable_content_region.width - self._gutter)

    def _lay(self) -> None:
        """Find the rows for the width there is; until they are found, show those there are."""
        width, height = self.scrollable_content_region.size
        if not self.is_attached or not width or not height:
            return
        self._laid = True
        self._head = self._lay_head(width, height)
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
            if self._measuring != (sheet, wanted):
                self._measuring = sheet, wanted
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
            self.virtual_size = Size(0, self._head)
            self.scroll_to(0, 0, animate=False)
            self.refresh()
            return
        self._hold()
        folded = self._view.fold
        width = 0 if folded.width else folded.widest + self._gutter + 1
        self._laying = True
        self.virtual_size = Size(width, len(self._view) + self._head)
        x: float = 0 if folded.width else self.scroll_x
        if self._anchor:
            row = self._view.row_at(self._anchor[0]) - self._anchor[1] if len(self._view) else 0
            self.scroll_to(x, row, animate=False)
        if self._aim and not (self._reached and self._in_view(self._aim[0])):
            self._scroll_to_aim(*self._aim)
            self._reached = self._measured
        self._laying = False
        self.refresh()
        self._moved()

    def _in_view(self, offset: int) -> bool:
        assert self._view is not None
        height = self.scrollable_content_region.height - self._head
        return 0 <= self._view.row_at(offset) - self._top < height

    def _scroll_to_aim(self, start: int, end: int) -> None:
        """Put a range at a third of the height, as far to the left as it can be seen."""
        assert self._view is not None
        if not len(self._view):
            return
        height = self.scrollable_content_region.height - self._head
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
            self._moved()

    def watch_scroll_x(self, old_value: float, new_value: float) -> None:
        """Where a person scrolls, the view stays."""
        super().watch_scroll_x(old_value, new_value)
        if not self._laying and round(old_value) != round(new_value):
            self._aim = None

    @work(thread=True, exclusive=True, group="measure")
    def _measure(self, sheet: Sheet, width: int) -> None:
        worker = get_current_worker()
        folded = fold(sheet, width, lambda: worker.is_cancelled)
        if not worker.is_cancelled:
            self.post_message(self.Measured(sheet, folded))

    def on_row_scroll_measured(self, message: Measured) -> None:
        """Take the rows of a long text, unless it has gone."""
        message.stop()
        if self._measuring == (message.sheet, message.fold.width):
            self._measuring = None
            if self._view and message.sheet is self._view.sheet:
                self._take(message.fold)
                self._lay()

    def get_selection(self, selection: Selection) -> tuple[str, str] | None:
        """Return the text that was selected with the mouse, made harmless."""
        if self._view is None:
            return None
        start, end = self._selected(self._view, selection)
        return visible(self._view.sheet.text[start:end]), "\n"

    def _selected(self, view: View, selection: Selection) -> tuple[int, int]:
        """Return the range of the text that a selection covers."""
        first, last = selection
        start = 0 if first is None else self._offset_at(view, first.y, first.x)
        end = len(view.sheet.text) if last is None else self._offset_at(view, last.y, last.x)
        return start, end

    def _offset_at(self, view: View, row: int, index: int) -> int:
        """Return the offset of one of the characters that are shown on a row.

        They count from the row's start, though only those in view are known as they are shown.
        """
        if row >= len(view):
            return len(view.sheet.text)
        start = view.start(row)
        if view.border(row):
            return start
        cells = view.cells(row, self._left, self._text_width)
        index -= cells.start - start
        if index < 0:
            return max(start, cells.start + index)
        for at, shown in enumerate(cells.shown, cells.start):
            if index < len(shown):
                return at
            index -= len(shown)
        return cells.end

    def action_wrap(self) -> None:
        """Wrap long lines, or clip them again; the top line stays."""
        if self._view is not None:
            self._hold()
            self._wraps[self._view.sheet.unit] = not self.wrapped
            self._lay()

    def action_page(self, pages: int) -> None:
        """Move by what is visible, less one row."""
        height = self.scrollable_content_region.height - self._head
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
