"""What `peers.py` found out, and the page that it prints."""

from __future__ import annotations

import os
import platform
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from statistics import median

from tools import Tool


@dataclass(slots=True)
class Row:
    """One tool, cold or warm; lists have one figure for each run."""

    tool: str
    state: str
    cpu: list[float] = field(default_factory=list)
    wall: list[float] = field(default_factory=list)
    peak: list[float] = field(default_factory=list)
    digests: list[str] = field(default_factory=list)
    tokens: str = ""
    textless: list[str] = field(default_factory=list)
    lost: list[str] = field(default_factory=list)
    kept: dict[str, float] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """Say which tool, and in which state."""
        return f"{self.tool}, {self.state}"


@dataclass(slots=True)
class Filled:
    """How much of a budget longread used; `written` are the ids that it wrote, counted there."""

    budget: str
    used: float
    written: int
    over: bool


@dataclass(slots=True)
class Report:
    """What was measured on one repository."""

    name: str
    commit: str = ""
    tracked: int = 0
    texts: int = 0
    load: list[float] = field(default_factory=list)
    rows: list[Row] = field(default_factory=list)
    filled: list[Filled] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)


def table(report: Report) -> Iterator[str]:
    """Yield one line for each tool and state."""
    yield (
        "| | CPU s | wall s | peak MiB | tokens | files without text | lost | same bytes"
        " | prefix kept, a change at its |"
    )
    yield "|---|---|---|---|---|---|---|---|---|"
    cold = {row.tool: row for row in report.rows if row.state == "cold"}
    for row in report.rows:
        cells = [
            row.name,
            f"{median(row.cpu):.2f}",
            f"{median(row.wall):.2f}",
            f"{median(row.peak):.0f}",
            row.tokens or "not counted",
            f"{len(row.textless):,}",
            f"{len(row.lost):,}",
        ]
        # Warm must also be what cold is.
        written = row.digests if row is cold.get(row.tool) else cold[row.tool].digests + row.digests
        cells.append(("yes" if len(set(written)) == 1 else "no") if written[1:] else "one run")
        cells.append(", ".join(f"{share:.3f} {end}" for end, share in row.kept.items()))
        yield "| " + " | ".join(cells) + " |"


def ratios(report: Report) -> Iterator[str]:
    """Yield how many times longread's cost each peer's is.

    With its secrets masked for all; those that look for none also to longread that keeps them.
    """
    rows = {row.name: row for row in report.rows}
    for row in report.rows:
        if row.tool.startswith("longread"):
            continue
        for own in ("longread", "longread --secrets keep"):
            if base := rows.get(f"{own}, {row.state}"):
                cpu, wall = median(row.cpu) / median(base.cpu), median(row.wall) / median(base.wall)
                yield f"- {row.name} ÷ {base.name}: CPU {cpu:.2f}, wall {wall:.2f}"


def page(reports: Sequence[Report], tools: Sequence[Tool], notes: Sequence[str], runs: int) -> str:
    """Return the page, in Markdown."""
    versions = ", ".join(f"{t.name} {t.version}" for t in tools if " " not in t.name)
    lines = [
        f"{versions}; Python {platform.python_version()}, {os.cpu_count()} cores;"
        f" medians of {runs} interleaved runs, cold and warm.",
        *(f"- {note}" for note in notes),
    ]
    for report in reports:
        lines += ["", f"## {report.name}", ""]
        if report.rows:
            lines.append(
                f"{report.tracked:,} tracked files at {report.commit}, {report.texts:,} of text;"
                f" load average {report.load[0]:.1f} before, {report.load[1]:.1f} after."
            )
            lines += ["", *table(report), "", *ratios(report)]
        if report.filled:
            lines += ["", "| longread's budget | used | ids written | over |", "|---|---|---|---|"]
            lines += [
                f"| {f.budget} | {f.used:.2%} | {f.written:,} | {'yes' if f.over else 'no'} |"
                for f in report.filled
            ]
        if report.missing:
            lines += ["", "Not measured:", "", *(f"- {line}" for line in report.missing)]
    return "\n".join(lines)
