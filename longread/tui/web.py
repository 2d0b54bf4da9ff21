"""The terminal interface's screens in a browser: each tab a program of its own.

Serves one page, what that page needs, and a socket for each tab; asks nothing of any other
host. What `textual_serve` brings is its script for the browser and the protocol of its tabs.
"""

from __future__ import annotations

import asyncio
import errno
import ipaddress
import os
import signal
import socket
import sys
import webbrowser
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import NoReturn
from urllib.parse import quote, urlencode, urlsplit

import textual_serve
from aiohttp import WSCloseCode, WSMsgType, web
from aiohttp.typedefs import Handler
from textual_serve.download_manager import DownloadManager

from longread.errors import ConfigError
from longread.export.visible import visible
from longread.tui.door import Door, checked_public, checked_token, same
from longread.tui.tab import Tab, side

TABS = 8
"""Tabs at once: each is a program, with its memory."""
TURN = 3.0
"""Seconds that a tab waits for another to end: one that is loaded anew is both for a moment."""
PARTING = 2.0
"""Seconds that a browser has to answer that its socket is closed: ctrl+c waits for it."""
LONGEST = 1 << 20
"""Bytes of a message from a browser: a paste, at most."""
PORT = 8000
TRIED = 100
"""Ports that are tried from there on."""
PAGE = Path(__file__).parent / "page"
STATIC = Path(textual_serve.__file__).parent / "static"
# The two style sheets that textual.js makes: an empty one, and a few rules of page.css.
STYLES = (
    "'sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=' "
    "'sha256-03EiY9OLVCaCQVNKUgCYxdI11BJ8pKsqSKUlTlszVsE='"
)
POLICY = (
    f"default-src 'none'; script-src 'self'; style-src 'self' {STYLES}; font-src 'self'; "
    "img-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'"
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}
FULL = f"{TABS} tabs are open, and each is a program of its own. Close one, then begin again."
STOPPED = "longread web was stopped."


