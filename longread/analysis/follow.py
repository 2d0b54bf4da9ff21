"""Where a citation leads: the text as it was read, the words in it, the file on disk.

Nothing here opens a program; the front end does, with what this returns.
"""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import chain, count
from pathlib import Path

from longread.analysis.conversation import Conversation
from longread.ingest.clone import is_url, name_of
from longread.ingest.folder import shown
from longread.prompt import cite
from longread.types import Citation, Document, Source, Span, Verdict

ESCAPED = re.compile(r"\\x([0-9a-f]{2})")


@dataclass(frozen=True, slots=True)
class Followed:
    """A citation's source, to be shown."""

    citation: Citation
    document: Document | None
    """None where no document has the name that was cited."""
    cited: Span | None
    """The place to show: where the words stand, or else the place that was named."""
    marked: tuple[tuple[int, int], ...]
    """Character ranges of the document's text: the quoted words."""
    labels: dict[int, str]
    """Printed page numbers, by physical page."""
    ocr: dict[int, float | None]
    """Pages whose text was recognised in a picture, and how surely, 0 to 1, where that is known."""


def follow(conversation: Conversation, citation: Citation) -> Followed:
    """Look up what a citation leans on, in the text as the model was given it."""
    document = _cited(conversation, citation)
    if document is None or not citation.path:
        return Followed(citation, None, None, (), {}, {})
    pages = [page for page in conversation.ledger.pages if page.path == document.path]
    labels = {page.page: page.label for page in pages if page.label}
    recognised = {page.page: page.confidence for page in pages if page.ocr}
    return follow_in(document, citation, labels, recognised)


def follow_in(
    document: Document,
    citation: Citation,
    labels: dict[int, str],
    ocr: dict[int, float | None],
) -> Followed:
    """Look up what a citation of a known document leans on.

    Args:
        document: as it was when the citation was judged.
        labels: printed page numbers, by physical page.
        ocr: pages whose text was recognised in a picture, and how surely.
    """
    marked = cite.locate(citation, document)
    place = citation.found or citation.span
    if citation.verdict is Verdict.NOT_FOUND and citation.quote and not citation.found:
        place = cite.nearest(citation, document) or place
    return Followed(citation, document, place, marked, labels, ocr)


def _cited(conversation: Conversation, citation: Citation) -> Document | None:
    """Return the version that a citation was judged against, or the one there is now."""
    if (kept := conversation.texts.get(citation.version)) is not None:
        return replace(kept, id=citation.document, path=citation.path)
    return next((d for d in conversation.corpus.documents if d.path == citation.path), None)


def on_disk(sources: Sequence[Source], document: Document) -> Path | None:
    """Return the file a document was read from, if it is still there; None for URLs.

    A path that leads out of its source, as through a symbolic link made since, is not returned.
    """
    alone = len(sources) == 1
    for source, name in zip(sources, _names(sources), strict=True):
        if is_url(source.location):
            continue
        root = Path(source.location)
        if source.way in ("pdf", "file"):
            if alone or document.path == name:
                return root if root.is_file() else None
            continue
        if not alone and not document.path.startswith(f"{name}/"):
            continue
        for path in _candidates(document.path if alone else document.path[len(name) + 1 :], root):
            inside = path.is_file() and path.resolve().is_relative_to(root.resolve())
            if inside:
                return path.absolute()
    return None


def _names(sources: Sequence[Source]) -> list[str]:
    """Return what stands before, or for, the paths of each of several sources.

    It is the source's own name, numbered where one before it has the same.
    """
    given: list[str] = []
    for source in sources:
        place = source.location
        base = name_of(place) if is_url(place) else shown(os.fsencode(Path(place).name)) or "root"
        single = source.way in ("pdf", "file")
        stem, end = os.path.splitext(base) if single else (base, "")  # noqa: PTH122
        others = (f"{stem}-{number}{end}" for number in count(2))
        given.append(next(name for name in chain([base], others) if name not in given))
    return given


def _candidates(path: str, root: Path) -> list[Path]:
    """Return what a path in a corpus may be on disk: bytes that are not UTF-8 were escaped."""
    raw = path.encode("utf-8", "surrogatepass")
    unescaped = ESCAPED.sub(lambda m: chr(0xDC00 + int(m[1], 16)), path)
    names = [raw.decode("utf-8", "surrogateescape")]
    return [root / name for name in dict.fromkeys([*names, unescaped])]


def changed(document: Document, place: Span | None, path: Path) -> bool:
    """Whether the file no longer has, where the citation points, the lines that were read."""
    if document.unit != "line" or document.kind == "document" or place is None:
        return False
    try:
        now = path.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return True
    then = document.text.splitlines()
    return now[place.first - 1 : place.last] != then[place.first - 1 : place.last]
