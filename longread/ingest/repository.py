"""Where a repository is: its git directory and its work tree, found by looking.

The repository's own word for it, `core.worktree`, is not taken, and nothing is called.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path

from longread.ingest.folder import PEEK


@dataclass(frozen=True, slots=True)
class Repository:
    """A git directory, its work tree where it has one, and the folder asked for within."""

    directory: Path
    tree: Path | None
    prefix: str = ""
    """The folder asked for, relative to the work tree, with "/" at its end; empty for all."""
    called: str = ""
    """What people call it, where its directory does not tell."""

    @property
    def name(self) -> str:
        """What people call it, and the folder asked for."""
        top = self.tree or self.directory
        name = (top.parent.name if top.name == ".git" else top.name).removesuffix(".git")
        return "/".join(part for part in (self.called or name, self.prefix.rstrip("/")) if part)


def find(place: Path) -> Repository | None:
    """Return the repository that `place` is, or lies in; None where there is none."""
    if _is_git_directory(place):
        return Repository(place, None)
    for tree in (place, *place.parents):
        directory = _directory_of(tree / ".git")
        if directory and (tree == place or _may_speak_for(tree / ".git", place)):
            prefix = os.fspath(place.relative_to(tree))
            return Repository(directory, tree, "" if prefix == "." else f"{prefix}/")
    return None


def _may_speak_for(mark: Path, place: Path) -> bool:
    """Whether who made a ".git" above `place` may say which of its files are tracked.

    In a folder that is open to all, such as /tmp, anybody can make one.
    """
    return mark.stat().st_uid in (os.geteuid(), 0, place.stat().st_uid)


def _is_git_directory(place: Path) -> bool:
    try:
        return (place / "HEAD").is_file() and (
            ((place / "objects").is_dir() and (place / "refs").is_dir())
            or (place / "commondir").is_file()
        )
    except OSError:
        return False


def _directory_of(mark: Path) -> Path | None:
    """Follow a ".git", be it the directory or a file that names it."""
    if _is_git_directory(mark):
        return mark
    try:
        if not mark.is_file():
            return None
        with mark.open("rb") as file:
            said = re.match(rb"gitdir: ([^\r\n\0]+)", file.read(PEEK))
    except OSError:
        return None
    if not said:
        return None
    directory = Path(os.path.abspath(mark.parent / os.fsdecode(said[1])))  # noqa: PTH100
    return directory if _is_git_directory(directory) else None
