"""What all tests share: places of their own for state, and small sources."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest
from hypothesis import settings

from longread import config

ROOT = Path(__file__).parent.parent
SHELF = ROOT / "fixtures" / "shelf"


# Shared machines stall for longer than any deadline; and what fails a change should be the
# change: new examples are drawn where people work, the same ones where changes are judged.
settings.register_profile("longread", deadline=None, derandomize=bool(os.environ.get("CI")))
settings.load_profile("longread")

USERS_CACHE = str(config.cache())
"""Where `make test` has put the engine and its model."""


@pytest.fixture(autouse=True, scope="session")
def _shared_cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """What can be rebuilt is rebuilt once for all tests, and never in the user's own cache."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LONGREAD_CACHE", str(tmp_path_factory.mktemp("cache")))
        yield


@pytest.fixture(scope="session")
def users_cache() -> str:
    """The user's own cache, for tests of what is too large to be made for each run."""
    return USERS_CACHE


@pytest.fixture(autouse=True)
def _own_state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """State and settings of each test lie in a folder of its own."""
    monkeypatch.setenv("LONGREAD_HOME", str(tmp_path / "longread-home"))
    monkeypatch.setenv("LONGREAD_CONFIG", str(tmp_path / "longread-config"))


@pytest.fixture
def git() -> Callable[..., str]:
    """Return a function that runs git in a folder, as somebody."""

    def run(root: Path, *arguments: str) -> str:
        who = {
            f"GIT_{role}_{what}": "a@b"
            for role in ("AUTHOR", "COMMITTER")
            for what in ("NAME", "EMAIL")
        }
        done = subprocess.run(
            ["git", "-C", str(root), *arguments],
            env=os.environ | who | {"GIT_CONFIG_GLOBAL": os.devnull},
            check=True,
            capture_output=True,
            text=True,
        )
        return done.stdout

    return run


@pytest.fixture
def make_repository(tmp_path: Path, git: Callable[..., str]) -> Callable[..., Path]:
    """Return a function that makes a git repository from a mapping of paths to texts."""

    def make(files: Mapping[str, str | bytes], name: str = "repository") -> Path:
        root = tmp_path / name
        root.mkdir()
        for path, content in files.items():
            target = root / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(content.encode() if isinstance(content, str) else content)
        git(root, "init", "-q")
        git(root, "add", "-A", "-f")
        git(root, "commit", "-qm", "first", "--allow-empty")
        return root

    return make
