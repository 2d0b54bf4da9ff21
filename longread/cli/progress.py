"""Progress on standard error: one moving line at a terminal, plain lines elsewhere."""

from __future__ import annotations

import sys
import time
from types import TracebackType
from typing import TYPE_CHECKING

import click

from longread.export.stages import SAID, stage
from longread.export.visible import line
from longread.types import Progress

if TYPE_CHECKING:
    from rich.status import Status


SOON = 0.5
"""Seconds after which a rate says something."""


class Meter:
    """Shows how far long work is."""

    def __init__(self, *, quiet: bool = False) -> None:
        self._quiet = quiet
        self._live = sys.stderr.isatty() and not quiet
        self._status: Status | None = None
        self._stage = ""
        self._began = 0.0
        self._first = 0

    def __enter__(self) -> Meter:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.clear()

    def tell(self, progress: Progress) -> None:
        """Show one step."""
        if self._quiet:
            return
        if progress.stage in SAID:
            self.clear()
            click.echo(line(progress.note), err=True)
            return
        now = time.monotonic()
        if progress.stage != self._stage:
            self._began, self._first = now, progress.done
        words = stage(progress)
        if self._live:
            self._show(words + self._rate(progress, now))
        elif progress.stage != self._stage or progress.stage == "wait":
            click.echo(f"{words} …", err=True)
        self._stage = progress.stage

    def _rate(self, progress: Progress, now: float) -> str:
        """Return how many are done in a second, once that can be told."""
        took, done = now - self._began, progress.done - self._first
        return f" · {done / took:,.0f}/s" if progress.total and took > SOON and done else ""

    def clear(self) -> None:
        """Take the moving line away, so that something else can be printed."""
        if self._status:
            self._status.stop()
            self._status = None

    def _show(self, words: str) -> None:
        from rich.console import Console
        from rich.text import Text

        text = Text(words, overflow="ellipsis", no_wrap=True)
        if self._status is None:
            self._status = Console(stderr=True).status(text)
            self._status.start()
        else:
            self._status.update(text)
