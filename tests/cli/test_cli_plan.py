"""`longread plan` as people and programs use it."""

from __future__ import annotations

import json
import re
import shlex
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from longread.cli import longread
from longread.errors import ConfigError, LongreadError
from longread.sizing.gpus import table

WIDE = {"COLUMNS": "200"}


def run(*arguments: str, **environment: str) -> Result:
    return CliRunner().invoke(longread, ["plan", *arguments], env=WIDE | environment)


def told(*arguments: str) -> str:
    done = run(*arguments)
    assert done.exit_code == 0, done.output
    return done.output


def test_people_get_tables_a_chart_and_a_command() -> None:
    said = told("scout", "--context", "10M", "--block", "16", "--batched", "8192")
    assert "fits on 8 × h100 (TP8)" in said
    assert "30,946,492,416" in said
    assert re.search(r"10,000,000 +█+▓+░+ +│", said)
    assert "40 query heads" in said
    assert "67 min cold" in said
    assert "Trusted to 131,072" in said


def test_the_command_can_be_pasted_into_a_shell() -> None:
    said = told("qwen3.6", "--context", "1M")
    lines = said.split("\n\n")
    block = next(part for part in lines if "vllm serve" in part and "\\\n" in part)
    words = shlex.split(block.replace("\\\n", " "))
    at = words.index("vllm")
    assert all("=" in word for word in words[:at])
    assert words[at : at + 3] == ["vllm", "serve", "Qwen/Qwen3.6-35B-A3B"]
    assert json.loads(words[words.index("--hf-overrides") + 1])


def test_a_narrow_terminal_keeps_the_command_whole() -> None:
    said = run("scout", "--context", "10M", COLUMNS="80").output
    assert "VLLM_ALLOW_CHUNKED_LOCAL_ATTN_WITH_HYBRID_KV_CACHE=1 \\" in said
    assert "vllm serve meta-llama/Llama-4-Scout-17B-16E-Instruct \\" in said
    assert re.search(r"10,000,000 +█+▓+░+ +│", said)


def test_programs_get_json_with_whole_bytes() -> None:
    made = json.loads(told("scout", "--context", "10M", "--gpus", "8", "--json"))
    assert made["spread"]["tp"] == 8
    assert isinstance(made["cache"], int)
    assert made["weights"].keys() == {"bf16", "fp8", "int4"}
    assert {row["gpu"] for row in made["options"]} >= {"h100", "gb300", "apple-64", "cpu-256"}
    assert all(argument["why"] for argument in made["command"])


def test_a_plan_that_does_not_fit_says_what_would() -> None:
    said = told("scout", "--context", "10M", "--gpus", "2")
    assert "does not fit on 2 × h100" in said
    assert "It fits on 8 × h100 (TP8)." in said
    assert "vllm serve" not in said


def test_models_are_listed() -> None:
    assert "deepseek-v4-flash" in told("--models")
    assert len(json.loads(told("--models", "--json"))) == 5


def test_a_profile_brings_its_window_and_what_is_trusted(tmp_path: Path) -> None:
    folder = tmp_path / "longread-config" / "profiles"
    folder.mkdir(parents=True)
    (folder / "house.toml").write_text(
        'model = "meta-llama/Llama-4-Scout-17B-16E-Instruct"\nwindow = 300000\ntrusted = 250000\n'
        "price_input = 1.0\nprice_output = 2.0\n"
    )
    made = json.loads(told("house", "--json"))
    assert (made["context"], made["trusted"]) == (300_000, 250_000)
    hosted = next(row for row in made["hosted"] if row["profile"] == "house")
    assert hosted["first"] == pytest.approx((300_000 - 2_048) / 1e6 + 500 * 2 / 1e6)


def test_a_gpu_of_ones_own_is_planned_for(tmp_path: Path) -> None:
    folder = tmp_path / "longread-config"
    folder.mkdir()
    (folder / "config.toml").write_text("[gpus.l40s]\nmemory = 48e9\nhourly = 1\n")
    said = told("kimi", "--gpu", "l40s", "--context", "128k")
    assert "× l40s" in said


@pytest.mark.parametrize(
    ("arguments", "about", "hint"),
    [
        (["lama4-scout"], "no model is called", "llama4-scout"),
        (["scout", "--gpu", "h20"], "no GPU is called", "h200"),
        (["scout", "--gpus", "0"], "means nothing", "1 at least"),
        (["scout", "--context", "20M"], "positions", "10485760"),
        (["scout", "--tp", "16"], "40 query heads", "--tp 8"),
        (["scout", "--gpus", "53"], "no layout", "--gpus 52"),
        (["kimi", "--no-hybrid"], "hybrid", "--no-hybrid"),
        (["scout", "--hourly", "nan"], "no price", "2.50"),
        (["scout", "--gpu", "apple-64", "--gpus", "4"], "several of apple-64", "h100"),
        (["ollama"], "profile ollama runs", "config.json"),
    ],
)
def test_wrong_input_is_one_line_and_a_hint(arguments: list[str], about: str, hint: str) -> None:
    done = run(*arguments)
    assert isinstance(done.exception, LongreadError)
    assert about in str(done.exception)
    assert "\n" not in str(done.exception)
    assert hint in done.exception.hint


def test_a_host_whose_window_is_smaller_names_no_price() -> None:
    assert "Hosted by openrouter: not possible" in told("scout", "--context", "1M")


def test_more_sequences_than_the_default_are_not_called_fewer() -> None:
    assert "default of 1,024 would" not in told("scout", "--sequences", "100000")


@pytest.mark.parametrize("value", ["inf", "nan", "-1", "-1e9"])
@pytest.mark.parametrize("key", ["memory", "bandwidth", "flops", "hourly"])
def test_a_gpu_with_an_impossible_number_is_refused(key: str, value: str) -> None:
    with pytest.raises(ConfigError, match=f"{key} = .* means nothing"):
        table({"h100": {key: float(value) if "e" in value or "n" in value else int(value)}})


def test_a_config_json_of_ones_own_is_planned(tmp_path: Path) -> None:
    config = {
        "model_type": "llama", "hidden_size": 4096, "num_hidden_layers": 32, "vocab_size": 128_256,
        "num_attention_heads": 32, "num_key_value_heads": 8, "intermediate_size": 14_336,
        "max_position_embeddings": 131_072,
    }  # fmt: skip
    (tmp_path / "config.json").write_text(json.dumps(config))
    made = json.loads(told(str(tmp_path / "config.json"), "--precision", "bf16", "--json"))
    assert made["context"] == 131_072
    assert made["per_token"] == 32 * 2 * 8 * 128 * 2
    assert round(made["weights"]["bf16"] / 1e9, 1) == 16.1
