"""Citations found in an answer, in the form they were asked for and in those models write instead.

What is found carries a document that is known, or a name that can only be meant as one, and a
place or a quote. Nothing inside a fenced code block is a citation. Whether a citation is right is
not judged here. Every step looks a bounded way ahead, so that time grows with the answer alone.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from longread.prompt.names import Names
from longread.types import Span, Unit

HEAD = 400
"""Characters in which a citation names its document and place, at most."""
QUOTE = 20_000
"""Characters of a quote, at most."""
MOST = 50
"""Citations in one bracket at most."""
UNCLOSED = 2_000
"""Characters of a quote whose closing mark is missing, at most."""
TIRED = 400
"""Characters of a quote, at most, once an answer has taken more effort than honest ones do."""
EFFORT = 1_000_000
"""Characters that may be looked at more than once, beyond ten times the answer's own."""
ITEMS = 50
"""Citations in one bracket, at most."""
ENDS = 6
"""Closing marks that may be the quote's own, tried where the first cannot be trusted."""

UNIT = r"(?:lines?|ln|pages?|pp|pg|cells?|L|p|c)"
RANGE = (
    rf"(\d{{1,9}})(?:\s?(?:[-–—‐‑−~:]|\.\.|to|through)\s?({UNIT}\.?\s?)?(\d{{1,9}}))?(?!\w|\.\d)"
)
PLACE = re.compile(rf"(?<![^\s:#,;(|@\[【])({UNIT})\.?\s?{RANGE}", re.IGNORECASE)
BARE = re.compile(rf"\s?[:#,]?\s?{RANGE}(?=\s*[\]】;,\"“'‘`(])")
DOUBLE, SINGLE = '"“”„‟«»＂', "'‘’‚‹›"
MARKS = {'"': '"', "'": "'", "`": "`", "“": DOUBLE, "‘": SINGLE}
"""The marks that close a quote, by the mark that opens it; one of a pair by the pair's first."""
WIDER = {'"': "“", "'": "‘"}
"""How a plain mark closes where no plain one does."""
OPENING = re.compile(rf"[\s:,–—=(-]{{0,4}}([{DOUBLE}{SINGLE}`])")
ALONE = re.compile(r"(?:[:,]\s?|\s)(?=['‘`‹])")
"""Where a quote in other than double marks may begin behind a document's name."""
SEGMENT = re.compile(r"(?:[^\[\]【】\"“”„«\n]|\[[^\[\]\s\"]{0,60}\])" + f"{{0,{HEAD}}}")
NEXT = re.compile(r"\s{0,9}(?:[;,|&+]|and\b|…|\.{3})?\s{0,9}")
CLOSE = re.compile(r"[\s)]{0,9}[\]】]")
TAIL = re.compile(r"[^\[\]【】\n]{0,200}[\]】]")
LINK = re.compile(r"\([^()\s]{0,500}\)")
START = re.compile(
    rf"(?<!\\)[\[【]\s?[^\s\[\]【】\"“”:]{{1,200}}[:\s]\s?{UNIT}\.?\s?\d", re.IGNORECASE
)
OPEN = re.compile(r"^[ \t>]*(?:[-*+] +|\d{1,3}[.)] +)?(`{3,}|~{3,})|[\[【]", re.MULTILINE)
FENCE = re.compile(r"^[ \t>]*(`{3,}|~{3,})[ \t]*$", re.MULTILINE)
ITEM = rf"[dD]\d|{UNIT}\.?\s?\d|[\w./-]{{1,200}}\.\w{{1,9}}[:#]"
STRONG = r"[\s)]{0,9}[\]】]|\s\([^()\[\]\n]{0,60}\)\s?[\]】]"
"""What follows the mark that closes a bracket's quote; a remark such as "(emphasis added)" may."""
WEAK = rf"\s{{0,9}}(?:(?:[;,|&+]|and\b|…|\.{{3}})\s{{0,9}}(?:{ITEM}|[\"“„«‘`'])|\s[\"“„«])"


@dataclass(frozen=True, slots=True)
class Mention:
    """A citation as the answer has it."""

    document: str
    """Short id of a document that is known; otherwise the name as it was written."""
    span: Span | None
    quotes: tuple[str, ...]
    """The quote, first as it is most likely meant; backslashes can be read several ways."""
    at: tuple[int, int]


