"""A small shelf, and models that answer as a test says; they count what they are asked."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator, Callable
from pathlib import Path

from longread.analysis.review import Request, review
from longread.analysis.trust import Departure
from longread.config import Profile
from longread.engine.replay import ReplayEngine
from longread.store import open_store
from longread.types import Engine, Event, Finished, Prompt, Sampling, Text, Usage
from longread.types.reviews import Cell, Question, Review, ReviewEvent

SCRIPTED = Profile(name="scripted", engine="replay", window=8_000, trusted=8_000, answer=200)
QUESTIONS = (
    Question("Law", "Which law governs?"),
    Question("Made", "When was it made?", "date"),
    Question("Fee", "Which fee is due?", "money"),
    Question("Ends", "Can it be ended without cause?", "yes/no"),
)
DEAL = """\
# {name}

This agreement was made on 4 March 2005 between {name} and the other party.
A yearly fee of USD 1,200.50 is due on the first day of May.
It is governed by the laws of the State of {law}, whatever else applies.
"""
LAWS = {"alder": "Delaware", "birch": "New York", "cedar": "Ohio"}


def shelf(folder: Path, laws: dict[str, str] = LAWS) -> Path:
    """Write a folder of agreements."""
    folder.mkdir(exist_ok=True)
    for name, law in laws.items():
        (folder / f"{name}.md").write_text(DEAL.format(name=name.title(), law=law))
    return folder


def asked(prompt: Prompt) -> tuple[str, str]:
    """Return the path of the document, and the name of the question."""
    pieces = prompt.turns[1].pieces
    said = pieces[-1].text.splitlines()[1]
    name = said.partition("“")[2].partition("”")[0] if in_other_words(prompt) else said
    return pieces[0].text.split()[2], name.partition(":")[0]


def in_other_words(prompt: Prompt) -> bool:
    """Whether a prompt is of the second pass."""
    return prompt.turns[1].pieces[-1].text.splitlines()[1].startswith("Wanted is ")


def reply(value: object, *words: str, state: str = "answered", place: str = "d1:L1-L9") -> str:
    """Return an answer as a model should write it."""
    quotes = [{"place": place, "words": said} for said in words]
    return json.dumps(
        {"reasoning": "So it says.", "quotes": quotes, "state": state, "value": value}
    )


class Model:
    """Answers by path and question's name; without an answer, as the replay engine does."""

    def __init__(self, say: Callable[[str, str, int], str] | None = None, pause: float = 0) -> None:
        """`say` is given the path, the question, and how often that was asked before."""
        self.said = ReplayEngine("")
        self.asked: list[tuple[str, str]] = []
        self.prompts: list[Prompt] = []
        self.running: list[tuple[str, int]] = []
        self._say, self._pause, self._now = say, pause, 0

    async def stream(self, prompt: Prompt, sampling: Sampling) -> AsyncGenerator[Event]:
        cell = asked(prompt)
        before = self.asked.count(cell)
        self.asked.append(cell)
        self.prompts.append(prompt)
        self._now += 1
        self.running.append((cell[0], self._now))
        try:
            await asyncio.sleep(self._pause)
            text = self._say(*cell, before) if self._say else ""
            if text:
                yield Text(text)
                yield Usage(prompt.size, 10, 0, 0.01, 0.02, prompt.size)
                yield Finished("stop")
            else:
                async for event in self.said.stream(prompt, sampling):
                    yield event
        finally:
            self._now -= 1


async def yes(_: Departure) -> bool:
    return True


async def collect(request: Request, engine: Engine) -> list[ReviewEvent]:
    return [event async for event in review(request, yes, engine)]


async def cells_of(request: Request, engine: Engine) -> list[Cell]:
    return [event for event in await collect(request, engine) if isinstance(event, Cell)]


def newest(path: Path | None = None) -> Review:
    with open_store(path) as store:
        return store.reviews.review()


def grid(kept: Review) -> dict[tuple[str, str], object]:
    """Return all that must be the same however a review was run."""
    return {
        key: (cell.state, cell.value, cell.citations, cell.note, cell.way, cell.shown)
        for key, cell in kept.cells.items()
    }
