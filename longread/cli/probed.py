"""What `longread probe` prints: what it would take, the grid, the likelihood; files it draws."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import click

from longread.errors import LongreadError
from longread.export.visible import line

if TYPE_CHECKING:
    from longread.analysis.planting import Request
    from longread.analysis.probe import Estimate
    from longread.types.probes import Likelihood, Probe

PALETTE = ((0.0, 231, 124), (0.25, 16, 209), (0.5, 16, 223), (0.75, 16, 152), (1.0, 231, 25))
"""Share that is right, colour of the text and of the cell, as terminals number 256 colours."""
WIDTH = 80
"""Columns where there is no terminal."""


def say(estimate: Estimate, request: Request, as_data: bool) -> None:
    """Say what the probe would take: in short, or length by length where that is all."""
    from dataclasses import asdict

    from longread.export.session import as_json
    from longread.tokens.sizes import label

    for note in estimate.notes:
        click.echo(line(note), err=True)
    if request.dry and as_data:
        whole = {"requests": estimate.requests, "tokens": estimate.tokens}
        click.echo(as_json({**whole, "cached": estimate.cached, **asdict(estimate)}))
        return
    if request.dry:
        click.echo(f"{'length':>8} {'questions':>10} {'tokens':>16} {'of these cached':>16}")
        for part in estimate.parts:
            click.echo(
                f"{label(part.length):>8} {part.requests:>10,} {part.tokens:>16,}"
                f" {part.cached:>16,}"
            )
    click.echo(_sum(estimate, request), err=not request.dry)


def _sum(estimate: Estimate, request: Request) -> str:
    from longread.analysis.spending import duration

    if not estimate.requests:
        return f"all {estimate.kept:,} trials were made before: nothing is asked"
    words = [
        f"{estimate.requests:,} questions, {estimate.tokens:,} tokens; {estimate.cached:,} of these"
        " come from the cache where the server keeps prefixes"
    ]
    if estimate.kept:
        words.append(f"{estimate.kept:,} trials were made before")
    profile = request.profile
    if estimate.price:
        dated = f" of {profile.price_date}" if profile.price_date else ""
        words.append(f"at most ${estimate.price:,.2f} by the prices{dated} in {profile.name}")
    else:
        words.append(f"{profile.name} names no price")
    if estimate.seconds:
        words.append(
            f"at most {duration(estimate.seconds)} at the speed of earlier answers, more where"
            " these were short"
        )
    else:
        words.append("how long it takes is not known: no answer of this profile was timed yet")
    return "\n".join(words)


def show(made: Probe, output: Path | None, as_data: bool) -> None:
    """Print a probe, and draw it into a file."""
    from longread.export import grid
    from longread.export.session import as_json

    if as_data:
        click.echo(as_json(grid.data(made)))
    else:
        paint = grid.plain if "NO_COLOR" in os.environ else _paint
        for row in grid.terminal(made, _width(), paint):
            click.echo(row)
        click.echo(f"by kind: {', '.join(grid.by_kind(made))}")
        click.echo(grid.verdict(made))
    if output:
        text = grid.svg(made) if output.suffix == ".svg" else grid.html(made)
        _write(output, text)


def _width() -> int:
    return shutil.get_terminal_size((WIDTH, 24)).columns


def _paint(text: str, share: float) -> str:
    """Colour a cell; what is no terminal gets the text alone from click."""
    ink, ground = min(PALETTE, key=lambda colour: abs(colour[0] - share))[1:]
    return click.style(text, fg=ink, bg=ground)


def check_place(path: Path) -> None:
    """See that a file can be written, before the work that it is to show.

    Raises:
        LongreadError: there is no such folder, or it is another's.
    """
    if not path.parent.is_dir():
        why = f"there is no folder {path.parent}"
    elif not os.access(path if path.exists() else path.parent, os.W_OK):
        why = "permission denied"
    else:
        return
    raise LongreadError(f"{path} cannot be written: {why}", hint="name another file")


def _write(path: Path, text: str) -> None:
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise LongreadError(
            f"{path} cannot be written: {error.strerror}", hint="name another file"
        ) from error
    click.echo(f"{path} is written", err=True)


def show_likelihood(found: Likelihood, output: Path | None, as_data: bool) -> None:
    """Print a likelihood by position, and draw it into a file."""
    from longread.export import curve
    from longread.export.session import as_json

    if as_data:
        click.echo(as_json(curve.data(found)))
    else:
        for row in curve.terminal(found, _width()):
            click.echo(row)
        click.echo(curve.summary(found))
        click.echo(line(found.note), err=True)
    if output:
        drawn = curve.svg(found) if output.suffix == ".svg" else curve.html(found)
        _write(output, drawn)
