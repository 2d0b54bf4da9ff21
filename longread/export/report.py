"""What every format of an exported review holds: values in words, sources, coverage, facts.

It reads no store and writes no file: whoever makes a `Report` hands in the texts that are cited.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from longread import __version__
from longread.export.review import (
    CORRECTED,
    DIFFERS,
    NOTHING,
    RULED_OUT,
    SIGNS,
    UNVERIFIED,
    coverage,
    plain,
    sign,
    value_of,
)
from longread.export.session import mark, percent
from longread.types import Citation
from longread.types.documents import Unit
from longread.types.reviews import Cell, CellState, Concern, Marked, Question, Review, Reviewed

Key = tuple[str, str]
"""Of a cell: its document's path, and its question's name."""
Tone = Literal[
    "good", "unverified", "unclear", "nothing", "failed", "open", "corrected", "rejected"
]
TONES: dict[CellState, Tone] = {
    CellState.ANSWERED: "good",
    CellState.NOT_PRESENT: "nothing",
    CellState.NOT_FOUND: "nothing",
    CellState.UNCLEAR: "unclear",
    CellState.UNREADABLE: "failed",
    CellState.FAILED: "failed",
}
REJECTED, FLAGGED, ACCEPTED = "✗", "⚑", "✓✓"
BY_OCR = "leans on words recognised from a picture (OCR)"
AGREES = "a second pass, asked in other words, agrees"
SOURCES = (
    "Document", "Question", "Value", "Words", "State", "Place", "Page", "Quote", "Verdict",
    "Recognised (OCR)", "Note", "Confidence", "Cited document",
)  # fmt: skip
"""The columns of a list of sources."""
COVERAGE = (
    "Document", "Title", "Pages", "Read", "Recognised (OCR)", "Least sure", "Not read",
    "Not read at all", "Left out", "Belongs to", "Answered", "Not verified", "Failed",
)  # fmt: skip
"""The columns of a list of what was read."""


@dataclass(frozen=True, slots=True)
class Part:
    """A page of a cited document, or some of its lines."""

    label: str
    """"p7", "L61-L120"."""
    text: str


@dataclass(frozen=True, slots=True)
class CitedText:
    """One document at the version that was cited: the parts of it that are shown, by number."""

    path: str
    unit: Unit
    parts: Mapping[int, Part]


@dataclass(frozen=True, slots=True)
class Stretch:
    """Where words stand that are cited: characters of a part; nowhere in it where both are 0."""

    text: int
    """Index of the `CitedText`."""
    part: int
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Report:
    """A review to be exported, and what the formats need besides."""

    id: str
    review: Review
    written: str = ""
    """When, as a person reads it."""
    files: Mapping[str, Path] = field(default_factory=dict)
    """Where documents lie on this machine, by path, as far as they are still there."""
    texts: Sequence[CitedText] = ()
    """What is cited; only for formats that show it."""
    stretches: Mapping[Key, Sequence[Sequence[Stretch]]] = field(default_factory=dict)
    """For each citation of a cell where its words stand, in their order."""


@dataclass(frozen=True, slots=True)
class Said:
    """What one cell says, as every format shows it."""

    text: str
    """The value that holds, or in words why there is none."""
    sign: str
    tone: Tone
    state: str
    """In words, a person's decision before a model's."""
    remarks: tuple[str, ...]
    """What a reader must know besides."""

    @property
    def signs(self) -> str:
        """The sign, and those of a person's rejection or flag."""
        more = [s for s in (REJECTED, FLAGGED) if any(r.startswith(s) for r in self.remarks)]
        return " ".join([self.sign, *more])


def said(review: Review, path: str, question: Question) -> Said:
    """Return what a cell says."""
    key = (path, question.name)
    cell, marks = review.cells.get(key), review.marks.get(key, Marked())
    shown = sign(review, path, question)
    if marks.correction:
        tone: Tone = "corrected"
        text, state = value_of(cell, marks.correction), "corrected by a person"
    elif cell is None:
        tone = "open"
        text = state = "out of place" if shown == RULED_OUT else "not asked"
    else:
        tone = "unverified" if not_verified(review, path, question) else TONES[cell.state]
        answered = cell.value if cell.state is CellState.ANSWERED else None
        text, state = plain(answered) if answered else value_of(cell), cell.state.value
        if tone == "unverified":
            state = "answered, quote not verified"
        if shown == DIFFERS:
            state += "; answered differently when asked twice"
    if marks.decision and marks.decision.kind == "rejected":
        tone, state = "rejected", f"{state}; rejected by a person"
    elif marks.decision and marks.decision.kind == "accepted":
        state = f"{state}; accepted by a person"
    return Said(text, shown, tone, state, tuple(_remarks(review, key, cell, marks)))


