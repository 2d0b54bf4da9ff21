"""Word files and web pages on a shelf, made text by worker processes; segments of such text.

A file that cannot be read is reported with its reason, never raised. Citations name lines of the
text that was made, which is kept with them.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Literal

from longread.ingest.clauses import Outline, contents
from longread.ingest.pool import Account, Pool, WorkerError
from longread.types import Segment, Span

VERSION = 3
"""Raised whenever the same bytes give other text."""
CONVERTERS = "longread.ingest.converters"
"""Imported by workers alone."""

Form = Literal["docx", "html"]
ENDS: dict[str, Form] = {
    "docx": "docx", "docm": "docx", "dotx": "docx", "dotm": "docx",
    "html": "html", "htm": "html", "xhtml": "html",
}  # fmt: skip
LINES, CHARACTERS = 20, 1_200
"""A segment holds at most so many lines, and ends with the paragraph in which it has so many
characters: about a clause or two, so that evidence for a small window is fine."""
SHORT = 400
"""Characters below which a clause does not begin a segment of its own."""
OPENING = 300
"""Characters of the beginning of a document: title and parties."""


@dataclass(frozen=True, slots=True)
class Made:
    """What was made of one file."""

    text: str
    reason: str
    """Why there is no text; empty where there is."""
    headings: tuple[tuple[int, int], ...] = ()
    """Line, from 1, and rank of each heading, 1 the highest."""
    encoding: str = ""
    notes: tuple[str, ...] = ()
    """What is not in the text although it is in the file."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What one file may take."""

    seconds: float = 60.0
    """CPU seconds."""
    memory: int = 1 << 30
    """Resident bytes of the worker that reads it."""
    characters: int = 20_000_000
    """Of the text that is made of it."""


LIMITS = Limits()


def form_of(path: str, data: bytes, shelf: bool) -> Form | None:
    """Return how a file is read that is neither plain text nor a PDF; None for other files.

    Only on a shelf is HTML a document: in a repository it is source code. A Word file is nothing
    else anywhere.
    """
    form = ENDS.get(path.lower().rpartition(".")[2])
    if form == "html":
        return form if shelf else None
    if form or (data.startswith(b"PK\3\4") and b"word/document.xml" in data):
        return "docx"
    return None


def convert_many(
    files: Iterable[tuple[str, Form, bytes]], limits: Limits = LIMITS
) -> Iterator[tuple[str, Made]]:
    """Yield each file's name and what was made of it, in the order in which they are done.

    `files` is advanced only as far as workers have room. Leaving the iteration early ends the
    workers.
    """
    pool = Pool(CONVERTERS, "answer", limits.memory)
    yield from pool.spread(
        (name, len(data), partial(_convert, pool, form, data, limits)) for name, form, data in files
    )


def _convert(pool: Pool, form: Form, data: bytes, limits: Limits) -> Made:
    account = Account(limits.seconds, limits.seconds)
    message = {"form": form, "most": limits.characters}
    reason = "damaged"
    for _ in range(2):  # a worker that died may have been worn out or killed
        try:
            for reply in list(pool.ask(message, data, account)):
                return _made(reply)
        except WorkerError as error:
            if error.reason != "died":
                return Made("", error.reason)
        if pool.closed or account.overdrawn:
            reason = "timeout"
            break
    return Made("", reason)


def _made(reply: Mapping[str, object]) -> Made:
    """Return what a worker said, as far as it is what workers say."""
    match reply:
        case {"text": str(text), "headings": list(headings), "notes": list(notes)}:
            ranks = tuple((int(line), int(rank)) for line, rank in headings)
            reason, encoding = str(reply.get("reason", "")), str(reply.get("encoding", ""))
            return Made(text, reason, ranks, encoding, tuple(map(str, notes)))
        case {"reason": str(reason)}:
            return Made("", reason)
    return Made("", "damaged")


def lay_out(text: str, headings: Sequence[tuple[int, int]]) -> tuple[Segment, ...]:
    """Return the segments that tile a text: what a heading or a clause stands over, in parts.

    Args:
        headings: line, from 1, and rank of each.
    """
    lines = text.split("\n")[:-1]
    listed = contents(lines)
    titles = {line - 1 for line, _ in headings} - listed
    names = _names(lines, titles, listed)
    # The blank line above a heading goes with it.
    titled = (row for row, (_, is_titled) in names.items() if is_titled)
    starts = {row - 1 if row and not lines[row - 1] else row for row in titled}
    # A table of contents is apart from what stands around it.
    starts |= {row for row in listed if row - 1 not in listed}
    starts |= {row + 1 for row in listed if row + 1 not in listed}
    segments: list[Segment] = []
    first = at = 0
    while first < len(lines):
        last = _end(lines, first, starts, names)
        end = at + sum(len(line) + 1 for line in lines[first:last])
        segments.append(_segment(lines, first, last, (at, end), names, first in listed))
        first, at = last, end
    if segments:
        shown = text[segments[0].start : min(segments[0].end, OPENING)].rstrip()
        segments[0] = replace(segments[0], signature=(0, len(shown)) if shown else None)
    return tuple(segments)


def _names(
    lines: Sequence[str], titles: Container[int], listed: Container[int]
) -> dict[int, tuple[str, bool]]:
    """Return the name of what each row begins, qualified, and whether it is a heading."""
    outline = Outline()
    named: dict[int, tuple[str, bool]] = {}
    rows = [row for row, line in enumerate(lines) if line and row not in listed]
    for before, row, after in zip([-1, *rows], rows, [*rows[1:], -1], strict=False):
        said = [lines[other] if other >= 0 else "" for other in (before, after)]
        name, titled = outline.enter(lines[row], *said)
        if row in titles:
            named[row] = name or lines[row][:120].rstrip(), True
        elif name:
            named[row] = name, titled
    return named


def _end(lines: Sequence[str], first: int, starts: Container[int], names: Container[int]) -> int:
    """Return the row before which the segment that begins with row `first` ends."""
    size = 0
    for row in range(first + 1, len(lines)):
        size += len(lines[row - 1])
        clause = size >= SHORT and row in names
        if row in starts or clause or row - first >= LINES or size >= CHARACTERS:
            return row
    return len(lines)


def _segment(
    lines: Sequence[str],
    first: int,
    last: int,
    ends: tuple[int, int],
    names: Mapping[int, tuple[str, bool]],
    listed: bool,
) -> Segment:
    row = next((row for row in range(first, last) if lines[row].strip()), first)
    line = lines[row][:120].rstrip()
    name = names.get(row, ("", False))[0]
    start = ends[0] + sum(len(x) + 1 for x in lines[first:row])
    signature = (start, start + len(line)) if name else None
    kind = "contents" if listed else "section" if name else "block"
    return Segment(kind, name, Span("line", first + 1, last), *ends, signature)
