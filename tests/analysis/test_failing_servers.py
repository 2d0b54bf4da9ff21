"""Servers that fail on purpose, asked through the whole flow: what came of an answer is kept."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from longread import config
from longread.analysis.ask import Request, ask
from longread.analysis.trust import Departure
from longread.config import Profile
from longread.errors import EngineError, WindowError
from longread.store import open_store
from longread.types import Answer, Event, Finished, Progress, Reasoning, Text
from tests.engine.odd_server import Script, serve

MakeRepository = Callable[..., Path]
FILES = {
    "README.md": "# Kettle\n\nA small kettle controller.\n",
    "heat.py": "LIMIT = 97.5\n\n\ndef heat(target):\n    return min(target, LIMIT)\n",
}


@pytest.fixture
def source(make_repository: MakeRepository) -> str:
    return str(make_repository(FILES))


@pytest.fixture
def large(make_repository: MakeRepository) -> str:
    noise = {
        f"n{i}.py": f"def limit_{i}():\n"
        + "".join(f"    limit_{i}_{n} = heat({n})\n" for n in range(40))
        for i in range(12)
    }
    return str(make_repository(FILES | noise))


def profile(url: str, **settings: Any) -> Profile:
    fields = {"window": 8_000, "trusted": 8_000, "answer": 200, "silence": 0.4, "retries": 2}
    return Profile(name="odd", url=url, model="one", **{**fields, **settings})


async def no(_: Departure) -> bool:
    return False


async def put(of: Profile, source: str, **more: Any) -> tuple[list[Event], EngineError | None]:
    """Ask; return what came, and what it ended with."""
    events: list[Event] = []
    try:
        async for event in ask(Request("What is the limit?", of, (source,), **more), no):
            events.append(event)
    except EngineError as error:
        return events, error
    return events, None


def port_of(url: str) -> int:
    return urlsplit(url).port or 0


def waits(events: list[Event]) -> list[str]:
    return [e.note for e in events if isinstance(e, Progress) and e.stage == "wait"]


def kept() -> list[Answer]:
    """Every answer in the store."""
    with open_store() as store:
        return [a for row in store.sessions() for a in store.session(row.id).answers]


def assert_cut(events: list[Event], error: EngineError | None, text: str) -> None:
    """What came was shown, is in the store marked as cut, and the failure was said."""
    assert error
    assert "cut off" in str(error)
    assert "".join(e.text for e in events if isinstance(e, Text)).strip() == text
    assert isinstance(events[-1], Answer)
    assert [(a.text.strip(), a.finished) for a in kept()] == [(text, "cut")]


async def test_a_server_that_refuses_connections_is_named_and_nothing_is_kept(
    source: str,
) -> None:
    with serve(Script()) as url:
        pass
    events, error = await put(profile(url, retries=1), source)
    assert error
    assert "no server answers" in str(error)
    assert len(waits(events)) == 1
    assert "cannot be reached; again in" in waits(events)[0]
    assert kept() == []


async def test_a_server_that_is_just_starting_is_waited_for(source: str) -> None:
    with serve(Script()) as url:
        pass
    with ExitStack() as started:
        request = Request("What is the limit?", profile(url), (source,))
        async for event in ask(request, no):
            if isinstance(event, Progress) and event.stage == "wait":
                started.enter_context(serve(Script(), port_of(url)))
    assert isinstance(event, Answer)
    assert [a.text for a in kept()] == ["It is so."]


@pytest.mark.parametrize("route", ["ids", "text"])
async def test_a_server_that_hangs_half_way_is_cut_and_what_came_kept(
    source: str, route: str
) -> None:
    script = Script(hangs_after=2)
    with serve(script) as url:
        events, error = await put(profile(url, route=route), source)
        assert script.left.wait(5)
    assert_cut(events, error, "It is")
    assert "not a word in 0 s" in str(error)
    assert waits(events) == []


async def test_a_server_that_never_begins_is_given_up_and_not_asked_twice(source: str) -> None:
    script = Script(hangs_after=0)
    with serve(script) as url:
        _, error = await put(profile(url, first_token=0.4), source)
        assert script.left.wait(5)
    assert error
    assert "said nothing" in str(error)
    assert len(script.seen) == 1
    assert kept() == []


@pytest.mark.parametrize("route", ["ids", "text"])
async def test_a_server_that_cuts_mid_stream_leaves_what_came(source: str, route: str) -> None:
    script = Script(drops_after=2)
    with serve(script) as url:
        events, error = await put(profile(url, route=route), source)
    assert_cut(events, error, "It is")
    assert len(script.seen) == 1


async def test_a_connection_that_breaks_before_the_first_word_is_tried_again(source: str) -> None:
    script = Script(drops_first=1)
    with serve(script) as url:
        events, error = await put(profile(url), source)
    assert error is None
    assert len(waits(events)) == 1
    assert len(script.seen) == 2
    assert [a.finished for a in kept()] == ["stop"]


async def test_too_many_requests_are_waited_out_as_the_server_asks(source: str) -> None:
    script = Script(status=[429], headers_sent={"Retry-After": "1"})
    with serve(script) as url:
        began = time.monotonic()
        events, error = await put(profile(url), source)
    assert error is None
    assert time.monotonic() - began > 1
    assert "(429); again in 1.0 s" in waits(events)[0]
    assert [a.text for a in kept()] == ["It is so."]


async def test_a_server_that_asks_for_an_hour_is_not_waited_for(source: str) -> None:
    with serve(Script(always=429, headers_sent={"Retry-After": "3600"})) as url:
        events, error = await put(profile(url), source)
    assert waits(events) == []
    assert error
    assert "3,600 s" in error.hint


async def test_500_for_ever_ends_and_says_what_the_server_said(source: str) -> None:
    script = Script(always=500)
    with serve(script) as url:
        events, error = await put(profile(url, retries=2), source)
    assert error
    assert "status 500" in str(error)
    assert len(script.seen) == 3
    assert len(waits(events)) == 2
    assert kept() == []


@pytest.mark.parametrize(
    ("route", "broken"),
    [
        ("ids", '{"choices": [{"ind'),
        ("text", '{"choices": 3}'),
        ("text", '{"error": {"message": "out of memory", "code": 500}}'),
    ],
)
async def test_an_event_that_means_nothing_leaves_what_came(
    source: str, route: str, broken: str
) -> None:
    with serve(Script(breaks_after=2, broken=broken)) as url:
        events, error = await put(profile(url, route=route), source)
    assert_cut(events, error, "It is")


async def test_a_model_that_is_not_there_is_named_with_those_that_are(source: str) -> None:
    script = Script(only_model="scout-17b", models=[{"id": "scout-17b"}])
    with serve(script) as url:
        events, error = await put(profile(url), source)
    assert error
    assert "does not know the model 'one'" in str(error)
    assert "scout-17b" in error.hint
    assert waits(events) == []
    assert kept() == []


def vllm(limit: int, prompt: int, answer: int) -> dict[str, Any]:
    """As vLLM 0.32 says it (renderers/params.py)."""
    return {
        "message": f"This model's maximum context length is {limit} tokens. However, you"
        f" requested {answer} output tokens and your prompt contains at least"
        f" {limit - answer + 1} input tokens, for a total of at least {limit + 1} tokens.",
        "type": "BadRequestError", "param": "input_tokens", "code": 400,
    }  # fmt: skip


def llama_cpp(limit: int, prompt: int, answer: int) -> dict[str, Any]:
    return {
        "message": "the request exceeds the available context size, try increasing it",
        "type": "exceed_context_size_error", "n_ctx": limit, "n_prompt_tokens": prompt,
    }  # fmt: skip


@pytest.mark.parametrize(("route", "wording"), [("ids", vllm), ("text", llama_cpp)])
async def test_a_prompt_too_long_is_laid_out_again_for_the_servers_window(
    large: str, route: str, wording: Callable[..., dict[str, Any]]
) -> None:
    script = Script(window=3_000, wording=wording)
    with serve(script) as url:
        events, error = await put(profile(url, route=route), large)
    assert error is None
    assert len(script.seen) == 2
    said = [e.note for e in events if isinstance(e, Progress) and e.stage == "source"]
    assert "3,000 tokens" in said[-1]
    assert "laid out again" in said[-1]
    (answer,) = kept()
    assert (answer.text, answer.finished, answer.strategy) == ("It is so.", "stop", "focus")
    # What is kept is the layout that was answered from: the next question fits at once.
    onward = Request("And again?", profile(url, route=route), session=answer.session)
    with serve(script, port_of(url)):
        more = [event async for event in ask(onward, no)]
    assert isinstance(more[-1], Answer)
    assert len(script.seen) == 3


async def test_a_prompt_is_laid_out_again_once_and_not_twice(large: str) -> None:
    refusals = [vllm(4_000, 0, 200), vllm(2_000, 0, 200)]
    script = Script(status=[400, 400], errors=refusals)
    with serve(script) as url:
        _, error = await put(profile(url), large)
    assert isinstance(error, WindowError)
    assert error.limit == 2_000
    assert "--budget 2000" in error.hint
    assert len(script.seen) == 2
    assert kept() == []


async def test_who_wants_the_whole_corpus_is_told_that_it_does_not_fit(large: str) -> None:
    with serve(Script(window=3_000, wording=vllm)) as url:
        _, error = await put(profile(url, window=16_000, trusted=16_000), large, strategy="whole")
    assert isinstance(error, WindowError)
    assert "3,000" in str(error)
    assert kept() == []


async def test_reasoning_is_no_part_of_the_answer(source: str) -> None:
    words = ["<thi", "nk>The file ", "says 97.5.</th", "ink>\n\nIt is ", "97.5, not <think>."]
    details = {"completion_tokens_details": {"reasoning_tokens": 7}}
    with serve(Script(words=words, details=details)) as url:
        events, error = await put(profile(url), source)
    assert error is None
    thought = "".join(e.text for e in events if isinstance(e, Reasoning))
    assert thought == "The file says 97.5."
    answer = events[-1]
    assert isinstance(answer, Answer)
    assert answer.text == "It is 97.5, not <think>."
    assert answer.usage
    assert answer.usage.reasoning_tokens == 7


async def test_a_model_that_only_thinks_has_not_answered(source: str) -> None:
    with serve(Script(words=["<think>Let me", " see"], finish="length")) as url:
        events, error = await put(profile(url), source)
    assert error
    assert "thought until no room was left" in str(error)
    assert "--answer" in error.hint
    assert kept() == []
    assert Finished("length") in events


async def test_a_reader_who_leaves_is_heard_by_the_server(source: str) -> None:
    script = Script(hangs_after=2)
    with serve(script) as url:
        events = ask(Request("What is it?", profile(url, silence=60.0), (source,)), no)
        async for event in events:
            if event == Text("is "):
                break
        await events.aclose()
        assert script.left.wait(5)
    assert [(a.text, a.finished) for a in kept()] == [("It is ", "cut")]


async def test_a_corpus_goes_to_the_same_server_and_to_another_where_that_is_gone(
    source: str,
) -> None:
    first, second = Script(), Script()
    with serve(first) as one, serve(second) as two:
        pair = profile(one, urls=(two,))
        for _ in range(2):
            await put(pair, source)
        assert sorted((len(first.seen), len(second.seen))) == [0, 2]
        pinned, other = (one, two) if first.seen else (two, one)
    with serve(Script(), port_of(other)):
        events, error = await put(profile(one, urls=(two,)), source)
    assert error is None
    assert waits(events) == [f"{pinned} cannot be reached: going to {other}"]


def longread(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", "from longread.cli import main; main()", *arguments],
        env=os.environ, capture_output=True, text=True, stdin=subprocess.DEVNULL, check=False,
    )  # fmt: skip


def test_the_command_line_ends_with_3_and_keeps_what_came(source: str) -> None:
    script = Script(status=[503], hangs_after=2)
    with serve(script) as url:
        config.add_profile(
            "odd", {"url": url, "model": "one", "window": 8_000, "trusted": 8_000, "answer": 200,
                    "silence": 0.5},
        )  # fmt: skip
        done = longread("ask", source, "-q", "What is the limit?", "--profile", "odd")
    assert done.returncode == 3, done.stderr
    assert done.stdout.startswith("It is \n")
    assert "waiting 1/5" in done.stderr
    assert "(503); again in" in done.stderr
    assert "was cut off: not a word" in done.stderr
    (answer,) = kept()
    assert (answer.text, answer.finished) == ("It is ", "cut")
    shown = json.loads(longread("sessions", "show", answer.session, "--json").stdout)
    assert shown["answers"][0]["text"] == "It is "
