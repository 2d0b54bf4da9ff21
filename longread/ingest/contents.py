"""Bytes → documents and entries; what was found out once about a content is not found out again.

Every file that comes in goes out as an `Entry`, with a `Document` where it could be read.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from hashlib import blake2b
from itertools import chain, count
from typing import Literal, cast, get_args

from longread.cache.derived import Derived
from longread.ingest import injection, kinds, languages, notebook, secrets, snapshot, syntax
from longread.ingest.facts import Facts, PageFacts, Remembered
from longread.ingest.folder import Found, whole
from longread.ingest.grammars import PACKED
from longread.ingest.ocr import Recogniser
from longread.ingest.office import form_of
from longread.ingest.shelf import MADE, Masking, Paper, Shelf
from longread.ingest.snapshot import HEAD, Finished, Listing
from longread.ingest.syntax import Parsed
from longread.ingest.text import count_lines, decode, marks_in
from longread.ingest.texts import Text, digest_of
from longread.types import Document, Entry, Kind, Page, Progress, Unit

VERSION = 1
"""Of how bytes become text; part of every content id."""
BATCH, BATCH_BYTES = 500, 16 * 2**20
"""Files, or bytes of files, that are looked at together."""
SEEN = f"seen:2:{syntax.VERSION}"
"""Kind of what is kept by a file's mark: size, way, language and digest of its bytes."""
HELD = 32 * 2**20
"""Characters of parsed texts that wait for the rules for secrets at once."""

Way = Literal["", "text", "notebook", Paper]


@dataclass(slots=True)
class Item:
    """A file on its way to a document."""

    found: Found
    way: Way = ""
    """How it is read; empty where it is not."""
    language: str = ""
    key: str = ""
    digest: bytes = b""
    """Of its bytes."""
    facts: Facts | None = None
    text: str = ""
    """Held only until it is parsed and masked."""
    encoding: str = ""


@dataclass(frozen=True, slots=True)
class Contents:
    """What the files of a source are."""

    documents: tuple[Document, ...]
    entries: tuple[Entry, ...]
    pages: tuple[Page, ...]


Use = Callable[[Document], None]
"""What is done with a document while its text is at hand; it has no id and no path yet."""


