"""An answer on the terminal: what is said below its text."""

from __future__ import annotations

from collections.abc import Iterator

from longread.export.visible import line, visible
from longread.types import Answer, Citation


def below(answer: Answer) -> Iterator[str]:
    """Yield what stands under an answer's text: citations, coverage, usage, caveat."""
    from longread.export.session import ending, prompted, spent

    if note := ending(answer):
        yield note
    for citation in answer.citations:
        yield from cited(citation)
    if not answer.citations:
        yield "no citations"
    yield line(prompted(answer))
    if answer.usage:
        price = f"; ${answer.price:,.4f}" if answer.price else ""
        yield spent(answer.usage, answer.strategy) + price
    if answer.caveat:
        yield f"! {line(answer.caveat)}"


def cited(citation: Citation) -> Iterator[str]:
    """Yield a citation's verdict and place, its words, and what was noted of it."""
    from longread.export.session import mark, where

    yield f"[{mark(citation)}] {line(where(citation))}"
    if citation.quote:
        yield f"    “{line(citation.quote)}”"
    if citation.note:
        for text in visible(citation.note).splitlines():
            yield f"    {text}"
