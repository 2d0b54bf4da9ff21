"""What a person may write for a source: ADDRESS[@REV][//FOLDER], a path or a URL.

What exists as it is written is taken as it is written.
"""

from __future__ import annotations

import os
import posixpath
import re
from typing import NamedTuple

from longread.errors import IngestError
from longread.ingest.remote import is_url

HOST = re.compile(r"[a-zA-Z][\w+.-]*://[^/]*/|[\w.-]+@[\w.-]+:")
"""What a URL begins with, up to its path; an "@" there comes before the host."""


class Asked(NamedTuple):
    """A source's parts."""

    address: str
    rev: str = ""
    prefix: str = ""
    """The folder asked for, with "/" at its end; empty for all."""


def asked(location: str) -> Asked:
    """Return the parts of a location.

    Raises:
        IngestError: its folder leads out of the repository.
    """
    if is_url(location):
        host = HOST.match(location)
        if not host:
            return Asked(location)
        path, _, folder = location[host.end() :].partition("//")
        path, rev = _at(path)
        return Asked(host[0] + path, rev, _prefix(location, folder))
    if _exists(location):
        return Asked(location)
    address, _, folder = location[1:].partition("//")
    address = location[:1] + address
    rev = ""
    if not _exists(address):
        address, rev = _at(address)
    return Asked(address, rev, _prefix(location, folder)) if _exists(address) else Asked(location)


def _at(path: str) -> tuple[str, str]:
    """Cut "path@rev" in two; a part of a path that begins with "@" is no revision."""
    named = re.fullmatch(r"(.*[^/@])@([^@]+)", path)
    return (named[1], named[2]) if named else (path, "")


def _prefix(location: str, folder: str) -> str:
    if not folder.strip("/"):
        return ""
    normal = posixpath.normpath(folder.strip("/"))
    if normal.startswith("..") and normal[2:3] in ("", "/"):
        raise IngestError(
            f"{location} leads out of its repository", hint="name a folder below its top"
        )
    return "" if normal == "." else f"{normal}/"


def _exists(path: str) -> bool:
    try:
        return os.path.lexists(os.path.expanduser(path))  # noqa: PTH111
    except ValueError:
        return False
