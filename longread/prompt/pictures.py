"""Which pages a model that sees is shown as pictures: those whose text does not tell all."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence

from longread.prompt.evidence import Hit
from longread.types import Document, Page

NAMED = re.compile(
    r"\b(?:pages?|pp?\.?) ?(\d{1,5}(?:(?: ?[-–,&] ?| and | or | to |, and )\d{1,5})*)\b",
    re.IGNORECASE,
)
RUN = re.compile(r"(\d{1,5})(?: ?[-–] ?| to )(\d{1,5})")
MOST = 100
"""Pages that one run of numbers names, at most."""
FIGURE = re.compile(
    r"\b(?:figures?|figs?\.?|charts?|exhibits?) ?(\d{1,3}(?:\.\d+)?)", re.IGNORECASE
)
NEAR = 2
"""Pages between one that is relevant and a picture that may belong to it."""


def choose(
    question: str, documents: Sequence[Document], pages: Sequence[Page], hits: Sequence[Hit]
) -> list[tuple[Document, int]]:
    """Return documents and pages to be shown as pictures, those that may help most first.

    First pages that the question names, then pages with a figure that it names, then the pages of
    a scan that it names, then pages that have no text of their own: by the most relevant page
    beside them, and by their document. Scans in which nothing can be found come last.

    Args:
        documents: those without text behind all others.
        pages: as the ledger has them.
        hits: the segments most relevant to the question, best first.
    """
    paged = {d.path: d for d in documents if d.unit == "page"}
    order = _order(documents, hits)
    read = [paged[path] for path in sorted(paged, key=lambda p: order.get(p, len(order)))]
    chosen: dict[tuple[str, int], tuple[Document, int]] = {}
    blind = [document for document in read if not document.segments]
    for document, page in (
        *_named(question, read, pages),
        *_figures(question, read),
        *_to_see(_meant(question, blind), pages),
        *_beside(read, pages, documents, hits),
        *_to_see(blind, pages),
    ):
        chosen.setdefault((document.path, page), (document, page))
    return list(chosen.values())


def _meant(question: str, read: Sequence[Document]) -> list[Document]:
    """Return the documents whose name stands in the question."""
    asked = question.casefold()

    def is_said(document: Document) -> bool:
        name = document.path.rpartition("/")[2].rpartition(".")[0].casefold()
        # A name of one letter stands in many words.
        return bool(name) and re.search(rf"(?<!\w){re.escape(name)}(?!\w)", asked) is not None

    return [document for document in read if is_said(document)]


def _order(documents: Sequence[Document], hits: Sequence[Hit]) -> dict[str, int]:
    """Return the place of each document among those that are relevant, by path."""
    return {
        path: at for at, path in enumerate(dict.fromkeys(documents[h.document].path for h in hits))
    }


def _named(
    question: str, read: Sequence[Document], pages: Sequence[Page]
) -> Iterator[tuple[Document, int]]:
    """Yield pages that the question names, of the documents it names, or of the only one."""
    numbers = _numbers(question)
    if not numbers:
        return
    meant = _meant(question, read) or (read if len(read) == 1 else [])
    of = {document.path: document for document in meant}
    for page in pages:
        if page.path in of and (page.label or str(page.page)) in numbers:
            yield of[page.path], page.page


def _numbers(question: str) -> set[str]:
    """Return the numbers of pages that a question names: "pages 4-6 and 9"."""
    numbers: set[str] = set()
    for named in NAMED.findall(question):
        numbers.update(re.findall(r"\d+", named))
        for first, last in RUN.findall(named):
            numbers.update(map(str, range(int(first), min(int(last), int(first) + MOST) + 1)))
    return numbers


def _figures(question: str, read: Sequence[Document]) -> Iterator[tuple[Document, int]]:
    """Yield pages on which a line begins as the caption of a figure that the question names."""
    numbers = set(FIGURE.findall(question))
    if not numbers:
        return
    for document in read:
        text = document.text
        for segment in document.segments:
            for line in text[segment.start : segment.end].split("\n"):
                found = FIGURE.match(line.lstrip())
                if found and found[1] in numbers:
                    yield document, segment.span.first


def _beside(
    read: Sequence[Document], pages: Sequence[Page], documents: Sequence[Document],
    hits: Sequence[Hit],
) -> Iterator[tuple[Document, int]]:  # fmt: skip
    """Yield pages to be seen, not read, near what is relevant; then the rest of the document."""
    seen = _seen(pages)
    of = {document.path: document for document in read}
    for hit in hits:
        document = documents[hit.document]
        if document.path in of:
            at = document.segments[hit.segment].span.first
            near = [page for page in seen.get(document.path, []) if abs(page - at) <= NEAR]
            yield from ((document, page) for page in sorted(near, key=lambda p: abs(p - at)))
    relevant = {documents[hit.document].path for hit in hits}
    yield from _to_see([d for d in read if d.path in relevant or len(read) == 1], pages)


def _to_see(read: Sequence[Document], pages: Sequence[Page]) -> Iterator[tuple[Document, int]]:
    """Yield the pages of some documents that are to be seen, not read."""
    seen = _seen(pages)
    for document in read:
        yield from ((document, page) for page in seen.get(document.path, []))


def _seen(pages: Sequence[Page]) -> dict[str, list[int]]:
    """Return the pages that are to be seen, not read, by path."""
    seen: dict[str, list[int]] = defaultdict(list)
    for page in pages:
        if page.is_picture:
            seen[page.path].append(page.page)
    return seen
