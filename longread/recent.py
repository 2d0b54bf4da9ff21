"""What was asked for last is kept for a while, up to a size; it may be asked for by any thread."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable
from typing import Generic, TypeVar

Key = TypeVar("Key")
Value = TypeVar("Value")


class Recent(Generic[Key, Value]):
    """Values by key, of which those go first that were asked for longest ago.

    Args:
        most: of what they take together.
        size: what one takes; each takes 1 without it. One that takes over half is not kept.
    """

    def __init__(self, most: int, size: Callable[[Value], int] = lambda _: 1) -> None:
        self._most = most
        self._size_of = size
        self._size = 0
        self._held: OrderedDict[Key, Value] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: Key) -> Value | None:
        """Return a value, if it is still here."""
        with self._lock:
            if (value := self._held.get(key)) is not None:
                self._held.move_to_end(key)
            return value

    def put(self, key: Key, value: Value) -> None:
        """Keep a value, unless one is kept under its key."""
        size = self._size_of(value)
        with self._lock:
            if key in self._held or size > self._most // 2:
                return
            self._held[key] = value
            self._size += size
            while self._size > self._most:
                _, gone = self._held.popitem(last=False)
                self._size -= self._size_of(gone)

    def clear(self) -> None:
        """Let go of all."""
        with self._lock:
            self._held.clear()
            self._size = 0