class Site:
    """What is served, and the tabs that are open."""

    def __init__(self, words: Sequence[str], door: Door, withheld: Sequence[str] = ()) -> None:
        self._words = words
        self._door = door
        self._withheld = withheld
        self._downloads = DownloadManager()
        self._room = asyncio.Semaphore(TABS)
        self._open: set[web.WebSocketResponse] = set()
        self._once = ""
        self._stopped = False

    def app(self) -> web.Application:
        """Return the application, closed to everyone without token or cookie."""
        app = web.Application(middlewares=[self._admit])
        app.add_routes(
            [
                web.get("/", self._page),
                web.get("/ws", self._socket),
                web.get("/download/{key}", self._download),
                web.static("/page", PAGE),
                web.static("/static", STATIC),
            ]
        )
        app.on_response_prepare.append(_secure)
        app.on_shutdown.append(self._shut)
        return app

    def once(self) -> str:
        """Return a token that opens once: what starts a browser is seen by others here."""
        self._once = checked_token(None)
        return self._once

    @web.middleware
    async def _admit(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        door = self._door
        hosts = request.headers.getall("Host", [])
        if len(hosts) != 1 or not door.knows(hosts[0]):
            _refuse("longread is not served under this name; see --public-url.")
        if request.path == "/" and "token" in request.query:
            return self._let_in(request, hosts[0])
        if not door.has_cookie(request.cookies.get(door.cookie, "")):
            _refuse("Open the address that longread web printed, with its token; or reload.")
        if request.path == "/ws":
            origins = request.headers.getall("Origin", [])
            if len(origins) != 1 or not door.trusts(origins[0], hosts[0]):
                _refuse("Only longread's own page may open this.")
        return await handler(request)

    def _let_in(self, request: web.Request, host: str) -> web.Response:
        door = self._door
        given = request.query.getall("token")
        if len(given) == 1 and self._once and same(given[0], self._once):
            self._once = ""
        elif len(given) != 1 or not door.has_token(given[0]):
            _refuse("The token is not the one that longread web printed.")
        rest = urlencode([pair for pair in request.query.items() if pair[0] != "token"])
        public = urlsplit(door.public) if door.is_public(host) else urlsplit("http://-/")
        found = web.HTTPSeeOther("./" + (f"?{rest}" if rest else ""))
        found.set_cookie(
            door.cookie,
            door.secret,
            path=public.path,
            secure=public.scheme == "https",
            httponly=True,
            samesite="Strict",
        )
        raise found

    async def _page(self, request: web.Request) -> web.FileResponse:
        return web.FileResponse(PAGE / "index.html")

    async def _socket(self, request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse(timeout=PARTING, heartbeat=15, max_msg_size=LONGEST)
        await socket.prepare(request)
        try:
            await asyncio.wait_for(self._room.acquire(), TURN)
        except TimeoutError:
            await socket.close(code=WSCloseCode.TRY_AGAIN_LATER, message=FULL.encode())
            return socket
        self._open.add(socket)
        try:
            if not self._stopped:
                await self._show(request, socket)
        finally:
            self._open.discard(socket)
            self._room.release()
        return socket

    async def _show(self, request: web.Request, socket: web.WebSocketResponse) -> None:
        tab = Tab(self._words, socket, self._downloads, self._withheld)
        await tab.start(_asked(request, "width", 80), _asked(request, "height", 24))
        closing = asyncio.create_task(_close_after(tab, socket))
        try:
            async for message in socket:
                if message.type is WSMsgType.TEXT:
                    await tab.take(message.data)
        except (ValueError, ConnectionError):
            await socket.close(code=WSCloseCode.POLICY_VIOLATION)
        finally:
            await tab.stop()
            await closing

    async def _download(self, request: web.Request) -> web.StreamResponse:
        key = request.match_info["key"]
        try:
            found = await self._downloads.get_download_metadata(key)
        except KeyError:
            raise web.HTTPNotFound(text="There is no such file any more.") from None
        # Never shown in the browser: a page among them would be one of this site's.
        response = web.StreamResponse(
            headers={
                "Content-Type": "application/octet-stream",
                "Content-Disposition": f"attachment; filename*=UTF-8''{quote(found.file_name)}",
            }
        )
        await response.prepare(request)
        async for chunk in self._downloads.download(key):
            await response.write(chunk)
        await response.write_eof()
        return response

    async def _shut(self, app: web.Application) -> None:
        self._stopped = True
        for tab in [*self._open]:
            with suppress(ConnectionError):
                await tab.close(code=WSCloseCode.GOING_AWAY, message=STOPPED.encode())


async def _close_after(tab: Tab, socket: web.WebSocketResponse) -> None:
    """Close the socket once the program has ended, saying why."""
    await tab.wait()
    reason = tab.reason
    if tab.code and tab.last_words:
        print(visible(tab.last_words.decode("utf-8", "replace")), file=sys.stderr, flush=True)
    with suppress(ConnectionError):
        await socket.close(message=reason.encode())


async def _secure(request: web.Request, response: web.StreamResponse) -> None:
    response.headers.update(HEADERS)


def _refuse(why: str) -> NoReturn:
    raise web.HTTPForbidden(text=why + "\n")


def _asked(request: web.Request, name: str, usual: int) -> int:
    given = request.query.get(name, "")
    return side(int(given)) if given.isascii() and given.isdigit() and len(given) < 9 else usual


def listen(host: str, port: int | None, *, guarded: bool) -> socket.socket:
    """Return a socket that listens, on the first free port if none is asked for.

    Raises:
        ConfigError: it cannot be had, or others could reach it and no token was chosen.
    """
    try:
        found = socket.getaddrinfo(host or "-", port or 0, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise ConfigError(
            f"{host!r} is no address of this machine", hint="such as 127.0.0.1"
        ) from error
    found.sort(key=lambda one: one[0] != socket.AF_INET)
    local = all(ipaddress.ip_address(str(one[4][0])).is_loopback for one in found)
    if not local and not guarded:
        raise ConfigError(
            f"{host} can be reached from other machines, and no --token was given",
            hint="give --token with 16 characters or more, or leave --host out",
        )
    family, address = found[0][0], str(found[0][4][0])
    for number in range(PORT, PORT + TRIED) if port is None else (port,):
        try:
            return socket.create_server((address, number), family=family)
        except OSError as error:
            if error.errno != errno.EADDRINUSE or port is not None:
                raise ConfigError(
                    f"{host} port {number} cannot be had: {error.strerror}",
                    hint="choose another --port, or leave it out",
                ) from error
    raise ConfigError(
        f"no port from {PORT} to {PORT + TRIED - 1} is free", hint="choose one with --port"
    )


def serve(
    words: Sequence[str],
    *,
    host: str = "127.0.0.1",
    port: int | None = None,
    token: str | None = None,
    public_url: str = "",
    withheld: Sequence[str] = (),
    open_browser: bool = False,
    tell: Callable[[str, int], None],
) -> None:
    """Serve a program's screens until ctrl+c or SIGTERM.

    Args:
        words: the program's argument list, started once for each tab.
        host: the address to bind to.
        port: the port; None takes 8000 or the next that is free.
        token: what opens the door; None makes one.
        public_url: the address under which a proxy shows it.
        withheld: names of environment variables that the program does not get.
        open_browser: whether to open the system's browser.
        tell: is called with the address, token included, and the port, once it is served.

    Raises:
        ConfigError: it cannot be bound there, or must not be.
    """
    secret, public = checked_token(token), checked_public(public_url)
    listening = listen(host, port, guarded=token is not None)
    address, number = listening.getsockname()[:2]
    door = Door(address, number, secret, name=host, public=public)
    with listening:
        asyncio.run(_serve(Site(words, door, withheld), door, listening, open_browser, tell))


async def _serve(
    site: Site,
    door: Door,
    listening: socket.socket,
    open_browser: bool,
    tell: Callable[[str, int], None],
) -> None:
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for sign in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        loop.add_signal_handler(sign, stopped.set)
    runner = web.AppRunner(site.app(), access_log=None)
    await runner.setup()
    try:
        await web.SockSite(runner, listening).start()
        tell(f"{door.url}?token={quote(door.token, safe='')}", door.port)
        if open_browser:
            await _open(f"{door.url}?token={site.once()}")
        await stopped.wait()
    finally:
        await runner.cleanup()


async def _open(url: str) -> None:
    seen = sys.platform in ("darwin", "win32") or any(
        os.environ.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY", "BROWSER")
    )
    # A browser that runs in the terminal would take it from the server.
    if not (seen and await asyncio.to_thread(webbrowser.open, url)):
        print("no browser was found to open; open the address yourself", file=sys.stderr)
