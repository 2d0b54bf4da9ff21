"""The Budget: every key, on real conversations over small repositories."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from textual.pilot import Pilot
from textual.widgets import Static

from longread import config
from longread.analysis.conversation import Conversation, open_sources
from longread.config import Profile
from longread.ingest.read import Options
from longread.store import open_store
from longread.tui import told
from longread.tui.app import LongreadApp
from longread.tui.budget import LEGEND, BudgetScreen
from longread.tui.widgets.bars import BarList
from longread.tui.widgets.source import SourceView
from longread.tui.widgets.walk import PromptWalk
from longread.types import Engine, Level
from tests.tui.driving import Held, screen_text, until

MakeRepository = Callable[..., Path]


def function(name: str, lines: int) -> str:
    body = "".join(f"    {name}_{n} = a + {n}\n" for n in range(lines))
    return f"def {name}(a):\n{body}    return a\n"


FILES: dict[str, str | bytes] = {
    "README.md": "# Kettle\n\nA small kettle controller.\n",
    "kettle/heat.py": function("heat", 120),
    "kettle/deep/pump.py": function("pump", 120),
    "tests/test_heat.py": function("test_heat", 60),
    "tests/test_pump.py": function("test_pump", 60),
    "logo.bin": b"\x00\x01\x02" * 50,
}
SETTINGS: dict[str, object] = {
    "engine": "replay", "family": "estimate", "window": 6_000, "trusted": 5_000, "answer": 200,
}  # fmt: skip
HOSTILE = "[bold]x \x1b[31m\u202eevil\n.py"


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store with a session about the files, read once for all tests."""
    folder = tmp_path_factory.mktemp("kept")
    for path, content in FILES.items():
        target = folder / "repository" / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content.encode() if isinstance(content, str) else content)
    profile = Profile("scripted", **SETTINGS)  # type: ignore[arg-type]
    sources = (str(folder / "repository"),)
    made = open_sources(sources, Options(), profile, None, "auto", lambda _: None)
    with open_store(folder / "longread.db") as store:
        made.keep(store)
    return folder / "longread.db"


@pytest.fixture(autouse=True)
def small(scripted: str, tmp_path: Path) -> None:
    """The scripted profile, with a window that not all fits."""
    (config.settings_dir() / "profiles" / f"{scripted}.toml").unlink()
    config.add_profile(scripted, {**SETTINGS, "model": str(tmp_path / "script.txt")})


@pytest.fixture
def app(store_path: Path, kept: Path) -> LongreadApp:
    return keeper(store_path, kept)


def keeper(store_path: Path, kept: Path, engine: Engine | None = None) -> LongreadApp:
    store_path.parent.mkdir(parents=True, exist_ok=True)
    shutil.copy(kept, store_path)
    return LongreadApp(store_path, engine=engine)


def screen(app: LongreadApp) -> BudgetScreen:
    (found,) = (room for room in app.rooms if isinstance(room, BudgetScreen))
    return found


def bars(app: LongreadApp) -> BarList:
    return screen(app).query_one(BarList)


def at(app: LongreadApp) -> str:
    node = bars(app).highlighted
    return node.key if node else ""


def keys(app: LongreadApp) -> list[str]:
    return [listed.node.key for listed in bars(app).lines]


def opened(app: LongreadApp) -> Conversation:
    assert app.matter is not None
    assert app.matter.conversation is not None
    return app.matter.conversation


def levels(app: LongreadApp) -> dict[str, Level]:
    return dict(opened(app).layout.levels)


def text(app: LongreadApp) -> str:
    document = screen(app).query_one(SourceView).document
    return document.text if document else ""


def said(app: LongreadApp, where: str) -> str:
    return str(screen(app).query_one(where, Static).content)


def notices(app: LongreadApp) -> str:
    return "\n".join(f"{note.title} {note.message}" for note in app._notifications)


