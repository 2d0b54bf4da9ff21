"""An answer's text as Markdown in which citations are numbered links. It knows no widget.

What the model wrote is made visible first; the links made here are the only ones that lead
somewhere, and they lead to a citation's number.
"""

from __future__ import annotations

import re

from markdown_it import MarkdownIt

from longread.export.session import SIGNS
from longread.export.visible import visible
from longread.types import Answer, Citation

SCHEME = "cite:"
"""How links to citations begin; the number follows, from 0."""
BEGUN = re.compile(r"\[\s?d\d{1,9}\s?:[^\[\]]{0,4000}\Z")
"""A citation of which the end has not come yet."""
OPENING = re.compile(r"\[(?:\s?d?\d{0,9}\s?)?\Z")
"""What may turn out to be the beginning of one."""
WHOLE = re.compile(r"\[\s?d\d{1,9}\s?:\s?[Lpc]?\d[^\[\]]{0,4000}\]")
"""A citation as models are asked to write it."""


def parser() -> MarkdownIt:
    """Return a Markdown parser that shows HTML as text and makes no links of bare addresses."""
    return MarkdownIt("gfm-like", {"html": False, "linkify": False}).disable("linkify")


def label(number: int, citation: Citation) -> str:
    """Return what stands for a citation in the text: "1✓"."""
    return f"{number + 1}{SIGNS[citation.verdict]}"


def linked(answer: Answer) -> str:
    """Return the answer's text with each citation as a numbered link and its verdict's sign."""
    text = answer.text
    parts: list[str] = []
    done = 0
    found = [(c.at, n, c) for n, c in enumerate(answer.citations) if c.at]
    for at, number, citation in sorted(found, key=lambda each: each[0]):
        start, end = at
        if start < done or end > len(text):
            # Several citations in one bracket share its place in the text.
            if parts and end <= done:
                parts.append(f" {_link(number, citation, bare=False)}")
            continue
        parts.append(visible(text[done:start]))
        inside = not text[start:end].startswith(("[", "【"))
        parts.append(_link(number, citation, bare=inside))
        done = end
    parts.append(visible(text[done:]))
    return "".join(parts)


def _link(number: int, citation: Citation, *, bare: bool) -> str:
    shown = label(number, citation)
    return f"[{shown}]({SCHEME}{number})" if bare else rf"[\[{shown}\]]({SCHEME}{number})"


class Coming:
    """An answer while it is written: citations become numbers as soon as they are whole."""

    def __init__(self) -> None:
        self._held = ""
        self._count = 0

    def take(self, text: str) -> str:
        """Return what can be shown now of all that came; the rest is held back."""
        self._held += text
        begun = BEGUN.search(self._held) or OPENING.search(self._held)
        cut = begun.start() if begun else len(self._held)
        shown, self._held = self._held[:cut], self._held[cut:]
        return WHOLE.sub(self._number, visible(shown))

    def rest(self) -> str:
        """Return what was held back."""
        shown, self._held = self._held, ""
        return visible(shown)

    def _number(self, _: re.Match[str]) -> str:
        self._count += 1
        return rf"\[{self._count}\]"
