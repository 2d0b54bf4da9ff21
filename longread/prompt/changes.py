"""Later versions of what was laid out, appended so that the prompt's beginning survives them.

A change supersedes what stands before it under the same short id. What `Layout.placed` shows is
never touched; a document of which nothing but its path is shown takes its new content in place.
Nothing here reads a source: it is told what there is now.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace

from longread.prompt.differences import compare
from longread.prompt.render import Chunk, chunks, entitle, excerpts, marks_in
from longread.types import Document, Layout, Level, Placed

SUPERSEDES = " supersedes the version above"
WITHDRAWN = " is deleted or has no text any more: what stands above under this id is out of date\n"
WIDE = str.maketrans("0123456789", "０１２３４５６７８９")
"""Digits that compare as ASCII ones where a quote is judged, and that no boundary has."""

Texts = Mapping[str, Document]
"""Versions of documents by content id; ids and paths are those of their places."""


class Both(Mapping[str, Document]):
    """Two mappings as one; the second's values are not touched before they are asked for."""

    def __init__(self, first: Texts, second: Texts) -> None:
        self._first, self._second = first, second

    def __getitem__(self, key: str) -> Document:
        found = self._first.get(key)
        return self._second[key] if found is None else found

    def __iter__(self) -> Iterator[str]:
        return iter({**dict.fromkeys(self._first), **dict.fromkeys(self._second)})

    def __len__(self) -> int:
        return sum(1 for _ in self)


@dataclass(frozen=True, slots=True)
class Body:
    """A text in which a boundary mark was made to look like one; offsets are the same."""

    body: str | Callable[[], str]
    mark: str

    def __call__(self) -> str:
        """Return the text."""
        text = self.body if isinstance(self.body, str) else self.body()
        return text.replace(self.mark, self.mark.translate(WIDE))


def guarded(document: Document, mark: str) -> Document:
    """Return a document that cannot forge a boundary of a layout made before it was.

    The digits of the mark become full-width ones, of which quotes are judged as of ASCII ones.
    """
    marks = document.marks
    if marks is None:
        marks = tuple(marks_in(document.text))
    if not any(digits.startswith(mark[1:]) for digits in marks):
        return document
    return replace(
        document,
        content_id=f"{document.content_id}:{mark}",
        body=Body(document.body, mark),
        marks=tuple(digits for digits in marks if not digits.startswith(mark[1:])),
    )


@dataclass(frozen=True, slots=True)
class Standing:
    """What a prompt shows last of one document."""

    placed: Placed
    """Under its newest path and content."""
    full: str | None = None
    """Content id of the version that stands in full, be it an earlier one; None if none does."""
    shown: tuple[str, ...] = ()
    """Content ids of the versions of which text stands in the prompt, oldest first."""

    @property
    def bare(self) -> bool:
        """Whether nothing but the path is shown, so that its content does not matter."""
        return not self.shown


def standing(layout: Layout) -> dict[str, Standing]:
    """Return, by short id, what stands last of each document that is still there."""
    found = {placed.id: _first(placed) for placed in layout.placed}
    for change in layout.changes:
        before = found.get(change.id)
        if withdraws(change):
            found.pop(change.id, None)
        else:
            found[change.id] = _next(change, before) if before else _first(change)
    return found


def _first(placed: Placed) -> Standing:
    bare = placed.level <= Level.PATH and not placed.raised
    full = placed.content_id if placed.level is Level.FULL else None
    return Standing(placed, full, () if bare else (placed.content_id,))


def _next(change: Placed, before: Standing) -> Standing:
    if change.content_id == before.placed.content_id:
        return replace(before, placed=replace(before.placed, path=change.path))
    full = change.content_id if change.level is Level.FULL else before.full
    return Standing(change, full, (*before.shown, change.content_id))


def withdraws(change: Placed) -> bool:
    """Whether a change says that a document is gone."""
    return change.level is Level.NONE and not change.raised


def live(layout: Layout) -> tuple[Placed, ...]:
    """Return the newest place of every document that is still there, in the prompt's order.

    Its level is FULL where all of it stands in the prompt, be it in several versions.
    """
    return tuple(_whole(s.placed) if s.full else s.placed for s in standing(layout).values())


def _whole(placed: Placed) -> Placed:
    return replace(placed, level=Level.FULL, raised=(), lifted=())


