"""Cells on their way to the disk: those that come while it is busy go together."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TypeVar

from longread.errors import StoreError
from longread.store import Kept, Reviews
from longread.types.reviews import Cell

T = TypeVar("T")


@dataclass(slots=True)
class _Waiting:
    """A cell that is to be written, and what became of it."""

    document: int
    cell: Cell
    second: bool
    kept: Kept = "lost"
    error: StoreError | None = None


class Keeping:
    """What one run writes to a store, and reads from it, in the one thread that waits for both."""

    def __init__(self, reviews: Reviews, owner: str, lease: float) -> None:
        """Take the reviews of a store.

        Args:
            owner: in whose name cells are written.
            lease: seconds for which a document is held on when something of it is written.
        """
        self._reviews, self._owner, self._lease = reviews, owner, lease
        self._thread = ThreadPoolExecutor(1, "cells")
        self._waiting: deque[_Waiting] = deque()

    async def keep(self, document: int, cell: Cell, *, second: bool = False) -> Kept:
        """Keep a cell, together with those that came while the disk was busy; it is safe then.

        Raises:
            StoreError: it could not be written.
        """
        one = _Waiting(document, cell, second)
        self._waiting.append(one)
        await self.do(self._write)
        if one.error:
            raise one.error
        return one.kept

    async def do(self, call: Callable[[], T]) -> T:
        """Do what the store does, away from the event loop."""
        return await asyncio.get_running_loop().run_in_executor(self._thread, call)

    def close(self) -> None:
        """Wait for what is being written."""
        self._thread.shutdown()

    def _write(self) -> None:
        """Write the cells that wait, if another call has not done so already."""
        batch: list[_Waiting] = []
        while self._waiting:
            batch.append(self._waiting.popleft())
        if not batch:
            return
        try:
            cells = [(one.document, one.cell) for one in batch]
            second = {n for n, one in enumerate(batch) if one.second}
            kept = self._reviews.keep_cells(self._owner, self._lease, cells, second)
            for one, became in zip(batch, kept, strict=True):
                one.kept = became
        except StoreError as error:
            for one in batch:
                one.error = error
