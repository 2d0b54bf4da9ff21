"""How git is found and called: one way, in which nothing of a repository runs.

The repository's own configuration is never obeyed, for git is shown a front: a directory that
has the repository's objects and refs, and a configuration that says in which formats they are
kept and nothing else. So no filter, no driver, no file-system monitor, no remote and no include
of it exists for git; and no transport, hook, pager or editor is allowed beside.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import stat
import subprocess
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from longread import config
from longread.errors import IngestError
from longread.ingest.folder import PEEK
from longread.ingest.repository import Repository

SECONDS = 300
"""A git call on a local repository that takes longer is taken for stuck."""
SHARED = ("objects", "refs", "packed-refs", "reftable", "logs", "info", "shallow")
"""What a front takes from the repository: gitrepository-layout(5)."""
FORMATS = ("extensions.objectformat", "extensions.refstorage")
"""Settings without which a repository cannot be read as it is kept."""
READ = ("HEAD", "index", "commondir", "config", "packed-refs", "shallow", "info/attributes",
        "info/exclude", "info/sparse-checkout", "objects/info/alternates")  # fmt: skip
"""Files of a git directory that git reads; were one a pipe, it would wait for ever."""
HISTORY = {
    "log": ("--no-show-signature", "--no-mailmap", "--no-notes", "--no-decorate"),
    "diff-tree": ("-r",),
}
"""Commands that show history, and what of them may not be left to anybody's settings."""
PLAIN_DIFF = (
    "--no-ext-diff", "--no-textconv", "--no-color", "--submodule=short", "--src-prefix=a/",
    "--dst-prefix=b/",
)  # fmt: skip
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


def checked(repository: Repository, *arguments: str) -> bytes:
    """Return what git writes.

    Raises:
        IngestError: git failed.
    """
    done = run(repository, *arguments)
    if done.returncode:
        raise _unreadable(repository, done.stderr)
    return done.stdout


def _unreadable(repository: Repository, said: bytes) -> IngestError:
    lines = said.decode("utf-8", "replace").strip().splitlines() or ["no reason given"]
    told = next((line for line in lines if line.startswith("fatal:")), lines[0])
    return IngestError(
        f"git cannot read {repository.name}: {told.removeprefix('fatal: ')}",
        hint=f"try: git -C {repository.tree or repository.directory} fsck",
    )


def history(repository: Repository, verb: str, *arguments: str) -> bytes:
    """Return what `git log` or `git diff-tree` says of commits, in bytes as they are kept.

    No signature is verified, no file converted, no program asked for a difference, and neither
    the work tree nor anybody's settings have a say, so the same commits give the same bytes. What
    stands in the work tree has to be compared without git, which would run filters.

    Args:
        verb: "log", or "diff-tree" for the difference between two commits.
        arguments: revisions after options, and paths after "--"; a revision that a person named
            must have been through `ingest.git.commit`, so that it cannot be an option.

    Raises:
        IngestError: git failed, for one because an object is missing or damaged.
    """
    nobody = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}
    encoding = ("-c", "i18n.logOutputEncoding=UTF-8")
    line = (*encoding, verb, *HISTORY[verb], *PLAIN_DIFF, *arguments)
    done = run(replace(repository, tree=None), *line, extra=nobody)
    if done.returncode:
        raise _unreadable(repository, done.stderr)
    return done.stdout


