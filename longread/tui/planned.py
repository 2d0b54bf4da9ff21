"""What the Plan says, part by part, as text of a given width. It knows no widget."""

from __future__ import annotations

from collections.abc import Iterator
from textwrap import wrap

from textual.content import Content

from longread.export import grid
from longread.export.plan import (
    MARKS,
    bars,
    count,
    gigabytes,
    parts,
    reasons,
    shell,
    subject,
    times,
    together,
    verdict,
)
from longread.export.visible import line, visible
from longread.tui.widgets.columns import fit
from longread.types.plans import Plan
from longread.types.probes import Probe

NUMBER = 10
"""Cells of a length or a size."""
NAME = 19
"""Cells of what a line is about."""
FLAT = 70
"""Columns from which on the cache without the hybrid allocator is told in the chart."""

TRUST = "how far it can be trusted"


def memory(plan: Plan, width: int) -> Content:
    """Return what it is a plan of, the chart, what lies on a GPU, and how many others it takes."""
    return Content("\n").join(_memory(plan, width))


def _memory(plan: Plan, width: int) -> Iterator[Content]:
    mark, style = ("✓", "$text-success") if plan.fits else ("✗", "$text-error")
    yield Content(line(subject(plan)))
    yield Content.styled(f"{mark} {line(verdict(plan))}", f"bold {style}")
    yield from _chart(plan, width)
    yield Content()
    for name, size, why in parts(plan):
        yield _row(name, gigabytes(size), why, width)
    yield _row("together", gigabytes(plan.need), f"of {gigabytes(plan.usable)} usable", width)
    for one in plan.buffers:
        if one.place == "host":
            yield _row(f"host: {one.name}", gigabytes(one.size), one.why, width)
    yield Content()
    yield _head(f"{'attention':<{NAME}} {'layers':>{NUMBER}}  bytes a token")
    for kept in plan.kept:
        token = f"{kept.token:,}" if kept.token else "bounded"
        yield Content(f"{kept.kind:<{NAME}} {kept.layers:>{NUMBER}}  {token}")
    yield Content()
    yield _head(f"{'GPU':<{NAME}} {'fullest':>{NUMBER}}  how many")
    for found in plan.options:
        held = gigabytes(found.need) if found.spread else ""
        note = f"; {found.note}" if found.note else ""
        yield _row(found.gpu, held, count(found) + note, width)
    yield Content()
    yield _head(f"{'layout':<{NAME}} {'GPUs':>{NUMBER}}  vLLM's verdict")
    for layout in plan.layouts:
        yield _row(str(layout), str(layout.gpus), layout.refusal or "runs", width)


def _chart(plan: Plan, width: int) -> Iterator[Content]:
    """Yield a bar for each length; "›" is the one that is planned, "!" does not fit."""
    flat = width >= FLAT and any(point.flat for point in plan.chart)
    room = width - 2 * NUMBER - 6 - (NUMBER + 1) * flat
    where = "on each GPU" if plan.command else "in memory"
    yield Content.styled(f"{where}: {MARKS}  ! over", "$foreground 80%")
    head = f"  {'context':>{NUMBER}} {'':{room}} {'together':>{NUMBER}}"
    yield _head(head + f"   {'flat KV':>{NUMBER}}" * flat)
    for point, bar in bars(plan, room):
        here, held = point.context == plan.context, together(point)
        over = held > plan.usable
        yield Content.assemble(
            (f"{'›' if here else ' '} {point.context:>{NUMBER},} ", "bold" if here else ""),
            (bar, "$text-error" if over else "$text-primary"),
            (f" {gigabytes(held):>{NUMBER}} ", "bold" if here else ""),
            ("!" if over else " ", "bold $text-error"),
            f" {gigabytes(point.flat or 0):>{NUMBER}}" if flat else "",
        )


def warnings(plan: Plan, width: int) -> Content:
    """Return what breaks, with what to do about it, and what else is known."""
    found = [
        Content.assemble(
            ("! ", "bold $text-warning"),
            (line(one.name), "bold"),
            _hung(f"! {line(one.name)}", f": {one.text}", width, 2),
            "\n",
            (_hung("", f"→ {one.hint}", width, 2), "$foreground 80%"),
        )
        for one in plan.cautions
    ]
    notes = [
        Content.styled(_hung("", f"· {note}", width, 2), "$foreground 80%") for note in plan.notes
    ]
    return Content("\n").join([*found, Content(), *notes])


def command(plan: Plan, width: int) -> Content:
    """Return the command with a line of why for each argument, and how long and how much."""
    if not plan.command:
        return Content(f"vLLM does not run on {line(plan.gpu)}: there is no command.")
    if not plan.fits:
        return Content("It does not fit: there is no command, and no time that it would take.")
    found = [Content(shown(plan)), Content()]
    found += [Content(_hung("", line(said), width, 2)) for said in times(plan)]
    found += [Content(), _head("why each argument is there")]
    for name, why in reasons(plan):
        found.append(Content.styled(line(name), "$text-accent"))
        found.append(Content("  " + _hung("  ", why, width, 2)))
    return Content("\n").join(found)


def probe(plan: Plan, found: Probe | None, width: int) -> Content:
    """Return how far the model can be trusted, and the grid of its newest probe."""
    if found is None:
        said = (
            f"Answers are trusted to {plan.trusted:,} tokens. Nothing of this model was probed yet:"
            " longread probe --profile NAME measures it on your own corpus."
        )
        return _head(TRUST) + Content("\n" + _hung("", said, width, 0))
    told = [_hung("", said, width, 0) for said in (grid.about(found), grid.verdict(found))]
    rows = [line(row) for row in grid.terminal(found, width)]
    return Content("\n").join(
        [_head(TRUST), Content(told[0]), *map(Content, rows), Content(told[1])]
    )


def shown(plan: Plan) -> str:
    """Return the command as it is copied."""
    return visible("\n".join(shell(plan)))


def _row(name: str, number: str, why: str, width: int) -> Content:
    head = f"{fit(name, NAME)} {number:>{NUMBER}}  "
    return Content.assemble(head, (_hung(head, why, width, len(head)), "$foreground 80%"))


def _hung(head: str, text: str, width: int, indent: int) -> str:
    """Return what follows a head that is on the line already, further lines indented."""
    room = max(width, indent + 10)
    rows = wrap(
        line(text), room, initial_indent=" " * len(head), subsequent_indent=" " * indent,
        break_on_hyphens=False,
    )  # fmt: skip
    return "\n".join(rows)[len(head) :]


def _head(text: str) -> Content:
    return Content.styled(text, "bold")
