"""What a question asks for, by its words alone: which to search for, and which to take literally.

Nothing here knows a corpus.
"""

from __future__ import annotations

import math
import re
from collections import defaultdict
from dataclasses import dataclass

from longread.cache.search import parts
from longread.types import Kind

MOST = 48
"""Words searched for, at most: those that weigh most."""
LITERAL = 64
"""Quotes, symbols, names and paths taken literally, at most of each: the first ones."""
WORD = re.compile(r"\w+(?:[.'-]\w+)*")
QUOTED = re.compile(r"`([^`\n]{2,200})`|\"([^\"\n]{2,200})\"|“([^”\n]{2,200})”")
SYMBOL = re.compile(r"\b(?:\w+(?:(?:[._/]|::)\w+)+(?:\(\))?|\w*[a-z][A-Z]\w*|\w+\(\))")
"""What only code has: dotted, snake or camel names, paths, calls."""
NAME = re.compile(r"\b[A-Z][a-z]\w+\b")
"""What may be the name of a class."""
PATH = re.compile(
    r"(?<![\w/.])[\w.@+-]*(?:/[\w.@+-]+)*\.\w{1,8}\b|(?<![\w/.])[\w.@+-]+(?:/[\w.@+-]+)+"
)
STOP = frozenset(
    "a about all an and any are as at be been by can could did do does each for from had has have"
    " how i if in into is it its list many me much must my name no not of on one or our out please"
    " shall should show so some tell than that the their them then there these they this those"
    " to under up us was we were what when where which who whom whose why will with would you your"
    .split()
)  # fmt: skip
ENDS = (
    "ization", "ations", "ation", "ments", "ment", "ings", "ing", "ies", "ied", "ers", "er", "ed",
    "es", "ly", "s", "e",
)  # fmt: skip
"""Ends of English words, longest first."""
ASKED: dict[Kind, frozenset[str]] = {
    "test": frozenset(("test", "tests", "tested", "testing", "fixture", "fixtures")),
    "docs": frozenset(
        ("doc", "docs", "documentation", "documented", "readme", "changelog", "guide", "tutorial")
    ),
    "config": frozenset(("config", "configuration", "workflow", "ci", "tox", "pyproject")),
}
"""Words by which a question asks for files of a kind."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A question, taken apart."""

    words: dict[str, float]
    """Words to search for, and what each weighs; identifiers whole and in parts."""
    quoted: tuple[str, ...]
    """What stands in quotation marks, to be met literally."""
    symbols: tuple[str, ...]
    """Names that only code has; qualified where they are written so."""
    names: tuple[str, ...]
    """Words that may be the name of a class."""
    paths: tuple[str, ...]
    """What may be a path, or the end of one."""
    kinds: frozenset[Kind]
    """Kinds of files that are asked for by name."""


def take_apart(question: str) -> Asked:
    """Return what a question asks for."""
    marked, symbols = quoted(question)
    names = [n for n in dict.fromkeys(NAME.findall(question)) if n.casefold() not in STOP]
    paths = [p.strip("./") for p in dict.fromkeys(PATH.findall(question))]
    said = {word.casefold() for word in re.findall(r"\w+", question)}
    # "Where is that tested?" asks for tests; "Fix the tests on Windows" need not.
    kinds = frozenset(kind for kind, words in ASKED.items() if words & said and "?" in question)
    return Asked(
        weigh(question),
        tuple(marked[:LITERAL]),
        tuple(symbols[:LITERAL]),
        tuple(names[:LITERAL]),
        tuple([path for path in paths if path][:LITERAL]),
        kinds,
    )


def weigh(question: str) -> dict[str, float]:
    """Return the words to search for and their weights, 1 + ln of how often each is said.

    Words of one root are one word. What stands in the first line counts twice: it is the subject.
    """
    first, _, rest = question.strip().partition("\n")
    said: dict[str, float] = defaultdict(float)
    forms: dict[str, str] = {}
    for text, times in ((first, 2 if rest.strip() else 1), (rest, 1)):
        for word in query(text):
            low = word.casefold()
            key = root(low)
            forms.setdefault(key, low)
            said[key] += times
    weights = {forms[key]: 1 + math.log(times) for key, times in said.items()}
    kept = sorted(weights, key=lambda word: -weights[word])[:MOST]
    return {word: weight for word, weight in weights.items() if word in set(kept)}


def query(question: str) -> list[str]:
    """Return the words to search for: identifiers whole and in parts, no filler words."""
    words: list[str] = []
    for word in WORD.findall(question):
        pieces = [word, *re.split(r"\W+", word), *re.split(r"[\W_]+", word), *parts(word)]
        words += [p for p in dict.fromkeys(pieces) if len(p) > 1 and p.casefold() not in STOP]
    return words


def quoted(question: str) -> tuple[list[str], list[str]]:
    """Return what the question quotes, and the symbols and paths of code in it.

    Both are to be met literally; symbols in code only, for in prose they are but names.
    """
    marked = ["".join(groups) for groups in QUOTED.findall(question)]
    symbols = [match.removesuffix("()") for match in SYMBOL.findall(question)]
    return list(dict.fromkeys(marked)), [s for s in dict.fromkeys(symbols) if s not in marked]


def root(word: str) -> str:
    """Return a word without its commonest English ends; at least three letters stay."""
    if len(word) > 3 and word.isalpha():
        for end in ENDS:
            if word.endswith(end) and len(word) - len(end) >= 3 and not word.endswith("ss"):
                return word[: -len(end)]
    return word
