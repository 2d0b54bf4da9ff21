"""Makes what the documents show of the terminal interface: pictures, and the list of keys.

    python docs/pictures.py

Each main screen is drawn by the running program over the fixtures, with a scripted model, in two
sizes and two themes, into `docs/pictures/`; the keys go to `docs/keys.md`. A test makes the same
again and compares, so they cannot be out of date.
"""

from __future__ import annotations

import asyncio
import json
import os
import re
import shutil
import sqlite3
import subprocess
import tempfile
import time
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from textual.pilot import Pilot
    from textual.screen import Screen
    from textual.widget import Widget

    from longread.store import Store
    from longread.tui.app import LongreadApp
    from longread.types import Engine, Event, Prompt, Sampling

ROOT = Path(__file__).parent.parent
PLACE = ROOT / "docs" / "pictures"
SIZES = ((80, 24), (120, 36))
THEMES = ("longread-dark", "longread-light")
PATIENCE = 30.0
"""Seconds that anything on a screen may take to appear."""

KETTLE = {
    "README.md": "# Kettle\n\nA small controller: it heats water and never boils it dry.\n",
    "kettle/heat.py": '''"""How hot the water gets."""

LIMIT = 97.5
"""Degrees Celsius; above it the lid rattles."""


def heat(target, now):
    """Return the power to apply, 0 to 1."""
    wanted = min(target, LIMIT)
    if now >= wanted:
        return 0.0
    return min(1.0, (wanted - now) / 10)
''',
    "kettle/app.py": '''"""The loop."""

from kettle.heat import heat
from kettle.retry import retried


def main(sensor, element, target):
    while True:
        element.set(heat(target, retried(sensor.read)))
''',
    "kettle/retry.py": '''"""What is tried again."""

TRIES = 3


def retried(read):
    """Read a sensor that sometimes fails."""
    for attempt in range(TRIES):
        try:
            return read()
        except OSError:
            if attempt == TRIES - 1:
                raise
''',
    "tests/test_heat.py": """from kettle.heat import heat


def test_cold():
    assert heat(90, 10) == 1.0
""",
    "docs/wiring.md": "# Wiring\n\nRed is live.\n",
}
ASKED = {
    "kettle": (
        "How hot does it get, and what is tried again?",
        'Never above **97.5 °C** [kettle/heat.py:L3 "LIMIT = 97.5"]: the target is cut to that'
        ' before the power is worked out [kettle/heat.py:L9 "wanted = min(target, LIMIT)"].\n\n'
        "Reading the sensor is tried"
        ' three times [kettle/retry.py:L3 "TRIES = 3"], then the error goes on'
        ' [kettle/retry.py:L13 "raise the error"].',
    ),
    "shelf": (
        "Which law governs the co-branding agreement, and how long does it run?",
        "It is governed by"
        ' [marrowby_trailpost_cobranding.pdf:p3 "the laws of the State of Oregon"] and runs for'
        ' [marrowby_trailpost_cobranding.pdf:p2 "three (3) years"] at first.',
    ),
}


QUESTIONS = """
[[question]]
name = "Law"
question = "Which law governs?"

[[question]]
name = "Made"
question = "When was it made?"
type = "date"

[[question]]
name = "Term"
question = "For how long does it run?"
instructions = "In years."

[[question]]
name = "Fee"
question = "Which fee is due?"
type = "money"

[[question]]
name = "Exit"
question = "Can a party end it without cause?"
type = "yes/no"

[[question]]
name = "Notice"
question = "On how much notice?"
type = "number"
only_if = "Exit = yes"
"""
FOUND = {
    ("marrowby_trailpost_cobranding.pdf", "Law"): (
        "Oregon",
        "p3",
        "the laws of the State of Oregon",
    ),
    ("marrowby_trailpost_cobranding.pdf", "Term"): ("three years", "p2", "three (3) years"),
    ("marrowby_trailpost_cobranding.pdf", "Fee"): ("$40,000", "p2", "a fee of forty thousand"),
}
"""What the model of the review says where it says something of its own: value, page, words."""
STATES = {
    ("calderbank_unit7_lease.pdf", "Fee"): "not present",
    ("halverstone_briarmount_services.pdf", "Made"): "unclear",
    ("night_irrigation_trial.pdf", "Law"): "not present",
    ("night_irrigation_trial.pdf", "Exit"): "not present",
    ("night_irrigation_trial.pdf", "Term"): "none of the states that there are",
    ("quillstone_norbridge_licence.pdf", "Exit"): "not present",
}
"""And where it says nothing that is a value."""


