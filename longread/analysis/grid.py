"""The running of a review: document by document, its first question alone, then side by side.

Several processes share the work through leases. A cell is in the store before anybody is told.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from functools import partial

from longread.analysis import settling
from longread.analysis.case import Case
from longread.analysis.drafts import alive, owner
from longread.analysis.family import family_of
from longread.analysis.interview import Interview, SweptInterview
from longread.analysis.keeping import Keeping
from longread.analysis.missing import Job, Scope, due
from longread.analysis.swept_case import SweptCase, is_long
from longread.config import Profile
from longread.errors import (
    BudgetError,
    EngineError,
    LongreadError,
    RefusalError,
    StoreError,
    WindowError,
)
from longread.store import Done, Store
from longread.tokens.pieces import Pieces
from longread.types import Document, Engine, Progress
from longread.types.reviews import Cell, Long, Question, Review, Reviewed, ReviewEvent, Second

LEASE = 60.0
"""Seconds for which a document is somebody's, unless that is renewed."""
LOOK = 0.5
"""Seconds between two looks at documents that others work on."""
IN_A_ROW = 3
"""Requests that fail one after another before the engine is given up; what it refuses does not
count, for that is about one request."""
REFUSED = 3
"""Documents of which all that is asked is refused, before anything was answered, until that is
taken for the engine's failure: something in every request, as a setting, is not to its mind."""


