"""A document that is questioned: how often a model is asked for one cell, and with what.

What takes the processor, prompts and the judging of quotes, is done in a thread.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import Executor
from contextlib import suppress
from dataclasses import replace
from functools import partial
from typing import TypeVar

from longread.analysis import settling
from longread.analysis.case import Case
from longread.analysis.completion import complete
from longread.analysis.swept_case import SweptCase
from longread.errors import RefusalError, WindowError
from longread.prompt.cells import MalformedError
from longread.types import Engine
from longread.types.reviews import Cell, Question

T = TypeVar("T")


class SweptInterview:
    """The questions to one document that is read part by part, each part asked as a document is."""

    def __init__(self, case: SweptCase, engine: Engine, thread: Executor) -> None:
        """Take a document that was cut; `thread` as for an `Interview`."""
        self._case = case
        self._parts = [Interview(one, engine, thread) for one in case.cases]

    async def close(self) -> None:
        """Let go of what was made to search the document."""
        for one in self._parts:
            await one.close()

    async def answer(self, question: Question) -> Cell:
        """Ask every part, one after the other, and put together what they say.

        Raises:
            EngineError: as an `Interview` does.
        """
        said = [await one.answer(question) for one in self._parts]
        return self._case.merged(question, said)


class Interview:
    """The questions to one document."""

    def __init__(self, case: Case, engine: Engine, thread: Executor) -> None:
        """Take a document that was laid out.

        Args:
            thread: one thread; whatever searches a document has to be of the same.
        """
        self._case, self._engine, self._thread = case, engine, thread
        self._narrower: Case | None = None

    async def close(self) -> None:
        """Let go of what was made to search the document."""
        for case in filter(None, (self._case, self._narrower)):
            await asyncio.shield(self._apart(case.close))

    async def answer(self, question: Question) -> Cell:
        """Ask, at most twice for JSON that can be read and once more for quotes that stand.

        A document that is too long for the server is laid out anew, once, for what fits there.

        Raises:
            EngineError: the model cannot be reached, refuses the question, or stopped half-way.
        """
        if self._narrower:
            return await self._answer(self._narrower, question)
        try:
            return await self._answer(self._case, question)
        except WindowError as refused:
            narrower = await self._apart(partial(self._narrowed, question, refused))
        return await self._answer(narrower, question)

    def _narrowed(self, question: Question, refused: WindowError) -> Case:
        # Several questions may be refused at once; this runs in one thread.
        if not self._narrower:
            self._narrower = self._case.laid_out_anew(question, refused)
        return self._narrower

    async def _answer(self, case: Case, question: Question) -> Cell:
        prompt, sampling, cell = await self._apart(partial(case.ready, question))
        said = [await complete(self._engine, prompt, sampling)]
        try:
            judged = await self._apart(partial(case.judged, said[0], question, prompt))
        except MalformedError as error:
            try:
                why = str(error)
                prompt = await self._apart(partial(case.malformed, prompt, said[0], why))
                said.append(await complete(self._engine, prompt, sampling))
                judged = await self._apart(partial(case.judged, said[1], question, prompt))
            except (MalformedError, WindowError, RefusalError) as again:
                failed = replace(cell, note=f"no answer: {again}")
                return settling.priced(failed, said, case.profile)
        if judged.wrong and not case.guided:
            with suppress(MalformedError, WindowError, RefusalError):
                prompt = await self._apart(partial(case.requoted, prompt, said[-1], judged.wrong))
                said.append(await complete(self._engine, prompt, sampling))
                second = await self._apart(partial(case.judged, said[-1], question, prompt))
                judged = second if len(second.wrong) <= len(judged.wrong) else judged
        return case.settled(cell, question, judged, said)

    async def _apart(self, call: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._thread, call)
