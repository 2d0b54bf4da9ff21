"""Workers that hang, grow, crash and are killed."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from longread.ingest.pool import FILES, Account, Pool, WorkerError

HERE = Path(__file__).parent


def do(message: dict[str, Any], data: bytes) -> Iterator[dict[str, object]]:
    """What the workers of these tests do."""
    print("noise")  # on the pipe that carries the replies, if nobody took care
    yield {"pid": os.getpid(), "size": len(data)}
    match message["do"]:
        case "hang":
            while True:
                pass
        case "sleep":
            time.sleep(60)
        case "grow":
            held = []
            while True:
                held.append(bytearray(os.urandom(1 << 20)))
        case "bytes":
            yield {"n": 1, "data": bytes(range(256))}
        case "crash":
            os.abort()
        case "steps":
            for n in range(4):
                end = time.process_time() + 0.12
                while time.process_time() < end:
                    pass
                yield {"step": n}


@pytest.fixture(autouse=True)
def _importable(monkeypatch: pytest.MonkeyPatch) -> None:
    """Workers import what this process could import."""
    monkeypatch.syspath_prepend(str(HERE))


def pool(memory: int = 1 << 30) -> Pool:
    return Pool("test_pool", "do", memory)


def account(step: float = 5, whole: float = 20) -> Account:
    return Account(step, whole)


def test_bytes_of_a_reply_come_as_they_are() -> None:
    with pool() as workers:
        _, reply = workers.ask({"do": "bytes"}, b"", account())
    assert reply == {"n": 1, "data": bytes(range(256))}


def test_a_worker_is_used_again_and_replaced_when_it_is_worn_out() -> None:
    with pool() as workers:
        replies = [list(workers.ask({"do": ""}, b"abc", account())) for _ in range(FILES + 1)]
    pids = [reply["pid"] for (reply,) in replies]
    assert len(set(pids[:FILES])) == 1
    assert pids[FILES] != pids[0]
    assert all(reply["size"] == 3 for (reply,) in replies)


@pytest.mark.parametrize(
    ("what", "reason"),
    [("hang", "timeout"), ("sleep", "timeout"), ("grow", "memory"), ("crash", "died")],
)
def test_a_worker_that_misbehaves_is_ended_and_says_why(what: str, reason: str) -> None:
    with pool(memory=100 << 20) as workers:
        replies = workers.ask({"do": what}, b"", account(step=5 if what == "grow" else 0.25))
        pid = next(replies)["pid"]
        with pytest.raises(WorkerError) as caught:
            next(replies)
        assert caught.value.reason == reason
        assert isinstance(pid, int)
        assert not psutil.pid_exists(pid)
        assert next(workers.ask({"do": ""}, b"", account()))["pid"] != pid


def test_time_is_counted_from_reply_to_reply_and_in_all() -> None:
    with pool() as workers:
        assert len(list(workers.ask({"do": "steps"}, b"", account(step=0.4)))) == 5
        spent = account(step=0.4, whole=0.25)
        replies = []
        with pytest.raises(WorkerError, match="timeout"):
            replies.extend(workers.ask({"do": "steps"}, b"", spent))
        assert spent.overdrawn


def test_an_interrupt_from_the_keyboard_is_for_the_parent() -> None:
    with pool() as workers:
        (before,) = workers.ask({"do": ""}, b"", account())
        assert isinstance(before["pid"], int)
        os.kill(before["pid"], signal.SIGINT)
        (after,) = workers.ask({"do": ""}, b"", account())
    assert before == after


def test_a_worker_that_is_waited_for_ends_when_one_is_interrupted() -> None:
    # What a shell starts beside itself is told to ignore it.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    with contextlib.ExitStack() as stack:
        stack.callback(signal.signal, signal.SIGINT, before)
        workers = stack.enter_context(pool())
        replies = workers.ask({"do": "sleep"}, b"", account())
        pid = next(replies)["pid"]
        assert isinstance(pid, int)
        main = threading.main_thread().ident
        # To the process, it could reach another thread, and this one would go on waiting.
        threading.Timer(0.2, signal.pthread_kill, (main, signal.SIGINT)).start()
        with pytest.raises(KeyboardInterrupt):
            next(replies)
        assert not psutil.pid_exists(pid)


def test_leaving_the_pool_ends_its_workers() -> None:
    with pool() as workers:
        (reply,) = workers.ask({"do": ""}, b"", account())
    assert isinstance(reply["pid"], int)
    assert not psutil.pid_exists(reply["pid"])
    with pytest.raises(WorkerError):
        list(workers.ask({"do": ""}, b"", account()))


def test_workers_go_away_with_a_parent_that_was_killed() -> None:
    code = (
        "from longread.ingest.pool import *\n"
        "with Pool('test_pool', 'do', 1 << 30) as pool:\n"
        "    replies = pool.ask({'do': 'hang'}, b'', Account(600, 600))\n"
        "    print(next(replies)['pid'], flush=True)\n"
        "    next(replies)\n"
    )
    environment = {**os.environ, "PYTHONPATH": str(HERE)}
    command = [sys.executable, "-c", code]
    with subprocess.Popen(command, stdout=subprocess.PIPE, env=environment) as parent:
        assert parent.stdout
        worker = psutil.Process(int(parent.stdout.readline()))
        parent.kill()
    try:
        worker.wait(10)
    except psutil.NoSuchProcess:
        return
    assert not worker.is_running()


def test_nothing_is_imported_from_the_folder_one_stands_in(tmp_path: Path) -> None:
    trap = "open('sprung', 'w').close()\n"
    for name in ("json.py", "struct.py", "psutil.py", "sitecustomize.py"):
        (tmp_path / name).write_text(trap)
    code = (
        f"import sys; sys.path.append({str(HERE)!r})\n"
        "from longread.ingest.pool import *\n"
        "with Pool('test_pool', 'do', 1 << 30) as pool:\n"
        "    print(len(list(pool.ask({'do': ''}, b'', Account(60, 60)))))\n"
    )
    done = subprocess.run(
        [sys.executable, "-I", "-c", code], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert done.stdout == "1\n"
    assert not (tmp_path / "sprung").exists()