async def budget(pilot: Pilot[None], app: LongreadApp) -> None:
    """Open the session that is kept, unless one is, and wait until its budget is shown."""
    await app.store()
    if app.matter is None:
        app.open_session("")
    await until(pilot, lambda: app.matter and app.matter.conversation)
    app.show_room("budget")
    await until(pilot, lambda: isinstance(app.screen, BudgetScreen) and app.screen.spending)


async def packed(pilot: Pilot[None], app: LongreadApp, *pressed: str) -> None:
    """Press keys and wait until the prompt is packed and shown."""
    await pilot.press(*pressed)
    await until(
        pilot,
        lambda: (
            screen(app)._wanted is None
            and screen(app)._shown is opened(app)
            and not [w for w in app.workers if w.group in ("sum", "relay") and not w.is_finished]
        ),
    )


async def test_nothing_open_says_what_to_do(store_path: Path) -> None:
    app = LongreadApp(store_path)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("f5")
        assert "Nothing is open" in screen_text(app)
        await pilot.press("plus", "minus", "0", "t", "o", "s", "enter", "right", "left", "space")
        assert app.is_running


async def test_a_session_that_cannot_be_opened_says_why(store_path: Path) -> None:
    app = LongreadApp(store_path, ("/nowhere/at/all",))
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: app.matter and app.matter.failed)
        await pilot.press("f5")
        await pilot.pause()
        assert "could not be opened" in screen_text(app)


async def test_keys_work_as_soon_as_what_is_being_opened_is_there(app: LongreadApp) -> None:
    async with app.run_test(size=(80, 24)) as pilot:
        await app.store()
        app.open_session("")
        app.show_room("budget")
        await pilot.pause()
        assert app.matter is not None
        await until(pilot, lambda: screen(app).spending)
        await pilot.press("down")
        assert at(app) == keys(app)[1]


@pytest.mark.parametrize("size", [(80, 24), (200, 60)])
async def test_the_window_is_one_sentence_that_adds_up(
    app: LongreadApp, size: tuple[int, int]
) -> None:
    async with app.run_test(size=size) as pilot:
        await budget(pilot, app)
        assert screen(app).spending is not None
        line = said(app, "#window")
        assert line.startswith("window 5,000 · trusted 5,000 · corpus ")
        assert "in 5 of 6 files" in line
        assert "answer 200, question 256, evidence " in line
        shown = screen_text(app)
        for word in ("window 5,000", "[folders]", "shown", "in full", "█ shown ░ left out"):
            assert word in shown
        for row in ("▾ repository", "▸ kettle/", "▸ tests/", "README.md", "around the documents"):
            assert row in shown
        assert len(LEGEND) <= 78


async def test_each_line_has_tokens_bar_and_levels(app: LongreadApp) -> None:
    async with app.run_test(size=(80, 24)) as pilot:
        await budget(pilot, app)
        entries = {entry.path: entry for entry in opened(app).ledger.files}
        (row,) = (one for one in screen_text(app).split("\n") if "README.md" in one and "█" in one)
        assert f"{entries['README.md'].tokens:,}" in row
        assert "██████████ F" in row
        (row,) = (one for one in screen_text(app).split("\n") if "▸ tests/" in one)
        assert "░" in row
        full = sum(e.full_tokens for path, e in entries.items() if path.startswith("tests/"))
        assert f"{full:,}" in row


async def test_space_unfolds_and_folds_and_so_does_enter(app: LongreadApp) -> None:
    async with app.run_test(size=(80, 24)) as pilot:
        await budget(pilot, app)
        bars(app).reveal("kettle/")
        assert "kettle/heat.py" not in keys(app)
        await pilot.press("space")
        assert {"kettle/heat.py", "kettle/deep/"} <= set(keys(app))
        await pilot.press("enter")
        assert "kettle/heat.py" not in keys(app)
        await pilot.press("enter", "down", "space")
        assert at(app) in ("kettle/", "kettle/deep/")


