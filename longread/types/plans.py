"""What it takes to run a model with a window."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Kept:
    """What layers of one kind of attention keep of a prompt."""

    kind: str
    """"full", "chunked local", "sliding window", "MLA", "compressed" or "state"."""
    layers: int
    token: int
    """Bytes that each further token costs, over all GPUs; 0 where it is bounded."""
    total: int
    """Bytes of the whole prompt, over all GPUs."""


@dataclass(frozen=True, slots=True)
class Buffer:
    """Memory beside weights and KV cache."""

    name: str
    size: int
    """Bytes."""
    place: Literal["gpu", "host"]
    why: str


@dataclass(frozen=True, slots=True)
class Spread:
    """One way to spread a model over GPUs."""

    tp: int
    pp: int = 1
    dcp: int = 1
    pcp: int = 1
    refusal: str = ""
    """Why vLLM does not run it; empty where it does."""

    @property
    def gpus(self) -> int:
        """How many it takes."""
        return self.tp * self.pp * self.pcp

    def __str__(self) -> str:
        parts = [f"TP{self.tp}"]
        parts += [f"{mark}{n}" for mark, n in (("PP", self.pp), ("DCP", self.dcp),
                                               ("PCP", self.pcp)) if n > 1]  # fmt: skip
        return "\u00d7".join(parts)


@dataclass(frozen=True, slots=True)
class Fit:
    """How many of one GPU hold a model and a window."""

    gpu: str
    title: str
    spread: Spread | None
    """The fewest that do; None where no layout is known that does."""
    need: int = 0
    """Bytes on the fullest of them."""
    usable: int = 0
    """Bytes that vLLM may use of one."""
    note: str = ""


@dataclass(frozen=True, slots=True)
class Times:
    """Seconds and tokens a second, all estimated by formula; None where a speed is not known."""

    cold: float | None = None
    """Seconds to the first token of a prompt that nobody has read before."""
    cached: float | None = None
    """Seconds to the first token of the next question about it."""
    reload: float | None = None
    """Seconds to read the prompt's cache back from a disk where it was kept."""
    speed: float | None = None
    """Tokens of an answer in a second."""
    hourly: float | None = None
    """US dollars an hour for all GPUs."""
    corpus: float | None = None
    """US dollars to read the prompt once."""
    question: float | None = None
    """US dollars for the next question and its answer."""


@dataclass(frozen=True, slots=True)
class Hosted:
    """What a profile's host would charge."""

    profile: str
    window: int
    first: float
    """US dollars for the first question with the whole prompt, as far as the window goes."""
    cached: float
    """US dollars for the next one."""
    date: str = ""
    """When its price was read."""


@dataclass(frozen=True, slots=True)
class Argument:
    """An argument or a variable of a command, and why it is there."""

    text: str
    why: str


@dataclass(frozen=True, slots=True)
class Caution:
    """Something that breaks, costs or misleads, and what to do about it."""

    name: str
    text: str
    hint: str


@dataclass(frozen=True, slots=True)
class Point:
    """Bytes on the fullest GPU at one length of a prompt."""

    context: int
    weights: int
    cache: int
    other: int
    flat: int | None
    """The cache without the hybrid allocator; None where it makes no difference or must be."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What it takes to run a model with a window, as `sizing` answers: bytes, seconds, dollars."""

    model: str
    repository: str
    context: int
    use: Literal["ask", "review"]
    precision: str
    kv: str
    gpu: str
    spread: Spread
    block: int
    batched: int
    sequences: int
    weights: Mapping[str, int]
    """By precision, over all GPUs."""
    kept: tuple[Kept, ...]
    cache: int
    """KV cache of one request on the fullest GPU."""
    flat: int | None
    """The same without the hybrid allocator; None where it makes no difference or must be."""
    per_token: int
    """KV cache of one more token over all GPUs."""
    buffers: tuple[Buffer, ...]
    need: int
    """On the fullest GPU."""
    usable: int
    """Of one GPU, for vLLM."""
    fits: bool
    longest: int
    """The longest window that fits this hardware."""
    capacity: int
    """Tokens of such requests that the cache holds."""
    positions: int
    trusted: int
    layouts: tuple[Spread, ...]
    options: tuple[Fit, ...]
    times: Times
    hosted: tuple[Hosted, ...]
    environment: tuple[Argument, ...]
    command: tuple[Argument, ...]
    cautions: tuple[Caution, ...]
    chart: tuple[Point, ...]
    notes: tuple[str, ...] = ()


# A review: documents x questions
