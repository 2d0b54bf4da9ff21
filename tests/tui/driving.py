"""Driving the app in tests: waiting for what is to be seen, and an engine that can be held."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable

from textual.pilot import Pilot

from longread.tui.app import LongreadApp
from longread.types import Event, Finished, Prompt, Sampling, Text, Usage

PATIENCE = 10.0
"""Seconds that something may take to be seen; on a busy machine much is slow, nothing so slow."""


async def until(pilot: Pilot[None], seen: Callable[[], object]) -> None:
    """Wait until something is so."""
    end = time.monotonic() + PATIENCE
    while not seen():
        assert time.monotonic() < end, "waited in vain"
        await pilot.pause(0.02)
    await pilot.pause()


def screen_text(app: LongreadApp) -> str:
    """Return what is on the screen, a line for each row."""
    width, height = app.size
    strips = app.screen._compositor.render_strips()
    return "\n".join(strip.text.rstrip() for strip in strips[:height] if width)


class Held:
    """An engine that says one piece each time it is let, and then waits."""

    def __init__(self, *pieces: str) -> None:
        self._pieces = pieces
        self._let = asyncio.Semaphore(0)
        self.left = False
        """Whether whoever listened went away."""

    def let(self, pieces: int = 1) -> None:
        """Let it say some more."""
        for _ in range(pieces):
            self._let.release()

    async def stream(self, prompt: Prompt, sampling: Sampling) -> AsyncIterator[Event]:
        """Yield the pieces as they are let."""
        try:
            for piece in self._pieces:
                await self._let.acquire()
                yield Text(piece)
            await self._let.acquire()
        except (asyncio.CancelledError, GeneratorExit):
            self.left = True
            raise
        yield Usage(prompt.size, len(self._pieces), 0, 0.5, 1.5, None)
        yield Finished("stop")