class Reader:
    """One answer, read from its beginning to its end."""

    def __init__(self, answer: str, names: Names, holds: Callable[[Mention], bool]) -> None:
        """`holds` decides between two ways to read a quote that has closing marks inside."""
        self._answer = answer
        self._names = names
        self._holds = holds
        self._closing: dict[str, tuple[list[int], list[int]]] = {}
        self._starts: list[int] | None = None
        self._known_ends: dict[int, list[tuple[int, int]]] = {}
        self._effort = EFFORT + 10 * len(answer)

    def mentions(self) -> Iterator[Mention]:
        """Yield citations in the order in which they stand."""
        at = 0
        while opening := OPEN.search(self._answer, at):
            at = opening.end()
            if opening[1]:
                at = self._after_fence(opening)
                continue
            found = self._bracket(at)
            yield from found
            if found:
                at = found[-1].at[1]

    def _after_fence(self, opening: re.Match[str]) -> int:
        fence, line_end = opening[1], self._answer.find("\n", opening.end())
        line_end = len(self._answer) if line_end < 0 else line_end
        if fence[0] == "`" and "`" in self._answer[opening.end() : line_end]:
            return opening.end()
        for closing in FENCE.finditer(self._answer, line_end):
            if closing[1].startswith(fence):
                return closing.end()
        return len(self._answer)

    def _bracket(self, at: int) -> list[Mention]:
        """Return the citations of the bracket that opened before `at`; they tile it."""
        items: list[Mention] = []
        most = ITEMS if self._effort > 0 else 4
        while len(items) < most and (item := self._item(at, items[-1] if items else None)):
            if len(items) >= MOST or (items and item.at[1] <= items[-1].at[1]):
                return []
            items.append(item)
            following = NEXT.match(self._answer, item.at[1])
            at = following.end() if following else item.at[1]
        if not items:
            return []
        end = items[-1].at[1]
        close = CLOSE.match(self._answer, end) or TAIL.match(self._answer, end)
        if not close:
            self._effort -= 1_000 * len(items)
            return []
        link = LINK.match(self._answer, close.end())
        items[-1] = replace(items[-1], at=(items[-1].at[0], (link or close).end()))
        items[0] = replace(items[0], at=(items[0].at[0] - 1, items[0].at[1]))
        return items

    def _item(self, at: int, before: Mention | None) -> Mention | None:
        """Return the citation that begins at `at`; it may lean on the one before it."""
        text = self._answer
        segment = SEGMENT.match(text, at)
        if not segment:
            return None
        head_end = segment.end()
        if before and (number := BARE.match(text, at)) and before.span:
            span = _span(before.span.unit, number)
            return self._quoted(Mention(before.document, span, (), (at, number.end())))
        place = PLACE.search(text, at, head_end)
        if place:
            span = _span(_unit(place[1]), place)
            document = self._document(text[at : place.start()], before, span)
            if not document:
                return None
            return self._quoted(Mention(document, span, (), (at, place.end())))
        return self._plain(at, head_end, before)

    def _plain(self, at: int, end: int, before: Mention | None) -> Mention | None:
        """Return a citation that has a quote and no place, or numbers without a unit."""
        text = self._answer
        stop = next((m.end() for m in ALONE.finditer(text, at, end)), end)
        opening = text[stop : stop + 1]
        if opening and opening in DOUBLE + SINGLE + "`":
            head = text[at:stop]
            if not head.strip(" \t(") and before:
                return self._quoted(replace(before, quotes=(), at=(at, stop)))
            document = self._names.find(head) or self._names.meant(head)
            found = self._quoted(Mention(document, None, (), (at, stop)))
            return found if document and found.quotes else None
        name, colon, _ = text[at:end].rpartition(":")
        known = self._names.find(name) if colon else ""
        number = BARE.match(text, at + len(name)) if known else None
        if not number or (at > 1 and (text[at - 2].isalnum() or text[at - 2] in "_)]")):
            return None
        span = _span(self._names.unit(known), number)
        return self._quoted(Mention(known, span, (), (at, number.end())))

    def _document(self, head: str, before: Mention | None, span: Span) -> str:
        if not head.strip(" \t:,;#(|@"):
            if before:
                return before.document
            only = self._names.only
            return only if only and self._names.unit(only) == span.unit else ""
        return self._names.find(head) or self._names.meant(head)

    def _quoted(self, mention: Mention) -> Mention:
        """Return the mention with the quote that follows it, if one does."""
        text = self._answer
        start, end = mention.at
        opening = OPENING.match(text, end)
        if not opening:
            return mention
        begin = opening.end()
        if begin not in self._known_ends:
            kind = next(kind for kind, marks in MARKS.items() if opening[1] in marks)
            self._known_ends[begin] = self._ends(begin, kind)
        ways = [
            replace(mention, quotes=_readings(text[begin:close]), at=(start, after))
            for close, after in self._known_ends[begin]
        ]
        for way in ways if len(ways) > 1 else ():
            self._effort -= 1_000 + len(way.quotes[0])
            if self._effort > 0 and self._holds(way):
                return way
        return ways[0] if ways else mention

    def _ends(self, begin: int, kind: str) -> list[tuple[int, int]]:
        """Return where a quote may end and what follows begins, the likeliest first."""
        text = self._answer
        reach = QUOTE if self._effort > 0 else TIRED
        border = min(self._border(begin), begin + reach)
        strong, weak = (_from(marks, begin, reach) for marks in self._closers(kind))
        if kind in WIDER and not (strong and strong[0] < border):
            strong, weak = (_from(marks, begin, reach) for marks in self._closers(WIDER[kind]))
        inside = [close for close in strong if close < border]
        self._effort -= sum(close - begin for close in inside)
        weak = [close for close in weak if not strong or close < strong[-1]]
        balanced = [c for c in sorted({*inside, *weak}) if _balanced(text[begin:c])]
        if balanced and inside[:1] == balanced[:1] and not (weak and weak[0] < inside[0]):
            return [(inside[0], inside[0] + 1)]
        unclosed = self._unclosed(begin, min([border, begin + UNCLOSED, *inside]))
        marks = [(close, close + 1) for close in [*balanced[:1], *inside]]
        ends = marks + ([(unclosed, unclosed)] if unclosed else [])
        return list(dict.fromkeys(ends + [(close, close + 1) for close in [*weak, *strong]]))

    def _closers(self, kind: str) -> tuple[list[int], list[int]]:
        """Return all marks that end a bracket's quote, and those that may end one of several."""
        if kind not in self._closing:
            mark = rf"(?<!\\)(?:\\\\)*([{MARKS[kind]}])"
            strong = re.finditer(rf"{mark}(?={STRONG})", self._answer)
            weak = re.finditer(rf"{mark}(?={WEAK})", self._answer)
            self._closing[kind] = [m.start(1) for m in strong], [m.start(1) for m in weak]
        return self._closing[kind]

    def _border(self, begin: int) -> int:
        """Return where the next bracket that looks like a citation opens."""
        if self._starts is None:
            self._starts = [m.start() for m in START.finditer(self._answer)]
        index = bisect_left(self._starts, begin)
        return self._starts[index] if index < len(self._starts) else len(self._answer)

    def _unclosed(self, begin: int, border: int) -> int:
        """Return where a quote ends whose closing mark is missing; 0 where nothing ends it."""
        text = self._answer[begin:border].partition("\n\n")[0]
        self._effort -= border - begin
        depth = 0
        for match in re.finditer(r"[\[\]】]", text):
            depth += 1 if match.group() == "[" else -1
            if depth < 0:
                return begin + match.start()
        return 0


