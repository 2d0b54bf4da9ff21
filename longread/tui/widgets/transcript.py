"""The questions of a session and their answers, also the one that is being written."""

from __future__ import annotations

import asyncio

from textual import on
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content
from textual.events import Click
from textual.widgets import Static

from longread.analysis.conversation import Conversation
from longread.export.visible import line
from longread.tui.matter import Matter
from longread.tui.widgets.aimed import AimedScroll
from longread.tui.widgets.answer import AnswerView, CitationRow

LATEST = 12
"""Answers shown at once; earlier ones come when they are asked for."""


class Transcript(Vertical):
    """Makes itself show what a session has. The view moves only when a question is asked."""

    DEFAULT_CSS = """
    Transcript { width: 1fr; height: 1fr; }
    Transcript > AimedScroll { height: 1fr; }
    Transcript > AimedScroll:focus { background-tint: $foreground 4%; }
    Transcript > #more {
        height: 1; width: auto; padding: 0 1; display: none;
        background: $panel; color: $text-accent;
    }
    Transcript > #more.-there { display: block; }
    Transcript > #earlier { height: 1; padding: 0 1; color: $text-accent; display: none; }
    Transcript #note { height: auto; padding: 1 2; }
    """

    def __init__(self, id: str) -> None:
        super().__init__(id=id)
        self._lock = asyncio.Lock()
        self._matter: Matter | None = None
        self._opened: Conversation | None = None
        self._live: AnswerView | None = None
        """The answer that is being written."""
        self._first = self._done = 0
        """Answers before the first that is shown, and up to the last."""

    def compose(self) -> ComposeResult:
        """Put the answers between two lines that say what is above and below them."""
        yield Static("", id="earlier", markup=False)
        with AimedScroll():
            yield Static("", id="note", markup=False)
        yield Static("↓ more", id="more", markup=False)

    def on_mount(self) -> None:
        """Watch how far it is scrolled."""
        self.watch(self.scroller, "scroll_y", self._tell_more, init=False)
        self.watch(self.scroller, "virtual_size", self._tell_more, init=False)

    @property
    def scroller(self) -> AimedScroll:
        """What scrolls, and has the focus."""
        return self.query_one(AimedScroll)

    @property
    def views(self) -> list[AnswerView]:
        """The answers that are shown, in order."""
        # A query would look at every paragraph of every answer.
        return [
            view
            for scroller in self.children
            if isinstance(scroller, AimedScroll)
            for view in scroller.children
            if isinstance(view, AnswerView)
        ]

    @property
    def rows(self) -> list[CitationRow]:
        """The citations that are shown, in order."""
        return [row for view in self.views for row in view.rows]

    async def show(self, matter: Matter | None) -> None:
        """Show what a session has now: one view for each of its answers."""
        async with self._lock:
            opened = matter.conversation if matter else None
            before = matter and matter.wanted is not None and matter.wanted < self._first
            if matter is not self._matter or not self._opened or (before and not self._live):
                await self.query(AnswerView).remove()
                self._live = None
                latest = max(0, len(opened.answers) - LATEST) if opened else 0
                wanted = matter.wanted if matter and matter.wanted is not None else latest
                self._first = self._done = min(latest, wanted)
            self._matter, self._opened = matter, opened
            if not self.query("#note"):
                return  # The program ends, and what was here is gone.
            note = self.query_one("#note", Static)
            note.display = opened is None or not (opened.answers or (matter and matter.asking))
            note.update(Content(_state(matter)))
            if matter and opened:
                await self._catch_up(matter, opened)
                self._go(matter)

    async def take(self, matter: Matter) -> None:
        """Show the piece of an answer that came."""
        if matter is self._matter:
            async with self._lock:
                if self._live and matter.asking:
                    self._live.catch_up(matter.asking.text)

    async def _catch_up(self, matter: Matter, opened: Conversation) -> None:
        if self._live and not matter.asking:
            live, self._live = self._live, None
            if self._done < len(opened.answers):
                # What was streamed is judged now; nothing above or below it moves.
                await live.finish(opened.answers[self._done])
                self._done += 1
            else:
                await live.remove()
        fresh = [AnswerView(a.question, a) for a in opened.answers[self._done :]]
        if fresh and not self._live:
            await self.scroller.mount_all(fresh)
            self._done = len(opened.answers)
            if matter.wanted is None:
                self.to(fresh[-1])
        if (asking := matter.asking) and not self._live:
            self._live = AnswerView(asking.question, None)
            for view in self.views:
                view.styles.min_height = None
            # Room for the answer to grow into, so that nothing moves while it does.
            self._live.styles.min_height = max(3, self.size.height - 1)
            await self.scroller.mount(self._live)
            # It may have failed meanwhile, as a question does that is too long.
            self._live.catch_up(asking.text)
            self.to(self._live)
        self._tell_earlier()

    def _go(self, matter: Matter) -> None:
        """Show the answer that was searched for."""
        if matter.wanted is not None:
            at, matter.wanted = matter.wanted - self._first, None
            if 0 <= at < len(self.views):
                self.to(self.views[at])

    def to(self, view: AnswerView) -> None:
        """Show an answer from its question on."""
        self.scroller.aim(view)

    def step(self, step: int) -> None:
        """Go to the next question, or the one before."""
        if views := self.views:
            top = self.scroller.scroll_y
            at = sum(view.virtual_region.y <= top for view in views) - 1
            self.to(views[min(max(at + step, 0), len(views) - 1)])

    async def earlier(self) -> None:
        """Show some answers before those that are shown."""
        async with self._lock:
            if self._opened is None or not self._first:
                return
            begin = max(0, self._first - LATEST)
            older = [AnswerView(a.question, a) for a in self._opened.answers[begin : self._first]]
            self._first = begin
            await self.scroller.mount_all(older, before=self.views[0])
            self._tell_earlier()
        self.to(older[-1])

    @on(Click, "#earlier")
    async def _click_earlier(self) -> None:
        await self.earlier()

    @on(Click, "#more")
    def _click_more(self) -> None:
        self.scroller.scroll_page_down(animate=False)

    def _tell_earlier(self) -> None:
        above = self.query_one("#earlier", Static)
        above.display = self._first > 0
        above.update(Content(f"↑ {self._first:,} earlier (u shows them)"))

    def _tell_more(self) -> None:
        views = self.views
        # One that failed at once, or just came, has no parts.
        parts = views[-1].children if views else ()
        end = views[-1].virtual_region.y + parts[-1].virtual_region.bottom if parts else 0
        seen = self.scroller.scroll_y + self.scroller.size.height
        self.query_one("#more").set_class(end > seen, "-there")


def _state(matter: Matter | None) -> str:
    """Say what there is instead of answers."""
    if matter is None:
        return "Nothing is open.\n\nf2 shows what is kept; n there begins something new."
    if matter.failed:
        return f"{line(matter.title)} could not be opened.\n\n{line(matter.failed)}"
    if matter.conversation is None:
        return f"Opening {line(matter.title)} …"
    read = "\n".join(f"• {line(note)}" for note in matter.notes)
    return f"{read}\n\nNothing was asked yet. f5 shows what the model will be given."
