"""The program in a real terminal: tmux types, and reads the screen."""

from __future__ import annotations

import asyncio
import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from longread import config
from longread.analysis.review import Request
from longread.store import Store
from longread.types import Source
from longread.types.reviews import Value
from tests.analysis.reviewing import QUESTIONS, SCRIPTED, Model, cells_of, shelf

MakeSession = Callable[..., str]
PATIENCE = 60.0
"""Seconds that anything may take to be seen."""
GOOD = 'It is 97.5 [d1:L1 "LIMIT = 97.5"].'

pytestmark = pytest.mark.skipif(
    shutil.which("tmux") is None, reason="tmux is not installed: apt-get install tmux"
)


class Terminal:
    """A terminal of tmux' own in which longread runs."""

    def __init__(self, name: str) -> None:
        self._name = name

    def start(
        self, *arguments: str, size: tuple[int, int] = (80, 24), editor: str = "false"
    ) -> None:
        """Start `longread tui` in a window of so many columns and rows."""
        words = [sys.executable, "-m", "longread", "tui", *arguments]
        kept = ("LONGREAD_HOME", "LONGREAD_CONFIG", "LONGREAD_CACHE")
        given = [f"{name}={os.environ[name]}" for name in kept]
        self._tmux(
            "new-session", "-d", "-x", str(size[0]), "-y", str(size[1]),
            shlex.join(["env", "TERM=tmux-256color", f"EDITOR={editor}", *given, *words]),
        )  # fmt: skip

    def press(self, *keys: str) -> None:
        """Press keys, by tmux' names."""
        self._tmux("send-keys", *keys)

    def type(self, text: str) -> None:
        """Type text."""
        self._tmux("send-keys", "-l", text)

    def paste(self, text: str) -> None:
        """Paste text, as a terminal does."""
        self._tmux("set-buffer", text)
        self._tmux("paste-buffer", "-p")

    def screen(self) -> str:
        """Return what is on the screen."""
        return self._tmux("capture-pane", "-p", check=False)

    def see(self, text: str) -> str:
        """Wait until something is on the screen, and return the screen."""
        return self.see_that(lambda screen: text in screen, text)

    def see_that(self, so: Callable[[str], bool], what: str) -> str:
        """Wait until the screen is so, and return it."""
        end = time.monotonic() + PATIENCE
        while not so(screen := self.screen()):
            assert time.monotonic() < end, f"never saw {what!r}:\n{screen}"
            time.sleep(0.05)
        return screen

    def resize(self, columns: int, rows: int) -> None:
        """Give the window another size."""
        self._tmux("resize-window", "-x", str(columns), "-y", str(rows))

    def process(self) -> psutil.Process:
        """Return the program that runs in it."""
        top = psutil.Process(int(self._tmux("display-message", "-p", "#{pane_pid}")))
        every = [top, *top.children(recursive=True)]
        return next(p for p in every if "longread" in p.cmdline())

    def end(self, how: str) -> None:
        """End the program, and wait until it has."""
        process = self.process()
        if how == "kill -9":
            process.send_signal(signal.SIGKILL)
        elif how == "terminated":
            process.send_signal(signal.SIGTERM)
        else:
            self.close()
        process.wait(PATIENCE)

    def close(self) -> None:
        """Close the terminal, and with it the program's."""
        self._tmux("kill-server", check=False)

    def _tmux(self, *words: str, check: bool = True) -> str:
        done = subprocess.run(
            ["tmux", "-L", self._name, "-f", os.devnull, *words],
            capture_output=True, text=True, check=check, timeout=PATIENCE,
        )  # fmt: skip
        return done.stdout


@pytest.fixture
def terminal(tmp_path: Path) -> Iterator[Terminal]:
    made = Terminal(f"longread-{os.getpid()}-{tmp_path.name[-12:]}")
    try:
        yield made
    finally:
        made.close()


