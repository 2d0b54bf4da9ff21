"""Whether a cell's citations lean on what gold quotes. It judges no quote: that was done.

Both are looked up in the document's text, so that what counts is where they stand. A gold quote is
found where at least half of its letters and digits are covered, and a citation is to the point
where at least half of its own stand in gold quotes: the half that CUAD asks of spans (D. Hendrycks,
C. Burns, A. Chen, S. Ball, "CUAD: an expert-annotated NLP dataset for legal contract review",
2021: a Jaccard index of 0.5), for each side by itself, for a model quotes the words that decide
where a lawyer marks the clause.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from longread.prompt.folding import Form, fold, letters
from longread.prompt.quotes import ELLIPSIS, SHORT, TRIES
from longread.prompt.ruler import Ruler, joined
from longread.types import Citation, Document, Span

COVERED = 0.5
"""Share of letters and digits."""

Ranges = Sequence[tuple[int, int]]
"""Character offsets in a document's text, sorted, not overlapping."""


@dataclass(frozen=True, slots=True)
class Covered:
    """How many gold quotes of a cell were found, and how many of its citations are to the point."""

    quotes: int = 0
    quoted: int = 0
    placed: int = 0
    unplaced: int = 0
    cited: int = 0
    precise: int = 0


class Located:
    """A document in which quotes are looked up by their letters and digits alone."""

    def __init__(self, document: Document) -> None:
        self._ruler = Ruler(document)
        self._text = self._ruler.bridged

    @cached_property
    def _forms(self) -> tuple[Form, ...]:
        there = [self._text]
        if (plain := self._ruler.document.text) != self._text:
            there.append(plain)
        return tuple(letters(fold(text), code=False) for text in there)

    def occurrences(self, words: str) -> list[Ranges]:
        """Return each place in which words stand; several ranges where some were left out."""
        parts = [part for part in ELLIPSIS.split(words) if any(map(str.isalnum, part))]
        if not parts:
            return []
        for form in self._forms:
            firsts, *others = [list(self._find(form, part)) for part in parts]
            found: list[Ranges] = []
            for first in firsts:
                ranges = [first]
                for spots in others:
                    behind = next((spot for spot in spots if spot[0] >= ranges[-1][1]), None)
                    if behind is None:
                        break
                    ranges.append(behind)
                if len(ranges) == len(parts):
                    found.append(ranges)
            if found:
                return found
        return []

    def _find(self, form: Form, words: str) -> Iterator[tuple[int, int]]:
        sought = letters(fold(words.strip()), code=False).text.strip()
        text = self._ruler.document.text
        at, tries = form.text.find(sought), 0
        while sought and at >= 0 and tries < TRIES:
            start, end = form.origin(at), form.origin(at + len(sought) - 1) + 1
            # A short name may not be found inside a word; a clause may be cut anywhere.
            if len(sought) >= SHORT or _stands_apart(text, start, end):
                yield start, end
            at, tries = form.text.find(sought, at + 1), tries + 1

    def of(self, citation: Citation) -> Ranges:
        """Return where a citation's words stand, nothing where it has none or they do not stand."""
        if not citation.quote or not citation.verdict.holds:
            return ()
        found = self.occurrences(citation.quote)
        place = citation.found or citation.span
        if place:
            start, end = self._ruler.offsets(place)
            near = [ranges for ranges in found if ranges[0][0] < end and start < ranges[-1][1]]
            found = near or found
        return found[0] if found else ()

    def place(self, citation: Citation) -> Ranges:
        """Return all of the pages, lines or cells that a citation names, where that holds."""
        places: list[Span] = [p for p in (citation.span, citation.found) if p]
        if not citation.verdict.holds:
            return ()
        return joined(self._ruler.offsets(p) for p in places if self._ruler.exists(p))

    def share(self, ranges: Ranges, within: Ranges) -> float:
        """Return which part of the letters and digits of ranges stands within others, 0 to 1."""
        common = [
            (max(a, c), min(b, d)) for a, b in ranges for c, d in within if max(a, c) < min(b, d)
        ]
        return self._count(common) / max(self._count(ranges), 1)

    def _count(self, ranges: Ranges) -> int:
        return sum(sum(map(str.isalnum, self._text[a:b])) for a, b in ranges)


def _stands_apart(text: str, start: int, end: int) -> bool:
    return not (text[start - 1 : start].isalnum() or text[end : end + 1].isalnum())


def cover(quotes: Iterable[str], citations: Sequence[Citation], located: Located | None) -> Covered:
    """Return how gold quotes and a cell's citations meet.

    Args:
        located: the document; None where nothing of it could be read.
    """
    wanted = [quote for quote in dict.fromkeys(quotes) if re.search(r"\w", quote)]
    if not wanted:
        return Covered()
    if located is None:
        return Covered(len(wanted), unplaced=len(wanted), cited=len(citations))
    golden = [located.occurrences(quote) for quote in wanted]
    words = [located.of(citation) for citation in citations]
    places = [located.place(citation) for citation in citations]
    all_words = joined(r for ranges in words for r in ranges)
    all_places = joined(r for ranges in (*places, *words) for r in ranges)
    all_gold = joined(r for found in golden for ranges in found for r in ranges)

    def found(spots: Sequence[Ranges], within: Ranges) -> bool:
        return any(located.share(ranges, within) >= COVERED for ranges in spots)

    precise = 0
    for ranges, place in zip(words, places, strict=True):
        if ranges:
            precise += located.share(ranges, all_gold) >= COVERED
        elif place:
            precise += any(found(spots, place) for spots in golden)
    return Covered(
        quotes=len(wanted),
        quoted=sum(found(spots, all_words) for spots in golden),
        placed=sum(found(spots, all_places) for spots in golden),
        unplaced=sum(not spots for spots in golden),
        cited=len(citations),
        precise=precise,
    )
