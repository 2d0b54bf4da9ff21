"""Models that keep one vector for all heads: DeepSeek V2 to V3.2 and their kin, DeepSeek V4.

Counts of parameters equal what transformers builds from the same configuration.
"""

from __future__ import annotations

from dataclasses import replace

from longread.errors import ConfigError
from longread.sizing.fields import Fields
from longread.sizing.model import Cache, Kind, Model, Parameters

SPARSE_MLA = 656
"""Bytes of a vector beside an indexer with an fp8 cache: 512 values, 4 scales, 64 rotated in
bf16 (vLLM `model_executor/layers/attention/mla_attention.py`, "fp8_ds_mla")."""
INDEX_KEY = 132
"""Bytes of an indexer's key: 128 values in fp8 and one scale (vLLM `DeepseekV4Indexer`)."""
V4_STATE = 584
"""Bytes of a V4 vector: 448 in fp8, 64 rotated in bf16, 8 of scales (vLLM
`models/deepseek_v4/attention.py`)."""
V4_ALIGNMENT = 576
V4_WINDOW_BLOCK = 64
V4_BUFFER_BLOCK = {4: 4, 128: 8}
"""Tokens of a block of what waits to be compressed (vLLM `models/deepseek_v4/compressor.py`)."""


def latent(f: Fields) -> Model:
    """DeepSeek V2, V3 and V3.2, Kimi K2: MLA in each layer, perhaps with an indexer.

    Source: transformers `modeling_deepseek_v3.py`, vLLM `models/deepseek_v32`.
    """
    layers, hidden = f.layers, f.number("hidden_size")
    heads = f.number("num_attention_heads")
    rank, rope = f.number("kv_lora_rank"), f.number("qk_rope_head_dim")
    nope, value = f.number("qk_nope_head_dim"), f.number("v_head_dim")
    queries = f.number("q_lora_rank", default=0)
    index_heads = f.number("index_n_heads", default=0)
    index_head = f.number("index_head_dim", default=0)
    attention = hidden * (rank + rope) + rank * heads * (nope + value) + heads * value * hidden
    if queries:
        attention += hidden * queries + queries * heads * (nope + rope)
    else:
        attention += hidden * heads * (nope + rope)
    caches = [
        Cache(i, Kind.MLA, 1, rank + rope, latent=True, packed_fp8=SPARSE_MLA * bool(index_heads))
        for i in range(layers)
    ]
    if index_heads:
        attention += queries * index_heads * index_head + hidden * (index_head + index_heads)
        caches += [
            Cache(i, Kind.MLA, latent=True, role="choose", packed=INDEX_KEY) for i in range(layers)
        ]
    embedding, output = f.embeddings
    first = min(layers, f.number("first_k_dense_replace", default=0))
    moe = layers - first
    experts, one = f.number("n_routed_experts"), f.number("moe_intermediate_size")
    common = f.number("n_shared_experts", default=0) * one
    return f.model(
        kv_heads=1,
        attention_width=heads * (nope + rope + value) // 2,
        rope_width=rope,
        index_width=index_heads * index_head,
        index_top=f.number("index_topk", default=0),
        caches=tuple(caches),
        sharded=(("expert width", one),),
        parameters=Parameters(
            embedding=embedding,
            head=output,
            attention=layers * attention,
            routed=moe * experts * 3 * hidden * one,
            active_routed=moe * f.number("num_experts_per_tok") * 3 * hidden * one,
            shared=moe * 3 * hidden * common,
            dense=first * 3 * hidden * f.number("intermediate_size"),
            other=moe * hidden * experts + (2 * layers + 1) * hidden + layers * (queries + rank),
        ),
    )


