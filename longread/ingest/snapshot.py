"""What all files of a source are, as one value, for a source of which nothing changed.

Looking up some thousand values one by one, and working out anew what each file is, takes longer
than all else that a second reading does. Texts are not part of it but for those of notebooks.
"""

from __future__ import annotations

import json
from array import array
from collections.abc import Iterable, Iterator, Sequence
from hashlib import blake2b
from typing import Any

from longread.ingest import columns
from longread.ingest.columns import Columns, Segments
from longread.ingest.folder import Found
from longread.ingest.secrets import Mask
from longread.ingest.texts import DIGEST, Text
from longread.types import Document, Entry, Page

VERSION = 2
"""Of the format; what another version wrote is made anew."""
HEAD = 512
"""Bytes of a file that tell it from others where it has no mark."""
TEXTS = 4 << 20
"""Characters of texts in one value at most: a shelf of PDFs has them in values of their own."""

Finished = tuple[Entry, Document | None, tuple[Page, ...]]
"""What became of one file."""


class Listing:
    """Tells one list of files from another by what is known of them before they are read."""

    def __init__(self) -> None:
        self._hash = blake2b(digest_size=32)
        self.sound = True
        """Whether all there is to know of the files is known."""

    def watch(self, files: Iterable[Found]) -> Iterator[Found]:
        """Yield the files as they come, and take note of each."""
        for found in files:
            self.add(found)
            yield found

    def add(self, found: Found) -> None:
        """Take note of a file."""
        if len(found.data) > HEAD:
            self.sound = False
        about = (
            found.prefix, found.path, found.mark, found.kind, found.reason, found.size,
            found.data[:HEAD], sorted(found.attributes), found.shelf,
        )  # fmt: skip
        self._hash.update(repr(about).encode("utf-8", "surrogatepass"))

    @property
    def digest(self) -> bytes:
        """32 bytes that name the list so far."""
        return self._hash.digest()


def pack(digest: bytes, finished: Sequence[tuple[int, Finished]]) -> bytes | None:
    """Return what became of the files that a listing names, as bytes; None where it is too much.

    Args:
        digest: of the listing.
        finished: with each file's position in the listing.
    """
    rows: list[object] = []
    data: list[bytes] = []
    texts = 0
    for position, (entry, document, pages) in finished:
        row: list[object] = [
            position, entry.path, entry.kind, entry.content_id, entry.bytes, entry.lines,
            entry.language, entry.encoding, entry.masked, entry.notes, entry.reason, entry.about,
            [(p.page, p.label, p.characters, p.ocr, p.reason, p.confidence) for p in pages],
        ]  # fmt: skip
        if document:
            about, parts = _document(document)
            row += [about, list(map(len, parts))]
            data += parts
            texts += len(document.body) if isinstance(document.body, str) else 0
        rows.append(row)
    if texts > TEXTS:
        return None
    head = json.dumps(rows, separators=(",", ":")).encode()
    return b"".join((digest, len(head).to_bytes(4, "big"), head, *data))


def _document(document: Document) -> tuple[list[object], list[bytes]]:
    body = document.body
    count, kinds, unit, names, numbers = columns.of_segments(document.segments)
    about: list[object] = [document.unit, list(document.links), document.marks, count, kinds, unit]
    words = document.words
    parts = [names, numbers, words.tobytes() if words is not None else b""]
    about.append(words is not None)
    if isinstance(body, Text):
        about += [body.encoding, [(m.start, m.end, m.name) for m in body.masks]]
        return about, [*parts, body.digest]
    return about, [*parts, document.text.encode("utf-8", "surrogatepass")]


def unpack(value: bytes, digest: bytes, files: Sequence[Found]) -> list[Finished] | None:
    """Return what `pack` was given, in that order; None where these are other files.

    Args:
        digest: of the listing of `files`.
    """
    if value[:DIGEST] != digest:
        return None
    at = DIGEST + 4
    at += int.from_bytes(value[DIGEST:at], "big")
    rows = json.loads(value[DIGEST + 4 : at])
    finished: list[Finished] = []
    for (
        position, path, kind, content_id, size, lines, language, encoding, masked, notes, reason,
        said, pages, *about,
    ) in rows:  # fmt: skip
        entry = Entry(
            path, kind, content_id, size, lines, language, encoding, masked, tuple(notes),
            reason=reason, about=tuple([(name, words) for name, words in said]),
        )  # fmt: skip
        document = None
        if about:
            parts = []
            for length in about[1]:
                parts.append(value[at : at + length])
                at += length
            document = _again(entry, files[position], about[0], parts)
        paged = tuple(
            [
                Page(path, number, label, characters, ocr, reason=why, confidence=sure)
                for number, label, characters, ocr, why, sure in pages
            ]
        )
        finished.append((entry, document, paged))
    return finished


def _again(entry: Entry, found: Found, about: list[Any], parts: list[bytes]) -> Document:
    unit, links, marks, count, kinds, rows, has_words, *body = about
    names, numbers, words, last = parts
    read: str | Text
    if body:
        assert found.again
        encoding, masks = body
        masked = tuple([Mask(*mask) for mask in masks])
        read = Text(entry.content_id, entry.path, found.again, last, encoding, masked)
    else:
        read = last.decode("utf-8", "surrogatepass")
    return Document(
        entry.path,
        entry.kind,
        entry.language,
        entry.content_id,
        read,
        Segments(Columns(count, kinds, rows, names, numbers)) if count else (),
        unit,
        tuple(links),
        marks=None if marks is None else tuple(marks),
        words=array("I", words) if has_words else None,
    )
