"""Notebooks: the source of each cell, without outputs, as one text in which cells are counted."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from longread.types import Segment, Span

MOST_LINES = 60
"""Lines of one segment; a longer cell is several."""


@dataclass(frozen=True, slots=True)
class Cells:
    """A notebook's text, and how many of its lines each cell takes."""

    text: str
    lines: tuple[int, ...]
    language: str
    """Of the code, as the notebook names it; empty where it does not."""


def extract(raw: str) -> Cells | None:
    """Return the cells of a notebook; None where `raw` is none."""
    try:
        book = json.loads(raw)
    except (ValueError, RecursionError):
        return None
    if not isinstance(book, dict):
        return None
    sources = list(_sources(book))
    if not sources and not isinstance(book.get("cells"), list):
        return None
    blocks = [s if s.endswith("\n") else s + "\n" for s in sources]
    # Between cells stands an empty line, which belongs to the cell before it.
    blocks = [block + "\n" for block in blocks[:-1]] + blocks[-1:]
    return Cells("".join(blocks), tuple(b.count("\n") for b in blocks), _language(book))


def segments(text: str, lines: Sequence[int]) -> tuple[Segment, ...]:
    """Cut a notebook's text, masked or not, into segments in unit "cell" that tile it."""
    rows = [row + "\n" for row in text.split("\n")[:-1]]
    made: list[Segment] = []
    row = at = 0
    for number, length in enumerate(lines, 1):
        for first in range(row, row + length, MOST_LINES):
            block = rows[first : min(first + MOST_LINES, row + length)]
            end = at + sum(map(len, block))
            made.append(Segment("cell", "", Span("cell", number, number), at, end))
            at = end
        row += length
    return tuple(made)


def _sources(book: dict[str, object]) -> Iterator[str]:
    # Format 4 has cells; format 3 had them in worksheets, and called the source of code "input".
    sheets = book.get("worksheets")
    holders = [book, *(sheets if isinstance(sheets, list) else [])]
    for holder in holders:
        cells = holder.get("cells") if isinstance(holder, dict) else None
        for cell in cells if isinstance(cells, list) else []:
            if isinstance(cell, dict):
                yield _joined(cell.get("source", cell.get("input", "")))


def _joined(source: object) -> str:
    parts = source if isinstance(source, list) else [source]
    text = "".join(part for part in parts if isinstance(part, str))
    # JSON can spell halves of letters, which no file can hold.
    text = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return text.replace("\0", "\ufffd").replace("\r\n", "\n").replace("\r", "\n")


def _language(book: dict[str, object]) -> str:
    about = book.get("metadata")
    about = about if isinstance(about, dict) else {}
    for key, field in (("language_info", "name"), ("kernelspec", "language")):
        part = about.get(key)
        name = part.get(field) if isinstance(part, dict) else None
        if isinstance(name, str):
            return name.lower()
    return ""
