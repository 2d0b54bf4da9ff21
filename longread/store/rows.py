"""Nouns become rows and rows become nouns. It knows no connection and no transaction."""

from __future__ import annotations

import json
import zlib
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import RowMapping

from longread.store.texts import squeeze
from longread.types import (
    Answer,
    Citation,
    Entry,
    Layout,
    Ledger,
    Level,
    Page,
    Placed,
    Source,
    Span,
    Usage,
    Verdict,
)

Columns = dict[str, Any]


def share(ledger: Ledger) -> float:
    """Return the part of the ledger's tokens that the prompt shows in full, 0 to 1."""
    total = sum(entry.full_tokens for entry in ledger.files)
    full = sum(entry.full_tokens for entry in ledger.files if entry.level is Level.FULL)
    return full / total if total else 1.0


def of_sources(session: int, sources: Sequence[Source]) -> list[Columns]:
    """Rows of `sources`."""
    return [
        {
            "session": session,
            "position": position,
            "location": source.location,
            "way": source.way,
            "version": source.version,
            "note": source.note,
        }
        for position, source in enumerate(sources)
    ]


def to_source(row: RowMapping) -> Source:
    """A row of `sources`."""
    return Source(row["location"], row["way"], row["version"], row["note"])


def of_layout(session: int, layout: Layout) -> Columns:
    """The row of `layouts`."""
    return {
        "session": session,
        "mark": layout.mark,
        "version": layout.version,
        "placed": _placed(layout.placed),
        "changes": _placed(layout.changes),
        "levels": json.dumps([[path, int(level)] for path, level in layout.levels]),
    }


def to_layout(row: RowMapping) -> Layout:
    """A row of `layouts`."""
    return Layout(
        row["mark"],
        _to_placed(row["placed"]),
        version=row["version"],
        changes=_to_placed(row["changes"]),
        levels=tuple((path, Level(level)) for path, level in json.loads(row["levels"])),
    )


def _placed(placed: Sequence[Placed]) -> bytes:
    rows = [
        (p.id, p.path, p.content_id, int(p.level), p.raised, p.lifted)
        if p.lifted
        else (p.id, p.path, p.content_id, int(p.level), p.raised)
        for p in placed
    ]
    return zlib.compress(squeeze(rows))


def _to_placed(packed: bytes) -> tuple[Placed, ...]:
    rows = json.loads(zlib.decompress(packed))
    return tuple(
        Placed(short, path, content_id, Level(level), tuple(raised), _lifted(*lifted))
        for short, path, content_id, level, raised, *lifted in rows
    )


def _lifted(pairs: Sequence[tuple[int, int]] = ()) -> tuple[tuple[int, Level], ...]:
    return tuple((index, Level(level)) for index, level in pairs)


def of_ledger(session: int, ledger: Ledger) -> Columns:
    """The row of `ledgers`."""
    return {
        "session": session,
        "sources": json.dumps(ledger.sources),
        "tokenizer": ledger.tokenizer,
        "budget": ledger.budget,
        "tokens": ledger.tokens,
        "share": share(ledger),
        "files": len(ledger.files),
        "pages": len(ledger.pages),
    }


def to_ledger(row: RowMapping, files: Sequence[Entry], pages: Sequence[Page]) -> Ledger:
    """A row of `ledgers`, with what belongs to it."""
    return Ledger(
        tuple(json.loads(row["sources"])),
        row["tokenizer"],
        row["budget"],
        row["tokens"],
        tuple(files),
        tuple(pages),
    )


def of_files(session: int, files: Sequence[Entry]) -> list[Columns]:
    """Rows of `files`."""
    return [
        {
            "session": session,
            "position": position,
            "path": entry.path,
            "kind": entry.kind,
            "content_id": entry.content_id,
            "bytes": entry.bytes,
            "lines": entry.lines,
            "language": entry.language,
            "encoding": entry.encoding,
            "masked": entry.masked,
            "notes": json.dumps(entry.notes),
            "about": json.dumps(entry.about),
            "full_tokens": entry.full_tokens,
            "level": int(entry.level),
            "tokens": entry.tokens,
            "reason": entry.reason,
        }
        for position, entry in enumerate(files)
    ]