async def test_the_list_is_walked_by_every_key(app: LongreadApp) -> None:
    async with app.run_test(size=(80, 24)) as pilot:
        await budget(pilot, app)
        listed = keys(app)
        for pressed, expected in (
            ("down", 1), ("j", 2), ("up", 1), ("k", 0), ("end", -1), ("home", 0), ("G", -1),
            ("g", 0), ("pagedown", -1), ("pageup", 0), ("up", 0),
        ):  # fmt: skip
            await pilot.press(pressed)
            assert at(app) == listed[expected], pressed


async def test_t_groups_in_turn_and_each_grouping_can_be_clicked(app: LongreadApp) -> None:
    async with app.run_test(size=(80, 24)) as pilot:
        await budget(pilot, app)
        for name in ("kinds", "levels", "reasons", "pieces", "folders"):
            await pilot.press("t")
            await pilot.pause()
            assert f"[{name}]" in said(app, "#groups")
            assert keys(app)
        column = screen_text(app).split("\n")[5:8]
        row = next(n for n, one in enumerate(column, 5) if "[folders]" in one)
        await pilot.click(offset=(screen_text(app).split("\n")[row].index("kinds"), row))
        await pilot.pause()
        assert "[kinds]" in said(app, "#groups")
        assert "\0source" in keys(app)


async def test_o_sorts_by_tokens_name_and_reading_order(app: LongreadApp) -> None:
    async with app.run_test(size=(80, 24)) as pilot:
        await budget(pilot, app)
        bars(app).reveal("tests/")

        def order() -> list[str]:
            return [key for key in keys(app) if key in ("README.md", "kettle/", "tests/")]

        shown = {listed.node.key: listed.node.shown for listed in bars(app).lines}
        assert order() == sorted(order(), key=lambda key: -shown[key])
        await pilot.press("o")
        assert order() == ["kettle/", "README.md", "tests/"]
        await pilot.press("o")
        await pilot.pause()
        assert order() == ["README.md", "kettle/", "tests/"]
        assert "by reading order" in said(app, "#groups")
        assert at(app) == "tests/"
        await pilot.press("t", "t", "t", "t", "o")
        assert "pieces stand in reading order" in notices(app)


async def test_s_shows_only_what_is_left_out_and_why(app: LongreadApp) -> None:
    async with app.run_test(size=(120, 30)) as pilot:
        await budget(pilot, app)
        assert "README.md" in keys(app)
        await pilot.press("s")
        await pilot.pause()
        assert "README.md" not in keys(app)
        assert "logo.bin" in keys(app)
        (row,) = (one for one in screen_text(app).split("\n") if "logo.bin" in one)
        assert "binary" in row
        await pilot.press("s")
        assert "README.md" in keys(app)


async def test_raising_a_folder_puts_its_files_in_the_prompt_word_for_word(
    app: LongreadApp, store_path: Path
) -> None:
    async with app.run_test(size=(80, 24)) as pilot:
        await budget(pilot, app)
        before = opened(app)
        bars(app).reveal("tests/")
        await packed(pilot, app, "plus", "equals_sign", "plus")
        assert levels(app) == {"tests/": Level.FULL}
        prompt = opened(app).prompt("What?", lambda _: None).turns[1].text
        for path in ("tests/test_heat.py", "tests/test_pump.py"):
            assert FILES[path] in prompt
        assert before.layout.levels == ()
        assert at(app) == "tests/"
        assert "in full (was" in said(app, "#status")
        assert "set to be in full already" in notices(app)
        (row,) = (one for one in screen_text(app).split("\n") if "▸ tests/" in one)
        assert "██████████ 2F" in row
        assert row.rstrip().endswith("=F")
    with open_store(store_path) as store:
        assert dict(store.session(before.session).layout.levels) == {"tests/": Level.FULL}


