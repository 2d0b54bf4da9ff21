"""One question and its answer: text, citations with their verdicts, what it took."""

from __future__ import annotations

from time import monotonic
from typing import TYPE_CHECKING, cast

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content
from textual.message import Message
from textual.timer import Timer
from textual.widgets import Markdown, Static
from textual.widgets.markdown import MarkdownStream

from longread.export.session import ending, mark, prompted, spent, where
from longread.export.visible import line, visible
from longread.tui.linked import Coming, linked, parser
from longread.types import Answer, Citation

if TYPE_CHECKING:
    from longread.tui.app import LongreadApp

QUOTE = 160
"""Characters of a quote that a list shows; the source pane shows all."""


PACE = 0.2
"""Seconds between two pieces that are shown: each lays the screen out anew, and keys wait."""
TYPING, PATIENT = 0.5, 1.0
"""Who pressed a key so many seconds ago types; so long pieces wait for who types, at most."""


class CitationRow(Static):
    """One citation: number, verdict, place, the words."""

    DEFAULT_CSS = """
    CitationRow { height: auto; padding: 0 1 0 2; }
    CitationRow:hover { background: $panel; }
    CitationRow.-fails { color: $text-error; }
    CitationRow.-current { background: $panel; text-style: bold; }
    """

    class Chosen(Message):
        """A citation was clicked."""

        def __init__(self, row: CitationRow) -> None:
            super().__init__()
            self.row = row

    def __init__(self, number: int, citation: Citation) -> None:
        super().__init__(markup=False)
        self.number, self.citation = number, citation
        self.set_class(not citation.verdict.holds, "-fails")
        self.point(False)

    def point(self, here: bool) -> None:
        """Mark or unmark it as the one whose source is shown."""
        self.set_class(here, "-current")
        quote = line(self.citation.quote)
        words = f" “{quote[:QUOTE]}{'…' if len(quote) > QUOTE else ''}”" if quote else ""
        sign = "▸" if here else " "
        self.update(
            Content(
                f"{sign}[{self.number + 1}] {mark(self.citation)}  {line(where(self.citation))}"
                f"{words}"
            )
        )

    def on_click(self) -> None:
        """Show its source."""
        self.post_message(self.Chosen(self))


class AnswerView(Vertical):
    """One exchange, whole or still being written."""

    DEFAULT_CSS = """
    AnswerView { height: auto; margin-bottom: 1; }
    AnswerView > .question { text-style: bold; color: $text-accent; padding: 0 1; }
    AnswerView > Markdown { padding: 0 1; margin: 0; }
    AnswerView > .small { color: $foreground 80%; padding: 0 1; }
    AnswerView > .caveat { color: $text-warning; padding: 0 1; }
    """

    def __init__(self, question: str, answer: Answer | None) -> None:
        super().__init__()
        self.question = question
        self.answer = answer
        self._coming = Coming()
        self._text = ""
        self._written = 0
        self._shown = 0.0
        """When it was written to last, by the monotonic clock."""
        self._pending: Timer | None = None
        self._stream: MarkdownStream | None = None

    def compose(self) -> ComposeResult:
        """Put question, text and what is said of it together."""
        yield Static(Content(f"❯ {visible(self.question)}"), classes="question", markup=False)
        text = linked(self.answer) if self.answer else ""
        yield Markdown(text, parser_factory=parser, open_links=False)
        if self.answer:
            yield from self._below(self.answer)

    def _below(self, answer: Answer) -> ComposeResult:
        if note := ending(answer):
            yield Static(Content(note), classes="caveat", markup=False)
        for number, citation in enumerate(answer.citations):
            yield CitationRow(number, citation)
        facts = [] if answer.citations else ["no citations"]
        facts.append(line(prompted(answer)))
        if answer.usage:
            facts.append(spent(answer.usage, answer.strategy))
        ends = [f"profile {line(answer.profile)}"] if answer.profile else []
        if answer.price:
            ends.append(f"${answer.price:,.4f}")
        facts += [", ".join(ends)] if ends else []
        yield Static(Content("\n".join(facts)), classes="small", markup=False)
        if answer.caveat:
            yield Static(Content(f"! {line(answer.caveat)}"), classes="caveat", markup=False)

    def catch_up(self, text: str) -> None:
        """Show all of an answer that has come so far; what is shown already is not touched."""
        self._text = text
        if self._pending is None:
            self._pending = self.set_timer(PACE, self._due)

    async def _due(self) -> None:
        """Show what came, but let somebody who types go first."""
        now = monotonic()
        typed = cast("LongreadApp", self.app).typed
        if now - typed < TYPING and now - self._shown < PATIENT:
            self._pending = self.set_timer(PACE, self._due)
        else:
            await self._write()

    async def _write(self) -> None:
        self._pending = None
        self._shown = monotonic()
        if self._stream is None:
            self._stream = Markdown.get_stream(self.query_one(Markdown))
        fresh, self._written = self._text[self._written :], len(self._text)
        if shown := self._coming.take(fresh):
            await self._stream.write(shown)

    async def finish(self, answer: Answer) -> None:
        """Show the judged answer in place of what was streamed."""
        await self.stop()
        self.answer = answer
        await self.query_one(Markdown).update(linked(answer))
        await self.mount_all(list(self._below(answer)))

    async def stop(self) -> None:
        """Let go of the stream, with all that came in it."""
        if self._pending is not None:
            self._pending.stop()
            await self._write()
        if self._stream is not None:
            stream, self._stream = self._stream, None
            await stream.write(self._coming.rest())
            await stream.stop()

    @property
    def rows(self) -> list[CitationRow]:
        """Its citations, in order."""
        return list(self.query(CitationRow))
