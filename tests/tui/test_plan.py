"""The Plan: fields, what is wrong with them, the chart, the command, every key, every size."""

from __future__ import annotations

import json
import shlex
from pathlib import Path
from threading import Event

import pytest
from textual.content import Content
from textual.pilot import Pilot
from textual.widgets import Label, OptionList, Select, Static

from longread import config
from longread.export.plan import bars, shell
from longread.store import Store
from longread.tui.app import LongreadApp
from longread.tui.choose import ChooseScreen
from longread.tui.plan import FIELDS, PARTS, PlanScreen
from longread.tui.widgets.typed import Field
from longread.types.plans import Plan
from longread.types.probes import Trial
from tests.tui.driving import screen_text, until
from tests.tui.test_themes import faint

SIZES = [(80, 24), (200, 60)]


@pytest.fixture
def app(store_path: Path) -> LongreadApp:
    return LongreadApp(store_path)


def screen(app: LongreadApp) -> PlanScreen:
    (found,) = (room for room in app.rooms if isinstance(room, PlanScreen))
    return found


def plan(app: LongreadApp) -> Plan:
    made = screen(app).plan
    assert made is not None
    return made


def said(app: LongreadApp, part: str) -> str:
    """Return what a part says, on one line."""
    content = screen(app).query_one(f"#{part}", Static).content
    assert isinstance(content, Content)
    return " ".join(content.plain.split())


def focused(app: LongreadApp) -> str:
    return (app.focused.id if app.focused else "") or ""


def wrong(app: LongreadApp) -> list[str]:
    """Return the fields that are marked."""
    labels = [screen(app).query_one(f"Label.{name}", Label) for name in FIELDS]
    marked = [str(label.content) for label in labels if label.has_class("-wrong")]
    assert all(text.startswith("✗") for text in marked)
    return [text.removeprefix("✗") for text in marked]


def notices(app: LongreadApp) -> str:
    return "\n".join(f"{note.title} {note.message}" for note in app._notifications)


async def opened(pilot: Pilot[None], app: LongreadApp) -> None:
    await pilot.press("f6")
    await until(pilot, lambda: isinstance(app.screen, PlanScreen) and app.screen.plan)


async def fill(pilot: Pilot[None], app: LongreadApp, name: str, text: str) -> None:
    """Type a value in place of the one that a field has."""
    field = screen(app).query_one(f"#{name}", Field)
    field.focus()
    await pilot.press("home", "shift+end", "delete", *text)
    assert field.value == text


@pytest.mark.parametrize("size", SIZES)
async def test_a_first_look_says_what_fits_and_draws_it(
    app: LongreadApp, size: tuple[int, int]
) -> None:
    async with app.run_test(size=size) as pilot:
        await opened(pilot, app)
        text = screen_text(app)
        assert "[f6 Plan]" in text
        assert "llama4-scout, 1,000,000 tokens, fp8 weights, fp8 KV" in text
        assert "✓ fits on 4 × h100 (TP4)" in text
        assert "█ weights ▓ KV ░ other │ limit" in text
        planned = next(row for row in text.split("\n") if "›  1,000,000" in row)
        over = next(row for row in text.split("\n") if "10,485,760 █" in row)
        assert "█▓" in planned
        assert "40.8 GB  " in planned
        assert "99.1 GB !" in over
        assert "8 warnings" in text
        for name in ("model ▾", "context", "GPU", "×", "weights", "KV", "for"):
            assert name in text
        assert focused(app) == "context"


async def test_the_screen_is_painted_before_anything_is_planned(
    app: LongreadApp, monkeypatch: pytest.MonkeyPatch
) -> None:
    from longread.analysis import plan as planning

    let = Event()
    make = planning.plan

    def held(what: planning.Asked) -> Plan:
        let.wait(10)
        return make(what)

    monkeypatch.setattr(planning, "plan", held)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("f6")
        await until(pilot, lambda: "planning …" in screen_text(app))
        assert "weights fp8" in screen_text(app)
        assert screen(app).plan is None
        await pilot.press("escape", "y", "v", "t", "t", "t", "t")
        let.set()
        await until(pilot, lambda: "✓ fits" in screen_text(app))


