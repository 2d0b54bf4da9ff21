"""What servers say of a prompt that is longer than their window. It reads, and asks nobody."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

TOO_LONG = re.compile(
    r"maximum context length|context[ _](?:length|window|size|limit)|context_length_exceeded"
    r"|exceed_context_size|max_new_tokens`? must be <=|max_seq_len|exceeds? (?:the )?max_model_len"
    r"|prompt is too long|longer than the model'?s context|input is too long",
    re.IGNORECASE,
)
"""How servers call it (as of 2026-07): vLLM and OpenAI "This model's maximum context length is N
tokens", OpenRouter "This endpoint's maximum context length is N tokens", Together "`inputs` tokens
+ `max_new_tokens` must be <= N" and OpenAI's own, llama.cpp "the request exceeds the available
context size" (type exceed_context_size_error, n_ctx, n_prompt_tokens), its Python server
"Requested tokens (P) exceed context window of N", Ollama "the input length exceeds the context
length", Anthropic "… exceed context limit: P + A > N"."""
LIMITS = (
    r"maximum context length (?:is|of) (\d+)",
    r"max_new_tokens`? must be <= (\d+)",
    r"context (?:window|size|length|limit)[^\d]{0,20}? (?:of|is) (\d+)",
    r"available context size \((\d+)",
    r"context limit: \d+ \+ \d+ > (\d+)",
    r"max_(?:model|seq)_len[^\d]{1,12}(\d+)",
    r"(?:tokens|length) > (\d+)",
)
COUNTS = (
    r"(?<!least )\b(\d+) (?:tokens )?(?:in the (?:messages|prompt)|in your prompt|of text input)",
    r"messages resulted in (\d+)",
    r"prompt contains (\d+) input tokens",
    r"Given: (\d+) `?inputs",
    r"request \((\d+) tokens\)",
    r"Requested tokens \((\d+)\)",
    r"context limit: (\d+) \+",
)
GROUPED = re.compile(r"(?<=\d),(?=\d{3}\b)")


@dataclass(frozen=True, slots=True)
class Window:
    """A server's window, as its refusal names it."""

    limit: int = 0
    """Tokens of prompt and answer together; 0 where it does not say."""
    counted: int = 0
    """Tokens of the prompt as it counts them; 0 where it does not say, or only "at least"."""


def too_long(said: str, body: object = None) -> Window | None:
    """Return the window if a refusal means that the prompt is too long, otherwise None.

    Args:
        said: the message.
        body: the error object, in which llama.cpp puts numbers.
    """
    fields = body if isinstance(body, Mapping) else {}
    marks = " ".join(str(fields.get(name, "")) for name in ("type", "code"))
    if not TOO_LONG.search(f"{said} {marks}"):
        return None
    plain = GROUPED.sub("", said)
    return Window(
        _whole(fields.get("n_ctx")) or _first(LIMITS, plain),
        _whole(fields.get("n_prompt_tokens")) or _first(COUNTS, plain),
    )


def _first(patterns: tuple[str, ...], text: str) -> int:
    for pattern in patterns:
        if found := re.search(pattern, text, re.IGNORECASE):
            return int(found[1])
    return 0


def _whole(value: object) -> int:
    return value if type(value) is int and value > 0 else 0
