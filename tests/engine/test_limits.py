"""What servers say of a prompt that is too long, in their own words."""

from __future__ import annotations

import pytest

from longread.engine.limits import Window, too_long

VLLM = (
    "This model's maximum context length is 262144 tokens. However, you requested 128000 output"
    " tokens and your prompt contains at least 134145 input tokens, for a total of at least 262145"
    " tokens. Please reduce the length of the input prompt or the number of requested output"
    " tokens. (parameter=input_tokens, value=134145)"
)
VLLM_ALONE = (
    "This model's maximum context length is 8192 tokens. However, your prompt contains 9000 input"
    " tokens, which exceeds this limit even without any output tokens."
)
VLLM_TEXT = (
    "This model's maximum context length is 8192 tokens. However, your prompt contains 900000"
    " characters (more than 524288 characters, which is the upper bound for 8192 input tokens)."
)
OPENAI = (
    "This model's maximum context length is 8192 tokens. However, your messages resulted in 8202"
    " tokens. Please reduce the length of the messages."
)
OPENAI_BOTH = (
    "This model's maximum context length is 131,072 tokens. However, you requested 139,162 tokens"
    " (130,970 in the messages, 8,192 in the completion)."
)
OPENROUTER = (
    "This endpoint's maximum context length is 131072 tokens. However, you requested about 138956"
    " tokens (7884 of text input, 131072 in the output). Please reduce the length of either one"
)
TOGETHER = (
    "Input validation error: `inputs` tokens + `max_new_tokens` must be <= 4097. Given: 80125"
    " `inputs` tokens and 4096 `max_new_tokens`"
)
LLAMA_CPP = (
    "request (1407 tokens) exceeds the available context size (256 tokens), try increasing it"
)
LLAMA_CPP_PYTHON = "Requested tokens (2285) exceed context window of 2048"
ANTHROPIC = "input length and `max_tokens` exceed context limit: 178959 + 64000 > 200000"


@pytest.mark.parametrize(
    ("said", "limit", "counted"),
    [
        (VLLM, 262_144, 0),
        (VLLM_ALONE, 8_192, 9_000),
        (VLLM_TEXT, 8_192, 0),
        (OPENAI, 8_192, 8_202),
        (OPENAI_BOTH, 131_072, 130_970),
        (OPENROUTER, 131_072, 7_884),
        (TOGETHER, 4_097, 80_125),
        (LLAMA_CPP, 256, 1_407),
        (LLAMA_CPP_PYTHON, 2_048, 2_285),
        (ANTHROPIC, 200_000, 178_959),
        ("the input length exceeds the context length", 0, 0),
    ],
)
def test_the_window_is_read_from_each_servers_own_words(
    said: str, limit: int, counted: int
) -> None:
    assert too_long(said) == Window(limit, counted)


def test_llama_cpp_says_it_in_fields() -> None:
    body = {"type": "exceed_context_size_error", "n_ctx": 256, "n_prompt_tokens": 1407}
    assert too_long("the request is too large", body) == Window(256, 1_407)
    assert too_long("Invalid", {"code": "context_length_exceeded"}) == Window()


@pytest.mark.parametrize(
    "said",
    [
        "Rate limit reached on tokens per min: Limit 30000, Requested 48230",
        "max_tokens must be at most 4096",
        "CUDA out of memory",
        "Unknown field: prompt_length",
    ],
)
def test_other_refusals_are_not_taken_for_it(said: str) -> None:
    assert too_long(said) is None