async def test_what_is_typed_is_planned_at_once(app: LongreadApp) -> None:
    async with app.run_test(size=(120, 36)) as pilot:
        await opened(pilot, app)
        await fill(pilot, app, "context", "10M")
        await until(pilot, lambda: plan(app).context == 10_000_000)
        assert plan(app).spread.tp == 8
        assert focused(app) == "context"
        await fill(pilot, app, "gpus", "4")
        await until(pilot, lambda: "✗ does not fit on 4 × h100 (TP4)" in screen_text(app))
        assert "there is no command" in said(app, "command")
        await fill(pilot, app, "model", "kimi-linear")
        await until(pilot, lambda: wrong(app) == ["context"])
        await fill(pilot, app, "context", "")
        await until(pilot, lambda: plan(app).model == "kimi-linear-48b-a3b")
        assert wrong(app) == []


async def test_keys_that_come_fast_make_one_plan_of_the_last(
    app: LongreadApp, monkeypatch: pytest.MonkeyPatch
) -> None:
    from longread.analysis import plan as planning

    asked: list[int | None] = []
    make = planning.plan

    def counted(what: planning.Asked) -> Plan:
        asked.append(what.context)
        return make(what)

    async with app.run_test(size=(80, 24)) as pilot:
        await opened(pilot, app)
        await app.workers.wait_for_complete()
        monkeypatch.setattr(planning, "plan", counted)
        field = screen(app).query_one("#context", Field)
        for text in ("2", "25", "250", "250k"):
            field.value = text
        await until(pilot, lambda: plan(app).context == 250_000)
        assert asked == [250_000]


WRONG = [
    ("context", "soon", "context", "soon is not a number of tokens; write 128k, 1M or 10M"),
    ("context", "20M", "context", "10,485,760 positions"),
    ("context", "9" * 16, "context", "positions"),
    ("gpus", "x", "×", "x is not a number of GPUs; leave it empty"),
    ("gpus", "53", "×", "no layout of llama4-scout on 53 GPUs; gpus 52"),
    ("model", "~nobody-here", "model ▾", "no model is called"),
    ("model", "/dev/zero", "model ▾", "no model is called"),
    ("model", "x" * 300, "model ▾", "no model is called"),
    ("model", "[bold]x", "model ▾", "[bold]x"),
]


async def test_what_means_nothing_is_marked_and_the_last_plan_stays(app: LongreadApp) -> None:
    async with app.run_test(size=(200, 60)) as pilot:
        await opened(pilot, app)
        places = [widget.region for widget in screen(app).query(Field)]
        for field, typed, label, about in WRONG:
            before = plan(app)
            screen(app).query_one(f"#{field}", Field).value = typed
            await until(pilot, lambda label=label: wrong(app) == [label])
            assert about in said(app, "told")
            assert "below: the last plan" in said(app, "told")
            assert [widget.region for widget in screen(app).query(Field)] == places
            assert plan(app) is before
            assert "✓ fits on 4 × h100 (TP4)" in screen_text(app)
            screen(app).query_one(f"#{field}", Field).value = ""
            await until(pilot, lambda: wrong(app) == [])


async def test_a_directory_is_planned_for_and_its_name_cannot_steer(
    app: LongreadApp, tmp_path: Path
) -> None:
    from longread.sizing.known import MODELS

    folder = tmp_path / "my model; [red]\x1b[31m\u202e"
    folder.mkdir()
    (folder / "config.json").write_text(json.dumps(MODELS["llama4-scout"].config))
    async with app.run_test(size=(200, 60)) as pilot:
        await opened(pilot, app)
        screen(app).query_one("#model", Field).value = str(folder)
        await until(pilot, lambda: plan(app).repository == str(folder))
        words = shlex.split("\n".join(shell(plan(app))).replace("\\\n", " "))
        assert str(folder) in words
        await pilot.press("ctrl+y")
        assert "my model; [red]␛[31m\\u202e'" in app.clipboard
        shown = screen_text(app)
        assert "my model; [red]␛[31m\\u202e" in shown
        assert "\x1b" not in shown
        assert "\u202e" not in shown


