"""A Llama 4 so small that a CPU runs its ten million tokens: true tokens, no trained weights.

Attention is as in Scout: three layers of four look at chunks of 8,192 tokens, the fourth at all.
vLLM fills in weights at random with `--load-format dummy`, so answers are words without sense.
"""

from __future__ import annotations

import json
from pathlib import Path

WINDOW = 10_485_760
ARGUMENTS = ("--load-format", "dummy")
CONFIGURATION = {
    "architectures": ["Llama4ForCausalLM"],
    "model_type": "llama4_text",
    "attention_bias": False,
    "attention_chunk_size": 8192,
    "attn_scale": 0.1,
    "attn_temperature_tuning": True,
    "bos_token_id": 200000,
    "dtype": "bfloat16",
    "eos_token_id": [200001, 200007, 200008],
    "floor_scale": 8192,
    "head_dim": 32,
    "hidden_act": "silu",
    "hidden_size": 128,
    "interleave_moe_layer_step": 1,
    "intermediate_size": 128,
    "intermediate_size_mlp": 256,
    "max_position_embeddings": WINDOW,
    "no_rope_layers": [],
    "num_attention_heads": 4,
    "num_experts_per_tok": 1,
    "num_hidden_layers": 4,
    "num_key_value_heads": 2,
    "num_local_experts": 2,
    "pad_token_id": 200018,
    "rms_norm_eps": 1e-05,
    "rope_scaling": {
        "factor": 16.0,
        "high_freq_factor": 1.0,
        "low_freq_factor": 1.0,
        "original_max_position_embeddings": 8192,
        "rope_type": "llama3",
    },
    "rope_theta": 500000.0,
    "use_qk_norm": True,
    "vocab_size": 202048,
}


def build(directory: Path) -> Path:
    """Write the model's configuration and Llama 4's own tokenizer into a directory; return it."""
    directory.mkdir(parents=True, exist_ok=True)
    (directory / "config.json").write_text(json.dumps(CONFIGURATION))
    write_tokenizer(directory)
    return directory


def write_tokenizer(directory: Path) -> None:
    """Write Llama 4's vocabulary, which the `llama-models` package has, as vLLM reads it.

    Merges are found as `TikTokenConverter` of transformers finds them.
    """
    from llama_models.llama4.tokenizer import Tokenizer as Reference
    from tiktoken.load import load_tiktoken_bpe
    from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, pre_tokenizers

    reference = Reference.get_instance()
    file = Path(__import__(Reference.__module__, fromlist=["x"]).__file__ or "")
    ranks = load_tiktoken_bpe(str(file.with_name("tokenizer.model")))
    letters = _letters()
    spelled = {token: "".join(letters[byte] for byte in token) for token in ranks}
    merges = []
    for token, rank in ranks.items():
        cuts = [(token[:at], token[at:]) for at in range(1, len(token))]
        found = [(a, b) for a, b in cuts if a in ranks and b in ranks]
        found.sort(key=lambda pair: (ranks[pair[0]], ranks[pair[1]]))
        merges += [(rank, spelled[a], spelled[b]) for a, b in found]
    merges.sort(key=lambda merge: merge[0])
    vocabulary = {spelled[token]: rank for token, rank in ranks.items()}
    tokenizer = Tokenizer(models.BPE(vocabulary, [(a, b) for _, a, b in merges]))
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(Reference.O200K_PATTERN), "isolated"),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )
    tokenizer.decoder = decoders.ByteLevel()
    special = sorted(reference.special_tokens.items(), key=lambda item: item[1])
    tokenizer.add_special_tokens([AddedToken(name, special=True) for name, _ in special])
    tokenizer.save(str(directory / "tokenizer.json"))
    settings = {
        "tokenizer_class": "PreTrainedTokenizerFast",
        "bos_token": "<|begin_of_text|>",
        "eos_token": "<|eot|>",
        "chat_template": "{% for message in messages %}{{ message.content }}{% endfor %}",
    }
    (directory / "tokenizer_config.json").write_text(json.dumps(settings))


def _letters() -> dict[int, str]:
    """Return the letter that stands for each byte in such vocabularies, as GPT-2 set it."""
    shown = [*range(33, 127), *range(161, 173), *range(174, 256)]
    hidden = [byte for byte in range(256) if byte not in shown]
    return {byte: chr(byte) for byte in shown} | {b: chr(256 + n) for n, b in enumerate(hidden)}
