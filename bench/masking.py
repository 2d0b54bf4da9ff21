"""Measure the masking of credentials: what is found, what is taken for one, and how fast.

    python bench/masking.py [REPOSITORY…]

Credentials of each kind of `credentials.py` are drawn, written into files of many shapes, and
masked; a kind's recall is the part of the files in which no eight characters of it can be read
any more. Of each repository every masked place is listed, for a person to judge. Without an
argument this repository is measured. Nothing here passes or fails.
"""

from __future__ import annotations

import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from pathlib import Path
from random import Random

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))

from credentials import KINDS, files, leaks  # noqa: E402

from longread.ingest import notebook, secrets  # noqa: E402
from longread.ingest.text import decode  # noqa: E402

EACH = 8
"""Credentials drawn of each kind."""
RUNS = 3


def compiling() -> tuple[float, float]:
    """Return the CPU seconds that the rules take where they were never, and once, compiled."""
    code = "from longread.ingest import secrets; secrets.find('x')"
    spent: tuple[list[float], list[float]] = ([], [])
    for _ in range(RUNS):
        with tempfile.TemporaryDirectory() as folder:
            for runs in spent:
                before = resource.getrusage(resource.RUSAGE_CHILDREN)
                subprocess.run(
                    [sys.executable, "-c", code],
                    check=True,
                    env=os.environ | {"LONGREAD_CACHE": folder, "PYTHONPATH": str(ROOT)},
                )
                after = resource.getrusage(resource.RUSAGE_CHILDREN)
                runs.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
    return statistics.median(spent[0]), statistics.median(spent[1])


def recall() -> None:
    """Print, for each kind, in how many of its files it was masked, and where it was not."""
    print("| kind | files | masked | not masked in |\n|---|---|---|---|")
    rng = Random(4)
    all_files = all_masked = 0
    for kind, make in KINDS.items():
        total, missed = 0, defaultdict[str, int](int)
        for _ in range(EACH):
            credential = make(rng)
            for shape, text in files(credential):
                text = decode(text.encode())[0]
                if shape == "notebook":
                    cells = notebook.extract(text)
                    text = cells.text if cells else ""
                masked, _ = secrets.mask(text)
                assert masked.count("\n") == text.count("\n")
                total += 1
                missed[shape] += leaks(masked, credential)
        found = total - sum(missed.values())
        all_files += total
        all_masked += found
        gaps = ", ".join(f"{shape} {n}/{EACH}" for shape, n in missed.items() if n)
        print(f"| {kind} | {total} | {found / total:.1%} | {gaps} |")
    print(f"| all {len(KINDS)} | {all_files} | {all_masked / all_files:.2%} | |")


def alarms(root: Path) -> None:
    """Print every masked place of a repository, and how fast it was masked."""
    listed = subprocess.run(["git", "-C", root, "ls-files", "-z"], capture_output=True, check=True)
    texts = []
    for name in filter(None, os.fsdecode(listed.stdout).split("\0")):
        if (root / name).is_file() and not (root / name).is_symlink():
            texts.append((name, decode((root / name).read_bytes())[0]))
    size = sum(len(text.encode("utf-8", "replace")) for _, text in texts)
    spent = []
    for _ in range(RUNS):
        before = time.process_time()
        found = [(name, text, secrets.find(text)) for name, text in texts]
        spent.append(time.process_time() - before)
    seconds = statistics.median(spent)
    places = sum(len(masks) for *_, masks in found)
    print(
        f"\n## {root.name}: {places} places in {len(texts):,} files; {size / 1e6:.1f} MB in"
        f" {seconds:.2f} CPU s, {size / 1e6 / seconds:.0f} MB/s\n"
    )
    for name, text, masks in found:
        for mask in masks:
            line = text.count("\n", 0, mask.start) + 1
            start = text.rfind("\n", 0, mask.start) + 1
            shown = text[max(start, mask.start - 40) : mask.end][:120].replace("\n", "⏎")
            print(f"- {mask.name}: {name}:{line}: {shown!r}")


def main() -> None:
    """Measure what the arguments name."""
    cold, warm = compiling()
    print(f"rules ready: {cold:.2f} CPU s the first time, {warm:.2f} s after that\n")
    recall()
    for root in [Path(a).resolve() for a in sys.argv[1:]] or [ROOT]:
        alarms(root)


if __name__ == "__main__":
    main()
