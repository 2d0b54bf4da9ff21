"""A URL → a bare clone in the cache, fetched again when it is there. It checks nothing out.

Only https, ssh and file URLs are taken, no submodule is fetched, and no credential of the
URL is kept. From there on the clone is read by `longread.ingest.git` like any repository.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
import tempfile
from pathlib import Path

from longread import config
from longread.errors import IngestError
from longread.ingest.plumbing import SAFE, program

SECONDS = 3600
URL = re.compile(r"(?P<scheme>[a-zA-Z][a-zA-Z0-9+.-]*)://(?P<rest>[^/].*|/.+)")
SHORT = re.compile(r"[\w.-]+@[\w.-]+:(?!//).+")
"""ssh as people write it: git@host:path."""
TRANSPORTS = ("https", "ssh", "file")
REFS = ("+refs/heads/*:refs/heads/*", "+refs/tags/*:refs/tags/*")
KEPT = ("GIT_SSH", "GIT_SSH_COMMAND", "GIT_ASKPASS", "GIT_SSL_CAINFO", "GIT_SSL_NO_VERIFY")
"""What a person's own environment says of how to reach a server."""


def is_url(location: str) -> bool:
    """Whether `location` names something to be cloned rather than a path."""
    if URL.fullmatch(location) or "::" in location:
        return True
    return bool(SHORT.fullmatch(location)) and not Path(location).exists()


def without_password(url: str) -> str:
    """Return a URL as it may be shown and kept."""
    return re.sub(r"(?<=://)[^/@]*@", _user, url)


def fetched(url: str) -> tuple[Path, str]:
    """Return a bare clone of `url`, and a remark where it could not be brought up to date.

    Raises:
        IngestError: the URL is of another kind, or cannot be cloned.
    """
    scheme = URL.fullmatch(url)
    if "::" in url.partition("/")[0] or (scheme and scheme["scheme"].lower() not in TRANSPORTS):
        raise IngestError(
            f"{without_password(url)} is not an https, ssh or file URL",
            hint="clone it yourself and name the folder",
        )
    from filelock import FileLock

    place = config.private(config.cache() / "clones")
    clone = place / _folder(url)
    with FileLock(place / f"{clone.name}.lock"):
        if not clone.exists():
            _clone(url, place, clone)
            return clone, ""
        failed = _call(["-C", str(clone), "fetch", "--prune", "--quiet", "--", url, *REFS])
        if not failed and _call(["-C", str(clone), "rev-parse", "--verify", "--quiet", "HEAD"]):
            # The branch that was its default is gone.
            shutil.rmtree(clone)
            _clone(url, place, clone)
        return clone, f"not brought up to date: {failed}" if failed else ""


def _clone(url: str, place: Path, clone: Path) -> None:
    with tempfile.TemporaryDirectory(dir=place, prefix="new-") as new:
        made = Path(new) / "clone"
        failed = _call(
            ["clone", "--bare", "--quiet", "--template=", "--no-hardlinks", "--", url, str(made)]
        )
        if failed:
            raise IngestError(
                f"{without_password(url)} cannot be cloned: {failed}",
                hint="check the address and your access to it; nothing is asked for a password",
            )
        _call(["-C", str(made), "config", "--remove-section", "remote.origin"])
        shutil.move(made, clone)


def _call(arguments: list[str]) -> str:
    """Run git with the network it needs and nothing else; return why it failed."""
    safe = {k: v for k, v in SAFE.items() if not k.startswith(("protocol.", "credential."))}
    safe = {k: v for k, v in safe.items() if k not in ("core.sshCommand", "core.askPass")}
    options = [part for key, value in safe.items() for part in ("-c", f"{key}={value}")]
    env = {k: v for k, v in os.environ.items() if not k.startswith("GIT_") or k in KEPT}
    env |= {
        "GIT_ALLOW_PROTOCOL": ":".join(TRANSPORTS),
        "GIT_TERMINAL_PROMPT": "0",
        "GIT_LFS_SKIP_SMUDGE": "1",
        "LC_ALL": "C",
    }
    try:
        done = subprocess.run(
            [program(), "--no-pager", *options, *arguments],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            env=env,
            timeout=SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return f"no end within {SECONDS} seconds"
    if done.returncode == 0:
        return ""
    said = done.stderr.decode("utf-8", "replace").strip().splitlines() or ["git gave no reason"]
    told = next((line for line in said if line.startswith(("fatal:", "ERROR:"))), said[0])
    return without_password(told.removeprefix("fatal: "))


def name_of(url: str) -> str:
    """Return what people call the repository at `url`."""
    base = re.split(r"[/:]", url.rstrip("/").removesuffix("/.git"))[-1].removesuffix(".git")
    return re.sub(r"[^\w.-]+", "-", base).lstrip(".-") or "repository"


def _folder(url: str) -> str:
    mark = hashlib.blake2b(without_password(url).encode(), digest_size=5).hexdigest()
    return f"{name_of(url)}-{mark}.git"


def _user(match: re.Match[str]) -> str:
    user, colon, _ = match[0][:-1].partition(":")
    # A lone user of https is a token as often as a name.
    return f"{user}@" if user == "git" or (not colon and match.string.startswith("ssh:")) else ""
