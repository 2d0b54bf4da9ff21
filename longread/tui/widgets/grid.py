"""Documents × questions, a sign a cell: the first column and the heads stay, the rest scrolls.

Only the lines in view are drawn, and each is kept until it changes. When cells come, neither the
cursor nor the view moves.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby
from typing import ClassVar

from rich.cells import cell_len, set_cell_size
from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.binding import Binding, BindingType
from textual.geometry import Size
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.strip import Strip

from longread.export.visible import line
from longread.tui.board import Board, Key
from longread.tui.widgets.sessions import fit

EACH = 3
"""Cells of a column: a blank, the sign, what a person said."""
HEAD = 2
"""Lines that do not scroll: where the cursor is, and the columns' numbers."""
WIDEST, NARROWEST = 40, 20
"""Cells of the documents' column at most and at least."""
TONES = {
    "✓": "answered", "✎": "person", "¿": "doubt", "~": "doubt", "!": "wrong", "x": "wrong",
    "?": "", "–": "", "·": "muted", "/": "muted", " ": "",
}  # fmt: skip
"""The colour of each sign; the sign alone says what is meant."""


def both_ends(path: str, width: int) -> str:
    """Return a path in exactly `width` cells: its beginning and its end, if it is longer.

    Files of one shelf differ at either end: by who is in them, or by what they are.
    """
    if cell_len(line(path)) <= width:
        return fit(path, width)
    first = (width - 1) * 3 // 5
    return set_cell_size(line(path), first) + fit(path, width - first, end=True)


