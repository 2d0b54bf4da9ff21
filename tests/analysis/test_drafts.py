"""What was shown of an answer is kept, however the program that wrote it ended."""

from __future__ import annotations

import asyncio
import os
import pty
import signal
import socket
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import aclosing, contextmanager
from pathlib import Path
from random import Random

import psutil
import pytest

from longread.analysis.ask import Request, ask
from longread.analysis.conversation import reopen
from longread.analysis.drafts import alive, mend, owner
from longread.analysis.trust import Departure
from longread.config import Profile
from longread.engine.replay import ReplayEngine
from longread.errors import EngineError, StoreError
from longread.store import Store, open_store
from longread.types import Answer, Event, Finished, Prompt, Sampling, Text, Verdict

MakeRepository = Callable[..., Path]
FILES = {
    "README.md": "# Kettle\n\nA small kettle controller.\n",
    "kettle/heat.py": "LIMIT = 97.5\n\n\ndef heat(target):\n    return min(target, LIMIT)\n",
}
SCRIPTED = Profile(name="scripted", engine="replay", window=8_000, trusted=8_000, answer=200)
CITED = 'It is 97.5 [kettle/heat.py:L1 "LIMIT = 97.5"], not [d9:L1 "98"].'

WRITER = f"""
import asyncio, fcntl, os, sys, termios
from itertools import count
from longread.analysis.ask import Request, ask
from longread.config import Profile
from longread.types import Text

if os.isatty(0):
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)


class Endless:
    async def stream(self, prompt, sampling):
        yield Text({CITED!r})
        for n in count():
            yield Text(f" {{n}}")


async def no(_):
    return False


async def main():
    profile = Profile(name="scripted", engine="replay", window=8_000, trusted=8_000, answer=200)
    request = Request("What is the limit?", profile, (sys.argv[1],))
    async for event in ask(request, no, Endless()):
        if isinstance(event, Text):
            os.write(1, event.text.encode())


asyncio.run(main())
"""


async def no(_: Departure) -> bool:
    return False


