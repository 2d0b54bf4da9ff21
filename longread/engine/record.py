"""What is kept of one engine in its directory, and whether it is used. It starts nothing."""

from __future__ import annotations

import contextlib
import json
import os
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import Literal

import psutil

HOST = "127.0.0.1"
STATE, LOG, OLDER_LOG, ACTIVITY = "state.json", "engine.log", "engine.log.1", "activity"


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
    asked: tuple[str, ...]
    """What decided the command; who asks for the same shares the engine."""
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
    patience: float
    """Seconds without an answer until a server that was ready is taken for hung."""
    pause: float
    """Seconds before a server that died is started again; doubled each time."""
    started: float
    status: Literal["starting", "ready", "failed"] = "starting"
    reason: str = ""
    """Why it failed."""
    port: int = 0
    restarts: int = 0
    """How often the server was started again."""
    supervisor: Process | None = None
    server: Process | None = None

    @property
    def url(self) -> str:
        """Base address, up to and with /v1."""
        return f"http://{HOST}:{self.port}/v1"

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
        words = {name: tuple(kept[name]) for name in ("command", "asked")}
        return State(**(kept | words))
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
