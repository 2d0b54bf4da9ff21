"""Any OpenAI-compatible server, over HTTP, streamed. The only client there is.

Two routes: token ids to `/v1/completions` (vLLM: our template and stop ids), and chat messages
to `/v1/chat/completions` (hosted servers: their template).
"""

from __future__ import annotations

import json
import os
import time
from base64 import b64encode
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING, Any

from longread.config import Profile
from longread.errors import EngineError
from longread.types import Event, Finished, Prompt, Reasoning, Sampling, Text, Turn, Usage

if TYPE_CHECKING:
    from openai import AsyncOpenAI, OpenAIError

RETRIES = 3
"""Of requests that failed before the first token: connection, 408, 409, 429, 5xx; with back-off."""
SILENCE = 1_800.0
"""Seconds without a byte after which a server is given up: a cold long prompt takes minutes."""


class ServerEngine:
    """The server that a profile names.

    Args:
        key: overrides the environment variable that the profile names.
    """

    def __init__(self, profile: Profile, key: str = "") -> None:
        self._profile = profile
        self._key = key or os.environ.get(profile.key_env, "")
        if profile.key_env and not self._key:
            raise EngineError(
                f"profile {profile.name} needs a key, and {profile.key_env} is not set",
                hint=f"export {profile.key_env}=… and ask again",
            )

    async def stream(self, prompt: Prompt, sampling: Sampling) -> AsyncIterator[Event]:
        """Yield `Text` and `Reasoning` as they are written, then `Usage` and `Finished`."""
        from openai import OpenAIError

        started = time.monotonic()
        first = 0.0
        usage: Any = None
        reason = ""
        try:
            async with self._client() as client:
                request = self._completion if self._profile.route == "ids" else self._chat
                async with await request(client, prompt, sampling) as chunks:
                    async for chunk in chunks:
                        usage = getattr(chunk, "usage", None) or usage
                        for choice in chunk.choices:
                            reason = choice.finish_reason or reason
                            for event in _events(choice):
                                first = first or time.monotonic() - started
                                yield event
        except OpenAIError as error:
            # Before the first word it is a refusal, after it a stream that broke.
            raise (self._cut(str(error)) if first else self._explain(error)) from error
        except _transport_errors() as error:
            raise self._cut(str(error) or type(error).__name__) from error
        if not reason:
            raise self._cut("the stream ended early")
        if usage is not None:
            yield _usage(usage, prompt, first, time.monotonic() - started)
        yield Finished("length" if reason == "length" else "stop")

    async def models(self, seconds: float = 10.0) -> list[str]:
        """Return the names of the models the server offers.

        Args:
            seconds: to wait for them at most.

        Raises:
            EngineError: the server cannot be reached or refuses.
        """
        from openai import OpenAIError

        try:
            async with self._client(timeout=seconds, retries=0) as client:
                return [model.id async for model in client.models.list()]
        except OpenAIError as error:
            raise self._explain(error) from error

    def _client(self, timeout: float = SILENCE, retries: int = RETRIES) -> AsyncOpenAI:
        from openai import AsyncOpenAI, Timeout

        return AsyncOpenAI(
            base_url=self._profile.url,
            api_key=self._key or "none",
            max_retries=retries,
            timeout=Timeout(timeout, connect=10.0),
        )

    async def _completion(self, client: AsyncOpenAI, prompt: Prompt, sampling: Sampling) -> Any:
        extra: dict[str, object] = {"stop_token_ids": list(prompt.stop_ids)}
        if sampling.schema:
            extra["structured_outputs"] = {"json": json.loads(sampling.schema)}
        if sampling.repetition_penalty != 1.0:
            extra["repetition_penalty"] = sampling.repetition_penalty
        return await client.completions.create(
            model=self._profile.model,
            prompt=prompt.ids.tolist(),
            max_tokens=sampling.max_tokens,
            temperature=sampling.temperature,
            seed=sampling.seed,
            stream=True,
            stream_options={"include_usage": True},
            extra_body={**extra, **self._profile.body},
        )

    async def _chat(self, client: AsyncOpenAI, prompt: Prompt, sampling: Sampling) -> Any:
        extra: dict[str, object] = {}
        if sampling.schema:
            extra["response_format"] = {
                "type": "json_schema",
                "json_schema": {"name": "answer", "schema": json.loads(sampling.schema)},
            }
        messages: Any = [{"role": t.role, "content": _content(t)} for t in prompt.turns]
        return await client.chat.completions.create(
            model=self._profile.model,
            messages=messages,
            max_tokens=sampling.max_tokens,
            temperature=sampling.temperature,
            seed=sampling.seed,
            stream=True,
            stream_options={"include_usage": True},
            extra_body={**extra, **self._profile.body},
        )

    def _cut(self, why: str) -> EngineError:
        return EngineError(
            f"the answer of {self._profile.url} was cut off: {why}",
            hint="what came is kept; ask again, or see the server's log",
        )

    def _explain(self, error: OpenAIError) -> EngineError:
        """Say what a server's refusal means and what to do about it."""
        import openai

        profile = self._profile
        if isinstance(error, openai.APIConnectionError):
            return EngineError(
                f"no server answers at {profile.url}",
                hint=f"start it, or correct url in profile {profile.name}",
            )
        if isinstance(error, openai.AuthenticationError | openai.PermissionDeniedError):
            return EngineError(
                f"{profile.url} refused the key",
                hint=f"check the key in {profile.key_env or 'key_env of the profile'}",
            )
        if isinstance(error, openai.NotFoundError):
            return EngineError(
                f"{profile.url} does not know the model {profile.model!r}",
                hint=f"longread profiles test {profile.name} lists the models it offers",
            )
        if isinstance(error, openai.RateLimitError):
            return EngineError(
                f"{profile.url} takes no more requests now", hint="wait a little, then ask again"
            )
        said = getattr(error, "message", "") or str(error)
        if isinstance(error, openai.APIStatusError) and error.status_code < 500:
            return EngineError(
                f"{profile.url} refused the request: {said}",
                hint=f"compare window and model in profile {profile.name} with the server's",
            )
        return EngineError(
            f"{profile.url} failed: {said}", hint="ask again; if it goes on, see the server's log"
        )


