"""Where each widget of a screen stands, worked out once for each layout."""

from __future__ import annotations

from textual._compositor import Compositor, ReflowResult
from textual.geometry import Size
from textual.widget import Widget


class OnceCompositor(Compositor):
    """Textual's, which in 8.2 arranges every widget a second time after a layout.

    Its `reflow` makes the map of all widgets, but does not say that the map is sound again after
    a scroll; whoever asks for a region next makes the same map anew. With a long answer on the
    screen that is a third of the time for which a key waits.
    """

    def reflow(self, parent: Widget, size: Size) -> ReflowResult:
        """Lay out a screen."""
        result = super().reflow(parent, size)
        self._full_map_invalidated = False
        return result
