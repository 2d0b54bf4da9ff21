"""Words, headings and tables → lines of text, for formats that have no lines of their own.

It knows no format: `html.py` and `docx.py` tell it what they meet, in order. A paragraph is one
line, and so is the row of a table, its cells parted by " | ".
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from longread.ingest.cleaning import TABLE

CELL_LINES = 12
"""Lines from which a cell holds a part of the document rather than an entry of a table."""
SPANNED = 200
"""Columns or rows that one cell spans at most."""
SIGN = re.compile(r"\(?[$€£¥]\(?")
"""A cell of a table of figures that belongs to the figure in the next."""
CLOSING = re.compile(r"[)%]{1,2}")
"""One that belongs to the figure before it."""
STRUCK = "~~"
"""Around words that are crossed out."""
RAISED = str.maketrans("0123456789+-()n", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁽⁾ⁿ")
RAISABLE = re.compile(r"[\d+\-()n]+")


@dataclass(slots=True)
class Line:
    """One line of the text."""

    text: str
    level: int = 0
    """1 to 9 for a heading; 0 for others."""
    row: bool = False
    """Whether it is the row of a table."""


@dataclass(slots=True)
class Flow:
    """The lines of a page, a cell or a note, and the one that is being written."""

    lines: list[Line] = field(default_factory=list)
    words: list[str] = field(default_factory=list)
    number: str = ""
    """What stands before the words: a clause's number, a bullet."""
    level: int = 0
    verbatim: bool = False
    struck: bool = False
    """Whether the words so far end in some that are crossed out."""


@dataclass(slots=True)
class Table:
    """Rows of cells; a cell is its lines."""

    rows: list[list[list[Line]]] = field(default_factory=list)
    below: dict[int, int] = field(default_factory=dict)
    """By column, how many rows more are covered by a cell above."""
    span: tuple[int, int] = (1, 1)
    """Columns and rows of the cell that is being written."""


