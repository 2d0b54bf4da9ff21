"""One tab of a browser: a program of its own, and its socket.

Nothing here goes through a shell, and nothing that the program writes reaches the server's
terminal before it is made visible.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
from asyncio.subprocess import PIPE
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from aiohttp import web
from textual_serve._binary_encode import DecodeError
from textual_serve.app_service import AppService
from textual_serve.download_manager import DownloadManager

from longread.export.visible import line

DRIVER = "longread.tui.driver:TabDriver"
BEGIN = b"__GANGLION__\n"
"""What Textual's driver writes before the first frame."""
SIDES = range(1, 1001)
"""Columns or rows that a browser may ask for; Textual keeps a cell for each."""
ESCAPE = {"\x1b": "\x1b[27u"}
"""The key escape, sent so that it does not change the key after it into alt and that key."""
KEPT = 64_000
"""Bytes of a program's last words that are kept."""
PATIENCE = 4.0
"""Seconds that a program has to end before the next, less polite request."""
REASON = 120
"""Bytes of a reason that fit into a closing frame (RFC 6455, 5.5: 125 with the code)."""


class Tab(AppService):
    """A program that runs as long as its socket is open."""

    def __init__(
        self,
        words: Sequence[str],
        socket: web.WebSocketResponse,
        downloads: DownloadManager,
        withheld: Sequence[str] = (),
    ) -> None:
        super().__init__(
            words[0],
            write_bytes=socket.send_bytes,
            write_str=socket.send_str,
            close=self._ignore,
            download_manager=downloads,
        )
        self._words = words
        self._withheld = withheld
        self._heard = True
        self.last_words = b""

    async def _ignore(self) -> None:
        """The socket closes when the program has ended, not when it says that it will."""

    @property
    def code(self) -> int | None:
        """The exit code, once it has ended."""
        return self._process.returncode if self._process else None

    @property
    def reason(self) -> str:
        """Why it ended, for its reader; empty when it ended as it was asked to."""
        if not self.code or not self._heard:
            return ""
        first = self.last_words.decode("utf-8", "replace").strip().partition("\n")[0]
        if first.startswith("error: "):
            return short(line(first))
        return "The program failed; the terminal that runs longread web says how."

    def _build_environment(self, width: int = 80, height: int = 24) -> dict[str, str]:
        kept = super()._build_environment(width, height)
        for name in self._withheld:
            kept.pop(name, None)
        return kept | {"TEXTUAL_DRIVER": DRIVER}

    async def _open_app_process(
        self, width: int = 80, height: int = 24
    ) -> asyncio.subprocess.Process:
        # A session of its own: ctrl+c in the terminal is the server's, which ends its tabs.
        self._process = process = await asyncio.create_subprocess_exec(
            *self._words,
            stdin=PIPE,
            stdout=PIPE,
            stderr=PIPE,
            env=self._build_environment(width, height),
            start_new_session=True,
        )
        self._stdin = process.stdin
        return process

    async def take(self, message: str) -> None:
        """Hand on what the browser sent.

        Raises:
            ValueError: it is not one of the messages that there are.
        """
        try:
            found = json.loads(message)
        except RecursionError as error:
            raise ValueError(message[:80]) from error
        match found:
            case ["stdin", str(keys)]:
                await self.send_bytes((ESCAPE.get(keys) or keys).encode("utf-8", "replace"))
            case ["resize", {"width": int(width), "height": int(height)}]:
                await self.set_terminal_size(side(width), side(height))
            case ["ping", str(said)]:
                await self.remote_write_str(json.dumps(["pong", said[:40]]))
            case ["blur"]:
                await self.blur()
            case ["focus"]:
                await self.focus()
            case _:
                raise ValueError(message[:80])

    async def wait(self) -> None:
        """Return when the program has ended."""
        if self._task is not None:
            await asyncio.wait({self._task})

    async def stop(self) -> None:
        """End the program: it is asked, then told, then killed with what it started."""
        if self._task is None or self._process is None:
            return
        self._heard = False
        await self._download_manager.cancel_app_downloads(self.app_service_id)
        process, task = self._process, self._task
        for end in (self._ask_to_end, process.terminate, self._kill):
            if process.returncode is None:
                with suppress(ProcessLookupError):
                    end()
            if (await asyncio.wait({task}, timeout=PATIENCE))[0]:
                break

    def _ask_to_end(self) -> None:
        """Ask by the end of its input, which waits for no room in a pipe."""
        self.stdin.write(self.encode_packet(b"M", b'{"type": "quit"}'))
        self.stdin.close()

    def _kill(self) -> None:
        assert self._process is not None
        os.killpg(self._process.pid, signal.SIGKILL)

    async def run(self) -> None:
        """Pass on what the program writes until it ends."""
        process = self._process
        assert process is not None
        assert process.stdout is not None
        words = asyncio.create_task(self._listen(process))
        try:
            await self._frames(process.stdout)
            await process.wait()
        finally:
            # Something that the program started may still hold the other end.
            await asyncio.wait({words}, timeout=1)
            words.cancel()

    async def _listen(self, process: asyncio.subprocess.Process) -> None:
        assert process.stderr is not None
        while data := await process.stderr.read(4096):
            self.last_words = (self.last_words + data)[-KEPT:]

    async def _frames(self, out: asyncio.StreamReader) -> None:
        while (said := await out.readline()) != BEGIN:
            if not said:
                return
        with suppress(asyncio.IncompleteReadError):
            while True:
                kind = await out.readexactly(1)
                data = await out.readexactly(int.from_bytes(await out.readexactly(4), "big"))
                # After the socket is gone the pipe is still emptied, so that the program,
                # which may wait for room in it, comes to its end.
                if self._heard:
                    await self._pass_on(kind, data)

    async def _pass_on(self, kind: bytes, data: bytes) -> None:
        try:
            match kind:
                case b"D":
                    await self.on_data(data)
                case b"M":
                    await self.on_meta(data)
                case b"P":
                    with suppress(DecodeError):
                        await self.on_packed(data)
        except ConnectionError:
            self._heard = False

    async def on_meta(self, data: bytes) -> None:
        """Pass on what the program asks of the browser, if it is one of two harmless things."""
        found: dict[str, Any] = json.loads(data)
        match found:
            case {"type": "open_url", "url": str(url)} if not url.startswith(
                ("http://", "https://")
            ):
                return
            case {"type": "deliver_file_start", "key": key}:
                await self._download_manager.create_download(
                    app_service=self,
                    delivery_key=str(key),
                    file_name=Path(found["path"]).name,
                    open_method="download",
                    mime_type="application/octet-stream",
                    encoding=found["encoding"],
                    name=found.get("name"),
                )
                # Relative: under a proxy's path textual.js would look in the wrong place.
                place = {"url": f"download/{key}", "new_tab": True}
                await self.remote_write_str(json.dumps(["open_url", place]))
            case {"type": "open_url" | "exit"}:
                await super().on_meta(data)


def side(number: int) -> int:
    """Return a number of columns or rows that can be drawn."""
    return min(max(number, SIDES[0]), SIDES[-1])


def short(text: str) -> str:
    """Return what of a text fits into a closing frame."""
    return text.encode()[:REASON].decode("utf-8", "ignore")