def to_file(row: RowMapping) -> Entry:
    """A row of `files`."""
    kept = dict(row)
    del kept["session"], kept["position"]
    kept["notes"] = tuple(json.loads(kept["notes"])) if kept["notes"] != "[]" else ()
    about = json.loads(kept["about"]) if kept["about"] != "[]" else ()
    kept["about"] = tuple([(key, said) for key, said in about])
    return Entry(**{**kept, "level": Level(kept["level"])})


def of_pages(session: int, pages: Sequence[Page]) -> list[Columns]:
    """Rows of `pages`."""
    return [
        {
            "session": session,
            "position": position,
            "path": page.path,
            "page": page.page,
            "label": page.label,
            "characters": page.characters,
            "ocr": page.ocr,
            "confidence": page.confidence,
            "level": int(page.level),
            "reason": page.reason,
        }
        for position, page in enumerate(pages)
    ]


def to_page(row: RowMapping) -> Page:
    """A row of `pages`."""
    kept = dict(row)
    del kept["session"], kept["position"]
    return Page(**{**kept, "level": Level(kept["level"])})


def of_answer(session: int, answer: Answer, created: str) -> Columns:
    """The row of `answers`."""
    return {
        "session": session,
        "question": answer.question,
        "text": answer.text,
        "finished": answer.finished,
        "strategy": answer.strategy,
        "share": answer.share,
        "coverage": answer.coverage,
        "caveat": answer.caveat,
        "kept_in": answer.session,
        "profile": answer.profile,
        "price": answer.price,
        "created": created,
    }


def to_answer(row: Mapping[Any, Any], citations: Sequence[Citation], usage: Usage | None) -> Answer:
    """A row of `answers`, with what belongs to it."""
    return Answer(
        question=row["question"],
        text=row["text"],
        citations=tuple(citations),
        finished=row["finished"],
        strategy=row["strategy"],
        share=row["share"],
        coverage=row["coverage"],
        usage=usage,
        caveat=row["caveat"],
        session=row["kept_in"],
        profile=row["profile"],
        price=row["price"],
    )


def of_citations(answer: int, citations: Sequence[Citation]) -> list[Columns]:
    """Rows of `citations`."""
    return [
        {
            "answer": answer,
            "position": position,
            "document": citation.document,
            "path": citation.path,
            "unit": citation.span and citation.span.unit,
            "first": citation.span and citation.span.first,
            "last": citation.span and citation.span.last,
            "quote": citation.quote,
            "verdict": citation.verdict.value,
            "guided": citation.guided,
            "found_unit": citation.found and citation.found.unit,
            "found_first": citation.found and citation.found.first,
            "found_last": citation.found and citation.found.last,
            "note": citation.note,
            "ocr": citation.ocr,
            "at_start": citation.at and citation.at[0],
            "at_end": citation.at and citation.at[1],
            "version": citation.version,
            "confidence": citation.confidence,
        }
        for position, citation in enumerate(citations)
    ]


def to_citation(row: RowMapping) -> Citation:
    """A row of `citations`."""
    return Citation(
        document=row["document"],
        path=row["path"],
        span=_span(row["unit"], row["first"], row["last"]),
        quote=row["quote"],
        verdict=Verdict(row["verdict"]),
        guided=row["guided"],
        found=_span(row["found_unit"], row["found_first"], row["found_last"]),
        note=row["note"],
        ocr=row["ocr"],
        at=None if row["at_start"] is None else (row["at_start"], row["at_end"]),
        version=row["version"],
        confidence=row["confidence"],
    )


def _span(unit: Any, first: int, last: int) -> Span | None:
    return Span(unit, first, last) if unit else None


def of_usage(answer: int, usage: Usage) -> Columns:
    """The row of `usage`."""
    return {
        "answer": answer,
        "prompt_tokens": usage.prompt_tokens,
        "output_tokens": usage.output_tokens,
        "cached_tokens": usage.cached_tokens,
        "first_token_seconds": usage.first_token_seconds,
        "seconds": usage.seconds,
        "expected_tokens": usage.expected_tokens,
        "reasoning_tokens": usage.reasoning_tokens,
        "provider": usage.provider,
    }


def to_usage(row: RowMapping) -> Usage:
    """A row of `usage`."""
    kept = dict(row)
    del kept["answer"]
    return Usage(**kept)
