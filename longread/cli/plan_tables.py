"""A plan as tables and a chart for people."""

from __future__ import annotations

from rich.console import Console
from rich.table import Table
from rich.text import Text

from longread.export.plan import (
    MARKS,
    bars,
    count,
    gigabytes,
    margin,
    parts,
    reasons,
    shell,
    subject,
    times,
    together,
    verdict,
)
from longread.types.plans import Plan

BAR = 44
"""Cells of the chart's bars."""


def show(plan: Plan) -> None:
    """Print a plan to standard output.

    Of hardware that does not hold it, neither times nor a command are shown.
    """
    out = Console(highlight=False, soft_wrap=False, markup=False, emoji=False)
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
        for sentence in times(plan):
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
    told = Text(f"{subject(plan)}: ")
    told.append(verdict(plan), style="bold")
    return told.append(f"\n{margin(plan)}")


def _memory(plan: Plan) -> Table:
    table = _table("on each GPU" if plan.command else "in memory", "bytes", "")
    for name, size, why in parts(plan):
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
    table = _table("context", f"on each GPU: {MARKS}", "together", "flat KV")
    flat = any(point.flat for point in plan.chart)
    for point, bar in bars(plan, BAR):
        style = "bold" if point.context == plan.context else ""
        without = gigabytes(point.flat) if flat and point.flat else "–"
        held = together(point)
        table.add_row(
            Text(f"{point.context:,}", style=style),
            Text(bar, style="red" if held > plan.usable else ""),
            gigabytes(held),
            without,
        )
    return table


def _options(plan: Plan) -> Table:
    table = _table("GPU", "how many", "on the fullest", "usable")
    for fit in plan.options:
        held = gigabytes(fit.need) if fit.spread else ""
        table.add_row(fit.title, count(fit), held, gigabytes(fit.usable))
    return table


def _layouts(plan: Plan) -> Table:
    table = _table("layout", "GPUs", "vLLM's verdict")
    for layout in plan.layouts:
        table.add_row(str(layout), str(layout.gpus), layout.refusal or "runs")
    return table


def _why(plan: Plan) -> Table:
    table = _table("", "why")
    for name, why in reasons(plan):
        table.add_row(Text(name, overflow="fold"), why)
    return table


def _table(*heads: str) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold", show_edge=False)
    for head in heads:
        right = head in ("bytes", "layers", "bytes a token", "this window", "GPUs", "together",
                         "context", "flat KV", "on the fullest", "usable")  # fmt: skip
        table.add_column(head, justify="right" if right else "left", no_wrap=right)
    return table
