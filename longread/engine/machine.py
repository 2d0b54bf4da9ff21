"""What memory this machine has free now, its own and its GPUs'. It starts and changes nothing."""

from __future__ import annotations

import contextlib
import os
import subprocess
from dataclasses import dataclass
from pathlib import Path

import psutil

GIB = 1 << 30
CONTROL_GROUPS = Path("/sys/fs/cgroup")
"""Where Linux says what a container may use."""


@dataclass(frozen=True, slots=True)
class Gpu:
    """One NVIDIA GPU."""

    name: str
    total: int
    """Bytes."""
    free: int
    """Bytes."""
    capability: tuple[int, int]
    """CUDA's compute capability: 8.0 has bfloat16, 8.9 and later fp8."""


@dataclass(frozen=True, slots=True)
class Machine:
    """Memory in bytes; a container's limit counts as the machine's own."""

    total: int
    free: int
    gpus: tuple[Gpu, ...] = ()


def look() -> Machine:
    """Return what this machine has and what of it is free."""
    memory = psutil.virtual_memory()
    total, free = int(memory.total), int(memory.available)
    for limit, used in _limits(CONTROL_GROUPS, _own_groups()):
        total, free = min(total, limit), min(free, max(0, limit - used))
    return Machine(total, free, gpus())


def gpus() -> tuple[Gpu, ...]:
    """Return the GPUs that a program started here would use, as NVML or nvidia-smi lists them."""
    found = _by_library()
    if found is None:
        found = _by_program()
    visible = os.environ.get("CUDA_VISIBLE_DEVICES")
    if visible is None:
        return tuple(gpu for _, gpu in found)
    named = {key: gpu for index, (uuid, gpu) in enumerate(found) for key in (str(index), uuid)}
    chosen = []
    for name in visible.split(","):
        # CUDA itself ignores what stands behind a name that it does not know.
        if (gpu := named.get(name.strip())) is None:
            break
        chosen.append(gpu)
    return tuple(chosen)


def _by_library() -> list[tuple[str, Gpu]] | None:
    """Return GPUs with their ids from NVML, None where nvidia-ml-py is not installed."""
    try:
        import pynvml
    except ImportError:
        return None
    try:
        pynvml.nvmlInit()
    except pynvml.NVMLError:
        return []
    found = []
    try:
        for index in range(pynvml.nvmlDeviceGetCount()):
            device = pynvml.nvmlDeviceGetHandleByIndex(index)
            memory = pynvml.nvmlDeviceGetMemoryInfo(device)
            major, minor = pynvml.nvmlDeviceGetCudaComputeCapability(device)
            name = _text(pynvml.nvmlDeviceGetName(device))
            gpu = Gpu(name, int(memory.total), int(memory.free), (int(major), int(minor)))
            found.append((_text(pynvml.nvmlDeviceGetUUID(device)), gpu))
    except pynvml.NVMLError:
        return []
    finally:
        pynvml.nvmlShutdown()
    return found


def _text(name: str | bytes) -> str:
    # Older versions of the library return bytes.
    return name.decode() if isinstance(name, bytes) else name


def _by_program() -> list[tuple[str, Gpu]]:
    """Return GPUs with their ids from nvidia-smi, which comes with the driver and asks NVML."""
    asked = "uuid,name,memory.total,memory.free,compute_cap"
    command = ["nvidia-smi", f"--query-gpu={asked}", "--format=csv,noheader,nounits"]
    try:
        done = subprocess.run(
            command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=10
        )
    except (OSError, subprocess.TimeoutExpired):
        return []
    found = []
    for line in done.stdout.splitlines() if done.returncode == 0 else ():
        with contextlib.suppress(ValueError):  # "[N/A]" stands where a GPU does not say
            uuid, name, total, free, capability = (part.strip() for part in line.split(","))
            major, _, minor = capability.partition(".")
            gpu = Gpu(name, int(total) << 20, int(free) << 20, (int(major), int(minor or 0)))
            found.append((uuid, gpu))
    return found


def _own_groups(listed: Path = Path("/proc/self/cgroup")) -> dict[str, str]:
    """Return this process' control groups: of the memory controller, and "" for version 2's."""
    try:
        rows = [line.split(":", 2) for line in listed.read_text().splitlines()]
    except OSError:
        return {}
    return {controllers: path.strip("/") for _, controllers, path in rows}


def _limits(root: Path, groups: dict[str, str]) -> list[tuple[int, int]]:
    """Return limit and use, in bytes, of the group and of each group that it lies in.

    Files in memory that can be dropped do not count as used.
    """
    first = (root / "memory", "memory.limit_in_bytes", "memory.usage_in_bytes")
    versions = (
        (root, "memory.max", "memory.current", "inactive_file", groups.get("", "")),
        (*first, "total_inactive_file", groups.get("memory", "")),
    )
    found = []
    for place, limit, use, droppable, group in versions:
        within = place / group
        for folder in (within, *within.parents):
            if not folder.is_relative_to(place):
                break
            # "max" stands for no limit.
            with contextlib.suppress(OSError, ValueError):
                allowed, used = int((folder / limit).read_text()), int((folder / use).read_text())
                found.append((allowed, used - _stat(folder / "memory.stat", droppable)))
    return found


def _stat(path: Path, name: str) -> int:
    try:
        rows = dict(line.split(" ", 1) for line in path.read_text().splitlines())
    except (OSError, ValueError):
        return 0
    return int(rows.get(name, 0))
