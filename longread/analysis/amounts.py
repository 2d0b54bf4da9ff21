"""Numbers and sums of money in a form that can be compared: "1200.5", "USD 1200.50".

A form never differs from what was said in size, sign or currency: what stands beside the digits and
may change them is understood, or else there is no form. A scale is multiplied out or unclear, never
dropped; so are signs, fractions, ranges, and words for more, less or about so much.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from longread.analysis.currencies import CODES, currency
from longread.analysis.spelled import spelled

NUMBER = re.compile(r"\d[\d.,'’\u00a0\u202f\u2009 ]*\d|\d|\.\d+")
GROUPED = re.compile(r"\d{1,3}(?:[.,]\d{3})+")
SPACED = re.compile(
    r"(?P<whole>[1-9]\d{0,2}(?P<by>['’\u00a0\u202f\u2009 ])\d{3}(?:(?P=by)\d{3})*)"
    r"(?P<rest>[.,]\d+)?"
)
INDIAN = re.compile(r"[1-9]\d?(?:,\d{2})+,\d{3}(?:\.\d+)?")
LONGEST = 24
"""Digits of a number; Python's decimals have 28."""
DASHES = "-−–—‐‑‒"

SCALES = {
    "dozen": 12, "hundred": 100,
    **dict.fromkeys(("thousand", "tausend", "tsd"), 10**3),
    **dict.fromkeys(("lakh", "lakhs", "lac", "lacs"), 10**5),
    **dict.fromkeys(("million", "millions", "mio", "mn", "mln", "mm", "millionen"), 10**6),
    **dict.fromkeys(("crore", "crores"), 10**7),
    **dict.fromkeys(("billion", "bn", "mrd", "mld"), 10**9),
    **dict.fromkeys(("milliard", "milliards", "milliarde", "milliarden"), 10**9),
    "trillion": 10**12,
}  # fmt: skip
"""Words behind a number; a billion is that of English."""
LETTERS = {"k": 10**3, "K": 10**3, "M": 10**6, "MM": 10**6, "B": 10**9, "bn": 10**9, "mn": 10**6}
"""Right behind the digits; of money small letters say the same, of a number they may be metres."""
WORD = re.compile(r"[\s)\-]*(?P<word>[^\W\d_]+)\.?")
ADRIFT = re.compile(
    rf"\b(?:{'|'.join(SCALES)}|dozens|hundreds|thousands|billions|trillions|quadrillions?|billionen"
    r"|trillionen|millón|millones|millon|milion[ei]|milhão|milhões|miljoen|miljoner|milyon|milyar"
    r"|milliers|miliard[aiy]?|miljarder|bilhão|bilhões|billones|billón|biljoen|duizend|tusen"
    r"|tusind|tuhat|tuhatta|tisíc|ezer|juta|ribu|triệu|nghìn|hundert|000s?|cents?|pence|penny"
    r"|pennies|centimes?|paise|minus|negative|permille|promille|per mill?e|basis points?|bps"
    r"|half(?![- ]?year)|and (?:a|one|two|three) (?:quarter|third|fourth|fifth)s?"
    r"|or (?:so|more|less|fewer)|between|thereabouts)\b",
    re.IGNORECASE,
)
"""Scales that nothing ties to the number, parts of a unit, and signs and bounds in words."""
BEHIND = frozenset(
    "mil mille mila miles mill milj bil mia md mds tys bin tỷ cent cien ciento cento sen arab"
    " kharab cr dr score scores gross pair pairs couple myriad myriads k m b t g".split()
)
"""Words that may be scales where they stand right behind a number."""
BEFORE = re.compile(
    r"\b(?:about|around|approx|approximate(?:ly)?|circa|ca|roughly|almost|nearly|over|under|above"
    r"|below|exceed(?:s|ing|ed)?|in excess of|loss of|deficit of|less|double|twice|triple|thrice"
    r"|(?<!not )(?<!no )(?:more|less|fewer|greater|higher|lower|larger|smaller) than)\.?(?: the)?$",
    re.IGNORECASE,
)
"""Words right before a number that make another of it; "not more than" leaves it as it is."""
BAD = re.compile(r"[±~≈<>≤≥=×*^+‰‱√|\\\[\]¼-¾⅐-⅞]")
IN_SCALE = re.compile(
    r"[€$£¥₹]\s?(?:k|mm?|mn|bn?|t|'?000s?)\b|\b[ktm][€$£¥₹]|\b[ktm](?:usd|eur|gbp|chf)\b"
    r"|\b(?:usd|eur|gbp|chf)(?:\s?(?:k|mm?|mn|bn)\b|\s?['’]0)",
    re.IGNORECASE,
)
"""A scale tied to the currency: "£m 5", "TEUR 5", "USD'000"."""
PERCENT = re.compile(r"%|\bper ?cent\b|\bpct\b|\bpercentage\b", re.IGNORECASE)
NO_CENTS = re.compile(r"\band (?:00|no|xx)/100(?: cents)?\b", re.IGNORECASE)
ORDINAL = re.compile(r"(?:st|nd|rd|th)\b")
DASH = re.compile(rf"(?<![^\W\d_])[{DASHES}]|[{DASHES}](?![^\W\d_])")
"""One that joins no two words."""


