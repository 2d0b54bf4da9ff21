"""The colours: legible in light and dark, and never alone in what they say."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from rich.color import Color as RichColor
from textual.color import Color
from textual.screen import ModalScreen

from longread import config
from longread.analysis.review import Request
from longread.store import Store
from longread.tui.app import LongreadApp
from longread.tui.read import ReadScreen
from longread.tui.widgets.cited import CitedPane
from tests.analysis.reviewing import QUESTIONS, SCRIPTED, Model, cells_of, reply, shelf
from tests.tui.driving import screen_text, until

MakeSession = Callable[..., str]
LEAST = 4.5
"""Contrast of text to its ground: WCAG 2.1, 1.4.3, level AA."""
ANSWER = (
    '**Bold**, *soft*, `code` [d1:L1 "LIMIT = 97.5"], not [d1:L1 "LIMIT = 80.5, and no more"].\n\n'
    "# Heading\n\n- one\n\n> quoted\n\n```python\ndef f(x):\n    return 'x'\n```\n"
)


def luminance(color: Color) -> float:
    parts = [c / 255 for c in (color.r, color.g, color.b)]
    linear = [c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: Color, other: Color) -> float:
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def faint(app: LongreadApp) -> list[str]:
    """Return the words on the screen whose contrast is too low, each with it."""
    found = []
    strips = app.screen._compositor.render_strips()
    if isinstance(app.screen, ModalScreen):
        # What stands behind it is dimmed on purpose.
        box = app.screen.children[0].region
        strips = [strip.crop(box.x, box.right) for strip in strips[box.y : box.bottom]]
    for strip in strips:
        for segment in strip:
            words = segment.text.strip()
            style = segment.style
            if not any(c.isalnum() for c in words) or style is None:
                continue
            if style.color is None or style.bgcolor is None:
                continue
            front, back = _color(style.color), _color(style.bgcolor)
            if style.reverse:
                front, back = back, front
            ratio = contrast(front, back)
            if ratio < LEAST:
                found.append(f"{words[:30]!r}: {ratio:.1f} ({front.hex} on {back.hex})")
    return found


def _color(color: RichColor) -> Color:
    return Color(*color.get_truecolor())


async def review_of(store: Store, folder: Path) -> None:
    """Keep a review with cells in most of the states that there are."""

    def say(path: str, question: str, before: int) -> str:
        if question == "Law":
            return reply("Ohio", "the laws of the Kingdom of Nowhere at all")
        return {"Made": "no JSON", "Fee": reply("$5"), "Ends": reply("", state="not present")}[
            question
        ]

    source = str(shelf(folder / "shelf"))
    await cells_of(Request(SCRIPTED, (source,), QUESTIONS, store=store.path, yes=True), Model(say))


@pytest.mark.parametrize("theme", ["longread-dark", "longread-light"])
async def test_all_text_can_be_read(
    store: Store, make_session: MakeSession, tmp_path: Path, theme: str
) -> None:
    (config.settings_dir() / "config.toml").write_text(f'[tui]\ntheme = "{theme}"\n')
    session = make_session(store, "kettle", ("What is it?", ANSWER), in_full=False)
    await review_of(store, tmp_path)
    app = LongreadApp(store.path)
    async with app.run_test(size=(140, 50), notifications=True) as pilot:
        assert app.theme == theme
        await until(pilot, lambda: "kettle" in screen_text(app))
        assert faint(app) == []
        app.open_session(session)
        await until(pilot, lambda: "[2] ✗ not found" in screen_text(app))
        await pilot.press("escape", "1")
        await until(pilot, lambda: app.screen.query_one(CitedPane).source.highlighted)
        await app.workers.wait_for_complete()
        await pilot.pause(0.2)
        assert faint(app) == []
        await pilot.press("2")
        await until(pilot, lambda: "80.5" in screen_text(app))
        assert faint(app) == []
        await pilot.press("f5")
        await until(pilot, lambda: "heat.py" in screen_text(app))
        assert faint(app) == []
        await pilot.press("f4")
        await until(pilot, lambda: "3 documents × 4 questions" in screen_text(app))
        for key in ("a", "down", "f", "right", "r"):
            await pilot.press(key)
        await until(pilot, lambda: "✗ rejected" in screen_text(app))
        for key in ("", "e", "x", "E", "N"):
            if key:
                await pilot.press(key)
                await until(pilot, lambda: isinstance(app.screen, ModalScreen))
            assert faint(app) == [], key
            if key:
                await pilot.press("escape")
                await until(pilot, lambda: not isinstance(app.screen, ModalScreen))
        await pilot.press("f1")
        await until(pilot, lambda: "keys (esc closes)" in screen_text(app))
        assert faint(app) == []


async def test_a_theme_that_does_not_exist_is_told(store: Store) -> None:
    (config.settings_dir() / "config.toml").write_text('[tui]\ntheme = "neon"\n')
    app = LongreadApp(store.path)
    async with app.run_test(size=(100, 30), notifications=True) as pilot:
        await until(pilot, lambda: "there is no theme 'neon'" in screen_text(app))
        assert app.theme == "longread-dark"


async def test_without_colour_everything_is_still_said(
    store: Store, make_session: MakeSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    app = LongreadApp(store.path, session=make_session(store, "kettle", ("What?", ANSWER)))
    async with app.run_test(size=(140, 50)) as pilot:
        assert app.no_color
        await until(pilot, lambda: "[2] ✗ not found" in screen_text(app))
        await pilot.press("escape", "1")
        await until(pilot, lambda: app.screen.query_one(CitedPane).source.highlighted)
        assert isinstance(app.screen, ReadScreen)
        text = screen_text(app)
        assert "▸[1] ✓ exact" in text
        assert "1» LIMIT = 97.5" in text
        assert "[f3 Read]" in text
