"""Llama 4 from its configuration: chunked local attention, every fourth layer full.

Counts of parameters equal what transformers builds from the same configuration.
"""

from __future__ import annotations

from collections.abc import Mapping

from longread.sizing.fields import Fields
from longread.sizing.model import Cache, Kind, Model, Parameters


def llama4(f: Fields) -> Model:
    """Llama 4: chunked local attention with RoPE, every fourth layer full and without.

    Source: transformers `configuration_llama4.py`; vLLM `models/llama4.py`.
    """
    layers, hidden = f.layers, f.number("hidden_size")
    heads, kv, head = f.number("num_attention_heads"), f.number("num_key_value_heads"), f.head
    chunk = f.number("attention_chunk_size", default=8192)
    every = f.number("no_rope_layer_interval", default=4)
    local = f.values("no_rope_layers", layers, int) or [(i + 1) % every for i in range(layers)]
    expert, dense = f.number("intermediate_size"), f.number("intermediate_size_mlp")
    experts, step = f.number("num_local_experts"), f.number("interleave_moe_layer_step", default=1)
    moe = len(f.values("moe_layers", None, int) or range(step - 1, layers, max(1, step)))
    embedding, output = f.embeddings
    chosen = f.number("num_experts_per_tok")
    return f.model(
        kv_heads=kv,
        attention_width=heads * head,
        rope_width=head,
        sees="vision_config" in f.whole,
        caches=tuple(
            Cache(i, Kind.CHUNKED if local[i] else Kind.FULL, kv, 2 * head, chunk * bool(local[i]))
            for i in range(layers)
        ),
        sharded=(("expert width", expert), ("dense width", dense)),
        parameters=Parameters(
            embedding=embedding,
            head=output,
            attention=layers * 2 * hidden * head * (heads + kv),
            routed=moe * experts * 3 * hidden * expert,
            active_routed=moe * chosen * 3 * hidden * expert,
            shared=moe * 3 * hidden * expert,
            dense=(layers - moe) * 3 * hidden * dense,
            other=moe * hidden * experts + (2 * layers + 1) * hidden,
            vision=_llama4_vision(f),
        ),
    )


def _llama4_vision(f: Fields) -> int:
    """Count the vision tower, its adapter and the projector (transformers `modeling_llama4.py`)."""
    vision = f.whole.get("vision_config")
    if not isinstance(vision, Mapping):
        return 0
    v = Fields(vision, vision, f.name, f"{f.where}: vision_config")
    width, inner = v.number("hidden_size"), v.number("intermediate_size")
    adapter = v.number("projector_input_dim"), v.number("projector_output_dim")
    patch, image = v.number("patch_size"), v.number("image_size")
    layer = 4 * (width**2 + width) + 2 * width * inner + inner + width + 4 * width
    places = (image // patch) ** 2 + 1
    return (
        v.layers * layer
        + 3 * patch**2 * width
        + width
        + places * width
        + 4 * width
        + inner * adapter[0]
        + adapter[0] * adapter[1]
        + v.number("vision_output_dim") * f.number("hidden_size")
    )