@dataclass(frozen=True, slots=True)
class Found:
    """The one number of some words, scaled, and what stands before and behind it."""

    amount: Decimal
    around: str


def money(said: str) -> str:
    """Return "USD 1200.50": the currency's ISO 4217 code, and an amount with a decimal point."""
    found = None if PERCENT.search(said) else _find(said, of_money=True)
    code = currency(found.around) if found else ""
    return f"{code} {_cents(_written(found.amount))}" if found and code else ""


def number(said: str, *, percent: bool = False) -> str:
    """Return the one number that is said, with a decimal point: "thirty (30) days" is 30.

    Args:
        percent: whether a percentage is asked for: "12%" is 12 then, and unclear otherwise.
    """
    if PERCENT.search(said) and not percent:
        return ""
    found = _find(PERCENT.sub(" ", said), of_money=False, rate=percent)
    return _written(found.amount) if found else ""


def asks_percent(words: str) -> bool:
    """Whether a question is about a percentage."""
    return PERCENT.search(words) is not None


def _find(said: str, *, of_money: bool, rate: bool = False) -> Found | None:
    """Return the number where there is one, and nothing around it is left that could change it.

    Args:
        rate: whether three digits behind a point are thousandths for sure.
    """
    said = NO_CENTS.sub(" ", " ".join(said.split()))
    numbers = list(NUMBER.finditer(said))
    if len(numbers) != 1 or IN_SCALE.search(said):
        return None
    before, behind = said[: numbers[0].start()], said[numbers[0].end() :]
    amount = _decimal(numbers[0].group(), before, of_money=of_money, rate=rate)
    behind, part = _fraction(behind)
    before, sign = _signed(before)
    # Nobody writes a fraction behind decimals, be they .00.
    if amount is None or (part and amount.as_tuple().exponent):
        return None
    digits = amount + part
    scale, left = _scale(behind, of_money=of_money)
    if not scale or not _sound(before, left):
        return None
    amount = digits * scale
    around = f"{before} | {left}"
    runs = list(spelled(around))
    # "five (5) million" says the scale once for both.
    same = {amount, digits} if behind.startswith(")") else {amount}
    if any(value not in same for value, _, _ in runs):
        return None
    if "(" in before and not runs:
        opening = before.rindex("(")
        # Books put what is owed in brackets, alone or behind its currency.
        if not _bare(before[opening:]) and (before.endswith("(") or not _bare(before[:opening])):
            return None
    for _, start, end in reversed(runs):
        around = around[:start] + "|" + around[end:]
    if ADRIFT.search(around) or BEFORE.search(_bare(before, keep=True)):
        return None
    return Found(sign * amount, around)


def _sound(before: str, behind: str) -> bool:
    """Whether nothing stands there that is not understood: signs, letters of other scripts."""
    around = before + " " + behind
    if BAD.search(around) or DASH.search(before) or re.search(rf"[{DASHES}](?![^\W\d_])", behind):
        return False
    return all(
        letter.isascii() or (unicodedata.numeric(letter, None) is None and _is_latin(letter))
        for letter in around
    )


def _is_latin(letter: str) -> bool:
    return not letter.isalpha() or "LATIN" in unicodedata.name(letter, "")


def _bare(words: str, *, keep: bool = False) -> str:
    """Return words without the signs and codes of a currency at their end, or anywhere."""
    code = r"(?:\b[A-Z]{2,3}|U\.S\.)?\s?[$€£¥₹₩₪]|\b[A-Z]{3}\b"
    if keep:
        return re.sub(rf"[\s(]*(?:{code})?[\s(]*$", "", words)
    return re.sub(rf"{code}|[^\w]", "", words)


