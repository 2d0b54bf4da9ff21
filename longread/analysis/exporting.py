"""A kept review into files: which formats there are, and what is handed to them.

The files are written whole or not at all; nothing in the store is changed.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from importlib.util import find_spec
from pathlib import Path

from longread.analysis.follow import on_disk
from longread.errors import ConfigError, StoreError
from longread.export import files
from longread.export.report import CitedText, Part, Report, Stretch
from longread.prompt.cite import Version
from longread.store import Store
from longread.types import Citation, Document, Source, Span
from longread.types.reviews import Cell, Review

FORMATS = {
    ".xlsx": "longread.export.xlsx:xlsx",
    ".csv": "longread.export.tables:csv_files",
    ".md": "longread.export.markdown:markdown",
    ".html": "longread.export.html:html",
    ".json": "longread.export.tables:json_file",
    **({".bib": "longread.export.bibtex:bibtex"} if find_spec("longread.export.bibtex") else {}),
}
"""What writes a file with such a name: from a `Report` to bytes by what is added to the stem."""
BESIDE = {".csv": ("_sources", "_coverage")}
"""Files that come with one, by what is added to its stem."""
LINES = 60
"""Lines of a part of a document that has no pages."""


def places_of(named: Sequence[Path]) -> list[Path]:
    """Return all files that are written where these are named.

    Raises:
        ConfigError: the name of one does not say which format is meant.
    """
    found = []
    for place in named:
        if place.suffix.lower() not in FORMATS:
            raise ConfigError(
                f"{place} has no ending of a format that is written",
                hint=f"name it with one of {', '.join(FORMATS)}",
            )
        beside = BESIDE.get(place.suffix.lower(), ())
        found += [place, *(_with(place, more) for more in beside)]
    return found


def check(named: Sequence[Path], *, force: bool = False) -> None:
    """See that exports can be written, before the work that they are to show.

    Raises:
        ConfigError: a name says no format, a file is there already, or cannot be written.
    """
    files.check(places_of(named), force=force)


def export(
    store: Store, id: str, named: Sequence[Path], *, force: bool = False, all_pages: bool = False
) -> list[Path]:
    """Write a review into files, each in the format that its ending says; return all of them.

    Args:
        all_pages: whether a page of HTML holds all text of the documents, not what is cited alone.

    Raises:
        ConfigError: as `check`; then nothing is written.
    """
    places_of(named)
    report = report_of(store, id, texts=any(p.suffix.lower() == ".html" for p in named),
                       all_pages=all_pages)  # fmt: skip
    contents: dict[Path, bytes] = {}
    for place in named:
        for more, content in _writer(place)(report).items():
            contents[_with(place, more)] = content
    files.write(contents, force=force)
    return list(contents)


def _with(place: Path, more: str) -> Path:
    return place.with_name(f"{place.stem}{more}{place.suffix}")


def _writer(place: Path) -> Callable[[Report], Mapping[str, bytes]]:
    module, _, name = FORMATS[place.suffix.lower()].partition(":")
    made = getattr(importlib.import_module(module), name)
    if place.suffix.lower() == ".bib":
        return lambda report: {"": made(report.review).encode()}
    writer: Callable[[Report], Mapping[str, bytes]] = made
    return writer


def report_of(store: Store, id: str, *, texts: bool = False, all_pages: bool = False) -> Report:
    """Return a review with what its exports show besides.

    Args:
        texts: whether the text that is cited is wanted too.
    """
    review = store.reviews.review(id)
    found = {one.path: _on_disk(review, one.path) for one in review.documents}
    written = datetime.now().astimezone().strftime("%Y-%m-%d %H:%M %z")
    on_this_machine = {path: file for path, file in found.items() if file}
    if not texts:
        return Report(id, review, written, on_this_machine)
    shown = Cited(store, id, all_pages=all_pages)
    shown.take(review)
    return Report(id, review, written, on_this_machine, shown.texts, shown.stretches)


def _on_disk(review: Review, path: str) -> Path | None:
    return on_disk(review.sources, Document(path, "other", "", "", "", ()))


class Cited:
    """The text that the cells of a review lean on, and where in it their words stand."""

    def __init__(self, store: Store, id: str, *, all_pages: bool) -> None:
        self.texts: list[CitedText] = []
        self.stretches: dict[tuple[str, str], list[list[Stretch]]] = {}
        self._store, self._id, self._all = store, id, all_pages

    def take(self, review: Review) -> None:
        """Collect it, one document after the other, so that few texts are unpacked at once."""
        leaning: dict[tuple[str, str], list[tuple[Cell, int, Citation]]] = {}
        for cell in review.cells.values():
            self.stretches[cell.path, cell.question] = [[] for _ in cell.citations]
            for number, citation in enumerate(cell.citations):
                path = citation.path or cell.path
                version = citation.version or (cell.content_id if path == cell.path else "")
                leaning.setdefault((path, version), []).append((cell, number, citation))
        if self._all:
            for one in review.documents:
                leaning.setdefault((one.path, one.content_id), [])
        for (path, version), citations in leaning.items():
            try:
                document = self._store.reviews.document(self._id, path, version)
            except StoreError:
                # Nothing of it could be read, or the model named what there is not.
                continue
            self._take(document, citations)

    def _take(self, document: Document, citations: list[tuple[Cell, int, Citation]]) -> None:
        version = Version(document)
        paper = Paper(version)
        index = len(self.texts)
        numbers = set(paper.numbers()) if self._all else set()
        for cell, number, citation in citations:
            stretches = [
                Stretch(index, part, start, end)
                for part, start, end in _stretches(version, paper, citation)
            ]
            self.stretches[cell.path, cell.question][number] = stretches
            numbers |= {stretch.part for stretch in stretches}
        parts = {number: paper.part(number) for number in sorted(numbers)}
        self.texts.append(CitedText(document.path, document.unit, parts))


class Paper:
    """A document cut into the parts that are shown: its pages, or runs of `LINES` lines."""

    def __init__(self, version: Version) -> None:
        self._ruler, self._text = version.ruler, version.document.text
        self._each = LINES if version.ruler.unit == "line" else 1

    def numbers(self) -> Iterator[int]:
        """Yield the first page or line of each part that has text."""
        for number in range(1, self._ruler.last + 1, self._each):
            start, end = self._ruler.offsets(self._span(number))
            if end > start:
                yield number

    def part(self, number: int) -> Part:
        """Return the part that begins with a page or a line."""
        start, end = self._ruler.offsets(self._span(number))
        return Part(str(self._span(number)), self._text[start:end])

    def over(self, span: Span) -> Iterator[tuple[int, int, int]]:
        """Yield the parts that a span touches, with their offsets in the document."""
        for number in range((span.first - 1) // self._each * self._each + 1, span.last + 1,
                            self._each):  # fmt: skip
            start, end = self._ruler.offsets(self._span(number))
            if end > start:
                yield number, start, end

    def _span(self, number: int) -> Span:
        last = number + self._each - 1
        return Span(self._ruler.unit, number, min(last, max(self._ruler.last, number)))


def _stretches(
    version: Version, paper: Paper, citation: Citation
) -> Iterator[tuple[int, int, int]]:
    """Yield parts of a document with where in them a citation's words stand; 0, 0 if nowhere."""
    if located := version.locate(citation):
        start, end = located[0]
        for number, first, last in paper.over(version.ruler.span(start, end)):
            if max(start, first) < min(end, last):
                yield number, max(start - first, 0), min(end, last) - first
        return
    place = citation.found or citation.span
    if citation.quote and not citation.found:
        place = version.nearest(citation) or place
    if place and version.ruler.exists(place):
        for number, _, _ in paper.over(place):
            yield number, 0, 0


def among_sources(sources: Sequence[Source], made: Sequence[Path]) -> Iterator[tuple[Path, str]]:
    """Yield the files that lie in a folder that is reviewed, with that folder."""
    for file in made:
        for source in sources:
            if source.way == "folder" and file.resolve().is_relative_to(source.location):
                yield file, source.location
