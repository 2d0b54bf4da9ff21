"""One document of a review that is longer than its prompt may be, read part by part.

Each part is asked as a document is; what the parts say becomes one cell. That the document says
nothing is only told where every part of it was read.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from longread.analysis import settling, spending
from longread.analysis.case import Case, room
from longread.analysis.family import NOBODY, Family
from longread.analysis.joining import within
from longread.analysis.outlook import tokens_of
from longread.config import Profile
from longread.ingest.places import number_of
from longread.prompt import cells, cut, render, sweep
from longread.prompt.ruler import joined
from longread.tokens.pieces import Pieces
from longread.types import Document, Span
from longread.types.reviews import Cell, CellState, Question, Reviewed, Value


class SweptCase:
    """A document in parts that each fit the window; it is asked as a `Case` is."""

    def __init__(
        self,
        reviewed: Reviewed,
        document: Document,
        questions: Sequence[Question],
        profile: Profile,
        window: int,
        pieces: Pieces,
        family: Family = NOBODY,
        *,
        second: bool = False,
    ) -> None:
        """Cut the document and what is read with it; this reads and counts all of it.

        Args:
            second: whether it is asked in the words of the second pass.

        Raises:
            BudgetError: the window has no room for a part beside head, question and answer.
        """
        self.reviewed, self.profile, self._family = reviewed, profile, family
        documents = family.named(document)
        self.document = documents[0]
        mark = render.boundary_mark([said for one in documents for said in (one.text, one.path)])
        left = room(profile, window, pieces, document, questions, len(documents) > 1)
        left -= pieces.count_text(f"\n{sweep.PART}")
        parts = cut.cut(documents, left, mark, pieces)
        self.cases = [
            Case(
                reviewed, document, questions, profile, window, pieces, part, family, second=second
            )
            for part in parts
        ]

    def merged(self, question: Question, said: Sequence[Cell]) -> Cell:
        """Put together what the parts say, in their order."""
        reviewed = self._family.judged_as(self.reviewed)
        return self._family.told(merged(question, said, reviewed, self.profile))


def is_long(
    documents: Sequence[Document],
    questions: Sequence[Question],
    profile: Profile,
    window: int,
    pieces: Pieces,
) -> bool:
    """Whether a document, with what is read with it, does not fit one prompt of a review."""
    size = sum(tokens_of(one, pieces) for one in documents)
    return size > room(profile, window, pieces, documents[0], questions, len(documents) > 1)


def merged(question: Question, parts: Sequence[Cell], reviewed: Reviewed, profile: Profile) -> Cell:
    """Return one cell of what each part says.

    Of a list the values are joined; where one value is asked for and the parts say several, it is
    unclear. A value whose quotes stand goes before one whose quotes do not; that is noted.
    """
    valued = [cell for cell in parts if cell.value and cell.state is not CellState.NOT_FOUND]
    firm = [cell for cell in valued if not cell.unverified] or valued
    speak = firm or [cell for cell in parts if cell.state is CellState.UNCLEAR]
    unread = [cell for cell in parts if cell.state is CellState.FAILED]
    value, disputed = _value(question, firm)
    notes = [f"the document is longer than the {profile.trusted:,} trusted tokens:"
             f" it was read in {number_of(len(parts), 'part')}"]  # fmt: skip
    if disputed:
        notes.append("its parts say different things: " + "; ".join(map(_said, firm)))
    notes += [
        f"a part says {_said(c)}, and its quotes do not stand" for c in valued if c not in firm
    ]
    notes += [f"{_where(cell)} was not read: {cell.note}" for cell in unread]
    if reviewed.unread:
        notes.append(settling.unread_words(reviewed))
    notes += reviewed.partly
    truncated = any(cell.usage and cell.usage.truncated for cell in parts)
    if truncated:
        notes.append("the server read fewer tokens than were sent")
    if value and not disputed:
        state = CellState.ANSWERED if value.clear else CellState.UNCLEAR
    elif speak:
        state = CellState.UNCLEAR
    elif unread:
        state = CellState.FAILED
    else:
        whole = not reviewed.unread and not reviewed.partly and not truncated
        state = CellState.NOT_PRESENT if whole else CellState.NOT_FOUND
    if value and not value.clear:
        notes.append(f"the value is no {question.type} that can be told for sure")
    citations = tuple(dict.fromkeys(c for cell in speak for c in cell.citations))
    wanted = question.quote and state is CellState.ANSWERED
    wrong = cells.failures(citations, wanted=wanted)
    counted = [cell.usage for cell in parts if cell.usage]
    reasons = [f"{_where(cell)}: {cell.reasoning}" for cell in speak if cell.reasoning]
    return replace(
        parts[0],
        state=state,
        way="sweep",
        value=value,
        citations=citations,
        reasoning="\n".join(reasons),
        note="; ".join([*wrong, *notes]),
        shown=_joined([span for cell in parts if cell not in unread for span in cell.shown]),
        requests=sum(cell.requests for cell in parts),
        usage=spending.together(counted),
        price=sum(cell.price for cell in parts),
        unverified=bool(wrong),
    )


def _value(question: Question, said: Sequence[Cell]) -> tuple[Value | None, bool]:
    """Return all that was said, each value once, and whether it is more than can be true."""
    found: dict[str, tuple[str, str]] = {}
    for cell in said:
        made = cell.value or Value((), ())
        for words, normal in zip(made.said, made.normal, strict=True):
            key = " ".join(re.findall(r"[\w.,%$€£-]+", (normal or words).casefold()))
            found.setdefault(key, (words, normal))
    if question.type == "text" and not question.many:
        # "New York" is no other law than "the laws of the State of New York".
        found = {
            key: pair
            for key, pair in found.items()
            if not any(len(key) < len(other) and within(key, other) for other in found)
        }
    if not found:
        return None, False
    value = Value(tuple(w for w, _ in found.values()), tuple(n for _, n in found.values()))
    return value, len(found) > 1 and not question.many


def _said(cell: Cell) -> str:
    words = ", ".join(f"“{said}”" for said in cell.value.said) if cell.value else "nothing"
    return f"{words} ({_where(cell)})"


def _where(cell: Cell) -> str:
    spans = [citation.found or citation.span for citation in cell.citations]
    return ", ".join(str(span) for span in dict.fromkeys(spans or cell.shown) if span) or "a part"


def _joined(spans: Sequence[Span]) -> tuple[Span, ...]:
    runs = joined((span.first, span.last + 1) for span in spans)
    return tuple(Span(spans[0].unit, a, b - 1) for a, b in runs)
