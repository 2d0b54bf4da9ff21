"""Models of plain attention, full or with a sliding window, dense or with experts.

Llama, Mistral, Qwen 2 and 3, Gemma 3, GPT-OSS, Phi and the many that are built like them. Counts of
parameters leave out biases and are within 1 % of what transformers builds.
"""

from __future__ import annotations

from longread.errors import ConfigError
from longread.sizing.fields import Fields
from longread.sizing.model import Cache, Kind, Model, Parameters

FOREIGN = (
    "ssm_state_size", "mamba_d_state", "state_size", "linear_attn_config", "kv_lora_rank",
    "compress_ratios", "hybrid_override_pattern", "layers_block_type", "attn_type_list",
    "linear_num_key_heads", "attention_chunk_size",
)  # fmt: skip
"""Fields of layers that are no plain attention."""
UNGATED = ("starcoder2", "gpt_neox", "phi", "opt", "bloom", "falcon")
"""Families whose feed-forward layers are two matrices, not three."""
TYPES = {"full_attention": Kind.FULL, "sliding_attention": Kind.SLIDING}


def plain(f: Fields) -> Model:
    """Read a model whose layers are plain attention.

    Raises:
        ConfigError: it has layers of another kind, or a field is missing.
    """
    for name in FOREIGN:
        if f.text.get(name):
            raise ConfigError(
                f"{f.where}: layers of {f.family} with {name} are not known to longread",
                hint="plan a model that is: longread plan --models",
            )
    layers, hidden = f.layers, f.number("hidden_size")
    heads, head = f.number("num_attention_heads"), f.head
    kv = f.number("num_key_value_heads", default=heads)
    embedding, output = f.embeddings
    inner = f.number("intermediate_size", "ffn_dim")
    experts = f.number("num_local_experts", "num_experts", "n_routed_experts", default=0)
    one = f.number("moe_intermediate_size", default=inner)
    moe = layers - min(layers, f.number("first_k_dense_replace", default=0)) if experts else 0
    routed = moe * experts * 3 * hidden * one
    chosen = f.number("num_experts_per_tok", default=1) if experts else 0
    return f.model(
        kv_heads=kv,
        attention_width=heads * head,
        rope_width=int(head * f.part("partial_rotary_factor", 1.0)),
        caches=tuple(_caches(f, layers, kv, head)),
        sharded=(("expert width", one),) if experts else (("feed-forward width", inner),),
        parameters=Parameters(
            embedding=embedding,
            head=output,
            attention=layers * 2 * hidden * head * (heads + kv),
            routed=routed,
            active_routed=routed // experts * chosen if experts else 0,
            shared=moe * f.number("n_shared_experts", default=0) * 3 * hidden * one,
            dense=(layers - moe) * (2 if f.family in UNGATED else 3) * hidden * inner,
            other=moe * hidden * experts + (2 * layers + 1) * hidden,
        ),
    )


def _caches(f: Fields, layers: int, kv: int, head: int) -> list[Cache]:
    window = f.number("sliding_window", default=0)
    if f.text.get("use_sliding_window") is False:
        window = 0
    types = f.values("layer_types", layers, str)
    every = f.number("sliding_window_pattern", default=0)
    found = []
    for i in range(layers):
        kind = Kind.SLIDING if window else Kind.FULL
        if types:
            if types[i] not in TYPES:
                raise ConfigError(
                    f"{f.where}: layers of type {types[i]!r} are not known to longread",
                    hint="plan a model that is: longread plan --models",
                )
            kind = TYPES[types[i]]
        elif window and every:
            kind = Kind.SLIDING if (i + 1) % every else Kind.FULL
        if kind is Kind.SLIDING and not window:
            raise ConfigError(
                f"{f.where} does not say sliding_window", hint="name a whole config.json"
            )
        found.append(Cache(i, kind, kv, 2 * head, window if kind is Kind.SLIDING else 0))
    return found
