"""Keys: all of them are in the help, can be re-mapped, and are pressed by some test."""

from __future__ import annotations

import importlib
import pkgutil
import re
from pathlib import Path

import pytest
from textual.binding import Binding
from textual.dom import DOMNode

import longread.tui
from longread import config
from longread.store import Store
from longread.tui import keys
from longread.tui.app import LongreadApp
from longread.tui.keys import HelpScreen
from tests.tui.driving import screen_text, until

HERE = Path(__file__).parent


def owners() -> dict[str, type[DOMNode]]:
    """Return every class of the interface that has keys of its own."""
    found: dict[str, type[DOMNode]] = {}
    for info in pkgutil.walk_packages(longread.tui.__path__, "longread.tui."):
        module = importlib.import_module(info.name)
        for name, value in vars(module).items():
            here = isinstance(value, type) and value.__module__ == info.name
            if here and issubclass(value, DOMNode) and vars(value).get("BINDINGS"):
                found[f"{info.name}:{name}"] = value
    return found


def test_every_class_with_keys_is_in_the_help() -> None:
    listed = {name for classes in keys.PLACES.values() for name in classes}
    with_names = {
        name
        for name, owner in owners().items()
        if any(isinstance(b, Binding) and b.id for b in owner.BINDINGS)
    }
    assert with_names == listed


def test_every_key_has_a_name_and_says_what_it_does() -> None:
    for name, owner in owners().items():
        for binding in owner.BINDINGS:
            assert isinstance(binding, Binding), name
            if binding.description:
                assert binding.id, f"{name}: {binding.key}"


def test_names_are_given_once() -> None:
    names = [key.id for _, found in keys.listed() for key in found]
    assert len(names) == len(set(names))


def test_no_key_is_one_that_terminals_swallow() -> None:
    swallowed = {"ctrl+enter", "ctrl+question_mark", "ctrl+m", "ctrl+i", "ctrl+h"}
    pressed = {one for _, found in keys.listed() for key in found for one in key.keys}
    assert not pressed & (swallowed | {"ctrl+left_square_bracket"})


def test_every_key_is_pressed_by_some_test() -> None:
    text = "\n".join(path.read_text(encoding="utf-8") for path in HERE.glob("test_*.py"))
    quoted = set(re.findall(r'"([^"\n]+)"', text))
    digits = set("123456789") if '"123456789"' in text else set()
    for place, found in keys.listed():
        for key in found:
            for one in key.keys:
                names = {one, keys.shown(one)}
                assert names & (quoted | digits), f"{place}: no test presses {one} ({key.id})"


async def test_a_key_can_be_another(store: Store) -> None:
    (config.settings_dir() / "config.toml").write_text(
        '[keys]\napp.help = "f9,ctrl+g"\n"app.read" = "f7"\n', encoding="utf-8"
    )
    app = LongreadApp(store.path)
    async with app.run_test(size=(100, 40), notifications=True) as pilot:
        await pilot.press("f9")
        await until(pilot, lambda: isinstance(app.screen, HelpScreen))
        assert re.search(r"f9 ctrl\+g +Help", screen_text(app))
        await pilot.press("escape", "f7")
        await until(pilot, lambda: app.current_mode == "read")
        await pilot.press("f1")
        await pilot.pause()
        assert not isinstance(app.screen, HelpScreen)


async def test_a_name_that_no_key_has_is_told(store: Store) -> None:
    (config.settings_dir() / "config.toml").write_text('[keys]\nread.fly = "x"\n', encoding="utf-8")
    app = LongreadApp(store.path)
    async with app.run_test(size=(100, 40), notifications=True) as pilot:
        await until(pilot, lambda: "names no action: read.fly" in screen_text(app))


@pytest.mark.parametrize("key", ["f1", "?"])
async def test_help_lists_every_key_and_closes(store: Store, key: str) -> None:
    app = LongreadApp(store.path)
    async with app.run_test(size=(100, 400)) as pilot:
        await pilot.press(key)
        await until(pilot, lambda: isinstance(app.screen, HelpScreen))
        await until(pilot, lambda: "Everywhere" in screen_text(app))
        text = screen_text(app)
        for place, found in keys.listed():
            assert place in text
            for one in found:
                assert one.what in text, one.id
        for closing in ("escape", "f1", "?", "q"):
            await pilot.press(closing)
            await until(pilot, lambda: not isinstance(app.screen, HelpScreen))
            await pilot.press("f1")
            await until(pilot, lambda: isinstance(app.screen, HelpScreen))


async def test_the_palette_offers_what_the_screen_can_do(store: Store) -> None:
    app = LongreadApp(store.path)
    async with app.run_test(size=(100, 40)) as pilot:
        await pilot.press("ctrl+p")
        await until(pilot, lambda: "Search" in screen_text(app))
        await pilot.press(*"budget", "enter")
        await until(pilot, lambda: app.current_mode == "budget")
        await pilot.press("f2")
        await until(pilot, lambda: app.current_mode == "library")
        await pilot.press("f3")
        await until(pilot, lambda: app.current_mode == "read")
        await pilot.press("f5")
        await until(pilot, lambda: app.current_mode == "budget")


async def test_the_bar_on_top_can_be_clicked(store: Store) -> None:
    app = LongreadApp(store.path)
    async with app.run_test(size=(100, 40)) as pilot:
        await until(pilot, lambda: "f5 Budget" in screen_text(app))
        await pilot.click(offset=(screen_text(app).split("\n")[0].index("f5 Budget") + 2, 0))
        await until(pilot, lambda: app.current_mode == "budget")


async def test_help_begins_with_the_keys_of_the_screen_it_stands_over(store: Store) -> None:
    app = LongreadApp(store.path)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("f3", "f1")
        await until(pilot, lambda: isinstance(app.screen, HelpScreen))
        await until(pilot, lambda: "Citation" in screen_text(app))
        assert screen_text(app).index("│ Read") < screen_text(app).index("Next cite")
        assert "Everywhere" not in screen_text(app)


async def test_the_box_for_questions_says_how_to_come_to_the_citations(store: Store) -> None:
    app = LongreadApp(store.path)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("f3")
        await until(pilot, lambda: "esc To the answers" in screen_text(app))