def _signed(before: str) -> tuple[str, int]:
    """Return what stands before a number without its own sign, and that: minus is right at it."""
    if (
        before[-1:]
        and before[-1:] in "-−"
        and not _bare(before[:-1])
        and before[-2:-1] in ("", " ")
    ):
        return before[:-1], -1
    return before, 1


def _fraction(behind: str) -> tuple[str, Decimal]:
    """Return what stands behind a number without a fraction such as ½, and the value of that."""
    sign = behind.lstrip(" ")[:1]
    value = unicodedata.numeric(sign, 0.0) if sign and unicodedata.category(sign) == "No" else 0.0
    if "VULGAR FRACTION" not in unicodedata.name(sign, "") if sign else True:
        return behind, Decimal(0)
    if Fraction(value).denominator > 8:
        return behind, Decimal(0)  # a third has no end; what is left of it makes all unclear
    return behind.lstrip(" ")[1:], Decimal(value)


def _scale(behind: str, *, of_money: bool) -> tuple[int, str]:
    """Return what a number is multiplied by, 0 where that is not sure, and what stands behind."""
    glued = re.match(r"[^\W\d_]+", behind)
    letters = LETTERS | ({"m": 10**6, "mm": 10**6, "b": 10**9} if of_money else {})
    if glued:
        word, left = glued.group(), behind[glued.end() :]
        if word in letters:
            return letters[word], left
        if ORDINAL.fullmatch(word) or (word.isupper() and word in CODES):
            return 1, behind
        return 0, behind
    scale, left = 1, behind
    while found := WORD.match(left):
        word = found["word"]
        if word.casefold() in SCALES:
            scale *= SCALES[word.casefold()]
        elif of_money and scale == 1 and word in ("M", "MM", "B", "K"):
            scale = letters[word]
        else:
            break
        left = left[found.end() :]
    following = WORD.match(re.sub(r"^[\s)]*(?:[$€£¥₹₩₪]|[A-Z]{3}\b)", "", left))
    return (0 if following and following["word"].casefold() in BEHIND else scale), left


def _decimal(text: str, before: str, *, of_money: bool, rate: bool) -> Decimal | None:
    """Return the number that digits with points and commas mean; None where it can be two."""
    close = before[-1:]
    if text.startswith("."):
        return None if close.isalnum() or close == "." else Decimal(f"0{text}")
    tail = re.search(r"[^\W\d_]+$", before)
    if (tail and tail.group() not in CODES) or (close and close in "._'’,"):
        return None
    if spaced := SPACED.fullmatch(text):
        if spaced["by"] == " " and _bare(before):
            return None  # "Item 2 500" may be two numbers
        rest = (spaced["rest"] or "").replace(",", ".")
        return Decimal("".join(filter(str.isdigit, spaced["whole"])) + rest)
    return _plain(text, of_money=of_money, rate=rate)


def _plain(text: str, *, of_money: bool, rate: bool) -> Decimal | None:
    """Return the number of digits, points and commas alone."""
    if not re.fullmatch(r"[\d.,]+", text) or sum(map(str.isdigit, text)) > LONGEST:
        return None
    signs = re.findall(r"[.,]", text)
    if not signs:
        return Decimal(text)
    if INDIAN.fullmatch(text):
        return Decimal(text.replace(",", ""))
    last, others = signs[-1], signs[:-1]
    whole, _, rest = text.rpartition(last)
    if others and set(others) == {last}:
        return Decimal(re.sub(r"[.,]", "", text)) if GROUPED.fullmatch(text) else None
    if others:
        if len(set(others)) > 1 or not GROUPED.fullmatch(whole):
            return None
        return Decimal(f"{re.sub('[.,]', '', whole)}.{rest}")
    if len(rest) == 3 and 0 < len(whole) <= 3 and whole.lstrip("0"):
        # 1.200 may be twelve hundred or one and a fifth; English has the comma for the first.
        if last == ".":
            return Decimal(text) if rate else None
        return Decimal(whole + rest)
    return Decimal(f"{whole}.{rest}")


def _written(amount: Decimal) -> str:
    text = f"{amount:f}"
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return "0" if text == "-0" else text


def _cents(amount: str) -> str:
    """Return tenths of a currency as they are written in ledgers, with two digits."""
    return f"{amount}0" if re.search(r"\.\d$", amount) else amount
