"""Tracked files, as they stand in the work tree or in a commit.

Every call of git goes through `plumbing`. Work-tree files are read as they stand, so that no
filter runs; `git status` and work-tree diffs, which run filters, are never used.
"""

from __future__ import annotations

import hashlib
import os
import stat
import subprocess
import tempfile
import threading
import weakref
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing, suppress
from dataclasses import replace
from functools import cached_property, partial
from pathlib import Path
from typing import IO, NamedTuple

from longread.errors import IngestError
from longread.ingest.folder import DELETED, PEEK, Beneath, Found, link, shown, too_large
from longread.ingest.plumbing import Repository, checked, command, environment, front, run

LINK, MODULE = b"120000", b"160000"
MISSING = "its object is missing from the repository"
DAMAGED = "its object is damaged"
PATIENCE = 10
"""Seconds that the number of untracked files is worth."""
NONE: frozenset[str] = frozenset()
ATTRIBUTES = ("binary", "linguist-generated", "linguist-vendored", "linguist-documentation")


def commit(repository: Repository, rev: str = "HEAD") -> str:
    """Return the commit that `rev` names; empty before the first one.

    Raises:
        IngestError: no commit has that name.
    """
    said = "" if rev.startswith("-") or "\0" in rev else rev
    done = run(repository, "rev-parse", "--verify", "--quiet", f"{said}^{{commit}}")
    if done.returncode == 0 and said:
        return done.stdout.decode().strip()
    if rev == "HEAD":
        return ""
    hint = "name a branch, a tag or a commit that this repository has: git log --oneline"
    if (front(repository.directory) / "shallow").exists():
        hint += "; or fetch the rest, for this clone is shallow: git fetch --unshallow"
    raise IngestError(f"{repository.name} has no revision {rev!r}", hint=hint)


def untracked(repository: Repository) -> int | None:
    """Return how many files of the work tree git neither tracks nor ignores; None if unknown."""
    where = ("--", repository.prefix) if repository.prefix else ()
    listing = ("ls-files", "--others", "--exclude-standard", "-z", *where)
    try:
        done = run(repository, *listing, seconds=PATIENCE)
    except IngestError:
        return None
    return None if done.returncode else done.stdout.count(b"\0")


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
    for line in checked(repository, "ls-files", "-s", "-t", "-z", *where).split(b"\0"):
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
    lines = checked(repository, "ls-tree", "-r", "-z", "--full-tree", revision, *where)
    listed = []
    for line in lines.split(b"\0"):
        about, _, path = line.partition(b"\t")
        if path:
            mode, _, oid = about.split(b" ")
            listed.append(Tracked(path, mode, oid.decode()))
    return listed


def missing(repository: Repository, files: Iterable[Tracked]) -> list[str]:
    """Return the objects of files that the repository does not have."""
    oids = dict.fromkeys(file.oid for file in files if file.mode != MODULE)
    given = "".join(f"{oid}\n" for oid in oids).encode()
    done = run(repository, "cat-file", "--batch-check", "--buffer", given=given)
    return [
        line.partition(" ")[0] for line in done.stdout.decode().splitlines() if " missing" in line
    ]


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
                # A link's file is small, and its bytes say where it leads.
                found = (beneath.read if file.mode == LINK else beneath.look)(file.path)
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
    with closing(Blobs(repository)) as blobs:
        for file in listed:
            if file.mode == MODULE:
                found = _module(file)
            elif file.mode == LINK:
                found = blobs.read(file.oid)
                if not found.reason:
                    found = link(file.path, found.data, _aim(file.path, found.data, names))
            else:
                path = shown(file.path[cut:])
                found = Found(path, mark=file.oid, again=partial(blobs.read, file.oid))
            yield _relative(found, file, cut, attributes)


def _relative(
    found: Found, file: Tracked, cut: int, attributes: Mapping[bytes, frozenset[str]]
) -> Found:
    said = attributes.get(file.path, NONE) if attributes else NONE
    path = shown(file.path[cut:])
    if found.path == path and not said:
        return found
    return replace(found, path=path, attributes=said)


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


