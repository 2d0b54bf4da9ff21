"""A corpus cut into parts that each fit one prompt: all of it, nothing twice.

Documents stay whole where they fit a part; a longer one is cut between its symbols or pages, and
within one only where that alone does not fit. Pure functions: the same documents and the same
room, the same parts. What is asked of a part is said elsewhere.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from longread.errors import BudgetError
from longread.prompt import costs, render
from longread.prompt.render import Chunk
from longread.prompt.ruler import joined
from longread.tokens.pieces import Pieces, text_key
from longread.types import Document, Level, Placed, Progress, Segment, Span

VERSION = 1
"""Raised when the same documents would be cut otherwise."""
NEAR = 8
"""Parts, the newest, that a document may still be put into: neighbours are to stay together."""
ENOUGH = 0.97
"""Part of the room that a piece of a long document fills before no longer one is looked for."""
LEAST = 0.75
"""Of a piece's characters, what is left at least where it ends earlier, at a symbol's border."""
GUESSES = 4
"""Borders looked for by proportion before the rest is halved."""


@dataclass(frozen=True, slots=True)
class Slice:
    """A run of one document's characters."""

    document: str
    """Short id."""
    start: int
    end: int
    broken: bool = False
    """Whether it is a piece of a segment that does not fit a part by itself."""


@dataclass(frozen=True, slots=True)
class Part:
    """What one prompt shows of a corpus, in reading order."""

    slices: tuple[Slice, ...]
    tokens: int
    """Boundary lines included."""

    @property
    def ranges(self) -> dict[str, tuple[tuple[int, int], ...]]:
        """By short id, the character ranges that it shows."""
        found: dict[str, list[tuple[int, int]]] = {}
        for one in self.slices:
            found.setdefault(one.document, []).append((one.start, one.end))
        return {id: tuple(joined(ranges)) for id, ranges in found.items()}


def cut(
    documents: Sequence[Document],
    room: int,
    mark: str,
    pieces: Pieces,
    tell: Callable[[Progress], None] | None = None,
) -> list[Part]:
    """Return parts of at most `room` tokens each that together show every document.

    Each document goes to the first of the newest parts that has room for it.

    Raises:
        BudgetError: not even one character fits beside its boundary line.
    """
    whole = [Slice(d.id, 0, d.size) for d in documents]
    sizes = _sizes(documents, mark, pieces, tell)
    found: list[tuple[Slice, int]] = []
    for document, every, size in zip(documents, whole, sizes, strict=True):
        if size <= room:
            found.append((every, size))
        else:
            found += _pieces_of(document, every, size, room, mark, pieces)
            document.forget()
    return _filled(found, room)


def halves(part: Part, by_id: Mapping[str, Document], mark: str, pieces: Pieces) -> list[Part]:
    """Return what a part shows as parts of about half its size; itself where it cannot be cut."""
    room = part.tokens * 11 // 20
    found: list[tuple[Slice, int]] = []
    try:
        for one in part.slices:
            document = by_id[one.document]
            size = costs.price(chunks(one, document, mark), pieces)
            if size <= room:
                found.append((one, size))
            else:
                found += _pieces_of(document, one, size, room, mark, pieces)
    except BudgetError:
        return [part]
    return _filled(found, room)


def _filled(found: Sequence[tuple[Slice, int]], room: int) -> list[Part]:
    filled: list[tuple[list[Slice], int]] = []
    for one, size in found:
        near = range(max(len(filled) - NEAR, 0), len(filled))
        at = next((n for n in near if filled[n][1] + size <= room), None)
        if at is None:
            filled.append(([one], size))
        else:
            filled[at] = [*filled[at][0], one], filled[at][1] + size
    return [Part(tuple(slices), tokens) for slices, tokens in filled]


def chunks(one: Slice, document: Document, mark: str) -> list[Chunk]:
    """Return what a prompt shows of a slice; pages each under a line of its own."""
    if (one.start, one.end) == (0, document.size):
        placed = Placed(document.id, document.path, document.content_id, Level.FULL)
        return list(render.chunks(placed, document, mark))
    if not one.broken:
        return list(render.excerpts(document, _inside(one, document), mark))
    rest = f" {place(one, document)}\n"
    key = f"{document.content_id}:{one.start}-{one.end}"
    title = render.entitle(document, mark)
    return [Chunk(title, rest, key, document, Level.FULL, one.start, one.end)]


def place(one: Slice, document: Document) -> Span:
    """Return the lines, pages or cells that a slice touches."""
    if document.unit == "line":
        text = document.text
        last = max(one.start, one.end - 1)
        return Span("line", 1 + text.count("\n", 0, one.start), 1 + text.count("\n", 0, last))
    segments = document.segments
    first = max(bisect_right(segments, one.start, key=_start), 1) - 1
    last = max(bisect_left(segments, one.end, key=_start), 1) - 1
    return Span(document.unit, segments[first].span.first, segments[last].span.last)


def _inside(one: Slice, document: Document) -> range:
    """Return the segments that begin within a slice."""
    first = bisect_left(document.segments, one.start, key=_start)
    return range(first, bisect_left(document.segments, one.end, lo=first, key=_start))


def _start(segment: Segment) -> int:
    return segment.start


