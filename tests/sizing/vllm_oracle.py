"""Asks vLLM itself; run by the Python of the engine's environment, never imported by longread.

Reads a JSON list of questions from standard input and prints a JSON list of answers. What each
layer keeps is built from the configuration with vLLM's own classes and shape calculators; pages,
groups, needs and longest windows are vLLM's own functions. They are private: they may move
between versions, and then this fails by name.
"""

import json
import os
import sys
import tempfile
from pathlib import Path
from types import SimpleNamespace

os.environ |= {"VLLM_LOGGING_LEVEL": "CRITICAL", "HF_HUB_OFFLINE": "1", "VLLM_NO_USAGE_STATS": "1"}

import torch
from vllm.distributed.utils import get_pp_indices
from vllm.engine.arg_utils import EngineArgs
from vllm.model_executor.layers.mamba.mamba_utils import MambaStateShapeCalculator
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
    get_kv_quant_mode,
)

TINY = {
    "architectures": ["Llama4ForCausalLM"], "model_type": "llama4_text", "hidden_size": 256,
    "intermediate_size": 256, "intermediate_size_mlp": 256, "num_hidden_layers": 4,
    "num_attention_heads": 40, "num_key_value_heads": 8, "head_dim": 128, "vocab_size": 256,
    "num_local_experts": 2, "num_experts_per_tok": 1, "max_position_embeddings": 10_485_760,
    "torch_dtype": "bfloat16",
}  # fmt: skip
ELEMENT = {"bf16": (torch.bfloat16, "auto"), "fp8": (torch.uint8, "fp8")}


def configuration():
    """vLLM's whole configuration, made once; each question changes what it is about."""
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "config.json").write_text(json.dumps(TINY))
        return EngineArgs(
            model=folder, skip_tokenizer_init=True, load_format="dummy", max_model_len=4096,
            max_num_batched_tokens=8192, block_size=16,
        ).create_engine_config()  # fmt: skip


class Kernel(Platform):
    """A platform whose attention kernels take 16 tokens at once, as FlashAttention's do."""

    backend = SimpleNamespace(
        get_supported_kernel_block_sizes=lambda *_: [MultipleOf(16)],
        customize_spec=lambda spec: spec,
    )

    @classmethod
    def _find_non_ssm_backends(cls, vllm_config):
        return [cls.backend]


def align(cfg, model, shapes, dtypes, how):
    """Let vLLM make attention pages as large as states; return the block and the padded page."""
    cls = SimpleNamespace(
        get_mamba_state_shape_from_config=lambda _: shapes,
        get_mamba_state_dtype_from_config=lambda _: dtypes,
    )
    latent = "kv_lora_rank" in model
    heads = 1 if latent else max(1, model["num_key_value_heads"] // how["tp"])
    size = model["kv_lora_rank"] + model["qk_rope_head_dim"] if latent else model["head_dim"]
    stand_in = SimpleNamespace(
        cache_config=SimpleNamespace(
            cache_dtype=ELEMENT[how["kv"]][1], block_size=how["block"], kv_cache_dtype_skip_layers=[],
            mamba_cache_mode="align" if how["prefix_caching"] else "none",
            mamba_page_size_padded=None, mamba_block_size=None,
        ),
        model_config=SimpleNamespace(
            dtype=torch.bfloat16, use_mla=latent, architecture="",
            get_num_kv_heads=lambda _: heads, get_head_size=lambda: size,
        ),
        parallel_config=None, compilation_config=cfg.compilation_config,
    )  # fmt: skip
    original = ModelRegistry.resolve_model_cls
    ModelRegistry.resolve_model_cls = lambda *_, **__: (cls, "")
    from vllm.config import vllm as config_module

    entered = config_module.set_current_vllm_config
    from contextlib import nullcontext

    import vllm.config

    vllm.config.vllm.set_current_vllm_config = lambda *_, **__: nullcontext()
    try:
        Kernel._align_hybrid_block_size(stand_in, Kernel.backend)
    finally:
        ModelRegistry.resolve_model_cls = original
        vllm.config.vllm.set_current_vllm_config = entered
    cache = stand_in.cache_config
    return cache.block_size, cache.mamba_page_size_padded


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


def specs(cfg, model, how):
    """Return what each layer keeps, as vLLM's own specifications, by the layer's name."""
    tp, dtype, mode = how["tp"], ELEMENT[how["kv"]][0], get_kv_quant_mode(ELEMENT[how["kv"]][1])
    layers = range(model["num_hidden_layers"])
    kind = model["model_type"]
    if kind == "deepseek_v4":
        return deepseek_v4(model, layers)
    if kind in ("kimi_linear", "qwen3_5_moe_text"):
        shapes, dtypes = states(model, tp), (torch.bfloat16, torch.float32)
        block, padded = align(cfg, model, shapes, dtypes, how)
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


def prepare(cfg, how):
    """Set vLLM's configuration to what a question is about."""
    cfg.model_config.max_model_len = how["context"]
    cfg.scheduler_config.max_num_batched_tokens = how["batched"]
    cfg.scheduler_config.disable_hybrid_kv_cache_manager = not how["hybrid"]
    cfg.cache_config.block_size = how["block"]
    cfg.cache_config.mamba_cache_mode = "align" if how["prefix_caching"] else "none"
    cfg.cache_config.kv_cache_layout = "BLHNC" if how["packed"] else "LBHNC"
    # On GPUs vLLM plans a step ahead, and V2's runner keeps one more batch than stages.
    batches = how["pp"] + how["asynchronous"]
    type(cfg).max_in_flight_tokens = property(
        lambda self: batches * self.scheduler_config.max_num_batched_tokens
    )


def kv(cfg, question):
    model, how = question["model"], question["how"]
    prepare(cfg, how)
    merged = specs(cfg, model, how)
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
    }


def layout(cfg, question):
    """Whether `ModelConfig.verify_with_parallel_config` accepts a layout, and if not, why."""
    how, model = question["how"], cfg.model_config
    model.model_arch_config.total_num_attention_heads = question["heads"]
    model.model_arch_config.total_num_kv_heads = question["kv_heads"]
    parallel = SimpleNamespace(
        enable_hc_sp=False, tensor_parallel_size=how["tp"], pipeline_parallel_size=how["pp"],
        decode_context_parallel_size=how["dcp"], enable_expert_parallel=False,
        world_size_across_dp=how["tp"] * how["pp"],
    )  # fmt: skip
    try:
        model.verify_with_parallel_config(parallel)
    except (ValueError, NotImplementedError) as error:
        return {"refused": str(error)}
    return {"refused": ""}


def command(question):
    """Whether vLLM's own parser takes the arguments of `vllm serve`."""
    from vllm.entrypoints.openai.cli_args import make_arg_parser
    from vllm.utils.argparse_utils import FlexibleArgumentParser

    parser = make_arg_parser(FlexibleArgumentParser())
    parser.error = lambda message: (_ for _ in ()).throw(ValueError(message))
    try:
        known, unknown = parser.parse_known_args(question["arguments"])
    except ValueError as error:
        return {"refused": str(error)}
    return {"refused": " ".join(unknown)}


def main():
    questions = json.load(sys.stdin)
    cfg = configuration()
    ask = {"kv": lambda q: kv(cfg, q), "layout": lambda q: layout(cfg, q), "command": command}
    answers = [ask[q["ask"]](q) for q in questions]
    print("\n" + json.dumps(answers))


main()
