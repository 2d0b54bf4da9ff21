"""A quote looked for in a text: where it stands, and how much had to be forgiven.

Each level forgives one thing more and never likeness: a quote stands in the text or it does not.
What stands there may not cut a number, nor begin inside a word, nor end before its "n't".
"""

from __future__ import annotations

import re
from array import array
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from unicodedata import category

from longread.prompt.folding import HYPHENS, JOINER, Form, fold, letters, same
from longread.types import Verdict

SHORT = 20
"""Below so many characters a quote must be the only one of its kind in the place."""
PART = 8
"""Letters and digits that each part of an elided quote has, at least."""
GAP = 2_000
"""Characters that an ellipsis may stand for, at most."""
TRIES = 1_000
"""Places looked at for one quote, so that a quote of one letter takes no time."""

ELLIPSIS = re.compile(
    r"\[\s?(?:\.\s?){2,8}\.\s?\]|\[\s?…\s?\]|<\s?omitted\s?>|\[\s?omitted\s?\]|…+|\.(?: ?\.){2,}"
    r"|\* \* \*",
    re.IGNORECASE,
)
NEGATION = re.compile(
    r"\b(?:not|cannot|no|none|never|nor|neither|nothing|nobody|nowhere|without|except\w*|unless"
    r"|exclud\w+|exclus\w+|exempt\w*|provided,? (?:that|however)|notwithstanding"
    r"|other than|save (?:for|as|that)|subject to|only|fails?|failed|failure|false|lacks?"
    r"|prohibit\w*|forbid\w*|until|if|but"
    r"|however|instead|rather|hardly|barely|rarely|seldom|non|void|denied|denies|deny|refus\w+"
    r"|nicht|kein\w*|ohne|nie|weder|noch|außer|ne|pas|jamais|sans|sauf|ni|nunca|jamás|salvo|sin"
    r"|não|nem|sem|niet|geen|не|без|нет|кроме)\b|n't\b|!(?=[\w(=])|[≠¬]|[不没沒未無无非勿莫]",
    re.IGNORECASE,
)
"""What can turn a statement round when it is left out; wide on purpose, for a gap is shown."""
NUMBER = re.compile(
    r"\d|\[\*+\]|[%$€£¥]|\b(?:one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve"
    r"|(?:thir|four|fif|six|seven|eigh|nine)teen|twenty|thirty|forty|fifty|sixty|seventy|eighty"
    r"|ninety|hundreds?|thousands?|millions?|billions?|half|third|quarter|dozen|twice|double"
    r"|triple|percent|per cent)\b",
    re.IGNORECASE,
)
TURNS = re.compile(
    r"\b(?:not|cannot|no|none|never|nor|neither|without|except|unless)\b|n't\b", re.IGNORECASE
)
"""Words that must stand in quote and text equally often, also where white space is lost."""
LEVELS = (Verdict.EXACT, Verdict.FOLDED, Verdict.LETTERS)


@dataclass(frozen=True, slots=True)
class Match:
    """Where a quote stands: character offsets in the text."""

    verdict: Verdict
    start: int
    end: int
    gap: str = ""
    """What an elided quote left out."""


class Quote:
    """Words to be looked for, folded no further than was needed."""

    def __init__(self, words: str, code: bool) -> None:
        self.original = words
        self.words = words.strip()
        self.code = code

    @property
    def empty(self) -> bool:
        """Whether nothing is left that could be told from anything else."""
        return not any(c.isalnum() for c in self.form(Verdict.LETTERS))

    @property
    def short(self) -> bool:
        """Whether it is too short to count wherever it stands."""
        return len(self._folded.text.strip()) < SHORT

    def form(self, level: Verdict) -> str:
        """Return what to look for at a level."""
        if level is Verdict.EXACT:
            return self.words.replace(JOINER, "")
        return self._folded.text.strip() if level is Verdict.FOLDED else self._letters.text.strip()

    @cached_property
    def _folded(self) -> Form:
        pieces = ELLIPSIS.split(self.words)
        inner = self.words
        if len(pieces) > 1 and not pieces[0].strip():
            inner = inner[inner.find(pieces[1]) if pieces[1] else 0 :]
        if len(pieces) > 1 and not pieces[-1].strip() and pieces[-2]:
            inner = inner[: inner.rfind(pieces[-2]) + len(pieces[-2])]
        return fold(inner.strip())

    @cached_property
    def _letters(self) -> Form:
        return letters(self._folded, self.code)

    @cached_property
    def turns(self) -> int:
        """How often it says no."""
        return len(TURNS.findall(self._folded.text))

    @cached_property
    def parts(self) -> tuple[Quote, ...]:
        """What stands between ellipses; empty where that is no elided quote."""
        pieces = [p for p in ELLIPSIS.split(self.words) if any(c.isalnum() for c in p)]
        parts = tuple(Quote(piece, self.code) for piece in pieces)
        enough = all(sum(map(str.isalnum, p.form(Verdict.LETTERS))) >= PART for p in parts)
        return parts if len(parts) > 1 and enough else ()


