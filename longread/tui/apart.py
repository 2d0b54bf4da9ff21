"""Asynchronous work in a thread with an event loop of its own: what it computes holds no key up."""

from __future__ import annotations

import asyncio
import contextvars
from collections.abc import Callable, Coroutine
from concurrent.futures import Future
from contextlib import suppress
from threading import Thread
from typing import Any


class Apart:
    """One coroutine. Whoever waits for it and is cancelled has it cancelled, and sees it end."""

    def __init__(self, work: Callable[[], Coroutine[Any, Any, None]]) -> None:
        self._work = work
        self._ended: Future[None] = Future()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._task: asyncio.Task[None] | None = None
        self._stopped = False

    async def run(self) -> None:
        """Do the work.

        Raises:
            what the work raised.
        """
        # What is asked of a person on the way must find the app.
        context = contextvars.copy_context()
        Thread(target=context.run, args=(self._do,), name="apart").start()
        ended = asyncio.wrap_future(self._ended)
        try:
            await asyncio.shield(ended)
        except asyncio.CancelledError:
            self.stop()
            with suppress(asyncio.CancelledError):
                await asyncio.wait({ended})
            raise

    async def ended(self) -> None:
        """Wait until it has ended, however that was."""
        await asyncio.wait({asyncio.wrap_future(self._ended)})

    def stop(self) -> None:
        """Have it end at its next step."""
        self._stopped = True
        if self._loop and self._task:
            with suppress(RuntimeError):  # It ended meanwhile, and its loop with it.
                self._loop.call_soon_threadsafe(self._task.cancel)

    def _do(self) -> None:
        try:
            asyncio.run(self._main())
        except BaseException as error:  # noqa: BLE001 - for who waits: a thread has nobody to tell
            self._ended.set_exception(error)
        else:
            self._ended.set_result(None)

    async def _main(self) -> None:
        self._loop, self._task = asyncio.get_running_loop(), asyncio.current_task()
        if not self._stopped:
            await self._work()
