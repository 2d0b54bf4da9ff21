"""The vLLM server that longread starts, shares between commands, and stops.

One engine a profile, on loopback, kept by a supervisor that outlives the command that started
it. This is the callers' side: nothing here installs an engine, and nothing here talks to it
beyond asking whether it is well.
"""

from __future__ import annotations

import os
import re
import secrets
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import AbstractContextManager, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal
from urllib.parse import quote, unquote

import psutil

from longread import config
from longread.config import Profile
from longread.engine import command, environment, models, supervisor
from longread.engine.supervisor import State
from longread.errors import ConfigError, EngineError
from longread.types import Progress

Report = Callable[[Progress], None]

WAIT = 300.0
"""Seconds a server may take until it is ready; `LONGREAD_ENGINE_WAIT` overrides it."""
IDLE = 1800.0
"""Seconds without use until an engine is stopped; `LONGREAD_ENGINE_IDLE` overrides it."""
STAGE = "start engine"
COLOUR = re.compile(r"\x1b\[[0-9;]*m")
NOTE = re.compile(r"^(?:\(\w+ pid=\d+\) )?INFO [\d-]+ [\d:]+ \[[^\]]*\] *(\w.*)")
"""What vLLM says of its own progress, among much that others print."""
WIDTH = 200
"""Characters of a log line that an error shows; vLLM prints its configuration in one."""
TAIL = 65_536
"""Bytes of the log's end that are looked at."""


@dataclass(frozen=True, slots=True)
class Running:
    """An engine that is ready to be asked."""

    profile: str
    url: str
    """Base address, up to and with /v1."""
    key: str = field(repr=False)
    model: str
    """Name to send to the server."""
    pid: int
    """Of the server."""
    started: float
    """Seconds since the epoch."""
    log: Path
    model_dir: Path


@dataclass(frozen=True, slots=True)
class Status:
    """How an engine is, whether it runs or did not end in order."""

    profile: str
    state: Literal["running", "starting", "dead"]
    url: str
    pid: int
    model: str
    idle: float
    """Seconds since it was last used; 0 while it is."""
    log: Path
    reason: str = ""
    """Why it is dead."""


def start(profile: Profile, progress: Report) -> Running:
    """Return the profile's engine, started if none is well; the embedded model is made if missing.

    Raises:
        EngineError: no engine is installed, or the server did not become ready.
    """
    directory = _directory(profile.name)
    plan = _plan(profile, progress)
    with environment.exclusive(directory / "lock", progress, STAGE):
        if not _usable(supervisor.read(directory), plan):
            _halt(directory)
            _launch(directory, plan)
    return _ready(directory, progress)


def ensure(profile: Profile, progress: Report) -> Running:
    """Return the profile's engine as `start` does, and count it as used now."""
    supervisor.touch(_directory(profile.name))
    return start(profile, progress)


def stop(profile_name: str | None = None) -> list[str]:
    """Stop one engine, or all; return the names of those that were running or starting."""
    stopped = []
    for directory in [_directory(profile_name)] if profile_name else _directories():
        with environment.exclusive(directory / "lock", lambda _: None, "stop engine"):
            if _halt(directory):
                stopped.append(unquote(directory.name))
    return stopped


def status() -> list[Status]:
    """Return how each engine is; those that were stopped in order are not mentioned."""
    found = []
    for directory in _directories():
        if state := supervisor.read(directory):
            found.append(_status(directory, state))
    return found


def log_tail(profile_name: str, lines: int = 20) -> str:
    """Return the last lines of an engine's log; empty where it has none."""
    return "\n".join(_log_lines(_directory(profile_name) / supervisor.LOG)[-lines:])


def busy(profile_name: str) -> AbstractContextManager[None]:
    """While open, the engine does not count as idle, however long it is at work."""
    return supervisor.busy(_directory(profile_name))


def model_dir(profile: Profile, progress: Report = lambda _: None) -> Path:
    """Return the directory with the model's `config.json` and `tokenizer.json`.

    Raises:
        EngineError: the embedded model is not there and cannot be made.
        ConfigError: the profile names no model directory.
    """
    if profile.model == "embedded":
        return models.embedded(progress)
    path = Path(profile.model).expanduser().absolute()
    if profile.model and (path / "config.json").is_file():
        return path
    raise ConfigError(
        f"profile {profile.name}: no model directory at {profile.model or '(no model named)'}",
        hint="model is 'embedded' or a directory that holds config.json",
    )


def _directory(profile_name: str) -> Path:
    return config.private(config.home() / "engines" / quote(profile_name, safe=""))


def _directories() -> list[Path]:
    engines = config.home() / "engines"
    return sorted(p for p in engines.iterdir() if p.is_dir()) if engines.is_dir() else []


def _plan(profile: Profile, progress: Report) -> State:
    """Return what would be run for `profile` now."""
    found = environment.require()
    model = model_dir(profile, progress)
    name = models.NAME if profile.model == "embedded" else model.name
    return State(
        profile=profile.name,
        command=command.arguments(found, model, name, profile),
        environment={},
        key=secrets.token_urlsafe(32),
        model=name,
        model_dir=str(model),
        wait=_seconds("LONGREAD_ENGINE_WAIT", WAIT),
        idle=_seconds("LONGREAD_ENGINE_IDLE", IDLE),
        started=time.time(),
    )


