"""The Library: every key, live states, search, deleting with a way back."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import AsyncIterator, Callable
from datetime import datetime, timedelta
from pathlib import Path

import psutil
import pytest
from rich.cells import cell_len
from textual.pilot import Pilot
from textual.widgets import Input, OptionList, Select, Static

from longread.analysis import drafts
from longread.engine.replay import ReplayEngine
from longread.store import Store
from longread.tui import entries
from longread.tui.app import LongreadApp
from longread.tui.confirm import ConfirmScreen
from longread.tui.detail import Facts
from longread.tui.library import LibraryScreen, SearchLine
from longread.tui.new import Locations, NewScreen
from longread.tui.trash import Trash
from longread.tui.widgets.sessions import SessionList, columns, fit
from longread.types import Event, Finished, Prompt, Sampling, Text, Usage
from tests.tui.driving import until

MakeSession = Callable[..., str]
MakeRepository = Callable[..., Path]


@pytest.fixture
def app(store_path: Path) -> LongreadApp:
    return LongreadApp(store_path, engine=ReplayEngine("It is 97.5 [d1:L1]."))


def sessions(app: LongreadApp) -> SessionList:
    return library(app).query_one(SessionList)


def library(app: LongreadApp) -> LibraryScreen:
    (screen,) = (room for room in app.rooms if isinstance(room, LibraryScreen))
    return screen


def titles(app: LongreadApp) -> list[str]:
    return [entry.title for entry in sessions(app).entries]


def screen_text(app: LongreadApp) -> str:
    return "\n".join(
        "".join(segment.text for segment in strip)
        for strip in app.screen._compositor.render_strips()
    )


def said(app: LongreadApp, where: str) -> str:
    return str(library(app).query_one(where, Static).content)


async def settled(pilot: Pilot[None]) -> None:
    """Wait until the store is open, workers are done, and what they changed is drawn."""
    app = pilot.app
    assert isinstance(app, LongreadApp)
    await app.store()
    await pilot.pause()
    screen = library(app)
    facts = screen.query_one(Facts)
    while screen._settling or facts._waiting or any(not w.is_finished for w in app.workers):
        await pilot.pause(0.005)
    await pilot.pause()


async def test_sessions_are_listed_newest_first(
    app: LongreadApp, store: Store, make_session: MakeSession
) -> None:
    make_session(store, "older", ("Where?", "There."))
    make_session(store, "newer")
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        assert titles(app) == ["newer", "older"]
        shown = screen_text(app)
    assert "› ● newer" in shown.replace("›●", "› ●")
    assert "900/8k" in shown
    assert "1 q" in shown
    assert "today" in shown


async def test_an_empty_store_says_how_to_begin(app: LongreadApp) -> None:
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        assert "n   begin" in said(app, "#word")
        assert sessions(app).highlighted is None
        await pilot.press("enter", "d", "c", "down")
        assert app.is_running


async def test_what_is_not_all_shown_has_a_mark_beside_its_bar(
    app: LongreadApp, store: Store, make_session: MakeSession
) -> None:
    make_session(store, "part", tokens=6_000, in_full=False)
    make_session(store, "all", tokens=2_000)
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        rows = [line for line in screen_text(app).split("\n") if "8k ▇" in line]
    assert "● all @ae1b9f6" in rows[0]
    assert "2k/8k ▇▇▁▁▁▁▁▁ " in rows[0]
    assert "● part @ae1b9f6" in rows[1]
    assert "6k/8k ▇▇▇▇▇▇▁▁!" in rows[1]


async def test_a_hostile_title_reaches_the_screen_as_pictures(
    app: LongreadApp, store: Store, make_session: MakeSession
) -> None:
    make_session(store, "[bold]x[/bold] \x1b[31m\u202e\u200b", ("\x1b[2J?", "."))
    async with app.run_test(size=(200, 60)) as pilot:
        await settled(pilot)
        shown = screen_text(app)
    assert "[bold]x[/bold] ␛[31m\\u202e\\u200b" in shown
    assert "␛[2J?" in shown
    assert not set("\x1b\u202e\u200b") & set(shown)


async def test_what_is_open_is_highlighted_when_the_library_is_seen_again(
    app: LongreadApp, store: Store, make_session: MakeSession, make_repository: MakeRepository
) -> None:
    make_session(store, "b")
    make_session(store, "a")
    root = make_repository({"heat.py": "LIMIT = 97.5\n"})
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        await pilot.press("s", "down")
        app.open_sources([str(root)])
        await until(pilot, lambda: app.matter and app.matter.session)
        await pilot.press("f2")
        await settled(pilot)
        here = sessions(app).highlighted
        assert here is not None
        assert here.key == app.matter.session  # type: ignore[union-attr]
        # From there on it is moved by keys alone.
        await pilot.press("home", "f3", "f2")
        await settled(pilot)
        assert sessions(app).highlighted == sessions(app).entries[0]


async def test_the_highlight_stays_on_what_is_opened_while_it_is_seen(
    app: LongreadApp, store: Store, make_session: MakeSession, make_repository: MakeRepository
) -> None:
    make_session(store, "b")
    make_session(store, "a")
    root = make_repository({"heat.py": "LIMIT = 97.5\n"})
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        await pilot.press("s")
        app.open_sources([str(root)])
        app.show_room("library")
        await until(pilot, lambda: app.matter and app.matter.session)
        await settled(pilot)
        assert [entry.key for entry in sessions(app).entries if entry.row is None] == []
        here = sessions(app).highlighted
        assert here is not None
        assert here.key == app.matter.session  # type: ignore[union-attr]


async def test_enter_opens_the_highlighted_session(
    app: LongreadApp, store: Store, make_session: MakeSession
) -> None:
    older = make_session(store, "older")
    make_session(store, "newer")
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        await pilot.press("down", "enter")
        await settled(pilot)
        assert app.current_mode == "read"
        assert app.matter is not None
        assert app.matter.session == older


async def test_a_second_click_on_a_line_opens_it(
    app: LongreadApp, store: Store, make_session: MakeSession
) -> None:
    older = make_session(store, "older")
    make_session(store, "newer")
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        await pilot.click(SessionList, offset=(10, 1))
        assert app.current_mode == "library"
        entry = sessions(app).highlighted
        assert entry is not None
        assert entry.key == older
        await pilot.click(SessionList, offset=(10, 1))
        await settled(pilot)
        assert app.current_mode == "read"


async def test_keys_walk_the_list(
    app: LongreadApp, store: Store, make_session: MakeSession
) -> None:
    for number in range(40):
        make_session(store, f"s{number:02}")
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        reached = []
        for key in ("down", "j", "up", "k", "end", "home", "G", "g", "pagedown", "pageup"):
            await pilot.press(key)
            entry = sessions(app).highlighted
            assert entry is not None
            reached.append(entry.title)
        page = sessions(app).size.height - 1
    assert reached == [
        "s38", "s37", "s38", "s39", "s00", "s39", "s00", "s39", f"s{39 - page:02}", "s39",
    ]  # fmt: skip


async def test_what_comes_later_moves_neither_selection_nor_view(
    app: LongreadApp, store: Store, make_session: MakeSession
) -> None:
    for number in range(60):
        make_session(store, f"s{number:02}")
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        await pilot.press("end", "pageup", "pageup", "down")
        entry, top = sessions(app).highlighted, sessions(app).scroll_offset.y
        assert entry is not None
        make_session(store, "new")
        await pilot.press("r")
        await settled(pilot)
        after = sessions(app).highlighted
        assert titles(app)[0] == "new"
        assert after is not None
        assert after.key == entry.key
        assert sessions(app).scroll_offset.y == top + 1  # One line more stands above it.


async def test_a_store_that_another_program_writes_to_is_read_again(
    app: LongreadApp, store: Store, make_session: MakeSession
) -> None:
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        make_session(store, "from elsewhere")
        app._look()
        await settled(pilot)
        assert titles(app) == ["from elsewhere"]


async def test_s_sorts_and_says_by_what(
    app: LongreadApp, store: Store, make_session: MakeSession
) -> None:
    make_session(store, "b", tokens=10)
    make_session(store, "a", tokens=90)
    make_session(store, "c", tokens=50)
    async with app.run_test(size=(100, 24)) as pilot:
        await settled(pilot)
        orders = [(said(app, "#heading"), "".join(titles(app)))]
        for _ in range(3):
            await pilot.press("s")
            orders.append((said(app, "#heading"), "".join(titles(app))))
    assert [order for _, order in orders][:3] == ["cab", "abc", "acb"]
    for (head, _), word in zip(orders, ("when ↓", "title ↓", "size ↓", "cost ↓"), strict=True):
        assert word in head


async def test_c_copies_the_id(app: LongreadApp, store: Store, make_session: MakeSession) -> None:
    session = make_session(store, "one")
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        await pilot.press("c")
        assert app.clipboard == session


async def test_details_stand_beside_on_wide_terminals_and_below_on_narrow_ones(
    app: LongreadApp, store: Store, make_session: MakeSession
) -> None:
    make_session(store, "one", ("Where is it?", "There."))
    async with app.run_test(size=(200, 60)) as pilot:
        await settled(pilot)
        assert library(app).query_one(Facts).display
        assert not library(app).query_one("#below").display
        facts = said(app, "Facts > Static")
        for fact in ("/home/x/one", "ae1b9f6", "scripted", "900 of 8,000 tokens", "Where is it?"):
            assert fact in facts
        await pilot.resize_terminal(80, 24)
        await settled(pilot)
        assert not library(app).query_one(Facts).display
        assert "Where is it?" in said(app, "#below")


# Searching


async def test_typing_filters_by_title_at_once(
    app: LongreadApp, store: Store, make_session: MakeSession
) -> None:
    make_session(store, "kettle")
    make_session(store, "leases")
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        await pilot.press("slash", *"KETT")
        assert titles(app) == ["kettle"]


async def test_search_finds_a_session_by_the_text_of_an_answer(
    app: LongreadApp, store: Store, make_session: MakeSession
) -> None:
    make_session(store, "one", ("What limits it?", "A thermostat, nothing else."))
    make_session(store, "two", ("Who?", "Nobody."))
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        await pilot.press("slash", *"thermostat")
        await settled(pilot)
        assert titles(app) == ["one"]
        assert "answer" in screen_text(app)
        assert "A thermostat, nothing else." in screen_text(app)
        await pilot.press("down")
        assert sessions(app).hit is not None
        await pilot.press("enter")
        await settled(pilot)
        assert app.current_mode == "read"


async def test_words_that_nobody_said_are_told_so_and_escape_leads_back(
    app: LongreadApp, store: Store, make_session: MakeSession
) -> None:
    make_session(store, "one")
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        await pilot.press("slash", *'"(*nobody')
        await settled(pilot)
        assert "nothing says" in said(app, "#word")
        await pilot.press("escape")
        assert titles(app) == ["one"]
        assert isinstance(app.focused, SearchLine)
        await pilot.press("escape")
        assert isinstance(app.focused, SessionList)


# Deleting


async def test_what_is_deleted_is_gone_from_the_store_when_the_program_has_ended(
    app: LongreadApp, store: Store, make_session: MakeSession
) -> None:
    make_session(store, "one")
    kept = make_session(store, "two")
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        await pilot.press("down", "d")
        await settled(pilot)
        assert titles(app) == ["two"]
        assert len(store.sessions()) == 2
    assert [row.id for row in store.sessions()] == [kept]


async def test_u_brings_back_what_was_deleted_last(
    app: LongreadApp, store: Store, make_session: MakeSession
) -> None:
    for title in ("one", "two", "three"):
        make_session(store, title)
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        await pilot.press("d", "delete")
        await settled(pilot)
        assert titles(app) == ["one"]
        await pilot.press("u")
        assert titles(app) == ["two", "one"]
        entry = sessions(app).highlighted
        assert entry is not None
        assert entry.title == "two"
    assert [row.title for row in store.sessions()] == ["two", "one"]


async def test_what_waits_long_enough_is_deleted() -> None:
    gone: list[str] = []

    async def forget(session: str) -> None:
        gone.append(session)

    trash = Trash(forget, grace=0)
    trash.put("a")
    assert trash.undo() == "a"
    trash.put("b")
    await trash._waiting["b"]
    await trash.empty()
    assert gone == ["b"]
    assert trash.undo() == ""


async def test_u_without_a_deletion_says_so(app: LongreadApp) -> None:
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        await pilot.press("u")
        assert [n.message for n in app._notifications] == ["nothing to bring back"]


# Other programs


def a_program() -> subprocess.Popen[bytes]:
    """Start one that lives until it is told something."""
    return subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)


async def test_an_answer_that_another_program_writes_is_shown_and_guarded(
    app: LongreadApp, store: Store, make_session: MakeSession
) -> None:
    session = make_session(store, "one")
    with a_program() as other:
        began = psutil.Process(other.pid).create_time()
        mine = drafts.owner().split(":")[0]
        store.begin(session, "Why?", f"{mine}:{other.pid}:{began:.1f}", "scripted", "whole")
        async with app.run_test(size=(80, 24)) as pilot:
            await settled(pilot)
            (entry,) = sessions(app).entries
            assert entry.state == "elsewhere"
            assert "answered by another program" in said(app, "#below")
            await pilot.press("d")
            await pilot.pause()
            assert isinstance(app.screen, ConfirmScreen)
            await pilot.press("escape")
            await settled(pilot)
            assert titles(app) == ["one"]
            other.communicate(b"\n")
            library(app)._look()
            await settled(pilot)
            (entry,) = sessions(app).entries
            assert entry.state == "cut"
            assert "✗ its last answer was cut" in said(app, "#below")


class SlowEngine:
    """Says one word, and the rest when it may."""

    def __init__(self) -> None:
        self.may = asyncio.Event()

    async def stream(self, prompt: Prompt, sampling: Sampling) -> AsyncIterator[Event]:
        yield Text("Because")
        await self.may.wait()
        yield Text(" it is.")
        yield Usage(prompt.size, 3)
        yield Finished("stop")


async def test_an_answer_that_is_written_here_is_shown_and_guarded(
    store_path: Path, store: Store, make_session: MakeSession
) -> None:
    make_session(store, "one")
    make_session(store, "two")
    engine = SlowEngine()
    app = LongreadApp(store_path, engine=engine)
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        await pilot.press("enter")
        await settled(pilot)
        assert app.matter is not None
        app.ask(app.matter, "Why?")
        await pilot.press("f2")
        while sessions(app).entries[0].state != "answering":
            await pilot.pause(0.005)
        assert "being answered: Why?" in said(app, "#below")
        await pilot.press("d")
        await pilot.pause()
        assert isinstance(app.screen, ConfirmScreen)
        await pilot.press("n")
        engine.may.set()
        await settled(pilot)
        assert [(e.title, e.state) for e in sessions(app).entries] == [
            ("two", "ready"),
            ("one", "ready"),
        ]
        row = sessions(app).entries[0].row
        assert row is not None
        assert (row.answers, row.last_question) == (1, "Why?")


async def test_deleting_what_is_answered_stops_it_and_closes_it_everywhere(
    store_path: Path, store: Store, make_session: MakeSession
) -> None:
    make_session(store, "one")
    app = LongreadApp(store_path, engine=SlowEngine())
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        await pilot.press("enter")
        await settled(pilot)
        assert app.matter is not None
        app.ask(app.matter, "Why?")
        await pilot.press("f2")
        while sessions(app).entries[0].state != "answering":
            await pilot.pause(0.005)
        await pilot.press("d")
        await pilot.pause()
        await pilot.press("y")
        await settled(pilot)
        assert titles(app) == []
        assert app.matter is None
    assert store.sessions() == []


async def test_a_session_is_listed_while_it_is_read_and_when_it_cannot_be(
    app: LongreadApp, make_repository: MakeRepository, tmp_path: Path
) -> None:
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        app.open_sources([str(make_repository({"a.py": "a = 1\n"}))])
        await settled(pilot)
        app.open_sources([str(tmp_path / "missing")])
        await settled(pilot)
        await pilot.press("f2")
        await settled(pilot)
        failed, opened = sessions(app).entries
        assert (failed.state, opened.state) == ("failed", "ready")
        assert opened.title == "repository"
        await pilot.press("home", "d")
        await settled(pilot)
        assert titles(app) == ["repository"]


# Beginning something new


async def new_dialog(pilot: Pilot[None]) -> NewScreen:
    await settled(pilot)
    await pilot.press("n")
    await settled(pilot)
    assert isinstance(pilot.app.screen, NewScreen)
    return pilot.app.screen


async def test_n_reads_the_path_that_is_typed(
    app: LongreadApp, make_repository: MakeRepository
) -> None:
    root = make_repository({"a.py": "a = 1\n"})
    async with app.run_test(size=(80, 24)) as pilot:
        dialog = await new_dialog(pilot)
        profiles = dialog.query_one("#profile", Select)
        assert "default: scripted" in str(profiles.query_one("#label", Static).content)
        dialog.query_one(Locations).insert(str(root)[:-1])
        await pilot.press(str(root)[-1], "enter")
        await settled(pilot)
        assert app.matter is not None
        assert app.matter.conversation is not None
        assert app.matter.conversation.title == "repository"
        assert app.current_mode == "read"


async def test_tab_completes_a_path_and_says_what_lies_there(
    app: LongreadApp, make_repository: MakeRepository, tmp_path: Path
) -> None:
    make_repository({"a.py": "a = 1\n"}, "kettle-one")
    (tmp_path / "kettle-shelf").mkdir()
    for name in ("a.pdf", "b.PDF"):
        (tmp_path / "kettle-shelf" / name).touch()
    (tmp_path / "kettle.pdf").touch()
    async with app.run_test(size=(100, 30)) as pilot:
        dialog = await new_dialog(pilot)
        dialog.query_one(Locations).insert(f"{tmp_path}/k")
        await pilot.press("e", "t")
        await settled(pilot)
        found = dialog.query_one(OptionList)
        assert [str(option.prompt).split("  ")[-1] for option in found.options] == [
            "git repository",
            "folder, 2 PDFs",
            "PDF",
        ]
        await pilot.press("tab")
        assert dialog.query_one(Locations).typed == f"{tmp_path}/kettle"
        await pilot.press("minus", "s")
        await settled(pilot)
        await pilot.press("tab")
        assert dialog.query_one(Locations).typed == f"{tmp_path}/kettle-shelf/"


async def test_a_candidate_can_be_chosen_from_the_list(app: LongreadApp, tmp_path: Path) -> None:
    (tmp_path / "kettle").mkdir()
    async with app.run_test(size=(80, 24)) as pilot:
        dialog = await new_dialog(pilot)
        dialog.query_one(Locations).insert(f"{tmp_path}/kettle")
        await settled(pilot)
        await pilot.click("#candidates", offset=(4, 0))
        await settled(pilot)
        assert dialog.query_one(Locations).typed == f"{tmp_path}/kettle/"
        assert isinstance(app.focused, Locations)


async def test_a_path_that_is_not_there_is_told_and_nothing_is_lost(
    app: LongreadApp, tmp_path: Path
) -> None:
    (tmp_path / "kettle").mkdir()
    async with app.run_test(size=(80, 24)) as pilot:
        dialog = await new_dialog(pilot)
        dialog.query_one(Locations).insert(f"{tmp_path}/kettel")
        await pilot.press("enter")
        await settled(pilot)
        assert app.screen is dialog
        told = str(dialog.query_one("#told", Static).content)
        assert "no such file or folder; did you mean kettle?" in told
        assert dialog.query_one(Locations).text == f"{tmp_path}/kettel"
        await pilot.press("escape")
        assert isinstance(app.screen, LibraryScreen)


async def test_a_pasted_list_is_several_sources(
    app: LongreadApp, make_repository: MakeRepository
) -> None:
    one = make_repository({"a.py": "a = 1\n"}, "one")
    two = make_repository({"b.py": "b = 1\n"}, "two words")
    async with app.run_test(size=(80, 24)) as pilot:
        dialog = await new_dialog(pilot)
        dialog.query_one(Locations).post_message(_pasted(f"{one}\r\n'{two}'\n"))
        await pilot.pause()
        assert dialog.query_one(Locations).locations == (str(one), str(two))
        await pilot.press("enter")
        await settled(pilot)
        assert app.matter is not None
        assert app.matter.title == "one, two words"


async def test_ctrl_j_names_another_source(app: LongreadApp) -> None:
    async with app.run_test(size=(80, 24)) as pilot:
        dialog = await new_dialog(pilot)
        await pilot.press(*"/a", "ctrl+j", *"/b")
        assert dialog.query_one(Locations).locations == ("/a", "/b")


async def test_profile_strategy_and_budget_are_taken(
    app: LongreadApp, make_repository: MakeRepository
) -> None:
    root = make_repository({"a.py": "a = 1\n"})
    async with app.run_test(size=(80, 24)) as pilot:
        dialog = await new_dialog(pilot)
        dialog.query_one(Locations).insert(str(root))
        budget = dialog.query_one("#budget", Input)
        budget.value = "many"
        dialog.query_one("#strategy", Select).value = "focus"
        dialog.query_one("#profile", Select).value = "scripted"
        await pilot.press("enter")
        await settled(pilot)
        assert "many is not a number" in str(dialog.query_one("#told", Static).content)
        budget.value = "9M"
        await pilot.press("enter")
        await settled(pilot)
        assert "more than the window" in str(dialog.query_one("#told", Static).content)
        budget.value = "4k"
        await pilot.press("enter")
        await settled(pilot)
        assert app.matter is not None
        assert app.matter.conversation is not None
        assert app.matter.conversation.window == 4_000
        assert app.matter.conversation.strategy == "focus"


def _pasted(text: str) -> object:
    from textual.events import Paste

    return Paste(text)


# How lines are drawn


@pytest.mark.parametrize("width", [40, 60, 77, 100, 140])
def test_columns_fill_a_line_and_leave_the_title_room(width: int) -> None:
    taken = sum(cells + 1 for _, cells in columns(width))
    assert width - taken - 3 >= 20
    assert "when" in [name for name, _ in columns(width)]


@pytest.mark.parametrize("text", ["short", "x" * 50, "漢字の本棚" * 9, "a\x1b\u202eb" * 9, ""])
@pytest.mark.parametrize("end", [False, True])
def test_text_is_cut_to_whole_cells(text: str, end: bool) -> None:
    for width in (1, 2, 9, 10, 21):
        assert cell_len(fit(text, width, end=end)) == width


def test_numbers_and_times_are_short() -> None:
    numbers = (0, 999, 1_000, 131_072, 999_499, 999_500, 1_234_567, 9_949_999, 10_000_000)
    assert [entries.short(n) for n in numbers] == [
        "0", "999", "1k", "131k", "999k", "1.0M", "1.2M", "9.9M", "10M",
    ]  # fmt: skip
    assert [entries.money(n) for n in (0.0, 0.001, 0.31, 12.5, 1_234.5)] == [
        "", "<$0.01", "$0.31", "$12.50", "$1,234",
    ]  # fmt: skip
    now = datetime(2026, 6, 10, 12).astimezone()
    times = (now - timedelta(hours=2), now - timedelta(days=6), now - timedelta(days=9))
    said = [entries.when(time, now) for time in (*times, now + timedelta(days=1))]
    assert said == ["today 10:00", "Thu 12:00", "2026-06-01", "2026-06-11"]


async def test_what_was_brought_back_is_named_and_no_older_notice_stays(
    app: LongreadApp, store: Store, make_session: MakeSession
) -> None:
    make_session(store, "shelf")
    make_session(store, "lease")
    async with app.run_test(size=(80, 24), notifications=True) as pilot:
        await settled(pilot)
        await pilot.press("d", "d")
        await until(pilot, lambda: "seconds" in screen_text(app))
        await pilot.press("u")
        await until(pilot, lambda: "brought back “shelf”" in screen_text(app))
        assert "deleted" not in screen_text(app)
