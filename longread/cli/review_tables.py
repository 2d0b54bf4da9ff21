"""Reviews in lines for a terminal: what one would take, a list of them, one document's cells."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from longread.cli.answers import cited
from longread.export.visible import line, visible

if TYPE_CHECKING:
    from longread.analysis.outlook import Outlook, Way
    from longread.store import ReviewRow
    from longread.types.reviews import Cell, Checks, Review, Reviewed


def foreseen(found: Outlook) -> Iterator[str]:
    """Yield what a run would take, in lines."""
    yield (
        f"{found.documents:,} documents, {found.pages:,} pages, {found.tokens:,} tokens;"
        f" {found.cells:,} cells to be asked for, {found.done:,} done"
    )
    yield f"recognised in pictures (OCR): {found.scans:,} pages; not readable: {found.unread:,}"
    if found.unreadable:
        yield f"not readable at all: {len(found.unreadable):,}, of which {found.locked:,} locked"
        yield from (f"  {line(path)}: {line(why)}" for path, why in found.unreadable)
    if found.long:
        how = "they are read in parts" if found.part_by_part else "only their best parts are shown"
        yield f"longer than what is trusted, so that {how}:"
        yield from (f"  {line(path)}: {tokens:,} tokens" for path, tokens in found.long)
    for way in found.ways:
        yield f"{way.name}: {_taken(way)}"


def _taken(way: Way) -> str:
    from longread.analysis.spending import duration

    if not way.requests:
        return "nothing is missing"
    parts = [f"{way.requests:,} requests, {way.tokens:,} prompt tokens"]
    parts.append(f"{way.fresh:,} of them read anew where prefixes are kept")
    if way.most:
        parts.append(f"about ${way.dollars:,.2f}, at most ${way.most:,.2f}")
    parts.append(f"about {duration(way.seconds)}" if way.seconds else "how long is not known yet")
    return "; ".join([*parts, *filter(None, [way.note])])


def row_data(row: ReviewRow) -> dict[str, Any]:
    """Return what a list says of a review, as data."""
    times = {"created": row.created.isoformat(), "updated": row.updated.isoformat()}
    return {**asdict(row), **times}


def listed(row: ReviewRow) -> Iterator[str]:
    """Yield what a list says of a review."""
    from longread.analysis.drafts import alive
    from longread.ingest.places import few

    when = row.updated.astimezone().strftime("%Y-%m-%d %H:%M")
    most = row.documents * row.questions
    # A question with a condition is not put to every document.
    of = f" of up to {most:,}" if row.cells < most else ""
    facts = [f"{row.cells:,}{of} cells"]
    facts += [f"{row.failed:,} failed"] if row.failed else []
    facts += [f"${row.price:,.2f}"] if row.price else []
    facts += ["running now"] if any(map(alive, row.owners)) else []
    yield f"{row.id}  {when}  {line(row.title)}"
    yield (
        f"          {row.documents:,} documents × {row.questions:,} questions,"
        f" {', '.join(facts)}, {line(row.profile)}; {line(few(row.sources))}"
    )


def of_document(kept: Review, path: str) -> Iterator[str]:
    """Yield all cells of one document with what they lean on."""
    from longread.export.review import value_of

    one = next(one for one in kept.documents if one.path == path)
    yield line(f"{one.path}{f' — {one.title}' if one.title else ''}")
    yield from _read_of(one)
    for question in kept.questions:
        yield ""
        yield line(question.name)
        cell = kept.cells.get((path, question.name))
        said = kept.marks.get((path, question.name))
        yield f"  {line(value_of(cell, said.correction if said else None))}"
        for mark in (said.decision, said.flag) if said else ():
            if mark:
                yield f"  {mark.kind} by a person{f': {line(mark.note)}' if mark.note else ''}"
        if before := kept.earlier.get((path, question.name)):
            what = value_of(None, before)
            yield f"  a person said, when document or question was another: {line(what)}"
        if cell:
            yield from (f"  {text}" for text in _lines(cell))
        if checks := kept.checks(path, question.name):
            yield f"  confidence: {checks.confidence} ({_checked(checks)})"
        if second := kept.seconds.get((path, question.name)):
            yield f"  asked again in other words: {line(value_of(second))}"
            yield from (f"    {text}" for text in _lines(second))


def _checked(checks: Checks) -> str:
    """Say what a cell's confidence comes from."""
    verified = {True: "its quotes stand", False: "not verified", None: "nothing to verify"}
    agreed = {True: "two passes agree", False: "two passes differ", None: "asked in one way only"}
    said = [verified[checks.verified], agreed[checks.agreed]]
    return ", ".join([*said, *(["on recognised text (OCR)"] if checks.ocr else [])])


def to_do(kept: Review, *, everything: bool = False) -> Iterator[str]:
    """Yield the cells in the order in which a person should look at them, and why, in lines.

    Args:
        everything: also those that a person has settled.
    """
    from longread.export.review import value_of
    from longread.types.reviews import Concern

    why = {
        Concern.FAILED: "failed",
        Concern.UNVERIFIED: "unverified",
        Concern.OCR: "OCR",
        Concern.REST: "rest",
        Concern.SETTLED: "settled",
    }
    for path, name in kept.work():
        concern = kept.concern(path, name)
        said = kept.marks.get((path, name))
        if concern is None or (concern is Concern.SETTLED and not everything):
            continue
        cell, checks = kept.cells.get((path, name)), kept.checks(path, name)
        reasons = [why[concern]]
        if concern is Concern.UNVERIFIED and checks and checks.agreed is False:
            reasons.append("two passes differ")
        if said and said.flag:
            reasons.append(f"flagged{f': {said.flag.note}' if said.flag.note else ''}")
        value = value_of(cell, said.correction if said else None)
        yield f"{line('; '.join(reasons))}: {line(path)}, {line(name)}: {line(value)}"


def to_do_data(kept: Review, *, everything: bool = False) -> list[dict[str, Any]]:
    """Return the same as data."""
    from longread.types.reviews import Concern

    found = []
    for path, name in kept.work():
        concern, checks = kept.concern(path, name), kept.checks(path, name)
        if concern is Concern.SETTLED and not everything:
            continue
        found.append(
            {
                "path": path,
                "question": name,
                "concern": concern.name.lower() if concern else None,
                "flagged": kept.flagged(path, name),
                "confidence": checks.confidence if checks else None,
            }
        )
    return found


def _read_of(one: Reviewed) -> Iterator[str]:
    from longread.export.report import unread

    if one.reason:
        yield f"not read: {one.reason}"
    elif one.pages:
        yield (
            f"{one.pages - len(one.unread):,} of {one.pages:,} pages read,"
            f" {len(one.recognised):,} of them recognised in pictures"
        )
    if one.unread and not one.reason:
        yield line(f"not read: {'; '.join(unread(one))}")
    if one.partly:
        yield line(f"not read: {', '.join(one.partly)}")


def _lines(cell: Cell) -> Iterator[str]:
    if cell.value and cell.value.said != cell.value.normal:
        yield f"said: {line('; '.join(cell.value.said))}"
    for citation in cell.citations:
        yield from cited(citation)
    if cell.shown:
        yield f"shown: {', '.join(map(str, cell.shown))} ({cell.way})"
    if cell.note:
        yield from (f"! {text}" for text in visible(cell.note).splitlines())
    if cell.reasoning:
        first, *more = visible(cell.reasoning).splitlines() or [""]
        yield f"because: {first}"
        yield from (f"  {text}" for text in more)