@dataclass(slots=True)
class _Held:
    """A document that is ours, and what there is of it."""

    job: Job
    done: dict[str, Done]
    """Of the pass that is running, by the question's hash."""
    second: bool = False
    """Whether that is the second one."""
    lost: bool = False
    """Whether another process has it now."""


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
        self._long, self._head = long, head
        self._reviews, self._id, self._scope = store.reviews, id, scope
        self._questions = {question.name: question for question in head.questions}
        self._profile, self._window, self._pieces = profile, window, pieces
        self._owner = owner()
        self._keeping = Keeping(store.reviews, self._owner, LEASE)
        self._thread = ThreadPoolExecutor(1, "prompts")
        self._out: asyncio.Queue[ReviewEvent | None] = asyncio.Queue()
        self._done = self._total = 0
        self._failures: list[tuple[int, Cell, bool, EngineError]] = []
        self._refused: set[str] | None = set()
        """Documents of which something was refused; None once anything was answered."""

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
        self._total = sum(len(job.missing) + len(job.second) for job in jobs)
        working = asyncio.create_task(self._work(list(jobs), engine, parallel))
        working.add_done_callback(lambda _: self._out.put_nowait(None))
        try:
            while (event := await self._out.get()) is not None:
                yield event
            await working
        finally:
            working.cancel()
            with suppress(asyncio.CancelledError, LongreadError):
                await working
            self._thread.shutdown(wait=False)
            await asyncio.to_thread(self._keeping.close)

    async def _work(self, jobs: list[Job], engine: Engine | None, parallel: int) -> None:
        """Do the jobs; come back to those that others do, until they are done."""
        beginning = True
        while jobs:
            left: list[Job] = []
            for job in jobs:
                waits = any(other.document in job.twins for other in left)
                if waits or not await self._taken(job) or not await self._do(job, engine, parallel):
                    left.append(job)
            if left and not beginning:
                self._tell(f"another program works on {len(left):,} of the documents")
                await asyncio.sleep(LOOK)
            beginning = False
            jobs = left
        if self._failures:
            raise self._failures[-1][3]

    async def _taken(self, job: Job) -> bool:
        """Take a document, also from a process that has ended."""
        leases = await self._keeping.do(lambda: self._reviews.leases(self._id))
        holder = leases.get(job.document)
        gone = (holder,) if holder and not alive(holder) else ()
        taking = partial(self._reviews.take, job.document, self._owner, LEASE, gone)
        return await self._keeping.do(taking)

    async def _do(self, job: Job, engine: Engine | None, parallel: int) -> bool:
        """Ask for what one document lacks; its lease is ours. Say whether it stayed so."""
        held = _Held(job, await self._there(job))
        holding = asyncio.create_task(self._hold(held))
        before = self._done
        try:
            await self._first(held, engine, parallel)
            if job.second and engine and not held.lost:
                await self._second(held, engine, parallel)
        finally:
            holding.cancel()
            with suppress(StoreError):
                releasing = partial(self._reviews.release, job.document, self._owner)
                await asyncio.shield(self._keeping.do(releasing))
        if not held.lost:
            self._done = before + len(job.missing) + len(job.second)
        self._tell(job.reviewed.path)
        return not held.lost

    async def _first(self, held: _Held, engine: Engine | None, parallel: int) -> None:
        job = held.job
        # Somebody else may have asked since the jobs were counted.
        missing = [q for q in job.missing if self._wanted(job, q, held.done)]
        if missing and job.reviewed.reason:
            for question in missing:
                await self._keep(held, settling.unreadable(job.reviewed, question))
        elif missing and engine:
            await self._ask(held, missing, engine, parallel)

    async def _second(self, held: _Held, engine: Engine, parallel: int) -> None:
        """Put what was answered in other words."""
        job = held.job
        there = await self._there(job, second=True)
        wants = self._scope.wants_second
        missing = [
            q
            for q in job.second
            if wants(job.reviewed.path, q.name, held.done.get(q.hash), there.get(q.hash))
        ]
        held.done, held.second = there, True
        if missing:
            await self._ask(held, missing, engine, parallel)

    async def _there(self, job: Job, *, second: bool = False) -> dict[str, Done]:
        looking = partial(self._reviews.done, self._id, [job.document], second=second)
        return (await self._keeping.do(looking)).get(job.document, {})

    def _wanted(self, job: Job, question: Question, done: dict[str, Done]) -> bool:
        there = done.get(question.hash)
        if self._scope.includes(job.reviewed.path, question.name):
            return self._scope.wants(job.reviewed.path, question.name, there)
        return there is None or there.missing

    def _case(self, job: Job, *, second: bool) -> Case | SweptCase:
        def read(one: Reviewed) -> Document:
            return self._reviews.document(self._id, one.path, one.content_id)

        document, questions = read(job.reviewed), tuple(self._questions.values())
        of_model = (questions, self._profile, self._window, self._pieces)
        family = family_of(job.reviewed.path, self._head, read)
        if self._long == "sweep" and is_long(family.named(document), *of_model):
            return SweptCase(job.reviewed, document, *of_model, family, second=second)
        return Case(job.reviewed, document, *of_model, family=family, second=second)

    async def _hold(self, held: _Held) -> None:
        """Hold a lease on while answers take long."""
        renewing = partial(self._reviews.renew, held.job.document, self._owner, LEASE)
        while not held.lost:
            await asyncio.sleep(LEASE / 3)
            # A disk that fails is told by what has to be written there.
            with suppress(StoreError):
                held.lost = not await self._keeping.do(renewing)

    async def _ask(
        self, held: _Held, missing: list[Question], engine: Engine, parallel: int
    ) -> None:
        """Ask one question alone, so that the document is in the engine's cache, then the rest."""
        missing = await self._shared(held, missing)
        if not missing:
            return
        loop = asyncio.get_running_loop()
        making = partial(self._case, held.job, second=held.second)
        case = await loop.run_in_executor(self._thread, making)
        interview = (
            SweptInterview(case, engine, self._thread)
            if isinstance(case, SweptCase)
            else Interview(case, engine, self._thread)
        )
        running: dict[asyncio.Task[Cell | None], Question] = {}
        waiting, alone = list(missing), True
        try:
            while (waiting or running) and not held.lost:
                for question in list(waiting):
                    if len(running) >= (1 if alone else parallel):
                        break
                    pending = {q.name for q in (*waiting, *running.values())}
                    # The second pass is asked what the first has answered.
                    match (
                        "ask" if held.second else due(question, self._questions, held.done, pending)
                    ):
                        case "ask":
                            waiting.remove(question)
                            asking = self._one(held, interview, question)
                            running[asyncio.create_task(asking)] = question
                        case "never":
                            waiting.remove(question)
                        case "later":
                            pass
                if not running:
                    # What is left depends on cells that failed.
                    return
                ready, _ = await asyncio.wait(running, return_when=asyncio.FIRST_COMPLETED)
                alone = False
                for task in ready:
                    question = running.pop(task)
                    if cell := task.result():
                        held.done[question.hash] = done_of(cell)
        finally:
            for task in running:
                task.cancel()
            await asyncio.gather(*running, return_exceptions=True)
            await interview.close()

    async def _shared(self, held: _Held, missing: Sequence[Question]) -> list[Question]:
        """Take over what a document with the same content was answered; return what is left."""
        if not held.job.twins:
            return list(missing)
        looking = partial(self._reviews.answers, self._id, held.job.twins, second=held.second)
        answers = await self._keeping.do(looking)
        left = []
        for question in missing:
            found = answers.get(question.hash)
            if found is None or not self._scope.settles(found[0]):
                left.append(question)
                continue
            cell = settling.shared(found[1], held.job.reviewed)
            if await self._keep(held, cell):
                held.done[question.hash] = done_of(cell)
        return left

    async def _one(
        self, held: _Held, interview: Interview | SweptInterview, question: Question
    ) -> Cell | None:
        """Ask for one cell and keep it; None where nothing came of it."""
        try:
            cell = await interview.answer(question)
        except (WindowError, RefusalError, BudgetError) as error:
            # That is about this question; the engine takes others.
            cell = settling.failed(held.job.reviewed, question, self._profile, str(error))
            if isinstance(error, RefusalError) and self._refused is not None:
                self._refused.add(held.job.reviewed.path)
                if len(self._refused) >= REFUSED:
                    await self._keep(held, cell)
                    raise EngineError(
                        f"nothing was answered of {REFUSED} documents: {error}", hint=error.hint
                    ) from error
        except EngineError as error:
            cell = settling.failed(held.job.reviewed, question, self._profile, str(error))
            self._failures.append((held.job.document, cell, held.second, error))
            if len(self._failures) >= IN_A_ROW:
                raise
            return None
        else:
            self._refused = None
            await self._settle()
        return cell if await self._keep(held, cell) else None

    async def _settle(self) -> None:
        """Keep as failed what the engine did not take, now that it takes something else."""
        failures, self._failures = self._failures, []
        for document, cell, second, _ in failures:
            taking = partial(self._reviews.take, document, self._owner, LEASE)
            took = await self._keeping.do(taking)
            await self._tell_kept(document, cell, second)
            if took:
                await self._keeping.do(partial(self._reviews.release, document, self._owner))

    async def _keep(self, held: _Held, cell: Cell) -> bool:
        """Keep a cell, and tell of it; say whether it is there."""
        return await self._tell_kept(held.job.document, cell, held.second, held)

    async def _tell_kept(
        self, document: int, cell: Cell, second: bool, held: _Held | None = None
    ) -> bool:
        kept = await self._keeping.keep(document, cell, second=second)
        if kept == "lost":
            if held:
                held.lost = True
            return False
        self._done += held is not None
        if kept == "kept":
            self._out.put_nowait(Second(cell) if second else cell)
            self._tell(cell.path)
            return True
        self._tell(f"{cell.path}, {cell.question}: the answer that was there stays: {cell.note}")
        return False

    def _tell(self, note: str) -> None:
        self._out.put_nowait(Progress("review", self._done, self._total, note))


def done_of(cell: Cell) -> Done:
    """Return what a run must know of a cell that it has just kept."""
    return Done(cell.state, cell.value.normal if cell.value else (), cell.model)
