"""The files of a batch: requests and results, one JSON object a line. It sends nothing."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from longread import config
from longread.config import Profile
from longread.engine import requests, usage
from longread.engine.thinking import Split
from longread.errors import ConfigError
from longread.types import Prompt, Route, Sampling, Text, Usage

REQUESTS = 50_000
"""Requests that one file may hold (OpenAI and Together, batch documentation)."""
BYTES = 100_000_000
"""Bytes of one file at most: Together takes 100 MB, OpenAI 200 MB."""


@dataclass(frozen=True, slots=True)
class Asked:
    """One question of a batch."""

    name: str
    """Of at most 64 characters, the only one of its name in the batch."""
    prompt: Prompt
    sampling: Sampling


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one question."""

    name: str
    text: str = ""
    finished: str = ""
    """"stop" or "length", or another reason as the server calls it."""
    usage: Usage | None = None
    error: str = ""
    """Why there is no answer; empty where there is one."""


@dataclass(frozen=True, slots=True)
class Part:
    """One file of a batch, and what the server calls it."""

    file: str
    requests: int
    upload: str = ""
    """Id of the file at the server; empty until it is there."""
    id: str = ""
    """Id of the server's batch; empty until it is made."""
    status: str = ""
    done: int = 0
    failed: int = 0


def write(
    folder: Path, asked: Iterable[Asked], profile: Profile, route: Route | None = None
) -> list[Part]:
    """Write files of requests, one JSON object a line, as many as the limits need.

    Args:
        folder: made if need be, readable by its owner only.
        route: another than the profile's: `vllm run-batch` takes "text" alone.

    Raises:
        ConfigError: two questions of one name.
    """
    config.private(folder)
    sent = replace(profile, route=route or profile.route)
    parts: list[Part] = []
    names: set[str] = set()
    lines: list[bytes] = []
    size = 0
    for one in asked:
        if one.name in names:
            raise ConfigError(f"two questions are called {one.name!r}", hint="name them apart")
        names.add(one.name)
        line = _line(one, sent)
        if lines and (len(lines) == REQUESTS or size + len(line) > BYTES):
            parts.append(_file(folder, len(parts), lines))
            lines, size = [], 0
        lines.append(line)
        size += len(line)
    if lines:
        parts.append(_file(folder, len(parts), lines))
    return parts


def _line(one: Asked, profile: Profile) -> bytes:
    made = {
        "custom_id": one.name,
        "method": "POST",
        "url": requests.ENDPOINTS[profile.route],
        "body": requests.fields(profile, one.prompt, one.sampling),
    }
    return json.dumps(made, ensure_ascii=False).encode() + b"\n"


def _file(folder: Path, number: int, lines: list[bytes]) -> Part:
    name = f"requests-{number}.jsonl"
    put(folder / name, b"".join(lines))
    return Part(name, len(lines))


def put(path: Path, data: bytes) -> None:
    """Write a file whole or not at all, readable by its owner only."""
    draft = path.with_name(f".{path.name}.draft")
    draft.touch(0o600)
    with draft.open("wb") as file:
        file.write(data)
        os.fsync(file.fileno())
    draft.replace(path)


def read(
    data: bytes, prompts: Mapping[str, Prompt] = {}, route: Route = "text"
) -> Iterator[Outcome]:
    """Yield the outcomes of a file of results, as `/v1/batches` and `vllm run-batch` write it.

    A line that cannot be read, such as the last one of a file that was cut, is passed over.

    Args:
        prompts: what was asked, by name, to hold the server's counts against.
    """
    for line in data.splitlines():
        try:
            found = json.loads(line)
        except ValueError:
            continue
        if isinstance(found, Mapping) and isinstance(found.get("custom_id"), str):
            yield _outcome(found["custom_id"], found, prompts, route)


def _outcome(
    name: str, found: Mapping[str, Any], prompts: Mapping[str, Prompt], route: Route
) -> Outcome:
    response = found.get("response")
    response = response if isinstance(response, Mapping) else {}
    body = response.get("body")
    body = body if isinstance(body, Mapping) else {}
    status = response.get("status_code")
    if error := found.get("error") or body.get("error"):
        said = error.get("message") if isinstance(error, Mapping) else error
        return Outcome(name, error=str(said or error))
    choices = body.get("choices")
    choice = choices[0] if isinstance(choices, list) and choices else None
    if not isinstance(choice, Mapping):
        return Outcome(name, error=f"no answer came (status {status})")
    message = choice.get("message")
    said = message.get("content") if isinstance(message, Mapping) else choice.get("text")
    split = Split()
    events = [*split.feed(said if isinstance(said, str) else ""), *split.end()]
    counted = body.get("usage")
    return Outcome(
        name,
        "".join(event.text for event in events if isinstance(event, Text)).strip(),
        str(choice.get("finish_reason") or ""),
        usage.read(counted, prompts.get(name), route) if isinstance(counted, Mapping) else None,
    )
