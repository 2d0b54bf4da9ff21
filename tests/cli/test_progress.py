"""Progress says what is done, how far it is, and how fast it goes."""

from __future__ import annotations

import pytest

from longread.cli import progress as module
from longread.cli.progress import Meter
from longread.types import Progress


def test_elsewhere_than_at_a_terminal_each_stage_is_one_line(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with Meter() as meter:
        meter.tell(Progress("read", 0, 10))
        meter.tell(Progress("read", 5, 10))
        meter.tell(Progress("count", 1, 4))
    assert capsys.readouterr().err == "reading 0/10 …\ncounting tokens 1/4 …\n"


def test_at_a_terminal_the_rate_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    clock, shown = [100.0], []
    monkeypatch.setattr(module.time, "monotonic", lambda: clock[0])
    meter = Meter()
    meter._live = True
    monkeypatch.setattr(meter, "_show", shown.append)
    meter.tell(Progress("read", 0, 7_000))
    clock[0] = 102.0
    meter.tell(Progress("read", 3_000, 7_000))
    meter.tell(Progress("count", 50, 90))
    assert shown == ["reading 0/7,000", "reading 3,000/7,000 · 1,500/s", "counting tokens 50/90"]
