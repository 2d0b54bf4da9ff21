"""A plan as tables and a chart for people."""

from __future__ import annotations

from collections.abc import Iterator

from rich.console import Console
from rich.table import Table
from rich.text import Text

from longread.types import Fit, Plan, Point, Times

BAR = 44
"""Cells of the chart's bars."""


def show(plan: Plan) -> None:
    """Print a plan to standard output.

    Of hardware that does not hold it, neither times nor a command are shown.
    """
    out = Console(highlight=False, soft_wrap=False)
    for part in (_verdict(plan), _memory(plan), _kept(plan), _chart(plan)):
        out.print(part)
        out.print()
    out.print(_options(plan))
    for fit in plan.options:
        if fit.note:
            out.print(Text(f"· {fit.title}: {fit.note}", style="dim"))
    out.print()
    out.print(_layouts(plan))
    out.print()
    if plan.fits:
        for sentence in _times(plan):
            out.print(Text(sentence))
        out.print()
    if plan.fits and plan.command:
        for text in shell(plan):
            out.print(Text(text), soft_wrap=True)
        out.print()
        out.print(_why(plan))
        out.print()
    for caution in plan.cautions:
        out.print(Text("! ", style="bold yellow"), Text(f"{caution.name}: {caution.text}"), sep="")
        out.print(Text(f"  → {caution.hint}", style="dim"))
    for note in plan.notes:
        out.print(Text(f"· {note}", style="dim"))


def _verdict(plan: Plan) -> Text:
    told = Text(f"{plan.model}, {plan.context:,} tokens, {plan.precision} weights, {plan.kv} KV: ")
    where = f"{plan.spread.gpus} × {plan.gpu} ({plan.spread})"
    told.append(f"{'fits' if plan.fits else 'does not fit'} on {where}", style="bold")
    told.append(f"\nThe longest window that fits there: {plan.longest:,}. ")
    if plan.fits:
        told.append(
            f"The cache holds {plan.capacity:,} tokens, {plan.capacity / plan.context:.1f} such "
            "requests at once. "
        )
    else:
        told.append(f"{gigabytes(plan.need - plan.usable)} too much on each. {_instead(plan)} ")
    told.append(f"Trusted to {plan.trusted:,}.")
    return told


def _instead(plan: Plan) -> str:
    """Say what would do, of the same GPU."""
    fit = next(fit for fit in plan.options if fit.gpu == plan.gpu)
    if fit.spread is None:
        return f"No number of {plan.gpu} is known to do; see the others below."
    return f"It fits on {fit.spread.gpus} × {plan.gpu} ({fit.spread})."


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


def _memory(plan: Plan) -> Table:
    table = _table("on each GPU" if plan.command else "in memory", "bytes", "")
    share = -(-plan.weights[plan.precision] // plan.spread.gpus)
    others = ", ".join(f"{k} {gigabytes(v)}" for k, v in plan.weights.items())
    rows = [("weights", share, f"all of them: {others}")]
    flat = f"; without the hybrid allocator {gigabytes(plan.flat)}" if plan.flat else ""
    rows.append(("KV cache", plan.cache, f"one request{flat}"))
    rows += [(b.name, b.size, b.why) for b in plan.buffers if b.place == "gpu"]
    for name, size, why in rows:
        table.add_row(name, f"{size:,}", why)
    table.add_section()
    table.add_row("together", f"{plan.need:,}", f"of {plan.usable:,} that can be used")
    for one in plan.buffers:
        if one.place == "host":
            table.add_row(f"host: {one.name}", f"{one.size:,}", one.why)
    return table


def _kept(plan: Plan) -> Table:
    table = _table("attention", "layers", "bytes a token", "this window")
    for kept in plan.kept:
        token = f"{kept.token:,}" if kept.token else "bounded"
        table.add_row(kept.kind, str(kept.layers), token, f"{kept.total:,}")
    table.add_section()
    total = sum(kept.total for kept in plan.kept)
    table.add_row("over all GPUs", "", f"{plan.per_token:,}", f"{total:,}")
    return table


def _chart(plan: Plan) -> Table:
    table = _table("context", "on each GPU: █ weights ▓ KV ░ other │ limit", "together", "flat KV")
    flat = any(point.flat for point in plan.chart)
    scale = max(plan.usable, *(_sum(point) for point in plan.chart)) / BAR
    for point in plan.chart:
        style = "bold" if point.context == plan.context else ""
        without = gigabytes(point.flat) if flat and point.flat else "–"
        table.add_row(
            Text(f"{point.context:,}", style=style),
            _bar(point, plan.usable, scale),
            gigabytes(_sum(point)),
            without,
        )
    return table


def _bar(point: Point, usable: int, scale: float) -> Text:
    """Draw what lies on a GPU, and where its memory ends."""
    cells = ""
    end = 0.0
    for mark, size in (("█", point.weights), ("▓", point.cache), ("░", point.other)):
        end += size
        cells += mark * max(0, round(end / scale) - len(cells))
    limit = min(BAR - 1, round(usable / scale))
    padded = cells.ljust(BAR)
    over = _sum(point) > usable
    return Text(padded[:limit] + "│" + padded[limit + 1 :], style="red" if over else "")


def _sum(point: Point) -> int:
    return point.weights + point.cache + point.other


def _options(plan: Plan) -> Table:
    table = _table("GPU", "how many", "on the fullest", "usable")
    for fit in plan.options:
        held = gigabytes(fit.need) if fit.spread else ""
        table.add_row(fit.title, _count(fit), held, gigabytes(fit.usable))
    return table


def _count(fit: Fit) -> str:
    if not fit.spread:
        return "none does"
    return f"{fit.spread.gpus} ({fit.spread})" if fit.spread.gpus > 1 else "1"


def _layouts(plan: Plan) -> Table:
    table = _table("layout", "GPUs", "vLLM's verdict")
    for layout in plan.layouts:
        table.add_row(str(layout), str(layout.gpus), layout.refusal or "runs")
    return table


def _times(plan: Plan) -> Iterator[str]:
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


def _why(plan: Plan) -> Table:
    table = _table("", "why")
    for one in (*plan.environment, *plan.command):
        table.add_row(Text(one.text.split("=")[0].split(" ")[0], overflow="fold"), one.why)
    return table


def _table(*heads: str) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold", show_edge=False)
    for head in heads:
        right = head in ("bytes", "layers", "bytes a token", "this window", "GPUs", "together",
                         "context", "flat KV", "on the fullest", "usable")  # fmt: skip
        table.add_column(head, justify="right" if right else "left", no_wrap=right)
    return table