class Reading:
    """One text in each of its forms, made when first looked into."""

    def __init__(self, text: str, code: bool) -> None:
        self.text = text
        self.code = code

    @cached_property
    def _bare(self) -> Form:
        if JOINER not in self.text:
            return same(self.text)
        at, raw = array("L"), array("L")
        length = start = 0
        for piece in self.text.split(JOINER):
            if piece:
                at.append(length)
                raw.append(start)
            length += len(piece)
            start += len(piece) + 1
        at.append(length)
        raw.append(len(self.text))
        return Form(self.text.replace(JOINER, ""), at, raw)

    @cached_property
    def folded(self) -> Form:
        """The text after `fold`."""
        return fold(self.text)

    @cached_property
    def _letters(self) -> Form:
        return letters(self.folded, self.code)

    def find(self, quote: Quote, level: Verdict, lo: int, hi: int) -> Iterator[tuple[int, int]]:
        """Yield where the quote stands between two offsets, in order."""
        needle = quote.form(level)
        if not needle:
            return
        form = self._form(level)
        at, stop = form.index(lo), form.index(hi)
        for _ in range(TRIES):
            at = form.text.find(needle, at, stop)
            if at < 0:
                return
            start, end = form.origin(at), form.origin(at + len(needle) - 1) + 1
            if self._whole(quote, start, end) and self._turns(quote, level, start, end):
                yield start, end
            at += 1

    def _form(self, level: Verdict) -> Form:
        if level is Verdict.EXACT:
            return self._bare
        return self.folded if level is Verdict.FOLDED else self._letters

    def _whole(self, quote: Quote, start: int, end: int) -> bool:
        """Whether what stands there says what it says without what it was cut from."""
        if cuts(self.text, start, end) or _stump(self.text, start, end, quote.short):
            return False
        # In code "not" is an operator, and what it is put before may well be named alone.
        if self.code or quote.short:
            return True
        return not DENIED.search(self.text, max(0, start - 12), start)

    def _turns(self, quote: Quote, level: Verdict, start: int, end: int) -> bool:
        if level is not Verdict.LETTERS:
            return True
        there = self.folded.text[self.folded.index(start) : self.folded.index(end)]
        return len(TURNS.findall(there)) == quote.turns

    def elided(self, quote: Quote, lo: int, hi: int, clean: bool = True) -> Iterator[Match]:
        """Yield where the parts of a quote stand in order; with `clean`, nothing grave between."""
        ends: list[tuple[int, int, tuple[str, ...]]] = []
        for number, part in enumerate(quote.parts):
            reached: list[tuple[int, int, tuple[str, ...]]] = []
            known = [end for end, _, _ in ends]
            for start, end in self.find(part, Verdict.LETTERS, lo, hi):
                if not number:
                    reached.append((end, start, ()))
                    continue
                # The nearest end leaves the smallest gap: if that one hides a no, all do.
                nearest = bisect_right(known, start) - 1
                if nearest < 0 or start - known[nearest] > GAP:
                    continue
                gap = fold(self.text[known[nearest] : start]).text.strip()
                if not clean or not (NEGATION.search(gap) or NUMBER.search(gap)):
                    _, origin, gaps = ends[nearest]
                    reached.append((end, origin, (*gaps, gap)))
            ends = reached
            if not ends:
                return
        for end, start, gaps in ends:
            yield Match(Verdict.ELIDED, start, end, " … ".join(gaps))