def not_verified(review: Review, path: str, question: Question) -> bool:
    """Whether a cell has the model's answer, and a quote of it does not stand or is missing.

    The sign does not tell it where two passes differ besides.
    """
    cell = review.cells.get((path, question.name))
    shown = sign(review, path, question)
    return shown == UNVERIFIED or bool(
        cell and shown == DIFFERS and cell.unverified and cell.state is CellState.ANSWERED
    )


def _remarks(review: Review, key: Key, cell: Cell | None, marks: Marked) -> Iterator[str]:
    if marks.decision:
        sign = {"rejected": REJECTED, "accepted": ACCEPTED}.get(marks.decision.kind, CORRECTED)
        yield _noted(f"{sign} {marks.decision.kind} by a person", marks.decision.note)
    if marks.correction and cell:
        yield f"the model said: {value_of(cell)}"
    if marks.flag:
        yield _noted(f"{FLAGGED} flagged", marks.flag.note)
    if cell and cell.unverified:
        yield f"{UNVERIFIED} quote not verified"
    checks = review.checks(*key)
    if checks and checks.ocr:
        yield BY_OCR
    if checks and checks.agreed is False:
        yield f"a second pass, asked in other words, says: {value_of(review.seconds[key])}"
    elif checks and checks.agreed:
        yield AGREES
    if before := review.earlier.get(key):
        yield f"a person said, when document or question was another: {value_of(None, before)}"
    if cell and cell.note:
        yield from cell.note.splitlines()


def _noted(words: str, note: str) -> str:
    return f"{words}: {note}" if note else words


def words_of(cell: Cell | None) -> str:
    """Return how the model said it, where that is not how the value is written."""
    if cell is None or cell.value is None or cell.value.said == cell.value.normal:
        return ""
    return "; ".join(cell.value.said)


def to_check(review: Review, path: str) -> int:
    """Return how many cells of a document a person should look at."""
    return sum(presses(review, path, question) for question in review.questions)


def presses(review: Review, path: str, question: Question) -> bool:
    """Whether a person should look at a cell, as `Review.work` has it before the rest."""
    concern = review.pressing(path, question)
    return concern is not None and concern < Concern.REST


def sources(review: Review) -> Iterator[tuple[Key, int, tuple[str | int, ...]]]:
    """Yield a line for each citation; a cell without any has one line, which says so.

    Yields:
        the cell's key, which of its citations it is (-1: none), and the columns of `SOURCES`.
    """
    for one in review.documents:
        for question in review.questions:
            key = (one.path, question.name)
            cell = review.cells.get(key)
            if cell is None and key not in review.marks and key not in review.earlier:
                continue
            told = said(review, *key[:1], question)
            checks = review.checks(*key)
            head = (one.path, question.name, told.text, words_of(cell), told.state)
            sure = checks.confidence if checks else ""
            remarks = "; ".join(told.remarks)
            if cell is None or not cell.citations:
                seen = f"shown: {', '.join(map(str, cell.shown))}" if cell and cell.shown else ""
                notes = "; ".join(filter(None, [remarks, seen]))
                yield key, -1, (*head, "", "", "", "no quote", "", notes, sure, "")
                continue
            for number, citation in enumerate(cell.citations):
                own = citation.note if citation.note not in remarks else ""
                note = "; ".join(filter(None, [own, remarks]))
                yield key, number, (*head, *_source(citation), note, sure, _other(citation, one))


def _source(citation: Citation) -> tuple[str | int, ...]:
    place = citation.found or citation.span
    ocr = ""
    if citation.ocr:
        sure = citation.confidence
        ocr = "yes" if sure is None else f"yes, {percent(sure)} sure"
    page = place.first if place and place.unit == "page" else ""
    quote = " ".join(citation.quote.split())
    return (str(place) if place else "", page, quote, mark(citation), ocr)