def superseded(layout: Layout) -> dict[str, tuple[str, ...]]:
    """Return, by short id, the content ids of earlier versions of which text was shown.

    A document that is gone has an entry too, and none in `live`.
    """
    found = {placed.id: _first(placed) for placed in layout.placed}
    gone: dict[str, tuple[str, ...]] = {}
    for change in layout.changes:
        before = found.get(change.id)
        if withdraws(change):
            gone[change.id] = before.shown if before else ()
        else:
            found[change.id] = _next(change, before) if before else _first(change)
    earlier = {
        id: tuple(dict.fromkeys(v for v in last.shown if v != last.placed.content_id))
        for id, last in found.items()
    }
    return {id: versions for id, versions in (earlier | gone).items() if versions or id in gone}


def everything_in_full(layout: Layout) -> bool:
    """Whether all of every document stands in the prompt."""
    return all(found.full for found in standing(layout).values())


# What stands in the prompt


@dataclass(frozen=True, slots=True)
class Remains(Chunk):
    """The boundary line of a change that says which parts of an earlier version still hold."""

    spans: tuple[tuple[int, int], ...] = field(default=())

    @property
    def ranges(self) -> tuple[tuple[int, int], ...]:
        """Character ranges of the newest text that stand in the earlier version."""
        return self.spans


def corpus(layout: Layout, texts: Texts) -> list[Chunk]:
    """Return what the layout showed from the beginning.

    Chunks of what was superseded since belong to no document: no place in them can be cited.
    """
    last = standing(layout)
    made: list[Chunk] = []
    for placed in layout.placed:
        shown = chunks(placed, version(placed, texts), layout.mark)
        now = last.get(placed.id)
        made += _outdated(shown, now is None or now.placed.content_id != placed.content_id)
    return made


def appended(layout: Layout, texts: Texts) -> list[Chunk]:
    """Return the changes as they stand in the prompt, behind the corpus."""
    return [chunk for _, shown in appended_each(layout, texts) for chunk in shown]


def appended_each(layout: Layout, texts: Texts) -> Iterator[tuple[Placed, list[Chunk]]]:
    """Yield each change, and how it stands in the prompt."""
    last = standing(layout)
    found = {placed.id: _first(placed) for placed in layout.placed}
    for change in layout.changes:
        before = found.get(change.id)
        shown = render(change, before, texts, layout.mark)
        now = last.get(change.id)
        outdated = now is None or now.placed.content_id != change.content_id
        yield change, list(_outdated(shown, outdated))
        if withdraws(change):
            found.pop(change.id, None)
        else:
            found[change.id] = _next(change, before) if before else _first(change)


def _outdated(shown: Iterable[Chunk], outdated: bool) -> Iterator[Chunk]:
    for chunk in shown:
        yield replace(chunk, document=replace(chunk.document, id="")) if outdated else chunk


def version(placed: Placed, texts: Texts) -> Document:
    """Return the document of a place; of one that shows no text, the text may be missing."""
    found = texts.get(placed.content_id)
    if found is None and _first(placed).bare:
        return Document(placed.path, "other", "", placed.content_id, "", (), id=placed.id)
    return replace(found or texts[placed.content_id], id=placed.id, path=placed.path)


def render(change: Placed, before: Standing | None, texts: Texts, mark: str) -> list[Chunk]:
    """Return one change as it stands in the prompt."""
    if withdraws(change):
        if not before or (before.bare and before.placed.level is Level.NONE):
            return []
        gone = version(before.placed, texts)
        return [Chunk(entitle(gone, mark), WITHDRAWN, "", gone, Level.NONE)]
    document = version(change, texts)
    title = entitle(document, mark)
    if before is None:
        return list(chunks(change, document, mark))
    if change.content_id == before.placed.content_id:
        old = entitle(replace(document, path=before.placed.path), "").split(" ", 2)[2]
        moved = f" is the new path of {document.id} {old}\n"
        return [Chunk(title, moved, "", document, Level.PATH)]
    if change.level > Level.PATH:
        return list(chunks(change, document, mark, SUPERSEDES))
    if before.full is None:
        parts = ", in parts:" if change.raised else ", which is out of date"
        head = Chunk(title, f"{SUPERSEDES}{parts}\n", "", document, Level.PATH)
        return [head, *excerpts(document, change.raised, mark)]
    difference = compare(texts[before.full], document)
    rest = f" supersedes what stands above, but of the full text there hold: {difference.told}\n"
    head = Remains(title, rest, "", document, Level.FULL, spans=difference.ranges)
    return [head, *excerpts(document, change.raised, mark)]
