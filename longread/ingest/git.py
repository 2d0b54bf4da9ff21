"""Tracked files, as they stand in the work tree or in a commit.

Every call of git goes through `plumbing`. Work-tree files are read as they stand, so that no
filter runs; `git status` and work-tree diffs, which run filters, are never used.
"""

from __future__ import annotations

import os
import stat
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing, suppress
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import NamedTuple

from longread.errors import IngestError
from longread.ingest.folder import DELETED, Beneath, Found, link, shown
from longread.ingest.objects import Blobs
from longread.ingest.plumbing import checked, front, run
from longread.ingest.repository import Repository

LINK, MODULE = b"120000", b"160000"
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
