"""What pypdf, a reader in Python, says of one PDF. It runs in a worker process and nowhere else.

It is slow, and sometimes the only one that can. Where letters stand it does not say well enough
to tell whether a box hides them; it tells whether one may.
"""

from __future__ import annotations

import re
import struct
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from io import BytesIO
from typing import TYPE_CHECKING, Any

from longread.ingest.cleaning import clean
from longread.ingest.libraries import DAMAGED, SCANNED, UNREAD, Mark, Page, UnreadableError

if TYPE_CHECKING:
    from pypdf import PageObject

DAMAGE = (
    ArithmeticError, AssertionError, AttributeError, LookupError, OSError, RuntimeError,
    StopIteration, TypeError, ValueError, struct.error, zlib.error,
)  # fmt: skip
"""What pypdf raises, besides its own errors, on files that are not what they say."""
GLYPH = re.compile(r"/[\w.]+ ?")
"""What pypdf writes for a shape of which it knows no letter: its name."""
WRITES = frozenset((b"Tj", b"TJ", b"'", b'"'))
FILLS = frozenset((b"f", b"F", b"f*", b"B", b"B*", b"b", b"b*"))
ENDS = FILLS | {b"S", b"s", b"n"}
LEAST = 4.0
"""Points that a rectangle is wide and high at least; less is a rule or an underline."""
COMMENTS = frozenset(
    ("/Square", "/Circle", "/Polygon", "/Ink", "/Highlight", "/Stamp", "/FreeText")
)


class Pypdf:
    """A PDF that pypdf has opened."""

    def __init__(self, data: bytes, passwords: Sequence[str], most: int) -> None:
        """Open it; of pages with more than `most` characters none is read.

        Raises:
            UnreadableError: it cannot be opened.
        """
        import pypdf

        self._most = most
        try:
            self._pdf = pypdf.PdfReader(BytesIO(data))
            locked = self._pdf.is_encrypted and not any(
                self._pdf.decrypt(password) for password in ("", *passwords)
            )
            if not locked:
                self.count = len(self._pdf.pages)
        except (pypdf.errors.PyPdfError, *DAMAGE):
            raise UnreadableError(DAMAGED) from None
        except MemoryError:
            raise UnreadableError("memory") from None
        if locked:
            raise UnreadableError("needs password")
        if not self.count:
            raise UnreadableError(DAMAGED)
        self._errors = (pypdf.errors.PyPdfError, *DAMAGE)

    def labels(self) -> Sequence[str]:
        try:
            return self._pdf.page_labels if "/PageLabels" in self._pdf.root_object else ()
        except self._errors:
            return ()

    def about(self) -> Mapping[str, str]:
        try:
            found: Mapping[str, object] = self._pdf.metadata or {}
            return {str(key).lstrip("/"): str(found[key]) for key in found}
        except self._errors:
            return {}

    def outline(self) -> Iterator[Mark]:
        try:
            yield from self._marks(self._pdf.outline, 0)
        except self._errors:
            return

    def _marks(self, marks: Sequence[Any], depth: int) -> Iterator[Mark]:
        for mark in marks:
            if isinstance(mark, list):
                yield from self._marks(mark, depth + 1)
            else:
                at = self._pdf.get_destination_page_number(mark)
                yield depth, str(mark.title), 0 if at is None else at + 1

    def attachments(self) -> Iterator[str]:
        try:
            yield from self._pdf.attachments
        except self._errors:
            return

    def page(self, at: int) -> Page:
        watch = Watch()
        try:
            page = self._pdf.pages[at]
            text = page.extract_text(visitor_operand_before=watch.see)
        except self._errors:
            return Page("", DAMAGED)
        except MemoryError:
            return Page("", "memory")
        if len(text) > self._most:
            return Page("", "too much text")
        text = clean(text)
        if not text:
            return Page("", self._lack(page))
        if 2 * sum(map(len, GLYPH.findall(text))) > len(text):
            return Page("", UNREAD)
        return Page(text, unsure=watch.covers or self._has_comments(page))

    def _lack(self, page: PageObject) -> str:
        try:
            return SCANNED if page.images.keys() else "blank"
        except self._errors:
            return "blank"

    def _has_comments(self, page: PageObject) -> bool:
        try:
            return any(note.get_object()["/Subtype"] in COMMENTS for note in page.annotations or ())
        except self._errors:
            return True


@dataclass(slots=True)
class Watch:
    """What is drawn on a page while it is read."""

    written: bool = False
    wide: bool = False
    """Whether the path that is being drawn may cover words."""
    covers: bool = False
    """Whether something was filled after words were written."""

    def see(self, operator: bytes, operands: Sequence[Any], *_: object) -> None:
        """Take note of one operation, as pypdf calls visitors."""
        if operator in WRITES:
            self.written = True
        elif operator == b"re" and len(operands) == 4:
            self.wide |= min(abs(float(side)) for side in operands[2:]) >= LEAST
        elif operator in (b"l", b"c", b"v", b"y"):
            self.wide = True
        elif operator in ENDS:
            self.covers |= self.written and self.wide and operator in FILLS
            self.wide = False
