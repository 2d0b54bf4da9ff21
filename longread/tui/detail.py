"""What the Library says of the highlighted session beside the list, or in one line below it."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from typing import TYPE_CHECKING, cast

from textual import work
from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.content import Content
from textual.message import Message
from textual.timer import Timer
from textual.widgets import Static

from longread.errors import StoreError
from longread.export.session import percent
from longread.export.visible import line
from longread.store import About, Asked, Row
from longread.tui import entries
from longread.tui.entries import Entry, count
from longread.types import Source

if TYPE_CHECKING:
    from longread.tui.app import LongreadApp

PAUSE = 0.08
"""Seconds from a session being highlighted to all that is said of it."""
SOURCES = 12
"""Sources that are named before the rest is only counted."""

WELCOME = Content.assemble(
    ("longread reads all of it, answers, and shows where it stands.", "bold"),
    "\n\nPoint it at a git repository, a folder or a shelf of PDFs and ask. Each claim of an"
    " answer carries a citation that the program has checked against the source; one key shows"
    " the line or the page.\n\n",
    ("n", "bold $accent"),
    "   begin: name a path or paste several\n",
    ("f1", "bold $accent"),
    "  every key\n",
)


class Facts(VerticalScroll, can_focus=False):
    """All there is to say of one session, some of it read when the keys leave time for that."""

    class Learned(Message):
        """More is known of the session."""

    def __init__(self) -> None:
        super().__init__()
        self._entry: Entry | None = None
        self._about: dict[tuple[str, datetime], About] = {}
        self._waiting: Timer | None = None

    def compose(self) -> ComposeResult:
        """Put the text in place."""
        yield Static(markup=False)

    def show(self, entry: Entry | None) -> None:
        """Tell of a session, a moment later: new text takes a new layout."""
        self._entry = entry
        if self._waiting is None:
            self._waiting = self.set_timer(PAUSE, self._tell)

    def about(self, entry: Entry | None) -> About | None:
        """Return what is known of a session beyond the list."""
        row = entry.row if entry else None
        return self._about.get((row.id, row.updated)) if row else None

    def _tell(self) -> None:
        self._waiting = None
        about = self.about(self._entry)
        if about is None and self._entry and self._entry.row:
            self._learn(self._entry.row)
        if self.display:
            self.query_one(Static).update(facts(self._entry, about))
        self.post_message(self.Learned())

    @work(exclusive=True)
    async def _learn(self, row: Row) -> None:
        house = cast("LongreadApp", self.app)
        store = await house.store()
        # A session that is gone meanwhile has nothing to be told of.
        with suppress(StoreError):
            self._about[row.id, row.updated] = await asyncio.to_thread(store.about, row.id)
            self.show(self._entry)


def facts(entry: Entry | None, about: About | None) -> Content:
    """Return all there is to say of a session, on several lines.

    Args:
        about: what the store says beyond the list; None until it is read.
    """
    return Content("\n").join(_facts(entry, about)) if entry else Content()


def _facts(entry: Entry, about: About | None) -> Iterator[Content]:
    yield Content.styled(line(entry.title), "bold")
    yield _state(entry)
    row = entry.row
    if row is None:
        return
    yield Content()
    yield _fact("session", row.id)
    yield _fact("profile", line(row.profile))
    yield _fact("size", f"{row.tokens:,} of {row.budget:,} tokens before a question")
    if entries.partly(row):
        yield _fact("", "! not all of it is shown in full to every question")
    unread = about.unread if about else 0
    yield _fact("in full", percent(row.share) + (" of what was read" if unread else ""))
    files = f"{row.files - unread:,} of {count(row.files, 'file')}"
    read = [files if unread else count(row.files, "file")]
    yield _fact("read", ", ".join(read + ([count(row.pages, "page")] if row.pages else [])))
    yield _fact("asked", count(row.answers, "question"))
    yield _fact("cost", entries.money(row.price) or "nothing, or not known")
    yield _fact("begun", f"{row.created.astimezone():%Y-%m-%d %H:%M}")
    yield _fact("last", f"{row.updated.astimezone():%Y-%m-%d %H:%M}")
    if about is None:
        yield from _listed("read from", row.sources)
        return
    yield from _listed("read from", [_source(source) for source in about.sources[:SOURCES]])
    if len(about.sources) > SOURCES:
        yield Content(f"  and {len(about.sources) - SOURCES:,} more")
    if about.asked:
        yield from _listed("asked", [_asked(one) for one in reversed(about.asked)])


def _source(source: Source) -> str:
    version = f" @{source.version[:7]}" if source.version else ""
    return f"{source.location}{version}" + (f"; {source.note}" if source.note else "")


def _asked(one: Asked) -> str:
    cut = " ✗ cut" if one.finished == "cut" else ""
    return f"{entries.when(one.when, datetime.now(UTC))}{cut}  {one.question}"


def _listed(title: str, values: Sequence[str]) -> Iterator[Content]:
    yield Content()
    yield Content.styled(title, "$text-muted")
    for value in values:
        yield Content(f"  {line(value)}")


def _fact(name: str, value: str) -> Content:
    return Content.assemble((f"{name:<8} ", "$text-muted"), value)


def _state(entry: Entry) -> Content:
    text = f"{entries.GLYPHS[entry.state]} {entries.WORDS[entry.state]}"
    return Content(f"{text}: {line(entry.doing)}" if entry.doing else text)


def below(entry: Entry | None, about: About | None) -> Content:
    """Return the most of it that one line holds."""
    if entry is None:
        return Content()
    words = [_state(entry).plain]
    if row := entry.row:
        words += [
            f"{percent(row.share)} in full",
            *([f"{about.unread:,} of {row.files:,} not read"] if about and about.unread else []),
            f"last {entries.when(row.updated, datetime.now(UTC))}",
            line(row.last_question or ", ".join(row.sources)),
        ]
    return Content(" · ".join(words))
