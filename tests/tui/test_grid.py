"""The Grid: every key, on a small review that a scripted model answered."""

from __future__ import annotations

import asyncio
import shutil
import sqlite3
import subprocess
import sys
import time
from collections.abc import AsyncGenerator
from contextlib import closing, suppress
from dataclasses import replace
from pathlib import Path
from threading import Timer

import psutil
import pytest
from textual.pilot import Pilot
from textual.widgets import OptionList, Select, Static

from longread import config
from longread.analysis.drafts import owner
from longread.analysis.families import tie
from longread.analysis.review import Request
from longread.errors import StoreError
from longread.export.review import coverage
from longread.store import Store, open_store
from longread.tui import ledger
from longread.tui.app import LongreadApp
from longread.tui.begin import BeginScreen
from longread.tui.board import FILTERS, row_of
from longread.tui.choose import ChooseScreen
from longread.tui.column import ColumnScreen
from longread.tui.confirm import ConfirmScreen
from longread.tui.grid import GridScreen, NameLine
from longread.tui.new import Locations
from longread.tui.widgets.grid import GridTable, both_ends
from longread.tui.widgets.source import SourceView
from longread.tui.widgets.typed import Field
from longread.tui.write import Lines, WriteScreen
from longread.types import Event, Prompt, Sampling
from longread.types.reviews import (
    Cell,
    CellState,
    Concern,
    Mark,
    Question,
    Review,
    Value,
)
from tests.analysis.reviewing import LAWS, QUESTIONS, SCRIPTED, Model, cells_of, reply, shelf
from tests.tui.driving import screen_text, until

NAMES = [question.name for question in QUESTIONS]
PATHS = ["alder.md", "birch.md", "cedar.md"]
UNASKED = ("cedar.md", "Ends")
LAW = "governed by the laws of the State of Delaware"
FEE = "A yearly fee of USD 1,200.50 is due on the first day of May."


