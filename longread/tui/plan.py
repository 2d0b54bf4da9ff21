"""The Plan: what it takes to run a model with a window, replanned while it is typed."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, ClassVar, cast

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.content import Content
from textual.events import Resize
from textual.style import Style
from textual.suggester import SuggestFromList
from textual.timer import Timer
from textual.widgets import Input, Label, Select, Static

from longread.errors import ConfigError, StoreError
from longread.export.plan import margin
from longread.export.visible import line
from longread.tokens.sizes import parse
from longread.tui import planned
from longread.tui.choose import ChooseScreen, profiles
from longread.tui.matter import Matter
from longread.tui.screen import Room
from longread.tui.widgets.typed import Field
from longread.types.plans import Plan
from longread.types.probes import Probe

if TYPE_CHECKING:
    from longread.analysis.plan import Asked

PAUSE = 0.15
"""Seconds from a key to the plan that it changes."""
NARROW = 110
"""Columns below which one part is shown at a time, and not two columns of them."""
MODEL = "llama4-scout"
PARTS = ("memory", "warnings", "command", "probe")
FIELDS = {"model": "model ▾", "context": "context", "gpu": "GPU", "gpus": "×",
          "precision": "weights", "kv": "KV", "use": "for"}  # fmt: skip
"""The fields and what stands before each."""


class PlanScreen(Room):
    """Fields above, what follows from them below."""

    NAME = "plan"
    AUTO_FOCUS = "#context"
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (NARROW, "-wide")]  # noqa: RUF012
    DEFAULT_CSS = """
    PlanScreen {
        #fields { height: 2; background: $panel; padding: 0 1 0 0; }
        #fields Horizontal { height: 1; }
        #fields Label { width: auto; padding: 0 1 0 0; color: $text-muted; }
        #fields Label.-wrong { color: $text-error; text-style: bold; }
        #fields Input, #fields Select { height: 1; }
        #fields SelectCurrent .arrow { color: $foreground 80%; }
        #model { width: 1fr; } #context { width: 14; }
        #gpu { width: 17; } #gpus { width: 8; } #precision { width: 8; }
        #kv { width: 8; } #use { width: 10; }
        #told { height: 2; padding: 0 1; background: $surface; }
        #told.-wrong { color: $text-error; text-style: bold; }
        #parts { height: 1; padding: 0 1; background: $panel; }
        #panes { height: 1fr; }
        #panes VerticalScroll { width: 1fr; padding: 0 1; scrollbar-size: 1 1; }
        #panes VerticalScroll:focus { background-tint: $foreground 4%; }
        #panes Static { height: auto; margin-bottom: 1; }
        #right { border-left: vkey $primary; }
        &.-narrow #right { border-left: none; }
        &.-narrow #panes VerticalScroll, &.-narrow #panes Static { display: none; }
        &.-narrow.-memory #left, &.-narrow.-memory #memory { display: block; }
        &.-narrow.-probe #left, &.-narrow.-probe #probe { display: block; }
        &.-narrow.-warnings #right, &.-narrow.-warnings #warnings { display: block; }
        &.-narrow.-command #right, &.-narrow.-command #command { display: block; }
        #alone { display: none; height: 1fr; padding: 0; }
        &.-alone #alone { display: block; }
        &.-alone #fields, &.-alone #told, &.-alone #parts, &.-alone #panes { display: none; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "y,ctrl+y", "copy", "Copy", id="plan.copy",
            tooltip="copy the command; ctrl+y in a field, too",
        ),
        Binding(
            "v", "alone", "View", id="plan.view",
            tooltip="the command alone, to be selected with the mouse; again for all",
        ),
        Binding(
            "t", "turn", "Turn", id="plan.turn", tooltip=f"to {', '.join(PARTS)} in turn",
        ),
        Binding("m", "choose", "Model", id="plan.model", tooltip="choose a model or a profile"),
        Binding("e", "edit", "Edit", id="plan.edit", tooltip="to the fields"),
        Binding(
            "escape", "back", "To the plan", id="plan.back",
            tooltip="from a field to the plan, where keys act; from the command alone to all",
        ),
    ]  # fmt: skip

    def __init__(self) -> None:
        super().__init__()
        self.plan: Plan | None = None
        """What is shown: the last that could be made."""
        self._probe: Probe | None = None
        self._model = ""
        """Whose newest probe is shown."""
        self._waiting: Timer | None = None
        self._part = PARTS[0]
        self._begun = False
        self._edited = "context"
        self._names: list[tuple[str, str]] = []

    def body(self) -> ComposeResult:
        """Put fields, parts and columns together."""
        with Vertical(id="fields"):
            with Horizontal():
                yield Label(classes="model", markup=False)
                yield Field(MODEL, placeholder=MODEL, compact=True, max_length=4096, id="model")
                yield Label(classes="context", markup=False)
                yield Field(placeholder="1M", compact=True, max_length=16, id="context")
            with Horizontal():
                yield Label(classes="gpu", markup=False)
                yield _select(["h100"], "gpu")
                yield Label(classes="gpus", markup=False)
                yield Field(placeholder="fewest", compact=True, max_length=6, id="gpus")
                yield Label(classes="precision", markup=False)
                yield _select(["fp8", "bf16", "int4"], "precision")
                yield Label(classes="kv", markup=False)
                yield _select(["auto", "bf16", "fp8"], "kv")
                yield Label(classes="use", markup=False)
                yield _select(["ask", "review"], "use")
        yield Static("planning …", id="told", markup=False)
        yield Static("", id="parts", markup=False)
        with Horizontal(id="panes"):
            with VerticalScroll(id="left"):
                yield Static("", id="memory", markup=False)
                yield Static("", id="probe", markup=False)
            with VerticalScroll(id="right"):
                yield Static("", id="warnings", markup=False)
                yield Static("", id="command", markup=False)
        with VerticalScroll(id="alone"):
            yield Static("", id="whole", markup=False)

    def show_matter(self, matter: Matter | None) -> None:
        """Plan, the first time that it is shown; the plan is of no session."""
        super().show_matter(matter)
        self.add_class(f"-{self._part}")
        if not self._begun:
            self._begun = True
            self._mark("")
            self._begin()

    @work
    async def _begin(self) -> None:
        """Find out what can be chosen, then plan."""
        try:
            gpus, self._names = await asyncio.to_thread(_choices)
        except ConfigError as error:
            # Corrected meanwhile, it is read when the screen is shown again.
            self._begun = False
            self._refuse(error, "gpu")
            return
        select = self.query_one("#gpu", Select)
        chosen = select.value
        with self.prevent(Select.Changed):
            select.set_options([(cast("str", Content(line(name))), name) for name in gpus])
            select.value = chosen
        names = [name for name, _ in self._names]
        self.query_one("#model", Field).suggester = SuggestFromList(names, case_sensitive=False)
        self._make()

    # Planning

    @on(Input.Changed)
    @on(Select.Changed)
    def _changed(self) -> None:
        if not self._names:
            # What is chosen from is not read yet; then all of it is planned.
            return
        if self._waiting:
            self._waiting.stop()
        self._waiting = self.set_timer(PAUSE, self._make)

    @on(Input.Submitted)
    def _submitted(self) -> None:
        self._changed()
        self._column.focus()

    @work(exclusive=True, group="plan")
    async def _make(self) -> None:
        """Plan what the fields say; a plan that is being made for what they said is dropped."""
        from longread.analysis import plan as planning

        wrong = self._unreadable()
        if wrong:
            self._tell(*wrong)
            return
        asked = self._asked()
        try:
            made = await asyncio.to_thread(planning.plan, asked)
        except ConfigError as error:
            self._refuse(error, await asyncio.to_thread(planning.at_fault, asked))
            return
        self.plan = made
        self._mark("")
        self.query_one("#told", Static).update(Content(line(margin(made))))
        self._draw()
        self._look(asked.model)

    @work(exclusive=True, group="probe")
    async def _look(self, model: str) -> None:
        """Show the newest probe of the model, where there is one."""
        from longread.analysis.probed import newest

        self._model = model
        try:
            found = await asyncio.to_thread(newest, await self.house.store(), model)
        except StoreError as error:
            self.house.complain(error)
            return
        if found != self._probe:
            self._probe = found
            self._draw()

    def store_changed(self) -> None:
        """Look whether there is a newer probe."""
        if self._model:
            self._look(self._model)

    def _typed(self, name: str) -> str:
        return self.query_one(f"#{name}", Field).value.strip()

    def _chosen(self, name: str) -> str:
        return str(self.query_one(f"#{name}", Select).value)

    def _unreadable(self) -> tuple[str, str] | None:
        """Return what is wrong with what was typed, and the field."""
        context, gpus = self._typed("context"), self._typed("gpus")
        if context and parse(context) is None:
            return f"{context} is not a number of tokens; write 128k, 1M or 10M", "context"
        if gpus and not (gpus.isascii() and gpus.isdigit()):
            return f"{gpus} is not a number of GPUs; leave it empty for the fewest that do", "gpus"
        return None

    def _asked(self) -> Asked:
        from longread.analysis.plan import Asked

        context, gpus, kv = self._typed("context"), self._typed("gpus"), self._chosen("kv")
        return Asked(
            model=self._typed("model") or MODEL,
            context=parse(context) if context else None,
            gpu=self._chosen("gpu"),
            gpus=int(gpus) if gpus else None,
            precision=self._chosen("precision"),  # type: ignore[arg-type]
            kv=None if kv == "auto" else kv,  # type: ignore[arg-type]
            use=self._chosen("use"),  # type: ignore[arg-type]
        )

    # Showing

    def _refuse(self, error: ConfigError, field: str) -> None:
        # A hint names options of the command line; here the fields are called as these are.
        self._tell(f"{error}; {error.hint}".replace("--", ""), field)

    def _tell(self, text: str, field: str) -> None:
        """Say what is wrong with a field; the plan before stays."""
        stays = " (below: the last plan)" if self.plan else ""
        self.query_one("#told", Static).update(Content(f"✗ {line(text)}{stays}"))
        self._mark(field, wrong=True)

    def _mark(self, field: str, *, wrong: bool = False) -> None:
        self.query_one("#told").set_class(wrong, "-wrong")
        for name, text in FIELDS.items():
            label = self.query_one(f"Label.{name}", Label)
            label.set_class(name == field, "-wrong")
            shown = Content(f"{'✗' if name == field else ' '}{text}")
            if name == "model":
                shown = shown.stylize(Style.from_meta({"@click": "screen.choose"}))
            label.update(shown)

    def _draw(self) -> None:
        """Show the plan in the columns as they are now."""
        plan = self.plan
        if plan is None:
            return
        narrow = self.size.width < NARROW
        width = (self.size.width if narrow else self.size.width // 2) - 4
        self.query_one("#context", Field).placeholder = f"{plan.context:,}"
        for name, text in (
            ("memory", planned.memory(plan, width)),
            ("warnings", planned.warnings(plan, width)),
            ("command", planned.command(plan, width)),
            ("probe", planned.probe(plan, self._probe, width)),
            ("whole", Content(planned.shown(plan))),
        ):
            self.query_one(f"#{name}", Static).update(text)
        self._head()

    def _head(self) -> None:
        count = len(self.plan.cautions) if self.plan else 0
        tabs = [Content("t ")]
        for name in PARTS:
            text = f"{count} warnings" if name == "warnings" and count else name
            here = name == self._part
            tab = Content(f"[{text}]" if here else f" {text} ")
            click = Style.from_meta({"@click": f"screen.turn('{name}')"})
            tabs.append(tab.stylize(click).stylize("bold $accent" if here else ""))
        self.query_one("#parts", Static).update(Content("").join(tabs))

    @property
    def _column(self) -> VerticalScroll:
        left = self._part in ("memory", "probe")
        return self.query_one("#left" if left else "#right", VerticalScroll)

    def on_resize(self, event: Resize) -> None:
        """Draw bars and break lines for the new width."""
        self.call_after_refresh(self._draw)

    # Keys

    def action_turn(self, part: str = "") -> None:
        """Show another part, or scroll to it where all are shown."""
        self.remove_class(f"-{self._part}")
        self._part = part or PARTS[(PARTS.index(self._part) + 1) % len(PARTS)]
        self.add_class(f"-{self._part}")
        self._head()
        self._column.focus(scroll_visible=False)
        self.call_after_refresh(self._aim)

    def _aim(self) -> None:
        part = self.query_one(f"#{self._part}")
        self._column.scroll_to_widget(part, top=True, animate=False, force=True)

    def action_copy(self) -> None:
        """Copy the command."""
        plan = self.plan
        if plan is None or not (plan.fits and plan.command):
            self.notify("there is no command to copy", markup=False)
            return
        self.app.copy_to_clipboard(planned.shown(plan) + "\n")
        self.notify("command copied; v shows it alone", markup=False)

    def action_alone(self) -> None:
        """Show the command alone, or all again."""
        plan = self.plan
        if plan is None or not (plan.fits and plan.command):
            self.notify("there is no command to show", markup=False)
            return
        self.toggle_class("-alone")
        alone = self.has_class("-alone")
        (self.query_one("#alone") if alone else self._column).focus()

    @work
    async def action_choose(self) -> None:
        """Choose a model or a profile from a list."""
        asked = ChooseScreen("model or profile", self._names)
        name = await self.house.push_screen_wait(asked)
        if name:
            self.query_one("#model", Field).value = name

    def action_edit(self) -> None:
        """Go to the field that was left last."""
        self.remove_class("-alone")
        self.query_one(f"#{self._edited}").focus()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Say whether a key does something now: what is left must have been entered."""
        entered = self.has_class("-alone") or (self.focused and self.focused.id in FIELDS)
        return bool(entered) if action == "back" else True

    def action_back(self) -> None:
        """Leave a field, or the command alone."""
        focused = self.focused
        if self.has_class("-alone"):
            self.action_alone()
        elif focused and focused.id in FIELDS:
            self._edited = focused.id
            self._column.focus()


def _select(values: list[str], name: str) -> Select[str]:
    return Select([(value, value) for value in values], value=values[0], allow_blank=False,
                  compact=True, id=name)  # fmt: skip


def _choices() -> tuple[list[str], list[tuple[str, str]]]:
    """Return the GPUs, and the models and profiles with what each is.

    Raises:
        ConfigError: a setting means nothing.
    """
    from longread.analysis.plan import listed, machines

    models = [(one.name, f"{one.name:<20} {one.positions:>10,} positions") for one in listed()]
    return [gpu.name for gpu in machines()], [*models, *profiles()]
