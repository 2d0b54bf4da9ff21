"""A prompt from its parts: head, corpus, changes, evidence, earlier turns, question last."""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from dataclasses import replace
from functools import partial

from longread.prompt.render import Chunk, entitle
from longread.prompt.ruler import joined
from longread.tokens.pieces import Pieces, text_key
from longread.types import MARKS, Document, Level, Picture, Piece, Prompt, Role, Route, Turn

JOINER = "\u2060"
"""Word joiner: it has no width, and a special token with one inside is ordinary text."""


def compose(
    head: str,
    corpus: Sequence[Chunk],
    notice: str,
    exchanges: Sequence[tuple[str, str]],
    evidence: Sequence[Chunk],
    question: str,
    mark: str,
    pieces: Pieces,
    route: Route,
    changes: Sequence[Chunk] = (),
    pictures: Sequence[tuple[Document, Picture]] = (),
) -> Prompt:
    """Return the prompt, laid out so that an engine can reuse its work on the next one.

    Args:
        exchanges: earlier questions with their answers; what was evidence for them alone is
            not shown again.
        changes: later versions of what the corpus shows; they stand right behind it.
        pictures: pages that are shown for this question as pictures.
    """
    turns = [Turn("system", (_plain(head, pieces),))]
    opening = [*show(corpus, pieces, route)]
    if notice:
        opening.append(_plain(neutralise(notice, route), pieces))
    opening += show(changes, pieces, route)
    for asked, answered in exchanges:
        turns.append(Turn("user", (*opening, ask(asked, mark, pieces))))
        turns.append(Turn("assistant", (_plain(answered, pieces),)))
        opening = []
    shown = show(evidence, pieces, route)
    shown += [_picture(document, seen, mark, pieces, route) for document, seen in pictures]
    turns.append(Turn("user", (*opening, *shown, ask(question, mark, pieces))))
    roles: list[Role] = [turn.role for turn in turns]
    family = pieces.family
    return Prompt(tuple(turns), family.frame(roles), family.stop_ids, family.exact)


def extend(prompt: Prompt, answer: str, request: str, pieces: Pieces) -> Prompt:
    """Return `prompt` with the answer it got and one more request of the user."""
    turns = (
        *prompt.turns,
        Turn("assistant", (_plain(answer, pieces),)),
        Turn("user", (_plain(request, pieces),)),
    )
    frame = pieces.family.frame([turn.role for turn in turns])
    return Prompt(turns, frame, prompt.stop_ids, prompt.exact)


def show(chunks: Sequence[Chunk], pieces: Pieces, route: Route) -> list[Piece]:
    """Return chunks as pieces; ids of bodies and boundary lines come from the cache."""
    parts = [part for c in chunks for part in (c.title, c.rest)]
    heads = iter(pieces.encode([(text_key(part), partial(str, part)) for part in parts]))
    bodies = iter(pieces.encode([(c.key, c.read) for c in chunks if c.key]))
    made = []
    for chunk in chunks:
        ids = next(heads) + next(heads) + (next(bodies) if chunk.key else array("I"))
        text = neutralise(chunk.head + chunk.read() if chunk.key else chunk.head, route)
        made.append(Piece(text, ids, chunk.document.id, chunk.level, chunk.ranges))
    return made


def caption(document: Document, page: int, mark: str) -> str:
    """Return the boundary line under which a page is shown as a picture."""
    return f"{entitle(document, mark)} {MARKS['page']}{page} as a picture\n"


def size_of(pictures: Sequence[tuple[Document, Picture]], mark: str, pieces: Pieces) -> int:
    """Return the tokens that pages shown as pictures take, with the lines above them."""
    lines = [caption(document, picture.page, mark) for document, picture in pictures]
    return sum(pieces.count_texts(lines)) + sum(picture.tokens for _, picture in pictures)


def pictured(prompt: Prompt) -> dict[str, frozenset[int]]:
    """Return, by short id, the pages of each document that the prompt shows as pictures."""
    found: dict[str, frozenset[int]] = {}
    for turn in prompt.turns:
        for piece in turn.pieces:
            if piece.picture:
                of = found.get(piece.document, frozenset())
                found[piece.document] = of | {piece.picture.page}
    return found


def _picture(
    document: Document, picture: Picture, mark: str, pieces: Pieces, route: Route
) -> Piece:
    text = neutralise(caption(document, picture.page, mark), route)
    return replace(_plain(text, pieces), document=document.id, picture=picture)


def ask(question: str, mark: str, pieces: Pieces) -> Piece:
    """Return the question under a boundary line of its own."""
    return _plain(f"{mark} question\n{question.strip()}", pieces)


def neutralise(text: str, route: Route) -> str:
    """Return text in which no special token can be read, for servers that look for them.

    Reversible: judging citations leaves word joiners out on both sides. Token ids need none of
    it, for they are those of ordinary text.
    """
    return text.replace("<|", f"<{JOINER}|") if route == "text" else text


def ranges(prompt: Prompt, least: Level = Level.NONE) -> dict[str, tuple[tuple[int, int], ...]]:
    """Return, by short id, the character ranges of each document that the prompt shows.

    Sorted, and joined where they touch; of pieces at the level `least` or above.
    """
    found: dict[str, list[tuple[int, int]]] = {}
    for turn in prompt.turns:
        for piece in turn.pieces:
            if piece.document and piece.level >= least:
                found.setdefault(piece.document, []).extend(piece.ranges)
    return {id: tuple(joined(parts)) for id, parts in found.items()}


def _plain(text: str, pieces: Pieces) -> Piece:
    return Piece(text, pieces.encode_text(text), "", Level.FULL, ())
