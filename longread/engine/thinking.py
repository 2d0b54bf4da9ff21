"""Reasoning that a model writes into its answer, between <think> and </think>, told from it."""

from __future__ import annotations

from longread.types import Reasoning, Text

OPEN, CLOSE = "<think>", "</think>"


class Split:
    """Tells reasoning from answer in text that comes in pieces.

    Reasoning stands only at the beginning: an answer that names the tag later keeps it.

    Args:
        inside: whether the text begins within reasoning, as where the template opened it.
    """

    def __init__(self, *, inside: bool = False) -> None:
        self._held = ""
        self._state = "think" if inside else "start"

    def feed(self, piece: str) -> list[Text | Reasoning]:
        """Return what is certain now; what may be part of a tag is held back."""
        self._held += piece
        found: list[Text | Reasoning] = []
        if self._state == "start":
            begun = self._held.lstrip()
            if begun.startswith(OPEN):
                self._held, self._state = begun[len(OPEN) :], "think"
            elif not OPEN.startswith(begun):
                self._state = "answer"
        if self._state == "think":
            thought, closed, rest = self._held.partition(CLOSE)
            if closed:
                self._held, self._state = rest, "after"
            else:
                keep = _partial(thought, CLOSE)
                self._held = thought[len(thought) - keep :]
                thought = thought[: len(thought) - keep]
            found += [Reasoning(thought)] if thought else []
        if self._state == "after":
            # The blank lines between reasoning and answer belong to neither.
            self._held = self._held.lstrip()
            self._state = "answer" if self._held else "after"
        if self._state == "answer" and self._held:
            found.append(Text(self._held))
            self._held = ""
        return found

    def outside(self) -> None:
        """Take what comes as the answer: the server tells its reasoning apart by itself."""
        if self._state == "think" and not self._held:
            self._state = "after"

    def end(self) -> list[Text | Reasoning]:
        """Return what was held back, now that nothing follows."""
        held, self._held = self._held, ""
        if not held:
            return []
        return [Reasoning(held)] if self._state == "think" else [Text(held)]


def _partial(text: str, tag: str) -> int:
    """Return how many characters at the end of `text` may be the beginning of `tag`."""
    return next((n for n in range(len(tag) - 1, 0, -1) if text.endswith(tag[:n])), 0)
