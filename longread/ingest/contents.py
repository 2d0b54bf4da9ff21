"""Bytes → documents and entries; what was found out once about a content is not found out again.

Every file that comes in goes out as an `Entry`, with a `Document` where it could be read.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from hashlib import blake2b
from itertools import count
from typing import TYPE_CHECKING, Literal

from longread.cache.derived import Derived
from longread.ingest import facts as remembered
from longread.ingest import kinds, languages, notebook, secrets, syntax
from longread.ingest.facts import Facts, PageFacts
from longread.ingest.folder import Found
from longread.ingest.text import count_lines, decode
from longread.types import Document, Entry, Kind, Page, Progress, Unit

if TYPE_CHECKING:
    from longread.ingest.pdf import PdfText

VERSION = 1
"""Of how bytes become text; part of every content id."""
BATCH, BATCH_BYTES = 500, 64 * 2**20
"""Files, or bytes of files, that are looked at together."""
PDF_BYTES = 256 * 2**20
"""Bytes of unread PDFs that are held at once."""

PASSING = frozenset(("needs password", "timeout", "memory"))
"""What stopped the reading of a PDF once and may not do so again."""
HEAD = 512
"""Bytes of a file that are kept once it was read."""

Way = Literal["", "text", "notebook", "pdf"]


@dataclass(slots=True)
class Item:
    """A file on its way to a document."""

    found: Found
    way: Way = ""
    """How it is read; empty where it is not."""
    language: str = ""
    key: str = ""
    facts: Facts | None = None
    text: str = ""


@dataclass(frozen=True, slots=True)
class Contents:
    """What the files of a source are."""

    documents: tuple[Document, ...]
    entries: tuple[Entry, ...]
    pages: tuple[Page, ...]


class Reader:
    """Reads files of one or more sources under one set of options."""

    def __init__(
        self,
        masking: Literal["mask", "keep"],
        passwords: tuple[str, ...],
        derived: Derived,
        progress: Callable[[Progress], None],
    ) -> None:
        self._masking = masking
        self._passwords = passwords
        self._derived = derived
        self._progress = progress
        rules = secrets.ruleset() if masking == "mask" else "keep"
        self._kind = f"facts:{remembered.VERSION}:{rules}"
        self._new: dict[str, Item] = {}
        """Text files met for the first time, by key; equal ones once."""
        self._pdfs: dict[str, bytes] = {}
        self._new_pdfs: dict[str, Facts] = {}

    def read(self, files: Iterable[Found], total: int = 0) -> Contents:
        """Return what `files` are; `total` is their number where it is known."""
        items: list[Item] = []
        for batch in _batches(files):
            items += self._look_up(batch)
            self._progress(Progress("read", len(items), max(total, len(items))))
        self._read_pdfs()
        self._parse()
        _tell_apart(items)
        tests = kinds.test_folders(item.found.path for item in items)
        finished = sorted((self._finish(item, tests) for item in items), key=lambda f: f[0].path)
        return Contents(
            tuple([document for _, document, _ in finished if document]),
            tuple([entry for entry, _, _ in finished]),
            tuple([page for _, _, pages in finished for page in pages]),
        )

    def _look_up(self, batch: list[Found]) -> list[Item]:
        items = [self._item(found) for found in batch]
        known = self._derived.get(self._kind, {item.key for item in items if item.key})
        for item in items:
            if not item.key or item.key in self._new or item.key in self._pdfs:
                continue
            value = known.get(item.key)
            item.facts = remembered.unpack(value) if value is not None else None
            if item.facts:
                item.text = _text(item.found.data, item.facts)
            elif item.way == "pdf":
                self._pdfs[item.key] = item.found.data
            else:
                self._decode(item)
        for item in items:
            # What is needed of a file's bytes has been taken.
            if len(item.found.data) > HEAD:
                item.found = replace(item.found, data=item.found.data[:HEAD])
        if sum(map(len, self._pdfs.values())) > PDF_BYTES:
            self._read_pdfs()
        return items

    def _item(self, found: Found) -> Item:
        data = found.data
        if found.kind != "file" or found.reason or not data or kinds.lfs_pointer(data):
            return Item(found)
        end = found.path.lower().rpartition(".")[2]
        way: Way = "notebook" if end == "ipynb" else "text"
        if end == "pdf" or data.startswith(b"%PDF-"):
            way = "pdf"
        language = "pdf"
        if way != "pdf":
            first_line = data[:256].partition(b"\n")[0].decode("latin-1")
            language = languages.detect(found.path, first_line)
        return Item(found, way, language, self._key(data, way, language))

    def _key(self, data: bytes, way: Way, language: str) -> str:
        version: tuple[object, ...] = (VERSION, self._masking, way, language)
        if way == "pdf":
            from longread.ingest import pdf

            version += (pdf.VERSION,)
        else:
            version += (syntax.VERSION,)
        digest = blake2b(data, digest_size=32).digest()
        return blake2b(digest + repr(version).encode(), digest_size=16).hexdigest()

    def _decode(self, item: Item) -> None:
        """Turn bytes that were not met before into masked text, all but parsed."""
        text, encoding = decode(item.found.data)
        cells = notebook.extract(text) if item.way == "notebook" else None
        if cells:
            text = cells.text
        masks = secrets.find(text) if text and self._masking == "mask" else ()
        item.text = secrets.apply(text, masks)
        item.facts = Facts(
            encoding=encoding,
            masks=() if cells else masks,
            masked=len(masks),
            lines=count_lines(text),
            looks=kinds.look(item.text),
            reason="" if encoding else "binary",
            text=item.text if cells else None,
        )
        if cells:
            item.facts = replace(
                item.facts,
                language=cells.language,
                segments=notebook.segments(item.text, cells.lines),
                reason="" if item.text else "a notebook without cells",
            )
        self._new[item.key] = item

    def _parse(self) -> None:
        """Find segments and links in what is new, and keep all that was found out."""
        waiting = {
            key: item
            for key, item in self._new.items()
            if item.facts and item.facts.encoding and item.facts.text is None
        }
        lasting = {key: item.facts for key, item in self._new.items() if key not in waiting}
        asked = ((key, item.text, item.language) for key, item in waiting.items())
        for done, (key, parsed) in enumerate(syntax.parse_many(asked), 1):
            item = waiting[key]
            assert item.facts
            item.facts = replace(
                item.facts, segments=parsed.segments, links=parsed.links, reason=parsed.reason
            )
            lasting[key] = item.facts
            if done % BATCH == 0:
                self._progress(Progress("parse", done, len(waiting)))
        rows = [(key, remembered.pack(facts)) for key, facts in lasting.items() if facts]
        self._derived.put(self._kind, rows)

    def _read_pdfs(self) -> None:
        if not self._pdfs:
            return
        from longread.ingest import pdf

        waiting, self._pdfs = self._pdfs, {}
        rows = []
        results = pdf.read_many(waiting.items(), self._passwords)
        for done, (key, read) in enumerate(results, 1):
            facts = self._pdf(read)
            self._new_pdfs[key] = facts
            if PASSING.isdisjoint({read.reason, *(page.reason for page in read.pages)}):
                rows.append((key, remembered.pack(facts)))
            self._progress(Progress("pages", done, len(waiting)))
        self._derived.put(self._kind, rows)

    def _pdf(self, read: PdfText) -> Facts:
        from longread.ingest import pdf

        texts, masked = [page.text for page in read.pages], 0
        if self._masking == "mask":
            texts, masked = secrets.mask_parts(texts)
        pages = [replace(page, text=text) for page, text in zip(read.pages, texts, strict=True)]
        text, segments = pdf.lay_out(pages)
        reason = read.reason
        if not reason and not any(page.text.strip() for page in pages):
            reason = "no text on any page" if pages else "no pages"
        return Facts(
            encoding="pdf",
            masked=masked,
            lines=count_lines(text),
            segments=segments,
            reason=reason,
            text=text if any(page.text.strip() for page in pages) else "",
            pages=tuple(PageFacts(p.number, p.label, len(p.text), p.reason) for p in pages),
        )

    def _finish(self, item: Item, tests: frozenset[str]) -> Finished:
        found = item.found
        path = found.prefix + found.path
        facts, text = item.facts, item.text
        if item.key and not facts:
            facts = self._new_pdfs.get(item.key)
            if not facts:
                twin = self._new[item.key]
                facts, text = twin.facts, twin.text
        if not facts:
            kind, reason = _unread(found, tests)
            return Entry(path, kind, bytes=found.size, reason=reason), None, ()
        if facts.text is not None:
            text = facts.text
        language = facts.language or item.language
        kind = _kind(item, language, facts, tests)
        identity = item.key
        if facts.masked:
            # Rules can change; then what they make of the same bytes is another text.
            identity = blake2b((item.key + text).encode(), digest_size=16).hexdigest()
        entry = Entry(
            path,
            kind,
            identity,
            found.size,
            facts.lines,
            language if facts.encoding else "",
            "" if item.way == "pdf" else facts.encoding,
            facts.masked,
            reason=facts.reason if item.way == "pdf" or not text else "",
        )
        pages = tuple(
            [Page(path, p.number, p.label, p.characters, reason=p.reason) for p in facts.pages]
        )
        if not text:
            return entry, None, pages
        unit: Unit = "line" if facts.text is None else "page" if item.way == "pdf" else "cell"
        segments = facts.segments
        return (
            entry,
            Document(path, kind, language, identity, text, segments, unit, facts.links),
            pages,
        )


Finished = tuple[Entry, Document | None, tuple[Page, ...]]


def _tell_apart(items: list[Item]) -> None:
    """Give files another name whose bytes, made readable, spell the name of another file."""
    taken: set[str] = set()
    for item in items:
        found = item.found
        path = found.prefix + found.path
        if path in taken:
            others = (f"{found.path}~{number}" for number in count(2))
            name = next(other for other in others if found.prefix + other not in taken)
            item.found = replace(found, path=name)
        taken.add(found.prefix + item.found.path)


def _text(data: bytes, facts: Facts) -> str:
    """Return what is read of bytes whose facts are known."""
    if facts.text is not None or not facts.encoding:
        return facts.text or ""
    return secrets.apply(decode(data, facts.encoding)[0], facts.masks)


def _kind(item: Item, language: str, facts: Facts, tests: frozenset[str]) -> Kind:
    found = item.found
    if item.way == "pdf":
        return "pdf"
    if not facts.encoding:
        return kinds.of_bytes(found.path, found.data)
    if facts.text is not None:
        return "notebook"
    return kinds.classify(found.path, language, found.size, facts.looks, found.attributes, tests)


def _unread(found: Found, tests: frozenset[str]) -> tuple[Kind, str]:
    """Return the kind of a file that was not read, and why it was not."""
    if found.kind != "file":
        return found.kind, found.reason
    if pointer := kinds.lfs_pointer(found.data):
        return "lfs", pointer
    if not found.reason:
        return "empty", "empty"
    if b"\0" in found.data or kinds.is_image(found.data):
        return kinds.of_bytes(found.path, found.data), found.reason
    language = languages.detect(found.path)
    kind = kinds.classify(found.path, language, 0, kinds.PLAIN, found.attributes, tests)
    return kind, found.reason


def _batches(files: Iterable[Found]) -> Iterator[list[Found]]:
    batch: list[Found] = []
    size = 0
    for found in files:
        batch.append(found)
        size += len(found.data)
        if len(batch) == BATCH or size > BATCH_BYTES:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch
