"""Worker processes that may hang, crash or be killed, and the limits they run under.

A worker is a fresh Python that imports one function and answers requests through pipes, in JSON:
what comes back from a process that parsed a hostile file is never unpickled. Nothing here knows
what the requests are about.
"""

from __future__ import annotations

import json
import os
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from types import TracebackType
from typing import IO, Self, TypeVar

from longread.errors import IngestError

Message = Mapping[str, object]
"""What JSON can hold; bytes under "data" in a reply go beside it."""

HEAD = struct.Struct("<IQ")
"""Bytes of the JSON message and of the data behind it."""
REPLY = 64 << 20
"""Bytes of one reply at most."""
TICK = 0.05
"""Seconds between two looks at a busy worker."""
PATIENCE = 6
"""Wall seconds a worker may take for each CPU second it may take, on a machine that others use."""
IN_FLIGHT = 256 << 20
"""Bytes of files that are held at one time, at most, beyond the first."""
FILES = 100
"""Requests a worker answers before a fresh one takes its place."""
START = """\
import json, sys
path, module, function, memory = json.loads(sys.argv[1])
sys.path[:] = path
from longread.ingest.pool import serve
serve(module, function, memory)
"""


Result = TypeVar("Result")


class WorkerError(Exception):
    """A worker ended before its answer did: "timeout", "memory" or "died"."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(slots=True)
class Account:
    """What one piece of work may take and has taken, over all the workers that tried it."""

    step_seconds: float
    """CPU seconds from one reply to the next."""
    seconds: float
    """CPU seconds in all."""
    spent: float = 0.0
    waited: float = 0.0

    @property
    def overdrawn(self) -> bool:
        """Whether nothing may be spent on it any more."""
        return self.spent > self.seconds or self.waited > self.seconds * PATIENCE


class Worker:
    """One process. Only the thread that borrowed it talks to it; the pool's watcher may kill it."""

    def __init__(self, module: str, function: str, memory: int) -> None:
        import psutil

        here = str(Path(__file__).parents[2])
        # As in this process, so that another longread on the machine is not met there.
        path = [p for p in sys.path if p]
        path = path if here in path else [here, *path]
        try:
            self.process = subprocess.Popen(
                [sys.executable, "-I", "-c", START, json.dumps([path, module, function, memory])],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
            )
        except OSError as error:
            raise IngestError(
                f"{sys.executable} cannot be started to read files: {error.strerror}",
                hint="install longread where the person who runs it may run programs",
            ) from error
        self.ready = False
        self.answered = 0
        self._memory = memory
        self._usage = psutil.Process(self.process.pid)
        self._lock = threading.Lock()
        self._account: Account | None = None
        self._reason = "died"
        self._cpu = self._step_cpu = 0.0
        self._wall = self._step_wall = 0.0
        self._stepped = False
        self._rss = 0

    def ask(self, message: Message, data: bytes, account: Account) -> Iterator[Message]:
        """Yield the replies to one request.

        Raises:
            WorkerError: the worker is gone; the replies so far stand.
        """
        assert self.process.stdin
        assert self.process.stdout
        if not self.ready:  # its start is not charged to whoever happens to come first
            self.ready = receive(self.process.stdout) is not None
        with self._lock:
            self._account = account
            self._cpu, self._wall = self._cpu_seconds(), time.monotonic()
            self._stepped = True
        try:
            send(self.process.stdin, message, data)
            while reply := receive(self.process.stdout, REPLY):
                self._stepped = True
                if "done" in reply[0]:
                    self.answered += 1
                    return
                yield {**reply[0], "data": reply[1]}
        except (OSError, ValueError):
            pass
        finally:
            self.watch()
            with self._lock:
                self._account = None
        self.kill()
        raise WorkerError(self._reason)

    def watch(self) -> None:
        """Charge the account with what was used since the last look; kill what took too much."""
        with self._lock:
            if not (account := self._account):
                return
            cpu, wall = self._cpu_seconds(), time.monotonic()
            account.spent += max(0.0, cpu - self._cpu)
            account.waited += wall - self._wall
            self._cpu, self._wall = cpu, wall
            if self._stepped:
                self._stepped, self._step_cpu, self._step_wall = False, cpu, wall
            step = account.step_seconds
            slow = cpu - self._step_cpu > step or wall - self._step_wall > step * PATIENCE
            if self._rss > self._memory:
                self._stop("memory")
            elif slow or account.overdrawn:
                self._stop("timeout")

    def _stop(self, reason: str) -> None:
        if self.process.poll() is None:
            self._reason = reason
            self.process.kill()
        elif self._reason == "died" and self._rss > self._memory // 2:
            self._reason = "memory"

    def _cpu_seconds(self) -> float:
        import psutil

        try:
            times = self._usage.cpu_times()
            self._rss = self._usage.memory_info().rss
        except psutil.Error:
            return self._cpu
        return float(times.user + times.system)

    def kill(self) -> None:
        """End the process now and take its exit status."""
        self.process.kill()
        self.process.wait()
        for pipe in (self.process.stdin, self.process.stdout):
            if pipe:
                try:
                    pipe.close()
                except OSError:  # bytes it never read cannot be flushed any more
                    continue


