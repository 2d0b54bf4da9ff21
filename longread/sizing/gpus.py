"""The table of GPUs and machines: memory, bandwidth, speed, price; a person can extend it.

`[gpus.NAME]` in `config.toml` adds one or changes what is known of one:

    [gpus.h200]
    hourly = 3.1          # US dollars for one, an hour

    [gpus.l40s]
    memory = 48e9         # bytes
    bandwidth = 864e9     # bytes a second
    flops = 362e12        # of dense bf16, a second
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace

from longread.errors import ConfigError, similar


@dataclass(frozen=True, slots=True)
class Gpu:
    """One GPU, or the memory of one machine without."""

    name: str
    memory: float
    """Bytes that can be used."""
    bandwidth: float = 0
    """Bytes a second between memory and chip; 0 where nobody says."""
    flops: float = 0
    """Dense bf16 operations a second; 0 where nobody says."""
    hourly: float = 0
    """US dollars for one, an hour; 0 where nobody says."""
    title: str = ""
    vllm: bool = True
    """Whether `vllm serve` runs on it."""
    note: str = ""


_OTHER = "memory alone: vLLM does not run here, Ollama does"
_SMALL = "memory alone: a CPU reads a few hundred tokens a second"
GPUS: tuple[Gpu, ...] = (
    # Memory and speed of H100 and B200, 278 GB of GB300, 2.5 dollars for an H100: longread's
    # sizing facts. Bandwidth of A100 and Apple: a catalogue of GPUs. The rest: the makers' sheets.
    Gpu("h100", 80e9, 3.35e12, 989e12, 2.5, "NVIDIA H100 SXM 80 GB",
        note="its $2.50 an hour are assumed"),
    Gpu("h200", 141e9, 4.8e12, 989e12, 0, "NVIDIA H200 141 GB"),
    Gpu("b200", 180e9, 8e12, 2250e12, 0, "NVIDIA B200 180 GB"),
    Gpu("gb300", 278e9, 8e12, 2500e12, 0, "NVIDIA GB300, 278 GB usable"),
    Gpu("mi300x", 192e9, 5.3e12, 1307e12, 0, "AMD MI300X 192 GB",
        note="long context is unverified on AMD: its recipe caps Scout at 32,000 tokens"),
    Gpu("a100", 80e9, 2.039e12, 312e12, 0, "NVIDIA A100 SXM 80 GB",
        note="no fp8 arithmetic: fp8 weights save memory, not time"),
    Gpu("rtx-pro-6000", 96e9, 1.792e12, 503.8e12, 0, "NVIDIA RTX PRO 6000 Blackwell 96 GB",
        note="no NVLink: tensor parallelism goes over PCIe"),
    Gpu("apple-64", 64e9, 546e9, 0, 0, "Apple M4 Max, 64 GB", vllm=False, note=_OTHER),
    Gpu("apple-512", 512e9, 819e9, 0, 0, "Apple M3 Ultra, 512 GB", vllm=False,
        note=_OTHER),
    Gpu("cpu-256", 256e9, 0, 0, 0, "256 GB and no GPU", vllm=False, note=_SMALL),
    Gpu("cpu-1024", 1024e9, 0, 0, 0, "1 TB and no GPU", vllm=False, note=_SMALL),
)  # fmt: skip


def table(own: Mapping[str, object] | None = None) -> dict[str, Gpu]:
    """Return all GPUs by name, with a person's own from the settings.

    Raises:
        ConfigError: a setting means nothing.
    """
    found = {gpu.name: gpu for gpu in GPUS}
    for name, values in (own or {}).items():
        found[name.lower()] = _changed(found.get(name.lower()), name.lower(), values)
    return found


def find(name: str, known: Mapping[str, Gpu]) -> Gpu:
    """Return a GPU by name.

    Raises:
        ConfigError: nothing is called so.
    """
    if gpu := known.get(name.lower()):
        return gpu
    close = similar(name.lower(), known)
    raise ConfigError(
        f"no GPU is called {name!r}",
        hint=f"did you mean {close}?"
        if close
        else f"known are {', '.join(known)}; add one under [gpus.NAME] in config.toml",
    )


def _changed(gpu: Gpu | None, name: str, values: object) -> Gpu:
    where = f"config.toml: [gpus.{name}]"
    if not isinstance(values, Mapping):
        raise ConfigError(f"{where} is no table", hint=f"write [gpus.{name}] and memory = 80e9")
    kinds = {f.name: type(f.default) for f in fields(Gpu) if f.name != "name"} | {"memory": int}
    for key, value in values.items():
        if key not in kinds:
            close = similar(key, kinds)
            raise ConfigError(
                f"{where}: nothing is called {key!r} here",
                hint=f"did you mean {close}?" if close else f"known are {', '.join(kinds)}",
            )
        number = kinds[key] is int and type(value) in (int, float)
        if not (0 <= value < float("inf") if number else type(value) is kinds[key]):
            raise ConfigError(f"{where}: {key} = {value!r} means nothing", hint=f"correct {key}")
    if gpu is None and not values.get("memory"):
        raise ConfigError(f"{where} says no memory", hint="write memory = 80e9, in bytes")
    return replace(gpu or Gpu(name, 0, title=name), **dict(values))
