"""The vLLM server that longread starts, shares between commands, and stops.

One engine a profile, on loopback, kept by a supervisor that outlives the command that started
it. This is the callers' side: nothing here installs an engine, and nothing here talks to it
beyond asking whether it is well.
"""

from __future__ import annotations

import os
import secrets
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import AbstractContextManager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote, unquote

import psutil

from longread import config
from longread.config import Profile
from longread.engine import (
    command,
    environment,
    loading,
    models,
    offload,
    record,
    shape,
    supervisor,
)
from longread.engine.record import State
from longread.engine.status import Status, status_of
from longread.errors import ConfigError, EngineError
from longread.types import Progress

Report = Callable[[Progress], None]

WAIT = 300.0
"""Seconds a server may take until it is ready; `LONGREAD_ENGINE_WAIT` overrides it."""
LOADED = 200e6
"""Bytes of weights that are read in a second at least; a server may take so much longer."""
IDLE = 1800.0
"""Seconds without use until an engine is stopped; `LONGREAD_ENGINE_IDLE` overrides it."""
PATIENCE = 60.0
"""Seconds without an answer until an engine counts as hung; `LONGREAD_ENGINE_PATIENCE`."""
PAUSE = 1.0
"""Seconds before one that died is started again, then twice as many; `LONGREAD_ENGINE_PAUSE`."""
WIDTH = 200
"""Characters of a log line that an error shows; vLLM prints its configuration in one."""


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


def start(profile: Profile, progress: Report) -> Running:
    """Return the profile's engine, started if none is well; the embedded model is made if missing.

    Raises:
        EngineError: no engine is installed, or the server did not become ready.
    """
    directory = _directory(profile.name)
    wanted = _wanted(profile, progress)
    with environment.exclusive(directory / "lock", progress, loading.STAGE):
        if not _usable(record.read(directory), wanted.asked):
            _halt(directory)
            _launch(directory, wanted, profile)
    return _ready(directory, progress)


def ensure(profile: Profile, progress: Report) -> Running:
    """Return the profile's engine as `start` does, and count it as used now."""
    record.touch(_directory(profile.name))
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
        if state := record.read(directory):
            found.append(status_of(directory, state))
    return found


def log_tail(profile_name: str, lines: int = 20) -> str:
    """Return the last lines of an engine's log; empty where it has none."""
    return "\n".join(loading.lines(_directory(profile_name) / record.LOG)[-lines:])


def busy(profile_name: str) -> AbstractContextManager[None]:
    """While open, the engine does not count as idle, however long it is at work."""
    return record.busy(_directory(profile_name))


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


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is to be run, but for what depends on the machine at the moment."""

    found: environment.Environment
    model: Path
    name: str
    asked: tuple[str, ...]


def _wanted(profile: Profile, progress: Report) -> Wanted:
    found = environment.require()
    model = model_dir(profile, progress)
    name = models.NAME if profile.model == "embedded" else model.name
    return Wanted(found, model, name, command.asked(found, model, name, profile))


def _seconds(variable: str, default: float) -> float:
    value = os.environ.get(variable, "")
    try:
        return float(value) if value else default
    except ValueError:
        raise ConfigError(f"{variable}={value}", hint="a number of seconds is meant") from None


def _usable(state: State | None, asked: tuple[str, ...]) -> bool:
    """Whether what runs is what is asked for, and is well or still on its way."""
    if state is None or not state.alive or state.asked != asked:
        return False
    return state.status == "starting" or (state.status == "ready" and _well(state))


def _well(state: State) -> bool:
    # A server at work may answer late, and is not to be taken for dead.
    for _ in range(3):
        answer = record.healthy(state.port, 10)
        if answer is not None:
            return answer
    return False


def _launch(directory: Path, wanted: Wanted, profile: Profile) -> None:
    """Start the supervisor, and return once it has said who it is."""
    words, chosen = command.arguments(wanted.found, wanted.model, wanted.name, profile)
    offload.prune(profile)
    wait = WAIT + shape.read(wanted.model).weights / LOADED
    key = secrets.token_urlsafe(32)
    variables = command.variables(key)
    state = State(
        profile=profile.name,
        asked=wanted.asked,
        command=words,
        environment=variables,
        key=key,
        model=wanted.name,
        model_dir=str(wanted.model),
        wait=_seconds("LONGREAD_ENGINE_WAIT", wait),
        idle=_seconds("LONGREAD_ENGINE_IDLE", IDLE),
        patience=_seconds("LONGREAD_ENGINE_PATIENCE", PATIENCE),
        pause=_seconds("LONGREAD_ENGINE_PAUSE", PAUSE),
        started=time.time(),
    )
    log = directory / record.LOG
    with suppress(FileNotFoundError):
        log.replace(directory / record.OLDER_LOG)
    log.touch(mode=0o600)
    log.write_text(command.reasons(chosen, variables, key))
    record.touch(directory)
    record.write(directory, state)
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
    while (said := record.read(directory)) and not said.supervisor:
        if time.monotonic() > deadline:
            raise _failed(directory, "the engine's supervisor did not start")
        time.sleep(0.02)


def _ready(directory: Path, progress: Report) -> Running:
    """Wait until the engine is ready, and report its log meanwhile."""
    log = directory / record.LOG
    shown = None
    while state := record.read(directory):
        if state.status == "ready":
            assert state.server is not None
            return Running(
                state.profile,
                state.url,
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
        if (reached := loading.progress(loading.lines(log))) != shown:
            progress(reached)
            shown = reached
        time.sleep(0.2)
    raise EngineError("the engine was stopped while it started", hint="ask again to start it")


def _failed(directory: Path, message: str) -> EngineError:
    log = directory / record.LOG
    said = loading.lines(log)
    last = [line[:WIDTH] for line in said[-12:]]
    helps = loading.advice(said)
    return EngineError(
        "\n".join([message, *last]),
        hint=f"{helps}; the whole log is {log}" if helps else f"the whole log is {log}",
    )


def _halt(directory: Path) -> bool:
    """End what runs there, in order where possible; return whether anything did."""
    state = record.read(directory)
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
    (directory / record.STATE).unlink(missing_ok=True)
    return was_alive


def _end_orphans(server: record.Process) -> None:
    """End what a supervisor that was killed left behind, but no later group of that number."""
    with suppress(psutil.NoSuchProcess):
        if not record.Process.of(server.pid).is_same(server):
            return
    supervisor.end_group(server.pid, supervisor.GRACE)
