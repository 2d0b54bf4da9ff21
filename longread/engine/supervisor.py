"""The process that keeps one engine: starts its server, watches it, and stops it when idle.

`python -P -m longread.engine.supervisor DIRECTORY` detaches itself and reads what to run from
the directory's `state.json`, which from then on it alone writes. It knows nothing of profiles
or of vLLM: a server is a command that takes `--port`, with a `/health`.
"""

from __future__ import annotations

import contextlib
import json
import os
import select
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import BinaryIO, Literal

import psutil

HOST = "127.0.0.1"
STATE, LOG, OLDER_LOG, ACTIVITY = "state.json", "engine.log", "engine.log.1", "activity"
GRACE = 5.0
"""Seconds between asking a server's processes to end and killing them."""
TOLD, ENDED = b"T", b"E"
"""What wakes the supervisor: a SIGTERM, and the end of its server."""


@dataclass(frozen=True, slots=True)
class Process:
    """A process that no later one with the same id is taken for."""

    pid: int
    created: float

    @classmethod
    def of(cls, pid: int) -> Process:
        """Return the process that has this id now."""
        return cls(pid, psutil.Process(pid).create_time())

    def is_same(self, other: Process) -> bool:
        """Whether both are one process; psutil's times move a little when the clock is set."""
        return self.pid == other.pid and abs(self.created - other.created) < 2

    @property
    def alive(self) -> bool:
        """Whether it still runs."""
        try:
            there = Process.of(self.pid)
            return there.is_same(self) and psutil.Process(self.pid).status() != "zombie"
        except psutil.NoSuchProcess:
            return False


@dataclass(frozen=True, slots=True)
class State:
    """What callers and the supervisor know of one engine."""

    profile: str
    command: tuple[str, ...]
    """Without `--port`, which the supervisor chooses and adds."""
    environment: dict[str, str]
    """What the server finds in its environment beyond the caller's own."""
    key: str
    model: str
    model_dir: str
    wait: float
    """Seconds until a server that is not ready is given up."""
    idle: float
    """Seconds without use until the server is stopped."""
    started: float
    status: Literal["starting", "ready", "failed"] = "starting"
    reason: str = ""
    """Why it failed."""
    port: int = 0
    supervisor: Process | None = None
    server: Process | None = None

    @property
    def alive(self) -> bool:
        """Whether both processes still run, or are about to."""
        if not (self.supervisor and self.supervisor.alive):
            return False
        return self.server is None or self.server.alive


def read(directory: Path) -> State | None:
    """Return the state kept in `directory`, or None where there is none that can be read."""
    try:
        kept = json.loads((directory / STATE).read_text())
        for name in ("supervisor", "server"):
            kept[name] = kept[name] and Process(**kept[name])
        return State(**(kept | {"command": tuple(kept["command"])}))
    except (OSError, ValueError, TypeError, KeyError):
        return None


def write(directory: Path, state: State) -> None:
    """Keep `state` where only its owner can read it; readers see the old or the new, whole."""
    temporary = directory / f".{STATE}.{os.getpid()}"
    temporary.unlink(missing_ok=True)
    opened = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(opened, "w") as file:
        json.dump(asdict(state), file)
    temporary.replace(directory / STATE)


def healthy(port: int, seconds: float) -> bool | None:
    """Whether the server at `port` says it is well; None where it says nothing in time."""
    connection = HTTPConnection(HOST, port, timeout=seconds)
    try:
        connection.request("GET", "/health")
        return connection.getresponse().status == 200
    except TimeoutError:
        return None
    except (OSError, HTTPException):
        return False
    finally:
        connection.close()


@contextlib.contextmanager
def busy(directory: Path) -> Iterator[None]:
    """Keep the engine from counting as idle; a process that dies lets go by itself."""
    import fcntl  # Unix only, as engines are; the module itself is imported anywhere

    with touch(directory).open() as file:
        fcntl.flock(file, fcntl.LOCK_SH)
        try:
            yield
        finally:
            with contextlib.suppress(FileNotFoundError):
                os.utime(directory / ACTIVITY)


def touch(directory: Path) -> Path:
    """Count the engine as used now; return the file whose time says so."""
    path = directory / ACTIVITY
    path.touch(mode=0o600)
    return path


