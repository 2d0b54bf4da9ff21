"""A cache that outlives its process: the words vLLM takes for it, and a disk that stays free."""

from __future__ import annotations

import dataclasses
import json
import os
import subprocess
from pathlib import Path

import pytest

from longread.cache import kept
from longread.config import Profile
from longread.engine import environment, fit, offload, shape
from longread.engine.machine import GIB, Gpu, Machine
from longread.errors import ConfigError

PROFILE = Profile("far/off", engine="local", window=1_000_000, offload_memory=0.5, offload_disk=2)
H200 = Gpu("H200", 141 * 10**9, 140 * 10**9, (9, 0))
PARSED = """
import json, sys
from vllm.engine.arg_utils import AsyncEngineArgs
from vllm.entrypoints.launchers.cli_args import make_arg_parser, validate_parsed_serve_args
from vllm.utils.argparse_utils import FlexibleArgumentParser
from vllm.distributed.kv_transfer.kv_connector.factory import KVConnectorFactory
from vllm.v1.kv_offload.factory import OffloadingSpecFactory
from vllm.v1.kv_offload.tiering.factory import SecondaryTierFactory

words = make_arg_parser(FlexibleArgumentParser()).parse_args(sys.argv[1:])
validate_parsed_serve_args(words)
engine = AsyncEngineArgs.from_cli_args(words)
transfer = engine.kv_transfer_config
extra = transfer.kv_connector_extra_config
print(json.dumps({
    "window": engine.max_model_len,
    "sequences": engine.max_num_seqs,
    "gpus": engine.tensor_parallel_size,
    "images": engine.limit_mm_per_prompt,
    "connector": KVConnectorFactory.get_connector_class(transfer).__name__,
    "policy": transfer.kv_load_failure_policy,
    "spec": OffloadingSpecFactory.get_spec_cls(extra).__name__,
    "tier": SecondaryTierFactory.get_tier_class(extra["secondary_tiers"][0]).__name__,
    "bytes": extra["cpu_bytes_to_use"],
}))
"""


@pytest.fixture(autouse=True)
def _own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LONGREAD_CACHE", str(tmp_path / "cache"))


def settings(profile: Profile) -> dict[str, object]:
    [argument] = offload.arguments(profile, "gpu")
    flag, value = argument.words
    assert flag == "--kv-transfer-config"
    found: dict[str, object] = json.loads(value)["kv_connector_extra_config"]
    return found


def test_nothing_is_kept_that_is_not_asked_for() -> None:
    plain = Profile("plain", engine="local")
    assert offload.arguments(plain, "gpu") == offload.arguments(plain, "cpu") == []


def test_memory_alone_needs_no_disk() -> None:
    found = settings(dataclasses.replace(PROFILE, offload_disk=0.0))
    assert found == {"cpu_bytes_to_use": GIB // 2, "blocks_per_chunk": 8}
    assert not offload.folder("far/off").exists()


def test_the_folder_on_disk_is_its_owners_alone() -> None:
    found = settings(PROFILE)
    folder = offload.folder("far/off")
    assert found["secondary_tiers"] == [{"type": "fs", "root_dir": str(folder)}]
    assert folder.stat().st_mode & 0o077 == 0


def test_on_a_cpu_the_refusal_says_why() -> None:
    with pytest.raises(ConfigError, match="vLLM on a CPU cannot offload its cache"):
        offload.arguments(PROFILE, "cpu")


def test_disk_without_memory_is_refused() -> None:
    with pytest.raises(ConfigError, match="offload_disk needs offload_memory"):
        offload.arguments(dataclasses.replace(PROFILE, offload_memory=0.0), "gpu")


def test_more_memory_than_there_is_is_refused() -> None:
    with pytest.raises(ConfigError, match=r"has [\d.]+ GiB free"):
        offload.arguments(dataclasses.replace(PROFILE, offload_memory=1e6), "gpu")


def test_what_was_unused_longest_makes_room_on_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    assert offload.prune(PROFILE) == 0
    settings(PROFILE)
    monkeypatch.setattr(offload, "GIB", 1024)
    folder = offload.folder("far/off") / "model_r0"
    folder.mkdir()
    for name, used in (("old", 1_000), ("new", 3_000), ("read", 2_000)):
        (folder / f"{name}.bin").write_bytes(bytes(1024))
        os.utime(folder / f"{name}.bin", (used, 500))
    assert offload.prune(PROFILE) == 1024
    assert {path.name for path in folder.iterdir()} == {"new.bin", "read.bin"}
    assert offload.prune(PROFILE) == 0
    assert offload.prune(dataclasses.replace(PROFILE, offload_disk=0.0)) == 2048
    assert not offload.folder("far/off").exists()


def test_what_is_kept_on_disk_is_a_part_of_the_cache_and_can_be_cleared() -> None:
    settings(PROFILE)
    (offload.folder("far/off") / "one.bin").write_bytes(bytes(100))
    assert {part.name: part.bytes for part in kept.parts()}["kv"] == 100
    kept.clear(["kv"])
    assert not offload.folder("far/off").exists()


@pytest.mark.engine
def test_vllm_itself_takes_all_that_is_chosen_for_gpus(
    tmp_path: Path, users_cache: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    facts = {
        "num_hidden_layers": 48,
        "num_attention_heads": 40,
        "num_key_value_heads": 8,
        "head_dim": 128,
        "vision_config": {},
    }
    (tmp_path / "config.json").write_text(json.dumps(facts))
    node = Machine(1 << 40, 1 << 40, (H200,) * 8)
    chosen = fit.choose(PROFILE, shape.read(tmp_path), node, "gpu", {})
    chosen += offload.arguments(PROFILE, "gpu")
    monkeypatch.setenv("LONGREAD_CACHE", users_cache)
    python = environment.require().python
    done = subprocess.run(
        [str(python), "-I", "-c", PARSED, *(word for one in chosen for word in one.words)],
        capture_output=True,
        text=True,
        env=os.environ | {"VLLM_LOGGING_LEVEL": "ERROR"},
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout.splitlines()[-1]) == {
        "window": 1_000_000,
        "sequences": 16,
        "gpus": 2,
        "images": {"image": 0},
        "connector": "OffloadingConnector",
        "policy": "recompute",
        "spec": "TieringOffloadingSpec",
        "tier": "FileSystemTierManager",
        "bytes": GIB // 2,
    }
