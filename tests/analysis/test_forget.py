"""Deleting a session takes its texts and its index with it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from longread import config
from longread.analysis.ask import Request, ask
from longread.analysis.forget import forget
from longread.analysis.relevance import index_of
from longread.config import Profile
from longread.engine.replay import ReplayEngine
from longread.store import open_store
from longread.types import Answer

GUIDED = Profile(
    name="g", engine="replay", window=8_000, trusted=8_000, answer=99, citations="guided"
)


async def test_the_last_session_about_a_corpus_takes_its_index_along(
    make_repository: Callable[..., Path],
) -> None:
    root = str(make_repository({"a.md": "# Secret\n\nThe peculiar word is quokkatomic.\n"}))
    sessions = []
    for _ in range(2):
        request = Request("Which word?", GUIDED, (root,))
        async for event in ask(request, lambda _: False, ReplayEngine("That one.")):
            if isinstance(event, Answer):
                sessions.append(event.session)
    with open_store() as store:
        index = index_of(store.session(sessions[0]).sources)
        forget(store, sessions[0])
        assert index.exists()
        forget(store, sessions[1])
        assert not index.exists()
        assert store.sessions() == []
    held = [p for p in config.home().rglob("*") if p.is_file() and b"quokkatomic" in p.read_bytes()]
    assert held == []
