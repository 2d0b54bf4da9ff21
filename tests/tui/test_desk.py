"""What runs outlives its screens, and whatever a person presses meanwhile."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from longread import config
from longread.errors import StoreError
from longread.export.visible import CONTROLS
from longread.ingest.read import Options
from longread.store import Store
from longread.tui import desk, library
from longread.tui.app import LongreadApp
from longread.tui.compare import CompareScreen
from longread.tui.confirm import ConfirmScreen
from longread.tui.library import LibraryScreen, SearchLine
from longread.tui.read import ReadScreen
from longread.tui.widgets.answer import AnswerView
from longread.tui.widgets.cited import CitedPane
from longread.tui.widgets.prompt import PromptBox
from longread.tui.widgets.sessions import SessionList
from longread.tui.widgets.transcript import Transcript
from longread.types import Source
from tests.tui.driving import Held, screen_text, until

MakeSession = Callable[..., str]
GOOD = 'It is 97.5 [d1:L1 "LIMIT = 97.5"].'


def opened(store: Store, session: str, engine: object = None) -> LongreadApp:
    return LongreadApp(store.path, session=session, engine=engine)  # type: ignore[arg-type]


async def ready(pilot: object, app: LongreadApp, answers: int = 1) -> None:
    await until(  # type: ignore[arg-type]
        pilot,
        lambda: (
            isinstance(app.screen, ReadScreen)
            and app.matter
            and app.matter.conversation
            and len(app.screen.query(AnswerView)) == answers
            and app.screen._preview
        ),
    )


@pytest.fixture
def far(tmp_path: Path) -> None:
    (config.settings_dir() / "profiles" / "scripted.toml").write_text(
        'engine = "server"\nurl = "https://models.example/v1"\nmodel = "x"\nfamily = "llama4"\n'
        "window = 8000\ntrusted = 8000\nanswer = 200\nprice_input = 1.0\n"
    )


async def asked_to_send(pilot: object, app: LongreadApp) -> None:
    await ready(pilot, app, 0)
    await pilot.press(*"why", "enter")  # type: ignore[attr-defined]
    await until(pilot, lambda: isinstance(app.screen, ConfirmScreen))  # type: ignore[arg-type]


async def test_leaving_a_question_with_a_function_key_is_no(
    store: Store, make_session: MakeSession, far: None
) -> None:
    app = opened(store, make_session(store, "kettle"))
    async with app.run_test(size=(120, 40)) as pilot:
        await asked_to_send(pilot, app)
        matter = app.matter
        await pilot.press("f2")
        await until(pilot, lambda: isinstance(app.screen, LibraryScreen))
        await until(pilot, lambda: matter and not matter.asking)


async def test_a_question_of_what_was_stopped_is_asked_no_longer(
    store: Store, make_session: MakeSession, far: None
) -> None:
    app = opened(store, make_session(store, "kettle"))
    async with app.run_test(size=(120, 40)) as pilot:
        await asked_to_send(pilot, app)
        await pilot.press("ctrl+x")
        await pilot.pause(0.2)
        assert not isinstance(app.screen, ConfirmScreen)
        await pilot.press("y")
        await pilot.pause(0.2)


async def test_a_session_that_is_being_opened_is_opened_once(
    store: Store, make_session: MakeSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = make_session(store, "kettle", ("What?", GOOD))
    app = LongreadApp(store.path)
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: app.screen.query_one(SessionList).entries)
        app.open_session(session)
        first = app.matter
        app.open_session(session)
        assert app.matter is first


async def test_a_question_that_fails_while_another_session_is_shown_comes_back(
    store: Store, make_session: MakeSession
) -> None:
    other = make_session(store, "other", ("What?", GOOD))
    session = make_session(store, "kettle")
    engine = Held("x")
    app = opened(store, session, engine)
    async with app.run_test(size=(120, 40)) as pilot:
        await ready(pilot, app, 0)
        mine = app.matter
        await pilot.press(*"why", "enter")
        await until(pilot, lambda: mine.asking)
        app.open_session(other)
        await ready(pilot, app, 1)
        app.stop(mine)
        await until(pilot, lambda: not mine.asking)
        assert app.screen.query_one(PromptBox).text == ""
        app.open_session(session)
        await ready(pilot, app, 0)
        await pilot.pause(0.3)
        assert app.screen.query_one(PromptBox).text == "why"


async def test_a_question_too_long_comes_back(store: Store, make_session: MakeSession) -> None:
    session = make_session(store, "kettle")
    app = opened(store, session)
    long = "why " * 20_000
    async with app.run_test(size=(120, 40)) as pilot:
        await ready(pilot, app, 0)
        app.screen.query_one(PromptBox).load_text(long)
        await pilot.press("enter")
        await pilot.pause(0.3)
        await until(pilot, lambda: not app.matter.asking)
        await pilot.pause(0.3)
        assert app.screen.query_one(PromptBox).text.strip() == long.strip()


async def test_stopping_an_opening_does_not_wait_for_it(
    store: Store, make_session: MakeSession, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    opening, free = threading.Event(), threading.Event()

    def held(*arguments: object) -> None:
        opening.set()
        free.wait()

    monkeypatch.setattr(desk, "open_sources", held)
    app = LongreadApp(store.path)
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: app._store)
        app.open_sources([str(tmp_path)])
        try:
            await until(pilot, opening.is_set)
            await pilot.press("ctrl+x")
            await until(pilot, lambda: app.matter and app.matter.failed == "stopped")
        finally:
            free.set()


async def test_ss_is_found_as_it_is_typed(store: Store, make_session: MakeSession) -> None:
    make_session(store, "kettle", ("Welche Maßnahme gilt?", "keine"))
    assert store.search("Maßnahme")
    app = LongreadApp(store.path)
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: app.screen.query_one(SessionList).entries)
        await pilot.press("slash", *"Maßnahme")
        await pilot.pause(0.5)
        assert any(e.hits for e in app.screen.query_one(SessionList).entries)


async def test_a_session_is_shown_also_where_two_answers_were_compared(
    store: Store, make_session: MakeSession
) -> None:
    other = make_session(store, "other", ("What?", GOOD))
    session = make_session(store, "kettle", ("What?", GOOD))
    app = opened(store, session)
    async with app.run_test(size=(120, 40)) as pilot:
        await ready(pilot, app, 1)
        made = app.open_again(app.matter.conversation, app.matter.conversation.profile)
        app.push_screen(CompareScreen(app.matter.conversation.answers[0], made))
        await pilot.pause(0.3)
        await pilot.press("f2")
        await until(pilot, lambda: isinstance(app.screen, LibraryScreen))
        app.open_session(other)
        await pilot.pause(0.5)
        assert isinstance(app.screen, ReadScreen)
        assert app.matter.session == other


async def test_what_is_opened_is_the_citation_just_chosen(
    store: Store, make_session: MakeSession, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = tmp_path / "kettle"
    root.mkdir()
    (root / "heat.py").write_text("x = 1\n" * 9)
    log = tmp_path / "log"
    editor = tmp_path / "gedit"
    editor.write_text(f'#!/bin/sh\necho "$1" > "{log}"\n')
    editor.chmod(0o755)
    monkeypatch.setenv("EDITOR", str(editor))
    two = "It is 97.5 [d1:L1], decided in [d1:L4-L5]."
    source = Source(str(root), "folder")
    app = opened(store, make_session(store, "kettle", ("What?", two), source=source))
    async with app.run_test(size=(120, 40)) as pilot:
        await ready(pilot, app)
        await pilot.press("escape", "1")
        pane = app.screen.query_one(CitedPane)
        await until(pilot, lambda: pane._found)
        pane.point(app.matter.conversation, app.screen.query_one(Transcript).rows[1])
        pane.open_with(viewer=False)
        await until(pilot, lambda: log.exists() and log.read_text())
    assert log.read_text() == "+4\n"


async def test_a_session_that_could_not_be_deleted_is_listed_again(
    store: Store, make_session: MakeSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    def locked(store: Store, session: str) -> str:
        raise StoreError("another program is writing", hint="wait for it")

    monkeypatch.setattr(library, "forget", locked)
    make_session(store, "kettle")
    app = LongreadApp(store.path)
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: app.screen.query_one(SessionList).entries)
        await pilot.press("d")
        await until(pilot, lambda: not app.screen.query_one(SessionList).entries)
        assert isinstance(app.screen, LibraryScreen)
        await app.screen.trash.empty()
        await until(pilot, lambda: app.screen.query_one(SessionList).entries)


async def test_a_pasted_escape_reaches_no_terminal(store: Store, make_session: MakeSession) -> None:
    session = make_session(store, "kettle")
    app = opened(store, session)
    async with app.run_test(size=(120, 40)) as pilot:
        await ready(pilot, app, 0)
        app.screen.query_one(PromptBox).load_text("a\x1b]0;pwned\x07b\u202ec")
        await pilot.pause(0.2)
        shown = screen_text(app)
        assert not CONTROLS.search(shown.replace("\n", ""))


async def test_a_pasted_escape_reaches_no_terminal_from_search(
    store: Store, make_session: MakeSession
) -> None:

    app = LongreadApp(store.path)
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.press("slash")
        app.screen.query_one(SearchLine).value = "a\x1b]0;pwned\x07b\u202ec"
        await pilot.pause(0.2)
        shown = screen_text(app)
        assert not CONTROLS.search(shown.replace("\n", ""))


async def test_earlier_answers_of_what_is_left_meanwhile_are_not_looked_for(
    store: Store, make_session: MakeSession
) -> None:
    app = opened(store, make_session(store, "kettle", *((f"Q{n}", GOOD) for n in range(14))))
    async with app.run_test(size=(120, 40)) as pilot:
        await ready(pilot, app, 12)
        transcript = app.screen.query_one(Transcript)
        async with transcript._lock:
            looking = asyncio.create_task(transcript.earlier())
            await pilot.pause()
            transcript._first = 0
        await looking


async def test_a_session_is_continued_with_the_profile_that_was_named(
    store: Store, make_session: MakeSession
) -> None:
    config.add_profile(
        "twin",
        {
            "engine": "replay",
            "model": "x",
            "family": "estimate",
            "window": 9_000,
            "trusted": 8_000,
            "answer": 200,
        },
    )
    session = make_session(store, "kettle", ("Q", GOOD))
    app = LongreadApp(store.path, session=session, profile="twin")
    async with app.run_test(size=(120, 40)) as pilot:
        await ready(pilot, app, 1)
        assert app.matter.conversation.profile.name == "twin"


async def test_passwords_given_at_the_start_are_at_hand_in_what_is_taken_up_again(
    store: Store, make_session: MakeSession
) -> None:
    session = make_session(store, "kettle")
    app = LongreadApp(store.path, session=session, options=Options(passwords=("sesame",)))
    async with app.run_test(size=(120, 40)) as pilot:
        await ready(pilot, app, 0)
        assert app.matter
        assert app.matter.conversation
        assert app.matter.conversation.options.passwords == ("sesame",)
