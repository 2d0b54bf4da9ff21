"""Measure longread beside repomix, gitingest and files-to-prompt, in one run.

    python bench/peers.py REPOSITORY… [--runs 3] [--json FILE] [--folder FOLDER] [--limit SECONDS]

The peers are installed with npm and pip, in their latest versions, below `--folder` (by default in
the user's cache); what cannot be installed or run is named at the end, and the rest goes on.

All do the same job: read the whole repository, count its tokens, write one file; each as it does it
by default. longread's budget for it is 10M tokens. Runs are interleaved, one tool after another, so
that what else the machine does falls on all of them. Cold is with an empty cache, for repomix too;
warm is the next run. Printed are medians of CPU seconds (the command and all processes below it),
wall seconds and peak resident memory (the largest process), and:

* files without text: those that git tracks, holds for text and finds not empty, of which the output
  shows nothing; for longread, files that its ledger says it cut down to their path count too.
* lost: tracked files that the output, for longread its ledger, does not even name.
* same bytes: whether two cold runs, with other seeds for Python's sets, wrote the same file, and
  warm runs the same as cold ones.
* prefix kept: in a clone, one file gets one more line, its second, and a commit; how much of the
  output before is still the beginning of the output after. The file is taken near the end, then in
  the middle, of each tool's own output.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import shutil
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from cost import CommandError
from prefix import ENDS, copy, kept
from report import Filled, Report, Row, page
from tools import PEERS, Run, Tool, decode, git, install, lays_out, lend_vocabulary, longread

JOB = "10M"
"""longread's budget where it is compared: Llama 4 Scout's window; the others know none."""
BUDGETS = {"128k": 128_000, "1M": 1_000_000, "10M": 10_000_000}
KEEP = ("--secrets", "keep")
LAYOUT = ("--layout", "bench")


class Bench:
    """The measurement of one repository; `work` is a folder of its own, empty.

    What cannot be measured is written into the report, and the rest goes on.
    """

    def __init__(self, repository: Path, tools: Sequence[Tool], limit: float, work: Path) -> None:
        """Look at what git tracks.

        Raises:
            CommandError: the repository is none, or has no work tree.
        """
        self.repository, self.tools, self.limit, self.work = repository, tools, limit, work
        self.tracked = self._paths("ls-files", "-z")
        self.texts = self._paths("grep", "-I", "-l", "-z", "-e", "") & self.tracked
        commit = git(repository, "rev-parse", "--short", "HEAD").decode().strip()
        self.report = Report(repository.name, commit, len(self.tracked), len(self.texts))
        self.cold = {tool.name: Row(tool.name, "cold") for tool in tools}
        self.warm = {tool.name: Row(tool.name, "warm") for tool in tools if tool.warms}
        self.whole = 0

    def _paths(self, *arguments: str) -> frozenset[str]:
        listed = git(self.repository, *arguments).split(b"\0")
        return frozenset(decode(path) for path in listed if path)

    def _tell(self, doing: str) -> None:
        print(f"{self.repository.name}: {doing} …", file=sys.stderr, flush=True)

    def _state(self, tool: Tool) -> Path:
        return self.work / tool.name.replace(" ", "")

    def time(self, runs: int) -> None:
        """Run every tool in turn, cold and then warm, `runs` times, and twice for its bytes."""
        for path in self.tracked:
            if (self.repository / path).is_file():
                (self.repository / path).read_bytes()  # so that nobody waits for the disk
        for turn in range(max(runs, 2)):
            for tool in self.tools:
                shutil.rmtree(self._state(tool), ignore_errors=True)
                self._run(tool, self.cold[tool.name], turn, counts=turn < runs)
            for tool in self.tools if turn < runs else ():
                if tool.name in self.warm:
                    self._run(tool, self.warm[tool.name], turn, counts=True)
        self.report.rows = [row for row in [*self.cold.values(), *self.warm.values()] if row.cpu]

    def _run(self, tool: Tool, row: Row, turn: int, *, counts: bool) -> None:
        cold = self.cold[row.tool]
        if len(row.digests) < turn or (row is not cold and len(cold.digests) <= turn):
            return
        self._tell(f"{row.name}, run {turn + 1}")
        output = self.work / "output"
        output.unlink(missing_ok=True)
        try:
            run = tool.run(self.repository, self._state(tool), output, turn + 1)
        except CommandError as error:
            self.report.missing.append(f"{row.name}: {error}")
            return
        if counts:
            row.cpu.append(run.cost.cpu)
            row.wall.append(run.cost.wall)
            row.peak.append(run.cost.peak)
        with output.open("rb") as file:
            row.digests.append(hashlib.file_digest(file, "sha256").hexdigest())
        if not turn:
            self._look(tool, row, run)

    def _look(self, tool: Tool, row: Row, run: Run) -> None:
        shown = tool.read(run)
        row.tokens = shown.tokens
        if not shown.tokens:
            self.report.missing.append(f"{row.name}: it told no number of tokens")
        row.textless = sorted(self.texts - shown.texts)
        row.lost = sorted(self.tracked - shown.named)
        if run.ledger:
            self.whole = sum(file["full_tokens"] for file in run.ledger["files"])

    def fill(self) -> None:
        """Pack to each budget that the repository does not fit in, and count the ids written."""
        ids = self.work / "ids"
        for budget, tokens in BUDGETS.items():
            if self.whole <= tokens:
                continue
            self._tell(f"a budget of {budget}")
            tool = longread(budget, self.limit, ["--format", "ids"])
            try:
                used = int(
                    tool.run(self.repository, self.work / "longread", ids, 0).ledger["tokens"]
                )
            except CommandError as error:
                self.report.missing.append(f"longread, a budget of {budget}: {error}")
                continue
            written = ids.stat().st_size // 4
            over = max(used, written) > tokens
            self.report.filled.append(Filled(budget, used / tokens, written, over))

    def change(self, layouts: bool) -> None:
        """Measure what a change of one file leaves of each tool's prefix."""
        clone = copy(self.repository, self.work / "clone")
        for row in self.cold.values():
            tool = next(tool for tool in self.tools if tool.name == row.tool)
            if not row.digests or " ".join(KEEP) in row.tool:
                continue
            if row.tool == "longread" and layouts:
                tool = longread(JOB, self.limit, LAYOUT)
            for end, where in ENDS.items():
                self._tell(f"{tool.name}, a change at its {end}")
                try:
                    row.kept[end] = kept(tool, clone, self.texts, where, self.work)
                except CommandError as error:
                    self.report.missing.append(f"{tool.name}, a change at its {end}: {error}")

    def run(self, runs: int, layouts: bool) -> Report:
        """Measure all, and return it."""
        before = os.getloadavg()[0]
        self.time(runs)
        self.fill()
        self.change(layouts)
        self.report.load = [before, os.getloadavg()[0]]
        return self.report


