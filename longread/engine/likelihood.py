"""How likely a server's model finds the tokens of a prompt. vLLM says so; most servers do not.

One request to `/v1/completions` with `prompt_logprobs` (vLLM, entrypoints/openai/completion/
protocol.py): the answer has for each prompt token but the first a mapping from its id to
`{"logprob": …}`, with 0 that of the token itself alone. vLLM reads no prefix from its cache for
such a request, and does not stream it.
"""

from __future__ import annotations

import os
from array import array

from longread.config import Profile
from longread.engine import refusals
from longread.engine.connection import connect
from longread.errors import ConfigError

PATIENCE = 3_600.0
"""Seconds without a byte after which the server is given up: it answers when all is read."""


async def measure(profile: Profile, ids: array[int], key: str = "") -> array[float]:
    """Return the negative log-likelihood of each token given those before, in nats.

    Args:
        ids: of the whole prompt, template included.
        key: overrides the environment variable that the profile names.

    Returns:
        `array('d')` as long as `ids`; the first is 0, for nothing stands before it.

    Raises:
        ConfigError: the server does not say.
        EngineError: it cannot be reached, or failed.
    """

    unsaid = ConfigError(
        f"the server at {profile.url} does not say how likely it finds a prompt's tokens",
        hint="use a vLLM server: it answers prompt_logprobs on /v1/completions",
    )
    try:
        own = key or os.environ.get(profile.key_env, "")
        async with connect(profile.url, own, PATIENCE) as client:
            made = await client.completions.create(
                model=profile.model,
                prompt=ids.tolist(),
                max_tokens=1,
                temperature=0,
                extra_body={"prompt_logprobs": 0, **profile.body},
            )
    except refusals.failures() as error:
        if beyond := refusals.window(error, profile, profile.url):
            raise beyond from error
        # Some servers have no such route, others refuse what they do not know.
        if refusals.status(error) in (404, 405, 422) or "logprobs" in refusals.said(error):
            raise unsaid from error
        raise refusals.explain(error, profile, profile.url) from error
    told = getattr(made.choices[0], "prompt_logprobs", None) if made.choices else None
    if not told or len(told) != len(ids):
        raise unsaid
    found = array("d", [0.0])
    for id, options in zip(ids[1:], told[1:], strict=True):
        of = (options or {}).get(str(id))
        if of is None:
            raise unsaid
        found.append(-float(of["logprob"]))
    return found
