"""What the engine writes, and what becomes of it: citations chosen or found, judged, priced."""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from dataclasses import replace

from longread.analysis import reading, spending
from longread.analysis.conversation import Conversation
from longread.analysis.work import Work
from longread.config import Profile
from longread.prompt import compose, guide
from longread.prompt.cite import judge, place
from longread.types import (
    Answer,
    Citation,
    Engine,
    Entry,
    Event,
    Finished,
    Level,
    Progress,
    Prompt,
    Sampling,
    Span,
    Tell,
    Text,
    Usage,
)

CHOICES = 8
"""Places that a guided model chooses from, the most relevant of those shown."""
NAMED = 3
"""Reasons that are named for what was not read."""
CHOICE_TOKENS = 96
"""Enough for two places as JSON."""


async def converse(
    conversation: Conversation, prompt: Prompt, question: str, engine: Engine
) -> AsyncGenerator[Event]:
    """Yield what the engine writes and, last, the judged `Answer`; nothing is kept.

    Raises:
        EngineError: the model stopped before it finished; the text so far was yielded.
    """
    profile = conversation.profile
    sampling = Sampling(
        profile.answer, profile.temperature, repetition_penalty=profile.repetition_penalty
    )
    text: list[str] = []
    answer = Answer(question, "", (), "stop")
    # Who leaves early is to be heard by the server, and at once.
    async with aclosing(engine.stream(prompt, sampling)) as events:
        async for event in events:
            match event:
                case Text(piece):
                    text.append(piece)
                case Usage():
                    answer = replace(answer, usage=event)
                case Finished(reason):
                    answer = replace(answer, finished=reason)
                case _:
                    pass
            yield event
    answer = replace(answer, text="".join(text).strip())
    if profile.citations == "guided" and answer.text:
        searching = Work(lambda tell: _places(conversation, prompt, answer, tell))
        async for step in searching:
            yield step
        if searching.value:
            yield Progress("cite", 0, len(searching.value))
            chosen = await _choose(conversation, prompt, answer.text, searching.value, engine)
            answer = replace(answer, citations=chosen)
    yield finish(conversation, prompt, answer)


def _places(
    conversation: Conversation, prompt: Prompt, answer: Answer, tell: Tell
) -> dict[str, tuple[str, Span]]:
    """Return, by label, the places shown in full that are most relevant, best first."""
    full = compose.ranges(prompt, Level.FULL)
    found: dict[str, tuple[str, Span]] = {}
    # What the answer says counts as well: it may name what the question only describes.
    for hit in conversation.hits(f"{answer.question} {answer.text}", tell):
        document = conversation.corpus.documents[hit.document]
        segment = document.segments[hit.segment]
        ranges = full.get(document.id, ())
        if any(a <= segment.start and segment.end <= b for a, b in ranges):
            found.setdefault(guide.label(document, segment.span), (document.id, segment.span))
        if len(found) == CHOICES:
            break
    return found


async def _choose(
    conversation: Conversation,
    prompt: Prompt,
    text: str,
    places: dict[str, tuple[str, Span]],
    engine: Engine,
) -> tuple[Citation, ...]:
    """Let the model choose, from places it was shown, those that support its answer."""
    labels = list(places)
    asked = compose.extend(prompt, text, guide.request(labels), conversation.pieces)
    sampling = Sampling(CHOICE_TOKENS, schema=guide.schema(labels))
    async with aclosing(engine.stream(asked, sampling)) as events:
        written = [event.text async for event in events if isinstance(event, Text)]
    shown = conversation.shown(prompt)
    chosen = guide.read_choice("".join(written), labels)
    return tuple(place(*places[label], shown) for label in chosen)


def finish(conversation: Conversation, prompt: Prompt, answer: Answer) -> Answer:
    """Judge an answer's citations and say what its reader must know."""
    profile = conversation.profile
    citations = answer.citations
    if profile.citations == "inline":
        citations = judge(answer.text, conversation.shown(prompt))
    share, words = covered(conversation, prompt)
    caveats = [_limit(profile, answer.usage)] if answer.finished == "length" else []
    caveats += [profile.caveat] if profile.caveat else []
    if answer.usage and answer.usage.truncated:
        caveats.append(
            f"The server read {answer.usage.prompt_tokens:,} of the"
            f" {answer.usage.expected_tokens:,} tokens sent: its window is smaller."
        )
    return replace(
        answer,
        citations=citations,
        strategy=conversation.strategy,
        share=share,
        coverage=words,
        caveat=" ".join(caveats),
        profile=profile.name,
        price=spending.price(profile, answer.usage) if answer.usage else 0.0,
    )


def _limit(profile: Profile, usage: Usage | None) -> str:
    """Say which limit an answer that is unfinished came to, and what raises it."""
    if usage and usage.output_tokens < profile.answer:
        return (
            f"No room was left: the server ended it {profile.answer - usage.output_tokens:,} tokens"
            f" before its limit, as one with a smaller window does."
        )
    return (
        f"{profile.answer:,} tokens are an answer's limit in profile {profile.name}:"
        f" longread ask --answer {2 * profile.answer} raises it for one question, and answer ="
        f" {2 * profile.answer} in a profile of your own for all."
    )


def covered(conversation: Conversation, prompt: Prompt) -> tuple[float, str]:
    """Return how much of the corpus a prompt shows in full, as a share and in words.

    What could not be read is no part of the share; the words say how much that is.
    """
    return covered_in(conversation, compose.ranges(prompt, Level.FULL))


def covered_in(
    conversation: Conversation, ranges: dict[str, tuple[tuple[int, int], ...]]
) -> tuple[float, str]:
    """As `covered`, of the character ranges that were shown, by short id."""
    share, words = reading.coverage(ranges, conversation.corpus)
    if left := unread(conversation):
        reasons = Counter(entry.reason or "no reason given" for entry in left)
        words += f"; {not_read(len(left), [reason for reason, _ in reasons.most_common()], NAMED)}"
    return share, words


def not_read(files: int, reasons: Sequence[str], most: int) -> str:
    """Say that so many files were not read, and the first `most` of the reasons why."""
    many = "1 file was" if files == 1 else f"{files:,} files were"
    more = ["…"] if len(reasons) > most else []
    return f"{many} not read ({', '.join([*reasons[:most], *more])})"


def unread(conversation: Conversation) -> list[Entry]:
    """Return the files of the ledger of which there is no text to show."""
    there = {placed.path for placed in conversation.layout.placed}
    return [entry for entry in conversation.ledger.files if entry.path not in there]
