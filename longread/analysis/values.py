"""Values of a review in a form that can be compared: ISO dates, ISO currencies, decimal numbers.

The words stay beside it. Nothing is guessed: where two things could be meant, it is unclear.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date

from longread.analysis import amounts
from longread.types.reviews import Question, Value

MONTHS = (
    "january february march april may june july august september october november december"
).split()
MONTH = rf"(?P<month>{'|'.join(f'{m[:3]}(?:{m[3:]})?' for m in MONTHS)}|sept)\.?"
DATES = (
    re.compile(r"(?P<year>\d{4})-(?P<m>\d{1,2})(?:-(?P<day>\d{1,2}))?(?:T[\d:.Z+-]*)?"),
    re.compile(r"(?P<year>\d{4})[/.](?P<m>\d{1,2})[/.](?P<day>\d{1,2})"),
    re.compile(rf"{MONTH}\s+(?P<day>\d{{1,2}})(?:st|nd|rd|th)?\s*,?\s+(?P<year>\d{{4}})"),
    re.compile(
        rf"(?:the\s+)?(?P<day>\d{{1,2}})(?:st|nd|rd|th)?[\s-]+(?:day\s+of\s+)?{MONTH}[\s,-]*"
        r"(?P<year>\d{4})"
    ),
    re.compile(rf"{MONTH},?\s+(?P<year>\d{{4}})"),
    re.compile(r"(?P<year>(?:1[5-9]|2[01])\d{2})"),
)
NUMERIC = re.compile(r"(?P<a>\d{1,2})(?P<sign>[/.-])(?P<b>\d{1,2})(?P=sign)(?P<year>\d{4})")
DAY_FIRST = re.compile(r"\bd{1,2}[/.-]m{1,2}[/.-]y", re.IGNORECASE)
MONTH_FIRST = re.compile(r"\bm{1,2}[/.-]d{1,2}[/.-]y", re.IGNORECASE)
QUALIFIED = re.compile(
    r"\b(?:except\w*|unless|but|however|only|if|provided|subject|other than|otherwise|save|where"
    r"|when|to the extent|partial\w*|partly|in part|limited|exclud\w+|excluding|until|depend\w*"
    r"|mostly|general\w*|usually|not entirely|sometimes|maybe|perhaps|possibly|probably|likely"
    r"|unclear|unsure|yes|no|true|false|and|or|without)\b",
    re.IGNORECASE,
)
"""Words with which a yes is not quite one."""
YES_NO = re.compile(r"^\W*(yes|no|true|false|y|n)(?=\W*$|\s*[.,;:!(–—-]\s)", re.IGNORECASE)
LEAST_YEAR = 1500


def value(question: Question, said: Sequence[str]) -> Value:
    """Return what was said, with the form of each part that can be compared, or nothing for it."""
    kept = tuple(" ".join(part.split()) for part in said if part.strip())
    return Value(kept, tuple(normal(question, part) for part in kept))


def normal(question: Question, said: str) -> str:
    """Return the form of one value that can be compared; empty where it is unclear."""
    said = " ".join(said.split())
    if other := choice(said, question.choices):
        return other
    match question.type:
        case "text":
            return said
        case "yes/no":
            return yes_or_no(said)
        case "date":
            return iso_date(said, f"{question.instructions} {question.text}")
        case "money":
            return amounts.money(said)
        case "number":
            words = f"{question.name} {question.text} {question.instructions}"
            return amounts.number(said, percent=amounts.asks_percent(words))
        case "choice":
            return ""


def yes_or_no(said: str) -> str:
    """Return "yes" or "no" where the words begin with that, and what follows only explains it.

    "No, except for cause" is neither: what is qualified is unclear.
    """
    found = YES_NO.match(said)
    if not found or QUALIFIED.search(said, found.end()):
        return ""
    return "yes" if found[1].lower() in ("yes", "true", "y") else "no"


def choice(said: str, choices: Sequence[str]) -> str:
    """Return the choice that is meant: capitals, blanks and marks at the ends do not matter."""
    plain = _plain(said)
    return next((known for known in choices if _plain(known) == plain), "")


def _plain(words: str) -> str:
    return " ".join(words.casefold().strip(" .,;:'\"“”‘’").split())


def iso_date(said: str, order: str = "") -> str:
    """Return "2005-03-04", "2005-03" or "2005"; empty where day and month could be exchanged.

    Args:
        order: words that may say the order, such as "mm/dd/yyyy".
    """
    plain = said.strip(" .,;").casefold()
    if found := NUMERIC.fullmatch(plain):
        first, second = int(found["a"]), int(found["b"])
        day_first, month_first = DAY_FIRST.search(order), MONTH_FIRST.search(order)
        if (day_first and not month_first) or first > 12:
            first, second = second, first
        elif bool(day_first) is bool(month_first) and second <= 12 and first != second:
            return ""
        return _iso(int(found["year"]), first, second)
    for pattern in DATES:
        if found := pattern.fullmatch(plain):
            parts = found.groupdict()
            month = int(parts["m"]) if parts.get("m") else _month(parts.get("month"))
            day = int(parts["day"]) if parts.get("day") else None
            return _iso(int(parts["year"]), month, day)
    return ""


def _month(word: str | None) -> int | None:
    return next((n for n, name in enumerate(MONTHS, 1) if word and name[:3] == word[:3]), None)


def _iso(year: int, month: int | None, day: int | None) -> str:
    """Return the date as far as it is said; empty where there is no such day."""
    if year < LEAST_YEAR:
        return ""
    try:
        whole = date(year, 1 if month is None else month, 1 if day is None else day)
    except ValueError:
        return ""
    return whole.isoformat()[: 4 if month is None else 7 if day is None else 10]
