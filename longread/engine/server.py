"""Any OpenAI-compatible server, over HTTP, streamed. The only client there is.

Two routes: token ids to `/v1/completions` (vLLM: our template and stop ids), and chat messages
to `/v1/chat/completions` (hosted servers: their template). A request is sent again only before
its first token; what came after it is never asked for twice.
"""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import AsyncGenerator, Awaitable, Mapping
from contextlib import aclosing
from typing import TYPE_CHECKING, Any, TypeVar

from longread.config import Profile
from longread.engine import ollama, refusals, requests, retry, usage
from longread.engine.connection import connect
from longread.engine.pinning import order
from longread.engine.reply import Reply
from longread.engine.thinking import Split
from longread.errors import ConfigError, EngineError, RefusalError
from longread.types import Event, Finished, Progress, Prompt, Reasoning, Sampling, Text

if TYPE_CHECKING:
    from openai import AsyncOpenAI

CONNECT = 10.0
"""Seconds to reach a server."""
ABSENT = 3
"""Repetitions where nothing listens: what is not there is seldom started meanwhile."""
HOPELESS = ("UnsupportedProtocol", "InvalidURL", "LocalProtocolError")
"""Causes that stay: an address that is none, or what no request can say."""
LAST = 10.0
"""Seconds that the token counts may take once the answer is whole."""
BROKEN = frozenset({"error", "abort", "cancelled"})
"""Reasons to finish that are none: the server gave the answer up (vLLM, OpenRouter)."""

WINDOWS = ("max_model_len", "context_length", "context_window")
"""What servers call a model's window where they list it: vLLM, Together and OpenRouter, Groq."""
LOOK = 60.0
"""Seconds that looking at a server's window, and setting it, may take."""

T = TypeVar("T")


class SilenceError(OSError):
    """A server that said nothing for longer than it may."""


def key_of(profile: Profile) -> str:
    """Return the key of a profile's server; empty where it names none.

    Raises:
        ConfigError: the environment variable that it names is not set.
    """
    key = os.environ.get(profile.key_env, "")
    if profile.key_env and not key:
        raise ConfigError(
            f"profile {profile.name} needs a key, and {profile.key_env} is not set",
            hint=f"export {profile.key_env}=… and ask again",
        )
    return key


