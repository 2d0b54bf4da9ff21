"""What a model said of a document becomes a cell: read, judged, and told as far as it can be known.

Nothing here asks a model, and nothing is kept.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from longread import __version__, config
from longread.analysis import spending, values
from longread.analysis.completion import Completion
from longread.config import Profile
from longread.ingest.places import number_of
from longread.prompt import cells
from longread.prompt.cells import MalformedError, Quoted, Reply
from longread.prompt.cite import Court, stands
from longread.types import Citation, Document
from longread.types.reviews import Cell, CellState, Question, Reviewed

NAMED = 6
"""Pages that are named one by one."""


@dataclass(frozen=True, slots=True)
class Judged:
    """An answer that was read, and what becomes of its quotes."""

    reply: Reply
    citations: tuple[Citation, ...]
    wrong: tuple[str, ...]
    """What is wrong with the quotes, a line each."""


def read(said: Completion, question: Question) -> Reply:
    """Return what a model wrote.

    Raises:
        MalformedError: it cannot be read.
    """
    try:
        return cells.read(said.text, question)
    except MalformedError as error:
        if said.finished == "length":
            raise MalformedError(f"it was not finished: {error}") from error
        raise


def judge(reply: Reply, question: Question, court: Court, *, guided: bool) -> Judged:
    """Return an answer with its quotes judged.

    Args:
        guided: whether the model chose places from a list, and quotes nothing.
    """
    if guided and reply.state != "answered":
        # The schema makes it choose a place for what stands nowhere, too.
        reply = replace(reply, quotes=())
    citations = tuple(_cited(quote, court, guided) for quote in reply.quotes)
    wanted = question.quote and reply.state == "answered"
    return Judged(reply, citations, tuple(cells.failures(citations, wanted=wanted)))


def _cited(quote: Quoted, court: Court, guided: bool) -> Citation:
    named = quote.document if quote.document in court.documents else "d1"
    found = stands(named, quote.span, quote.words, court)
    if quote.words and not found.verdict.holds:
        # Of a family, words count where they stand; else it is the document that was named.
        others = [stands(id, None, quote.words, court) for id in court.documents if id != named]
        found = next((other for other in others if other.verdict.holds), found)
    return replace(found, guided=guided and not quote.words)


def settled(
    cell: Cell,
    question: Question,
    judged: Judged,
    said: Sequence[Completion],
    reviewed: Reviewed,
    profile: Profile,
    notes: Sequence[str] = (),
) -> Cell:
    """Return the cell with its state: what the model says, as far as it can know that.

    Args:
        cell: all of it that was known before the model was asked.
        notes: what must be said beside what is found here.
    """
    reply = judged.reply
    truncated = next((s.usage for s in said if s.usage and s.usage.truncated), None)
    notes = list(notes)
    value = values.value(question, reply.value) if reply.value else None
    state = CellState(reply.state)
    if state is CellState.ANSWERED and value and not value.clear:
        state = CellState.UNCLEAR
        notes.append(f"the value is no {question.type} that can be told for sure")
    if state is CellState.NOT_PRESENT and (
        cell.way != "whole" or reviewed.unread or reviewed.partly
    ):
        state = CellState.NOT_FOUND
    if cell.way == "evidence":
        notes.append(
            f"the document is longer than the {profile.trusted:,} trusted tokens:"
            f" its best parts were shown"
        )
    if reviewed.unread:
        notes.append(unread_words(reviewed))
    notes += reviewed.partly
    if truncated:
        state = CellState.NOT_FOUND if state is CellState.NOT_PRESENT else state
        notes.append(
            f"the server read {truncated.prompt_tokens:,} of the"
            f" {truncated.expected_tokens:,} tokens sent"
        )
    wanted = question.quote and state is CellState.ANSWERED
    wrong = cells.failures(judged.citations, wanted=wanted)
    return replace(
        cell,
        state=state,
        value=value,
        citations=judged.citations,
        reasoning=reply.reasoning,
        note="; ".join([*wrong, *notes]),
        unverified=bool(wrong),
    )


def priced(cell: Cell, said: Sequence[Completion], profile: Profile) -> Cell:
    """Return a cell with what its requests took."""
    counted = [one.usage for one in said if one.usage]
    usage = spending.together(counted)
    if usage:
        # A reader waits for the first token once.
        usage = replace(usage, first_token_seconds=counted[0].first_token_seconds)
    return replace(
        cell,
        requests=len(said),
        usage=usage,
        price=sum(spending.price(profile, usage) for usage in counted),
    )


def extractor(document: Document) -> str:
    """Return what reads such a document, and its version."""
    how = f" {config.settings().pdf_text}" if document.unit == "page" else ""
    return f"longread {__version__}{how}"


def unreadable(reviewed: Reviewed, question: Question) -> Cell:
    """Return the cell of a document of which nothing could be read."""
    return Cell(
        path=reviewed.path,
        question=question.name,
        state=CellState.UNREADABLE,
        note=reviewed.reason,
        content_id=reviewed.content_id,
        question_hash=question.hash,
        prompt_version=cells.VERSION,
        extractor=f"longread {__version__}",
    )


def shared(cell: Cell, reviewed: Reviewed) -> Cell:
    """Return a cell for another file with the same content, of which nobody asked."""
    note = f"the same file as {cell.path}, and asked once"
    return replace(
        cell,
        path=reviewed.path,
        citations=tuple(
            replace(one, path=reviewed.path) if one.path == cell.path else one
            for one in cell.citations
        ),
        note="; ".join(filter(None, (cell.note, note))),
        requests=0,
        usage=None,
        price=0.0,
    )


def failed(reviewed: Reviewed, question: Question, profile: Profile, why: str) -> Cell:
    """Return the cell of a request that the engine did not take."""
    return Cell(
        path=reviewed.path,
        question=question.name,
        state=CellState.FAILED,
        note=why,
        content_id=reviewed.content_id,
        question_hash=question.hash,
        profile=profile.name,
        model=profile.model,
        prompt_version=cells.VERSION,
        requests=1,
    )


def unread_words(reviewed: Reviewed) -> str:
    """Say which pages of a document could not be read: "2 pages could not be read (p3, p7)"."""
    pages = [f"p{page}" for page, _ in reviewed.unread]
    named = ", ".join(pages[:NAMED]) + (", …" if len(pages) > NAMED else "")
    return f"{number_of(len(pages), 'page')} could not be read ({named})"
