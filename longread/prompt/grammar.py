"""Citations as they stand in an answer. Nothing is looked up here.

The form models are asked for is `[d3:L10-L12 "words"]`; what they write instead is taken too, as
long as no ordinary bracket of prose, Markdown or code can be meant.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

from longread.types import Span, Unit

FENCE = re.compile(r"^ {0,3}(`{3,}|~{3,})[^\n]*\n.*?(?:^ {0,3}\1[`~]*[ \t]*$|\Z)", re.M | re.S)
PLACE = r"(?:[Ll](?:ines?)?|pp?\.?|[Pp]ages?|c(?:ells?)?)\s{0,2}\d{1,7}"
REF = re.compile(
    r"\s{0,4}(?P<ref>[^\[\]【】\"“”„«»‘:;,\n]{1,300}?)\s{0,4}(?::\s{0,4}|\s)"
    rf"(?={PLACE}(?![\w.])|{PLACE}-|[\"“„«‘'])"
)
AT = re.compile(
    r"\s{0,4}(?P<mark>[Ll](?:ines?)?|pp?\.?|[Pp]ages?|c(?:ells?)?)\s{0,2}(?P<first>\d{1,7})"
    r"(?:\s{0,2}(?:[-–—]|to)\s{0,2}(?:[Ll]|pp?\.?|c)?\s{0,2}(?P<last>\d{1,7}))?(?!\w)(?:[:,](?=\s{0,4}[\"“„«‘']))?"
)
UNITS: dict[str, Unit] = {"l": "line", "p": "page", "c": "cell"}
SEPARATOR = re.compile(r"\s{0,4}[;,]\s{0,4}")
CLOSE = {'"': '"', "“": "”", "”": "”", "„": "“”", "«": "»", "‘": "’", "'": "'"}
"""Quote marks that open, and those that close them; a plain one closes any."""
QUOTE = 4_000
"""Characters of a quote at most."""
INNER = 16
"""Quote marks within a quote at most."""
KNOWN = re.compile(r"d\d{1,7}\Z")
PATHLIKE = re.compile(r"(?:[^\s/]{1,200}/){1,40}[^\s/]{0,200}\Z|\S{1,200}\.[A-Za-z]\w{0,9}\Z")


@dataclass(frozen=True, slots=True)
class Written:
    """A citation as it was written."""

    ref: str
    """The document as the model named it: a short id or a path."""
    span: Span | None
    quote: str
    at: tuple[int, int]


def find(answer: str) -> Iterator[Written]:
    """Yield the citations of an answer, in order; none in fenced code. Linear in its length."""
    fences = [(m.start(), m.end()) for m in FENCE.finditer(answer)]
    fence = 0
    at = 0
    for found in re.finditer(r"[\[【]", answer):
        start = found.start()
        while fence < len(fences) and fences[fence][1] <= start:
            fence += 1
        if start < at or (fence < len(fences) and fences[fence][0] <= start):
            continue
        items = _bracket(answer, start + 1)
        if items:
            end = items[-1].at[1]
            yield from items
            at = end


def _bracket(text: str, start: int) -> list[Written]:
    """Return what stands in the bracket that opened before `start`; nothing if no citation."""
    items: list[tuple[str, Span | None, str]] = []
    ref, at = "", start
    while True:
        named = REF.match(text, at)
        if named and _names(named["ref"]):
            ref, at = named["ref"].strip(), named.end()
        elif not items:
            return []
        span, quote = None, ""
        if place := AT.match(text, at):
            first = int(place["first"])
            unit = UNITS[place["mark"][0].lower()]
            span = Span(unit, first, max(first, int(place["last"] or first)))
            at = place.end()
        opened = re.compile(r"\s{0,4}([\"“”„«‘'])").match(text, at)
        if opened:
            quote, at = _quote(text, opened.end(), opened[1])
        if span is None and not quote:
            return []
        items.append((ref, span, quote))
        stop = re.compile(r"\s{0,4}[\]】]").match(text, at)
        if stop:
            at = stop.end()
            return [Written(*item, (start - 1, at)) for item in items]
        more = SEPARATOR.match(text, at)
        if not more or len(items) >= 50:
            return []
        at = more.end()


def _names(ref: str) -> bool:
    """Whether a word can name a document at all."""
    ref = ref.strip()
    return bool(KNOWN.match(ref) or PATHLIKE.match(ref) or re.fullmatch(r"[\w.-]{1,80}", ref))


def _quote(text: str, start: int, opener: str) -> tuple[str, int]:
    """Return a quote and where the text goes on behind it.

    It ends at a closing mark before the bracket's end or a separator; where there is none, at
    the bracket's end.
    """
    closers = CLOSE[opener] + ('"' if opener != "'" else "")
    limit = min(len(text), start + QUOTE)
    marks = re.compile(f"[{re.escape(closers)}]").finditer(text, start, limit)
    for found in islice(marks, INNER):
        at = found.end()
        if text[found.start() - 1] == "\\" and found.start() > start:
            continue
        if re.compile(
            r"\s{0,4}(?:[\]】]|[;,]\s{0,4}(?:[Lpc]\s?\d|[\"“‘]|[^\s:;,\"]{1,200}:))"
        ).match(text, at):
            return text[start : found.start()].replace(f"\\{opener}", opener), at
    for stop in "]】":
        end = text.find(stop, start, limit)
        if end >= 0:
            return text[start:end].replace(f"\\{opener}", opener), end
    return text[start:limit], limit
