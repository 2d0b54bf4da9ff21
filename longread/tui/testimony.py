"""What the Grid says of one cell, in words: what was asked, what came, what a person made of it."""

from __future__ import annotations

from collections.abc import Iterator

from textual.content import Content

from longread.export.review import value_of
from longread.export.session import mark as verdict
from longread.export.session import where
from longread.export.visible import line, visible
from longread.tui.board import Board, Key
from longread.types.reviews import Cell, CellState, Concern, Mark, Question, Reviewed

CONCERNS = {
    Concern.FAILED: "it failed: x asks again",
    Concern.UNVERIFIED: "a check failed: look at the quotes",
    Concern.OCR: "it leans on text recognised in a picture",
    Concern.REST: "",
    Concern.SETTLED: "",
}
WAYS = {
    "": "nothing was asked",
    "whole": "the whole document was in the prompt",
    "evidence": "its best parts were in the prompt",
    "sweep": "it was read part by part",
}


def testimony(board: Board, key: Key, chosen: int) -> Content:
    """Return all that there is to say of a cell.

    Args:
        chosen: the number of the citation whose page is shown, from 0.
    """
    parts: list[tuple[str, str]] = []
    for text, style in _parts(board, key, chosen):
        parts += [(text, style), ("\n", "")]
    return Content.assemble(*parts[:-1])


def _parts(board: Board, key: Key, chosen: int) -> Iterator[tuple[str, str]]:
    path, name = key
    review, one, question = board.review, board.document(path), board.question(name)
    if review is None or one is None or question is None:
        return
    cell, said = board.cell(key), review.marks.get(key)
    correction = said.correction if said else None
    if cell is None and review.ruled_out(path, question) and not correction:
        yield "/ out of place, by the question's condition", "bold"
    else:
        yield _value(cell, correction), "bold $text-accent"
    if cell and not correction and cell.value and cell.value.said != cell.value.normal:
        yield f"said: {line('; '.join(cell.value.said))}", ""
    concern = review.concern(path, name)
    if concern and CONCERNS[concern]:
        yield CONCERNS[concern], "$text-warning"
    if said and said.decision:
        yield _decided(said.decision), "bold"
    if said and said.flag:
        yield _decided(said.flag), "bold $text-warning"
    if correction and cell:
        yield f"the model said: {line(value_of(cell))}", ""
    if earlier := review.earlier.get(key):
        said_then = line(value_of(None, earlier))
        yield f"a person said, when document or question was another: {said_then}", ""
    if cell:
        yield from _of_cell(cell, chosen)
    if second := review.seconds.get(key):
        checks = review.checks(path, name)
        agree = "says the same" if checks and checks.agreed else "says otherwise"
        yield f"asked in other words, it {agree}: {line(value_of(second))}", ""
    yield "", ""
    yield line(path), "bold"
    yield from ((text, "") for text in _read_of(one))
    number = review.questions.index(question) + 1
    yield f"{number} {line(name)} · {question.kind}: {line(question.text)}", ""
    if question.only_if:
        wanted = " or ".join(map(line, question.only_if[1]))
        yield f"asked only where {line(question.only_if[0])} is {wanted}", ""
    if cell:
        yield from _source(cell)
    if said and len(said.log) > 1:
        yield "", ""
        yield "what was said of it, the newest last", "bold"
        yield from ((_decided(one), "") for one in said.log)


def _value(cell: Cell | None, correction: Mark | None) -> str:
    words = line(value_of(cell, correction))
    if correction:
        return f"✎ {words}"
    if cell and cell.state is CellState.ANSWERED:
        return f"{'¿' if cell.unverified else '✓'} {words}"
    return words


def _read_of(one: Reviewed) -> Iterator[str]:
    if one.title:
        yield f"“{line(one.title)}”"
    if one.reason:
        yield f"not read: {line(one.reason)}"
    elif one.pages:
        words = f"{one.pages - len(one.unread):,} of {one.pages:,} pages read"
        if one.recognised:
            words += f", {len(one.recognised):,} of them recognised (OCR)"
        yield words
    if one.partly:
        yield f"not read of it: {line(', '.join(one.partly))}"


def _decided(mark: Mark) -> str:
    when = mark.time[:16].replace("T", " ")
    value = f" to {line(value_of(None, mark))}" if mark.kind == "corrected" else ""
    what = "all taken back" if mark.kind == "cleared" else mark.kind
    note = f": {line(mark.note)}" if mark.note else ""
    return f"{what}{value} by a person{f', {when}' if when else ''}{note}"


def _of_cell(cell: Cell, chosen: int) -> Iterator[tuple[str, str]]:
    if cell.citations:
        yield "", ""
    for number, citation in enumerate(cell.citations):
        here = "▸" if number == chosen else " "
        style = "" if citation.verdict.holds else "$text-error"
        # Of what belongs to the document the name is said too.
        place = where(citation).removeprefix(f"{cell.path}:") if citation.path else ""
        yield f"{here}[{number + 1}] {verdict(citation)} · {line(place)}", f"bold {style}".strip()
        if citation.quote:
            yield f"   “{line(citation.quote)}”", ""
    if cell.note:
        yield "", ""
        yield from ((f"! {text}", "$text-warning") for text in visible(cell.note).splitlines())
    if cell.reasoning:
        yield "", ""
        yield f"the model's reasons, no part of the value: {line(cell.reasoning)}", "italic"


def _source(cell: Cell) -> Iterator[tuple[str, str]]:
    yield "", ""
    shown = f" ({', '.join(map(str, cell.shown))})" if cell.shown else ""
    yield f"{WAYS[cell.way]}{shown}", ""
    if cell.requests:
        facts = [f"{cell.requests:,} request{'' if cell.requests == 1 else 's'}"]
        if cell.usage:
            facts.append(f"{cell.usage.prompt_tokens:,} prompt tokens")
            if cell.usage.cached_tokens is not None:
                facts.append(f"{cell.usage.cached_tokens:,} of them cached")
            facts.append(f"{cell.usage.output_tokens:,} answered")
        if cell.price:
            facts.append(f"${cell.price:,.4f}")
        yield ", ".join(facts), ""
    who = f"{cell.profile} ({cell.model})" if cell.model else cell.profile
    facts = [line(who), f"prompt version {cell.prompt_version}"] if who else []
    facts += [f"read by {line(cell.extractor)}"] if cell.extractor else []
    if facts:
        yield " · ".join(facts), ""
    ids = [f"document {cell.content_id[:12]}", f"question {cell.question_hash}"]
    yield " · ".join(ids), ""


def asked(question: Question, number: int) -> str:
    """Return a column in one line."""
    return f"{number} {line(question.name)} ({question.kind}): {line(question.text)}"
