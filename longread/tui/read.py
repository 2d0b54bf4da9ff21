"""Read: questions, answers as they come, and the source of each citation beside them."""

from __future__ import annotations

import asyncio
import time
from typing import ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.content import Content
from textual.events import Resize
from textual.timer import Timer
from textual.widgets import Markdown, Static, TextArea

from longread import config
from longread.analysis.conversation import STRATEGIES, Conversation
from longread.analysis.preview import Preview, preview
from longread.errors import LongreadError
from longread.export.session import mark, percent, said, where
from longread.export.stages import stage
from longread.export.visible import line
from longread.ingest.places import number_of
from longread.tui.choose import ChooseScreen, profiles
from longread.tui.compare import CompareScreen
from longread.tui.linked import SCHEME
from longread.tui.matter import Asking, Matter
from longread.tui.screen import Room
from longread.tui.widgets.answer import AnswerView, CitationRow
from longread.tui.widgets.cited import CitedPane
from longread.tui.widgets.prompt import ASK, PromptBox
from longread.tui.widgets.transcript import Transcript
from longread.types import Citation, Event, Text

NARROW = 100
"""Columns below which the source stands under the answers, not beside them."""
PAUSE = 0.4
"""Seconds without a key before a question is priced."""
NOTHING = "nothing is open: f2 goes to the Library, enter or n there opens something"
TICK = 0.5
"""Seconds between two looks at how fast an answer comes."""