@pytest.mark.parametrize("size", [(80, 24), (200, 60)])
def test_a_session_is_opened_asked_and_checked_by_typing(
    terminal: Terminal, store: Store, make_session: MakeSession, size: tuple[int, int]
) -> None:
    make_session(store, "teapot", ("What is a teapot?", "A pot for tea."))
    make_session(store, "kettle", ("What is the limit?", GOOD))
    terminal.start("--store", str(store.path), size=size)
    terminal.see("kettle")
    terminal.press("/")
    # Keys that come in one burst with this one would still go to the list.
    terminal.see("Clear, then leave")
    terminal.type("pot for tea")
    terminal.see_that(lambda s: "teapot" in s and "kettle" not in s, "only the teapot")
    terminal.press("Escape")
    terminal.see("kettle")
    terminal.press("Up")
    terminal.press("Enter")
    terminal.see("[1] ✓ exact")
    terminal.type("And now?")
    terminal.see("And now?")
    terminal.press("Enter")
    terminal.see_that(lambda s: "❯ And now?" in s and "[1] ✓ exact" in s, "the second answer")
    terminal.press("Escape")
    # A key right behind escape would be one with alt, in any terminal.
    terminal.see("n Next cite")
    terminal.press("1")
    terminal.see("def heat(target)")
    terminal.press("f5")
    terminal.see("heat.py")
    terminal.resize(100, 30)
    terminal.see("heat.py")
    terminal.press("f1")
    terminal.see("keys (esc closes)")
    terminal.press("Escape")
    terminal.see_that(lambda s: "keys (esc closes)" not in s, "no help")
    terminal.press("C-q")
    terminal.see_that(lambda s: "f2 Library" not in s and "heat.py" not in s, "the shell")
    assert len(store.session(store.sessions()[0].id).answers) == 2


def test_several_lines_can_be_pasted_into_the_prompt(
    terminal: Terminal, store: Store, make_session: MakeSession
) -> None:
    make_session(store, "kettle")
    terminal.start("--store", str(store.path), "--continue")
    terminal.see("Nothing was asked yet")
    terminal.see("in full")
    terminal.paste("first line\nsecond line")
    terminal.see_that(lambda s: "first line" in s and "second line" in s, "both lines")
    assert "❯ first line" not in terminal.screen()


def slow(tmp_path: Path) -> None:
    """Let the scripted model be a server that writes a word every few milliseconds."""
    script = tmp_path / "server.py"
    script.write_text(
        """
import json, sys, time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

class Slow(BaseHTTPRequestHandler):
    def do_POST(self):
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.end_headers()
        try:
            for n in range(100000):
                delta = {"choices": [{"index": 0, "delta": {"content": f"w{n} "}}]}
                self.wfile.write(f"data: {json.dumps(delta)}\\n\\n".encode())
                self.wfile.flush()
                time.sleep(0.01)
        except OSError:
            pass
    def log_message(self, *_):
        pass

server = ThreadingHTTPServer(("127.0.0.1", 0), Slow)
print(server.server_port, flush=True)
server.serve_forever()
"""
    )


@pytest.fixture
def slow_server(tmp_path: Path) -> Iterator[None]:
    slow(tmp_path)
    server = subprocess.Popen(
        [sys.executable, str(tmp_path / "server.py")], stdout=subprocess.PIPE, text=True
    )
    assert server.stdout is not None
    port = int(server.stdout.readline())
    (config.settings_dir() / "profiles" / "scripted.toml").write_text(
        f'engine = "server"\nurl = "http://127.0.0.1:{port}/v1"\nmodel = "x"\nfamily = "estimate"\n'
        "window = 8000\ntrusted = 8000\nanswer = 2000\n",
        encoding="utf-8",
    )
    try:
        yield
    finally:
        server.kill()
        server.wait()
        server.stdout.close()


@pytest.mark.usefixtures("slow_server")
@pytest.mark.parametrize("end", ["kill -9", "the terminal is closed", "terminated"])
def test_whatever_ends_the_program_what_was_shown_is_kept(
    terminal: Terminal, store: Store, make_session: MakeSession, end: str
) -> None:
    session = make_session(store, "kettle")
    terminal.start("--store", str(store.path), "--continue")
    terminal.see("in full")
    terminal.type("Count.")
    terminal.press("Enter")
    terminal.see("w60")
    screen = terminal.screen()
    terminal.end(end)
    shown = max(int(word[1:]) for word in screen.split() if word[1:].isdigit() and word[0] == "w")
    (answer,) = store.session(session).answers
    assert answer.finished == "cut"
    words = answer.text.split()
    assert words == [f"w{n}" for n in range(len(words))]
    assert len(words) > shown


