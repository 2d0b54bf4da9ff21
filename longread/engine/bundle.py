"""An engine in one folder: its packages and the embedded model, for a machine without a network.

It downloads and checks; `environment` and `models` install from it.
"""

from __future__ import annotations

import json
import platform
import sys
import tempfile
from pathlib import Path

from longread.engine import environment, models
from longread.engine.environment import Flavour, Report
from longread.errors import ConfigError
from longread.types import Progress

CONTENTS = "bundle.json"
"""Written last: a folder without it was not finished."""
STAGE = "bundle engine"


def write(flavour: Flavour, folder: Path, progress: Report) -> int:
    """Write all that an engine is installed from into a folder; what is there is not fetched again.

    The embedded model is put beside the engine for CPUs, which is what it runs on.

    Returns:
        Bytes in the folder.

    Raises:
        ConfigError: nothing can be written there.
        EngineError: pip failed.
    """
    wheels = folder / "wheels"
    try:
        wheels.mkdir(parents=True, exist_ok=True)
        (folder / CONTENTS).unlink(missing_ok=True)
    except OSError as error:
        raise ConfigError(
            f"nothing can be written into {folder}: {error.strerror}", hint="name another folder"
        ) from error
    with tempfile.TemporaryDirectory() as name:
        # Not this Python's own pip: where longread was installed without one, there is none.
        python = environment.make(Path(name) / "pip", progress)
        # A package that is only there as source would want a network to be built.
        verb = ["download", "--only-binary=:all:", "--dest", str(wheels)]
        environment.packages(python, flavour, verb, progress)
        if flavour == "cpu":
            models.download(python, wheels, progress)
    (folder / CONTENTS).write_text(json.dumps(_made_for(flavour), indent=1) + "\n")
    size = sum(path.stat().st_size for path in wheels.iterdir())
    progress(Progress(STAGE, note=f"{size / 1e6:,.0f} MB"))
    return size


def open_wheels(flavour: Flavour, folder: Path) -> Path:
    """Return where a bundle's packages lie.

    Raises:
        ConfigError: no bundle, or one for another machine or another longread.
    """
    try:
        found = json.loads((folder / CONTENTS).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        raise ConfigError(
            f"{folder} holds no engine", hint=f"make one: longread engine bundle {folder}"
        ) from None
    for what, wanted in _made_for(flavour).items():
        if found.get(what) != wanted:
            raise ConfigError(
                f"{folder} was made for {what} {found.get(what)}, and {wanted} is needed",
                hint=f"make it anew where both agree: longread engine bundle {folder}",
            )
    return folder / "wheels"


def _made_for(flavour: Flavour) -> dict[str, str]:
    """Return what has to be the same where a bundle is made and where it is used."""
    return {
        "flavour": flavour,
        # The pins are in its name.
        "engine": environment.place(flavour).name,
        "python": f"{sys.version_info.major}.{sys.version_info.minor}",
        "system": f"{platform.system()} {platform.machine()}",
    }
