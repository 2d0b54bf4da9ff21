"""Measure reviews: cells a second, memory, a finished review again, and what kill -9 leaves.

    python bench/review.py FOLDER QUESTIONS [--kills 50] [--json FILE]

The PDFs of FOLDER are reviewed; QUESTIONS is a file of questions. The replay engine answers, so
that all of the time is longread's own and the disk's. How often the disk alone can write a row
durably is measured in the same run, for that bounds what keeps each cell at once.

For the kills a program reviews until a random moment and is ended with SIGKILL, and another goes
on, so many times; the last one ends by itself. Its grid is compared with one that nothing
disturbed, and requests are counted where the engine takes them.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import resource
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import AsyncGenerator
from dataclasses import replace
from pathlib import Path
from random import Random

from longread.analysis.questions import read_questions
from longread.analysis.review import Request, review
from longread.analysis.trust import Departure
from longread.config import Profile
from longread.engine.replay import ReplayEngine
from longread.ingest.read import Options
from longread.ingest.select import Selection
from longread.store import open_store
from longread.types import Event, Prompt, Sampling
from longread.types.reviews import Cell, Started

PROFILE = Profile(name="replay", engine="replay", window=131_072, trusted=131_072, answer=1_024)
PARALLEL = 8


class Counted(ReplayEngine):
    """Notes each request in a file before it answers, as a server's log would."""

    def __init__(self, log: Path, pause: float) -> None:
        super().__init__("")
        self._log = os.open(log, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
        self._pause = pause

    async def stream(self, prompt: Prompt, sampling: Sampling) -> AsyncGenerator[Event]:
        pieces = prompt.turns[1].pieces
        path = pieces[0].text.split()[2]
        name = pieces[-1].text.splitlines()[1].partition(":")[0]
        again = len(prompt.turns) > 2
        os.write(self._log, f"{path}\t{name}\t{again:d}\n".encode())
        await asyncio.sleep(self._pause)
        async for event in super().stream(prompt, sampling):
            yield event


async def yes(_: Departure) -> bool:
    return True


async def run(request: Request, log: Path, pause: float, *, loud: bool = False) -> dict[str, float]:
    """Review, and return what it took; say each cell that is told, where somebody listens."""
    started = begun = time.monotonic()
    cpu, cells = time.process_time(), 0
    async for event in review(request, yes, Counted(log, pause)):
        if isinstance(event, Started):
            begun = time.monotonic()
        if isinstance(event, Cell):
            cells += 1
            if loud:
                os.write(1, f"{event.path}\t{event.question}\n".encode())
    ended = time.monotonic()
    return {
        "cells": cells,
        "seconds": ended - begun,
        "seconds_with_reading": ended - started,
        "cpu_seconds": time.process_time() - cpu,
        "peak_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }


def disk(folder: Path, rows: int = 400) -> float:
    """Return how many rows a second SQLite alone writes there, each a commit, synchronous=FULL."""
    db = sqlite3.connect(folder / "disk.db", isolation_level=None)
    db.execute("PRAGMA journal_mode = WAL")
    db.execute("PRAGMA synchronous = FULL")
    db.execute("CREATE TABLE row (value TEXT)")
    began = time.monotonic()
    for _ in range(rows):
        db.execute("INSERT INTO row VALUES (?)", ("x" * 1_000,))
    took = time.monotonic() - began
    db.close()
    return rows / took


def apart(arguments: list[str], **more: object) -> subprocess.Popen[bytes]:
    """Start this file as a program of its own, so that memory and time are those of one review."""
    command = [sys.executable, __file__, *arguments]
    return subprocess.Popen(command, stdout=subprocess.PIPE, **more)  # type: ignore[call-overload, no-any-return]


def grid(store: Path) -> dict[tuple[str, str], object]:
    with open_store(store) as opened:
        kept = opened.reviews.review()
    return {
        key: replace(cell, usage=None, price=0.0, content_id="") for key, cell in kept.cells.items()
    }


def killed(folder: Path, base: list[str], kills: int, whole: float) -> dict[str, object]:
    """Kill reviews at random moments, and compare what comes of it in the end."""
    store, log = folder / "killed.db", folder / "killed.log"
    pause = 0.05
    arguments = [*base, "--store", str(store), "--log", str(log), "--pause", str(pause), "--loud"]
    random, told, lost = Random(20), Counter[str](), 0
    for number in range(kills):
        process = apart(arguments)
        assert process.stdout
        first = process.stdout.readline()
        time.sleep(random.random() * 2 * whole / kills)
        process.send_signal(signal.SIGKILL)
        lines = (first + process.stdout.read()).decode().split("\n")[:-1]
        process.wait()
        told.update(line for line in lines if line.count("\t") == 1)
        there = {f"{path}\t{name}" for path, name in grid(store)}
        lost += len(set(told) - there)
        print(f"kill {number + 1}: {len(there):,} cells kept", file=sys.stderr)
    process = apart(arguments)
    told.update(process.communicate()[0].decode().split("\n")[:-2])
    first_asked = Counter(
        line.rpartition("\t")[0] for line in log.read_text().splitlines() if line.endswith("\t0")
    )
    return {
        "kills": kills,
        "cells_told_and_lost": lost,
        "cells_told_twice": sum(n > 1 for n in told.values()),
        "cells": len(first_asked),
        "asked_more_than_once": sum(n - 1 for n in first_asked.values()),
        "most_in_flight": kills * PARALLEL,
        "same_grid": grid(store) == grid(folder / "first.db"),
    }


def main() -> None:
    """Measure, or be one of the programs that are measured."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder")
    parser.add_argument("questions", type=Path)
    parser.add_argument("--kills", type=int, default=50)
    parser.add_argument("--json", type=Path)
    parser.add_argument("--store", type=Path)
    parser.add_argument("--log", type=Path)
    parser.add_argument("--pause", type=float, default=0.0)
    parser.add_argument("--loud", action="store_true")
    given = parser.parse_args()
    if given.store:
        request = Request(
            PROFILE,
            (given.folder,),
            read_questions(given.questions),
            options=Options(selection=Selection(include=("*.pdf",))),
            store=given.store,
            parallel=PARALLEL,
            yes=True,
        )
        took = asyncio.run(run(request, given.log, given.pause, loud=given.loud))
        print(json.dumps(took))
        return
    with tempfile.TemporaryDirectory(prefix="longread-bench-", dir=Path.cwd()) as made:
        folder = Path(made)
        base = [given.folder, str(given.questions)]

        def once(name: str) -> dict[str, float]:
            more = ["--store", str(folder / f"{name}.db"), "--log", str(folder / f"{name}.log")]
            began = time.monotonic()
            said = apart([*base, *more]).communicate()[0]
            return {**json.loads(said), "seconds_of_program": time.monotonic() - began}

        warm = once("first")
        found: dict[str, object] = {
            "disk_commits_a_second": disk(folder),
            "first": warm,
            "again": once("first"),
        }
        second = once("second")
        found["second"] = second
        found["cells_a_second"] = second["cells"] / second["seconds"]
        if given.kills:
            cells = second["cells"]
            whole = cells * (0.05 / PARALLEL + second["seconds"] / cells)
            found["killed"] = killed(folder, base, given.kills, whole)
    print(json.dumps(found, indent=2))
    if given.json:
        given.json.write_text(json.dumps(found, indent=2) + "\n")


if __name__ == "__main__":
    main()
