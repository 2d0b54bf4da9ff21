"""Tracked files, through git's plumbing, in such a way that nothing of a repository runs.

Every call goes through `_git`: no transport, no hook, no pager, no editor, no file-system
monitor, and a git directory and work tree that were found by looking, not by the
repository's own word. Work-tree files are read as they stand, so no filter runs either;
`git status` and work-tree diffs, which run filters, are never used.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO, NamedTuple

from longread.errors import IngestError
from longread.ingest.folder import DELETED, PEEK, Beneath, Found, link, shown, too_large

SECONDS = 300
"""A git call on a local repository that takes longer is taken for stuck."""
LINK, MODULE = b"120000", b"160000"
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
ATTRIBUTES = ("binary", "linguist-generated", "linguist-vendored", "linguist-documentation")


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


def commit(repository: Repository, rev: str = "HEAD") -> str:
    """Return the commit that `rev` names; empty before the first one.

    Raises:
        IngestError: no commit has that name.
    """
    said = "" if rev.startswith("-") or "\0" in rev else rev
    done = _git(repository, "rev-parse", "--verify", "--quiet", f"{said}^{{commit}}")
    if done.returncode == 0 and said:
        return done.stdout.decode().strip()
    if rev == "HEAD":
        return ""
    raise IngestError(
        f"{repository.name} has no revision {rev!r}",
        hint="name a branch, a tag or a commit that this repository has: git log --oneline",
    )


def untracked(repository: Repository) -> int:
    """Return how many files of the work tree git neither tracks nor ignores."""
    where = ("--", repository.prefix) if repository.prefix else ()
    done = _git(repository, "ls-files", "--others", "--exclude-standard", "-z", *where)
    return done.stdout.count(b"\0")


class Tracked(NamedTuple):
    """One line of git's list."""

    path: bytes
    mode: bytes
    oid: str
    sparse: bool = False


def tracked(repository: Repository) -> list[Tracked]:
    """List the files that are tracked below the prefix; an unmerged one once."""
    where = ("--", repository.prefix) if repository.prefix else ()
    listed: dict[bytes, Tracked] = {}
    for line in _checked(repository, "ls-files", "-s", "-t", "-z", *where).split(b"\0"):
        about, _, path = line.partition(b"\t")
        if path:
            tag, mode, oid, _ = about.split(b" ")
            # Of an unmerged file's stages the second, "ours", is what its mode is taken from.
            if path not in listed or about.endswith(b" 2"):
                listed[path] = Tracked(path, mode, oid.decode(), tag == b"S")
    return list(listed.values())


def tracked_at(repository: Repository, revision: str) -> list[Tracked]:
    """List the files of a commit below the prefix."""
    where = ("--", repository.prefix) if repository.prefix else ()
    lines = _checked(repository, "ls-tree", "-r", "-z", "--full-tree", revision, *where)
    listed = []
    for line in lines.split(b"\0"):
        about, _, path = line.partition(b"\t")
        if path:
            mode, _, oid = about.split(b" ")
            listed.append(Tracked(path, mode, oid.decode()))
    return listed


def read_tree(repository: Repository, files: Iterable[Tracked]) -> Iterator[Found]:
    """Yield tracked files as they stand in the work tree, paths relative to the prefix."""
    assert repository.tree
    listed = list(files)
    attributes = _attributes(repository, listed)
    cut = len(os.fsencode(repository.prefix))
    with Beneath(os.fsencode(repository.tree)) as beneath:
        for file in listed:
            if file.mode == MODULE:
                found = _module(file)
            else:
                found = beneath.read(file.path)
                if file.mode == LINK and found.kind == "file" and not found.reason:
                    # Without symlinks in the file system git writes the target as text.
                    found = link(file.path, found.data, "checked out as text")
                elif file.sparse and found.reason == DELETED:
                    found = replace(found, reason="not checked out: sparse checkout")
            yield _relative(found, file, cut, attributes)


def read_commit(repository: Repository, revision: str, files: Iterable[Tracked]) -> Iterator[Found]:
    """Yield a commit's files from git's own store, paths relative to the prefix."""
    listed = list(files)
    attributes = _attributes(repository, listed, revision)
    names = _names(listed)
    cut = len(os.fsencode(repository.prefix))
    blobs = _blobs(repository, [file.oid for file in listed if file.mode != MODULE])
    for file in listed:
        if file.mode == MODULE:
            found = _module(file)
        else:
            found = next(blobs)
            if file.mode == LINK and not found.reason:
                found = link(file.path, found.data, _aim(file.path, found.data, names))
        yield _relative(found, file, cut, attributes)


def _relative(
    found: Found, file: Tracked, cut: int, attributes: Mapping[bytes, frozenset[str]]
) -> Found:
    return replace(
        found,
        path=shown(file.path[cut:]),
        attributes=attributes.get(file.path, frozenset()),
    )


def _module(file: Tracked) -> Found:
    return Found("", kind="submodule", reason=f"submodule at {file.oid[:7]}, not read")


def _names(files: Iterable[Tracked]) -> set[bytes]:
    """Return every path of a commit, folders too."""
    names = {b""}
    for file in files:
        path = file.path
        while path not in names:
            names.add(path)
            path = path.rpartition(b"/")[0]
    return names


def _aim(path: bytes, target: bytes, names: set[bytes]) -> str:
    """Say where a commit's link points, by its names alone."""
    end = os.path.normpath(os.path.join(os.path.dirname(path), target))  # noqa: PTH118, PTH120
    if end.startswith((b"/", b"../")) or end == b"..":
        return "outside"
    return "inside" if end in names or end == b"." else "broken"


