"""The KV cache of one request, to the byte, as vLLM plans it for each GPU.

Sources: vLLM 0.32 `v1/core/kv_cache_utils.py` (`_max_memory_usage_bytes_from_groups`,
`_project_kv_cache_groups_to_worker`, `_estimate_max_model_len_from_groups`,
`get_kv_cache_capacity`) and `distributed/utils.py` (`get_pp_indices`).
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

from longread.sizing.grouping import Group, groups
from longread.sizing.model import Kind, Model
from longread.sizing.pages import Deployment, pages


def stages(layers: int, pp: int) -> list[range]:
    """Return the layers of each pipeline stage; what does not divide goes before the last."""
    counts = [layers // pp] * pp
    for i in range(2, layers % pp + 2):
        counts[-i] += 1
    starts = [sum(counts[:i]) for i in range(pp)]
    return [range(start, start + count) for start, count in zip(starts, counts, strict=True)]


@lru_cache(maxsize=256)
def whole(model: Model, how: Deployment) -> tuple[Group, ...]:
    """Return the groups of all layers."""
    return groups(pages(model, how), how)


@lru_cache(maxsize=256)
def placed(model: Model, how: Deployment) -> tuple[tuple[Group, ...], ...]:
    """Return the groups as they lie on each pipeline stage."""
    parts = stages(model.layers, how.pp)
    return tuple(tuple(group.on(part) for group in whole(model, how)) for part in parts)


def block(model: Model, how: Deployment) -> int:
    """Return bytes of the one block of each GPU that is never handed out (vLLM's null block)."""
    return max(_block(stage) for stage in placed(model, how))


def need(model: Model, how: Deployment, context: int) -> int:
    """Return bytes of KV cache that one request of `context` tokens needs on the fullest GPU."""
    return max(_need(stage, context, how) for stage in placed(model, how))


def per_token(model: Model, how: Deployment) -> int:
    """Return bytes that each further token of a long prompt costs, over all GPUs.

    Keys and values that several GPUs hold alike count once for each of them.
    """
    total = 0
    for stage in placed(model, how):
        size = _block(stage)
        for group in stage:
            if group.shape[0].is_full:
                total += -(-size // group.shape[0].block)
    return total * how.tp


def by_kind(model: Model, how: Deployment, context: int) -> list[tuple[Kind, int, int, int]]:
    """Return for each kind of attention its layers, bytes a token, and bytes of `context`.

    Both are of one GPU of each pipeline stage, added up. Bytes a token are those that grow
    without end: a chunk, a window and a state are bounded.
    """
    layers: dict[Kind, set[int]] = {}
    token: dict[Kind, int] = {}
    total: dict[Kind, int] = {}
    for stage in placed(model, how):
        size = _block(stage)
        for group in stage:
            page = group.shape[0]
            layers.setdefault(page.kind, set()).update(one.layer for one in group.pages)
            grows = -(-size // page.block) if page.is_full else 0
            token[page.kind] = token.get(page.kind, 0) + grows
            spent = size * group.blocks(context, how)
            total[page.kind] = total.get(page.kind, 0) + spent
    return [(kind, len(found), token[kind], total[kind]) for kind, found in layers.items()]


def longest(model: Model, how: Deployment, room: int, limit: int) -> int:
    """Return the longest context, at most `limit`, whose cache fits into `room` bytes on each GPU.

    One block is never handed out (vLLM's null block). 0 where not even one token fits.
    """
    found = placed(model, how)
    low, high = 0, limit
    while low < high:
        middle = (low + high + 1) // 2
        if all(_need(stage, middle, how) + _block(stage) <= room for stage in found):
            low = middle
        else:
            high = middle - 1
    return low


def capacity(model: Model, how: Deployment, room: int, context: int) -> int:
    """Return how many tokens of requests of `context` tokens fit, as vLLM prints at its start."""
    found = placed(model, how)
    blocks = min(room // _block(stage) for stage in found)
    each = sum(group.blocks(context, how) for group in found[0])
    return int(blocks / each * context)


def _block(stage: Sequence[Group]) -> int:
    """Return the bytes of one block of the pool: the widest group's."""
    return max(group.size for group in stage)


def _need(stage: Sequence[Group], context: int, how: Deployment) -> int:
    return _block(stage) * sum(group.blocks(context, how) for group in stage)