async def test_a_gpu_of_ones_own_can_be_chosen(app: LongreadApp) -> None:
    (config.settings_dir() / "config.toml").write_text("[gpus.l40s]\nmemory = 48e9\nhourly = 1\n")
    async with app.run_test(size=(120, 36)) as pilot:
        await opened(pilot, app)
        select = screen(app).query_one("#gpu", Select)
        select.focus()
        await pilot.press("enter")
        await until(pilot, lambda: "l40s" in screen_text(app))
        await pilot.press("end", "enter")
        await until(pilot, lambda: plan(app).gpu == "l40s")
        assert "its speed is not known" in said(app, "command")


async def test_settings_that_mean_nothing_are_told(app: LongreadApp) -> None:
    path = config.settings_dir() / "config.toml"
    path.write_text("[gpus.l40s]\nmemory = 48e9\nspeed = 1\n")
    async with app.run_test(size=(120, 36)) as pilot:
        await pilot.press("f6")
        await until(pilot, lambda: "nothing is called 'speed' here" in screen_text(app))
        await pilot.press("escape", "y", "v", "t", "e", *"2M")
        assert "nothing is called 'speed' here" in screen_text(app)
        path.write_text("[gpus.l40s]\nmemory = 48e9\n")
        await pilot.press("f2", "f6")
        await until(pilot, lambda: screen(app).plan)
        assert plan(app).context == 2_000_000
        assert wrong(app) == []


async def test_each_choice_is_planned(app: LongreadApp) -> None:
    async with app.run_test(size=(80, 24)) as pilot:
        await opened(pilot, app)
        for name, value in (("precision", "bf16"), ("kv", "fp8"), ("use", "review")):
            screen(app).query_one(f"#{name}", Select).value = value
            await until(pilot, lambda n=name, v=value: getattr(plan(app), n) == v)


async def test_a_machine_without_vllm_has_no_command(app: LongreadApp) -> None:
    async with app.run_test(size=(120, 36)) as pilot:
        await opened(pilot, app)
        screen(app).query_one("#gpu", Select).value = "apple-512"
        await until(pilot, lambda: plan(app).gpu == "apple-512")
        assert "vLLM does not run on apple-512" in said(app, "command")
        assert "in memory: █ weights" in screen_text(app)
        await pilot.press("escape", "y")
        assert "no command to copy" in notices(app)
        await pilot.press("v")
        assert not screen(app).has_class("-alone")


@pytest.mark.parametrize("key", ["y", "ctrl+y"])
async def test_the_command_is_copied_with_a_key(app: LongreadApp, key: str) -> None:
    async with app.run_test(size=(80, 24)) as pilot:
        await opened(pilot, app)
        if key == "y":
            await pilot.press("escape")
        await pilot.press(key)
        assert app.clipboard == "\n".join(shell(plan(app))) + "\n"
        assert "command copied" in notices(app)
        words = shlex.split(app.clipboard.replace("\\\n", " "))
        assert words[1:3] == ["vllm", "serve"]
        assert screen(app).query_one("#context", Field).value == ""


async def test_the_command_alone_can_be_selected_whole(app: LongreadApp) -> None:
    async with app.run_test(size=(80, 24)) as pilot:
        await opened(pilot, app)
        await pilot.press("escape", "v")
        await pilot.pause()
        rows = screen_text(app).split("\n")
        lines = list(shell(plan(app)))
        assert rows[1 : 1 + len(lines)] == lines
        await pilot.press("v")
        await pilot.pause()
        assert "✓ fits" in screen_text(app)
        await pilot.press("v", "escape")
        await pilot.pause()
        assert "✓ fits" in screen_text(app)
        await pilot.press("v", "e")
        assert focused(app) == "context"
        assert not screen(app).has_class("-alone")


