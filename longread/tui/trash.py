"""Deleting with a way back: what a person deletes waits a while before it is gone for good."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine

GRACE = 30.0
"""Seconds in which a deletion can be undone."""


class Trash:
    """Sessions that are deleted for the reader, and soon for the store."""

    def __init__(
        self, forget: Callable[[str], Coroutine[object, object, None]], grace: float = GRACE
    ) -> None:
        self._forget, self._grace = forget, grace
        self._waiting: dict[str, asyncio.Task[None]] = {}
        self._going: set[asyncio.Task[None]] = set()
        self.hidden: set[str] = set()
        """Sessions no list should show."""

    def put(self, session: str) -> None:
        """Delete a session, unless it is brought back in time."""
        self.hidden.add(session)
        self._waiting[session] = asyncio.create_task(self._wait(session))

    def undo(self, session: str = "") -> str:
        """Bring a session back, the newest if none is named; return it, or "" for none."""
        if not session and self._waiting:
            session = next(reversed(self._waiting))
        waiting = self._waiting.pop(session, None)
        if waiting is None:
            return ""
        waiting.cancel()
        self.hidden.discard(session)
        return session

    async def empty(self) -> None:
        """Delete now what waits, and return when it is gone."""
        for session in list(self._waiting):
            self._waiting.pop(session).cancel()
            self._go(session)
        await asyncio.gather(*self._going)

    async def _wait(self, session: str) -> None:
        await asyncio.sleep(self._grace)
        del self._waiting[session]
        self._go(session)

    def _go(self, session: str) -> None:
        going = asyncio.create_task(self._forget(session))
        self._going.add(going)
        going.add_done_callback(self._going.discard)
