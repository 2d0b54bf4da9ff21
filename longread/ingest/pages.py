"""The text of pages laid out as one document with segments. It never opens a file."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate, groupby

from longread.ingest.clauses import Outline, contents
from longread.running import running
from longread.types import Segment, Span

LINES = 12
"""A segment holds at most this many lines: about a clause, so that evidence for a small window
is finer than a page."""
WIDTH = 8_000
"""Characters of a segment at most, for pages whose lines never end."""


MARKED, LEAST = 200, 20
"""Characters of a line that a bookmark may name at most; letters and digits, at least, of one that
says only the beginning of its title."""
TITLED, UNTITLED = 1, 300
"""Characters before a clause, in the piece that it ends, from which on it is a piece of its own:
a clause with a title, and one with a number or a letter alone."""


@dataclass(frozen=True, slots=True)
class PageText:
    """What could be read of one page."""

    number: int
    """Physical page, from 1."""
    label: str
    """The printed page number, where the document gives one."""
    text: str
    """Cleaned; lines as they stand on the page."""
    reason: str
    """Why it has no text, or hardly any; empty when it was read."""
    ocr: str = ""
    """What recognised its text in a picture of it; empty where the file has the text."""
    confidence: float = 0.0
    """Of what was recognised, 0 to 1."""
    hidden: int = 0
    """Letters under boxes, for which marks stand in the text."""
    unsure: bool = False
    """Whether boxes may hide some of the text, and the library that read it cannot tell."""


@dataclass(frozen=True, slots=True)
class Bookmark:
    """An entry of the outline that a file gives of itself."""

    depth: int
    """From 0."""
    title: str
    page: int
    """Physical page, from 1; 0 where it names none."""


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a document: where it begins and ends, its line feed included."""

    start: int
    end: int
    name: str = ""
    """Of the clause that it opens."""
    titled: bool = False
    running: bool = False
    listed: bool = False
    """Whether it is one of a table of contents."""


def lay_out(
    pages: Sequence[PageText], bookmarks: Sequence[Bookmark] = ()
) -> tuple[str, tuple[Segment, ...]]:
    """Return the pages' text as one document, and the segments that tile it.

    A page without text takes no room, and the numbers of the others do not move. A page is cut
    before its clauses, and further where a piece has more than `LINES` lines; all the pieces name
    the same page, and those of one clause have its name. A line that says what a bookmark of its
    page does is a heading.
    """
    shown = [page for page in pages if page.text.strip()]
    texts = [page.text.rstrip("\n") + "\n" for page in shown]
    text = "".join(texts)
    starts = list(accumulate(map(len, texts[:-1]), initial=0)) if texts else []
    numbers = [page.number for page in shown]
    segments: list[Segment] = []
    clause = ""

    def page_at(offset: int) -> int:
        return numbers[bisect_right(starts, offset) - 1]

    told: dict[int, list[Bookmark]] = {}
    for bookmark in bookmarks:
        told.setdefault(bookmark.page, []).append(bookmark)
    runs = running(text, starts, numbers)
    lines = _named(text, list(_lines(text)), runs, lambda offset: told.get(page_at(offset), ()))
    for number, group in groupby(lines, lambda line: page_at(line.start)):
        for part in _parts(text, list(group)):
            clause = next((line.name for line in part if line.name), clause)
            segments.append(_segment(text, part, number, clause, opening=not segments))
            clause = next((line.name for line in reversed(part) if line.name), clause)
    return text, tuple(segments)


def _named(
    text: str,
    spans: Sequence[tuple[int, int]],
    runs: Sequence[tuple[int, int]],
    told: Callable[[int], Sequence[Bookmark]],
) -> list[Line]:
    """Return the lines with the clauses that they open; running lines open none.

    Args:
        told: the bookmarks of the page on which an offset is.
    """
    begun = {start for start, _ in runs}
    bodies = [
        (start, end, text[start:end])
        for start, end in spans
        if start not in begun and not text[start:end].isspace()
    ]
    bodies_at = {start for start, *_ in bodies}
    listed = contents([line for *_, line in bodies])
    outline = Outline()
    opened: dict[int, tuple[str, bool]] = {}
    tables: set[int] = set()
    for n, (start, _, line) in enumerate(bodies):
        if n in listed:
            tables.add(start)
        else:
            before = bodies[n - 1][2] if n else ""
            after = bodies[n + 1][2] if n + 1 < len(bodies) else ""
            name, titled = outline.enter(line, before, after)
            if not name and (bookmark := _said_by(line, told(start))):
                name, titled = outline.told(bookmark.title, bookmark.depth), True
            opened[start] = name, titled
    made: list[Line] = []
    listing = False
    for start, end in spans:
        # Blank and running lines are in a table of contents if the line before them is.
        listing = start in tables if start in bodies_at else listing
        made.append(Line(start, end, *opened.get(start, ("", False)), start in begun, listing))
    return made


