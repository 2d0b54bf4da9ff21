"""Deleting a session takes its texts and its index with it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from longread import config
from longread.analysis.ask import Request, ask
from longread.analysis.forget import forget, forget_review
from longread.analysis.relevance import index_of
from longread.analysis.review import Request as Reviewing
from longread.analysis.review import review
from longread.cache.kept import open_derived
from longread.config import Profile
from longread.engine.replay import ReplayEngine
from longread.store import open_store
from longread.types import Answer
from longread.types.reviews import Question

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


async def test_a_deleted_review_leaves_nothing_in_the_cache_but_what_others_need(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Nobody else reads it, so that what is gone is gone from its log too.
    monkeypatch.setenv("LONGREAD_CACHE", str(tmp_path / "cache"))
    shelf = Path(__file__).parent.parent.parent / "fixtures" / "shelf"
    lease, licence = (
        shelf / "calderbank_unit7_lease.pdf",
        shelf / "quillstone_norbridge_licence.pdf",
    )

    async def yes(_: object) -> bool:
        return True

    for sources in ((str(lease), str(licence)), (str(licence),)):
        request = Reviewing(
            replace(GUIDED, window=64_000, trusted=64_000), sources, (Question("Law", "Which?"),),
            new=True, yes=True,
        )  # fmt: skip
        async for _ in review(request, yes, ReplayEngine("")):
            pass

    def holding(word: bytes) -> list[Path]:
        places = (config.home(), config.cache())
        files = [path for place in places for path in place.rglob("*") if path.is_file()]
        return [path for path in files if word in path.read_bytes()]

    assert holding(b"Calderbank")
    assert holding(b"NORBRIDGE")
    with open_store() as store:
        _, both = [row.id for row in store.reviews.listed()]
        forget_review(store, both)
    assert holding(b"Calderbank") == []
    assert holding(b"NORBRIDGE")
    with open_derived() as derived:
        assert "ids" not in derived.kinds()
