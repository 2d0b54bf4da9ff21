"""The HTTP connection to a server. What is meant for this machine goes to it, and by no proxy."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from openai import AsyncOpenAI


def is_here(host: str) -> bool:
    """Whether a host is this machine, by its name alone."""
    return host in ("localhost", "::1") or (
        host.startswith("127.") and host.replace(".", "").isdigit()
    )


def connect(
    url: str, key: str, seconds: float | None, reach: float = 10.0, retries: int = 0
) -> AsyncOpenAI:
    """Return a client for the server at `url`; it connects when it is first used.

    A proxy that the environment names is used for other machines alone: whoever asks a model on
    this one was not asked whether text may leave it.

    Args:
        key: empty where none is needed.
        seconds: for a whole request; None where who asks limits it.
        reach: seconds to reach the server.
        retries: of a request that failed.
    """
    from openai import AsyncOpenAI, DefaultAsyncHttpxClient, Timeout

    timeout = Timeout(seconds, connect=reach)
    own = (
        DefaultAsyncHttpxClient(trust_env=False, timeout=timeout)
        if is_here(urlsplit(url).hostname or "")
        else None
    )
    return AsyncOpenAI(
        base_url=url, api_key=key or "none", max_retries=retries, timeout=timeout, http_client=own
    )
