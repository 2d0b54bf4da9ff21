"""A model's facts from its `config.json`, by the families whose layers longread can read.

It reads one JSON file and never guesses a missing size: what a family needs and does not find is
an error that names the field. Sources of the field names: transformers' configuration classes
(`configuration_llama4.py`, `_qwen3_5_moe.py`, `_kimi_linear.py`, `_deepseek_v4.py`), vLLM 0.32's
`model_executor/models` for what each layer keeps.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from longread.errors import ConfigError
from longread.sizing.fields import Fields
from longread.sizing.latent import deepseek_v4, latent
from longread.sizing.linear import gated_delta, kimi_linear
from longread.sizing.llama4 import llama4
from longread.sizing.model import Model
from longread.sizing.plain import plain

READERS: dict[str, Callable[[Fields], Model]] = {
    "llama4": llama4,
    "llama4_text": llama4,
    "qwen3_5": gated_delta,
    "qwen3_5_text": gated_delta,
    "qwen3_5_moe": gated_delta,
    "qwen3_5_moe_text": gated_delta,
    "qwen3_next": gated_delta,
    "kimi_linear": kimi_linear,
    "deepseek_v4": deepseek_v4,
    "deepseek_v2": latent,
    "deepseek_v3": latent,
    "deepseek_v32": latent,
    "kimi_k2": latent,
}
"""Readers by `model_type`; what is not here is read as plain attention, where it is that."""


def read(path: Path) -> Model:
    """Read a `config.json`, or the one in a model's directory.

    Raises:
        ConfigError: it is not there, is no JSON, or lacks a field.
    """
    file = path / "config.json" if path.is_dir() else path
    try:
        # A pipe or a device would be read for ever.
        if not file.is_file():
            raise FileNotFoundError
        found = json.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ConfigError(
            f"{path} has no config.json", hint="name a model's directory, or its config.json"
        ) from None
    except (OSError, ValueError) as error:
        raise ConfigError(
            f"{file} cannot be read as JSON: {error}", hint="name a model's own config.json"
        ) from error
    if not isinstance(found, dict):
        raise ConfigError(f"{file} holds no object", hint="name a model's own config.json")
    made = model(found, name=file.parent.resolve().name, where=str(file))
    size = sum(one.stat().st_size for one in file.parent.glob("*.safetensors"))
    quantized = found.get("quantization_config")
    if isinstance(quantized, Mapping):
        made = replace(made, stored=str(quantized.get("quant_method", "quantized")))
    notes = (f"its weights take {size:,} bytes on the disk",) if size else ()
    return replace(made, sees="vision_config" in found, notes=(*made.notes, *notes))


def model(config: Mapping[str, Any], name: str, where: str = "config.json") -> Model:
    """Return the facts in a configuration; `where` stands in messages.

    Raises:
        ConfigError: it lacks a field, or a kind of layer is not known.
    """
    text = config.get("text_config") or config
    kind = text.get("model_type") or config.get("model_type") if isinstance(text, Mapping) else None
    if not isinstance(kind, str) or not isinstance(text, Mapping):
        raise ConfigError(
            f"{where} has no model_type", hint="is it a model's config.json, and a whole one?"
        )
    return READERS.get(kind, plain)(Fields(text, config, name, where))
