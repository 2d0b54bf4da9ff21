"""How busy and how quick a vLLM server is, from its own counters at `/metrics`."""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException

from longread.engine.record import HOST

SAMPLE = re.compile(r"^vllm:(\w+)(?:\{.*\})? (\S+)$")


@dataclass(frozen=True, slots=True)
class Load:
    """What a server does now, and what it has done since it started."""

    running: int
    """Requests at work."""
    waiting: int
    """Requests in the queue."""
    cache_used: float
    """Share of the KV cache that requests at work hold, 0 to 1."""
    prompt_tokens: int
    """Of all prompts that were read, reused tokens among them."""
    answer_tokens: int
    reused_tokens: int
    """Taken from the prefix cache."""
    offloaded_tokens: int
    """Of the reused, brought back from memory or disk."""
    reused: float | None
    """Share of the tokens looked up that were reused, 0 to 1; None before the first."""
    prompt_speed: float | None
    """Tokens of prompts a second, reused ones not counted; None before the first prompt."""
    answer_speed: float | None
    """Tokens of answers a second; None before the first answer."""


def ask(port: int, seconds: float = 5) -> Load | None:
    """Return the load of the server at `port`; None where it does not say."""
    connection = HTTPConnection(HOST, port, timeout=seconds)
    try:
        connection.request("GET", "/metrics")
        answer = connection.getresponse()
        text = answer.read().decode(errors="replace")
    except (OSError, HTTPException):
        return None
    finally:
        connection.close()
    return read(text) if answer.status == 200 else None


def read(text: str) -> Load | None:
    """Return what Prometheus' text format says; None where vLLM's counters are not in it.

    Speeds are means over all requests that ended: tokens divided by the seconds that requests
    spent on them, so of a server that works on several at once they are each one's own.
    """
    found: dict[str, list[float]] = defaultdict(list)
    for line in text.splitlines():
        if sample := SAMPLE.match(line):
            found[sample[1]].append(float(sample[2]))
    if "num_requests_running" not in found:
        return None

    def total(name: str) -> float:
        # One series an engine: with data parallelism there are several.
        return sum(found[name])

    brought = total("external_prefix_cache_hits_total")
    reused = total("prefix_cache_hits_total") + brought
    # The first token of an answer comes with the prompt.
    later = total("generation_tokens_total") - total("request_decode_time_seconds_count")
    computed = total("request_prefill_kv_computed_tokens_sum")
    return Load(
        running=int(total("num_requests_running")),
        waiting=int(total("num_requests_waiting")),
        cache_used=max(found["kv_cache_usage_perc"], default=0.0),
        prompt_tokens=int(total("prompt_tokens_total")),
        answer_tokens=int(total("generation_tokens_total")),
        reused_tokens=int(reused),
        offloaded_tokens=int(brought),
        reused=_rate(reused, total("prefix_cache_queries_total")),
        prompt_speed=_rate(computed, total("request_prefill_time_seconds_sum")) or None,
        answer_speed=_rate(later, total("request_decode_time_seconds_sum")) or None,
    )


def _rate(part: float, whole: float) -> float | None:
    return part / whole if whole > 0 else None
