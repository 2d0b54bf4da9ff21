"""Sources read for one window: their history cut to a share of it, and shown behind all else."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from itertools import accumulate

from longread.analysis import reading
from longread.ingest import history
from longread.ingest.read import Options, read
from longread.tokens.pieces import Pieces
from longread.types import Corpus, Document, Entry, Level, Tell

SHARE = 4
"""History takes one part in so many of the window, at most; a diff and a log share it."""
MARGIN = 96
"""Tokens for the boundary line, and for the line that says what was left out."""
SPECIAL = re.compile(r"([\\*?\[\]!#])")
"""What means something in a pattern of .gitignore."""


def read_sources(
    locations: Sequence[str],
    options: Options,
    pieces: Pieces,
    window: int,
    tell: Tell,
    *,
    blind: bool = True,
) -> Corpus:
    """Read sources that are to be shown in a window of so many tokens.

    Args:
        blind: whether the model sees no pictures.

    Raises:
        IngestError: a source cannot be read at all, or has no such history.
    """
    corpus = read(locations, options, pieces.derived, tell, reading.counter(pieces), blind=blind)
    if not options.diff and not options.log:
        return corpus
    told = [document for document in corpus.documents if document.language in history.LANGUAGES]
    most = window // SHARE // max(len(told), 1) - MARGIN
    cut = {d.path: short for d in told if (short := _fitted(d, most, pieces))}
    levels = tuple(("/" + SPECIAL.sub(r"\\\1", d.path), Level.FULL) for d in told)
    return replace(
        corpus,
        documents=tuple(cut[d.path][0] if d.path in cut else d for d in corpus.documents),
        entries=tuple(cut[e.path][1] if e.path in cut else e for e in corpus.entries),
        levels=(*corpus.levels, *levels),
    )


def _fitted(document: Document, most: int, pieces: Pieces) -> tuple[Document, Entry] | None:
    """Return what fits `most` tokens of a document, from its beginning; None where all does."""
    parts = [document.text[s.start : s.end] for s in document.segments]
    counts = pieces.count_texts(parts)
    for kept, used in enumerate(accumulate(counts)):
        if used > most:
            return history.cut(document, kept)
    return None
