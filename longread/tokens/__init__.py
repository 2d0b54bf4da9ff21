"""Model families: tokenizer, chat template and stop ids. It never talks to a server.

`open_family` is the one way in; families are loaded lazily, for a vocabulary takes 0.3 s.
"""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

from longread.errors import ConfigError
from longread.types import Role


class Family(Protocol):
    """What a model's prompts are made of."""

    @property
    def id(self) -> str:
        """Hash of vocabulary, template and cutting rules; part of every cache key."""

    @property
    def exact(self) -> bool:
        """Whether counts are those of the model, not estimates."""

    @property
    def stop_ids(self) -> tuple[int, ...]:
        """Tokens at which the model has finished."""

    def encode(self, text: str) -> array[int]:
        """Return token ids, as `array('I')`, of ordinary text: `<|eot|>` in it ends nothing."""

    def count(self, texts: Sequence[str]) -> list[int]:
        """Return how many tokens each text is, encoding several at a time."""

    def decode(self, ids: Sequence[int]) -> str:
        """Return the text of token ids."""

    def frame(self, roles: Sequence[Role]) -> tuple[array[int], ...]:
        """Return the template's ids before each turn and after the last.

        `len(roles) + 1` arrays; the last one opens the assistant's next turn.
        """


def open_family(name: str, model_dir: Path | None = None) -> Family:
    """Return the family that a profile names.

    Args:
        name: "llama4", "estimate", "model" for `model_dir`, or a model directory.
        model_dir: where the profile's own model lies, for "model".

    Raises:
        ConfigError: no such family, or a directory without `tokenizer.json`.
    """
    from longread.tokens.directory import DirectoryFamily
    from longread.tokens.llama4 import EstimateFamily, Llama4Family

    if name == "llama4":
        return Llama4Family()
    if name == "estimate":
        return EstimateFamily()
    if name == "model":
        if model_dir is None:
            raise ConfigError(
                'family = "model" needs a model that lies on this machine',
                hint='name a model directory in the profile, or use family = "estimate"',
            )
        return DirectoryFamily(model_dir)
    if Path(name).expanduser().is_dir():
        return DirectoryFamily(Path(name).expanduser())
    raise ConfigError(
        f"no tokenizer is known by the name {name!r}",
        hint='use "llama4", "estimate", or a model directory that has a tokenizer.json',
    )