def _sizes(
    documents: Sequence[Document],
    mark: str,
    pieces: Pieces,
    tell: Callable[[Progress], None] | None,
) -> list[int]:
    """Return what each document takes in full; counts come from the cache where they can."""
    items = []
    owners: list[int] = []
    for number, document in enumerate(documents):
        for chunk in chunks(Slice(document.id, 0, document.size), document, mark):
            for text in (chunk.title, chunk.rest):
                items.append((text_key(text), text.__str__))
                owners.append(number)
            if chunk.key:
                items.append((chunk.key, chunk.read))
                owners.append(number)

    def counting(done: int, total: int) -> None:
        if tell:
            tell(Progress("count", done, total))

    counted = pieces.count(items, counting)
    sizes = [0] * len(documents)
    for number, tokens in zip(owners, counted, strict=True):
        sizes[number] += tokens
    return sizes


def _pieces_of(
    document: Document, whole: Slice, size: int, room: int, mark: str, pieces: Pieces
) -> list[tuple[Slice, int]]:
    """Return slices of one that is too long, each with its tokens."""
    rate = size / max(whole.end - whole.start, 1)

    def price(one: Slice) -> int:
        return costs.price(chunks(one, document, mark), pieces)

    def broken(borders: Sequence[int]) -> Iterator[tuple[Slice, int]]:
        """Yield what a segment too long is cut into: by lines, and a line by characters."""
        for a, b in _runs(borders, lambda a, b: price(Slice(document.id, a, b, True)), room, rate):
            one = Slice(document.id, a, b, True)
            tokens = price(one)
            if tokens <= room:
                yield one, tokens
            elif b - a > 1:
                yield from broken(range(a, b + 1))
            else:
                raise BudgetError(
                    f"not even a part of {document.path} fits {room:,} tokens",
                    hint="raise --budget, or choose a profile with a larger window",
                )

    def segments(borders: Sequence[int], opens: Sequence[int]) -> Iterator[tuple[Slice, int]]:
        for a, b in _runs(borders, lambda a, b: price(Slice(document.id, a, b)), room, rate, opens):
            one = Slice(document.id, a, b)
            tokens = price(one)
            if tokens <= room:
                yield one, tokens
                continue
            # It is one page, which may be cut between its clauses, or one segment.
            inner = [s.start for s in document.segments if a <= s.start < b]
            if len(inner) > 1:
                yield from segments([*inner, b], inner)
            else:
                yield from broken(_lines(document, one))

    if whole.broken or not document.segments:
        return list(broken(_lines(document, whole)))
    borders, opens = _borders(document, whole)
    return list(segments(borders, opens))


def _borders(document: Document, whole: Slice) -> tuple[list[int], list[int]]:
    """Return where a document may be cut, and where that is before a new symbol or section."""
    borders: list[int] = []
    opens: list[int] = []
    before: Segment | None = None
    for number in _inside(whole, document):
        segment = document.segments[number]
        if before is None or document.unit == "line" or segment.span.first > before.span.last:
            borders.append(segment.start)
            if before is None or not segment.name or segment.name != before.name:
                opens.append(segment.start)
        before = segment
    return [*borders, whole.end], opens


def _lines(document: Document, one: Slice) -> list[int]:
    """Return where the lines of a slice begin and end."""
    text = document.text[one.start : one.end]
    ends = {one.start + match.end() for match in re.finditer("\n", text)}
    return sorted({one.start, *ends, one.end})


def _runs(
    borders: Sequence[int],
    price: Callable[[int, int], int],
    room: int,
    rate: float,
    opens: Sequence[int] = (),
) -> Iterator[tuple[int, int]]:
    """Yield runs between borders that fit `room`, each as long as can be, in order.

    What does not fit between two neighbouring borders is yielded by itself.

    Args:
        rate: tokens of a character, about.
        opens: borders at which a run ends rather, where it loses little by that.
    """
    at, last = 0, len(borders) - 1
    while at < last:
        low, high, used, tries = at, last + 1, 0, 0
        while high - low > 1:
            if tries < GUESSES:
                reach = borders[at] + int(room / rate) if low == at else _stretched(
                    borders[at], borders[low], used, room
                )  # fmt: skip
                middle = min(max(bisect_right(borders, reach) - 1, low + 1), high - 1)
            else:
                middle = (low + high) // 2
            tries += 1
            tokens = price(borders[at], borders[middle])
            if tokens > room:
                high = middle
                continue
            low, used = middle, tokens
            if used >= room * ENOUGH:
                break
        end = max(low, at + 1)
        if low > at and end < last:
            earlier = _rather(borders, at, end, opens)
            end = earlier if price(borders[at], borders[earlier]) <= room else end
        yield borders[at], borders[end]
        at = end


def _stretched(start: int, end: int, used: int, room: int) -> int:
    return start + int((end - start) * room / max(used, 1))


def _rather(borders: Sequence[int], at: int, end: int, opens: Sequence[int]) -> int:
    """Return a border not far before `end` at which something begins; `end` where none is."""
    if not opens:
        return end
    number = bisect_right(opens, borders[end]) - 1
    border = opens[number] if number >= 0 else 0
    if border - borders[at] < (borders[end] - borders[at]) * LEAST:
        return end
    return bisect_right(borders, border) - 1


def named(slices: Sequence[Slice], by_id: Mapping[str, Document], most: int) -> str:
    """Return slices as a person reads them: "lease.pdf p3-p9, src/app.py, …"."""
    said = []
    for one in slices[:most]:
        document = by_id[one.document]
        path = render.printable(document.path)
        whole = (one.start, one.end) == (0, document.size)
        said.append(path if whole else f"{path} {place(one, document)}")
    return ", ".join(said) + (f" and {len(slices) - most:,} more" if len(slices) > most else "")
