"""Models that keep a state beside attention: Qwen3-Next to 3.6, Kimi Linear.

Counts of parameters equal what transformers builds from the same configuration.
"""

from __future__ import annotations

from dataclasses import replace

from longread.sizing.fields import Fields
from longread.sizing.model import Cache, Kind, Model, Parameters


def gated_delta(f: Fields) -> Model:
    """Qwen3-Next, 3.5 and 3.6: gated delta nets, every fourth layer full attention.

    Source: transformers `configuration_qwen3_5_moe.py`, `modeling_qwen3_5_moe.py`; vLLM
    `MambaStateShapeCalculator.gated_delta_net_state_shape`. The matrix is kept in float32 where
    `mamba_ssm_dtype` says so, as the published configurations of 3.5 and 3.6 do, else in 16 bits.
    """
    layers, hidden = f.layers, f.number("hidden_size")
    heads, kv, head = f.number("num_attention_heads"), f.number("num_key_value_heads"), f.head
    every = f.number("full_attention_interval", default=4)
    types = f.values("layer_types", layers, str)
    full = [types[i] == "full_attention" if types else (i + 1) % every == 0 for i in range(layers)]
    keys = f.number("linear_num_key_heads") * f.number("linear_key_head_dim")
    value_heads, value_head = f.number("linear_num_value_heads"), f.number("linear_value_head_dim")
    values = value_heads * value_head
    kernel = f.number("linear_conv_kernel_dim", default=4)
    state = Cache(
        0,
        Kind.STATE,
        convolution=(2 * keys + values) * (kernel - 1),
        recurrent=values * f.number("linear_key_head_dim"),
        recurrent_bytes=4 if f.text.get("mamba_ssm_dtype") == "float32" else 2,
    )
    embedding, output = f.embeddings
    count = sum(full)
    attention = count * hidden * head * (3 * heads + 2 * kv)
    attention += (layers - count) * hidden * (2 * keys + 3 * values + 2 * value_heads)
    other = count * 2 * head + (2 * layers + 1) * hidden
    other += (layers - count) * ((2 * keys + values) * kernel + 2 * value_heads + value_head)
    routed = active = shared = 0
    dense = layers * 3 * hidden * f.number("intermediate_size", default=0)
    sharded = [("linear key heads", f.number("linear_num_key_heads")),
               ("linear value heads", value_heads)]  # fmt: skip
    if experts := f.number("num_experts", default=0):
        one, common = f.number("moe_intermediate_size"), f.number("shared_expert_intermediate_size")
        routed = layers * experts * 3 * hidden * one
        active = layers * f.number("num_experts_per_tok") * 3 * hidden * one
        shared, dense = layers * 3 * hidden * common, 0
        other += layers * hidden * (experts + 1)
        sharded += [("expert width", one), ("shared expert width", common)]
    return f.model(
        kv_heads=kv,
        attention_width=heads * head,
        rope_width=int(head * f.part("partial_rotary_factor", 0.25)),
        caches=tuple(
            Cache(i, Kind.FULL, kv, 2 * head) if full[i] else replace(state, layer=i)
            for i in range(layers)
        ),
        sharded=tuple(sharded),
        parameters=Parameters(
            embedding=embedding,
            head=output,
            attention=attention,
            routed=routed,
            active_routed=active,
            shared=shared,
            dense=dense,
            other=other,
        ),
    )


def kimi_linear(f: Fields) -> Model:
    """Kimi Linear: delta attention, every fourth layer and the last MLA without RoPE.

    Source: vLLM `transformers_utils/configs/kimi_linear.py`,
    `MambaStateShapeCalculator.kda_state_shape` (its matrix is float32).
    """
    layers, hidden = f.layers, f.number("hidden_size")
    heads = f.number("num_attention_heads")
    inner = f.table("linear_attn_config")
    full = {number - 1 for number in inner.values("full_attn_layers", None, int) or ()}
    lheads, lhead = inner.number("num_heads"), inner.number("head_dim")
    kernel = inner.number("short_conv_kernel_size", default=4)
    size = lheads * lhead
    rank, rope = f.number("kv_lora_rank"), f.number("qk_rope_head_dim")
    nope, value = f.number("qk_nope_head_dim"), f.number("v_head_dim")
    state = Cache(0, Kind.STATE, convolution=3 * size * (kernel - 1), recurrent=size * lhead)
    count = len(full)
    attention = count * (
        hidden * heads * (nope + rope)
        + hidden * (rank + rope)
        + rank * heads * (nope + value)
        + heads * value * hidden
    )
    delta = 4 * hidden * size + 2 * (hidden * lhead + lhead * size) + hidden * lheads
    attention += (layers - count) * delta
    embedding, output = f.embeddings
    first = min(layers, f.number("first_k_dense_replace", default=0))
    moe = layers - first
    one, experts = f.number("moe_intermediate_size"), f.number("num_experts")
    chosen = f.number("num_experts_per_token", "num_experts_per_tok")
    other = count * rank + (2 * layers + 1) * hidden + moe * hidden * experts
    other += (layers - count) * (3 * size * kernel + size + lheads + lhead)
    return f.model(
        kv_heads=1,
        attention_width=heads * (nope + rope + value) // 2,
        caches=tuple(
            Cache(i, Kind.MLA, 1, rank + rope, latent=True)
            if i in full
            else replace(state, layer=i)
            for i in range(layers)
        ),
        sharded=(("linear heads", lheads), ("expert width", one)),
        parameters=Parameters(
            embedding=embedding,
            head=output,
            attention=attention,
            routed=moe * experts * 3 * hidden * one,
            active_routed=moe * chosen * 3 * hidden * one,
            shared=moe * f.number("num_shared_experts", default=0) * 3 * hidden * one,
            dense=first * 3 * hidden * f.number("intermediate_size"),
            other=other,
        ),
    )
