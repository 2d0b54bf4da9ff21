"""What was read: documents, their segments and levels, the ledger, the corpus."""

from __future__ import annotations

from array import array
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Literal

Unit = Literal["line", "page", "cell"]
MARKS: dict[Unit, str] = {"line": "L", "page": "p", "cell": "c"}


@dataclass(frozen=True, slots=True)
class Span:
    """A run of lines in a file, of pages in a PDF, or of cells in a notebook."""

    unit: Unit
    first: int
    last: int

    def __str__(self) -> str:
        mark = MARKS[self.unit]
        if self.first == self.last:
            return f"{mark}{self.first}"
        return f"{mark}{self.first}-{mark}{self.last}"

    def overlaps(self, other: Span) -> bool:
        """Whether both name at least one line, page or cell in common."""
        return self.unit == other.unit and self.first <= other.last and other.first <= self.last


@dataclass(frozen=True, slots=True)
class Segment:
    """The smallest addressable piece of a document: a function, a class head, a page.

    The segments of a document tile its text: the first starts at 0, each starts where the
    one before ended, the last ends at `len(text)`. A segment has at most about 60 lines; a
    longer function is several segments with one name.
    """

    kind: str
    """"function", "method", "class", "section", "block", "page", "contents" (lines of a table of
    contents) or "cell"."""
    name: str
    """Qualified where it has one ("Client.send", "3 TERM.3.2 Renewal"), otherwise empty."""
    span: Span
    start: int
    end: int
    signature: tuple[int, int] | None = None
    """Character offsets, in the document's text, of what SIGNATURES shows of it."""
    doc: tuple[int, int] | None = None
    """Character offsets of the comment or string that documents it: SIGNATURES_DOC adds it."""


Kind = Literal[
    "source", "test", "docs", "config", "data", "generated", "minified", "vendored", "lock",
    "locale", "notebook", "pdf", "document", "binary", "image", "submodule", "symlink", "lfs",
    "empty", "other",
]  # fmt: skip
"""A "document" is a Word file or a web page; its lines are those of the text made of it."""


@dataclass(frozen=True, slots=True)
class Document:
    """One file or PDF at one version, decoded, with secrets masked.

    A large corpus does not hold its texts: `body` may read one when it is asked for, so look at
    the texts of many documents one after another and keep none of them.
    """

    path: str
    """Relative to its source, "/" between parts; bytes that are not UTF-8 as "\\xNN"."""
    kind: Kind
    language: str
    content_id: str
    """Hash of the bytes, of how they were read, and of whether secrets were masked."""
    body: str | Callable[[], str] = field(repr=False)
    """Its text, or what reads it; that compares by what it reads."""
    segments: Sequence[Segment] = field(repr=False)
    unit: Unit = "line"
    links: Sequence[str] = field(default=(), repr=False)
    """What it imports, includes or links to, as written there."""
    id: str = ""
    """Short id in the prompt ("d12"); empty until the corpus is in reading order."""
    marks: tuple[str, ...] | None = field(default=None, repr=False, compare=False)
    """The digits that stand behind "§" in its text; None where nobody looked."""
    words: array[int] | None = field(default=None, repr=False, compare=False)
    """The distinct identifiers of its code, as CRC-32 of their UTF-8, `array('I')`, sorted; None
    where nobody looked."""

    @property
    def text(self) -> str:
        """All of it.

        Raises:
            IngestError: it has to be read again, and is not what it was.
        """
        return self.body if isinstance(self.body, str) else self.body()

    @property
    def is_read_in_parts(self) -> bool:
        """Whether its pages or clauses matter by themselves, as in a contract, unlike code."""
        return self.unit == "page" or self.kind == "document"

    @property
    def size(self) -> int:
        """Characters of the text, known without reading it."""
        end: int | None = getattr(self.segments, "end", None)
        if end is None:
            return self.segments[-1].end if self.segments else len(self.text)
        return end

    @property
    def names(self) -> Sequence[str]:
        """Names of its segments, in order, known without making any."""
        names: Sequence[str] | None = getattr(self.segments, "names", None)
        return [s.name for s in self.segments] if names is None else names

    @property
    def parts(self) -> tuple[bool, bool, bool]:
        """Whether any of its segments has a name, a signature, a doc; without making any."""
        parts: tuple[bool, bool, bool] | None = getattr(self.segments, "parts", None)
        if parts is not None:
            return parts
        return (
            any(s.name for s in self.segments),
            any(s.signature for s in self.segments),
            any(s.doc for s in self.segments),
        )

    def named(self, id: str) -> Document:
        """Return it under a short id; what `replace` does, in a third of its time."""
        return Document(
            self.path, self.kind, self.language, self.content_id, self.body, self.segments,
            self.unit, self.links, id, self.marks, self.words,
        )  # fmt: skip

    def forget(self) -> None:
        """Let go of segments that were made and can be made again."""
        if forget := getattr(self.segments, "forget", None):
            forget()

    def segments_in(self, span: Span) -> list[Segment]:
        """Return the segments that share a line, page or cell with `span`."""
        return [s for s in self.segments if s.span.overlaps(span)]