def _other(citation: Citation, one: Reviewed) -> str:
    return "" if citation.path == one.path else citation.path or citation.document


def read_of(one: Reviewed) -> str:
    """Say in a few words how much of a document was read."""
    if one.reason:
        return f"not read: {one.reason}"
    if not one.pages:
        return f"read, but {', '.join(one.partly)}" if one.partly else "read"
    words = f"{one.pages - len(one.unread):,} of {one.pages:,} pages"
    words += f", {len(one.recognised):,} by OCR" if one.recognised else ""
    return f"{words}, not: {', '.join(one.partly)}" if one.partly else words


def covered(review: Review) -> Iterator[tuple[str | int | float, ...]]:
    """Yield the columns of `COVERAGE` for each document."""
    for one in review.documents:
        signs = Counter(sign(review, one.path, question) for question in review.questions)
        read = "" if one.reason or not one.pages else one.pages - len(one.unread)
        least = min((sure for _, sure in one.recognised), default=None)
        yield (
            one.path,
            one.title,
            one.pages or "",
            read,
            len(one.recognised) if one.pages else "",
            percent(least) if least is not None else "",
            "; ".join(unread(one)),
            one.reason,
            ", ".join(one.partly),
            review.families.get(one.path, ""),
            sum(_answered(review, one, question) for question in review.questions),
            sum(not_verified(review, one.path, question) for question in review.questions),
            signs[SIGNS[CellState.FAILED]],
        )


def _answered(review: Review, one: Reviewed, question: Question) -> bool:
    """Whether the model or a person gave the cell a value, agreed on or not."""
    holds = review.says(one.path, question.name)
    return holds is not None and holds[0] is CellState.ANSWERED


def unread(one: Reviewed) -> list[str]:
    """Say which pages were not read, by the reason: "p3, p7: no text"."""
    reasons: dict[str, list[int]] = {}
    for page, why in one.unread:
        reasons.setdefault(why, []).append(page)
    return [f"{', '.join(f'p{page}' for page in pages)}: {why}" for why, pages in reasons.items()]


def facts(report: Report) -> Iterator[tuple[str, str]]:
    """Yield what a reader must know of the whole review, each with its name."""
    review = report.review
    cells = review.cells.values()
    yield "Review", report.id
    yield "Title", review.title
    for source in review.sources:
        version = f" at {source.version}" if source.version else ""
        yield "Source", f"{source.location} ({source.way}){version}"
    yield "Coverage", coverage(review)
    yield "Grid", f"{len(review.documents):,} documents × {len(review.questions):,} questions"
    signs = Counter(sign(review, d.path, q) for d in review.documents for q in review.questions)
    yield "Cells", ", ".join(f"{signs[s]:,} {s} {what}" for s, what in legend() if signs[s])
    yield "To check", f"{sum(to_check(review, one.path) for one in review.documents):,} cells"
    yield "Profile", ", ".join(sorted({cell.profile for cell in cells} - {""}) or [review.profile])
    yield "Model", ", ".join(sorted({cell.model for cell in cells} - {""}))
    versions = sorted({cell.prompt_version for cell in cells} - {0})
    yield "Prompt version", ", ".join(map(str, versions))
    yield "Read by", ", ".join(sorted({cell.extractor for cell in cells} - {""}))
    if price := sum(cell.price for cell in cells):
        yield "Cost", f"${price:,.2f}"
    yield "Written", f"{report.written} by longread {__version__}"


def legend() -> list[tuple[str, str]]:
    """Return the signs with what they mean."""
    return [
        *((SIGNS[state], state.value) for state in CellState),
        (UNVERIFIED, "quote not verified"),
        (DIFFERS, "answered differently when asked twice"),
        (CORRECTED, "corrected by a person"),
        (REJECTED, "rejected by a person"),
        (FLAGGED, "flagged by a person"),
        (NOTHING, "not asked yet"),
        (RULED_OUT, "out of place, by the question's condition"),
    ]


def distinct(names: Sequence[str], taken: Sequence[str] = ()) -> list[str]:
    """Return names of which no two are the same to a reader: "Law", "law (2)"."""
    used = {name.casefold() for name in taken}
    made = []
    for name in names:
        new, number = name, 2
        while new.casefold() in used:
            new, number = f"{name} ({number})", number + 1
        used.add(new.casefold())
        made.append(new)
    return made
