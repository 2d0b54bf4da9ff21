"""How a tab's program speaks with the server that started it; never imported by the server.

Textual's driver for browsers, which besides ends the program when the server is gone.
"""

from __future__ import annotations

import os
from functools import partial

from textual import messages
from textual.app import App
from textual.drivers.web_driver import WebDriver


class TabDriver(WebDriver):
    """Frames on standard output, input on standard input, and the end when that ends."""

    def __init__(
        self,
        app: App[object],
        *,
        debug: bool = False,
        mouse: bool = True,
        size: tuple[int, int] | None = None,
    ) -> None:
        super().__init__(app, debug=debug, mouse=mouse, size=size)
        # What any other part or program prints would be taken for frames: it goes to stderr.
        self._frames = os.dup(self.fileno)
        os.dup2(2, self.fileno)
        self._write = partial(self._put)

    def run_input_thread(self) -> None:
        """Dispatch input until there is no more."""
        super().run_input_thread()
        if not self.exit_event.is_set():
            self._app.post_message(messages.ExitApp())

    def _put(self, data: bytes) -> int:
        """Write all of it; a server that is gone is no reason not to end in order."""
        rest = memoryview(data)
        try:
            while rest:
                rest = rest[os.write(self._frames, rest) :]
        except BrokenPipeError:
            self._app.post_message(messages.ExitApp())
        return len(data)
