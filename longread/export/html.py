"""A review as one page for a browser that needs nothing else: a grid, and what its cells lean on.

It writes no file. Text from documents and models is escaped, or is data that the page's script puts
there as text; the page may load nothing and run nothing but its own script.
"""

from __future__ import annotations

import json
from base64 import b64encode
from collections import Counter
from collections.abc import Iterator, Sequence
from hashlib import sha256
from html import escape
from importlib.resources import files
from typing import Any

from longread.export.report import (
    COVERAGE,
    Report,
    Said,
    covered,
    facts,
    legend,
    presses,
    read_of,
    said,
    words_of,
)
from longread.export.review import coverage
from longread.export.session import mark
from longread.export.visible import line, visible
from longread.types.reviews import Cell, Review

FILTERS = {
    "failed": "! failed, x unreadable", "rejected": "✗ rejected", "unverified": "¿ not verified",
    "unclear": "~ unclear", "corrected": "✎ corrected", "good": "✓ answered",
    "nothing": "– ? nothing found", "not-asked": "· / not asked",
}  # fmt: skip
"""What cells can be filtered by, in the order of how much they need a person."""
KEYS = (
    "Click a value, or arrows and enter: what it leans on. n, p: the next, the previous quote."
    " esc: close. /: search. A column's name: sort."
)


def html(report: Report) -> dict[str, bytes]:
    """Return the page."""
    style, script = (
        files("longread.export").joinpath(f"html.{kind}").read_text("utf-8")
        for kind in ("css", "js")
    )
    policy = (
        f"default-src 'none'; style-src '{_digest(style)}'; script-src '{_digest(script)}';"
        " base-uri 'none'; form-action 'none'"
    )
    review = report.review
    told = [
        [said(review, one.path, question) for question in review.questions]
        for one in review.documents
    ]
    title = escape(line(review.title))
    parts = [
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">',
        f'<meta http-equiv="Content-Security-Policy" content="{escape(policy)}">',
        '<meta name="viewport" content="width=device-width">',
        f"<title>{title} – longread review</title>",
        f"<style>{style}</style></head><body>",
        f"<header><h1>{title}</h1>",
        f'<p class="faint">{escape(line(coverage(review)))}</p>',
        f'<p class="legend">{escape(", ".join(f"{sign} {what}" for sign, what in legend()))}</p>',
        *_about(report),
        *_tools(review, told),
        "</header><main>",
        *_grid(report, told),
        '<aside id="pane" aria-label="The cell that is open" hidden></aside></main>',
        "<noscript>Without scripts the values are here, and not what they lean on.</noscript>",
        f'<script type="application/json" id="data">{_data(report, told)}</script>',
        f"<script>{script}</script></body></html>",
    ]
    return {"": ("\n".join(parts) + "\n").encode("utf-8", "backslashreplace")}


def _digest(text: str) -> str:
    return f"sha256-{b64encode(sha256(text.encode()).digest()).decode()}"


def _about(report: Report) -> Iterator[str]:
    review = report.review
    yield '<details id="about"><summary>What was read, asked, and by what</summary>'
    yield _table([], [pair for pair in facts(report) if pair[1]])
    yield "<h2>Signs</h2>"
    yield _table([], legend())
    yield "<h2>Coverage</h2>"
    yield _table(COVERAGE, [tuple(map(str, columns)) for columns in covered(review)])
    yield "<h2>Questions</h2>"
    yield _table(
        ("Name", "Type", "Asked", "Instructions"),
        [(q.name, q.kind, q.text, q.instructions) for q in review.questions],
    )
    yield "</details>"


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    top = "".join(f'<th scope="col">{escape(name)}</th>' for name in head)
    made = "\n".join(
        "<tr>" + "".join(f"<td>{escape(visible(cell))}</td>" for cell in row) + "</tr>"
        for row in rows
    )
    return f"<table>{f'<thead><tr>{top}</tr></thead>' if top else ''}<tbody>{made}</tbody></table>"


def _tools(review: Review, told: list[list[Said]]) -> Iterator[str]:
    tones = Counter(_tone(one) for row in told for one in row)
    check = sum(
        presses(review, one.path, question)
        for one in review.documents
        for question in review.questions
    )
    yield '<div class="tools">'
    yield '<input id="search" type="search" placeholder="search" aria-label="search values">'
    if check:
        yield f'<button data-filter="check" aria-pressed="false">to check {check:,}</button>'
    for tone, words in FILTERS.items():
        if tones[tone]:
            yield (
                f'<button data-filter="{tone}" aria-pressed="false" class="{tone}">'
                f"{words} {tones[tone]:,}</button>"
            )
    yield f'<span id="told" role="status">{len(review.documents):,} documents</span></div>'
    yield f'<p class="faint keys">{KEYS}</p>'


