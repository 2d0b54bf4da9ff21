"""A review as a spreadsheet: values, sources, coverage, what it is; and what was written, hidden.

It writes no file. Nothing in it is a formula: what a document or a model says is text, whatever it
begins with.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from decimal import Decimal
from functools import cache
from io import BytesIO
from typing import Any

from longread.errors import ConfigError
from longread.export import report as tables
from longread.export.report import Key, Report, Said, Tone
from longread.export.spreadsheet import (
    ABOUT,
    COVERAGE,
    HEAD,
    HIDDEN,
    SOURCES,
    VALUES,
    VERSION,
    WRITER,
    Typed,
    escaped,
    form,
    names_of,
    remembered,
    shown,
    value_in,
)
from longread.types.reviews import Question

FILLS: dict[Tone, str] = {
    "unverified": "FFE699", "unclear": "FFF2CC", "failed": "F8CBAD", "corrected": "BDD7EE",
    "rejected": "F8CBAD", "nothing": "F2F2F2", "open": "F2F2F2",
}  # fmt: skip
"""What is not simply answered is told by a sign and words too."""
WIDTHS = {"date": 13, "number": 11, "money": 17, "yes/no": 11, "choice": 18, "text": 34}
MOST_ROWS, MOST_COLUMNS, MOST_LINKS = 1_048_576, 16_384, 65_530
"""Of a sheet (Excel's specifications and limits)."""
ADDRESS = 2_079
"""Characters of a link, at most, of the same source."""
LINES = 8
"""Lines of a row, at most; what is longer is seen when its cell is opened."""
LINE = 15.0
"""Points of a line."""
COMMENT = 1_500
"""Characters of a comment, at most."""
WIDE = 250
"""Characters from which on a cell is not marked as text: some programs then show `####`."""


def xlsx(report: Report) -> dict[str, bytes]:
    """Return the spreadsheet.

    Raises:
        ConfigError: the review is larger than a sheet can be.
    """
    from openpyxl import Workbook

    rows = list(tables.sources(report.review))
    documents, questions = len(report.review.documents), len(report.review.questions)
    columns = questions + len(HEAD)
    # The hidden sheet has a row for each cell, document and question, and one before them.
    kept = (documents + 1) * (questions + 1)
    if max(len(rows) + 1, kept) > MOST_ROWS or columns > MOST_COLUMNS:
        raise ConfigError(
            f"{documents:,} × {questions:,} cells with {len(rows):,} sources are more than a"
            " spreadsheet holds",
            hint="write it as .csv or .html",
        )
    book = Workbook()
    first: dict[Key, int] = {}
    for number, (key, _, _) in enumerate(rows, 2):
        first.setdefault(key, number)
    values = book.active
    values.title = VALUES
    _values(values, report, first)
    _sources(book.create_sheet(SOURCES), report, rows)
    _coverage(book.create_sheet(COVERAGE), report)
    _about(book.create_sheet(ABOUT), report)
    hidden = book.create_sheet(HIDDEN)
    hidden.sheet_state = "hidden"
    _identity(hidden, report)
    made = BytesIO()
    book.save(made)
    return {"": made.getvalue()}


def _values(sheet: Any, report: Report, first: dict[Key, int]) -> None:
    review = report.review
    paths = names_of([one.path for one in review.documents])
    names = names_of([question.name for question in review.questions], HEAD)
    widths = [36, 20, 9, *(_width(question) for question in review.questions)]
    _head(sheet, [*HEAD, *names], widths, len(paths))
    for column, question in enumerate(review.questions, len(HEAD) + 1):
        asked = f"{question.text}\n\n{question.kind}"
        _comment(sheet.cell(1, column), f"{asked}. {question.instructions}".rstrip())
    # Those of the documents count too.
    links = sum(one.path in report.files for one in review.documents)
    for row, (one, path) in enumerate(zip(review.documents, paths, strict=True), 2):
        _document(sheet.cell(row, 1), path, report, one.path)
        _put(sheet.cell(row, 2), tables.read_of(one))
        _put(sheet.cell(row, 3), tables.to_check(review, one.path))
        lines = 2.0
        for column, question in enumerate(review.questions, len(HEAD) + 1):
            told, value = value_in(review, one.path, question)
            cell = sheet.cell(row, column)
            _value(cell, told, value, question)
            remarks = [*told.remarks]
            cited = review.cells.get((one.path, question.name))
            if words := tables.words_of(cited):
                remarks.insert(0, f"in the model's words: {words}")
            if remarks:
                _comment(cell, "\n".join(remarks))
            target = first.get((one.path, question.name))
            if target and links < MOST_LINKS:
                _inside(cell, f"{SOURCES}!A{target}")
                links += 1
            lines = max(lines, len(str(value)) / _width(question) + str(value).count("\n") + 1)
        sheet.row_dimensions[row].height = LINE * min(int(lines), LINES)
    sheet.freeze_panes = "B2"


def _value(cell: Any, told: Said, value: Typed, question: Question) -> None:
    _put(cell, value)
    style = _styles()
    # The sign belongs to how the value is shown, so the value stays one to compute with; where
    # there is none, the sign of its state stands in the text.
    signs = [s for s in told.signs.split() if s in "¿≠✎✗⚑" and not str(value).startswith(s)]
    answered = told.tone in ("good", "unverified", "corrected", "rejected")
    behind = f'" {" ".join(signs)}"' if signs else ""
    signed = f"General{behind};-General{behind};General{behind};@{behind}" if behind else "General"
    if isinstance(value, date):
        cell.number_format = f"yyyy-mm-dd{behind}"
    elif isinstance(value, Decimal):
        cell.number_format = f"General{behind}"
    elif question.type == "number" and not question.many:
        cell.number_format = signed
    elif question.type == "date" and not answered:
        # A day that is typed there must become one.
        of_day = f"yyyy-mm-dd{behind};General;General;@{behind}"
        cell.number_format = of_day if behind else "General"
    elif len(value) < WIDE:
        cell.number_format = f"@{behind}"
    elif behind:
        cell.number_format = signed
    if fill := style["fills"].get(told.tone):
        cell.fill = fill
    if told.tone in ("nothing", "open"):
        cell.font = style["faint"]


def _sources(sheet: Any, report: Report, rows: Sequence[tuple[Key, int, Any]]) -> None:
    _head(sheet, tables.SOURCES, [36, 24, 28, 24, 18, 9, 7, 70, 18, 14, 40, 12, 24], len(rows))
    links = 0
    for row, (key, number, columns) in enumerate(rows, 2):
        for column, text in enumerate(columns, 1):
            if text != "":
                _put(sheet.cell(row, column), text)
        path = columns[-1] or key[0]
        file = report.files.get(path)
        if number >= 0 and file and links < MOST_LINKS:
            page = f"#page={columns[6]}" if columns[6] and file.suffix.lower() == ".pdf" else ""
            _outside(sheet.cell(row, 6), file.as_uri() + page)
            links += 1
        sheet.row_dimensions[row].height = LINE * min(len(columns[7]) // 70 + 1, LINES)
        if columns[8].startswith("✗"):
            sheet.cell(row, 9).fill = _styles()["fills"]["unverified"]
    sheet.freeze_panes = "C2"


def _coverage(sheet: Any, report: Report) -> None:
    _head(sheet, tables.COVERAGE, [36, 36, 8, 8, 12, 11, 40, 36, 24, 24, 11, 12, 9],
          len(report.review.documents))  # fmt: skip
    for row, columns in enumerate(tables.covered(report.review), 2):
        _document(sheet.cell(row, 1), shown(str(columns[0])), report, str(columns[0]))
        for column, text in enumerate(columns[1:], 2):
            if text != "":
                _put(sheet.cell(row, column), text)
        if columns[6] or columns[7]:
            for column in (7, 8):
                sheet.cell(row, column).fill = _styles()["fills"]["failed"]
    sheet.freeze_panes = "B2"


def _about(sheet: Any, report: Report) -> None:
    rows: list[tuple[str, ...]] = [*tables.facts(report), ("",)]
    rows += [("Signs", ""), *tables.legend(), ("",)]
    rows += [
        ("Corrections", "change a value in the sheet Values, and longread review import reads it."),
        ("", "“not present” says that the document has none; an emptied cell says nothing."),
        ("", "Several values stand one a line; an amount is written USD 1200.50."),
        ("", f"Rows and columns may be moved, sorted and filtered; the sheet {HIDDEN} must stay."),
        ("",),
        ("Questions", "Asked", "Type", "Instructions", "Only if", "Hash"),
    ]
    for question in report.review.questions:
        only_if = question.only_if
        told = f"{only_if[0]} = {' | '.join(only_if[1])}" if only_if else ""
        choices = f": {' | '.join(question.choices)}" if question.choices else ""
        quote = "" if question.quote else ", no quote wanted"
        kind = f"{question.kind}{choices}{quote}"
        rows.append(
            (question.name, question.text, kind, question.instructions, told, question.hash)
        )
    for row, columns in enumerate(rows, 1):
        for column, text in enumerate(columns, 1):
            if text:
                _put(sheet.cell(row, column), text)
        sheet.cell(row, 1).font = _styles()["bold"]
    for letter, width in zip("ABCDEF", (26, 80, 30, 40, 24, 18), strict=True):
        sheet.column_dimensions[letter].width = width


def _identity(sheet: Any, report: Report) -> None:
    """Write what was written, so that what a person changes is known from it."""
    review = report.review
    paths = names_of([one.path for one in review.documents])
    names = names_of([question.name for question in review.questions], HEAD)
    rows: list[tuple[str | int, ...]] = [(WRITER, VERSION, report.id)]
    for one, path in zip(review.documents, paths, strict=True):
        rows.append(("document", path, ascii(one.path), one.content_id))
    for question, name in zip(review.questions, names, strict=True):
        rows.append(("question", name, ascii(question.name), question.hash))
    for row, one in enumerate(review.documents):
        for column, question in enumerate(review.questions):
            _, value = value_in(review, one.path, question)
            rows.append(("cell", row, column, remembered(form(value))))
    for number, columns in enumerate(rows, 1):
        for column, text in enumerate(columns, 1):
            _put(sheet.cell(number, column), text, plain=True)


def _head(sheet: Any, names: Sequence[str], widths: Iterable[float], rows: int) -> None:
    from openpyxl.utils import get_column_letter

    style = _styles()
    for column, (name, width) in enumerate(zip(names, widths, strict=True), 1):
        cell = sheet.cell(1, column)
        _put(cell, name)
        cell.font, cell.fill, cell.alignment = style["bold"], style["head"], style["wrapped"]
        sheet.column_dimensions[get_column_letter(column)].width = width
    sheet.row_dimensions[1].height = LINE * 3
    sheet.auto_filter.ref = f"A1:{get_column_letter(len(names))}{rows + 1}"
    sheet.print_title_rows = "1:1"
    sheet.page_setup.orientation = "landscape"


def _document(cell: Any, text: str, report: Report, path: str) -> None:
    _put(cell, text)
    if file := report.files.get(path):
        _outside(cell, file.as_uri())


def _put(cell: Any, value: Typed | float, *, plain: bool = False) -> None:
    """Put a value in a cell; text as text, so that no program computes it."""
    if isinstance(value, str):
        cell.value = escaped(shown(value))
        cell.data_type = "s"
        # Without it a program that lets a person edit the cell may take it for a formula then.
        cell.quotePrefix = value[:1] in "=+-@\t\r＝＋－＠" and value != ""
    else:
        cell.value = value
    if not plain:
        cell.alignment = _styles()["wrapped"]


def _inside(cell: Any, place: str) -> None:
    from openpyxl.worksheet.hyperlink import Hyperlink

    cell.hyperlink = Hyperlink(ref=cell.coordinate, location=place)


def _outside(cell: Any, address: str) -> None:
    if len(address) > ADDRESS:
        return
    # Set as it is; openpyxl would put the address in the place of an empty value.
    value = cell.value
    cell.hyperlink = address
    cell.value = value
    cell.font = _styles()["link"]


def _comment(cell: Any, text: str) -> None:
    from openpyxl.comments import Comment

    told = shown(text)
    told = told if len(told) <= COMMENT else f"{told[:COMMENT]}…"
    lines = sum(len(part) // 45 + 1 for part in told.split("\n"))
    cell.comment = Comment(told, "longread", width=320, height=min(24 + 18 * lines, 400))


def _width(question: Question) -> int:
    return 28 if question.many else WIDTHS[question.type]


@cache
def _styles() -> dict[str, Any]:
    from openpyxl.styles import Alignment, Font, PatternFill

    return {
        "bold": Font(bold=True),
        "faint": Font(color="6E6E6E"),
        "link": Font(color="0563C1", underline="single"),
        "head": PatternFill("solid", fgColor="D9E1F2"),
        "wrapped": Alignment(wrap_text=True, vertical="top"),
        "fills": {tone: PatternFill("solid", fgColor=colour) for tone, colour in FILLS.items()},
    }
