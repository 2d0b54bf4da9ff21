"""The server of `longread web`: who is let in, and that no tab outlives its socket."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psutil
import pytest
from aiohttp import (
    ClientSession,
    ClientWebSocketResponse,
    CookieJar,
    WSCloseCode,
    WSMsgType,
    WSServerHandshakeError,
)

from longread.cli.tui import tui
from longread.cli.web import arguments

TOKEN = "a-token-of-some-length"
TINY = """
from textual.app import App
from textual.widgets import Label

class Tiny(App):
    def compose(self):
        yield Label("tiny is here")

Tiny().run()
"""
GIVING = """
import io
from textual.app import App

class Giving(App):
    def on_mount(self):
        self.set_timer(0.1, self.give)
    def give(self):
        self.deliver_text(
            io.StringIO("<script>alert(1)</script>"), save_filename='é";x=.html',
            open_method="browser", mime_type="text/html",
        )
        self.open_url("javascript:alert(1)")
        self.open_url("https://example.org/")
        print("what is printed is no frame")

Giving().run()
"""
# Speaks as Textual's driver does, in a tenth of the time.
PLAIN = r"""
import os, sys
os.write(1, b"__GANGLION__\nD\0\0\0\5plain")
while os.read(0, 1024):
    pass
"""
STUBBORN = PLAIN.replace("import os, sys", "import os, signal, subprocess, sys\n"
    "signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
    "subprocess.Popen(['sleep', '600'])") + "while True: signal.pause()\n"  # fmt: skip
FAILING = r"""
import os, sys
os.write(1, b"__GANGLION__\nD\0\0\0\5plain")
sys.exit("error: the store \x1b[31mis not one")
"""
SERVE = """
import sys
from longread.tui import tab, web
tab.PATIENCE, web.TURN = 3.0 if "tiny" in sys.argv[3] else 0.3, 0.2
web.serve(
    sys.argv[2:], port=0, token=sys.argv[1], public_url="https://example.org/longread",
    tell=lambda url, port: print(f"http://127.0.0.1:{port}/", flush=True),
)
"""
PATIENCE = 15.0

Serve = Callable[[str, str], "Served"]


class Served:
    """A server in a process of its own."""

    def __init__(self, *words: str, **environment: str) -> None:
        self.process = subprocess.Popen(
            words,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=os.environ | environment,
        )
        assert self.process.stdout is not None
        self.said = self.process.stdout.readline().strip()

    @property
    def url(self) -> str:
        return next(word.rstrip(";") for word in self.said.split() if word.startswith("http"))

    @property
    def netloc(self) -> str:
        return urlsplit(self.url).netloc

    def tabs(self) -> list[psutil.Process]:
        return psutil.Process(self.process.pid).children(recursive=True)

    def stop(self, sign: signal.Signals = signal.SIGTERM) -> tuple[int, str]:
        self.process.send_signal(sign)
        _, errors = self.process.communicate(timeout=PATIENCE)
        return self.process.returncode, errors


@pytest.fixture(scope="module")
def serve(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Serve]:
    """Return a function that serves a script, named so."""
    started = []

    def start(name: str, script: str) -> Served:
        path = tmp_path_factory.mktemp("served") / f"a {name}'s $(script).py"
        path.write_text(script, encoding="utf-8")
        served = Served(sys.executable, "-c", SERVE, TOKEN, sys.executable, str(path))
        started.append(served.process)
        return served

    yield start
    for process in started:
        process.kill()
        process.communicate()


@pytest.fixture(scope="module")
def plain(serve: Serve) -> Served:
    return serve("plain", PLAIN)


@asynccontextmanager
async def browser(served: Served, *, let_in: bool = True) -> AsyncIterator[ClientSession]:
    """Something that has opened the page, as a browser would have."""
    jar = CookieJar(unsafe=True)
    async with ClientSession(base_url=f"http://{served.netloc}", cookie_jar=jar) as session:
        if let_in:
            async with session.get("/", params={"token": TOKEN}) as response:
                assert response.status == 200
        yield session


def tab(session: ClientSession, served: Served, **headers: str) -> Any:
    given = {"Origin": f"http://{served.netloc}"} | headers
    return session.ws_connect("/ws", headers={k: v for k, v in given.items() if v})


async def seen(socket: ClientWebSocketResponse, wanted: bytes) -> None:
    """Wait until the program has drawn something."""
    got = b""
    async with asyncio.timeout(PATIENCE):
        while wanted not in got:
            message = await socket.receive()
            assert message.type is WSMsgType.BINARY, message
            got += message.data


async def farewell(socket: ClientWebSocketResponse) -> tuple[int, str]:
    """Read until the socket is closed, and return with what words."""
    while (message := await socket.receive()).type is WSMsgType.BINARY:
        pass
    return message.data, message.extra


async def gone(processes: list[psutil.Process]) -> None:
    """Wait until they have all ended."""
    end = time.monotonic() + PATIENCE
    while any(one.is_running() and one.status() != psutil.STATUS_ZOMBIE for one in processes):
        assert time.monotonic() < end, "a process stayed"
        await asyncio.sleep(0.05)


# Who is let in


@pytest.mark.parametrize("path", ["/", "/ws", "/download/x", "/page/after.js", "/static/", "/no"])
async def test_without_token_or_cookie_nothing_is_served(plain: Served, path: str) -> None:
    async with browser(plain, let_in=False) as session:
        for cookies in ({}, {f"longread-{urlsplit(plain.url).port}": TOKEN}):
            async with session.get(path, cookies=cookies) as response:
                assert response.status == 403
                assert (await response.text()).count("\n") == 1


@pytest.mark.parametrize("token", ["", "wrong", TOKEN + "x", TOKEN[:-1], "\ud83d é"])
async def test_a_wrong_token_is_refused(plain: Served, token: str) -> None:
    async with browser(plain, let_in=False) as session:
        async with session.get("/", params={"token": token.replace("\ud83d", "?")}) as response:
            assert response.status == 403
            assert "Set-Cookie" not in response.headers
        async with session.get("/", params=[("token", TOKEN), ("token", token)]) as response:
            assert response.status == 403


async def test_the_token_becomes_a_cookie_and_leaves_the_address(plain: Served) -> None:
    async with browser(plain, let_in=False) as session:
        asked = {"token": TOKEN, "fontsize": "20"}
        async with session.get("/", params=asked, allow_redirects=False) as response:
            assert response.status == 303
            assert response.headers["Location"] == "./?fontsize=20"
            cookie = response.headers["Set-Cookie"]
            assert "HttpOnly" in cookie
            assert "SameSite=Strict" in cookie
            assert "Path=/" in cookie
            assert TOKEN not in cookie
        async with session.get("/") as response:
            assert response.status == 200
            assert "textual.js" in await response.text()


async def test_under_the_public_address_the_cookie_is_secure_and_kept_to_its_path(
    plain: Served,
) -> None:
    async with browser(plain, let_in=False) as session:
        headers = {"Host": "example.org"}
        asked = session.get("/", params={"token": TOKEN}, headers=headers, allow_redirects=False)
        async with asked as response:
            assert response.status == 303
            assert "Path=/longread/" in response.headers["Set-Cookie"]
            assert "Secure" in response.headers["Set-Cookie"]


async def test_every_answer_forbids_what_the_page_does_not_need(plain: Served) -> None:
    async with browser(plain) as session:
        for path, status in (("/", 200), ("/page/after.js", 200), ("/no", 404)):
            async with session.get(path) as response:
                assert response.status == status
                headers = response.headers
                assert "default-src 'none'" in headers["Content-Security-Policy"]
                assert "frame-ancestors 'none'" in headers["Content-Security-Policy"]
                assert "unsafe" not in headers["Content-Security-Policy"]
                assert headers["Referrer-Policy"] == "no-referrer"
                assert headers["X-Content-Type-Options"] == "nosniff"
                assert headers["Cache-Control"] == "no-store"


async def test_a_folder_of_the_package_is_not_listed(plain: Served) -> None:
    async with browser(plain) as session:
        for path in ("/static/", "/static/js", "/page/", "/page/..%2fweb.py"):
            async with session.get(path) as response:
                assert response.status in (403, 404)


@pytest.mark.parametrize(
    "host", ["evil.example", "127.0.0.1", "127.0.0.1:1", "localhost.evil.example:{port}",
             "example.org:{port}", "evil@127.0.0.1:{port}", "[::1]:{port}", "x:99999999"],
)  # fmt: skip
async def test_under_another_name_nothing_is_served(plain: Served, host: str) -> None:
    headers = {"Host": host.format(port=urlsplit(plain.url).port)}
    async with browser(plain) as session:
        async with session.get("/", headers=headers) as response:
            assert response.status == 403
        async with session.get("/", params={"token": TOKEN}, headers=headers) as response:
            assert response.status == 403
        with pytest.raises(WSServerHandshakeError, match="403"):
            async with tab(session, plain, **headers):
                pass


@pytest.mark.parametrize(
    "origin", ["", "null", "http://evil.example", "https://{here}", "http://127.0.0.1:1",
               "http://localhost:{port}", "http://example.org", "https://example.org:8443"],
)  # fmt: skip
async def test_a_page_from_elsewhere_opens_no_socket(plain: Served, origin: str) -> None:
    origin = origin.format(here=plain.netloc, port=urlsplit(plain.url).port)
    async with browser(plain) as session:
        with pytest.raises(WSServerHandshakeError, match="403"):
            async with tab(session, plain, Origin=origin):
                pass
    assert plain.tabs() == []


async def test_the_socket_needs_the_cookie_as_well(plain: Served) -> None:
    async with browser(plain, let_in=False) as session:
        with pytest.raises(WSServerHandshakeError, match="403"):
            async with tab(session, plain):
                pass


@pytest.mark.parametrize(
    "headers", [{}, {"Host": "localhost:{port}", "Origin": "http://localhost:{port}"},
                {"Host": "example.org", "Origin": "https://example.org"},
                {"Origin": "https://example.org"}],
)  # fmt: skip
async def test_the_page_opens_its_socket(plain: Served, headers: dict[str, str]) -> None:
    port = urlsplit(plain.url).port
    given = {name: value.format(port=port) for name, value in headers.items()}
    async with browser(plain) as session:
        cookies = {one.key: one.value for one in session.cookie_jar}
        given["Cookie"] = "; ".join(f"{name}={value}" for name, value in cookies.items())
        async with tab(session, plain, **given) as socket:
            await seen(socket, b"plain")


# What comes through the socket


@pytest.mark.parametrize(
    "message", ["", "{", "[]", '["stdin", 1]', '["resize", {"width": "x"}]', '["meta", {}]',
                "[" * 100_000, "x" * (1 << 21)],
)  # fmt: skip
async def test_what_is_no_message_ends_the_tab(plain: Served, message: str) -> None:
    async with browser(plain) as session:
        async with tab(session, plain) as socket:
            await seen(socket, b"plain")
            await socket.send_str(message)
            async with asyncio.timeout(PATIENCE):
                assert (await socket.receive()).type is WSMsgType.CLOSE
        await gone(plain.tabs())


async def test_sizes_that_no_screen_has_are_bounded(serve: Serve) -> None:
    script = PLAIN.replace(
        "while os.read(0, 1024):\n    pass",
        "size = (os.environ['COLUMNS'] + 'x' + os.environ['ROWS']).encode()\n"
        "while True:\n"
        "    os.write(1, b'D' + len(size).to_bytes(4, 'big') + size)\n"
        "    if not (size := os.read(0, 1024)): break",
    )
    served = serve("plain size", script)
    async with browser(served) as session:
        socket = session.ws_connect(
            "/ws?width=99999999&height=0", headers={"Origin": f"http://{served.netloc}"}
        )
        async with socket as opened:
            await seen(opened, b"1000x1")
            await opened.send_json(["resize", {"width": 10**12, "height": -4}])
            await seen(opened, b'"width": 1000, "height": 1}')
            await opened.send_str('["stdin", "\\ud800 \\u00e9"]')
            await seen(opened, "? é".encode())
            await opened.send_json(["ping", "12"])
            assert (await opened.receive_json()) == ["pong", "12"]


# Tabs are programs


async def test_the_ninth_tab_is_told_why_it_waits_in_vain(serve: Serve) -> None:
    served = serve("plain", PLAIN)
    async with browser(served) as session:
        eight = []
        for _ in range(8):
            socket = await tab(session, served)
            await seen(socket, b"plain")
            eight.append(socket)
        assert len(served.tabs()) == 8
        async with tab(session, served) as ninth:
            message = await ninth.receive()
            assert message.type is WSMsgType.CLOSE
            assert message.extra.startswith("8 tabs are open")
        assert len(served.tabs()) == 8
        await eight.pop().close()
        async with tab(session, served) as ninth:
            await seen(ninth, b"plain")
        for socket in eight:
            await socket.close()
    await gone(served.tabs())


async def test_a_program_ends_when_its_tab_is_closed(serve: Serve) -> None:
    served = serve("tiny", TINY)
    async with browser(served) as session:
        async with tab(session, served) as socket:
            await seen(socket, b"tiny is here")
            (program,) = served.tabs()
        await gone([program])
        # A line that breaks says no goodbye.
        async with tab(session, served) as socket:
            await seen(socket, b"tiny is here")
            (program,) = served.tabs()
            socket._response.close()
            await gone([program])
    assert served.stop() == (0, "")


@pytest.mark.parametrize("sign", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGKILL])
async def test_no_program_outlives_the_server(serve: Serve, sign: signal.Signals) -> None:
    served = serve("tiny", TINY)
    async with (
        browser(served) as session,
        tab(session, served) as one,
        tab(session, served) as other,
    ):
        await seen(one, b"tiny is here")
        await seen(other, b"tiny is here")
        programs = served.tabs()
        assert len(programs) == 2
        told = asyncio.create_task(farewell(one))
        code, errors = await asyncio.to_thread(served.stop, sign)
        await gone(programs)
        if sign is not signal.SIGKILL:
            assert (code, errors) == (0, "")
            assert await told == (WSCloseCode.GOING_AWAY, "longread web was stopped.")


async def test_a_program_that_will_not_end_is_killed_with_what_it_started(serve: Serve) -> None:
    served = serve("stubborn", STUBBORN)
    async with browser(served) as session:
        async with tab(session, served) as socket:
            await seen(socket, b"plain")
            programs = served.tabs()
            assert len(programs) == 2
        await gone(programs)
        assert served.process.poll() is None


async def test_why_a_program_failed_is_told_to_its_reader(serve: Serve) -> None:
    served = serve("failing", FAILING)
    async with browser(served) as session, tab(session, served) as socket:
        await seen(socket, b"plain")
        message = await socket.receive()
        assert message.type is WSMsgType.CLOSE
        assert message.extra == "error: the store ␛[31mis not one"
    code, errors = served.stop()
    assert code == 0
    assert "\x1b" not in errors
    assert "the store ␛[31mis not one" in errors


async def test_a_program_that_was_served_gets_neither_shell_nor_token(tmp_path: Path) -> None:
    store = tmp_path / "it's $(touch x);.db"
    words = ("--port", "0", "--store", str(store), "--budget", "64k")
    served = Served(sys.executable, "-m", "longread", "web", *words, LONGREAD_WEB_TOKEN=TOKEN)
    assert served.said.startswith("longread serves your sessions at http://127.0.0.1:")
    assert served.said.endswith(f"/?token={TOKEN}; ctrl+c stops it")
    async with browser(served) as session, tab(session, served) as socket:
        await seen(socket, b"Library")
        (program,) = psutil.Process(served.process.pid).children()
        given = ["-m", "longread", "tui", "--budget=64000", f"--store={store}", "--"]
        assert program.cmdline()[1:] == given
        assert TOKEN not in str(program.environ())
        programs = served.tabs()
    await gone(programs)
    assert store.exists()
    assert served.stop(signal.SIGINT) == (0, "")


async def test_what_a_program_gives_away_is_only_ever_kept_as_a_file(serve: Serve) -> None:
    served = serve("giving", GIVING)
    async with browser(served) as session, tab(session, served) as socket:
        asked = []
        while len(asked) < 2:
            if (message := await socket.receive()).type is WSMsgType.TEXT:
                asked.append(message.json()[1]["url"])
        assert asked[1:] == ["https://example.org/"]
        async with ClientSession() as stranger, stranger.get(served.url + asked[0]) as response:
            assert response.status == 403
        async with session.get("/" + asked[0]) as response:
            assert response.content_type == "application/octet-stream"
            given = response.headers["Content-Disposition"]
            assert given == "attachment; filename*=UTF-8''%C3%A9%22%3Bx%3D.html"
            assert await response.text() == "<script>alert(1)</script>"
        async with session.get("/" + asked[0]) as response:
            assert response.status == 404


async def test_the_address_that_a_browser_is_started_with_works_once(tmp_path: Path) -> None:
    opened = tmp_path / "opened"
    script = tmp_path / "browser"
    script.write_text(f'#!/bin/sh\necho "$1" > {opened}.part; mv {opened}.part {opened}\n')
    script.chmod(0o755)
    words = ("-m", "longread", "web", "--port", "0", "--open")
    served = Served(sys.executable, *words, BROWSER=f"{script} %s")
    end = time.monotonic() + PATIENCE
    while not opened.exists():
        assert time.monotonic() < end, "no browser was opened"
        await asyncio.sleep(0.05)
    url = opened.read_text().strip()
    assert url.partition("=")[2] != served.url.partition("=")[2]
    async with ClientSession(cookie_jar=CookieJar(unsafe=True)) as session:
        async with session.get(url) as response:
            assert response.status == 200
        async with session.get(url) as response:
            assert response.status == 403
        async with session.get(served.url) as response:
            assert response.status == 200
    assert served.stop() == (0, "")


@pytest.mark.parametrize(
    "words", [[], ["--continue"], ["--continue", "--profile", "a b"], ["--budget", "1M", "x"],
              ["--continue", "ab", "--password", "-p", "--password", "q", "--", "-a; b", "c"]],
)  # fmt: skip
def test_the_options_of_tui_reach_the_program(words: list[str]) -> None:
    meant = tui.make_context("tui", list(words)).params
    assert tui.make_context("tui", list(arguments(meant))).params == meant


# Where it binds


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("--host", "0.0.0.0"), "0.0.0.0 can be reached from other machines"),
        (("--host", "::"), ":: can be reached from other machines"),
        (("--host", ""), "'' is no address"),
        (("--host", "0.0.0.0", "--token", "short"), "the token is not 16"),
        (("--token", "fifteen letters and spaces"), "the token is not 16"),
        (("--public-url", "https://a:b@example.org/"), "cannot be the public address"),
        (("--public-url", "example.org"), "cannot be the public address"),
    ],
)
def test_what_is_not_safe_is_refused(words: tuple[str, ...], told: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "longread", "web", "--port", "0", *words],
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    assert done.returncode == 2
    assert done.stdout == ""
    assert told in done.stderr
    assert "hint: " in done.stderr


def test_with_a_token_it_binds_where_it_is_told() -> None:
    words = ("--host", "0.0.0.0", "--port", "0", "--token", TOKEN)
    served = Served(sys.executable, "-m", "longread", "web", *words)
    assert f"/?token={TOKEN};" in served.said
    assert served.stop() == (0, "")


def test_a_port_that_is_taken_is_told() -> None:
    first = Served(sys.executable, "-m", "longread", "web")
    second = Served(sys.executable, "-m", "longread", "web")
    port = urlsplit(first.url).port
    assert second.said.endswith("(port 8000 is taken); ctrl+c stops it")
    assert first.url.partition("=")[2] != second.url.partition("=")[2]
    third = Served(sys.executable, "-m", "longread", "web", "--port", str(port))
    _, errors = third.process.communicate(timeout=PATIENCE)
    assert third.process.returncode == 2
    assert f"port {port} cannot be had: Address already in use" in errors
    assert first.stop() == second.stop() == (0, "")
