"""Text → segments, signatures and links, by tree-sitter; blocks where there is no grammar.

Nothing here raises for what a text holds: what cannot be parsed is cut into blocks, and
`Parsed.reason` says why. The parser holds the GIL and may crash, so `parse_many` gives large
work to processes.
"""

from __future__ import annotations

import os
import threading
import time
from array import array
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING, Any, NamedTuple
from zlib import crc32

from longread.ingest import symbols
from longread.ingest.blocks import LINES, Lines, blocks, tile
from longread.ingest.columns import Columns, Segments, of_rows
from longread.ingest.grammars import GRAMMARS, PACKED, load
from longread.types import Segment

if TYPE_CHECKING:
    from tree_sitter import Tree

    from longread.ingest.pool import Pool

VERSION = 7
"""Raised whenever the result for the same text can change, or the language of a file."""
LARGEST = 8_000_000
"""Characters of a text that is parsed; its tree takes 22 times as much memory."""
WIDEST = 500
"""Characters a line, on average, from which lines say nothing of where a definition stands."""
TABLE, NUMBERS = 50_000, 0.1
"""A text so long, in characters, in which so few are letters beyond "f" is a table of numbers: it
defines little, and takes the parser as long as ten files. Of CPython's C headers that are tables
none has 8 %, of its code none less than 21 %."""
STEPS = 20_000, 10, 200_000
"""Parsing steps a text may take: so many, one more for every ten bytes, and never more than
that. The densest of Django's and CPython's files takes one for every 35 bytes. Steps are counted,
not seconds, so that the same text gives the same result on any machine."""
READS = 1_000, 20
"""Times a parser may ask for text: so many, and so many more for every `CHUNK` of it. It asks a
dozen times for a small file and twice for each chunk of a large one; a scanner that runs over the
rest of the text at every character asks tens of thousands of times, and no step is counted."""
DEADLINE = 10.0
"""CPU seconds a text may take all the same."""
CHUNK = 1 << 14
"""Bytes that the parser is handed at a time."""
ENOUGH = 1_000_000
"""Characters from which starting worker processes pays."""
BATCH = 1 << 19
"""Bytes of a request to a worker."""
MEMORY = 2 << 30
"""Bytes a worker may take."""
APART = bytes(
    b if (chr(b).isalnum() and b < 128) or chr(b) in "_$" or b > 127 else 32 for b in range(256)
)
"""Bytes that cannot be part of an identifier, as spaces."""
DIGITS = b"0123456789"
LETTERS = bytes(b for b in range(256) if chr(b).lower() in "ghijklmnopqrstuvwxyz" or b > 127)
"""Bytes of letters that no hexadecimal number has."""
LOST = {"timeout": "deadline", "memory": "too large to parse"}
"""Why a worker was lost, as the ledger says it."""


@dataclass(frozen=True, slots=True)
class Parsed:
    """What is known of a text."""

    segments: Sequence[Segment]
    """They tile the text."""
    links: tuple[str, ...]
    """Imports, includes and relative links as they are written, each once, in order."""
    reason: str
    """Why symbols are missing; empty where they are not."""
    words: array[int] | None = None
    """As in `Document`."""


class Findings(NamedTuple):
    """The same, of plain values that cross processes cheaply."""

    columns: Columns
    links: list[str]
    reason: str
    words: bytes = b""
    """`array('I')`; empty where there are none."""


class StoppedError(Exception):
    """A parse that took too long."""


def parse(text: str, language: str) -> Parsed:
    """Return the segments and links of a text; a language without a grammar gives blocks."""
    return _parsed(find(text, language))


def find(text: str, language: str) -> Findings:
    """Do the work of `parse`."""
    if language not in GRAMMARS:
        return _blocks(text)
    reason = _refuse(text)
    return _blocks(text, reason) if reason else _try(text, language)


def _try(text: str, language: str) -> Findings:
    """Parse what nothing speaks against; blocks where it takes too long."""
    try:
        return _find(text, language) if text else _blocks(text)
    except (StoppedError, symbols.TooManyError):
        return _blocks(text, "deadline")


