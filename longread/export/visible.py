"""Text from files and models made harmless: nothing in it can steer, reorder or hide.

Every front end shows what it did not write itself through these.
"""

from __future__ import annotations

import re

STEERING = (
    "\x7f-\x9f"
    # What reorders or hides text: marks of direction, line separators, tags, no width. Of the
    # selectors that a font may need, only the two that emoji have are left.
    "\u00ad\u034f\ufe00-\ufe0d\U000e0100-\U000e01ef\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u2028-\u202e\u2060-\u206f"
    "\u3164\ufeff\uffa0\ufff9-\ufffb\U000e0000-\U000e007f"
    # Bytes that were not UTF-8, which can be neither shown nor written.
    "\ud800-\udfff"
)
"""Characters beyond ASCII's controls, as in a regular expression's brackets."""

CONTROLS = re.compile(f"[\x00-\x08\x0b-\x1f{STEERING}]")


def visible(text: str) -> str:
    """Return text in which control characters are pictures or escapes; lines and tabs stay."""
    return CONTROLS.sub(picture, text.replace("\r\n", "\n"))


def line(text: str) -> str:
    """Return text made visible, on one line: for paths, titles and quotes."""
    return visible(text).replace("\n", "␊").replace("\t", "␉")


def picture(found: re.Match[str]) -> str:
    """Return what stands for one such character: "␛", or "\\u202e"."""
    code = ord(found[0])
    if code < 0x20:
        return chr(0x2400 + code)
    if code == 0x7F:
        return "␡"
    if code < 0x100:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