def run(
    repository: Repository,
    *arguments: str,
    given: bytes = b"",
    extra: Mapping[str, str] | None = None,
    seconds: float = SECONDS,
) -> subprocess.CompletedProcess[bytes]:
    """Call git and wait for it; its failure is the caller's to judge."""
    line = command(repository, *arguments)
    try:
        return subprocess.run(
            line,
            input=given,
            capture_output=True,
            env=environment(repository, extra),
            timeout=seconds,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise IngestError(
            f"git {arguments[0]} on {repository.name} took longer than {seconds:.0f} seconds",
            hint="look at the repository with git itself, or read a folder of it",
        ) from None


def command(repository: Repository, *arguments: str) -> list[str]:
    """Return the command line of a safe call; it needs the `environment` of one."""
    safe = {**SAFE, "safe.directory": os.fspath(repository.tree or repository.directory)}
    where = [f"--git-dir={repository.directory}"]
    if repository.tree:
        where.append(f"--work-tree={repository.tree}")
        where += ["-C", os.fspath(repository.tree)]
    else:
        where.append("--bare")
    options = [part for key, value in safe.items() for part in ("-c", f"{key}={value}")]
    return [program(), "--no-pager", *where, *options, *arguments]


def environment(repository: Repository, extra: Mapping[str, str] | None = None) -> dict[str, str]:
    """Return the environment of a safe call: nobody's git variables, and all doors shut."""
    return {
        **_clean(),
        **OFF,
        "GIT_COMMON_DIR": os.fspath(front(repository.directory)),
        **(extra or {}),
    }


def _clean() -> dict[str, str]:
    return {k: v for k, v in os.environ.items() if not k.startswith(("GIT_", "LC_"))}


def front(directory: Path) -> Path:
    """Return what git is shown as the common directory of the git directory `directory`.

    It has links to the repository's objects and refs, and a configuration of our own. It lies in
    the cache, and is made anew whenever the repository's configuration has changed.

    Raises:
        IngestError: the git directory is not as git makes it.
    """
    common = _common(directory)
    settings = common / "config"
    about = settings.stat() if settings.exists() else None
    key = f"{directory}\0{common}\0{about and (about.st_ino, about.st_mtime_ns)}"
    made = _FRONTS.get(key)
    if not made or not (made / "config").exists():
        for place in {directory, common}:
            for name in READ:
                _refuse_pipe(place / name)
        made = _FRONTS[key] = _make_front(key, common)
    return made


_FRONTS: dict[str, Path] = {}
"""Those that this process has looked at."""


def _make_front(key: str, common: Path) -> Path:
    rooms = config.private(config.cache() / "fronts")
    mark = hashlib.blake2b(os.fsencode(key), digest_size=16).hexdigest()
    place = rooms / mark
    if (place / "config").exists():
        return place
    version = "[core]\n\trepositoryFormatVersion = 1\n[extensions]\n"
    formats = (f"\t{k.partition('.')[2]} = {value}\n" for k, value in _formats(common))
    with tempfile.TemporaryDirectory(dir=rooms, ignore_cleanup_errors=True) as new:
        made = Path(new) / mark
        made.mkdir(mode=0o700)
        for name in SHARED:
            (made / name).symlink_to(common / name)
        (made / "config").write_text(version + "".join(formats), encoding="utf-8")
        with suppress(OSError):  # another process was faster
            made.rename(place)
    return place


def _common(directory: Path) -> Path:
    """Return the directory that a linked work tree shares with its repository."""
    mark = directory / "commondir"
    _refuse_pipe(mark)
    try:
        said = mark.read_bytes()[:PEEK].rstrip(b"\r\n")
    except FileNotFoundError:
        return directory
    except OSError as error:
        raise _strange(mark) from error
    common = Path(os.path.abspath(directory / os.fsdecode(said)))  # noqa: PTH100
    if b"\0" in said or not (common / "objects").is_dir():
        raise _strange(mark)
    return common


def _formats(common: Path) -> list[tuple[str, str]]:
    """Return in which formats objects and refs are kept, without following any include."""
    if not (common / "config").exists():
        return []
    done = subprocess.run(
        [program(), "config", f"--file={common / 'config'}", "--no-includes", "--null", "--list"],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        # Where no repository is, none is looked for.
        env={**_clean(), **OFF, "GIT_DIR": os.devnull},
        timeout=SECONDS,
        check=False,
    )
    if done.returncode:
        raise _strange(common / "config")
    fields = (field.partition("\n") for field in done.stdout.decode("utf-8", "replace").split("\0"))
    return [(k, v) for k, _, v in fields if k in FORMATS and re.fullmatch(r"[a-zA-Z0-9]+", v)]


def _refuse_pipe(place: Path) -> None:
    try:
        mode = place.stat().st_mode
    except OSError:
        return
    if not stat.S_ISREG(mode):
        raise _strange(place)


def _strange(place: Path) -> IngestError:
    return IngestError(
        f"{place} is not as git makes it", hint="look at it; or clone the repository anew"
    )


def program() -> str:
    """Return git's absolute path, so that no program of the same name in a work tree runs."""
    found = shutil.which("git")
    if not found:
        raise IngestError("git is not installed", hint="install git, or read a folder without .git")
    return os.path.abspath(found)  # noqa: PTH100
