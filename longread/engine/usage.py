"""What a server says it counted, and whether it can have read all that it was sent."""

from __future__ import annotations

from collections.abc import Mapping

from longread.types import Prompt, Route, Usage

TEMPLATE = 32
"""Tokens by which a server's own chat template may differ from ours."""
TEMPLATE_PART = 0.02
"""The same as a part of the prompt: servers trim and re-join messages, and scale pictures."""
ESTIMATE = 0.3
"""Part by which an estimate may be too high: Llama 4's vocabulary stands in for unknown ones, and
those of today's models count code and prose within 15 % of it."""


def read(
    said: Mapping[str, object],
    prompt: Prompt | None,
    route: Route,
    first: float = 0.0,
    seconds: float = 0.0,
    provider: str = "",
) -> Usage | None:
    """Return a server's usage object as `Usage`; None where it holds no numbers.

    Args:
        prompt: what was sent, to hold the count against; None where it is not at hand.
        first: seconds to the first token.
        seconds: seconds in all.
    """
    counted, written = said.get("prompt_tokens"), said.get("completion_tokens")
    if type(counted) is not int or type(written) is not int:
        return None
    return Usage(
        prompt_tokens=counted,
        output_tokens=written,
        cached_tokens=_detail(said, "prompt_tokens_details", "cached_tokens"),
        first_token_seconds=first,
        seconds=seconds,
        expected_tokens=expected(prompt, counted, route) if prompt else None,
        reasoning_tokens=_detail(said, "completion_tokens_details", "reasoning_tokens"),
        provider=provider,
    )


def expected(prompt: Prompt, counted: int, route: Route) -> int | None:
    """Return our count of the prompt where the server's can be held against it.

    Ids are counted alike, so one token less is a prompt that was cut. On the text route the
    server's template is its own, and without the model's tokenizer ours is an estimate: there a
    count is returned only where no such difference explains how much less the server read.
    """
    if route == "ids" and prompt.exact:
        return prompt.size
    part = TEMPLATE_PART if prompt.exact else ESTIMATE
    if counted < prompt.size - max(TEMPLATE, part * prompt.size):
        return prompt.size
    return prompt.size if prompt.exact and counted >= prompt.size else None


def _detail(said: Mapping[str, object], group: str, name: str) -> int | None:
    details = said.get(group)
    value = details.get(name) if isinstance(details, Mapping) else None
    return value if type(value) is int else None