def says(path: str, question: str, before: int) -> str:
    """Answer so that every state occurs that can: failed, unverified, unclear, not present."""
    law = LAWS[path.removesuffix(".md")]
    match path, question:
        case "cedar.md", "Law":
            return "no JSON"
        case "birch.md", "Law":
            return reply("New York", "the laws of the Kingdom of Nowhere at all")
        case "alder.md", "Law":
            return reply(law, f"governed by the laws of the State of {law}", FEE)
        case "birch.md", "Fee":
            return reply("", state="not present")
        case "alder.md", "Fee":
            return reply("$1,200.50", FEE)
        case _, "Made":
            return reply("4 March 2005", "This agreement was made on 4 March 2005")
        case _:
            return ""


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store with a review of three agreements, one cell of which was never asked for."""
    folder = tmp_path_factory.mktemp("kept")
    source = shelf(folder / "shelf")
    cells = tuple((p, q) for p in PATHS for q in NAMES if (p, q) != UNASKED)
    request = Request(
        SCRIPTED, (str(source),), QUESTIONS, cells=cells, store=folder / "kept.db", parallel=4,
        yes=True,
    )  # fmt: skip
    found = asyncio.run(cells_of(request, Model(says)))
    assert len(found) == len(cells)
    return folder / "kept.db"


@pytest.fixture
def path(store_path: Path, kept: Path) -> Path:
    store_path.parent.mkdir(parents=True, exist_ok=True)
    shutil.copy(kept, store_path)
    return store_path


class Gate(Model):
    """Answers only while it is open; it is asked in another thread."""

    def __init__(self) -> None:
        super().__init__()
        self.open = False
        self.left = False

    async def stream(self, prompt: Prompt, sampling: Sampling) -> AsyncGenerator[Event]:
        try:
            while not self.open:  # noqa: ASYNC110 - it is opened by another thread
                await asyncio.sleep(0.01)
        except asyncio.CancelledError:
            self.left = True
            raise
        async for event in super().stream(prompt, sampling):
            yield event


async def opened(pilot: Pilot[None], app: LongreadApp) -> GridScreen:
    await pilot.press("f4")
    await until(pilot, lambda: app.docket.board and app.docket.board.review)
    await until(pilot, lambda: isinstance(app.screen, GridScreen) and table(app).at)
    assert isinstance(app.screen, GridScreen)
    return app.screen


def grid(app: LongreadApp) -> GridScreen:
    return next(room for room in app.rooms if isinstance(room, GridScreen))


def table(app: LongreadApp) -> GridTable:
    return grid(app).query_one(GridTable)


def at(app: LongreadApp) -> tuple[str, str]:
    found = table(app).at
    assert found is not None
    return found


def now(app: LongreadApp) -> Review:
    board = app.docket.board
    assert board is not None
    assert board.review is not None
    return board.review


def about(app: LongreadApp) -> str:
    return str(grid(app).query_one("#about Static", Static).content)


def said(app: LongreadApp, where: str) -> str:
    return str(grid(app).query_one(where, Static).content)


def source(app: LongreadApp) -> SourceView:
    return grid(app).query_one(SourceView)


async def choose(pilot: Pilot[None], app: LongreadApp, name: str) -> None:
    """Choose from the list that stands over the screen."""
    await until(pilot, lambda: isinstance(app.screen, ChooseScreen))
    options = app.screen.query_one(OptionList)
    options.highlighted = options.get_option_index(name)
    await pilot.press("enter")


async def written(pilot: Pilot[None], app: LongreadApp, text: str) -> None:
    """Put a text in the dialog, in place of what stands there, and keep it."""
    await until(pilot, lambda: isinstance(app.screen, WriteScreen))
    app.screen.query_one(Lines).load_text(text)
    await pilot.press("enter")


def marks(path: Path, key: tuple[str, str]) -> list[tuple[str, str]]:
    with open_store(path) as store:
        said = store.reviews.review().marks.get(key)
    return [(mark.kind, mark.note) for mark in said.log] if said else []


def answered_anew(store: Store, review: Review, key: tuple[str, str], value: str) -> None:
    """Let another program keep another answer."""
    id, me = store.reviews.resolve(), owner()
    number = store.reviews.numbers(id)[key[0], review.cells[key].content_id]
    assert store.reviews.take(number, me, 60.0)
    cell = replace(review.cells[key], value=Value((value,), (value,)))
    assert store.reviews.keep_cells(me, 60.0, [(number, cell)]) == ["kept"]
    store.reviews.release(number, me)


# Looking


async def test_f4_shows_every_document_and_question_a_sign_a_cell(path: Path) -> None:
    app = LongreadApp(path)
    async with app.run_test(size=(140, 40)) as pilot:
        await opened(pilot, app)
        await until(pilot, lambda: "Delaware" in about(app))
        text = screen_text(app)
        assert "[f4 Grid]" in text
        assert "3 documents × 4 questions · 11 of 12 cells · 1 failed" in text
        assert coverage(now(app)) in text
        assert "1 Law (text): Which law governs?" in text
        rows = {row.split()[0]: row for row in text.split("\n") if ".md " in row}
        assert rows["›"].split()[:6] == ["›", "alder.md", "✓", "✓", "~", "✓"]
        assert rows["birch.md"].split()[:5] == ["birch.md", "¿", "✓", "–", "✓"]
        assert rows["cedar.md"].split()[:5] == ["cedar.md", "!", "✓", "✓", "·"]
        for sign in ("✓ answered", "! failed", "~ unclear", "¿ quote", "· not", "– not"):
            assert sign in text
        assert "accepted" not in text


async def test_the_cursor_goes_where_keys_say(path: Path) -> None:
    app = LongreadApp(path)
    async with app.run_test(size=(140, 40)) as pilot:
        await opened(pilot, app)
        for keys, where in (
            (["down", "right"], ("birch.md", "Made")),
            (["up", "left", "left", "up"], ("alder.md", "Law")),
            (["j", "l"], ("birch.md", "Made")),
            (["k", "h"], ("alder.md", "Law")),
            (["end"], ("alder.md", "Ends")),
            (["home"], ("alder.md", "Law")),
            (["G"], ("cedar.md", "Law")),
            (["g"], ("alder.md", "Law")),
            (["ctrl+end"], ("cedar.md", "Law")),
            (["ctrl+home"], ("alder.md", "Law")),
            (["pagedown", "right"], ("cedar.md", "Made")),
            (["pageup", "left"], ("alder.md", "Law")),
        ):
            await pilot.press(*keys)
            assert at(app) == where, keys


async def test_a_click_goes_to_a_cell_and_another_opens_it(path: Path) -> None:
    app = LongreadApp(path)
    async with app.run_test(size=(140, 40)) as pilot:
        screen = await opened(pilot, app)
        lines = screen_text(app).split("\n")
        y = next(n for n, row in enumerate(lines) if "birch.md" in row)
        x = lines[y].index("–")
        await pilot.click(offset=(x, y))
        assert at(app) == ("birch.md", "Fee")
        await pilot.click(offset=(x, y))
        await until(pilot, lambda: screen.has_class("-full"))


async def test_the_page_of_each_quote_is_shown_with_its_words_marked(path: Path) -> None:
    app = LongreadApp(path)
    async with app.run_test(size=(140, 40)) as pilot:
        screen = await opened(pilot, app)
        await until(pilot, lambda: source(app).highlighted == LAW)
        assert "✓ Delaware" in about(app)
        assert "▸[1] ✓ exact" in about(app)
        assert "the model's reasons, no part of the value: So it says." in about(app)
        assert "the whole document was in the prompt" in about(app)
        assert "prompt version" in about(app)
        await pilot.press("right_square_bracket")
        await until(pilot, lambda: source(app).highlighted == FEE)
        assert "▸[2]" in about(app)
        await pilot.press("left_square_bracket")
        await until(pilot, lambda: source(app).highlighted == LAW)
        await pilot.press("enter")
        assert screen.has_class("-full")
        assert source(app).has_focus
        await pilot.press("escape")
        assert not screen.has_class("-full")
        assert table(app).has_focus
        await pilot.press("down")
        await until(pilot, lambda: "¿ New York" in about(app))
        await until(pilot, lambda: "Kingdom of Nowhere" in screen_text(app))
        assert "✗ not found" in about(app)
        assert source(app).highlighted == ""


async def test_a_cell_that_was_not_asked_for_says_so_and_shows_its_document(path: Path) -> None:
    app = LongreadApp(path)
    async with app.run_test(size=(140, 40)) as pilot:
        await opened(pilot, app)
        await pilot.press("G", "end")
        await until(pilot, lambda: "not asked" in about(app))
        await until(pilot, lambda: "# Cedar" in screen_text(app))
        await pilot.press("a")
        await pilot.press("right_square_bracket")
        assert marks(path, UNASKED) == []


async def test_a_page_that_is_read_stays_where_it_is_while_cells_come(path: Path) -> None:
    app = LongreadApp(path)
    async with app.run_test(size=(140, 14)) as pilot:
        await opened(pilot, app)
        await pilot.press("G", "end")
        await until(pilot, lambda: "# Cedar" in screen_text(app))
        source(app).focus()
        await pilot.press("down", "down")
        assert source(app).first_visible_line == 3
        with open_store(path) as other:
            answered_anew(other, now(app), ("alder.md", "Law"), "Texas")
        await until(
            pilot, lambda: now(app).cells["alder.md", "Law"].value == Value(("Texas",), ("Texas",))
        )
        await pilot.pause(0.3)
        assert source(app).first_visible_line == 3


async def test_a_document_that_changed_while_another_screen_was_shown_is_shown_as_it_is(
    path: Path, tmp_path: Path
) -> None:
    folder = shelf(tmp_path / "agreements")
    request = Request(SCRIPTED, (str(folder),), QUESTIONS, new=True, store=path, yes=True)
    await cells_of(request, Model(says))
    app = LongreadApp(path, review="")
    async with app.run_test(size=(140, 40)) as pilot:
        await until(pilot, lambda: app.docket.board and app.docket.board.review)
        await until(pilot, lambda: source(app).highlighted == LAW)
        await pilot.press("f2")
        file = folder / "alder.md"
        file.write_text("# Anew\n\n" + file.read_text())
        await cells_of(replace(request, new=False), Model(says))
        await pilot.press("f4")
        await until(pilot, lambda: "# Anew" in screen_text(app))
        await until(pilot, lambda: source(app).highlighted == LAW)


async def test_words_of_an_amendment_are_shown_in_the_amendment(
    store: Store, tmp_path: Path
) -> None:
    folder = shelf(tmp_path / "agreements")
    words = "The law of Utah governs from now on."
    (folder / "change.md").write_text(f"# Amendment\n\n{words}\n")
    request = Request(SCRIPTED, (str(folder),), QUESTIONS[:1], store=store.path, yes=True)
    await cells_of(request, Model())
    tie(store, store.reviews.resolve(), "change.md", "alder.md")
    await cells_of(request, Model(lambda *_: reply("Utah", words, LAW, place="d2:L3")))
    app = LongreadApp(store.path)
    async with app.run_test(size=(140, 40)) as pilot:
        await opened(pilot, app)
        await until(pilot, lambda: source(app).highlighted == words)
        assert "▸[1] ✓ exact · change.md:L3" in about(app)
        await until(pilot, lambda: "▏ change.md" in screen_text(app))
        await pilot.press("]")
        await until(pilot, lambda: source(app).highlighted == LAW)


async def test_a_narrow_screen_shows_the_cell_below_and_its_page_on_enter(path: Path) -> None:
    app = LongreadApp(path)
    async with app.run_test(size=(80, 24)) as pilot:
        await opened(pilot, app)
        await until(pilot, lambda: "✓ Delaware" in about(app))
        text = screen_text(app)
        assert "cedar.md" in text
        assert "Which law governs?" in text
        assert not source(app).region.height
        await pilot.press("enter")
        await until(pilot, lambda: f"» It is {LAW}" in screen_text(app))
        await pilot.resize_terminal(140, 40)
        await pilot.press("escape")
        await until(pilot, lambda: "cedar.md" in screen_text(app))


# What a person says


async def test_what_a_person_says_is_kept_at_once_and_shown(path: Path) -> None:
    app = LongreadApp(path)
    key = ("alder.md", "Law")
    async with app.run_test(size=(140, 40), notifications=True) as pilot:
        await opened(pilot, app)

        async def seen(sign: str) -> None:
            await until(pilot, lambda: sign in screen_text(app))

        for pressed, kind, sign in (
            ("a", "accepted", "✓●"),
            ("r", "rejected", "✓✗"),
            ("f", "", "✓⚑"),
        ):
            await pilot.press(pressed)
            await seen(sign)
            assert kind in about(app)
        assert [kind for kind, _ in marks(path, key)] == ["accepted", "rejected", "flagged"]
        assert "what was said of it, the newest last" in about(app)
        await pilot.press("u")
        await until(pilot, lambda: "✓⚑" not in screen_text(app))
        assert marks(path, key)[-1] == ("cleared", "")
        await pilot.press("u")
        await until(pilot, lambda: "nothing was said of this cell" in screen_text(app))


async def test_what_is_said_last_stands_although_another_program_was_writing(path: Path) -> None:
    app = LongreadApp(path)
    key = ("alder.md", "Law")
    async with app.run_test(size=(140, 40)) as pilot:
        await opened(pilot, app)
        for times in range(1, 5):
            with closing(sqlite3.connect(path, isolation_level=None)) as writing:
                writing.execute("BEGIN IMMEDIATE")
                await pilot.press("a")
                # SQLite looks ever more rarely whether the other has done.
                await pilot.pause(0.25)
                await pilot.press("r")
                await pilot.pause(0.02)
            await until(pilot, lambda n=times: len(marks(path, key)) == 2 * n)  # type: ignore[misc]
        assert [kind for kind, _ in marks(path, key)] == ["accepted", "rejected"] * 4


async def test_what_is_said_is_kept_although_its_reader_leaves_at_once(path: Path) -> None:
    app = LongreadApp(path)
    with closing(sqlite3.connect(path, isolation_level=None, check_same_thread=False)) as writing:
        async with app.run_test(size=(140, 40)) as pilot:
            await opened(pilot, app)
            writing.execute("BEGIN IMMEDIATE")
            await pilot.press("a", "f")
            Timer(0.5, writing.execute, ["COMMIT"]).start()
            app.exit()
    assert [kind for kind, _ in marks(path, ("alder.md", "Law"))] == ["accepted", "flagged"]


async def test_a_note_goes_with_what_was_decided_or_with_a_flag(path: Path) -> None:
    app = LongreadApp(path)
    async with app.run_test(size=(140, 40)) as pilot:
        await opened(pilot, app)
        await pilot.press("n")
        await written(pilot, app, "ask Ada")
        await until(pilot, lambda: "flagged by a person" in about(app))
        await pilot.press("right", "a")
        await until(pilot, lambda: "accepted by a person" in about(app))
        await pilot.press("n")
        await until(pilot, lambda: isinstance(app.screen, WriteScreen))
        await pilot.press(*"so")
        await pilot.press("ctrl+j", *"be", "enter")
        await until(pilot, lambda: "accepted by a person" in about(app) and "so␊be" in about(app))
        await pilot.press("n")
        await until(pilot, lambda: isinstance(app.screen, WriteScreen))
        await pilot.press("escape")
    assert marks(path, ("alder.md", "Law")) == [("flagged", "ask Ada")]
    assert marks(path, ("alder.md", "Made"))[-1] == ("accepted", "so\nbe")


async def test_a_note_accepts_no_answer_that_came_while_it_was_written(path: Path) -> None:
    app = LongreadApp(path)
    key = ("alder.md", "Law")
    async with app.run_test(size=(140, 40)) as pilot:
        await opened(pilot, app)
        await pilot.press("a")
        await until(pilot, lambda: "accepted by a person" in about(app))
        await pilot.press("n")
        await until(pilot, lambda: isinstance(app.screen, WriteScreen))
        with open_store(path) as other:
            answered_anew(other, now(app), key, "Texas")
        await until(pilot, lambda: "Texas" in about(app))
        await written(pilot, app, "seen by Ada")
        await until(pilot, lambda: "flagged by a person" in about(app))
        assert now(app).marks[key].decision is None
    assert marks(path, key) == [("accepted", ""), ("flagged", "seen by Ada")]


async def test_only_the_answer_that_is_shown_is_accepted(path: Path) -> None:
    app = LongreadApp(path)
    key = ("alder.md", "Law")
    async with app.run_test(size=(140, 40)) as pilot:
        await opened(pilot, app)
        with open_store(path) as other:
            answered_anew(other, now(app), key, "Texas")
            # At once, as a key would that comes before the screen has looked.
            grid(app).action_say("accepted")
            await until(pilot, lambda: marks(path, key))
            said = other.reviews.review().marks[key]
    assert (said.decision, [mark.kind for mark in said.log]) == (None, ["accepted"])


async def test_a_note_without_words_on_what_nobody_decided_is_none(path: Path) -> None:
    app = LongreadApp(path)
    async with app.run_test(size=(140, 40)) as pilot:
        await opened(pilot, app)
        await pilot.press("n")
        await written(pilot, app, " ")
        await pilot.press("right", "f")
        await until(pilot, lambda: marks(path, ("alder.md", "Made")))
    assert marks(path, ("alder.md", "Law")) == []


async def test_what_was_written_of_a_question_that_is_another_now_is_not_kept(path: Path) -> None:
    app = LongreadApp(path)
    async with app.run_test(size=(140, 40), notifications=True) as pilot:
        await opened(pilot, app)
        await pilot.press("e")
        await until(pilot, lambda: isinstance(app.screen, WriteScreen))
        other = replace(QUESTIONS[0], text="Which law does not govern?")
        with open_store(path) as store:
            store.reviews.keep_questions(store.reviews.resolve(), (other, *QUESTIONS[1:]))
        await until(pilot, lambda: now(app).questions[0] == other)
        await written(pilot, app, "that of Utah")
        await until(pilot, lambda: "not kept" in screen_text(app))
        assert "that of Utah" in screen_text(app)
    assert marks(path, ("alder.md", "Law")) == []


async def test_a_correction_is_typed_and_one_that_is_unclear_is_refused(path: Path) -> None:
    app = LongreadApp(path)
    async with app.run_test(size=(140, 40)) as pilot:
        await opened(pilot, app)
        await pilot.press("right", "e")
        await until(pilot, lambda: isinstance(app.screen, WriteScreen))
        assert app.screen.query_one(Lines).text == "2005-03-04"
        await written(pilot, app, "03/04/2005")
        await until(pilot, lambda: "no date that can be told for sure" in screen_text(app))
        await written(pilot, app, "5 April 2006")
        await until(pilot, lambda: "✎ 2006-04-05" in about(app))
        assert "the model said: 2005-03-04" in about(app)
        await pilot.press("right", "e")
        await written(pilot, app, "")
        await until(pilot, lambda: "✎ not present" in about(app))
    with open_store(path) as store:
        review = store.reviews.review()
    assert review.says("alder.md", "Made") == (
        CellState.ANSWERED, Value(("5 April 2006",), ("2006-04-05",)),
    )  # fmt: skip
    assert review.says("alder.md", "Fee") == (CellState.NOT_PRESENT, None)


async def test_space_goes_to_what_a_person_should_look_at_first(path: Path) -> None:
    with open_store(path) as store:
        order = store.reviews.review().work()
    app = LongreadApp(path)
    async with app.run_test(size=(140, 40)) as pilot:
        await opened(pilot, app)

        async def settled(key: tuple[str, str]) -> None:
            await until(pilot, lambda: now(app).concern(*key) is Concern.SETTLED)

        for expected in order[:4]:
            await pilot.press("space")
            assert at(app) == expected
            await pilot.press("a")
            await settled(expected)
        assert order[0] == ("cedar.md", "Law")
        # What was passed over comes again when the rest is done.
        await pilot.press("space", "space")
        for key in order[5:]:
            assert app.docket.board is not None
            app.docket.mark(app.docket.board, key, Mark("accepted"))
            await settled(key)
        await pilot.press("space")
        assert at(app) == order[4]


# What is sought


async def test_only_some_cells_are_shown_and_all_again(path: Path) -> None:
    app = LongreadApp(path)
    async with app.run_test(size=(140, 40)) as pilot:
        await opened(pilot, app)
        await pilot.press("v")
        await choose(pilot, app, "failed")
        await until(pilot, lambda: "only failed" in screen_text(app))
        text = screen_text(app)
        assert "1 of 3 documents" in text
        assert "birch.md" not in text
        row = next(row for row in text.split("\n") if row.startswith("› "))
        assert row.partition("▏")[0].split() == ["›", "cedar.md", "!"]
        await pilot.press("escape")
        await until(pilot, lambda: "birch.md" in screen_text(app))
        assert app.current_mode == "grid"
        await pilot.press("v")
        await choose(pilot, app, "not asked")
        await until(pilot, lambda: "only not asked" in screen_text(app))
        await pilot.press("v")
        await choose(pilot, app, "all cells")
        await until(pilot, lambda: "birch.md" in screen_text(app))


async def test_documents_are_found_by_words_of_their_names(path: Path) -> None:
    app = LongreadApp(path)
    async with app.run_test(size=(140, 40)) as pilot:
        await opened(pilot, app)
        await pilot.press("slash", *"BIR")
        await until(pilot, lambda: "1 of 3 documents" in screen_text(app))
        assert at(app)[0] == "birch.md"
        await pilot.press("enter")
        assert table(app).has_focus
        await pilot.press("/", "escape")
        await until(pilot, lambda: "cedar.md" in screen_text(app))
        await pilot.press("slash", *"zzz")
        await until(pilot, lambda: table(app).at is None)
        await pilot.press("enter", "a", "e", "x", "space", "escape")
        await until(pilot, lambda: "cedar.md" in screen_text(app))
        await pilot.press("escape")
        assert app.current_mode == "library"


async def test_documents_are_sorted_and_the_cursor_stays_on_its_cell(path: Path) -> None:
    app = LongreadApp(path)
    async with app.run_test(size=(140, 40)) as pilot:
        await opened(pilot, app)
        await pilot.press("down")
        board = app.docket.board
        assert board is not None
        for listed in (PATHS, ["cedar.md", "birch.md", "alder.md"], None, PATHS):
            await pilot.press("s")
            assert listed is None or board.listed == listed, board.sort
            assert at(app) == ("birch.md", "Law")
        board.sort = "concerns"
        board.arrange()
        counts = [board.rows[one].concerns for one in board.listed]
        assert counts == sorted(counts, reverse=True)
        await pilot.press("c")
        await choose(pilot, app, "3")
        assert at(app)[1] == "Fee"


def test_every_filter_finds_what_its_name_says(path: Path) -> None:
    with open_store(path) as store:
        id = store.reviews.resolve()
        store.reviews.mark(id, "alder.md", "Made", Mark("flagged"))
        store.reviews.mark(id, "birch.md", "Made", Mark("corrected", Value(("x",), ("2005",))))
        store.reviews.mark(id, "cedar.md", "Made", Mark("rejected"))
        review = store.reviews.review()
    cells = dict(review.cells)
    key = ("alder.md", "Ends")
    other = replace(cells[key], state=CellState.NOT_FOUND, value=None)
    review = replace(review, seconds={key: other})
    cells["birch.md", "Ends"] = replace(cells["birch.md", "Ends"], state=CellState.UNREADABLE)
    review = replace(review, cells=cells)
    found = {
        name: {(p, q) for p in PATHS for q in NAMES if has(review, (p, q))}
        for name, has in FILTERS.items()
    }
    assert found["failed"] == {("cedar.md", "Law")}
    assert found["quote not verified"] == {("birch.md", "Law")}
    assert found["unclear"] == {("alder.md", "Fee")}
    assert found["not present"] == {("birch.md", "Fee")}
    assert found["flagged"] == {("alder.md", "Made")}
    assert found["corrected"] == {("birch.md", "Made")}
    assert found["rejected"] == {("cedar.md", "Made")}
    assert found["disagreeing"] == {key}
    assert found["unreadable"] == {("birch.md", "Ends")}
    assert found["not asked"] == {UNASKED}
    assert found["accepted"] == found["not found in evidence"] == set()
    assert ("cedar.md", "Law") in found["to look at"]
    assert ("cedar.md", "Made") not in found["to look at"]


def test_what_is_out_of_place_by_now_is_nothing_to_look_at(path: Path) -> None:
    with open_store(path) as store:
        review = store.reviews.review()
    key = ("birch.md", "Law")
    assert FILTERS["to look at"](review, key)
    law = replace(QUESTIONS[0], only_if=("Made", ("1999-01-01",)))
    review = replace(review, questions=(law, *QUESTIONS[1:]))
    assert review.ruled_out("birch.md", law)
    assert not FILTERS["to look at"](review, key)
    found = ledger.counted(review)["to look at"]
    assert found == sum(row_of(review, one).concerns for one in review.documents)


async def test_a_question_that_comes_is_sought_in_too(path: Path) -> None:
    app = LongreadApp(path)
    async with app.run_test(size=(140, 40)) as pilot:
        await opened(pilot, app)
        await pilot.press("v")
        await choose(pilot, app, "not asked")
        await until(pilot, lambda: "1 of 3 documents" in screen_text(app))
        with open_store(path) as other:
            more = Question("More", "What more?")
            other.reviews.keep_questions(other.reviews.resolve(), (*QUESTIONS, more))
        await until(pilot, lambda: len(now(app).questions) == 5)
        row = next(row for row in screen_text(app).split("\n") if row.startswith("› "))
        assert row.partition("▏")[0].split() == ["›", "cedar.md", "·", "·"]


# Asking the model


@pytest.mark.parametrize(
    ("chosen", "asked"),
    [
        ("cell", {("alder.md", "Made")}),
        ("row", {("alder.md", name) for name in NAMES}),
        ("column", {(one, "Made") for one in PATHS}),
        ("missing", {UNASKED, ("cedar.md", "Law")}),
    ],
)
async def test_cells_are_asked_for_again(
    path: Path, chosen: str, asked: set[tuple[str, str]]
) -> None:
    engine = Model(lambda path, question, before: reply("5 May 2010", FEE))
    app = LongreadApp(path, engine=engine)
    async with app.run_test(size=(140, 40), notifications=True) as pilot:
        await opened(pilot, app)
        await pilot.press("right", "x")
        await choose(pilot, app, chosen)
        count = "cell" if len(asked) == 1 else "cells"
        await until(pilot, lambda: f"done: {len(asked)} {count} came" in screen_text(app))
        assert set(engine.asked) == asked
        if ("alder.md", "Made") in asked:
            await until(pilot, lambda: "✓ 2010-05-05" in about(app))
        assert at(app) == ("alder.md", "Made")


async def test_a_run_says_what_came_of_it(path: Path) -> None:
    with open_store(path) as store:
        id = store.reviews.resolve()
        store.reviews.keep_way(id, long="evidence", double=True, budget=None)
    app = LongreadApp(path, engine=Model(says))
    async with app.run_test(size=(140, 40), notifications=True) as pilot:
        await opened(pilot, app)
        await pilot.press("R")
        await until(pilot, lambda: "done: 2 cells came, 11 asked in" in screen_text(app))
        with open_store(path) as store:
            store.reviews.keep_way(id, long="evidence", double=False, budget=None)
            store.reviews.mark(id, "cedar.md", "Law", Mark("corrected"))
        await pilot.press("R")
        await until(pilot, lambda: "done: nothing was to be asked" in screen_text(app))
    app = LongreadApp(path, engine=Model(lambda *_: "no JSON"))
    async with app.run_test(size=(140, 40), notifications=True) as pilot:
        await opened(pilot, app)
        await pilot.press("x")
        await choose(pilot, app, "cell")
        await until(pilot, lambda: "done: no answer came; what was there" in screen_text(app))


async def test_a_run_says_how_far_it_is_and_can_be_stopped(path: Path) -> None:
    engine = Gate()
    app = LongreadApp(path, engine=engine)
    async with app.run_test(size=(140, 40), notifications=True) as pilot:
        await opened(pilot, app)
        await pilot.press("R")
        await until(pilot, lambda: "asking for what is missing" in screen_text(app))
        await until(pilot, lambda: "…cedar.md" in screen_text(app))
        await pilot.press("R")
        await until(pilot, lambda: "it is being asked already" in screen_text(app))
        await pilot.press("f2")
        await pilot.press("f4")
        await pilot.press("ctrl+x")
        await until(pilot, lambda: "stopped; what came is kept" in screen_text(app))
        await until(pilot, lambda: not app.docket.runs(app.docket.board))
        assert engine.left
        await until(pilot, lambda: "asking for" not in screen_text(app))
        engine.open = True
        await pilot.press("R")
        await until(pilot, lambda: now(app).cells.get(UNASKED))
        assert at(app) == ("alder.md", "Law")


async def test_leaving_while_it_asks_gives_the_lease_back(path: Path) -> None:
    app = LongreadApp(path, engine=Gate())
    async with app.run_test(size=(140, 40)) as pilot:
        await opened(pilot, app)
        await pilot.press("R")
        await until(pilot, lambda: app.docket.board and app.docket.board.working)
    with open_store(path) as store:
        assert store.reviews.leases(store.reviews.resolve()) == {}


async def test_before_money_is_spent_a_person_is_asked(path: Path) -> None:
    folder = config.settings_dir() / "profiles"
    (folder / "scripted.toml").unlink()
    config.add_profile(
        "scripted",
        {"engine": "replay", "family": "estimate", "window": 8_000, "trusted": 8_000,
         "answer": 200, "price_input": 1_000_000.0, "price_output": 1.0},
    )  # fmt: skip
    engine = Model()
    app = LongreadApp(path, engine=engine)
    async with app.run_test(size=(140, 40), notifications=True) as pilot:
        await opened(pilot, app)
        await pilot.press("R")
        await until(pilot, lambda: isinstance(app.screen, ConfirmScreen))
        await pilot.press("n")
        await until(pilot, lambda: "was not asked" in screen_text(app))
        await until(pilot, lambda: not app.docket.runs(app.docket.board))
        assert engine.asked == []
        await pilot.press("R")
        await until(pilot, lambda: isinstance(app.screen, ConfirmScreen))
        await pilot.press("y")
        await until(pilot, lambda: UNASKED in now(app).cells)


def waiting() -> subprocess.Popen[bytes]:
    """Start a program that ends when it is spoken to."""
    return subprocess.Popen(["cat"], stdin=subprocess.PIPE, stdout=subprocess.PIPE)


async def test_what_another_program_writes_is_seen_and_nothing_moves(path: Path) -> None:
    app = LongreadApp(path)
    with open_store(path) as other:
        id = other.reviews.resolve()
        number = other.reviews.numbers(id)[
            "cedar.md", other.reviews.head(id).documents[2].content_id
        ]
        async with app.run_test(size=(140, 40)) as pilot:
            await opened(pilot, app)
            await pilot.press("down")
            sleeper = waiting()
            try:
                began = psutil.Process(sleeper.pid).create_time()
                who = f"{owner().partition(':')[0]}:{sleeper.pid}:{began:.1f}"
                assert await asyncio.to_thread(other.reviews.take, number, who, 60.0)
                await until(
                    pilot, lambda: f"another program: process {sleeper.pid}" in said(app, "#state")
                )
                question = QUESTIONS[3]
                cell = Cell(
                    "cedar.md", "Ends", CellState.ANSWERED, Value(("Yes",), ("yes",)),
                    question_hash=question.hash, profile="scripted",
                )  # fmt: skip
                await asyncio.to_thread(other.reviews.keep_cells, who, 60.0, [(number, cell)])
                await asyncio.to_thread(
                    other.reviews.mark, id, "alder.md", "Law", Mark("flagged", note="look")
                )
                await until(pilot, lambda: "12 of 12 cells" in screen_text(app))
                await until(pilot, lambda: "✓⚑" in screen_text(app))
                assert at(app) == ("birch.md", "Law")
            finally:
                sleeper.communicate()
            # It has ended without a word, and its lease has not run out.
            await until(pilot, lambda: "another program" not in said(app, "#state"))
            await asyncio.to_thread(other.reviews.keep_questions, id, QUESTIONS[:2])
            await until(pilot, lambda: "3 documents × 2 questions" in screen_text(app))


async def test_a_review_that_another_program_deletes_is_shown_no_longer(path: Path) -> None:
    with open_store(path) as other:
        id = other.reviews.resolve()
        app = LongreadApp(path)
        async with app.run_test(size=(140, 40), notifications=True) as pilot:
            await opened(pilot, app)
            await pilot.press("e")
            await until(pilot, lambda: isinstance(app.screen, WriteScreen))
            with suppress(StoreError):  # Its text is in the log as long as the screen is open.
                await asyncio.to_thread(other.reviews.delete, id)
            await until(pilot, lambda: "it was deleted" in said(app, "#word"))
            # What was being written cannot be kept, and that is told.
            await written(pilot, app, "that of Utah")
            await until(pilot, lambda: f"no review {id}" in screen_text(app))
            assert "11 of 12 cells" not in screen_text(app)
            await pilot.press("a", "e", "x", "+", "E", "D", "R", "space", "v", "s", "slash", "m")
            await until(pilot, lambda: "there is no review yet" in screen_text(app))


async def test_a_review_that_was_read_is_what_the_store_says_after_any_change(path: Path) -> None:
    app = LongreadApp(path, engine=Model())
    async with app.run_test(size=(140, 40)) as pilot:
        await opened(pilot, app)
        await pilot.press("R")
        await until(pilot, lambda: UNASKED in now(app).cells)
        await until(pilot, lambda: not app.docket.runs(app.docket.board))
        await pilot.press("a", "r", "f")
        await until(pilot, lambda: len(now(app).marks.get(("alder.md", "Law")).log) == 3)  # type: ignore[union-attr]
        with open_store(path) as store:
            review = store.reviews.review()
        assert now(app).cells == review.cells
        assert now(app).marks == review.marks
        board = app.docket.board
        assert board is not None
        assert board.rows == {one.path: row_of(review, one) for one in review.documents}


# Questions


async def test_a_question_is_added_changed_and_removed_in_place(path: Path) -> None:
    app = LongreadApp(path, engine=Model())
    async with app.run_test(size=(140, 40), notifications=True) as pilot:
        await opened(pilot, app)
        await pilot.press("+")
        await until(pilot, lambda: isinstance(app.screen, ColumnScreen))
        await pilot.press(*"Law", "ctrl+s")
        await until(pilot, lambda: "a question has no question" in screen_text(app))
        app.screen.query_one("#question", Field).value = "Which notice is due?"
        app.screen.query_one("#only_if", Field).value = "Ending = yes"
        await pilot.press("enter")
        await until(pilot, lambda: "already that of question 1" in screen_text(app))
        assert "no question is named 'Ending'" in screen_text(app)
        app.screen.query_one("#name", Field).value = "Notice"
        app.screen.query_one("#only_if", Field).value = "Ends = yes | no"
        app.screen.query_one("#type", Select).value = "number"
        await pilot.press("ctrl+s")
        await until(pilot, lambda: "3 documents × 5 questions" in screen_text(app))
        assert at(app) == ("alder.md", "Notice")
        assert now(app).questions[4] == Question(
            "Notice", "Which notice is due?", "number", only_if=("Ends", ("yes", "no"))
        )
        # The condition follows the name of the column that it is about; that is asked anew.
        await pilot.press("left", "E")
        await until(pilot, lambda: isinstance(app.screen, ColumnScreen))
        app.screen.query_one("#name", Field).value = "Exit"
        await pilot.press("ctrl+s")
        await until(pilot, lambda: at(app)[1] == "Exit")
        assert now(app).questions[4].only_if == ("Exit", ("yes", "no"))
        await until(pilot, lambda: "9 of 15 cells" in said(app, "#head"))
        await pilot.press("D")
        await until(pilot, lambda: "Notice depends on it" in screen_text(app))
        await pilot.press("right", "D")
        await until(pilot, lambda: isinstance(app.screen, ConfirmScreen))
        await pilot.press("y")
        await until(pilot, lambda: "3 documents × 4 questions" in screen_text(app))
        # A name that is given back brings its cells back.
        await pilot.press("E")
        await until(pilot, lambda: isinstance(app.screen, ColumnScreen))
        app.screen.query_one("#name", Field).value = "Ends"
        await pilot.press("ctrl+s")
        await until(pilot, lambda: "11 of 12 cells" in screen_text(app))
        await pilot.press("E")
        await until(pilot, lambda: isinstance(app.screen, ColumnScreen))
        await pilot.press("escape")
        assert len(now(app).questions) == 4


@pytest.mark.parametrize("key", ["+", "E", "D"])
async def test_questions_that_others_add_and_change_meanwhile_stay(path: Path, key: str) -> None:
    app = LongreadApp(path)
    theirs = (replace(QUESTIONS[0], text="Whose law governs?"), Question("More", "What more?"))
    async with app.run_test(size=(140, 40)) as pilot:
        await opened(pilot, app)
        await pilot.press("right", key)
        await until(pilot, lambda: isinstance(app.screen, ColumnScreen | ConfirmScreen))
        with open_store(path) as store:
            others = (theirs[0], *QUESTIONS[1:], theirs[1])
            store.reviews.keep_questions(store.reviews.resolve(), others)
        await until(pilot, lambda: len(now(app).questions) == 5)
        if key == "D":
            await pilot.press("y")
            expected = [theirs[0], *QUESTIONS[2:], theirs[1]]
        else:
            app.screen.query_one("#name", Field).value = "Mine"
            app.screen.query_one("#question", Field).value = "What is mine?"
            await pilot.press("ctrl+s")
            mine = Question("Mine", "What is mine?", "text" if key == "+" else "date")
            expected = [*others, mine] if key == "+" else [theirs[0], mine, *others[2:]]
        await until(pilot, lambda: now(app).questions == tuple(expected))
        assert key == "D" or at(app)[1] == "Mine"


async def test_what_nobody_typed_at_stays_to_the_letter(path: Path) -> None:
    odd = replace(QUESTIONS[0], instructions="first\nsecond  line", choices=("a; b", "c"))
    with open_store(path) as store:
        store.reviews.keep_questions(store.reviews.resolve(), (odd, *QUESTIONS[1:]))
    app = LongreadApp(path)
    async with app.run_test(size=(140, 40), notifications=True) as pilot:
        await opened(pilot, app)
        await pilot.press("E")
        await until(pilot, lambda: isinstance(app.screen, ColumnScreen))
        app.screen.query_one("#only_if", Field).value = "Ends = yes"
        await pilot.press("ctrl+s")
        await until(pilot, lambda: now(app).questions[0].only_if)
        assert now(app).questions[0] == replace(odd, only_if=("Ends", ("yes",)))
        assert now(app).questions[0].hash == odd.hash


# Which review


async def test_without_a_review_it_says_how_to_begin_one_and_begins_it(
    store: Store, tmp_path: Path
) -> None:
    folder = shelf(tmp_path / "agreements")
    asked = tmp_path / "questions.toml"
    asked.write_text('[[question]]\nname = "Law"\nquestion = "Which?"\ntype = "tex"\n')
    engine = Model()
    app = LongreadApp(store.path, engine=engine)
    async with app.run_test(size=(140, 40), notifications=True) as pilot:
        await pilot.press("f4")
        await until(pilot, lambda: "There is no review yet." in screen_text(app))
        await pilot.press("a", "x", "space", "v", "s", "c", "+", "E", "D", "R", "m", "slash")
        await pilot.press("N")
        await until(pilot, lambda: isinstance(app.screen, BeginScreen))
        await pilot.press("enter")
        await until(pilot, lambda: "name a folder" in screen_text(app))
        app.screen.query_one(Locations).load_text(f"{folder}x")
        app.screen.query_one("#questions", Field).value = str(asked)
        await pilot.press("enter")
        await until(pilot, lambda: "did you mean agreements?" in screen_text(app))
        app.screen.query_one(Locations).load_text(str(folder)[:-2])
        app.screen.query_one(Locations).action_cursor_line_end()
        await pilot.press("tab")
        await until(pilot, lambda: app.screen.query_one(Locations).typed.endswith("agreements/"))
        await pilot.press("enter")
        await until(pilot, lambda: "did you mean 'text'?" in screen_text(app))
        asked.write_text('[[question]]\nname = "Law"\nquestion = "Which?"\n')
        await pilot.press("enter")
        await until(pilot, lambda: "3 documents × 1 questions · 0 of 3 cells" in screen_text(app))
        assert engine.asked == []
        await pilot.press("N")
        await until(pilot, lambda: isinstance(app.screen, BeginScreen))
        await pilot.press("escape")


async def test_of_several_reviews_one_is_chosen(path: Path) -> None:
    with open_store(path) as store:
        first = store.reviews.resolve()
        head = store.reviews.head(first)
        second, _ = store.reviews.create(replace(head, title="another"))
    app = LongreadApp(path)
    async with app.run_test(size=(140, 40)) as pilot:
        await pilot.press("f4")
        await until(pilot, lambda: isinstance(app.screen, ChooseScreen))
        await pilot.press("escape")
        await until(pilot, lambda: "m chooses one" in screen_text(app))
        await pilot.press("m")
        await choose(pilot, app, first)
        await until(pilot, lambda: "11 of 12 cells" in screen_text(app))
        await pilot.press("slash", *"bir", "enter", "m")
        await choose(pilot, app, second)
        await until(pilot, lambda: "another" in screen_text(app).split("\n")[0])
        # What is sought is sought in that review alone.
        await pilot.press("slash")
        assert grid(app).query_one(NameLine).value == ""
        await pilot.press("escape", "m")
        await choose(pilot, app, first)
        await until(pilot, lambda: "1 of 3 documents" in screen_text(app))
        await pilot.press("slash")
        assert grid(app).query_one(NameLine).value == "bir"
    app = LongreadApp(path, review=first[:5])
    async with app.run_test(size=(140, 40)) as pilot:
        await until(pilot, lambda: app.current_mode == "grid" and "11 of 12" in screen_text(app))
    app = LongreadApp(path, review="zzz")
    async with app.run_test(size=(140, 40)) as pilot:
        await until(pilot, lambda: "could not be opened" in screen_text(app))


async def test_who_chooses_a_review_is_asked_once_however_much_others_write(path: Path) -> None:
    with open_store(path) as store:
        first = store.reviews.resolve()
        store.reviews.create(replace(store.reviews.head(first), title="another"))
    app = LongreadApp(path)
    async with app.run_test(size=(140, 40)) as pilot:
        await pilot.press("f4")
        await until(pilot, lambda: isinstance(app.screen, ChooseScreen))
        chooser = app.screen
        for _ in range(3):
            app.store_changed()
            await pilot.pause(0.2)
        assert app.screen is chooser
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(app.screen, GridScreen))
        app.store_changed()
        await pilot.pause(0.2)
        assert isinstance(app.screen, GridScreen)


async def test_reviews_that_cannot_be_listed_are_told_and_the_one_that_is_open_stays(
    path: Path,
) -> None:
    app = LongreadApp(path)
    async with app.run_test(size=(140, 40), notifications=True) as pilot:
        await opened(pilot, app)
        with closing(sqlite3.connect(path)) as raw:
            raw.execute("ALTER TABLE reviews RENAME TO elsewhere")
        await pilot.press("m")
        await until(pilot, lambda: "cannot be used" in screen_text(app))
        assert "11 of 12 cells" in screen_text(app)


# Files


async def test_a_review_is_exported_to_files(
    path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "shelf.xlsx").touch()
    app = LongreadApp(path)
    async with app.run_test(size=(140, 40), notifications=True) as pilot:
        await opened(pilot, app)
        await pilot.press("X")
        await until(pilot, lambda: isinstance(app.screen, WriteScreen))
        assert app.screen.query_one(Lines).text == str(tmp_path / "shelf-2.xlsx")
        await written(pilot, app, "shelf.xlsx")
        await until(pilot, lambda: "already there: shelf.xlsx; name another" in screen_text(app))
        await written(pilot, app, "shelf.doc")
        await until(pilot, lambda: "no ending of a format" in screen_text(app))
        await written(pilot, app, "out.csv\nout.json")
        await until(pilot, lambda: "out_sources.csv" in screen_text(app))
    assert "Delaware" in (tmp_path / "out.csv").read_text()
    assert (tmp_path / "out.json").exists()


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("~nobodyhasthis/x.xlsx", "there is no folder"),
        ("x" * 300 + ".xlsx", "too long"),
        ("a\0b.xlsx", "no file of that name"),
        ("\ud800.csv", "no file of that name"),
        ("no/such/x.xlsx", "make it, or name another"),
    ],
)
async def test_a_file_that_cannot_be_is_told_and_asked_for_again(
    path: Path, typed: str, said: str
) -> None:
    app = LongreadApp(path)
    async with app.run_test(size=(140, 40)) as pilot:
        await opened(pilot, app)
        await pilot.press("X")
        await written(pilot, app, typed)
        await until(pilot, lambda: said in str(app.screen.query_one("#told", Static).content))
        await pilot.press("escape", "N")
        await until(pilot, lambda: isinstance(app.screen, BeginScreen))
        app.screen.query_one(Locations).load_text(str(path.parent))
        app.screen.query_one("#questions", Field).value = typed
        await pilot.press("enter")
        await until(pilot, lambda: "✗" in str(app.screen.query_one("#told", Static).content))


async def test_o_opens_the_file_in_a_viewer(
    path: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    seen = tmp_path / "seen"
    editor = tmp_path / "viewer"
    editor.write_text(f'#!/bin/sh\necho "$@" > {seen}\n')
    editor.chmod(0o755)
    monkeypatch.setenv("LONGREAD_VIEWER", str(editor))
    (config.settings_dir() / "config.toml").write_text(
        f'profile = "scripted"\n[tui]\nviewer = "{editor} {{path}}"\n'
    )
    app = LongreadApp(path)
    async with app.run_test(size=(140, 40), notifications=True) as pilot:
        await opened(pilot, app)
        await until(pilot, lambda: source(app).highlighted)
        await pilot.press("o")
        end = time.monotonic() + 10
        while not seen.exists() and time.monotonic() < end:
            await pilot.pause(0.02)
        assert seen.read_text().strip().endswith("alder.md")


# What is hostile


HOSTILE = "[bold]x \x1b[31m\u202eevil\r"


async def test_nothing_in_names_values_and_quotes_reaches_the_terminal_raw(
    path: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "hostile"
    folder.mkdir()
    (folder / "a\x1b[31m\u202eb.md").write_text(
        f"# Title\n\nIt is {HOSTILE} whatever else it is.\n"
    )
    asked = Question(f"N{HOSTILE}", f"Q{HOSTILE}", instructions=HOSTILE)
    questions = (asked, replace(asked, name=f"O{HOSTILE}"))
    request = Request(
        SCRIPTED, (str(folder),), questions, new=True, store=path, parallel=1, yes=True
    )
    answer = reply(HOSTILE, f"It is {HOSTILE} whatever else it is.", HOSTILE, place="d1:L3")
    await cells_of(request, Model(lambda *_: answer))
    with open_store(path) as store:
        id = store.reviews.resolve()
        (one,) = store.reviews.head(id).documents
        store.reviews.mark(id, one.path, questions[0].name, Mark("flagged", note=HOSTILE))
    app = LongreadApp(path, review=id)
    async with app.run_test(size=(140, 60), notifications=True) as pilot:
        await until(pilot, lambda: "flagged by a person" in screen_text(app))
        await until(pilot, lambda: source(app).document)
        for key in ("", "e", "n", "x", "c", "E", "D", "m"):
            if key:
                await pilot.press(key)
                await until(pilot, lambda: not isinstance(app.screen, GridScreen))
            text = screen_text(app)
            assert not any(c in text for c in "\x1b\u202e\r"), repr(key)
            assert "[bold]" in text or key == "m", repr(key)
            if key:
                await pilot.press("escape")
                await until(pilot, lambda: isinstance(app.screen, GridScreen))


async def test_a_name_in_brackets_is_no_markup(path: Path) -> None:
    odd = Question("Fee [/x] [link=3", "Which [/] is [1]?")
    with open_store(path) as store:
        id = store.reviews.resolve()
        store.reviews.keep_questions(id, (odd, *QUESTIONS[1:]))
    app = LongreadApp(path)
    async with app.run_test(size=(140, 40)) as pilot:
        await opened(pilot, app)
        for key in "en":
            await pilot.press(key)
            await until(pilot, lambda: isinstance(app.screen, WriteScreen))
            assert ": Fee [/x] [link=3" in screen_text(app)
            await pilot.press("escape")


@pytest.mark.parametrize("path", ["short.pdf", "a" * 90 + ".pdf", "漢字" * 30 + ".pdf"])
@pytest.mark.parametrize("width", [12, 13, 40])
def test_a_long_name_keeps_both_ends(path: str, width: int) -> None:
    from rich.cells import cell_len

    shown = both_ends(path, width)
    assert cell_len(shown) == width
    assert shown.strip()[:1] == path[0]
    assert shown.strip().endswith("pdf")


def test_the_command_line_opens_a_review(path: Path) -> None:
    words = [sys.executable, "-m", "longread", "tui", "--review", "x", "--continue", "y"]
    done = subprocess.run(words, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 2
    assert "--review opens a review" in done.stderr
