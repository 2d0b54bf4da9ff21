"""Whether a model and a window fit, on how many GPUs, and the longest window that does.

What a GPU holds: its share of the weights, the KV cache of one request of the whole window, one
block that vLLM never hands out, and what `buffers` counts.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from longread.sizing.buffers import on_gpu
from longread.sizing.gpus import Gpu
from longread.sizing.kv import block, need
from longread.sizing.layouts import legal
from longread.sizing.model import Model
from longread.sizing.pages import Deployment
from longread.sizing.weights import Precision, weights
from longread.types.plans import Fit, Spread

UTILISATION = 0.92
"""Part of a GPU's memory that vLLM uses (`--gpu-memory-utilization`, its default)."""
COUNTS = (1, 2, 4, 8)
STAGES = range(2, 9)
MACHINE = 0.9
"""Part of a machine's memory that is left to a model beside the system; an assumption."""


def usable(gpu: Gpu) -> int:
    """Return bytes of one GPU that can be used."""
    return int(gpu.memory * (UTILISATION if gpu.vllm else MACHINE))


def share(model: Model, how: Deployment, precision: Precision) -> int:
    """Return bytes of weights on each GPU, taken as evenly spread."""
    return -(-weights(model, precision) // how.gpus)


def held(model: Model, how: Deployment, precision: Precision, context: int) -> int:
    """Return bytes on the fullest GPU for one request of `context` tokens."""
    fixed = share(model, how, precision) + on_gpu(model, how, context)
    return fixed + need(model, how, context) + block(model, how)


def fits(model: Model, how: Deployment, gpu: Gpu, precision: Precision, context: int) -> bool:
    """Whether one request of `context` tokens fits."""
    return held(model, how, precision, context) <= usable(gpu)


def window(model: Model, how: Deployment, gpu: Gpu, precision: Precision, limit: int) -> int:
    """Return the longest window, at most `limit`, that fits; 0 where none does."""
    low, high = 0, limit
    while low < high:
        middle = (low + high + 1) // 2
        if fits(model, how, gpu, precision, middle):
            low = middle
        else:
            high = middle - 1
    return low


def room(model: Model, how: Deployment, gpu: Gpu, precision: Precision, context: int) -> int:
    """Return bytes that each GPU has left for the KV cache."""
    return usable(gpu) - share(model, how, precision) - on_gpu(model, how, context)


def fewest(
    model: Model, how: Deployment, gpu: Gpu, precision: Precision, context: int
) -> Spread | None:
    """Return the layout with the fewest GPUs that fits: 1, 2, 4, 8, then several nodes of 8."""
    if not gpu.vllm:
        alone = replace(how, tp=1, pp=1)
        return Spread(1) if fits(model, alone, gpu, precision, context) else None
    most = max((one.tp for count in COUNTS for one in legal(model, count)), default=1)
    counts = [*COUNTS, *(most * stages for stages in STAGES if most * stages > COUNTS[-1])]
    for count in counts:
        for layout in legal(model, count):
            here = replace(how, tp=layout.tp, pp=layout.pp)
            if fits(model, here, gpu, precision, context):
                return layout
    return None


def options(
    model: Model, how: Deployment, known: Mapping[str, Gpu], precision: Precision, context: int
) -> Iterable[Fit]:
    """Yield how many of each GPU hold a model and a window."""
    for gpu in known.values():
        layout = fewest(model, how, gpu, precision, context)
        here = replace(how, tp=layout.tp, pp=layout.pp) if layout else how
        yield Fit(
            gpu=gpu.name,
            title=gpu.title,
            spread=layout,
            need=held(model, here, precision, context) if layout else 0,
            usable=usable(gpu),
            note=gpu.note,
        )
