"""How far a starting server is, from lines that vLLM 0.32 printed."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from longread.engine import loading
from longread.types import Progress

PRINTED = """longread: --max-model-len 8192: the profile's window
longread: OMP_NUM_THREADS=1
(APIServer pid=1) INFO 11-21 20:16:50 [api_utils.py:347]
(APIServer pid=1) INFO 11-21 20:16:50 [api_utils.py:286] non-default args: {'host': '127.0.0.1'}
(APIServer pid=1) WARNING 11-21 20:16:51 [cpu.py:224] Triton is not installed.
(EngineCore pid=2) INFO 11-21 20:17:05 [core.py:133] Initializing a V1 LLM engine (v0.32.0) with
(Worker pid=3) INFO 11-21 20:17:20 [cpu_model_runner.py:68] Starting to load model tiny...
Loading safetensors checkpoint shards:  50% Completed | 1/2 [00:00<00:00,  2.68it/s]
(Worker pid=3) INFO 11-21 20:17:37 [base_loader.py:82] Initializing model took 16.489572 seconds
(EngineCore pid=2) INFO 11-21 20:17:39 [kv_cache_utils.py:2327] CPU KV cache size: 16,728 tokens
(EngineCore pid=2) INFO 11-21 20:17:51 [core.py:402] init engine (profile, create) took 11.88 s
(APIServer pid=1) INFO 11-21 20:17:53 [entry.py:140] Starting vLLM server on http://127.0.0.1:1
""".splitlines()


@pytest.mark.parametrize(
    ("lines", "done", "note"),
    [
        (0, 0, "starting Python"),
        (2, 0, "starting Python"),
        (4, 1, "reading the model's configuration"),
        (5, 1, "reading the model's configuration"),
        (6, 2, "starting its processes"),
        (7, 3, "loading the model"),
        (8, 3, "loading the model, 50 %"),
        (9, 4, "making room for the cache"),
        (10, 5, "warming up"),
        (12, 6, "opening its port"),
    ],
)
def test_each_phase_is_named_and_counted(lines: int, done: int, note: str) -> None:
    counted = f"{note} ({done} of 6)" if done else note
    assert loading.progress(PRINTED[:lines]) == Progress("start engine", note=counted)


def test_a_server_that_is_started_again_begins_anew() -> None:
    again = [*PRINTED, "longread: it is started again in 1 s"]
    assert loading.progress(again).note == "starting Python"
    assert loading.progress([*again, *PRINTED[2:7]]).note == "loading the model (3 of 6)"


def test_a_log_without_lines_or_file_says_nothing(tmp_path: Path) -> None:
    assert loading.lines(tmp_path / "engine.log") == []
    (tmp_path / "engine.log").write_text("\x1b[36mone\x1b[0m\n\n  two  \n")
    assert loading.lines(tmp_path / "engine.log") == ["one", "  two"]
    assert not re.search("\x1b", "".join(loading.lines(tmp_path / "engine.log")))


@pytest.mark.parametrize(
    ("said", "helps"),
    [
        (
            "ValueError: To serve at least one request with the model's max seq len (9000), "
            "(4.0 GiB KV cache is needed. Based on the available memory, the estimated maximum "
            "model length is 4096. Try increasing `gpu_memory_utilization`",
            "set window = 4096 in the profile: for so many tokens vLLM finds room",
        ),
        (
            "Value error, User-specified max_model_len (9000) is greater than the derived "
            "max_model_len (max_position_embeddings=8192 or model_max_length=None in model's",
            "set window = 8192 in the profile: the model reads no more",
        ),
        ("RuntimeError: something else", ""),
    ],
)
def test_what_vllm_says_when_it_gives_up_becomes_advice(said: str, helps: str) -> None:
    assert loading.advice(["INFO before", said, "INFO after"]) == helps
