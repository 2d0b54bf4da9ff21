"""A location → what is there, listed and ready to be read: a work tree, a commit, a folder, a file.

Nothing is decoded here, and nothing left out.
"""

from __future__ import annotations

import os
import stat
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from longread.errors import IngestError, similar
from longread.ingest import clone, folder, git
from longread.ingest.folder import Found, whole
from longread.ingest.locations import asked
from longread.ingest.remote import is_url, without_password
from longread.ingest.repository import Repository, find
from longread.ingest.select import OWN_FILE
from longread.types import Source, Tell


@dataclass(slots=True)
class Place:
    """A location that was found, before its files are read."""

    name: str
    source: Source
    files: Iterator[Found]
    total: int = 0
    """How many files there are, where that is known before they are read."""
    seen: int = 0
    own: Callable[[], Found] | None = None
    """Reads its `.longread.toml`, where it has one."""
    uncounted: Future[int | None] | None = None
    """How many files its repository does not track, which is found out meanwhile."""
    repository: Repository | None = None
    commit: str = ""
    """Of the repository, that is read; empty where its work tree is."""

    @property
    def note(self) -> str:
        """What there is to say of it, once its files were read."""
        left_out = ""
        if self.uncounted:
            number = self.uncounted.result()
            if number is None:
                left_out = "; untracked files left out, not counted"
            elif number:
                left_out = f"; {number_of(number, 'untracked file')} left out"
        files = number_of(self.seen, "file")
        return self.source.note.format(files=files, left_out=left_out)


def open_place(location: str, rev: str, progress: Tell) -> Place:
    """Find what a location names, and list it; its files are read as they are taken.

    Args:
        rev: read this revision of a repository, where the location names none.

    Raises:
        IngestError: there is nothing, or nothing that can be read.
    """
    address, at, prefix = asked(location)
    rev = at or rev
    if is_url(address):
        got = clone.fetched(address, rev or "HEAD", prefix, progress)
        where = without_password(location)
        return _at_commit(_called(got.repository, at), got.commit, where, got.remark)
    try:
        path = Path(os.path.realpath(os.path.expanduser(address)))  # noqa: PTH111
        is_folder = stat.S_ISDIR(path.stat().st_mode)
    except (OSError, ValueError) as error:
        close = nearest(os.path.expanduser(address))  # noqa: PTH111
        raise IngestError(
            f"{location} cannot be opened: {_why(error)}",
            hint=f"check the path: did you mean {close}?" if close else "check the path",
        ) from None
    repository = find(path) if is_folder else None
    if repository:
        where = f"{path}{location[len(address) :]}"
        inside = replace(repository, prefix=repository.prefix + prefix)
        if rev or not repository.tree:
            version = git.commit(inside, rev or "HEAD")
            return _at_commit(_called(inside, at), version, where)
        place = _in_work_tree(inside, where)
        if place:
            return place
    if rev:
        raise IngestError(
            f"{location} is not in a git repository, so it has no revision {rev!r}",
            hint="leave the revision away, or name a repository",
        )
    if prefix:
        raise _nothing_below(repository.name if repository else str(path), prefix)
    if not is_folder:
        return _file(path)
    what = "with nothing tracked by git in it" if repository else "not a git repository"
    source = Source(str(path), "folder", note=f"folder, {what}: {{files}}")
    place = Place(path.name, source, folder.walk(path))
    if os.path.isfile(path / OWN_FILE):  # noqa: PTH113 (False, not an error, where nobody may look)
        place.own = partial(_beneath, path)
    return place


def location_of(location: str) -> str:
    """Return what `open_place` calls a location, without looking whether it is there."""
    address, _, _ = asked(location)
    if is_url(address):
        return without_password(location)
    try:
        return os.path.realpath(os.path.expanduser(address)) + location[len(address) :]  # noqa: PTH111
    except ValueError:
        return location


def _called(repository: Repository, at: str) -> Repository:
    """Return a repository under a name that says which revision of it was asked for."""
    top = replace(repository, prefix="").name
    return replace(repository, called=f"{top}@{at}") if at else repository


