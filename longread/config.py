"""Where things live, and settings and profiles as frozen values. It never reaches a network.

Directories: `LONGREAD_HOME` holds state, `LONGREAD_CACHE` what can be rebuilt,
`LONGREAD_CONFIG` a person's settings; each defaults to the platform's own place.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from longread.types import Route


def private(path: Path) -> Path:
    """Make a directory that only its owner can read, and return it."""
    path.mkdir(parents=True, exist_ok=True, mode=0o700)
    return path


def home() -> Path:
    """Sessions, logs and the state of running engines."""
    return _place("LONGREAD_HOME", "user_data_path")


def cache() -> Path:
    """Engines, models, derived data: all that can be made again."""
    return _place("LONGREAD_CACHE", "user_cache_path")


def settings_dir() -> Path:
    """`config.toml` and `profiles/`, written by a person."""
    return _place("LONGREAD_CONFIG", "user_config_path")


def _place(variable: str, function: str) -> Path:
    if value := os.environ.get(variable):
        return private(Path(value).expanduser().absolute())
    import platformdirs

    return private(Path(getattr(platformdirs, function)("longread", appauthor=False)))


@dataclass(frozen=True, slots=True)
class Profile:
    """A model, the engine that runs it, its window and its price. A field's text is its manual."""

    name: str = field(metadata={"internal": True})
    """The file's name without `.toml`."""
    engine: Literal["local", "server", "replay"] = "server"
    """"local": the vLLM that longread starts; "server": an OpenAI-compatible server."""
    about: str = ""
    """One line for `longread profiles list`."""
    model: str = ""
    """Name sent to the server; for "local" a model directory, or "embedded"."""
    family: str = "llama4"
    """Whose tokenizer counts: "llama4", "model" (the local model's own), a model directory, or
    "estimate" where none is known."""
    route: Route = "text"
    """"ids": token ids to /v1/completions (vLLM); "text": chat messages."""
    window: int = 131_072
    """Tokens the deployment accepts, prompt and answer together."""
    trusted: int = 131_072
    """Tokens up to which answers have been found good; what a prompt is packed to."""
    answer: int = 2_048
    """Tokens kept for the answer."""
    url: str = ""
    """Base address up to and with /v1."""
    key_env: str = ""
    """Environment variable that holds the key; empty where none is needed."""
    images: int = 0
    """Pictures the model takes in one prompt; 0 where it sees none."""
    citations: Literal["inline", "guided"] = "inline"
    """"guided": the model is too small to cite and chooses places from a list."""
    temperature: float = 0.0
    """Randomness of the answer."""
    repetition_penalty: float = 1.0
    """Above 1, what was written is written less again; vLLM only."""
    margin: float = 0.0
    """Part of the window kept free because counts are estimates, 0 to 1."""
    price_input: float = 0.0
    """US dollars for a million prompt tokens."""
    price_cached: float = 0.0
    """US dollars for a million prompt tokens read from the server's cache."""
    price_output: float = 0.0
    """US dollars for a million tokens of answer."""
    caveat: str = ""
    """Said beside each answer."""
    arguments: tuple[str, ...] = ()
    """More arguments for `vllm serve`, for "local" only."""
    body: Mapping[str, object] = field(default_factory=dict)
    """More fields for each request, as the server defines them."""
