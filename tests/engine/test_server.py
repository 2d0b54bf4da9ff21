"""The client of every server: what it sends, what it yields, and how it says what failed."""

from __future__ import annotations

import asyncio
import sys
from array import array
from dataclasses import replace

import pytest

from longread import config
from longread.config import Profile
from longread.engine.reply import Reply
from longread.engine.server import ServerEngine
from longread.engine.thinking import Split
from longread.errors import ConfigError, EngineError
from longread.types import (  # fmt: skip
    Event,
    Finished,
    Picture,
    Piece,
    Progress,
    Prompt,
    Reasoning,
    Sampling,
    Text,
    Turn,
    Usage,
)
from tests.engine.odd_server import Script, serve

PROMPT = Prompt(
    (Turn("user", (Piece("hello", array("I", [5, 6])),)),),
    (array("I", [1]), array("I", [2])),
    stop_ids=(9,),
)


def profile(url: str, **settings: object) -> Profile:
    return Profile(name="odd", url=url, model="one", **{"route": "ids", "retries": 2, **settings})  # type: ignore[arg-type]


SAMPLING = Sampling(16)


async def collect(engine: ServerEngine, sampling: Sampling = SAMPLING) -> list[Event]:
    return [event async for event in engine.stream(PROMPT, sampling)]


async def failing(engine: ServerEngine) -> tuple[list[Event], EngineError]:
    events: list[Event] = []
    try:
        async for event in engine.stream(PROMPT, SAMPLING):
            events.append(event)
    except EngineError as error:
        return events, error
    raise AssertionError("the engine did not fail")


async def test_ids_are_sent_with_our_stop_ids_and_a_bound() -> None:
    script = Script()
    with serve(script) as url:
        events = await collect(ServerEngine(profile(url)))
    sent = script.seen[0]
    assert sent["prompt"] == [1, 5, 6, 2]
    assert sent["stop_token_ids"] == [9]
    assert sent["max_tokens"] == 16
    assert [e.text for e in events if isinstance(e, Text)] == ["It ", "is ", "so."]
    usage = next(e for e in events if isinstance(e, Usage))
    assert (usage.prompt_tokens, usage.expected_tokens, usage.cached_tokens) == (4, 4, 3)
    assert not usage.truncated
    assert events[-1] == Finished("stop")


async def test_messages_are_sent_on_the_text_route() -> None:
    script = Script(reasoning="let me see")
    with serve(script) as url:
        events = await collect(ServerEngine(profile(url, route="text")))
    assert script.seen[0]["messages"] == [{"role": "user", "content": "hello"}]
    assert events[0] == Reasoning("let me see")
    assert [e.text for e in events if isinstance(e, Text)] == ["It ", "is ", "so."]


