"""What breaks: the traps between a plan and a server that keeps its promises.

Each caution names its source in vLLM or in what was measured with it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from longread.sizing.buffers import DEFAULT_SEQUENCES, block_tables, rope_table, token_ids
from longread.sizing.kv import need
from longread.sizing.layouts import NODE
from longread.sizing.model import Kind, Model
from longread.sizing.pages import Deployment
from longread.types.plans import Caution

CHURN = 4
"""Blocks that other traffic takes from the pool for each that it keeps, with Llama 4: its three
groups of chunked layers give blocks back that were the prefix's (driven with vLLM's own
KVCacheManager: 200,000 other tokens left 294,912 of a prefix of 1,000,000)."""

NOTABLE = 1_000_000_000
"""Bytes that are worth a caution."""

FEW = 8
"""Part of the requests admitted that should fit with the whole window at once."""


def cautions(
    model: Model, how: Deployment, context: int, use: str, capacity: int
) -> Iterator[Caution]:
    """Yield what to know before this plan is run."""
    yield from _allocator(model, how, context)
    if use == "ask":
        yield from _prefix(model, context, capacity)
    elif capacity < how.sequences * context // FEW:
        yield Caution(
            "requests at once",
            f"the cache holds {capacity / context:.1f} requests of the whole window, and the "
            f"command admits {how.sequences}: long ones wait for each other",
            "a shorter window, or more GPUs",
        )
    if how.gpus >= NODE:
        yield from _layouts(model)
    yield from _sequences(model, how, context)
    yield from _quality(model, how, context)


def _allocator(model: Model, how: Deployment, context: int) -> Iterator[Caution]:
    kinds = model.kinds
    local = Kind.CHUNKED in kinds or Kind.SLIDING in kinds
    if Kind.STATE in kinds and not how.hybrid:
        yield Caution(
            "hybrid allocator",
            "models with states do not start without the hybrid allocator",
            "leave --disable-hybrid-kv-cache-manager out",
        )
        return
    if Kind.FULL not in kinds or not local:
        return
    with_, without = _both(model, how, context)
    times = (
        f"{without / with_:.1f} times the KV cache: {without / 1e9:,.1f} GB instead of "
        f"{with_ / 1e9:,.1f} on each GPU"
    )
    if not how.hybrid:
        yield Caution("hybrid allocator", f"it is off, which costs {times}", "leave it on")
        return
    others = "EAGLE, " if Kind.CHUNKED in kinds else ""
    yield Caution(
        "hybrid allocator",
        f"it is lost without a word with {others}LMCache or FlexKV as connector, or "
        "--disable-hybrid-kv-cache-manager: " + times,
        "use the native connector for offloading, and no speculative decoding",
    )


def _both(model: Model, how: Deployment, context: int) -> tuple[int, int]:
    return need(model, replace(how, hybrid=True), context), need(
        model, replace(how, hybrid=False), context
    )


def _prefix(model: Model, context: int, capacity: int) -> Iterator[Caution]:
    yield Caution(
        "prefix caching",
        "recipes that are copied around say --no-enable-prefix-caching (vLLM's for Scout do, on "
        "Hopper, Blackwell and AMD): each question then reads the corpus anew",
        "keep --enable-prefix-caching",
    )
    yield Caution(
        "question first",
        "a question before the corpus makes every prompt new: 0 cached tokens",
        "corpus first, question last, as longread does",
    )
    churn = CHURN if Kind.CHUNKED in model.kinds else 1
    spare = max(0, capacity - context) // churn
    if capacity and spare < context // 2:
        yield Caution(
            "pool",
            f"beside one prefix of {context:,} tokens the cache has room for {spare:,} tokens of "
            f"other traffic; more evicts the prefix"
            + (f" (each takes {churn} times its blocks)" if churn > 1 else ""),
            "keep this server for one corpus, shorten the window, add GPUs, or offload: "
            "--kv-offloading-size GIB --kv-offloading-backend native",
        )
    if Kind.STATE in model.kinds:
        yield Caution(
            "states",
            "beside states a prefix is found again only at whole blocks where a state was kept",
            "measure cached tokens with longread profiles test before you count on them",
        )


def _layouts(model: Model) -> Iterator[Caution]:
    if model.query_heads % 16 and not model.is_latent:
        yield Caution(
            "TP 16",
            f"refused: {model.query_heads} heads cannot be split over 16 GPUs"
            + (", though recipes for several nodes say so" if Kind.CHUNKED in model.kinds else ""),
            "TP 8 within a node, and PP over nodes",
        )
    if not model.is_latent and model.kv_heads > 1:
        yield Caution(
            "DCP",
            f"refused with {model.kv_heads} key-value heads up to TP {model.kv_heads}"
            + (", and by chunked local attention at any" if Kind.CHUNKED in model.kinds else ""),
            "more GPUs by PP, or more replicas",
        )


def _sequences(model: Model, how: Deployment, context: int) -> Iterator[Caution]:
    default = replace(how, sequences=DEFAULT_SEQUENCES)
    tables, tokens = block_tables(model, default, context), token_ids(default, context)
    if how.sequences < DEFAULT_SEQUENCES and tables + tokens > 4 * NOTABLE:
        yield Caution(
            "max-num-seqs",
            f"vLLM's default of {DEFAULT_SEQUENCES:,} would take {tables / 1e9:,.1f} GB of block "
            f"tables on each GPU and {tokens / 1e9:,.1f} GB of token ids in each worker's host",
            f"--max-num-seqs {how.sequences}, as in the command",
        )


def _quality(model: Model, how: Deployment, context: int) -> Iterator[Caution]:
    if context > model.trusted:
        yield Caution(
            "trusted window",
            f"answers are trusted to {model.trusted:,} tokens, and this is {context:,}"
            + (f": {model.quality}" if model.quality else ""),
            "longread probe measures it on your own corpus; until then longread packs to "
            f"{model.trusted:,}",
        )
    spared = rope_table(model, 0) - rope_table(replace(model, positions=context), context)
    if spared > NOTABLE:
        yield Caution(
            "RoPE table",
            f"{spared / 1e9:.1f} GB of each GPU hold angles for positions beyond this window",
            '--hf-overrides \'{"text_config": {"max_position_embeddings": '
            f"{context}}}}}' gives them back",
        )
    if context > model.positions:
        yield Caution(
            "positions",
            f"{context:,} tokens lie beyond the {model.positions:,} positions of the configuration"
            + (f"; its makers stretch it to {model.stretched:,} (YaRN)" if model.stretched else ""),
            "up to the configuration's positions leave --hf-overrides out: it costs short prompts",
        )
    if how.kv == "fp8" and Kind.COMPRESSED not in model.kinds:
        yield Caution(
            "fp8 cache",
            "fp8 KV was found less exact at great length, differently for each TP (vLLM #23813)",
            "ask the same questions with both before you keep it",
        )
    if model.recipe:
        yield Caution("recipe", model.recipe, "compare what you copy with the command of this plan")
