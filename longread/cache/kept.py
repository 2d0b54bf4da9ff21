"""What the cache directory holds, part by part, and how to be rid of it.

All of it can be made again. Search indexes and clones that were not used for longest go when
there is too much of them; `longread.cache.derived` bounds itself.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from longread import config
from longread.cache.derived import Derived

Name = Literal["derived", "search", "clones", "fronts", "secrets", "kv", "engines", "models"]
PARTS: dict[Name, str] = {
    "derived": "what files were found to hold: symbols, token counts, ids",
    "search": "full-text indexes of sources that were asked about",
    "clones": "repositories that were read by their address",
    "fronts": "links by which git reads repositories without their settings",
    "secrets": "the compiled rules by which credentials are known",
    "kv": "what engines on GPUs have read, kept for their next start (offload_disk)",
    "engines": "installed engines",
    "models": "models, fetched and converted",
}
"""Names of the parts, and what each is."""
LIGHT: tuple[Name, ...] = ("derived", "search", "clones", "fronts", "secrets")
"""Parts that are made again within seconds or minutes."""
MOST: dict[Name, int] = {"search": 4 << 30, "clones": 20 << 30}
"""Bytes that parts of several files may take."""


@dataclass(frozen=True, slots=True)
class Part:
    """One part of the cache."""

    name: Name
    about: str
    path: Path
    bytes: int
    files: int
    holds: dict[str, tuple[int, int]]
    """Of "derived": number of values and their bytes, by kind."""


def derived_path() -> Path:
    """Return the file of derived data."""
    return config.cache() / "derived.db"


def open_derived() -> Derived:
    """Open the derived data of this cache; what is too much in the cache goes."""
    trim()
    derived = Derived(derived_path())
    derived.trim()
    return derived


def parts() -> list[Part]:
    """Return what is there, part by part."""
    found = []
    for name, about in PARTS.items():
        files = _files(name)
        holds = {}
        if name == "derived" and derived_path().exists():
            with open_derived() as derived:
                holds = derived.kinds()
        path = derived_path() if name == "derived" else config.cache() / name
        size = sum(_size(file) for file in files)
        found.append(Part(name, about, path, size, len(files), holds))
    return found


def clear(names: Sequence[Name]) -> int:
    """Remove parts; return the bytes that they took."""
    gone = 0
    for name in names:
        files = _files(name)
        gone += sum(_size(file) for file in files)
        if name == "derived":
            for file in files:
                file.unlink(missing_ok=True)
        else:
            shutil.rmtree(config.cache() / name, ignore_errors=True)
    return gone


def trim() -> None:
    """Remove search indexes and clones that were not used for longest, if too large."""
    for name, most in MOST.items():
        folder = config.cache() / name
        things = [t for t in folder.iterdir() if t.suffix != ".lock"] if folder.is_dir() else []
        sizes = {thing: sum(_size(file) for file in _below(thing)) for thing in things}
        left = sum(sizes.values())
        for thing in sorted(things, key=_used):
            if left <= most:
                break
            left -= sizes[thing]
            if thing.is_dir():
                shutil.rmtree(thing, ignore_errors=True)
            else:
                thing.unlink(missing_ok=True)


def _files(name: Name) -> list[Path]:
    if name == "derived":
        every = (derived_path().with_name(f"derived.db{end}") for end in ("", "-wal", "-shm"))
        return [file for file in every if file.exists()]
    return list(_below(config.cache() / name))


def _below(place: Path) -> Iterable[Path]:
    if place.is_dir():
        return (file for file in place.rglob("*") if file.is_file() or file.is_symlink())
    return (place,) if place.exists() else ()


def _size(file: Path) -> int:
    try:
        return file.lstat().st_size
    except OSError:
        return 0


def _used(thing: Path) -> float:
    try:
        return thing.stat().st_mtime
    except OSError:
        return 0.0
