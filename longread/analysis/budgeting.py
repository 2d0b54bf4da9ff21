"""Where the tokens of a prompt go: summed by folder, kind, level and reason.

Pure sums over a conversation. Nothing is laid out here, and nothing changes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

from longread.analysis import portions, reading
from longread.analysis.conversation import Conversation
from longread.analysis.portions import Part, Window
from longread.prompt import changes
from longread.types import Entry, Level, Placed

Grouping = Literal["folders", "kinds", "levels", "reasons", "pieces"]
Letter = Literal["F", "~", "S", "P", "-"]
LETTERS: Mapping[Letter, str] = {
    "F": "full", "~": "parts", "S": "signatures", "P": "path", "-": "none",
}  # fmt: skip
"""How much of a file is shown, most first."""
STEPS = (Level.NONE, Level.PATH, Level.SIGNATURES, Level.FULL)
"""Levels that a person can set."""
PARTS = "parts of it fit the budget"
"""Stands for each "12 of 40 parts fit the budget"."""


@dataclass(slots=True)
class Node:
    """A line of the sums: a folder, kind, level, reason, file or piece."""

    key: str
    name: str
    kind: str = ""
    """Of a file."""
    target: str | None = None
    """File, or folder with "/" at its end ("" for all), whose level can be set; None else."""
    shown: int = 0
    full: int = 0
    files: int = 0
    levels: dict[Letter, int] = field(default_factory=dict)
    position: int = 1 << 40
    """Of the first of its pieces in the prompt."""
    reason: str = ""
    """Why a file is not shown in full."""
    by_hand: Level | None = None
    """The level that a person set for it, or for the nearest folder that it is in."""
    own: bool = False
    """Whether that level was set for itself, not for a folder that it is in."""
    children: list[Node] = field(default_factory=list)

    @property
    def left(self) -> int:
        """Tokens left out."""
        return max(self.full - self.shown, 0)

    def add(self, child: Node) -> None:
        """Count what is below."""
        self.shown += child.shown
        self.full += child.full
        self.files += child.files
        self.position = min(self.position, child.position)
        for letter, count in child.levels.items():
            self.levels[letter] = self.levels.get(letter, 0) + count


@dataclass(frozen=True, slots=True)
class Spending:
    """What there is to show of one layout."""

    window: Window
    parts: tuple[Part, ...]
    """In reading order: together, the prompt."""
    files: tuple[Node, ...]
    share: float
    """Part of the corpus' characters shown in full, 0 to 1; what a question adds not counted."""
    levels: Mapping[str, Level]
    """Set by a person."""
    title: str


def spend(conversation: Conversation) -> Spending:
    """Add up where a conversation's tokens go. Blocking: it may read counts from the cache."""
    parts = tuple(portions.parts_of(conversation))
    share = portions.share(conversation)
    levels = dict(conversation.layout.levels)
    files = tuple(_files(conversation, parts, levels))
    window = portions.window(conversation, parts)
    # What was said takes from what the layout leaves to evidence.
    parts = tuple(
        replace(part, tokens=window.evidence) if part.role == "evidence" else part for part in parts
    )
    return Spending(window, parts, files, share, levels, conversation.title)


# The sums


def letter(placed: Placed | None) -> Letter:
    """Return how much of a file is shown."""
    if placed is None:
        return "-"
    if placed.level is Level.FULL:
        return "F"
    if placed.raised:
        return "~"
    if placed.level >= Level.SIGNATURES:
        return "S"
    return "P" if placed.level else "-"


def _files(
    conversation: Conversation, parts: Sequence[Part], levels: Mapping[str, Level]
) -> Iterator[Node]:
    live = changes.live(conversation.layout)
    places = {placed.path: placed for placed in live}
    order = {p.path: n for n, p in enumerate(live, len(parts))}
    for number in range(len(parts) - 1, -1, -1):
        if parts[number].path:
            order[parts[number].path] = number
    for entry in conversation.ledger.files:
        yield _file(entry, places.get(entry.path), order.get(entry.path, 1 << 30), levels)


def _file(entry: Entry, placed: Placed | None, position: int, levels: Mapping[str, Level]) -> Node:
    shown = letter(placed)
    return Node(
        entry.path,
        entry.path,
        entry.kind,
        entry.path if placed else None,
        entry.tokens,
        max(entry.full_tokens, entry.tokens) if shown == "F" else entry.full_tokens,
        1,
        {shown: 1},
        position,
        entry.reason,
        reading.level_of(entry.path, levels) if placed else None,
        entry.path in levels,
    )


