"""The pages that vLLM cuts a layer's memory into: tokens and bytes of a block, for one GPU.

Sources: vLLM 0.32 `v1/kv_cache_interface.py` (page sizes), `platforms/interface.py`
(`_align_hybrid_block_size`: attention and state share pages of one size).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

from longread.sizing.model import Cache, Kind, Model

KV = Literal["bf16", "fp8"]
KV_BYTES: dict[KV, int] = {"bf16": 2, "fp8": 1}
KERNEL_BLOCK = 16
"""Tokens that attention kernels take at once: FlashAttention 2 and 3 (vLLM
`v1/attention/backends/flash_attn.py`). Its fourth version takes more on some GPUs, where vLLM
raises the block of models with states further."""
MLA_BLOCK = 128
"""The same beside states with MLA (vLLM `_align_hybrid_block_size`)."""

COMPRESSED_BLOCK = 256
"""The only block that DeepSeek V4's layers share (vLLM `models/deepseek_v4/compressor.py`)."""


@dataclass(frozen=True, slots=True)
class Deployment:
    """How a model is spread and cached; what `vllm serve` is told."""

    tp: int = 1
    pp: int = 1
    kv: KV = "bf16"
    block: int = 16
    batched: int = 8_192
    """Tokens of one step, `--max-num-batched-tokens`."""
    sequences: int = 8
    """Requests at once, `--max-num-seqs`."""
    hybrid: bool = True
    """Whether each kind of attention keeps only what it needs."""
    asynchronous: bool = True
    """vLLM's default on GPUs: the next step is planned while one runs."""
    prefix_caching: bool = True

    @property
    def gpus(self) -> int:
        """GPUs of one replica."""
        return self.tp * self.pp

    @property
    def in_flight(self) -> int:
        """Tokens scheduled and not yet settled (vLLM `VllmConfig.max_in_flight_tokens`)."""
        return (self.pp + self.asynchronous) * self.batched


@dataclass(frozen=True, slots=True)
class Page:
    """What a block of one cache is on one GPU."""

    layer: int
    kind: Kind
    block: int
    """Tokens."""
    size: int
    """Bytes."""
    window: int = 0
    latent: bool = False
    raw: int = 0
    """Bytes in use; what `size` has beyond them is padding."""
    alignment: int = 1

    @property
    def alike(self) -> tuple[object, ...]:
        """What two layers must share to be in one group."""
        return (self.kind, self.block, self.size, self.window, self.latent)

    @property
    def is_full(self) -> bool:
        """Whether blocks are kept for every token."""
        return self.kind in (Kind.FULL, Kind.MLA, Kind.COMPRESSED)


def pages(model: Model, how: Deployment) -> tuple[Page, ...]:
    """Return the page of each cache on one GPU of a tensor-parallel group."""
    how = replace(how, block=block_size(model, how))
    attention = max(
        (_page(c, how).size for c in model.caches if c.kind is not Kind.STATE), default=0
    )
    return tuple(_page(cache, how, at_least=attention) for cache in model.caches)


def block_size(model: Model, how: Deployment) -> int:
    """Return the tokens of a block as vLLM sets them: raised until a page holds a state."""
    if any(cache.kind is Kind.COMPRESSED for cache in model.caches):
        return COMPRESSED_BLOCK
    if not model.is_hybrid:
        return how.block
    largest = max(state_bytes(c, how.tp) for c in model.caches if c.kind is Kind.STATE)
    one = next(c for c in model.caches if c.kind is not Kind.STATE)
    token = _bytes(one, replace(how, block=1))
    step = max(MLA_BLOCK if model.is_latent else KERNEL_BLOCK, how.block)
    wanted = step * _up(largest, step * token)
    return max(how.block, round_up(wanted, KERNEL_BLOCK))


def state_bytes(cache: Cache, tp: int) -> int:
    """Return the bytes of a state on one GPU (vLLM `MambaStateShapeCalculator`)."""
    return cache.convolution // tp * 2 + cache.recurrent // tp * cache.recurrent_bytes


def _page(cache: Cache, how: Deployment, at_least: int = 0) -> Page:
    if cache.kind is Kind.STATE:
        raw = state_bytes(cache, how.tp)
        return Page(cache.layer, cache.kind, how.block, max(raw, at_least), raw=raw)
    block = cache.block or how.block
    raw = _bytes(cache, replace(how, block=block))
    return Page(
        cache.layer,
        cache.kind,
        block,
        round_up(raw, cache.alignment),
        cache.window,
        cache.latent,
        raw,
        cache.alignment,
    )


def round_up(value: int, step: int) -> int:
    """Return the least multiple of a step that is not below a value."""
    return _up(value, step) * step


def _bytes(cache: Cache, how: Deployment) -> int:
    """Return the bytes of a block: heads that this GPU keeps, times vectors, times their size."""
    heads = max(1, cache.heads // how.tp)
    packed = (how.kv == "fp8" and cache.packed_fp8) or cache.packed
    vector = packed or cache.width * KV_BYTES[how.kv]
    return heads * (how.block // cache.per_state) * vector


def _up(value: int, step: int) -> int:
    """Return how many steps hold a value."""
    return -(-value // step)
