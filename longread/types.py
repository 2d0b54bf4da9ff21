"""The nouns of longread, and nothing else.

Every value is frozen and compares by content; identity (row ids, times of writing) belongs
to `longread.store`. Positions are 1-based and inclusive, as editors and PDF readers show
them; character offsets are 0-based and half-open, as Python slices.
"""

from __future__ import annotations

import json
from array import array
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import IntEnum, StrEnum
from hashlib import blake2b
from itertools import zip_longest
from typing import Literal, Protocol

Unit = Literal["line", "page", "cell"]
Route = Literal["ids", "text"]
"""Token ids to a completions route, or chat messages that the server's own template renders."""
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


@dataclass(frozen=True, slots=True)
class Budget:
    """How a model's window is shared out, in tokens."""

    window: int
    answer: int
    question: int = 256
    conversation: int = 0
    changes: int = 0
    evidence: int = 0

    @property
    def room(self) -> int:
        """Tokens left for the corpus, its head and the chat template."""
        kept = self.answer + self.question + self.conversation + self.changes + self.evidence
        return self.window - kept


@dataclass(frozen=True, slots=True)
class Placed:
    """One document's place in a layout."""

    id: str
    path: str
    content_id: str
    level: Level
    raised: tuple[int, ...] = ()
    """Indices of the segments shown in full although the document is not."""
    lifted: tuple[tuple[int, Level], ...] = ()
    """Segments at another level than the document, below FULL; sorted by index."""


@dataclass(frozen=True, slots=True)
class Layout:
    """The promise about a prefix: what was shown, in which order, at which level."""

    mark: str
    """The boundary mark, such as "§0", that occurs in no document."""
    placed: tuple[Placed, ...]
    version: int = 1
    """Of the rendering rules; a layout of another version is laid out anew."""
    changes: tuple[Placed, ...] = ()
    """Later versions, appended so that the prefix survives; NONE means deleted."""
    levels: tuple[tuple[str, Level], ...] = ()
    """Files, and folders with "/" at their end ("" for all), whose level a person set."""


@dataclass(frozen=True, slots=True)
class Picture:
    """A page as a model that sees is shown it."""

    png: bytes = field(repr=False)
    tokens: int
    """By the model's own rule, for its width and height in pixels."""
    page: int
    """Physical page, from 1."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A run of prompt text that was encoded once."""

    text: str = field(repr=False)
    ids: array[int] = field(repr=False)
    """Token ids, `array('I')`; for a family without a tokenizer, only their number counts."""
    document: str = ""
    """Short id of the document it shows; empty for the head, notices and questions."""
    level: Level = Level.FULL
    ranges: tuple[tuple[int, int], ...] = ()
    """Character ranges of the document's text that stand in it."""
    picture: Picture | None = None
    """What is shown behind the text, on the route "text" alone."""

    @property
    def size(self) -> int:
        """Its tokens, the picture's among them."""
        return len(self.ids) + (self.picture.tokens if self.picture else 0)


Role = Literal["system", "user", "assistant"]


@dataclass(frozen=True, slots=True)
class Turn:
    """One message of the conversation."""

    role: Role
    pieces: tuple[Piece, ...]

    @property
    def text(self) -> str:
        """What the message says."""
        return "".join(p.text for p in self.pieces)


@dataclass(frozen=True, slots=True)
class Prompt:
    """Turns, and the literal token ids that the chat template puts around them."""

    turns: tuple[Turn, ...]
    frame: tuple[array[int], ...]
    """Template ids: before each turn's content, and after the last; `len(turns) + 1` arrays."""
    stop_ids: tuple[int, ...] = ()
    exact: bool = True
    """False where counts are estimates because no tokenizer is known."""

    @property
    def ids(self) -> array[int]:
        """The whole prompt as `array('I')`, joined from pieces that were each encoded once."""
        joined = array("I")
        for literal, turn in zip_longest(self.frame, self.turns):
            joined.extend(literal)
            if turn:
                for piece in turn.pieces:
                    joined.extend(piece.ids)
        return joined

    @property
    def pictures(self) -> int:
        """How many pages it shows as pictures."""
        return sum(bool(piece.picture) for turn in self.turns for piece in turn.pieces)

    @property
    def size(self) -> int:
        """Tokens of the whole prompt."""
        framed = sum(len(literal) for literal in self.frame)
        return framed + sum(piece.size for turn in self.turns for piece in turn.pieces)


