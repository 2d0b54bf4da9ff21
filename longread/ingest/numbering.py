"""The numbers of lists and clauses, as a reader sees them.

A Word file does not hold the numbers it shows: it says to which list and level a paragraph belongs,
and how those count (ECMA-376 part 1, 17.9). It knows no other part of a file.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

LEVELS = 9
ONES = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen"
    " sixteen seventeen eighteen nineteen"
).split()
TENS = "twenty thirty forty fifty sixty seventy eighty ninety".split()
ORDINALS = {
    "one": "first", "two": "second", "three": "third", "five": "fifth", "eight": "eighth",
    "nine": "ninth", "twelve": "twelfth",
}  # fmt: skip


@dataclass(slots=True)
class Level:
    """How one level of a list counts."""

    start: int = 1
    form: str = "decimal"
    """As in w:numFmt."""
    text: str = ""
    """What is printed, with %1 to %9 for the numbers of the levels."""
    restart: int | None = None
    """The level, from 1, behind which it begins anew; 0 for none, None for the one above."""
    legal: bool = False
    """Whether all its numbers are printed in digits."""
    style: str = ""
    """Id of the paragraph style that is numbered so."""


@dataclass(slots=True)
class Abstract:
    """A way of counting that several lists may share."""

    levels: dict[int, Level] = field(default_factory=dict)
    link: str = ""
    """Id of a numbering style where that says how to count."""


@dataclass(slots=True)
class List:
    """A list: a way of counting, and where it differs from that."""

    abstract: str = ""
    starts: dict[int, int] = field(default_factory=dict)
    levels: dict[int, Level] = field(default_factory=dict)


@dataclass(slots=True)
class Counting:
    """Counts the paragraphs of a document in the order in which they stand."""

    abstracts: dict[str, Abstract] = field(default_factory=dict)
    lists: dict[str, List] = field(default_factory=dict)
    styles: dict[str, str] = field(default_factory=dict)
    """By the id of a numbering style, the list that it stands for."""
    _counts: dict[str, list[int | None]] = field(default_factory=dict)
    _begun: set[tuple[str, int]] = field(default_factory=set)

    def anew(self) -> Counting:
        """Return what counts the same lists from their beginnings, as notes and headers do."""
        return Counting(self.abstracts, self.lists, self.styles)

    def level_of(self, number: str, style: str) -> int | None:
        """Return the level of a list that belongs to a paragraph style; None where none does."""
        found = self.lists.get(number, List())
        levels = self._abstract(found)[1].levels | found.levels
        return next((at for at, level in levels.items() if style and level.style == style), None)

    def next(self, number: str, at: int) -> str:
        """Return what stands before the next paragraph of a list at a level, from 0."""
        found = self.lists.get(number)
        if found is None or not 0 <= at < LEVELS:
            return ""
        name, abstract = self._abstract(found)
        levels = abstract.levels | found.levels
        counts = self._counts.setdefault(name, [None] * LEVELS)
        if at in found.starts and (number, at) not in self._begun:
            counts[at] = found.starts[at]
        else:
            before = counts[at]
            counts[at] = levels.get(at, Level()).start if before is None else before + 1
        self._begun.add((number, at))
        for above in range(at):
            if counts[above] is None:
                counts[above] = levels.get(above, Level()).start
        for below in range(at + 1, LEVELS):
            restart = levels.get(below, Level()).restart
            if restart is None or (restart and at < restart):
                counts[below] = None
        return self._printed(levels, counts, at)

    def _abstract(self, found: List) -> tuple[str, Abstract]:
        name = found.abstract
        for _ in range(LEVELS):  # a style may lead to a list that leads to a style
            abstract = self.abstracts.get(name, Abstract())
            other = self.lists.get(self.styles.get(abstract.link, "")) if abstract.link else None
            if other is None:
                break
            name = other.abstract
        return name, self.abstracts.get(name, Abstract())

    @staticmethod
    def _printed(levels: dict[int, Level], counts: list[int | None], at: int) -> str:
        level = levels.get(at)
        if level is None or level.form == "none":
            return ""
        if level.form == "bullet":
            return "-" if level.text else ""

        def value(match: re.Match[str]) -> str:
            other = int(match[1]) - 1
            form = "decimal" if level.legal else levels.get(other, Level()).form
            return formatted(counts[other] or 0, form)

        return re.sub("%([1-9])", value, level.text)[:80].strip()


def formatted(number: int, form: str) -> str:
    """Return a number in one of the forms of w:numFmt; in digits in those not known."""
    match form:
        case "lowerLetter" | "upperLetter" if 0 < number <= 780:
            letters = chr(97 + (number - 1) % 26) * ((number - 1) // 26 + 1)
            return letters if form == "lowerLetter" else letters.upper()
        case "lowerRoman":
            return spelled(number, "i")
        case "upperRoman":
            return spelled(number, "I")
        case "decimalZero":
            return f"{number:02}"
        case "ordinal":
            end = {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
            return f"{number}{'th' if number % 100 in (11, 12, 13) else end}"
        case "cardinalText" | "ordinalText" if 0 <= number < 100:
            return _in_words(number, ordinal=form == "ordinalText").capitalize()
        case "bullet" | "none":
            return ""
    return str(number)


def _in_words(number: int, *, ordinal: bool) -> str:
    tens, ones = divmod(number, 10)
    words = [ONES[number]] if number < 20 else [TENS[tens - 2], *([ONES[ones]] if ones else [])]
    if ordinal:
        last = words[-1]
        words[-1] = ORDINALS.get(last) or (last[:-1] + "ie" if last[-1] == "y" else last) + "th"
    return "-".join(words)


def spelled(number: int, kind: str) -> str:
    """Return a number as a list of type "1", "a", "A", "i" or "I" prints it."""
    if kind in ("a", "A") and number > 0:
        letters = ""
        while number:
            number, rest = divmod(number - 1, 26)
            letters = chr(97 + rest) + letters
        return letters if kind == "a" else letters.upper()
    if kind in ("i", "I") and 0 < number < 4000:
        return roman(number) if kind == "i" else roman(number).upper()
    return str(number)


def roman(number: int) -> str:
    """Return a number from 1 to 3,999 in small Roman letters."""
    values = (1000, 900, 500, 400, 100, 90, 50, 40, 10, 9, 5, 4, 1)
    letters = "m cm d cd c xc l xl x ix v iv i".split()
    text = ""
    for value, letter in zip(values, letters, strict=True):
        count, number = divmod(number, value)
        text += letter * count
    return text
