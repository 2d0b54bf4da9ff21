"""A streamed reply as far as it came, whichever route and server it is from. It reads no socket."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field

from longread.engine.refusals import MalformedError
from longread.engine.thinking import Split
from longread.types import Reasoning, Text


@dataclass(slots=True)
class Reply:
    """One server's reply, as far as it came."""

    split: Split
    first: float = 0.0
    """`time.monotonic()` of the first word; 0 before it."""
    reason: str = ""
    usage: Mapping[str, object] = field(default_factory=dict)
    provider: str = ""

    def take(self, chunk: object) -> list[Text | Reasoning]:
        """Note one event of the stream and return what it says, whichever route it came by.

        Raises:
            MalformedError: it is no such event.
        """
        if not isinstance(chunk, Mapping) or not isinstance(chunk.get("choices") or [], list):
            raise MalformedError("it sent an event that means nothing")
        counted, provider = chunk.get("usage"), chunk.get("provider")
        self.usage = counted if isinstance(counted, Mapping) else self.usage
        self.provider = provider if isinstance(provider, str) else self.provider
        found: list[Text | Reasoning] = []
        for choice in chunk.get("choices") or []:
            if not isinstance(choice, Mapping):
                raise MalformedError("it sent a choice that means nothing")
            delta = choice.get("delta")
            delta = delta if isinstance(delta, Mapping) else {}
            thought = delta.get("reasoning_content") or delta.get("reasoning")
            said = delta.get("content") or choice.get("text")
            if isinstance(thought, str) and thought:
                found.append(Reasoning(thought))
                self.split.outside()
            found += self.split.feed(said) if isinstance(said, str) else []
            if reason := choice.get("finish_reason"):
                self.reason = str(reason)
                found += self.split.end()
            if (said or thought) and not self.first:
                self.first = time.monotonic()
        return found
