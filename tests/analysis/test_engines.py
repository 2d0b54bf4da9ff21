"""Which engine a question goes to."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from longread import config
from longread.analysis.engines import choose, is_local
from longread.config import Profile
from longread.errors import ConfigError


@pytest.fixture
def port() -> Iterator[int]:
    """A port of this machine on which something listens."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


def write(path: str, text: str) -> None:
    target = config.settings_dir() / path
    target.parent.mkdir(exist_ok=True)
    target.write_text(text)


def here(port: int) -> None:
    """Put the profile of a vLLM on this machine where something listens, Ollama's where not."""
    write("profiles/vllm.toml", f'url = "http://127.0.0.1:{port}/v1"\nmodel = "m"\n')
    write("profiles/ollama.toml", 'url = "http://127.0.0.1:9/v1"\nmodel = "m"\n')


def test_a_profile_that_is_named_is_used() -> None:
    write("config.toml", 'profile = "together"\n')
    assert choose("openrouter").name == "openrouter"
    assert choose("").name == "together"


def test_an_engine_found_here_is_offered_once(port: int) -> None:
    here(port)
    asked: list[str] = []

    def yes(profile: Profile) -> bool:
        asked.append(profile.name)
        return True

    assert choose("", yes).name == "vllm"
    assert choose("", yes).name == "vllm"
    assert choose("").name == "vllm"
    assert asked == ["vllm"]


def test_an_engine_that_was_not_wanted_is_not_offered_again(port: int) -> None:
    here(port)
    assert choose("", lambda _: False).name == "embedded"
    assert choose("", lambda _: pytest.fail("asked twice")).name == "embedded"


def test_nobody_to_ask_means_the_embedded_model(port: int) -> None:
    here(port)
    assert choose("").name == "embedded"


@pytest.mark.parametrize(
    ("url", "local"),
    [
        ("http://127.0.0.1:8000/v1", True),
        ("http://localhost:11434/v1", True),
        ("http://[::1]:8000/v1", True),
        ("https://api.example/v1", False),
        ("http://127.0.0.1.evil.example/v1", False),
        ("http://192.168.1.5:8000/v1", False),
    ],
)
def test_only_loopback_is_this_machine(url: str, local: bool) -> None:
    assert is_local(Profile(name="x", url=url)) is local


def test_every_shipped_profile_means_something() -> None:
    for name in ("embedded", "vllm", "openrouter", "together", "ollama"):
        profile = config.load_profile(name)
        assert profile.about
        assert profile.trusted <= profile.window


@pytest.mark.parametrize(
    "text",
    [
        'windw = 3\n', 'window = "many"\n', 'engine = "steam"\n', "window = 100\nanswer = 100\n",
        "temperature = true\n", "not toml",
    ],
)  # fmt: skip
def test_a_profile_that_means_nothing_is_refused_with_a_hint(text: str) -> None:
    write("profiles/mine.toml", text)
    with pytest.raises(ConfigError) as caught:
        config.load_profile("mine")
    assert "mine.toml" in str(caught.value)
    assert caught.value.hint


def test_an_unknown_setting_is_refused() -> None:
    write("config.toml", "[trust]\nhost = []\n")
    with pytest.raises(ConfigError, match="host"):
        config.settings()


def test_a_profile_can_name_no_file_elsewhere(tmp_path: Path) -> None:
    (tmp_path / "evil.toml").write_text('about = "x"\n')
    with pytest.raises(ConfigError):
        config.load_profile(str(tmp_path / "evil"))
