"""A server that behaves as Ollama does: its window is looked at, and set, before text is sent."""

from __future__ import annotations

import json
from array import array
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from longread import config
from longread.config import Profile
from longread.engine.server import ServerEngine
from longread.errors import EngineError, WindowError
from longread.types import Event, Piece, Progress, Prompt, Sampling, Turn
from tests.engine.odd_server import Script, serve


@dataclass
class Ollama:
    """What Ollama's own routes say (docs/api.md): /api/show, /api/ps, /api/create."""

    limit: int = 131_072
    models: dict[str, int] = field(default_factory=lambda: {"llama3.2": 0})
    """`num_ctx` of each model, 0 where it has none."""
    loaded: dict[str, int] = field(default_factory=dict)
    created: list[dict[str, Any]] = field(default_factory=list)

    def show(self, body: bytes) -> tuple[int, Any]:
        name = json.loads(body)["model"]
        if name not in self.models:
            return 404, {"error": f"model '{name}' not found"}
        parameters = 'stop    "<|eot_id|>"'
        if self.models[name]:
            parameters += f"\nnum_ctx                        {self.models[name]}"
        info = {"general.architecture": "llama", "llama.context_length": self.limit}
        return 200, {"parameters": parameters, "model_info": info, "details": {}}

    def ps(self, _: bytes) -> tuple[int, Any]:
        running = [
            {"name": f"{n}:latest", "model": f"{n}:latest", "context_length": length}
            for n, length in self.loaded.items()
        ]
        return 200, {"models": running}

    def create(self, body: bytes) -> tuple[int, Any]:
        made = json.loads(body)
        self.created.append(made)
        self.models[made["model"]] = made["parameters"]["num_ctx"]
        return 200, {"status": "success"}

    def script(self) -> Any:
        routes = {
            "POST /api/show": self.show, "GET /api/ps": self.ps, "POST /api/create": self.create
        }  # fmt: skip
        return Script(routes=routes)


def prompt(tokens: int) -> Prompt:
    piece = Piece("word", array("I", [7]) * tokens)
    return Prompt((Turn("user", (piece,)),), (array("I"),) * 2, exact=False)


async def ask(ollama: Ollama, tokens: int = 100, **settings: Any) -> tuple[list[Event], Any]:
    script = ollama.script()
    with serve(script) as url:
        shipped: Profile = replace(config.load_profile("ollama"), url=url, **settings)
        engine = ServerEngine(shipped)
        events = [e async for e in engine.stream(prompt(tokens), Sampling(200))]
    return events, script


def notes(events: list[Event]) -> list[str]:
    return [e.note for e in events if isinstance(e, Progress)]


async def test_a_model_without_a_window_gets_one_that_shares_its_weights() -> None:
    ollama = Ollama()
    events, script = await ask(ollama)
    assert ollama.created == [
        {"model": "llama3.2-longread:8192", "from": "llama3.2", "parameters": {"num_ctx": 8192},
         "stream": False}
    ]  # fmt: skip
    assert script.seen[0]["model"] == "llama3.2-longread:8192"
    assert "ollama rm llama3.2-longread:8192" in notes(events)[0]
    events, script = await ask(ollama)
    assert len(ollama.created) == 1
    assert notes(events) == []
    assert script.seen[0]["model"] == "llama3.2-longread:8192"


@pytest.mark.parametrize(
    "ollama", [Ollama(models={"llama3.2": 16_384}), Ollama(loaded={"llama3.2": 32_768})]
)
async def test_a_window_that_is_there_is_used_as_it_is(ollama: Ollama) -> None:
    events, script = await ask(ollama)
    assert ollama.created == []
    assert script.seen[0]["model"] == "llama3.2"
    assert notes(events) == []


@pytest.mark.parametrize(
    "ollama", [Ollama(models={"llama3.2": 2_048}), Ollama(loaded={"llama3.2": 4_096})]
)
async def test_a_window_that_is_too_small_is_set(ollama: Ollama) -> None:
    _, script = await ask(ollama)
    assert script.seen[0]["model"] == "llama3.2-longread:8192"


async def test_no_more_is_set_than_the_model_takes() -> None:
    ollama = Ollama(limit=4_096)
    _, script = await ask(ollama)
    assert script.seen[0]["model"] == "llama3.2-longread:4096"


async def test_a_prompt_beyond_the_model_is_not_sent() -> None:
    with pytest.raises(WindowError) as caught:
        await ask(Ollama(limit=4_096), tokens=5_000)
    assert caught.value.limit == 4_096


async def test_a_model_that_was_not_pulled_is_named() -> None:
    with pytest.raises(EngineError) as caught:
        await ask(Ollama(models={}))
    assert caught.value.hint == "ollama pull llama3.2"
