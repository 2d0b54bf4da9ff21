"""Asks vLLM itself; run by the Python of the engine's environment, never imported by longread.

Reads a JSON list of questions from standard input and prints a JSON list of answers. What each
layer keeps is built from the configuration with vLLM's own classes and shape calculators; pages,
groups, needs, longest windows, layouts and arguments are judged by vLLM's own functions. Some are
private: they may move between versions, and then this fails by name.
"""

import json
import os
import sys
from contextlib import nullcontext
from functools import cache
from types import SimpleNamespace

os.environ |= {"VLLM_LOGGING_LEVEL": "CRITICAL", "HF_HUB_OFFLINE": "1", "VLLM_NO_USAGE_STATS": "1"}

import torch
import vllm.config.vllm
from vllm.config import ModelConfig, VllmConfig
from vllm.distributed.utils import get_pp_indices
from vllm.model_executor.layers.mamba.mamba_utils import (
    MambaStateDtypeCalculator,
    MambaStateShapeCalculator,
)
from vllm.model_executor.models import ModelRegistry
from vllm.platforms.interface import Platform
from vllm.v1.attention.backend import MultipleOf
from vllm.v1.core import kv_cache_utils
from vllm.v1.kv_cache_interface import (
    ChunkedLocalAttentionSpec,
    FullAttentionSpec,
    MambaSpec,
    MLAAttentionSpec,
    SlidingWindowMLASpec,
    SlidingWindowSpec,
    SparseCacheRole,
    UniformTypeKVCacheSpecs,
    get_kv_quant_mode,
)
from vllm.v1.kv_cache_layout import KVCacheLayout
from vllm.v1.worker.block_table import get_block_table_width

ELEMENT = {"bf16": (torch.bfloat16, "auto"), "fp8": (torch.uint8, "fp8")}


class Configuration:
    """What vLLM's functions ask its configuration, with its own rules for tokens in flight."""

    max_concurrent_batches = VllmConfig.max_concurrent_batches
    max_in_flight_tokens = VllmConfig.max_in_flight_tokens
    use_v2_model_runner = True
    speculative_config = None

    def __init__(self, how):
        layout = KVCacheLayout.BLHNC if how["packed"] else KVCacheLayout.LBHNC
        self.model_config = SimpleNamespace(max_model_len=how["context"])
        self.parallel_config = SimpleNamespace(
            pipeline_parallel_size=how["pp"],
            tensor_parallel_size=how["tp"],
            decode_context_parallel_size=1,
        )
        self.scheduler_config = SimpleNamespace(
            max_num_batched_tokens=how["batched"],
            async_scheduling=how["asynchronous"],
            disable_hybrid_kv_cache_manager=not how["hybrid"],
        )
        self.cache_config = SimpleNamespace(
            mamba_cache_mode="align" if how["prefix_caching"] else "none",
            get_resolved_kv_cache_layout=lambda: layout,
        )
        self.attention_config = SimpleNamespace(hisparse_config=None)


class Kernel(Platform):
    """A platform whose attention kernels take 16 tokens at once, as FlashAttention's do."""

    backend = SimpleNamespace(
        get_supported_kernel_block_sizes=lambda *_: [MultipleOf(16)],
        customize_spec=lambda spec: spec,
    )

    @classmethod
    def _find_non_ssm_backends(cls, vllm_config):
        return [cls.backend]


