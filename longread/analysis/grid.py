"""The running of a review: document by document, its first question alone, then side by side.

Several processes share the work through leases. A cell is in the store before anybody is told.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import Literal, TypeVar

from longread.analysis import settling
from longread.analysis.case import Case
from longread.analysis.drafts import alive, owner
from longread.analysis.family import family_of
from longread.analysis.missing import Job, Scope, due
from longread.analysis.swept_case import SweptCase, is_long
from longread.config import Profile
from longread.errors import EngineError, StoreError
from longread.store import Done, Store
from longread.tokens.pieces import Pieces
from longread.types import Document, Engine, Progress
from longread.types.reviews import Cell, Question, Review, Reviewed, ReviewEvent

T = TypeVar("T")

Long = Literal["evidence", "sweep"]
"""How documents are read that do not fit a prompt: by their best parts, or part by part."""
LEASE = 60.0
"""Seconds for which a document is somebody's, unless that is renewed."""
LOOK = 0.5
"""Seconds between two looks at documents that others work on."""
IN_A_ROW = 3
"""Requests that fail one after another before the engine is given up; one alone is the cell's."""


@dataclass(slots=True)
class _Keeping:
    """A cell on its way to the disk."""

    document: int
    cell: Cell
    kept: bool = False
    error: StoreError | None = None


