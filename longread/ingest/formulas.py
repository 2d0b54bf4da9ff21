"""Formulas on one line: what stands above, below or under another sign is told by signs.

A formula loses its meaning where its parts are only put side by side: a half would be twelve. It
is written as Word's own linear format writes it (UnicodeMath): "(a+b)/c", "x^2", "√(x+1)". It
knows no file format: `docx.py` and `html.py` say which part begins.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from longread.ingest.writer import Writer

SIGNS = {"": "", "under": "/", "above": "^", "below": "_"}
"""Parts that have a sign before them, and the sign; the others are without a name."""
SIMPLE = re.compile(r"[\w.,′]*|\([^()]*\)")
"""What needs no brackets in a fraction or a root; raised and lowered, but one character."""


class Formula:
    """The parts of formulas that are open, in the line that is being written."""

    def __init__(self, writer: Writer) -> None:
        self._writer = writer
        self._open: list[tuple[str, int]] = []

    def open(self, part: str) -> None:
        """Begin a part: one of `SIGNS`, or the "degree" of a root."""
        self._open.append((part, self._writer.mark()))

    def close(self) -> None:
        """End the part that was begun last; one without words leaves no sign."""
        part, at = self._open.pop() if self._open else ("", 0)
        words = self._writer.since(at).strip()
        if not words:
            return
        if part == "degree":
            self._writer.wrap(at, "[", "]")
        elif len(words) == 1 or (part in ("", "under") and SIMPLE.fullmatch(words)):
            self._writer.wrap(at, SIGNS[part], "")
        else:
            self._writer.wrap(at, f"{SIGNS[part]}(", ")")


@dataclass(slots=True)
class Thing:
    """A fraction, root, sum or the like: what a Word file says of it before its parts."""

    name: str
    sign: str = ""
    begin: str = ""
    between: str = ""
    end: str = ""
    parts: int = 0
    """How many have begun."""


THINGS = {
    "m:nary": ("∫", "", "", ""), "m:rad": ("√", "", "", ""), "m:acc": ("", "", "", "\u0302"),
    "m:d": ("", "(", "|", ")"), "m:eqArr": ("", "", "; ", ""), "m:m": ("", "", "; ", ""),
    "m:mr": ("", "", ", ", ""), "m:f": ("", "", "", " "),
}  # fmt: skip
"""Signs where the file names none (ECMA-376 part 1, 22.1.2)."""
OTHERS = frozenset(
    "m:sSup m:sSub m:sSubSup m:sPre m:limLow m:limUpp m:func m:bar m:box m:borderBox"
    " m:groupChr m:phant".split()
)
NAMED = {"m:begChr": "begin", "m:sepChr": "between", "m:endChr": "end"}
PARTS = {
    "m:num": "", "m:den": "under", "m:sup": "above", "m:sub": "below", "m:deg": "degree",
    "m:lim": "below", "m:e": None, "m:mr": None,
}  # fmt: skip
"""Elements that are parts of a thing, and what `Formula` calls them."""


class WordFormula:
    """The formulas of a Word file, told element by element."""

    def __init__(self, writer: Writer) -> None:
        self._writer = writer
        self._formula = Formula(writer)
        self._things: list[Thing] = []

    def start(self, name: str, value: str) -> None:
        """Take the beginning of an element; `value` is that of its attribute m:val."""
        thing = self._things[-1] if self._things else None
        if thing and name in PARTS:
            self._begin(thing, name)
        elif thing and name in NAMED:
            setattr(thing, NAMED[name], value)
        elif thing and name == "m:chr":
            setattr(thing, "end" if thing.name == "m:acc" else "sign", value)
        if name in THINGS or name in OTHERS:
            self._things.append(Thing(name, *THINGS.get(name, ())))

    def _begin(self, thing: Thing, name: str) -> None:
        thing.parts += 1
        if thing.parts == 1:
            self._writer.say(thing.sign + thing.begin)
        elif thing.between:
            self._writer.say(thing.between)
        elif thing.name == "m:nary" and name == "m:e":
            self._writer.say(" ")
        part = "" if (thing.name, name) == ("m:rad", "m:e") else PARTS[name]
        if part is not None:
            self._formula.open(part)

    def end(self, name: str) -> None:
        """Take the end of an element."""
        if self._things and name == self._things[-1].name:
            self._writer.say(self._things.pop().end)
        thing = self._things[-1].name if self._things else ""
        if thing and (PARTS.get(name) is not None or (thing, name) == ("m:rad", "m:e")):
            self._formula.close()
