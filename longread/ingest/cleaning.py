"""The text that a PDF library wrote down, as people would type it, and the way back.

`clean` is what every page goes through; `trace` does the same and keeps where each character
stood. Neither knows a page from another, nor any PDF library.
"""

from __future__ import annotations

import re
from array import array
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from unicodedata import is_normalized, normalize

Edit = tuple[int, int, str]
"""What stands between two offsets, and what takes its place."""

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

HYPHENATED = re.compile(r"((?<!\w)\w+|(?<!\w)|)[\x02\ufffe](\w*)")
"""PDFium closes a line that ends in a hyphen up with the next and leaves this mark between."""
BROKEN = re.compile(r"(?<![^\W\d_])([^\W\d_]+)-\n *([^\W\d_]+)([^\s-]*)(?: |(?=\n)|$)")
WORD = re.compile(r"[^\W\d_]+(?:-[^\W\d_]+)*")
COMPOUND = re.compile(
    "all|anti|co|cross|ex|first|full|half|high|in|inter|intra|long|low|mid|multi|non|off|on|one|"
    "over|post|pre|re|second|self|semi|set|short|sub|third|two|under|well|world"
)
"""First parts that usually keep their hyphen."""
REPLACED = re.compile("[" + "".join(map(re.escape, map(chr, TABLE))) + "]")
RETURNS = re.compile(r"\r\n?")
CLUSTER = re.compile("[\x00-\x7f]?[^\x00-\x7f]+")
"""Characters that may compose with one another, and with none before or after."""
LINE_END = re.compile(r" +(?=\n|\Z)")
EDGES = re.compile(r"\A\n+|\n+\Z")


def clean(raw: str) -> str:
    """Return a page's text as people would type it, its lines kept."""
    text = raw.replace("\r\n", "\n").replace("\r", "\n")
    if not text.isascii():
        text = DRESSED.sub(lambda m: normalize("NFKC", m.group()), text)
        if not is_normalized("NFC", text):
            text = normalize("NFC", text)
    for step in (_marks, _line_ends):
        text = _edited(text, step(text))
    text = text.translate(TABLE)
    return "\n".join(line.rstrip() for line in text.split("\n")).strip("\n")


@dataclass(frozen=True, slots=True)
class Trace:
    """A cleaned text and where its characters stood in the raw one."""

    text: str
    at: array[int]
    """Where runs of characters that stood together begin in the text, `array("I")`, and its end."""
    raw: array[int]
    """Where each run began in the raw text, and where the last ended."""

    def origin(self, index: int) -> int:
        """Return where the character at `index` stood."""
        run = min(bisect_right(self.at, index), len(self.at) - 1) - 1
        return self.raw[run] + index - self.at[run]

    def range(self, start: int, end: int) -> tuple[int, int]:
        """Return the raw range of a range that is not empty."""
        return self.origin(start), self.origin(end - 1) + 1


def trace(raw: str) -> Trace:
    """Clean a text as `clean` does, and keep the way back."""
    text, origins = raw, array("I", range(len(raw) + 1))
    for step in STEPS:
        done, parts, kept = 0, list[str](), array("I")
        for start, end, put in step(text):
            parts += text[done:start], put
            kept.extend(origins[done:start])
            kept.extend([origins[min(start + n, end - 1)] for n in range(len(put))])
            done = end
        kept.extend(origins[done:])
        text, origins = "".join(parts) + text[done:], kept
    at, back = array("I"), array("I")
    for index, origin in enumerate(origins[:-1]):
        if not index or origin != origins[index - 1] + 1:
            at.append(index)
            back.append(origin)
    at.append(len(text))
    back.append(len(raw))
    return Trace(text, at, back)


def _edited(text: str, edits: Iterable[Edit]) -> str:
    parts: list[str] = []
    done = 0
    for start, end, put in edits:
        parts += text[done:start], put
        done = end
    return "".join(parts) + text[done:] if parts else text


def _composed(text: str) -> Iterator[Edit]:
    for match in CLUSTER.finditer(text):
        if (put := normalize("NFC", match.group())) != match.group():
            yield *match.span(), put


def _marks(text: str) -> Iterator[Edit]:
    """Yield what becomes of the marks that PDFium leaves in words it has closed up."""
    if "\x02" not in text and "\ufffe" not in text:
        return
    one_word = _judge(text)
    for match in HYPHENATED.finditer(text):
        left, right = match.groups()
        small = right[:1].islower() or (left.isupper() and right.isupper())
        yield match.end(1), match.start(2), "" if small and one_word(left, right) else "-"


def _line_ends(text: str) -> Iterator[Edit]:
    """Yield what closes up words that were broken at the end of a line; the rest moves up."""
    if "-\n" not in text:
        return
    one_word = _judge(text)
    for match in BROKEN.finditer(text):
        left, right, _ = match.groups()
        if right[:1].islower() and one_word(left, right):
            yield match.end(1), match.start(2), ""
            if match.end() > match.end(3):
                yield match.end(3), match.end(), "\n"


def _judge(text: str) -> Callable[[str, str], bool]:
    """Return what tells from a page's own words whether two parts are one word."""
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

    return one_word


def _each(pattern: re.Pattern[str], put: Callable[[str], str]) -> Callable[[str], Iterator[Edit]]:
    return lambda text: ((*m.span(), put(m.group())) for m in pattern.finditer(text))


STEPS: tuple[Callable[[str], Iterable[Edit]], ...] = (
    _each(RETURNS, lambda _: "\n"),
    _each(DRESSED, lambda said: normalize("NFKC", said)),
    _composed,
    _marks,
    _line_ends,
    _each(REPLACED, lambda char: TABLE[ord(char)] or ""),
    _each(LINE_END, lambda _: ""),
    _each(EDGES, lambda _: ""),
)
"""What cleaning does, one thing after another."""
