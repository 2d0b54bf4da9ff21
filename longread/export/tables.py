"""A review as CSV and as JSON. It writes no file; bytes are by what a file's stem ends in.

The CSV has the mark by which Excel knows UTF-8, a comma between columns, every cell in quotes, and
an apostrophe before what a spreadsheet would take for a formula.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Sequence
from io import StringIO

from longread.export.report import (
    COVERAGE,
    SOURCES,
    Report,
    Said,
    covered,
    distinct,
    read_of,
    said,
    sources,
    to_check,
)
from longread.export.review import DIFFERS, data
from longread.export.session import as_json
from longread.export.visible import line

HEAD = ("Document", "Read", "To check")
"""The columns before the questions."""
NUMBER = re.compile(r"[-+]?\d+(\.\d+)?%?")
FORMULA = re.compile(r"\s*[=+\-@\uff1d\uff0b\uff0d\uff20]|[\t\r\n]")
"""What a spreadsheet may begin to compute: OWASP's list for CSV injection, full-width forms too."""
WITHIN = re.compile(r"(;\s*)(?=[=+\-@\uff1d\uff0b\uff0d\uff20])(?!\s*[-+]?\d+(?:\.\d+)?%?(?:;|$))")
"""Where the next cell begins for a program that splits at semicolons, as Excel does wherever the
comma is in numbers: there only the first quotation mark of a line opens a quoted cell."""


def csv_files(report: Report) -> dict[str, bytes]:
    """Return three files: documents × questions, a line for each source, a line for each document.

    A value whose quote does not stand says so behind it, and so does one that a second pass or a
    person disputes.
    """
    review = report.review
    names = distinct([question.name for question in review.questions], HEAD)
    rows: list[Sequence[str | int | float]] = [(*HEAD, *names)]
    for one in review.documents:
        cells = [_with_doubts(said(review, one.path, question)) for question in review.questions]
        rows.append((one.path, read_of(one), to_check(review, one.path), *cells))
    lines = (columns for _, _, columns in sources(review))
    return {
        "": _csv(rows),
        "_sources": _csv([SOURCES, *lines]),
        "_coverage": _csv([COVERAGE, *covered(review)]),
    }


def _with_doubts(told: Said) -> str:
    doubts = ["quote not verified"] if told.tone == "unverified" else []
    doubts += ["answered differently when asked twice"] if told.sign == DIFFERS else []
    doubts += ["rejected by a person"] if told.tone == "rejected" else []
    return f"{told.text} ({'; '.join(doubts)})" if doubts else told.text


def json_file(report: Report) -> dict[str, bytes]:
    """Return all that is known of a review, without its documents' texts."""
    return {"": (as_json(data(report.review, report.id)) + "\n").encode()}


def _csv(rows: Iterable[Sequence[str | int | float]]) -> bytes:
    made = StringIO()
    writer = csv.writer(made, quoting=csv.QUOTE_ALL)
    writer.writerows([harmless(str(cell)) for cell in row] for row in rows)
    return made.getvalue().encode("utf-8-sig")


def harmless(text: str) -> str:
    """Return a cell's text of which no spreadsheet makes a formula, on one line."""
    shown = WITHIN.sub(r"\1'", line(text))
    if FORMULA.match(text) and not NUMBER.fullmatch(text):
        return f"'{shown}"
    return shown
