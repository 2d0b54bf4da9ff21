"""Which arguments make a profile's window fit this machine, each with its reason.

It decides from figures that it is given: it looks at no machine and starts nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from longread.config import Profile
from longread.engine.environment import Flavour
from longread.engine.machine import GIB, Gpu, Machine
from longread.engine.shape import Shape
from longread.errors import EngineError

CPU_ENGINE = 5 * GIB // 2
"""What vLLM takes on a CPU beside weights and cache: three processes were seen to take 1.8 GiB."""
GPU_ENGINE = 6_000_000_000
"""What a GPU needs beside weights and cache: activations, graphs, libraries. An estimate."""
SPARE = GIB
"""Bytes of memory that are left to everything else, at least; a tenth of all where that is more."""
LEAST_CACHE = 2 * GIB
"""A cache so small costs little, and keeps the prefixes of several short corpora."""
WINDOWS = 1.25
"""Windows that the cache holds where there is room. vLLM fills it when it starts, so a CPU's
memory is gone with it; a little more than one keeps other questions from pushing the corpus out."""
SHARE = 0.92
"""vLLM's own share of a GPU's memory (`--gpu-memory-utilization`)."""
CPU_SEQUENCES, GPU_SEQUENCES = 4, 16
CPU_BATCH, GPU_BATCH = 2_048, 16_384
"""Tokens that vLLM's server computes at once by default, on a GPU at most."""
PARTS = (1, 2, 4, 8)


@dataclass(frozen=True, slots=True)
class Argument:
    """Words of a command, and why they are there."""

    words: tuple[str, ...]
    why: str


def choose(
    profile: Profile,
    shape: Shape,
    machine: Machine,
    flavour: Flavour,
    environment: Mapping[str, str],
) -> list[Argument]:
    """Return what the profile's own arguments leave open.

    Raises:
        EngineError: the window does not fit; the hint names what does.
    """
    given = options(profile.arguments)
    window = _window(profile, given)
    chosen = [Argument(("--max-model-len", str(window)), "the profile's window")]
    if flavour == "cpu":
        chosen += _for_cpu(profile, shape, machine, window, given, environment)
    else:
        chosen += _for_gpus(profile, shape, machine, window, given)
    if shape.sees:
        limit = f'{{"image": {profile.images}}}'
        why = "the profile's images; without any, vLLM keeps no memory for them"
        chosen.append(Argument(("--limit-mm-per-prompt", limit), why))
    return [one for one in chosen if one.words[0] not in given]


def options(arguments: Sequence[str]) -> dict[str, str]:
    """Return flags with their values from words of a command; "" where a flag has none."""
    found: dict[str, str] = {}
    flag = ""
    for word in map(str, arguments):
        if word.startswith("--"):
            name, _, value = word.partition("=")
            flag = name.replace("_", "-")
            found[flag] = value
        elif flag and not found[flag]:
            found[flag] = word
    return found


def _window(profile: Profile, given: Mapping[str, str]) -> int:
    value = given.get("--max-model-len", "")
    return int(value) if value.isdecimal() else profile.window


def _cell(given: Mapping[str, str]) -> int:
    """Bytes that a number in the cache takes."""
    kept = given.get("--kv-cache-dtype", "auto")
    if kept.startswith("fp8"):
        return 1
    return 4 if "float32" in (kept, given.get("--dtype")) else 2


def _flight(given: Mapping[str, str], default: int) -> int:
    """Tokens that are computed and planned at once: two batches."""
    asked = given.get("--max-num-batched-tokens", "")
    return 2 * (int(asked) if asked.isdecimal() else default)


