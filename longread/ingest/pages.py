"""The text of pages: cleaned, and laid out as one document with segments.

It never opens a file and knows no PDF library; it takes what such a library wrote down.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from unicodedata import is_normalized, normalize

from longread.types import Segment, Span

LINES = 20
"""A segment holds at most this many lines: about a clause, so that evidence for a small window
is finer than a page."""
WIDTH = 8_000
"""Characters of a segment at most, for pages whose lines never end."""


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


NUMBERED = re.compile(
    r"""\s*(?:
      (?P<word>(?:ARTICLE|SECTION|CLAUSE|SCHEDULE|EXHIBIT|ANNEX|APPENDIX|Article|Section|Clause
        |Schedule|Exhibit|Annex|Appendix|Sec\.)\ +(?:[IVXLC]{1,7}|\d{1,3}(?:\.\d{1,3})*|[A-Z])\b
        |§+\ *\d{1,4}(?:\.\d{1,3})*)
      | (?P<number>\d{1,2}(?:\.\d{1,3}){0,4})[.)]?(?=\s+["'“(]?[A-Z])
      | (?P<letter>\((?:[a-zA-Z]|[ivx]{2,5}|\d{1,2})\))(?=\s+\S)
      | (?P<plain>(?:Abstract|Introduction|Background|Methods?|Results|Discussion|Conclusions?
        |References|Acknowledge?ments|ABSTRACT|INTRODUCTION|METHODS|RESULTS|CONCLUSIONS?|REFERENCES
        |RECITALS|WITNESSETH)\b(?=\s*[:.]?\s*$))
    )[.:)]?\s*(?P<rest>[^\n]*)""",
    re.VERBOSE,
)
TITLE = re.compile(r"[-–—: ]*([^.:;\n]{2,60}?)(?=[.:;]|\s[–—]\s|$)")


def heading(line: str) -> str:
    """Return what a line announces ("3.2 Term", "(a)", "Methods"), or nothing."""
    match = NUMBERED.match(line)
    if not match:
        return ""
    mark = next(mark for mark in match.group("word", "number", "letter", "plain") if mark)
    mark = " ".join(mark.split())
    title = TITLE.match(match["rest"])
    if match["plain"] or match["letter"] or not title or not _names(title[1]):
        return mark
    return f"{mark} {title[1].strip()}"


def _names(title: str) -> bool:
    """Whether words name a clause rather than begin a sentence."""
    words = title.split()
    return (
        0 < len(words) <= 8
        and words[0][:1].isupper()
        and sum(map(_capital, words)) * 2 >= len(words)
    )


def _capital(word: str) -> bool:
    return word[:1].isupper()


def lay_out(pages: Sequence[PageText]) -> tuple[str, tuple[Segment, ...]]:
    """Return the pages' text as one document, and the segments that tile it.

    A page without text takes no room, and the numbers of the others do not move. A page of more
    than `LINES` lines is several segments that name the same page.
    """
    texts: list[str] = []
    segments: list[Segment] = []
    at = 0
    for page in pages:
        if not page.text.strip():
            continue
        text = page.text.rstrip("\n") + "\n"
        texts.append(text)
        for start, end in _parts(text):
            segments.append(_segment(text, start, end, at, page.number, opening=not segments))
        at += len(text)
    return "".join(texts), tuple(segments)


def _segment(text: str, start: int, end: int, at: int, page: int, opening: bool) -> Segment:
    first = start + len(text[start:end]) - len(text[start:end].lstrip())
    stop = text.find("\n", first, end)
    line = text[first : end if stop < 0 else stop]
    name = heading(line)
    signature = None
    if opening:
        signature = at + first, at + _opening(text, first, end)
    elif name:
        signature = at + first, at + first + len(line[:120].rstrip())
    kind = "section" if name else "page"
    return Segment(kind, name, Span("page", page, page), at + start, at + end, signature)


def _opening(text: str, first: int, end: int) -> int:
    """Where the opening lines end: title and parties, about 300 characters."""
    window = text[first : min(end, first + 300)]
    if first + len(window) < end and "\n" in window:
        window = window[: window.rindex("\n")]
    return first + len(window.rstrip())


def _parts(text: str) -> Iterator[tuple[int, int]]:
    """Yield where a page's segments begin and end; one where the page is short enough."""
    lines = list(_lines(text))
    start = 0
    while start < len(lines):
        end = _cut(text, lines, start)
        yield lines[start][0], lines[end - 1][1]
        start = end


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


def _cut(text: str, lines: list[tuple[int, int]], start: int) -> int:
    """Return the line before which the segment that starts at `start` ends.

    Of the places within reach the last before a numbered clause is best, then the last blank
    line, then the last end of a sentence; the first third is left whole.
    """
    origin = lines[start][0]
    full = start + 1
    while full < len(lines) and full - start < LINES and lines[full][1] - origin <= WIDTH:
        full += 1
    if full == len(lines):
        return full
    best, found = 0, full
    for n in range(full, start + max(1, (full - start) // 3) - 1, -1):
        worth = _worth(text[slice(*lines[n - 1])].strip(), text[slice(*lines[n])].strip())
        if worth > best:
            best, found = worth, n
    return found


def _worth(before: str, after: str) -> int:
    if after and (name := heading(after)):
        return 3 if name.startswith("(") else 4
    if not before and after:
        return 2
    return int(before.endswith((".", ";", ":")))
