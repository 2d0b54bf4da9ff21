"""Long prompts through the whole of longread, in a window of ten million tokens, on this CPU.

A tiny Llama 4 with vLLM's random weights (`tiny_llama4.py`) answers two questions about a corpus
that was made for the length: seconds to the first token cold and cached, and what was reused. It
needs the CPU engine (`longread engine install cpu`) and takes minutes. `python bench/window.py
[TOKENS …]`; 262,144 if none is said. The figures tell that the path works and what a cached
prefix saves; they tell nothing of the speed of a real model.
"""

from __future__ import annotations

import asyncio
import os
import sys
import tempfile
from dataclasses import replace
from pathlib import Path

import tiny_llama4

from longread.analysis.ask import Request, ask
from longread.config import Profile
from longread.engine import local
from longread.tokens import open_family
from longread.types import Answer, Usage

LENGTHS = (262_144,)
QUESTIONS = ("When is lamp 7 lit?", "And which lamps are never lit?")
LINES = 400
"""Lines a file: files too long to be shown would not be read in full."""


def write_corpus(folder: Path, tokens: int) -> None:
    """Write files of at least so many tokens together."""
    count = open_family("llama4").count
    written = number = 0
    folder.mkdir()
    while written < tokens:
        first = number * LINES
        lines = [
            f"Entry {n}: lamp {n * 7919 % 1_000_003} is lit at dusk."
            for n in range(first, first + LINES)
        ]
        text = "\n".join(lines) + "\n"
        (folder / f"lamps-{number:05}.md").write_text(text)
        written += count([text])[0]
        number += 1


async def answer(profile: Profile, folder: Path, question: str) -> Usage:
    """Ask, and return what the server counted."""
    request = Request(question, profile, (str(folder),))
    events = [event async for event in ask(request, lambda _: False)]
    last = events[-1]
    assert isinstance(last, Answer)
    assert last.usage
    return last.usage


async def measure(profile: Profile, place: Path, tokens: int) -> None:
    """Print a row for each of two questions about a corpus so long."""
    folder = place / f"corpus-{tokens}"
    write_corpus(folder, tokens)
    wide = replace(profile, trusted=tokens * 11 // 10 + 8_192)
    for question in QUESTIONS:
        usage = await answer(wide, folder, question)
        share = (usage.cached_tokens or 0) / usage.prompt_tokens
        print(
            f"| {usage.prompt_tokens:,} | {usage.first_token_seconds:,.1f} s "
            f"| {usage.cached_tokens or 0:,} | {share:.1%} |",
            flush=True,
        )


async def main(lengths: list[int]) -> None:
    """Measure each length on one engine, which is stopped at the end."""
    with tempfile.TemporaryDirectory() as name:
        place = Path(name)
        # The engine's state is the bench's own; engine and model stay where they are.
        os.environ["LONGREAD_HOME"] = str(place / "home")
        model = tiny_llama4.build(place / "tiny-llama4")
        profile = Profile(
            "window-bench",
            engine="local",
            model=str(model),
            route="ids",
            window=tiny_llama4.WINDOW,
            answer=8,
            arguments=tiny_llama4.ARGUMENTS,
        )
        print("| prompt, tokens | first token | cached | share |\n|---|---|---|---|", flush=True)
        try:
            for tokens in lengths:
                await measure(profile, place, tokens)
        finally:
            local.stop()


if __name__ == "__main__":
    asyncio.run(main([int(word) for word in sys.argv[1:]] or list(LENGTHS)))