async def test_pictures_stand_behind_their_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    def piece(text: str, png: bytes = b"") -> Piece:
        return Piece(text, array("I"), picture=Picture(png, 147, 1) if png else None)

    turns = (
        Turn("system", (piece("head"),)),
        Turn("user", (piece("corpus\n"), piece("p1\n", b"one"), piece("p2\n", b"two"), piece("q"))),
    )
    monkeypatch.setattr(sys.modules[__name__], "PROMPT", Prompt(turns, (array("I"),) * 3))
    script = Script()
    with serve(script) as url:
        await collect(ServerEngine(profile(url, route="text")))

    def shown(png: str) -> dict[str, object]:
        return {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{png}"}}

    assert script.seen[0]["messages"] == [
        {"role": "system", "content": "head"},
        {
            "role": "user",
            "content": [
                {"type": "text", "text": "corpus\np1\n"}, shown("b25l"),
                {"type": "text", "text": "p2\n"}, shown("dHdv"),
                {"type": "text", "text": "q"},
            ],
        },
    ]  # fmt: skip


@pytest.mark.parametrize("route", ["ids", "text"])
async def test_a_schema_reaches_the_server(route: str) -> None:
    script = Script()
    with serve(script) as url:
        await collect(
            ServerEngine(profile(url, route=route)), Sampling(9, schema='{"type": "object"}')
        )
    where = "structured_outputs" if route == "ids" else "response_format"
    assert '"type": "object"' in str(script.seen[0][where]).replace("'", '"')


async def test_a_server_that_read_less_is_noticed() -> None:
    with serve(Script(counts=3)) as url:
        events = await collect(ServerEngine(profile(url)))
    assert next(e for e in events if isinstance(e, Usage)).truncated


async def test_an_answer_that_ran_out_of_room_says_so() -> None:
    with serve(Script(finish="length")) as url:
        events = await collect(ServerEngine(profile(url)))
    assert events[-1] == Finished("length")


async def test_passing_trouble_is_tried_again() -> None:
    script = Script(status=[429, 500])
    with serve(script) as url:
        events = await collect(ServerEngine(profile(url)))
    assert events[-1] == Finished("stop")


async def test_a_dropped_connection_keeps_what_came() -> None:
    with serve(Script(drops_after=2)) as url:
        events, error = await failing(ServerEngine(profile(url)))
    assert [e.text for e in events if isinstance(e, Text)] == ["It ", "is "]
    assert "cut off" in str(error)


async def test_what_may_have_been_the_start_of_a_tag_is_kept_too() -> None:
    with serve(Script(words=["<th", "is> "], drops_after=1)) as url:
        events, _ = await failing(ServerEngine(profile(url)))
    assert events == [Text("<th")]


async def test_a_stream_that_just_ends_is_not_a_whole_answer() -> None:
    with serve(Script(finish=None)) as url:
        _, error = await failing(ServerEngine(profile(url)))
    assert "ended early" in str(error)


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (401, "wants a key, and none was sent"),
        (404, "does not know the model"),
        (400, "refused the request"),
    ],
)
async def test_a_refusal_is_explained(status: int, words: str) -> None:
    with serve(Script(status=[status])) as url:
        _, error = await failing(ServerEngine(profile(url)))
    assert words in str(error)
    assert error.hint


async def test_what_needs_money_is_not_asked_for_again() -> None:
    script = Script(status=[429], errors=[{"message": "no credit", "code": "insufficient_quota"}])
    with serve(script) as url:
        _, error = await failing(ServerEngine(profile(url)))
    assert "paid first" in str(error)
    assert len(script.seen) == 1


async def test_why_it_waits_is_said_before_it_waits() -> None:
    with serve(Script(status=[408])) as url:
        events = await collect(ServerEngine(profile(url)))
    assert isinstance(events[0], Progress)
    assert (events[0].stage, events[0].done, events[0].total) == ("wait", 1, 2)
    assert "(408); again in" in events[0].note


async def test_who_is_called_off_while_it_waits_waits_no_longer() -> None:
    script = Script(always=503, headers_sent={"Retry-After": "60"})
    waiting = asyncio.Event()

    async def ask() -> None:
        async for event in ServerEngine(profile(url)).stream(PROMPT, SAMPLING):
            assert isinstance(event, Progress)
            asyncio.get_running_loop().call_later(0.05, waiting.set)

    with serve(script) as url:
        asking = asyncio.create_task(ask())
        await waiting.wait()
        asking.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asking
    assert len(script.seen) == 1


async def test_who_is_called_off_closes_the_connection() -> None:
    script = Script(hangs_after=0)
    with serve(script) as url:
        asking = asyncio.create_task(collect(ServerEngine(profile(url))))
        assert await asyncio.to_thread(script.arrived.wait, 5)
        asking.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asking
        assert await asyncio.to_thread(script.left.wait, 5)


