"""Files on disk, read with care: a folder that is not a repository, and what git.py shares.

No symbolic link is followed, wherever in a path it stands, and nothing but regular files is
opened for reading, so a folder cannot lead out of itself or make the reader wait.
"""

from __future__ import annotations

import errno
import os
import stat
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Literal

MOST = 32 * 2**20
"""Bytes of the largest file that is read as text."""
MOST_PDF = 512 * 2**20
"""Bytes of the largest PDF or Word file that is read."""
PEEK = 8192
"""Bytes that show what a file is."""
OWN = (b"", b".", b"..", b".git")
"""Names that never stand in the path of a file to be read."""
DELETED = "deleted in the work tree"
GRAIN = 2_000_000_000
"""Nanoseconds within which two changes may bear the same time; FAT counts in two seconds."""

DIRECTORY = os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC | getattr(os, "O_PATH", os.O_RDONLY)
# A pipe in a file's place must not make the reader wait.
FILE = os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK


@dataclass(frozen=True, slots=True)
class Found:
    """One file as its source gave it: the bytes, or why there are none."""

    path: str
    """Relative to the source, "/" between parts; bytes that are not UTF-8 as "\\xNN"."""
    data: bytes = b""
    size: int = 0
    kind: Literal["file", "symlink", "submodule"] = "file"
    reason: str = ""
    """Why the bytes are not all here; empty when they are."""
    attributes: frozenset[str] = frozenset()
    """Set in .gitattributes; with "-" before it where it was unset on purpose."""
    prefix: str = ""
    """What stands before the path where a corpus has several sources."""
    mark: str = ""
    """Another one whenever the bytes may be others; known without reading them, or empty."""
    shelf: bool = False
    """Whether it lies in a folder that is no repository, or stands alone."""
    again: Callable[[], Found] | None = field(default=None, compare=False, repr=False)
    """Reads the file, whose bytes `data` does not hold yet; may be called later, and again."""


def shown(path: bytes) -> str:
    """Return a name as people see it."""
    return path.decode("utf-8", "backslashreplace")


def whole(found: Found) -> Found:
    """Return a file with its bytes, or with the reason why they cannot be read."""
    if not found.again or found.reason or found.data:
        return found
    read = found.again()
    return replace(found, data=read.data, size=read.size, kind=read.kind, reason=read.reason)


class LeadsOut(OSError):  # noqa: N818
    """A path with a part that no file below a folder has."""


class Beneath:
    """Reads files below one folder. Files asked for in order share their open folders."""

    def __init__(self, root: bytes) -> None:
        self.root = root
        self._opened = time.time_ns()
        self._folders = [(b"", os.open(root, os.O_DIRECTORY | os.O_RDONLY | os.O_CLOEXEC))]
        self._entered: bytes | None = b""
        """The folder that was opened last; None where that failed."""

    def __enter__(self) -> Beneath:
        return self

    def __exit__(self, *_: object) -> None:
        while self._folders:
            os.close(self._folders.pop()[1])

    def look(self, path: bytes) -> Found:
        """Return the file at `path` with its mark instead of its bytes, where it can have one.

        As with git's index, a file that was changed a moment ago has none: what changes within
        the clock's grain could not be told (git's Documentation/technical/racy-git.txt).
        """
        try:
            parent, name = self._parent(path)
            about = os.lstat(name, dir_fd=parent)
        except OSError:
            return self.read(path)
        mark = _mark(about, self._opened)
        if mark and 0 < about.st_size <= MOST:
            again = partial(self.again, path, mark)
            return Found(shown(path), size=about.st_size, mark=mark, again=again)
        found = self.read(path)
        return replace(found, again=partial(self.read, path)) if found.data else found

    def again(self, path: bytes, mark: str) -> Found:
        """Return a file that `look` found, with its bytes.

        What bears the mark is the file that was found, by whatever way it is reached now; so the
        folders down to it, which hold up the most, need not be opened one by one.
        """
        if not self._folders:
            place = os.path.join(self.root, path)  # noqa: PTH118
            with suppress(OSError):
                if _mark(os.lstat(place), self._opened) == mark:
                    return self._open(path, place, None, mark)
        return self.read(path)

    def read(self, path: bytes) -> Found:
        """Return the file at `path`, relative to the root; a failure is its reason.

        Once everything is closed it can still be asked for, each file by itself.
        """
        if not self._folders:
            try:
                with Beneath(self.root) as alone:
                    return alone.read(path)
            except OSError as error:
                return Found(shown(path), reason=unreadable(error))
        try:
            parent, name = self._parent(path)
        except LeadsOut:
            return Found(shown(path), reason="not read: its path leads out of its source")
        except FileNotFoundError:
            return Found(shown(path), reason=DELETED)
        except OSError as error:
            if error.errno in (errno.ENOTDIR, errno.ELOOP):
                return Found(shown(path), reason="not read: a folder of its path was replaced")
            return Found(shown(path), reason=unreadable(error))
        try:
            return self._open(path, name, parent)
        except FileNotFoundError:
            return Found(shown(path), reason=DELETED)
        except OSError as error:
            return Found(shown(path), reason=unreadable(error))

    def _parent(self, path: bytes) -> tuple[int, bytes]:
        """Return the open folder that a file lies in, and the file's name there."""
        folder, slash, name = path.rpartition(b"/")
        if name.lower() in OWN:
            raise LeadsOut
        if folder != self._entered or (slash and not folder):
            parts = folder.split(b"/") if slash else []
            if any(part.lower() in OWN for part in parts):
                raise LeadsOut
            self._entered = None
            self._enter(parts)
            self._entered = folder
        return self._folders[-1][1], name

    def _enter(self, parts: list[bytes]) -> None:
        """Open the folders down to a file, keeping those that the file before had too."""
        depth = 0
        for (held, _), part in zip(self._folders[1:], parts, strict=False):
            if held != part:
                break
            depth += 1
        while len(self._folders) > depth + 1:
            os.close(self._folders.pop()[1])
        for part in parts[depth:]:
            self._folders.append((part, os.open(part, DIRECTORY, dir_fd=self._folders[-1][1])))

    def _open(self, path: bytes, name: bytes, parent: int | None, mark: str = "") -> Found:
        """Return the file that `name` is in the folder `parent`; only that one with the mark."""
        try:
            file = os.open(name, FILE, dir_fd=parent)
        except OSError as error:
            mode = os.lstat(name, dir_fd=parent).st_mode
            if stat.S_ISLNK(mode):
                target = os.readlink(name, dir_fd=parent)
                return link(path, target, aim(self.root, path, target))
            if not stat.S_ISREG(mode):
                return Found(shown(path), reason="not a regular file")
            return Found(shown(path), reason=unreadable(error))
        try:
            about = os.fstat(file)
            if mark and _mark(about, self._opened) != mark:
                raise OSError(errno.ESTALE, "replaced")
            if stat.S_ISDIR(about.st_mode):
                return Found(shown(path), reason="replaced by a folder")
            if not stat.S_ISREG(about.st_mode):
                return Found(shown(path), reason="not a regular file")
            if about.st_size > MOST and (reason := too_large(about.st_size, head := _peek(file))):
                return Found(shown(path), head, about.st_size, reason=reason)
            data = _whole(file, about.st_size)
            return Found(shown(path), data, len(data))
        finally:
            os.close(file)


