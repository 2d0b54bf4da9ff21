"""Files that are written whole or not at all, and never over what is there unless told to.

It knows nothing of what is in them.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterable, Mapping
from pathlib import Path

from longread.errors import ConfigError


def check(places: Iterable[Path], *, force: bool) -> None:
    """See that files can be written, before the work that they are to show.

    Raises:
        ConfigError: one is there already, or its folder takes no file.
    """
    seen: set[Path] = set()
    for place in places:
        target = _target(place)
        if target in seen:
            raise ConfigError(f"{place} would be written twice", hint="name each file once")
        seen.add(target)
        try:
            _check(place, target, force)
        except OSError as error:
            raise _unwritable(place, error) from error


def _check(place: Path, target: Path, force: bool) -> None:
    if target.is_dir():
        raise ConfigError(f"{place} is a folder", hint="name a file in it")
    if target.exists() and not force:
        raise ConfigError(f"{place} is already there", hint="add --force to write over it")
    if not target.parent.is_dir():
        raise ConfigError(
            f"{place} cannot be written: there is no folder {target.parent}",
            hint="make it, or name another one",
        )
    # What a file system lets be done is known by doing it.
    with tempfile.NamedTemporaryFile(dir=target.parent, prefix=".", suffix=".part"):
        pass


def _target(place: Path) -> Path:
    """Return what is written: a link stays, and what it leads to is."""
    return Path(os.path.realpath(place))


def write(contents: Mapping[Path, bytes], *, force: bool) -> None:
    """Write files: all of them beside their places first, then each into its place at once.

    Raises:
        ConfigError: as `check`; also where the disk is full.
    """
    check(contents, force=force)
    made: list[tuple[Path, Path]] = []
    try:
        for place, content in contents.items():
            target = _target(place)
            with _beside(target) as file:
                made.append((Path(file.name), target))
                file.write(content)
        for temporary, target in made:
            temporary.replace(target)
    except OSError as error:
        raise _unwritable(place, error) from error
    finally:
        for temporary, _ in made:
            temporary.unlink(missing_ok=True)


def _beside(target: Path) -> tempfile._TemporaryFileWrapper[bytes]:
    file = tempfile.NamedTemporaryFile(  # noqa: SIM115
        dir=target.parent, prefix=".", suffix=".part", delete=False
    )
    # As any other file of this person's is made, or as the one that was there.
    mode = target.stat().st_mode & 0o777 if target.exists() else 0o666 & ~_umask()
    Path(file.name).chmod(mode)
    return file


def _umask() -> int:
    mask = os.umask(0o077)
    os.umask(mask)
    return mask


def _unwritable(place: Path, error: OSError) -> ConfigError:
    return ConfigError(
        f"{place} cannot be written: {error.strerror}",
        hint="name another file; what was answered is kept in any case",
    )
