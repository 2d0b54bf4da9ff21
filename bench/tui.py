"""How fast the terminal interface answers, measured inside the app.

    python bench/tui.py [REPOSITORY]

Prints, as Markdown: the first paint and the list with a store of 200 sessions; how long a key
takes from its arrival to the painted frame that shows it, idle, while an answer streams at 100
pieces a second, and while REPOSITORY opens from the store; and how long that opening takes.
Without REPOSITORY a made-up one of 4,450 files is used.
"""

from __future__ import annotations

import asyncio
import gc
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from pathlib import Path
from statistics import median, quantiles
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from textual.pilot import Pilot
    from textual.widget import Widget

    from longread.tui.app import LongreadApp

PIECES = 100
"""A second."""
KEYS = 150
"""Keys pressed for each figure."""
PAUSE = 0.08
"""Seconds between two keys: a fast typist, or a key that is held."""


def main() -> None:
    """Measure and print."""
    with tempfile.TemporaryDirectory(prefix="longread-bench-") as place:
        home = Path(place)
        for name in ("HOME", "CACHE", "CONFIG"):
            os.environ[f"LONGREAD_{name}"] = str(home / name.lower())
        # As the command line does.
        gc.set_threshold(200_000, 20, 20)
        root = Path(sys.argv[1]) if len(sys.argv) > 1 else _made_up(home / "repository")
        asyncio.run(_measure(home, root))


def _made_up(root: Path) -> Path:
    root.mkdir()
    for n in range(4_450):
        folder = root / f"package{n % 90}"
        folder.mkdir(exist_ok=True)
        body = "".join(f"def f{n}_{k}(x):\n    return x + {k}\n\n\n" for k in range(60))
        (folder / f"module{n}.py").write_text(body)
    for command in (["init", "-q"], ["add", "-A"]):
        subprocess.run(["git", "-C", str(root), *command], check=True)
    return root


async def _measure(home: Path, root: Path) -> None:
    from longread import config
    from longread.analysis.conversation import open_sources
    from longread.config import Profile
    from longread.ingest.read import Options
    from longread.store import open_store
    from longread.types import Answer, Usage

    config.add_profile(
        "bench",
        {"engine": "replay", "model": "x", "family": "llama4", "window": 131_072,
         "trusted": 131_072, "answer": 2_048},
    )  # fmt: skip
    profile: Profile = config.load_profile("bench")
    small = home / "small"
    small.mkdir()
    (small / "heat.py").write_text("LIMIT = 97.5\n")

    with open_store() as store:
        session = open_sources([str(small)], Options(), profile, None, "auto", lambda _: None)
        usage = Usage(4_000, 100, 3_900, 0.5, 2.0, 4_000)
        for n in range(200):
            session.session = ""
            session.keep(store)
            for k in range(5):
                store.add_answer(
                    session.session,
                    Answer(f"Question {n}.{k}?", "words " * 200, (), "stop", usage=usage),
                )
        some = session.session
        large = open_sources([str(root)], Options(), profile, None, "auto", lambda _: None)
        large.keep(store)
        # As one that was asked before: indexed, and its pieces encoded.
        large.prompt("where is it?", lambda _: None)
    print(f"| {root.name}: {len(large.corpus.entries):,} files | median | 95 % | worst |")
    print("|---|---|---|---|")
    large_id = large.session
    del large, session

    first, listed, opened, while_opening = [], [], [], []
    for _ in range(5):
        paint, rows = await _first_paint()
        first.append(paint)
        listed.append(rows)
    for _ in range(5):
        opened.append((await _opening(large_id, keys=False))[0])
    for _ in range(10):
        while_opening += (await _opening(large_id, keys=True))[1]
    _row("first paint, 200 sessions", first)
    _row("list of 200 sessions shown, from the start", listed)
    _row("opening from the store, until it can be asked", opened)
    _row("a key in the Library while it opens", while_opening)
    idle, streaming = await _streaming(some)
    _row("a key in the prompt, nothing running", idle)
    _row("a key in the prompt while 100 pieces a second come", streaming)


def _row(what: str, seconds: list[float]) -> None:
    if not seconds:
        print(f"| {what} (n = 0) | too short to be measured | | |", flush=True)
        return
    shown = [median(seconds), max(seconds)]
    if len(seconds) >= 20:
        shown.insert(1, quantiles(seconds, n=20)[-1])
    figures = " | ".join(f"{value * 1000:,.0f} ms" for value in shown)
    if len(shown) == 2:
        figures = figures.replace(" | ", " | | ")
    print(f"| {what} (n = {len(seconds)}) | {figures} |", flush=True)


async def _until(pilot: Pilot[None], so: Callable[[], object]) -> None:
    while not so():  # noqa: ASYNC110 - what it waits for tells nobody
        await asyncio.sleep(0.002)


