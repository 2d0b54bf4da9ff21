"""Texts encoded once: their ids and counts are kept in the cache by family and content."""

from __future__ import annotations

import hashlib
from array import array
from collections.abc import Callable, Iterable, Sequence
from functools import partial

from longread.cache.derived import Derived
from longread.tokens import Family

BATCH = 2_000_000
"""Characters encoded between two writes, which bounds memory."""

SHORT = 200
"""Characters of a text that is its own key; making a hash costs more than keeping it."""

Keyed = tuple[str, Callable[[], str]]
"""A key that names a text's content, and the text itself when it is wanted."""


class Pieces:
    """What one family makes of texts."""

    def __init__(self, family: Family, derived: Derived) -> None:
        self.family = family
        self.derived = derived
        self._counts: dict[str, int] = {}
        self._held: list[tuple[str, str]] = []
        self._size = 0

    def hold(self, items: Iterable[Keyed]) -> None:
        """Take texts that were never counted and are at hand now; they are counted in batches."""
        for key, read in items:
            if key in self._counts:
                continue
            text = read()
            self._held.append((key, text))
            self._size += len(text)
        if self._size >= BATCH:
            self._count_held()

    def _count_held(self) -> None:
        held, self._held, self._size = dict(self._held), [], 0
        counts = self.family.count(list(held.values()))
        self._counts.update(zip(held, counts, strict=True))
        rows = [(key, n.to_bytes(4, "little")) for key, n in zip(held, counts, strict=True)]
        self.derived.put(f"count:{self.family.id}", rows)

    def count(
        self, items: Sequence[Keyed], progress: Callable[[int, int], None] | None = None
    ) -> list[int]:
        """Return the token count of each text, encoding only what was never counted."""
        if self._held:
            self._count_held()
        kind = f"count:{self.family.id}"
        wanted = [key for key, _ in items if key not in self._counts]
        if not wanted:
            return [self._counts[key] for key, _ in items]
        for key, value in self.derived.get(kind, wanted).items():
            self._counts[key] = int.from_bytes(value, "little")
        missing = [(key, text) for key, text in items if key not in self._counts]
        keys: list[str] = []
        texts: list[str] = []
        size = 0
        for index, (key, text) in enumerate(missing, 1):
            keys.append(key)
            texts.append(text())
            size += len(texts[-1])
            if size >= BATCH or index == len(missing):
                counts = self.family.count(texts)
                self._counts.update(zip(keys, counts, strict=True))
                self.derived.put(
                    kind,
                    [(k, n.to_bytes(4, "little")) for k, n in zip(keys, counts, strict=True)],
                )
                keys, texts, size = [], [], 0
                if progress:
                    progress(index, len(missing))
        return [self._counts[key] for key, _ in items]

    def count_texts(self, texts: Sequence[str]) -> list[int]:
        """Return the token count of short texts, such as boundary lines, keyed by themselves."""
        return self.count([(text_key(text), partial(str, text)) for text in texts])

    def encode(self, items: Sequence[Keyed]) -> list[array[int]]:
        """Return the ids of each text as `array('I')`, encoding only what never was."""
        kind = f"ids:{self.family.id}"
        kept = self.derived.get(kind, [key for key, _ in items])
        found: dict[str, array[int]] = {}
        fresh: list[tuple[str, bytes]] = []
        for key, text in items:
            if key in found:
                continue
            if key in kept:
                found[key] = array("I", kept[key])
            else:
                found[key] = self.family.encode(text())
                fresh.append((key, found[key].tobytes()))
        self.derived.put(kind, fresh)
        return [found[key] for key, _ in items]

    def encode_text(self, text: str) -> array[int]:
        """Return the ids of one text that is not worth keeping, such as a question."""
        return self.family.encode(text)

    def count_text(self, text: str) -> int:
        """Return the token count of one short text that comes again, such as the head."""
        return self.count_texts([text])[0]


def text_key(text: str) -> str:
    """Return the key of a text that has no document: itself, or its hash where it is long."""
    if len(text) < SHORT and text.rstrip("\n").isprintable():
        return "=" + text
    return "t:" + hashlib.blake2b(text.encode("utf-8", "replace"), digest_size=16).hexdigest()