@dataclass(frozen=True, slots=True)
class Sampling:
    """How the model should write."""

    max_tokens: int
    temperature: float = 0.0
    seed: int | None = 0
    schema: str = ""
    """A JSON schema, as JSON text, that the output must satisfy; empty for free text."""
    repetition_penalty: float = 1.0


class Verdict(StrEnum):
    """What the program found when it looked a citation up."""

    EXACT = "exact"
    FOLDED = "folded"
    LETTERS = "letters"
    ELIDED = "elided"
    PLACE = "place"
    OUTDATED = "outdated"
    NOT_SHOWN = "not shown"
    NOT_FOUND = "not found"

    @property
    def holds(self) -> bool:
        """Whether the source says so, or the place was at least there to be read."""
        return self not in (Verdict.OUTDATED, Verdict.NOT_SHOWN, Verdict.NOT_FOUND)


@dataclass(frozen=True, slots=True)
class Citation:
    """A place, perhaps with words, that an answer leans on; judged."""

    document: str
    """Short id as the model wrote it."""
    path: str
    """The document's path; empty where no document has that id."""
    span: Span | None
    """The place as the model wrote it; None where it named none."""
    quote: str
    verdict: Verdict
    guided: bool = False
    """Chosen from a list of places rather than written by the model."""
    found: Span | None = None
    """Where the words really stand, when they do."""
    note: str = ""
    """The gap of an elided quote, or the closest text as a difference."""
    ocr: bool = False
    """Whether it leans on text that was recognised in a picture."""
    at: tuple[int, int] | None = None
    """Character offsets of the citation in the answer's text."""
    version: str = ""
    """Content id of the version it was judged against, where its words stood if they stood."""
    confidence: float | None = None
    """Of what was recognised on the pages it leans on, 0 to 1."""


@dataclass(frozen=True, slots=True)
class Shown:
    """One document as a citation can be judged against it."""

    document: Document
    ranges: tuple[tuple[int, int], ...]
    """Character ranges of its text that stood in the prompt, sorted, not overlapping."""
    superseded: tuple[Document, ...] = ()
    """Earlier versions that stood in the prompt under the same short id."""
    ocr: Mapping[int, float | None] = field(default_factory=dict)
    """Pages whose text was recognised in a picture, with its confidence, 0 to 1, where known."""
    seen: frozenset[int] = frozenset()
    """Pages that were shown as pictures."""


@dataclass(frozen=True, slots=True)
class Usage:
    """What the engine counted."""

    prompt_tokens: int
    output_tokens: int
    cached_tokens: int | None = None
    """Prompt tokens whose work was reused; None where the server does not say."""
    first_token_seconds: float = 0.0
    seconds: float = 0.0
    expected_tokens: int | None = None
    """Our own count of the prompt; None where the two counts cannot be compared."""
    reasoning_tokens: int | None = None
    """Of `output_tokens`, those of its reasoning; None where the server does not say."""
    provider: str = ""
    """Who answered, where the server hands requests on; empty where it does not say."""

    @property
    def truncated(self) -> bool:
        """Whether the server saw fewer tokens than were sent."""
        return self.expected_tokens is not None and self.prompt_tokens < self.expected_tokens


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a piece of long work is."""

    stage: str
    done: int = 0
    total: int = 0
    """0 where the end is not known."""
    note: str = ""


@dataclass(frozen=True, slots=True)
class Text:
    """A piece of the answer, as it was written."""

    text: str


@dataclass(frozen=True, slots=True)
class Reasoning:
    """A piece of what the model thought before it answered."""

    text: str


@dataclass(frozen=True, slots=True)
class Finished:
    """Why the model stopped."""

    reason: Literal["stop", "length", "cut"]
    """"stop": it was done; "length": no room was left; "cut": the engine failed or was told to."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What the model said, judged."""

    question: str
    text: str
    citations: tuple[Citation, ...]
    finished: Literal["stop", "length", "cut"]
    strategy: str = "whole"
    share: float = 1.0
    """Part of the readable corpus' characters that the prompt showed in full, 0 to 1."""
    coverage: str = ""
    """The same in words: how many documents and pages were shown in full."""
    usage: Usage | None = None
    caveat: str = ""
    """What a reader must know of this answer's worth; empty where there is nothing."""
    session: str = ""
    """Id of the session that keeps it; empty when none does."""
    profile: str = ""
    """Name of the profile whose model wrote it; empty where an older longread kept it."""
    price: float = 0.0
    """US dollars it cost, by the profile's prices; 0 where they are not known."""


