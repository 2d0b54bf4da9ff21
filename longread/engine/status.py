"""How an engine is: whether it runs, how busy it is, how quick. It starts and ends nothing."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from longread.engine import loading, metrics, record
from longread.engine.record import State


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
    restarts: int = 0
    """How often its server died and was started again."""
    phase: str = ""
    """What it is at while it starts."""
    load: metrics.Load | None = None
    """What it does and how quick it is, where it runs and says so."""


def status_of(directory: Path, state: State) -> Status:
    """Return how the engine is whose state was read from `directory`."""
    log = directory / record.LOG
    how: Literal["running", "starting", "dead"] = "dead"
    reason = state.reason or "its processes were killed"
    phase, load = "", None
    if state.alive and state.status == "starting":
        how, reason = "starting", ""
        phase = loading.progress(loading.lines(log)).note
    elif state.alive and state.status == "ready":
        if record.healthy(state.port, 10):
            how, reason = "running", ""
            load = metrics.ask(state.port)
        else:
            reason = "it does not answer"
    return Status(
        profile=state.profile,
        state=how,
        url=state.url,
        pid=state.server.pid if state.server else 0,
        model=state.model,
        idle=record.idle_seconds(directory),
        log=log,
        reason=reason,
        restarts=state.restarts,
        phase=phase,
        load=load,
    )
