"""Blocking work inside the event iterator: its progress becomes events."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Generic, TypeVar

from longread.types import Progress, Tell

T = TypeVar("T")


class Work(Generic[T]):
    """A blocking call, run in a thread while its progress is iterated over.

    Progress that comes faster than it is taken is coalesced: only the newest counts. When the
    iteration is over, `value` holds what the call returned.
    """

    value: T

    def __init__(self, call: Callable[[Tell], T]) -> None:
        self._call = call

    async def __aiter__(self) -> AsyncIterator[Progress]:
        loop = asyncio.get_running_loop()
        changed = asyncio.Event()
        newest: list[Progress] = []

        left = False

        def tell(progress: Progress) -> None:
            if left:
                raise asyncio.CancelledError
            newest[:] = [progress]
            loop.call_soon_threadsafe(changed.set)

        thread = ThreadPoolExecutor(1)
        running = loop.run_in_executor(thread, self._call, tell)
        running.add_done_callback(lambda _: changed.set())
        try:
            while not running.done():
                await changed.wait()
                changed.clear()
                while newest:
                    yield newest.pop()
            while newest:
                yield newest.pop()
            self.value = running.result()
        finally:
            # Whoever leaves early does not wait for the call, which ends at its next step.
            left = True
            running.cancel()
            thread.shutdown(wait=False)
