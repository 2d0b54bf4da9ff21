"""How the program speaks with a terminal that may be closed, or go on after a stop.

Textual's driver, but for two things: it begins only once however often it is told to go on (a
terminal that closes, and tmux at any time, say so to programs that never stopped), and a terminal
that is gone swallows what is written, where the thread that writes would die and the one that
hands it the frames would wait for ever.
"""

from __future__ import annotations

from contextlib import suppress
from typing import Any, TextIO, cast

from textual.app import App
from textual.drivers.linux_driver import LinuxDriver


class TerminalDriver(LinuxDriver):
    """Draws on a terminal."""

    def __init__(
        self,
        app: App[object],
        *,
        debug: bool = False,
        mouse: bool = True,
        size: tuple[int, int] | None = None,
    ) -> None:
        super().__init__(app, debug=debug, mouse=mouse, size=size)
        self._file: Any = Lasting(cast(TextIO, self._file))

    def _sigcont_application(self, *_: object) -> None:
        """Draw again, but only where drawing was stopped."""
        if not (self._writer_thread and self._writer_thread.is_alive()):
            super()._sigcont_application()


class Lasting:
    """A file that takes what is written also when nobody reads it any more."""

    def __init__(self, file: TextIO) -> None:
        self._file = file

    def write(self, text: str) -> int:
        """Write, if there is still something to write to."""
        with suppress(OSError):
            self._file.write(text)
        return len(text)

    def flush(self) -> None:
        """Let go of what is held back, if there is still somebody to take it."""
        with suppress(OSError):
            self._file.flush()

    def fileno(self) -> int:
        """Return the number of the file."""
        return self._file.fileno()

    def isatty(self) -> bool:
        """Whether it is a terminal."""
        return self._file.isatty()