@dataclass(frozen=True, slots=True)
class Trial:
    """One fact planted in a corpus, asked for, and the answer scored."""

    length: int
    """Tokens of prompt and answer together, as `--budget` counts them."""
    depth: int
    """Where the fact was meant to stand: per cent of the corpus that stands before it."""
    kind: str
    """What was planted: a name in `longread.prompt.needles.KINDS`."""
    number: int
    """Which of the trials of this length, depth and kind, from 0."""
    question: str
    value: str
    answer: str
    right: bool
    at: float = 0.0
    """Where the fact stood in truth, 0 to 1, for it stands at a border of pieces."""
    usage: Usage | None = None
    price: float = 0.0
    """US dollars, by the profile's prices; 0 where they are not known."""

    @property
    def place(self) -> tuple[int, int, str, int]:
        """What it is known by within a probe."""
        return self.length, self.depth, self.kind, self.number


@dataclass(frozen=True, slots=True)
class Bound:
    """How a probe went at one length."""

    length: int
    right: int
    n: int
    """Trials made."""
    wanted: int
    """Trials that were to be made."""
    lower: float
    """Lower confidence bound of the share that is right, 0 to 1."""
    passed: bool


@dataclass(frozen=True, slots=True)
class Probe:
    """What a model found of what was planted, at each length and depth."""

    profile: str
    model: str
    title: str
    """What the corpus is called."""
    seed: int
    date: str
    """Day it was made, as "2026-07-31"."""
    trials: tuple[Trial, ...]
    bounds: tuple[Bound, ...]
    """Shortest length first."""
    threshold: float
    """Share that the lower bound must reach, 0 to 1."""
    confidence: float
    """Of the bound, one-sided, 0 to 1."""
    notes: tuple[str, ...] = ()
    """How the corpus was made to fill the lengths."""

    @property
    def trusted(self) -> Bound | None:
        """The longest length that passed together with all shorter ones; None where none did."""
        found = None
        for bound in self.bounds:
            if not bound.passed:
                break
            found = bound
        return found


@dataclass(frozen=True, slots=True)
class Bucket:
    """How well a model foresaw the tokens at some positions of a prompt."""

    first: int
    """Position of the first of them in the prompt, from 0."""
    end: int
    """Position behind the last."""
    n: int
    """Tokens of the corpus there; the template's and the head's are not counted."""
    mean: float
    """Negative log-likelihood of one token, in nats."""


@dataclass(frozen=True, slots=True)
class Likelihood:
    """How well a model foresees a corpus, by how much of it stands before."""

    profile: str
    model: str
    title: str
    date: str
    """Day it was measured, as "2026-07-31"."""
    tokens: int
    """Of the prompt."""
    buckets: tuple[Bucket, ...]
    note: str = ""
    """How much of the corpus it shows."""


Event = Progress | Text | Reasoning | Usage | Finished | Answer


Tell = Callable[[Progress], None]
"""Whom long work tells how far it is."""


