"""Measure `longread pack`: cold and warm, CPU seconds of all processes, wall clock, peak memory.

    python bench/pack.py REPOSITORY…

Each repository is packed to 128k and 10M tokens with a fresh cache, then again with that cache,
`RUNS` times each; medians are printed as a Markdown table. Without an argument this repository
is measured. `peers.py` measures the same beside other tools, which it installs.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

from cost import Cost, measure

RUNS = 3
BUDGETS = ("128k", "10M")
LONGREAD = (sys.executable, "-c", "from longread.cli import main; main()")


@dataclass(frozen=True, slots=True)
class Packed:
    """One run: `cost.peak` is the peak of longread's largest process, in MiB."""

    cost: Cost
    ledger: dict[str, Any]


def surroundings(state: Path, seed: int = 0) -> dict[str, str]:
    """Return an environment in which a tool keeps all it keeps below `state`.

    An empty `state` makes the next run cold. `seed` orders Python's sets of strings.
    """
    places = {
        "HOME": "home",
        "LONGREAD_CACHE": "cache",
        "LONGREAD_HOME": "sessions",
        "TMPDIR": "tmp",
        "XDG_CACHE_HOME": "xdg-cache",
        "XDG_CONFIG_HOME": "xdg-config",
    }
    for name in places.values():
        (state / name).mkdir(parents=True, exist_ok=True)
    own = {variable: str(state / name) for variable, name in places.items()}
    return {**os.environ, **own, "PYTHONHASHSEED": str(seed)}


def pack(
    source: Path,
    budget: str,
    state: Path,
    output: Path,
    *,
    options: Sequence[str] = (),
    seed: int = 0,
    limit: float = 1200,
) -> Packed:
    """Pack a source once, with the cache below `state`, and return cost and ledger.

    Raises:
        CommandError: longread failed, or took more than `limit` seconds.
    """
    ledger = state / "ledger.json"
    places = ["-o", str(output), "--ledger", str(ledger)]
    command = [*LONGREAD, "pack", str(source), "--budget", budget, *places, *options]
    cost = measure(command, environment=surroundings(state, seed), limit=limit)
    return Packed(cost, json.loads(ledger.read_text(encoding="utf-8")))


def main() -> None:
    """Print one row for each repository and budget."""
    sources = [Path(a) for a in sys.argv[1:]] or [Path(__file__).parent.parent]
    print(
        "| repository | files | budget | used | cold: CPU s (wall), MiB | warm: CPU s (wall), MiB |"
    )
    print("|---|---|---|---|---|---|")
    for source in sources:
        for budget in BUDGETS:
            cold: list[Packed] = []
            warm: list[Packed] = []
            for run in range(RUNS):
                with tempfile.TemporaryDirectory() as folder:
                    state = Path(folder)
                    for runs in (cold, warm):
                        runs.append(pack(source, budget, state, state / "prompt.txt", seed=run))
            ledger = warm[-1].ledger
            used = ledger["tokens"] / ledger["budget"]
            row = [source.resolve().name, f"{len(ledger['files']):,}", budget, f"{used:.1%}"]
            row += [
                f"{median(r.cost.cpu for r in runs):.2f} ({median(r.cost.wall for r in runs):.2f}),"
                f" {median(r.cost.peak for r in runs):.0f}"
                for runs in (cold, warm)
            ]
            print("| " + " | ".join(row) + " |", flush=True)


if __name__ == "__main__":
    main()
