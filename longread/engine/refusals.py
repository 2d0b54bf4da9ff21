"""What a server's failure means, and what to do about it. It sends nothing."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from longread.config import Profile
from longread.engine.limits import too_long
from longread.engine.retry import SPENT
from longread.errors import EngineError, RefusalError, WindowError, similar

NO_MODEL = ("model_not_found", "is not a valid model", "does not exist", "model not found")
"""How servers that answer 400 say that they do not know a model."""
PASSING = (408, 409, 425)
"""Refusals that are about the moment and not about the request."""
NAMED = 5
"""Models that a hint names."""


class MalformedError(ValueError):
    """An event of a stream that means nothing."""


def failures() -> tuple[type[Exception], ...]:
    """Return what a request fails with: refusals, sockets, HTTP, and events that mean nothing."""
    import httpx2
    from openai import OpenAIError

    malformed = (MalformedError, json.JSONDecodeError, UnicodeDecodeError)
    return (OpenAIError, OSError, httpx2.HTTPError, httpx2.StreamError, *malformed)


def status(error: Exception) -> int:
    """Return the HTTP status of a failure, or the one that stands in a stream; 0 for none."""
    code = getattr(error, "status_code", None) or getattr(error, "code", None) or 0
    return int(code) if str(code).isdigit() else 0


def said(error: Exception) -> str:
    """Return what a server, or the way to it, says."""
    body = getattr(error, "body", None)
    inner = body.get("error", body) if isinstance(body, Mapping) else body
    for value in (
        inner.get("message") if isinstance(inner, Mapping) else inner,
        getattr(error, "message", ""),
    ):
        if isinstance(value, str) and value.strip():
            return value.strip()[:2_000]
    if isinstance(error, json.JSONDecodeError):
        return "it sent what is no JSON"
    return str(error) or type(error).__name__


def window(error: Exception, profile: Profile, url: str) -> WindowError | None:
    """Return the error of a prompt that is longer than the server's window, if that is it."""
    body = getattr(error, "body", None)
    inner = body.get("error", body) if isinstance(body, Mapping) else body
    found = too_long(said(error), inner) if status(error) in (0, 400, 413, 422, 500) else None
    if found is None:
        return None
    return beyond(url, profile, found.limit, found.counted)


def beyond(url: str, profile: Profile, limit: int, counted: int = 0) -> WindowError:
    """Return the error of a prompt beyond a window of `limit` tokens (0: not known)."""
    if not limit:
        return WindowError(
            f"the prompt is longer than the window of {url}, which does not say how long that is",
            hint=f"ask with a smaller --budget, or lower window in profile {profile.name}",
            counted=counted,
        )
    own = f", and it counts {counted:,} tokens of prompt" if counted else ""
    return WindowError(
        f"the window of {url} is {limit:,} tokens for prompt and answer{own}",
        hint=f"ask with --budget {limit}, or set window = {limit} in profile {profile.name}",
        limit=limit,
        counted=counted,
    )


def unknown_model(error: Exception) -> bool:
    """Whether a refusal means that the server has no such model."""
    words = f"{said(error)} {getattr(error, 'code', '') or ''}".lower()
    if status(error) == 404:
        return not _no_host(error)
    return status(error) == 400 and any(word in words for word in NO_MODEL)


def _no_host(error: Exception) -> bool:
    """Whether OpenRouter knows the model, but no host that the request admits."""
    return "no endpoints found" in said(error).lower()


def model(profile: Profile, url: str, offered: Sequence[str] | None) -> EngineError:
    """Return the error of a model that is not there.

    Args:
        offered: names that the server lists; None where it lists nothing.
    """
    if offered is None:
        hint = f"is the address right, up to and with /v1? longread profiles test {profile.name}"
    elif close := similar(profile.model, offered):
        hint = f"did you mean model = {close!r} in profile {profile.name}?"
    elif offered:
        more = ", …" if len(offered) > NAMED else ""
        hint = f"it offers {', '.join(offered[:NAMED])}{more}: set model in profile {profile.name}"
    else:
        hint = "it offers none: load one there first"
    return EngineError(f"{url} does not know the model {profile.model!r}", hint=hint)


def explain(error: Exception, profile: Profile, url: str, wait: float | None = None) -> EngineError:
    """Say what a refusal before the first word means and what to do about it.

    Args:
        wait: seconds that the server asked us to wait.
    """
    import openai

    what, code = said(error), status(error)
    again = f"it asks to wait {wait:,.0f} s" if wait else "wait a little, then ask again"
    spent = getattr(error, "code", None) in SPENT or code == 402
    if isinstance(error, openai.APITimeoutError):
        return _error(f"{url} does not answer: {what}", "is it up, and reachable from here?")
    if isinstance(error, openai.APIConnectionError):
        cause: Any = error.__cause__
        why = f" ({cause})" if cause and str(cause) else ""
        hint = f"start it, or correct url in profile {profile.name}"
        return _error(f"no server answers at {url}{why}", hint)
    if code in (401, 403):
        if not profile.key_env:
            hint = f"key_env in profile {profile.name} names the variable that holds one"
            return _error(f"{url} wants a key, and none was sent: {what}", hint)
        return _error(f"{url} refused the key: {what}", f"check the key in {profile.key_env}")
    if spent:
        return _error(f"{url} wants to be paid first: {what}", "add credit there")
    if code == 429:
        return _error(f"{url} takes no more requests now: {what}", again)
    if code == 404 and _no_host(error):
        hint = f"[body.provider] of profile {profile.name} says which hosts may"
        return _error(f"no host behind {url} may take the request: {what}", hint)
    if 400 <= code < 500:
        hint = f"compare window and model in profile {profile.name} with the server's"
        kind = RefusalError if code not in PASSING else EngineError
        return kind(f"{url} refused the request: {what}", hint=hint)
    hint = again if wait else "ask again; if it goes on, see the server's log"
    return _error(f"{url} failed: {what}", hint)


def _error(message: str, hint: str) -> EngineError:
    return EngineError(message, hint=hint)