async def _first_paint() -> tuple[float, float]:
    """Seconds from making the app to the first frame, and to the list."""
    from longread.tui.app import LongreadApp
    from longread.tui.widgets.sessions import SessionList

    begun = time.perf_counter()
    app = LongreadApp()
    painted: list[float] = []
    async with app.run_test(size=(120, 40)) as pilot:
        app.call_after_refresh(lambda: painted.append(time.perf_counter() - begun))
        await _until(pilot, lambda: painted)
        await _until(pilot, lambda: len(app.screen.query_one(SessionList).entries) >= 200)
        shown: list[float] = []
        app.call_after_refresh(lambda: shown.append(time.perf_counter() - begun))
        await _until(pilot, lambda: shown)
    return painted[0], shown[0]


async def _opening(session: str, *, keys: bool) -> tuple[float, list[float]]:
    """Seconds until a session can be asked, and those of keys in the list meanwhile."""
    from textual.worker import WorkerCancelled

    from longread.tui.app import LongreadApp
    from longread.tui.widgets.sessions import SessionList

    app = LongreadApp()
    async with app.run_test(size=(120, 40)) as pilot:
        await _until(pilot, lambda: len(app.screen.query_one(SessionList).entries) >= 200)
        begun = time.perf_counter()
        app.open_session(session)
        app.show_room("library")
        pressed: list[float] = []
        matter = app.matter
        assert matter is not None
        # Going to another screen and back is not what is measured.
        await asyncio.sleep(0.1)
        await _press(app, "down")
        while not matter.conversation:
            if keys:
                pressed.append(await _press(app, "down" if len(pressed) % 2 else "up"))
            await asyncio.sleep(PAUSE if keys else 0.02)
        took = time.perf_counter() - begun
        # What comes after, the price of a question, must not run into the next figure.
        with suppress(WorkerCancelled):
            await app.workers.wait_for_complete()
        await asyncio.sleep(0.5)
    return took, pressed


async def _streaming(session: str) -> tuple[list[float], list[float]]:
    """Seconds of keys typed into the prompt, first idle, then while an answer comes."""
    from longread.tui.app import LongreadApp
    from longread.tui.widgets.prompt import PromptBox

    engine = Steady()
    app = LongreadApp(session=session, engine=engine)
    async with app.run_test(size=(120, 40)) as pilot:
        await _until(pilot, lambda: app.matter and app.matter.conversation)
        await _until(pilot, lambda: app.screen.query(PromptBox))
        await asyncio.sleep(1.0)
        box = app.screen.query_one(PromptBox)
        box.focus()
        idle = [await _type(app, box) for _ in range(KEYS)]
        box.load_text("go on")
        await pilot.press("enter")
        await _until(
            pilot, lambda: app.matter and app.matter.asking and app.matter.asking.pieces > 50
        )
        begun, before = time.perf_counter(), app.matter.asking.pieces
        busy = [await _type(app, box) for _ in range(KEYS)]
        asking = app.matter.asking
        assert asking is not None
        rate = (asking.pieces - before) / (time.perf_counter() - begun)
        assert rate > 0.8 * PIECES, f"only {rate:.0f} pieces a second came"
        await pilot.press("ctrl+x")
        await _until(pilot, lambda: app.matter and not app.matter.asking)
    return idle, busy


async def _type(app: LongreadApp, box: Widget) -> float:
    took = await _press(app, "x")
    await asyncio.sleep(PAUSE)
    return took


async def _press(app: LongreadApp, key: str) -> float:
    """Seconds from a key's arrival to the frame after it was handled."""
    from textual import events

    loop = asyncio.get_running_loop()
    done = loop.create_future()
    begun = time.perf_counter()
    app.post_message(events.Key(key, key if len(key) == 1 else None))

    def handled() -> None:
        app.screen.call_after_refresh(
            lambda: done.done() or done.set_result(time.perf_counter() - begun)
        )

    # Whoever has the focus handles the key; what is queued behind it there comes after it.
    app.call_next(lambda: (app.focused or app.screen).call_later(handled))
    return await done


class Steady:
    """An engine that writes Markdown at a steady pace until it is stopped."""

    async def stream(self, prompt: object, sampling: object) -> AsyncIterator[object]:
        """Yield a word a hundred times a second, a paragraph now and then."""
        from longread.types import Text

        begun, n = time.perf_counter(), 0
        while True:
            n += 1
            await asyncio.sleep(max(0.0, begun + n / PIECES - time.perf_counter()))
            yield Text(f"word{n} " if n % 40 else "and *so* on.\n\n- a point\n- `another`\n\n")


if __name__ == "__main__":
    main()
