"""One request put to a model, and all that came of it. Nothing is judged or kept here."""

from __future__ import annotations

from contextlib import aclosing
from dataclasses import dataclass
from typing import Literal

from longread.types import Engine, Finished, Prompt, Sampling, Text, Usage


@dataclass(frozen=True, slots=True)
class Completion:
    """What came of one request."""

    text: str
    finished: Literal["stop", "length", "cut"]
    usage: Usage | None


async def complete(
    engine: Engine, prompt: Prompt, sampling: Sampling, spent: list[Usage] | None = None
) -> Completion:
    """Put one prompt to a model and wait for its end.

    Args:
        spent: what the request took is put there as it is known, also where it fails then.

    Raises:
        EngineError: the model cannot be reached, or stopped half-way.
    """
    text: list[str] = []
    usage: Usage | None = None
    finished: Literal["stop", "length", "cut"] = "cut"
    async with aclosing(engine.stream(prompt, sampling)) as events:
        async for event in events:
            match event:
                case Text(piece):
                    text.append(piece)
                case Usage():
                    usage = event
                    if spent is not None:
                        spent.append(event)
                case Finished(reason):
                    finished = reason
                case _:
                    pass
    return Completion("".join(text).strip(), finished, usage)
