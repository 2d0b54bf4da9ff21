"""Reading sources as the flows do, for tests."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from fpdf import FPDF

from longread.cache.derived import Derived
from longread.ingest.read import Options, read
from longread.types import Corpus, Document, Entry, Progress

TOKEN = "ghp" + "_a8Fk29dKq0ZmX7LwB3nR5vTyU1cEhJ4sPgQo"


class Desk:
    """Reads, and keeps what was reported."""

    def __init__(self, derived: Derived) -> None:
        self.derived = derived
        self.told: list[Progress] = []

    def read(
        self,
        *places: str | Path,
        rev: str = "",
        secrets: Literal["mask", "keep"] = "mask",
        passwords: tuple[str, ...] = (),
    ) -> Corpus:
        options = Options(rev, secrets, passwords)
        return read([str(place) for place in places], options, self.derived, self.told.append)


def entries(corpus: Corpus) -> dict[str, Entry]:
    return {entry.path: entry for entry in corpus.entries}


def documents(corpus: Corpus) -> dict[str, Document]:
    return {document.path: document for document in corpus.documents}


def pdf(*pages: str) -> bytes:
    made = FPDF()
    made.set_font("helvetica", size=12)
    for text in pages:
        made.add_page()
        if text:
            made.multi_cell(0, 6, text)
    return bytes(made.output())
