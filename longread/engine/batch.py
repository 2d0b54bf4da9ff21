"""Questions that can wait, put to a provider as files: `/v1/batches`, or `vllm run-batch`.

A batch lies in a folder of its own: the files that are sent, what the server calls them, and what
came back. Whoever opens the folder again goes on where it was left; nothing is paid for twice.
A batch has no order: outcomes go by the names of the questions. It streams nothing.
"""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import AsyncGenerator, Iterable, Mapping
from contextlib import asynccontextmanager
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from longread import config
from longread.config import Profile
from longread.engine import refusals, requests
from longread.engine.batch_files import Asked, Outcome, Part, put, read, write
from longread.engine.connection import connect
from longread.errors import EngineError
from longread.types import Progress, Prompt

if TYPE_CHECKING:
    from openai import AsyncOpenAI

TRANSFER = 600.0
"""Seconds that one upload or download may take."""
RETRIES = 3
"""Of what may be sent twice: uploads, looks, downloads."""
EVERY = 30.0
"""Seconds between two looks at a batch."""
OVER = frozenset({"completed", "failed", "expired", "cancelled"})
"""States in which a batch does nothing more."""


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
                    put(path, content.content)
                elif not path.exists():
                    put(path, b"")
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
        put(self._state, json.dumps(kept, indent=1).encode())

    @asynccontextmanager
    async def _client(self) -> AsyncGenerator[AsyncOpenAI]:
        profile = self._profile
        if profile.key_env and not self._key:
            raise EngineError(
                f"profile {profile.name} needs a key, and {profile.key_env} is not set",
                hint=f"export {profile.key_env}=… and ask again",
            )
        try:
            async with connect(profile.url, self._key, TRANSFER, retries=RETRIES) as client:
                yield client
        except refusals.failures() as error:
            raise refusals.explain(error, profile, profile.url) from error