class Reader:
    """Reads files of one or more sources under one set of options."""

    def __init__(
        self,
        masking: Masking,
        passwords: tuple[str, ...],
        derived: Derived,
        progress: Callable[[Progress], None],
        use: Use | None = None,
        recogniser: Recogniser | None = None,
        as_typed: bool = False,
    ) -> None:
        """Be ready to read.

        Args:
            recogniser: reads scanned pages; without one, what was recognised before is used.
            as_typed: use nothing that was recognised, ever.
        """
        self._masking = masking
        self._derived = derived
        self._progress = progress
        self._use = use
        rules = secrets.ruleset() if masking == "mask" else "keep"
        self._remembered = Remembered(derived, rules)
        self._shelf = Shelf(
            self._remembered, masking, passwords, derived, progress, recogniser, as_typed
        )
        self._new: dict[str, Item] = {}
        """Text files met for the first time, by key; equal ones once."""
        self._changed: list[Item] = []
        """Those whose texts had secrets."""
        self._changed_size = 0
        """Characters of them."""
        self._steady = True
        """Whether the same files would be read the same way once more."""

    def read(self, files: Iterable[Found], total: int = 0, name: str = "") -> Contents:
        """Return what `files` are.

        Args:
            total: their number, where it is known.
            name: of the source; under it is kept what its files were when it was last read.
        """
        kind = self._snapshots()
        key = blake2b(name.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()
        listing = Listing()
        if kept := self._derived.get(kind, [key]).get(key) if name else None:
            listed, files = _listed(files, listing)
            if listing.sound:
                self._progress(Progress("read", len(listed), max(total, len(listed))))
                if finished := snapshot.unpack(kept, listing.digest, listed):
                    return _contents(finished)
        else:
            files = listing.watch(files)
        numbered = self._finished(files, total)
        if name and listing.sound and self._steady and self._shelf.steady:
            value = snapshot.pack(listing.digest, numbered)
            self._derived.put(kind, [(key, value)] if value else [])
        return _contents([finished for _, finished in numbered])

    def _snapshots(self) -> str:
        """Return the kind of what is kept of whole sources: the versions of all that made it."""
        versions = (snapshot.VERSION, VERSION, syntax.VERSION, kinds.VERSION, len(PACKED))
        return f"snapshot:{':'.join(map(str, versions))}:{self._shelf.id}:{self._remembered.kind}"

    def _finished(self, files: Iterable[Found], total: int) -> list[tuple[int, Finished]]:
        """Return what becomes of `files`, each with its position, ordered by path."""
        items: list[Item] = []
        try:
            self._settle(syntax.parse_many(self._unparsed(files, items, total)))
            self._parse_changed()
            self._shelf.read()
        finally:
            # Whoever stops it finds what was done when it is begun again.
            self._remembered.keep()
        _tell_apart(items)
        tests = kinds.test_folders(item.found.path for item in items)
        finished = ((at, self._finish(item, tests)) for at, item in enumerate(items))
        return sorted(finished, key=lambda pair: pair[1][0].path)

    def _unparsed(
        self, files: Iterable[Found], items: list[Item], total: int
    ) -> Iterator[tuple[str, str, str]]:
        """Add `files` to `items`; yield key, text and language of each text met first."""
        for batch in _batches(files):
            looked = self._look_up(batch)
            items += looked
            for item in looked:
                if self._new.get(item.key) is item and not item.facts:
                    yield item.key, item.text, item.language
            self._progress(Progress("read", len(items), max(total, len(items))))

    def _look_up(self, batch: list[Found]) -> list[Item]:
        marked = {found.mark for found in batch if found.mark}
        seen = self._derived.get(SEEN, marked)
        items = [self._item(found, seen.get(found.mark)) for found in batch]
        known = self._remembered.get({item.key for item in items if item.key})
        fresh = []
        for item in items:
            if not item.key:
                continue
            if item.found.mark and item.found.mark not in seen:
                fresh.append((item.found.mark, _remember(item)))
            if item.key in self._new or item.key in self._shelf:
                continue
            item.facts = known.get(item.key)
            if item.facts and item.facts.pages and self._shelf.outdated(item.facts):
                item.facts = None
            if not item.facts:
                self._meet(item)
        self._derived.put(SEEN, fresh)
        for item in items:
            # What is needed of a file's bytes has been taken.
            if len(item.found.data) > HEAD:
                item.found = replace(item.found, data=item.found.data[:HEAD])
        self._shelf.relieve()
        return items

    def _item(self, found: Found, seen: bytes | None) -> Item:
        if seen and (known := _recall(seen)):
            size, read_as, language, digest = known
            if found.size != size:
                found = replace(found, size=size)
            return Item(found, read_as, language, self._key(digest, read_as, language), digest)
        before, found = found, whole(found)
        if found.reason != before.reason:
            self._steady = False
        data = found.data
        if found.kind != "file" or found.reason or not data or kinds.lfs_pointer(data):
            return Item(found)
        if found.shelf and (reason := kinds.not_read(data)):
            return Item(replace(found, reason=reason))
        end = found.path.lower().rpartition(".")[2]
        way: Way = "notebook" if end == "ipynb" else "text"
        if end == "pdf" or data.startswith(b"%PDF-"):
            way = "pdf"
        elif form := form_of(found.path, data, found.shelf):
            way = form
        language = "text" if way in MADE else "pdf"
        if way in ("text", "notebook"):
            first_line = data[:256].partition(b"\n")[0].decode("latin-1")
            language = languages.detect(found.path, first_line, data)
        digest = digest_of(data)
        return Item(found, way, language, self._key(digest, way, language), digest)

    def _key(self, digest: bytes, way: Way, language: str) -> str:
        if way in ("pdf", "docx", "html"):
            return self._shelf.key_of(digest, way)
        how = (VERSION, self._masking, way, language, syntax.VERSION, language in PACKED)
        return blake2b(digest + repr(how).encode(), digest_size=16).hexdigest()

    def _meet(self, item: Item) -> None:
        """Turn bytes that were not met before into masked text, all but parsed."""
        again = not item.found.data
        found = item.found = whole(item.found)
        if found.reason or (again and digest_of(found.data) != item.digest):
            self._steady = False
            item.key, item.way = "", ""  # it changed between two looks
            item.found = replace(found, reason=found.reason or "changed while it was read")
            return
        if item.way in ("pdf", "docx", "html"):
            self._shelf.add(item.key, item.way, found.data)
            return
        item.text, item.encoding = decode(found.data)
        self._new[item.key] = item
        if not item.encoding:
            item.facts = Facts(picture=kinds.is_image(found.data), reason="binary")
            self._remembered.add(item.key, item.facts)
            return
        cells = notebook.extract(item.text) if item.way == "notebook" else None
        if cells:
            item.text = cells.text
            self._look_into(item)
            assert item.facts
            item.facts = replace(
                item.facts,
                masks=(),
                language=cells.language,
                segments=notebook.segments(item.text, cells.lines),
                reason="" if item.text else "a notebook without cells",
                text=item.text,
            )
            self._found_out(item)
        elif self._masking == "mask":
            secrets.prepare()

    def _look_into(self, item: Item) -> None:
        """Mask the secrets in an item's text; note what its text alone says."""
        masks = secrets.find(item.text) if item.text and self._masking == "mask" else ()
        identity = ""
        if masks:
            item.text = secrets.apply(item.text, masks)
            # Rules can change; then what they make of the same bytes is another text.
            identity = blake2b((item.key + item.text).encode(), digest_size=16).hexdigest()
        item.facts = Facts(
            encoding=item.encoding,
            identity=identity,
            masks=masks,
            masked=len(masks),
            notes=(*secrets.notes(masks), *injection.find(item.text)),
            marks=marks_in(item.text),
            lines=count_lines(item.text),
            looks=kinds.look(item.text),
        )

    def _settle(self, results: Iterable[tuple[str, Parsed]]) -> None:
        """Take what was parsed; meanwhile the rules for secrets may have to be made ready."""
        held: list[tuple[Item, Parsed]] = []
        size = 0
        for key, parsed in results:
            item = self._new[key]
            held.append((item, parsed))
            size += len(item.text)
            if size > HELD or self._masking == "keep" or secrets.ready():
                self._take(held)
                held, size = [], 0
        self._take(held)

    def _take(self, held: Iterable[tuple[Item, Parsed]]) -> None:
        for item, parsed in held:
            if not item.facts:
                self._look_into(item)
                assert item.facts
                if item.facts.masks:
                    self._changed.append(item)
                    self._changed_size += len(item.text)
                    continue
            self._parsed(item, parsed)
        if self._changed_size > HELD:
            self._parse_changed()

    def _parse_changed(self) -> None:
        """Parse what is another text without its secrets."""
        changed, self._changed, self._changed_size = self._changed, [], 0
        self._settle(syntax.parse_many([(i.key, i.text, i.language) for i in changed]))

    def _parsed(self, item: Item, parsed: Parsed) -> None:
        assert item.facts
        item.facts = replace(
            item.facts,
            segments=parsed.segments,
            links=parsed.links,
            reason=parsed.reason,
            words=parsed.words,
        )
        self._found_out(item)

    def _found_out(self, item: Item) -> None:
        """Keep what was found out of a text, have it used, and let go of it."""
        assert item.facts
        self._remembered.add(item.key, item.facts)
        if self._use and item.text:
            self._use(_document(item, "", "other", item.facts, item.text))
        item.text = ""
        self._remembered.keep(BATCH)

    def _finish(self, item: Item, tests: frozenset[str]) -> Finished:
        found = item.found
        path = found.prefix + found.path
        facts = item.facts
        if item.key and not facts:
            facts = self._shelf.get(item.key) or self._new[item.key].facts
        if not facts:
            kind, reason = _unread(found, tests)
            return Entry(path, kind, bytes=found.size, reason=reason), None, ()
        language = facts.language or item.language
        kind = _kind(item, language, facts, tests)
        has_text = bool(facts.segments if facts.text is None else facts.text)
        entry = Entry(
            path,
            kind,
            facts.identity or item.key,
            found.size,
            facts.lines,
            language if facts.encoding else "",
            "" if item.way in ("pdf", "docx") else facts.encoding,
            facts.masked,
            facts.notes,
            reason=facts.reason if item.way == "pdf" or not has_text else "",
            about=facts.about,
        )
        pages = tuple([_page(path, page) for page in facts.pages])
        return entry, _document(item, path, kind, facts) if has_text else None, pages


def _contents(finished: Sequence[Finished]) -> Contents:
    return Contents(
        tuple([document for _, document, _ in finished if document]),
        tuple([entry for entry, _, _ in finished]),
        tuple([page for _, _, pages in finished for page in pages]),
    )


def _listed(files: Iterable[Found], listing: Listing) -> tuple[list[Found], Iterable[Found]]:
    """Return the files as far as they do not hold their bytes, and all of them."""
    watched = listing.watch(files)
    listed: list[Found] = []
    for found in watched:
        listed.append(found)
        if not listing.sound:
            break
    return listed, chain(listed, watched)


def _page(path: str, page: PageFacts) -> Page:
    sure = page.confidence if page.ocr else None
    return Page(
        path, page.number, page.label, page.characters, bool(page.ocr), reason=page.reason,
        confidence=sure,
    )  # fmt: skip


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


def _document(item: Item, path: str, kind: Kind, facts: Facts, text: str = "") -> Document:
    """Return a document that holds `text`, or else one that reads its text when asked."""
    found = item.found
    identity = facts.identity or item.key
    body: str | Text = text or facts.text or ""
    if not body:
        assert found.again
        body = Text(identity, path, found.again, item.digest, facts.encoding, facts.masks)
    unit: Unit = "page" if item.way == "pdf" else "line"
    if item.way == "notebook" and facts.text is not None:
        unit = "cell"
    language = facts.language or item.language
    return Document(
        path, kind, language, identity, body, facts.segments, unit, facts.links,
        marks=facts.marks, words=facts.words,
    )  # fmt: skip


def _remember(item: Item) -> bytes:
    """Return what is known of a file's bytes from its mark alone."""
    head = f"{item.found.size} {item.way} {item.language}"
    return item.digest + head.encode()


def _recall(value: bytes) -> tuple[int, Way, str, bytes] | None:
    """Return size, way, language and digest; nothing where the value was harmed."""
    size, _, rest = value[32:].decode("utf-8", "replace").partition(" ")
    way, _, language = rest.partition(" ")
    if not size.isdigit() or way not in get_args(Way):
        return None
    return int(size), cast(Way, way), language, value[:32]


def _kind(item: Item, language: str, facts: Facts, tests: frozenset[str]) -> Kind:
    found = item.found
    if item.way == "pdf":
        return "pdf"
    if item.way in MADE and not facts.picture:
        return "document"
    if not facts.encoding:
        return kinds.of_bytes(found.path, facts.picture)
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
    picture = kinds.is_image(found.data)
    if b"\0" in found.data or picture:
        return kinds.of_bytes(found.path, picture), found.reason
    language = languages.detect(found.path)
    kind = kinds.classify(found.path, language, 0, kinds.PLAIN, found.attributes, tests)
    return kind, found.reason


def _batches(files: Iterable[Found]) -> Iterator[list[Found]]:
    batch: list[Found] = []
    size = 0
    for found in files:
        batch.append(found)
        size += len(found.data) or found.size
        if len(batch) == BATCH or size > BATCH_BYTES:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch
