"""Sources → Corpus: a folder, a repository, a URL, a PDF, a text file, or several of them.

One unreadable file is an entry with a reason. What cannot be read at all is an `IngestError`.
"""

from __future__ import annotations

import os
import stat
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import partial
from itertools import chain, count
from pathlib import Path
from typing import Literal

from longread import config
from longread.cache.derived import Derived
from longread.errors import IngestError
from longread.ingest import clone, folder, git
from longread.ingest.contents import Reader, Use
from longread.ingest.folder import Found, whole
from longread.ingest.locations import asked
from longread.ingest.plumbing import Repository, find, front
from longread.ingest.remote import is_url, without_password
from longread.ingest.select import (
    EVERYTHING,
    OWN_FILE,
    Selection,
    Sieve,
    below,
    of_kinds,
    own,
)
from longread.types import Corpus, Entry, Level, Progress, Source, Tell


@dataclass(frozen=True, slots=True)
class Options:
    """How sources are read."""

    rev: str = ""
    """A commit, branch or tag to be read instead of the work tree."""
    secrets: Literal["mask", "keep"] = "mask"
    """"mask": credentials are blotted out before anything is kept or sent."""
    passwords: tuple[str, ...] = ()
    """Tried on encrypted PDFs, after the empty one."""
    selection: Selection = EVERYTHING
    """What a person leaves out, or wants to be shown at another level."""
    own: Literal["", "allow", "ignore"] = ""
    """Whether a repository's own `.longread.toml` is used; empty: that of a repository on this
    machine is, that of another only where `[trust] repositories` of the settings names it."""


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


def read(
    locations: Sequence[str],
    options: Options,
    derived: Derived,
    progress: Tell,
    use: Use | None = None,
) -> Corpus:
    """Return the documents of all `locations`, ordered by path, and an entry for every file.

    Args:
        use: is given each document that was never read before while its text is at hand, so that
            the text need not be read again for what is counted of it. It may be called for a
            document that the corpus has under several paths, and from one thread only.

    Raises:
        IngestError: a location cannot be read at all, or nothing in any of them can.
    """
    places: dict[str, Place] = {}
    for location in locations:
        progress(Progress("open", len(places), len(locations), without_password(location)))
        place = _open(location, options, progress)
        places.setdefault(place.source.location, place)
    if not places:
        raise IngestError("no source was named", hint="name a folder, a repository or a PDF")
    names = _names(places.values()) if len(places) > 1 else [""] * len(places)
    levels = [_select(p, name, options) for p, name in zip(places.values(), names, strict=True)]
    files = chain.from_iterable(
        _named(place, name) for place, name in zip(places.values(), names, strict=True)
    )
    reader = Reader(options.secrets, options.passwords, derived, progress, use)
    contents = reader.read(files, sum(place.total for place in places.values()))
    documents, entries = of_kinds(contents.documents, contents.entries, options.selection.kinds)
    if not documents:
        raise _nothing_readable(list(places.values()), entries)
    sources = tuple(
        replace(p.source, note=p.source.note.format(files=_number(p.seen, "file")))
        for p in places.values()
    )
    said = (*chain.from_iterable(levels), *options.selection.levels)
    return Corpus(sources, documents, entries, contents.pages, said)


def _select(place: Place, name: str, options: Options) -> tuple[tuple[str, Level], ...]:
    """Leave out of a place what a person and its own file leave out; return the file's levels."""
    person = Sieve(options.selection)
    place.files = map(person.sift, place.files)
    if not place.own or options.own == "ignore":
        return ()
    if options.own != "allow" and is_url(place.source.location):
        address = asked(place.source.location).address
        if address not in config.settings().repositories:
            note = f"{place.source.note}; its {OWN_FILE} is not used: --own-settings allow"
            place.source = replace(place.source, note=note)
            return ()
    said = own(place.own(), place.source.location)
    place.files = map(Sieve(said, f"left out by {OWN_FILE}").sift, place.files)
    place.source = replace(place.source, note=f"{place.source.note}; {OWN_FILE} is used")
    return below(name, said.levels)