async def test_lowering_a_file_gives_its_tokens_to_others_and_0_takes_them_back(
    app: LongreadApp,
) -> None:
    async with app.run_test(size=(80, 24)) as pilot:
        await budget(pilot, app)
        before = opened(app)
        bars(app).reveal("kettle/heat.py")
        await packed(pilot, app, "minus", "underscore", "minus")
        assert levels(app) == {"kettle/heat.py": Level.NONE}
        entries = {entry.path: entry for entry in opened(app).ledger.files}
        assert (entries["kettle/heat.py"].tokens, entries["kettle/heat.py"].reason) == (
            0, "set by you",
        )  # fmt: skip
        await packed(pilot, app, "plus")
        assert levels(app) == {"kettle/heat.py": Level.PATH}
        await packed(pilot, app, "0")
        assert opened(app).layout == before.layout
        await pilot.press("0")
        assert "nothing was set for it" in notices(app)


async def test_more_than_fits_is_refused_and_nothing_changes(app: LongreadApp) -> None:
    async with app.run_test(size=(80, 24)) as pilot:
        await budget(pilot, app)
        before = opened(app)
        while "levels that were set take" not in notices(app):
            before = opened(app)
            await packed(pilot, app, "plus")
        assert opened(app) is before
        assert "levels that were set take" in notices(app)
        assert "raise --budget" in notices(app)
        assert said(app, "#status") != "packing …"


async def test_kinds_and_what_cannot_be_read_have_no_level_to_set(app: LongreadApp) -> None:
    async with app.run_test(size=(80, 24)) as pilot:
        await budget(pilot, app)
        bars(app).reveal("logo.bin")
        await pilot.press("plus")
        await pilot.press("t", "home", "minus")
        assert notices(app).count("choose a file or a folder") == 2
        assert levels(app) == {}


async def test_the_prompt_is_walked_piece_by_piece(app: LongreadApp) -> None:
    async with app.run_test(size=(80, 24)) as pilot:
        await budget(pilot, app)
        spending = screen(app).spending
        assert spending is not None
        for _ in range(len(spending.parts)):
            await pilot.press("left")
        assert "▲ 1 of" in screen_text(app)
        assert at(app) == "\0" + "0"
        read = []
        await pilot.press("enter")
        for number, part in enumerate(spending.parts):
            await until(pilot, lambda part=part: text(app) == part.read())
            read.append(text(app))
            assert f"{number + 1} of" in screen_text(app)
            await pilot.press(("n", "right_square_bracket")[number % 2])
        prompt = opened(app).prompt("zzz", lambda _: None)
        joined = "".join(
            piece
            for piece, part in zip(read, spending.parts, strict=True)
            if part.role in ("corpus", "notice")
        )
        assert prompt.turns[0].text == read[0]
        assert prompt.turns[1].text.startswith(joined)
        last = len(spending.parts) - 1
        await pilot.press("p", "left_square_bracket")
        assert screen(app)._piece == last - 2
        await pilot.press("escape")
        assert bars(app).has_focus
        await pilot.press("right", "left", "left")
        assert screen(app)._piece == last - 3
        await pilot.press("escape")
        assert app.current_mode == "read"


async def test_walking_unfolds_the_folder_that_a_piece_is_in(app: LongreadApp) -> None:
    async with app.run_test(size=(80, 24)) as pilot:
        await budget(pilot, app)
        spending = screen(app).spending
        assert spending is not None
        wanted = next(
            n for n, part in enumerate(spending.parts) if part.path == "kettle/deep/pump.py"
        )
        while screen(app)._piece != wanted:
            await pilot.press("right" if screen(app)._piece < wanted else "left")
        assert at(app) == "kettle/deep/pump.py"


async def test_the_text_stands_beside_the_list_or_in_its_place(app: LongreadApp) -> None:
    async with app.run_test(size=(140, 40)) as pilot:
        await budget(pilot, app)
        bars(app).reveal("README.md")
        await pilot.press("enter")
        await until(pilot, lambda: "A small kettle controller." in screen_text(app))
        assert bars(app).display
        assert bars(app).region.width > 50
        assert screen(app).query_one(SourceView).has_focus
        await pilot.resize_terminal(80, 24)
        await pilot.pause()
        assert not bars(app).region.width
        assert "A small kettle controller." in screen_text(app)


