"""The words of a text that come closest to a quote that does not stand in it, as a difference.

It helps a reader to see what is wrong; no verdict rests on it.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import Counter
from dataclasses import dataclass
from difflib import SequenceMatcher

LENGTH = 300
"""Characters of a difference, at most."""
ANCHORS = 12
"""Rare words of a quote by which its neighbourhood is found."""
PLACES = 60
"""Places of one anchor that are looked at."""
WORDS = 400
"""Words of a quote that are compared."""
WORD = re.compile(r"[^\W_]+(?:['.,][^\W_]+)*%?")


@dataclass(frozen=True, slots=True)
class Near:
    """The closest words: where they stand, and how the quote differs from them."""

    start: int
    end: int
    difference: str


class Neighbourhood:
    """The words of one text, and where each of them occurs."""

    def __init__(self, text: str) -> None:
        """`text` is folded; the offsets that come back are its own."""
        self._text = text
        self._words: list[str] = []
        self._starts: list[int] = []
        self._places: dict[str, list[int]] = {}
        for number, match in enumerate(WORD.finditer(text)):
            word = match.group().lower()
            self._words.append(word)
            self._starts.append(match.start())
            self._places.setdefault(word, []).append(number)

    def closest(self, quote: str, lo: int, hi: int) -> Near | None:
        """Return the words most like `quote`, preferably between two offsets; None if none are."""
        shown = [m.group() for m in WORD.finditer(quote)][:WORDS]
        words = [word.lower() for word in shown]
        begin = self._begin(words, bisect_left(self._starts, lo), bisect_left(self._starts, hi))
        if begin is None:
            return None
        slack = 3 + len(words) // 8
        first = max(0, begin - slack)
        window = self._words[first : begin + len(words) + slack]
        blocks = _blocks(window, words)
        same = sum(size for _, _, size in blocks)
        if same * 2 < len(words) or not blocks:
            return None
        (a, b, _), (y, z, size) = blocks[0], blocks[-1]
        # Words of the quote before its first match face as many words of the text.
        start = first + max(0, a - b)
        stop = min(first + y + size + len(words) - z - size, first + len(window))
        theirs = [self._word(n) for n in range(start, stop)]
        moved = [(first + i - start, j, n) for i, j, n in blocks]
        return Near(
            self._starts[start],
            self._starts[stop - 1] + len(self._words[stop - 1]),
            _difference(theirs, shown, moved),
        )

    def _word(self, number: int) -> str:
        start = self._starts[number]
        return self._text[start : start + len(self._words[number])]

    def _begin(self, words: list[str], lo: int, hi: int) -> int | None:
        """Return the word at which most of the quote's rare words would fall into place."""
        known = {w: len(self._places[w]) for w in words if w in self._places}
        rare = sorted(known, key=lambda w: (known[w], w))[:ANCHORS]
        votes: Counter[int] = Counter()
        for number, word in enumerate(words):
            if word not in rare:
                continue
            for place in _around(self._places[word], lo, hi):
                inside = lo <= place < hi
                votes[(place - number) // 4] += 3 if inside else 2
        if not votes:
            return None
        best = max(votes, key=lambda bin_: (votes[bin_] + votes[bin_ + 1], -bin_))
        return max(0, best * 4 + 2)


def _around(places: list[int], lo: int, hi: int) -> list[int]:
    """Return some of a word's places, those from `lo` on first."""
    if len(places) <= PLACES:
        return places
    at = bisect_left(places, lo)
    return places[at : at + PLACES // 2] + places[: PLACES // 2]


def _blocks(theirs: list[str], ours: list[str]) -> list[tuple[int, int, int]]:
    """Return runs of equal words. Frequent words of long quotes only lengthen runs (autojunk)."""
    matcher = SequenceMatcher(None, theirs, ours)
    return [(m.a, m.b, m.size) for m in matcher.get_matching_blocks() if m.size]


def _difference(theirs: list[str], ours: list[str], blocks: list[tuple[int, int, int]]) -> str:
    """Write a difference: [-what the quote says-]{+what the text says+}, and three words around."""
    parts: list[str] = []
    i = j = 0
    for a, b, size in [*blocks, (len(theirs), len(ours), 0)]:
        removed, added = " ".join(ours[j:b]), " ".join(theirs[i:a])
        if removed or added:
            parts.append(
                (f"[-{_short(removed)}-]" if removed else "")
                + (f"{{+{_short(added)}+}}" if added else "")
            )
        same = theirs[a : a + size]
        if size > 7:
            before = same[:3] if parts else []
            after = same[-3:] if b + size < len(ours) or a + size < len(theirs) else []
            same = [*before, "…", *after]
        parts += same
        i, j = a + size, b + size
    text = " ".join(parts)
    return text if len(text) <= LENGTH else text[: LENGTH - 1] + "…"


def _short(words: str) -> str:
    return words if len(words) <= 80 else f"{words[:50]}…{words[-25:]}"
