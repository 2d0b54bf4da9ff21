"""Questions that can wait, put to a provider as files: `/v1/batches`, or `vllm run-batch`.

A batch lies in a folder of its own: the files that are sent, what the server calls them, and what
came back. Whoever opens the folder again goes on where it was left; nothing is paid for twice.
A batch has no order: outcomes go by the names of the questions. It streams nothing.
"""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import AsyncGenerator, Iterable, Iterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from longread import config
from longread.config import Profile
from longread.engine import refusals, requests, usage
from longread.engine.thinking import Split
from longread.errors import ConfigError, EngineError
from longread.types import Progress, Prompt, Route, Sampling, Text, Usage

if TYPE_CHECKING:
    from openai import AsyncOpenAI

REQUESTS = 50_000
"""Requests that one file may hold (OpenAI and Together, batch documentation)."""
BYTES = 100_000_000
"""Bytes of one file at most: Together takes 100 MB, OpenAI 200 MB."""
RETRIES = 3
"""Of what may be sent twice: uploads, looks, downloads."""
EVERY = 30.0
"""Seconds between two looks at a batch."""
OVER = frozenset({"completed", "failed", "expired", "cancelled"})
"""States in which a batch does nothing more."""


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
    _put(folder / name, b"".join(lines))
    return Part(name, len(lines))


def _put(path: Path, data: bytes) -> None:
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


class Batch:
    """A batch in a folder, at the server of a profile.

    Args:
        folder: its own; `write` has put files there, or `submit` does.
        key: overrides the environment variable that the profile names.
    """

    def __init__(self, profile: Profile, folder: Path, key: str = "") -> None:
        self._profile = profile
        self._folder = config.private(folder)
        self._key = key or os.environ.get(profile.key_env, "")
        self._state = folder / "batch.json"
        self.parts: list[Part] = []
        if self._state.exists():
            kept = json.loads(self._state.read_text(encoding="utf-8"))
            self.parts = [Part(**part) for part in kept["parts"]]

    @property
    def over(self) -> bool:
        """Whether the server does nothing more."""
        return bool(self.parts) and all(part.status in OVER for part in self.parts)

    async def submit(self, asked: Iterable[Asked] = ()) -> None:
        """Write, upload and begin what is not yet; a batch that was begun is gone on with.

        Args:
            asked: the questions; not looked at where the folder has its files already.

        Raises:
            EngineError: the server refuses; what was done so far is kept.
        """
        if not self.parts:
            self.parts = write(self._folder, asked, self._profile)
            self._keep()
        async with self._client() as client:
            for n, part in enumerate(self.parts):
                if not part.upload:
                    await self._upload(client, n)
                if not part.id:
                    await self._begin(client, n)

    async def look(self) -> None:
        """Ask the server how far it is, and keep that.

        Raises:
            EngineError: it cannot be asked.
        """
        async with self._client() as client:
            for n, part in enumerate(self.parts):
                if part.id and part.status not in OVER:
                    self._take(n, await client.batches.retrieve(part.id))

    async def wait(self, every: float = EVERY) -> AsyncGenerator[Progress]:
        """Yield how far the batch is until it is over, looking each `every` seconds.

        Raises:
            EngineError: the server cannot be asked; the batch goes on there.
        """
        while True:
            await self.look()
            done = sum(part.done + part.failed for part in self.parts)
            yield Progress("batch", done, sum(part.requests for part in self.parts))
            if self.over:
                return
            await asyncio.sleep(every)

    async def results(self, prompts: Mapping[str, Prompt] = {}) -> dict[str, Outcome]:
        """Return what became of each question, by name; those without an answer say why.

        What came is kept in the folder and fetched once. Before the batch is over, what is
        there already is returned.

        Raises:
            EngineError: the server cannot be asked.
        """
        found: dict[str, Outcome] = {}
        async with self._client() as client:
            for n, part in enumerate(self.parts):
                for name in self._names(part):
                    found[name] = Outcome(name, error=self._why(part))
                for file in await self._fetched(client, n):
                    for outcome in read(file.read_bytes(), prompts, self._profile.route):
                        found[outcome.name] = outcome
        return found

    async def cancel(self) -> None:
        """Have the server stop; what it answered so far can be fetched.

        Raises:
            EngineError: it cannot be asked.
        """
        async with self._client() as client:
            for n, part in enumerate(self.parts):
                if part.id and part.status not in OVER:
                    self._take(n, await client.batches.cancel(part.id))

    async def _upload(self, client: AsyncOpenAI, n: int) -> None:
        path = self._folder / self.parts[n].file
        sent = await client.files.create(file=path, purpose="batch")
        self._set(n, upload=sent.id)

    async def _begin(self, client: AsyncOpenAI, n: int) -> None:
        part = self.parts[n]
        # Whoever was ended between the server's yes and the note of it finds the batch there.
        async for known in client.batches.list():
            if known.input_file_id == part.upload:
                self._take(n, known)
                return
        endpoint: Any = requests.ENDPOINTS[self._profile.route]
        once = client.with_options(max_retries=0)
        made = await once.batches.create(
            input_file_id=part.upload, endpoint=endpoint, completion_window="24h"
        )
        self._take(n, made)

    async def _fetched(self, client: AsyncOpenAI, n: int) -> list[Path]:
        """Return the files of results that lie in the folder, after those that are new came."""
        part = self.parts[n]
        places = {
            "output_file_id": self._folder / f"output-{n}.jsonl",
            "error_file_id": self._folder / f"errors-{n}.jsonl",
        }
        if part.status in OVER and part.id and not all(p.exists() for p in places.values()):
            batch = await client.batches.retrieve(part.id)
            for name, path in places.items():
                if id := getattr(batch, name, None):
                    content = await client.files.content(id)
                    _put(path, content.content)
                elif not path.exists():
                    _put(path, b"")
        return [path for path in places.values() if path.exists()]

    def _names(self, part: Part) -> list[str]:
        with (self._folder / part.file).open(encoding="utf-8") as lines:
            return [json.loads(line)["custom_id"] for line in lines]

    def _why(self, part: Part) -> str:
        if part.status in OVER:
            return f"the batch was over ({part.status}) before it was answered"
        return f"the batch is not over ({part.status or 'not begun'})"

    def _take(self, n: int, batch: Any) -> None:
        counts = batch.request_counts
        done = counts.completed if counts else 0
        failed = counts.failed if counts else 0
        self._set(n, id=batch.id, status=batch.status, done=done, failed=failed)

    def _set(self, n: int, **values: Any) -> None:
        self.parts[n] = replace(self.parts[n], **values)
        self._keep()

    def _keep(self) -> None:
        kept = {
            "url": self._profile.url,
            "model": self._profile.model,
            "parts": [asdict(part) for part in self.parts],
        }
        _put(self._state, json.dumps(kept, indent=1).encode())

    @asynccontextmanager
    async def _client(self) -> AsyncGenerator[AsyncOpenAI]:
        from openai import AsyncOpenAI

        profile = self._profile
        if profile.key_env and not self._key:
            raise EngineError(
                f"profile {profile.name} needs a key, and {profile.key_env} is not set",
                hint=f"export {profile.key_env}=… and ask again",
            )
        try:
            async with AsyncOpenAI(
                base_url=profile.url, api_key=self._key or "none", max_retries=RETRIES
            ) as client:
                yield client
        except refusals.failures() as error:
            raise refusals.explain(error, profile, profile.url) from error
