"""Values of a review in a form that can be compared: ISO dates, ISO currencies, decimal numbers.

The words stay beside it. Nothing is guessed: where two things could be meant, it is unclear.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date
from decimal import Decimal

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
NUMBER = re.compile(r"[-+−]?(?<![\w.])(?:\d[\d.,'’\u00a0\u202f ]*\d|\d|\.\d+)(?!\w*\d)")
SCALES = {
    "thousand": 3, "million": 6, "mio": 6, "mn": 6, "billion": 9, "bn": 9, "trillion": 12,
}  # fmt: skip
SCALE = re.compile(rf"^\s*(?P<scale>{'|'.join(SCALES)})s?\b", re.IGNORECASE)
SYMBOLS = {
    "US$": "USD", "U.S.$": "USD", "C$": "CAD", "CA$": "CAD", "A$": "AUD", "AU$": "AUD",
    "NZ$": "NZD", "HK$": "HKD", "S$": "SGD", "NT$": "TWD", "R$": "BRL", "€": "EUR", "£": "GBP",
    "₹": "INR", "₩": "KRW", "₪": "ILS", "CHF": "CHF",
}  # fmt: skip
"""Signs of one currency alone; "$" and "¥" are those of several."""
NAMES = {
    "euro": "EUR", "euros": "EUR", "us dollars": "USD", "u.s. dollars": "USD",
    "united states dollars": "USD", "pounds sterling": "GBP", "swiss francs": "CHF",
    "canadian dollars": "CAD", "australian dollars": "AUD", "japanese yen": "JPY",
}  # fmt: skip
CODES = frozenset(
    "AED ARS AUD BGN BHD BRL CAD CHF CLP CNY COP CZK DKK EGP EUR GBP HKD HUF IDR ILS INR ISK JOD"
    " JPY KES KRW KWD KZT LKR MAD MXN MYR NGN NOK NZD OMR PEN PHP PKR PLN QAR RON RSD RUB SAR SEK"
    " SGD THB TND TRY TWD UAH USD UYU VND ZAR".split()
)
"""ISO 4217, of the currencies that contracts are commonly made in."""
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
            return money(said)
        case "number":
            return number(said)
        case "choice":
            return ""


def yes_or_no(said: str) -> str:
    """Return "yes" or "no" where the words begin with that."""
    found = YES_NO.match(said)
    return "" if not found else "yes" if found[1].lower() in ("yes", "true", "y") else "no"


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
        if DAY_FIRST.search(order) or first > 12:
            first, second = second, first
        elif not MONTH_FIRST.search(order) and second <= 12 and first != second:
            return ""
        return _iso(int(found["year"]), first, second)
    for pattern in DATES:
        if found := pattern.fullmatch(plain):
            parts = found.groupdict()
            month = int(parts["m"]) if parts.get("m") else _month(parts.get("month") or "")
            return _iso(int(parts["year"]), month, int(parts.get("day") or 0))
    return ""


def _month(word: str) -> int:
    return next((n for n, name in enumerate(MONTHS, 1) if word and name[:3] == word[:3]), 0)


def _iso(year: int, month: int, day: int) -> str:
    if year < LEAST_YEAR or month > 12:
        return ""
    if not month:
        return f"{year:04}"
    if not day:
        return f"{year:04}-{month:02}"
    try:
        return date(year, month, day).isoformat()
    except ValueError:
        return ""


def money(said: str) -> str:
    """Return "USD 1200.50": the currency's ISO 4217 code, and an amount with a decimal point."""
    found = _only_number(said)
    if found is None:
        return ""
    text, start, end = found
    amount = _decimal(text, of_money=True)
    currencies = _currencies(said[:start]) | _currencies(said[end:])
    if amount is None or len(currencies) != 1:
        return ""
    scaled = amount * 10 ** _scale(said[end:])
    return f"{currencies.pop()} {_cents(_written(scaled))}"


def number(said: str) -> str:
    """Return the one number that is said, with a decimal point: "thirty (30) days" is 30."""
    found = _only_number(said)
    amount = _decimal(found[0], of_money=False) if found else None
    if found is None or amount is None:
        return ""
    return _written(amount * 10 ** _scale(said[found[2] :]))


def _scale(behind: str) -> int:
    scale = SCALE.match(behind)
    return SCALES[scale["scale"].lower()] if scale else 0


def _only_number(said: str) -> tuple[str, int, int] | None:
    found = list(NUMBER.finditer(said))
    return (found[0].group(), found[0].start(), found[0].end()) if len(found) == 1 else None


def _currencies(around: str) -> set[str]:
    plain = around.strip(" .,;:()").upper()
    if code := SYMBOLS.get(plain):
        return {code}
    words = set(re.findall(r"[A-Z]{3}", around.upper())) & CODES
    words |= {code for sign, code in SYMBOLS.items() if len(sign) == 1 and sign in around}
    low = around.casefold()
    return words | {code for name, code in NAMES.items() if name in low}


def _decimal(text: str, *, of_money: bool) -> Decimal | None:
    """Return the number that digits with points and commas mean; None where it can be two."""
    sign = -1 if text[0] in "-−" else 1
    digits = re.sub(r"['’\u00a0\u202f ]", "", text.lstrip("+-−"))
    signs = re.findall(r"[.,]", digits)
    if not signs:
        return sign * Decimal(digits)
    last, others = signs[-1], signs[:-1]
    whole, _, rest = digits.rpartition(last)
    if others and set(others) == {last}:
        grouped = re.fullmatch(r"\d{1,3}(?:[.,]\d{3})+", digits)
        return sign * Decimal(re.sub(r"[.,]", "", digits)) if grouped else None
    if others:
        if len(set(others)) > 1 or not re.fullmatch(r"\d{1,3}(?:[.,]\d{3})+", whole):
            return None
        return sign * Decimal(f"{re.sub('[.,]', '', whole)}.{rest}")
    if len(rest) == 3 and 0 < len(whole) <= 3 and whole.lstrip("0"):
        # 1,200 may be twelve hundred or one and a fifth; money has no thousandths.
        if last == "." and not of_money:
            return sign * Decimal(digits)
        return sign * Decimal(whole + rest) if last == "," else None
    return sign * Decimal(f"{whole or 0}.{rest}")


def _written(amount: Decimal) -> str:
    text = f"{amount:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _cents(amount: str) -> str:
    """Return tenths of a currency as they are written in ledgers, with two digits."""
    return f"{amount}0" if re.search(r"\.\d$", amount) else amount