async def test_a_narrow_screen_turns_from_part_to_part(app: LongreadApp) -> None:
    begins = {"memory": "█ weights", "warnings": "! hybrid allocator",
              "command": "vllm serve", "probe": "how far it can be trusted"}  # fmt: skip
    async with app.run_test(size=(80, 24)) as pilot:
        await opened(pilot, app)
        await pilot.press("escape")
        for part in (*PARTS[1:], *PARTS[:2]):
            await pilot.press("t")
            await pilot.pause()
            text = screen_text(app)
            assert [name for name, words in begins.items() if words in text] == [part]
            assert f"{part}]" in text
        await pilot.press("pagedown")
        await until(pilot, lambda: "! hybrid allocator" not in screen_text(app))
        await pilot.click("#parts", offset=(5, 0))
        await until(pilot, lambda: "[memory]" in screen_text(app))


async def test_a_wide_screen_shows_all_parts_and_scrolls_to_one(app: LongreadApp) -> None:
    async with app.run_test(size=(140, 30)) as pilot:
        await opened(pilot, app)
        await pilot.press("escape", "t")
        assert focused(app) == "right"
        assert "! hybrid allocator" in screen_text(app)
        await pilot.press("t")
        await until(pilot, lambda: "vllm serve" in screen_text(app))
        assert "█ weights" in screen_text(app)
        await pilot.press("t")
        await until(pilot, lambda: "how far it can be trusted" in screen_text(app))
        assert focused(app) == "left"


async def test_a_model_or_a_profile_is_chosen_from_a_list(app: LongreadApp) -> None:
    async with app.run_test(size=(80, 24)) as pilot:
        await opened(pilot, app)
        await pilot.click("Label.model", offset=(2, 0))
        await until(pilot, lambda: isinstance(app.screen, ChooseScreen))
        await pilot.press("escape", "escape", "m")
        await until(pilot, lambda: isinstance(app.screen, ChooseScreen))
        await until(pilot, lambda: "positions" in screen_text(app))
        listed = app.screen.query_one(OptionList)
        names = [option.id for option in listed.options]
        assert {"llama4-maverick", "vllm-scout-10m", "scripted"} <= set(names)
        listed.highlighted = names.index("vllm-scout-10m")
        await pilot.press("enter")
        await until(pilot, lambda: plan(app).context == 10_000_000)
        assert screen(app).query_one("#model", Field).value == "vllm-scout-10m"


async def test_a_name_is_completed(app: LongreadApp) -> None:
    async with app.run_test(size=(80, 24)) as pilot:
        await opened(pilot, app)
        await fill(pilot, app, "model", "deep")
        await until(pilot, lambda: screen(app).query_one("#model", Field)._suggestion)
        await pilot.press("right")
        await until(pilot, lambda: plan(app).model == "deepseek-v4-flash")


async def test_escape_enter_and_e_go_between_fields_and_plan(app: LongreadApp) -> None:
    async with app.run_test(size=(80, 24)) as pilot:
        await opened(pilot, app)
        await pilot.press("tab", "tab")
        assert focused(app) == "gpus"
        await pilot.press("escape")
        assert focused(app) == "left"
        assert "e Edit" in screen_text(app)
        await pilot.press("e")
        assert focused(app) == "gpus"
        await pilot.press("8", "enter")
        assert focused(app) == "left"
        await until(pilot, lambda: plan(app).spread.gpus == 8)


async def test_the_view_stays_where_it_is_when_the_plan_changes(app: LongreadApp) -> None:
    async with app.run_test(size=(80, 24)) as pilot:
        await opened(pilot, app)
        await pilot.press("escape", "pagedown")
        column = screen(app).query_one("#left")
        await until(pilot, lambda: column.scroll_offset.y > 0)
        at = column.scroll_offset.y
        screen(app).query_one("#context", Field).value = "2M"
        await until(pilot, lambda: plan(app).context == 2_000_000)
        await pilot.pause()
        assert column.scroll_offset.y == at


