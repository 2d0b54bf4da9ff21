"""Fields of a configuration, asked for by name; what is missing is said in one line."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from longread.errors import ConfigError

UNTOLD = object()


@dataclass(frozen=True, slots=True)
class Fields:
    """The fields of a language model's configuration, asked for by name."""

    text: Mapping[str, Any]
    whole: Mapping[str, Any]
    name: str
    where: str

    def number(self, *names: str, default: int | object = UNTOLD) -> int:
        """Return the first of several names that is there.

        Raises:
            ConfigError: none is, or it is no whole number above 0.
        """
        for name in names:
            value = self.text.get(name)
            if value is None:
                continue
            if type(value) is not int or value < 0:
                raise ConfigError(
                    f"{self.where}: {name} = {value!r} is not a size",
                    hint=f"correct {name}, or name another config.json",
                )
            return value
        if isinstance(default, int):
            return default
        raise ConfigError(
            f"{self.where} does not say {' or '.join(names)}",
            hint="name a whole config.json of a language model",
        )

    @property
    def type(self) -> str:
        """The `model_type`."""
        return str(self.text.get("model_type") or self.whole.get("model_type") or "")

    @property
    def head(self) -> int:
        """Elements of a head."""
        heads = self.number("num_attention_heads")
        return self.number("head_dim", default=self.number("hidden_size") // max(1, heads))

    @property
    def positions(self) -> int:
        """Longest window."""
        return self.number("max_position_embeddings", "model_max_length")

    @property
    def embeddings(self) -> tuple[int, int]:
        """Parameters of the embedding and of the output projection."""
        table = self.number("vocab_size") * self.number("hidden_size")
        tied = self.text.get("tie_word_embeddings", self.whole.get("tie_word_embeddings", False))
        return table, 0 if tied else table

    def list(self, name: str, length: int) -> Sequence[Any] | None:
        """Return a list with a value for each layer; None where it is absent or empty.

        Raises:
            ConfigError: it is too short.
        """
        value = self.text.get(name)
        if not value:
            return None
        if not isinstance(value, list) or len(value) < length:
            raise ConfigError(
                f"{self.where}: {name} has not one value for each of {length} layers",
                hint=f"correct {name}, or name another config.json",
            )
        return value[:length]
