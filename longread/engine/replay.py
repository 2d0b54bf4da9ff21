"""Scripted answers, for tests and demonstrations. Nothing is computed and nothing leaves."""

from __future__ import annotations

import json
import re
from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Any
from zlib import crc32

from longread.config import Profile
from longread.errors import ConfigError, EngineError
from longread.types import Event, Finished, Prompt, Sampling, Text, Usage

BREAK = "\n---\n"
"""Between two answers in a script."""
SIGNS = {"YYYY-MM-DD": "2001-02-03", "ISO currency": "USD 100.00", "in digits": "7"}
"""What is said of the form of a value, and such a value."""
PLACE = re.compile(r"[Lpc]\d+(-[Lpc]\d+)?")
RECENT = 64
"""Prompts that an engine remembers."""
LEAST = 25
"""Characters of a line that is quoted, at least: shorter ones are not unique."""


class ReplayEngine:
    """Says its answers one after the other; the last one again and again.

    A request with a schema that lists places gets the first of them; one with the schema of a
    review's cell or of a sweep gets one made of words of its prompt, the same for the same
    prompt.
    """

    def __init__(self, *answers: str, fails_after: int | None = None) -> None:
        """Take the answers.

        Args:
            fails_after: pieces of text after which the engine fails, as a server can.
        """
        self._answers = list(answers)
        self._fails_after = fails_after
        self.prompts: list[Prompt] = []
        """The newest of what it was asked: a review asks thousands of times."""

    async def stream(self, prompt: Prompt, sampling: Sampling) -> AsyncGenerator[Event]:
        """Yield the next answer in pieces of a word."""
        self.prompts = [*self.prompts[1 - RECENT :], prompt]
        text = _choose(sampling.schema, prompt) if sampling.schema else self._next()
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
    """Return the engine that says what the file named by the profile's model says.

    A profile without a model has answers for reviews alone.
    """
    if not profile.model:
        return ReplayEngine("")
    try:
        script = Path(profile.model).expanduser().read_text(encoding="utf-8")
    except OSError as error:
        raise ConfigError(
            f"the script {profile.model!r} of profile {profile.name} cannot be read",
            hint="model must name a text file of answers, with --- between them",
        ) from error
    return ReplayEngine(*script.split(BREAK))


def _choose(schema: str, prompt: Prompt) -> str:
    """Return a value that the schema of `longread.prompt.guide`, `cells` or `sweep` admits."""
    keys = json.loads(schema)["properties"]
    if "places" in keys:
        return json.dumps({"places": keys["places"]["items"]["enum"][:1]})
    question = prompt.turns[1].pieces[-1].text
    shown = [piece for piece in prompt.turns[1].pieces[:-1] if piece.document and piece.ranges]
    seed = crc32(question.encode("utf-8", "replace"))
    quote = _quote(shown[seed % len(shown)].text, seed) if shown else None
    if "same" in keys:
        return json.dumps({"same": [], "contradict": [], "summary": "It says so [1]."})
    if "findings" in keys:
        says = f"It says so, {quote['place'] if quote else 'somewhere'}."
        found = [{"says": says, "quotes": [quote]}] if quote else []
        return json.dumps({"findings": found})
    if "says" in keys:
        place = {"place": keys["place"]["enum"][0]} if "place" in keys else {}
        return json.dumps({"says": "It says so, and no more.", "found": "yes", **place})
    if "value" not in keys:
        return json.dumps({"quotes": []})
    said: dict[str, object] = {"state": "answered", "value": _value(keys["value"], question, seed)}
    if "place" in keys:
        said["place"] = keys["place"]["enum"][0]
    if "quotes" in keys:
        said = {"reasoning": "It says so.", "quotes": [quote] if quote else [], **said}
    return json.dumps(said)


def _value(schema: dict[str, Any], question: str, seed: int) -> object:
    if schema["type"] == "array":
        return [_value(schema["items"], question, seed)]
    if choices := [one for one in schema.get("enum", ()) if one]:
        return choices[seed % len(choices)]
    for sign, value in SIGNS.items():
        if sign in question:
            return value
    return f"value {seed % 1000}"


def _quote(shown: str, seed: int) -> dict[str, str] | None:
    """Return some words of one line of what is shown, and where it stands."""
    head, _, body = shown.partition("\n")
    lines = [(n, line.strip()) for n, line in enumerate(body.split("\n")) if len(line) > LEAST]
    if not lines:
        return None
    number, line = lines[seed % len(lines)]
    place = head.rsplit(" ", 1)[-1]
    if not PLACE.fullmatch(place):
        place = f"L{1 + number}"
    elif place[0] == "L":
        place = f"L{int(place[1:].partition('-')[0]) + number}"
    return {"place": f"{head.split(' ')[1]}:{place}", "words": line}
