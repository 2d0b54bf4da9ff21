"""A document in short: names, signatures, documentation, each under its line or page number."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import groupby

from longread.types import MARKS, Document, Level, Segment


def digest(document: Document, level: Level, lifted: Mapping[int, Level]) -> str:
    """Return what is shown of each symbol; each line ends with a newline.

    Args:
        level: OUTLINE, SIGNATURES or SIGNATURES_DOC, of all symbols but those in `lifted`.
        lifted: by index of the segment, the level of single symbols.
    """
    if not lifted:
        if level is Level.OUTLINE:
            return "".join(_outline(document, document.segments))
        return "".join(_symbols(document, document.segments, level))
    lines: list[str] = []
    numbered = (
        (lifted.get(index, level), segment)
        for index, segment in enumerate(document.segments)
        if segment.signature or segment.doc or segment.name
    )
    for shown, group in groupby(numbered, lambda pair: pair[0]):
        segments = [segment for _, segment in group]
        outline = shown is Level.OUTLINE
        lines += _outline(document, segments) if outline else _symbols(document, segments, shown)
    return "".join(lines)


def ranges(
    document: Document, level: Level, lifted: Mapping[int, Level]
) -> tuple[tuple[int, int], ...]:
    """Return the character ranges of the text that stand in the digest, in order."""
    found: list[tuple[int, int]] = []
    for index, segment in enumerate(document.segments):
        shown = lifted.get(index, level)
        if shown >= Level.SIGNATURES:
            found += _shown(segment, shown)
    return tuple(found)


def _shown(segment: Segment, level: Level) -> list[tuple[int, int]]:
    """Return the parts of a symbol that a level shows, in the order of the text."""
    doc = segment.doc if level is Level.SIGNATURES_DOC else None
    parts = [part for part in (segment.signature, doc) if part]
    # What documents a class may be part of a signature that is shown whole.
    if len(parts) == 2 and parts[0][0] <= parts[1][0] and parts[1][1] <= parts[0][1]:
        parts.pop()
    return sorted(parts)


def _symbols(document: Document, segments: Sequence[Segment], level: Level) -> list[str]:
    """Return signatures, and docs at SIGNATURES_DOC, each under its line or page number."""
    text, by_line = document.text, document.unit == "line"
    place = MARKS[document.unit]
    lines: list[str] = []
    for segment in segments:
        parts = _shown(segment, level) if segment.doc else [segment.signature]
        for part in parts:
            if not part:
                continue
            start, end = part
            at = segment.span.first
            if by_line:
                if start > segment.start:
                    at += text.count("\n", segment.start, start)
                if segment.doc and start == segment.doc[0]:
                    # A doc begins where its own indentation does, as a signature does.
                    before = text.rfind("\n", 0, start) + 1
                    start = before if text[before:start].isspace() else start
            lines.append(f"{place}{at} {text[start:end].rstrip()}\n")
    return lines


def _outline(document: Document, segments: Sequence[Segment]) -> list[str]:
    """Return names, those of members on the line of what holds them."""
    lines: list[str] = []
    members: list[str] = []
    holder = ""
    named = ""

    def close() -> None:
        if members:
            lines[-1] = f"{lines[-1][:-1]}: {', '.join(members)}\n"
            members.clear()

    for segment in segments:
        if not segment.name or segment.name == named:
            continue  # a symbol that was cut into several segments is named once
        named = segment.name
        if holder and named.startswith(f"{holder}."):
            members.append(named[len(holder) + 1 :])
            continue
        close()
        holder = named
        start = segment.signature[0] if segment.signature else segment.start
        lines.append(f"{_at(document, segment, start)} {segment.kind} {named}\n")
    close()
    return lines


def _at(document: Document, segment: Segment, offset: int) -> str:
    """Return the place of an offset as one would cite it."""
    first = segment.span.first
    if document.unit == "line" and offset > segment.start:
        first += document.text.count("\n", segment.start, offset)
    return f"{MARKS[document.unit]}{first}"
