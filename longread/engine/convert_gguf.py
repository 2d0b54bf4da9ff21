"""A llama model in one GGUF file becomes a directory that vLLM loads: bf16 safetensors.

Run as a script by the engine environment's own Python, which has gguf, torch and transformers:
`python -I convert_gguf.py MODEL.gguf DIRECTORY`. longread itself never imports it.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import torch
from gguf import GGUFReader
from gguf.quants import dequantize
from safetensors.torch import save_file
from transformers import AutoTokenizer

TOP = {
    "token_embd.weight": "model.embed_tokens.weight",
    "output_norm.weight": "model.norm.weight",
    "output.weight": "lm_head.weight",
}
BLOCK = {
    "attn_norm": "input_layernorm",
    "ffn_norm": "post_attention_layernorm",
    "attn_q": "self_attn.q_proj",
    "attn_k": "self_attn.k_proj",
    "attn_v": "self_attn.v_proj",
    "attn_output": "self_attn.o_proj",
    "ffn_gate": "mlp.gate_proj",
    "ffn_up": "mlp.up_proj",
    "ffn_down": "mlp.down_proj",
}


def convert(source: Path, directory: Path) -> None:
    """Write weights, configuration and tokenizer of `source` into `directory`."""
    directory.mkdir(parents=True, exist_ok=True)
    reader = GGUFReader(source)
    # The vocabulary is long, and the tokenizer is read by transformers below.
    facts = {
        name: field.contents()
        for name, field in reader.fields.items()
        if not name.startswith(("tokenizer.ggml.tok", "tokenizer.ggml.merges"))
    }
    if facts["general.architecture"] != "llama":
        raise SystemExit(f"{source}: a {facts['general.architecture']} model, not a llama one")
    weights = _weights(reader, facts)
    save_file(weights, directory / "model.safetensors", metadata={"format": "pt"})
    configuration = _configuration(facts, tied="lm_head.weight" not in weights)
    _write(directory / "config.json", configuration)
    ids = {name: value for name, value in configuration.items() if name.endswith("_token_id")}
    _write(directory / "generation_config.json", ids)
    tokenizer = AutoTokenizer.from_pretrained(source.parent, gguf_file=source.name)
    if not tokenizer.chat_template:
        tokenizer.chat_template = facts["tokenizer.chat_template"]
    tokenizer.save_pretrained(directory)


def _weights(reader: Any, facts: dict[str, Any]) -> dict[str, Any]:
    heads = {
        "attn_q": facts["llama.attention.head_count"],
        "attn_k": facts["llama.attention.head_count_kv"],
    }
    weights = {}
    for tensor in reader.tensors:
        shape = tuple(int(size) for size in reversed(tensor.shape))
        values = dequantize(tensor.data, tensor.tensor_type).astype("float32").reshape(shape)
        name = TOP.get(tensor.name)
        if name is None:
            _, layer, rest = tensor.name.split(".", 2)
            part = rest.removesuffix(".weight")
            name = f"model.layers.{layer}.{BLOCK[part]}.weight"
            if part in heads:
                values = _unpermuted(values, heads[part])
        weights[name] = torch.from_numpy(values.copy()).to(torch.bfloat16)
    return weights


def _unpermuted(values: Any, heads: int) -> Any:
    """Undo llama.cpp's permutation of query and key rows, (rows, columns) within each head."""
    rows, columns = values.shape
    return values.reshape(heads, rows // heads // 2, 2, columns).swapaxes(1, 2).reshape(rows, -1)


def _configuration(facts: dict[str, Any], *, tied: bool) -> dict[str, Any]:
    return {
        "architectures": ["LlamaForCausalLM"],
        "model_type": "llama",
        "hidden_act": "silu",
        "hidden_size": facts["llama.embedding_length"],
        "intermediate_size": facts["llama.feed_forward_length"],
        "num_hidden_layers": facts["llama.block_count"],
        "num_attention_heads": facts["llama.attention.head_count"],
        "num_key_value_heads": facts["llama.attention.head_count_kv"],
        "max_position_embeddings": facts["llama.context_length"],
        "rms_norm_eps": facts["llama.attention.layer_norm_rms_epsilon"],
        "rope_theta": facts["llama.rope.freq_base"],
        "vocab_size": facts["llama.vocab_size"],
        "tie_word_embeddings": tied,
        "attention_bias": False,
        "mlp_bias": False,
        "dtype": "bfloat16",
        "bos_token_id": facts["tokenizer.ggml.bos_token_id"],
        "eos_token_id": facts["tokenizer.ggml.eos_token_id"],
        "pad_token_id": facts["tokenizer.ggml.padding_token_id"],
    }


def _write(path: Path, value: dict[str, Any]) -> None:
    path.write_text(json.dumps(value, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    convert(Path(sys.argv[1]), Path(sys.argv[2]))