class Level(IntEnum):
    """How much of a document, or of a symbol, the prompt shows. More is greater."""

    NONE = 0
    PATH = 1
    OUTLINE = 2
    SIGNATURES = 3
    SIGNATURES_DOC = 4
    FULL = 5

    @property
    def label(self) -> str:
        """The level's name in ledgers and on the command line."""
        return self.name.lower()


@dataclass(frozen=True, slots=True)
class Entry:
    """What the ledger says of one tracked file."""

    path: str
    kind: Kind
    content_id: str = ""
    bytes: int = 0
    lines: int = 0
    language: str = ""
    encoding: str = ""
    masked: int = 0
    """How many secrets were masked."""
    notes: tuple[str, ...] = ()
    """What a reader should know of it: which secrets were masked, words meant for a model."""
    full_tokens: int = 0
    level: Level = Level.NONE
    tokens: int = 0
    reason: str = ""
    """Why it is not shown in full; empty when it is."""
    about: tuple[tuple[str, str], ...] = ()
    """What a PDF says of itself: Title, Author, CreationDate and the like, as written there."""

    def shown(self, full_tokens: int, level: Level, tokens: int, reason: str) -> Entry:
        """Return what is said of it in one layout; as `replace` would, in a third of its time."""
        return Entry(
            self.path, self.kind, self.content_id, self.bytes, self.lines, self.language,
            self.encoding, self.masked, self.notes, full_tokens, level, tokens, reason, self.about,
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Page:
    """What the ledger says of one page of a PDF."""

    path: str
    page: int
    """Physical page, from 1."""
    label: str = ""
    """The printed page number, where the document gives one."""
    characters: int = 0
    ocr: bool = False
    """Whether its text was recognised in a picture of it."""
    level: Level = Level.NONE
    reason: str = ""
    confidence: float | None = None
    """Of what was recognised, 0 to 1: the mean over its words."""

    @property
    def is_picture(self) -> bool:
        """Whether there is something to be seen on it that its own text does not say."""
        return self.ocr or self.reason.startswith(("scan", "drawing", "text of unknown"))


@dataclass(frozen=True, slots=True)
class Ledger:
    """An entry for every tracked file and every page: nothing is dropped in silence."""

    sources: tuple[str, ...]
    tokenizer: str
    budget: int
    tokens: int
    files: tuple[Entry, ...]
    pages: tuple[Page, ...] = ()


@dataclass(frozen=True, slots=True)
class Source:
    """Where a corpus was read from, and how."""

    location: str
    """Absolute path or URL, as it can be read again."""
    way: Literal["git", "folder", "pdf", "file"]
    version: str = ""
    """Commit that the work tree stands on or that was asked for; empty outside git."""
    note: str = ""
    """What the first line of output says: how it was read, how much was left out."""


@dataclass(frozen=True, slots=True)
class Corpus:
    """Documents, in reading order once `prompt.order` has seen them, plus what was not read."""

    sources: tuple[Source, ...]
    documents: Sequence[Document]
    entries: tuple[Entry, ...]
    """One for every tracked file, readable or not, ordered by path; levels still NONE."""
    pages: tuple[Page, ...] = ()
    levels: tuple[tuple[str, Level], ...] = ()
    """Patterns as in .gitignore, and the level that was said for what they match."""
