"""Each profile that comes with longread, run as written against a server like its provider's.

What is changed is the address alone. The servers behave as the providers' documents say: which
key and model they take, which fields they refuse, how they count, and what they say of a prompt
that is too long.
"""

from __future__ import annotations

import json
from array import array
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from longread import config
from longread.config import Profile
from longread.engine.server import ServerEngine
from longread.errors import EngineError, WindowError
from longread.types import Event, Finished, Piece, Prompt, Reasoning, Sampling, Text, Turn, Usage
from tests.engine.odd_server import Script, serve

COMMON = {
    "model", "messages", "max_tokens", "temperature", "seed", "stream", "stream_options", "prompt",
}  # fmt: skip
"""Fields that all of them take."""
WINDOW = 2_000
"""Of the servers here, in tokens of four characters or one id: theirs would be slow to fill."""


def vllm(window: int, sent: int, answer: int) -> dict[str, Any]:
    said = (
        f"This model's maximum context length is {window} tokens. However, you requested {answer}"
        f" output tokens and your prompt contains {sent} input tokens, for a total of"
        f" {sent + answer} tokens. Please reduce the length of the input prompt or the number of"
        " requested output tokens."
    )
    return {"message": said, "type": "BadRequestError", "param": "input_tokens", "code": 400}


def together(window: int, sent: int, answer: int) -> dict[str, Any]:
    said = (
        f"Input validation error: `inputs` tokens + `max_new_tokens` must be <= {window + 1}."
        f" Given: {sent} `inputs` tokens and {answer} `max_new_tokens`"
    )
    return {"message": said, "type": "invalid_request_error", "param": None, "code": None}


def openrouter(window: int, sent: int, answer: int) -> dict[str, Any]:
    said = (
        f"This endpoint's maximum context length is {window} tokens. However, you requested about"
        f" {sent + answer} tokens ({sent} of text input, {answer} in the output)."
    )
    return {"message": said, "code": 400, "metadata": {"provider_name": None}}


@dataclass(frozen=True)
class Provider:
    """What one kind of server does."""

    wording: Callable[[int, int, int], dict[str, Any]]
    limit: int = WINDOW
    """The window that its refusal names."""
    takes: frozenset[str] = frozenset()
    """Fields beyond those that all take."""
    counts: int = 0
    """Tokens of its template, beyond the text."""
    details: dict[str, Any] = field(default_factory=dict)
    provider: str = ""
    reasoning: str = ""


VLLM_TAKES = frozenset({"stop_token_ids", "structured_outputs", "repetition_penalty"})
PROVIDERS = {
    "vllm": Provider(vllm, takes=VLLM_TAKES),
    "together": Provider(together, limit=WINDOW + 1, takes=frozenset({"response_format"})),
    "openrouter": Provider(
        openrouter,
        takes=frozenset({"provider", "response_format", "usage"}),
        details={"cost": 0.0001, "prompt_tokens_details": {"cached_tokens": 0}},
        provider="DeepInfra",
    ),
    # Ollama refuses nothing: tests/engine/test_ollama.py has how its window is set.
    "ollama": Provider(vllm, takes=frozenset({"response_format", "options", "keep_alive"})),
}


def kind_of(name: str) -> str:
    return next(kind for kind in PROVIDERS if name.startswith(kind))


SHIPPED = [n for n in config.profile_names() if config.load_profile(n).engine == "server"]


@pytest.fixture(params=SHIPPED)
def profile(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Profile:
    profile = config.load_profile(request.param)
    if profile.key_env:
        monkeypatch.setenv(profile.key_env, "sk-secret")
    return profile


@pytest.fixture
def provider(profile: Profile) -> Provider:
    return PROVIDERS[kind_of(profile.name)]


def script(profile: Profile, provider: Provider) -> Script:
    """Return a server of that kind which knows the profile's model alone."""
    made = Script(
        only_model=profile.model,
        models=[{"id": profile.model, "max_model_len": WINDOW}],
        details=provider.details,
        provider=provider.provider,
        window=WINDOW,
        wording=provider.wording,
        reasoning="let me see" if profile.thinks else "",
    )
    if profile.dialect == "ollama":
        made.window = 0
        show = {"parameters": f"num_ctx {profile.window}", "model_info": {}, "details": {}}
        made.routes = {
            "POST /api/show": lambda _: (200, show),
            "GET /api/ps": lambda _: (200, {"models": []}),
        }
    return made


def asked(profile: Profile, tokens: int) -> Prompt:
    """Return a prompt of so many tokens by the count of these servers."""
    words = "wor " * max(tokens - 20, 1) if profile.route == "text" else "hello"
    turn = Turn("user", (Piece(words, array("I", [7]) * tokens),))
    return Prompt((turn,), (array("I"), array("I")), stop_ids=(9,), exact=profile.route == "ids")


async def stream(profile: Profile, prompt: Prompt) -> list[Event]:
    sampling = Sampling(min(profile.answer, 200), profile.temperature)
    return [event async for event in ServerEngine(profile).stream(prompt, sampling)]


async def test_a_profile_is_answered_as_written(profile: Profile, provider: Provider) -> None:
    made = script(profile, provider)
    with serve(made) as url:
        events = await stream(replace(profile, url=url, retries=0), asked(profile, 100))
    said = "".join(event.text for event in events if isinstance(event, Text))
    assert said == "It is so."
    assert isinstance(events[-1], Finished)
    (usage,) = [event for event in events if isinstance(event, Usage)]
    assert usage.cached_tokens == (0 if provider.provider else 3)
    assert usage.provider == provider.provider
    assert any(isinstance(e, Reasoning) for e in events) is bool(made.reasoning)
    (request,) = made.seen
    assert request["model"] == profile.model
    assert ("prompt" in request) is (profile.route == "ids")
    assert request.keys() - COMMON <= provider.takes
    (headers,) = made.headers
    key = "sk-secret" if profile.key_env else "none"
    assert headers["authorization"] == f"Bearer {key}"
    assert "sk-secret" not in json.dumps(request)


async def test_a_window_that_is_smaller_is_named(profile: Profile, provider: Provider) -> None:
    made = script(profile, provider)
    if not made.window:
        return  # Ollama cuts without a word; its window is set before it is asked
    with serve(made) as url, pytest.raises(WindowError) as refused:
        await stream(replace(profile, url=url, retries=0), asked(profile, WINDOW + 50))
    assert refused.value.limit == provider.limit
    assert refused.value.counted > WINDOW


async def test_a_model_that_it_does_not_have_is_named_with_those_it_has(profile: Profile) -> None:
    made = Script(only_model="another", models=[{"id": "another"}])
    if profile.dialect == "ollama":
        made.routes = {"POST /api/show": lambda _: (404, {"error": "model not found"})}
    with serve(made) as url, pytest.raises(EngineError) as refused:
        await stream(replace(profile, url=url, retries=0), asked(profile, 10))
    assert profile.model in str(refused.value)


def test_what_goes_through_openrouter_goes_to_one_host_that_keeps_nothing() -> None:
    body = config.load_profile("openrouter").body
    pinned = body["provider"]
    assert isinstance(pinned, dict)
    assert pinned["allow_fallbacks"] is False
    assert pinned["data_collection"] == "deny"
    assert pinned["zdr"] is True
    assert len(pinned["order"] if "order" in pinned else pinned["only"]) == 1
