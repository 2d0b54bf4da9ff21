"""Servers that run on this machine, and which profiles can be asked here and now."""

from __future__ import annotations

import asyncio
import os
import socket
from dataclasses import dataclass
from urllib.parse import urlsplit

from longread.config import Profile
from longread.engine import environment
from longread.engine.server import ServerEngine
from longread.errors import EngineError

USUAL = {8000: "vLLM", 11434: "Ollama", 1234: "LM Studio", 8080: "llama.cpp"}
"""Ports on which these servers listen unless they are told otherwise, by their documentation."""
STARTED = {
    8000: "vllm serve …, as longread plan writes it for your GPUs",
    11434: "ollama serve",
}
"""How a server on such a port is started."""
KNOCK = 0.25
"""Seconds a port of this machine may take to answer."""
PATIENCE = 3.0
"""Seconds a server may take to name its models."""


@dataclass(frozen=True, slots=True)
class Server:
    """What listens at one address of this machine."""

    name: str
    """Of the program that usually does; it may be another."""
    url: str
    """Base address, up to and with /v1."""
    models: tuple[str, ...]
    error: str = ""
    """Why it names no models."""


@dataclass(frozen=True, slots=True)
class Usable:
    """Whether a profile's model can be asked here and now."""

    profile: str
    works: bool
    text: str
    hint: str = ""


def listens(url: str) -> bool:
    """Whether something listens at an address of this machine."""
    address = urlsplit(url)
    try:
        with socket.create_connection((address.hostname or "", address.port or 80), KNOCK):
            return True
    except OSError:
        return False


async def running(urls: tuple[str, ...] = ()) -> list[Server]:
    """Return what listens on the usual ports, and at more addresses of this machine."""
    usual = {f"http://127.0.0.1:{port}/v1": name for port, name in USUAL.items()}
    named = {**usual, **{url: usual.get(url, "a server") for url in urls}}
    heard = await asyncio.gather(*(asyncio.to_thread(listens, url) for url in named))
    there = [url for url, hears in zip(named, heard, strict=True) if hears]
    return list(await asyncio.gather(*(_ask(named[url], url) for url in there)))


async def _ask(name: str, url: str) -> Server:
    engine = ServerEngine(Profile(name=name, url=url))
    try:
        models = await engine.models(PATIENCE)
    except EngineError as error:
        return Server(name, url, (), str(error))
    return Server(name, url, tuple(models))


def usable(profile: Profile, here: bool, servers: list[Server]) -> Usable:
    """Say whether a profile's model can be asked, by what is known without asking it.

    Args:
        here: whether the profile's address is this machine.
        servers: what runs on this machine.
    """
    if profile.engine == "replay":
        return Usable(profile.name, True, "answers from a script")
    if profile.engine == "local":
        if found := environment.find():
            return Usable(profile.name, True, f"vLLM {found.version} for the {found.flavour}")
        return Usable(profile.name, False, "no engine", "longread engine install cpu (or gpu)")
    if not here:
        if not profile.key_env or os.environ.get(profile.key_env):
            return Usable(profile.name, True, f"{profile.key_env or 'no key'} is set, not tried")
        return Usable(
            profile.name, False, f"{profile.key_env} is not set", f"export {profile.key_env}=…"
        )
    server = next((s for s in servers if s.url == profile.url), None)
    if server is None:
        hint = STARTED.get(urlsplit(profile.url).port or 0, "start the server")
        return Usable(profile.name, False, f"nothing answers at {profile.url}", hint)
    if profile.model in server.models or f"{profile.model}:latest" in server.models:
        return Usable(profile.name, True, f"{server.url} offers {profile.model}")
    offered = ", ".join(server.models[:5]) or server.error or "nothing"
    return Usable(
        profile.name,
        False,
        f"{server.url} does not offer {profile.model}, but {offered}",
        f"longread profiles add mine --like {profile.name} model=NAME",
    )
