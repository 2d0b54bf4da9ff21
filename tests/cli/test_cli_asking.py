"""Questions at a terminal, and what Ctrl-C leaves behind."""

from __future__ import annotations

import json
import os
import pty
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from longread.config import settings
from longread.store import open_store

START = """\
import signal
# As at a terminal: what a shell starts beside itself is told to ignore Ctrl-C, and hands that on.
signal.signal(signal.SIGINT, signal.default_int_handler)
from longread.cli import main
main()
"""
Tell = Callable[..., tuple[int, str]]


class Slow(BaseHTTPRequestHandler):
    """A server that says one word and then nothing more."""

    over = threading.Event()

    def do_POST(self) -> None:
        """Write the word."""
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.end_headers()
        chunk = {"choices": [{"index": 0, "delta": {"content": "Kettles "}}]}
        self.wfile.write(f"data: {json.dumps(chunk)}\n\n".encode())
        self.wfile.flush()
        self.over.wait(120)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def slow() -> Iterator[str]:
    """The address of a server that never comes to an end."""
    Slow.over.clear()
    with ThreadingHTTPServer(("127.0.0.1", 0), Slow) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/v1"
        Slow.over.set()
        server.shutdown()


@pytest.fixture
def source(tmp_path: Path) -> str:
    (tmp_path / "kettle").mkdir()
    (tmp_path / "kettle" / "app.py").write_text("def f():\n    return 1\n" * 200)
    return str(tmp_path / "kettle")


def write(tmp_path: Path, name: str, text: str) -> None:
    folder = tmp_path / "longread-config" / "profiles"
    folder.mkdir(parents=True, exist_ok=True)
    sizes = "window = 8192\ntrusted = 8192\nanswer = 100\n"
    (folder / f"{name}.toml").write_text(f'model = "m"\n{sizes}{text}')


def interrupted(after: str, *arguments: str) -> tuple[int, str]:
    """Run a command at a terminal, press Ctrl-C once it has said something; what it said."""
    ours, theirs = pty.openpty()
    with closing(os.fdopen(ours, "rb", buffering=0)) as screen:
        running = subprocess.Popen(
            [sys.executable, "-c", START, *arguments],
            stdin=theirs, stdout=theirs, stderr=theirs,
        )  # fmt: skip
        os.close(theirs)
        said = ""
        pressed = False
        try:
            while piece := screen.read(4096):
                said += piece.decode("utf-8", "replace")
                if after in said and not pressed:
                    pressed = True
                    # Nobody answers before the question waits: Python would not wake up for it.
                    time.sleep(0.5)
                    running.send_signal(signal.SIGINT)
        except OSError:
            pass  # the terminal's other end was closed
        finally:
            try:
                running.wait(60)
            except subprocess.TimeoutExpired:
                running.kill()
                running.wait()
    return running.returncode, said


@pytest.fixture(autouse=True)
def _ended() -> Iterator[None]:
    """A command that does not hear Ctrl-C is ended, and the test with it."""

    def give_up(*_: object) -> None:
        pytest.fail("the command goes on")

    before = signal.signal(signal.SIGALRM, give_up)
    signal.alarm(120)
    yield
    signal.alarm(0)
    signal.signal(signal.SIGALRM, before)


def test_ctrl_c_at_the_question_sends_nothing(tmp_path: Path, source: str) -> None:
    write(tmp_path, "away", 'url = "https://models.example/v1"\n')
    code, said = interrupted("[y/N]", "ask", source, "-q", "Why?", "--profile", "away")
    assert code == 130
    assert "Traceback" not in said
    assert "stopped; nothing of an answer had come" in said


def test_ctrl_c_at_the_question_of_a_probe_keeps_no_trial(tmp_path: Path, source: str) -> None:
    write(tmp_path, "away", 'url = "https://models.example/v1"\n')
    ways = ("--profile", "away", "--lengths", "1k")
    code, said = interrupted("[y/N]", "probe", source, *ways)
    assert code == 130
    assert "stopped; 0 trials are kept, and the same command goes on" in said


def test_ctrl_c_in_an_answer_says_where_it_is_kept(tmp_path: Path, source: str, slow: str) -> None:
    write(tmp_path, "slow", f'url = "{slow}"\n')
    code, said = interrupted("Kettles", "ask", source, "-q", "Why?", "--profile", "slow")
    assert code == 130, said
    with open_store() as store:
        (row,) = store.sessions()
        assert store.session(row.id).answers[0].text == "Kettles "
    assert f"longread sessions show {row.id}" in said


def test_ctrl_c_at_other_work_is_130_too(tmp_path: Path, slow: str) -> None:
    write(tmp_path, "slow", f'url = "{slow}"\n')
    code, said = interrupted("slow", "profiles", "test", "slow")
    assert (code, "Traceback" in said) == (130, False)


def test_an_engine_is_not_declined_where_nobody_was_asked(tmp_path: Path, source: str) -> None:
    write(tmp_path, "vllm", 'url = "http://127.0.0.1:9/v1"\n')
    code = (
        "from longread.analysis import engines; engines.answers = lambda profile: True\n"
        "from longread.cli import main; main()"
    )
    away = ("ask", source, "-q", "Why?", "--budget", "1")
    subprocess.run(
        [sys.executable, "-c", code, *away],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        check=False,
    )
    assert settings().declined == ()


def test_ctrl_c_in_a_review_says_how_many_cells_are_kept(
    tmp_path: Path, source: str, slow: str
) -> None:
    write(tmp_path, "slow", f'url = "{slow}"\n')
    questions = tmp_path / "questions.csv"
    questions.write_text("name,question,type\nLaw,Which law?,text\n")
    ways = ("--questions", str(questions), "--profile", "slow")
    code, said = interrupted("cells done", "review", source, *ways)
    assert code == 130, said
    assert "stopped; 0 cells are kept: the same command goes on, or longread review resume" in said
