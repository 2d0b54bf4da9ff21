"""An exported spreadsheet read back: which values differ from what was written, and where.

It reads one file and changes nothing; what the differences mean for a review is not known here.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import ParseError
from zipfile import BadZipFile, ZipFile
from zlib import error as BadStream  # noqa: N812

from longread.errors import ConfigError
from longread.export.spreadsheet import (
    HEAD,
    HIDDEN,
    IS_CUT,
    VALUES,
    VERSION,
    WRITER,
    Kept,
    form,
    plain_number,
    remembered,
    unescaped,
)

MOST_BYTES = 500 << 20
"""Of what is packed in the file: no review is so large."""
SEARCHED = 20
"""Rows from the top in which the names of the columns may stand."""


@dataclass(frozen=True, slots=True)
class Edit:
    """A cell that a person changed."""

    address: str
    """"Values!C7"."""
    kept: Kept
    """What it was."""
    text: str
    """What it is, as it would be typed: a day as 2005-03-04; empty where it was emptied."""
    mistake: str = ""
    """Why it can be no value, whatever the question is; empty where it may be one."""
    logical: bool = False
    """Whether it is TRUE or FALSE rather than a word."""


@dataclass(slots=True)
class Edited:
    """What a spreadsheet says against what was written into it."""

    review: str = ""
    edits: list[Edit] = field(default_factory=list)
    mistakes: list[str] = field(default_factory=list)
    """What must be mended before anything is taken from it."""
    notes: list[str] = field(default_factory=list)
    """What was left alone, and why."""


def edited(path: Path) -> Edited:
    """Return what a person changed in an exported spreadsheet.

    Raises:
        ConfigError: it cannot be read, or is no spreadsheet that longread wrote.
    """
    sheets = _sheets(path)
    if HIDDEN not in sheets:
        raise ConfigError(
            f"{path} has no sheet {HIDDEN}, which says what was exported",
            hint="export the review anew, and change the values in that file",
        )
    found = Edited()
    documents, questions, cells = _kept(path, sheets[HIDDEN], found)
    if VALUES not in sheets:
        raise ConfigError(f"{path} has no sheet {VALUES}", hint="give it that name again")
    rows = sheets[VALUES]
    top = next((n for n, row in enumerate(rows[:SEARCHED]) if HEAD[0] in map(_text, row)), None)
    if top is None:
        raise ConfigError(
            f"{path}: no column of the sheet {VALUES} is called {HEAD[0]}",
            hint="give the column with the documents' paths that name again",
        )
    columns = _columns(rows[top], list(questions), found)
    at = [_text(cell) for cell in rows[top]].index(HEAD[0])
    seen: dict[str, str] = {}
    for row in rows[top + 1 :]:
        name = _text(row[at]) if at < len(row) else ""
        place = _address(row[at] if at < len(row) and row[at].value is not None else _first(row))
        if name not in documents:
            what = f"{name!r} is no document that was exported" if name else "no document is named"
            found.mistakes.append(f"{place}: {what}")
        elif name in seen:
            found.mistakes.append(f"{place}: {name} stands at {seen[name]} already")
        else:
            seen[name] = place
            found.edits += _of_row(row, columns, {q: cells[name, q] for q in columns})
    if missing := [name for name in documents if name not in seen]:
        found.notes.append(_missing("row", missing))
    return found


def _sheets(path: Path) -> dict[str, list[Sequence[Any]]]:
    from openpyxl import load_workbook
    from openpyxl.utils.exceptions import InvalidFileException

    try:
        with ZipFile(path) as packed:
            if sum(one.file_size for one in packed.infolist()) > MOST_BYTES:
                raise ConfigError(f"{path} is too large", hint="export the review anew")
        book = load_workbook(path, read_only=True)
        try:
            sheets = {}
            for name in {VALUES, HIDDEN} & set(book.sheetnames):
                # Some programs write a size that is not the sheet's, "A1" above all.
                book[name].reset_dimensions()
                sheets[name] = [row for row in book[name].iter_rows() if _filled(row)]
            for cell in chain.from_iterable(sheets.get(VALUES, ())):
                # A style that there is not is known only when it is looked at.
                _ = cell.number_format if cell.value is not None else ""
            return sheets
        finally:
            book.close()
    except OSError as error:
        raise ConfigError(f"{path} cannot be read: {error.strerror}", hint="name another file") \
            from error  # fmt: skip
    except (BadZipFile, InvalidFileException, ParseError, BadStream, KeyError, ValueError,
            TypeError, AttributeError, IndexError, EOFError, RuntimeError) as error:  # fmt: skip
        # What openpyxl and zipfile raise of files that are damaged, locked, or something else.
        raise ConfigError(
            f"{path} is no spreadsheet that can be read", hint="save it as .xlsx"
        ) from error


def _kept(
    path: Path, rows: Sequence[Sequence[Any]], found: Edited
) -> tuple[dict[str, tuple[str, str]], dict[str, tuple[str, str]], dict[tuple[str, str], Kept]]:
    """Return what was exported: documents and questions by the names they had, and the cells."""
    said = [[cell.value for cell in row] for row in rows]
    if not said or said[0][:2] != [WRITER, VERSION] or len(said[0]) < 3:
        raise ConfigError(
            f"{path} was not exported by this version of longread", hint="export the review anew"
        )
    found.review = str(said[0][2])
    documents: dict[str, tuple[str, str]] = {}
    questions: dict[str, tuple[str, str]] = {}
    cells: dict[tuple[str, str], Kept] = {}
    try:
        for kind, first, second, third in ([*row, *[None] * 3][:4] for row in said[1:]):
            name = unescaped(str(first))
            if kind == "document":
                documents[name] = ast.literal_eval(second), str(third or "")
            elif kind == "question":
                questions[name] = ast.literal_eval(second), str(third)
            else:
                document, question = list(documents)[int(first)], list(questions)[int(second)]
                kept = Kept(*documents[document], *questions[question], unescaped(third or ""))
                cells[document, question] = kept
    except (ValueError, SyntaxError, IndexError, TypeError) as error:
        raise ConfigError(
            f"{path}: the sheet {HIDDEN} was changed", hint="export the review anew"
        ) from error
    return documents, questions, cells


def _columns(head: Sequence[Any], questions: Sequence[str], found: Edited) -> dict[str, int]:
    """Return where the columns of the questions stand."""
    columns: dict[str, int] = {}
    others = []
    for at, cell in enumerate(head):
        name = _text(cell)
        if name in columns:
            found.mistakes.append(f"{_address(cell)}: a second column is called {name!r}")
        elif name in questions:
            columns[name] = at
        elif name and name not in HEAD:
            others.append((name, _address(cell)))
    missing = [name for name in questions if name not in columns]
    if missing and others:
        for name, place in others:
            found.mistakes.append(
                f"{place}: no question is called {name!r}, and {missing[0]!r} is missing"
            )
    elif missing:
        found.notes.append(_missing("column", missing))
    else:
        found.notes += [f"{place}: {name!r} is no question; left alone" for name, place in others]
    return columns


def _of_row(
    row: Sequence[Any], columns: Mapping[str, int], kept: Mapping[str, Kept]
) -> Iterator[Edit]:
    for name, at in columns.items():
        cell = row[at] if at < len(row) else None
        value = cell.value if cell is not None else None
        told = form(unescaped(value) if isinstance(value, str) else value)
        if remembered(told) == kept[name].written:
            continue
        if cell is None or value is None:
            yield Edit(f"{VALUES}!{_letter(at)}{_first(row).row}", kept[name], "")
            continue
        logical = isinstance(value, bool)
        yield Edit(_address(cell), kept[name], told[1:], _mistake(cell, told), logical)


def _mistake(cell: Any, told: str) -> str:
    if cell.data_type == "f":
        return "a formula stands there: write its value"
    if cell.data_type == "e":
        return f"{told[1:]} is an error of the spreadsheet: write a value"
    if told.startswith("t"):
        return f"{told[1:]} is a time: write a day alone"
    if told.startswith("n") and "%" in (cell.number_format or ""):
        return f"a percentage stands there: write {plain_number(cell.value * 100)} or "\
            f"{plain_number(cell.value)}, as the question wants it"  # fmt: skip
    if IS_CUT.search(told):
        return "only its beginning was exported: write all of it with longread review mark"
    return ""


def _missing(what: str, names: Sequence[str]) -> str:
    named = ", ".join(names[:5]) + (", …" if len(names) > 5 else "")
    many = f"{what} is" if len(names) == 1 else f"{what}s are"
    return f"{len(names):,} {many} missing, whose cells stay as they are: {named}"


def _text(cell: Any) -> str:
    return unescaped(str(cell.value)).strip() if cell.value is not None else ""


def _filled(row: Sequence[Any]) -> bool:
    return any(cell.value is not None for cell in row)


def _first(row: Sequence[Any]) -> Any:
    return next(cell for cell in row if cell.value is not None)


def _address(cell: Any) -> str:
    return f"{VALUES}!{cell.coordinate}"


def _letter(at: int) -> str:
    from openpyxl.utils import get_column_letter

    return str(get_column_letter(at + 1))
