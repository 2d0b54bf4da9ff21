"""How much of a tool's output stays its beginning when one file of the repository changes.

What a model has read before, an engine need not read again, but only up to the first difference.
"""

from __future__ import annotations

import shutil
from pathlib import Path

from cost import CommandError
from tools import Tool, git

ENDS = {"end": 0.99, "middle": 0.5}
"""Where in a tool's output the changed file is to begin, as a share of its length."""
SIZES = range(200, 100_000)
"""Bytes of a file that is changed."""
BLOCK = 1 << 16


def common(before: Path, after: Path) -> int:
    """Return how many bytes two files have in common from their beginning."""
    at = 0
    with before.open("rb") as one, after.open("rb") as other:
        while True:
            a, b = one.read(BLOCK), other.read(BLOCK)
            if a != b or not a:
                pairs = enumerate(zip(a, b, strict=False))
                return at + next((i for i, (x, y) in pairs if x != y), min(len(a), len(b)))
            at += len(a)


def copy(repository: Path, place: Path) -> Path:
    """Clone a repository's commit into a folder and return the clone, which has its name."""
    clone = place / repository.name
    git(repository, "clone", "-q", "--no-hardlinks", "--single-branch", ".", str(clone))
    git(clone, "tag", "longread-bench-before")
    return clone


def kept(tool: Tool, clone: Path, texts: frozenset[str], where: float, work: Path) -> float:
    """Return the share of a tool's output that stays its prefix when one file gets a second line.

    The file is the one of `texts` that begins nearest to `where` in the output; `clone` is as it
    was afterwards.

    Raises:
        CommandError: the tool failed, or shows no file that could be changed.
    """
    state, before, after = work / "state", work / "before", work / "after"
    shutil.rmtree(state, ignore_errors=True)
    shown = tool.read(tool.run(clone, state, before, 0))
    size = before.stat().st_size
    near = [
        (abs(at - where * size), path)
        for at, path in shown.places
        if path in texts and (clone / path).stat().st_size in SIZES
    ]
    if not near:
        raise CommandError("no file that it shows could be changed")
    author = ["-c", "user.name=bench", "-c", "user.email=bench@localhost"]
    try:
        changed = clone / min(near)[1]
        first, _, rest = changed.read_bytes().partition(b"\n")
        changed.write_bytes(first + b"\nchanged\n" + rest)
        git(clone, *author, "commit", "-q", "-a", "-m", "Change one file")
        tool.run(clone, state, after, 0)
    finally:
        git(clone, "reset", "-q", "--hard", "longread-bench-before")
    return common(before, after) / size
