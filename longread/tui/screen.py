"""What the main screens share: the bar on top, the footer, and being told what changed."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Protocol, cast

from textual.app import ComposeResult
from textual.content import Content
from textual.screen import Screen
from textual.style import Style
from textual.widgets import Footer, Static

from longread.export.visible import line
from longread.tui.compositor import OnceCompositor
from longread.tui.matter import Matter
from longread.types import Event

if TYPE_CHECKING:
    from longread.tui.app import LongreadApp
    from longread.tui.board import Board

ROOMS = {
    "library": ("f2", "Library"),
    "read": ("f3", "Read"),
    "grid": ("f4", "Grid"),
    "budget": ("f5", "Budget"),
    "plan": ("f6", "Plan"),
}
"""Mode, key and name of each main screen."""


class Listener(Protocol):
    """What is told of changes: of sessions that are open, and of the store."""

    def matter_changed(self, matter: Matter) -> None:
        """A session, this one or another, is opened, failed, answering, or done with it."""

    async def take(self, matter: Matter, event: Event) -> None:
        """An event of a question that is being answered came."""

    def store_changed(self) -> None:
        """Something was written to the store, here or by another program."""

    def board_changed(self, board: Board | None, *, anew: bool) -> None:
        """A review is opened or read anew, or cells of it came."""


class Bar(Static):
    """One line on top: which screens there are, which one this is, what is open."""

    DEFAULT_CSS = """
    Bar { height: 1; dock: top; background: $panel; color: $foreground; padding: 0 1; }
    """

    def __init__(self, room: str) -> None:
        super().__init__(markup=False)
        self._room = room

    def tell(self, title: str) -> None:
        """Show what is open."""
        parts: list[Content] = []
        for name, (key, label) in ROOMS.items():
            here = name == self._room
            text = f"[{key} {label}]" if here else f" {key} {label} "
            click = Style.from_meta({"@click": f"app.room('{name}')"})
            parts.append(Content(text).stylize(click).stylize("bold $accent" if here else ""))
        self.update(Content(" ").join(parts) + Content(f"   {line(title)}"))


class Room(Screen[None]):
    """A main screen. Its widgets go into `body`; nothing heavy happens before it is painted."""

    NAME: ClassVar[str]
    """Its key in `ROOMS`."""

    def __init__(self) -> None:
        super().__init__()
        self._compositor = OnceCompositor()

    @property
    def house(self) -> LongreadApp:
        """The app, with what all screens share."""
        return cast("LongreadApp", self.app)

    @property
    def there(self) -> bool:
        """Whether it can still be drawn on: work may end when the program is about to."""
        return any(isinstance(child, Bar) for child in self.children)

    def compose(self) -> ComposeResult:
        """Put the bar on top, the footer below, the screen's own between them."""
        yield Bar(self.NAME)
        yield from self.body()
        yield Footer(show_command_palette=False)

    def body(self) -> ComposeResult:
        """Yield the screen's own widgets."""
        raise NotImplementedError

    def on_mount(self) -> None:
        """Be told of changes from now on."""
        self.house.rooms.append(self)

    def on_screen_resume(self) -> None:
        """Show what is open now."""
        self.show_matter(self.house.matter)

    def show_matter(self, matter: Matter | None) -> None:
        """Another session is to be shown; called whenever the screen is shown again."""
        self.query_one(Bar).tell(matter.title if matter else "nothing is open")

    def matter_changed(self, matter: Matter) -> None:
        """A session, this one or another, is opened, failed, answering, or done with it."""

    async def take(self, matter: Matter, event: Event) -> None:
        """An event of a question that is being answered came."""

    def store_changed(self) -> None:
        """Something was written to the store, here or by another program."""

    def board_changed(self, board: Board | None, *, anew: bool) -> None:
        """A review is opened or read anew, or cells of it came."""
