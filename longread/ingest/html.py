"""HTML → lines of the text that a reader sees. It runs in a worker process and nowhere else.

Lexbor parses as browsers do, whatever is left open or nested wrongly. Nothing is fetched and no
script runs. What a style sheet hides is not known to be hidden; what an element itself says of
that is.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator, Mapping

from selectolax.lexbor import LexborHTMLParser, LexborNode

from longread.ingest.formulas import Formula
from longread.ingest.numbering import spelled
from longread.ingest.text import decode
from longread.ingest.writer import Writer, raised

UNSEEN = frozenset(
    "head script style template noscript title meta link iframe object embed canvas audio video"
    " select datalist desc defs metadata symbol annotation annotation-xml".split()
)
"""Elements whose text no browser shows as text."""
EMBEDDED = frozenset(("iframe", "object", "embed", "canvas", "audio", "video"))
"""Those of them that show something that is not read."""
TINY = 3
"""Pixels of a side of a picture that nobody is meant to see."""
BLOCKS = frozenset(
    "address article aside blockquote body center dd details dialog dir div dl dt fieldset"
    " figcaption figure footer form header hgroup hr html legend li main menu nav ol p pre"
    " search section summary text ul caption".split()
)
"""Elements that begin and end a line."""
HEADINGS = {f"h{level}": level for level in range(1, 7)}
STRUCK = frozenset(("del", "s", "strike"))
HIDDEN = re.compile(
    r"display\s*:\s*none|opacity\s*:\s*0(?:\.0+)?%?\s*(?:;|$)|content-visibility\s*:\s*hidden",
    re.IGNORECASE,
)
"""What hides an element with all that is in it."""
VISIBILITY = re.compile(r"(?<![-\w])visibility\s*:\s*(\w+)", re.IGNORECASE)
SIZE = re.compile(r"font-size\s*:\s*([^;]+)", re.IGNORECASE)
NO_SIZE = re.compile(r"0(?:\.0*)?(?![.\d])")
RELATIVE = re.compile(
    r"(?:[\d.]+(?:em|ex|ch|%)|inherit|unset|larger|smaller)\b|[\d.]+%", re.IGNORECASE
)
"""Sizes that are nothing where the size around them is."""
KATEX = "katex-html"
"""Class of a formula that stands beside it as MathML too."""
TEX = 'annotation[encoding="application/x-tex"]'
FORMULAS: dict[str, tuple[str | None, ...]] = {
    "mfrac": ("", "under"), "msup": (None, "above"), "msub": (None, "below"),
    "msubsup": (None, "below", "above"), "munder": (None, "below"), "mover": (None, "above"),
    "munderover": (None, "below", "above"), "mroot": ("", "degree"),
}  # fmt: skip
"""By element of MathML, what each of its children is to `Formula`."""
NO_MARKS = re.compile(r"list-style(?:-type)?\s*:\s*none", re.IGNORECASE)
CHARSET = re.compile(rb"""<meta\b[^>]*?charset\s*=\s*["']?\s*([-\w.:]+)""", re.IGNORECASE)
PRESCAN = 4096
"""Bytes in which a page says its encoding; the standard has 1,024, and pages have more before."""
ASCII = bytes(range(32, 127)).replace(b"\\", b"") + rb"\n\u0041"
"""What reads the same in every encoding of web pages."""
WESTERN = frozenset(("ascii", "iso8859-1", "latin-1"))
"""Encodings that stand for Windows-1252 on the web (encoding.spec.whatwg.org)."""


def convert(data: bytes, most: int) -> dict[str, object]:
    """Return text, headings and encoding of a page, or the reason why there is none.

    Raises:
        TooMuchError: it has more than `most` characters.
    """
    text, encoding = _decoded(data)
    if not encoding:
        return {"reason": "binary"}
    page = Page(most)
    page.read(LexborHTMLParser(text))
    made, headings = page.writer.finish()
    notes = []
    if page.hidden:
        noun = "character" if page.hidden == 1 else "characters"
        notes.append(f"hidden text left out: {page.hidden:,} {noun}")
    if page.pictures:
        notes.append(f"pictures not read: {page.pictures:,}")
    if page.embedded:
        notes.append(f"embedded parts not read: {page.embedded:,}")
    reason = "" if made else "no text that a reader sees"
    return {"text": made, "headings": headings, "encoding": encoding, "notes": notes,
            "reason": reason}  # fmt: skip