class ServerEngine:
    """The server that a profile names, or one of several that do the same.

    Args:
        key: overrides the environment variable that the profile names.
        pin: names what is asked about; the same pin goes to the same server.
    """

    def __init__(self, profile: Profile, key: str = "", pin: str = "") -> None:
        self._profile = profile
        self._urls = order([profile.url, *profile.urls], pin) if profile.urls else [profile.url]
        self._key = key or key_of(profile)

    async def stream(self, prompt: Prompt, sampling: Sampling) -> AsyncGenerator[Event]:
        """Yield `Text` and `Reasoning` as they are written, then `Usage` and `Finished`.

        Before the first of them, `Progress("wait")` says why a request is sent again, and when.

        Raises:
            WindowError: the prompt is longer than the server's window.
            RefusalError: the server refused this request, or its content filter ended the answer.
            EngineError: the server cannot be used, or stopped half-way.
        """
        started = time.monotonic()
        place = repetition = 0
        profile = self._profile
        fitted: dict[str, Profile] = {}
        while True:
            url = self._urls[place]
            reply = Reply(Split(inside=profile.thinks))
            try:
                if profile.dialect == "ollama" and url not in fitted:
                    async with self._client(url) as client:
                        needs = prompt.size + sampling.max_tokens
                        fitting = ollama.fit(client, profile, url, needs)
                        fitted[url], note = await _within(LOOK, fitting)
                    if note:
                        yield Progress("source", note=note)
                asked = fitted.get(url, profile)
                async with aclosing(self._reply(url, asked, prompt, sampling, reply)) as events:
                    async for event in events:
                        yield event
                break
            except refusals.failures() as error:
                failure = error
            if reply.reason:
                # The answer is whole; only the counts are missing.
                break
            if reply.first:
                for event in reply.split.end():
                    yield event
                raise self._cut(url, refusals.said(failure)) from failure
            absent = _absent(failure)
            if absent and place + 1 < len(self._urls):
                place += 1
                note = f"{url} cannot be reached: going to {self._urls[place]}"
                yield Progress("wait", place, len(self._urls), note)
                continue
            limit = min(profile.retries, ABSENT) if absent else profile.retries
            wait = self._wait(failure, repetition + 1) if repetition < limit else None
            if wait is None:
                raise await self._explain(url, failure) from failure
            place, repetition = (0 if absent else place), repetition + 1
            note = f"{_brief(failure, url)}; again in {max(wait, 0.1):.1f} s"
            yield Progress("wait", repetition, limit, note)
            await asyncio.sleep(wait)
        if reply.reason in BROKEN:
            raise self._cut(url, f"it gave up ({reply.reason})")
        if reply.reason == "content_filter":
            cut = self._cut(url, "its content filter ended it")
            raise RefusalError(str(cut), hint=cut.hint)
        now = time.monotonic()
        first = max(reply.first - started, 0.0)
        counted = usage.read(
            reply.usage, prompt, profile.route, first, now - started, reply.provider
        )
        if counted:
            yield counted
        yield Finished("length" if reply.reason == "length" else "stop")

    async def models(self, seconds: float = CONNECT) -> list[str]:
        """Return the names of the models the server offers.

        Args:
            seconds: to wait for them at most.

        Raises:
            EngineError: the server cannot be reached or refuses.
        """
        url = self._urls[0]
        try:
            return list(await self._offered(url, seconds))
        except refusals.failures() as error:
            raise refusals.explain(error, self._profile, url) from error

    async def _reply(
        self, url: str, profile: Profile, prompt: Prompt, sampling: Sampling, reply: Reply
    ) -> AsyncGenerator[Text | Reasoning]:
        """Send one request and yield what comes, noting it in `reply`; closing it closes both."""
        from openai import AsyncStream

        patience = profile.first_token or retry.first_token(prompt.size)
        deadline = time.monotonic() + patience
        body: dict[str, object] = {
            **requests.fields(profile, prompt, sampling),
            "stream": True,
            "stream_options": {"include_usage": True},
        }
        endpoint = requests.ENDPOINTS[profile.route].removeprefix("/v1")
        async with self._client(url) as client:
            sent = client.post(
                endpoint, body=body, cast_to=object, stream=True, stream_cls=AsyncStream[object]
            )
            async with await _within(patience, sent) as chunks:
                while True:
                    left = profile.silence if reply.first else deadline - time.monotonic()
                    left = min(left, LAST) if reply.reason else left
                    chunk = await _within(left, anext(chunks, None))
                    if chunk is None:
                        break
                    for event in reply.take(chunk):
                        yield event
        if not reply.reason:
            raise ConnectionError("the stream ended early")

    def _client(self, url: str) -> AsyncOpenAI:
        # What is sent again, and how long an answer may take, is decided here and not there.
        return connect(url, self._key, None, CONNECT)

    async def _offered(self, url: str, seconds: float = CONNECT) -> dict[str, Mapping[str, Any]]:
        """Return what a server lists of each of its models, by name."""
        async with self._client(url) as client:
            listed: Any = await _within(seconds, client.get("/models", cast_to=object))
        models = listed.get("data") if isinstance(listed, Mapping) else listed
        found = [m for m in models if isinstance(m, Mapping)] if isinstance(models, list) else []
        return {str(model["id"]): model for model in found if model.get("id")}

    async def _explain(self, url: str, failure: Exception) -> EngineError:
        """Say what a refusal means; the server is asked for what it offers where that helps."""
        profile = self._profile
        if isinstance(failure, SilenceError):
            return EngineError(
                f"{url} said nothing: {failure}",
                hint=f"see its log; first_token in profile {profile.name} gives it more time",
            )
        beyond = refusals.window(failure, profile, url)
        if beyond and not beyond.limit:
            limit = await self._window(url)
            beyond = refusals.beyond(url, profile, limit, beyond.counted)
        if beyond:
            return beyond
        if refusals.unknown_model(failure):
            return refusals.model(profile, url, await self._names(url))
        headers = getattr(getattr(failure, "response", None), "headers", {})
        return refusals.explain(failure, profile, url, retry.asked_wait(headers))

    async def _names(self, url: str) -> list[str] | None:
        try:
            return list(await self._offered(url))
        except refusals.failures():
            return None

    async def _window(self, url: str) -> int:
        """Return the window that a server lists for the model, as vLLM and OpenRouter do, or 0."""
        try:
            listed = (await self._offered(url)).get(self._profile.model, {})
        except refusals.failures():
            return 0
        values = [listed.get(name) for name in WINDOWS]
        return next((v for v in values if type(v) is int and v > 0), 0)

    def _wait(self, failure: Exception, repetition: int) -> float | None:
        """Return the seconds before the request is sent again; None where that is no use."""
        import openai

        if isinstance(failure, SilenceError) or refusals.window(failure, self._profile, ""):
            return None
        if _cause(failure) in HOPELESS:
            return None
        headers = getattr(getattr(failure, "response", None), "headers", {})
        asked = retry.asked_wait(headers)
        if asked is not None and asked > retry.PATIENCE:
            return None
        # What breaks before the first word without a status is the way there.
        broken = isinstance(failure, openai.APIConnectionError | OSError)
        code = str(getattr(failure, "code", "") or "")
        if not broken and not retry.passes(refusals.status(failure), code):
            return None
        return max(asked or 0.0, retry.back_off(repetition))

    def _cut(self, url: str, why: str) -> EngineError:
        return EngineError(
            f"the answer of {url} was cut off: {why}",
            hint="what came is kept; ask again, or see the server's log",
        )


async def _within(seconds: float, result: Awaitable[T]) -> T:
    """Wait for a result.

    Raises:
        SilenceError: it took longer.
    """
    try:
        async with asyncio.timeout(max(seconds, 0.0)) as limit:
            return await result
    except TimeoutError as error:
        if limit.expired():
            raise SilenceError(f"not a word in {seconds:,.0f} s") from error
        raise


def _absent(failure: Exception) -> bool:
    """Whether a server could not even be reached."""
    import openai

    return isinstance(failure, openai.APIConnectionError) and _cause(failure) in (
        "ConnectError",
        "ConnectTimeout",
    )


def _cause(failure: Exception) -> str:
    return type(failure.__cause__).__name__


def _brief(failure: Exception, url: str) -> str:
    """Say in a few words why a request is sent again."""
    if _absent(failure):
        return f"{url} cannot be reached"
    code = refusals.status(failure)
    return f"{url}: {refusals.said(failure)[:120]}" + (f" ({code})" if code else "")
