"""Quotes made to say something else, in the ways in which a model gets a quote wrong.

Each function takes a quote and a source of chance, and returns the quote altered, or None where
it gives no occasion. None of what they return may be taken for a quote.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from itertools import pairwise
from random import Random

Way = Callable[[str, Random], str | None]

NO = re.compile(r"\b(?:not|no|never|nor|without)\s(?=\w)", re.IGNORECASE)
VERB = re.compile(r"\b(?:shall|may|will|is|are|has)\b ")
NUMBER = re.compile(r"(?<![\w.,:/$-])\d+(?![\w%]|[.,:/-]\d| ?%)")
WORD = re.compile(r"[^\W\d_]{2,}")
PART = 8
"""Letters that an elided quote needs on either side."""


def _put(quote: str, start: int, end: int, words: str) -> str:
    return quote[:start] + words + quote[end:]


def _any(pattern: re.Pattern[str] | str, quote: str, rng: Random) -> re.Match[str] | None:
    found = list(re.finditer(pattern, quote))
    return rng.choice(found) if found else None


def digit(quote: str, rng: Random) -> str | None:
    """Change one digit."""
    if not (spot := _any(r"\d", quote, rng)):
        return None
    return _put(quote, *spot.span(), str((int(spot[0]) + rng.randint(1, 9)) % 10))


def point(quote: str, rng: Random) -> str | None:
    """Take a decimal point out, or put one into a number."""
    if spot := _any(r"(?<=\d)\.(?=\d)", quote, rng):
        return _put(quote, *spot.span(), "")
    spot = _any(r"(?<=\d)(?=\d)", quote, rng)
    return _put(quote, *spot.span(), ".") if spot else None


def sign(quote: str, rng: Random) -> str | None:
    """Put a minus before a number."""
    spot = _any(NUMBER, quote, rng)
    return _put(quote, spot.start(), spot.start(), "-") if spot else None


def percent(quote: str, rng: Random) -> str | None:
    """Take a percent sign away, or put one behind a number."""
    if spot := _any(r"(?<=\d) ?%", quote, rng):
        return _put(quote, *spot.span(), "")
    spot = _any(NUMBER, quote, rng)
    return _put(quote, spot.end(), spot.end(), "%") if spot else None


def not_added(quote: str, rng: Random) -> str | None:
    """Put a "not" behind a verb."""
    spot = _any(VERB, quote, rng)
    return _put(quote, spot.end(), spot.end(), "not ") if spot else None


def not_removed(quote: str, rng: Random) -> str | None:
    """Take a negation away."""
    spot = _any(NO, quote, rng)
    return _put(quote, *spot.span(), "") if spot else None


def swapped(quote: str, rng: Random) -> str | None:
    """Swap two words that stand side by side."""
    words = list(WORD.finditer(quote))
    pairs = [
        (one, other)
        for one, other in pairwise(words)
        if quote[one.end() : other.start()] == " " and one[0].casefold() != other[0].casefold()
    ]
    if not pairs:
        return None
    one, other = rng.choice(pairs)
    return _put(quote, one.start(), other.end(), f"{other[0]} {one[0]}")


def joined(quote: str, rng: Random) -> str | None:
    """Leave a negation out behind an ellipsis."""
    spots = [
        spot
        for spot in NO.finditer(quote)
        if sum(map(str.isalpha, quote[: spot.start()])) >= PART
        and sum(map(str.isalpha, quote[spot.end() :])) >= PART
    ]
    if not spots:
        return None
    spot = rng.choice(spots)
    return _put(quote, *spot.span(), "… ")


WAYS: dict[str, Way] = {
    "a digit changed": digit,
    "a decimal point moved": point,
    "a sign added": sign,
    "a percent sign changed": percent,
    "a negation added": not_added,
    "a negation removed": not_removed,
    "two words swapped": swapped,
    "joined across a negation": joined,
}