async def test_the_text_follows_when_the_prompt_is_packed_anew(app: LongreadApp) -> None:
    async with app.run_test(size=(140, 40)) as pilot:
        await budget(pilot, app)
        bars(app).reveal("tests/test_pump.py")
        await pilot.press("enter")
        await packed(pilot, app, "plus", "plus", "plus")
        await until(pilot, lambda: str(FILES["tests/test_pump.py"]) in text(app))
        await packed(pilot, app, "minus")
        await until(pilot, lambda: "signatures\n" in text(app))


async def test_what_is_left_out_has_no_text_to_show(app: LongreadApp) -> None:
    async with app.run_test(size=(80, 24)) as pilot:
        await budget(pilot, app)
        bars(app).reveal("logo.bin")
        await pilot.press("enter")
        assert "nothing of it is in the prompt" in notices(app)
        assert "binary" in notices(app)
        assert not screen(app).has_class("-text")


async def test_rows_and_blocks_can_be_clicked(app: LongreadApp) -> None:
    async with app.run_test(size=(80, 24)) as pilot:
        await budget(pilot, app)
        row = keys(app).index("README.md")
        await pilot.click(BarList, offset=(10, row))
        assert at(app) == "README.md"
        await pilot.click(BarList, offset=(10, row))
        await until(pilot, lambda: "A small kettle" in text(app))
        await pilot.press("escape")
        walk = screen(app).query_one(PromptWalk)
        assert sum(block.right - block.left for block in walk.blocks) == 80
        await pilot.click(PromptWalk, offset=(0, 0))
        assert screen(app)._piece == 0
        await pilot.click(PromptWalk, offset=(79, 0))
        assert screen(app)._piece == len(screen(app).spending.parts) - 1  # type: ignore[union-attr]


async def test_plus_and_minus_can_be_clicked_in_the_footer(app: LongreadApp) -> None:
    async with app.run_test(size=(80, 24)) as pilot:
        await budget(pilot, app)
        bars(app).reveal("tests/")
        foot = screen_text(app).split("\n")[-1]
        await pilot.click(offset=(foot.index("Raise"), 23))
        await packed(pilot, app)
        assert set(levels(app)) == {"tests/"}


async def test_no_level_is_set_while_an_answer_is_written(store_path: Path, kept: Path) -> None:
    held = Held("It ", "is.")
    app = keeper(store_path, kept, held)
    async with app.run_test(size=(80, 24)) as pilot:
        await budget(pilot, app)
        assert app.matter is not None
        app.ask(app.matter, "Why?")
        held.let()
        await until(pilot, lambda: app.matter and app.matter.asking and app.matter.asking.text)
        bars(app).reveal("tests/")
        await pilot.press("plus")
        assert "not while it answers" in notices(app)
        assert levels(app) == {}
        held.let(5)
        await until(pilot, lambda: app.matter and not app.matter.asking)
        await packed(pilot, app, "plus")
        assert set(levels(app)) == {"tests/"}
        assert "read the prompt anew" in notices(app)
        assert len(opened(app).answers) == 1
        spending = screen(app).spending
        assert spending is not None
        assert [part.name for part in spending.parts if part.role == "answer"] == ["answer 1"]


async def test_keys_pressed_while_it_packs_are_gathered(app: LongreadApp) -> None:
    async with app.run_test(size=(80, 24)) as pilot:
        await budget(pilot, app)
        bars(app).reveal("README.md")
        kept = screen(app)
        kept.action_step(-1)
        kept.action_step(-1)
        kept.action_step(-1)
        bars(app).reveal("kettle/heat.py")
        kept.action_step(-1)
        await packed(pilot, app)
        assert levels(app)["README.md"] is Level.NONE
        assert "kettle/heat.py" in levels(app)


