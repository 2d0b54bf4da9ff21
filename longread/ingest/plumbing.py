"""How git is found and called: one way, in which nothing of a repository runs.

No transport, no hook, no pager, no editor, no file-system monitor; and a git directory and
work tree that were found by looking, not by the repository's own word.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from longread.errors import IngestError
from longread.ingest.folder import PEEK

SECONDS = 300
"""A git call on a local repository that takes longer is taken for stuck."""
SAFE = {
    "core.hooksPath": "/dev/null",
    "core.fsmonitor": "false",
    "core.untrackedCache": "false",
    "core.attributesFile": "/dev/null",
    "core.pager": "cat",
    "core.editor": ":",
    "core.askPass": "",
    "core.sshCommand": "false",
    "core.quotePath": "false",
    "credential.helper": "",
    "protocol.allow": "never",
    "gc.auto": "0",
    "maintenance.auto": "false",
    "submodule.recurse": "false",
    "fetch.recurseSubmodules": "false",
}
OFF = {
    "GIT_ALLOW_PROTOCOL": "none",
    "GIT_NO_LAZY_FETCH": "1",
    "GIT_NO_REPLACE_OBJECTS": "1",
    "GIT_TERMINAL_PROMPT": "0",
    "GIT_OPTIONAL_LOCKS": "0",
    "GIT_LITERAL_PATHSPECS": "1",
    "GIT_ATTR_NOSYSTEM": "1",
    "GIT_PAGER": "cat",
    "GIT_EDITOR": ":",
    "LC_ALL": "C",
}


@dataclass(frozen=True, slots=True)
class Repository:
    """A git directory, its work tree where it has one, and the folder asked for within."""

    directory: Path
    tree: Path | None
    prefix: str = ""
    """The folder asked for, relative to the work tree, with "/" at its end; empty for all."""

    @property
    def name(self) -> str:
        """What people call it."""
        top = self.tree or self.directory
        name = (top.parent.name if top.name == ".git" else top.name).removesuffix(".git")
        return "/".join(part for part in (name, self.prefix.rstrip("/")) if part)


def find(place: Path) -> Repository | None:
    """Return the repository that `place` is, or lies in; None where there is none."""
    if _is_git_directory(place):
        return Repository(place, None)
    for tree in (place, *place.parents):
        directory = _directory_of(tree / ".git")
        if directory:
            prefix = os.fspath(place.relative_to(tree))
            return Repository(directory, tree, "" if prefix == "." else f"{prefix}/")
    return None


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


def checked(repository: Repository, *arguments: str) -> bytes:
    """Return what git writes.

    Raises:
        IngestError: git failed.
    """
    done = run(repository, *arguments)
    if done.returncode:
        said = done.stderr.decode("utf-8", "replace").strip().splitlines() or ["no reason given"]
        told = next((line for line in said if line.startswith("fatal:")), said[0])
        raise IngestError(
            f"git cannot read {repository.name}: {told.removeprefix('fatal: ')}",
            hint=f"try: git -C {repository.tree or repository.directory} fsck",
        )
    return done.stdout


def run(
    repository: Repository,
    *arguments: str,
    given: bytes = b"",
    extra: Mapping[str, str] | None = None,
) -> subprocess.CompletedProcess[bytes]:
    """Call git and wait for it; its failure is the caller's to judge."""
    line = command(repository, *arguments)
    try:
        return subprocess.run(
            line,
            input=given,
            capture_output=True,
            env=environment(extra),
            timeout=SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise IngestError(
            f"git {arguments[0]} on {repository.name} took longer than {SECONDS} seconds",
            hint="look at the repository with git itself, or read a folder of it",
        ) from None


def command(repository: Repository, *arguments: str) -> list[str]:
    """Return the command line of a safe call."""
    safe = {**SAFE, "safe.directory": os.fspath(repository.tree or repository.directory)}
    where = [f"--git-dir={repository.directory}"]
    if repository.tree:
        where.append(f"--work-tree={repository.tree}")
        where += ["-C", os.fspath(repository.tree)]
    else:
        where.append("--bare")
    options = [part for key, value in safe.items() for part in ("-c", f"{key}={value}")]
    return [program(), "--no-pager", *where, *options, *arguments]


def environment(extra: Mapping[str, str] | None = None) -> dict[str, str]:
    """Return the environment of a safe call: nobody's git variables, and all doors shut."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("GIT_", "LC_"))}
    return {**kept, **OFF, **(extra or {})}


def program() -> str:
    """Return git's absolute path, so that no program of the same name in a work tree runs."""
    found = shutil.which("git")
    if not found:
        raise IngestError("git is not installed", hint="install git, or read a folder without .git")
    return os.path.abspath(found)  # noqa: PTH100
