"""What the Library says of a session: its state, its size and its times in words and glyphs.

It reads no store and draws nothing; what comes from files is made visible by who draws it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from longread.analysis.drafts import alive
from longread.export.stages import stage
from longread.store import Found, Row
from longread.tui.matter import Matter

State = Literal["ready", "opening", "answering", "elsewhere", "cut", "failed"]
GLYPHS: dict[State, str] = {
    "ready": "●", "opening": "…", "answering": "▶", "elsewhere": "▶", "cut": "✗", "failed": "✗",
}  # fmt: skip
WORDS: dict[State, str] = {
    "ready": "ready",
    "opening": "being opened",
    "answering": "being answered",
    "elsewhere": "being answered by another program",
    "cut": "its last answer was cut; what came is kept",
    "failed": "could not be opened",
}
CELLS = 8
"""Cells of the bar that shows a size."""
WAYS: Mapping[str, str] = {"git": "repo"}


@dataclass(frozen=True, slots=True)
class Entry:
    """One session, or one that is about to be."""

    key: str
    """The session's id; of one that is not kept yet, a name of its own."""
    title: str
    row: Row | None = None
    """What the store says of it; None before it is kept."""
    state: State = "ready"
    doing: str = ""
    """How far the opening is, why it failed, or what is being asked."""
    hits: tuple[Found, ...] = ()
    """Where the words that are looked for stand in it."""
    more: int = 0
    """Hits beyond these."""


SORTS: dict[str, Callable[[Entry], tuple[float | str, ...]]] = {
    "newest": lambda entry: (-entry.row.updated.timestamp() if entry.row else 0.0,),
    "title": lambda entry: (entry.title.casefold(), entry.key),
    "size": lambda entry: (-entry.row.tokens if entry.row else 0, entry.key),
    "cost": lambda entry: (-entry.row.price if entry.row else 0.0, entry.key),
}
"""Orders of the list, by name."""


def kept(rows: Iterable[Row]) -> list[Entry]:
    """Return an entry for each row; asks the system which writers still live."""
    lives: dict[str, bool] = {}
    entries = []
    for row in rows:
        for owner in row.owners:
            if owner not in lives:
                lives[owner] = alive(owner)
        state: State = "ready"
        if row.owners:
            state = "elsewhere" if any(lives[owner] for owner in row.owners) else "cut"
        entries.append(Entry(row.id, row.title, row, state))
    return entries


def as_open(kept: State, matter: Matter) -> tuple[State, str]:
    """Return state and doing of a session that is open here, or is being opened."""
    if matter.opening:
        return "opening", stage(matter.opening)
    if matter.asking:
        return "answering", matter.asking.question
    if matter.failed:
        return "failed", matter.failed
    # A draft that this program left was mended when the session was opened.
    return ("ready" if kept == "cut" else kept), ""


def matching(entry: Entry, words: Sequence[str]) -> bool:
    """Whether all words stand in its title, sources or profile."""
    row = entry.row
    said = [entry.title, *((row.id, row.profile, *row.sources) if row else ())]
    text = "\n".join(said).casefold()
    return all(word in text for word in words)


def kind(row: Row) -> str:
    """Say in one word what it was read from."""
    if row.way == "pdf":
        return f"{row.files:,} pdf"
    if row.way == "folder" and row.pages:
        return f"{row.files:,} docs"
    return WAYS.get(row.way, row.way)


def name(entry: Entry) -> str:
    """Return its title and, of a repository, the version that was read."""
    version = entry.row.version[:7] if entry.row else ""
    return f"{entry.title} @{version}" if version else entry.title


def size(row: Row) -> str:
    """Say how many tokens of how many the prompt takes: "118k/131k"."""
    return f"{short(row.tokens)}/{short(row.budget)}"


def bar(row: Row) -> str:
    """Draw the same, with "!" where not everything is shown in full."""
    part = row.tokens / row.budget if row.budget else 1.0
    full = min(CELLS, max(round(part * CELLS), row.tokens > 0))
    return "▇" * full + "▁" * (CELLS - full) + ("!" if partly(row) else " ")


def partly(row: Row) -> bool:
    """Whether something of it is not shown in full, or it is larger than its window."""
    return row.share < 1 or row.tokens > row.budget


def short(tokens: int) -> str:
    """Return a number of tokens in at most four characters: 999, 64k, 1.2M, 10M."""
    if tokens < 1_000:
        return str(tokens)
    if tokens < 999_500:
        return f"{tokens / 1_000:.0f}k"
    return f"{tokens / 1_000_000:.{0 if tokens >= 9_950_000 else 1}f}M"


def money(dollars: float) -> str:
    """Return an amount of US dollars, and nothing for none."""
    if not dollars:
        return ""
    if dollars < 0.005:
        return "<$0.01"
    return f"${dollars:,.2f}" if dollars < 1_000 else f"${dollars:,.0f}"


def when(time: datetime, now: datetime) -> str:
    """Return a time as people say it: "today 14:02", "Tue 09:30", "2026-03-01"."""
    time, now = time.astimezone(), now.astimezone()
    days = (now.date() - time.date()).days
    if days == 0:
        return f"today {time:%H:%M}"
    if 0 < days < 7:
        return f"{('Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun')[time.weekday()]} {time:%H:%M}"
    return f"{time:%Y-%m-%d}"


def count(number: int, noun: str) -> str:
    """Return "1 question", "2 questions"."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"
