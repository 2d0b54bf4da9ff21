"""Run a command, wait for it and for all that it leaves behind, and write down what that cost.

    python -I -S bench/watch.py REPORT COMMAND…

REPORT gets one line: exit status, wall seconds of the command, CPU seconds of it and every process
below it, and the peak resident KiB of the largest of them. `cost.measure` starts this, each time as
a new process: the kernel's figures for children never go back, and a child is charged with the
memory of whoever started it until it runs its own program. So this imports next to nothing (10 MiB,
the smallest peak that can be told) and holds no more than the command's name.
"""

from __future__ import annotations

import os
import resource
import sys
import time

PR_SET_CHILD_SUBREAPER = 36
"""linux/prctl.h. Orphans become children of this process, so they are waited for and counted."""


def watch(command: list[str]) -> tuple[int, float, float, float]:
    """Return exit status, wall and CPU seconds of the tree, peak KiB of its largest process."""
    if sys.platform == "linux":
        import ctypes

        ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    started = time.monotonic()
    child = os.posix_spawnp(command[0], command, os.environ)
    code, wall = 0, 0.0
    while True:
        try:
            ended, status = os.wait()
        except ChildProcessError:
            break
        if ended == child:
            code, wall = os.waitstatus_to_exitcode(status), time.monotonic() - started
    spent = resource.getrusage(resource.RUSAGE_CHILDREN)
    # KiB on Linux, bytes on macOS: getrusage(2) of each.
    peak = spent.ru_maxrss / (1024 if sys.platform == "darwin" else 1)
    return code, wall, spent.ru_utime + spent.ru_stime, peak


if __name__ == "__main__":
    line = " ".join(str(number) for number in watch(sys.argv[2:]))
    with open(sys.argv[1], "w", encoding="ascii") as report:  # noqa: PTH123 - pathlib weighs 2 MiB
        report.write(line)