@contextmanager
def writer(root: Path, terminal: int = subprocess.DEVNULL) -> Iterator[subprocess.Popen[bytes]]:
    """A program that asks, and reports each piece of the answer that it was shown."""
    process = subprocess.Popen(
        [sys.executable, "-c", WRITER, str(root)],
        stdin=terminal,
        stdout=subprocess.PIPE,
        start_new_session=True,
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def reported(process: subprocess.Popen[bytes], least: int = 1) -> str:
    """Read what it reports until that is long enough."""
    assert process.stdout
    came = b""
    while len(came) < least:
        piece = os.read(process.stdout.fileno(), 65536)
        assert piece, "it ended"
        came += piece
    return came.decode()


def rest(process: subprocess.Popen[bytes]) -> str:
    """Read what it had reported when it ended."""
    assert process.stdout
    return process.stdout.read().decode()


def mended(store: Store) -> Answer:
    """What a person finds who opens the newest session again."""
    conversation = mend(store, reopen(store, "", SCRIPTED, lambda _: None), lambda _: None)
    (answer,) = conversation.answers
    assert store.session().answers == (answer,)
    assert store.drafts() == []
    return answer


@pytest.mark.parametrize("seed", range(4))
def test_no_piece_that_was_shown_is_lost_to_kill_9(
    make_repository: MakeRepository, seed: int
) -> None:
    random = Random(seed)
    with writer(make_repository(FILES)) as process:
        came = reported(process, random.randrange(1, 4_000))
        time.sleep(random.random() / 50)
        process.kill()
        came += rest(process)
        process.wait()
    with open_store() as store:
        (draft,) = store.drafts()
        assert not alive(draft.owner)
        (cut,) = store.session().answers
        assert cut.finished == "cut"
        assert cut.text.startswith(came)
        answer = mended(store)
    assert answer.text == cut.text
    assert answer.finished == "cut"
    assert [c.verdict for c in answer.citations] == [Verdict.EXACT, Verdict.NOT_FOUND]
    assert (answer.profile, answer.strategy, answer.share) == ("scripted", "whole", 1.0)
    assert "documents" in answer.coverage


def test_no_piece_that_was_shown_is_lost_when_the_terminal_is_closed(
    make_repository: MakeRepository,
) -> None:
    ours, theirs = pty.openpty()
    with writer(make_repository(FILES), theirs) as process:
        os.close(theirs)
        came = reported(process, 500)
        os.close(ours)
        assert process.wait(30) == -signal.SIGHUP
        came += rest(process)
    with open_store() as store:
        assert mended(store).text.startswith(came)


def test_an_answer_that_is_being_written_is_left_alone(make_repository: MakeRepository) -> None:
    with writer(make_repository(FILES)) as process, open_store() as store:
        reported(process)
        (draft,) = store.drafts()
        assert alive(draft.owner)
        assert store.sessions()[0].owners == (draft.owner,)
        conversation = mend(store, reopen(store, "", SCRIPTED, lambda _: None), lambda _: None)
        assert [a.finished for a in conversation.answers] == ["cut"]
        assert store.drafts() == [draft]
        reported(process)
        # Killed, and nobody has asked how it ended.
        process.kill()
        rest(process)
        os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
        assert not alive(draft.owner)


async def test_a_piece_is_on_disk_before_it_is_shown(make_repository: MakeRepository) -> None:
    request = Request("What?", SCRIPTED, (str(make_repository(FILES)),))
    came = ""
    async with aclosing(ask(request, no, ReplayEngine("One two three four."))) as events:
        async for event in events:
            if isinstance(event, Text):
                came += event.text
                with open_store() as store:
                    assert store.session().answers[0].text == came


async def test_a_reader_who_leaves_keeps_what_came(make_repository: MakeRepository) -> None:
    request = Request("What?", SCRIPTED, (str(make_repository(FILES)),))
    async with aclosing(ask(request, no, ReplayEngine("One two three four."))) as events:
        async for event in events:
            if isinstance(event, Text) and event.text == " two":
                break
    with open_store() as store:
        assert store.drafts() == []
        assert [(a.text, a.finished) for a in store.session().answers] == [("One two", "cut")]


class Slow:
    """An engine whose task can be stopped between two pieces, and in the middle of one."""

    async def stream(self, prompt: Prompt, sampling: Sampling) -> AsyncIterator[Event]:
        for n in range(100_000):
            yield Text(f"<{n}>")
        yield Finished("stop")


@pytest.mark.parametrize("seconds", [0.0, 0.0007, 0.003, 0.02])
async def test_a_task_that_is_stopped_anywhere_keeps_what_came(
    make_repository: MakeRepository, seconds: float
) -> None:
    request = Request("What?", SCRIPTED, (str(make_repository(FILES)),))
    came: list[str] = []
    begun = asyncio.Event()

    async def read() -> None:
        async with aclosing(ask(request, no, Slow())) as events:
            async for event in events:
                if isinstance(event, Text):
                    came.append(event.text)
                    begun.set()

    task = asyncio.create_task(read())
    await begun.wait()
    await asyncio.sleep(seconds)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    with open_store() as store:
        assert store.drafts() == []
        (answer,) = store.session().answers
    assert answer.finished == "cut"
    assert answer.text.startswith("".join(came))


async def test_a_question_to_which_nothing_came_is_forgotten(
    make_repository: MakeRepository,
) -> None:
    root = str(make_repository(FILES))
    request = Request("What?", SCRIPTED, (root,))
    async with aclosing(ask(request, no, ReplayEngine("One two."))) as events:
        async for event in events:
            if isinstance(event, Answer):
                first = event.session
    onward = Request("And then?", SCRIPTED, session=first)
    with pytest.raises(EngineError):
        async for _ in ask(onward, no, ReplayEngine("Never.", fails_after=0)):
            pass
    with open_store() as store:
        assert [a.question for a in store.session(first).answers] == ["What?"]
        assert store.drafts() == []
        assert store.search("then") == []


async def test_an_answer_whose_session_is_deleted_meanwhile_says_so(
    make_repository: MakeRepository,
) -> None:
    request = Request("What?", SCRIPTED, (str(make_repository(FILES)),))

    async def read() -> None:
        async for event in ask(request, no, ReplayEngine("One two three four.")):
            if isinstance(event, Text) and event.text == " two":
                with open_store() as store:
                    store.delete(store.resolve())

    with pytest.raises(StoreError, match="deleted meanwhile"):
        await read()
    with open_store() as store:
        assert store.sessions() == []


ELSEWHERE = "elsewhere.example:1:0.0"


def dead() -> str:
    """The name of a process that has ended."""
    process = subprocess.Popen([sys.executable, "-c", ""])
    began = psutil.Process(process.pid).create_time()
    process.wait()
    return f"{socket.gethostname()}:{process.pid}:{began:.1f}"


async def kept(root: Path, *questions: str) -> str:
    """A session with these questions, each answered."""
    session = None
    for question in questions:
        sources = (str(root),) if session is None else ()
        async for event in ask(
            Request(question, SCRIPTED, sources, session), no, ReplayEngine("A")
        ):
            if isinstance(event, Answer):
                session = event.session
    assert session
    return session


async def test_an_empty_draft_of_a_dead_process_is_dropped(make_repository: MakeRepository) -> None:
    session = await kept(make_repository(FILES), "What?")
    with open_store() as store:
        store.begin(session, "And?", dead(), "scripted")
        mend(store, reopen(store, session, SCRIPTED, lambda _: None), lambda _: None)
        assert [a.question for a in store.session(session).answers] == ["What?"]
        assert store.drafts() == []


async def test_a_mended_answer_keeps_its_place_and_its_writer(
    make_repository: MakeRepository,
) -> None:
    session = await kept(make_repository(FILES), "What?")
    with open_store() as store:
        store.extend(store.begin(session, "Limit?", dead(), "gone", "whole"), CITED)
    await kept_on(session, "After?")
    with open_store() as store:
        answers = store.session(session).answers
    assert [a.question for a in answers] == ["What?", "Limit?", "After?"]
    assert (answers[1].profile, answers[1].finished) == ("gone", "cut")
    assert [c.verdict for c in answers[1].citations] == [Verdict.EXACT, Verdict.NOT_FOUND]


async def kept_on(session: str, question: str) -> None:
    """Ask one more question."""
    async for _ in ask(Request(question, SCRIPTED, session=session), no, ReplayEngine("B")):
        pass


async def test_two_programs_may_mend_one_answer(make_repository: MakeRepository) -> None:
    session = await kept(make_repository(FILES), "What?")
    with open_store() as store:
        store.extend(store.begin(session, "Limit?", dead(), "scripted"), CITED)
        first = reopen(store, session, SCRIPTED, lambda _: None)
        second = reopen(store, session, SCRIPTED, lambda _: None)
        mend(store, first, lambda _: None)
        mend(store, second, lambda _: None)
        assert store.session(session).answers == tuple(first.answers)


def test_a_process_is_told_from_another_with_its_number() -> None:
    host, pid, began = owner().split(":")
    assert alive(owner())
    assert alive(f"{host}:{pid}:{float(began) + 1:.1f}"), "the clock may have been set"
    assert not alive(f"{host}:{pid}:{float(began) - 3600:.1f}")
    assert not alive(dead())
    assert alive(ELSEWHERE)
    assert not alive(f"{host}:nobody:0")
