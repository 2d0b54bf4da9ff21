"""Text folded so that two ways of writing the same words compare equal, with the way back.

`fold` forgives what carries no meaning: white space, quote marks, dashes, hyphenation at the end
of a line, ligatures, width, marks that cannot be seen. `letters` keeps letters and digits, and
what beside a digit makes it another number. Nothing here measures similarity.
"""

from __future__ import annotations

import re
from array import array
from bisect import bisect_right
from functools import lru_cache
from unicodedata import category, decomposition, normalize


class Form:
    """A text made from another, and where each of its characters came from."""

    __slots__ = ("_at", "_base", "_raw", "text")

    def __init__(
        self, text: str, at: array[int], raw: array[int], base: Form | None = None
    ) -> None:
        """`at` and `raw` hold where runs begin here and there; the last pair is both ends.

        "There" is `base`, or a text of which this is a form. Without runs, both are the same.
        """
        self.text = text
        self._at = at
        self._raw = raw
        self._base = base

    def origin(self, index: int) -> int:
        """Return where the character at `index` stood in the text that was first folded."""
        at, raw = self._at, self._raw
        if at:
            run = min(bisect_right(at, index), len(at) - 1) - 1
            index = min(raw[run] + index - at[run], max(raw[run + 1] - 1, raw[run]))
        return self._base.origin(index) if self._base else index

    def index(self, origin: int) -> int:
        """Return the index of what stood at `origin`, or of the next thing that was kept."""
        if self._base:
            origin = self._base.index(origin)
        at, raw = self._at, self._raw
        if not at:
            return origin
        run = bisect_right(raw, origin) - 1
        if run < 0:
            return 0
        if run + 1 == len(at):
            return len(self.text)
        return min(at[run] + origin - raw[run], at[run + 1])


def same(text: str) -> Form:
    """Return the text as its own form."""
    return Form(text, array("L"), array("L"))


QUOTES = frozenset("\"'`´‘’‚‛“”„‟‹›«»′″‵‶❛❜❝❞〝〞〟＂＇ʼʹʻʽ")
HYPHENS = frozenset("−⁃\u02d7")
JOINER = "\u2060"
"""Stands inside special tokens of the text route, so that they are ordinary text there."""
STATEMENTS = ("<super>", "<sub>", "<fraction>", "<circle>", "<square>")
"""Compatibility forms that say something else: 10² is not 102, nor is 5½ 51/2."""


@lru_cache(maxsize=8192)
def _folded(char: str) -> str:
    if char in QUOTES:
        return "'"
    if char.isspace():
        return " "
    kind = category(char)
    if kind == "Pd" or char in HYPHENS:
        return "-"
    if kind in ("Cc", "Cf") or "\ufe00" <= char <= "\ufe0f":
        return ""
    if decomposition(char).startswith(STATEMENTS):
        return char
    plain = normalize("NFKC", char)
    return char if plain.startswith(" ") else plain


SPACED = {code: " " for code in range(0x3001) if chr(code).isspace()}
BROKEN = r"(?<=[^\W\d_])[-\xad\x02\ufffe][ \t]*[\r\n]\s*(?=[^\W\d_])"
"""A word that goes on in the next line."""


@lru_cache(maxsize=64)
def _scheme(chars: frozenset[str]) -> tuple[dict[int, str], re.Pattern[str]]:
    """Return what to translate one for one, and the pattern of all that changes length."""
    folded = {c: _folded(c) for c in chars if not c.isspace()}
    table = {ord(c): f for c, f in folded.items() if len(f) == 1 and f != c}
    nothing = "".join(re.escape(c) for c, f in folded.items() if not f)
    longer = "".join(re.escape(c) for c, f in folded.items() if len(f) > 1)
    patterns = [BROKEN, rf"[\s{nothing}]{{2,}}"]
    if nothing or longer:
        patterns.append(f"[{nothing}{longer}]")
    if any("\u0300" <= c <= "\u036f" for c in chars):
        patterns.append(r"\w[\u0300-\u036f]+")
    return table, re.compile("|".join(patterns))


def fold(text: str) -> Form:
    """Fold white space, quote marks, dashes, hyphenation, ligatures, width, invisible marks."""
    table, pattern = _scheme(frozenset(text))
    flat = text.translate(table) if table else text
    plain = flat.translate(SPACED)
    parts: list[str] = []
    at, raw = array("L"), array("L")
    length = done = 0
    for match in pattern.finditer(flat):
        start, end = match.span()
        if start > done:
            at.append(length)
            raw.append(done)
            parts.append(plain[done:start])
            length += start - done
        if put := _replaced(flat, start, end):
            at.append(length)
            raw.append(start)
            parts.append(put)
            length += len(put)
        done = end
    if done < len(text):
        at.append(length)
        raw.append(done)
        parts.append(plain[done:])
        length += len(text) - done
    at.append(length)
    raw.append(len(text))
    return Form("".join(parts), at, raw)