def _grid(report: Report, told: list[list[Said]]) -> Iterator[str]:
    review = report.review
    yield '<div id="grid"><table><colgroup><col class="name">'
    yield '<col class="value">' * len(review.questions) + "</colgroup><thead><tr>"
    yield '<th scope="col"><button>Document<small></small></button></th>'
    for question in review.questions:
        asked = escape(visible(f"{question.text} ({question.kind})"), quote=True)
        name = escape(line(question.name))
        yield f'<th scope="col"><button title="{asked}">{name}<small></small></button></th>'
    yield "</tr></thead><tbody>"
    names = [escape(line(question.name), quote=True) for question in review.questions]
    for one, row in zip(review.documents, told, strict=True):
        agreement = review.families.get(one.path)
        more = [read_of(one), f"belongs to {agreement}" if agreement else ""]
        small = "; ".join(filter(None, more))
        path = f"{escape(line(one.path))}<small>{escape(line(small))}</small>"
        yield f'<tr><th scope="row">{path}</th>'
        for cell, name, question in zip(row, names, review.questions, strict=True):
            tone = _tone(cell)
            check = " data-check" if presses(review, one.path, question) else ""
            yield (
                f'<td class="{tone}" data-tone="{tone}"{check} data-q="{name}"><button'
                f' tabindex="-1"><span><i>{escape(cell.signs)}</i> {escape(line(cell.text))}'
                "</span></button></td>"
            )
        yield "</tr>"
    yield "</tbody></table></div>"


def _tone(cell: Said) -> str:
    return "not-asked" if cell.tone == "open" else cell.tone


def _data(report: Report, told: list[list[Said]]) -> str:
    review = report.review
    cells: dict[str, Any] = {}
    for d, (one, row) in enumerate(zip(review.documents, told, strict=True)):
        for q, (cell, question) in enumerate(zip(row, review.questions, strict=True)):
            key = (one.path, question.name)
            cells[f"{d},{q}"] = _cell(report, key, cell, review.cells.get(key))
    value = {
        "documents": [{"path": line(one.path)} for one in review.documents],
        "questions": [
            {"name": line(question.name), "text": visible(question.text)}
            for question in review.questions
        ],
        "texts": [
            {
                "path": line(text.path),
                "unit": text.unit,
                "file": report.files[text.path].as_uri() if text.path in report.files else "",
                "parts": {n: [part.label, visible(part.text)] for n, part in text.parts.items()},
            }
            for text in report.texts
        ],
        "cells": cells,
    }
    made = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    # Nothing in it may end the element that holds it, or begin a comment there.
    return made.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def _cell(report: Report, key: tuple[str, str], told: Said, cell: Cell | None) -> dict[str, Any]:
    found: dict[str, Any] = {
        "text": visible(told.text), "sign": told.signs, "tone": _tone(told), "state": told.state,
        "words": visible(words_of(cell)), "remarks": [visible(remark) for remark in told.remarks],
    }  # fmt: skip
    if cell:
        stretches = report.stretches.get(key, [()] * len(cell.citations))
        found["reason"] = visible(cell.reasoning)
        found["shown"] = ", ".join(map(str, cell.shown))
        found["cites"] = [
            {
                "place": f"{'' if one.path == key[0] else line(one.path) + ' '}"
                f"{one.found or one.span or 'no place'}",
                "verdict": mark(one),
                "holds": one.verdict.holds,
                "quote": visible(one.quote),
                "note": visible(one.note),
                "at": [_place(report, at.text, at.part, at.start, at.end) for at in at_all],
            }
            for one, at_all in zip(cell.citations, stretches, strict=True)
        ]
    return {name: what for name, what in found.items() if what not in ("", [])}


def _place(report: Report, text: int, part: int, start: int, end: int) -> list[int]:
    """Return where words stand in a part as the page's script counts: in UTF-16, made visible."""
    whole = report.texts[text].parts[part].text
    return [text, part, _units(visible(whole[:start])), _units(visible(whole[:end]))]


def _units(text: str) -> int:
    return len(text.encode("utf-16-le")) // 2
