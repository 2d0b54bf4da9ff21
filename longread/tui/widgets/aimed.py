"""A view that stays with what it was sent to, until a person scrolls."""

from __future__ import annotations

from textual.containers import VerticalScroll
from textual.widget import Widget


class AimedScroll(VerticalScroll):
    """Keeps the top of one child on its first row while children are laid out, grow or wrap anew.

    A child that was just mounted has no place yet, and the first layout need not be the last
    one: scrolled to once, the view may stay where nothing was meant to be seen.
    """

    def __init__(self) -> None:
        super().__init__()
        self._aim: Widget | None = None

    def on_mount(self) -> None:
        """Watch for layouts."""
        self.watch(self, "virtual_size", self._laid_out, init=False)

    def aim(self, child: Widget) -> None:
        """Show a child from its first row on."""
        self._aim = child
        self.call_after_refresh(self._seek)

    def release_anchor(self) -> None:
        """Let go; Textual calls this wherever somebody scrolls."""
        super().release_anchor()
        self._aim = None

    def _laid_out(self) -> None:
        if self._aim:
            self.call_after_refresh(self._seek)

    def _seek(self) -> None:
        aim = self._aim
        if aim is None or aim.parent is not self:
            return
        top = min(aim.virtual_region.y, self.max_scroll_y)
        if top != self.scroll_y:
            self.scroll_to(y=top, animate=False, force=True, immediate=True)
            self._aim = aim
