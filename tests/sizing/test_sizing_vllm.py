"""Every byte against vLLM itself: its own functions, on the CPU, asked in a process of their own.

All questions are put to one process, for importing vLLM is what takes the time.
"""

from __future__ import annotations

import json
import os
import random
import subprocess
from dataclasses import asdict, dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from longread.analysis.plan import Asked, plan
from longread.engine import environment
from longread.sizing import facts, known, kv, layouts
from longread.sizing.buffers import block_tables
from longread.sizing.grouping import groups
from longread.sizing.model import Model
from longread.sizing.pages import Deployment, pages
from longread.sizing.serve import words

pytestmark = pytest.mark.engine

ORACLE = Path(__file__).parent / "vllm_oracle.py"
CONFIGURATIONS = 480
TEN_MILLION = Deployment(tp=8, kv="fp8", block=16, batched=8_192)


@dataclass(frozen=True)
class Case:
    """A configuration of a model, a deployment, a length and a memory."""

    config: dict[str, Any]
    how: Deployment
    context: int
    room: int
    """Bytes for the cache on each GPU."""

    @property
    def model(self) -> Model:
        return facts.model(self.config, "asked")

    @property
    def question(self) -> dict[str, Any]:
        packed = self.config["model_type"] == "deepseek_v4"
        how = asdict(self.how) | {"context": self.context, "packed": packed}
        return {"ask": "kv", "model": self.config, "how": how, "room": self.room}

    @property
    def answer(self) -> dict[str, int]:
        model = self.model
        return {
            "need": kv.need(model, self.how, self.context),
            "longest": kv.longest(model, self.how, self.room, self.context),
            "groups": len(groups(pages(model, self.how), self.how)),
            "capacity": kv.capacity(model, self.how, self.room, self.context),
            "tables": block_tables(model, self.how, self.context),
        }


def draw(rng: random.Random) -> Case:
    """Draw a configuration: one that is published, or one like Llama 4's or Gemma's."""
    configs = [known.MODELS[name].config for name in known.names()]
    config = dict(rng.choice([*configs, like_llama4(rng), like_gemma(rng), like_deepseek(rng)]))
    config = dict(config.get("text_config") or config)
    config.setdefault("attention_chunk_size", 8_192)
    if rng.random() < 0.5:
        config.pop("mamba_ssm_dtype", None)
    compressed = config["model_type"] == "deepseek_v4"
    states = "linear_attn_config" in config or "linear_num_key_heads" in config
    if not config["model_type"].startswith("llama4"):
        del config["attention_chunk_size"]
    how = Deployment(
        tp=rng.choice([1, 2, 4, 8]),
        pp=rng.choice([1, 1, 2, 3, 4]),
        kv=rng.choice(["bf16", "fp8"]),
        block=256 if compressed else rng.choice([16, 32, 64, 128, 256]),
        batched=rng.choice([2_048, edge(rng), 8_192, 16_384, 32_768]),
        sequences=rng.choice([1, 8, 64, 1_024]),
        hybrid=rng.random() < 0.6 or states or compressed,
        asynchronous=rng.random() < 0.8,
        prefix_caching=rng.random() < 0.8,
    )
    longest = rng.choice([20_000, 200_000, 2_000_000, 10_485_760])
    context = rng.choice([rng.randrange(1, longest), edge(rng)])
    return Case(config, how, context, rng.randrange(1 << 28, 1 << 37))


def edge(rng: random.Random) -> int:
    """Draw a number beside a multiple of blocks, where rounding shows."""
    return 256 * rng.randrange(1, 64) + rng.choice([-1, 0, 1])


def like_llama4(rng: random.Random) -> dict[str, Any]:
    config = dict(known.MODELS["llama4-scout"].config["text_config"])
    return config | {
        "num_hidden_layers": 4 * rng.randrange(1, 17),
        "num_key_value_heads": rng.choice([1, 2, 4, 8]),
        "head_dim": rng.choice([64, 128, 256]),
        "attention_chunk_size": rng.choice([1_024, 8_192, edge(rng)]),
    }


def like_gemma(rng: random.Random) -> dict[str, Any]:
    layers = rng.randrange(4, 65)
    types = [rng.choice(["sliding_attention", "full_attention"]) for _ in range(layers)]
    return {
        "model_type": "gemma3_text", "hidden_size": 2560, "intermediate_size": 10_240,
        "num_hidden_layers": layers, "num_attention_heads": 8, "head_dim": 256,
        "num_key_value_heads": rng.choice([1, 2, 4, 8]), "vocab_size": 262_144,
        "max_position_embeddings": 131_072,
        "sliding_window": rng.choice([128, 513, 1_025, edge(rng)]),
        "layer_types": types,
    }  # fmt: skip


