"""Seconds to the first token through longread, beside a plain client with the same token ids.

Both ask the embedded model on one server, in turn, each time under a `cache_salt` of its own, so
that nothing is cached. longread's time runs from the question to the first text that its flow
yields: it makes the prompt, begins the answer in the store, sends it. The plain client sends the
ids that longread made. Then a second question is put to each corpus: how much of the prompt that
both share did the server reuse? It needs the CPU engine (`longread engine install cpu`).
`python bench/first_token.py [SOURCE] [--budget 8000] [--runs 7]`.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import tempfile
import time
from contextlib import aclosing
from dataclasses import replace
from itertools import takewhile
from pathlib import Path
from statistics import median

from openai import AsyncOpenAI

from longread import config
from longread.analysis.ask import put
from longread.analysis.conversation import Conversation, open_sources
from longread.config import Profile
from longread.engine import local
from longread.engine.server import ServerEngine
from longread.ingest.read import Options
from longread.store import Store, open_store
from longread.types import Prompt, Text, Usage

QUESTIONS = ("What is this program for?", "Which function is the most important one?")
ANSWER = 16
SOURCE = Path(__file__).parent.parent / "longread" / "cache"
"""About 5,500 tokens, which fit the embedded model's window as a whole."""


async def plain(running: local.Running, prompt: Prompt, salt: str) -> float:
    """Return seconds until the first token, by a client that does nothing else."""
    async with AsyncOpenAI(base_url=running.url, api_key=running.key, max_retries=0) as client:
        started = time.perf_counter()
        stream = await client.completions.create(
            model=running.model,
            prompt=prompt.ids.tolist(),
            max_tokens=ANSWER,
            temperature=0.0,
            stream=True,
            stream_options={"include_usage": True},
            extra_body={"stop_token_ids": list(prompt.stop_ids), "cache_salt": salt},
        )
        first = 0.0
        async for chunk in stream:
            if not first and chunk.choices and chunk.choices[0].text:
                first = time.perf_counter() - started
        return first


async def through(
    opened: Conversation, engine: ServerEngine, store: Store, question: str
) -> tuple[float, Usage]:
    """Return seconds until the first text of an answer, and what the server counted."""

    async def yes(_: object) -> bool:
        return True

    first, usage = 0.0, None
    started = time.perf_counter()
    asked = put(opened, question, store, yes, yes=True, engine=engine, look=False)
    async with aclosing(asked) as events:
        async for event in events:
            if isinstance(event, Text) and not first:
                first = time.perf_counter() - started
            # A guided answer is followed by a request for places: the first count is the answer's.
            usage = usage or (event if isinstance(event, Usage) else None)
    assert usage
    return first, usage


def client(profile: Profile, running: local.Running, salt: str) -> ServerEngine:
    """Return longread's client, whose requests share a cache only under the same salt."""
    body = {**profile.body, "cache_salt": salt}
    return ServerEngine(
        replace(profile, url=running.url, model=running.model, body=body), running.key
    )


def shared(one: Prompt, other: Prompt) -> int:
    """Return how many tokens two prompts begin with alike."""
    pairs = zip(one.ids, other.ids, strict=False)
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], pairs))


async def measure(source: str, budget: int, runs: int) -> None:
    """Print what was measured."""
    profile = replace(config.load_profile("embedded"), answer=ANSWER, citations="inline")
    running = local.start(profile, lambda _: None)
    ours: list[float] = []
    theirs: list[float] = []
    reused: list[float] = []
    with open_store() as store:
        for run in range(runs + 1):
            opened = open_sources((source,), Options(), profile, budget, "whole", lambda _: None)
            prompt = opened.prompt(QUESTIONS[0], lambda _: None)
            turns = [("plain", f"plain-{run}"), ("longread", f"longread-{run}")]
            for who, salt in turns if run % 2 else reversed(turns):
                if who == "plain":
                    seconds = await plain(running, prompt, salt)
                    theirs.append(seconds)
                    continue
                engine = client(profile, running, salt)
                seconds, _ = await through(opened, engine, store, QUESTIONS[0])
                ours.append(seconds)
                second = opened.prompt(QUESTIONS[1], lambda _: None)  # with what was said so far
                _, usage = await through(opened, engine, store, QUESTIONS[1])
                reused.append((usage.cached_tokens or 0) / shared(prompt, second))
            print(f"| {run or 'warming up'} | {theirs[-1]:.3f} | {ours[-1]:.3f} "
                  f"| {reused[-1]:.2%} |", flush=True)  # fmt: skip
    ours, theirs = ours[1:], theirs[1:]
    print(f"\nprompt of {prompt.size:,} tokens, {runs} runs, in turn, nothing cached:")
    print(f"first token: plain client {median(theirs):.3f} s, longread {median(ours):.3f} s")
    ratios = [mine / other for mine, other in zip(ours, theirs, strict=True)]
    print(f"ratio: {median(ratios):.3f} (median; {min(ratios):.3f} to {max(ratios):.3f})")
    print(f"second question: {median(reused):.2%} of the shared prefix cached (least "
          f"{min(reused):.2%})")  # fmt: skip


def main() -> None:
    """Measure on an engine whose state is the bench's own, and stop it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("source", nargs="?", default=str(SOURCE))
    parser.add_argument("--budget", type=int, default=8_000)
    parser.add_argument("--runs", type=int, default=7)
    said = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        os.environ["LONGREAD_HOME"] = name
        print("| run | plain, s | longread, s | cached |\n|---|---|---|---|", flush=True)
        try:
            asyncio.run(measure(said.source, said.budget, said.runs))
        finally:
            local.stop()


if __name__ == "__main__":
    main()