def idle_seconds(directory: Path) -> float:
    """Seconds since the engine was last used; 0 while it is."""
    import fcntl

    path = directory / ACTIVITY
    try:
        with path.open() as file:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return max(0.0, time.time() - path.stat().st_mtime)
    except BlockingIOError:
        return 0.0
    except FileNotFoundError:
        return float("inf")


def end_group(leader: int, grace: float) -> None:
    """End every process of the server's group; those that do not heed are killed."""
    deadline = time.monotonic() + grace
    with contextlib.suppress(ProcessLookupError):
        os.killpg(leader, signal.SIGTERM)
        while time.monotonic() < deadline:
            os.killpg(leader, 0)
            time.sleep(0.05)
        os.killpg(leader, signal.SIGKILL)


def supervise(directory: Path, state: State) -> None:
    """Run the server until it ends, is not ready in time, is idle, or this process is told to."""
    guard = _guard()
    news, tell = os.pipe()

    def on_term(*_: object) -> None:
        os.write(tell, TOLD)

    signal.signal(signal.SIGTERM, on_term)
    with (directory / LOG).open("ab", buffering=0) as log:
        state = replace(state, supervisor=Process.of(os.getpid()), port=_free_port())
        write(directory, state)
        try:
            server = _launch(directory, state, log)
        except OSError as error:
            write(directory, replace(state, status="failed", reason=f"could not be run: {error}"))
            return
        os.write(guard, b" %d" % server.pid)
        state = replace(state, server=Process.of(server.pid))
        write(directory, state)
        threading.Thread(target=_wait, args=(server, tell), daemon=True).start()
        in_order, reason = _watch(directory, state, server, news)
        end_group(server.pid, GRACE)
        server.wait()
        os.write(guard, b" 0")
        log.write(f"longread: the server {reason}\n".encode())
        if in_order:
            (directory / STATE).unlink(missing_ok=True)
        else:
            write(directory, replace(state, status="failed", reason=reason))


def _launch(directory: Path, state: State, log: BinaryIO) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [*state.command, "--port", str(state.port)],
        env=os.environ | state.environment,
        stdin=subprocess.DEVNULL,
        stdout=log,
        stderr=log,
        cwd=directory,
        start_new_session=True,
    )


def _wait(server: subprocess.Popen[bytes], tell: int) -> None:
    server.wait()
    os.write(tell, ENDED)


def _watch(
    directory: Path, state: State, server: subprocess.Popen[bytes], news: int
) -> tuple[bool, str]:
    """Return, once the server has to end or did, whether that is in order, and why."""
    deadline = time.monotonic() + state.wait
    while True:
        if state.status == "starting":
            if healthy(state.port, 2):
                touch(directory)
                state = replace(state, status="ready")
                write(directory, state)
            elif time.monotonic() > deadline:
                return False, f"was not ready after {state.wait:g} s"
        elif idle_seconds(directory) > state.idle:
            return True, f"was idle for {state.idle:g} s"
        pause = 0.2 if state.status == "starting" else min(5.0, state.idle / 4)
        told = os.read(news, 64) if select.select([news], [], [], pause)[0] else b""
        if TOLD in told:
            return True, "was told to end"
        if ENDED in told:
            return False, f"ended {_how(server.wait())}"


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port: int = probe.getsockname()[1]
        return port


def _guard() -> int:
    """Start a process that ends the server's group if this one is killed; return a pipe to it.

    It takes the last number written as the group's, and 0 as nothing to do. vLLM does not heed
    a parent's death by itself, nor, before it is ready, a SIGTERM.
    """
    reading, writing = os.pipe()
    if os.fork():
        os.close(reading)
        return writing
    os.close(writing)
    told = b"0"
    while more := os.read(reading, 64):
        told += more
    if leader := int(told.split()[-1]):
        end_group(leader, GRACE)
    os._exit(0)


def _how(code: int) -> str:
    if code >= 0:
        return f"with exit status {code}"
    try:
        return f"by {signal.Signals(-code).name}"
    except ValueError:
        return f"by signal {-code}"


def main(directory: Path) -> None:
    """Detach from the caller, then supervise. The first process ends at once, so none lingers."""
    state = read(directory)
    if state is None:
        raise SystemExit(f"{directory}: no {STATE}")
    if os.fork():
        os._exit(0)
    os.setsid()
    supervise(directory, state)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