class Engine(Protocol):
    """One model, ready to be asked.

    Leaving the iteration early stops the generation. An engine that cannot finish raises
    `EngineError`; what it yielded before stays valid.
    """

    def stream(self, prompt: Prompt, sampling: Sampling) -> AsyncGenerator[Event]:
        """Yield `Text` and `Reasoning` as they are written, then `Usage` and `Finished`."""
        ...


@dataclass(frozen=True, slots=True)
class Session:
    """A corpus, the layout it was shown in, and what was asked of it."""

    title: str
    sources: tuple[Source, ...]
    profile: str
    layout: Layout
    ledger: Ledger
    documents: Mapping[str, Document] = field(repr=False)
    """By content id: every version that stood in a prompt."""
    answers: tuple[Answer, ...] = ()
    reading: str = ""
    """The options with which the sources are read, as JSON, passwords left out; empty where an
    older longread kept it."""


@dataclass(frozen=True, slots=True)
class Kept:
    """What layers of one kind of attention keep of a prompt."""

    kind: str
    """"full", "chunked local", "sliding window", "MLA", "compressed" or "state"."""
    layers: int
    token: int
    """Bytes that each further token costs, over all GPUs; 0 where it is bounded."""
    total: int
    """Bytes of the whole prompt, over all GPUs."""


@dataclass(frozen=True, slots=True)
class Buffer:
    """Memory beside weights and KV cache."""

    name: str
    size: int
    """Bytes."""
    place: Literal["gpu", "host"]
    why: str


@dataclass(frozen=True, slots=True)
class Spread:
    """One way to spread a model over GPUs."""

    tp: int
    pp: int = 1
    dcp: int = 1
    pcp: int = 1
    refusal: str = ""
    """Why vLLM does not run it; empty where it does."""

    @property
    def gpus(self) -> int:
        """How many it takes."""
        return self.tp * self.pp * self.pcp

    def __str__(self) -> str:
        parts = [f"TP{self.tp}"]
        parts += [f"{mark}{n}" for mark, n in (("PP", self.pp), ("DCP", self.dcp),
                                               ("PCP", self.pcp)) if n > 1]  # fmt: skip
        return "\u00d7".join(parts)


@dataclass(frozen=True, slots=True)
class Fit:
    """How many of one GPU hold a model and a window."""

    gpu: str
    title: str
    spread: Spread | None
    """The fewest that do; None where no layout is known that does."""
    need: int = 0
    """Bytes on the fullest of them."""
    usable: int = 0
    """Bytes that vLLM may use of one."""
    note: str = ""


@dataclass(frozen=True, slots=True)
class Times:
    """Seconds and tokens a second, all estimated by formula; None where a speed is not known."""

    cold: float | None = None
    """Seconds to the first token of a prompt that nobody has read before."""
    cached: float | None = None
    """Seconds to the first token of the next question about it."""
    reload: float | None = None
    """Seconds to read the prompt's cache back from a disk where it was kept."""
    speed: float | None = None
    """Tokens of an answer in a second."""
    hourly: float | None = None
    """US dollars an hour for all GPUs."""
    corpus: float | None = None
    """US dollars to read the prompt once."""
    question: float | None = None
    """US dollars for the next question and its answer."""


@dataclass(frozen=True, slots=True)
class Hosted:
    """What a profile's host would charge."""

    profile: str
    window: int
    first: float
    """US dollars for the first question with the whole prompt, as far as the window goes."""
    cached: float
    """US dollars for the next one."""
    date: str = ""
    """When its price was read."""


@dataclass(frozen=True, slots=True)
class Argument:
    """An argument or a variable of a command, and why it is there."""

    text: str
    why: str


@dataclass(frozen=True, slots=True)
class Caution:
    """Something that breaks, costs or misleads, and what to do about it."""

    name: str
    text: str
    hint: str


