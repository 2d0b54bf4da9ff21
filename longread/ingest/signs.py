"""Characters that a Word file names by their place in a font of signs (Symbol, Wingdings)."""

from __future__ import annotations

import re

FONT = re.compile("[\uf020-\uf0ff]")
"""Where Word keeps the characters of such fonts: 0xF000 and the place in the font."""
WINGDINGS = {
    0xA8: "☐", 0x6F: "☐", 0x71: "☐", 0xFE: "☒", 0xFD: "☒", 0x78: "☒", 0xFC: "✓", 0xB7: "•",
    0xA7: "•", 0xE0: "→", 0xDF: "←",
}  # fmt: skip
"""What forms and lists use of Wingdings, and the bullet of any font."""
SYMBOL = dict(
    enumerate(
        "!∀#∃%&∋()∗+,−./0123456789:;<=>?≅ΑΒΧΔΕΦΓΗΙϑΚΛΜΝΟΠΘΡΣΤΥςΩΞΨΖ[∴]⊥_‾αβχδεφγηιϕκλμνοπθρστυϖωξψζ"
        "{|}∼",
        start=0x21,
    )
) | dict(
    enumerate(
        "€ϒ′≤⁄∞ƒ♣♦♥♠↔←↑→↓°±″≥×∝∂•÷≠≡≈…⏐⎯↵ℵℑℜ℘⊗⊕∅∩∪⊃⊇⊄⊂⊆∈∉∠∇®©™∏√⋅¬∧∨⇔⇐⇑⇒⇓◊〈®©™∑⎛⎜⎝⎡⎢⎣⎧⎨⎩⎪",
        start=0xA0,
    )
) | dict(enumerate("〉∫⌠⎮⌡⎞⎟⎠⎤⎥⎦⎫⎬⎭", start=0xF1))  # fmt: skip
"""Adobe's Symbol, by its encoding (symbol.txt of unicode.org, 1997)."""


def sign(place: int, font: str, otherwise: str = "•") -> str:
    """Return the character at a place of a font, to which 0xF000 may be added."""
    place &= 0xFF
    if font.casefold() == "symbol" and place in SYMBOL:
        return SYMBOL[place]
    return WINGDINGS.get(place, otherwise)


def signed(text: str, font: str) -> str:
    """Return text with the characters of such fonts as what they show, where that is known."""
    if not FONT.search(text):
        return text
    return FONT.sub(lambda found: sign(ord(found[0]), font, found[0]), text)