def main() -> None:
    """Write every picture and the list of keys."""
    PLACE.mkdir(exist_ok=True)
    for old in PLACE.glob("*.svg"):
        old.unlink()
    for size in SIZES:
        for theme in THEMES:
            for name, picture in pictures(size, theme).items():
                (PLACE / name).write_text(picture, encoding="utf-8")
                print(PLACE / name)
    (ROOT / "docs" / "keys.md").write_text(key_list(), encoding="utf-8")


def pictures(size: tuple[int, int], theme: str) -> dict[str, str]:
    """Return every screen in one size and theme, as SVG by file name."""
    with tempfile.TemporaryDirectory(prefix="longread-pictures-") as place, _places(Path(place)):
        store = _store(Path(place))
        return asyncio.run(_draw(store, size, theme))


@contextmanager
def _places(home: Path) -> Iterator[None]:
    """State, settings and cache of its own, so that nothing of a person's is in a picture."""
    before, here = dict(os.environ), Path.cwd()
    for name in ("HOME", "CACHE", "CONFIG"):
        os.environ[f"LONGREAD_{name}"] = str(home / name.lower())
    os.environ |= {"TZ": "UTC"}
    for name in ("NO_COLOR", "VISUAL", "EDITOR"):
        os.environ.pop(name, None)
    time.tzset()
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)
        os.chdir(here)
        time.tzset()


def _repository(root: Path) -> Path:
    """Make a repository whose first commit has the same name on every machine."""
    for path, text in KETTLE.items():
        target = root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8")
    who = {
        f"GIT_{role}_{what}": value
        for role in ("AUTHOR", "COMMITTER")
        for what, value in (("NAME", "Ada"), ("EMAIL", "a@b"), ("DATE", "2026-01-05T12:00:00Z"))
    }
    env = os.environ | who | {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull}
    for command in (["init", "-q"], ["add", "-A"], ["commit", "-qm", "first"]):
        subprocess.run(["git", "-C", str(root), *command], env=env, check=True)
    return root


def _store(home: Path) -> Path:
    """Make a store with some sessions, at times and places that are the same every day."""
    from longread import config
    from longread.analysis.conversation import open_sources
    from longread.ingest.read import Options
    from longread.prompt.cite import judge
    from longread.store import open_store
    from longread.types import Answer, Shown, Usage

    for name, window, about in (
        ("scout", 131_072, "Llama 4 Scout on our own GPUs"),
        ("small", 2_000, "a small window"),
    ):
        config.add_profile(
            name,
            {"engine": "replay", "model": "x", "family": "llama4", "window": window,
             "trusted": window, "answer": 500, "about": about, "price_input": 0.2,
             "price_output": 0.6},
        )  # fmt: skip
    path = home / "longread.db"
    kettle = _repository(home / "kettle")
    shelf = Path(shutil.copytree(ROOT / "fixtures" / "shelf", home / "shelf"))
    os.chdir(kettle)
    with open_store(path) as store:
        for source, profile in (
            (shelf, "small"),
            (shelf, "scout"),
            (kettle, "scout"),
        ):
            chosen = config.load_profile(profile)
            opened = open_sources([str(source)], Options(), chosen, None, "auto", lambda _: None)
            whole = {d.id: Shown(d, ((0, len(d.text)),)) for d in opened.corpus.documents}
            question, text = ASKED[source.name]
            usage = Usage(18_204, 96, 17_920, 0.61, 2.95, 18_204)
            given = Answer(
                question, text, judge(text, whole), "stop", opened.strategy, 1.0,
                "every document shown in full", usage, profile=profile, price=0.0043,
            )  # fmt: skip
            opened.keep(store)
            store.add_answer(opened.session, given)
        _review(store, shelf)
    places = {str(kettle): "/home/ada/src/kettle", str(shelf): "/home/ada/shelf"}
    with sqlite3.connect(path) as db:
        for n, day in ((1, "02"), (2, "09"), (3, "17")):
            at = f"2026-03-{day}T12:00:00.000000+00:00"
            db.execute(
                "UPDATE sessions SET id = ?, created = ?, updated = ? WHERE n = ?",
                (f"{n}f2a{n}c0e", at, at, n),
            )
            db.execute("UPDATE answers SET created = ? WHERE session = ?", (at, n))
        at = "2026-03-19T12:00:00.000000+00:00"
        db.execute("UPDATE reviews SET id = '4f2a4c0e', created = ?, updated = ?", (at, at))
        db.execute("UPDATE marks SET created = ?", (at,))
        for before, after in places.items():
            db.execute("UPDATE review_sources SET location = ? WHERE location = ?", (after, before))
            db.execute("UPDATE sources SET location = ? WHERE location = ?", (after, before))
    return path


