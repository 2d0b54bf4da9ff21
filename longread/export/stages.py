"""What people read of progress. It prints nothing."""

from __future__ import annotations

from longread.export.visible import line
from longread.types import Progress

SAID = frozenset({"source", "show"})
"""Stages whose note is a fact to keep, not a state to pass."""
WORDS = {
    "open": "opening",
    "fetch": "fetching",
    "read": "reading",
    "pages": "reading PDFs",
    "ocr": "recognising scanned pages",
    "documents": "reading documents",
    "history": "reading history",
    "parse": "parsing",
    "count": "counting tokens",
    "order": "ordering",
    "index": "indexing",
    "keep": "keeping",
    "draw": "drawing pages",
    "cite": "choosing places",
    "think": "thinking",
    "wait": "waiting",
    "look": "looking for words to plant",
    "probe": "probing",
    "measure": "measuring likelihood",
    "review": "reviewing",
    "sweep": "asking part by part",
    "merge": "comparing findings",
}


def stage(progress: Progress) -> str:
    """Return a step in words: "counting tokens 120/4,450"."""
    words = WORDS.get(progress.stage, progress.stage)
    if progress.total:
        words += f" {progress.done:,}/{progress.total:,}"
    if progress.note:
        words += f": {line(progress.note)}"
    return words
