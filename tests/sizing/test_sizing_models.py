"""Facts of models: counts of parameters, kinds of layers, wrong configurations."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from longread.analysis.plan import find
from longread.errors import ConfigError
from longread.sizing import facts, known, kv, serve
from longread.sizing.model import Kind
from longread.sizing.pages import Deployment
from longread.sizing.weights import weights


@pytest.mark.parametrize(
    ("name", "parameters"),
    [
        # What transformers builds on its "meta" device from the same configuration.
        ("llama4-scout", 107_769_861_120),
        ("qwen3.6-35b-a3b", 34_660_610_688),
        ("kimi-linear-48b-a3b", 49_122_675_072),
        ("deepseek-v4-flash", 284_332_230_231),
    ],
)
def test_parameters_are_counted_as_transformers_builds_them(name: str, parameters: int) -> None:
    assert known.find(name).parameters.text == parameters


def test_the_vision_tower_of_llama_4_is_counted_to_the_last_parameter() -> None:
    assert known.find("llama4-scout").parameters.vision == 871_932_416


def test_weights_agree_with_the_checkpoints_that_are_published() -> None:
    scout, maverick = known.find("llama4-scout"), known.find("llama4-maverick")
    assert round(weights(scout, "bf16") / 1e9, 1) == 217.3
    assert round(weights(scout, "fp8") / 1e9, 1) == 111.6
    assert round(weights(scout, "int4") / 1e9, 1) == 60.8
    assert round(weights(maverick, "bf16") / 1e9, 1) == 803.2
    assert round(weights(maverick, "fp8") / 1e9) == 405
    assert round(weights(maverick, "int4") / 1e9) == 213


def test_layers_are_of_the_kinds_that_their_makers_say() -> None:
    assert known.find("scout").kinds == {Kind.CHUNKED: 36, Kind.FULL: 12}
    assert known.find("qwen3.6").kinds == {Kind.STATE: 30, Kind.FULL: 10}
    assert known.find("kimi").kinds == {Kind.STATE: 20, Kind.MLA: 7}
    assert known.find("deepseek-v4").kinds == {Kind.SLIDING: 43, Kind.COMPRESSED: 41}


def test_a_model_is_found_by_the_names_that_people_use() -> None:
    for name in ("scout", "meta-llama/Llama-4-Scout-17B-16E-Instruct", "Llama-4-Scout"):
        assert known.find(name).name == "llama4-scout"


def test_a_directory_is_read_like_what_is_known(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text(json.dumps(known.MODELS["llama4-scout"].config))
    for place in (tmp_path, tmp_path / "config.json"):
        read = known.find(str(place))
        assert read.caches == known.find("scout").caches
        assert read.parameters == known.find("scout").parameters
        assert read.repository == str(tmp_path)


@pytest.mark.parametrize("field", ["num_hidden_layers", "hidden_size", "model_type", "vocab_size"])
def test_a_configuration_without_a_field_names_the_field(tmp_path: Path, field: str) -> None:
    config = dict(known.MODELS["qwen3.6-35b-a3b"].config)
    del config[field]
    (tmp_path / "config.json").write_text(json.dumps(config))
    with pytest.raises(ConfigError, match=field) as raised:
        known.find(str(tmp_path))
    assert raised.value.hint


@pytest.mark.parametrize("content", ["", "[]", "{", '{"model_type": "llama", "hidden_size": "x"}'])
def test_what_is_no_configuration_is_said_in_one_line(tmp_path: Path, content: str) -> None:
    (tmp_path / "config.json").write_text(content)
    with pytest.raises(ConfigError) as raised:
        known.find(str(tmp_path))
    assert "\n" not in str(raised.value)


def test_an_unknown_name_is_answered_with_the_nearest() -> None:
    with pytest.raises(ConfigError) as raised:
        known.find("lama4-scout")
    assert "llama4-scout" in raised.value.hint


def test_layers_that_cannot_be_read_are_refused_rather_than_guessed() -> None:
    plain = {"model_type": "jamba", "num_hidden_layers": 2, "hidden_size": 8, "mamba_d_state": 16}
    with pytest.raises(ConfigError, match="mamba_d_state"):
        facts.model(plain, "jamba")


JUNK = st.one_of(
    st.none(), st.booleans(), st.integers(-2, 3), st.integers(), st.floats(), st.text(max_size=3),
    st.lists(st.integers(-1, 200), max_size=3), st.dictionaries(st.text(max_size=2), st.none()),
)  # fmt: skip


@given(st.data())
def test_no_configuration_ends_in_anything_but_facts_or_one_line(data: st.DataObject) -> None:
    config = json.loads(json.dumps(known.MODELS[data.draw(st.sampled_from(known.names()))].config))
    config |= {"layer_types": ["full_attention"] * 48} if data.draw(st.booleans()) else {}
    place = config.get("text_config", config) if data.draw(st.booleans()) else config
    for key in data.draw(st.lists(st.sampled_from(sorted(place)), min_size=1, max_size=3)):
        place[key] = data.draw(JUNK)
    if data.draw(st.booleans()):
        place["model_type"] = data.draw(st.sampled_from([*facts.READERS, "llama", "gemma3_text"]))
    refused: ConfigError | None = None
    try:
        made = facts.model(config, "junk")
    except ConfigError as error:
        refused = error
    if refused:
        assert refused.hint
        assert "\n" not in str(refused)
        return
    assert kv.need(made, Deployment(), 1_000) >= 0
    assert weights(made, "int4") >= 0


def test_weights_that_are_stored_quantized_are_not_quantized_again(tmp_path: Path) -> None:
    config = dict(known.MODELS["kimi-linear-48b-a3b"].config)
    (tmp_path / "model.safetensors").write_bytes(b"12345")
    for stored, said in (({}, True), ({"quantization_config": {"quant_method": "fp8"}}, False)):
        (tmp_path / "config.json").write_text(json.dumps(config | stored))
        model = known.find(str(tmp_path))
        words = serve.words(serve.command(model, Deployment(), "fp8", 1_000, "ask"))
        assert ("--quantization" in words) is said
        assert model.notes == ("its weights take 5 bytes on the disk",)


def test_only_a_model_that_sees_is_told_not_to() -> None:
    for name, sees in (("scout", True), ("qwen3.6", True), ("kimi", False)):
        words = serve.words(serve.command(known.find(name), Deployment(), "fp8", 1_000, "ask"))
        assert ("--language-model-only" in words) is sees


@pytest.mark.parametrize(
    ("config", "parameters"),
    [
        # transformers' own defaults of each family, and what it builds from them.
        (
            {"model_type": "glm4_moe", "hidden_size": 4096, "intermediate_size": 10_944,
             "moe_intermediate_size": 1408, "n_routed_experts": 128, "n_shared_experts": 1,
             "num_experts_per_tok": 8, "num_attention_heads": 96, "num_key_value_heads": 8,
             "num_hidden_layers": 46, "vocab_size": 151_552,
             "first_k_dense_replace": 1, "max_position_embeddings": 131_072},
            103_481_200_640,
        ),
        (
            {"model_type": "starcoder2", "hidden_size": 3072, "intermediate_size": 12_288,
             "num_attention_heads": 24, "num_key_value_heads": 2, "num_hidden_layers": 30,
             "vocab_size": 49_152, "tie_word_embeddings": True, "max_position_embeddings": 4_096},
            3_030_371_328,
        ),
        (
            {"model_type": "mixtral", "hidden_size": 4096, "intermediate_size": 14_336,
             "num_attention_heads": 32, "num_key_value_heads": 8, "num_hidden_layers": 32,
             "num_local_experts": 8, "num_experts_per_tok": 2, "vocab_size": 32_000,
             "max_position_embeddings": 131_072},
            46_702_792_704,
        ),
    ],
)  # fmt: skip
def test_plain_models_are_counted_within_a_hundredth(
    config: dict[str, object], parameters: int
) -> None:
    assert facts.model(config, "plain").parameters.total == pytest.approx(parameters, rel=0.01)


@pytest.mark.parametrize("name", ["/dev/zero", "~nobody-here", "vllm" * 2_000, "vllm\0"])
def test_a_name_that_no_file_can_have_is_one_line(name: str) -> None:
    with pytest.raises(ConfigError, match="no model is called"):
        find(name)


def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "config.json")
    with pytest.raises(ConfigError, match=r"has no config\.json"):
        find(str(tmp_path))