@dataclass(frozen=True, slots=True)
class Point:
    """Bytes on the fullest GPU at one length of a prompt."""

    context: int
    weights: int
    cache: int
    other: int
    flat: int | None
    """The cache without the hybrid allocator; None where it makes no difference or must be."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What it takes to run a model with a window, as `sizing` answers: bytes, seconds, dollars."""

    model: str
    repository: str
    context: int
    use: Literal["ask", "review"]
    precision: str
    kv: str
    gpu: str
    spread: Spread
    block: int
    batched: int
    sequences: int
    weights: Mapping[str, int]
    """By precision, over all GPUs."""
    kept: tuple[Kept, ...]
    cache: int
    """KV cache of one request on the fullest GPU."""
    flat: int | None
    """The same without the hybrid allocator; None where it makes no difference or must be."""
    per_token: int
    """KV cache of one more token over all GPUs."""
    buffers: tuple[Buffer, ...]
    need: int
    """On the fullest GPU."""
    usable: int
    """Of one GPU, for vLLM."""
    fits: bool
    longest: int
    """The longest window that fits this hardware."""
    capacity: int
    """Tokens of such requests that the cache holds."""
    positions: int
    trusted: int
    layouts: tuple[Spread, ...]
    options: tuple[Fit, ...]
    times: Times
    hosted: tuple[Hosted, ...]
    environment: tuple[Argument, ...]
    command: tuple[Argument, ...]
    cautions: tuple[Caution, ...]
    chart: tuple[Point, ...]
    notes: tuple[str, ...] = ()


# A review: documents x questions

AnswerType = Literal["text", "yes/no", "date", "money", "number", "choice"]


@dataclass(frozen=True, slots=True)
class Question:
    """A column of a review."""

    name: str
    text: str
    type: AnswerType = "text"
    many: bool = False
    """Whether the answer is a list of such values."""
    choices: tuple[str, ...] = ()
    """What may be chosen; for other types words that may stand in the value's place, such as
    "Perpetual" for a date."""
    instructions: str = ""
    quote: bool = True
    """Whether an answer is worth anything only with a quote that stands in the document."""
    only_if: tuple[str, tuple[str, ...]] | None = None
    """Another column, and the values of it with which this question is asked at all."""

    @property
    def hash(self) -> str:
        """Sixteen digits that change when what is asked does, but not with when it is asked."""
        said = [self.name, self.text, self.type, self.many, self.choices, self.instructions]
        return blake2b(json.dumps([*said, self.quote]).encode(), digest_size=8).hexdigest()

    def due(
        self, other: Question, state: CellState, normal: tuple[str, ...]
    ) -> Literal["ask", "later", "never"]:
        """Say whether the condition holds, given what came of the other column.

        Where that is unclear, unreadable or was not found the question is asked: what nobody knows
        to be out of place is not left out in silence.
        """
        wanted = {value.casefold() for value in self.only_if[1]} if self.only_if else set()
        match state:
            case CellState.FAILED:
                return "later"
            case CellState.ANSWERED:
                return "ask" if wanted & {value.casefold() for value in normal} else "never"
            case CellState.NOT_PRESENT:
                # Of what a document does not say the answer is no.
                return "ask" if other.type == "yes/no" and "no" in wanted else "never"
            case _:
                return "ask"

    @property
    def kind(self) -> str:
        """The type as a person writes it: "date", "list of dates"."""
        plural = {"yes/no": "yes/no", "money": "money"}.get(self.type, f"{self.type}s")
        return f"list of {plural}" if self.many else self.type


class CellState(StrEnum):
    """What came of one question to one document."""

    ANSWERED = "answered"
    NOT_PRESENT = "not present"
    """All of the document was in the prompt, and it does not say."""
    NOT_FOUND = "not found in evidence"
    """What was shown of the document does not say."""
    UNCLEAR = "unclear"
    UNREADABLE = "unreadable"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Value:
    """What a cell holds, in the model's or a person's words and in a form that can be compared."""

    said: tuple[str, ...]
    """Word for word; several only where the question asks for a list."""
    normal: tuple[str, ...]
    """For each of them the text, "yes" or "no", an ISO date ("2005-03"), "USD 1200.50", a decimal
    number or the choice; empty where it cannot be told which is meant."""

    @property
    def clear(self) -> bool:
        """Whether all of it could be put into that form."""
        return all(self.normal)


