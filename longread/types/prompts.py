"""What is sent: budgets, layouts, pieces, turns, prompts."""

from __future__ import annotations

from array import array
from dataclasses import dataclass, field
from itertools import zip_longest
from typing import Literal

from longread.types.documents import Level

Route = Literal["ids", "text"]
"""Token ids to a completions route, or chat messages that the server's own template renders."""


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
