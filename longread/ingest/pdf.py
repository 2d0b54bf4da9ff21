"""PDFs read page by page in worker processes, so that no file can hang or end the program.

Text comes from PDFium; pypdf reads what PDFium cannot. A file or a page that cannot be read is
reported with its reason, never raised. Nothing is written, and no page is looked at as a picture.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from longread.ingest.pages import PageText, lay_out
from longread.ingest.pool import Account, Pool, WorkerError

__all__ = ["LIMITS", "VERSION", "Limits", "PageText", "PdfText", "boxes", "lay_out", "read_many"]

VERSION = 3
"""Raised whenever the same bytes give other text or segments."""

Box = tuple[float, float, float, float]
"""Left, bottom, right, top, in points from the page's lower left corner."""
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
    title: str = ""
    """From its metadata, where it has one."""


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
) -> Iterator[tuple[str, PdfText]]:
    """Yield each file's name and text, in the order in which they are done.

    `files` is advanced only as far as workers have room. Leaving the iteration early ends the
    workers, of which there is one a core unless `workers` says otherwise.
    """
    pool = Pool(READERS, "answer", limits.memory)
    yield from pool.spread(
        ((name, len(data), Reading(pool, data, passwords, limits).run) for name, data in files),
        workers,
    )


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
    request = {"reader": "pdfium", "passwords": passwords, "first": page - 1}
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
    title: str = ""
    reason: str = ""
    characters: int = 0
    lost: int = 0
    blame: str = ""
    """Why PDFium was lost on the page that pypdf is asked for."""
    reader: str = "pdfium"
    """Who opens it: PDFium, until a worker said that it could not."""

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
        return PdfText(tuple(self.pages), "", self.title)

    @property
    def _over(self) -> bool:
        if self.count is None:
            return bool(self.reason)
        return len(self.pages) >= self.count

    def _read_on(self, account: Account) -> None:
        """Read on from the first page that is missing, until the end or a page that is lost.

        A worker that died gets one successor, for it may have been worn out or killed; then
        pypdf tries that page alone. A file that has lost several pages gets no second tries.
        """
        at, hung, reason = len(self.pages), set[str](), ""
        for turn in ("pdfium", "pdfium", "pypdf", "pypdf"):
            reader = "pypdf" if self.reader == "pypdf" else turn
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
            case {"count": int(count), "labels": list(labels), "title": str(title)}:
                if self.count is None and count <= self.limits.pages:
                    self.count, self.labels, self.title = count, [str(x) for x in labels], title
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