class ReadScreen(Room):
    """One session."""

    NAME = "read"
    DEFAULT_CSS = """
    ReadScreen #panes { height: 1fr; }
    ReadScreen #cited { border-left: vkey $primary; }
    ReadScreen #status { height: 1; padding: 0 1; color: $foreground 85%; }
    ReadScreen.-narrow #panes { layout: vertical; }
    ReadScreen.-narrow #cited { border-left: none; }
    ReadScreen.-full #transcript { display: none; }
    ReadScreen.-full #prompt { display: none; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("a", "focus_prompt", "Ask", id="read.ask", tooltip="type a question"),
        Binding("n,right_square_bracket", "cite(1)", "Next cite", id="read.next"),
        Binding(
            "p,left_square_bracket", "cite(-1)", "Previous cite", id="read.previous", show=False
        ),
        *(
            Binding(str(n), f"number({n})", f"Citation {n}", id=f"read.cite{n}", show=False)
            for n in range(1, 10)
        ),
        Binding("J", "answer(1)", "Next answer", id="read.next_answer", show=False),
        Binding("K", "answer(-1)", "Previous answer", id="read.previous_answer", show=False),
        Binding("u", "earlier", "Earlier answers", id="read.earlier", show=False),
        Binding("enter", "full", "Full", id="read.full", tooltip="the source alone, and back"),
        Binding("e", "editor", "Editor", id="read.editor", tooltip="open the file at the line"),
        Binding(
            "o", "viewer", "Viewer", id="read.viewer", show=False,
            tooltip="open the file, a PDF at the page, in the system's viewer",
        ),
        Binding("y", "copy_citation", "Copy cite", id="read.copy_citation", show=False),
        Binding("Y", "copy_answer", "Copy answer", id="read.copy_answer", show=False),
        Binding(
            "w", "wrap", "Wrap", id="read.wrap", show=False, tooltip="long lines of the source"
        ),
        Binding(
            "ctrl+t", "strategy", "Strategy", id="read.strategy", show=False, priority=True,
            tooltip="auto, whole, focus, sweep",
        ),
        Binding(
            "m", "again", "Another model", id="read.again",
            tooltip="ask another profile the same and compare",
        ),
        Binding("escape", "back", "Back", id="read.back", show=False),
    ]  # fmt: skip

    def __init__(self) -> None:
        super().__init__()
        self._matter: Matter | None = None
        self._preview: Preview | None = None
        self._asked_of = ""
        """The question that the preview is of; empty where nothing was typed."""
        self._unpriced = ""
        """Why there is no preview."""
        self._pricing: Timer | None = None

    def body(self) -> ComposeResult:
        """Put answers, source, prompt and status together."""
        with Horizontal(id="panes"):
            yield Transcript("transcript")
            yield CitedPane("cited")
        yield PromptBox("prompt")
        yield Static("", id="status", markup=False)

    def on_mount(self) -> None:
        """Begin with the prompt."""
        self.set_interval(TICK, self._tell_status)
        self._prompt.focus()

    @property
    def _transcript(self) -> Transcript:
        return self.query_one(Transcript)

    @property
    def _cited(self) -> CitedPane:
        return self.query_one(CitedPane)

    @property
    def _prompt(self) -> PromptBox:
        return self.query_one(PromptBox)

    @property
    def _opened(self) -> Conversation | None:
        return self._matter.conversation if self._matter else None

    # What is open

    def show_matter(self, matter: Matter | None) -> None:
        """Show a session, from its newest answer."""
        if not self.there:
            return
        super().show_matter(matter)
        if matter is not self._matter:
            self._put_by()
            self._matter = matter
            self._prompt.load_text(matter.draft if matter else self.house.unplaced)
            self._preview, self._unpriced = None, ""
            self._cited.close()
            self.remove_class("-full")
            self._prompt.focus()
            self._remember()
        there = matter and (matter.conversation or matter.opening)
        self._prompt.placeholder = ASK if there else NOTHING
        self.run_worker(self._sync(), group="sync")

    def matter_changed(self, matter: Matter) -> None:
        """Show how far it is, or what came of it."""
        if matter is self._matter:
            self.show_matter(matter)

    def _put_by(self) -> None:
        """Keep what is half typed with the session that it is meant for."""
        if self._matter is None:
            self.house.unplaced = self._prompt.draft
        else:
            self._matter.draft = self._prompt.draft

    async def take(self, matter: Matter, event: Event) -> None:
        """Show a piece of an answer as it comes."""
        if matter is self._matter and isinstance(event, Text):
            await self._transcript.take(matter)

    async def _sync(self) -> None:
        if not self.there:
            return
        await self._transcript.show(self._matter)
        if (matter := self._matter) and matter.unasked and self.there and not self._prompt.text:
            # Nothing came: the question goes back to where it was typed.
            self._prompt.load_text(matter.unasked)
            matter.unasked = ""
        if self._preview is None:
            self._price()
        self._tell_status()

    # Asking

    @on(PromptBox.Asked)
    def _asked(self, event: PromptBox.Asked) -> None:
        matter = self._matter
        if matter is None or not matter.conversation:
            self.notify("nothing is open yet: f2, then n begins", markup=False)
        elif matter.opening:
            self.notify("the prompt is being laid out: a moment", markup=False)
        elif matter.asking:
            self.notify("one question at a time; ctrl+x stops this one", markup=False)
        else:
            self._prompt.done(event.question)
            matter.draft = ""
            self._preview = None
            # What is read now is the new answer; an older one's source would be taken for its.
            self._cited.close()
            self.house.ask(matter, event.question)

    @on(PromptBox.Left)
    def _left(self) -> None:
        self._transcript.scroller.focus()

    @on(TextArea.Changed)
    def _typed(self) -> None:
        self._put_by()
        if self._pricing:
            self._pricing.stop()
        self._pricing = self.set_timer(PAUSE, self._price)

    @work(exclusive=True, group="price")
    async def _price(self) -> None:
        """Say what the question would take, once the person pauses."""
        matter = self._matter
        if matter is None or not matter.conversation or matter.asking:
            return
        question = self._prompt.text.strip()
        try:
            self._preview = await asyncio.to_thread(preview, matter.conversation, question)
            self._asked_of, self._unpriced = question, ""
        except LongreadError as error:
            self._preview, self._unpriced = None, f"✗ {line(str(error))}; {line(error.hint)}"
        self._tell_status()

    @work(exclusive=True, group="remember")
    async def _remember(self) -> None:
        """Let the prompt offer this session's questions, then those of all others."""
        store = await self.house.store()
        own = [answer.question for answer in self._opened.answers[::-1]] if self._opened else []
        asked = await asyncio.to_thread(store.questions)
        if not self.there:
            return
        self._prompt.remember(list(dict.fromkeys([*own, *asked])))

    def _tell_status(self) -> None:
        matter = self._matter
        if matter is None:
            self._say("")
        elif matter.opening:
            self._say(f"… {stage(matter.opening)}; ctrl+x stops")
        elif matter.asking:
            self._say(_running(matter.asking))
        elif matter.failed:
            self._say("✗ not opened; f2 goes to the Library")
        elif matter.conversation and self._preview:
            self._say(_priced(matter.conversation, self._preview, asked=bool(self._asked_of)))
        else:
            self._say(self._unpriced)

    def _say(self, text: str) -> None:
        if self.there:
            self.query_one("#status", Static).update(Content(text), layout=False)

    @work(exclusive=True, group="relay")
    async def action_strategy(self) -> None:
        """Lay the prompt out by the next strategy that can be had."""
        matter = self._matter
        if matter and matter.conversation:
            at = STRATEGIES.index(matter.conversation.wanted)
            wanted = STRATEGIES[(at + 1) % len(STRATEGIES)]
            if await self.house.relay(matter, wanted, dict(matter.conversation.layout.levels)):
                self._preview = None
                self._price()

    @work
    async def action_again(self) -> None:
        """Put the same question to another model, beside this answer."""
        view = self._current
        if view is None or view.answer is None or not self._opened:
            self.notify("there is no answer to compare with yet", markup=False)
            return
        name = await self.app.push_screen_wait(ChooseScreen("ask which model?", profiles()))
        if name and self._opened:
            profile = await asyncio.to_thread(config.load_profile, name)
            other = self.house.open_again(self._opened, profile)
            self.app.push_screen(CompareScreen(view.answer, other))

    # Citations

    @property
    def _current(self) -> AnswerView | None:
        """The answer whose citation is shown, or else the newest."""
        views = [view for view in self._transcript.views if view.answer]
        if row := self._cited.row:
            return next((view for view in views if row in view.rows), None)
        return views[-1] if views else None

    def action_cite(self, step: int) -> None:
        """Show the source of the next citation, or of the one before."""
        rows = self._transcript.rows
        if not rows:
            self.notify("no citations here", markup=False)
        elif self._cited.row in rows:
            at = rows.index(self._cited.row) + step
            self._point(rows[min(max(at, 0), len(rows) - 1)])
        else:
            view = self._current
            self._point((view.rows if view and view.rows else rows)[0])

    def action_number(self, number: int) -> None:
        """Show the source of a citation of this answer, by its number."""
        view = self._current
        if view and number <= len(view.rows):
            self._point(view.rows[number - 1])
        else:
            self.notify(f"this answer has no citation {number}", markup=False)

    def action_answer(self, step: int) -> None:
        """Go to the next question, or the one before."""
        self._transcript.step(step)

    async def action_earlier(self) -> None:
        """Show earlier answers of a long session."""
        await self._transcript.earlier()

    @on(CitationRow.Chosen)
    def _chosen(self, event: CitationRow.Chosen) -> None:
        self._point(event.row)

    @on(Markdown.LinkClicked)
    def _link(self, event: Markdown.LinkClicked) -> None:
        event.stop()
        number = event.href.removeprefix(SCHEME)
        view = next((v for v in self._transcript.views if event.markdown in v.children), None)
        if event.href.startswith(SCHEME) and number.isdecimal() and view:
            if int(number) < len(view.rows):
                self._point(view.rows[int(number)])
        else:
            self.notify(line(event.href), title="not opened: a link the model wrote", markup=False)

    def _point(self, row: CitationRow) -> None:
        if self._opened:
            self._cited.point(self._opened, row)
            row.scroll_visible(animate=False)

    # What can be done with a source

    def action_wrap(self) -> None:
        """Wrap the source's long lines, or clip them."""
        self._cited.source.action_wrap()

    def action_full(self) -> None:
        """Show the source alone, or the answers beside it again."""
        if not self._cited.there:
            self.notify("choose a citation first: n, or its number", markup=False)
            return
        self.toggle_class("-full")
        (self._cited.source if self.has_class("-full") else self._transcript.scroller).focus()

    def action_back(self) -> None:
        """One step closer to home: from the full source, from the source, to the Library."""
        if self.has_class("-full"):
            self.action_full()
        elif self._cited.there:
            self._cited.close()
            self._transcript.scroller.focus()
        else:
            self.house.show_room("library")

    def action_editor(self) -> None:
        """Open the file at the line."""
        self._cited.open_with(viewer=False)

    def action_viewer(self) -> None:
        """Open the file in the system's viewer, a PDF at the page."""
        self._cited.open_with(viewer=True)

    def action_copy_citation(self) -> None:
        """Copy place and words."""
        if row := self._cited.row:
            self.app.copy_to_clipboard(_copied(row.citation))
            self.notify("citation copied", markup=False)
        else:
            self.notify("choose a citation first: n, or its number", markup=False)

    def action_copy_answer(self) -> None:
        """Copy the answer's text, and its citations with their verdicts."""
        view = self._current
        if view is None or view.answer is None:
            self.notify("no answer yet", markup=False)
            return
        cites = [
            f"[{n}] {mark(citation)}: {_copied(citation)}"
            for n, citation in enumerate(view.answer.citations, start=1)
        ]
        self.app.copy_to_clipboard("\n".join([said(view.answer), "", *cites]).rstrip() + "\n")
        self.notify("answer copied", markup=False)

    def action_focus_prompt(self) -> None:
        """Type a question."""
        self.remove_class("-full")
        self._prompt.focus()

    def on_resize(self, event: Resize) -> None:
        """Put the source beside the answers, or below them."""
        self.set_class(event.size.width < NARROW, "-narrow")


