"""Bytes → text, with the name of the encoding. It never guesses where the bytes say it.

Line ends become "\\n", so that line numbers and quotes match on any machine; form feeds stay.
"""

from __future__ import annotations

import codecs
import re

MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
"""UTF-32 first: its mark begins with that of UTF-16."""
CONTROLS = bytes(set(range(32)) - set(b"\t\n\v\f\r\b\x1b\x1a")) + b"\x7f"
"""Bytes that text in no encoding read here holds, but for the odd one."""
SAMPLE = 65_536
"""Bytes by which an unnamed encoding is guessed."""
DECLARED = re.compile(
    rb"""^[^\n]*?(?:coding[:=]\s*|encoding\s*=\s*["']|charset\s*=\s*["']?)([-\w.]+)"""
    rb"""(?:[^\n]*\n)""",
)
PLAIN = re.compile(
    r"(iso-?8859-?|iso-?2022|latin-?|l\d|cp|windows-?|koi8|mac|euc|shift|sjis|gb|big5|ascii|us-ascii|hz|tis|johab)",
    re.IGNORECASE,
)
"""Declared encodings that are taken at their word. Others are not text encodings, or lie."""
DAMAGED = "utf-8, damaged"
MARK = re.compile(r"§([0-9]{1,9})")


def decode(data: bytes, encoding: str = "") -> tuple[str, str]:
    """Return the text of `data` and its encoding; both empty where it is no text.

    With `encoding`, as returned for the same bytes before, nothing is guessed.
    """
    if not encoding:
        encoding = _encoding(data)
    if not encoding:
        return "", ""
    if encoding == "utf-8":
        text = data.decode()
    elif encoding == DAMAGED:
        text = data.decode("utf-8", "replace")
    else:
        text = data.decode(encoding)
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    return text, encoding


def count_lines(text: str) -> int:
    """Return how many lines an editor would number."""
    return text.count("\n") + (not text.endswith("\n") if text else 0)


def marks_in(text: str) -> tuple[str, ...]:
    """Return the digits that stand behind "§" in a text: no boundary may be drawn with them."""
    return tuple(sorted(set(MARK.findall(text)))) if "§" in text else ()


def _encoding(data: bytes) -> str:
    for mark, name in MARKS:
        if data.startswith(mark) and _fits(data, name):
            return name
    if b"\0" in data:
        return ""
    controls = len(data) - len(data.translate(None, CONTROLS))
    if controls > len(data) // 50:
        return ""
    if data.isascii() or _fits(data, "utf-8"):
        return "utf-8"
    declared = _declared(data)
    if declared and _fits(data, declared):
        return declared
    if _mostly_utf8(data):
        return DAMAGED
    return _guessed(data)


def _declared(data: bytes) -> str:
    for line in data.split(b"\n", 2)[:2]:
        said = DECLARED.match(line[:500] + b"\n")
        if said and PLAIN.match(name := said[1].decode("ascii", "replace")):
            try:
                return codecs.lookup(name).name
            except LookupError:
                return ""
    return ""


def _mostly_utf8(data: bytes) -> bool:
    """Whether a few bad bytes stand among many good letters of UTF-8."""
    text = data.decode("utf-8", "replace")
    bad = text.count("\ufffd")
    good = len(text) - len(text.encode("ascii", "ignore")) - bad
    return bad * 10 < good


def _guessed(data: bytes) -> str:
    from charset_normalizer import from_bytes

    first = max(0, re.search(rb"[\x80-\xff]", data).start() - SAMPLE // 4)  # type: ignore[union-attr]
    sample = data[first : first + SAMPLE]
    found = from_bytes(sample)
    best = found.best()
    if best is None:
        return ""
    likely = {m.encoding for m in found if (m.chaos, m.coherence) == (best.chaos, best.coherence)}
    likely.update(best.could_be_from_charset)
    # Of those that are as likely: French reads as well with the letters of Prague.
    first = "cp1252" if "cp1252" in likely else best.encoding
    for name in (first, *best.could_be_from_charset, "cp1252", "latin-1"):
        if _fits(data, name):
            return codecs.lookup(name).name
    return ""


def _fits(data: bytes, encoding: str) -> bool:
    try:
        return "\0" not in data.decode(encoding)
    except (UnicodeError, LookupError):
        return False
