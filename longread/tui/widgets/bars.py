"""Sums of tokens as a tree of lines: how many are shown, how many there are, and at which level.

Only the lines in view are drawn. When the sums change, neither selection nor view moves.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import ClassVar, Literal, NamedTuple

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.binding import Binding, BindingType
from textual.geometry import Size
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.strip import Strip

from longread.analysis.budgeting import Node
from longread.tui.widgets.columns import NUMBER, SET, bar, by_hand, columns, counted, fit

Order = Literal["tokens", "name", "reading order"]
ORDERS: Mapping[Order, Callable[[Node], object]] = {
    "tokens": lambda node: (-node.shown, -node.full, node.name),
    "name": lambda node: node.name.casefold(),
    "reading order": lambda node: (node.position, node.name),
}


class Line(NamedTuple):
    """One line of the list."""

    node: Node
    depth: int


class BarList(ScrollView, can_focus=True, inherit_bindings=False):
    """Folders, kinds, levels, reasons or pieces; enter opens one."""

    ALLOW_SELECT = False
    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "bars--cursor", "bars--muted", "bars--group", "bars--bar", "bars--set",
    }  # fmt: skip
    DEFAULT_CSS = """
    BarList {
        background: $surface; color: $foreground; pointer: pointer;
        overflow-x: hidden; overflow-y: scroll; scrollbar-size: 1 1;

        & > .bars--muted { color: $foreground 80%; }
        & > .bars--group { text-style: bold; }
        & > .bars--bar { color: $text-primary; }
        & > .bars--set { color: $text-accent; text-style: bold; }
        & > .bars--cursor { background: $panel; }
        &:focus > .bars--cursor {
            background: $block-cursor-background; color: $block-cursor-foreground;
        }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "enter", "open", "Text", id="budget.open",
            tooltip="the exact text in the prompt; a folder is unfolded",
        ),
        Binding(
            "space", "fold", "Unfold", id="budget.fold", show=False,
            tooltip="unfold what is highlighted, or fold it again",
        ),
        *(
            Binding(key, action, label, show=False, id=f"budget.{name}", tooltip=tooltip)
            for key, action, label, name, tooltip in (
                ("up,k", "move(-1)", "Up", "up", "one line up"),
                ("down,j", "move(1)", "Down", "down", "one line down"),
                ("pageup", "page(-1)", "Page up", "pageup", "one view up"),
                ("pagedown", "page(1)", "Page down", "pagedown", "one view down"),
                ("home,g", "move_to(0)", "Top", "top", "to the first line"),
                ("end,G", "move_to(-1)", "Bottom", "bottom", "to the last line"),
            )
        ),
    ]  # fmt: skip

    class Highlighted(Message):
        """Another line is highlighted."""

    class Resized(Message):
        """The columns have other widths."""

    class Opened(Message):
        """The text of a line is to be shown."""

        def __init__(self, node: Node) -> None:
            super().__init__()
            self.node = node

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._roots: Sequence[Node] = ()
        self._order: Order = "tokens"
        self._nested = self._reasons = False
        self._lines: list[Line] = []
        self._cursor = 0
        self._unfolded = {"/"}

    @property
    def highlighted(self) -> Node | None:
        """The line that keys act on."""
        return self._lines[self._cursor].node if self._lines else None

    @property
    def lines(self) -> Sequence[Line]:
        """What is listed, in order."""
        return self._lines

    def show(
        self, roots: Sequence[Node], order: Order, *, nested: bool, reasons: bool, anew: bool
    ) -> None:
        """List sums.

        Args:
            nested: names are paths, of which a line shows its own part.
            reasons: say why something is left out.
            anew: another list is wanted, so that the view begins at its top.
        """
        was = self.highlighted
        before = self._cursor - self.scroll_offset.y
        self._roots, self._order, self._nested, self._reasons = roots, order, nested, reasons
        self._flatten()
        if anew:
            self._cursor = 0
        self._cursor = self._find(was.key if was and not anew else "", self._cursor)
        self.virtual_size = Size(0, len(self._lines))
        if 0 <= before < self.size.height and not anew:
            self.scroll_to(y=max(0, self._cursor - before), animate=False)
        self._reveal()
        self.refresh()
        self.post_message(self.Highlighted())

    def on_resize(self) -> None:
        """Say that the columns have other widths."""
        self.post_message(self.Resized())

    def _flatten(self) -> None:
        self._lines = []
        self._unfold(self._roots, 0)

    def _unfold(self, nodes: Sequence[Node], depth: int) -> None:
        pinned = [node for node in nodes if not depth and node.key in ("/", "\0around")]
        rest = [node for node in nodes if node not in pinned] if pinned else nodes
        for node in [*sorted(rest, key=ORDERS[self._order]), *pinned]:  # type: ignore[arg-type]
            self._lines.append(Line(node, depth))
            if node.children and node.key in self._unfolded:
                self._unfold(node.children, depth + 1)

    def _find(self, key: str, otherwise: int) -> int:
        for number, listed in enumerate(self._lines):
            if listed.node.key == key:
                return number
        return max(0, min(otherwise, len(self._lines) - 1))

    def reveal(self, key: str) -> None:
        """Highlight a line by its key, unfolding what it is in."""
        path = self._path(self._roots, key)
        if not path:
            return
        if folded := {node.key for node in path[:-1]} - self._unfolded:
            self._unfolded |= folded
            self._flatten()
            self.virtual_size = Size(0, len(self._lines))
        self.action_move_to(self._find(key, self._cursor))

    def _path(self, nodes: Sequence[Node], key: str) -> list[Node]:
        for node in nodes:
            if node.key == key:
                return [node]
            nested = self._nested and node.key.endswith("/") and node.key != "/"
            if nested and not key.startswith(node.key):
                continue
            if below := self._path(node.children, key):
                return [node, *below]
        return []

    # Moving

    def action_move(self, lines: int) -> None:
        """Highlight another line."""
        self.action_move_to(max(0, self._cursor + lines))

    def action_page(self, pages: int) -> None:
        """Highlight a line a view away."""
        self.action_move(pages * max(1, self.size.height - 1))

    def action_move_to(self, number: int) -> None:
        """Highlight a line by its number; -1 is the last."""
        last = len(self._lines) - 1
        self._cursor = max(0, last if number < 0 else min(number, last))
        self._reveal()
        self.refresh()
        self.post_message(self.Highlighted())

    def action_fold(self) -> None:
        """Unfold what is highlighted, or fold it again; of a file, the folder it is in."""
        node = self.highlighted
        if node is None:
            return
        if not node.children:
            path = self._path(self._roots, node.key)
            if len(path) < 2:
                return
            node = path[-2]
        self._unfolded ^= {node.key}
        self._flatten()
        self.virtual_size = Size(0, len(self._lines))
        self.action_move_to(self._find(node.key, self._cursor))

    def action_open(self) -> None:
        """Show the text of what is highlighted; a folder is unfolded."""
        if node := self.highlighted:
            if node.children:
                self.action_fold()
            else:
                self.post_message(self.Opened(node))

    def _reveal(self) -> None:
        height = max(1, self.size.height)
        top = min(max(self.scroll_offset.y, self._cursor - height + 1), self._cursor)
        self.scroll_to(y=top, animate=False)

    def on_click(self, event: events.Click) -> None:
        """Highlight a line, or open it if it is."""
        number = event.y + self.scroll_offset.y
        if number >= len(self._lines):
            return
        if number == self._cursor:
            self.action_open()
        else:
            self.action_move_to(number)

    # Drawing

    def heading(self) -> str:
        """Return the names of the columns."""
        sizes = columns(self._width, reasons=self._reasons)
        cells = [
            (fit("", sizes.name + 2), sizes.name),
            ("shown".rjust(NUMBER), NUMBER),
            ("in full".rjust(NUMBER), sizes.full),
            (" " * sizes.bar, sizes.bar),
            (fit("levels" if sizes.levels > 5 else "", sizes.levels), sizes.levels),
            (fit("set", SET), SET),
            (fit("why", sizes.reason), sizes.reason),
        ]
        return " ".join(text for text, size in cells if size)

    @property
    def _width(self) -> int:
        return self.scrollable_content_region.width - 2

    def render_line(self, y: int) -> Strip:
        """Draw one line of the view."""
        number, width = y + self.scroll_offset.y, self.size.width
        if number >= len(self._lines):
            return Strip.blank(width, self.rich_style)
        here = number == self._cursor
        base, over = self.rich_style, Style()
        if here:
            over = self.get_component_rich_style("bars--cursor", partial=True)
        segments = [Segment("› " if here else "  ", base + over)]
        for text, name in self._pieces(self._lines[number]):
            style = base
            if name:
                style += self.get_component_rich_style(f"bars--{name}", partial=True)
            segments.append(Segment(text, style + over))
        return Strip(segments).adjust_cell_length(width, base + over)

    def _pieces(self, listed: Line) -> Iterator[tuple[str, str]]:
        node, depth = listed
        sizes = columns(self._width, reasons=self._reasons)
        sign = ("▾ " if node.key in self._unfolded else "▸ ") if node.children else "  "
        name = node.name
        if self._nested and depth > 1:
            name = name.rstrip("/").rpartition("/")[2] + "/" * name.endswith("/")
        room = max(sizes.name - 2 * depth - 2, 4)
        text = "  " * depth + sign + fit(name, room, end=not self._nested and not node.children)
        yield fit(text, sizes.name), "group" if node.children else ""
        yield " " + f"{node.shown:,}".rjust(NUMBER), ""
        if sizes.full:
            yield " " + f"{node.full:,}".rjust(NUMBER), "muted"
        yield " " + bar(node, sizes.bar), "bar"
        if sizes.levels:
            yield " " + fit(counted(node), sizes.levels), ""
        yield " " + fit(by_hand(node), SET), "set"
        if sizes.reason:
            yield " " + fit(node.reason, sizes.reason), "muted"