def test_ctrl_c_in_the_editor_is_the_editors(
    terminal: Terminal, store: Store, make_session: MakeSession, tmp_path: Path
) -> None:
    root = tmp_path / "kettle"
    root.mkdir()
    (root / "heat.py").write_text("LIMIT = 97.5\n")
    session = make_session(store, "kettle", ("What?", GOOD), source=Source(str(root), "folder"))
    editor = tmp_path / "vi"
    editor.write_text(
        "#!/bin/sh\ntrap 'echo heard' INT\necho editing\nfor n in $(seq 600); do\n"
        f"  [ -e {tmp_path}/done ] && exit\n  sleep 0.1\ndone\n"
    )
    editor.chmod(0o755)
    terminal.start(
        "--store", str(store.path), "--continue", session, editor=str(editor), size=(100, 30)
    )
    terminal.see("[1] ✓ exact")
    terminal.press("Escape")
    terminal.see("Next cite")
    terminal.press("1")
    terminal.see("▸[1]")
    terminal.press("e")
    terminal.see("editing")
    terminal.press("C-c")
    terminal.see("heard")
    terminal.press("C-c")
    terminal.see_that(lambda screen: screen.count("heard") == 2, "heard again")
    (tmp_path / "done").touch()
    terminal.see("▸[1]")
    terminal.press("y")
    terminal.see("citation copied")


@pytest.mark.parametrize("closing", [False, True])
def test_being_told_to_go_on_without_a_stop_changes_nothing(
    terminal: Terminal, store: Store, make_session: MakeSession, closing: bool
) -> None:
    make_session(store, "teapot", ("What is a teapot?", "A pot for tea."))
    make_session(store, "kettle", ("What is the limit?", GOOD))
    terminal.start("--store", str(store.path), size=(200, 60))
    terminal.see("kettle")
    process = terminal.process()
    before = process.num_threads()
    for _ in range(5):
        process.send_signal(signal.SIGCONT)
        time.sleep(0.05)
    terminal.press("/")
    # Keys that come in one burst with this one would still go to the list.
    terminal.see("Clear, then leave")
    terminal.type("pot for tea")
    terminal.see_that(lambda s: "teapot" in s and "kettle" not in s, "only the teapot")
    assert process.num_threads() <= before + 2
    if closing:
        terminal.close()
    else:
        terminal.press("C-q")
    process.wait(PATIENCE)


@pytest.mark.parametrize("end", ["kill -9", "the terminal is closed", "terminated"])
def test_what_was_said_of_a_cell_is_kept_whatever_ends_the_program(
    terminal: Terminal, store: Store, tmp_path: Path, end: str
) -> None:
    request = Request(
        SCRIPTED, (str(shelf(tmp_path / "shelf")),), QUESTIONS, store=store.path, yes=True
    )
    asyncio.run(cells_of(request, Model()))
    terminal.start("--store", str(store.path), size=(120, 36))
    terminal.see("f4 Grid")
    terminal.press("f4")
    terminal.see_that(lambda s: "cedar.md" in s and "3 documents × 4 questions" in s, "the cells")
    terminal.press("Down")
    terminal.see_that(lambda s: "› birch.md" in s, "the next document")
    terminal.press("a")
    terminal.see("✓●")
    terminal.press("Right")
    terminal.see("2 Made (date)")
    terminal.press("e")
    terminal.see("correct: Made")
    terminal.press("C-u")
    # What is typed in one burst with this key would be gone with the rest of the line.
    terminal.see_that(lambda s: re.search("▊ +▎", s) is not None, "no value")
    terminal.type("5 April 2006")
    terminal.see("5 April 2006")
    terminal.press("Enter")
    terminal.see("✎ 2006-04-05")
    terminal.end(end)
    said = store.reviews.review().marks
    accepted, corrected = said["birch.md", "Law"].decision, said["birch.md", "Made"].correction
    assert accepted is not None
    assert accepted.kind == "accepted"
    assert corrected is not None
    assert corrected.value == Value(("5 April 2006",), ("2006-04-05",))
