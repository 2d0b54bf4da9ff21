"""Nouns of reviews become rows and rows become nouns. It knows no connection and no transaction."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import RowMapping

from longread.store import rows
from longread.store.rows import Columns
from longread.types import Citation, Span, Usage
from longread.types.reviews import Cell, CellState, Mark, Question, Reviewed, Value

USAGE = (
    "prompt_tokens",
    "output_tokens",
    "cached_tokens",
    "first_token_seconds",
    "seconds",
    "expected_tokens",
    "reasoning_tokens",
    "provider",
)


def of_question(review: int, position: int, question: Question) -> Columns:
    """The row of `review_questions`."""
    return {
        "review": review,
        "hash": question.hash,
        "position": position,
        "name": question.name,
        "text": question.text,
        "type": question.type,
        "many": question.many,
        "choices": _json(question.choices),
        "instructions": question.instructions,
        "quote": question.quote,
        "only_if": _json(question.only_if) if question.only_if else "",
    }


def to_question(row: RowMapping) -> Question:
    """A row of `review_questions`."""
    only_if = json.loads(row["only_if"]) if row["only_if"] else None
    return Question(
        name=row["name"],
        text=row["text"],
        type=row["type"],
        many=row["many"],
        choices=tuple(json.loads(row["choices"])),
        instructions=row["instructions"],
        quote=row["quote"],
        only_if=(only_if[0], tuple(only_if[1])) if only_if else None,
    )


def of_document(review: int, position: int, reviewed: Reviewed, text: int | None) -> Columns:
    """The row of `review_documents`."""
    return {
        "review": review,
        "position": position,
        "path": reviewed.path,
        "content_id": reviewed.content_id,
        "unit": reviewed.unit,
        "title": reviewed.title,
        "pages": reviewed.pages,
        "unread": _json(reviewed.unread),
        "recognised": _json(reviewed.recognised),
        "reason": reviewed.reason,
        "partly": _json(reviewed.partly),
        "about": _json([reviewed.authors, reviewed.year, reviewed.doi]),
        "text": text,
    }


def to_document(row: RowMapping) -> Reviewed:
    """A row of `review_documents`."""
    authors, year, doi = json.loads(row["about"]) or ((), "", "")
    return Reviewed(
        path=row["path"],
        content_id=row["content_id"],
        unit=row["unit"],
        title=row["title"],
        authors=tuple(authors),
        year=year,
        doi=doi,
        pages=row["pages"],
        unread=tuple((page, why) for page, why in json.loads(row["unread"])),
        recognised=tuple((page, sure) for page, sure in json.loads(row["recognised"])),
        reason=row["reason"],
        partly=tuple(json.loads(row["partly"])),
    )


def of_cell(document: int, cell: Cell, created: str, *, second: bool = False) -> Columns:
    """The row of `cells`."""
    usage = {name: getattr(cell.usage, name) if cell.usage else None for name in USAGE}
    return {
        "document": document,
        "question": cell.question_hash,
        "round": int(second),
        "state": cell.state.value,
        "value": _value(cell.value) or "",
        "reasoning": cell.reasoning,
        "note": cell.note,
        "way": cell.way,
        "shown": _json([(span.unit, span.first, span.last) for span in cell.shown]),
        "profile": cell.profile,
        "model": cell.model,
        "prompt_version": cell.prompt_version,
        "extractor": cell.extractor,
        "requests": cell.requests,
        **usage,
        "price": cell.price,
        "unverified": cell.unverified,
        "created": created,
    }


def to_cell(
    row: RowMapping, path: str, content_id: str, question: str, citations: Sequence[Citation]
) -> Cell:
    """A row of `cells`, with what belongs to it."""
    counted = {name: row[name] for name in USAGE}
    return Cell(
        path=path,
        question=question,
        state=CellState(row["state"]),
        value=_to_value(row["value"]),
        citations=tuple(citations),
        reasoning=row["reasoning"],
        note=row["note"],
        way=row["way"],
        shown=tuple(Span(*parts) for parts in json.loads(row["shown"])),
        content_id=content_id,
        question_hash=row["question"],
        profile=row["profile"],
        model=row["model"],
        prompt_version=row["prompt_version"],
        extractor=row["extractor"],
        requests=row["requests"],
        usage=None if counted["prompt_tokens"] is None else Usage(**counted),
        price=row["price"],
        unverified=row["unverified"],
    )


def of_citations(cell: int, citations: Sequence[Citation]) -> list[Columns]:
    """Rows of `cell_citations`."""
    made = rows.of_citations(cell, citations)
    for row in made:
        row["cell"] = row.pop("answer")
    return made


def of_mark(document: int, question: str, mark: Mark, seen: str, created: str) -> Columns:
    """The row of `marks`."""
    return {
        "document": document,
        "question": question,
        "kind": mark.kind,
        "value": _value(mark.value),
        "note": mark.note,
        "seen": seen,
        "created": created,
    }


def to_mark(row: RowMapping) -> Mark:
    """A row of `marks`."""
    return Mark(row["kind"], _to_value(row["value"]), row["note"], row["seen"], row["created"])


def seen(state: str, value: str) -> str:
    """Return `Cell.seen` of a cell as it is kept."""
    kept = _to_value(value)
    return Cell("", "", CellState(state), kept).seen


def _value(value: Value | None) -> str | None:
    return None if value is None else _json([value.said, value.normal])


def _to_value(kept: str | None) -> Value | None:
    if not kept:
        return None
    said, normal = json.loads(kept)
    return Value(tuple(said), tuple(normal))


def normal_of(kept: str) -> tuple[str, ...]:
    """Return the comparable form of a value as it is kept; nothing where there is none."""
    return tuple(json.loads(kept)[1]) if kept else ()


def _json(value: Sequence[Any] | Mapping[str, Any]) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
