"""What a person looks for, as an FTS5 query and as places in a text. It knows no database.

FTS5 has a snippet of its own, but it cannot mark a part of an identifier.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from longread.cache.search import HUMP, HUMPED

HIT = "\x02", "\x03"
"""What stands before and after a word that was looked for, in a snippet."""
WIDTH = 120
"""Characters of a snippet, about."""
BEFORE = 30
"""Of them, those before the first hit."""
MOST_TYPED = 1000
"""Characters that are looked at; somebody may paste a file."""
MOST_TERMS = 24
MOST_WORDS = 32
"""Words of one term."""
MOST_HITS = 64
"""Hits of one term that are looked at to find the place where most terms stand together."""
LONGEST = 200
"""Characters of a word in which parts are marked."""
WORD = re.compile(r"[^\W_]+")
UNSPACED = "々〇\u3040-\u30ff㐀-䶿一-鿿가-\ud7af豈-\ufaffｦ-ﾟ\U00020000-\U0003ffff"
"""Signs of scripts that put no spaces between words, as in a regular expression's brackets."""
SIGN = re.compile(f"[{UNSPACED}]")
PART = re.compile(f"{HUMP.pattern}|[{UNSPACED}]")
"""What is found by itself within a word."""
QUOTED = re.compile(r'"([^"]*)"|([^\s"]+)')


@dataclass(frozen=True, slots=True)
class Term:
    """Words that must stand one after the other."""

    words: tuple[str, ...]
    prefix: bool
    """Whether the last of them may be unfinished."""

    @property
    def query(self) -> str:
        """The term in FTS5's language; nothing that was typed can be an operator in it."""
        ways = [self.words]
        # "UserName" is also looked for among the parts of "getUserNameById".
        parts = tuple(part for word in self.words for part in PART.findall(word))
        if parts != self.words and "".join(parts) == "".join(self.words):
            ways.append(parts)
        star = " *" if self.prefix else ""
        phrases = ['"' + " ".join(way) + '"' + star for way in ways]
        return f"({' OR '.join(phrases)})"

    def pattern(self) -> re.Pattern[str]:
        """Return what finds it, and more: see `_stands`."""
        return re.compile(r"[\W_]+".join(map(re.escape, self.words)), re.IGNORECASE)


def terms(words: str) -> list[Term]:
    """Return what a person looks for: words, and phrases where they stand in quotation marks.

    What is joined by other signs, as in `src/app.py`, is a phrase too. The last word may be
    unfinished, unless white space or a quotation mark follows; a star says that too.
    """
    words = unicodedata.normalize("NFC", words[:MOST_TYPED])
    found = [
        Term(tuple(word[0] for word in islice(WORD.finditer(match[0]), MOST_WORDS)), False)
        for match in islice(QUOTED.finditer(words), MOST_TERMS)
    ]
    found = [term for term in found if term.words]
    if found and (WORD.match(words[-1]) or words[-1] == "*"):
        found[-1] = Term(found[-1].words, True)
    return found


def snippet(text: str, sought: Sequence[Term], lines: bool = False) -> str:
    """Return the part of a text that has most of what is sought, each hit between `HIT`.

    Args:
        lines: the text is a list, a line each; whole lines are returned, joined by "…".
    """
    folded = _folded(text)
    hits = sorted(
        (start, end, number)
        for number, term in enumerate(sought)
        for start, end in islice(_hits(folded, term), MOST_HITS)
    )
    if lines:
        parts = [_marked(text, start, end, hits) for start, end in _best_lines(text, hits)]
        return " … ".join(parts)
    start, end = _best_window(text, hits)
    before, after = "…" * (start > 0), "…" * (end < len(text))
    return before + _marked(text, start, end, hits) + after


def _folded(text: str) -> str:
    """Return the text without diacritics, each character where it was."""
    if text.isascii():
        return text
    return text.translate({ord(c): _bare(c) for c in set(text) if not c.isascii()})


def _bare(character: str) -> str:
    apart = unicodedata.normalize("NFD", character)
    # A Korean syllable comes apart too, but into letters.
    return apart[0] if all(map(unicodedata.combining, apart[1:])) else character


Hit = tuple[int, int, int]
"""Where it starts, where it ends, and the number of the term."""


def _hits(text: str, term: Term) -> Iterator[tuple[int, int]]:
    """Yield where a term stands as words, or as parts of an identifier."""
    folded = Term(tuple(map(_folded, term.words)), term.prefix)
    for match in folded.pattern().finditer(text):
        if _stands(text, *match.span(), term.prefix):
            yield match.span()


def _stands(text: str, start: int, end: int, prefix: bool) -> bool:
    """Whether a word, or a part of an identifier, begins and ends there."""
    joined_before = start > 0 and _joined(text[start - 1 : start + 1])
    joined_after = not prefix and end < len(text) and _joined(text[end - 1 : end + 1])
    if not joined_before and not joined_after:
        return True
    first, last = start, end
    while first and start - first < LONGEST and text[first - 1].isalnum():
        first -= 1
    while last < len(text) and last - end < LONGEST and text[last].isalnum():
        last += 1
    word = text[first:last]
    if not HUMPED.fullmatch(word):
        return False
    parts = [match.span() for match in HUMP.finditer(word)]
    return (not joined_before or any(start - first == part[0] for part in parts)) and (
        not joined_after or any(end - first == part[1] for part in parts)
    )


def _joined(pair: str) -> bool:
    return pair.isalnum() and not SIGN.search(pair)


def _best_window(text: str, hits: Sequence[Hit]) -> tuple[int, int]:
    """Return a run of whole words about `WIDTH` long, where most of the terms are."""
    start, end = _densest(hits)
    first = max(0, min(start - BEFORE, len(text) - WIDTH))
    last = min(len(text), max(first + WIDTH, end))
    if first:
        space = text.find(" ", first, start)
        first = space + 1 if space >= 0 else first
    if last < len(text):
        space = text.rfind(" ", max(end, last - BEFORE), last)
        last = space if space >= 0 else last
    return first, last


def _densest(hits: Sequence[Hit]) -> tuple[int, int]:
    """Return the first hit of those that have most terms close behind them."""
    best, most = (0, 0), 0
    near = Counter[int]()
    behind = 0
    for start, end, number in hits:
        while behind < len(hits) and hits[behind][0] < start + WIDTH - BEFORE:
            near[hits[behind][2]] += 1
            behind += 1
        if len(near) > most:
            best, most = (start, end), len(near)
        near[number] -= 1
        if not near[number]:
            del near[number]
    return best


def _best_lines(text: str, hits: Sequence[Hit]) -> list[tuple[int, int]]:
    """Return the lines with hits, as many as fit; those with most terms before others."""
    within: dict[tuple[int, int], set[int]] = {}
    for start, _, number in hits:
        end = text.find("\n", start)
        line = text.rfind("\n", 0, start) + 1, len(text) if end < 0 else end
        within.setdefault(line, set()).add(number)
    best: list[tuple[int, int]] = []
    room = WIDTH
    for line in sorted(within, key=lambda line: (-len(within[line]), line)):
        room -= line[1] - line[0]
        if best and room < 0:
            break
        best.append(line)
    return sorted(best) or [(0, min(WIDTH, (text + "\n").index("\n")))]


def _marked(text: str, start: int, end: int, hits: Sequence[Hit]) -> str:
    pieces: list[str] = []
    at = start
    for first, last, _ in hits:
        if first >= at and last <= end:
            pieces += [text[at:first], HIT[0], text[first:last], HIT[1]]
            at = last
    return "".join([*pieces, text[at:end]])
