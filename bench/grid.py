"""How fast the Grid answers on a large review, measured inside the app.

    python bench/grid.py [DOCUMENTS] [QUESTIONS]

Prints, as Markdown: how long a review of 500 × 41 cells takes to be shown, and how long a key takes
from its arrival to the painted frame that shows it: in the table, idle and while another program
writes cells, with a filter, and a mark until it is kept and shown.
"""

from __future__ import annotations

import asyncio
import gc
import os
import sys
import tempfile
import threading
import time
from pathlib import Path
from random import Random

from tui import PAUSE, _press, _row, _until

KEYS = 100
"""Keys pressed for each figure."""
TEXT = "This Agreement is made by the parties, and governed by the laws of Ohio.\n" * 400


def main() -> None:
    """Measure and print."""
    documents = int(sys.argv[1]) if len(sys.argv) > 1 else 500
    questions = int(sys.argv[2]) if len(sys.argv) > 2 else 41
    with tempfile.TemporaryDirectory(prefix="longread-bench-") as place:
        for name in ("HOME", "CACHE", "CONFIG"):
            os.environ[f"LONGREAD_{name}"] = str(Path(place) / name.lower())
        # As the command line does.
        gc.set_threshold(200_000, 20, 20)
        store = Path(place) / "longread.db"
        made_up(store, documents, questions)
        asyncio.run(_measure(store, documents, questions))


def made_up(path: Path, documents: int, questions: int) -> str:
    """Keep a review whose every cell has a value, a quote and reasons; return its id."""
    from longread.store import open_store
    from longread.types import Document, Segment, Source, Span
    from longread.types.reviews import Question, Review, Reviewed

    asked = tuple(
        Question(f"Clause {n}", f"What does clause {n} of the agreement say about its subject?")
        for n in range(questions)
    )
    segments = (Segment("page", "", Span("page", 1, 1), 0, len(TEXT)),)
    read, texts = [], {}
    for n in range(documents):
        id = f"content{n:06}"
        one = f"{n:03}_COMPANY{n * 7919 % 1000:03}_10_K_EX_10_{n}_SERVICES_AGREEMENT.pdf"
        read.append(Reviewed(one, id, "page", f"Agreement {n}", 1))
        texts[id] = Document(one, "pdf", "", id, f"{n}\n{TEXT}"[: len(TEXT)], segments, "page")
    sources = (Source("/shelf", "folder", "", ""),)
    with open_store(path) as store:
        id, _ = store.reviews.create(Review("shelf", sources, "bench", asked, ()))
        store.reviews.keep_documents(id, sources, read, texts)
        random = Random(7)
        for (one, _), number in store.reviews.numbers(id).items():
            store.reviews.take(number, "bench", 600.0)
            cells = [(number, _cell(one, question, random)) for question in asked]
            store.reviews.keep_cells("bench", 600.0, cells)
            store.reviews.release(number, "bench")
    return id


def _cell(path: str, question: object, random: Random) -> object:
    from longread.types import Citation, Span, Usage, Verdict
    from longread.types.reviews import Cell, CellState, Question, Value

    assert isinstance(question, Question)
    page = Span("page", 1, 1)
    verdict = random.choice([Verdict.EXACT] * 9 + [Verdict.NOT_FOUND])
    cited = Citation("d1", path, page, "governed by the laws of Ohio", verdict, found=page)
    state = random.choice([CellState.ANSWERED] * 8 + [CellState.NOT_PRESENT, CellState.FAILED])
    answered = state is CellState.ANSWERED
    return Cell(
        path, question.name, state, Value(("Ohio",), ("Ohio",)) if answered else None,
        (cited,) if answered else (), "It says so in its last clause. " * 5, "", "whole", (page,),
        "", question.hash, "bench", "model", 4, "longread", 1, Usage(4_000, 60, 3_900, 0.2, 1.0),
        0.001, answered and not verdict.holds,
    )  # fmt: skip


async def _measure(path: Path, documents: int, questions: int) -> None:
    from longread.tui.app import LongreadApp
    from longread.tui.grid import GridScreen
    from longread.tui.widgets.grid import GridTable
    from longread.types.reviews import Concern

    print(f"| {documents:,} documents × {questions:,} questions | median | 95 % | worst |")
    print("|---|---|---|---|")
    shown = []
    for _ in range(3):
        app = LongreadApp(path)
        async with app.run_test(size=(150, 45)) as pilot:
            await asyncio.sleep(1.0)
            begun = time.perf_counter()
            await pilot.press("f4")
            board = app.docket
            await _until(pilot, lambda board=board: board.board and board.board.review)
            shown.append(time.perf_counter() - begun)
    _row("from f4 until its cells are shown", shown)
    app = LongreadApp(path)
    async with app.run_test(size=(150, 45)) as pilot:
        await asyncio.sleep(1.0)
        await pilot.press("f4")
        await asyncio.sleep(0.2)
        loading = []
        while not (app.docket.board and app.docket.board.review):
            loading.append(await _press(app, "down"))
            await asyncio.sleep(0.02)
        _row("a key while they are read", loading)
        await _until(pilot, lambda: isinstance(app.screen, GridScreen))
        table = app.screen.query_one(GridTable)
        await _until(pilot, lambda: table.at)
        await asyncio.sleep(1.0)
        for what, keys in (
            ("down, cell by cell", ["down"]),
            ("page down and up", ["pagedown", "pagedown", "pagedown", "pageup"]),
            ("right and left", ["right"] * 40 + ["left"] * 40),
        ):
            _row(what, await _pressed(app, keys))
        await pilot.press("g")
        space = []
        for _ in range(20):
            space.append(await _press(app, "space"))
            await asyncio.sleep(PAUSE)
        _row("space, the next to look at", space)
        kept = []
        board = app.docket.board
        assert board is not None
        for _ in range(20):
            await _press(app, "space")
            key = table.at
            assert key is not None
            begun = time.perf_counter()
            await _press(app, "a")
            while board.review.concern(*key) is not Concern.SETTLED:  # noqa: ASYNC110
                await asyncio.sleep(0.002)
            kept.append(time.perf_counter() - begun)
            await asyncio.sleep(PAUSE)
        _row("a mark, until it is on the disk and shown", kept)
        writing = threading.Event()
        other = threading.Thread(target=_write, args=(path, writing))
        other.start()
        await asyncio.sleep(1.0)
        _row("down, while 100 cells a second come", await _pressed(app, ["down"]))
        writing.set()
        other.join()
        board.only = "quote not verified"
        begun = time.perf_counter()
        board.arrange()
        _row("a filter, over all cells", [time.perf_counter() - begun])


async def _pressed(app: object, keys: list[str]) -> list[float]:
    found = []
    for n in range(KEYS):
        found.append(await _press(app, keys[n % len(keys)]))  # type: ignore[arg-type]
        await asyncio.sleep(PAUSE)
    return found


def _write(path: Path, ended: threading.Event) -> None:
    """Write cells as another program does, a hundred a second."""
    from longread.store import open_store

    random = Random(8)
    with open_store(path) as store:
        id = store.reviews.resolve()
        asked = store.reviews.head(id).questions
        for (one, _), number in store.reviews.numbers(id).items():
            store.reviews.take(number, "bench", 600.0)
            for question in asked:
                store.reviews.keep_cells("bench", 600.0, [(number, _cell(one, question, random))])
                if ended.wait(0.01):
                    return
            store.reviews.release(number, "bench")


if __name__ == "__main__":
    main()