def _blobs(repository: Repository, oids: list[str]) -> Iterator[Found]:
    """Yield the contents of objects, in order. One that this clone lacks is a reason."""
    present = _present(repository)
    wanted = [oid for oid in oids if present is None or oid in present]
    with tempfile.TemporaryFile() as asked:
        asked.write("".join(f"{oid}\n" for oid in wanted).encode())
        asked.seek(0)
        command = _command(repository, "cat-file", "--batch", "--buffer")
        with subprocess.Popen(
            command, stdin=asked, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=_env()
        ) as process:
            assert process.stdout
            try:
                for oid in oids:
                    if present is None or oid in present:
                        yield _blob(process.stdout)
                    else:
                        yield Found("", reason="not in this partial clone")
            finally:
                process.kill()


def _blob(out: IO[bytes]) -> Found:
    about = out.readline().split()[1:]
    if len(about) != 2:
        return Found("", reason="its object is missing from the repository")
    size = int(about[1])
    head = out.read(min(size, PEEK))
    reason = too_large(size, head)
    left = size - len(head)
    if reason:
        while left > 0 and (piece := out.read(min(left, 2**20))):
            left -= len(piece)
        data = head
    else:
        data = head + out.read(left)
    out.read(1)
    return Found("", data, size, reason=reason)


def _present(repository: Repository) -> set[str] | None:
    """Return the objects of a partial clone that are here; None for a full clone.

    Naming a missing one makes git start to fetch it. That is forbidden and ends the call.
    """
    done = _git(
        repository,
        *("config", "--get-regexp", r"^(extensions\.partialclone|remote\..*\.promisor)$"),
    )
    if not done.stdout:
        return None
    arguments = ("--batch-check=%(objectname)", "--batch-all-objects", "--unordered")
    return set(_checked(repository, "cat-file", *arguments).decode().split())


def _attributes(
    repository: Repository, files: list[Tracked], revision: str = ""
) -> dict[bytes, frozenset[str]]:
    """Return what .gitattributes say of each file; a file of which nothing is said is left out."""
    if (
        not any(file.path.rpartition(b"/")[2] == b".gitattributes" for file in files)
        and not (repository.directory / "info" / "attributes").exists()
    ):
        return {}
    paths = b"".join(file.path + b"\0" for file in files)
    if not revision:
        done = _git(repository, "check-attr", "-z", "--stdin", *ATTRIBUTES, given=paths)
    else:
        # Before git 2.40 attributes of a commit are only seen through an index.
        with tempfile.TemporaryDirectory() as place:
            index = {"GIT_INDEX_FILE": str(Path(place) / "index")}
            _git(repository, "read-tree", revision, extra=index)
            done = _git(
                repository,
                *("check-attr", "--cached", "-z", "--stdin", *ATTRIBUTES),
                given=paths,
                extra=index,
            )
    fields = done.stdout.split(b"\0")
    said: dict[bytes, set[str]] = {}
    for path, name, value in zip(fields[0::3], fields[1::3], fields[2::3], strict=False):
        if value in (b"set", b"true"):
            said.setdefault(path, set()).add(name.decode())
        elif value in (b"unset", b"false"):
            said.setdefault(path, set()).add("-" + name.decode())
    return {path: frozenset(names) for path, names in said.items()}


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


def _checked(repository: Repository, *arguments: str) -> bytes:
    done = _git(repository, *arguments)
    if done.returncode:
        said = done.stderr.decode("utf-8", "replace").strip().splitlines() or ["no reason given"]
        told = next((line for line in said if line.startswith("fatal:")), said[0])
        raise IngestError(
            f"git cannot read {repository.name}: {told.removeprefix('fatal: ')}",
            hint=f"try: git -C {repository.tree or repository.directory} fsck",
        )
    return done.stdout


def _git(
    repository: Repository,
    *arguments: str,
    given: bytes = b"",
    extra: Mapping[str, str] | None = None,
) -> subprocess.CompletedProcess[bytes]:
    command = _command(repository, *arguments)
    try:
        return subprocess.run(
            command, input=given, capture_output=True, env=_env(extra), timeout=SECONDS, check=False
        )
    except subprocess.TimeoutExpired:
        raise IngestError(
            f"git {arguments[0]} on {repository.name} took longer than {SECONDS} seconds",
            hint="look at the repository with git itself, or read a folder of it",
        ) from None


def _command(repository: Repository, *arguments: str) -> list[str]:
    safe = {**SAFE, "safe.directory": os.fspath(repository.tree or repository.directory)}
    where = [f"--git-dir={repository.directory}"]
    if repository.tree:
        where.append(f"--work-tree={repository.tree}")
        where += ["-C", os.fspath(repository.tree)]
    else:
        where.append("--bare")
    options = [part for key, value in safe.items() for part in ("-c", f"{key}={value}")]
    return [program(), "--no-pager", *where, *options, *arguments]


def _env(extra: Mapping[str, str] | None = None) -> dict[str, str]:
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("GIT_", "LC_"))}
    return {**kept, **OFF, **(extra or {})}


def program() -> str:
    """Return git's absolute path, so that no program of the same name in a work tree runs."""
    found = shutil.which("git")
    if not found:
        raise IngestError("git is not installed", hint="install git, or read a folder without .git")
    return os.path.abspath(found)  # noqa: PTH100
