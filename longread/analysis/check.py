"""Whether a profile's model can be asked, and what this machine has for that."""

from __future__ import annotations

import asyncio
import os
import platform
import shutil
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace

from longread import config
from longread.analysis import servers
from longread.analysis.engines import is_local, open_engine, open_tokens
from longread.config import Profile
from longread.engine import environment, machine, models
from longread.engine.machine import Machine
from longread.errors import ConfigError
from longread.ingest import ocr
from longread.types import Finished, Piece, Progress, Prompt, Sampling, Tell, Text, Turn, Usage

SAMPLE = "Answer with one word. def naïve(x):\n\treturn 3.14159 # 日本語\n\n\n  Is this code?"
"""Text that tokenizers of different families cut differently."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing looked at."""

    good: bool
    text: str
    hint: str = ""
    optional: bool = False
    """Missing, and missed only by who wants to use it."""


async def check(profile: Profile, tell: Tell) -> list[Finding]:
    """Ask the profile's model for a word and compare its count of the prompt with ours.

    Raises:
        EngineError: the model cannot be asked.
    """
    family = open_tokens(profile, tell)
    # Nothing is sent again: whoever tests wants to know how it is now.
    engine = open_engine(replace(profile, retries=0), tell)
    turns = (Turn("user", (Piece(SAMPLE, family.encode(SAMPLE)),)),)
    prompt = Prompt(turns, family.frame(["user"]), family.stop_ids, family.exact)
    tell(Progress("ask", note=profile.name))
    said, usage, finished = "", None, False
    async for event in engine.stream(prompt, Sampling(16)):
        match event:
            case Text(text):
                said += text
            case Usage():
                usage = event
            case Finished():
                finished = True
            case _:
                pass
    findings = [Finding(finished, f"{profile.name} answers: {said.strip()!r}")]
    if usage is None:
        findings.append(Finding(False, "the server does not say how many tokens it read"))
    elif not family.exact:
        text = f"the server counts {usage.prompt_tokens}, our estimate is {prompt.size}"
        findings.append(Finding(True, text))
    else:
        same = usage.prompt_tokens == prompt.size
        # Another template may add or leave out a few tokens; another vocabulary differs by more.
        close = profile.route == "text" and abs(usage.prompt_tokens - prompt.size) <= 32
        text = f"the server counts {usage.prompt_tokens} tokens where we count {prompt.size}"
        hint = "" if same or close else "is family right for this model? See profiles show"
        findings.append(Finding(same or close, text, hint))
    return findings


def examine() -> list[Finding]:
    """Return what this machine has, what is missing, and what to do about it."""
    if lost := list(_lost()):
        return lost
    found = environment.find()
    cpu = platform.system() == "Linux" and platform.machine() in ("x86_64", "aarch64")
    here = machine.look()
    memory = here.total / machine.GIB
    findings = [
        Finding(sys.version_info >= (3, 11), f"Python {platform.python_version()}"),
        _program("git", "install git to read repositories"),
        _scans(),
        Finding(
            memory >= 6,
            f"{memory:,.0f} GiB of memory, {here.free / machine.GIB:,.0f} free,"
            f" {os.cpu_count()} cores",
        ),
        _gpus(here),
        _space("state", str(config.home())),
        _space("cache", str(config.cache())),
    ]
    if found:
        findings.append(Finding(True, f"engine: vLLM {found.version} for the {found.flavour}"))
    elif cpu:
        findings.append(
            Finding(False, "no engine of longread's own", "longread engine install cpu (or gpu)")
        )
    else:
        findings.append(
            Finding(
                False,
                "the embedded engine runs on Linux only",
                "use Ollama (profile ollama) or a server (profile vllm, openrouter, together)",
            )
        )
    there = models.place().exists()
    findings.append(
        Finding(
            there,
            f"embedded model: {models.place() if there else 'not made yet'}",
            "" if there else "longread engine install cpu makes it",
        )
    )
    return [*findings, *_profiles()]


def _lost() -> Iterator[Finding]:
    """Yield the places that cannot be used; without them nothing else can be looked at."""
    for place in (config.home, config.cache, config.settings_dir):
        try:
            place()
        except ConfigError as error:
            yield Finding(False, str(error), error.hint)


def _profiles() -> Iterator[Finding]:
    """Yield which servers run here, and which profiles would work here and now."""
    profiles: list[Profile] = []
    for name in config.profile_names():
        try:
            profiles.append(config.load_profile(name))
        except ConfigError as error:
            yield Finding(False, str(error), error.hint)
    local = [p for p in profiles if p.engine == "server" and is_local(p)]
    found = asyncio.run(servers.running(tuple(dict.fromkeys(p.url for p in local))))
    for server in found:
        what = ", ".join(server.models[:5]) or server.error
        yield Finding(True, f"{server.name} at {server.url}: {what}")
    for profile in profiles:
        said = servers.usable(profile, profile in local, found)
        yield Finding(True, f"profile {said.profile}: {said.text}", said.hint, not said.works)


def _gpus(here: Machine) -> Finding:
    """Say which GPUs vLLM would use here."""
    if not here.gpus:
        return Finding(True, "no NVIDIA GPU", "the embedded model runs on the CPU", optional=True)
    named = Counter((gpu.name, round(gpu.total / machine.GIB)) for gpu in here.gpus)
    free = min(gpu.free for gpu in here.gpus) / machine.GIB
    listed = ", ".join(f"{n} × {name}, {size:,} GiB" for (name, size), n in named.items())
    hint = "longread plan MODEL --gpu NAME says what fits; longread engine install gpu"
    return Finding(True, f"{listed} ({free:,.0f} GiB free on the fullest)", hint)


def _program(name: str, hint: str) -> Finding:
    there = shutil.which(name) is not None
    return Finding(there, name if there else f"{name} is missing", "" if there else hint)


def _scans() -> Finding:
    """Say what recognises scanned pages, as the settings have it."""
    settings = config.settings()
    if settings.ocr == "off":
        return Finding(True, "scanned pages are not recognised: [pdf] ocr is off")
    found = ocr.chosen(settings)
    if found is None:
        wanted = "nothing" if settings.ocr == "auto" else f"no {settings.ocr}"
        hint = "apt install tesseract-ocr (with tesseract-ocr-deu for German, …), or longread[ocr]"
        return Finding(False, f"{wanted} to recognise scanned pages", hint, optional=True)
    if missing := ocr.lacks(found):
        packages = " ".join(
            f"tesseract-ocr-{name.replace('_', '-')}" for name in missing.split("+")
        )
        return Finding(False, f"tesseract has no language {missing}", f"apt install {packages}")
    return Finding(True, f"scanned pages: {found.id}")


def _space(what: str, place: str) -> Finding:
    free = shutil.disk_usage(place).free / 2**30
    hint = "" if free >= 4 else "the engine and its model take 3 GiB"
    return Finding(free >= 4, f"{what} in {place}, {free:,.0f} GiB free", hint)
