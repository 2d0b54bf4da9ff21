"""Seconds to the first token, tokens a second: estimates by formula, each constant with its source.

No figure here was measured on a GPU by longread; `Times` says so to the reader.
"""

from __future__ import annotations

from longread.sizing.gpus import Gpu
from longread.sizing.kv import per_token
from longread.sizing.model import Cache, Kind, Model
from longread.sizing.pages import Deployment
from longread.sizing.weights import Precision, read_for_a_token

UTILISATION = 0.4
"""Part of a GPU's speed that reading a prompt reaches: 40 to 60 % is plausible where attention
dominates (Meta's context-parallel paper, arXiv 2411.01783: 63 % for Llama 3 405B at 1M)."""
BANDWIDTH = 0.7
"""Part of the memory's bandwidth that writing an answer reaches."""
DISK = 5e9
"""Bytes a second of one good disk; several together reach 20e9."""
LAUNCH = 0.0035
"""Seconds that a step takes whatever it does: 2 to 5 ms of kernel launches."""
HASH_TOKEN, HASH_BLOCK = 0.0614e-6, 3.66e-6
"""Seconds to hash a token and a block with sha256: 0.29 s for 1M tokens in blocks of 16, 0.09 in
blocks of 128, measured on one core with vLLM 0.32's own hasher."""
LOOKUP_BLOCK = 4.64e-6
"""Seconds to find and to hand out a block: 2.9 s for 10M tokens in blocks of 16, measured so."""
ALLOCATE_BLOCK = 85e-6
"""Seconds of the scheduler for a new block: 53 s for 10M tokens in blocks of 16, measured so."""
CHOSEN = 4
"""Tokens that a vector stands for where an index chooses among them (DeepSeek V4: 4, not 128)."""
STATE_OPERATIONS = 6
"""Operations for each element of a state and token: decay, update, read."""


def operations(model: Model, new: int, cached: int = 0) -> float:
    """Return floating point operations that reading `new` tokens after `cached` ones takes.

    Twice the parameters that a token meets, and four for each element of a query and each token
    it looks at: score and value, a multiplication and an addition each.
    """
    pairs = new * cached + new**2 / 2
    found = 2.0 * model.parameters.active * new
    return found + sum(_attention(model, cache, new, pairs) for cache in model.caches)


def first_token(
    model: Model, how: Deployment, gpu: Gpu, prompt: int, cached: int = 0
) -> float | None:
    """Return seconds until the first token; None where the GPU's speed is not known.

    The host hashes the whole prompt for each question, cached or not.
    """
    if not gpu.flops:
        return None
    new = prompt - cached
    compute = operations(model, new, cached) / (gpu.flops * UTILISATION * how.gpus)
    blocks = prompt / how.block
    host = prompt * HASH_TOKEN + blocks * (HASH_BLOCK + LOOKUP_BLOCK)
    # New blocks are handed out while the GPU computes; the hash comes before.
    return host + max(compute, new / how.block * ALLOCATE_BLOCK)


def last_step(model: Model, how: Deployment, gpu: Gpu, context: int) -> float | None:
    """Return seconds of the last step of reading a prompt; None where that is not known."""
    if not gpu.flops:
        return None
    done = operations(model, how.batched, context)
    return done / (gpu.flops * UTILISATION * how.gpus)


def tokens_a_second(
    model: Model, how: Deployment, gpu: Gpu, precision: Precision, context: int
) -> float | None:
    """Return tokens of an answer in a second for one request; None where it cannot be known.

    Pipeline stages follow each other, so only tensor parallelism makes one answer faster.
    """
    if not gpu.bandwidth:
        return None
    weights = read_for_a_token(model, precision)
    # What several GPUs hold alike, each of them reads.
    cache = per_token(model, how) * context
    step = (weights + cache) / how.tp / (gpu.bandwidth * BANDWIDTH)
    return 1 / (step + LAUNCH)


def reload(model: Model, how: Deployment, context: int) -> float:
    """Return seconds to read a prefix' cache back from a disk, instead of computing it."""
    return per_token(model, how) * context / DISK


def _attention(model: Model, cache: Cache, new: int, pairs: float) -> float:
    """Return the operations of one cache."""
    width = 4.0 * model.attention_width
    if cache.kind is Kind.STATE:
        return float(STATE_OPERATIONS * cache.recurrent * new)
    if cache.role == "wait":
        return 0.0
    if cache.kind is Kind.CHUNKED:
        # A token looks back half a chunk on average.
        return width * min(cache.window / 2 * new, pairs)
    if cache.kind is Kind.SLIDING:
        return width * min(cache.window * new, pairs)
    reached = pairs / cache.per_state
    if cache.role == "choose":
        return 2.0 * model.index_width * reached
    if model.index_top and cache.per_state <= CHOSEN:
        # An index chooses for each token what it looks at.
        return width * min(model.index_top * new, reached)
    return width * reached
