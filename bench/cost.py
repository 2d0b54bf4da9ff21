"""What a command costs: CPU seconds of its whole tree, wall clock, peak memory.

python bench/cost.py COMMAND…      prints what one run of it costs
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

WATCH = Path(__file__).with_name("watch.py")


class CommandError(Exception):
    """A command that failed or ran past its limit; the message says which and how."""


@dataclass(frozen=True, slots=True)
class Cost:
    """What one run took, and what it said.

    CPU seconds are user and system time of the command and all processes below it, those that
    outlive it too; `peak` is resident MiB of the largest single process, not their sum.
    """

    cpu: float
    wall: float
    peak: float
    said: str


def measure(
    command: Sequence[str],
    *,
    folder: Path | None = None,
    environment: Mapping[str, str] | None = None,
    limit: float = 1200,
) -> Cost:
    """Run a command in `folder` to its end and return its cost; `limit` is in seconds.

    Raises:
        CommandError: it could not be started, failed, or took longer than `limit`.
    """
    name = Path(command[0]).name
    with tempfile.TemporaryDirectory() as scratch:
        report, said = Path(scratch) / "report", Path(scratch) / "said"
        # Into a file, for a pipe's reader would take its share of a core while we measure.
        with said.open("wb") as output:
            watcher = subprocess.Popen(
                [sys.executable, "-I", "-S", str(WATCH), str(report), *command],
                cwd=folder,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
            try:
                watcher.wait(limit)
            except subprocess.TimeoutExpired:
                raise CommandError(f"{name} took more than {limit:.0f} s") from None
            finally:
                if watcher.poll() is None:
                    os.killpg(watcher.pid, signal.SIGKILL)
                    watcher.wait()
        text = said.read_text(encoding="utf-8", errors="replace")
        words = text.strip().splitlines()[-1:] or ["it said nothing"]
        if not report.exists():
            raise CommandError(f"{name} could not be started: {words[0]}")
        code, wall, cpu, peak = report.read_text(encoding="ascii").split()
    if code != "0":
        raise CommandError(f"{name} ended with status {code}: {words[0]}")
    return Cost(float(cpu), float(wall), float(peak) / 1024, text)


if __name__ == "__main__":
    try:
        spent = measure(sys.argv[1:])
    except CommandError as error:
        sys.exit(str(error))
    print(f"{spent.cpu:.2f} CPU s, {spent.wall:.2f} s, {spent.peak:.0f} MiB in the largest process")
