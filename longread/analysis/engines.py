"""Which engine a question goes to, and opening it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import urlsplit

from longread import config
from longread.analysis.servers import listens
from longread.config import Profile, Settings
from longread.engine import local
from longread.engine.connection import is_here
from longread.engine.replay import open_script
from longread.engine.server import ServerEngine, key_of
from longread.errors import ConfigError, EngineError, WindowError
from longread.tokens import Family, open_family
from longread.types import Engine, Event, Prompt, Sampling, Tell

FOUND_HERE = ("vllm", "ollama")
"""Profiles whose server may run on this machine, in the order they are looked for."""
LAST_LINES = 8
"""Lines of the engine's log that an error shows."""


def choose(name: str, confirm: Callable[[Profile], bool] | None = None) -> Profile:
    """Return the profile to use: the one named, a person's default, an engine found, embedded.

    Args:
        confirm: asks a person, once, whether an engine that was found here is to be used;
            None where nobody can be asked.

    Raises:
        ConfigError: no such profile.
    """
    settings = config.settings()
    if name or settings.profile:
        return config.load_profile(name or settings.profile)
    for found in _found(settings):
        profile = config.load_profile(found)
        if found in settings.confirmed:
            return profile
        if confirm and found not in settings.declined:
            wanted = confirm(profile)
            config.remember_engine(found, wanted=wanted)
            if wanted:
                return profile
    return config.load_profile("embedded")


def _found(settings: Settings) -> list[str]:
    names = [*settings.confirmed, *(n for n in FOUND_HERE if n not in settings.confirmed)]
    known = set(config.profile_names())
    return [name for name in names if name in known and answers(config.load_profile(name))]


def answers(profile: Profile) -> bool:
    """Whether something listens at the profile's address on this machine."""
    return bool(profile.url) and is_local(profile) and listens(profile.url)


def hosts(profile: Profile) -> list[str]:
    """Return the hosts that what is asked may be sent to; empty where it stays on this machine."""
    if profile.engine != "server":
        return []
    found = dict.fromkeys(urlsplit(url).hostname or url for url in (profile.url, *profile.urls))
    return [host for host in found if not is_here(host)]


def is_local(profile: Profile) -> bool:
    """Whether what is sent to the profile's engine stays on this machine."""
    return not hosts(profile)


def open_tokens(profile: Profile, tell: Tell) -> Family:
    """Return the family whose tokens the profile's model reads.

    Raises:
        ConfigError: the tokenizer is not known.
        EngineError: the model cannot be fetched.
    """
    if profile.family != "model":
        return open_family(profile.family)
    directory = local.model_dir(profile, tell) if profile.engine == "local" else None
    return open_family("model", directory or Path(profile.model).expanduser())


def check_key(profile: Profile | None) -> None:
    """See that a profile's key is there, before anything is read for it.

    Raises:
        ConfigError: the environment variable that it names is not set.
    """
    if profile and profile.engine == "server":
        key_of(profile)


def open_engine(profile: Profile, tell: Tell, pin: str = "") -> Engine:
    """Return the profile's engine, ready to be asked; a local one is started if need be.

    Args:
        pin: names the corpus, which goes to the same one of several servers each time.

    Raises:
        ConfigError: it has no key.
        EngineError: it cannot be started.
    """
    if profile.engine == "replay":
        return open_script(profile)
    if profile.engine == "local":
        return LocalEngine(profile, local.ensure(profile, tell))
    return ServerEngine(profile, pin=pin)


def open_served(profile: Profile, tell: Tell) -> tuple[Profile, str]:
    """Return the profile as its server is to be addressed, and the key; started if need be.

    Raises:
        ConfigError: nothing serves it.
        EngineError: it cannot be started.
    """
    if profile.engine == "local":
        running = local.ensure(profile, tell)
        return replace(profile, url=running.url, model=running.model, key_env=""), running.key
    if profile.engine == "server":
        return profile, ""
    raise ConfigError(
        f"profile {profile.name} has no server to ask", hint="choose another with --profile"
    )


@dataclass(frozen=True, slots=True)
class LocalEngine:
    """The engine longread started: kept awake while it writes, its log shown when it fails."""

    profile: Profile
    running: local.Running

    async def stream(self, prompt: Prompt, sampling: Sampling) -> AsyncGenerator[Event]:
        """Yield what the server writes."""
        address = replace(self.profile, url=self.running.url, model=self.running.model)
        server = ServerEngine(replace(address, key_env=""), self.running.key)
        with local.busy(self.profile.name):
            try:
                async with aclosing(server.stream(prompt, sampling)) as events:
                    async for event in events:
                        yield event
            except WindowError:
                raise
            except EngineError as error:
                # The supervisor needs a moment to note why its server died.
                await asyncio.sleep(0.3)
                tail = local.log_tail(self.profile.name, LAST_LINES)
                raise EngineError(
                    f"{error}\nthe engine's log ends with:\n{tail}",
                    hint="ask again: the engine is started anew; longread engine logs shows more",
                ) from error
