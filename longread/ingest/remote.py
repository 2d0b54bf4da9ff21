"""A server that has a repository: how git is called to reach it, and what it says meanwhile.

Only https, ssh and file are spoken. A repository on this machine is served without obeying its
configuration, and what git may find where the person stands is not looked at.
"""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Thread, Timer
from typing import IO, NamedTuple
from urllib.parse import quote, unquote

from longread.errors import IngestError
from longread.ingest.plumbing import OFF, SAFE, front, program
from longread.ingest.repository import Repository, find
from longread.types import Progress, Tell

SECONDS = 3600
URL = re.compile(r"(?P<scheme>[a-zA-Z][a-zA-Z0-9+.-]*)://(?P<rest>[^/].*|/.+)")
SHORT = re.compile(r"[\w.-]+@[\w.-]+:(?!//).+")
"""ssh as people write it: git@host:path."""
TRANSPORTS = ("https", "ssh", "file")
KEPT = ("GIT_SSH", "GIT_SSH_COMMAND", "GIT_ASKPASS", "GIT_SSL_CAINFO", "GIT_SSL_NO_VERIFY")
"""What a person's own environment says of how to reach a server."""
OWN_OPTIONS = ("core.sshCommand", "core.askPass", "credential.helper", "protocol.allow")
"""What a person's own settings say of it."""
COUNTED = re.compile(rb"(Receiving objects|Resolving deltas): +\d+% \((\d+)/(\d+)\)")


def is_url(location: str) -> bool:
    """Whether `location` names something to be cloned rather than a path."""
    if location.startswith("-"):
        return False
    if URL.fullmatch(location) or "::" in location:
        return True
    return bool(SHORT.fullmatch(location)) and not Path(location).exists()


def refuse(url: str) -> None:
    """Raise an error for a URL of another kind than is taken.

    Raises:
        IngestError: it is.
    """
    named = URL.fullmatch(url)
    host = named["rest"] if named else url
    host = host.partition("/")[0].rpartition("@")[2]
    if "::" in url.partition("/")[0] or (named and named["scheme"].lower() not in TRANSPORTS):
        raise IngestError(
            f"{without_password(url)} is not an https, ssh or file URL",
            hint="clone it yourself and name the folder",
        )
    if host.startswith("-"):
        raise IngestError(
            f"{without_password(url)} names no host", hint="a host does not begin with a dash"
        )


def without_password(url: str) -> str:
    """Return a URL, or words about one, as it may be shown and kept."""
    return re.sub(r"(?<=://)[^/\s]*@", _user, url)


def _user(match: re.Match[str]) -> str:
    user, colon, _ = match[0][:-1].partition(":")
    # A lone user of https is a token as often as a name.
    is_ssh = match.string.startswith("ssh:")
    return f"{user}@" if user == "git" or (not colon and is_ssh) else ""


class Done(NamedTuple):
    """What came of a call."""

    failed: str
    """Why it failed; empty where it did not."""
    output: bytes


