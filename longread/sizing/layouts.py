"""Which ways of spreading a model vLLM accepts, and why it refuses the others.

Sources: vLLM 0.32 `ModelConfig.verify_with_parallel_config` (a test asks it), the assertions in
`models/llama4.py` and in parallel linear layers, and `ChunkedLocalAttentionManager`.
"""

from __future__ import annotations

from collections.abc import Iterator

from longread.sizing.model import Kind, Model
from longread.types.plans import Spread

NODE = 8
"""GPUs with fast links between them; tensor parallelism beyond them is not planned."""


def spread(model: Model, tp: int, pp: int = 1, dcp: int = 1, pcp: int = 1) -> Spread:
    """Return a layout with vLLM's verdict on it."""
    return Spread(tp, pp, dcp, pcp, refusal(model, tp, pp, dcp, pcp))


def refusal(model: Model, tp: int, pp: int = 1, dcp: int = 1, pcp: int = 1) -> str:
    """Return why vLLM does not run a layout, or nothing."""
    heads, kv = model.query_heads, model.kv_heads
    if tp < 1 or pp < 1 or dcp < 1 or pcp < 1:
        return "every number must be at least 1"
    if heads % tp:
        return f"{heads} query heads cannot be split over {tp} GPUs"
    if not model.is_latent and max(kv, tp) % min(kv, tp):
        return f"{kv} key-value heads cannot be split over {tp} GPUs"
    for what, count in model.sharded:
        if count % tp:
            return f"{what} {count:,} cannot be split over {tp} GPUs"
    if pp > model.layers:
        return f"{model.layers} layers cannot be split into {pp} stages"
    return _context_refusal(model, tp, dcp, pcp)


def _context_refusal(model: Model, tp: int, dcp: int, pcp: int) -> str:
    """Return why a prompt cannot be split over GPUs."""
    heads, kv = model.query_heads, model.kv_heads
    if dcp > 1 and not model.is_latent:
        if tp <= kv:
            return f"DCP splits copies of key-value heads, and TP {tp} makes none of {kv} heads"
        if dcp > tp // kv:
            return f"DCP {dcp} exceeds the {tp // kv} copies that TP {tp} makes"
        if heads // kv % dcp:
            return f"{heads // kv} query heads for each key-value head cannot be split by DCP {dcp}"
    if dcp > 1 and tp % dcp:
        return f"DCP {dcp} does not divide TP {tp}"
    kinds = model.kinds
    if max(dcp, pcp) > 1 and Kind.CHUNKED in kinds:
        return "chunked local attention cannot be split over GPUs by tokens (DCP, PCP)"
    if max(dcp, pcp) > 1 and Kind.SLIDING in kinds:
        return "a sliding window cannot be split over GPUs by tokens (DCP, PCP)"
    if pcp > 1 and not model.is_latent:
        return "PCP is supported for MLA alone"
    return ""


def shown(model: Model) -> tuple[Spread, ...]:
    """Return the layouts that people ask about, with the verdict on each."""
    asked = [(tp, 1) for tp in (1, 2, 4, 8, 16, 32)]
    best = max(tp for tp in (1, 2, 4, 8) if not refusal(model, tp))
    asked += [(best, pp) for pp in (2, 3, 4)]
    found = [spread(model, tp, pp) for tp, pp in asked]
    return (*found, spread(model, best, dcp=2), spread(model, best, pcp=2))


def legal(model: Model, gpus: int) -> Iterator[Spread]:
    """Yield the layouts of a number of GPUs that vLLM accepts, most tensor parallelism first."""
    for tp in range(min(gpus, NODE), 0, -1):
        if gpus % tp == 0 and not refusal(model, tp, gpus // tp):
            yield Spread(tp, gpus // tp)
