"""What a grammar's table says: how definitions look in one language's syntax tree.

A table names nodes of the grammar and nothing else; `longread.ingest.symbols` walks by it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, NamedTuple, Protocol

if TYPE_CHECKING:
    from tree_sitter import Node

Shown = Literal["head", "short", "whole", "line"]
"""What stands for a definition: up to its body, all of it where it is short, all of it, or its
first line."""
Named = Literal["field", "declarator", "assigned"]
"""Where the name stands: in a field, within C's declarators, or left of what is assigned."""
Documented = Literal["above", "inside", "nowhere"]
"""Where a definition's documentation stands: in the comments above it, in the string that its
body begins with, or nowhere that is known."""


@dataclass(frozen=True, slots=True)
class Definition:
    """How one type of node defines something."""

    kind: Literal["function", "method", "class", "section"]
    """A function within a class is a method."""
    named: Named = "field"
    name: str = "name"
    """Field or type of the child that has the name; "a|b" is a or else b, "a/b" is b within a."""
    body: str = "body"
    """The same, of the child that is not part of the signature."""
    shown: Shown = "head"
    members: Literal["", "function", "method"] = ""
    """What a function in it is; empty where it is not looked into. What is shown whole is not."""
    qualifies: bool = True
    """Its name is the first part of its members' names."""
    line: bool = False
    """Its signature begins with its line: `let` and `and` stand before the node."""
    lasting: bool = False
    """It lasts until the next such one, or to the end of what holds it: headings."""


class Sense(NamedTuple):
    """What a node means where no table can say it."""

    definition: Definition | None = None
    """None where it defines nothing."""
    name: str = ""
    head: Node | None = None
    """The node that its signature ends with; without one it ends before `body`."""
    body: Node | None = None
    doc: Node | None = None
    """What documents it within itself."""
    same: str = ""
    """Neighbours in which this is equal, and not empty, are one definition: equations."""
    links: tuple[str, ...] = ()
    first: Node | None = None
    """Where it begins, and where it ends, if not as the node does."""
    last: Node | None = None
    into: bool | None = None
    """Whether definitions are looked for in it that do not bear its name; None: as usual."""


Role = Literal["doc", "decorator", "aside", "beside", "tail", "within", "file"]
"""What belongs to the definition below: its documentation, a part of its signature, or neither;
to the one above or else the one below, as documentation; to the one above, as neither; to what it
stands in, as documentation. At the last, the documentation above is that of the file."""


class Read(Protocol):
    """What a reader can ask."""

    depth: int
    """Nodes around that are looked into, without the root."""

    def __call__(self, node: Node | None, before: Node | None = None, /) -> str:
        """Return the text of a node, or from it on to another, on one line.

        It is cut to the length of a name, and without quotes around it.
        """
        ...


Reader = Callable[["Node", Read], "Sense | Role | None"]
"""Says what a node means; None where it means nothing, so that it is walked like any other."""


@dataclass(frozen=True, slots=True)
class Grammar:
    """One language's grammar wheel, and the nodes of its trees that matter here."""

    wheel: str
    """Module and function, "tree_sitter_c:language"."""
    definitions: Mapping[str, Definition]
    looked_into: frozenset[str]
    """Nodes that may hold definitions and are none."""
    wrappers: frozenset[str] = frozenset()
    """Nodes that belong to the definition in them: decorators, `export`."""
    looked_into_if_long: frozenset[str] = frozenset()
    """Nodes that are looked into only where they are too long for one segment; of these, what
    defines something only where it is also broken."""
    leading: frozenset[str] = frozenset({"comment"})
    """Nodes that belong to the definition below them."""
    decorators: frozenset[str] = frozenset({"decorator"})
    """Those of `leading` that belong to its signature; the others are its documentation."""
    documented: Documented = "above"
    imports: Mapping[str, str] = field(default_factory=dict)
    """Nodes that link to other files, and the field that says to which."""
    readers: Mapping[str, Reader] = field(default_factory=dict)
    """Nodes whose meaning depends on the words in them."""
    comment: str = ""
    """What a line begins with that belongs to what stands below it at the same depth, wherever
    the tree may have it."""
    linked: re.Pattern[bytes] | None = None
    """What names a file in the text itself, in its last group; web addresses do not count."""
    separator: str = "/"
    """What stands between the parts of such a name."""
    readable: Callable[[bytes], bytes] | None = None
    """Makes of a text one that the grammar can read, as long and with the same lines."""
    plainer: Callable[[bytes], bytes] | None = None
    """The same, for a text that it cannot read even so: names need not be right in it."""
    functions: frozenset[str] = frozenset()
    """Expressions that are functions or classes: a name they are assigned to defines them."""