@dataclass(frozen=True, slots=True)
class Cell:
    """The answer of one document to one question, judged, and how it came about."""

    path: str
    question: str
    """The question's name."""
    state: CellState
    value: Value | None = None
    citations: tuple[Citation, ...] = ()
    reasoning: str = ""
    """Why the model says so, in its own words; never part of the value."""
    note: str = ""
    """What a reader must know: why it failed, what was not shown, which quote does not stand."""
    way: Literal["", "whole", "evidence"] = ""
    """Whether the whole document was in the prompt, or its best parts; empty: nothing was asked."""
    shown: tuple[Span, ...] = ()
    """The pages, lines or cells that were in the prompt."""
    content_id: str = ""
    """Of the document as it was then."""
    question_hash: str = ""
    profile: str = ""
    model: str = ""
    prompt_version: int = 0
    extractor: str = ""
    """What read the document, and its version."""
    requests: int = 0
    """How often the model was asked for it."""
    usage: Usage | None = None
    """Of all these requests together."""
    price: float = 0.0
    """US dollars, by the profile's prices."""
    unverified: bool = False
    """Whether a quote that the answer leans on does not stand, or one that is wanted is missing."""


@dataclass(frozen=True, slots=True)
class Reviewed:
    """One document of a review, and how much of it could be read."""

    path: str
    content_id: str
    unit: Unit = "line"
    title: str = ""
    """As the file says it; often wrong, so it is shown beside the path."""
    pages: int = 0
    """0 where it has none."""
    unread: tuple[tuple[int, str], ...] = ()
    """Pages of which there is no text although there should be, and why; blank ones are read."""
    recognised: tuple[tuple[int, float], ...] = ()
    """Pages whose text was recognised in a picture, and how sure that is, 0 to 1."""
    reason: str = ""
    """Why nothing of it could be read; empty otherwise."""


@dataclass(frozen=True, slots=True)
class Mark:
    """What a person says of a cell. It is kept beside the cell, so no run can overwrite it."""

    kind: Literal["accepted", "rejected", "corrected", "flagged"]
    value: Value | None = None
    """Of a correction; None says that the document has none."""
    note: str = ""


@dataclass(frozen=True, slots=True)
class Review:
    """Documents, questions, and the cells that there are, by path and the question's name."""

    title: str
    sources: tuple[Source, ...]
    profile: str
    questions: tuple[Question, ...]
    documents: tuple[Reviewed, ...]
    cells: Mapping[tuple[str, str], Cell] = field(default_factory=dict, repr=False)
    marks: Mapping[tuple[str, str], Mark] = field(default_factory=dict, repr=False)
    """A person's newest word on a cell."""
    earlier: Mapping[tuple[str, str], Mark] = field(default_factory=dict, repr=False)
    """Corrections of cells that have no mark, made when the document or the question was another:
    nothing that a person said is lost, and none of it is taken for said of what is there now."""
    reading: str = ""
    """The options with which the sources are read, as JSON, passwords left out."""
    budget: int | None = None
    """Tokens for prompt and answer, where a person set them."""

    def ruled_out(self, path: str, question: Question) -> bool:
        """Whether a document is not asked a question, by the question's condition."""
        if not question.only_if:
            return False
        other = next(q for q in self.questions if q.name == question.only_if[0])
        cell, mark = self.cells.get((path, other.name)), self.marks.get((path, other.name))
        if mark and mark.kind == "corrected":
            normal = mark.value.normal if mark.value else ()
            state = CellState.ANSWERED if mark.value else CellState.NOT_PRESENT
            return question.due(other, state, normal) == "never"
        if cell is None:
            return self.ruled_out(path, other)
        normal = cell.value.normal if cell.value else ()
        return question.due(other, cell.state, normal) == "never"


@dataclass(frozen=True, slots=True)
class Started:
    """A review begins, or goes on."""

    review: str
    """Its id."""
    cells: int
    """Of the whole grid, those that a condition rules out included."""
    done: int
    fresh: bool
    """Whether it is a new one."""


ReviewEvent = Progress | Started | Cell