def _blocks(text: str, reason: str = "") -> Findings:
    return Findings(of_rows(blocks(text)), [], reason)


def _refuse(text: str) -> str:
    if len(text) > LARGEST:
        return "too large to parse"
    if len(text) > WIDEST * (text.count("\n") + 20):
        return "lines too long to parse"
    if len(text) > TABLE:
        data = text.encode("utf-8", "replace")
        if len(data) - len(data.translate(None, LETTERS)) < NUMBERS * len(data):
            return "a table of numbers"
    return ""


def _parsed(found: Findings) -> Parsed:
    words = array("I", found.words) if found.words else None
    return Parsed(Segments(found.columns), tuple(found.links), found.reason, words)


def _find(text: str, language: str) -> Findings:
    data = text.encode("utf-8", "replace")
    grammar = GRAMMARS[language]
    tree = _grow(grammar.readable(data) if grammar.readable else data, grammar.wheel)
    if grammar.plainer and _is_broken(tree):
        tree = _grow(grammar.plainer(data), grammar.wheel)
    lines = Lines(text)
    marks, links, doc = symbols.find(tree, data, lines, language)
    if language == "markdown":
        links = symbols.relative_links(text)
    rows = tile(lines, marks, doc)
    # Only what has names to be used can be told from prose.
    words = words_in(data).tobytes() if any(row.name for row in rows) else b""
    return Findings(of_rows(rows), list(dict.fromkeys(links)), "", words)


def words_in(data: bytes) -> array[int]:
    """Return the distinct words of three letters or more that can be identifiers, as CRC-32.

    Sorted; of UTF-8, where every letter beyond ASCII belongs to a word.
    """
    words = set(data.translate(APART).split())  # each word once before any is looked at
    return array("I", sorted([crc32(w) for w in words if len(w) > 2 and w[0] not in DIGITS]))


def _is_broken(tree: Tree) -> bool:
    """Whether a large part of a text could not be read."""
    root = tree.root_node
    if not root.has_error:
        return False
    return root.type == "ERROR" or any(
        part.type == "ERROR" and part.end_point[0] - part.start_point[0] > LINES
        for part in root.children
    )


