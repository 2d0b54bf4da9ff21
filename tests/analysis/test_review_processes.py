"""Reviews in programs that are killed, stopped, doubled or out of space; nothing is made up."""

from __future__ import annotations

import asyncio
import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from random import Random

import pytest

from longread.store import open_store
from tests.analysis.reviewing import LAWS, QUESTIONS, Model, collect, grid, newest, shelf
from tests.analysis.test_review import to

WRITER = """
import asyncio, os, resource, sys, time
from dataclasses import replace
from pathlib import Path
from longread.analysis import grid
from longread.analysis.review import review
from longread.errors import LongreadError
from longread.types.reviews import Cell
from tests.analysis.reviewing import Model, yes
from tests.analysis.test_review import to

folder, log, store, pause, lease, room = sys.argv[1:]
grid.LEASE = float(lease)
log = os.open(log, os.O_WRONLY | os.O_APPEND | os.O_CREAT)


class Counted(Model):
    async def stream(self, prompt, sampling):
        async for event in super().stream(prompt, sampling):
            yield event

    def _note(self, path, question, before):
        os.write(log, f"{path} {question}\\n".encode())
        return ""


async def main():
    model = Counted(pause=float(pause))
    model._say = model._note
    async for event in review(to(Path(folder), store=Path(store), parallel=2), yes, model):
        if isinstance(event, Cell):
            os.write(1, f"{event.path} {event.question}\\n".encode())
            if int(room):
                wal = os.path.getsize(store + "-wal") + int(room)
                resource.setrlimit(resource.RLIMIT_FSIZE, (wal, resource.RLIM_INFINITY))


try:
    asyncio.run(main())
except LongreadError as error:
    sys.exit(f"{type(error).__name__}: {error}")
"""
EVERY = sorted(f"{name}.md {question.name}" for name in LAWS for question in QUESTIONS)


class Place:
    """Where a writer works: a shelf, a store, and what its engine was asked."""

    def __init__(self, folder: Path) -> None:
        self.shelf = shelf(folder / "deals")
        self.store = folder / "matter.db"
        self._log = folder / "asked"
        open_store(self.store).close()

    @contextmanager
    def writer(
        self, pause: float = 0.0, lease: float = 60, room: int = 0
    ) -> Iterator[subprocess.Popen[bytes]]:
        """A program that reviews, and reports each cell that it was shown."""
        numbers = map(str, (pause, lease, room))
        process = subprocess.Popen(
            [sys.executable, "-c", WRITER, self.shelf, self._log, self.store, *numbers],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            cwd=Path(__file__).parent.parent.parent,
        )
        try:
            yield process
        finally:
            process.kill()
            process.communicate()

    def undisturbed(self) -> dict[tuple[str, str], object]:
        """What comes of it where nothing happens."""
        other = self.store.with_name("undisturbed.db")
        asyncio.run(collect(to(self.shelf, store=other), Model()))
        return grid(newest(other))

    def asked(self) -> list[str]:
        return self._log.read_text().splitlines() if self._log.exists() else []

    def grid(self) -> dict[tuple[str, str], object]:
        return grid(newest(self.store))


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path)


def reported(process: subprocess.Popen[bytes], lines: int) -> list[str]:
    """Read what it reports until it is so much."""
    assert process.stdout
    return [process.stdout.readline().decode().strip() for _ in range(lines)]


def rest(process: subprocess.Popen[bytes]) -> list[str]:
    assert process.stdout
    return process.stdout.read().decode().split("\n")[:-1]


def stop_between_writes(process: subprocess.Popen[bytes], store: Path) -> None:
    """Stop a program, but not while it writes: then nobody else could write to the store."""
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        process.send_signal(signal.SIGSTOP)
        os.waitid(os.P_PID, process.pid, os.WSTOPPED | os.WEXITED | os.WNOWAIT)
        with closing(sqlite3.connect(store, timeout=0, isolation_level=None)) as db:
            try:
                db.execute("BEGIN IMMEDIATE")
            except sqlite3.OperationalError:
                process.send_signal(signal.SIGCONT)
                continue
            db.execute("ROLLBACK")
            return
    pytest.fail("it writes all the time")


def test_kill_9_loses_no_cell_that_was_shown_and_none_is_done_twice(place: Place) -> None:
    undisturbed = place.undisturbed()
    random = Random(7)
    shown: list[str] = []
    kills = 2
    for _ in range(kills):
        with place.writer(pause=0.01) as process:
            shown += reported(process, random.randrange(1, 4))
            time.sleep(random.random() / 20)
            process.kill()
            shown += rest(process)
        kept = {f"{path} {question}" for path, question in place.grid()}
        assert kept >= set(filter(None, shown))
    with place.writer() as process:
        shown += rest(process)
        assert process.wait(60) == 0
    assert sorted(shown) == sorted(set(shown))
    assert place.grid() == undisturbed
    counted = Counter(place.asked())
    assert sorted(counted) == EVERY
    # Two at most are in flight when it is killed.
    assert counted.total() <= len(EVERY) + 2 * kills


def test_two_programs_share_one_review(place: Place) -> None:
    with place.writer(pause=0.1) as one, place.writer(pause=0.1) as other:
        first, second = rest(one), rest(other)
        assert (one.wait(60), other.wait(60)) == (0, 0)
    assert sorted(first + second) == EVERY
    assert sorted(place.asked()) == EVERY
    assert len(place.grid()) == len(EVERY)


def test_a_lease_of_a_program_that_hangs_runs_out_and_its_cells_count_no_more(
    place: Place,
) -> None:
    with place.writer(pause=0.2, lease=1) as hung:
        done = reported(hung, 1)
        stop_between_writes(hung, place.store)
        with place.writer(lease=1) as other:
            done += rest(other)
            assert other.wait(60) == 0, other.stderr and other.stderr.read().decode()
        assert sorted(done) == EVERY
        before = place.grid()
        hung.send_signal(signal.SIGCONT)
        assert [line for line in rest(hung) if line in done] == []
        assert hung.wait(60) == 0
    assert place.grid() == before


def test_a_full_disk_ends_the_run_and_keeps_what_was_shown(place: Place) -> None:
    undisturbed = place.undisturbed()
    with place.writer(room=20_000) as process:
        shown = rest(process)
        assert process.stderr
        said = process.stderr.read().decode()
        assert process.wait(60) == 1
    assert said.startswith("StoreError: ")
    assert 0 < len(shown) < len(EVERY)
    assert {f"{path} {question}" for path, question in place.grid()} >= set(shown)
    with place.writer() as process:
        shown += rest(process)
        assert process.wait(60) == 0
    # A cell may have been kept of which the other program could not be sure any more.
    assert sorted(shown) == sorted(set(shown))
    assert place.grid() == undisturbed
