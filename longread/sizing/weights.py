"""Bytes of a model's weights, by what they are quantized to.

Quantization makes the linear layers smaller; embeddings, routers, norms and the vision tower stay
in 16 bits, as in the checkpoints published for Llama 4 (their sizes follow from this formula).
"""

from __future__ import annotations

from typing import Literal

from longread.sizing.model import Model

Precision = Literal["bf16", "fp8", "int4"]
PRECISIONS: tuple[Precision, ...] = ("bf16", "fp8", "int4")
GROUP = 128
"""Values of an int4 group that share a scale of 16 bits and a zero point of 4."""


def weights(model: Model, precision: Precision) -> int:
    """Return bytes of all weights, over all GPUs."""
    counts = model.parameters
    kept = 2 * (counts.total - counts.linear)
    return kept + _linear(counts.linear, precision)


def read_for_a_token(model: Model, precision: Precision) -> int:
    """Return bytes of weights that one token of an answer reads, over all GPUs."""
    counts = model.parameters
    linear = counts.active - counts.other
    return _linear(linear, precision) + 2 * (counts.other + (counts.head or counts.embedding))


def _linear(parameters: int, precision: Precision) -> int:
    if precision == "int4":
        # 4 bits each, and 20 bits for each group of 128.
        return -(-parameters * (4 * GROUP + 20) // (8 * GROUP))
    return parameters * (2 if precision == "bf16" else 1)