def gather(folder: Path, limit: float) -> tuple[list[Tool], list[str]]:
    """Install the peers; return all tools, in the order in which they run, and notes."""
    tools, notes = [longread(JOB, limit)], []
    for peer in PEERS:
        print(f"installing {peer.name} …", file=sys.stderr, flush=True)
        try:
            tool, note = install(peer, folder, limit)
        except CommandError as error:
            notes.append(f"{peer.name} could not be installed: {error}")
            continue
        tools.append(tool)
        if note:
            notes.append(f"{peer.name}: {note}")
    lend_vocabulary(folder)
    return [*tools, longread(JOB, limit, KEEP)], notes


def main() -> None:
    """Print a page of tables, and write the figures of every run if asked to."""
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "longread-bench"
    parser = argparse.ArgumentParser(description="Measure longread beside its peers.")
    parser.add_argument("repositories", nargs="*", type=Path, metavar="REPOSITORY")
    parser.add_argument("--runs", type=int, default=3, help="of each tool in each state")
    parser.add_argument("--json", type=Path, metavar="FILE", help="where to write every figure")
    parser.add_argument("--folder", type=Path, default=cache, help="where the peers are installed")
    parser.add_argument("--limit", type=float, default=1200, help="seconds that one run may take")
    wanted = parser.parse_args()
    if not wanted.repositories:
        parser.exit(0, "name the repositories to measure\n")
    folder = wanted.folder.resolve()
    folder.mkdir(parents=True, exist_ok=True)
    tools, notes = gather(folder, wanted.limit)
    layouts = lays_out()
    if not layouts:
        notes.append("longread has no --layout here: its prefix is that of a prompt laid out anew")
    reports: list[Report] = []
    for repository in wanted.repositories:
        with tempfile.TemporaryDirectory(prefix="longread-bench-") as work:
            place = repository.resolve()
            try:
                bench = Bench(place, tools, wanted.limit, Path(work))
                reports.append(bench.run(wanted.runs, layouts))
            except CommandError as error:
                reports.append(Report(place.name, missing=[f"nothing: {error}"]))
        # Each as soon as it is there: a run takes long, and can be stopped.
        if wanted.json:
            versions = {tool.name: tool.version for tool in tools}
            data = {"versions": versions, "notes": notes, "repositories": [*map(asdict, reports)]}
            wanted.json.write_text(json.dumps(data, indent=1) + "\n", encoding="utf-8")
    print(page(reports, tools, notes, wanted.runs))


if __name__ == "__main__":
    main()
