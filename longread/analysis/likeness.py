"""How alike a cell's value and gold's answers are: by type, by words, as lists. It reads no cell.

By words: exact match and token F1 as SQuAD has them (P. Rajpurkar, J. Zhang, K. Lopyrev, P. Liang,
"SQuAD: 100,000+ questions for machine comprehension of text", EMNLP 2016, section 6.1, and its
evaluate-v1.1.py): lower case, without punctuation and the articles a, an, the; the best over
several answers of gold. Punctuation here is Unicode's, for contracts have typographer's marks.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from unicodedata import category

from longread.analysis import values
from longread.types.reviews import Question, Value

ARTICLES = re.compile(r"\b(?:a|an|the)\b")
NUMERIC = re.compile(r"(\d{1,2}|\[ *\])([/.-])(\d{1,2}|\[ *\])\2(\d{4}|\d{2})")
"""A date in digits; brackets stand for what a form left open."""
PIVOT = 69
"""Two digits of a year from here on are of the last century, as POSIX reads them (strptime, %y)."""
ITEMS = re.compile(r"[;\n]")


@dataclass(frozen=True, slots=True)
class Likeness:
    """How far a value is what gold says."""

    f1: float
    exact: bool
    precision: float | None = None
    """Of a list; None for other values."""
    recall: float | None = None
    by_words: bool = False
    """Whether words were compared because gold's answer has no form of the question's type."""


def compare(question: Question, value: Value, gold: Sequence[str]) -> Likeness:
    """Return how alike a value is to the answers of gold, of which there is one at least.

    A date, an amount, a number, a choice, or yes and no is right or wrong: its F1 is 1 or 0. Of a
    list each item is matched with one of gold's at most, the likest first; what they share, as a
    part of the items said, is the precision, as a part of gold's items the recall.
    """
    if question.many:
        return _compare_lists(question, value, gold)
    said = "; ".join(value.said)
    normal = "; ".join(value.normal)
    found = []
    for answer in gold:
        form = normal_form(question, answer)
        if form:
            same = _same(form, normal)
            found.append(Likeness(float(same), same))
        else:
            by_words = question.type != "text"
            found.append(
                Likeness(f1(said, answer), plain(said) == plain(answer), None, None, by_words)
            )
    return max(found, key=lambda one: (one.exact, one.f1))


def _same(one: str, other: str) -> bool:
    return one.casefold() == other.casefold()


def _compare_lists(question: Question, value: Value, gold: Sequence[str]) -> Likeness:
    wanted = list(
        dict.fromkeys(part.strip() for a in gold for part in ITEMS.split(a) if part.strip())
    )
    forms = [normal_form(question, part) for part in wanted]
    said = list(dict.fromkeys(zip(value.said, value.normal, strict=True)))

    def like(item: int, other: int) -> tuple[float, bool]:
        words, form = said[item]
        if forms[other]:
            same = _same(forms[other], form)
            return float(same), same
        return f1(words, wanted[other]), plain(words) == plain(wanted[other])

    pairs = sorted(
        ((*like(i, j), i, j) for i in range(len(said)) for j in range(len(wanted))),
        key=lambda pair: (-pair[0], not pair[1], pair[2], pair[3]),
    )
    shared, equal, taken, met = 0.0, 0, set[int](), set[int]()
    for share, same, item, other in pairs:
        if share and item not in taken and other not in met:
            shared += share
            equal += same
            taken.add(item)
            met.add(other)
    precision, recall = shared / max(len(said), 1), shared / max(len(wanted), 1)
    both = precision + recall
    return Likeness(
        2 * precision * recall / both if both else 0.0,
        len(said) == len(wanted) == equal,
        precision,
        recall,
        question.type != "text" and not all(forms),
    )


def normal_form(question: Question, answer: str) -> str:
    """Return gold's answer in the form of its type; empty for text, or where it has none.

    People who write gold are shorter than models are asked to be: "6/21/99" is 1999-06-21, and
    "11/[]/2006" the month alone, where the question puts the month first.
    """
    if question.type == "text":
        return ""
    if question.type == "date" and (found := NUMERIC.fullmatch(answer.strip())):
        first, sign, second, year = found.groups()
        if len(year) == 2:
            year = f"{19 if int(year) >= PIVOT else 20}{year}"
        if "[" in first and "[" in second:
            answer = year
        elif "[" in second and values.MONTH_FIRST.search(
            f"{question.instructions} {question.text}"
        ):
            answer = f"{year}-{first}"
        else:
            answer = sign.join((first, second, year))
    return values.normal(question, answer)


def plain(text: str) -> str:
    """Return words as SQuAD compares them."""
    marks = {ord(char): None for char in set(text) if _is_mark(char)}
    return " ".join(ARTICLES.sub(" ", text.lower().translate(marks)).split())


def _is_mark(char: str) -> bool:
    # All of ASCII's, as string.punctuation has them, and of the rest Unicode's punctuation.
    kind = category(char)
    return kind.startswith("P") or (char.isascii() and kind.startswith("S"))


def f1(said: str, gold: str) -> float:
    """Return the harmonic mean of the shares of words that both have, repeated words counted."""
    one, other = plain(said).split(), plain(gold).split()
    if not one or not other:
        return float(one == other)
    shared = sum((Counter(one) & Counter(other)).values())
    return 2 * shared / (len(one) + len(other))
