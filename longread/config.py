"""Where things live, and settings and profiles as frozen values. It never reaches a network.

Directories: `LONGREAD_HOME` holds state, `LONGREAD_CACHE` what can be rebuilt,
`LONGREAD_CONFIG` a person's settings; each defaults to the platform's own place.
"""

from __future__ import annotations

import os
from pathlib import Path


def private(path: Path) -> Path:
    """Make a directory that only its owner can read, and return it."""
    path.mkdir(parents=True, exist_ok=True, mode=0o700)
    return path


def home() -> Path:
    """Sessions, logs and the state of running engines."""
    return _place("LONGREAD_HOME", "user_data_path")


def cache() -> Path:
    """Engines, models, derived data: all that can be made again."""
    return _place("LONGREAD_CACHE", "user_cache_path")


def settings_dir() -> Path:
    """`config.toml` and `profiles/`, written by a person."""
    return _place("LONGREAD_CONFIG", "user_config_path")


def _place(variable: str, function: str) -> Path:
    if value := os.environ.get(variable):
        return private(Path(value).expanduser().absolute())
    import platformdirs

    return private(Path(getattr(platformdirs, function)("longread", appauthor=False)))
