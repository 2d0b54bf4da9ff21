"""What comes back: events, answers, citations with verdicts; and sessions, which keep them."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Literal, Protocol

from longread.types.documents import Document, Ledger, Source, Span
from longread.types.prompts import Layout, Prompt, Sampling


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