@pytest.mark.parametrize(("counts", "cut"), [(400, True), (975, False), (1_010, False)])
async def test_on_the_text_route_only_more_than_a_template_counts_as_cut(
    counts: int, cut: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    piece = Piece("word", array("I", [7]) * 1_000)
    long = Prompt((Turn("user", (piece,)),), (array("I"),) * 2)
    monkeypatch.setattr(sys.modules[__name__], "PROMPT", long)
    with serve(Script(counts=counts)) as url:
        events = await collect(ServerEngine(profile(url, route="text")))
    assert next(e for e in events if isinstance(e, Usage)).truncated is cut


async def test_an_estimate_is_held_against_the_count_with_more_room(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    piece = Piece("word", array("I", [7]) * 1_000)
    long = Prompt((Turn("user", (piece,)),), (array("I"),) * 2, exact=False)
    monkeypatch.setattr(sys.modules[__name__], "PROMPT", long)
    for counts, cut in ((800, False), (600, True)):
        with serve(Script(counts=counts)) as url:
            events = await collect(ServerEngine(profile(url, route="text")))
        assert next(e for e in events if isinstance(e, Usage)).truncated is cut


async def test_no_more_is_asked_for_than_the_server_writes() -> None:
    script = Script()
    with serve(script) as url:
        await collect(ServerEngine(profile(url, output_limit=8)))
    assert script.seen[0]["max_tokens"] == 8


async def test_openrouter_goes_to_one_host_that_keeps_nothing_and_says_which(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("OPENROUTER_API_KEY", "k")
    script = Script(provider="DeepInfra")
    with serve(script) as url:
        shipped = replace(config.load_profile("openrouter"), url=url)
        events = await collect(ServerEngine(shipped))
    assert script.seen[0]["provider"] == {
        "order": ["deepinfra"], "allow_fallbacks": False, "data_collection": "deny", "zdr": True
    }  # fmt: skip
    assert next(e for e in events if isinstance(e, Usage)).provider == "DeepInfra"


async def test_where_no_host_may_take_it_the_model_is_not_blamed() -> None:
    said = {"message": "No endpoints found matching your data policy", "code": 404}
    with serve(Script(status=[404], errors=[said])) as url:
        _, error = await failing(ServerEngine(profile(url)))
    assert "no host behind" in str(error)
    assert "body.provider" in error.hint


def test_reasoning_of_either_name_is_reasoning() -> None:
    reply = Reply(Split())
    for name in ("reasoning", "reasoning_content"):
        delta = {"content": "", name: "hm"}
        assert reply.take({"choices": [{"delta": delta}]}) == [Reasoning("hm")]


async def test_a_key_that_is_refused_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ODD_KEY", "s3cret")
    with serve(Script(status=[401])) as url:
        _, error = await failing(ServerEngine(profile(url, key_env="ODD_KEY")))
    assert "refused the key" in str(error)
    assert error.hint == "check the key in ODD_KEY"


async def test_an_address_that_is_none_is_not_tried_again() -> None:
    before, error = await failing(ServerEngine(profile("nonsense://x/v1")))
    assert not any(isinstance(event, Progress) for event in before)
    assert "no server answers" in str(error)


async def test_no_server_at_all_is_explained() -> None:
    with serve(Script()) as url:
        pass
    _, error = await failing(ServerEngine(profile(url)))
    assert "no server answers" in str(error)


async def test_a_key_goes_into_the_header_and_nowhere_else(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ODD_KEY", "s3cret")
    script = Script()
    with serve(script) as url:
        await collect(ServerEngine(profile(url, key_env="ODD_KEY")))
    assert script.headers[0]["authorization"] == "Bearer s3cret"
    assert "s3cret" not in str(script.seen)


def test_a_missing_key_is_said_before_anything_is_sent() -> None:
    with pytest.raises(ConfigError, match="NO_SUCH_KEY"):
        ServerEngine(profile("http://127.0.0.1:9/v1", key_env="NO_SUCH_KEY"))


async def test_the_models_a_server_offers_are_listed() -> None:
    with serve(Script()) as url:
        assert await ServerEngine(profile(url)).models() == ["one"]


async def test_what_is_for_this_machine_goes_by_no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    proxy = Script()
    with serve(proxy) as elsewhere, serve(Script()) as url:
        monkeypatch.delenv("no_proxy", raising=False)
        monkeypatch.delenv("NO_PROXY", raising=False)
        monkeypatch.setenv("http_proxy", elsewhere.removesuffix("/v1"))
        monkeypatch.setenv("all_proxy", elsewhere.removesuffix("/v1"))
        events = await collect(ServerEngine(profile(url)))
    assert isinstance(events[-1], Finished)
    assert proxy.seen == []
