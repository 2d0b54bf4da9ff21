"""Answers while they are written: what came is on disk, whatever becomes of this program.

A draft names the process that writes it; one whose process is gone is an answer that was cut.
"""

from __future__ import annotations

import asyncio
import os
import socket
from concurrent.futures import Future, ThreadPoolExecutor

import psutil

from longread.analysis.answering import finish
from longread.analysis.conversation import Conversation
from longread.errors import BudgetError
from longread.store import Store
from longread.types import Answer, Tell


def owner() -> str:
    """Return the name of this process: host, id, and when it began, for ids are used again."""
    return f"{socket.gethostname()}:{os.getpid()}:{psutil.Process().create_time():.1f}"


def alive(owner: str) -> bool:
    """Whether the process that was named so still runs; one on another host is believed to."""
    host, _, rest = owner.rpartition(":")[0].rpartition(":")
    if host != socket.gethostname():
        return True
    pid, began = rest, owner.rpartition(":")[2]
    try:
        return f"{psutil.Process(int(pid)).create_time():.1f}" == began
    except (psutil.NoSuchProcess, ValueError):
        return False


class Draft:
    """One answer on its way to the disk; a thread writes, so that nobody waits for it."""

    def __init__(
        self, store: Store, session: str, question: str, profile: str, strategy: str
    ) -> None:
        self._store = store
        self._thread = ThreadPoolExecutor(1, "draft")
        self._pending: list[str] = []
        self._writes: list[Future[None]] = []
        self._number = self._thread.submit(
            store.begin, session, question, owner(), profile, strategy
        )

    def write(self, text: str) -> None:
        """Keep one more piece: at once, or with all that come while another is written.

        Raises:
            StoreError: an earlier piece could not be kept.
        """
        while self._writes and self._writes[0].done():
            self._writes.pop(0).result()
        self._pending.append(text)
        self._writes.append(self._thread.submit(self._flush))

    def _flush(self) -> None:
        if count := len(self._pending):
            self._store.extend(self._number.result(), "".join(self._pending[:count]))
            del self._pending[:count]

    async def finish(self, answer: Answer) -> None:
        """Put the judged answer in the draft's place."""
        number = await asyncio.wrap_future(self._number)
        done = self._thread.submit(self._store.finish, number, answer)
        await self._end(done)

    async def abandon(self) -> None:
        """Forget the draft: nothing came."""
        number = await asyncio.wrap_future(self._number)
        await self._end(self._thread.submit(self._store.abandon, number))

    async def _end(self, last: Future[None]) -> None:
        try:
            # A reader who leaves cancels much, but not this.
            await asyncio.shield(asyncio.wrap_future(last))
        finally:
            self._thread.shutdown(wait=False)


def mend(store: Store, conversation: Conversation, tell: Tell) -> Conversation:
    """Judge what came of answers whose program ended while it wrote, and keep that.

    The prompt is made again as it was, for what was shown decides a citation's verdict.
    """
    for draft in store.drafts():
        if draft.session != conversation.session or alive(draft.owner):
            continue
        text = store.draft_text(draft.number)
        came = Answer(draft.question, text, (), "cut", session=draft.session)
        found = [
            n
            for n, a in enumerate(conversation.answers)
            if (a.question, a.text, a.finished) == (came.question, text, "cut")
        ]
        if not text:
            store.abandon(draft.number)
            for n in found[:1]:
                del conversation.answers[n]
            continue
        try:
            judged = finish(conversation, conversation.prompt(draft.question, tell), came)
        except BudgetError:
            judged = came
        store.finish(draft.number, judged)
        for n in found[:1]:
            conversation.answers[n] = judged
    return conversation
