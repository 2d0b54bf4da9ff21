"""PDFs read page by page in worker processes, so that no file can hang or end the program.

Text comes from PDFium; pypdf reads what PDFium cannot. A file or a page that cannot be read is
reported with its reason, never raised. Nothing is written, and no page is looked at as a picture.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from longread.config import Library
from longread.ingest.pages import Bookmark, PageText, lay_out
from longread.ingest.pool import Account, Pool, WorkerError

__all__ = ["LIMITS", "VERSION", "Limits", "PageText", "PdfText", "boxes", "lay_out", "read_many"]

VERSION = 4
"""Raised whenever the same bytes give other text or segments."""

Box = tuple[float, float, float, float]
"""Left, bottom, right, top, in points from the page's lower left corner."""
NAMED = 10
"""Attachments named in a note."""
READERS = "longread.ingest.readers"
"""Imported by workers alone."""
PATIENCE = 3
"""Pages that may be lost before a file's bad pages get no second tries."""


@dataclass(frozen=True, slots=True)
class PdfText:
    """What could be read of one PDF."""

    pages: tuple[PageText, ...]
    reason: str
    """Why it could not be opened; empty when it was."""
    about: tuple[tuple[str, str], ...] = ()
    """Its metadata: Title, Author, CreationDate and the like, as they are written there."""
    outline: tuple[Bookmark, ...] = ()
    attachments: tuple[str, ...] = ()
    """Names of the files that it carries, which are not read."""

    @property
    def notes(self) -> tuple[str, ...]:
        """What a reader should know of it, as in `Entry`."""
        if not self.attachments:
            return ()
        named = ", ".join(self.attachments[:NAMED]) + (", …" if self.attachments[NAMED:] else "")
        return (f"attachments not read: {named}",)


@dataclass(frozen=True, slots=True)
class Limits:
    """What one file may take. Seconds are CPU seconds, so a busy machine reads the same."""

    page_seconds: float = 20.0
    """For opening the file, and for each page."""
    file_seconds: float = 300.0
    memory: int = 1 << 30
    """Resident bytes of the worker that reads it."""
    size: int = 512 << 20
    """Bytes of the file."""
    pages: int = 100_000
    page_characters: int = 1_000_000
    file_characters: int = 50_000_000


LIMITS = Limits()


def read_many(
    files: Iterable[tuple[str, bytes]],
    passwords: tuple[str, ...] = (),
    limits: Limits = LIMITS,
    workers: int = 0,
    library: Library = "pdfium",
) -> Iterator[tuple[str, PdfText]]:
    """Yield each file's name and text, in the order in which they are done.

    `files` is advanced only as far as workers have room. Leaving the iteration early ends the
    workers, of which there is one a core unless `workers` says otherwise. What `library` cannot
    open, the other one may.
    """
    pool = Pool(READERS, "answer", limits.memory)
    yield from pool.spread(
        (
            (name, len(data), Reading(pool, data, passwords, limits, preferred=library).run)
            for name, data in files
        ),
        workers,
    )


def _said(
    opening: Mapping[str, object],
) -> tuple[tuple[tuple[str, str], ...], tuple[Bookmark, ...], tuple[str, ...]]:
    """Return metadata, bookmarks and attachments from what a worker told."""
    match opening:
        case {"about": dict(about), "outline": list(marks), "attachments": list(names)}:
            bookmarks = [mark for mark in map(_bookmark, marks) if mark]
            kept = sorted((str(key), str(value)) for key, value in about.items())
            return tuple(kept), tuple(bookmarks), tuple(map(str, names))
    return (), (), ()


def _bookmark(told: object) -> Bookmark | None:
    match told:
        case [int(depth), str(title), int(page)]:
            return Bookmark(depth, title, page)
    return None


def boxes(
    data: bytes,
    page: int,
    start: int,
    end: int,
    passwords: tuple[str, ...] = (),
    limits: Limits = LIMITS,
) -> tuple[Box, ...]:
    """Return the rectangles, one a line or more, in which a range of a page's text stands.

    Empty where PDFium has no such text: another library read it, or it was masked since.

    Args:
        page: physical page, from 1.
        start, end: characters of the page's cleaned text.
    """
    request = {"reader": "pdfium", "preferred": "pdfium", "passwords": passwords, "first": page - 1}
    request |= {"most_pages": limits.pages, "most_characters": limits.page_characters}
    account = Account(limits.page_seconds, limits.file_seconds)
    with Pool(READERS, "answer", limits.memory) as pool:
        try:
            replies = list(pool.ask({**request, "within": (start, end)}, data, account))
        except WorkerError:
            return ()
    match replies:
        case [*_, {"boxes": list(found)}]:
            return tuple([(float(a), float(b), float(c), float(d)) for a, b, c, d in found])
    return ()


