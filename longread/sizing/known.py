"""Models whose facts come with longread, by the names people use for them.

Each is a configuration as its makers publish it, read by `facts`, with what is known beyond it.
Sources: configurations in transformers and vLLM 0.32 (`configuration_llama4.py`,
`configuration_qwen3_5_moe.py`, `configuration_kimi_linear.py`, `configuration_deepseek_v4.py`) and
copies of the published ones in TensorRT-LLM's and Megatron Bridge's tests.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

from longread.errors import ConfigError, similar
from longread.sizing.facts import model, read
from longread.sizing.model import Model


@dataclass(frozen=True, slots=True)
class Known:
    """A configuration and what it does not say."""

    repository: str
    config: Mapping[str, Any]
    aliases: tuple[str, ...]
    facts: Mapping[str, Any]


_LLAMA4 = {
    "model_type": "llama4_text",
    "hidden_size": 5120,
    "num_hidden_layers": 48,
    "num_attention_heads": 40,
    "num_key_value_heads": 8,
    "head_dim": 128,
    "intermediate_size": 8192,
    "intermediate_size_mlp": 16384,
    "num_experts_per_tok": 1,
    "attention_chunk_size": 8192,
    "vocab_size": 202048,
}
_LLAMA4_VISION = {
    "hidden_size": 1408,
    "image_size": 336,
    "intermediate_size": 5632,
    "num_hidden_layers": 34,
    "patch_size": 14,
    "projector_input_dim": 4096,
    "projector_output_dim": 4096,
    "vision_output_dim": 4096,
}

MODELS: dict[str, Known] = {
    "llama4-scout": Known(
        "meta-llama/Llama-4-Scout-17B-16E-Instruct",
        {
            "model_type": "llama4",
            "text_config": _LLAMA4
            | {
                "num_local_experts": 16,
                "interleave_moe_layer_step": 1,
                "max_position_embeddings": 10_485_760,
            },
            "vision_config": _LLAMA4_VISION,
        },
        ("scout", "llama-4-scout", "llama4", "llama4:scout", "llama-4-scout-17b-16e-instruct"),
        {
            "trained": 262_144,
            "quality": "MRCR at 1M 15.7 % (128K: 38.7 %), contextarena.ai; Fiction.liveBench at "
            "120K 15.6 % in one run, 27.3 % in a later table; trained at 256K (Meta)",
            "recipe": "vLLM's recipe for it switches prefix caching off on Hopper, Blackwell and "
            "AMD; AMD's caps it at 32,000 tokens",
            "disagreements": (
                "context: 327,680 (Together) and 512K (a catalogue) are hosts' limits; the "
                "configuration says 10,485,760",
                "80 layers, hidden 8,192, 64 heads (a wiki): the configuration says 48, 5,120, 40",
                "2 active experts (a wiki) counts the shared one; num_experts_per_tok is 1",
                "61.8 to 218.5 GB 'VRAM required' (a catalogue) are the weights alone",
                "4-bit on a 24 GB GPU (a catalogue): the weights alone are 54 to 61 GB",
            ),
        },
    ),
    "llama4-maverick": Known(
        "meta-llama/Llama-4-Maverick-17B-128E-Instruct",
        {
            "model_type": "llama4",
            "text_config": _LLAMA4
            | {
                "num_local_experts": 128,
                "interleave_moe_layer_step": 2,
                "max_position_embeddings": 1_048_576,
            },
            "vision_config": _LLAMA4_VISION,
        },
        (
            "maverick",
            "llama4:maverick",
            "llama-4-maverick",
            "llama-4-maverick-17b-128e-instruct",
            "llama-4-maverick-17b-128e-instruct-fp8",
        ),
        {
            "quality": "MRCR at 1M 36.9 % (128K: 48.2 %), contextarena.ai; a later table says 30.1 "
            "and 50.3 %",
            "disagreements": (
                "context 524,288 (Together) is the host's limit; the configuration says 1,048,576",
                "'single H100' (Together) means one DGX host of eight: fp8 weights are 405 GB",
                "'3 H100s' (a wiki): 240 GB hold no 405 GB of fp8 weights",
            ),
        },
    ),
    "qwen3.6-35b-a3b": Known(
        "Qwen/Qwen3.6-35B-A3B",
        {
            "model_type": "qwen3_5_moe_text",
            "hidden_size": 2048,
            "num_hidden_layers": 40,
            "num_attention_heads": 16,
            "num_key_value_heads": 2,
            "head_dim": 256,
            "linear_conv_kernel_dim": 4,
            "linear_key_head_dim": 128,
            "linear_value_head_dim": 128,
            "linear_num_key_heads": 16,
            "linear_num_value_heads": 32,
            "mamba_ssm_dtype": "float32",
            "moe_intermediate_size": 512,
            "shared_expert_intermediate_size": 512,
            "num_experts": 256,
            "num_experts_per_tok": 8,
            "full_attention_interval": 4,
            "max_position_embeddings": 262_144,
            "vocab_size": 248_320,
        },
        ("qwen3.6", "qwen3.5-35b-a3b", "qwen", "qwen36"),
        {
            "trained": 262_144,
            "sees": True,
            "stretched": 1_010_000,
            "stretch": '{"text_config": {"rope_parameters": {"mrope_interleaved": true, '
            '"mrope_section": [11, 11, 10], "rope_type": "yarn", "rope_theta": 10000000, '
            '"partial_rotary_factor": 0.25, "factor": 4.0, '
            '"original_max_position_embeddings": 262144}}}',
            "notes": (
                "the vision tower, about 0.4 B parameters, is left out: serve it with "
                "--language-model-only",
            ),
        },
    ),
    "kimi-linear-48b-a3b": Known(
        "moonshotai/Kimi-Linear-48B-A3B-Instruct",
        {
            "model_type": "kimi_linear",
            "hidden_size": 2304,
            "num_hidden_layers": 27,
            "num_attention_heads": 32,
            "intermediate_size": 9216,
            "moe_intermediate_size": 1024,
            "num_experts": 256,
            "num_experts_per_token": 8,
            "num_shared_experts": 1,
            "first_k_dense_replace": 1,
            "kv_lora_rank": 512,
            "qk_nope_head_dim": 128,
            "qk_rope_head_dim": 64,
            "v_head_dim": 128,
            "model_max_length": 1_048_576,
            "vocab_size": 163_840,
            "linear_attn_config": {
                "full_attn_layers": [4, 8, 12, 16, 20, 24, 27],
                "num_heads": 32,
                "head_dim": 128,
                "short_conv_kernel_size": 4,
            },
        },
        ("kimi-linear", "kimi", "kimi-linear-48b-a3b-instruct"),
        {"recipe": "its recipe pins vLLM 0.11.2 for a regression in 0.12.0"},
    ),
    "deepseek-v4-flash": Known(
        "deepseek-ai/DeepSeek-V4-Flash",
        {
            "model_type": "deepseek_v4",
            "hidden_size": 4096,
            "num_hidden_layers": 43,
            "num_attention_heads": 64,
            "num_key_value_heads": 1,
            "head_dim": 512,
            "q_lora_rank": 1024,
            "o_lora_rank": 1024,
            "o_groups": 8,
            "qk_rope_head_dim": 64,
            "sliding_window": 128,
            "index_n_heads": 64,
            "index_head_dim": 128,
            "index_topk": 512,
            "moe_intermediate_size": 2048,
            "n_routed_experts": 256,
            "n_shared_experts": 1,
            "num_experts_per_tok": 6,
            "hc_mult": 4,
            "compress_ratios": [0, 0, *(4, 128) * 20, 4, 0],
            "max_position_embeddings": 1_048_576,
            "vocab_size": 129_280,
        },
        ("deepseek-v4", "deepseek", "dsv4", "v4-flash"),
        {
            "recipe": "vLLM issue 42948: a prompt sent again found nothing in the cache; measure "
            "the hits before you count on them",
            "stored": "fp4 experts, fp8 the rest",
            "notes": (
                "its published weights are quantized already, experts to fp4 (vLLM's default for "
                "it): of the precisions here int4 is the nearest",
                "the layer for predicting a second token (MTP) is left out",
            ),
        },
    ),
}


def names() -> list[str]:
    """Return the names of the models whose facts come with longread."""
    return list(MODELS)


def find(name: str) -> Model:
    """Return a model by name, by its repository's name, or from a directory or `config.json`.

    Raises:
        ConfigError: nothing is called so, or its configuration cannot be read.
    """
    if known := _aliases().get(name.lower()) or _aliases().get(name.rpartition("/")[2].lower()):
        return _made(known)
    if path := there(name):
        return replace(read(path), repository=str(path if path.is_dir() else path.parent))
    close = similar(name.lower(), _aliases())
    raise ConfigError(
        f"no model is called {name!r}, and there is no such file",
        hint=f"did you mean {close}?"
        if close
        else f"known are {', '.join(MODELS)}; or name a directory with a config.json",
    )


def there(name: str) -> Path | None:
    """Return the file or directory of a name, where there is one that can be looked at."""
    try:
        path = Path(name).expanduser()
        return path if path.is_dir() or path.is_file() else None
    except (OSError, ValueError, RuntimeError):
        # A name may be longer than any file's, or "~nobody", or lie where one must not look.
        return None


@cache
def _aliases() -> dict[str, str]:
    found = {}
    for name, known in MODELS.items():
        for alias in (name, known.repository.lower(), *known.aliases):
            found[alias] = name
        found[known.repository.rpartition("/")[2].lower()] = name
    return found


@cache
def _made(name: str) -> Model:
    known = MODELS[name]
    made = model(known.config, name, f"the facts of {name}")
    return replace(made, repository=known.repository, **known.facts)
