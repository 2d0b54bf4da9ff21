"""What the writer and the reader of a spreadsheet of a review share: names, forms of a cell.

The sheet `HIDDEN` says what each cell of `VALUES` was when it was written, and of which document,
at which version, and question. So what a person changed is known by itself, wherever rows and
columns went meanwhile.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal
from hashlib import blake2b

from longread.export.report import Said, distinct, said
from longread.export.visible import CONTROLS, picture
from longread.types.reviews import CellState, Question, Review

VALUES, SOURCES, COVERAGE, ABOUT, HIDDEN = "Values", "Sources", "Coverage", "About", "_longread"
HEAD = ("Document", "Read", "To check")
"""The columns of `VALUES` before the questions."""
WRITER = "longread review"
"""The first cell of `HIDDEN`; the form's version stands beside it."""
VERSION = 1
LIMIT = 32_767
"""UTF-16 units of a cell, at most (Excel's specifications and limits)."""
CUT = "… [cut: {:,} more characters stand in the other exports]"
IS_CUT = re.compile(r"… \[cut: [\d,]+ more characters stand in the other exports\]$")
FIRST_DAY = date(1900, 3, 1)
"""Excel counts a day that never was before this one."""
LONG = 500
"""Characters from which on a digest is kept of a cell's content."""
DIGITS = 15
"""Of a number, as many as Excel keeps."""
BARE = re.compile("[\ufffe\uffff]")
"""What XML cannot hold and `visible` lets be."""
ESCAPE = re.compile(r"_(?=x[0-9A-Fa-f]{4}_)")
ESCAPED = re.compile(r"_x([0-9A-Fa-f]{4})_")
"""How spreadsheets write characters by number (ECMA-376, ST_Xstring); text that looks so is
escaped itself."""

Typed = str | Decimal | date
"""What stands in a cell of `VALUES`: text, a number, or a day."""


@dataclass(frozen=True, slots=True)
class Kept:
    """One cell of `VALUES`, as it was written."""

    path: str
    content_id: str
    question: str
    """Its name."""
    hash: str
    written: str
    """`remembered` of it."""


def shown(text: str) -> str:
    """Return text that a spreadsheet can hold, with nothing in it that steers or hides."""
    told = BARE.sub(picture, CONTROLS.sub(picture, text.replace("\r\n", "\n")))
    # Programs that write a cell cut it at the limit as it is written, each escape included.
    units = escaped(told).encode("utf-16-le")
    if len(units) // 2 > LIMIT:
        room = LIMIT - len(CUT) - 12
        kept = unescaped(units[: 2 * room].decode("utf-16-le", "ignore"))
        told = kept + CUT.format(len(told) - len(kept))
    return told


def escaped(text: str) -> str:
    """Return text as it is written, so that none of it is read as a character's number."""
    return ESCAPE.sub("_x005F_", text)


def unescaped(text: str) -> str:
    """Return text as a person sees it."""
    told = ESCAPED.sub(lambda found: chr(int(found[1], 16)), text)
    # Halves of a letter beyond 16 bits are joined, and those that are alone are no text.
    return told.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


def names_of(texts: Sequence[str], taken: Sequence[str] = ()) -> list[str]:
    """Return names of documents or questions by which each is found again."""
    return distinct([shown(text).strip() or "␠" for text in texts], taken)


def typed(question: Question, text: str) -> Typed:
    """Return a value of a question as a cell has it: days and numbers as such, else text."""
    if not question.many:
        if question.type == "date" and re.fullmatch(r"\d{4}-\d\d-\d\d", text):
            day = date.fromisoformat(text)
            return day if day >= FIRST_DAY else text
        if question.type == "number" and re.fullmatch(r"-?\d+(\.\d+)?", text):
            number = Decimal(text)
            return number if len(number.as_tuple().digits) <= DIGITS else text
    return text


def value_in(review: Review, path: str, question: Question) -> tuple[Said, Typed]:
    """Return what a cell says, and what stands for it in `VALUES`.

    Several values stand one a line. Where there is none, the state stands there with its sign.
    """
    told = said(review, path, question)
    holds = review.says(path, question.name)
    if holds is None or holds[0] is not CellState.ANSWERED or holds[1] is None:
        return told, shown(f"{told.sign if told.sign != '✎' else '–'} {told.text}")
    pairs = zip(holds[1].normal, holds[1].said, strict=True)
    return told, typed(question, shown("\n".join(normal or words for normal, words in pairs)))


def form(value: object) -> str:
    """Return a cell's content as text that is the same however a program has written it.

    A number's form begins with "n", a day's with "d", and a text's with "s". Text is as a person
    sees it, `unescaped`.
    """
    match value:
        case None:
            return ""
        case bool():
            return f"b{value}"
        case int() | float() | Decimal():
            return f"n{plain_number(value)}"
        case datetime() if value.time() != time():
            return f"t{value.isoformat()}"
        case datetime():
            return f"d{value.date().isoformat()}"
        case date():
            return f"d{value.isoformat()}"
        case _:
            text = str(value).replace("\r\n", "\n").strip()
            return f"s{text}" if text else ""


def remembered(told: str) -> str:
    """Return what `HIDDEN` keeps of a cell's `form`: by it a change is known."""
    if len(told) <= LONG:
        return told
    return f"h{blake2b(told.encode(), digest_size=16).hexdigest()}"


def plain_number(value: float | Decimal) -> str:
    """Return a number in the digits that a person sees, without a point that is not needed."""
    said = f"{value:.{DIGITS}g}" if isinstance(value, float) else str(value)
    text = f"{Decimal(said):f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
