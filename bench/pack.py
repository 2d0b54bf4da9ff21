"""Measure `longread pack`: cold and warm, CPU seconds of all processes, wall clock, peak memory.

    python bench/pack.py REPOSITORY…

Each repository is packed to 64k and 128k tokens with a fresh cache, then again with that cache,
`RUNS` times each; medians are printed as a Markdown table. Without an argument this repository
is measured.
"""

from __future__ import annotations

import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

RUNS = 3
LONGREAD = (sys.executable, "-c", "from longread.cli import main; main()")


def measure(source: Path, budget: str, work: Path) -> tuple[float, float, dict[str, object]]:
    """Pack once; return CPU seconds, wall seconds and the ledger."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    started = time.monotonic()
    output = ["-o", str(work / "prompt.txt"), "--ledger", str(work / "ledger.json")]
    command = [*LONGREAD, "pack", str(source), "--budget", budget, *output]
    subprocess.run(command, check=True, capture_output=True)
    wall = time.monotonic() - started
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    ledger: dict[str, object] = json.loads((work / "ledger.json").read_text())
    return cpu, wall, ledger


def main() -> None:
    """Print one row for each repository and budget."""
    sources = [Path(a) for a in sys.argv[1:]] or [Path(__file__).parent.parent]
    print("| repository | files | budget | used | cold CPU s (wall) | warm CPU s (wall) |")
    print("|---|---|---|---|---|---|")
    for source in sources:
        for budget in ("64k", "128k"):
            cold, warm = [], []
            for _ in range(RUNS):
                with tempfile.TemporaryDirectory() as folder:
                    work = Path(folder)
                    os.environ["LONGREAD_CACHE"] = str(work / "cache")
                    os.environ["LONGREAD_HOME"] = str(work / "home")
                    cold.append(measure(source, budget, work)[:2])
                    # The first run in a cache also compiles the rules for secrets; the second
                    # writes what it found, the third is what people see.
                    measure(source, budget, work)
                    cpu, wall, ledger = measure(source, budget, work)
                    warm.append((cpu, wall))
            files, tokens, limit = ledger["files"], ledger["tokens"], ledger["budget"]
            assert isinstance(files, list)
            assert isinstance(tokens, int)
            assert isinstance(limit, int)
            row = [source.name, f"{len(files):,}", f"{limit:,}", f"{tokens / limit:.1%}"]
            row += [
                f"{statistics.median(c for c, _ in runs):.2f}"
                f" ({statistics.median(w for _, w in runs):.2f})"
                for runs in (cold, warm)
            ]
            print("| " + " | ".join(row) + " |", flush=True)


if __name__ == "__main__":
    main()