def _open(location: str, options: Options, progress: Tell) -> Place:
    address, at, prefix = asked(location)
    rev = at or options.rev
    if is_url(address):
        got = clone.fetched(address, rev or "HEAD", prefix, progress)
        where = without_password(location)
        return _at_commit(_called(got.repository, at), got.commit, where, got.remark)
    try:
        path = Path(os.path.realpath(os.path.expanduser(address)))  # noqa: PTH111
        is_folder = stat.S_ISDIR(path.stat().st_mode)
    except (OSError, ValueError) as error:
        raise IngestError(
            f"{location} cannot be opened: {_why(error)}", hint="check the path"
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
    if (path / OWN_FILE).is_file():
        place.own = partial(_beneath, path)
    return place


def _called(repository: Repository, at: str) -> Repository:
    """Return a repository under a name that says which revision of it was asked for."""
    top = replace(repository, prefix="").name
    return replace(repository, called=f"{top}@{at}") if at else repository


def _in_work_tree(repository: Repository, location: str) -> Place | None:
    """Open what git tracks; None for a folder in which it tracks nothing."""
    front(repository.directory)
    with ThreadPoolExecutor(2) as beside:
        counting = beside.submit(git.untracked, repository)
        naming = beside.submit(git.commit, repository)
        tracked = git.tracked(repository)
        version, left_out = naming.result(), counting.result()
    if not tracked and repository.prefix:
        return None
    if not tracked:
        raise _empty(repository, version)
    note = f"git work tree of {repository.name} {_at(version)}: "
    note += _number(len(tracked), "tracked file")
    if left_out is None:
        note += "; untracked files left out, not counted"
    elif left_out:
        note += f"; {_number(left_out, 'untracked file')} left out"
    source = Source(location, "git", version, _literal(note))
    place = Place(repository.name, source, git.read_tree(repository, tracked), len(tracked))
    if repository.tree and _has_own(repository, tracked):
        place.own = partial(_beneath, repository.tree)
    return place


def _at_commit(repository: Repository, version: str, location: str, remark: str = "") -> Place:
    tracked = git.tracked_at(repository, version) if version else []
    if not tracked and version and repository.prefix:
        raise _nothing_below(repository.name, repository.prefix, version)
    if not tracked:
        raise _empty(repository, "")
    note = f"git commit {version[:7]} of {repository.name}: {_number(len(tracked), 'file')}"
    if remark:
        note += f"; {remark}"
    source = Source(location, "git", version, _literal(note))
    files = git.read_commit(repository, version, tracked)
    place = Place(repository.name, source, files, len(tracked))
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
            yield beneath.look(os.fsencode(path.name))

    is_pdf = path.suffix.lower() == ".pdf"
    source = Source(
        str(path), "pdf" if is_pdf else "file", note="one PDF" if is_pdf else "one file"
    )
    return Place(path.name, source, files(), 1)


def _named(place: Place, name: str) -> Iterator[Found]:
    """Yield a place's files, with its name before their paths if it has one."""
    single = place.source.way in ("pdf", "file")
    for found in place.files:
        place.seen += 1
        if not name:
            yield found
        elif single:
            yield replace(found, path=name)
        else:
            yield replace(found, prefix=f"{name}/")


def _names(places: Iterable[Place]) -> list[str]:
    """Return a name for each place that no other has."""
    given: list[str] = []
    for place in places:
        base = folder.shown(os.fsencode(place.name)) or "root"
        single = place.source.way in ("pdf", "file")
        stem, end = os.path.splitext(base) if single else (base, "")  # noqa: PTH122
        others = (f"{stem}-{number}{end}" for number in count(2))
        given.append(next(name for name in chain([base], others) if name not in given))
    return given


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


def _nothing_readable(places: list[Place], entries: tuple[Entry, ...]) -> IngestError:
    where = ", ".join(place.source.location for place in places[:3])
    if not entries:
        return IngestError(f"{where} holds no files", hint="name a folder that holds text or PDFs")
    reasons = Counter(entry.reason.partition(":")[0].partition(" to ")[0] for entry in entries)
    first = reasons.most_common(1)[0][0]
    hint = next((hint for word, hint in HINTS.items() if word in first), HINTS[""])
    if len(entries) == 1:
        return IngestError(f"{where} cannot be read: {entries[0].reason}", hint=hint)
    listed = ", ".join(f"{number:,} {reason}" for reason, number in reasons.most_common(4))
    return IngestError(
        f"nothing in {where} can be read: {_number(len(entries), 'file')} ({listed})", hint=hint
    )


HINTS = {
    "password": "give the document's password",
    "PDF": "check how the file was made or downloaded: it does not begin as a PDF does",
    "damaged": "open it in a PDF viewer and save it anew",
    "no text": "it may be scanned: run OCR over it first",
    "left out": "leave out less: look at --include, --exclude, --only-kind and .longread.toml",
    "partial clone": "check the files out with git first, which fetches them",
    "": "name text files or PDFs, or a folder that holds some",
}


def _at(version: str) -> str:
    return f"at {version[:7]}" if version else "before its first commit"


def _number(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def _literal(note: str) -> str:
    return note.replace("{", "{{").replace("}", "}}")


def _why(error: OSError | ValueError) -> str:
    if isinstance(error, FileNotFoundError):
        return "no such file or folder"
    return (error.strerror or "error").lower() if isinstance(error, OSError) else str(error)
