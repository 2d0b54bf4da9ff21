"""PDFs, Word files and web pages → what is known of them; read by workers, a shelf at a time.

They take longer to read than code does, so what was found out is kept after every few of them,
and whoever stops it finds that when it is begun again. It opens no file itself.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from hashlib import blake2b
from typing import TYPE_CHECKING, Literal

from longread import config
from longread.cache.derived import Derived
from longread.config import Library
from longread.ingest import injection, kinds, ocr, office, secrets
from longread.ingest.facts import Facts, PageFacts, Remembered
from longread.ingest.ocr import SCAN, Recogniser
from longread.ingest.office import Form, Made
from longread.ingest.text import count_lines, marks_in
from longread.types import Progress

if TYPE_CHECKING:
    from longread.ingest.pages import PageText
    from longread.ingest.pdf import PdfText

Masking = Literal["mask", "keep"]
Paper = Literal["pdf", "docx", "html"]
"""What is read here. Texts are made of the last two, which the file itself does not have."""
MADE: frozenset[Form] = frozenset(("docx", "html"))
SHELF = 20
"""Documents after which what was found out is kept."""
BYTES = 256 * 2**20
"""Of documents that wait to be read, at once."""
PASSING = frozenset(("needs password", "timeout", "memory"))
"""What stopped the reading of a document once and may not do so again."""
KNOWN = 16
"""Digits of a PDF's content id that are the same whatever recognised its scans."""


class Shelf:
    """The documents of one or more sources, read under one set of options."""

    def __init__(
        self,
        remembered: Remembered,
        masking: Masking,
        passwords: tuple[str, ...],
        derived: Derived,
        progress: Callable[[Progress], None],
        recogniser: Recogniser | None,
        as_typed: bool,
    ) -> None:
        """Be ready to read.

        Args:
            derived: where recognised pages are kept.
            recogniser: reads scanned pages; without one, what was recognised before is used.
            as_typed: use nothing that was recognised, ever.
        """
        self._remembered = remembered
        self._masking = masking
        self._passwords = passwords
        self._library = config.settings().pdf_text
        self._derived = derived
        self._progress = progress
        self._recogniser = recogniser
        self._as_typed = as_typed
        self._pdfs: dict[str, bytes] = {}
        self._made: dict[str, tuple[Form, bytes]] = {}
        self._read: dict[str, Facts] = {}
        self.steady = True
        """Whether the same documents would be read the same way once more."""

    @property
    def id(self) -> str:
        """Names all that decides how documents are read, but for masking."""
        from longread.ingest import pdf

        none = "off" if self._as_typed else ""
        recogniser = self._recogniser.id if self._recogniser else none
        return f"{pdf.VERSION}:{office.VERSION}:{self._library}:{recogniser}"

    def __contains__(self, key: str) -> bool:
        """Whether a document was read, or waits to be."""
        return key in self._read or key in self._pdfs or key in self._made

    def key_of(self, digest: bytes, way: Paper) -> str:
        """Return the content id of a document, unless its text varies.

        Args:
            digest: of the document's bytes.
        """
        return _key_of(digest, way, self._masking, self._library)

    def get(self, key: str) -> Facts | None:
        """Return what is known of a document that was read."""
        return self._read.get(key)

    def add(self, key: str, way: Paper, data: bytes) -> None:
        """Let a document wait to be read."""
        if way == "pdf":
            self._pdfs[key] = data
        else:
            self._made[key] = way, data

    def relieve(self) -> None:
        """Read what waits where it is so much that it should not be held."""
        if sum(map(len, self._pdfs.values())) > BYTES:
            self._read_pdfs()
        if sum(len(data) for _, data in self._made.values()) > BYTES:
            self._read_made()

    def read(self) -> None:
        """Read what waits."""
        self._read_pdfs()
        self._read_made()

    def outdated(self, facts: Facts) -> bool:
        """Whether scanned pages are not as they would be recognised now."""
        if self._recogniser is None:
            return self._as_typed and any(page.ocr for page in facts.pages)
        now = self._recogniser.id
        return any(
            page.reason.startswith(SCAN) or (page.ocr and page.ocr != now) for page in facts.pages
        )

    def _read_pdfs(self) -> None:
        if not self._pdfs:
            return
        from longread.ingest import pdf

        waiting, self._pdfs = self._pdfs, {}
        results = pdf.read_many(waiting.items(), self._passwords, library=self._library)
        for done, (key, read) in enumerate(self._recognised(results, waiting), 1):
            facts = self._facts_of_pdf(key, read)
            reasons = (read.reason, *(page.reason for page in read.pages))
            # What could not be recognised for want of a language may be, once it is there.
            passing = any(r in PASSING or (r.startswith(SCAN) and ";" in r) for r in reasons)
            self._found_out(key, facts, passing)
            self.steady &= passing or not self.outdated(facts)
            self._progress(Progress("pages", done, len(waiting)))

    def _recognised(
        self, results: Iterable[tuple[str, PdfText]], waiting: Mapping[str, bytes]
    ) -> Iterator[tuple[str, PdfText]]:
        """Yield what was read of PDFs, those with scanned pages last, when these are recognised."""
        scanned: list[tuple[str, PdfText]] = []
        for key, read in results:
            if self._recogniser and any(page.reason.startswith(SCAN) for page in read.pages):
                scanned.append((key, read))
            else:
                yield key, read
        if scanned and self._recogniser:
            files = [(key, waiting[key], read) for key, read in scanned]
            yield from ocr.recognise_many(
                files, self._recogniser, self._passwords, self._derived, self._progress
            )

    def _read_made(self) -> None:
        waiting, self._made = self._made, {}
        results = office.convert_many((key, *held) for key, held in waiting.items())
        for done, (key, made) in enumerate(results, 1):
            facts = self._facts_of_made(key, made, waiting[key][1])
            self._found_out(key, facts, made.reason in PASSING)
            self._progress(Progress("documents", done, len(waiting)))

    def _found_out(self, key: str, facts: Facts, passing: bool) -> None:
        self._read[key] = facts
        if passing:
            self.steady = False
        else:
            self._remembered.add(key, facts)
            self._remembered.keep(SHELF)

    def _unlocked(self, read: PdfText) -> tuple[str, ...]:
        if read.reason != "needs password" or not self._passwords:
            return ()
        return (f"none of the passwords given opens it: {len(self._passwords):,}",)

    def _facts_of_made(self, key: str, made: Made, data: bytes) -> Facts:
        """Return what is known of a text that was made, its secrets masked."""
        masks = secrets.find(made.text) if made.text and self._masking == "mask" else ()
        text = secrets.apply(made.text, masks) if masks else made.text
        return Facts(
            encoding="" if made.reason else made.encoding or "docx",
            identity=_identity(key, [text], masks),
            masked=len(masks),
            notes=(*made.notes, *secrets.notes(masks), *injection.find(text)),
            marks=marks_in(text),
            picture=kinds.is_image(data),
            lines=count_lines(text),
            segments=office.lay_out(text, made.headings),
            reason=made.reason,
            text=text,
        )

    def _facts_of_pdf(self, key: str, read: PdfText) -> Facts:
        from longread.ingest import pdf

        texts = [page.text for page in read.pages]
        masks: tuple[secrets.Mask, ...] = ()
        if self._masking == "mask":
            texts, masks = secrets.mask_parts(texts)
            read = _masked(read)
        pages = [replace(page, text=text) for page, text in zip(read.pages, texts, strict=True)]
        text, segments = pdf.lay_out(pages, read.outline)
        reason = read.reason
        if not reason and not any(page.text.strip() for page in pages):
            reason = _wordless(pages)
        return Facts(
            encoding="pdf",
            identity=_identity(
                key, texts, masks or any(page.ocr or page.reason in PASSING for page in pages)
            ),
            masked=len(masks),
            notes=(
                *self._unlocked(read),
                *_recognised(pages),
                *_redacted(pages),
                *secrets.notes(masks),
                *read.notes,
            ),
            lines=count_lines(text),
            segments=segments,
            reason=reason,
            text=text if any(page.text.strip() for page in pages) else "",
            pages=tuple(
                PageFacts(p.number, p.label, len(p.text), p.reason, p.ocr, p.confidence)
                for p in pages
            ),
            about=read.about,
        )


