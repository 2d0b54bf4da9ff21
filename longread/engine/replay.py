"""Scripted answers, for tests and demonstrations. Nothing is computed and nothing leaves."""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator
from pathlib import Path

from longread.config import Profile
from longread.errors import ConfigError, EngineError
from longread.types import Event, Finished, Prompt, Sampling, Text, Usage

BREAK = "\n---\n"
"""Between two answers in a script."""


class ReplayEngine:
    """Says its answers one after the other; the last one again and again.

    A request with a schema that lists places gets the first of them.
    """

    def __init__(self, *answers: str, fails_after: int | None = None) -> None:
        """Take the answers.

        Args:
            fails_after: pieces of text after which the engine fails, as a server can.
        """
        self._answers = list(answers)
        self._fails_after = fails_after
        self.prompts: list[Prompt] = []

    async def stream(self, prompt: Prompt, sampling: Sampling) -> AsyncGenerator[Event]:
        """Yield the next answer in pieces of a word."""
        self.prompts.append(prompt)
        text = _choose(sampling.schema) if sampling.schema else self._next()
        words = text.split(" ")
        for index, word in enumerate(words):
            if index == self._fails_after:
                raise EngineError("the script says that it fails here", hint="ask again")
            yield Text(word if index == 0 else " " + word)
        expected = prompt.size if prompt.exact else None
        yield Usage(prompt.size, len(words), 0, 0.001, 0.002, expected)
        yield Finished("stop")

    def _next(self) -> str:
        return self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]


def open_script(profile: Profile) -> ReplayEngine:
    """Return the engine that says what the file named by the profile's model says."""
    try:
        script = Path(profile.model).expanduser().read_text(encoding="utf-8")
    except OSError as error:
        raise ConfigError(
            f"the script {profile.model!r} of profile {profile.name} cannot be read",
            hint="model must name a text file of answers, with --- between them",
        ) from error
    return ReplayEngine(*script.split(BREAK))


def _choose(schema: str) -> str:
    """Return the smallest value that the schema of `longread.prompt.guide` admits."""
    places = json.loads(schema)["properties"]["places"]["items"]["enum"]
    return json.dumps({"places": places[:1]})