class Blobs:
    """Objects of a repository, each read when it is asked for, by one process of git.

    The process is started when it is needed, also after `close`: a text may be asked for again.
    """

    def __init__(self, repository: Repository) -> None:
        self._repository = repository
        self._process: subprocess.Popen[bytes] | None = None
        self._lock = threading.Lock()
        self._ends: weakref.finalize[..., Blobs] | None = None

    def read(self, oid: str) -> Found:
        """Return the content of an object, or why it is not to be had: nothing is fetched."""
        with self._lock:
            try:
                process = self._process or self._start()
                assert process.stdin
                assert process.stdout
                process.stdin.write(f"{oid}\n".encode())
                process.stdin.flush()
                found = _blob(process.stdout, oid)
            except OSError:
                # It ends on an object that is damaged.
                self._stop()
                return Found("", reason=DAMAGED)
        if found.reason != MISSING:
            return found
        if (self._objects / oid[:2] / oid[2:]).exists():
            return replace(found, reason=DAMAGED)
        return replace(found, reason="not in this partial clone") if self._partial else found

    @cached_property
    def _objects(self) -> Path:
        return front(self._repository.directory) / "objects"

    @cached_property
    def _partial(self) -> bool:
        return any(self._objects.glob("pack/*.promisor"))

    def close(self) -> None:
        """End the process."""
        with self._lock:
            self._stop()

    def _start(self) -> subprocess.Popen[bytes]:
        self._process = subprocess.Popen(
            command(self._repository, "cat-file", "--batch"),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=environment(self._repository),
        )
        self._ends = weakref.finalize(self, _end, self._process)
        return self._process

    def _stop(self) -> None:
        if self._ends:
            self._ends()
        self._process = self._ends = None


def _end(process: subprocess.Popen[bytes]) -> None:
    process.kill()
    process.wait()
    for pipe in (process.stdin, process.stdout):
        if pipe:
            with suppress(OSError):
                pipe.close()


def _blob(out: IO[bytes], oid: str) -> Found:
    line = out.readline()
    if not line:
        raise OSError("git has ended")
    about = line.split()[1:]
    if len(about) != 2:
        return Found("", reason=MISSING)
    size = int(about[1])
    head = out.read(min(size, PEEK))
    reason = too_large(size, head)
    left = size - len(head)
    if len(head) < min(size, PEEK):
        raise OSError("git has ended")
    if reason:
        while left > 0 and (piece := out.read(min(left, 2**20))):
            left -= len(piece)
        data = head
    else:
        data = head + out.read(left)
        if len(data) < size:
            raise OSError("git has ended")
    out.read(1)
    # What is found out of an object is remembered by its id, so the id has to be its own.
    if about[0] != b"blob" or (not reason and _oid(data, about[0], len(oid)) != oid):
        return Found("", size=size, reason=DAMAGED)
    return Found("", data, size, reason=reason)


def _oid(data: bytes, kind: bytes, length: int) -> str:
    """Return an object's id : the hash of its type, size and content."""
    digest = hashlib.new("sha1" if length == 40 else "sha256", usedforsecurity=False)
    digest.update(b"%b %d\0" % (kind, len(data)))
    digest.update(data)
    return digest.hexdigest()


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
        # What is no file would make git wait, or lead it out: then the index says it.
        where = ("--cached",) if _has_odd_attributes(repository, files) else ()
        done = run(repository, "check-attr", *where, "-z", "--stdin", *ATTRIBUTES, given=paths)
    else:
        # Before git 2.40 attributes of a commit are only seen through an index.
        with tempfile.TemporaryDirectory() as place:
            index = {"GIT_INDEX_FILE": str(Path(place) / "index")}
            run(repository, "read-tree", revision, extra=index)
            done = run(
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


def _has_odd_attributes(repository: Repository, files: list[Tracked]) -> bool:
    """Whether a .gitattributes in the work tree, tracked or not, is no regular file."""
    assert repository.tree
    top = os.fsencode(repository.tree)
    folders: set[bytes] = set()
    for file in files:
        folder = file.path
        while folder:
            folder = folder.rpartition(b"/")[0]
            if folder in folders:
                break
            folders.add(folder)
    for folder in folders:
        with suppress(OSError):
            place = os.path.join(top, folder, b".gitattributes")  # noqa: PTH118
            if not stat.S_ISREG(os.lstat(place).st_mode):
                return True
    return False