def _replaced(flat: str, start: int, end: int) -> str:
    run = flat[start:end]
    first = run[0]
    if end - start == 1:
        return _folded(first)
    if first == "-":
        return "" if flat[end].islower() else "-"
    if first in "\xad\x02\ufffe" and not run.isspace() and end < len(flat):
        return "" if flat[start - 1 : start].isalpha() and flat[end].isalpha() else " "
    if first.isalnum():
        return normalize("NFC", run)
    return " " if any(c.isspace() for c in run) else ""


@lru_cache(maxsize=64)
def _tokens(chars: frozenset[str], code: bool) -> re.Pattern[str]:
    """Return the pattern of words (1), numbers (2) and what stands between them (3)."""
    marks = "".join(sorted(re.escape(c) for c in chars if category(c).startswith("M")))
    letter = rf"(?:[^\W\d_]|[{marks}])" if marks else r"[^\W\d_]"
    gap = rf"[^\w{marks}]" if marks else r"\W"
    number = r"\d+" if code else r"\d{1,3}(?:,\d{3})+(?!,?\d)|\d+"
    return re.compile(rf"({letter}+)|({number})|((?! {letter})(?:{gap}|_)+)")


def letters(form: Form, code: bool) -> Form:
    """Keep letters, in lower case, and digits; and symbols that make a number another one.

    Between two numbers something always stays, so that "30 60" is not "3060"; a comma between
    thousands does not count. In `code`, operators and comparisons stay wherever they are.
    """
    text = form.text
    parts: list[str] = []
    at, raw = array("L"), array("L")
    length = 0
    for match in _tokens(frozenset(text), code).finditer(text):
        group = match.lastindex
        start, end = match.span()
        if group == 1:
            word = match.group()
            if word.isascii():
                kept: tuple[tuple[int, str], ...] = ((0, word.lower()),)
            else:
                kept = _caseless(word)
        elif group == 2:
            word = match.group()
            kept = ((0, word),)
            if "," in word:
                kept = tuple((m.start(), m.group()) for m in re.finditer(r"\d+", word))
        else:
            gap = match.group()
            left, right = text[start - 1 : start], text[end : end + 1]
            kept = _symbols(gap, left.isdigit(), right.isdigit(), right.isalnum(), code)
        for offset, put in kept:
            at.append(length)
            raw.append(start + offset)
            parts.append(put)
            length += len(put)
    at.append(length)
    raw.append(len(text))
    return Form("".join(parts), at, raw, form)


def _caseless(word: str) -> tuple[tuple[int, str], ...]:
    whole = word.casefold()
    if len(whole) == len(word):
        return ((0, whole),)
    return tuple((n, c.casefold()) for n, c in enumerate(word))


COUNTED = frozenset("<>≤≥=±≈≠")
OPERATORS = frozenset("!<>=&|^+~≠¬")
DROPPED = frozenset(" '()[]{}_")


@lru_cache(maxsize=65536)
def _symbols(
    gap: str, left: bool, right: bool, word: bool, code: bool
) -> tuple[tuple[int, str], ...]:
    """Return what counts in a gap, and where. `left`, `right`: a digit stands there."""
    if left and right:
        kept = [(n, c) for n, c in enumerate(gap) if c not in DROPPED]
        if not kept:
            return ((0, " "),)
        if " " in gap and kept[0][1] in ".,;:":
            kept.append((kept[-1][0], " "))
        return tuple(kept)
    counted: dict[int, str] = {}
    if left:
        bare = len(gap) - len(gap.lstrip())
        for n in range(bare, len(gap)):
            c = gap[n]
            if not (c in COUNTED or c in "%‰°" or category(c) == "Sc" or (c == "+" and not n)):
                break
            counted[n] = c
    if right:
        bare = len(gap.rstrip())
        for n in range(bare - 1, -1, -1):
            c = gap[n]
            glued = c in "-." and n == len(gap) - 1 and gap[n - 1 : n] != c
            if not (glued or c in COUNTED or c == "!" or category(c) == "Sc"):
                break
            counted[n] = c
    for n, c in enumerate(gap):
        follows = gap[n + 1 : n + 2]
        if (
            c in "≠¬"
            or (c == "!" and (follows in ("=", "(") if follows else word))
            or (c == "=" and gap[n - 1 : n] == "!")
            or (code and c in OPERATORS and c * 4 not in gap)
            or (code and c in "-/%" and gap[n - 1 : n + 2] == f" {c} ")
        ):
            counted[n] = c
    return tuple(sorted(counted.items()))
