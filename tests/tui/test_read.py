"""The Read screen: asking, answers as they come, and following citations."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable
from pathlib import Path

import pytest
from textual._compositor import Compositor
from textual.widgets import Markdown, Static

from longread import config
from longread.analysis.ask import Request, ask
from longread.analysis.trust import Departure
from longread.config import Profile
from longread.engine.replay import ReplayEngine
from longread.store import Store
from longread.tui.app import LongreadApp
from longread.tui.choose import ChooseScreen
from longread.tui.compare import CompareScreen
from longread.tui.confirm import ConfirmScreen
from longread.tui.read import ReadScreen
from longread.tui.widgets import answer
from longread.tui.widgets.answer import AnswerView
from longread.tui.widgets.cited import CitedPane
from longread.tui.widgets.prompt import PromptBox
from longread.tui.widgets.transcript import Transcript
from longread.types import Answer
from tests.tui.driving import Held, screen_text, until

MakeSession = Callable[..., str]
GOOD = 'It is 97.5 [d1:L1 "LIMIT = 97.5"].'
THREE = (
    'It is 97.5 [d1:L1 "LIMIT = 97.5"], or 80 [d1:L1 "LIMIT = 80.5, and no more"],'
    " decided in [d1:L4-L5]."
)


def opened(store: Store, session: str, engine: object = None) -> LongreadApp:
    return LongreadApp(store.path, session=session, engine=engine)  # type: ignore[arg-type]


async def ready(pilot: object, app: LongreadApp, answers: int = 1) -> None:
    """Wait until the session and its answers are shown."""
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


async def allow(_: Departure) -> bool:
    return True


def marked(app: LongreadApp) -> str:
    return app.screen.query_one(CitedPane).source.highlighted


async def test_an_answer_shows_its_citations_as_numbers_with_verdicts(
    store: Store, make_session: MakeSession
) -> None:
    app = opened(store, make_session(store, "kettle", ("What is it?", THREE)))
    async with app.run_test(size=(140, 40), notifications=True) as pilot:
        await ready(pilot, app)
        text = screen_text(app)
        assert "It is 97.5 [1✓], or 80 [2✗], decided in [3•]." in text
        assert "[1] ✓ exact  heat.py:L1 “LIMIT = 97.5”" in text
        assert "[2] ✗ not found" in text
        assert "[3] • place  heat.py:L4-L5" in text


async def test_each_number_key_shows_its_source(store: Store, make_session: MakeSession) -> None:
    many = " ".join(f"[d1:L{n}]" for n in (1, 4, 5, 1, 4, 5, 1, 4, 5))
    app = opened(store, make_session(store, "kettle", ("What is it?", many)))
    async with app.run_test(size=(140, 40), notifications=True) as pilot:
        await ready(pilot, app)
        await pilot.press("escape")
        for number, key in enumerate("123456789"):
            await pilot.press(key)
            pane = app.screen.query_one(CitedPane)
            assert pane.row is not None
            assert pane.row.number == number
            assert pane.row.has_class("-current")
            await until(pilot, lambda n=number: f"[{n + 1}] heat.py" in screen_text(app))


async def test_a_number_that_no_citation_has_is_told(
    store: Store, make_session: MakeSession
) -> None:
    app = opened(store, make_session(store, "kettle", ("What is it?", GOOD)))
    async with app.run_test(size=(140, 40), notifications=True) as pilot:
        await ready(pilot, app)
        await pilot.press("escape", "7")
        await until(pilot, lambda: "this answer has no citation 7" in screen_text(app))


@pytest.mark.parametrize(("following", "previous"), [("n", "p"), ("]", "[")])
async def test_next_and_previous_citation(
    store: Store, make_session: MakeSession, following: str, previous: str
) -> None:
    app = opened(store, make_session(store, "kettle", ("What is it?", THREE)))
    async with app.run_test(size=(140, 40), notifications=True) as pilot:
        await ready(pilot, app)
        await pilot.press("escape", following)
        await until(pilot, lambda: marked(app) == "LIMIT = 97.5")
        await pilot.press(following)
        # What is not found is shown as a difference, beside the words that come closest.
        await until(pilot, lambda: "LIMIT = 80.5, and no more" in screen_text(app))
        assert marked(app) == ""
        await pilot.press(following)
        await until(pilot, lambda: "[3] heat.py:L4-L5" in screen_text(app))
        await pilot.press(previous, previous)
        await until(pilot, lambda: marked(app) == "LIMIT = 97.5")


async def test_a_click_on_a_number_in_the_text_shows_its_source(
    store: Store, make_session: MakeSession
) -> None:
    app = opened(store, make_session(store, "kettle", ("What is it?", GOOD)))
    async with app.run_test(size=(140, 40), notifications=True) as pilot:
        await ready(pilot, app)
        rows = screen_text(app).split("\n")
        y = next(n for n, row in enumerate(rows) if "[1✓]" in row)
        await pilot.click(offset=(rows[y].index("[1✓]") + 1, y))
        await until(pilot, lambda: marked(app) == "LIMIT = 97.5")


async def test_a_click_on_a_citation_shows_its_source(
    store: Store, make_session: MakeSession
) -> None:
    app = opened(store, make_session(store, "kettle", ("What is it?", THREE)))
    async with app.run_test(size=(140, 40), notifications=True) as pilot:
        await ready(pilot, app)
        rows = screen_text(app).split("\n")
        y = next(n for n, row in enumerate(rows) if "[3] •" in row)
        await pilot.click(offset=(8, y))
        await until(pilot, lambda: "[3] heat.py:L4-L5" in screen_text(app))


async def test_a_question_is_asked_streamed_judged_and_kept(
    store: Store, make_session: MakeSession
) -> None:
    engine = Held("It is ", '97.5 [d1:L1 "LIMIT', ' = 97.5"].')
    session = make_session(store, "kettle")
    app = opened(store, session, engine)
    async with app.run_test(size=(140, 40), notifications=True) as pilot:
        await ready(pilot, app, answers=0)
        await pilot.press(*"what?", "enter")
        engine.let(2)
        await until(pilot, lambda: "It is 97.5" in screen_text(app))
        # A citation that has not come whole is not shown in pieces.
        assert "[d1:L1" not in screen_text(app)
        assert [d.question for d in store.drafts()] == ["what?"]
        assert store.session(session).answers[0].text == 'It is 97.5 [d1:L1 "LIMIT'
        engine.let(2)
        await until(pilot, lambda: "[1] ✓ exact" in screen_text(app))
        assert "97.5 [1✓]." in screen_text(app)
        assert app.screen.query_one(PromptBox).text == ""
    (answer,) = store.session(session).answers
    assert (answer.question, answer.finished, answer.profile) == ("what?", "stop", "scripted")
    assert store.drafts() == []


async def test_the_view_does_not_move_while_an_answer_comes(
    store: Store, make_session: MakeSession
) -> None:
    engine = Held(*(f"line {n}\n\n" for n in range(60)))
    long = "\n\n".join(f"old {n}" for n in range(40))
    app = opened(store, make_session(store, "kettle", ("Before?", long)), engine)
    async with app.run_test(size=(100, 24), notifications=True) as pilot:
        await ready(pilot, app)
        await pilot.press(*"what?", "enter")
        engine.let(1)
        await until(pilot, lambda: "line 0" in screen_text(app))
        scroller = app.screen.query_one(Transcript).scroller
        y = scroller.scroll_y
        assert "❯ what?" in screen_text(app).split("\n")[1]
        engine.let(59)
        await until(
            pilot, lambda: app.matter and app.matter.asking and app.matter.asking.pieces == 60
        )
        await until(pilot, lambda: "↓ more" in screen_text(app))
        assert scroller.scroll_y == y
        engine.let(1)
        await until(pilot, lambda: app.matter and not app.matter.asking)
        await pilot.pause(0.2)
        assert scroller.scroll_y == y


async def test_who_types_goes_first_and_what_came_is_shown_all_the_same(
    store: Store, make_session: MakeSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(answer, "TYPING", 60.0)
    monkeypatch.setattr(answer, "PATIENT", 3600.0)
    engine = Held("one ", "two ")
    app = opened(store, make_session(store, "kettle"), engine)
    async with app.run_test(size=(100, 30)) as pilot:
        await ready(pilot, app, answers=0)
        app.screen.query_one(PromptBox).load_text("Why?")
        await pilot.press("enter")
        engine.let()
        await until(pilot, lambda: "one" in screen_text(app))
        await pilot.press("x")
        engine.let()
        assert app.matter is not None
        await until(pilot, lambda: app.matter.asking and "two" in app.matter.asking.text)
        await pilot.pause(3 * answer.PACE)
        assert "two" not in screen_text(app)
        monkeypatch.setattr(answer, "PATIENT", 0.5)  # somebody who never stops typing
        await until(pilot, lambda: "two" in screen_text(app))
        engine.let()
        await until(pilot, lambda: not app.matter.asking)


async def test_every_widget_is_arranged_once_for_a_layout(
    store: Store, make_session: MakeSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = opened(store, make_session(store, "kettle", ("What is it?", "word\n\n" * 60)))
    async with app.run_test(size=(100, 30)) as pilot:
        await ready(pilot, app)
        transcript = app.screen.query_one(Transcript)
        transcript.scroller.scroll_to(y=5, animate=False)
        await pilot.pause()
        arranged = []
        arrange = Compositor._arrange_root

        def counted(self: Compositor, *args: object, **more: object) -> object:
            arranged.append(more)
            return arrange(self, *args, **more)

        monkeypatch.setattr(Compositor, "_arrange_root", counted)
        app.screen.refresh(layout=True)
        await pilot.pause()
        last = transcript.views[-1].children[-1]
        assert last.region.y > app.size.height
        assert arranged == [{"visible_only": False}]


async def test_stop_keeps_what_came(store: Store, make_session: MakeSession) -> None:
    engine = Held("one ", "two ", "three")
    session = make_session(store, "kettle")
    app = opened(store, session, engine)
    async with app.run_test(size=(140, 40), notifications=True) as pilot:
        await ready(pilot, app, answers=0)
        await pilot.press(*"count", "enter")
        engine.let(2)
        await until(pilot, lambda: "one two" in screen_text(app))
        await pilot.press("ctrl+x")
        await until(pilot, lambda: "✗ cut" in screen_text(app))
        assert engine.left
    (answer,) = store.session(session).answers
    assert (answer.text, answer.finished) == ("one two ", "cut")


async def test_a_question_that_is_stopped_before_its_answer_comes_back(
    store: Store, make_session: MakeSession
) -> None:
    engine = Held("never")
    session = make_session(store, "kettle")
    app = opened(store, session, engine)
    async with app.run_test(size=(140, 40), notifications=True) as pilot:
        await ready(pilot, app, answers=0)
        await pilot.press(*"count", "enter")
        await until(pilot, lambda: store.drafts())
        await pilot.press("ctrl+x")
        await until(pilot, lambda: app.screen.query_one(PromptBox).text == "count")
    assert store.session(session).answers == ()


async def test_leaving_in_the_middle_of_an_answer_keeps_what_came(
    store: Store, make_session: MakeSession
) -> None:
    engine = Held("one ", "two")
    session = make_session(store, "kettle")
    app = opened(store, session, engine)
    async with app.run_test(size=(140, 40), notifications=True) as pilot:
        await ready(pilot, app, answers=0)
        await pilot.press(*"count", "enter")
        engine.let(1)
        await until(pilot, lambda: "one" in screen_text(app))
        await pilot.press("ctrl+q")
    assert [a.text.strip() for a in store.session(session).answers] == ["one"]


async def test_a_follow_up_goes_on_while_another_screen_is_shown(
    store: Store, make_session: MakeSession
) -> None:
    engine = Held("one ", "two")
    app = opened(store, make_session(store, "kettle", ("Before?", GOOD)), engine)
    async with app.run_test(size=(140, 40), notifications=True) as pilot:
        await ready(pilot, app)
        await pilot.press(*"more", "enter")
        engine.let(1)
        await until(pilot, lambda: "one" in screen_text(app))
        await pilot.press("f2")
        engine.let(2)
        await until(pilot, lambda: app.matter and not app.matter.asking)
        await pilot.press("f3")
        await until(pilot, lambda: "one two" in screen_text(app))
        assert [view.question for view in app.screen.query(AnswerView)] == ["Before?", "more"]


async def test_share_and_price_are_shown_before_a_question_is_sent(
    store: Store, make_session: MakeSession
) -> None:
    (config.settings_dir() / "profiles" / "scripted.toml").write_text(
        'engine = "replay"\nmodel = "x"\nfamily = "llama4"\nwindow = 8000\ntrusted = 8000\n'
        "answer = 200\nprice_input = 1.0\nprice_output = 2.0\n"
    )
    app = opened(store, make_session(store, "kettle"))
    async with app.run_test(size=(140, 40), notifications=True) as pilot:
        await ready(pilot, app, answers=0)
        before = str(app.screen.query_one("#status", Static).content)
        assert before.startswith("whole · 100 % in full · ")
        await pilot.press(*"a question of some words")
        await until(pilot, lambda: str(app.screen.query_one("#status", Static).content) != before)
        after = str(app.screen.query_one("#status", Static).content)

        def tokens(text: str) -> int:
            return int(text.split(" · ")[2].split("/")[0].replace(",", ""))

        assert 3 <= tokens(after) - tokens(before) <= 8
        assert "$0.000" in after
        assert "scripted" in after


async def test_the_prompt_has_lines_and_a_history(store: Store, make_session: MakeSession) -> None:
    make_session(store, "other", ("Asked elsewhere?", GOOD))
    app = opened(store, make_session(store, "kettle", ("Asked here?", GOOD)), ReplayEngine("x"))
    async with app.run_test(size=(140, 40), notifications=True) as pilot:
        await ready(pilot, app)
        box = app.screen.query_one(PromptBox)
        await until(pilot, lambda: box._history)
        await pilot.press("a", "ctrl+j", "b", "alt+enter", "c", "shift+enter", "d")
        assert box.text == "a\nb\nc\nd"
        await pilot.press("up", "up", "up")
        assert box.text == "a\nb\nc\nd"
        await pilot.press("up")
        assert box.text == "Asked here?"
        await pilot.press("up")
        assert box.text == "Asked elsewhere?"
        await pilot.press("up", "down", "down")
        assert box.text == "a\nb\nc\nd"


async def test_long_sessions_show_the_newest_answers_first(
    store: Store, make_session: MakeSession
) -> None:
    answers = [(f"Question {n}?", f"Answer {n}.") for n in range(30)]
    app = opened(store, make_session(store, "kettle", *answers))
    async with app.run_test(size=(100, 40), notifications=True) as pilot:
        await ready(pilot, app, answers=12)
        await until(pilot, lambda: "❯ Question 29?" in screen_text(app))
        assert "↑ 18 earlier" in screen_text(app)
        await pilot.press("escape", "u")
        await until(pilot, lambda: len(app.screen.query(AnswerView)) == 24)
        await until(pilot, lambda: "❯ Question 17?" in screen_text(app))
        await pilot.press("K")
        await until(pilot, lambda: "❯ Question 16?" in screen_text(app).split("\n")[2])
        await pilot.press("J", "J")
        await until(pilot, lambda: "❯ Question 18?" in screen_text(app).split("\n")[2])


async def test_what_was_gone_to_stays_on_top_when_all_wraps_anew(
    store: Store, make_session: MakeSession
) -> None:
    answers = [(f"Question {n}?", "many words of an answer " * 40) for n in range(9)]
    app = opened(store, make_session(store, "kettle", *answers))
    async with app.run_test(size=(160, 40), notifications=True) as pilot:
        await ready(pilot, app, answers=9)
        await pilot.press("escape")
        for _ in answers:
            if "❯ Question 3?" not in screen_text(app).split("\n")[1]:
                await pilot.press("K")
        await pilot.resize_terminal(80, 40)
        await until(pilot, lambda: "❯ Question 3?" in screen_text(app).split("\n")[1])
        # A person who scrolls is left alone.
        await pilot.press("down", "down")
        await until(pilot, lambda: "❯ Question 3?" not in screen_text(app))
        await pilot.resize_terminal(160, 40)
        await pilot.pause(0.2)
        assert "❯ Question 3?" not in screen_text(app).split("\n")[1]


async def test_an_answer_that_was_searched_for_is_shown_first(
    store: Store, make_session: MakeSession
) -> None:
    answers = [(f"Question {n}?", f"Answer {n}.\n\nMore.") for n in range(30)]
    session = make_session(store, "kettle", *answers)
    app = LongreadApp(store.path)
    async with app.run_test(size=(100, 40), notifications=True) as pilot:
        await app.store()
        app.open_session(session, answer=7)
        await ready(pilot, app, answers=23)
        await until(pilot, lambda: "❯ Question 7?" in screen_text(app).split("\n")[2])
        await pilot.press("f2")
        app.open_session(session, answer=2)
        await until(pilot, lambda: "❯ Question 2?" in screen_text(app).split("\n")[2])


async def test_full_shows_the_source_alone_and_escape_goes_home(
    store: Store, make_session: MakeSession
) -> None:
    app = opened(store, make_session(store, "kettle", ("What is it?", GOOD)))
    async with app.run_test(size=(80, 24), notifications=True) as pilot:
        await ready(pilot, app)
        await pilot.press("escape", "enter")
        await until(pilot, lambda: "choose a citation first" in screen_text(app))
        await pilot.press("1", "enter")
        await until(pilot, lambda: "def heat(target)" in screen_text(app))
        assert "❯ What is it?" not in screen_text(app)
        await pilot.press("w", "escape")
        await until(pilot, lambda: "❯ What is it?" in screen_text(app))
        await pilot.press("escape")
        assert not app.screen.query_one(CitedPane).there
        await pilot.press("escape")
        await until(pilot, lambda: app.current_mode == "library")


async def test_wrap_shows_the_end_of_a_long_line(store: Store, make_session: MakeSession) -> None:
    text = "x = '" + "word " * 60 + "the end'\n"
    session = make_session(store, "kettle", ("What?", "[d1:L1]"), text=text)
    app = opened(store, session)
    async with app.run_test(size=(140, 40), notifications=True) as pilot:
        await ready(pilot, app)
        await pilot.press("escape", "1")
        await until(pilot, lambda: "word word" in screen_text(app))
        assert "the end" not in screen_text(app)
        await pilot.press("w")
        await until(pilot, lambda: "the end" in screen_text(app))


@pytest.fixture
def on_disk(tmp_path: Path, make_session: MakeSession, store: Store) -> str:
    """A session whose file lies on the disk."""
    from longread.types import Source

    root = tmp_path / "a folder"
    root.mkdir()
    (root / "heat.py").write_text(
        "LIMIT = 97.5\n\n\ndef heat(target):\n    return min(target, LIMIT)\n"
    )
    return make_session(store, "kettle", ("What?", THREE), source=Source(str(root), "folder"))


def program(tmp_path: Path, name: str) -> tuple[Path, Path]:
    """Make a program that writes its arguments down, one a line."""
    log = tmp_path / f"{name}.log"
    path = tmp_path / name
    path.write_text(f'#!/bin/sh\nprintf "%s\\n" "$@" > "{log}"\n')
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return path, log


async def test_the_editor_opens_the_file_at_the_line(
    store: Store, on_disk: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, log = program(tmp_path, "gedit")
    monkeypatch.setenv("EDITOR", str(path))
    app = opened(store, on_disk)
    async with app.run_test(size=(140, 40), notifications=True) as pilot:
        await ready(pilot, app)
        await pilot.press("escape", "3")
        await until(pilot, lambda: "[3] heat.py" in screen_text(app))
        await pilot.press("e")
        await until(pilot, log.exists)
        await until(pilot, lambda: len(log.read_text().splitlines()) == 2)
    assert log.read_text().splitlines() == ["+4", str(tmp_path / "a folder" / "heat.py")]


async def test_the_viewer_opens_the_file(
    store: Store, on_disk: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, log = program(tmp_path, "viewer")
    (config.settings_dir() / "config.toml").write_text(
        f'[tui]\nviewer = "{path} --at {{page}} {{file}}"\n'
    )
    app = opened(store, on_disk)
    async with app.run_test(size=(140, 40), notifications=True) as pilot:
        await ready(pilot, app)
        await pilot.press("escape", "1")
        await until(pilot, lambda: marked(app))
        await pilot.press("o")
        await until(pilot, log.exists)
        await until(pilot, lambda: len(log.read_text().splitlines()) == 3)
    assert log.read_text().splitlines()[-1] == str(tmp_path / "a folder" / "heat.py")


@pytest.mark.parametrize("key", ["e", "o"])
async def test_a_web_page_is_opened_by_the_system(
    key: str, store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, log = program(tmp_path, "xdg-open")
    editor, edited = program(tmp_path, "gedit")
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    monkeypatch.setenv("DISPLAY", ":0")
    monkeypatch.setenv("EDITOR", str(editor))
    monkeypatch.setattr("longread.tui.opener.SYSTEM", {})
    page = tmp_path / "lease.html"
    page.write_text("<p>The rent is due on the first day of each month.")
    profile = Profile(name="scripted", engine="replay", window=60_000, trusted=60_000, answer=200)
    engine = ReplayEngine('On the first [d1:L1 "The rent is due on the first day"].')
    request = Request("When?", profile, (str(page),), store=store.path)
    answer = [event async for event in ask(request, allow, engine)][-1]
    assert isinstance(answer, Answer)
    app = opened(store, answer.session)
    async with app.run_test(size=(140, 40), notifications=True) as pilot:
        await ready(pilot, app)
        await pilot.press("escape", "1")
        await until(pilot, lambda: marked(app))
        await pilot.press(key)
        await until(pilot, lambda: log.exists() and log.read_text())
        await until(pilot, lambda: "look for “The rent is due on the first" in screen_text(app))
    assert log.read_text().splitlines() == [str(page)]
    assert not edited.exists()


async def test_a_file_that_is_gone_or_changed_is_told(
    store: Store, on_disk: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, _ = program(tmp_path, "gedit")
    monkeypatch.setenv("EDITOR", str(path))
    file = tmp_path / "a folder" / "heat.py"
    file.write_text("LIMIT = 1\n")
    app = opened(store, on_disk)
    async with app.run_test(size=(140, 40), notifications=True) as pilot:
        await ready(pilot, app)
        await pilot.press("escape", "1")
        await until(pilot, lambda: marked(app))
        await pilot.press("e")
        await until(pilot, lambda: "has changed since" in screen_text(app))
        file.unlink()
        await pilot.press("e")
        await until(pilot, lambda: "is not on this disk" in screen_text(app))


async def test_without_an_editor_a_notice_says_what_to_set(
    store: Store, on_disk: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EDITOR", "no-such-editor")
    app = opened(store, on_disk)
    async with app.run_test(size=(140, 40), notifications=True) as pilot:
        await ready(pilot, app)
        await pilot.press("escape", "e")
        await until(pilot, lambda: "choose a citation first" in screen_text(app))
        await pilot.press("1")
        await until(pilot, lambda: marked(app))
        await pilot.press("e")
        await until(pilot, lambda: "no-such-editor is not there" in screen_text(app))
        assert "set EDITOR" in screen_text(app)


async def test_citation_and_answer_are_copied(store: Store, make_session: MakeSession) -> None:
    app = opened(store, make_session(store, "kettle", ("What is it?", GOOD)))
    async with app.run_test(size=(140, 40), notifications=True) as pilot:
        await ready(pilot, app)
        await pilot.press("escape", "1", "y")
        assert app.clipboard == "heat.py:L1 “LIMIT = 97.5”"
        await pilot.press("Y")
        assert app.clipboard == f"{GOOD}\n\n[1] ✓ exact: heat.py:L1 “LIMIT = 97.5”\n"


async def test_the_strategy_is_chosen_before_asking(
    store: Store, make_session: MakeSession
) -> None:
    session = make_session(store, "kettle")
    app = opened(store, session)
    async with app.run_test(size=(140, 40), notifications=True) as pilot:
        await ready(pilot, app, answers=0)
        await pilot.press("ctrl+t")
        await until(pilot, lambda: "whole (chosen)" in screen_text(app))
        await pilot.press("ctrl+t")
        await until(pilot, lambda: "focus (chosen)" in screen_text(app))
        await pilot.press("ctrl+t")
        await until(pilot, lambda: "sweep (chosen) · 100 % in full" in screen_text(app))
        assert "tokens in 1 part" in screen_text(app)
        await pilot.press("ctrl+t")
        await until(pilot, lambda: "whole · 100 %" in screen_text(app))


async def test_another_model_is_asked_the_same_and_compared(
    store: Store, make_session: MakeSession
) -> None:
    config.add_profile(
        "other",
        {"engine": "replay", "model": "x", "family": "estimate", "window": 6_000,
         "trusted": 6_000, "answer": 100},
    )  # fmt: skip
    engine = ReplayEngine('It is not 80 but 97.5 [d1:L1 "LIMIT = 97.5"].')
    session = make_session(store, "kettle", ("What is it?", GOOD))
    app = opened(store, session, engine)
    async with app.run_test(size=(140, 40), notifications=True) as pilot:
        await ready(pilot, app)
        await pilot.press("escape", "m")
        await until(pilot, lambda: isinstance(app.screen, ChooseScreen))
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(app.screen, ReadScreen))
        await pilot.press("m")
        await until(pilot, lambda: isinstance(app.screen, ChooseScreen))
        names = [option.id for option in app.screen.query_one("OptionList").options]  # type: ignore[attr-defined]
        await pilot.press(*["down"] * names.index("other"), "enter")
        await until(pilot, lambda: isinstance(app.screen, CompareScreen))
        await until(pilot, lambda: "It is not 80 but 97.5 [1✓]." in screen_text(app))
        assert "It is 97.5 [1✓]." in screen_text(app)
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(app.screen, ReadScreen))
        rows = {row.profile: row.answers for row in store.sessions()}
        assert rows == {"scripted": 1, "other": 1}


async def test_the_other_models_session_can_be_opened_or_stopped(
    store: Store, make_session: MakeSession
) -> None:
    engine = Held("one ", "two")
    app = opened(store, make_session(store, "kettle", ("What is it?", GOOD)), engine)
    async with app.run_test(size=(140, 40), notifications=True) as pilot:
        await ready(pilot, app)
        await pilot.press("escape", "m")
        await until(pilot, lambda: isinstance(app.screen, ChooseScreen))
        names = [option.id for option in app.screen.query_one("OptionList").options]  # type: ignore[attr-defined]
        await pilot.press(*["down"] * names.index("scripted"), "enter")
        await until(pilot, lambda: isinstance(app.screen, CompareScreen))
        engine.let(1)
        await until(pilot, lambda: screen_text(app).count("one") == 1)
        await pilot.press("ctrl+x")
        await until(pilot, lambda: "✗ cut" in screen_text(app))
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, ReadScreen))
        await until(pilot, lambda: "✗ cut" in screen_text(app))
        assert "It is 97.5" not in screen_text(app)


async def test_nothing_leaves_this_machine_unasked(store: Store, make_session: MakeSession) -> None:
    (config.settings_dir() / "profiles" / "scripted.toml").write_text(
        'engine = "server"\nurl = "https://models.example/v1"\nmodel = "x"\nfamily = "llama4"\n'
        "window = 8000\ntrusted = 8000\nanswer = 200\nprice_input = 1.0\n"
    )
    engine = ReplayEngine(GOOD)
    app = opened(store, make_session(store, "kettle"), engine)
    async with app.run_test(size=(140, 40), notifications=True) as pilot:
        await ready(pilot, app, answers=0)
        await pilot.press(*"what?", "enter")
        await until(pilot, lambda: isinstance(app.screen, ConfirmScreen))
        assert "models.example" in screen_text(app)
        assert engine.prompts == []
        await pilot.press("n")
        await until(pilot, lambda: "nothing was sent to models.example" in screen_text(app))
        assert engine.prompts == []
        await until(pilot, lambda: app.screen.query_one(PromptBox).text == "what?")
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, ConfirmScreen))
        await pilot.press("y")
        await until(pilot, lambda: "[1] ✓ exact" in screen_text(app))
        await pilot.press(*"again?", "enter")
        await until(pilot, lambda: len(app.screen.query(AnswerView)) == 2)
        assert len(engine.prompts) == 2


async def test_an_engine_that_fails_is_a_notice_and_what_came_is_kept(
    store: Store, make_session: MakeSession
) -> None:
    session = make_session(store, "kettle")
    app = opened(store, session, ReplayEngine("one two three", fails_after=2))
    async with app.run_test(size=(140, 40), notifications=True) as pilot:
        await ready(pilot, app, answers=0)
        await pilot.press(*"what?", "enter")
        await until(pilot, lambda: "the script says that it fails here" in screen_text(app))
        await until(pilot, lambda: "✗ cut" in screen_text(app))
        assert "one two" in screen_text(app)
        await pilot.press("escape", "a")
        assert isinstance(app.focused, PromptBox)
    assert [a.text for a in store.session(session).answers] == ["one two"]


HOSTILE = (
    "\x1b[31mred\x1b[0m \x1b]8;;http://evil.example\x07link\x1b]8;;\x07 \u202egnp.exe \u200bzero"
    " [bold]bold[/bold] [@click=app.quit]quit[/] <script>alert(1)</script>\n\n"
    "[open me](http://evil.example) ![img](http://evil.example/x.png) https://evil.example\n\n"
    '| a | b |\n|---|---|\n| [x](file:///etc/passwd) | \x1b[2J |\n\n[d1:L1 "LIMIT = 97.5"]'
)


async def test_hostile_text_is_shown_harmlessly(
    store: Store, make_session: MakeSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened_urls: list[str] = []
    monkeypatch.setattr(LongreadApp, "open_url", lambda self, url, **_: opened_urls.append(url))
    question = "\x1b[31mWhat\u202e [bold]is[/bold]?"
    app = opened(store, make_session(store, "\x1b[2Jkettle[b]", (question, HOSTILE)))
    async with app.run_test(size=(140, 50), notifications=True) as pilot:
        await ready(pilot, app)
        text = screen_text(app)
        assert not any(c in text for c in "\x1b\x07\u202e\u200b")
        assert "[bold]bold[/bold] [@click=app.quit]quit[/]" in text
        assert "<script>alert(1)</script>" in text
        assert "␛[2Jkettle[b]" in text
        rows = text.split("\n")
        y = next(n for n, row in enumerate(rows) if "open me" in row)
        await pilot.click(offset=(rows[y].index("open me") + 1, y))
        await until(pilot, lambda: "not opened: a link the model wrote" in screen_text(app))
        assert "http://evil.example" in screen_text(app)
        assert opened_urls == []
        await pilot.press("1")
        await until(pilot, lambda: marked(app) == "LIMIT = 97.5")


async def test_a_bad_number_in_a_link_leads_nowhere(
    store: Store, make_session: MakeSession
) -> None:
    app = opened(store, make_session(store, "kettle", ("What?", "[x](cite:99) [y](cite:-1)")))
    async with app.run_test(size=(140, 40), notifications=True) as pilot:
        await ready(pilot, app)
        for href in ("cite:99", "cite:-1", "cite:²", "cite:"):
            view = app.screen.query_one(AnswerView)
            markdown = view.query_one(Markdown)
            markdown.post_message(Markdown.LinkClicked(markdown, href))
            await pilot.pause()
        assert not app.screen.query_one(CitedPane).there


@pytest.mark.parametrize("size", [(80, 24), (100, 30), (200, 60), (40, 12)])
async def test_it_fits_every_size(
    store: Store, make_session: MakeSession, size: tuple[int, int]
) -> None:
    app = opened(store, make_session(store, "kettle", ("What is it?", THREE)))
    async with app.run_test(size=(80, 24), notifications=True) as pilot:
        await ready(pilot, app)
        await pilot.press("escape", "1")
        await pilot.resize_terminal(*size)
        await until(pilot, lambda: "LIMIT = 97.5" in screen_text(app))
        pane = app.screen.query_one(CitedPane)
        assert pane.region.right <= size[0]
        assert pane.region.bottom <= size[1]
        assert (pane.region.x > 0) == (size[0] >= 100)


async def test_without_a_session_it_says_what_to_do(store: Store) -> None:
    app = LongreadApp(store.path)
    async with app.run_test(size=(100, 30), notifications=True) as pilot:
        await pilot.press("f3")
        await until(pilot, lambda: "Nothing is open." in screen_text(app))
        await pilot.press(*"what?", "enter")
        await until(pilot, lambda: "nothing is open yet" in screen_text(app))
        assert app.screen.query_one(PromptBox).text == "what?"


async def test_a_folder_is_read_and_asked_about(
    store: Store, make_repository: Callable[..., Path]
) -> None:
    root = make_repository({"heat.py": "LIMIT = 97.5\n", "README.md": "# Kettle\n"})
    app = LongreadApp(store.path, [str(root)], engine=ReplayEngine('[heat.py:L1 "LIMIT = 97.5"]'))
    async with app.run_test(size=(140, 40), notifications=True) as pilot:
        await ready(pilot, app, answers=0)
        assert "2 tracked files" in screen_text(app)
        await pilot.press(*"what?", "enter")
        await until(pilot, lambda: "[1] ✓ exact" in screen_text(app))
    assert [row.answers for row in store.sessions()] == [1]


async def test_a_source_that_cannot_be_read_is_a_notice_with_a_hint(store: Store) -> None:
    app = LongreadApp(store.path, [os.devnull + "/nothing"])
    async with app.run_test(size=(100, 30), notifications=True) as pilot:
        await until(pilot, lambda: "could not be opened" in screen_text(app))
        assert "check the path" in screen_text(app)
    assert store.sessions() == []


def status(app: LongreadApp) -> str:
    return str(app.screen.query_one("#status", Static).content)


async def test_what_is_half_typed_stays_with_its_session(
    store: Store, make_session: MakeSession
) -> None:
    first, second = make_session(store, "first"), make_session(store, "second")
    app = opened(store, first)
    async with app.run_test(size=(100, 24), notifications=True) as pilot:
        await ready(pilot, app, answers=0)
        await pilot.press(*"half")
        app.open_session(second)
        await until(pilot, lambda: app.matter and app.matter.session == second)
        await ready(pilot, app, answers=0)
        box = app.screen.query_one(PromptBox)
        assert box.text == ""
        await pilot.press(*"other")
        app.open_session(first)
        await until(pilot, lambda: box.text == "half")
        app.matter = None
        app.show_room("library")
        await pilot.press("f3")
        await until(pilot, lambda: "nothing is open" in screen_text(app))
        assert box.text == ""
        app.open_session(second)
        await until(pilot, lambda: box.text == "other")


async def test_what_is_half_typed_is_not_lost_without_a_word(
    store: Store, make_session: MakeSession
) -> None:
    app = opened(store, make_session(store, "kettle"))
    async with app.run_test(size=(100, 24), notifications=True) as pilot:
        await ready(pilot, app, answers=0)
        await pilot.press(*"half", "ctrl+q")
        await until(pilot, lambda: "A question to kettle is typed" in screen_text(app))
        await pilot.press("n")
        await until(pilot, lambda: isinstance(app.screen, ReadScreen))
        assert app.screen.query_one(PromptBox).text == "half"
        await pilot.press("ctrl+q")
        await until(pilot, lambda: isinstance(app.screen, ConfirmScreen))
        await pilot.press("ctrl+q")
    assert app.return_code == 0


async def test_the_source_of_an_older_answer_goes_when_a_question_is_asked(
    store: Store, make_session: MakeSession
) -> None:
    engine = ReplayEngine("It is 4 [d1:L4].")
    app = opened(store, make_session(store, "kettle", ("What is it?", GOOD)), engine)
    async with app.run_test(size=(80, 24), notifications=True) as pilot:
        await ready(pilot, app)
        await pilot.press("escape", "1")
        await until(pilot, lambda: marked(app) == "LIMIT = 97.5")
        await pilot.press("a", *"more?", "enter")
        await until(pilot, lambda: "heat.py:L4" in screen_text(app))
        assert not app.screen.query_one(CitedPane).there
        assert "heat.py:L1" not in screen_text(app).partition("❯ more?")[2]


async def test_each_change_of_a_question_is_priced(store: Store, make_session: MakeSession) -> None:
    app = opened(store, make_session(store, "kettle"))
    async with app.run_test(size=(120, 24), notifications=True) as pilot:
        await ready(pilot, app, answers=0)
        before = status(app)
        await pilot.press(*"a question of some words")
        await until(pilot, lambda: status(app) != before)
        await pilot.press("ctrl+u")
        await until(pilot, lambda: status(app) == before)


async def test_what_could_not_be_opened_shows_nothing_of_what_was_open(
    store: Store, make_session: MakeSession, tmp_path: Path
) -> None:
    (tmp_path / "only").mkdir()
    (tmp_path / "only" / "x.bin").write_bytes(b"\0\1" * 40)
    app = opened(store, make_session(store, "kettle"))
    async with app.run_test(size=(120, 24), notifications=True) as pilot:
        await ready(pilot, app, answers=0)
        await until(pilot, lambda: "tokens" in status(app))
        app.open_sources([str(tmp_path / "nowhere")])
        await until(pilot, lambda: app.matter and app.matter.failed)
        await until(pilot, lambda: "not opened" in status(app))
        assert "tokens" not in status(app)
        assert "nothing is open: f2" in screen_text(app)


@pytest.mark.parametrize("width", [80, 140])
async def test_a_file_that_was_not_read_is_told_wherever_the_share_is(
    store: Store, make_repository: Callable[..., Path], width: int
) -> None:
    root = make_repository({"heat.py": "LIMIT = 97.5\n", "blob.bin": b"\0\1" * 40})
    app = LongreadApp(store.path, [str(root)], engine=ReplayEngine("97.5."))
    async with app.run_test(size=(width, 36), notifications=True) as pilot:
        await ready(pilot, app, answers=0)
        assert "100 % in full, 1 not read" in status(app)
        await pilot.press(*"what?", "enter")
        await until(pilot, lambda: "no citations" in screen_text(app))
        told = " ".join(screen_text(app).split())
        assert "1 of 1 documents shown in full; 1 file was not read (binary)" in told
        await pilot.press("f5")
        await until(pilot, lambda: "1 not read" in " ".join(screen_text(app).split()))
        await pilot.press("f2")
        among = "1 of 2 not read" if width == 80 else "1 of 2 files"
        await until(pilot, lambda: among in screen_text(app))


async def test_the_mark_of_more_hides_no_line(store: Store, make_session: MakeSession) -> None:
    long = "\n\n".join(f"line {n} ends" for n in range(40))
    app = opened(store, make_session(store, "kettle", ("Before?", long)))
    async with app.run_test(size=(80, 24), notifications=True) as pilot:
        await ready(pilot, app)
        await pilot.press("escape", "home")
        await until(pilot, lambda: "↓ more" in screen_text(app))
        (row,) = (row for row in screen_text(app).split("\n") if "↓ more" in row)
        assert row.strip() == "↓ more"


async def test_an_answer_that_has_no_parts_ends_nothing(
    store: Store, make_session: MakeSession
) -> None:
    app = opened(store, make_session(store, "kettle", ("What is it?", GOOD)))
    async with app.run_test(size=(100, 40), notifications=True) as pilot:
        await ready(pilot, app)
        await app.screen.query_one(AnswerView).remove_children()
        await pilot.resize_terminal(80, 30)
        await until(pilot, lambda: not app.screen.query("#more.-there"))
        assert "kettle" in screen_text(app)