def _said_by(line: str, bookmarks: Sequence[Bookmark]) -> Bookmark | None:
    """Return the bookmark whose title a line is; of a long one, the beginning."""
    if not bookmarks or len(line) > MARKED:
        return None
    said = _plain(line)
    for bookmark in bookmarks:
        title = _plain(bookmark.title)
        if said and (said == title or (len(said) >= LEAST and title.startswith(said))):
            return bookmark
    return None


def _plain(title: str) -> str:
    return "".join(filter(str.isalnum, title.casefold()))


def _segment(text: str, part: Sequence[Line], page: int, clause: str, opening: bool) -> Segment:
    start, end = part[0].start, part[-1].end
    head = next((line for line in part if line.name), None)
    signature = None
    if opening:
        first = start + len(text[start:end]) - len(text[start:end].lstrip())
        signature = first, _opening(text, first, end)
    elif head:
        line = text[head.start : head.end]
        first = head.start + len(line) - len(line.lstrip())
        signature = first, first + len(line.strip()[:120].rstrip())
    span = Span("page", page, page)
    if any(line.listed and not line.running for line in part):
        return Segment("contents", "", span, start, end, signature)
    return Segment("section" if clause else "page", clause, span, start, end, signature)


def _opening(text: str, first: int, end: int) -> int:
    """Where the opening lines end: title and parties, about 300 characters."""
    window = text[first : min(end, first + 300)]
    if first + len(window) < end and "\n" in window:
        window = window[: window.rindex("\n")]
    return first + len(window.rstrip())


def _parts(text: str, lines: Sequence[Line]) -> Iterator[Sequence[Line]]:
    """Yield the pieces of a page: clauses, and of long ones the parts."""
    start = 0
    for at in range(1, len(lines) + 1):
        if at < len(lines) and not _opens(text, lines, start, at):
            continue
        while start < at:
            end = _cut(text, lines, start, at)
            yield lines[start:end]
            start = end


def _opens(text: str, lines: Sequence[Line], start: int, at: int) -> bool:
    """Whether a line opens a clause that is a piece of its own."""
    line = lines[at]
    if line.running or text[line.start : line.end].isspace():
        return False
    turned = line.listed != lines[at - 1].listed
    if not line.name and not turned:
        return False
    held = 0
    for earlier in reversed(range(start, at)):
        if not lines[earlier].running:
            held += len(text[lines[earlier].start : lines[earlier].end].strip())
        if held >= UNTITLED:
            break
    if turned:
        return held > 0
    return held >= (TITLED if line.titled else UNTITLED)


def _lines(text: str) -> Iterator[tuple[int, int]]:
    """Yield where lines begin and end, their "\\n" included; endless ones in pieces."""
    start = 0
    while start < len(text):
        end = text.find("\n", start, start + WIDTH) + 1
        if not end:
            limit = min(start + WIDTH, len(text))
            end = text.rfind(" ", start + WIDTH // 2, limit) + 1 if limit < len(text) else limit
            end = end or limit
        yield start, end
        start = end


def _cut(text: str, lines: Sequence[Line], start: int, stop: int) -> int:
    """Return the line before which the segment that starts at `start` ends, at most `stop`.

    Of the places within reach the last before a numbered clause is best, then the last blank
    line or end of a paragraph, then the last end of a sentence; the first third is left whole.
    """
    origin = lines[start].start
    full = start + 1
    while full < stop and full - start < LINES and lines[full].end - origin <= WIDTH:
        full += 1
    if full == stop:
        return full
    width = sorted(x.end - x.start for x in lines[start:full])[(full - start) // 2]
    best, found = 0, full
    for n in range(full, start + max(1, (full - start) // 3) - 1, -1):
        worth = _worth(text, lines[n - 1], lines[n], width)
        if worth > best:
            best, found = worth, n
    return found


def _worth(text: str, before: Line, after: Line, width: int) -> int:
    if after.name:
        return 4 if after.titled else 3
    said, next_ = text[before.start : before.end].strip(), text[after.start : after.end].strip()
    if not said and next_:
        return 2
    if said.endswith((".", ";", ":")):
        return 2 if len(said) < width * 3 // 4 else 1
    return 0
