"""Fields of a configuration, asked for by name; what is missing is said in one line."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from longread.errors import ConfigError
from longread.sizing.model import Model

UNTOLD = object()
LARGEST = 1 << 40
LAYERS = 10_000
"""More than any model has; what says more is no configuration."""


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
            # Nothing may be 0 but what a model can be without.
            least = 0 if default == 0 else 1
            if type(value) is not int or not least <= value <= LARGEST:
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

    def part(self, name: str, default: float) -> float:
        """Return a number from 0 to 1, there or among `rope_parameters`.

        Raises:
            ConfigError: it is none.
        """
        rope = self.text.get("rope_parameters")
        value = self.text.get(name)
        if value is None:
            value = rope.get(name, default) if isinstance(rope, Mapping) else default
        if type(value) not in (int, float) or not 0 <= value <= 1:
            raise ConfigError(
                f"{self.where}: {name} = {value!r} is no part of anything",
                hint=f"correct {name}, or name another config.json",
            )
        return float(value)

    @property
    def family(self) -> str:
        """The `model_type`."""
        return str(self.text.get("model_type") or self.whole.get("model_type") or "")

    @property
    def layers(self) -> int:
        """How many layers.

        Raises:
            ConfigError: more than a model can have.
        """
        count = self.number("num_hidden_layers")
        if count > LAYERS:
            raise ConfigError(
                f"{self.where}: num_hidden_layers = {count!r} is not a size",
                hint="correct num_hidden_layers, or name another config.json",
            )
        return count

    def table(self, name: str) -> Fields:
        """Return the fields of an object within.

        Raises:
            ConfigError: it is not there.
        """
        value = self.text.get(name)
        if not isinstance(value, Mapping):
            raise ConfigError(
                f"{self.where} does not say {name}",
                hint="name a whole config.json of a language model",
            )
        return Fields(value, value, self.name, f"{self.where}: {name}")

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

    def values(self, name: str, length: int | None, kind: type) -> Sequence[Any] | None:
        """Return a list of values of one type; None where it is absent or empty.

        Args:
            length: how many are needed, one for each layer; None: as many as there are.

        Raises:
            ConfigError: it is too short, or holds something else.
        """
        value = self.text.get(name)
        if not value:
            return None
        good = isinstance(value, list) and all(isinstance(one, kind) for one in value)
        if not good or len(value) < (length or 0):
            raise ConfigError(
                f"{self.where}: {name} has no {kind.__name__} for each of {length or 'its'} layers",
                hint=f"correct {name}, or name another config.json",
            )
        values: Sequence[Any] = value[:length]
        return values

    def model(self, **facts: Any) -> Model:
        """Return a model with what every configuration says, and what its family adds.

        Raises:
            ConfigError: a field is missing.
        """
        return Model(
            name=self.name,
            family=self.family,
            layers=self.layers,
            hidden=self.number("hidden_size"),
            query_heads=self.number("num_attention_heads"),
            positions=self.positions,
            **facts,
        )
