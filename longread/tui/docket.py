"""The reviews that are open: read, kept up with whoever writes them, marked, and run.

Only here is a board changed; screens are told, and show it.
"""

from __future__ import annotations

import asyncio
import gc
from collections.abc import Sequence
from contextlib import aclosing
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from textual.timer import Timer
from textual.worker import Worker

from longread import config
from longread.analysis import exporting
from longread.analysis.drafts import alive, owner
from longread.analysis.engines import choose
from longread.analysis.review import Request, open_review, review
from longread.analysis.trust import Departure
from longread.analysis.work import Work
from longread.errors import LongreadError, StoreError
from longread.export.stages import SAID
from longread.export.visible import line
from longread.store import Changes, ReviewRow, Since, Store
from longread.tui.apart import Apart
from longread.tui.board import Board, Key, Row, Running, row_of
from longread.types import Progress
from longread.types.reviews import Cell, Mark, Question, Review, Second

if TYPE_CHECKING:
    from longread.tui.desk import Desk

LOOK = 0.5
"""Seconds between two looks at whether somebody wrote cells."""
SETTLE = 0.1
"""Seconds in which cells that come here are gathered."""


class Docket:
    """What of reviews outlives a screen."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._me = owner()
        self.board: Board | None = None
        """What is open on the screen."""
        self._boards: dict[str, Board] = {}
        self._runs: dict[int, Worker[None]] = {}
        """What is asked or read in this program, by the identity of its board."""
        self._aparts: set[Apart] = set()
        self._marking = asyncio.Lock()
        """Marks are kept in the order in which they were made."""
        self._marks: set[asyncio.Task[None]] = set()
        """That are not kept yet."""
        self._seen: object = None
        self._looking = self._again = False
        self._telling: Timer | None = None

    async def close(self) -> None:
        """End what runs; what came is kept."""
        running = list(self._aparts)
        for apart in running:
            apart.stop()
        for apart in running:
            await apart.ended()
        if self._marks:
            await asyncio.wait(self._marks)

    def begin(self) -> None:
        """Look from now on at what other programs write."""
        self._desk.set_interval(LOOK, self._look)

    async def listed(self) -> list[ReviewRow]:
        """Return the reviews there are, newest first."""
        store = await self._desk.store()
        return await asyncio.to_thread(store.reviews.listed)

    # Opening

    def open(self, id: str) -> None:
        """Show a review, by its id or the start of it; the newest without one."""
        if known := self._boards.get(id):
            self.board = known
            self._tell(known, anew=True)
            self.look()
            return
        self.board = Board(id, id or "the newest review")
        self._tell(self.board, anew=True)
        self._desk.run_worker(self._open(self.board), group="reviews")

    async def _open(self, board: Board) -> None:
        try:
            store = await self._desk.store()
            board.id = await asyncio.to_thread(store.reviews.resolve, board.id)
            if (known := self._boards.get(board.id)) and known.review:
                self.board = known
                self._tell(known, anew=True)
                return
            board.take(*await asyncio.to_thread(_read, store, board.id))
            self._boards[board.id] = board
            # It stays; a search for garbage in it would make keys wait.
            gc.freeze()
        except LongreadError as error:
            board.failed = f"{error}; {error.hint}"
            self._desk.complain(error)
        self._tell(board, anew=True)
        self.look()

    async def _reread(self, board: Board) -> None:
        store = await self._desk.store()
        board.take(*await asyncio.to_thread(_read, store, board.id))
        gc.freeze()
        self._tell(board, anew=True)

    def _tell(self, board: Board | None, *, anew: bool = False) -> None:
        for room in self._desk.rooms:
            room.board_changed(board, anew=anew)

    # Keeping up

    def _look(self) -> None:
        board = self.board
        if board is None or board.review is None or self._desk.current_mode != "grid":
            return
        state = self._desk.state_of_store()
        # Who works ends without a word to the store when it is killed.
        if state != self._seen or board.working:
            self._seen = state
            self.look()

    def look(self) -> None:
        """Take what has come to the review that is shown."""
        self._again = True
        if not self._looking:
            self._looking = True
            self._desk.run_worker(self._catch_up(), group="reviews")

    async def _catch_up(self) -> None:
        try:
            store = await self._desk.store()
            while self._again and (board := self.board) and board.review:
                self._again = False
                since = board.since
                found = await asyncio.to_thread(_changes, store, board.id, since)
                if found is None:
                    self._gone(board)
                    continue
                if board.since != since:
                    continue  # It was read anew meanwhile.
                await self._take(board, found)
                await asyncio.sleep(SETTLE)
        except LongreadError as error:
            self._desk.complain(error)
        finally:
            self._looking = False

    def _gone(self, board: Board) -> None:
        """Show a review no longer that somebody has deleted; what is being done with it ends."""
        self._boards.pop(board.id, None)
        if self.board is board:
            self.board = Board(board.id, board.title, failed="it was deleted")
            self._tell(self.board, anew=True)

    async def _take(self, board: Board, found: Changes) -> None:
        assert board.review is not None
        arranged = found.arranged
        if arranged and arranged != (board.review.documents, board.review.questions):
            await self._reread(board)
            return
        before = board.working
        if board.catch_up(found) or board.working != before:
            self._tell(board)

    def elsewhere(self, board: Board) -> list[str]:
        """Return who works on a review in other programs, as "process 12 on host"."""
        others = sorted({who for who in board.working.values() if who != self._me})
        words = []
        for who in others:
            host, _, pid = who.rpartition(":")[0].rpartition(":")
            words.append(f"process {pid} on {host}")
        return words

    # What a person says

    def mark(self, board: Board, key: Key, mark: Mark) -> None:
        """Keep what a person says of a cell, at once."""
        keeping = asyncio.create_task(self._mark(board, key, mark))
        self._marks.add(keeping)
        keeping.add_done_callback(self._marks.discard)

        async def kept() -> None:
            # Who leaves at once has said it all the same.
            await asyncio.shield(keeping)

        self._desk.run_worker(kept(), group="marks")

    async def _mark(self, board: Board, key: Key, mark: Mark) -> None:
        try:
            store = await self._desk.store()
            async with self._marking:
                await asyncio.to_thread(store.reviews.mark, board.id, *key, mark)
        except LongreadError as error:
            self._desk.complain(error)
            return
        self.look()

    async def ask_else(
        self, board: Board, questions: Sequence[Question], known: Sequence[Question]
    ) -> bool:
        """Keep other columns in place of those that were known; say whether it could be done.

        What other programs have added since stays.
        """
        try:
            store = await self._desk.store()
            keeping = store.reviews.keep_questions
            await asyncio.to_thread(keeping, board.id, questions, known)
            await self._reread(board)
        except LongreadError as error:
            self._desk.complain(error)
            return False
        return True

    def export(self, board: Board, files: Sequence[Path]) -> None:
        """Write a review to files, each in the format that its ending says."""
        self._desk.run_worker(self._export(board, files), group="exports")

    async def _export(self, board: Board, files: Sequence[Path]) -> None:
        try:
            store = await self._desk.store()
            made = await asyncio.to_thread(exporting.export, store, board.id, files)
        except LongreadError as error:
            self._desk.complain(error)
            return
        self._desk.notify(line(", ".join(map(str, made))), title="written", markup=False)
        sources = board.review.sources if board.review else ()
        for file, source in exporting.among_sources(sources, made):
            self._desk.notify(
                line(f"{file.name} lies in {source}, and is read with it the next time"),
                severity="warning", markup=False,
            )  # fmt: skip

    # Running

    def runs(self, board: Board | None) -> bool:
        """Whether a review is asked in this program."""
        return id(board) in self._runs

    def run(self, board: Board, what: str, request: Request) -> None:
        """Ask for cells of a review; `what` names them."""
        board.running = Running(what)

        async def ask() -> None:
            profile = self._desk.profile
            chosen = config.load_profile(profile) if profile else None
            wanted = replace(request, review=board.id, profile=chosen, store=self._path)
            async with aclosing(review(wanted, self._may_leave, self._desk.engine)) as events:
                async for event in events:
                    loop.call_soon_threadsafe(self._note, board, event)

        loop = asyncio.get_running_loop()
        apart = Apart(ask)
        self._aparts.add(apart)
        self._runs[id(board)] = self._desk.run_worker(self._running(board, apart), group="runs")
        self._tell(board)

    async def _running(self, board: Board, apart: Apart) -> None:
        try:
            await apart.run()
        except LongreadError as error:
            self._desk.complain(error)
        else:
            said = board.running.outcome if board.running else ""
            self._desk.notify(f"done: {said}", markup=False)
        finally:
            board.running = None
            self._runs.pop(id(board), None)
            self._aparts.discard(apart)
            self._tell(board)
            self.look()

    def _note(self, board: Board, event: object) -> None:
        if board.running is None:
            return
        if isinstance(event, Cell):
            board.running.cells += 1
            if board is self.board:
                self.look()
        elif isinstance(event, Second):
            board.running.seconds += 1
        elif isinstance(event, Progress) and event.stage not in SAID:
            board.running.progress = event
            self._tell_soon(board)

    def _tell_soon(self, board: Board) -> None:
        """Tell how far it is, not more often than anybody can read."""
        if self._telling is None:
            self._telling = self._desk.set_timer(SETTLE, lambda: self._told(board))

    def _told(self, board: Board) -> None:
        self._telling = None
        self._tell(board)

    async def _may_leave(self, departure: Departure) -> bool:
        asked = self._desk.may_leave(departure)
        return await asyncio.wrap_future(
            asyncio.run_coroutine_threadsafe(asked, self._desk.loop_of_app)
        )

    def stop(self, board: Board | None) -> None:
        """Stop what is asked here; what came is kept."""
        worker = self._runs.get(id(board))
        if worker is None:
            self._desk.notify("nothing runs", markup=False)
            return
        worker.cancel()
        self._desk.notify("stopped; what came is kept", markup=False)

    @property
    def _path(self) -> Path | None:
        return self._desk.store_path

    def start(self, request: Request) -> None:
        """Begin a review of sources, or find the one there is, and show it; nothing is asked."""
        board = self.board = Board("", ", ".join(request.sources))
        board.running = Running("the sources")
        self._runs[id(board)] = self._desk.run_worker(self._starting(board, request), group="runs")
        self._tell(board, anew=True)

    async def _starting(self, board: Board, request: Request) -> None:
        assert board.running is not None
        try:
            profile = await asyncio.to_thread(choose, self._desk.profile, self._desk.use_found)
            wanted = replace(request, profile=profile)
            store = await self._desk.store()
            opening = Work(lambda tell: open_review(wanted, store, tell))
            async for step in opening:
                board.running.progress = step
                self._tell_soon(board)
            if self.board is board:
                self.open(opening.value.id)
                self._desk.notify("R asks all of it, x a part", title="begun", markup=False)
        except LongreadError as error:
            board.failed = f"{error}; {error.hint}"
            self._desk.complain(error)
        except asyncio.CancelledError:
            board.failed = "stopped"
            raise
        finally:
            board.running = None
            self._runs.pop(id(board), None)
            self._tell(board, anew=board is self.board)


def _read(store: Store, id: str) -> tuple[Review, dict[str, Row], Since]:
    """Read all of a review. What comes meanwhile is seen twice, and not missed."""
    since = store.reviews.newest(id)
    kept = store.reviews.review(id)
    return kept, {one.path: row_of(kept, one) for one in kept.documents}, since


def _changes(store: Store, id: str, since: Since) -> Changes | None:
    """Look what has come; who has ended works no more. None: there is no such review any more."""
    try:
        found = store.reviews.changes(id, since)
    except StoreError:
        if store.reviews.there(id):
            raise
        return None
    living = {who: alive(who) for who in set(found.working.values())}
    return replace(found, working={p: who for p, who in found.working.items() if living[who]})
