"""The text of pages: cleaned, and laid out as one document with segments.

It never opens a file and knows no PDF library; it takes what such a library wrote down.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate, groupby
from unicodedata import is_normalized, normalize

from longread.ingest.clauses import Outline, contents
from longread.running import running
from longread.types import Segment, Span

LINES = 12
"""A segment holds at most this many lines: about a clause, so that evidence for a small window
is finer than a page."""
WIDTH = 8_000
"""Characters of a segment at most, for pages whose lines never end."""


TITLED, UNTITLED = 1, 300
"""Characters before a clause, in the piece that it ends, from which on it is a piece of its own:
a clause with a title, and one with a number or a letter alone."""


@dataclass(frozen=True, slots=True)
class PageText:
    """What could be read of one page."""

    number: int
    """Physical page, from 1."""
    label: str
    """The printed page number, where the document gives one."""
    text: str
    """Cleaned; lines as they stand on the page."""
    reason: str
    """Why it has no text, or hardly any; empty when it was read."""
    ocr: str = ""
    """What recognised its text in a picture of it; empty where the file has the text."""
    confidence: float = 0.0
    """Of what was recognised, 0 to 1."""
    hidden: int = 0
    """Letters under dark boxes, for which marks stand in the text."""


# Characters that are letters in another dress, whose compatibility form is what a person would
# type: ligatures, presentation forms, full and half width, radicals, mathematical alphabets.
# NFKC of everything would also turn ½ into 1⁄2, m² into m2 and ™ into TM, which in a contract
# or a paper is another statement.
DRESSED = re.compile(
    "[\u0132\u0133\u0149\u017f\u01c4-\u01cc\u01f1-\u01f3\u0587\u2f00-\u2fd5\ufb00-\ufb4f"
    "\ufb50-\ufdc7\ufe70-\ufefc\uff10-\uff19\uff21-\uff3a\uff41-\uff5a\uff66-\uff9d"
    "\U0001d400-\U0001d7ff]+"
)
SPACES = dict.fromkeys(map(ord, "\t\u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006"), " ")
SPACES |= dict.fromkeys(map(ord, "\u2007\u2008\u2009\u200a\u202f\u205f\u3000"), " ")
BREAKS = dict.fromkeys(map(ord, "\v\f\u0085\u2028\u2029"), "\n")
NOTHING: dict[int, None] = dict.fromkeys(
    [*range(0x09), *range(0x0E, 0x20), *range(0x7F, 0x85), *range(0x86, 0xA0), 0xAD, 0x200B,
     0x2060, *range(0xD800, 0xE000), 0xFEFF, 0xFFFF],
)  # fmt: skip
TABLE = {**SPACES, **BREAKS, **NOTHING}

HYPHENATED = re.compile(r"(\w*)[\x02\ufffe](\w*)")
"""PDFium closes a line that ends in a hyphen up with the next and leaves this mark between."""
BROKEN = re.compile(r"([^\W\d_]+)-\n *([^\W\d_]+)([^\s-]*)(?: |(?=\n)|$)")
WORD = re.compile(r"[^\W\d_]+(?:-[^\W\d_]+)*")
COMPOUND = re.compile(
    "all|anti|co|cross|ex|first|full|half|high|in|inter|intra|long|low|mid|multi|non|off|on|one|"
    "over|post|pre|re|second|self|semi|set|short|sub|third|two|under|well|world"
)
"""First parts that usually keep their hyphen."""


def clean(raw: str) -> str:
    """Return a page's text as people would type it, its lines kept."""
    text = raw.replace("\r\n", "\n").replace("\r", "\n")
    if not text.isascii():
        if not is_normalized("NFC", text):
            text = normalize("NFC", text)
        text = DRESSED.sub(lambda m: normalize("NFKC", m.group()), text)
    if "\x02" in text or "\ufffe" in text or "-\n" in text:
        text = _closed_up(text)
    text = text.translate(TABLE)
    return "\n".join(line.rstrip() for line in text.split("\n")).strip("\n")