async def test_levels_are_there_when_the_session_is_opened_again(
    app: LongreadApp, store_path: Path
) -> None:
    async with app.run_test(size=(80, 24)) as pilot:
        await budget(pilot, app)
        bars(app).reveal("tests/")
        await packed(pilot, app, "minus", "minus", "minus")
        session, shown = opened(app).session, opened(app).layout
    again = LongreadApp(store_path, session=session)
    async with again.run_test(size=(80, 24)) as pilot:
        await budget(pilot, again)
        assert opened(again).layout == shown
        (row,) = (one for one in screen_text(again).split("\n") if "▸ tests/" in one)
        assert row.rstrip().endswith("=-")
        bars(again).reveal("tests/")
        await packed(pilot, again, "0")
        assert levels(again) == {}


async def test_a_hostile_path_is_shown_harmlessly(
    store_path: Path, make_repository: MakeRepository
) -> None:
    app = LongreadApp(store_path, (str(make_repository({HOSTILE: "a = 1\n", "b.py": "b = 1\n"})),))
    async with app.run_test(size=(200, 60)) as pilot:
        await budget(pilot, app)
        bars(app).reveal(HOSTILE)
        await pilot.press("enter")
        await until(pilot, lambda: text(app))
        for _ in range(5):
            await pilot.pause()
            shown = screen_text(app)
            assert not set("\x1b\u202e") & set(shown)
            if screen(app)._grouping in ("folders", "pieces"):
                assert HOSTILE.encode("unicode_escape").decode() in shown
            screen(app).action_group()


async def test_the_names_of_the_columns_stand_above_them_at_first(app: LongreadApp) -> None:
    async with app.run_test(size=(80, 24)) as pilot:
        await budget(pilot, app)
        await pilot.pause(0.1)
        assert said(app, "#heading") == bars(app).heading()


async def test_what_a_level_took_from_the_rest_is_told(app: LongreadApp) -> None:
    async with app.run_test(size=(120, 36), notifications=True) as pilot:
        await budget(pilot, app)
        before = screen(app).spending
    assert before is not None
    window = replace(before.window, evidence=79, documents=1)
    assert told.difference(before, replace(before, window=window)).endswith(
        f" · 1 files with something shown (was {before.window.documents})"
        f" · 79 tokens for evidence (was {before.window.evidence:,})"
    )
    nothing = replace(before, share=0.0)
    assert told.difference(nothing, nothing) == "still 0 % in full"


async def test_the_sums_above_and_below_agree(app: LongreadApp) -> None:
    async with app.run_test(size=(120, 36), notifications=True) as pilot:
        await budget(pilot, app)
        spending = screen(app).spending
        assert spending is not None
        (evidence,) = (part.tokens for part in spending.parts if part.role == "evidence")
        assert evidence == spending.window.evidence
        documents = sum(file.shown for file in spending.files)
        assert f"corpus {documents:,} in" in said(app, "#window")


async def test_without_colour_the_marks_still_say_everything(
    app: LongreadApp, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    async with app.run_test(size=(80, 24)) as pilot:
        await budget(pilot, app)
        bars(app).reveal("README.md")
        shown = screen_text(app)
        assert "›     README.md" in shown
        assert "▲" in shown
        walk = screen(app).query_one(PromptWalk)
        assert any(segment.style and segment.style.reverse for segment in walk.render_line(0))


async def test_the_budget_is_there_at_once_with_thousands_of_files(
    store_path: Path, make_repository: MakeRepository
) -> None:
    files = {f"folder{n % 20:02}/f{n}.py": f"def f{n}():\n    return {n}\n" for n in range(600)}
    app = LongreadApp(store_path, (str(make_repository(files)),))
    async with app.run_test(size=(80, 24)) as pilot:
        await budget(pilot, app)
        assert len(keys(app)) == 22
        began = time.thread_time()
        for _ in range(5):
            bars(app).action_move(1)
            screen(app).action_group()
        assert time.thread_time() - began < 1
