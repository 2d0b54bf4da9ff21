"""Memory that no table of what fits where counts: block tables, token buffers, RoPE's table.

Sources: vLLM 0.32 `v1/worker/gpu/block_table.py` (two tables a group, int32, rows padded to 128
tokens), `v1/worker/gpu/states.py` (token ids, int32, in the host's memory), `rotary_embedding`
(one table of cosines and sines for all layers, as long as the configuration's positions).
"""

from __future__ import annotations

from math import gcd

from longread.sizing.kv import whole
from longread.sizing.model import Kind, Model
from longread.sizing.pages import Deployment
from longread.types.plans import Buffer

ACTIVATIONS = 3_300_000_000
"""Bytes of activations, CUDA graphs and the runtime on each GPU. An estimate: with Llama 4's
2.7 GB of RoPE it makes the 6 GB a GPU that a sizing by hand assumed; nobody measured it."""
ROW = 128
"""Tokens of which a row of a block table is a multiple."""
DEFAULT_SEQUENCES = 1_024
"""vLLM's `--max-num-seqs` where nobody says (`vllm serve` on large GPUs)."""


def buffers(model: Model, how: Deployment, context: int) -> tuple[Buffer, ...]:
    """Return what is held beside weights and KV cache, for one GPU and for its worker's host."""
    return (
        Buffer("block tables", block_tables(model, how, context), "gpu",
               f"2 tables of {how.sequences} rows for each group of layers"),
        Buffer("RoPE table", rope_table(model, context), "gpu",
               f"for {max(model.positions, context):,} positions, whatever the window"),
        Buffer("activations, graphs", ACTIVATIONS, "gpu", "an estimate"),
        Buffer("token ids", token_ids(how, context), "host",
               f"{how.sequences} rows of {context:,}"),
    )  # fmt: skip


def on_gpu(model: Model, how: Deployment, context: int) -> int:
    """Return bytes that each GPU holds beside weights and KV cache."""
    return sum(one.size for one in buffers(model, how, context) if one.place == "gpu")


def block_tables(model: Model, how: Deployment, context: int) -> int:
    """Return bytes of block tables on each GPU."""
    cells = 0
    for group in whole(model, how):
        page = group.shape[0]
        if page.kind is Kind.STATE and not how.prefix_caching:
            cells += 1
            continue
        row = -(-context // page.block)
        step = 1 if page.kind is Kind.STATE else ROW // gcd(ROW, page.block)
        cells += -(-row // step) * step
    return 2 * 4 * how.sequences * cells


def rope_table(model: Model, context: int) -> int:
    """Return bytes of the table of cosines and sines, in 16 bits."""
    return max(model.positions, context) * model.rope_width * 2


def token_ids(how: Deployment, context: int) -> int:
    """Return bytes of token ids in the memory of each worker's host."""
    return how.sequences * context * 4
