"""The process that keeps one engine: starts its server, watches it, starts it again when it dies
or hangs, and stops it when idle.

`python -P -m longread.engine.supervisor DIRECTORY` detaches itself and reads what to run from
the directory's `state.json`, which from then on it alone writes. It knows nothing of profiles
or of vLLM: a server is a command that takes `--port`, with a `/health`.
"""

from __future__ import annotations

import contextlib
import os
import select
import signal
import socket
import subprocess
import sys
import threading
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import BinaryIO

from longread.engine.record import (
    HOST,
    LOG,
    STATE,
    Process,
    State,
    healthy,
    idle_seconds,
    read,
    touch,
    write,
)

GRACE = 5.0
"""Seconds between asking a server's processes to end and killing them."""
LIMIT, SPELL = 3, 600.0
"""How often, within how many seconds, a server is started again before it is given up."""
TOLD, ENDED = b"T", b"E"
"""What wakes the supervisor: a SIGTERM, and the end of its server."""


def end_group(leader: int, grace: float) -> None:
    """End every process of the server's group; those that do not heed are killed."""
    deadline = time.monotonic() + grace
    with contextlib.suppress(ProcessLookupError):
        os.killpg(leader, signal.SIGTERM)
        while time.monotonic() < deadline:
            os.killpg(leader, 0)
            time.sleep(0.05)
        os.killpg(leader, signal.SIGKILL)


@dataclass(frozen=True, slots=True)
class End:
    """How a server's run ended."""

    why: str
    meant: bool = False
    """Whether it was told to, or idle."""
    again: bool = False
    """Whether it is worth starting again: it worked before."""


def supervise(directory: Path, state: State) -> None:
    """Run the server until it is idle, given up, or this process is told to end.

    A server that was never ready is not tried again: what is wrong is how it was started.
    """
    guard = _guard()
    news, tell = os.pipe()

    def on_term(*_: object) -> None:
        os.write(tell, TOLD)

    signal.signal(signal.SIGTERM, on_term)
    deaths: list[float] = []
    with (directory / LOG).open("ab", buffering=0) as log:
        state = replace(state, supervisor=Process.of(os.getpid()))
        while True:
            # Callers may hold the address of a server that died.
            state = replace(state, port=_free_port(state.port), server=None)
            state, end = _run(directory, state, log, (news, tell), guard)
            log.write(f"longread: the server {end.why}\n".encode())
            if end.meant or _told(news, 0):
                (directory / STATE).unlink(missing_ok=True)
                return
            now = time.monotonic()
            deaths = [*(then for then in deaths if now - then < SPELL), now]
            if not end.again or len(deaths) > LIMIT:
                write(directory, replace(state, status="failed", reason=end.why))
                return
            state = replace(state, restarts=state.restarts + 1, server=None)
            write(directory, state)
            pause = state.pause * 2 ** (len(deaths) - 1)
            log.write(f"longread: it is started again in {pause:g} s\n".encode())
            if _told(news, pause):
                (directory / STATE).unlink(missing_ok=True)
                return


def _run(
    directory: Path, state: State, log: BinaryIO, pipe: tuple[int, int], guard: int
) -> tuple[State, End]:
    """Run the server once; return what is known of it, to be started with, and how it ended."""
    news, tell = pipe
    write(directory, state)
    try:
        server = _launch(directory, state, log)
    except OSError as error:
        return state, End(f"could not be run: {error}")
    os.write(guard, b" %d" % server.pid)
    state = replace(state, server=Process.of(server.pid))
    write(directory, state)
    waiting = threading.Thread(target=_wait, args=(server, tell), daemon=True)
    waiting.start()
    end = _watch(directory, state, server, news)
    end_group(server.pid, GRACE)
    waiting.join()
    os.write(guard, b" 0")
    return state, end


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


def _watch(directory: Path, state: State, server: subprocess.Popen[bytes], news: int) -> End:
    """Return once the server has to end, or did.

    A model's step that hangs is vLLM's to notice: it ends itself after 300 s
    (VLLM_EXECUTE_MODEL_TIMEOUT_SECONDS). Here a server is noticed that answers nobody.
    """
    deadline = time.monotonic() + state.wait
    again = state.restarts > 0
    last_well = time.monotonic()
    while True:
        well = healthy(state.port, 2)
        if well:
            last_well = time.monotonic()
        if state.status == "starting":
            if well:
                if not state.restarts:
                    touch(directory)
                again = True
                state = replace(state, status="ready")
                write(directory, state)
            elif time.monotonic() > deadline:
                return End(f"was not ready after {state.wait:g} s", again=again)
        elif idle_seconds(directory) > state.idle:
            return End(f"was idle for {state.idle:g} s", meant=True)
        elif time.monotonic() - last_well > state.patience:
            return End(f"did not answer for {state.patience:g} s", again=again)
        ready = state.status == "ready"
        pause = min(5.0, state.idle / 4, state.patience / 4) if ready else 0.2
        told = os.read(news, 64) if select.select([news], [], [], pause)[0] else b""
        if TOLD in told:
            return End("was told to end", meant=True)
        if ENDED in told:
            return End(f"ended {_how(server.wait())}", again=again)


def _told(news: int, seconds: float) -> bool:
    """Whether this process is told to end within so many seconds."""
    deadline = time.monotonic() + seconds
    while select.select([news], [], [], max(0.0, deadline - time.monotonic()))[0]:
        if TOLD in os.read(news, 64):
            return True
    return False


def _free_port(wanted: int) -> int:
    """Return `wanted` where nobody has it, else a port that the system chooses."""
    for port in (wanted, 0):
        with socket.socket() as probe, contextlib.suppress(OSError):
            # As servers do it, for connections that ended lately do not matter.
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind((HOST, port))
            found: int = probe.getsockname()[1]
            return found
    raise OSError(f"no port of {HOST} is free")


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
