"""A plan in sentences, rows and bars, as every front end shows it. It knows no colour, no screen.

Names of models and GPUs are a person's own, so all of it may need to be made visible.
"""

from __future__ import annotations

from collections.abc import Iterator

from longread.types.plans import Fit, Plan, Point, Times

MARKS = "█ weights ▓ KV ░ other │ limit"
"""What the bars are made of."""


def gigabytes(size: int) -> str:
    """Return bytes as decimal gigabytes, as GPUs are sold."""
    return f"{size / 1e9:,.1f} GB"


def duration(seconds: float) -> str:
    """Return seconds as people say them."""
    if seconds < 90:
        return f"{seconds:.1f} s"
    if seconds < 5_400:
        return f"{seconds / 60:.0f} min"
    return f"{seconds / 3600:.1f} h"


def subject(plan: Plan) -> str:
    """Say what is planned."""
    return f"{plan.model}, {plan.context:,} tokens, {plan.precision} weights, {plan.kv} KV"


def verdict(plan: Plan) -> str:
    """Say whether it fits, and on what."""
    where = f"{plan.spread.gpus} × {plan.gpu} ({plan.spread})"
    return f"{'fits' if plan.fits else 'does not fit'} on {where}"


def margin(plan: Plan) -> str:
    """Say how much room is left, or what would do."""
    said = f"The longest window that fits there: {plan.longest:,}. "
    if plan.fits:
        said += (
            f"The cache holds {plan.capacity:,} tokens, {plan.capacity / plan.context:.1f} such "
            "requests at once. "
        )
    else:
        said += f"{gigabytes(plan.need - plan.usable)} too much on each. {_instead(plan)} "
    return said + f"Trusted to {plan.trusted:,}."


def _instead(plan: Plan) -> str:
    """Say what would do, of the same GPU."""
    fit = next(fit for fit in plan.options if fit.gpu == plan.gpu)
    if fit.spread is None:
        return f"No number of {plan.gpu} is known to do; see the others below."
    return f"It fits on {fit.spread.gpus} × {plan.gpu} ({fit.spread})."


def parts(plan: Plan) -> Iterator[tuple[str, int, str]]:
    """Yield what lies on each GPU: a name, its bytes, and what it is."""
    share = -(-plan.weights[plan.precision] // plan.spread.gpus)
    others = ", ".join(f"{k} {gigabytes(v)}" for k, v in plan.weights.items())
    yield "weights", share, f"all of them: {others}"
    flat = f"; without the hybrid allocator {gigabytes(plan.flat)}" if plan.flat else ""
    yield "KV cache", plan.cache, f"one request{flat}"
    for one in plan.buffers:
        if one.place == "gpu":
            yield one.name, one.size, one.why


def together(point: Point) -> int:
    """Return the bytes on the fullest GPU at one length."""
    return point.weights + point.cache + point.other


def bars(plan: Plan, width: int) -> Iterator[tuple[Point, str]]:
    """Yield each length of the chart with its bar, `width` cells wide."""
    scale = max(plan.usable, *(together(point) for point in plan.chart)) / width
    for point in plan.chart:
        yield point, _bar(point, plan.usable, scale, width)


def _bar(point: Point, usable: int, scale: float, width: int) -> str:
    """Draw what lies on a GPU, and where its memory ends."""
    cells = ""
    end = 0.0
    for mark, size in (("█", point.weights), ("▓", point.cache), ("░", point.other)):
        end += size
        cells += mark * max(0, round(end / scale) - len(cells))
    limit = min(width - 1, round(usable / scale))
    padded = cells.ljust(width)
    return padded[:limit] + "│" + padded[limit + 1 :]


def count(fit: Fit) -> str:
    """Say how many of a GPU it takes."""
    if not fit.spread:
        return "none does"
    return f"{fit.spread.gpus} ({fit.spread})" if fit.spread.gpus > 1 else "1"


def times(plan: Plan) -> Iterator[str]:
    """Yield how long it takes and what it costs, as sentences."""
    times: Times = plan.times
    if times.cold is None or times.cached is None:
        yield f"How long it takes on {plan.gpu} cannot be estimated: its speed is not known."
    else:
        yield (
            f"Estimated: first token after {duration(times.cold)} cold, "
            f"{duration(times.cached)} for the next question"
            + (f", then {times.speed:.0f} tokens a second" if times.speed else "")
            + "."
        )
    if times.reload and times.cold and plan.use == "ask":
        yield (
            f"Kept on a disk (vLLM's tiering connector), the prefix is back in "
            f"{duration(times.reload)} instead of {duration(times.cold)}."
        )
    if times.corpus is not None and times.question is not None:
        yield (
            f"At ${times.hourly:.2f} an hour: ${times.corpus:.2f} to read the corpus once, "
            f"${times.question:.2f} for each further question with 500 tokens of answer."
        )
    elif times.cold is not None:
        yield f"No price of {plan.gpu} is known: --hourly, or hourly under [gpus.{plan.gpu}]."
    for hosted in plan.hosted:
        if hosted.window < plan.context:
            yield f"Hosted by {hosted.profile}: not possible, its window is {hosted.window:,}."
            continue
        part = "" if hosted.window > plan.context else f" (its window: {hosted.window:,})"
        yield (
            f"Hosted by {hosted.profile}{part}: ${hosted.first:.2f} for the first question, "
            f"${hosted.cached:.2f} for each further one"
            + (f" (prices of {hosted.date})." if hosted.date else ".")
        )


def shell(plan: Plan) -> Iterator[str]:
    """Yield the lines of the command, to be pasted into a shell."""
    parts = [*(variable.text for variable in plan.environment)]
    parts += [argument.text for argument in plan.command]
    for i, text in enumerate(parts):
        yield ("  " if i else "") + text + (" \\" if i < len(parts) - 1 else "")


def reasons(plan: Plan) -> Iterator[tuple[str, str]]:
    """Yield each argument and variable of the command by name, with why it is there."""
    for one in (*plan.environment, *plan.command):
        yield one.text.split("=")[0].split(" ")[0], one.why