def like_deepseek(rng: random.Random) -> dict[str, Any]:
    config = {
        "model_type": "deepseek_v3", "hidden_size": 7168, "intermediate_size": 18_432,
        "num_hidden_layers": rng.randrange(4, 65), "num_attention_heads": 128,
        "vocab_size": 129_280, "kv_lora_rank": rng.choice([256, 512]), "qk_rope_head_dim": 64,
        "qk_nope_head_dim": 128, "v_head_dim": 128, "q_lora_rank": 1536, "n_routed_experts": 256,
        "moe_intermediate_size": 2048, "n_shared_experts": 1, "num_experts_per_tok": 8,
        "first_k_dense_replace": 3, "max_position_embeddings": 163_840,
    }  # fmt: skip
    index = {"index_n_heads": 64, "index_head_dim": 128, "index_topk": 2048}
    return config | (index | {"model_type": "deepseek_v32"} if rng.random() < 0.5 else {})


@cache
def cases() -> list[Case]:
    rng = random.Random(6)
    scout = dict(known.MODELS["llama4-scout"].config["text_config"])
    return [
        Case(scout, TEN_MILLION, 10_000_000, 45_000_000_000),
        *(draw(rng) for _ in range(CONFIGURATIONS)),
    ]


def spreads() -> list[tuple[Model, int, int, int]]:
    sizes = (1, 2, 3, 4, 5, 8, 10, 16, 20, 32, 40)
    return [
        (known.find(name), tp, pp, dcp)
        for name in known.names()
        for tp in sizes
        for pp, dcp in ((1, 1), (2, 1), (1, 2), (1, 5))
    ]


@cache
def plans() -> list[list[str]]:
    """Return the arguments of many commands, as a shell splits them."""
    found = []
    for name in known.names():
        for use in ("ask", "review"):
            for precision in ("bf16", "fp8", "int4"):
                context = 1_000_000
                for gpus in (8, 16):
                    made = plan(Asked(name, context, "h200", gpus, precision=precision, use=use))
                    found.append(list(words(made.command))[2:])
    return found


def names() -> list[str]:
    """Return the variables of plans that need all of them between them."""
    wishes = [("scout", 10_000_000), ("qwen3.6", 1_000_000)]
    plans = [plan(Asked(name, context, "a100", batched=65_536)) for name, context in wishes]
    return sorted({one.text.split("=")[0] for made in plans for one in made.environment})


@pytest.fixture(scope="module")
def answers(users_cache: str) -> dict[str, list[Any]]:
    """What vLLM says to every question of this file."""
    asked: list[dict[str, Any]] = [case.question for case in cases()]
    for model, tp, pp, dcp in spreads():
        about = {"heads": model.query_heads, "kv_heads": model.kv_heads, "latent": model.is_latent}
        asked.append({"ask": "layout", "tp": tp, "pp": pp, "dcp": dcp} | about)
    asked += [{"ask": "command", "arguments": arguments} for arguments in plans()]
    asked.append({"ask": "variables", "names": names()})
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LONGREAD_CACHE", users_cache)
        python = environment.require().python
    done = subprocess.run(
        [str(python), str(ORACLE)],
        input=json.dumps(asked),
        capture_output=True,
        text=True,
        env=os.environ | {"CUDA_VISIBLE_DEVICES": ""},
    )
    assert done.returncode == 0, done.stderr[-4_000:]
    found: dict[str, list[Any]] = {}
    for question, answer in zip(asked, json.loads(done.stdout.splitlines()[-1]), strict=True):
        found.setdefault(question["ask"], []).append(answer)
    return found


def test_scout_at_ten_million_tokens_needs_what_vllm_says(answers: dict[str, list[Any]]) -> None:
    assert answers["kv"][0]["need"] == 30_946_492_416
    assert kv.need(known.find("scout"), TEN_MILLION, 10_000_000) == 30_946_492_416
    assert answers["kv"][0]["capacity"] == 14_541_222


def test_every_configuration_equals_vllm_to_the_byte(answers: dict[str, list[Any]]) -> None:
    assert len(answers["kv"]) > 300
    for case, said in zip(cases(), answers["kv"], strict=True):
        assert case.answer == said, case


def test_the_configurations_are_of_every_kind() -> None:
    drawn = cases()
    assert {case.config["model_type"] for case in drawn} == {
        "llama4_text", "gemma3_text", "qwen3_5_moe_text", "kimi_linear", "deepseek_v4",
        "deepseek_v3", "deepseek_v32",
    }  # fmt: skip
    off = [case for case in drawn if not case.how.hybrid]
    assert len(off) > 50
    assert len([case for case in drawn if case.how.pp > 1]) > 100
    assert any(
        case.answer["need"] != replace(case, how=replace(case.how, hybrid=True)).answer["need"]
        for case in off
    )


def test_no_layout_is_planned_that_vllm_refuses(answers: dict[str, list[Any]]) -> None:
    refused = 0
    for (model, tp, pp, dcp), said in zip(spreads(), answers["layout"], strict=True):
        ours = layouts.refusal(model, tp, pp, dcp)
        refused += bool(said)
        assert ours or not said, (model.name, tp, pp, dcp, said)
    assert refused > 20


def test_vllm_knows_each_argument_and_variable_of_a_plan(answers: dict[str, list[Any]]) -> None:
    assert len(answers["command"]) == len(plans())
    for arguments, refused in zip(plans(), answers["command"], strict=True):
        assert not refused, arguments
    assert len(names()) == 4
    assert answers["variables"] == [[]]
