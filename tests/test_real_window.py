"""A window of ten million tokens on the CPU: real vLLM, a tiny Llama 4, the whole application."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from longread.analysis.ask import Request, ask
from longread.config import Profile
from longread.engine import local
from longread.tokens import open_family
from longread.types import Answer, Event

BENCH = Path(__file__).parent.parent / "bench"
WINDOW = 10_485_760

pytestmark = pytest.mark.engine


@pytest.fixture(scope="module")
def profile(tmp_path_factory: pytest.TempPathFactory) -> Profile:
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(BENCH))
        patch.delitem(sys.modules, "tiny_llama4", raising=False)
        import tiny_llama4

        model = tiny_llama4.build(tmp_path_factory.mktemp("tiny-llama4"))
        arguments = tiny_llama4.ARGUMENTS
    return Profile(
        "ten-million",
        engine="local",
        model=str(model),
        family="llama4",
        route="ids",
        window=WINDOW,
        trusted=40_000,
        answer=8,
        arguments=arguments,
    )


@pytest.fixture(autouse=True)
def _use_engine(
    tmp_path: Path, users_cache: str, monkeypatch: pytest.MonkeyPatch
) -> Iterator[None]:
    monkeypatch.setenv("LONGREAD_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("LONGREAD_CACHE", users_cache)
    yield
    local.stop()


async def last(request: Request) -> Answer:
    events: list[Event] = [event async for event in ask(request, lambda _: False)]
    assert isinstance(events[-1], Answer)
    return events[-1]


async def test_a_window_of_ten_million_tokens_answers_and_reuses_what_it_has_read(
    profile: Profile, tmp_path: Path
) -> None:
    lines = [f"Entry {n}: lamp {n * 7919 % 10_007} is lit at dusk." for n in range(2_300)]
    (tmp_path / "lamps.md").write_text("\n".join(lines) + "\n")
    answers = []
    for question in ("When is lamp 7 lit?", "And which lamps are never lit?"):
        answers.append(await last(Request(question, profile, (str(tmp_path / "lamps.md"),))))
    for answer in answers:
        assert answer.strategy == "whole"
        assert answer.usage
        assert answer.usage.prompt_tokens >= 32_768
        assert answer.usage.prompt_tokens == answer.usage.expected_tokens
        assert answer.usage.output_tokens == 8
    usage = answers[1].usage
    assert usage
    assert usage.cached_tokens is not None
    assert usage.cached_tokens >= 0.98 * usage.prompt_tokens

    # The words are without sense, but they are the model's: text and tokens agree.
    assert open_family("llama4").encode(answers[0].text)
    [status] = local.status()
    assert status.load
    assert (status.state, status.load.running, status.load.waiting) == ("running", 0, 0)
    assert status.load.prompt_tokens == sum(a.usage.prompt_tokens for a in answers if a.usage)
    assert status.load.answer_tokens == 16
    assert status.load.reused_tokens == usage.cached_tokens
    assert status.load.reused
    assert 0.4 < status.load.reused < 0.6
    assert status.load.prompt_speed
    assert status.load.answer_speed
    log = status.log.read_text()
    assert "longread: --max-model-len 10485760: the profile's window" in log
    assert "Maximum concurrency for 10,485,760 tokens per request: 1." in log