def _grow(data: bytes, wheel: str) -> Tree:
    from tree_sitter import Parser

    steps = reads = 0
    least, each = READS
    patience = least + each * (len(data) // CHUNK)
    few, share, most = STEPS
    enough = min(few + len(data) // share, most)
    deadline = time.thread_time() + DEADLINE

    def over(_offset: int, _broken: bool) -> bool:
        nonlocal steps
        steps += 1
        return steps > enough or (steps % 256 == 0 and time.thread_time() > deadline)

    def read(offset: int, _point: object) -> memoryview:
        nonlocal reads
        reads += 1
        # A scanner that runs over the text again and again asks nobody; so end the text.
        more = reads <= patience and time.thread_time() < deadline
        return DESK.lay(data, offset if more else len(data))

    try:
        # Only where the text comes from a function does the parser ask whether to stop.
        tree = Parser(load(wheel)).parse(read, progress_callback=over)
    except ValueError:
        raise StoppedError from None
    if reads > patience or time.thread_time() > deadline:
        raise StoppedError
    return tree


class Desk(threading.local):
    """The bytes that the parser is looking at.

    py-tree-sitter 0.26.1 never lets go of what it is handed, so it is handed the same few
    objects again and again; text of a file handed to it would stay in memory for good.
    """

    def __init__(self) -> None:
        self._bytes = memoryview(bytearray(CHUNK))
        self._views: dict[int, memoryview] = {}

    def lay(self, data: bytes, offset: int) -> memoryview:
        """Return the bytes from `offset` on, as many as there is room for."""
        size = max(0, min(CHUNK, len(data) - offset))
        if size not in self._views:
            self._views[size] = self._bytes[:size]
        self._bytes[:size] = data[offset : offset + size]
        return self._views[size]


DESK = Desk()


def parse_many(
    items: Iterable[tuple[str, str, str]], workers: int = 0
) -> Iterator[tuple[str, Parsed]]:
    """Yield the key and the result of each (key, text, language), in any order.

    `items` is advanced only as far as workers have room. `workers` is as many as there are
    processors unless it is given. Leaving the iteration early ends the workers.
    """
    supply = iter(items)
    ahead: list[tuple[str, str, str]] = []
    size = 0
    for key, text, language in supply:
        if language not in GRAMMARS or _refuse(text):
            yield key, parse(text, language)
            continue
        ahead.append((key, text, language))
        size += len(text)
        if size > ENOUGH or language in PACKED:
            yield from _share(chain(ahead, supply), workers or os.cpu_count() or 1)
            return
    for key, text, language in ahead:
        yield key, parse(text, language)


def _share(items: Iterator[tuple[str, str, str]], workers: int) -> Iterator[tuple[str, Parsed]]:
    """Let worker processes parse, a batch at a time."""
    from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait

    from longread.ingest.pool import Pool

    waiting: set[Future[list[tuple[str, Findings]]]] = set()
    more = True
    with ThreadPoolExecutor(workers) as threads, Pool(__name__, "answer", MEMORY) as pool:
        while more or waiting:
            while more and len(waiting) < 2 * workers:
                batch: list[Item] = []
                size = 0
                while size < BATCH:
                    if (item := next(items, None)) is None:
                        more = False
                        break
                    key, text, language = item
                    if language not in GRAMMARS or _refuse(text):
                        yield key, parse(text, language)
                        continue
                    data = text.encode("utf-8", "replace")
                    batch.append(Item(key, data, language))
                    size += len(data)
                if batch:
                    waiting.add(threads.submit(_ask, pool, batch))
            done, waiting = wait(waiting, return_when=FIRST_COMPLETED)
            for future in done:
                for key, found in future.result():
                    yield key, _parsed(found)


class Item(NamedTuple):
    """A text on its way to a worker."""

    key: str
    data: bytes
    language: str


def _ask(pool: Pool, batch: list[Item]) -> list[tuple[str, Findings]]:
    """Return what workers find; a text that a worker is lost on becomes blocks."""
    from longread.ingest.pool import Account, WorkerError

    found: list[tuple[str, Findings]] = []
    while len(found) < len(batch) and not pool.closed:
        rest = batch[len(found) :]
        request = {"languages": [i.language for i in rest], "sizes": [len(i.data) for i in rest]}
        account = Account(2 * DEADLINE, 2 * DEADLINE * len(rest))
        reason = "parser died"
        try:
            for reply in pool.ask(request, b"".join(i.data for i in rest), account):
                found.append((batch[len(found)].key, _unpack(reply)))
        except WorkerError as error:
            reason = LOST.get(error.reason, reason)
        if len(found) < len(batch):
            key, data, _ = batch[len(found)]
            found.append((key, _blocks(data.decode(), reason)))
    return found


def answer(message: Mapping[str, Any], data: bytes) -> Iterator[dict[str, object]]:
    """Be the worker: yield what is found in each text of a batch."""
    at = 0
    for language, size in zip(message["languages"], message["sizes"], strict=True):
        # Whoever asks has looked whether it is to be parsed at all.
        columns, links, reason, words = _try(data[at : at + size].decode(), language)
        at += size
        count, kinds, unit, names, numbers = columns
        yield {
            "head": [count, kinds, unit, links, reason],
            "sizes": [len(names), len(numbers)],
            "data": names + numbers + words,
        }


def _unpack(reply: Mapping[str, Any]) -> Findings:
    (count, kinds, unit, links, reason), (first, second) = reply["head"], reply["sizes"]
    data = reply["data"]
    names, numbers = data[:first], data[first : first + second]
    return Findings(
        Columns(count, kinds, unit, names, numbers), links, reason, data[first + second :]
    )
