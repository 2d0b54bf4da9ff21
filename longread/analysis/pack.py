"""A source as one prompt within a budget, for people who ask a model themselves.

It needs no engine and no network, and the same content gives the same bytes on any machine.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from longread.analysis import reading
from longread.analysis.around import around
from longread.analysis.reading import Measured
from longread.analysis.sources import read_sources
from longread.cache.kept import open_derived
from longread.errors import BudgetError
from longread.ingest.read import Options
from longread.prompt import compose, render
from longread.prompt.costs import price
from longread.tokens import open_family
from longread.tokens.pieces import Pieces
from longread.types import Corpus, Ledger, Piece, Tell

Form = Literal["text", "md", "json", "ids"]


@dataclass(frozen=True, slots=True)
class Packed:
    """A prompt without a chat template around it, and the ledger of what it shows."""

    corpus: Corpus
    ledger: Ledger
    chunks: Sequence[render.Chunk]
    before: str
    """Head."""
    after: str
    """What is not shown, and the question."""
    pieces: Pieces

    def text(self) -> Iterator[str]:
        """Yield the prompt's text, piece by piece."""
        yield self.before
        for chunk in self.chunks:
            yield chunk.head
            if chunk.key:
                yield chunk.read()
        yield self.after

    def markdown(self) -> Iterator[str]:
        """Yield the prompt as Markdown: a heading and a fence for each piece."""
        yield self.before
        for chunk in self.chunks:
            body = chunk.read() if chunk.key else ""
            yield f"\n## {chunk.head.rstrip()}\n"
            if body:
                longest = max((len(run) for run in re.findall("`{3,}", body)), default=0)
                fence = "`" * max(3, longest + 1)
                yield f"\n{fence}{chunk.document.language}\n{body}{fence}\n"
        yield f"\n{self.after}" if self.after else ""

    def ids(self) -> bytes:
        """Return the token ids of the text as little-endian uint32."""
        pieces: list[Piece] = compose.show(self.chunks, self.pieces, "ids")
        joined = self.pieces.encode_text(self.before)
        for piece in pieces:
            joined += piece.ids
        joined += self.pieces.encode_text(self.after)
        if joined.itemsize != 4 or sys.byteorder == "big":
            return b"".join(id.to_bytes(4, "little") for id in joined)
        return joined.tobytes()

    def data(self) -> Iterator[str]:
        """Yield the prompt as JSON: a list of pieces with document, level and text."""
        yield json.dumps({"head": self.before})[:-1] + ', "pieces": ['
        for index, chunk in enumerate(self.chunks):
            piece = {
                "document": chunk.document.id,
                "path": chunk.document.path,
                "level": chunk.level.label,
                "boundary": chunk.head,
                "text": chunk.read() if chunk.key else "",
            }
            yield (", " if index else "") + json.dumps(piece, ensure_ascii=False)
        yield f'], "tail": {json.dumps(self.after, ensure_ascii=False)}}}\n'


def pack(
    locations: Sequence[str],
    options: Options,
    tokenizer: str,
    budget: int,
    question: str,
    tell: Tell,
) -> Packed:
    """Read sources and choose what of them fits `budget` tokens, head and question included.

    Raises:
        IngestError: a source cannot be read at all.
        BudgetError: not even the head and the question fit.
    """
    family = open_family(tokenizer)
    pieces = Pieces(family, open_derived())
    corpus = read_sources(locations, options, pieces, budget, tell)
    return fit(reading.measure(corpus, pieces, False, tell), budget, question, tell)


def fit(measured: Measured, budget: int, question: str, tell: Tell) -> Packed:
    """Choose what of a corpus fits `budget` tokens, head and question included.

    Raises:
        BudgetError: not even the head and the question fit.
    """
    pieces = measured.pieces
    tail = f"{measured.mark} question\n{question.strip()}\n" if question else ""
    fixed = pieces.count_text(measured.head) + pieces.count_text(tail)
    room = budget - fixed
    if room <= 0:
        raise BudgetError(
            f"the head and the question take {fixed:,} tokens and the budget is {budget:,}",
            hint="raise --budget, or shorten the question",
        )
    layout, shown, found = around(measured, question, room, tell)
    chunks = [*reading.chunks(layout, measured.corpus.documents), *found]
    notice = render.not_shown(layout)
    used = fixed + price(chunks, pieces)
    if used + pieces.count_text(notice) > budget:
        notice = ""
    used += pieces.count_text(notice)
    ledger = replace(reading.ledger(measured, shown, budget, fixed), tokens=used)
    return Packed(measured.corpus, ledger, chunks, measured.head, notice + tail, pieces)