def _masked(read: PdfText) -> PdfText:
    """Return what a file says of itself without secrets."""
    said, _ = secrets.mask_parts(
        [*(words for _, words in read.about), *(mark.title for mark in read.outline)]
    )
    words = iter(said)
    about = tuple([(name, next(words)) for name, _ in read.about])
    outline = tuple([replace(mark, title=next(words)) for mark in read.outline])
    return replace(read, about=about, outline=outline)


def _recognised(pages: Sequence[PageText]) -> tuple[str, ...]:
    """Say how many pages were recognised in pictures, and how surely."""
    found = [page.confidence for page in pages if page.ocr]
    if not found:
        return ()
    sure = sum(found) / len(found)
    return (f"recognised in pictures: {len(found):,} of {len(pages):,} pages, {sure:.0%} sure",)


def _key_of(digest: bytes, way: Paper, masking: Masking, library: Library) -> str:
    if way == "pdf":
        from longread.ingest import pdf

        return _key(digest, way, masking, pdf.VERSION, library)
    return _key(digest, way, masking, office.VERSION)


def _key(digest: bytes, *how: object) -> str:
    return blake2b(digest + repr(how).encode(), digest_size=16).hexdigest()


def is_pdf(digest: bytes, content_id: str, masking: Masking) -> bool:
    """Whether bytes are those of the PDF that was read as the document of that id.

    Args:
        digest: of the bytes.
    """
    library = config.settings().pdf_text
    return _key_of(digest, "pdf", masking, library)[:KNOWN] == content_id[:KNOWN]


def _wordless(pages: Sequence[PageText]) -> str:
    """Say why there is no text, by what most pages lack it for."""
    if not pages:
        return "no pages"
    reasons = Counter(page.reason for page in pages if page.reason)
    named = ", ".join(reason for reason, _ in reasons.most_common(2))
    return f"no text on any page: {named}" if named else "no text on any page"


def _redacted(pages: Sequence[PageText]) -> tuple[str, ...]:
    """Say on which pages words stand under boxes."""
    found = [page for page in pages if page.hidden]
    if not found:
        return ()
    number = sum(page.hidden for page in found)
    named = ", ".join(f"p{page.number}" for page in found[:10]) + (", …" if found[10:] else "")
    return (f"text under redactions left out: {number:,} characters on {named}",)


def _identity(key: str, texts: Sequence[str], varies: object) -> str:
    """Return the content id of a document whose text is not always the same; empty for others.

    Args:
        varies: whether pages were recognised, which another program reads otherwise, or secrets
            masked, for which the rules change, or pages not read that may be read another time.
    """
    if not varies:
        return ""
    # It begins as the key does, so that the file can still be known.
    said = blake2b((key + "\f".join(texts)).encode("utf-8", "replace"), digest_size=8)
    return key[:KNOWN] + said.hexdigest()