class Pool:
    """Workers that are started when they are needed and used again."""

    def __init__(self, module: str, function: str, memory: int) -> None:
        self._start = (module, function, memory)
        self._idle: list[Worker] = []
        self._busy: set[Worker] = set()
        self._lock = threading.Lock()
        self._over = threading.Event()
        self._watcher = threading.Thread(target=self._watch, name="longread-pool", daemon=True)

    def __enter__(self) -> Self:
        self._watcher.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        self._over.set()
        with self._lock:
            for worker in self._busy:  # whoever borrowed it takes its exit status
                worker.process.kill()
            for worker in self._idle:
                worker.kill()
        self._watcher.join()

    @property
    def closed(self) -> bool:
        """Whether no further work is wanted."""
        return self._over.is_set()

    def spread(
        self, jobs: Iterable[tuple[str, int, Callable[[], Result]]], workers: int = 0
    ) -> Iterator[tuple[str, Result]]:
        """Run jobs that ask this pool; yield names and results in the order they are done.

        The pool is open as long as that lasts. Leaving the iteration early ends the workers.

        Args:
            jobs: a name, the bytes that are held for it, and what to do. Advanced only as far as
                there is room.
            workers: at most; 0 for one a core.
        """
        from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait

        size = workers or os.cpu_count() or 1
        waiting: dict[Future[Result], tuple[str, int]] = {}
        supply = iter(jobs)
        held = 0
        with ThreadPoolExecutor(size) as threads, self:
            while True:
                while len(waiting) < 2 * size and (held < IN_FLIGHT or not waiting):
                    job = next(supply, None)
                    if job is None:
                        break
                    name, length, work = job
                    held += length
                    waiting[threads.submit(work)] = name, length
                if not waiting:
                    return
                for future in wait(waiting, return_when=FIRST_COMPLETED).done:
                    name, length = waiting.pop(future)
                    held -= length
                    yield name, future.result()

    def ask(self, message: Message, data: bytes, account: Account) -> Iterator[Message]:
        """Yield the replies of one worker to one request; `WorkerError` where it was lost."""
        worker, sound = self._borrow(), False
        try:
            yield from worker.ask(message, data, account)
            sound = worker.answered < FILES
        finally:  # also when the iteration is left, or stopped from the keyboard
            self._give_back(worker, sound)

    def _borrow(self) -> Worker:
        with self._lock:
            if self.closed:
                raise WorkerError("died")
            worker = self._idle.pop() if self._idle else Worker(*self._start)
            self._busy.add(worker)
        return worker

    def _give_back(self, worker: Worker, sound: bool) -> None:
        with self._lock:
            self._busy.discard(worker)
            if sound and not self.closed:
                self._idle.append(worker)
                return
        worker.kill()

    def _watch(self) -> None:
        while not self._over.wait(TICK):
            with self._lock:
                busy = list(self._busy)
            for worker in busy:
                worker.watch()


def send(pipe: IO[bytes], message: Message, data: bytes = b"") -> None:
    """Write one message and the bytes that go with it."""
    body = json.dumps(message, ensure_ascii=False).encode("utf-8", "replace")
    pipe.write(HEAD.pack(len(body), len(data)))
    pipe.write(body)
    pipe.write(data)
    pipe.flush()


def receive(pipe: IO[bytes], most: int = 1 << 62) -> tuple[dict[str, object], bytes] | None:
    """Read one message and its bytes, at most `most`; nothing where the other side is gone.

    Raises:
        ValueError: what came is not a message.
    """
    head = pipe.read(HEAD.size)
    if len(head) < HEAD.size:
        return None
    length, size = HEAD.unpack(head)
    if length > REPLY:
        raise ValueError(f"a message of {length:,} bytes")
    if size > most:
        raise ValueError(f"{size:,} bytes with a message")
    message = json.loads(pipe.read(length))
    if not isinstance(message, dict):
        raise ValueError("a message that is not an object")
    return message, pipe.read(size) if size else b""


def serve(module: str, function: str, memory: int) -> None:
    """Be a worker: answer requests until the parent is gone."""
    import gc
    import signal

    # What a worker makes is let go at once, hardly any of it in cycles: a tenth of its time.
    gc.set_threshold(200_000, 20, 20)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _confine(memory)
    threading.Thread(target=_follow, args=(os.getppid(),), daemon=True).start()
    replies = os.fdopen(os.dup(1), "wb")
    # Libraries written in C print to 1 whatever Python thinks of it.
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    os.close(nowhere)
    answer = getattr(import_module(module), function)
    send(replies, {"ready": True})
    while request := receive(sys.stdin.buffer):
        for reply in answer(*request):
            data = reply.pop("data", b"")
            send(replies, reply, data)
        send(replies, {"done": True})


def _confine(memory: int) -> None:
    """Cap the address space and forbid files, where the platform can.

    The pool's watcher looks at resident memory twenty times a second; this cap is for what is
    taken at one go. Half a gibibyte more is for what Python and its libraries map and never use.
    """
    try:
        import resource
    except ImportError:
        return
    caps = {
        resource.RLIMIT_AS: memory + (512 << 20),
        resource.RLIMIT_CORE: 0,
        resource.RLIMIT_FSIZE: 0,
    }
    for kind, cap in caps.items():
        hard = resource.getrlimit(kind)[1]
        try:
            resource.setrlimit(kind, (cap if hard < 0 else min(cap, hard), hard))
        except (OSError, ValueError):
            continue


def _follow(parent: int) -> None:
    """End this process when its parent is gone, also in the midst of a file that hangs."""
    while os.getppid() == parent:
        time.sleep(0.5)
    os._exit(1)
