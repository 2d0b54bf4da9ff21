"""What an engine's log says: its last lines, and how far a server is that starts."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from longread.types import Progress

STAGE = "start engine"
COLOUR = re.compile(r"\x1b\[[0-9;]*m")
TAIL = 65_536
"""Bytes of the log's end that are looked at."""
BEGUN = re.compile(r"longread: (?:it is started again in|OMP_NUM_THREADS=)")
"""The lines of ours that stand before what a server writes."""
SAID = re.compile(r"^(?:\(\w+(?:-\d+)? pid=\d+\) )?INFO [\d-]+ [\d:]+ \[[^\]]*\] *(\w.*)")
"""What vLLM says of its own progress, among much that others print."""
SHARDS = re.compile(r"Loading \w+ checkpoint shards: +(\d+)%")
PHASES = (
    ("reading the model's configuration", re.compile(r"non-default args|Resolved architecture")),
    ("starting its processes", re.compile(r"Initializing a V1 LLM engine")),
    ("loading the model", re.compile(r"Starting to load model|Loading \w+ checkpoint shards")),
    ("making room for the cache", re.compile(r"Initializing model took|Loading weights took")),
    ("warming up", re.compile(r"KV cache size|Capturing CUDA graphs")),
    ("opening its port", re.compile(r"init engine .* took|Starting vLLM server")),
)
"""What vLLM 0.32 is at, and the first lines that tell so; in this order."""


ADVICE = (
    (
        re.compile(r"estimated maximum model length is (\d+)"),
        "set window = {} in the profile: for so many tokens vLLM finds room",
    ),
    (
        re.compile(r"greater than the derived max_model_len \(\w+=(\d+)"),
        "set window = {} in the profile: the model reads no more",
    ),
    (
        re.compile(
            r"No available memory for the cache|is less than (?:desired|requested) .*memory"
        ),
        "free memory, or lower window in the profile; longread engine stop ends engines that run",
    ),
)
"""What vLLM 0.32 says before it gives up, and what helps."""


def lines(log: Path) -> list[str]:
    """Return the lines at the log's end that say something."""
    try:
        with log.open("rb") as file:
            file.seek(max(0, log.stat().st_size - TAIL))
            text = file.read().decode(errors="replace")
    except FileNotFoundError:
        return []
    found = (line.rstrip() for line in COLOUR.sub("", text).splitlines())
    return [line for line in found if line]


def progress(log: Sequence[str]) -> Progress:
    """Return how far the server is that writes this log."""
    begun = max((at for at, line in enumerate(log) if BEGUN.match(line)), default=-1)
    done, note = 0, "starting Python"
    for line in log[begun + 1 :]:
        reached = [number for number, (_, sign) in enumerate(PHASES, 1) if sign.search(line)]
        if reached and reached[-1] >= done:
            done = reached[-1]
            note = PHASES[done - 1][0]
            if shards := SHARDS.search(line):
                note += f", {shards[1]} %"
        elif not done and (said := SAID.match(line)):
            note = said[1][:100]
    # In words: done and total would be shown with a rate, and phases have none.
    return Progress(STAGE, note=f"{note} ({done} of {len(PHASES)})" if done else note)


def advice(log: Sequence[str]) -> str:
    """Return what helps a server that gave up; "" where its log tells nothing of that kind."""
    text = "\n".join(log)
    for sign, hint in ADVICE:
        if found := sign.search(text):
            return hint.format(*found.groups())
    return ""