def _closed_up(text: str) -> str:
    """Join words that were broken at the end of a line, where the page shows they are one."""
    whole = BROKEN.sub(" ", HYPHENATED.sub(" ", text.lower()))
    words = set(WORD.findall(whole))
    words |= {part for word in words for part in word.split("-")}

    def one_word(left: str, right: str) -> bool:
        left, right = left.lower(), right.lower()
        if not (left.isalpha() and right.isalpha()) or f"{left}-{right}" in words:
            return False
        if left + right in words:
            return True
        return right not in words and not COMPOUND.fullmatch(left)

    def mark(match: re.Match[str]) -> str:
        left, right = match.groups()
        small = right[:1].islower() or (left.isupper() and right.isupper())
        return left + right if small and one_word(left, right) else f"{left}-{right}"

    def line_end(match: re.Match[str]) -> str:
        left, right, tail = match.groups()
        if right[:1].islower() and one_word(left, right):
            return f"{left}{right}{tail}\n"
        return match.group()

    return BROKEN.sub(line_end, HYPHENATED.sub(mark, text))


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a document: where it begins and ends, its line feed included."""

    start: int
    end: int
    name: str = ""
    """Of the clause that it opens."""
    titled: bool = False
    running: bool = False
    listed: bool = False
    """Whether it is one of a table of contents."""


def lay_out(pages: Sequence[PageText]) -> tuple[str, tuple[Segment, ...]]:
    """Return the pages' text as one document, and the segments that tile it.

    A page without text takes no room, and the numbers of the others do not move. A page is cut
    before its clauses, and further where a piece has more than `LINES` lines; all the pieces name
    the same page, and those of one clause have its name.
    """
    shown = [page for page in pages if page.text.strip()]
    texts = [page.text.rstrip("\n") + "\n" for page in shown]
    text = "".join(texts)
    starts = list(accumulate(map(len, texts[:-1]), initial=0)) if texts else []
    numbers = [page.number for page in shown]
    segments: list[Segment] = []
    clause = ""
    lines = _named(text, list(_lines(text)), running(text, starts, numbers))
    for number, group in groupby(lines, lambda line: numbers[bisect_right(starts, line.start) - 1]):
        for part in _parts(text, list(group)):
            clause = next((line.name for line in part if line.name), clause)
            segments.append(_segment(text, part, number, clause, opening=not segments))
            clause = next((line.name for line in reversed(part) if line.name), clause)
    return text, tuple(segments)


def _named(
    text: str, spans: Sequence[tuple[int, int]], runs: Sequence[tuple[int, int]]
) -> list[Line]:
    """Return the lines with the clauses that they open; running lines open none."""
    begun = {start for start, _ in runs}
    bodies = [
        (start, end, text[start:end])
        for start, end in spans
        if start not in begun and not text[start:end].isspace()
    ]
    listed = contents([line for *_, line in bodies])
    outline = Outline()
    opened: dict[int, tuple[str, bool]] = {}
    tables: set[int] = set()
    for n, (start, _, line) in enumerate(bodies):
        if n in listed:
            tables.add(start)
        else:
            before = bodies[n - 1][2] if n else ""
            after = bodies[n + 1][2] if n + 1 < len(bodies) else ""
            opened[start] = outline.enter(line, before, after)
    return [
        Line(start, end, *opened.get(start, ("", False)), start in begun, start in tables)
        for start, end in spans
    ]


def _segment(text: str, part: Sequence[Line], page: int, clause: str, opening: bool) -> Segment:
    start, end = part[0].start, part[-1].end
    head = next((line for line in part if line.name), None)
    signature = None
    if opening:
        first = start + len(text[start:end]) - len(text[start:end].lstrip())
        signature = first, _opening(text, first, end)
    elif head:
        line = text[head.start : head.end]
        first = head.start + len(line) - len(line.lstrip())
        signature = first, first + len(line.strip()[:120].rstrip())
    span = Span("page", page, page)
    if any(line.listed for line in part):
        return Segment("contents", "", span, start, end, signature)
    return Segment("section" if clause else "page", clause, span, start, end, signature)


def _opening(text: str, first: int, end: int) -> int:
    """Where the opening lines end: title and parties, about 300 characters."""
    window = text[first : min(end, first + 300)]
    if first + len(window) < end and "\n" in window:
        window = window[: window.rindex("\n")]
    return first + len(window.rstrip())


def _parts(text: str, lines: Sequence[Line]) -> Iterator[Sequence[Line]]:
    """Yield the pieces of a page: clauses, and of long ones the parts."""
    start = 0
    for at in range(1, len(lines) + 1):
        if at < len(lines) and not _opens(text, lines, start, at):
            continue
        while start < at:
            end = _cut(text, lines[:at], start)
            yield lines[start:end]
            start = end


def _opens(text: str, lines: Sequence[Line], start: int, at: int) -> bool:
    """Whether a line opens a clause that is a piece of its own."""
    line = lines[at]
    if line.running or text[line.start : line.end].isspace():
        return False
    said = [x for x in lines[start:at] if not x.running]
    held = sum(len(text[x.start : x.end].strip()) for x in said)
    if held and line.listed != said[-1].listed:
        return True
    return bool(line.name) and held >= (TITLED if line.titled else UNTITLED)


def _lines(text: str) -> Iterator[tuple[int, int]]:
    """Yield where lines begin and end, their "\\n" included; endless ones in pieces."""
    start = 0
    while start < len(text):
        end = text.find("\n", start, start + WIDTH) + 1
        if not end:
            limit = min(start + WIDTH, len(text))
            end = text.rfind(" ", start + WIDTH // 2, limit) + 1 if limit < len(text) else limit
            end = end or limit
        yield start, end
        start = end


def _cut(text: str, lines: Sequence[Line], start: int) -> int:
    """Return the line before which the segment that starts at `start` ends.

    Of the places within reach the last before a numbered clause is best, then the last blank
    line or end of a paragraph, then the last end of a sentence; the first third is left whole.
    """
    origin = lines[start].start
    full = start + 1
    while full < len(lines) and full - start < LINES and lines[full].end - origin <= WIDTH:
        full += 1
    if full == len(lines):
        return full
    width = sorted(x.end - x.start for x in lines[start:full])[(full - start) // 2]
    best, found = 0, full
    for n in range(full, start + max(1, (full - start) // 3) - 1, -1):
        worth = _worth(text, lines[n - 1], lines[n], width)
        if worth > best:
            best, found = worth, n
    return found


def _worth(text: str, before: Line, after: Line, width: int) -> int:
    if after.name:
        return 4 if after.titled else 3
    said, next_ = text[before.start : before.end].strip(), text[after.start : after.end].strip()
    if not said and next_:
        return 2
    if said.endswith((".", ";", ":")):
        return 2 if len(said) < width * 3 // 4 else 1
    return 0