def _copied(citation: Citation) -> str:
    return where(citation) + (f" “{citation.quote}”" if citation.quote else "")


def _running(asking: Asking) -> str:
    if not asking.started:
        step = stage(asking.progress) if asking.progress else "the engine reads the prompt"
        return "▶ " + "; ".join(filter(None, [line(asking.shown), step, "ctrl+x stops"]))
    seconds = max(time.monotonic() - asking.started, 1e-3)
    return f"▶ {asking.pieces:,} pieces at {asking.pieces / seconds:,.0f}/s; ctrl+x stops"


def _priced(opened: Conversation, found: Preview, *, asked: bool) -> str:
    about = "" if found.exact else "about "
    price = f"${found.price:,.4f} at most" if found.price else "no price"
    kind = opened.strategy if opened.wanted == "auto" else f"{opened.wanted} (chosen)"
    # What is most relevant to a question is added to it, and there is none yet.
    more = " + evidence" if opened.strategy == "focus" and not asked else ""
    more += f", {found.unread:,} not read" if found.unread else ""
    tokens = f"{found.tokens:,}/{opened.window:,} tokens"
    if opened.wanted == "sweep":
        tokens = f"{found.tokens:,} tokens in {number_of(found.parts, 'part')}"
        more = f", {found.unread:,} not read" if found.unread else ""
    return (
        f"{kind} · {percent(found.share)} in full{more} · {about}{tokens} · {price} ·"
        f" {line(opened.profile.name)}"
    )
