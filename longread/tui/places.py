"""Paths while they are typed: how they may go on, what lies there, what is wrong with them.

It asks the disk and may wait for it: call it in a thread.
"""

from __future__ import annotations

import os
import re
import shlex
import time
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from urllib.parse import unquote, urlsplit

from longread.errors import similar
from longread.ingest.clone import is_url

MOST = 100
"""Candidates that are listed."""
LOOKED = 2_000
"""Names of a folder that are looked at for what it holds."""
PATIENCE = 0.3
"""Seconds after which what lies in folders is no longer looked at."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """One way for a path to go on."""

    text: str
    """The whole path, as it would stand in the line; a folder's ends with "/"."""
    what: str
    """"git repository", "folder, 31 PDFs", "PDF", "file"."""


def candidates(typed: str) -> list[Candidate]:
    """Return how what was typed may go on: folders first, hidden ones only where asked for."""
    if is_url(typed):
        return []
    head, slash, tail = typed.rpartition("/")
    head += slash
    try:
        with os.scandir(os.path.expanduser(head) or ".") as listing:  # noqa: PTH111
            found = [
                (not entry.is_dir(), entry.name.casefold(), entry.name, entry.path)
                for entry in listing
                if entry.name.casefold().startswith(tail.casefold())
                and (tail.startswith(".") or not entry.name.startswith("."))
            ]
    except (OSError, ValueError):
        return []
    until = time.monotonic() + PATIENCE
    return [
        Candidate(f"{head}{name}{'' if is_file else '/'}", _what(path, is_file, until))
        for is_file, _, name, path in sorted(found)[:MOST]
    ]


def _what(path: str, is_file: bool, until: float) -> str:
    if is_file:
        return "PDF" if path.lower().endswith(".pdf") else "file"
    if time.monotonic() > until:
        return "folder"
    if os.path.exists(f"{path}/.git"):  # noqa: PTH110
        return "git repository"
    try:
        with os.scandir(path) as listing:
            names = [entry.name for entry in islice(listing, LOOKED)]
    except OSError:
        return "folder, not to be opened"
    if {"HEAD", "objects", "refs"} <= set(names):
        return "git repository"
    pdfs = sum(name.lower().endswith(".pdf") for name in names)
    if not pdfs:
        return "folder"
    more = "+" if len(names) == LOOKED else ""
    return f"folder, {pdfs:,}{more} PDF{'' if pdfs == 1 else 's'}"


def common(typed: str, found: list[Candidate]) -> str:
    """Return the longest beginning that all candidates share, or what was typed."""
    if not found:
        return typed
    # What stands first and last in order differs earliest.
    texts = sorted(candidate.text for candidate in found)
    shared = 0
    for one, other in zip(texts[0], texts[-1], strict=False):
        if one != other:
            break
        shared += 1
    return texts[0][:shared] if shared > len(typed) else typed


def wrong(location: str) -> str:
    """Say why a location cannot be read, and what may be meant; "" where it can."""
    if is_url(location):
        return ""
    path = os.path.expanduser(location)  # noqa: PTH111
    try:
        os.stat(path)  # noqa: PTH116
    except ValueError:
        return f"{location} is not a path"
    except FileNotFoundError:
        return f"{location}: no such file or folder{_close(path)}"
    except OSError as error:
        return f"{location}: {(error.strerror or 'error').lower()}"
    if not os.access(path, os.R_OK):
        return f"{location}: you may not read it"
    return ""


def _close(path: str) -> str:
    folder, name = os.path.split(path.rstrip("/"))
    try:
        names = os.listdir(folder or ".")  # noqa: PTH208
    except OSError:
        return f"; nor is there {folder}" if folder else ""
    close = similar(name, names)
    return f"; did you mean {close}?" if close else ""


def pasted(text: str) -> Iterator[str]:
    """Yield locations from what was pasted: a line each, or as file managers write them."""
    for row in re.split(r"[\r\n]+", text):
        row = row.strip()
        if row.startswith("file://") and not urlsplit(row).netloc:
            yield unquote(urlsplit(row).path)
        elif row[:1] in ("'", '"') and row[-1:] == row[:1]:
            try:
                yield from shlex.split(row)
            except ValueError:
                yield row
        elif row:
            yield row