@dataclass(slots=True)
class Reading:
    """One file on its way through as many workers as it takes."""

    pool: Pool
    data: bytes = field(repr=False)
    passwords: tuple[str, ...]
    limits: Limits
    pages: list[PageText] = field(default_factory=list)
    count: int | None = None
    """Pages it has; None until it was opened."""
    labels: Sequence[str] = ()
    opening: Mapping[str, object] = field(default_factory=dict)
    """What the file says of itself."""
    reason: str = ""
    characters: int = 0
    lost: int = 0
    blame: str = ""
    """Why one library was lost on the page that the other is asked for."""
    preferred: Library = "pdfium"
    reader: str = ""
    """Who opens it: the library preferred, until a worker said that it could not."""

    def __post_init__(self) -> None:
        self.reader = self.preferred

    def run(self) -> PdfText:
        """Read the file; every page that it has is in the result."""
        if len(self.data) > self.limits.size:
            return PdfText((), "too large")
        if b"%PDF" not in self.data[:1024] and b" obj" not in self.data:
            return PdfText((), "not a PDF")
        account = Account(self.limits.page_seconds, self.limits.file_seconds)
        while not (self._over or account.overdrawn or self.pool.closed):
            self._read_on(account)
        if self.count is None:
            return PdfText((), self.reason or "timeout")
        while len(self.pages) < self.count:
            self._lose("timeout")
        return PdfText(tuple(self.pages), "", *_said(self.opening))

    @property
    def _over(self) -> bool:
        if self.count is None:
            return bool(self.reason)
        return len(self.pages) >= self.count

    def _read_on(self, account: Account) -> None:
        """Read on from the first page that is missing, until the end or a page that is lost.

        A worker that died gets one successor, for it may have been worn out or killed; then
        the other library tries that page alone. A file that has lost several pages gets no
        second tries.
        """
        at, hung, reason = len(self.pages), set[str](), ""
        other = "pypdf" if self.preferred == "pdfium" else "pdfium"
        for turn in (self.preferred, self.preferred, other, other):
            reader = other if self.reader == other else turn
            if reader in hung or (self.lost >= PATIENCE and reason):
                continue
            alone = self.count is not None and reader != self.reader
            self.blame = reason if alone else ""
            try:
                for reply in self.pool.ask(self._request(reader, alone), self.data, account):
                    self._take(reply)
                reason = "damaged"
            except WorkerError as error:
                reason = "damaged" if error.reason == "died" else error.reason
            if self._over or len(self.pages) > at:
                return
            if self.pool.closed or account.overdrawn:
                self.reason = reason
                return
            if reason == "timeout":
                hung.add(self.reader if self.count is None else reader)
        if self.count is None:
            self.reason = reason
        else:
            self.lost += 1
            self._lose(reason)

    def _request(self, reader: str, alone: bool) -> Mapping[str, object]:
        return {
            "reader": reader,
            "preferred": self.preferred,
            "passwords": self.passwords,
            "first": len(self.pages),
            "alone": alone,
            "most_pages": self.limits.pages,
            "most_characters": self.limits.page_characters,
        }

    def _take(self, reply: Mapping[str, object]) -> None:
        match reply:
            case {"reader": str(reader)} if self.count is None:
                self.reader = reader
            case {"count": int(count), "labels": list(labels)}:
                if self.count is None and count <= self.limits.pages:
                    self.count, self.labels, self.opening = count, [str(x) for x in labels], reply
            case {"reason": str(reason), "text": str(text)} if not self._over:
                reason = reason if text else self.blame or reason
                self.characters += len(text)
                if self.characters > self.limits.file_characters:
                    text, reason = "", "too much text"
                hidden = reply.get("hidden", 0)
                page = self._page(text, reason)
                self.pages.append(replace(page, hidden=hidden if isinstance(hidden, int) else 0))
            case {"reason": str(reason)} if self.count is None:
                self.reason = reason

    def _lose(self, reason: str) -> None:
        self.pages.append(self._page("", reason))

    def _page(self, text: str, reason: str) -> PageText:
        at = len(self.pages)
        label = self.labels[at] if at < len(self.labels) else ""
        return PageText(at + 1, label, text, reason)