def too_large(size: int, head: bytes) -> str:
    """Return why a file of `size` bytes is not read whole; empty where it is."""
    # A Word file is large for its pictures, and its text is a small part of it.
    word = head.startswith(b"PK\3\4") and (b"word/" in head or b"[Content_Types].xml" in head)
    most = MOST_PDF if word or head.startswith(b"%PDF-") else MOST
    return f"too large: {size / 2**20:,.0f} MiB" if size > most else ""


def unreadable(error: OSError) -> str:
    """Say what the system said, without the path."""
    return f"cannot be read: {(error.strerror or 'error').lower()}"


def link(path: bytes, target: bytes, where: str) -> Found:
    """Return the entry of a symbolic link, which says where it points."""
    said = f"symlink to {shown(target)} ({where})"
    return Found(shown(path), size=len(target), kind="symlink", reason=said)


def aim(root: bytes, path: bytes, target: bytes) -> str:
    """Say whether a link on disk points inside its source, outside, or nowhere."""
    top = os.path.realpath(root)
    end = os.path.realpath(os.path.join(top, os.path.dirname(path), target))  # noqa: PTH118, PTH120
    if end != top and not end.startswith(top.rstrip(b"/") + b"/"):
        return "outside"
    return "inside" if os.path.lexists(end) else "broken"


def on_shelf(found: Found) -> Found:
    """Return a file as one of no repository; it may be read otherwise, so its mark is another."""
    return replace(found, shelf=True, mark=found.mark and f"shelf:{found.mark}")


def walk(root: Path) -> Iterator[Found]:
    """Yield every file below `root` in the order of names; repositories' own files are left."""
    with Beneath(os.fsencode(root)) as beneath:
        yield from _walk(beneath, b"")


def _walk(beneath: Beneath, folder: bytes) -> Iterator[Found]:
    waiting = [(folder, True)]
    while waiting:
        path, is_folder = waiting.pop()
        if not is_folder:
            yield on_shelf(beneath.look(path))
            continue
        try:
            with os.scandir(os.path.join(beneath.root, path)) as listed:  # noqa: PTH118
                inside = [(e.name, e.is_dir(follow_symlinks=False)) for e in listed]
        except OSError as error:
            yield Found(shown(path) + "/", reason=unreadable(error))
            continue
        front = path + b"/" if path else b""
        waiting += [(front + n, d) for n, d in sorted(inside, reverse=True) if n != b".git"]


def _mark(about: os.stat_result, now: int) -> str:
    """Return what tells a regular file's bytes from others, where it was not changed just now."""
    newest = max(about.st_mtime_ns, about.st_ctime_ns)
    if newest >= now - GRAIN or not stat.S_ISREG(about.st_mode):
        return ""
    return f"{about.st_dev}:{about.st_ino}:{about.st_size}:{newest}:{about.st_mtime_ns}"


def _peek(file: int) -> bytes:
    head = os.read(file, PEEK)
    os.lseek(file, 0, os.SEEK_SET)
    return head


def _whole(file: int, size: int) -> bytes:
    # One byte more than expected, so that the end is seen at once.
    data = os.read(file, size + 1)
    if len(data) == size:
        return data
    pieces = [data]
    left = MOST_PDF - len(data)
    while left > 0 and (piece := os.read(file, min(left, 2**20))):
        pieces.append(piece)
        left -= len(piece)
    return b"".join(pieces)
