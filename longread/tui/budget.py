"""The Budget: where the tokens go, what is left out and why, and the prompt piece by piece."""

from __future__ import annotations

import asyncio
from typing import ClassVar, get_args

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.events import Resize
from textual.style import Style
from textual.widgets import Static

from longread.analysis.budgeting import LETTERS, Grouping, Node, Spending, spend, stepped, tree
from longread.analysis.conversation import Conversation
from longread.export.stages import stage
from longread.export.visible import line
from longread.tui import told
from longread.tui.matter import Matter
from longread.tui.screen import Room
from longread.tui.widgets.bars import ORDERS, BarList, Order
from longread.tui.widgets.piece import PieceView
from longread.tui.widgets.walk import PromptWalk
from longread.types import Layout, Level

PACKING = "packing …"
NARROW = 110
"""Columns below which a text takes the list's place, and does not stand beside it."""
GROUPINGS: tuple[Grouping, ...] = get_args(Grouping)
MARKS = " ".join(f"{mark} {what}" for mark, what in LETTERS.items())
LEGEND = f"█ shown ░ left out  {MARKS}  =F set by you"


class BudgetScreen(Room):
    """One session's tokens."""

    NAME = "budget"
    AUTO_FOCUS = "BarList"
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (NARROW, "-wide")]  # noqa: RUF012
    DEFAULT_CSS = """
    BudgetScreen {
        #window { height: auto; max-height: 3; padding: 0 1; background: $surface; }
        #groups { height: 1; padding: 0 1; background: $panel; }
        #heading { height: 1; color: $text-muted; background: $surface; }
        #status { height: 1; padding: 0 1; display: none; color: $text-accent; text-style: bold; }
        #legend { height: 1; padding: 0 1; color: $text-muted; background: $panel; }
        #panes { height: 1fr; }
        #sums { width: 1fr; }
        #piece { width: 1fr; display: none; border-left: vkey $primary; }
        #word { height: 1fr; padding: 1 3; display: none; background: $surface; }
        &.-said #status { display: block; }
        &.-text #piece { display: block; }
        &.-text.-narrow #sums, &.-text.-narrow #groups, &.-text.-narrow #legend { display: none; }
        &.-narrow #piece { border-left: none; }
        &.-worded #word { display: block; }
        &.-worded #window, &.-worded #walk, &.-worded #panes, &.-worded #legend,
        &.-worded #groups { display: none; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "right,n,right_square_bracket", "walk(1)", "Walk", id="budget.next", key_display="→",
            tooltip="the next piece of the prompt, in reading order",
        ),
        Binding(
            "left,p,left_square_bracket", "walk(-1)", "Walk back", id="budget.previous",
            show=False, tooltip="the piece before",
        ),
        Binding(
            "plus,equals_sign", "step(1)", "Raise", id="budget.raise", key_display="+",
            tooltip="show more of the highlighted file or folder: path, signatures, full",
        ),
        Binding(
            "minus,underscore", "step(-1)", "Lower", id="budget.lower", key_display="-",
            tooltip="show less of the highlighted file or folder, down to nothing",
        ),
        Binding(
            "0", "unset", "Unset", id="budget.unset",
            tooltip="let the budget decide again about the highlighted file or folder",
        ),
        Binding(
            "t", "group", "Group", id="budget.group", show=False,
            tooltip=f"by {', '.join(GROUPINGS)} in turn",
        ),
        Binding(
            "o", "sort", "Sort", id="budget.sort", show=False,
            tooltip=f"by {', '.join(ORDERS)} in turn",
        ),
        Binding(
            "s", "left_out", "Left out", id="budget.left_out",
            tooltip="only what is left out, and why; again for all",
        ),
        Binding(
            "escape", "back", "Back", show=False, id="budget.back",
            tooltip="from the text to the list, from the list to Read",
        ),
    ]  # fmt: skip

    def __init__(self) -> None:
        super().__init__()
        self._matter: Matter | None = None
        self._shown: Conversation | None = None
        self._layout: Layout | None = None
        self._answers = 0
        self.spending: Spending | None = None
        """What is shown."""
        self._grouping: Grouping = "folders"
        self._order: Order = "tokens"
        self._left_out = False
        self._piece = 0
        self._wanted: dict[str, Level] | None = None
        self._said = ""

    def body(self) -> ComposeResult:
        """Put window, walk, list and text together."""
        yield Static("", id="window", markup=False)
        yield PromptWalk(id="walk")
        yield Static("", id="groups", markup=False)
        with Horizontal(id="panes"):
            with Vertical(id="sums"):
                yield Static("", id="heading", markup=False)
                yield BarList()
            yield PieceView(id="piece")
        yield Static("", id="status", markup=False)
        yield Static(LEGEND, id="legend", markup=False)
        yield Static("", id="word", markup=False)

    @property
    def _list(self) -> BarList:
        return self.query_one(BarList)

    @property
    def _text(self) -> PieceView:
        return self.query_one(PieceView)

    # What is open

    def show_matter(self, matter: Matter | None) -> None:
        """Show where the tokens of a session go."""
        super().show_matter(matter)
        if matter is not self._matter:
            self._matter, self.spending, self._wanted, self._piece = matter, None, None, 0
            self._say("")
            self.remove_class("-text")
        opened = matter.conversation if matter else None
        if opened is None:
            self._shown = None
            self._word(told.why_nothing(matter))
        elif opened is not self._shown or len(opened.answers) != self._answers:
            self._shown, self._answers = opened, len(opened.answers)
            if self.spending is None:
                self._word("adding up where the tokens go …")
            self._sum(opened)
        elif matter and matter.opening:
            self._say(f"{PACKING} {stage(matter.opening)}")
        elif self._said.startswith(PACKING) and self._wanted is None:
            self._say("")

    def matter_changed(self, matter: Matter) -> None:
        """Show how far it is, or the prompt as it is packed now."""
        if matter is self._matter:
            self.show_matter(matter)

    def _word(self, text: str) -> None:
        self.set_class(bool(text), "-worded")
        self.query_one("#word", Static).update(Content(text))

    def _say(self, text: str) -> None:
        self._said = text
        self.set_class(bool(text), "-said")
        self.query_one("#status", Static).update(Content(text))

    @work(exclusive=True, group="sum")
    async def _sum(self, opened: Conversation) -> None:
        spending = await asyncio.to_thread(spend, opened)
        if opened is not self._shown:
            return
        before, self.spending = self.spending, spending
        self._word("")
        self.query_one(PromptWalk).show(spending.parts)
        if before is None:
            self._piece = 0
        else:
            if opened.layout is not self._layout:
                self._say(told.difference(before, spending))
            self._piece = told.again(before.parts[self._piece], spending.parts, self._piece)
        self._layout = opened.layout
        self.query_one("#window", Static).update(Content(told.window(spending)))
        self._fill(anew=before is None)
        if self.focused is None:
            self._list.focus()
        if before is not None and self.has_class("-text"):
            self._read(self._piece)

    # The list

    def _fill(self, *, anew: bool) -> None:
        """Put the sums of the grouping in the list."""
        if self.spending is None:
            return
        grouping = self._grouping
        self._list.show(
            tree(self.spending, grouping, left_out=self._left_out),
            "reading order" if grouping == "pieces" else self._order,
            nested=grouping == "folders",
            reasons=self._left_out and grouping != "reasons",
            anew=anew,
        )
        self.call_after_refresh(self._head)

    @on(BarList.Resized)
    def _head(self) -> None:
        self.query_one("#heading", Static).update(Content(self._list.heading()))
        order = "reading order" if self._grouping == "pieces" else self._order
        tabs = [("t ", ""), *((name, f"group('{name}')") for name in GROUPINGS)]
        tabs += [("  o ", ""), (f"by {order}", "sort"), ("  s ", "")]
        tabs.append(("left out" if self._left_out else "all", "left_out"))
        self.query_one("#groups", Static).update(
            Content("").join(self._tab(text, act) for text, act in tabs)
        )

    def _tab(self, text: str, act: str) -> Content:
        if not act:
            return Content(text)
        here = text == self._grouping
        shown = Content(f"[{text}]" if here else f" {text} ")
        click = Style.from_meta({"@click": f"screen.{act}"})
        return shown.stylize(click).stylize("bold $accent" if here else "")

    @on(BarList.Highlighted)
    def _highlighted(self) -> None:
        """Mark in the strip what is highlighted in the list."""
        node, spending = self._list.highlighted, self.spending
        if node is None or spending is None:
            return
        marked = told.pieces_of(node, spending.parts)
        if marked and self._piece not in marked:
            self._piece = marked[0]
            if self.has_class("-text"):
                self._read(self._piece)
        everything = node.key == "/"
        self.query_one(PromptWalk).mark(self._piece, [self._piece] if everything else marked)

    @on(BarList.Opened)
    def _opened(self, event: BarList.Opened) -> None:
        spending = self.spending
        marked = told.pieces_of(event.node, spending.parts) if spending else []
        if not marked:
            why = line(event.node.reason) or "left out"
            self.notify(why, title="nothing of it is in the prompt", markup=False)
            return
        self._read(self._piece if self._piece in marked else marked[0])
        self._text.source.focus()

    def action_group(self, name: Grouping | None = None) -> None:
        """Group by another property."""
        at = GROUPINGS.index(self._grouping)
        self._grouping = name or GROUPINGS[(at + 1) % len(GROUPINGS)]
        self._fill(anew=True)

    def action_sort(self) -> None:
        """Sort by the next of the orders."""
        if self._grouping == "pieces":
            self.notify("pieces stand in reading order", markup=False)
            return
        orders = list(ORDERS)
        self._order = orders[(orders.index(self._order) + 1) % len(orders)]
        self._fill(anew=False)

    def action_left_out(self) -> None:
        """Show only what is left out, and why, or all."""
        self._left_out = not self._left_out
        self._fill(anew=False)

    # The prompt, piece by piece

    def action_walk(self, step: int) -> None:
        """Go to the next piece of the prompt, or the one before."""
        if self.spending:
            self._go(min(max(self._piece + step, 0), len(self.spending.parts) - 1))

    @on(PromptWalk.Chosen)
    def _chosen(self, event: PromptWalk.Chosen) -> None:
        self._go(event.number)

    def _go(self, number: int) -> None:
        assert self.spending is not None
        self._piece = number
        part = self.spending.parts[number]
        key = part.path if part.path and self._grouping != "pieces" else f"\0{number}"
        with self.prevent(BarList.Highlighted):
            self._list.reveal(key)
        self.query_one(PromptWalk).mark(number, [number])
        if self.has_class("-text"):
            self._read(number)

    def _read(self, number: int) -> None:
        """Show the text of one piece as it stands in the prompt."""
        if self.spending is None:
            return
        self._piece = number
        self.add_class("-text")
        self._text.show(self.spending.parts[number], number, len(self.spending.parts))

    def action_back(self) -> None:
        """Go from the text to the list, and from the list to the answers."""
        if self.has_class("-text"):
            self.remove_class("-text")
            self._list.focus()
        else:
            self.house.show_room("read")

    # Levels set by hand

    def action_step(self, step: int) -> None:
        """Show more or less of the highlighted file or folder."""
        if node := self._target():
            levels, path = self._levels, node.target or ""
            level = stepped(node, levels, step)
            if levels.get(path) is level:
                said = "in full" if level is Level.FULL else "left out"
                self.notify(f"it is set to be {said} already", markup=False)
                return
            self._pack({**levels, path: level})

    def action_unset(self) -> None:
        """Let the budget decide again about the highlighted file or folder."""
        if node := self._target():
            if node.target not in self._levels:
                self.notify("nothing was set for it", markup=False)
                return
            self._pack({path: at for path, at in self._levels.items() if path != node.target})

    @property
    def _levels(self) -> dict[str, Level]:
        """What is set, with what was wanted since."""
        if self._wanted is not None:
            return self._wanted
        return dict(self._shown.layout.levels) if self._shown else {}

    def _target(self) -> Node | None:
        node = self._list.highlighted
        matter = self._matter
        if node is None or self._shown is None or matter is None:
            self.notify("nothing is open", markup=False)
        elif matter.asking:
            self.notify("not while it answers; ctrl+x stops the answer", markup=False)
        elif node.target is None:
            self.notify("choose a file or a folder: t groups by folders", markup=False)
        else:
            return node
        return None

    def _pack(self, levels: dict[str, Level]) -> None:
        busy = self._wanted is not None
        self._wanted = levels
        if not busy:
            self._relay()

    @work(group="relay")
    async def _relay(self) -> None:
        """Pack until what is wanted is what is shown; keys pressed meanwhile are gathered."""
        matter = self._matter
        assert matter is not None
        done: dict[str, Level] | None = None
        while matter is self._matter and self._wanted is not None and self._wanted != done:
            done = dict(self._wanted)
            self._say(PACKING)
            opened = matter.conversation
            could = opened and await self.house.relay(matter, opened.wanted, done)
            if not could and self._wanted == done:
                self._say("")
        if matter is self._matter:
            self._wanted = None

    def on_resize(self, event: Resize) -> None:
        """Give the columns their new widths."""
        self.call_after_refresh(self._head)