def deepseek_v4(f: Fields) -> Model:
    """DeepSeek V4: a window everywhere, and one vector for 4 or for 128 tokens in most layers.

    Each layer keeps its window; a compressed one also its vectors and a buffer of what waits;
    one that compresses by 4 an index and its buffer too. Source: vLLM 0.32
    `models/deepseek_v4/attention.py`, `compressor.py`, `v1/attention/backends/mla/sparse_swa.py`;
    transformers `modeling_deepseek_v4.py`.

    Raises:
        ConfigError: a rate of compression that vLLM does not know.
    """
    layers, hidden = f.layers, f.number("hidden_size")
    heads, head = f.number("num_attention_heads"), f.head
    window = f.number("sliding_window")
    rates = [max(1, int(rate)) for rate in f.values("compress_ratios", layers, int) or ()]
    if not rates or set(rates) - {1, 4, 128}:
        raise ConfigError(
            f"{f.where}: compress_ratios must say 0, 4 or 128 for each of {layers} layers",
            hint="name the config.json that belongs to DeepSeek V4's weights",
        )
    queries, outputs = f.number("q_lora_rank"), f.number("o_lora_rank")
    parts = f.number("o_groups")
    index_heads, index_head = f.number("index_n_heads"), f.number("index_head_dim")
    caches: list[Cache] = []
    attention = other = 0
    for i, rate in enumerate(rates):
        caches.append(
            Cache(i, Kind.SLIDING, latent=True, packed=V4_STATE, window=window,
                  block=V4_WINDOW_BLOCK, alignment=V4_ALIGNMENT)
        )  # fmt: skip
        attention += hidden * (queries + head) + queries * heads * head
        attention += heads * head * outputs + parts * outputs * hidden
        other += queries + head + heads + 2 * hidden
        if rate == 1:
            continue
        caches.append(_compressed(i, rate, V4_STATE))
        overlap = 2 if rate == 4 else 1
        caches.append(_waiting(i, rate, head))
        attention += 2 * hidden * overlap * head
        other += rate * overlap * head + head
        if rate == 4:
            caches.append(replace(_compressed(i, rate, INDEX_KEY), role="choose"))
            caches.append(_waiting(i, rate, index_head))
            attention += 4 * hidden * index_head + queries * index_heads * index_head
            attention += hidden * index_heads
            other += 2 * rate * index_head + index_head
    streams = f.number("hc_mult", default=4)
    mixing = (2 + streams) * streams
    other += layers * 2 * (mixing * streams * hidden + mixing + 3)
    other += streams * streams * hidden + streams + 1
    embedding, output = f.embeddings
    experts, one = f.number("n_routed_experts"), f.number("moe_intermediate_size")
    return f.model(
        kv_heads=1,
        attention_width=heads * head,
        rope_width=f.number("qk_rope_head_dim", default=64),
        index_width=index_heads * index_head,
        index_top=f.number("index_topk"),
        caches=tuple(caches),
        sharded=(("output groups", parts), ("expert width", one)),
        parameters=Parameters(
            embedding=embedding,
            head=output,
            attention=attention,
            routed=layers * experts * 3 * hidden * one,
            active_routed=layers * f.number("num_experts_per_tok") * 3 * hidden * one,
            shared=layers * f.number("n_shared_experts", default=1) * 3 * hidden * one,
            other=other + layers * hidden * experts + hidden,
        ),
    )


def _compressed(layer: int, rate: int, packed: int) -> Cache:
    return Cache(layer, Kind.COMPRESSED, latent=True, packed=packed, per_state=rate,
                 alignment=V4_ALIGNMENT)  # fmt: skip


def _waiting(layer: int, rate: int, head: int) -> Cache:
    """Keys and scores in float32 that wait to be compressed; twice as many where they overlap."""
    overlap = 2 if rate == 4 else 1
    return Cache(layer, Kind.SLIDING, latent=True, role="wait", packed=4 * 2 * overlap * head,
                 window=overlap * rate, block=V4_BUFFER_BLOCK[rate],
                 alignment=V4_ALIGNMENT)  # fmt: skip
