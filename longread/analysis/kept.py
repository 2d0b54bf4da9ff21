"""The documents of a kept session, each unpacked when somebody looks at it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import overload

from longread.types import Document, Placed


class Kept(Sequence[Document]):
    """Documents in the order of a layout, under its short ids and paths.

    A large session can be shown, and asked, before most of its texts were touched.
    """

    __slots__ = ("_made", "_placed", "_texts")

    def __init__(self, placed: Sequence[Placed], texts: Mapping[str, Document]) -> None:
        """`texts` is by content id."""
        self._placed, self._texts = placed, texts
        self._made: list[Document | None] = [None] * len(placed)

    def __len__(self) -> int:
        return len(self._placed)

    @overload
    def __getitem__(self, index: int) -> Document: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Document]: ...
    def __getitem__(self, index: int | slice) -> Document | Sequence[Document]:
        if isinstance(index, slice):
            return [self[n] for n in range(*index.indices(len(self)))]
        made = self._made[index]
        if made is None:
            placed = self._placed[index]
            made = replace(self._texts[placed.content_id], id=placed.id, path=placed.path)
            self._made[index] = made
        return made

    def __iter__(self) -> Iterator[Document]:
        return (self[n] for n in range(len(self)))
