"""Real repositories, made by real git, that owe nothing to the machine's own settings."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest


class Repo:
    """A repository under test."""

    def __init__(self, root: Path, *options: str) -> None:
        self.root = root
        root.mkdir(parents=True, exist_ok=True)
        self.git("init", "-q", "-b", "main", *options)

    def git(self, *arguments: str | bytes | Path, given: bytes = b"") -> str:
        env = {
            **{k: v for k, v in os.environ.items() if not k.startswith("GIT_")},
            "GIT_CONFIG_GLOBAL": os.devnull,
            "GIT_CONFIG_NOSYSTEM": "1",
            **{f"GIT_{who}_{what}": "ann" for who in ("AUTHOR", "COMMITTER") for what in ("NAME",)},
            "GIT_AUTHOR_EMAIL": "ann@example.org",
            "GIT_COMMITTER_EMAIL": "ann@example.org",
            "GIT_AUTHOR_DATE": "2024-01-01T00:00:00Z",
            "GIT_COMMITTER_DATE": "2024-01-01T00:00:00Z",
        }
        done = subprocess.run(
            ["git", *arguments],
            cwd=self.root,
            env=env,
            input=given,
            capture_output=True,
            check=True,
        )
        return done.stdout.decode("utf-8", "surrogateescape").strip()

    def write(self, path: str | bytes, data: str | bytes = "text\n") -> None:
        place = self.root / os.fsdecode(path)
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(data.encode() if isinstance(data, str) else data)

    def commit(self, files: dict[str, str | bytes] | None = None, message: str = "m") -> str:
        for path, data in (files or {}).items():
            self.write(path, data)
        self.git("add", "-A", "-f")
        self.git("commit", "-q", "--allow-empty", "-m", message)
        return self.git("rev-parse", "HEAD")


@pytest.fixture
def repo(tmp_path: Path) -> Repo:
    return Repo(tmp_path / "house")


@pytest.fixture(scope="session")
def repositories() -> type[Repo]:
    """Return what makes a repository, for fixtures that many tests share."""
    return Repo


@pytest.fixture(autouse=True, scope="session")
def _own_cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Keep what tests derive, compiled rules among it, away from the person's own."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LONGREAD_CACHE", str(tmp_path_factory.mktemp("cache")))
        yield
