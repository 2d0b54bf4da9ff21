"""Text that a page hides under boxes. It runs in a worker process and nowhere else.

A box drawn over words takes them from the reader's eye and leaves them in the file. What nobody
was meant to read is not used: a mark stands in its place. A letter counts as hidden where a shape
was filled over it, or a dark one under it, and the page, as drawn, shows that fill there and
nothing else. So white words on a black bar stay, and words on the shading of a table.
"""

from __future__ import annotations

from ctypes import c_double, c_int
from itertools import groupby
from typing import Any

from pypdfium2 import raw

from longread.ingest.shapes import DARK, EVEN, LAST, Box, Covers, address

MARK = "[redacted]"
SCALE = 2.0
"""Pixels a point at which a page with boxes is drawn."""
PIXELS = 20_000_000
"""Of a page at most."""
AROUND = 0.5
"""Points around a letter that are looked at where a shape may not fill its box: a dash by itself
is as even as a box."""
SAMPLES = 64
"""Rows and columns of pixels of one letter that are looked at, at most."""
UNSEEN = 3
"""Mode of text that draws nothing, as that of a scan that was recognised."""


def visible_text(page: Any, writing: Any, over: Covers) -> tuple[str, int]:  # untyped
    """Return a page's text with marks for what is hidden, and how many letters that is.

    The text is empty where nothing is.
    """
    states = _states(page, writing, over)
    if not any(states):
        return "", 0
    pieces: list[str] = []
    first, hidden = 0, 0
    for is_hidden, run in groupby(states):
        length = len([*run])
        piece = writing.get_text_range(first, length)
        # The line to write on, under a field of a form, says nothing.
        if is_hidden and any(map(str.isalnum, piece)):
            hidden += length
            piece = MARK
        pieces.append(piece)
        first += length
    return ("".join(pieces), hidden) if hidden else ("", 0)


def _states(page: Any, writing: Any, over: Covers) -> list[bool]:
    """Return of each character of a page whether it is hidden.

    A blank, which draws nothing, goes with the letters on both sides; a line's end stays.
    """
    picture = None
    states: list[bool] = []
    blanks: list[int] = []
    for at in range(writing.count_chars()):
        letter = chr(raw.FPDFText_GetUnicode(writing, at))
        hidden = False
        if letter.isspace():
            blanks += [at] if letter not in "\r\n" else []
        elif over.field.holds(*_middle(place := _place(writing, at))):
            picture = picture or _Picture(page)
            hidden = _is_hidden(place, raw.FPDFText_GetTextObject(writing, at), over, picture)
        states.append(hidden)
    for at in blanks:
        states[at] = at > 0 and states[at - 1] and any(states[at + 1 : at + 2])
    return states


def _is_hidden(place: Box, text: Any, over: Covers, picture: _Picture) -> bool:
    low, high = picture.shades(place)
    if high >= DARK and high - low > EVEN:
        return False
    order = over.orders.get(address(text), LAST - 1)
    if raw.FPDFTextObj_GetTextRenderMode(text) == UNSEEN and high >= DARK:
        return False
    middle = _middle(place)
    return any(
        cover.order > order
        and cover.darkest <= low <= high <= cover.brightest
        and _is_within(middle, cover.box)
        and (cover.whole or picture.is_even(place))
        for cover in reversed(over.shapes)
    )


def _place(writing: Any, at: int) -> Box:
    left, right, bottom, top = (c_double() for _ in range(4))
    raw.FPDFText_GetCharBox(writing, at, left, right, bottom, top)
    return Box(left.value, bottom.value, right.value, top.value)


def _middle(place: Box) -> tuple[float, float]:
    return (place.left + place.right) / 2, (place.bottom + place.top) / 2


def _is_within(point: tuple[float, float], box: Box) -> bool:
    return box.left <= point[0] <= box.right and box.bottom <= point[1] <= box.top


class _Picture:
    """A page as it is drawn, in grey."""

    def __init__(self, page: Any) -> None:
        width, height = page.get_size()
        self._scale = min(SCALE, (PIXELS / max(width * height, 1)) ** 0.5)
        self._page = page
        self._drawn = page.render(scale=self._scale, grayscale=True)
        self._size = self._drawn.width, self._drawn.height
        self._pixels = memoryview(self._drawn.buffer).cast("B")

    def shades(self, place: Box) -> tuple[int, int]:
        """Return the darkest and the brightest pixel of a place, but for its very edge."""
        left, top, right, bottom = self._pixels_of(place)
        if right - left > 4:
            left, right = left + 1, right - 1
        if bottom - top > 4:
            top, bottom = top + 1, bottom - 1
        return self._range(left, top, right, bottom)

    def is_even(self, place: Box) -> bool:
        """Whether a place shows one colour alone, a little around it too."""
        wider = Box(
            place.left - AROUND, place.bottom - AROUND, place.right + AROUND, place.top + AROUND
        )
        low, high = self._range(*self._pixels_of(wider))
        return high - low <= EVEN or high < DARK

    def _range(self, left: int, top: int, right: int, bottom: int) -> tuple[int, int]:
        width, height = self._size
        left, right = min(max(left, 0), width - 1), max(min(right, width - 1), 0)
        top, bottom = min(max(top, 0), height - 1), max(min(bottom, height - 1), 0)
        low, high = 255, 0
        for row in range(top, bottom + 1, (bottom - top) // SAMPLES + 1):
            start = row * self._drawn.stride
            line = self._pixels[start + left : start + right + 1 : (right - left) // SAMPLES + 1]
            low, high = min(low, *line), max(high, *line)
            if high >= DARK and high - low > EVEN:
                break
        return low, high

    def _pixels_of(self, place: Box) -> tuple[int, int, int, int]:
        """Return the pixels left, top, right and bottom."""
        (x, y), (x2, y2) = (
            self._pixel(place.left, place.top),
            self._pixel(place.right, place.bottom),
        )
        return min(x, x2), min(y, y2), max(x, x2), max(y, y2)

    def _pixel(self, x: float, y: float) -> tuple[int, int]:
        across, down = c_int(), c_int()
        raw.FPDF_PageToDevice(self._page, 0, 0, *self._size, 0, x, y, across, down)
        return across.value, down.value