async def test_another_size_draws_it_anew(app: LongreadApp) -> None:
    async with app.run_test(size=(80, 24)) as pilot:
        await opened(pilot, app)
        await pilot.resize_terminal(160, 40)
        await until(pilot, lambda: "! hybrid allocator" in screen_text(app))
        assert "[memory]" in screen_text(app)
        assert "flat KV" in screen_text(app)
        await pilot.resize_terminal(60, 20)
        await until(pilot, lambda: "! hybrid allocator" not in screen_text(app))
        await until(pilot, lambda: "flat KV" not in screen_text(app))
        screen(app).query_one("#context", Field).value = "soon"
        await until(pilot, lambda: wrong(app) == ["context"])
        await pilot.resize_terminal(70, 24)
        await until(pilot, lambda: app.size.width == 70)
        await pilot.pause()
        assert "soon is not a number" in screen_text(app)
        await pilot.resize_terminal(60, 20)
        await until(pilot, lambda: app.size.width == 60)
        widest = max(len(row) for row in screen_text(app).split("\n"))
        assert widest <= 60


async def test_the_newest_probe_of_the_profile_stands_beside_the_plan(
    store: Store,
) -> None:
    app = LongreadApp(store.path)
    async with app.run_test(size=(140, 100)) as pilot:
        await opened(pilot, app)
        await until(pilot, lambda: "Nothing of this model was probed" in said(app, "probe"))
        number = store.begin_probe("key", "[red]Kettle\x1b", "vllm-scout-10m", "x", 0)
        for n in range(20):
            trial = Trial(4_096, 50, "number", n, "?", "1", "1", right=n > 0)
            store.keep_trial(number, trial)
        screen(app).query_one("#model", Field).value = "vllm-scout-10m"
        await until(pilot, lambda: "19/20" in said(app, "probe"))
        assert "[red]Kettle␛ · vllm-scout-10m" in screen_text(app)
        assert "trusted to 4,096 tokens" in said(app, "probe")
        await fill(pilot, app, "context", "soon")
        await until(pilot, lambda: wrong(app) == ["context"])
        store.keep_trial(number, Trial(4_096, 50, "number", 20, "?", "1", "1", right=True))
        app.store_changed()
        await until(pilot, lambda: "20/21" in said(app, "probe"))
        assert wrong(app) == ["context"]


@pytest.mark.parametrize("theme", ["longread-dark", "longread-light"])
async def test_all_of_it_can_be_read(app: LongreadApp, theme: str) -> None:
    async with app.run_test(size=(160, 60), notifications=True) as pilot:
        app.theme = theme
        await opened(pilot, app)
        await fill(pilot, app, "gpus", "1")
        await until(pilot, lambda: "✗ does not fit" in screen_text(app))
        assert faint(app) == []
        await fill(pilot, app, "gpus", "x")
        await until(pilot, lambda: wrong(app))
        assert faint(app) == []
        await fill(pilot, app, "gpus", "")
        await until(pilot, lambda: "✓ fits" in screen_text(app))
        await pilot.press("escape")
        await pilot.pause()
        assert faint(app) == []


async def test_a_bar_is_as_wide_as_it_is_told_and_shows_where_memory_ends(
    app: LongreadApp,
) -> None:
    from longread.analysis.plan import Asked
    from longread.analysis.plan import plan as make

    made = make(Asked("scout", 10_000_000, "h100", gpus=4))
    for width in (10, 44, 80):
        drawn = dict(bars(made, width))
        assert {len(bar) for bar in drawn.values()} == {width}
        assert {bar.count("│") for bar in drawn.values()} == {1}
        for point, bar in drawn.items():
            held = point.weights + point.cache + point.other
            past = bar.partition("│")[2].strip()
            assert bool(past) <= (held > made.usable * 0.95)
