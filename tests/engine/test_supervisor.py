"""The life of an engine, with a small server in vLLM's place: nothing else is replaced."""

from __future__ import annotations

import dataclasses
import json
import os
import re
import signal
import stat
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from http.client import HTTPConnection
from pathlib import Path

import psutil
import pytest
from click.testing import CliRunner

from longread import config
from longread.cli.engine import engine
from longread.config import Profile
from longread.engine import environment, local, machine, record, supervisor
from longread.errors import ConfigError, EngineError
from longread.types import Progress

SERVER = Path(__file__).with_name("misbehaving.py")


def quietly(_: Progress) -> None:
    pass


def until(holds: Callable[[], object], seconds: float = 20) -> None:
    """Wait for what another process does."""
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, "it did not come to pass"
        time.sleep(0.05)


@pytest.fixture(autouse=True)
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """An engine environment whose Python runs the small server, and an empty home."""
    monkeypatch.setenv("LONGREAD_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("LONGREAD_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    monkeypatch.setenv("LONGREAD_ENGINE_PAUSE", "0.1")
    place = environment.place("cpu")
    python = place / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.write_text(f'#!/bin/sh\nexec "{sys.executable}" "{SERVER}" "$@"\n')
    python.chmod(0o700)
    (place / environment.MARKER).write_text(json.dumps({"flavour": "cpu", "vllm": "0"}))
    yield
    local.stop()


@pytest.fixture
def profile(tmp_path: Path) -> Profile:
    model = tmp_path / "model"
    model.mkdir()
    (model / "config.json").write_text("{}")
    return Profile("small", engine="local", model=str(model), window=512)


def misbehaving(profile: Profile, *arguments: object) -> Profile:
    return dataclasses.replace(profile, arguments=tuple(map(str, arguments)))


def state(profile: Profile) -> record.State:
    found = record.read(config.home() / "engines" / profile.name)
    assert found is not None
    return found


def test_a_started_engine_answers_only_those_who_have_its_key(profile: Profile) -> None:
    running = local.start(profile, quietly)
    port = int(running.url.removesuffix("/v1").rsplit(":", 1)[1])
    answers = []
    for key in ("", f"Bearer {running.key}"):
        connection = HTTPConnection("127.0.0.1", port, timeout=5)
        connection.request("GET", "/v1/models", headers={"Authorization": key})
        answers.append(connection.getresponse().status)
        connection.close()
    assert answers == [401, 200]
    assert running.model == "model"
    assert running.model_dir == Path(profile.model)
    assert [(s.profile, s.state, s.pid) for s in local.status()] == [
        ("small", "running", running.pid)
    ]


def test_the_key_is_in_no_command_line_and_in_no_file_that_others_can_read(
    profile: Profile,
) -> None:
    running = local.start(profile, quietly)
    processes = (running.pid, psutil.Process(running.pid).ppid())
    assert not any(running.key in " ".join(psutil.Process(p).cmdline()) for p in processes)
    assert running.key not in repr(running)
    directory = config.home() / "engines" / "small"
    assert stat.S_IMODE(directory.stat().st_mode) == 0o700
    modes = {p.name: stat.S_IMODE(p.stat().st_mode) for p in directory.iterdir()}
    holding = [p.name for p in directory.iterdir() if running.key in p.read_text()]
    assert holding == ["state.json"]
    assert modes["state.json"] == modes["engine.log"] == 0o600


def test_a_second_command_shares_the_engine_that_runs(profile: Profile) -> None:
    assert local.ensure(profile, quietly) == local.ensure(profile, quietly)


def test_two_commands_at_once_start_one_engine(profile: Profile) -> None:
    found: list[local.Running] = []
    slow = misbehaving(profile, "--ready-after", 0.6)
    both = [
        threading.Thread(target=lambda: found.append(local.start(slow, quietly))) for _ in range(2)
    ]
    for thread in both:
        thread.start()
    for thread in both:
        thread.join()
    assert len(found) == 2
    assert found[0] == found[1]


def test_an_engine_whose_profile_was_changed_is_started_anew(profile: Profile) -> None:
    first = local.ensure(profile, quietly)
    second = local.ensure(dataclasses.replace(profile, window=1024), quietly)
    assert second.pid != first.pid
    assert not psutil.pid_exists(first.pid)


def test_progress_is_what_the_server_says(profile: Profile) -> None:
    said: list[Progress] = []
    local.start(misbehaving(profile, "--ready-after", 0.6), said.append)
    assert said[-1].note == "Loading the model"
    assert {p.stage for p in said} == {"start engine"}


def test_a_caller_with_pipes_gets_them_closed_while_the_engine_lives(profile: Profile) -> None:
    code = (
        "import sys; from longread.config import Profile; from longread.engine import local\n"
        f"p = Profile('small', engine='local', model={profile.model!r}, window=512)\n"
        "print(local.start(p, lambda _: None).pid)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=30)
    assert done.returncode == 0, done.stderr
    assert local.ensure(profile, quietly).pid == int(done.stdout)


def test_a_killed_server_is_started_again_at_the_address_it_had(profile: Profile) -> None:
    first = local.ensure(profile, quietly)
    os.kill(first.pid, signal.SIGKILL)
    until(lambda: state(profile).restarts == 1)
    second = local.ensure(profile, quietly)
    assert second.pid != first.pid
    assert (second.url, second.key) == (first.url, first.key)
    assert [(s.state, s.restarts) for s in local.status()] == [("running", 1)]
    log = local.log_tail("small")
    assert "the server ended by SIGKILL\nlongread: it is started again in 0.1 s" in log


def test_a_server_that_dies_again_and_again_is_given_up(profile: Profile) -> None:
    for number in range(1 + supervisor.LIMIT):
        os.kill(local.ensure(profile, quietly).pid, signal.SIGKILL)
        until(lambda: state(profile).restarts > number or state(profile).status == "failed")  # noqa: B023
    pauses = re.findall(r"started again in (\S+) s", local.log_tail("small", 100))
    assert pauses == ["0.1", "0.2", "0.4"]
    [dead] = local.status()
    assert (dead.state, dead.reason, dead.restarts) == ("dead", "ended by SIGKILL", 3)
    assert "the server ended by SIGKILL" in local.log_tail("small", 1)
    assert local.ensure(profile, quietly).pid
    assert (config.home() / "engines" / "small" / "engine.log.1").exists()


def test_a_server_that_worked_is_tried_again_when_it_does_not_come_back(
    profile: Profile, tmp_path: Path
) -> None:
    there = tmp_path / "there"
    there.touch()
    first = local.start(misbehaving(profile, "--die-unless", there), quietly)
    there.unlink()
    os.kill(first.pid, signal.SIGKILL)
    until(lambda: state(profile).restarts == 2)
    there.touch()
    until(lambda: state(profile).status == "ready")
    assert state(profile).restarts >= 2


def test_a_server_that_hangs_is_noticed_and_started_again(
    profile: Profile, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LONGREAD_ENGINE_PATIENCE", "0.5")
    silent = tmp_path / "silent"
    first = local.start(misbehaving(profile, "--silent-while", silent), quietly)
    silent.touch()
    until(lambda: state(profile).restarts == 1)
    silent.unlink()
    until(lambda: state(profile).status == "ready")
    assert "did not answer for 0.5 s" in local.log_tail("small")
    assert not lives(first.pid)


def test_an_engine_can_be_stopped_while_it_waits_to_be_started_again(
    profile: Profile, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LONGREAD_ENGINE_PAUSE", "60")
    os.kill(local.start(profile, quietly).pid, signal.SIGKILL)
    until(lambda: state(profile).restarts == 1)
    assert [s.state for s in local.status()] == ["starting"]
    assert local.stop() == ["small"]
    assert local.status() == []


def test_an_engine_is_shared_however_much_memory_is_free_by_now(
    profile: Profile, monkeypatch: pytest.MonkeyPatch
) -> None:
    form = {"num_hidden_layers": 2, "num_attention_heads": 4, "head_dim": 64}
    (Path(profile.model) / "config.json").write_text(json.dumps(form))
    first = local.ensure(profile, quietly)
    monkeypatch.setattr(machine, "look", lambda: machine.Machine(1 << 30, 1 << 20))
    assert local.ensure(profile, quietly) == first
    local.stop()
    with pytest.raises(EngineError, match="a window of 512 tokens needs"):
        local.ensure(profile, quietly)


def test_the_log_gives_the_reason_of_each_argument_but_not_the_key(profile: Profile) -> None:
    running = local.start(misbehaving(profile, "--ready-after", "0"), quietly)
    log = running.log.read_text()
    assert "longread: --max-model-len 512: the profile's window\n" in log
    assert "longread: --ready-after: the profile's own\n" in log
    assert "longread: HF_HUB_OFFLINE=1\n" in log
    assert running.key not in log


def test_status_shows_queue_cache_and_speed_to_people_and_programs(profile: Profile) -> None:
    first = local.start(profile, quietly)
    os.kill(first.pid, signal.SIGKILL)
    until(lambda: state(profile).restarts == 1 and state(profile).status == "ready")
    printed = CliRunner().invoke(engine, ["status"]).output
    assert printed.startswith(f"small: running at {first.url}, process ")
    assert ", restarts: 1\n" in printed
    assert "queue: 2 at work, 3 waiting\n" in printed
    assert "cache: 25% held by requests at work\n" in printed
    read = "read 65,536 tokens, 50% of it reused (128 from memory or disk), wrote 16\n"
    assert read in printed
    assert "speed: prompts 4,112 tokens/s, answers 56 tokens/s\n" in printed
    [found] = json.loads(CliRunner().invoke(engine, ["status", "--json"]).output)
    assert (found["state"], found["restarts"], found["load"]["waiting"]) == ("running", 1, 3)


def test_a_server_that_answers_but_is_unwell_is_started_again(
    profile: Profile, tmp_path: Path
) -> None:
    unwell = tmp_path / "unwell"
    sick = misbehaving(profile, "--unwell-while", unwell)
    first = local.ensure(sick, quietly)
    unwell.touch()
    assert [s.state for s in local.status()] == ["dead"]
    threading.Timer(0.5, unwell.unlink).start()
    assert local.ensure(sick, quietly).pid != first.pid


def test_a_server_that_dies_while_starting_leaves_its_last_words(profile: Profile) -> None:
    with pytest.raises(EngineError) as raised:
        local.start(misbehaving(profile, "--die", "out of memory, alas"), quietly)
    assert "exit status 7" in str(raised.value)
    assert "out of memory, alas" in str(raised.value)
    assert "engine.log" in raised.value.hint
    assert local.stop() == []


def test_a_server_that_is_never_ready_is_given_up(
    profile: Profile, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LONGREAD_ENGINE_WAIT", "0.4")
    with pytest.raises(EngineError, match=r"not ready after 0\.4 s"):
        local.start(misbehaving(profile, "--ready-after", 60), quietly)
    given_up = state(profile).server
    assert given_up is not None
    assert not given_up.alive


def test_a_waiting_time_that_is_no_number_is_refused(
    profile: Profile, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LONGREAD_ENGINE_WAIT", "soon")
    with pytest.raises(ConfigError, match="LONGREAD_ENGINE_WAIT=soon"):
        local.start(profile, quietly)


def test_a_stopped_engine_leaves_no_process_however_stubborn(
    profile: Profile, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    child = tmp_path / "child"
    running = local.start(misbehaving(profile, "--child", child), quietly)
    family = [running.pid, psutil.Process(running.pid).ppid(), int(child.read_text())]
    assert local.stop() == ["small"]
    until(lambda: not any(lives(pid) for pid in family))
    assert local.status() == []
    assert local.stop() == []


def test_a_server_does_not_outlive_a_killed_supervisor(profile: Profile) -> None:
    running = local.start(profile, quietly)
    os.kill(psutil.Process(running.pid).ppid(), signal.SIGKILL)
    until(lambda: not lives(running.pid))
    assert [s.state for s in local.status()] == ["dead"]
    assert local.ensure(profile, quietly).pid != running.pid


def test_an_idle_engine_stops_but_never_while_it_is_at_work(
    profile: Profile, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LONGREAD_ENGINE_IDLE", "0.5")
    running = local.start(profile, quietly)
    with local.busy("small"):
        time.sleep(1.2)
        assert [(s.pid, s.idle) for s in local.status()] == [(running.pid, 0.0)]
    until(lambda: local.status() == [])
    assert "was idle" in local.log_tail("small")


def test_state_of_a_process_whose_number_was_given_to_another_is_cleared(
    profile: Profile,
) -> None:
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as stranger:
        first = local.start(profile, quietly)
        kept = state(profile)
        local.stop()
        taken = record.Process(stranger.pid, 1.0)
        stale = dataclasses.replace(kept, supervisor=taken, server=taken, status="ready")
        record.write(config.home() / "engines" / "small", stale)
        assert [s.state for s in local.status()] == ["dead"]
        assert local.ensure(profile, quietly).pid not in (first.pid, stranger.pid)
        assert stranger.poll() is None
        stranger.communicate(b"\n")


def test_a_state_file_that_cannot_be_read_is_no_engine(profile: Profile) -> None:
    directory = config.private(config.home() / "engines" / "small")
    (directory / "state.json").write_text('{"profile": "small"')
    assert local.status() == []
    assert local.ensure(profile, quietly).pid


def test_without_an_engine_the_hint_is_how_to_install_one(
    profile: Profile, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("LONGREAD_CACHE", str(tmp_path / "empty"))
    monkeypatch.setenv("PATH", os.defpath)
    with pytest.raises(EngineError) as raised:
        local.start(profile, quietly)
    assert raised.value.hint == "run: longread engine install"


def test_a_model_that_is_not_there_is_a_wrong_setting(profile: Profile) -> None:
    with pytest.raises(ConfigError, match="no model directory at /nowhere"):
        local.model_dir(dataclasses.replace(profile, model="/nowhere"))


def lives(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False