class Searched:
    """A document's text as quotes are looked for in it: as it is, and with its pages bridged."""

    def __init__(self, text: str, bridged: str, code: bool) -> None:
        self.code = code
        self._readings = [Reading(text, code)]
        if bridged != text:
            self._readings.append(Reading(bridged, code))

    @property
    def plain(self) -> Reading:
        """The text as it is."""
        return self._readings[0]

    def find(self, quote: Quote, lo: int, hi: int) -> Iterator[list[Match]]:
        """Yield all matches between two offsets, a list for each level, the strictest first."""
        for level in LEVELS:
            spots = {s for reading in self._readings for s in reading.find(quote, level, lo, hi)}
            yield [Match(level, start, end) for start, end in sorted(spots)]
        yield self.elided(quote, lo, hi)

    def elided(self, quote: Quote, lo: int, hi: int, clean: bool = True) -> list[Match]:
        """Return where an elided quote stands; without `clean`, whatever its gaps hide."""
        if not quote.parts:
            return []
        return [m for reading in self._readings for m in reading.elided(quote, lo, hi, clean)]


def cuts(text: str, start: int, end: int) -> bool:
    """Whether a range of a text cuts a number, begins inside a word, or ends before a "not"."""
    return _cuts_start(text, start) or _cuts_end(text, end)


DENIED = re.compile(
    r"(?:\b(?:not|cannot|no|never|without|nor|neither)|n['’ʼ]t)[\s\-]+\Z", re.IGNORECASE
)
"""What a quote may not leave out before its first word."""
NEGATED_END = re.compile(r"(?:n?['’ʼ]t|not|less|free)(?![^\W\d_])", re.IGNORECASE)
NEGATED_START = re.compile(r"(?<![^\W\d_])(?:non|un)[-‐‑–]\Z", re.IGNORECASE)


def _cuts_start(text: str, start: int) -> bool:
    first, before = text[start], text[start - 1 : start]
    if not before:
        return False
    if first in ".," and text[start + 1 : start + 2].isdigit():
        return before.isdigit()
    if first.isdigit():
        earlier = text[start - 2 : start - 1] if start > 1 else ""
        if before.isdigit() or (before in ".,:/" and earlier.isdigit()):
            return True
        if before == ".":
            return not earlier.isalnum() and earlier != "."
        if before == "-" or before in HYPHENS or category(before) == "Pd":
            return not (earlier.isalnum() or earlier in ")]")
        return before in "<>≤≥±~≈" or category(before) == "Sc"
    if _spelt(first):
        if _spelt(before):
            return not (before.islower() and first.isupper())
        return bool(NEGATED_START.search(text, max(0, start - 5), start))
    return False


def _cuts_end(text: str, end: int) -> bool:
    last, after = text[end - 1], text[end : end + 1]
    if not after:
        return False
    if last.isdigit():
        later = text[end + 1 : end + 2]
        if after.isalnum() or after in "%‰" or category(after) == "Sc":
            return True
        return (after in ".,:/" and later.isdigit()) or (after == " " and later == "%")
    if _spelt(last) and (_spelt(after) or after in "'’ʼ"):
        return bool(NEGATED_END.match(text, end))
    return False


STUMPS = re.compile(
    r"(?<![^\W\d_])(?:non|un|dis|in|im|il|ir|mis|anti|counter|ex|de|pre|post)\Z", re.IGNORECASE
)
"""Beginnings of words that turn round, or move, what follows them: "non" of "nonexclusive"."""


def _stump(text: str, start: int, end: int, short: bool) -> bool:
    """Whether a quote ends inside a word: a short one anywhere, a long one in what turns it round.

    Long quotes end inside words where a model, or a person, ran out of room.
    """
    last, after = text[end - 1], text[end : end + 1]
    if not (after and _spelt(last) and _spelt(after)) or (last.islower() and after.isupper()):
        return False
    return short or bool(STUMPS.search(text, max(start, end - 8), end))


def _spelt(char: str) -> bool:
    """Whether a character is a letter of a script that puts spaces between words."""
    return char.isalpha() and category(char) != "Lo"