SHORT = 12
"""Lines of a type that is shown whole."""


def words(text: str) -> frozenset[str]:
    """Return the words of a text: node types read better as a sentence."""
    return frozenset(text.split())


FUNCTION = Definition("function")
METHOD = Definition("method")
"""A function that belongs to a class it does not stand in."""
CLASS = Definition("class", members="method")
ASSIGNED = Definition("function", named="assigned")
TYPE = Definition("class", shown="short")
LONG = 60
"""Lines from which parts of data get names of their own: a segment has no more."""
KEY = Definition("section", shown="line")
KEYS = Definition("section", shown="line", members="function")
WHOLE = Definition("function", shown="whole")
WHOLE_TYPE = Definition("class", shown="whole")
SHORT_TYPE = Definition("class", shown="short")
OPEN_TYPE = Definition("class", shown="short", members="method")
"""A type whose members are looked for where it is too long to be shown whole."""
MODULE = Definition("class", members="function")
PACKAGE = Definition("class", members="function", qualifies=False)
GROUP = Definition("section", members="function")
"""Tests that stand together, and the like."""


def blank(found: re.Match[bytes]) -> bytes:
    """Return a match with spaces for its groups; without groups, for all of it but line ends."""
    text = found[0]
    if not found.re.groups:
        return re.sub(rb"[^\n]", b" ", text)
    for group in range(1, found.re.groups + 1):
        if found[group]:
            start, end = found.start(group) - found.start(), found.end(group) - found.start()
            text = text[:start] + b" " * (end - start) + text[end:]
    return text


def paths(steps: Sequence[str]) -> list[str]:
    """Return what an import by name may link to: a module, and the one that it is part of.

    Types are no modules, so names that begin with a capital do not count at the end.
    """
    end = len(steps)
    while end and not steps[end - 1][:1].islower():
        end -= 1
    found = ["/".join(steps[:end])] if end else []
    if end == len(steps) and end > 1:
        found.insert(0, "/".join(steps[: end - 1]))
    return found


def kind_of_class(body: Node | None, solid: frozenset[str]) -> Definition:
    """Return how a type is shown: as a class where it does something itself.

    Args:
        solid: members that do, by type, or as paths in them: "method_declaration/body".
    """
    for part in body.named_children if body else ():
        if part.type in solid:
            return CLASS
        for path in solid:
            kind, slash, rest = path.partition("/")
            if slash and kind == part.type and child(part, rest):
                return CLASS
    return OPEN_TYPE


def is_short(node: Node) -> bool:
    """Whether a type is shown whole."""
    return node.end_point[0] - node.start_point[0] < SHORT


def child(node: Node, path: str) -> Node | None:
    """Return the child at a path of fields or types, as `Definition.name` is written."""
    if "|" not in path and "/" not in path:
        return node.child_by_field_name(path) or typed(node, path)
    for way in path.split("|"):
        at: Node | None = node
        for step in way.split("/"):
            at = (at.child_by_field_name(step) or typed(at, step)) if at else None
        if at:
            return at
    return None


def nth(node: Node | None, at: int = 0) -> Node | None:
    """Return a named child by its number, from the end where that is negative."""
    count = node.named_child_count if node else 0
    at = at if at >= 0 else count + at
    return node.named_child(at) if node and 0 <= at < count else None


def typed(node: Node | None, *types: str) -> Node | None:
    """Return the first child of one of the types."""
    if not node:
        return None
    return next((child for child in node.named_children if child.type in types), None)


def until(node: Node, body: Node | None, skipped: frozenset[str]) -> Node | None:
    """Return the last named child before the body that is of none of the types in `skipped`."""
    last = None
    for at in node.named_children:
        if body and at.start_byte >= body.start_byte:
            break
        if at.type not in skipped:
            last = at
    return last


def each(definition: Definition, name: str, head: str = "") -> Reader:
    """Return what reads a node whose name is at one path, and what its signature ends with at
    another."""

    def read_each(node: Node, read: Read) -> Sense | None:
        found = child(node, name)
        if not found:
            return None
        return Sense(definition, read(found), head=child(node, head) if head else None)

    return read_each


def is_long(node: Node) -> bool:
    """Whether a node is longer than a segment is to be."""
    return node.end_point[0] - node.start_point[0] > LONG
