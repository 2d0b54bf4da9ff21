"""Joins the parts into a `Plan`: one model, one window, one kind of GPU."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from longread.errors import ConfigError
from longread.sizing import fit, kv, layouts, serve, speed, warn
from longread.sizing.buffers import buffers, on_gpu
from longread.sizing.gpus import Gpu
from longread.sizing.model import Kind, Model
from longread.sizing.pages import KV, Deployment, block_size
from longread.sizing.weights import PRECISIONS, Precision, weights
from longread.types.plans import Kept, Plan, Point, Spread, Times

ANSWER = 500
"""Tokens of an answer whose price is told."""
QUESTION = 500
"""Tokens of a question."""
LENGTHS = (*(1_024 << n for n in range(13)), 10_485_760)
"""Lengths of the chart: the upper ten that the model has, beside the planned one."""


@dataclass(frozen=True, slots=True)
class Wish:
    """What a person asks a plan for; what is left out is chosen."""

    model: Model
    context: int
    gpu: Gpu
    gpus: int | None = None
    tp: int | None = None
    pp: int | None = None
    precision: Precision = "fp8"
    kv: KV | None = None
    """Where it is left out: bf16 with bf16 weights, else fp8."""
    use: serve.Use = "ask"
    block: int | None = None
    batched: int | None = None
    sequences: int | None = None
    hybrid: bool = True


def plan(wish: Wish, known: Mapping[str, Gpu]) -> Plan:
    """Return the plan for a wish.

    Raises:
        ConfigError: numbers that mean nothing, a window that the model does not have, or a layout
            that vLLM refuses.
    """
    _check(wish)
    model, context, precision = wish.model, wish.context, wish.precision
    how = _deployment(wish)
    layout = _layout(wish, how)
    how = replace(how, tp=layout.tp, pp=layout.pp)
    how = replace(how, block=block_size(model, how))
    alone = _without(model, how)
    left = fit.room(model, how, wish.gpu, precision, context)
    capacity = kv.capacity(model, how, max(0, left), context)
    limit = max(model.positions, model.stretched)
    return Plan(
        model=model.name,
        repository=model.repository,
        context=context,
        use=wish.use,
        precision=precision,
        kv=how.kv,
        gpu=wish.gpu.name,
        spread=layout,
        block=how.block,
        batched=how.batched,
        sequences=how.sequences,
        weights={one: weights(model, one) for one in PRECISIONS},
        kept=tuple(
            Kept(kind.value, count, token * how.tp, total * how.tp)
            for kind, count, token, total in kv.by_kind(model, how, context)
        ),
        cache=kv.need(model, how, context),
        flat=kv.need(model, alone, context) if alone else None,
        per_token=kv.per_token(model, how),
        buffers=buffers(model, how, context),
        need=fit.held(model, how, precision, context),
        usable=fit.usable(wish.gpu),
        fits=fit.fits(model, how, wish.gpu, precision, context),
        longest=fit.window(model, how, wish.gpu, precision, limit),
        capacity=capacity,
        positions=model.positions,
        trusted=min(model.trusted, max(model.positions, model.stretched)),
        layouts=layouts.shown(model),
        options=tuple(fit.options(model, how, known, precision, context)),
        times=_times(wish, how),
        hosted=(),
        environment=tuple(serve.environment(model, how, wish.gpu, context))
        if wish.gpu.vllm
        else (),
        command=tuple(serve.command(model, how, precision, context, wish.use))
        if wish.gpu.vllm
        else (),
        cautions=tuple(warn.cautions(model, how, context, wish.use, capacity)),
        chart=tuple(_chart(model, how, precision, context)),
        notes=(*model.disagreements, *model.notes),
    )


def _check(wish: Wish) -> None:
    if wish.context < 1:
        raise ConfigError("a window of no tokens holds nothing", hint="--context 128k, 1M, 10M")
    limit = max(wish.model.positions, wish.model.stretched)
    if wish.context > limit:
        raise ConfigError(
            f"{wish.model.name} has {limit:,} positions, and {wish.context:,} tokens do not fit",
            hint=f"--context {limit} at most, or another model",
        )
    for name in ("gpus", "tp", "pp", "block", "batched", "sequences"):
        value = getattr(wish, name)
        if value is not None and value < 1:
            raise ConfigError(f"--{name} {value} means nothing", hint=f"--{name} 1 at least")
    if wish.block and wish.block % 16:
        raise ConfigError(
            f"blocks of {wish.block} tokens suit no attention kernel", hint="--block 16, 64 or 128"
        )
    if not wish.hybrid and Kind.STATE in wish.model.kinds:
        raise ConfigError(
            f"{wish.model.name} keeps states, which vLLM serves with the hybrid allocator alone",
            hint="leave --no-hybrid out",
        )


def _deployment(wish: Wish) -> Deployment:
    how = serve.defaults(wish.use, wish.block, wish.batched)
    return replace(
        how,
        kv=wish.kv or ("bf16" if wish.precision == "bf16" else "fp8"),
        hybrid=wish.hybrid,
        sequences=wish.sequences or how.sequences,
    )


def _layout(wish: Wish, how: Deployment) -> Spread:
    """Return the layout that was asked for, or the best: the fewest GPUs, most TP.

    Raises:
        ConfigError: vLLM refuses it, or there is none for this number of GPUs.
    """
    model = wish.model
    if not wish.gpu.vllm:
        if max(wish.gpus or 1, wish.tp or 1, wish.pp or 1) > 1:
            raise ConfigError(
                f"several of {wish.gpu.name} do not share a model: vLLM does not run there",
                hint="--gpus 1, or a GPU: h100, h200, b200",
            )
        return Spread(1)
    if wish.tp or wish.pp:
        tp = wish.tp or (wish.gpus or wish.pp or 1) // (wish.pp or 1)
        pp = wish.pp or max(1, (wish.gpus or tp) // tp)
        asked = layouts.spread(model, tp, pp)
        if wish.gpus and wish.gpus != tp * pp:
            raise ConfigError(
                f"{asked} takes {tp * pp} GPUs, not {wish.gpus}", hint=f"--gpus {tp * pp}"
            )
        if asked.refusal:
            near = min(
                (n for n in (1, 2, 4, 8) if not layouts.refusal(model, n)),
                key=lambda n: abs(n - tp),
            )
            raise ConfigError(
                f"vLLM refuses {asked} for {model.name}: {asked.refusal}",
                hint=f"--tp {near}, and --pp for more GPUs",
            )
        return asked
    if wish.gpus:
        found = list(layouts.legal(model, wish.gpus))
        if not found:
            raise ConfigError(
                f"vLLM has no layout of {model.name} on {wish.gpus} GPUs",
                hint=f"--gpus {_nearest(model, wish.gpus)}",
            )
        return found[0]
    return fit.fewest(model, how, wish.gpu, wish.precision, wish.context) or next(
        spread for n in (8, 4, 2, 1) for spread in layouts.legal(model, n)
    )


def _nearest(model: Model, gpus: int) -> int:
    """Return the largest number of GPUs below one for which there is a layout."""
    return next(n for n in range(gpus, 0, -1) if next(layouts.legal(model, n), None))


def _without(model: Model, how: Deployment) -> Deployment | None:
    """Return the deployment without the hybrid allocator, where it is one that can be lost."""
    kinds = model.kinds
    if Kind.FULL not in kinds or Kind.STATE in kinds or len(kinds) == 1:
        return None
    return replace(how, hybrid=False)


def _times(wish: Wish, how: Deployment) -> Times:
    model, gpu, context = wish.model, wish.gpu, wish.context
    cold = speed.first_token(model, how, gpu, context)
    cached = speed.first_token(model, how, gpu, context, max(0, context - QUESTION))
    rate = speed.tokens_a_second(model, how, gpu, wish.precision, context)
    hourly = gpu.hourly * how.gpus or None
    second = hourly / 3600 if hourly else None
    return Times(
        reload=speed.reload(model, how, context),
        cold=cold,
        cached=cached,
        speed=rate,
        hourly=hourly,
        corpus=cold * second if cold and second else None,
        question=(cached + ANSWER / rate) * second if cached and rate and second else None,
    )


def _chart(model: Model, how: Deployment, precision: Precision, context: int) -> list[Point]:
    limit = max(model.positions, model.stretched)
    alone = _without(model, how)
    part = fit.share(model, how, precision)
    return [
        Point(
            context=length,
            weights=part,
            cache=kv.need(model, how, length) + kv.block(model, how),
            other=on_gpu(model, how, length),
            flat=kv.need(model, alone, length) if alone else None,
        )
        for length in sorted({*[n for n in LENGTHS if n <= limit][-10:], context})
    ]
