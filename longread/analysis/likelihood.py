"""How well a model foresees a corpus, by how much of it has been read.

A model that uses what stands far before foresees later tokens better, so the mean negative
log-likelihood of a token falls with its position; where it rises, the window is longer than the
model can use (as in Meta's report on Llama 4, over ten million tokens of code, April 2025).
Documents stand in full, in reading order; nothing is repeated, for a repetition is foreseen.
"""

from __future__ import annotations

from array import array
from collections.abc import AsyncGenerator, Iterator, Sequence
from contextlib import nullcontext
from dataclasses import replace
from datetime import UTC, datetime

from longread.analysis import planting, spending, trust
from longread.analysis.conversation import usable
from longread.analysis.engines import check_key, open_served
from longread.analysis.planting import LESS, UNTIMED, Prepared, Request
from longread.analysis.trust import Confirm
from longread.analysis.work import Work
from longread.engine import likelihood as engine
from longread.engine import local
from longread.errors import ConfigError
from longread.ingest.places import notes_of
from longread.prompt import compose, haystack, render
from longread.store import open_store
from longread.tokens.sizes import label
from longread.types import Event, Level, Piece, Placed, Progress, Prompt, Turn, Usage
from longread.types.probes import Bucket, Likelihood

FIRST = 128
"""Tokens of the first bucket."""


async def likelihood(
    request: Request, confirm: Confirm
) -> AsyncGenerator[Event | Prompt | Likelihood]:
    """Yield progress, the prompt that would be sent, and what was measured.

    Whoever does not want to send the prompt leaves the iteration there.

    Args:
        request: of its lengths the longest counts.

    Raises:
        ConfigError: the server does not say how likely it finds a prompt's tokens.
        LongreadError: as the steps on the way do.
    """
    profile = request.profile
    if profile.route != "ids":
        raise ConfigError(
            f"profile {profile.name} sends messages, and servers say how likely they find a"
            " prompt's tokens only where they are sent tokens",
            hint='use a vLLM server and route = "ids"',
        )
    longest = max(request.lengths or (profile.window,))
    asked = replace(request, lengths=(longest,))
    if not request.dry:
        check_key(profile)
    store = open_store(request.store)
    try:
        preparing = Work(lambda tell: planting.read(asked, tell))
        async for step in preparing:
            yield step
        ready = preparing.value
        for note in notes_of(ready.corpus.sources):
            yield Progress("source", note=note)
        composing = Work(lambda _: _prompt(ready, usable(profile, longest) - 1))
        async for step in composing:
            yield step
        prompt = composing.value
        yield prompt
        if request.dry:
            return
        reading, _ = store.pace(profile.name)
        price = spending.price(profile, Usage(prompt.size, 1))
        cost = spending.Estimate(prompt.size, price, prompt.size / reading if reading else 0.0)
        await trust.allow(
            profile, ready.corpus, cost, store, confirm, less=LESS, untimed=UNTIMED, yes=request.yes
        )
        opening = Work(lambda tell: open_served(profile, tell))
        async for step in opening:
            yield step
        served, key = opening.value
        yield Progress("measure", note=f"{prompt.size:,} tokens, in one request")
        # An engine of longread's own is not stopped for idleness meanwhile.
        with local.busy(profile.name) if profile.engine == "local" else nullcontext():
            found = await engine.measure(served, prompt.ids, key)
        shown = sum(piece.size for piece in prompt.turns[-1].pieces)
        share = min(shown / max(ready.measured.full, 1), 1.0)
        yield Likelihood(
            profile.name,
            profile.model,
            ready.title,
            datetime.now(UTC).date().isoformat(),
            prompt.size,
            tuple(_buckets(found, prompt)),
            f"{share:.0%} of the corpus in full, in reading order, up to {label(longest)}",
        )
    finally:
        store.close()


def _prompt(ready: Prepared, size: int) -> Prompt:
    """Return the corpus in full, or as much of it as fits, as a prompt of at most `size`."""
    measured, route = ready.measured, ready.request.profile.route
    pieces, mark = measured.pieces, measured.mark
    left = size - measured.fixed
    shown: list[Piece] = []
    for document in measured.corpus.documents:
        placed = Placed(document.id, document.path, document.content_id, Level.FULL)
        for piece in compose.show(list(render.chunks(placed, document, mark)), pieces, route):
            if piece.size > left:
                shown += haystack.cut(piece, left, pieces)
                left = 0
                break
            shown.append(piece)
            left -= piece.size
        if not left:
            break
    head = Piece(measured.head, pieces.encode_text(measured.head))
    family = pieces.family
    turns = (Turn("system", (head,)), Turn("user", tuple(shown)))
    return Prompt(turns, family.frame(haystack.ROLES), family.stop_ids, family.exact)


def _buckets(found: array[float], prompt: Prompt) -> Iterator[Bucket]:
    """Yield the means by position: of 128 tokens, 64, 128, 128, 256, 256, 512, … each."""
    first = sum(map(len, prompt.frame[:2])) + sum(p.size for p in prompt.turns[0].pieces)
    last = len(found) - len(prompt.frame[-1])
    for start, end in _bounds(len(found)):
        values: Sequence[float] = found[max(start, first) : min(end, last)]
        if values:
            yield Bucket(start, min(end, last), len(values), sum(values) / len(values))


def _bounds(size: int) -> Iterator[tuple[int, int]]:
    """Yield 0-128, 128-192, 192-256, 256-384, 384-512, … until `size` is reached."""
    start, end = 0, FIRST
    while start < size:
        yield start, end
        start = end
        whole = 1 << (start.bit_length() - 1)
        end = start + whole // 2
