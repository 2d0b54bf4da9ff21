"""What the libraries that read PDFs have in common: what they say of a page, and why not.

It opens no file, and knows neither library.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple, Protocol

DAMAGED = "damaged"
SCANNED = "scan without text"
"""How the reason of a page begins that is a picture."""
UNREAD = "text of unknown letters"
"""Why a page has no text that shows some: its fonts do not say what their shapes stand for."""
UNSURE = frozenset((DAMAGED, UNREAD, "memory"))
"""Reasons of one library for which the other is asked."""
Mark = tuple[int, str, int]
"""A bookmark: depth from 0, title, physical page from 1 or 0 where it names none."""


class UnreadableError(Exception):
    """A file that one library cannot open: "needs password", "damaged" or "memory"."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Page(NamedTuple):
    """What a library read on a page."""

    text: str
    """Cleaned."""
    reason: str = ""
    """Why there is none, or hardly any."""
    hidden: int = 0
    """Letters that boxes hide, for which marks stand in the text."""
    typed: bool = False
    """Whether some of the text was typed over the page, as into a form."""
    unsure: bool = False
    """Whether boxes may hide some of the text and nothing could tell."""


class Reader(Protocol):
    """A PDF that one library has opened."""

    count: int

    def labels(self) -> Sequence[str]:
        """Return the printed page numbers, or nothing where the file gives none."""
        ...

    def about(self) -> Mapping[str, str]:
        """Return its metadata: Title, Author, CreationDate and the like."""
        ...

    def outline(self) -> Iterator[Mark]:
        """Yield its bookmarks in order."""
        ...

    def attachments(self) -> Iterator[str]:
        """Yield the names of files that it carries."""
        ...

    def page(self, at: int) -> Page:
        """Return one page, counted from 0."""
        ...