def _seconds(variable: str, default: float) -> float:
    value = os.environ.get(variable, "")
    try:
        return float(value) if value else default
    except ValueError:
        raise ConfigError(f"{variable}={value}", hint="a number of seconds is meant") from None


def _usable(state: State | None, plan: State) -> bool:
    """Whether what runs is what `plan` would run, and is well or still on its way."""
    if state is None or not state.alive or state.command != plan.command:
        return False
    return state.status == "starting" or (state.status == "ready" and _well(state))


def _well(state: State) -> bool:
    # A server at work may answer late, and is not to be taken for dead.
    for _ in range(3):
        answer = supervisor.healthy(state.port, 10)
        if answer is not None:
            return answer
    return False


def _launch(directory: Path, plan: State) -> None:
    """Start the supervisor, and return once it has said who it is."""
    log = directory / supervisor.LOG
    with suppress(FileNotFoundError):
        log.replace(directory / supervisor.OLDER_LOG)
    log.touch(mode=0o600)
    supervisor.touch(directory)
    supervisor.write(directory, replace(plan, environment=command.variables(plan.key)))
    with log.open("ab") as output:
        subprocess.run(
            [sys.executable, "-P", "-m", supervisor.__name__, str(directory)],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            cwd=directory,
            start_new_session=True,
        )
    deadline = time.monotonic() + 30
    while (state := supervisor.read(directory)) and not state.supervisor:
        if time.monotonic() > deadline:
            raise _failed(directory, "the engine's supervisor did not start")
        time.sleep(0.02)


def _ready(directory: Path, progress: Report) -> Running:
    """Wait until the engine is ready, and report its log meanwhile."""
    log = directory / supervisor.LOG
    shown = ""
    while state := supervisor.read(directory):
        if state.status == "ready":
            assert state.server is not None
            return Running(
                state.profile,
                _url(state),
                state.key,
                state.model,
                state.server.pid,
                state.started,
                log,
                Path(state.model_dir),
            )
        if state.status == "failed":
            raise _failed(directory, f"the engine's server {state.reason}")
        if not (state.supervisor and state.supervisor.alive):
            raise _failed(directory, "the engine's supervisor is gone")
        notes = [said[1][:100] for line in _log_lines(log) if (said := NOTE.match(line))]
        if notes and (note := notes[-1]) != shown:
            progress(Progress(STAGE, note=note))
            shown = note
        time.sleep(0.2)
    raise EngineError("the engine was stopped while it started", hint="ask again to start it")


def _failed(directory: Path, message: str) -> EngineError:
    lines = [line[:WIDTH] for line in _log_lines(directory / supervisor.LOG)[-12:]]
    return EngineError(
        "\n".join([message, *lines]), hint=f"the whole log is {directory / supervisor.LOG}"
    )


def _halt(directory: Path) -> bool:
    """End what runs there, in order where possible; return whether anything did."""
    state = supervisor.read(directory)
    if state is None:
        return False
    was_alive = state.alive
    if state.supervisor and state.supervisor.alive:
        with suppress(ProcessLookupError):
            os.kill(state.supervisor.pid, signal.SIGTERM)
        deadline = time.monotonic() + 2 * supervisor.GRACE
        while state.supervisor.alive:
            if time.monotonic() > deadline:
                os.kill(state.supervisor.pid, signal.SIGKILL)
            time.sleep(0.05)
    if state.server:
        _end_orphans(state.server)
    (directory / supervisor.STATE).unlink(missing_ok=True)
    return was_alive


def _end_orphans(server: supervisor.Process) -> None:
    """End what a supervisor that was killed left behind, but no later group of that number."""
    with suppress(psutil.NoSuchProcess):
        if not supervisor.Process.of(server.pid).is_same(server):
            return
    supervisor.end_group(server.pid, supervisor.GRACE)


def _status(directory: Path, state: State) -> Status:
    how: Literal["running", "starting", "dead"] = "dead"
    reason = state.reason or "its processes were killed"
    if state.alive and state.status == "starting":
        how, reason = "starting", ""
    elif state.alive and state.status == "ready":
        how, reason = ("running", "") if _well(state) else ("dead", "it does not answer")
    return Status(
        state.profile,
        how,
        _url(state),
        state.server.pid if state.server else 0,
        state.model,
        supervisor.idle_seconds(directory),
        directory / supervisor.LOG,
        reason,
    )


def _url(state: State) -> str:
    return f"http://{supervisor.HOST}:{state.port}/v1"


def _log_lines(log: Path) -> list[str]:
    """Return the lines at the log's end that say something."""
    try:
        with log.open("rb") as file:
            file.seek(max(0, log.stat().st_size - TAIL))
            text = file.read().decode(errors="replace")
    except FileNotFoundError:
        return []
    lines = (line.rstrip() for line in COLOUR.sub("", text).splitlines())
    return [line for line in lines if line]
