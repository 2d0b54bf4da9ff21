"""Objects of a repository, each read when it is asked for. None is fetched, and none believed
whose content is not what its id says.
"""

from __future__ import annotations

import hashlib
import subprocess
import threading
import weakref
from contextlib import suppress
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import IO

from longread.ingest.folder import PEEK, Found, too_large
from longread.ingest.plumbing import command, environment, front
from longread.ingest.repository import Repository

MISSING = "its object is missing from the repository"
DAMAGED = "its object is damaged"


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
