"""Which words of a text are keywords, strings, comments…, as Pygments sees them. No colours."""

from __future__ import annotations

import re
from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING

from longread.types import Document

if TYPE_CHECKING:
    from pygments.lexer import Lexer

WHOLE = 300_000
"""Characters up to which a document is looked at as a whole."""
AROUND = 20_000
"""Characters before and after what is visible that are looked at in a longer one."""
LONG = re.compile(r"^[^\n]{2000,}", re.MULTILINE)
"""Lines at which nobody looks for colour, and in which patterns can run for ever."""
NAMES = {
    "ocamlinterface": "ocaml",
    "apex": "java", "astro": "html", "commonlisp": "common-lisp", "gitconfig": "ini",
    "gomod": "go", "jupyter": "json", "just": "make", "objcpp": "objective-c++",
    "rmarkdown": "markdown", "roff": "groff", "svelte": "html", "svg": "xml", "wasm": "wast",
    "ipython": "python", "requirements": "", "text": "", "pdf": "",
}  # fmt: skip
"""Our names of languages that Pygments calls otherwise; empty where colour would not help."""
KINDS = {
    "Comment": "comment", "Comment.Preproc": "builtin", "Comment.PreprocFile": "string",
    "Keyword": "keyword", "Operator.Word": "keyword", "Literal.String": "string",
    "Literal.Number": "number", "Literal.Date": "number", "Keyword.Constant": "number",
    "Name.Function": "definition", "Name.Class": "definition", "Name.Builtin": "builtin",
    "Name.Decorator": "builtin", "Name.Tag": "keyword", "Name.Attribute": "builtin",
    "Name.Exception": "builtin", "Name.Entity": "number",
    "Generic.Heading": "heading", "Generic.Subheading": "heading", "Generic.Strong": "strong",
    "Generic.Emph": "emphasis", "Generic.Inserted": "inserted", "Generic.Deleted": "deleted",
}  # fmt: skip
"""Token types that are told apart; a type below one of these counts as that one."""
ORDER = tuple(sorted(set(KINDS.values())))


@dataclass(slots=True)
class Words:
    """What stands where between two offsets of a text."""

    first: int = 0
    last: int = 0
    starts: array[int] = field(default_factory=lambda: array("Q"))
    ends: array[int] = field(default_factory=lambda: array("Q"))
    kinds: bytearray = field(default_factory=bytearray)

    def between(self, start: int, end: int) -> Iterator[tuple[int, int, str]]:
        """Yield the words that a range touches: where they stand, and their kind."""
        for n in range(bisect_right(self.ends, start), bisect_left(self.starts, end)):
            yield self.starts[n], self.ends[n], ORDER[self.kinds[n]]


def coloured(document: Document) -> bool:
    """Whether words of a document can be told apart."""
    if document.unit == "page" or not document.language or not document.text:
        return False
    return NAMES.get(document.language, document.language) != ""


def window(document: Document, first: int, last: int) -> tuple[int, int]:
    """Return the range to look at so that the words between two offsets are known.

    It begins where a segment does: there strings and comments seldom are open.
    """
    size = len(document.text)
    if size <= WHOLE:
        return 0, size
    segments = document.segments
    wanted = max(0, first - AROUND)
    found = bisect_right(segments, wanted, key=lambda s: s.start) - 1
    start = segments[found].start if found >= 0 else wanted
    if wanted - start > AROUND:
        start = wanted
    return start, min(size, last + AROUND)


def lex(document: Document, first: int, last: int, stopped: Callable[[], bool]) -> Words:
    """Tell the words between two offsets apart."""
    words = Words(first, last)
    lexer = _lexer(NAMES.get(document.language, document.language))
    if lexer is None:
        return words
    for start, end in _parts(document, first, last):
        kept = len(words.starts)
        odd = 0
        before = ""
        found = lexer.get_tokens_unprocessed(document.text[start:end])
        for number, (at, token, value) in enumerate(found):
            if not number % 256 and stopped():
                return words
            kind = _kind(token)
            if value.strip(" "):
                name = str(token)
                odd += kind == "error" or (name == before == "Token.Name")
                before = name
            if kind in KIND_NUMBERS and value:
                words.starts.append(start + at)
                words.ends.append(start + at + len(value))
                words.kinds.append(KIND_NUMBERS[kind])
        if odd > 1 and document.unit == "cell":
            # Names follow one another in a cell of prose, which reads badly as code.
            del words.starts[kept:], words.ends[kept:], words.kinds[kept:]
    return words


KIND_NUMBERS = {kind: number for number, kind in enumerate(ORDER)}


def _parts(document: Document, first: int, last: int) -> Iterator[tuple[int, int]]:
    """Yield the ranges that are looked at by themselves: cells, and what is between long lines."""
    cuts: set[int] = set()
    if document.unit == "cell":
        cuts = {s.start for s in document.segments if first < s.start < last}
    skipped: set[int] = set()
    for found in LONG.finditer(document.text, first, last):
        skipped.add(found.start())
        cuts |= set(found.span())
    at = first
    for cut in (*sorted(cuts - {first}), last):
        if at not in skipped and cut > at:
            yield at, cut
        at = cut


@cache
def _lexer(name: str) -> Lexer | None:
    from pygments.lexers import get_lexer_by_name
    from pygments.util import ClassNotFound

    try:
        return get_lexer_by_name(name, stripnl=False, ensurenl=False)
    except ClassNotFound:
        return None


@cache
def _kind(token: object) -> str:
    name = str(token).removeprefix("Token").removeprefix(".")
    if name == "Error":
        return "error"
    while name:
        if name in KINDS:
            return KINDS[name]
        name = name.rpartition(".")[0]
    return ""