class Grid:
    """One run over what is missing of a review."""

    def __init__(
        self,
        store: Store,
        id: str,
        head: Review,
        profile: Profile,
        window: int,
        pieces: Pieces,
        scope: Scope,
        long: Long = "evidence",
    ) -> None:
        """Prepare a run over what a scope wants; nothing is taken or asked yet.

        Args:
            long: how documents are read that do not fit a prompt.
        """
        self._long = long
        self._reviews, self._id, self._scope = store.reviews, id, scope
        self._head = head
        self._questions = {question.name: question for question in head.questions}
        self._profile, self._window, self._pieces = profile, window, pieces
        self._owner = owner()
        self._thread = ThreadPoolExecutor(1, "cells")
        self._out: asyncio.Queue[ReviewEvent | None] = asyncio.Queue()
        self._waiting: deque[_Keeping] = deque()
        self._done = self._total = 0
        self._failures: list[tuple[int, Cell, EngineError]] = []

    async def run(
        self, jobs: Sequence[Job], engine: Engine | None, parallel: int
    ) -> AsyncGenerator[ReviewEvent]:
        """Yield each cell once it is kept, and how far the run is.

        Args:
            engine: None where no document of the jobs can be read.

        Raises:
            EngineError: it ended; what came is kept.
            StoreError: what came cannot be kept, as on a full disk.
        """
        self._total = sum(len(job.missing) for job in jobs)
        working = asyncio.create_task(self._work(list(jobs), engine, parallel))
        working.add_done_callback(lambda _: self._out.put_nowait(None))
        try:
            while (event := await self._out.get()) is not None:
                yield event
            await working
        finally:
            working.cancel()
            with suppress(asyncio.CancelledError, EngineError, StoreError):
                await working
            self._thread.shutdown()

    async def _work(self, jobs: list[Job], engine: Engine | None, parallel: int) -> None:
        """Do the jobs; come back to those that others do, until they are done."""
        beginning = True
        while jobs:
            left = []
            for job in jobs:
                if not await self._taken(job):
                    left.append(job)
                    continue
                await self._do(job, engine, parallel)
            if left and not beginning:
                self._tell(f"another program works on {len(left):,} of the documents")
                await asyncio.sleep(LOOK)
            beginning = False
            jobs = left
        if self._failures:
            raise self._failures[-1][2]

    async def _taken(self, job: Job) -> bool:
        """Take a document, also from a process that has ended."""
        leases = await self._kept(lambda: self._reviews.leases(self._id))
        holder = leases.get(job.document)
        gone = (holder,) if holder and not alive(holder) else ()
        return await self._kept(lambda: self._reviews.take(job.document, self._owner, LEASE, gone))

    async def _do(self, job: Job, engine: Engine | None, parallel: int) -> None:
        """Ask for what one document lacks; its lease is ours."""
        holding = asyncio.create_task(self._hold(job.document))
        try:
            done = (await self._kept(lambda: self._reviews.done(self._id, [job.document]))).get(
                job.document, {}
            )
            # Somebody else may have asked since the jobs were counted.
            missing = [q for q in job.missing if self._wanted(job, q, done)]
            self._done += len(job.missing) - len(missing)
            if missing and job.reviewed.reason:
                for question in missing:
                    await self._keep(job.document, settling.unreadable(job.reviewed, question))
            elif missing and engine:
                made = await asyncio.to_thread(self._case, job)
                try:
                    await self._ask(job, made, missing, done, engine, parallel)
                finally:
                    made.close()
        finally:
            holding.cancel()
            with suppress(StoreError):
                await asyncio.shield(
                    self._kept(lambda: self._reviews.release(job.document, self._owner))
                )
        self._tell(job.reviewed.path)

    def _wanted(self, job: Job, question: Question, done: dict[str, Done]) -> bool:
        there = done.get(question.hash)
        if self._scope.includes(job.reviewed.path, question.name):
            return self._scope.wants(job.reviewed.path, question.name, there)
        return there is None or there.missing

    def _case(self, job: Job) -> Case | SweptCase:
        def read(one: Reviewed) -> Document:
            return self._reviews.document(self._id, one.path, one.content_id)

        document, questions = read(job.reviewed), tuple(self._questions.values())
        of_model = (questions, self._profile, self._window, self._pieces)
        family = family_of(job.reviewed.path, self._head, read)
        if self._long == "sweep" and is_long(family.named(document), *of_model):
            return SweptCase(job.reviewed, document, *of_model, family)
        return Case(job.reviewed, document, *of_model, family=family)

    async def _hold(self, document: int) -> None:
        """Hold a lease on while answers take long."""
        while True:
            await asyncio.sleep(LEASE / 3)
            await self._kept(lambda: self._reviews.renew(document, self._owner, LEASE))

    async def _ask(
        self,
        job: Job,
        made: Case | SweptCase,
        missing: list[Question],
        done: dict[str, Done],
        engine: Engine,
        parallel: int,
    ) -> None:
        """Ask one question alone, so that the document is in the engine's cache, then the rest."""
        waiting = list(missing)
        running: dict[asyncio.Task[Cell | None], Question] = {}
        alone = True
        try:
            while waiting or running:
                for question in list(waiting):
                    if len(running) >= (1 if alone else parallel):
                        break
                    pending = {q.name for q in (*waiting, *running.values())}
                    match due(question, self._questions, done, pending):
                        case "ask":
                            waiting.remove(question)
                            asking = self._one(job, made, question, engine)
                            running[asyncio.create_task(asking)] = question
                        case "never":
                            waiting.remove(question)
                            self._done += 1
                        case "later":
                            pass
                if not running:
                    # What is left depends on cells that failed.
                    self._done += len(waiting)
                    return
                ready, _ = await asyncio.wait(running, return_when=asyncio.FIRST_COMPLETED)
                alone = False
                for task in ready:
                    question = running.pop(task)
                    if cell := task.result():
                        normal = cell.value.normal if cell.value else ()
                        done[question.hash] = Done(cell.state, normal, cell.model)
        finally:
            for task in running:
                task.cancel()
            await asyncio.gather(*running, return_exceptions=True)

    async def _one(
        self, job: Job, made: Case | SweptCase, question: Question, engine: Engine
    ) -> Cell | None:
        """Ask for one cell and keep it; None where the engine did not take the question."""
        try:
            cell = await made.answer(question, engine)
        except EngineError as error:
            failed = settling.failed(job.reviewed, question, self._profile, str(error))
            self._failures.append((job.document, failed, error))
            if len(self._failures) >= IN_A_ROW:
                raise
            return None
        await self._settle()
        return cell if await self._keep(job.document, cell) else None

    async def _settle(self) -> None:
        """Keep as failed what the engine did not take, now that it takes something else."""
        failures, self._failures = self._failures, []
        for document, cell, _ in failures:
            took = await self._kept(partial(self._reviews.take, document, self._owner, LEASE))
            await self._keep(document, cell)
            if took:
                await self._kept(partial(self._reviews.release, document, self._owner))

    async def _keep(self, document: int, cell: Cell) -> bool:
        """Keep a cell, together with those that came while the disk was busy; it is safe then."""
        keeping = _Keeping(document, cell)
        self._waiting.append(keeping)
        await self._kept(self._write)
        if keeping.error:
            raise keeping.error
        if keeping.kept:
            self._done += 1
            self._out.put_nowait(cell)
            self._tell(cell.path)
        return keeping.kept

    def _write(self) -> None:
        """Write the cells that wait, if another call has not done so already."""
        batch: list[_Keeping] = []
        while self._waiting:
            batch.append(self._waiting.popleft())
        if not batch:
            return
        try:
            cells = [(one.document, one.cell) for one in batch]
            kept = self._reviews.keep_cells(self._owner, LEASE, cells)
            for one, held in zip(batch, kept, strict=True):
                one.kept = held
        except StoreError as error:
            for one in batch:
                one.error = error

    def _tell(self, note: str) -> None:
        self._out.put_nowait(Progress("review", self._done, self._total, note))

    async def _kept(self, call: Callable[[], T]) -> T:
        """Do what the store does in the one thread that waits for its disk."""
        return await asyncio.get_running_loop().run_in_executor(self._thread, call)
