"""What is open in the interface: a session, its conversation, and what runs on it.

It is state that screens show; it knows no widget. Only the app changes it.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import Literal

from longread.analysis.conversation import Conversation
from longread.config import Profile
from longread.types import Event, Progress, Reasoning, Text, Usage


@dataclass(slots=True)
class Asking:
    """A question that is being answered."""

    question: str
    profile: Profile
    text: str = ""
    """What has come so far."""
    progress: Progress | None = None
    """The last step before the first word; None once words come."""
    shown: str = ""
    """What the prompt shows, once it is made: "focus: 1,536 tokens, …"."""
    usage: Usage | None = None
    pieces: int = 0
    """Pieces of text that have come."""
    started: float = 0.0
    """`time.monotonic()` of the first piece; 0 before it."""

    def take(self, event: Event) -> None:
        """Note what came."""
        match event:
            case Text(text):
                self.started = self.started or time.monotonic()
                self.text += text
                self.pieces += 1
                self.progress = None
            case Reasoning():
                self.progress = Progress("think")
            case Progress("show", note=note):
                self.shown = note
            case Progress():
                self.progress = event
            case Usage():
                self.usage = event
            case _:
                pass


@dataclass(slots=True)
class Matter:
    """One session as it stands in the interface."""

    title: str
    session: str = ""
    """Id in the store; empty until it is kept."""
    conversation: Conversation | None = None
    """None while it is opened."""
    opening: Progress | None = None
    """How far the opening is; None when it is over."""
    failed: str = ""
    """Why it could not be opened."""
    asking: Asking | None = None
    wanted: int | None = None
    """Position of the answer to be shown first; None once it is, and for the newest."""
    unasked: str = ""
    """A question to which nothing came, until it is back where it was typed."""
    draft: str = ""
    """A question that is half typed."""
    told: bool = False
    """Whether it was said that a new layout is read anew."""
    notes: list[str] = field(default_factory=list)
    """How its sources were read, a line each."""

    @property
    def state(self) -> Literal["opening", "answering", "failed", "ready"]:
        """What it is doing."""
        if self.asking:
            return "answering"
        if self.failed:
            return "failed"
        return "ready" if self.conversation else "opening"
