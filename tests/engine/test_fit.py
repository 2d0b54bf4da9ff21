"""What a window needs, and what is chosen for the machine: figures as vLLM itself gives them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from longread.config import Profile
from longread.engine import fit, shape
from longread.engine.fit import Argument
from longread.engine.machine import GIB, Gpu, Machine
from longread.errors import EngineError
from longread.sizing import facts, known, kv
from longread.sizing.pages import Deployment

SCOUT: dict[str, Any] = {
    "vision_config": {"image_size": 336},
    "text_config": {
        "attention_chunk_size": 8192,
        "head_dim": 128,
        "hidden_size": 5120,
        "max_position_embeddings": 10_485_760,
        "no_rope_layers": [],
        "num_attention_heads": 40,
        "num_hidden_layers": 48,
        "num_key_value_heads": 8,
    },
}
SMALL: dict[str, Any] = {
    "hidden_size": 576,
    "max_position_embeddings": 8192,
    "num_attention_heads": 9,
    "num_hidden_layers": 30,
    "num_key_value_heads": 3,
}
SLIDING = SMALL | {
    "architectures": ["MistralForCausalLM"],
    "model_type": "mistral",
    "intermediate_size": 1536,
    "sliding_window": 4096,
    "vocab_size": 49152,
}
H100 = Gpu("H100", 80 * 10**9, 79 * 10**9, (9, 0))
ROOMY = Machine(32 * GIB, 30 * GIB)


def shape_of(folder: Path, facts: dict[str, Any], weights: int = 0) -> shape.Shape:
    folder.mkdir(exist_ok=True)
    (folder / "config.json").write_text(json.dumps(facts))
    with (folder / "model.safetensors").open("wb") as file:
        file.truncate(weights)  # a file with holes: large to look at, and empty
    return shape.read(folder)


def chosen(found: list[Argument]) -> dict[str, str]:
    return {one.words[0]: " ".join(one.words[1:]) for one in found}


def local(**settings: Any) -> Profile:
    return Profile("here", engine="local", **settings)


def test_scout_needs_what_vllm_says_and_at_most_the_largest_batches_more(tmp_path: Path) -> None:
    scout = shape_of(tmp_path, SCOUT)
    assert scout.layers == ((12, 0), (36, 8192))
    # vLLM 0.32 on 8 GPUs, fp8, batches of 8,192: 30,946,492,416 bytes of cache on each.
    exact = 30_946_492_416
    need = scout.cache(10_000_000, cell=1, parts=8)
    assert need
    assert exact <= need < 1.01 * exact
    assert scout.tables == 2_684_354_560


def test_a_model_with_one_kind_of_layer_needs_all_of_them_for_each_token(tmp_path: Path) -> None:
    small = shape_of(tmp_path, SMALL)
    blocks = 8192 // shape.BLOCK + 1
    assert small.cache(8192, cell=2) == blocks * shape.BLOCK * 30 * 2 * 3 * 64 * 2


@pytest.mark.parametrize(
    ("facts", "layers"),
    [
        ({"no_rope_layers": [1, 0] * 24}, ((24, 0), (24, 8192))),
        ({"layer_types": ["full_attention"] * 48}, ((48, 0),)),
        (
            {"layer_types": ["full_attention", "sliding_attention"] * 24, "sliding_window": 128},
            ((24, 0), (24, 128)),
        ),
        ({"layer_types": ["linear_attention", "full_attention"] * 24}, ()),
        ({"linear_attn_config": {"kda_layers": [1]}}, ()),
        ({"attention_chunk_size": None}, ((48, 0),)),
        ({"attention_chunk_size": None, "sliding_window": 4096}, ((48, 4096),)),
        (
            {"attention_chunk_size": None, "sliding_window": 9, "use_sliding_window": False},
            ((48, 0),),
        ),
        (
            {"attention_chunk_size": None, "sliding_window": 9, "sliding_window_pattern": 6},
            ((8, 0), (40, 9)),
        ),
        (
            {
                "attention_chunk_size": None,
                "sliding_window": 9,
                "use_sliding_window": True,
                "max_window_layers": 40,
            },
            ((40, 0), (8, 9)),
        ),
        ({"num_hidden_layers": None}, ()),
    ],
)
def test_layers_are_counted_by_what_they_look_at(
    tmp_path: Path, facts: dict[str, Any], layers: tuple[tuple[int, int], ...]
) -> None:
    assert shape_of(tmp_path, SCOUT["text_config"] | facts).layers == layers


def test_latent_attention_keeps_one_head_that_no_gpu_shares(tmp_path: Path) -> None:
    latent = shape_of(tmp_path, SMALL | {"kv_lora_rank": 512, "qk_rope_head_dim": 64})
    assert (latent.keys, latent.kv_heads) == (576, 1)
    assert latent.cache(1280, cell=2, parts=8) == latent.cache(1280, cell=2)


def test_on_a_cpu_the_cache_holds_the_window_and_leaves_the_rest_free(tmp_path: Path) -> None:
    small = shape_of(tmp_path, SMALL, 270_000_000)
    words = chosen(fit.choose(local(window=8192), small, ROOMY, "cpu", {}))
    assert words == {
        "--max-model-len": "8192",
        "--dtype": "bfloat16",
        "--enforce-eager": "",
        "--max-num-seqs": "4",
        "--kv-cache-memory-bytes": str(2 * GIB),
    }
    long = chosen(fit.choose(local(window=500_000), small, ROOMY, "cpu", {}))
    need = small.cache(500_000, cell=2)
    assert need
    assert int(long["--kv-cache-memory-bytes"]) == int(1.25 * need)


def test_a_window_that_does_not_fit_names_the_one_that_does(tmp_path: Path) -> None:
    long = SMALL | {"max_position_embeddings": 1_000_000}
    small = shape_of(tmp_path, long, 270_000_000)
    tight = Machine(8 * GIB, 6 * GIB)
    with pytest.raises(EngineError, match="a window of 900,000 tokens needs") as raised:
        fit.choose(local(window=900_000), small, tight, "cpu", {})
    longest = int(raised.value.hint.split("window = ")[1].split()[0])
    assert 30_000 < longest < 200_000
    assert longest % 1000 == 0
    fit.choose(local(window=longest), small, tight, "cpu", {})
    with pytest.raises(EngineError):
        fit.choose(local(window=longest + 2_000), small, tight, "cpu", {})


def test_no_window_is_named_that_the_model_does_not_read(tmp_path: Path) -> None:
    small = shape_of(tmp_path, SMALL, 270_000_000)
    with pytest.raises(EngineError) as raised:
        fit.choose(local(window=900_000), small, Machine(8 * GIB, 6 * GIB), "cpu", {})
    assert "set window = 8192 in the profile" in raised.value.hint


def test_where_not_even_the_weights_fit_no_window_is_named(tmp_path: Path) -> None:
    large = shape_of(tmp_path, SMALL, 40 * GIB)
    with pytest.raises(EngineError) as raised:
        fit.choose(local(window=4096), large, ROOMY, "cpu", {})
    assert "no window of this model fits" in raised.value.hint


def test_what_a_profile_says_itself_is_not_said_twice(tmp_path: Path) -> None:
    small = shape_of(tmp_path, SMALL)
    own = ("--max-model-len=4096", "--dtype", "float32", "--kv_cache_memory_bytes", "7")
    words = chosen(fit.choose(local(window=8192, arguments=own), small, ROOMY, "cpu", {}))
    assert set(words) == {"--enforce-eager", "--max-num-seqs"}


def test_a_cache_that_a_person_set_by_variable_is_left_alone(tmp_path: Path) -> None:
    small = shape_of(tmp_path, SMALL)
    words = chosen(
        fit.choose(local(), small, Machine(1, 1), "cpu", {"VLLM_CPU_KVCACHE_SPACE": "3"})
    )
    assert "--kv-cache-memory-bytes" not in words


def test_a_model_of_unknown_need_gets_half_of_what_is_free(tmp_path: Path) -> None:
    other = shape_of(tmp_path, {"num_hidden_layers": 4, "ssm_cfg": {"layer": "mamba"}})
    words = chosen(fit.choose(local(), other, ROOMY, "cpu", {}))
    assert 10 * GIB < int(words["--kv-cache-memory-bytes"]) < 15 * GIB


def test_as_many_gpus_are_used_as_the_window_needs(tmp_path: Path) -> None:
    scout = shape_of(tmp_path, SCOUT, 111_600_000_000)  # fp8
    fp8 = ("--kv-cache-dtype", "fp8")
    node = Machine(1 << 40, 1 << 40, (H100,) * 8)
    for window, gpus in ((131_072, "2"), (1_000_000, "4"), (10_000_000, "8")):
        profile = local(window=window, arguments=fp8)
        words = chosen(fit.choose(profile, scout, node, "gpu", {}))
        assert words["--tensor-parallel-size"] == gpus
        assert words["--max-num-seqs"] == "16"
        assert words["--limit-mm-per-prompt"] == '{"image": 0}'
        assert "--gpu-memory-utilization" not in words
        assert "--dtype" not in words


def test_a_window_too_long_for_the_gpus_names_the_one_that_fits(tmp_path: Path) -> None:
    scout = shape_of(tmp_path, SCOUT, 60_800_000_000)  # int4
    one = Machine(1 << 40, 1 << 40, (H100,))
    profile = local(window=1_000_000, arguments=("--kv-cache-dtype=fp8",))
    with pytest.raises(EngineError, match=r"H100 has 73\.6 GiB free") as raised:
        fit.choose(profile, scout, one, "gpu", {})
    assert "set window = " in raised.value.hint


def test_a_model_that_the_profile_cuts_itself_is_not_judged(tmp_path: Path) -> None:
    scout = shape_of(tmp_path, SCOUT, 217_300_000_000)
    own = ("--pipeline-parallel-size", "2", "--tensor-parallel-size", "8")
    profile = local(window=10_000_000, arguments=own)
    words = chosen(fit.choose(profile, scout, Machine(1, 1, (H100,) * 8), "gpu", {}))
    assert "--tensor-parallel-size" not in words


def test_a_gpu_that_others_use_is_asked_for_less(tmp_path: Path) -> None:
    small = shape_of(tmp_path, SMALL, 270_000_000)
    shared = Gpu("T4", 16 * GIB, 12 * GIB, (7, 5))
    words = chosen(fit.choose(local(window=8192), small, Machine(1, 1, (shared,)), "gpu", {}))
    assert words["--gpu-memory-utilization"] == "0.68"
    assert words["--dtype"] == "half"
    assert "--tensor-parallel-size" not in words


def test_gpus_that_nothing_is_known_of_are_left_to_vllm(tmp_path: Path) -> None:
    small = shape_of(tmp_path, SMALL)
    words = chosen(fit.choose(local(window=8192), small, ROOMY, "gpu", {}))
    assert words == {"--max-model-len": "8192", "--max-num-seqs": "16"}


CONFIGURATIONS = {name: known.MODELS[name].config for name in known.names()} | {"sliding": SLIDING}


@pytest.mark.parametrize("name", CONFIGURATIONS)
def test_a_window_never_needs_more_than_was_reckoned_and_seldom_much_less(
    tmp_path: Path, name: str
) -> None:
    config = CONFIGURATIONS[name]
    reckoned, model = shape_of(tmp_path, dict(config)), facts.model(config, name)
    for tokens in (8_192, 131_072, 1_000_000):
        for parts, batched in ((1, 2_048), (1, 16_384), (8, 8_192)):
            how = Deployment(tp=parts, batched=batched, block=shape.BLOCK)
            exact = kv.need(model, how, tokens) + kv.block(model, how)
            found = reckoned.cache(tokens, cell=2, parts=parts, flight=2 * batched)
            if found is None:
                continue  # a state, an index: left to vLLM
            assert found >= exact
            if tokens == 1_000_000:
                assert found <= 1.2 * exact
