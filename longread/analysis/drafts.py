"""Answers while they are written: what came is on disk, whatever becomes of this program.

A draft names the process that writes it; one whose process is gone is an answer that was cut.
"""

from __future__ import annotations

import asyncio
import os
import socket
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace

import psutil

from longread import config
from longread.analysis.answering import finish
from longread.analysis.conversation import Conversation
from longread.analysis.sweep import judge_cut
from longread.errors import BudgetError, ConfigError, StoreError
from longread.store import Store
from longread.types import Answer, Tell

SHIFT = 10.0
"""Seconds by which a process can seem to have begun at another time: clocks are set."""


def owner() -> str:
    """Return the name of this process: host, id, and when it began, for ids are used again."""
    return f"{socket.gethostname()}:{os.getpid()}:{psutil.Process().create_time():.1f}"


def alive(owner: str) -> bool:
    """Whether the process that was named so still runs; one on another host is believed to."""
    host, _, pid = owner.rpartition(":")[0].rpartition(":")
    if host != socket.gethostname():
        return True
    try:
        process = psutil.Process(int(pid))
        began = float(owner.rpartition(":")[2])
        # Whoever killed it may not have looked at how it ended.
        gone = process.status() == psutil.STATUS_ZOMBIE
        return not gone and abs(process.create_time() - began) < SHIFT
    except (psutil.NoSuchProcess, ValueError):
        return False


class Draft:
    """One answer on its way to the disk; a thread writes, so that the screen never waits."""

    def __init__(
        self, store: Store, session: str, question: str, profile: str, strategy: str
    ) -> None:
        self._store = store
        self._thread = ThreadPoolExecutor(1, "draft")
        self._number = self._thread.submit(
            store.begin, session, question, owner(), profile, strategy
        )

    async def write(self, text: str) -> None:
        """Keep one more piece; when this returns, `kill -9` cannot lose it.

        Raises:
            StoreError: it could not be kept.
        """
        await self._done(self._thread.submit(self._extend, text))

    async def finish(self, answer: Answer) -> None:
        """Put the judged answer in the draft's place."""
        await self._end(self._thread.submit(self._finish, answer))

    async def abandon(self) -> None:
        """Forget the draft: nothing came."""
        await self._end(self._thread.submit(self._abandon))

    def _extend(self, text: str) -> None:
        self._store.extend(self._number.result(), text)

    def _finish(self, answer: Answer) -> None:
        self._store.finish(self._number.result(), answer)

    def _abandon(self) -> None:
        self._store.abandon(self._number.result())

    async def _end(self, last: Future[None]) -> None:
        try:
            await self._done(last)
        finally:
            self._thread.shutdown(wait=False)

    async def _done(self, writing: Future[None]) -> None:
        # A reader who leaves cancels much, but not this.
        await asyncio.shield(asyncio.wrap_future(writing))


def mend(store: Store, conversation: Conversation, tell: Tell) -> Conversation:
    """Judge what came of answers whose program ended while it wrote, and keep that.

    The prompt is made again as it was, for what was shown decides a citation's verdict.
    """
    for draft in store.drafts():
        if draft.session != conversation.session or alive(draft.owner):
            continue
        try:
            text = store.draft_text(draft.number)
        except StoreError:
            continue  # Another program has just mended it, or deleted its session.
        found = [
            n
            for n, a in enumerate(conversation.answers)
            if (a.question, a.text, a.finished) == (draft.question, text, "cut")
        ]
        if not text:
            store.abandon(draft.number)
            for n in found[:1]:
                del conversation.answers[n]
            continue
        for n in found[:1]:
            judged = _judged(conversation, n, tell)
            store.finish(draft.number, judged)
            conversation.answers[n] = judged
    return conversation


def _judged(conversation: Conversation, n: int, tell: Tell) -> Answer:
    """Return answer `n` as its own program would have kept it."""
    cut = replace(conversation.answers[n], session=conversation.session)
    then = replace(conversation, answers=conversation.answers[:n])
    if cut.profile != then.profile.name:
        # Which profile wrote it decides how it cites; one that is gone cites as most do.
        with suppress(ConfigError):
            then.profile = config.load_profile(cut.profile)
    if cut.strategy == "sweep":
        return replace(judge_cut(then, cut), profile=cut.profile)
    try:
        judged = finish(then, then.prompt(cut.question, tell), cut)
    except BudgetError:
        return cut
    return replace(judged, profile=cut.profile)
