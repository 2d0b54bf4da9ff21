"""What a model on this disk takes of memory, from its `config.json`. It reads no weights.

Only what a server on one machine needs to know before it starts; `longread.sizing` has the
whole account. Where a model keeps something else than keys and values, vLLM alone knows.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

BLOCK = 128
"""Tokens a block of vLLM's cache has on the CPU, and at most elsewhere."""
IN_FLIGHT = 32_768
"""Tokens beyond its span that a local layer keeps while a prompt is read: two batches, one that
runs and one that is planned (`max_in_flight_tokens` in vLLM 0.32's `config/vllm.py`), of 16,384,
vLLM's largest by default."""
OTHER = re.compile(r"mamba|ssm|linear_(attn|conv|key|value|num)|block_type|hybrid|attn_type|index_")
"""Keys of models whose layers keep a state, or choose what they look at."""
SPANS = {"sliding_attention": "sliding_window", "chunked_attention": "attention_chunk_size"}
WEIGHTS = ("*.safetensors", "*.bin", "*.pt", "*.gguf")


@dataclass(frozen=True, slots=True)
class Shape:
    """What decides how much memory a model takes."""

    weights: int
    """Bytes, as they lie on disk."""
    layers: tuple[tuple[int, int], ...]
    """How many layers keep how many tokens; 0 for all of them. Empty where it is not known."""
    keys: int
    """Numbers that one layer keeps of one token: keys and values of all heads."""
    heads: int
    kv_heads: int
    """1 where all heads share what is kept (MLA)."""
    positions: int
    """`max_position_embeddings`."""
    head: int
    """Numbers of one head."""
    sees: bool
    """Whether it takes images."""

    def cache(
        self, tokens: int, *, cell: int, parts: int = 1, flight: int = IN_FLIGHT
    ) -> int | None:
        """Return bytes of KV cache that one request of `tokens` needs on each of `parts` GPUs.

        As `_get_kv_cache_groups_uniform_page_size` of vLLM 0.32 has it: layers of one kind are
        cut into groups of equal size, and each group takes its blocks from one pool. Blocks are
        counted as large as they get, so the figure is an upper bound.

        Args:
            cell: bytes a number takes: 2 for bfloat16, 1 for fp8.
            flight: tokens that are computed and planned at once.
        """
        if not self.layers:
            return None
        counts = [count for count, _ in self.layers]
        size = max(counts) if max(counts) < 1.5 * min(counts) else min(counts)
        share = max(1, self.kv_heads // parts)
        page = BLOCK * size * self.keys // self.kv_heads * share * cell
        blocks = 1  # the one that stands for none
        for count, span in self.layers:
            kept = min(tokens, span + flight) if span else tokens
            blocks += -(-count // size) * (-(-kept // BLOCK) + (1 if span else 0))
        return blocks * page

    def longest(self, room: int, *, cell: int, parts: int = 1, flight: int = IN_FLIGHT) -> int:
        """Return the most tokens whose cache fits into `room` bytes, in whole thousands.

        All that the model reads where that fits; 0 where nothing does.
        """
        low, high = 0, (self.positions or 1 << 24) // 1000 + 1
        while high - low > 1:
            middle = (low + high) // 2
            need = self.cache(middle * 1000, cell=cell, parts=parts, flight=flight)
            low, high = (middle, high) if need is not None and need <= room else (low, middle)
        if self.positions:
            most = self.cache(self.positions, cell=cell, parts=parts, flight=flight)
            if most is not None and most <= room:
                return self.positions
        return low * 1000

    @property
    def tables(self) -> int:
        """Bytes of the table of rotary positions, which follows the model's longest window."""
        return 2 * self.positions * self.head

    def divides(self, parts: int) -> bool:
        """Whether vLLM cuts the model into so many parts, one for each GPU."""
        shared = self.kv_heads % parts == 0 or parts % self.kv_heads == 0
        return self.heads % parts == 0 and shared


def read(model: Path) -> Shape:
    """Return the shape of the model in a directory; what its configuration omits is 0."""
    whole = _settings(model / "config.json")
    text = whole.get("text_config")
    facts: dict[str, Any] = {**whole, **(text if isinstance(text, dict) else {})}
    heads = _number(facts, "num_attention_heads") or 1
    head = _number(facts, "head_dim") or _number(facts, "hidden_size") // heads
    latent = _number(facts, "kv_lora_rank")
    kv_heads = 1 if latent else _number(facts, "num_key_value_heads") or heads
    keys = latent + _number(facts, "qk_rope_head_dim") if latent else 2 * kv_heads * head
    return Shape(
        weights=_weights(model),
        layers=_layers(facts) if keys else (),
        keys=keys,
        heads=heads,
        kv_heads=kv_heads,
        positions=_number(facts, "max_position_embeddings"),
        head=head,
        sees="vision_config" in whole,
    )


def _layers(facts: dict[str, Any]) -> tuple[tuple[int, int], ...]:
    count = _number(facts, "num_hidden_layers")
    if not count or any(OTHER.search(key) for key, value in facts.items() if value):
        return ()
    spans = [0] * count
    if isinstance(kinds := facts.get("layer_types"), list) and kinds:
        if not set(kinds) <= {"full_attention", *SPANS}:
            return ()
        spans = [_number(facts, SPANS[kind]) if kind in SPANS else 0 for kind in kinds]
    elif chunk := _number(facts, "attention_chunk_size"):
        # 1 stands for a layer with rotary positions, and those are the local ones; Llama 4's
        # own default is that every fourth layer has none.
        every = _number(facts, "no_rope_layer_interval") or 4
        default = [int((layer + 1) % every != 0) for layer in range(count)]
        spans = [chunk if local else 0 for local in facts.get("no_rope_layers") or default]
    elif (span := _number(facts, "sliding_window")) and facts.get("use_sliding_window", True):
        # Gemma and Cohere: every so many layers look at all; Qwen 2: the first so many do.
        every = _number(facts, "sliding_window_pattern") or count + 1
        first = _number(facts, "max_window_layers") if "use_sliding_window" in facts else 0
        spans = [0 if n < first or (n + 1) % every == 0 else span for n in range(count)]
    return tuple((layers, span) for span, layers in sorted(Counter(spans).items()))


def _weights(model: Path) -> int:
    for pattern in WEIGHTS:
        if found := sum(path.stat().st_size for path in model.glob(pattern)):
            return found
    return 0


def _number(facts: dict[str, Any], key: str) -> int:
    value = facts.get(key)
    return value if type(value) is int else 0


def _settings(path: Path) -> dict[str, Any]:
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return value if isinstance(value, dict) else {}
