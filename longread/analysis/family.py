"""An agreement together with what amends it or belongs to it, as one thing to be asked.

They stand in the prompt one after another: the agreement (d1), amendments in the order in which
they were made, then exhibits. What belongs to which is decided elsewhere; nothing is asked here.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from longread.analysis import reading
from longread.analysis.families import rank
from longread.analysis.settling import unread_words
from longread.prompt import render
from longread.tokens.pieces import Pieces
from longread.types import Corpus, Document
from longread.types.families import members
from longread.types.reviews import Cell, Review, Reviewed


@dataclass(frozen=True, slots=True)
class Family:
    """What is read with an agreement, in the order in which it is shown."""

    read: tuple[tuple[Reviewed, Document], ...] = ()
    lost: tuple[Reviewed, ...] = ()
    """Of which nothing could be read."""

    def named(self, agreement: Document) -> list[Document]:
        """Return all documents under the short ids that they have in the prompt."""
        every = [agreement, *(document for _, document in self.read)]
        return [document.named(f"d{number}") for number, document in enumerate(every, 1)]

    def recognised(self, reviewed: Reviewed) -> dict[str, dict[int, float]]:
        """Return by short id which pages were recognised in pictures, and how surely."""
        every = [reviewed, *(one for one, _ in self.read)]
        return {f"d{number}": dict(one.recognised) for number, one in enumerate(every, 1)}

    def judged_as(self, reviewed: Reviewed) -> Reviewed:
        """Return the agreement's row with what was not read of what belongs to it."""
        partly = list(reviewed.partly)
        for one, _ in self.read:
            said = [unread_words(one)] if one.unread else []
            partly += [f"{one.path}: {words}" for words in (*said, *one.partly)]
        partly += [f"{one.path} could not be read: {one.reason}" for one in self.lost]
        return replace(reviewed, partly=tuple(partly))

    def told(self, cell: Cell) -> Cell:
        """Return a cell that says what was read with its document."""
        if not self.read:
            return cell
        paths = ", ".join(one.path for one, _ in self.read)
        note = "; ".join(filter(None, [cell.note, f"read with {paths}"]))
        return replace(cell, note=note)


NOBODY = Family()


def family_of(path: str, head: Review, read: Callable[[Reviewed], Document]) -> Family:
    """Return what is read with the agreement at `path`.

    Args:
        read: reads the text of a document of the review.
    """
    others = members(path, head.documents, head.families)
    texts = [(one, read(one)) for one in others if not one.reason]
    texts.sort(key=lambda pair: rank(pair[0].path, pair[1].text))
    return Family(tuple(texts), tuple(one for one in others if one.reason))


def laid_out(
    documents: Sequence[Document], mark: str, room: int, pieces: Pieces, guided: bool
) -> list[render.Chunk]:
    """Return what is shown in `room` tokens of documents that do not fit, in their order."""
    corpus = Corpus((), tuple(documents), ())
    measured = reading.measure(corpus, pieces, guided, lambda _: None)
    layout = reading.lay_out(replace(measured, mark=mark), room)
    # There they are in reading order, and named by it.
    ids = {document.path: document.id for document in documents}
    order = list(ids)
    placed = sorted(layout.placed, key=lambda one: order.index(one.path))
    mine = tuple(replace(one, id=ids[one.path]) for one in placed)
    return reading.chunks(replace(layout, placed=mine), documents)