def _in_work_tree(repository: Repository, location: str) -> Place | None:
    """Open what git tracks; None for a folder in which it tracks nothing."""
    # Nothing but the note waits for it, and it takes longer than all the rest.
    beside = ThreadPoolExecutor(1)
    uncounted = beside.submit(git.untracked, repository)
    beside.shutdown(wait=False)
    tracked = git.tracked(repository)
    if not tracked and repository.prefix:
        return None
    version = git.commit(repository)
    if not tracked:
        raise _empty(repository, version)
    note = f"git work tree of {repository.name} {_at(version)}: "
    note = _literal(note + number_of(len(tracked), "tracked file")) + "{left_out}"
    source = Source(location, "git", version, note)
    files = git.read_tree(repository, tracked)
    place = Place(
        repository.name, source, files, len(tracked), uncounted=uncounted, repository=repository
    )
    if repository.tree and _has_own(repository, tracked):
        place.own = partial(_beneath, repository.tree)
    return place


def _at_commit(repository: Repository, version: str, location: str, remark: str = "") -> Place:
    tracked = git.tracked_at(repository, version) if version else []
    if not tracked and version and repository.prefix:
        raise _nothing_below(repository.name, repository.prefix, version)
    if not tracked:
        raise _empty(repository, "")
    note = f"git commit {version[:7]} of {repository.name}: {number_of(len(tracked), 'file')}"
    if remark:
        note += f"; {remark}"
    source = Source(location, "git", version, _literal(note))
    files = git.read_commit(repository, version, tracked)
    place = Place(
        repository.name, source, files, len(tracked), repository=repository, commit=version
    )
    if found := _has_own(repository, tracked):
        place.own = lambda: whole(next(git.read_commit(repository, version, found)))
    return place


def _has_own(repository: Repository, tracked: Sequence[git.Tracked]) -> list[git.Tracked]:
    """Return the repository's own file where all of the repository is read."""
    if repository.prefix:
        return []
    return [file for file in tracked if file.path == OWN_FILE.encode()]


def _beneath(root: Path) -> Found:
    with folder.Beneath(os.fsencode(root)) as beneath:
        return beneath.read(OWN_FILE.encode())


def _file(path: Path) -> Place:
    def files() -> Iterator[Found]:
        with folder.Beneath(os.fsencode(path.parent)) as beneath:
            yield folder.on_shelf(beneath.look(os.fsencode(path.name)))

    is_pdf = path.suffix.lower() == ".pdf"
    source = Source(
        str(path), "pdf" if is_pdf else "file", note="one PDF" if is_pdf else "one file"
    )
    return Place(path.name, source, files(), 1)


def _empty(repository: Repository, version: str) -> IngestError:
    if version:
        return IngestError(
            f"nothing of {repository.name} is checked out",
            hint=f"read a commit: --rev {version[:7]}; or check it out first",
        )
    return IngestError(
        f"{repository.name} is an empty repository: git tracks nothing in it",
        hint="git add the files to be read, or name a folder below it to read it as it stands",
    )


def _nothing_below(name: str, prefix: str, version: str = "") -> IngestError:
    where = f" at {version[:7]}" if version else ""
    return IngestError(
        f"{name.removesuffix('/' + prefix.rstrip('/'))} has no folder {prefix.rstrip('/')}{where}",
        hint="name a folder that git tracks files in: git ls-tree -d -r --name-only HEAD",
    )


def _at(version: str) -> str:
    return f"at {version[:7]}" if version else "before its first commit"


def number_of(number: int, noun: str) -> str:
    """Return "1 file", "2,000 files"."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def few(names: Sequence[str], most: int = 3) -> str:
    """Return "a, b, c and 56 more": a shell's pattern can name hundreds of sources."""
    more = len(names) - most
    return ", ".join(names[:most]) + f" and {more:,} more" if more > 1 else ", ".join(names)


def notes_of(sources: Sequence[Source]) -> list[str]:
    """Return what is to be said of each source, what is the same of several said once."""
    times = Counter(source.note for source in sources)
    return [f"{n:,} × {note}" if n > 1 else note for note, n in times.items()]


def _literal(note: str) -> str:
    return note.replace("{", "{{").replace("}", "}}")


def nearest(path: str) -> str:
    """Return the name, in the folder of a path that is not there, that comes close to its own."""
    folder, name = os.path.split(path.rstrip("/"))
    try:
        names = os.listdir(folder or ".")  # noqa: PTH208
    except (OSError, ValueError):
        return ""
    return similar(name, names)


def _why(error: OSError | ValueError) -> str:
    if isinstance(error, FileNotFoundError):
        return "no such file or folder"
    return (error.strerror or "error").lower() if isinstance(error, OSError) else str(error)
