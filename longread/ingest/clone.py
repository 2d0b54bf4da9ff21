"""A URL → a bare partial clone in the cache, fetched again when it is there.

History and folders are cloned whole, files only of the commits that are asked for, where the
server allows that; nothing is checked out, no submodule is fetched, and no credential of the URL
is kept. The clone is then read by `longread.ingest.git` like any repository, which never fetches.
"""

from __future__ import annotations

import hashlib
import re
import shutil
import tempfile
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from longread import config
from longread.errors import IngestError
from longread.ingest import git
from longread.ingest.remote import Remote, is_url, reach, refuse, without_password
from longread.ingest.repository import Repository
from longread.types import Tell

__all__ = ["Clone", "fetched", "is_url", "name_of", "without_password"]

REFS = ("+refs/heads/*:refs/heads/*", "+refs/tags/*:refs/tags/*")
FETCH = ("fetch", "--no-tags", "--no-write-fetch-head", "--progress", "--filter=blob:none")
NAMED = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}|refs/[\w./-]+")
"""Revisions that a server may have although none of its branches and tags leads there."""
PACKS = 200
"""Packs of a clone beyond which it is made anew: each fetch adds one or two."""


@dataclass(frozen=True, slots=True)
class Clone:
    """A clone in which the files of one commit are at hand, as far as the server gave them."""

    repository: Repository
    commit: str
    """Empty where the repository has none yet."""
    remark: str = ""
    """What could not be brought up to date, and why."""


def fetched(url: str, rev: str, prefix: str, tell: Tell) -> Clone:
    """Return a clone of `url` that has the files of a revision.

    Args:
        rev: a branch, a tag, a commit, or any ref by its full name.
        prefix: the folder whose files are needed, with "/" at its end; empty for all.

    Raises:
        IngestError: the URL is of another kind, cannot be cloned, or has no such revision.
    """
    refuse(url)
    from filelock import FileLock

    place = config.private(config.cache() / "clones")
    path = place / _folder(url)
    with FileLock(place / f"{path.name}.lock"):
        remark = _bring(url, rev, path, tell)
        repository = Repository(path, None, prefix, name_of(without_password(url)))
        commit = git.commit(repository, rev)
        missing = git.missing(repository, git.tracked_at(repository, commit)) if commit else []
        if missing:
            failed = _fill(url, path, missing, tell)
            remark = remark or (failed and f"not all files could be fetched: {failed}")
        return Clone(repository, commit, remark)


def _bring(url: str, rev: str, path: Path, tell: Tell) -> str:
    """Clone `url`, or fetch what is new; return why the clone could not be brought up to date."""
    if path.exists() and len(list(path.glob("objects/pack/*.pack"))) > PACKS:
        shutil.rmtree(path)
    named = NAMED.fullmatch(rev) is not None
    if named and not rev.startswith("refs/") and path.exists() and _has(path, rev):
        return ""
    try:
        with reach(url, tell) as remote:
            if not path.exists():
                _clone(remote, path)
            elif failed := _update(remote, path):
                return f"not brought up to date: {failed}"
            elif not _has(path, "HEAD"):
                # The branch that was its default is gone, and the server named no other.
                shutil.rmtree(path)
                _clone(remote, path)
            if named and not _has(path, rev):
                remote.call(path, *FETCH, "origin", f"+{rev}:{rev}" if "/" in rev else rev)
    except IngestError as error:
        if not path.exists():
            raise
        return f"not brought up to date: {error}"
    return ""


def _clone(remote: Remote, path: Path) -> None:
    with tempfile.TemporaryDirectory(dir=path.parent, prefix="new-") as new:
        made = Path(new) / "clone"
        line = ["clone", "--bare", "--progress", "--template=", "--no-hardlinks"]
        if "uploadpack" in remote.settings:
            line.append(f"--upload-pack={remote.settings['uploadpack']}")
        failed, _ = remote.run(*line, "--filter=blob:none", "--", remote.url, str(made))
        if failed and re.search("filter|dumb|partial", failed):
            shutil.rmtree(made, ignore_errors=True)
            failed, _ = remote.run(*line, "--", remote.url, str(made))
        if failed:
            raise IngestError(
                f"{without_password(remote.url)} cannot be cloned: {failed}",
                hint="check the address and your access to it; nothing is asked for a password",
            )
        remote.run(f"--git-dir={made}", "config", "--remove-section", "remote.origin")
        shutil.move(made, path)


def _update(remote: Remote, path: Path) -> str:
    """Fetch what is new, and which branch is the default; return why that failed."""
    with ThreadPoolExecutor(1) as beside:
        default = beside.submit(remote.call, path, "ls-remote", "--symref", "origin", "HEAD")
        failed, _ = remote.call(path, *FETCH, "--prune", "origin", *REFS)
        said = re.match(rb"ref: (refs/heads/[^\t\n]+)\tHEAD\n", default.result().output)
    if said and not failed:
        remote.call(path, "symbolic-ref", "HEAD", said[1].decode())
    return failed


def _fill(url: str, path: Path, missing: list[str], tell: Tell) -> str:
    """Fetch objects in one call; return why that failed."""
    given = "".join(f"{oid}\n" for oid in missing).encode()
    # As git itself does it where it is allowed to fetch what it misses (promisor-remote.c).
    option = ("-c", "fetch.negotiationAlgorithm=noop")
    try:
        with reach(url, tell) as remote:
            return remote.call(path, *option, *FETCH, "--stdin", "origin", given=given).failed
    except IngestError as error:
        return str(error)


def _has(path: Path, rev: str) -> bool:
    try:
        return bool(git.commit(Repository(path, None), rev))
    except IngestError:
        return False


def name_of(url: str) -> str:
    """Return what people call the repository at `url`."""
    base = re.split(r"[/:]", url.rstrip("/").removesuffix("/.git"))[-1].removesuffix(".git")
    return re.sub(r"[^\w.-]+", "-", base).lstrip(".-") or "repository"


def _folder(url: str) -> str:
    mark = hashlib.blake2b(without_password(url).encode(), digest_size=5).hexdigest()
    return f"{name_of(without_password(url))}-{mark}.git"