def _review(store: Store, shelf: Path) -> None:
    """Keep a review of the shelf whose model answers in most of the ways that there are."""
    from longread import config
    from longread.analysis.questions import read_questions
    from longread.analysis.review import Request, review
    from longread.types.reviews import Mark, Value

    asked = shelf.parent / "questions.toml"
    asked.write_text(QUESTIONS, encoding="utf-8")
    questions = read_questions(asked)
    request = Request(
        config.load_profile("scout"), (str(shelf),), questions, store=store.path, parallel=1,
        yes=True,
    )  # fmt: skip

    async def answer() -> None:
        async for _ in review(request, _yes, reader()):
            pass

    asyncio.run(answer())
    id = store.reviews.resolve()
    first, second, *_ = (one.path for one in store.reviews.head(id).documents)
    store.reviews.mark(id, first, "Law", Mark("accepted"))
    store.reviews.mark(id, second, "Law", Mark("flagged", note="which of the two?"))
    store.reviews.mark(id, second, "Term", Mark("rejected"))
    store.reviews.mark(
        id, first, "Made", Mark("corrected", Value(("2 May 2021",), ("2021-05-02",)))
    )


async def _yes(_: object) -> bool:
    return True


def reader() -> Engine:
    """Return a model that answers in most of the ways that there are, always the same."""
    from longread.engine.replay import ReplayEngine
    from longread.types import Finished, Text, Usage

    class Reader(ReplayEngine):
        async def stream(self, prompt: Prompt, sampling: Sampling) -> AsyncGenerator[Event]:
            pieces = prompt.turns[1].pieces
            key = pieces[0].text.split()[2], pieces[-1].text.splitlines()[1].partition(":")[0]
            said: dict[str, object] = {"reasoning": "", "quotes": [], "value": ""}
            if key in FOUND:
                value, page, words = FOUND[key]
                said["quotes"] = [{"place": f"d1:{page}", "words": words}]
                said |= {"state": "answered", "value": value, "reasoning": "Its clause says so."}
            elif key in STATES:
                said["state"] = STATES[key]
            else:
                async for event in super().stream(prompt, sampling):
                    yield event
                return
            yield Text(json.dumps(said))
            yield Usage(4_204, 61, 4_100, 0.2, 1.1, None)
            yield Finished("stop")

    return Reader("")


async def _draw(store: Path, size: tuple[int, int], theme: str) -> dict[str, str]:
    from longread.tui.app import LongreadApp

    app = LongreadApp(store)
    drawn: dict[str, str] = {}
    async with app.run_test(size=size, notifications=True) as pilot:
        app.theme = theme
        async for scene in _scenes(app, pilot):
            await _settled(app, pilot)
            name = f"{scene}-{theme.removeprefix('longread-')}-{size[0]}x{size[1]}.svg"
            drawn[name] = _plain(app.export_screenshot(title=f"longread: {scene}"))
    return drawn