def _for_cpu(
    profile: Profile,
    shape: Shape,
    machine: Machine,
    window: int,
    given: Mapping[str, str],
    environment: Mapping[str, str],
) -> list[Argument]:
    chosen = [
        Argument(("--dtype", "bfloat16"), "half the memory of float32; CPUs compute with it"),
        Argument(("--enforce-eager",), "on a CPU, compiling takes minutes and wins little"),
        Argument(
            ("--max-num-seqs", str(CPU_SEQUENCES)),
            "a CPU is busy with few requests, and each has tables as long as the window",
        ),
    ]
    if environment.get("VLLM_CPU_KVCACHE_SPACE") or "--kv-cache-memory-bytes" in given:
        return chosen
    cell, flight = _cell(given), _flight(given, CPU_BATCH)
    need = shape.cache(window, cell=cell, flight=flight)
    # Token ids and block numbers of each request, four bytes each.
    engine = CPU_ENGINE + shape.tables + 4 * CPU_SEQUENCES * window
    spare = max(SPARE, machine.total // 10)
    room = machine.free - spare - engine - shape.weights
    if need is None:
        size = max(room // 2, LEAST_CACHE)
        why = "half of what is free: this model's need is unknown"
    elif need > room:
        longest = shape.longest(room, cell=cell, flight=flight)
        free = f"{_gib(machine.free)} of memory free"
        raise _too_long(profile, window, (need, shape.weights, engine), free, longest)
    else:
        size = min(room, max(int(WINDOWS * need), LEAST_CACHE))
        why = f"{size / need:.1f} windows of {_gib(need)}; {_gib(machine.free)} of memory free"
    return [*chosen, Argument(("--kv-cache-memory-bytes", str(size)), why)]


def _for_gpus(
    profile: Profile, shape: Shape, machine: Machine, window: int, given: Mapping[str, str]
) -> list[Argument]:
    chosen = [
        Argument(
            ("--max-num-seqs", str(GPU_SEQUENCES)),
            "each request has tables as long as the window, and vLLM makes them for 1,024",
        )
    ]
    if not machine.gpus:
        return chosen  # none that NVML knows: vLLM looks for itself
    gpus, cell, flight = machine.gpus, _cell(given), _flight(given, GPU_BATCH)
    if min(gpu.capability for gpu in gpus) < (8, 0):
        chosen.append(Argument(("--dtype", "half"), f"{gpus[0].name} has no bfloat16"))
    if "--pipeline-parallel-size" in given:
        return chosen  # who cuts a model so knows what fits
    asked = given.get("--tensor-parallel-size", "")
    counts = [p for p in PARTS if p <= len(gpus) and shape.divides(p)]
    engine = GPU_ENGINE + shape.tables + 4 * GPU_SEQUENCES * window
    room = need = parts = 0
    for parts in [int(asked)] if asked.isdecimal() else counts:
        room = min(map(_usable, gpus[:parts])) - engine - shape.weights // parts
        need = shape.cache(window, cell=cell, parts=parts, flight=flight) or 0
        if 0 < room >= need:
            break
    else:
        longest = shape.longest(room, cell=cell, parts=parts, flight=flight)
        free = " and ".join(f"{gpu.name} has {_gib(gpu.free)} free" for gpu in gpus[:parts])
        raise _too_long(profile, window, (need, shape.weights // parts, engine), free, longest)
    if parts > 1:
        held = f"{_gib(shape.weights // parts)} of weights and {_gib(need)} of cache"
        why = f"each GPU then holds {held}"
        chosen.append(Argument(("--tensor-parallel-size", str(parts)), why))
    if any(gpu.free < SHARE * gpu.total for gpu in gpus[:parts]):
        share = min(_usable(gpu) / gpu.total for gpu in gpus[:parts])
        why = "other programs use the rest of the GPU's memory"
        chosen.append(Argument(("--gpu-memory-utilization", f"{int(share * 100) / 100:g}"), why))
    return chosen


def _usable(gpu: Gpu) -> int:
    """Bytes that vLLM may take: it refuses to start where less than its share is free."""
    full = int(SHARE * gpu.total)
    return full if gpu.free >= full else max(0, gpu.free - SPARE)


def _too_long(
    profile: Profile, window: int, takes: tuple[int, int, int], free: str, longest: int
) -> EngineError:
    """Return the error; `takes` is what cache, weights and the engine itself take."""
    cache, weights, engine = map(_gib, takes)
    message = (
        f"profile {profile.name}: a window of {window:,} tokens needs {cache} of cache, "
        f"{weights} of weights and {engine} to run; {free}"
    )
    if longest > profile.answer:
        return EngineError(
            message,
            hint=f"set window = {longest} in the profile, which fits now, or free memory: "
            "longread engine stop ends engines that run",
        )
    return EngineError(
        message, hint="no window of this model fits: free memory, or choose a smaller model"
    )


def _gib(size: int) -> str:
    return f"{size / GIB:,.1f} GiB"