@dataclass(frozen=True, slots=True)
class Remote:
    """A server that has one repository."""

    url: str
    """With its password, so it is never shown."""
    settings: dict[str, str]
    """What is said of it in git's configuration, under `remote.origin`."""
    place: str
    """An empty folder in which git is started."""
    allowed: str
    """The transports that git may use."""
    tell: Tell

    def call(self, clone: Path, *arguments: str, given: bytes = b"") -> Done:
        """Run git in a clone, to which the server is "origin"."""
        said = {"url": self.url, **self.settings}
        told = [p for k, v in said.items() for p in ("-c", f"remote.origin.{k}={v}")]
        return self.run(f"--git-dir={clone}", *told, *arguments, given=given)

    def run(self, *arguments: str, given: bytes = b"") -> Done:
        """Run git with the network it needs and nothing else."""
        safe = {key: value for key, value in SAFE.items() if key not in OWN_OPTIONS}
        options = [part for key, value in safe.items() for part in ("-c", f"{key}={value}")]
        line = [program(), "--no-pager", *options, *arguments]
        env = {k: v for k, v in os.environ.items() if not k.startswith("GIT_") or k in KEPT}
        env |= {
            "GIT_ALLOW_PROTOCOL": self.allowed,
            "GIT_TERMINAL_PROMPT": "0",
            "GIT_NO_LAZY_FETCH": "1",
            "GIT_LFS_SKIP_SMUDGE": "1",
            "GIT_CEILING_DIRECTORIES": os.path.dirname(self.place),  # noqa: PTH120
            "SSH_ASKPASS_REQUIRE": "never",
            "LC_ALL": "C",
        }
        with subprocess.Popen(
            line,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=env,
            cwd=self.place,
            # Without a terminal ssh asks for nothing.
            start_new_session=True,
        ) as process:
            return self._watch(process, given)

    def _watch(self, process: subprocess.Popen[bytes], given: bytes) -> Done:
        late: list[bool] = []

        def stop() -> None:
            late.append(True)
            process.kill()

        said: list[bytes] = []
        assert process.stdin
        assert process.stdout
        assert process.stderr
        timer = Timer(SECONDS, stop)
        hear = Thread(target=self._hear, args=(process.stderr, said))
        timer.start()
        hear.start()
        try:
            try:
                process.stdin.write(given)
                process.stdin.close()
            except BrokenPipeError:
                pass  # it says why
            output = process.stdout.read()
            process.wait()
        finally:
            process.kill()
            timer.cancel()
            hear.join()
        if late:
            return Done(f"no end within {SECONDS} seconds", output)
        return Done(_why(said) if process.returncode else "", output)

    def _hear(self, out: IO[bytes], said: list[bytes]) -> None:
        """Report what git counts, and keep what else it says."""
        rest = b""
        while piece := os.read(out.fileno(), 2**16):
            *lines, rest = re.split(rb"[\r\n]", rest + piece)
            for line in lines:
                if counted := COUNTED.search(line):
                    done, total = int(counted[2]), int(counted[3])
                    note = f"{counted[1].decode().lower()} of {without_password(self.url)}"
                    self.tell(Progress("fetch", done, total, note))
                elif line:
                    said.append(line)
            del said[:-100]
        said.append(rest)


def _why(said: list[bytes]) -> str:
    lines = [line.decode("utf-8", "replace").strip() for line in said if line.strip()]
    marks = ("fatal:", "ERROR:", "error:")
    told = next(
        (line for line in lines if line.startswith(marks)), [*lines, "git gave no reason"][0]
    )
    return without_password(re.sub(r"^(fatal|error): ", "", told))


@contextmanager
def reach(url: str, tell: Tell) -> Iterator[Remote]:
    """Yield the server at `url`.

    Raises:
        IngestError: it is a file URL, and no repository lies there.
    """
    settings = {"promisor": "true", "partialCloneFilter": "blob:none"}
    # What a person's settings make of a URL may be another one, but never a file.
    allowed = "https:ssh"
    if url.lower().startswith("file:"):
        repository = _on_disk(url)
        url, allowed = f"file://{quote(os.fspath(repository.directory))}", "file"
        settings["uploadpack"] = _server(repository)
    with tempfile.TemporaryDirectory(prefix="longread-") as empty:
        yield Remote(url, settings, empty, allowed, tell)


def _on_disk(url: str) -> Repository:
    path = Path(unquote(url[len("file://") :]))
    repository = find(path.resolve()) if path.is_absolute() and path.is_dir() else None
    if not repository or repository.prefix:
        raise IngestError(
            f"{url} is not a git repository",
            hint="write file:// and the whole path of a repository",
        )
    return repository


def _server(repository: Repository) -> str:
    """Return how a repository on this machine is served, without obeying its configuration."""
    options = {
        "safe.directory": "*",
        "core.hooksPath": os.devnull,
        "uploadpack.allowFilter": "true",
        "uploadpack.allowAnySHA1InWant": "true",
    }
    variables = {**OFF, "GIT_COMMON_DIR": os.fspath(front(repository.directory))}
    words = [f"{key}={shlex.quote(value)}" for key, value in variables.items()]
    words.append(shlex.quote(program()))
    words += [f"-c {shlex.quote(f'{key}={value}')}" for key, value in options.items()]
    return " ".join([*words, "upload-pack"])