def _content(turn: Turn) -> str | list[dict[str, object]]:
    """Return what a turn says: its text, or parts of text with pictures behind them."""
    if not any(piece.picture for piece in turn.pieces):
        return turn.text
    parts: list[dict[str, object]] = []
    text = ""
    for piece in turn.pieces:
        text += piece.text
        if piece.picture:
            url = f"data:image/png;base64,{b64encode(piece.picture.png).decode()}"
            parts += [
                {"type": "text", "text": text},
                {"type": "image_url", "image_url": {"url": url}},
            ]
            text = ""
    return [*parts, {"type": "text", "text": text}] if text else parts


def _events(choice: Any) -> list[Text | Reasoning]:
    """Return what one streamed choice says, whichever route it came by."""
    delta = getattr(choice, "delta", None)
    if delta is None:
        return [Text(choice.text)] if choice.text else []
    thought = getattr(delta, "reasoning_content", None) or getattr(delta, "reasoning", None)
    found: list[Text | Reasoning] = [Reasoning(thought)] if thought else []
    return [*found, Text(delta.content)] if delta.content else found


def _usage(usage: Any, prompt: Prompt, first: float, seconds: float) -> Usage:
    details = getattr(usage, "prompt_tokens_details", None)
    return Usage(
        prompt_tokens=usage.prompt_tokens,
        output_tokens=usage.completion_tokens,
        cached_tokens=getattr(details, "cached_tokens", None),
        first_token_seconds=first,
        seconds=seconds,
        expected_tokens=prompt.size if prompt.exact else None,
    )


def _transport_errors() -> tuple[type[Exception], ...]:
    """What the HTTP library under the client raises when a stream breaks half-way."""
    import httpx2

    return (OSError, httpx2.HTTPError, httpx2.StreamError, json.JSONDecodeError)