class Writer:
    """Takes a document in reading order and makes lines of it."""

    def __init__(self, most: int) -> None:
        """Raise `TooMuchError` beyond `most` characters."""
        self._most = most
        self._size = 0
        self._flows = [Flow()]
        self._tables: list[Table] = []

    def say(self, words: str, struck: bool = False) -> None:
        """Add words to the line; white space of any kind is one space in the end.

        Args:
            struck: they are crossed out, which "~~" around them tells.
        """
        self._size += len(words)
        if self._size > self._most:
            raise TooMuchError
        flow = self._flows[-1]
        if struck != flow.struck and words.strip():
            flow.struck = struck
            flow.words.append(STRUCK)
        flow.words.append(words)

    def mark(self) -> int:
        """Return where the next words of the line will stand."""
        return len(self._flows[-1].words)

    def since(self, mark: int) -> str:
        """Return the words of the line from a mark on."""
        return "".join(self._flows[-1].words[mark:])

    def wrap(self, mark: int, before: str, after: str) -> None:
        """Put words around those from a mark on."""
        self._flows[-1].words.insert(mark, before)
        self._flows[-1].words.append(after)

    def number(self, mark: str) -> None:
        """Put a clause's number or a bullet before the line."""
        self._flows[-1].number = mark

    def heading(self, level: int) -> None:
        """Say that the line is a heading."""
        self._flows[-1].level = level

    def forget(self) -> None:
        """Let go of a number or a rank for which no words came."""
        flow = self._flows[-1]
        flow.number, flow.level = "", 0

    def break_line(self) -> None:
        """Begin another line within a paragraph; a heading stays one line."""
        if self._flows[-1].level:
            self.say(" ")
        else:
            self.end_line()

    def end_line(self) -> None:
        """Begin another line, unless this one is empty."""
        flow = self._flows[-1]
        if flow.struck:
            flow.words.append(STRUCK)
        text = "".join(flow.words).translate(TABLE)
        text = text.rstrip() if flow.verbatim else " ".join(text.split())
        if text:
            number = f"{flow.number} " if flow.number else ""
            flow.lines.append(Line(number + text, flow.level))
            flow.number, flow.level = "", 0
        flow.words, flow.verbatim, flow.struck = [], False, False

    def verbatim(self, text: str, struck: bool = False) -> None:
        """Add lines whose white space counts; otherwise as `say`."""
        flow = self._flows[-1]
        for at, line in enumerate(text.split("\n")):
            if at and not flow.words:
                flow.lines.append(Line(""))
            elif at:
                self.end_line()
            if line:
                self.say(line.expandtabs(), struck)
                flow.verbatim = True

    def open_aside(self) -> None:
        """Begin a text that stands apart, such as a note or a box, in the midst of a line."""
        self._flows.append(Flow())

    def close_aside(self) -> list[Line]:
        """Return what was written apart."""
        self.end_line()
        return self._flows.pop().lines

    def put(self, lines: list[Line]) -> None:
        """Add lines that were written apart."""
        self._flows[-1].lines += lines

    @property
    def in_table(self) -> bool:
        """Whether a table is open."""
        return bool(self._tables)

    def open_table(self) -> None:
        self.end_line()
        self._tables.append(Table())

    def open_row(self) -> None:
        table = self._tables[-1]
        table.rows.append([])
        self._pass_covered(table)

    def open_cell(self, columns: int = 1, rows: int = 1) -> None:
        """Begin a cell that spans so many columns and rows."""
        self._tables[-1].span = min(max(columns, 1), SPANNED), min(max(rows, 1), SPANNED)
        self._flows.append(Flow())

    def span(self, columns: int) -> None:
        """Say that the cell that is being written spans so many columns."""
        table = self._tables[-1]
        table.span = min(max(columns, 1), SPANNED), table.span[1]

    def close_cell(self) -> None:
        table = self._tables[-1]
        if not table.rows:
            table.rows.append([])
        row, (columns, rows) = table.rows[-1], table.span
        for _ in range(columns):
            if rows > 1:
                table.below[len(row)] = rows - 1
            row.append([])
        row[-columns] = self.close_aside()
        self._pass_covered(table)

    def drop_row(self) -> None:
        """Take back the row that was written last."""
        self._tables[-1].rows.pop()

    def close_table(self) -> None:
        self.put(_laid_out(self._tables.pop().rows))

    @staticmethod
    def _pass_covered(table: Table) -> None:
        row = table.rows[-1]
        while left := table.below.pop(len(row), 0):
            if left > 1:
                table.below[len(row)] = left - 1
            row.append([])

    def finish(self) -> tuple[str, list[tuple[int, int]]]:
        """Return the text, and number and level of each line that is a heading."""
        left: list[Line] = []
        while len(self._flows) > 1:  # what a damaged file left open
            left = self.close_aside() + left
        self.end_line()
        for table in self._tables:
            self.put(_laid_out(table.rows))
        self.put(left)
        lines: list[str] = []
        headings: list[tuple[int, int]] = []
        for line in self._flows[0].lines:
            if line.level:
                if lines and lines[-1]:
                    lines.append("")
                headings.append((len(lines) + 1, line.level))
            lines.append(line.text)
        return "".join(f"{line}\n" for line in lines), headings


class TooMuchError(Exception):
    """A document with more text than is read of one."""


def raised(text: str) -> str:
    """Return what is printed above the line so that m² does not become m2."""
    return text.translate(RAISED) if RAISABLE.fullmatch(text) else text


def _laid_out(rows: list[list[list[Line]]]) -> list[Line]:
    """Return a table's lines: a row each, or what its cells hold where it only arranges a page."""
    if all(sum(map(bool, row)) < 2 for row in rows):
        return [line for row in rows for cell in row for line in cell]
    plain = [row for row in rows if not any(map(_is_part, row))]
    used = {at for row in plain for at, cell in enumerate(row) if cell}
    lines: list[Line] = []
    for row in rows:
        if any(map(_is_part, row)):
            lines += [line for cell in row for line in cell]
            continue
        cells = [" ".join(x.text for x in cell) for at, cell in enumerate(row) if at in used]
        while cells and not cells[-1]:
            cells.pop()
        if cells:
            lines.append(Line(" | ".join(_figures(cells)).strip(), row=True))
    return lines


def _is_part(cell: list[Line]) -> bool:
    return len(cell) > CELL_LINES or any(line.row or line.level for line in cell)


def _figures(cells: list[str]) -> list[str]:
    """Join figures with the signs that tables of accounts keep in cells beside them."""
    joined: list[str] = []
    before = ""
    for cell in cells:
        if SIGN.fullmatch(cell):
            before += cell
        elif CLOSING.fullmatch(cell) and joined and joined[-1][-1:].isdigit():
            joined[-1] += cell
        elif cell or not before:
            joined.append(before + cell)
            before = ""
    return [*joined, before] if before else joined