def align(model, shapes, dtypes, how):
    """Let vLLM make attention pages as large as states; return the block and the padded page."""
    cls = SimpleNamespace(
        get_mamba_state_shape_from_config=lambda _: shapes,
        get_mamba_state_dtype_from_config=lambda _: dtypes,
    )
    latent = "kv_lora_rank" in model
    heads = 1 if latent else max(1, model["num_key_value_heads"] // how["tp"])
    size = model["kv_lora_rank"] + model["qk_rope_head_dim"] if latent else model["head_dim"]
    asked = SimpleNamespace(
        cache_config=SimpleNamespace(
            cache_dtype=ELEMENT[how["kv"]][1],
            block_size=how["block"],
            kv_cache_dtype_skip_layers=[],
            mamba_cache_mode="align" if how["prefix_caching"] else "none",
            mamba_page_size_padded=None,
            mamba_block_size=None,
        ),
        model_config=SimpleNamespace(
            dtype=torch.bfloat16,
            use_mla=latent,
            architecture="",
            get_num_kv_heads=lambda _: heads,
            get_head_size=lambda: size,
        ),
        parallel_config=None,
    )
    # No model of this shape can be built without its weights: its answers are given instead.
    ModelRegistry.resolve_model_cls = lambda *_, **__: (cls, "")
    vllm.config.vllm.set_current_vllm_config = lambda *_, **__: nullcontext()
    Kernel._align_hybrid_block_size(asked, Kernel.backend)
    return asked.cache_config.block_size, asked.cache_config.mamba_page_size_padded


def states(model, tp):
    if model["model_type"] == "kimi_linear":
        linear = model["linear_attn_config"]
        return MambaStateShapeCalculator.kda_state_shape(
            tp, linear["num_heads"], linear["head_dim"],
            conv_kernel_size=linear["short_conv_kernel_size"],
        )  # fmt: skip
    return MambaStateShapeCalculator.gated_delta_net_state_shape(
        tp, model["linear_num_key_heads"], model["linear_num_value_heads"],
        model["linear_key_head_dim"], model["linear_value_head_dim"],
        model["linear_conv_kernel_dim"],
    )  # fmt: skip


def state_types(model):
    if model["model_type"] == "kimi_linear":
        return MambaStateDtypeCalculator.kda_state_dtype(torch.bfloat16, "auto")
    kept = model.get("mamba_ssm_dtype") or "auto"
    return MambaStateDtypeCalculator.gated_delta_net_state_dtype(torch.bfloat16, "auto", kept)


def specs(model, how):
    """Return what each layer keeps, as vLLM's own specifications, by the layer's name."""
    tp, dtype, mode = how["tp"], ELEMENT[how["kv"]][0], get_kv_quant_mode(ELEMENT[how["kv"]][1])
    layers = range(model["num_hidden_layers"])
    kind = model["model_type"]
    if kind == "deepseek_v4":
        return deepseek_v4(model, layers)
    if kind in ("kimi_linear", "qwen3_5_moe_text"):
        shapes, dtypes = states(model, tp), state_types(model)
        block, padded = align(model, shapes, dtypes, how)
        state = MambaSpec(
            shapes=tuple(shapes), dtypes=dtypes, page_size_padded=padded,
            block_size=block if how["prefix_caching"] else how["context"],
            mamba_cache_mode="align" if how["prefix_caching"] else "none",
        )  # fmt: skip
        if kind == "kimi_linear":
            full = MLAAttentionSpec(
                block_size=block, num_kv_heads=1, max_tp_shards=1, dtype=dtype, kv_quant_mode=mode,
                head_size=model["kv_lora_rank"] + model["qk_rope_head_dim"],
            )  # fmt: skip
            at = {n - 1 for n in model["linear_attn_config"]["full_attn_layers"]}
        else:
            full = FullAttentionSpec(
                block_size=block, num_kv_heads=max(1, model["num_key_value_heads"] // tp),
                head_size=model["head_dim"], dtype=dtype, kv_quant_mode=mode,
            )  # fmt: skip
            at = {i for i in layers if (i + 1) % model["full_attention_interval"] == 0}
        return {name(i): full if i in at else state for i in layers}
    if "kv_lora_rank" in model:
        return latent(model, how, layers, dtype, mode)
    common = {
        "block_size": how["block"], "num_kv_heads": max(1, model["num_key_value_heads"] // tp),
        "head_size": model["head_dim"], "dtype": dtype, "kv_quant_mode": mode,
    }  # fmt: skip
    full = FullAttentionSpec(**common)
    if kind == "llama4_text":
        chunked = ChunkedLocalAttentionSpec(
            attention_chunk_size=model["attention_chunk_size"], **common
        )
        return {name(i): chunked if (i + 1) % 4 else full for i in layers}
    sliding = SlidingWindowSpec(sliding_window=model.get("sliding_window") or 1, **common)
    types = model.get("layer_types") or ["full_attention"] * len(layers)
    return {name(i): full if types[i] == "full_attention" else sliding for i in layers}


def latent(model, how, layers, dtype, mode):
    """MLA, and an indexer's keys where there is one: then fp8 vectors are laid out by hand."""
    sparse = "index_head_dim" in model
    full = MLAAttentionSpec(
        block_size=how["block"], num_kv_heads=1, max_tp_shards=1, dtype=dtype, kv_quant_mode=mode,
        head_size=model["kv_lora_rank"] + model["qk_rope_head_dim"],
        cache_dtype_str="fp8_ds_mla" if sparse and how["kv"] == "fp8" else "auto",
        state_content_bytes=656 if sparse and how["kv"] == "fp8" else None,
    )  # fmt: skip
    found = {name(i): full for i in layers}
    if sparse:
        size = model["index_head_dim"] + model["index_head_dim"] // 128 * 4
        keys = MLAAttentionSpec(
            block_size=how["block"], num_kv_heads=1, max_tp_shards=1, dtype=torch.uint8,
            head_size=size, cache_role=SparseCacheRole.INDEXER,
        )  # fmt: skip
        found |= {name(i) + ".indexer": keys for i in layers}
    return found


def deepseek_v4(model, layers):
    """The caches that `models/deepseek_v4` and its compressor register, with their own sizes."""
    found = {}
    head, index = model["head_dim"], model["index_head_dim"]

    def vectors(rate, **kind):
        return MLAAttentionSpec(
            block_size=256, num_kv_heads=1, max_tp_shards=1, dtype=torch.uint8,
            tokens_per_state=rate, alignment=576, **kind,
        )  # fmt: skip

    def waiting(rate, size):
        overlap = 1 + (rate == 4)
        return SlidingWindowMLASpec(
            block_size={4: 4, 128: 8}[rate], num_kv_heads=1, max_tp_shards=1,
            head_size=2 * overlap * size, dtype=torch.float32, sliding_window=overlap * rate,
            alignment=576,
        )  # fmt: skip

    for i in layers:
        rate = max(1, model["compress_ratios"][i])
        found[name(i) + ".swa"] = SlidingWindowMLASpec(
            block_size=64, num_kv_heads=1, max_tp_shards=1, head_size=head, dtype=torch.uint8,
            sliding_window=model["sliding_window"], cache_dtype_str="fp8_ds_mla",
            state_content_bytes=584, alignment=576, model_version="deepseek_v4",
        )  # fmt: skip
        if rate == 1:
            continue
        found[name(i)] = vectors(
            rate, head_size=head, cache_dtype_str="fp8_ds_mla", state_content_bytes=584,
            model_version="deepseek_v4",
        )  # fmt: skip
        found[name(i) + ".compressor"] = waiting(rate, head)
        if rate == 4:
            found[name(i) + ".index"] = vectors(rate, head_size=index + index // 128 * 4)
            found[name(i) + ".index.compressor"] = waiting(rate, index)
    return found


def name(layer):
    return f"model.layers.{layer}.self_attn"


def kv(question):
    model, how = question["model"], question["how"]
    cfg = Configuration(how)
    merged = specs(model, how)
    original = dict(merged)
    groups = kv_cache_utils.get_kv_cache_groups(cfg, merged)
    needs, longest, counts, pools = [], [], [], []
    for rank in range(how["pp"]):
        start, end = get_pp_indices(model["num_hidden_layers"], rank, how["pp"])
        own = {n: s for n, s in original.items() if start <= int(n.split(".")[2]) < end}
        part = kv_cache_utils._project_kv_cache_groups_to_worker(groups, own)
        block = kv_cache_utils._pool_bytes_per_block(cfg, part)
        needs.append(kv_cache_utils._max_memory_usage_bytes_from_groups(cfg, part))
        room = question["room"] - block
        longest.append(kv_cache_utils._estimate_max_model_len_from_groups(cfg, part, room))
        counts.append(question["room"] // block)
        pools.append(part)
    config = SimpleNamespace(num_blocks=min(counts), kv_cache_groups=pools[0])
    return {
        "need": max(needs),
        "longest": min(longest),
        "groups": len(groups),
        "capacity": kv_cache_utils.get_kv_cache_capacity(cfg, config)[0],
        "tables": 2 * 4 * how["sequences"] * sum(width(cfg, group, how) for group in groups),
    }


def width(cfg, group, how):
    """Cells in a row of a block table, as `v1/worker/gpu/model_runner.py` asks for them."""
    spec = group.kv_cache_spec
    one = spec.first_spec if isinstance(spec, UniformTypeKVCacheSpecs) else spec
    cells = spec.max_num_blocks_per_req(cfg, how["context"])
    return get_block_table_width(
        cells, spec.block_size, token_alignment=one.block_table_token_alignment
    )


def layout(question):
    """Why `ModelConfig.verify_with_parallel_config` refuses a layout, or nothing."""
    model = SimpleNamespace(
        model_arch_config=SimpleNamespace(total_num_attention_heads=question["heads"]),
        get_total_num_kv_heads=lambda: question["kv_heads"],
        use_mla=question["latent"],
        registry=SimpleNamespace(is_pp_supported_model=lambda *_: True),
        architectures=[],
        multimodal_config=None,
    )
    parallel = SimpleNamespace(
        enable_hc_sp=False,
        tensor_parallel_size=question["tp"],
        pipeline_parallel_size=question["pp"],
        decode_context_parallel_size=question["dcp"],
        enable_expert_parallel=False,
    )
    try:
        ModelConfig.verify_with_parallel_config(model, parallel)
    except ValueError as error:
        return str(error)
    return ""


@cache
def parser():
    from vllm.entrypoints.launchers.cli_args import make_arg_parser
    from vllm.utils.argparse_utils import FlexibleArgumentParser

    def refuse(message):
        raise ValueError(message)

    made = make_arg_parser(FlexibleArgumentParser())
    made.error = refuse
    return made


def command(question):
    """Why vLLM's own parser refuses the arguments of `vllm serve`, or nothing."""
    try:
        _, unknown = parser().parse_known_args(question["arguments"])
    except ValueError as error:
        return str(error)
    return " ".join(unknown)


def variables(question):
    """Which of these environment variables vLLM does not know."""
    from vllm import envs

    return [name for name in question["names"] if name not in envs.environment_variables]


ASK = {"kv": kv, "layout": layout, "command": command, "variables": variables}
answers = [ASK[question["ask"]](question) for question in json.load(sys.stdin)]
print("\n" + json.dumps(answers))
