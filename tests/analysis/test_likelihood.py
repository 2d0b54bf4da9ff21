"""The likelihood of a corpus by position, with a server that says it and others that do not."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from longread.analysis.likelihood import likelihood
from longread.analysis.planting import Request
from longread.analysis.trust import Departure
from longread.config import Profile
from longread.errors import ConfigError, EngineError
from longread.types import Prompt
from longread.types.probes import Likelihood

SMALL = Path(__file__).parent.parent.parent / "fixtures" / "README.md"
Answer = Callable[[list[int]], tuple[int, dict[str, Any]]]


def told(ids: list[int]) -> tuple[int, dict[str, Any]]:
    """Answer as vLLM does: a token at position n has a likelihood of exp(-n / 1000)."""
    said = [{str(id): {"logprob": -n / 1_000, "rank": 1}} for n, id in enumerate(ids)]
    choice = {"index": 0, "text": "x", "finish_reason": "length"}
    return 200, {"choices": [{**choice, "prompt_logprobs": [None, *said[1:]]}]}


def silent(ids: list[int]) -> tuple[int, dict[str, Any]]:
    return 200, {"choices": [{"index": 0, "text": "x", "finish_reason": "length"}]}


def refusing(ids: list[int]) -> tuple[int, dict[str, Any]]:
    return 400, {"error": {"message": "Unrecognized request argument: prompt_logprobs"}}


def missing(ids: list[int]) -> tuple[int, dict[str, Any]]:
    return 404, {"error": {"message": "no such route"}}


def short(ids: list[int]) -> tuple[int, dict[str, Any]]:
    return 400, {"error": {"message": "the model's maximum context length is 512 tokens"}}


@contextmanager
def serve(answer: Answer, seen: list[dict[str, Any]]) -> Iterator[str]:
    class Handler(BaseHTTPRequestHandler):
        def log_message(self, *_: object) -> None:
            pass

        def do_POST(self) -> None:
            request = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            seen.append(request)
            status, said = answer(request["prompt"])
            data = json.dumps({"id": "x", "object": "text_completion", **said}).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}/v1"
    finally:
        server.shutdown()
        server.server_close()


async def no(_: Departure) -> bool:
    return False


@pytest.fixture
def request_(tmp_path: Path) -> Request:
    rows = [f"Rule {n}: lamp {n} is lit at dusk and put out at {n % 9}.\n\n" for n in range(300)]
    (tmp_path / "rules.md").write_text("".join(rows))
    profile = Profile(name="told", model="one", route="ids", window=4_000, trusted=4_000)
    return Request(profile, (str(tmp_path / "rules.md"),), (1_000, 2_000))


async def measure(request: Request, answer: Answer, seen: list[dict[str, Any]]) -> list[object]:
    with serve(answer, seen) as url:
        asked = replace(request, profile=replace(request.profile, url=url))
        return [event async for event in likelihood(asked, no)]


async def test_the_mean_of_each_run_of_positions_is_what_the_server_says(
    request_: Request,
) -> None:
    seen: list[dict[str, Any]] = []
    events = await measure(request_, told, seen)
    prompt = next(event for event in events if isinstance(event, Prompt))
    made = events[-1]
    assert isinstance(made, Likelihood)
    (sent,) = seen
    assert sent["prompt"] == prompt.ids.tolist()
    assert len(sent["prompt"]) == made.tokens == 1_999
    assert (sent["prompt_logprobs"], sent["max_tokens"]) == (0, 1)
    assert [bucket.first for bucket in made.buckets][:6] == [0, 128, 192, 256, 384, 512]
    for bucket in made.buckets[1:]:
        assert bucket.n == bucket.end - bucket.first
        middle = (bucket.first + bucket.end - 1) / 2
        assert bucket.mean == pytest.approx(middle / 1_000)
    # The head and the template are not the corpus.
    assert sum(bucket.n for bucket in made.buckets) == sum(p.size for p in prompt.turns[-1].pieces)


async def test_a_corpus_is_not_repeated(request_: Request) -> None:
    small = replace(request_, sources=(str(SMALL),))
    made = (await measure(small, told, []))[-1]
    assert isinstance(made, Likelihood)
    assert made.tokens < 1_900
    assert "100%" in made.note


@pytest.mark.parametrize("answer", [silent, refusing, missing])
async def test_a_server_that_does_not_say_is_named(request_: Request, answer: Answer) -> None:
    with pytest.raises(ConfigError, match="does not say how likely") as error:
        await measure(request_, answer, [])
    assert "vLLM" in error.value.hint


async def test_other_failures_are_the_servers(request_: Request) -> None:
    with pytest.raises(EngineError, match=r"window of .* is 512 tokens"):
        await measure(request_, short, [])
    gone = replace(request_.profile, url="http://127.0.0.1:9/v1")
    with pytest.raises(EngineError, match="no server answers"):
        [event async for event in likelihood(replace(request_, profile=gone), no)]


async def test_messages_have_no_likelihood(request_: Request) -> None:
    seen: list[dict[str, Any]] = []
    chat = replace(request_, profile=replace(request_.profile, route="text"))
    with pytest.raises(ConfigError, match="sends messages"):
        await measure(chat, told, seen)
    assert seen == []


async def test_a_dry_run_sends_nothing(request_: Request) -> None:
    seen: list[dict[str, Any]] = []
    events = await measure(replace(request_, dry=True), told, seen)
    assert isinstance(events[-1], Prompt)
    assert seen == []