class GridTable(ScrollView, can_focus=True, inherit_bindings=False):
    """The table of a board."""

    ALLOW_SELECT = False
    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "grid--head", "grid--cursor", "grid--row", "grid--answered", "grid--person",
        "grid--doubt", "grid--wrong", "grid--muted", "grid--here",
    }  # fmt: skip
    DEFAULT_CSS = """
    GridTable {
        background: $surface; color: $foreground; pointer: pointer;
        overflow-x: auto; overflow-y: scroll; scrollbar-size: 1 1;

        & > .grid--head { background: $panel; color: $foreground; }
        & > .grid--here { background: $panel; color: $text-accent; text-style: bold; }
        & > .grid--answered { color: $text-success; }
        & > .grid--person { color: $text-accent; text-style: bold; }
        & > .grid--doubt { color: $text-warning; text-style: bold; }
        & > .grid--wrong { color: $text-error; text-style: bold; }
        & > .grid--muted { color: $foreground 80%; }
        & > .grid--row { background: $panel; }
        & > .grid--cursor { background: $panel; text-style: reverse bold; }
        &:focus > .grid--cursor {
            background: $block-cursor-background; color: $block-cursor-foreground;
            text-style: bold;
        }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "enter", "open", "Open", id="grid.open",
            tooltip="the cell and its page alone; esc goes back",
        ),
        *(
            Binding(key, action, label, show=False, id=f"grid.{name}", tooltip=tooltip)
            for key, action, label, name, tooltip in (
                ("up,k", "move(-1, 0)", "Up", "up", "one document up"),
                ("down,j", "move(1, 0)", "Down", "down", "one document down"),
                ("left,h", "move(0, -1)", "Left", "left", "one question to the left"),
                ("right,l", "move(0, 1)", "Right", "right", "one question to the right"),
                ("pageup", "page(-1)", "Page up", "pageup", "one view up"),
                ("pagedown", "page(1)", "Page down", "pagedown", "one view down"),
                ("home", "column(0)", "First", "first", "to the first question"),
                ("end", "column(-1)", "Last", "last", "to the last question"),
                ("g,ctrl+home", "row(0)", "Top", "top", "to the first document"),
                ("G,ctrl+end", "row(-1)", "Bottom", "bottom", "to the last document"),
            )
        ),
    ]  # fmt: skip

    class Highlighted(Message):
        """The cursor is on another cell."""

    class Opened(Message):
        """The cell is to be shown alone."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._board: Board | None = None
        self._row = self._column = 0
        self._strips: dict[tuple[object, ...], Strip] = {}
        self._dyes: dict[str, Style] = {}

    # What is shown

    @property
    def at(self) -> Key | None:
        """The cell that keys act on, by path and question's name."""
        board = self._board
        if board is None or board.review is None or not board.listed:
            return None
        if not board.review.questions:
            return None
        return board.listed[self._row], board.review.questions[self._column].name

    @property
    def column(self) -> int:
        """The number of the question that the cursor is on, from 0."""
        return self._column

    def show(self, board: Board | None, key: Key | None = None) -> None:
        """Show a board, the cursor on the cell that it was on, or on another.

        The document on top stays there, as far as it is still listed.
        """
        another = board is not self._board
        at = key or (None if another else self._was)
        before = self._row - self.scroll_offset.y
        self._board = board
        self._strips.clear()
        columns = len(board.review.questions) if board and board.review else 0
        listed = board.listed if board else []
        if another and key is None:
            self._row = self._column = 0
        if at and at[0] in listed:
            self._row = listed.index(at[0])
        if at and board and board.review:
            names = [question.name for question in board.review.questions]
            self._column = names.index(at[1]) if at[1] in names else self._column
        self._row = max(0, min(self._row, len(listed) - 1))
        self._column = max(0, min(self._column, columns - 1))
        self._measure()
        if another:
            self.scroll_to(0, 0, animate=False)
        elif 0 <= before < self.size.height - HEAD and key is None:
            self.scroll_to(y=max(0, self._row - before), animate=False)
        if another or key:
            self._reveal()
        self._was = self.at
        self.refresh()
        self.post_message(self.Highlighted())

    _was: Key | None = None
    """Where the cursor was, by name: rows and columns may have come or gone."""

    def changed(self) -> None:
        """Draw cells that came; nothing moves."""
        self._strips.clear()
        self.refresh()

    def go(self, key: Key) -> None:
        """Put the cursor on a cell, by its name."""
        board = self._board
        if board and board.review and key[0] in board.listed:
            names = [question.name for question in board.review.questions]
            self._to(board.listed.index(key[0]), names.index(key[1]))

    @property
    def _left(self) -> int:
        """Cells of the documents' column."""
        paths = self._board.rows if self._board else ()
        longest = max(map(len, paths), default=0)
        most = min(WIDEST, self.size.width * 2 // 5)
        return max(NARROWEST, min(longest, most)) + 3

    def _measure(self) -> None:
        board = self._board
        columns = len(board.review.questions) if board and board.review else 0
        height = HEAD + len(board.listed) if board else 0
        self.virtual_size = Size(self._left + EACH * columns, height)

    def on_resize(self) -> None:
        """Give the documents' column its new width."""
        self._strips.clear()
        self._measure()
        self._reveal()

    def notify_style_update(self) -> None:
        """Forget styles that a theme has changed."""
        super().notify_style_update()
        self._dyes.clear()
        self._strips.clear()

    # Moving

    def action_move(self, rows: int, columns: int) -> None:
        """Go to another cell."""
        self._to(self._row + rows, self._column + columns)

    def action_page(self, pages: int) -> None:
        """Go a view up or down."""
        self.action_move(pages * max(1, self.scrollable_content_region.height - HEAD - 1), 0)

    def action_column(self, number: int) -> None:
        """Go to a question by its number; -1 is the last."""
        self._to(self._row, number if number >= 0 else 1 << 30)

    def action_row(self, number: int) -> None:
        """Go to a document by its number; -1 is the last."""
        self._to(number if number >= 0 else 1 << 30, self._column)

    def action_open(self) -> None:
        """Show the cell alone."""
        if self.at:
            self.post_message(self.Opened())

    def _to(self, row: int, column: int) -> None:
        board = self._board
        if board is None or board.review is None or not board.listed:
            return
        self._row = max(0, min(row, len(board.listed) - 1))
        self._column = max(0, min(column, len(board.review.questions) - 1))
        self._was = self.at
        self._reveal()
        self.refresh()
        self.post_message(self.Highlighted())

    @property
    def _columns(self) -> int:
        """How many columns are in view."""
        return max(1, (self.scrollable_content_region.width - self._left) // EACH)

    @property
    def _first(self) -> int:
        """The first column in view."""
        return min(round(self.scroll_x / EACH), self._last_first)

    @property
    def _last_first(self) -> int:
        board = self._board
        columns = len(board.review.questions) if board and board.review else 0
        return max(0, columns - self._columns)

    def _reveal(self) -> None:
        height = max(1, self.scrollable_content_region.height - HEAD)
        top = min(max(self.scroll_offset.y, self._row - height + 1), self._row)
        first = min(max(self._first, self._column - self._columns + 1), self._column)
        x = self.scroll_x if first == self._first else first * EACH
        self.scroll_to(x, top, animate=False)

    def on_click(self, event: events.Click) -> None:
        """Put the cursor on a cell, or open it if it is there."""
        board = self._board
        if board is None or board.review is None or not board.listed:
            return
        row, column = self._row, self._column
        if event.x >= self._left:
            column = min(
                self._first + (event.x - self._left) // EACH, len(board.review.questions) - 1
            )
        if event.y >= HEAD:
            row = event.y - HEAD + self.scroll_offset.y
        if row >= len(board.listed):
            return
        if (row, column) == (self._row, self._column) and event.y >= HEAD:
            self.action_open()
        else:
            self._to(row, column)

    # Drawing

    def _dye(self, name: str) -> Style:
        if name not in self._dyes:
            found = self.rich_style
            if name:
                found += self.get_component_rich_style(f"grid--{name}", partial=True)
            self._dyes[name] = found
        return self._dyes[name]

    def render_line(self, y: int) -> Strip:
        """Draw one line of the view."""
        width = self.scrollable_content_region.width
        board = self._board
        if board is None or board.review is None:
            return Strip.blank(width, self.rich_style)
        if y < HEAD:
            ground = self._dye("head")
            return Strip(self._head(y)).adjust_cell_length(width, ground)
        number = y - HEAD + self.scroll_offset.y
        if number >= len(board.listed):
            return Strip.blank(width, self.rich_style)
        here = self._column if number == self._row else -1
        path = board.listed[number]
        key = (path, here, self._first, width, self.has_focus, path in board.working)
        if (kept := self._strips.get(key)) is None:
            ground = self._dye("row" if here >= 0 else "")
            drawn = Strip(self._line(board, path, here))
            kept = self._strips[key] = drawn.adjust_cell_length(width, ground)
        return kept

    def _head(self, y: int) -> Iterator[Segment]:
        board = self._board
        assert board is not None
        assert board.review is not None
        count = len(board.review.questions)
        ground, accent = self._dye("head"), self._dye("here")
        if y == 0:
            listed, every = len(board.listed), len(board.rows)
            words = (
                f"{listed:,} of {every:,} documents" if listed < every else f"{every:,} documents"
            )
            yield Segment(fit(f"  {words}", self._left), ground)
        else:
            yield Segment(fit(f"  {self._sorted()}", self._left), ground)
        for column in range(self._first, min(self._first + self._columns, count)):
            mark = "▼" if column == self._column else " "
            text = (mark if y == 0 else str(column + 1)).rjust(2) + " "
            yield Segment(text[-EACH:], accent if column == self._column else ground)
        rest = count - self._first - self._columns
        if y == 1 and rest > 0:
            yield Segment("›", ground)

    def _sorted(self) -> str:
        assert self._board is not None
        names = {"shelf": "", "name": "↓ name", "state": "↓ state of", "concerns": "↓ to look at"}
        said = names[self._board.sort]
        if self._board.sort == "state" and self._board.review:
            columns = [question.name for question in self._board.review.questions]
            said += (
                f" {columns.index(self._board.column) + 1}" if self._board.column in columns else ""
            )
        return said

    def _line(self, board: Board, path: str, here: int) -> Iterator[Segment]:
        row = board.rows[path]
        cursor = here >= 0
        over = self.get_component_rich_style("grid--row", partial=True) if cursor else Style()
        lead = f"{'›' if cursor else ' '}{'…' if path in board.working else ' '}"
        yield Segment(lead, self._dye("here") if cursor else self._dye("person"))
        yield Segment(both_ends(path, self._left - 3) + " ", self._dye("") + over)
        first, last = self._first, min(self._first + self._columns, len(row.signs))
        shown = [
            (
                self._tone(row.signs[n], n == here),
                self._cell(board, path, n, row.signs[n] + row.marks[n]),
            )
            for n in range(first, last)
        ]
        for tone, cells in groupby(shown, key=lambda pair: pair[0]):
            text = "".join(cell for _, cell in cells)
            style = self._dye(tone)
            yield Segment(text, style if tone == "cursor" else style + over)

    def _tone(self, sign: str, here: bool) -> str:
        return "cursor" if here else TONES.get(sign, "")

    def _cell(self, board: Board, path: str, column: int, drawn: str) -> str:
        if board.matching is not None:
            assert board.review is not None
            if (path, board.review.questions[column].name) not in board.matching:
                return "   "
        return f" {drawn}"
