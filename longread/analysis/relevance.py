"""The segments of a corpus that matter to a question, from an index kept for that corpus."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path

from longread import config
from longread.cache.search import SearchIndex
from longread.prompt import finding
from longread.prompt.evidence import Hit
from longread.types import Corpus, Progress, Source, Tell

SHARES = ((8_192, 0.9), (16_384, 0.75), (65_536, 0.5))
"""Windows, and the part of the room that evidence gets up to there where not all is shown."""
SHARE_ELSE = 0.25


def evidence_share(window: int) -> float:
    """Return the part of the room that evidence gets: most of a small window."""
    return next((part for limit, part in SHARES if window <= limit), SHARE_ELSE)


def place_of(sources: Sequence[Source]) -> str:
    """Return the name of a corpus by where it is read from: its locations, sorted, one a line."""
    return "\n".join(sorted({source.location for source in sources}))


def index_of(sources: Sequence[Source]) -> Path:
    """Return the file of the corpus' index."""
    name = hashlib.blake2b(place_of(sources).encode("utf-8", "replace"), digest_size=12)
    return config.cache() / "search" / f"{name.hexdigest()}.db"


def relevant(corpus: Corpus, question: str, tell: Tell) -> list[Hit]:
    """Return the segments most relevant to `question`, from the corpus' own index."""
    index = SearchIndex(index_of(corpus.sources))
    try:

        def indexed(done: int, total: int) -> None:
            tell(Progress("index", done, total))

        finding.bring_up_to_date(index, corpus.documents, indexed)
        return finding.find(question, corpus.documents, index)
    finally:
        index.close()
