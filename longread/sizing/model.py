"""What sizing knows of a model: its layers, what each of them keeps of a token, its parameters.

Nothing here depends on hardware or on a layout; no number here is an estimate unless it says so.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Literal


class Kind(StrEnum):
    """How a layer remembers what it has read."""

    FULL = "full"
    """Keys and values of every token."""
    CHUNKED = "chunked local"
    """Keys and values of the current chunk (Llama 4's RoPE layers)."""
    SLIDING = "sliding window"
    """Keys and values of the last tokens."""
    MLA = "MLA"
    """One compressed vector for every token."""
    COMPRESSED = "compressed"
    """One vector for every few tokens (DeepSeek V4)."""
    STATE = "state"
    """One matrix, whatever the length (linear attention, state-space models)."""


@dataclass(frozen=True, slots=True)
class Cache:
    """One thing that one layer keeps; DeepSeek V4's layers keep up to five."""

    layer: int
    kind: Kind
    heads: int = 1
    """Key-value heads over all GPUs; 1 where every GPU keeps the same."""
    width: int = 0
    """Elements of a head and token: key and value together, or MLA's vector."""
    window: int = 0
    """Tokens of a chunk or of a sliding window."""
    latent: bool = False
    """A vector as MLA keeps it, not keys and values."""
    role: Literal["attend", "choose", "wait"] = "attend"
    """Attended to; an index that chooses what is; what waits to be compressed."""
    packed: int = 0
    """Bytes of one vector where its layout is fixed; 0: `width` times the size of the KV type."""
    packed_fp8: int = 0
    """The same with an fp8 cache."""
    per_state: int = 1
    """Tokens that one vector stands for."""
    block: int = 0
    """Tokens of a block where the model sets them; 0: what the server is told."""
    alignment: int = 1
    """Bytes of which a page is a multiple."""
    convolution: int = 0
    """STATE: elements of the short convolution's memory, over all GPUs, in the model's type."""
    recurrent: int = 0
    """STATE: elements of the recurrent matrix, over all GPUs."""
    recurrent_bytes: int = 4
    """STATE: bytes of one of them."""


@dataclass(frozen=True, slots=True)
class Parameters:
    """Counts of parameters by what becomes of them when a model is quantized."""

    embedding: int = 0
    head: int = 0
    """The output projection; 0 where it is the embedding."""
    attention: int = 0
    routed: int = 0
    """All routed experts."""
    shared: int = 0
    dense: int = 0
    other: int = 0
    """Routers, norms, gates: kept in 16 bits."""
    vision: int = 0
    """Vision tower and projector: kept in 16 bits."""
    active_routed: int = 0
    """Of `routed`, what one token passes through."""

    @property
    def total(self) -> int:
        """All of them."""
        return self.text + self.vision

    @property
    def text(self) -> int:
        """All but the vision tower."""
        return self.embedding + self.head + self.linear + self.other

    @property
    def linear(self) -> int:
        """What quantization makes smaller."""
        return self.attention + self.routed + self.shared + self.dense

    @property
    def active(self) -> int:
        """What each token of a prompt is multiplied with; the head sees only the last one."""
        return self.attention + self.active_routed + self.shared + self.dense + self.other


@dataclass(frozen=True, slots=True)
class Model:
    """A model as its `config.json` describes it."""

    name: str
    caches: tuple[Cache, ...]
    layers: int
    hidden: int
    query_heads: int
    kv_heads: int
    positions: int
    """Longest window that its configuration allows."""
    parameters: Parameters
    family: str = ""
    """`model_type` of the configuration."""
    repository: str = ""
    """Name that `vllm serve` takes, or the directory."""
    attention_width: int = 0
    """Elements over which a score and a value are summed for one query, all heads together."""
    sharded: tuple[tuple[str, int], ...] = ()
    """What tensor parallelism must divide besides the heads: what it is, and how many."""
    rope_width: int = 0
    """Elements of the cosine and sine table for one position; 0 without one."""
    trained: int = 0
    """Tokens it was trained at; 0 where nobody says."""
    stretched: int = 0
    """Longest window with its RoPE stretched (YaRN), where its makers say so."""
    stretch: str = ""
    """What they have vLLM override for that, as JSON for `--hf-overrides`."""
    trusted: int = 131_072
    """Tokens to which answers are trusted before a probe has said more."""
    sees: bool = False
    """Whether it has a vision tower, counted or not."""
    stored: str = ""
    """How its weights are quantized where they are published so; empty: 16 bits."""
    index_width: int = 0
    """Elements compared per query and compressed token where an indexer chooses; 0 without one."""
    index_top: int = 0
    """Compressed tokens that the indexer keeps."""
    quality: str = ""
    """What is known of its answers at length, with the source."""
    recipe: str = ""
    """What is known of running it, with the source."""
    disagreements: tuple[str, ...] = ()
    """Where published figures contradict the configuration."""
    notes: tuple[str, ...] = field(default=())
    """What was assumed because no configuration says so."""

    @property
    def is_latent(self) -> bool:
        """Whether its attention is MLA, of which each GPU keeps the whole."""
        return any(cache.latent for cache in self.caches)

    @property
    def kinds(self) -> Mapping[Kind, int]:
        """Layers that have a cache of each kind."""
        found: dict[Kind, set[int]] = {}
        for cache in self.caches:
            found.setdefault(cache.kind, set()).add(cache.layer)
        return {kind: len(layers) for kind, layers in found.items()}

    @property
    def is_hybrid(self) -> bool:
        """Whether it keeps states beside attention."""
        kinds = self.kinds
        return Kind.STATE in kinds and len(kinds) > 1