def _from(marks: list[int], begin: int, reach: int) -> list[int]:
    """Return the first few of sorted offsets that are not before `begin`, nor far behind it."""
    first = bisect_left(marks, begin)
    return [mark for mark in marks[first : first + ENDS] if mark - begin <= reach]


def _balanced(text: str) -> bool:
    """Whether every bracket in it has its other half."""
    depth = 0
    for match in re.finditer(r"[\[\]()]", text):
        depth += 1 if match.group() in "[(" else -1
        if depth < 0:
            return False
    return not depth


def _unit(word: str) -> Unit:
    units: dict[str, Unit] = {"l": "line", "p": "page", "c": "cell"}
    return units[word[0].lower()]


def _span(unit: Unit, place: re.Match[str]) -> Span:
    """Return the span of a range; "110-15" is read as one reads "pp. 110-15"."""
    first, again, last = place.groups()[-3:]
    if last is None:
        return Span(unit, int(first), int(first))
    if not again and int(last) < int(first) and len(last) < len(first):
        last = first[: len(first) - len(last)] + last
    low, high = sorted((int(first), int(last)))
    return Span(unit, low, high)


def escape(quote: str) -> str:
    """Return a quote as it may stand between double marks in a citation."""
    escaped = quote.replace("\\", "\\\\").replace('"', '\\"')
    return START.sub(lambda match: f"\\{match.group()}", escaped)


ESCAPES = {"n": "\n", "t": "\t", "r": "\r"}


def _readings(quote: str) -> tuple[str, ...]:
    """Return what a quote may mean: backslashes escape as in `escape`, or stand for themselves."""
    if "\\" not in quote:
        return (quote,)
    escaped = re.sub(r"\\([\\\"'“”‘’`\[【])", r"\1", quote)
    as_json = re.sub(r"\\([\\\"'/ntr])", lambda m: ESCAPES.get(m[1], m[1]), quote)
    return tuple(dict.fromkeys((escaped, quote, as_json)))
