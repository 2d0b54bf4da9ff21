"""How much of a review a real engine computes: the embedded model, on one vLLM server.

    python bench/review_cache.py FOLDER QUESTIONS [--documents 6] [--long 2] [--columns 5]

Of FOLDER's documents that fit the model's window as a whole some are reviewed, spread evenly from
the shortest to the longest, and apart from them the shortest that do not fit, of which each
question is shown the best parts. What the server
computed of the prompts (sent, less cached) is compared with the tokens of the documents, and with
what the same requests would take where no prefix is kept. Each run has a `cache_salt` of its own,
so that nothing is cached before it. It needs the CPU engine (`longread engine install cpu`).
"""

from __future__ import annotations

import argparse
import asyncio
import os
import tempfile
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from first_token import client

from longread import config
from longread.analysis.case import room
from longread.analysis.engines import open_tokens
from longread.analysis.outlook import tokens_of
from longread.analysis.questions import read_questions
from longread.analysis.review import Request, review
from longread.analysis.trust import Departure
from longread.cache.kept import open_derived
from longread.config import Profile
from longread.engine import local
from longread.engine.server import ServerEngine
from longread.ingest.read import Options, read
from longread.ingest.select import Selection
from longread.tokens.pieces import Pieces
from longread.types.reviews import Cell, Question


async def yes(_: Departure) -> bool:
    """Let text go to this machine's own server."""
    return True


def sizes(
    folder: str, profile: Profile, questions: Sequence[Question]
) -> dict[str, tuple[int, int]]:
    """Return the tokens of each PDF, and what there is room for beside the questions, by path."""
    pieces = Pieces(open_tokens(profile, lambda _: None), open_derived())
    options = Options(selection=Selection(include=("*.pdf",)))
    corpus = read((folder,), options, pieces.derived, lambda _: None)
    return {
        document.path: (
            tokens_of(document, pieces),
            room(profile, profile.window, pieces, document, questions),
        )
        for document in corpus.documents
    }


def spread(found: Sequence[tuple[int, str]], few: int) -> list[tuple[int, str]]:
    """Return some, evenly from the first to the last."""
    step = (len(found) - 1) / max(few - 1, 1)
    return [found[round(n * step)] for n in range(min(few, len(found)))]


async def asked(
    folder: str,
    paths: Sequence[str],
    profile: Profile,
    questions: tuple[Question, ...],
    engine: ServerEngine,
    store: Path,
) -> tuple[list[Cell], float]:
    """Review the documents; return the cells, and the seconds from the first request on."""
    options = Options(selection=Selection(include=tuple(paths)))
    request = Request(profile, (folder,), questions, options=options, store=store, yes=True)
    cells: list[Cell] = []
    began = time.monotonic()
    async for event in review(replace(request, budget=profile.window), yes, engine):
        if isinstance(event, Cell):
            cells.append(event)
            print(f"{event.path[:30]:30} {event.question[:24]:24} {event.state}", flush=True)
    return cells, time.monotonic() - began


async def measure(folder: str, file: Path, few: int, long: int, columns: int) -> None:
    """Print what was measured, as Markdown."""
    profile = config.load_profile("embedded")
    profile = replace(profile, trusted=profile.window)
    questions = read_questions(file)[:columns]
    found = sizes(folder, profile, questions)
    fitting = sorted((size, path) for path, (size, most) in found.items() if size <= most)
    others = sorted((size, path) for path, (size, most) in found.items() if size > most)
    running = local.start(profile, lambda _: None)
    print("| documents | cells | their tokens | sent | computed | of their tokens | naive | s |")
    print("|---|---|---|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as made:
        for what, chosen in (("fit as a whole", spread(fitting, few)), ("longer", others[:long])):
            if not chosen:
                continue
            engine = client(profile, running, f"{what}-{os.getpid()}-{time.time()}")
            paths = [path for _, path in chosen]
            where = (folder, paths, profile, questions, engine, Path(made) / f"{what}.db")
            cells, seconds = await asked(*where)
            counted = [cell.usage for cell in cells if cell.usage]
            assert len(counted) == len(chosen) * len(questions), "a cell without a count"
            tokens = sum(size for size, _ in chosen)
            sent = sum(usage.prompt_tokens for usage in counted)
            computed = sent - sum(usage.cached_tokens or 0 for usage in counted)
            print(
                f"| {len(chosen)} {what} | {len(cells)} | {tokens:,} | {sent:,} | {computed:,} "
                f"| {computed / tokens:.2f} | {sent / tokens:.2f} | {seconds:.0f} |",
                flush=True,
            )


def main() -> None:
    """Read the arguments and measure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder")
    parser.add_argument("questions", type=Path)
    parser.add_argument("--documents", type=int, default=6)
    parser.add_argument("--long", type=int, default=2)
    parser.add_argument("--columns", type=int, default=5)
    given = parser.parse_args()
    asyncio.run(measure(given.folder, given.questions, given.documents, given.long, given.columns))


if __name__ == "__main__":
    main()