async def _scenes(app: LongreadApp, pilot: Pilot[None]) -> AsyncIterator[str]:
    """Walk through the screens as a person would, yielding a name whenever one is to be drawn."""
    from longread.tui.column import ColumnScreen
    from longread.tui.keys import HelpScreen
    from longread.tui.new import NewScreen
    from longread.tui.widgets.answer import AnswerView
    from longread.tui.widgets.cited import CitedPane
    from longread.tui.widgets.grid import GridTable
    from longread.tui.widgets.sessions import SessionList
    from longread.tui.widgets.source import SourceView
    from longread.tui.write import WriteScreen

    press = pilot.press

    def screen() -> Screen[object]:
        return app.screen

    def shown(kind: type[Widget]) -> bool:
        return bool(screen().query(kind))

    await _until(pilot, lambda: len(screen().query_one(SessionList).entries) == 3)
    yield "library"
    await press("slash", *"oregon")
    await _until(pilot, lambda: "quote" in _text(app))
    yield "search"
    await press("escape", "escape", "n")
    await _until(pilot, lambda: isinstance(screen(), NewScreen))
    yield "new"
    await press("escape", "up", "up", "up", "enter")
    await _until(pilot, lambda: shown(AnswerView) and "tokens" in _text(app))
    yield "answer"
    await press("escape", "2")
    await _until(pilot, lambda: screen().query_one(CitedPane).source.highlighted)
    yield "read"
    await press("f1")
    await _until(pilot, lambda: isinstance(screen(), HelpScreen))
    yield "help"
    await press("escape", "f5")
    await _until(pilot, lambda: "kettle/" in _text(app) or "heat.py" in _text(app))
    yield "budget"
    await press("f6")
    await _until(pilot, lambda: "✓ fits" in _text(app))
    await press(*"10M", "escape")
    await _until(pilot, lambda: "10,000,000 tokens" in _text(app))
    yield "plan"
    await press("t", "t")
    await _until(pilot, lambda: "vllm serve" in _text(app))
    yield "command"
    await press("f2", "down", "enter")
    await _until(pilot, lambda: "Oregon" in _text(app))
    await press("escape", "1")
    await _until(pilot, lambda: screen().query_one(CitedPane).source.highlighted)
    yield "page"
    await press("f4")
    await _until(pilot, lambda: shown(GridTable) and screen().query_one(GridTable).at)
    screen().query_one(GridTable).go(("marrowby_trailpost_cobranding.pdf", "Law"))
    await _until(pilot, lambda: "Oregon" in _text(app))
    yield "grid"
    await press("enter")
    await _until(pilot, lambda: screen().query_one(SourceView).highlighted)
    yield "cell"
    await press("escape", "e")
    await _until(pilot, lambda: isinstance(screen(), WriteScreen))
    yield "correct"
    await press("escape", "E")
    await _until(pilot, lambda: isinstance(screen(), ColumnScreen))
    yield "question"
    await press("escape")


async def _until(pilot: Pilot[None], so: Callable[[], object]) -> None:
    end = time.monotonic() + PATIENCE
    while not so():
        if time.monotonic() > end:
            raise TimeoutError(f"not what was to be drawn:\n{_text(pilot.app)}")
        await pilot.pause(0.02)


def _text(app: LongreadApp) -> str:
    strips = app.screen._compositor.render_strips()
    return "\n".join(strip.text for strip in strips)


async def _settled(app: LongreadApp, pilot: Pilot[None]) -> None:
    """Wait until nothing changes any more: colours of a source come a moment after its text."""
    for box in app.screen.query("Input, TextArea"):
        box.cursor_blink = False
    before = ""
    while (now := app.export_screenshot()) != before:
        before = now
        await app.workers.wait_for_complete()
        await pilot.pause(0.3)


def _plain(svg: str) -> str:
    """Leave out what a picture would load from elsewhere: fonts."""
    svg = re.sub(r"@font-face \{.*?\}\n?", "", svg, flags=re.DOTALL)
    return re.sub(r"[ \t]+$", "", svg, flags=re.MULTILINE)


def key_list() -> str:
    """Return `docs/keys.md`."""
    from longread.tui.keys import listed, shown

    lines = [
        "# Keys",
        "",
        "Made by `docs/pictures.py` from the program's own bindings. `f1` shows the same.",
        "",
        "Any of them can be another: under `[keys]` in `config.toml`, by its name here, keys"
        " separated by commas.",
        "",
        "```toml",
        "[keys]",
        'read.next = "j,down"',
        "```",
    ]
    for place, found in listed():
        lines += ["", f"## {place}", "", "| keys | what | name |", "|---|---|---|"]
        for key in found:
            pressed = " ".join(f"`{shown(one)}`" for one in key.keys)
            more = f": {key.tooltip}" if key.tooltip else ""
            lines.append(f"| {pressed} | {key.what}{more} | `{key.id}` |")
    return "\n".join(lines).replace("`|`", "`\\|`") + "\n"


if __name__ == "__main__":
    main()