def tree(spending: Spending, grouping: Grouping, *, left_out: bool = False) -> list[Node]:
    """Return the sums of one grouping, with what they are made of below.

    Args:
        left_out: only files of which something is left out, and what is only in part shown.
    """
    files = [f for f in spending.files if not left_out or f.left or f.reason]
    around = [] if left_out else [_around(spending.parts)]
    match grouping:
        case "pieces":
            by_path = {file.key: file for file in files}
            return list(_pieces(spending, by_path, left_out=left_out))
        case "folders":
            return [_folders(files, spending), *around]
        case "reasons":
            files = [file for file in files if file.reason]
            return _grouped(files, lambda file: PARTS if _partly(file) else file.reason)
        case "kinds":
            return [*_grouped(files, lambda file: file.kind), *around]
        case "levels":
            return [*_grouped(files, lambda file: LETTERS[next(iter(file.levels))]), *around]


def _partly(file: Node) -> bool:
    return "~" in file.levels


def _grouped(files: Iterable[Node], name: Callable[[Node], str]) -> list[Node]:
    groups: dict[str, Node] = {}
    for file in files:
        group = groups.setdefault(name(file), Node(f"\0{name(file)}", name(file)))
        group.add(file)
        group.children.append(file)
    return list(groups.values())


def _folders(files: Iterable[Node], spending: Spending) -> Node:
    levels = spending.levels
    top = Node("/", spending.title, target="", by_hand=levels.get(""), own="" in levels)
    folders = {"": top}

    def folder(path: str) -> Node:
        if path not in folders:
            above = folder(path.rstrip("/").rpartition("/")[0] + "/" if "/" in path[:-1] else "")
            own = path in levels
            set_to = levels[path] if own else above.by_hand
            folders[path] = Node(path, path, target=path, by_hand=set_to, own=own)
            above.children.append(folders[path])
        return folders[path]

    for file in files:
        above, slash, _ = file.key.rpartition("/")
        path = above + slash
        folder(path).children.append(file)
        while path:
            folders[path].add(file)
            path = path[:-1].rpartition("/")[0] + "/" if "/" in path[:-1] else ""
        top.add(file)
    return top


def _around(parts: Sequence[Part]) -> Node:
    """Return what the prompt has beside documents."""
    around = Node("\0around", "around the documents")
    for number, part in enumerate(parts):
        if part.role != "corpus":
            node = _piece(number, part, None)
            around.add(node)
            around.children.append(node)
    return around


def _pieces(spending: Spending, files: Mapping[str, Node], *, left_out: bool) -> Iterator[Node]:
    for number, part in enumerate(spending.parts):
        if not left_out or part.path in files:
            yield _piece(number, part, files.get(part.path))


def _piece(number: int, part: Part, file: Node | None) -> Node:
    node = Node(f"\0{number}", part.name, shown=part.tokens, full=part.tokens, position=number)
    if file:
        node.target, node.full, node.reason = file.target, max(file.full, part.tokens), file.reason
        node.by_hand, node.own = file.by_hand, file.own
    if part.path:
        node.levels = {"F": 1} if part.level is Level.FULL else {}
        if part.level is Level.SIGNATURES:
            node.levels = {"S": 1}
        elif part.level is Level.PATH:
            node.levels = {"P": 1}
    return node


# Levels set by hand


def stepped(node: Node, levels: Mapping[str, Level], step: int) -> Level:
    """Return the level above or below that of a file or a folder.

    It is the level that is set for it or for the folder it is in, or else the middle one of its
    files'.
    """
    now = reading.level_of(node.target or "", levels)
    if now is None:
        now = middle(node)
    at = max(n for n, level in enumerate(STEPS) if level <= now)
    return STEPS[min(max(at + step, 0), len(STEPS) - 1)]


def middle(node: Node) -> Level:
    """Return the highest level that half of a node's files have or exceed."""
    of: dict[Letter, Level] = {
        "F": Level.FULL, "~": Level.PATH, "S": Level.SIGNATURES, "P": Level.PATH, "-": Level.NONE,
    }  # fmt: skip
    found = sorted(
        (of[shown] for shown, count in node.levels.items() for _ in range(count)), reverse=True
    )
    return found[(len(found) - 1) // 2] if found else Level.NONE