def _decoded(data: bytes) -> tuple[str, str]:
    """Return a page's text and its encoding: by its mark, as UTF-8, as it says, or by a guess.

    UTF-8 comes before what a page says of itself: letters of another encoding hardly ever spell
    UTF-8, and many pages were re-encoded by a program that left their heads alone.
    """
    said = CHARSET.search(data[:PRESCAN])
    if said and not data.startswith((codecs.BOM_UTF8, codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        try:
            name = codecs.lookup(said[1].decode()).name
            name = "cp1252" if name in WESTERN else name
            # UTF-16 without a mark is none, as browsers know; Python's escapes are no encoding.
            sound = name == "hz" or ASCII.decode(name) == ASCII.decode()
            if sound and (name.startswith("iso2022") or not _is_utf8(data)):
                return data.decode(name), name
        except (LookupError, ValueError):
            pass
    return decode(data)


def _is_utf8(data: bytes) -> bool:
    try:
        data.decode()
    except ValueError:
        return False
    return True


class Page:
    """A page on its way to lines."""

    def __init__(self, most: int) -> None:
        self.writer = Writer(most)
        self.hidden = 0
        """Characters that an element itself hides."""
        self.pictures = self.embedded = 0
        self._lists: list[tuple[str, int, int]] = []
        """Type, next number and step of each list that is open."""
        self._raised = self._verbatim = self._struck = 0
        self._unseen = [(False, False)]
        """Of each element that is open, whether its own words are invisible, or of no size."""
        self._formula = Formula(self.writer)

    def read(self, tree: LexborHTMLParser) -> None:
        """Walk through the page."""
        left_out = ""
        depth = 0
        for node, is_start in _walk(tree.root):
            tag = node.tag or ""
            if depth:
                depth += 1 if is_start else -1
                if left_out == "hidden" and node.is_text_node and is_start:
                    self.hidden += len((node.text_content or "").strip())
            elif tag.startswith("-"):
                if node.is_text_node and is_start:
                    self._say(node.text_content or "")
            elif not is_start:
                self._end(tag)
                self._close(node, tag)
            elif left_out := self._left_out(node, tag):
                depth = 1
                self.embedded += tag in EMBEDDED and left_out == "unseen"
            else:
                self._open(node, tag)
                self._begin(tag, node.attributes)

    def _left_out(self, node: LexborNode, tag: str) -> str:
        """Say why an element is not read; TeX that it holds is written in its place."""
        if tag in UNSEEN:
            return "unseen"
        about = node.attributes
        if "hidden" in about or HIDDEN.search(about.get("style") or ""):
            return "hidden"
        if KATEX in (about.get("class") or "").split():
            return "twice"
        if tag == "math":
            note = node.css_first(TEX)
            if tex := about.get("alttext") or (note.text() if note else ""):
                self._say(f" {tex.strip()} ")
                return "written"
        return ""

    def _open(self, node: LexborNode, tag: str) -> None:
        """Take what an element is to formulas, and what it says of being seen."""
        if tag in ("msqrt", "mroot"):
            self._say("√")
        if (part := _part(node, tag)) is not None:
            self._formula.open(part)
        invisible, small = self._unseen[-1]
        style = node.attributes.get("style") or ""
        if said := VISIBILITY.search(style):
            invisible = said[1].lower() in ("hidden", "collapse")
        if (said := SIZE.search(style)) and not (small and RELATIVE.match(said[1].strip())):
            small = NO_SIZE.match(said[1].strip()) is not None
        self._unseen.append((invisible, small))

    def _close(self, node: LexborNode, tag: str) -> None:
        self._unseen.pop()
        if _part(node, tag) is not None:
            self._formula.close()

    def _say(self, text: str) -> None:
        if any(self._unseen[-1]):
            self.hidden += len(text.strip())
        elif self._verbatim:
            self.writer.verbatim(text, self._struck > 0)
        else:
            self.writer.say(raised(text) if self._raised else text, self._struck > 0)

    def _begin(self, tag: str, about: Mapping[str, str | None]) -> None:
        writer = self.writer
        if tag in BLOCKS or tag in HEADINGS:
            writer.end_line()
        match tag:
            case "table":
                writer.open_table()
            case "tr" if writer.in_table:
                writer.open_row()
            case "td" | "th" if writer.in_table:
                writer.open_cell(_number(about, "colspan"), _number(about, "rowspan"))
            case "ol" | "ul" | "menu" | "dir":
                self._open_list(tag, about)
            case "li":
                self._number_item(about)
            case "pre" | "listing" | "xmp":
                self._verbatim += 1
            case "sup":
                self._raised += 1
            case "br":
                writer.break_line()
            case "img":
                self.pictures += _says_something(about)
            case "q":
                writer.say("“")
            case _ if tag in STRUCK:
                self._struck += 1
            case _ if tag in HEADINGS:
                writer.heading(HEADINGS[tag])

    def _end(self, tag: str) -> None:
        writer = self.writer
        match tag:
            case "table":
                writer.close_table()
            case "td" | "th" if writer.in_table:
                writer.close_cell()
            case "ol" | "ul" | "menu" | "dir":
                self._lists.pop()
            case "pre" | "listing" | "xmp":
                self._verbatim -= 1
            case "sup":
                self._raised -= 1
            case "q":
                writer.say("”")
            case _ if tag in STRUCK:
                self._struck -= 1
        if tag in BLOCKS or tag in HEADINGS:
            writer.end_line()
            if tag == "li" or tag in HEADINGS:
                writer.forget()

    def _open_list(self, tag: str, about: Mapping[str, str | None]) -> None:
        kind = "-"
        if NO_MARKS.search(about.get("style") or ""):
            kind = ""
        elif tag == "ol":
            kind = about.get("type") or "1"
        backwards = "reversed" in about
        start = _number(about, "start", 1)
        self._lists.append((kind, start, -1 if backwards else 1))

    def _number_item(self, about: Mapping[str, str | None]) -> None:
        kind, at, step = self._lists[-1] if self._lists else ("-", 0, 1)
        at = _number(about, "value", at)
        if self._lists:
            self._lists[-1] = kind, at + step, step
        self.writer.number(kind if kind in ("", "-") else f"{spelled(at, kind)}.")


def _walk(root: LexborNode | None) -> Iterator[tuple[LexborNode, bool]]:
    """Yield each node where it begins and where it ends; no depth is too great."""
    above: list[LexborNode] = []
    node = root
    while node is not None:
        yield node, True
        if (child := node.first_child) is not None:
            above.append(node)
            node = child
            continue
        yield node, False
        while above and node.next is None:
            node = above.pop()
            yield node, False
        node = node.next if above else None


def _part(node: LexborNode, tag: str) -> str | None:
    """Return what an element of MathML is to the formula around it; None for most."""
    if tag == "msqrt":
        return ""
    above = node.parent
    parts = FORMULAS.get((above.tag or "") if above else "")
    if not parts:
        return None
    at, before = 0, node.prev
    while before is not None and at < len(parts):
        at += not (before.tag or "-").startswith("-")
        before = before.prev
    return parts[at] if at < len(parts) else None


def _says_something(about: Mapping[str, str | None]) -> bool:
    """Whether a picture may: decoration is without words for it, and what counts visits is tiny."""
    tiny = any(_number(about, side, TINY + 1) <= TINY for side in ("width", "height"))
    return not tiny and about.get("alt", "?") != "" and bool(about.get("src"))


def _number(about: Mapping[str, str | None], name: str, otherwise: int = 1) -> int:
    found = re.match(r"\s*([+-]?\d{1,6})", about.get(name) or "")
    return int(found[1]) if found else otherwise
