"""Ollama's window, looked at and set before text is sent: a longer prompt is cut without a word.

Its OpenAI-compatible route takes no `num_ctx`. What can be asked and set are its own routes
(docs/api.md): `/api/show` tells the model's own limit and the `num_ctx` it is run with, `/api/ps`
with what window it is loaded now (as `OLLAMA_CONTEXT_LENGTH` says), and `/api/create` makes a
model of another name that is the same one with another `num_ctx`; the weights are shared.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from longread.config import Profile
from longread.engine import refusals
from longread.errors import EngineError

if TYPE_CHECKING:
    from openai import AsyncOpenAI

NUM_CTX = re.compile(r"^\s*num_ctx\s+(\d+)\s*$", re.MULTILINE)
OWN = "longread"
"""Marks names of models that were made here."""


async def fit(client: AsyncOpenAI, profile: Profile, url: str, needs: int) -> tuple[Profile, str]:
    """Return the profile with a model that is run with the profile's window, and what was done.

    Args:
        client: of the server whose base address is `url`; it is not closed.
        needs: tokens of prompt and answer.

    Raises:
        WindowError: the model itself takes less than `needs`.
        EngineError: there is no such model.
        OpenAIError: Ollama cannot be asked.
    """
    root = client.with_options(base_url=url.rstrip("/").removesuffix("/v1"))
    shown = await _show(root, profile.model)
    if shown is None:
        raise EngineError(
            f"Ollama at {url} has no model {profile.model!r}", hint=f"ollama pull {profile.model}"
        )
    most, set_to = shown
    if most and needs > most:
        raise refusals.beyond(url, profile, most)
    wanted = min(profile.window, most) if most else profile.window
    if set_to >= wanted or (not set_to and await _loaded(root, profile.model) >= wanted):
        return profile, ""
    name = derived(profile.model, wanted)
    made = await _show(root, name)
    note = ""
    if made is None or made[1] != wanted:
        body = {
            "model": name,
            "from": profile.model,
            "parameters": {"num_ctx": wanted},
            "stream": False,
        }
        await root.post("/api/create", body=body, cast_to=object)
        note = (
            f"Ollama has a new model {name}: {profile.model} with a window of {wanted:,} tokens,"
            f" sharing its weights; ollama rm {name} removes it"
        )
    return replace(profile, model=name), note


def derived(model: str, window: int) -> str:
    """Return the name of a model made with another window: "llama3.2-3b-longread:8192"."""
    return f"{model.removesuffix(':latest').replace(':', '-')}-{OWN}:{window}"


async def _show(root: AsyncOpenAI, model: str) -> tuple[int, int] | None:
    """Return a model's own limit and the `num_ctx` it is run with, 0 where not said; or None."""
    from openai import NotFoundError

    try:
        shown = await root.post("/api/show", body={"model": model}, cast_to=object)
    except NotFoundError:
        return None
    if not isinstance(shown, Mapping):
        return 0, 0
    about = shown.get("model_info")
    limits = [
        value
        for name, value in (about.items() if isinstance(about, Mapping) else ())
        if str(name).endswith(".context_length") and type(value) is int
    ]
    found = NUM_CTX.search(str(shown.get("parameters") or ""))
    return max(limits, default=0), int(found[1]) if found else 0


async def _loaded(root: AsyncOpenAI, model: str) -> int:
    """Return the window with which the model is loaded now; 0 where it is not."""
    running = await root.get("/api/ps", cast_to=object)
    models = running.get("models") if isinstance(running, Mapping) else None
    names = {model, f"{model}:latest"}
    for one in models if isinstance(models, list) else ():
        if isinstance(one, Mapping) and names & {one.get("name"), one.get("model")}:
            length = one.get("context_length")
            return length if type(length) is int else 0
    return 0
