"""The Grid: documents × questions, each cell with its page, and what a person says of it."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path
from typing import ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.content import Content
from textual.widgets import Input, Static

from longread.analysis import values
from longread.analysis.review import Request
from longread.errors import LongreadError
from longread.export.review import coverage
from longread.export.visible import line
from longread.store import ReviewRow, Store
from longread.tui import ledger
from longread.tui.begin import BeginScreen
from longread.tui.board import FILTERS, SORTS, Board, Key, Place, Sort
from longread.tui.choose import ChooseScreen
from longread.tui.column import Columns, ColumnScreen
from longread.tui.desk import NOTICE
from longread.tui.matter import Matter
from longread.tui.screen import Room
from longread.tui.testimony import asked
from longread.tui.widgets.cell import CellPane
from longread.tui.widgets.grid import GridTable
from longread.tui.widgets.typed import Field
from longread.tui.write import WriteScreen
from longread.types.reviews import Mark, Question

NARROW = 110
"""Columns below which the cell stands under the table, not beside it."""
ALL = "all cells"
BEFORE: Place = (0, 0, 0)
"""Before every cell in the order of work."""


class NameLine(Field):
    """Words that the documents' names must have."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "submit", "To the table", id="names.take"),
        Binding("escape", "screen.back", "Clear, then leave", id="names.leave"),
    ]


class GridScreen(Room):
    """One review."""

    NAME = "grid"
    AUTO_FOCUS = "GridTable"
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (NARROW, "-wide")]  # noqa: RUF012
    DEFAULT_CSS = """
    GridScreen {
        #head { height: 1; padding: 0 1; background: $surface; }
        #coverage { height: 1; padding: 0 1; background: $surface; }
        #asked { height: 1; padding: 0 1; background: $panel; text-style: bold; }
        NameLine { height: 1; border: none; padding: 0 1; background: $panel; display: none; }
        NameLine:focus { border: none; }
        &.-sought NameLine { display: block; }
        #panes { height: 1fr; }
        GridTable { width: 1fr; height: 1fr; }
        CellPane { width: 42%; border-left: vkey $primary; }
        #state { height: 1; padding: 0 1; color: $text-accent; text-style: bold; display: none; }
        &.-said #state { display: block; }
        #legend { height: auto; max-height: 2; padding: 0 1; background: $panel; }
        #word { height: 1fr; padding: 1 3; display: none; background: $surface; }
        &.-narrow #panes { layout: vertical; }
        &.-narrow CellPane { width: 1fr; height: 38%; border-left: none; }
        &.-narrow CellPane { border-top: hkey $primary; }
        &.-narrow CellPane #about { max-height: 100%; }
        &.-narrow CellPane SourceView { display: none; }
        &.-full GridTable, &.-full #asked, &.-full #legend { display: none; }
        &.-full CellPane { width: 1fr; height: 1fr; border: none; }
        &.-full.-narrow CellPane #about { max-height: 40%; }
        &.-full.-narrow CellPane SourceView { display: block; }
        &.-worded #word { display: block; }
        &.-worded #panes, &.-worded #legend, &.-worded #asked, &.-worded #head,
        &.-worded #coverage { display: none; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("a", "say('accepted')", "Accept", id="grid.accept", tooltip="the cell is right"),
        Binding("r", "say('rejected')", "Reject", id="grid.reject", tooltip="the cell is wrong"),
        Binding("e", "correct", "Correct", id="grid.correct", tooltip="write what it should be"),
        Binding(
            "f", "say('flagged')", "Flag", id="grid.flag", tooltip="somebody must look at it"
        ),
        Binding(
            "n", "note", "Note", id="grid.note",
            tooltip="write why; of a cell that was not decided on, it is a flag's",
        ),
        Binding(
            "u", "undo", "Undo", show=False, id="grid.undo",
            tooltip="take back all that was said of the cell",
        ),
        Binding(
            "space", "next", "Next", id="grid.next",
            tooltip="the next cell to look at: failed, unverified, OCR, then the rest",
        ),
        Binding(
            "right_square_bracket", "quote(1)", "Next quote", show=False, id="grid.quote",
            tooltip="the page of the cell's next quote",
        ),
        Binding(
            "left_square_bracket", "quote(-1)", "Quote before", show=False, id="grid.quote_before"
        ),
        Binding(
            "x", "run", "Run", id="grid.run",
            tooltip="ask again: this cell, this document, this question; or what is missing",
        ),
        Binding(
            "R", "missing", "Run missing", show=False, id="grid.missing",
            tooltip="ask for all cells that are missing or failed",
        ),
        Binding(
            "v", "only", "View", id="grid.only",
            tooltip="only cells that are failed, unverified, flagged …; again for all",
        ),
        Binding(
            "slash", "search", "Names", show=False, id="grid.names",
            tooltip="only documents whose name has these words",
        ),
        Binding(
            "s", "sort", "Sort", show=False, id="grid.sort",
            tooltip=f"{', '.join(SORTS.values())}, in turn",
        ),
        Binding(
            "c", "columns", "Questions", show=False, id="grid.columns",
            tooltip="go to a question by its name",
        ),
        Binding("plus", "add", "Add a question", show=False, id="grid.add", key_display="+"),
        Binding(
            "E", "edit", "Edit the question", show=False, id="grid.edit",
            tooltip="all documents are asked anew if what is asked changes",
        ),
        Binding(
            "D", "remove", "Remove the question", show=False, id="grid.remove",
            tooltip="its cells are kept, and come back with it",
        ),
        Binding(
            "o", "viewer", "Viewer", show=False, id="grid.viewer",
            tooltip="open the file, a PDF at the page, in the system's viewer",
        ),
        Binding(
            "X", "export", "Export", show=False, id="grid.export",
            tooltip="write the review to files: xlsx, csv, Markdown, HTML, JSON",
        ),
        Binding(
            "N", "begin", "Begin", show=False, id="grid.begin",
            tooltip="begin a review: name documents and a file of questions",
        ),
        Binding(
            "m", "reviews", "Reviews", show=False, id="grid.reviews",
            tooltip="choose another review, the newest first",
        ),
        Binding(
            "escape", "back", "Back", show=False, id="grid.back",
            tooltip="from the page to the table, from what is sought to all, to the Library",
        ),
    ]  # fmt: skip

    def __init__(self) -> None:
        super().__init__()
        self._store: Store | None = None
        self._begun = False
        self._reached: Place = BEFORE
        """How far the order of work was followed."""
        self._reviews: list[ReviewRow] | None = None
        """What there is; None until it is read."""

    def body(self) -> ComposeResult:
        """Put heads, table and cell together."""
        yield Static("", id="head", markup=False)
        yield Static("", id="coverage", markup=False)
        yield Static("", id="asked", markup=False)
        yield NameLine(
            placeholder="words of documents' names", id="names", compact=True,
            select_on_focus=False,
        )  # fmt: skip
        with Horizontal(id="panes"):
            yield GridTable()
            yield CellPane()
        yield Static("", id="state", markup=False)
        yield Static("", id="legend", markup=False)
        yield Static("", id="word", markup=False)

    @property
    def board(self) -> Board | None:
        """What is shown."""
        return self.house.docket.board

    @property
    def table(self) -> GridTable:
        """The cells."""
        return self.query_one(GridTable)

    @property
    def pane(self) -> CellPane:
        """What stands beside them."""
        return self.query_one(CellPane)

    # What is open

    def show_matter(self, matter: Matter | None) -> None:
        """Show the review; it is of no session."""
        if not self.there:
            return
        if not self._begun:
            self._begun = True
            self._begin()
        self._draw(anew=True)

    @work(exclusive=True, group="begin")
    async def _begin(self) -> None:
        """Open the only review there is, or let a person choose."""
        try:
            self._store = await self.house.store()
            self._reviews = await self.house.docket.listed()
        except LongreadError as error:
            self.house.complain(error)
            return
        if self.board is None and len(self._reviews) == 1:
            self.house.docket.open(self._reviews[0].id)
        elif self.board is None and self._reviews:
            self.action_reviews()
        self._draw(anew=True)

    def store_changed(self) -> None:
        """Look whether there is a first review now; where there are some, a person was asked."""
        here = self._begun and self.house.current_mode == self.NAME
        if here and self.board is None and not self._reviews:
            self._begin()

    def board_changed(self, board: Board | None, *, anew: bool) -> None:
        """Draw what came; neither cursor nor view moves."""
        if self.there and board is self.board:
            self._draw(anew=anew)

    def _draw(self, *, anew: bool) -> None:
        board = self.board
        ready = board is not None and board.review is not None
        self.set_class(not ready, "-worded")
        title = board.title if board else "no review is open"
        self.query_one("Bar").tell(title)  # type: ignore[attr-defined]
        self.query_one("#word", Static).update("" if ready else ledger.word(board, self._reviews))
        if anew:
            self._reached = BEFORE
            self.table.show(board if ready else None)
        else:
            self.table.changed()
            self.pane.show(self._store, board, self.table.at)
        self._heads()

    def _heads(self) -> None:
        board = self.board
        if board is None or board.review is None:
            self._say(ledger.state(board, ()) if board else "")
            return
        self.query_one("#head", Static).update(Content(ledger.head(board)), layout=False)
        self.query_one("#legend", Static).update(Content(ledger.legend(board, self.size.width - 2)))
        covered = line(coverage(board.review))
        self.query_one("#coverage", Static).update(Content(covered), layout=False)
        self._say(ledger.state(board, self.house.docket.elsewhere(board)))
        self._ask()

    def _ask(self) -> None:
        board, at = self.board, self.table.at
        question = board.question(at[1]) if board and at else None
        text = asked(question, self.table.column + 1) if question else ""
        self.query_one("#asked", Static).update(Content(text), layout=False)

    def _say(self, text: str) -> None:
        self.set_class(bool(text), "-said")
        self.query_one("#state", Static).update(Content(text), layout=False)
        self.house.refresh_bindings()

    @on(GridTable.Highlighted)
    def _highlighted(self) -> None:
        self._ask()
        self.pane.show(self._store, self.board, self.table.at)

    # Looking

    @on(GridTable.Opened)
    def _full(self) -> None:
        """Show the cell alone, or the table again."""
        self.toggle_class("-full")
        (self.pane.source if self.has_class("-full") else self.table).focus()

    def action_back(self) -> None:
        """One step closer to home: from the page, from what is sought, to the Library."""
        board, names = self.board, self.query_one(NameLine)
        if self.has_class("-full"):
            self._full()
        elif board and (board.words or board.only or names.has_focus):
            board.words = board.only = ""
            with self.prevent(Input.Changed):
                names.value = ""
            self.remove_class("-sought")
            self._arrange()
            self.table.focus()
        elif not self.table.has_focus:
            self.table.focus()
        else:
            self.house.show_room("library")

    def action_quote(self, step: int) -> None:
        """Show the page of the next quote, or the one before."""
        if (board := self.board) and (at := self.table.at):
            self.pane.step(self._store, board, at, step)

    def action_next(self) -> None:
        """Go to the next cell that a person should look at."""
        board, at = self.board, self.table.at
        if board is None or at is None:
            return
        # Those that were passed over come again only when all others are done.
        found = board.next(self._reached)
        if found is None:
            self.notify("no cell is left to look at", markup=False)
        else:
            self._reached = board.place(found)
            self.table.go(found)

    def action_viewer(self) -> None:
        """Open the file in the system's viewer."""
        if (board := self.board) and (at := self.table.at):
            self.pane.open_with(board, at)

    def action_export(self) -> None:
        """Write the review to files."""
        board = self.board
        if board is None or board.review is None:
            return

        def write(text: str | None) -> None:
            if text is not None:
                self.house.docket.export(board, ledger.files(text))

        where = ledger.file_for(board.title, Path.cwd())
        asked = WriteScreen("export", ledger.ABOUT_FILES, str(where), ledger.wrong_files)
        self.app.push_screen(asked, write)

    @work
    async def action_begin(self) -> None:
        """Ask what is to be reviewed, and read it."""
        wanted = await self.app.push_screen_wait(BeginScreen())
        if wanted is not None:
            self.remove_class("-full", "-sought")
            self.house.docket.start(wanted)

    # What is sought

    def _arrange(self) -> None:
        if board := self.board:
            board.arrange()
            self.table.show(board)
            self._heads()

    def action_search(self) -> None:
        """Seek documents by their names."""
        board, names = self.board, self.query_one(NameLine)
        if board is None or board.review is None:
            return
        # It may have the words that were sought in another review.
        with self.prevent(Input.Changed):
            names.value = board.words
        self.add_class("-sought")
        names.focus()

    @on(Input.Changed, "#names")
    def _sought(self, event: Input.Changed) -> None:
        if board := self.board:
            board.words = event.value
            self._arrange()

    @on(Input.Submitted, "#names")
    def _taken(self) -> None:
        self.table.focus()

    @work
    async def action_only(self) -> None:
        """Show only some cells, or all again."""
        board = self.board
        if board is None or board.review is None:
            return
        counts = await asyncio.to_thread(ledger.counted, board.review)
        choices = [(ALL, ALL)]
        choices += [(name, f"{name:<24} {counts[name]:>7,}") for name in FILTERS]
        found = await self.app.push_screen_wait(ChooseScreen("show only", choices))
        if found is not None:
            board.only = "" if found == ALL else found
            self._arrange()

    def action_sort(self) -> None:
        """Sort the documents otherwise."""
        if (board := self.board) and (at := self.table.at):
            sorts: list[Sort] = list(SORTS)
            board.sort = sorts[(sorts.index(board.sort) + 1) % len(sorts)]
            board.column = at[1]
            self._arrange()

    @work
    async def action_columns(self) -> None:
        """Go to a question."""
        board, at = self.board, self.table.at
        if board is None or board.review is None or at is None:
            return
        choices = [
            (str(n), asked(question, n)) for n, question in enumerate(board.review.questions, 1)
        ]
        found = await self.app.push_screen_wait(ChooseScreen("go to the question", choices))
        if found is not None:
            self.table.action_column(int(found) - 1)

    @work(exclusive=True, group="choose")
    async def action_reviews(self) -> None:
        """Choose a review."""
        try:
            self._reviews = await self.house.docket.listed()
        except LongreadError as error:
            self.house.complain(error)
            return
        if not self._reviews:
            self.notify("there is no review yet", markup=False)
            return
        choices = [(row.id, ledger.listed(row)) for row in self._reviews]
        found = await self.app.push_screen_wait(ChooseScreen("reviews, the newest first", choices))
        if found is not None:
            self.remove_class("-full", "-sought")
            self.house.docket.open(found)

    # Questions

    def action_add(self) -> None:
        """Add a question."""
        if (board := self.board) and board.review:
            self._column(board, None)

    def action_edit(self) -> None:
        """Change the question that the cursor is on."""
        if found := self._target():
            assert found[0].review is not None
            self._column(found[0], found[0].review.questions.index(found[2]))

    def _column(self, board: Board, at: int | None) -> None:
        def keep(put: tuple[Columns, Columns] | None) -> None:
            if put is not None and put[0] != put[1]:
                self._ask_else(board, *put)

        self.app.push_screen(ColumnScreen(board.columns, at), keep)

    @work
    async def _ask_else(self, board: Board, made: Columns, before: Columns) -> None:
        if not await self.house.docket.ask_else(board, made, before):
            return
        names, known = ([one.name for one in some] for some in (board.columns(), before))
        changed = [one.name for one in made if one not in before]
        # Of others only the conditions may have followed a new name.
        changed.sort(key=known.__contains__)
        if changed and changed[0] in names and board is self.board:
            self.table.action_column(names.index(changed[0]))
        asked_anew = {q.hash for q in made} - {q.hash for q in before}
        said = "x asks it" if asked_anew else "what is asked is the same, and so are its cells"
        self.notify(f"kept; {said}", markup=False)

    @work
    async def action_remove(self) -> None:
        """Remove the question that the cursor is on; its cells wait for it."""
        if not (found := self._target()):
            return
        board, _, question = found
        if self._needed(board, question) or not await self.house.confirm(
            "Remove the question?",
            f"“{question.name}” is a column no more. Its cells and marks are kept, and come back"
            " when the same question is asked again.",
        ):
            return
        # Other programs may have changed the others meanwhile.
        if not self._needed(board, question):
            now = board.columns()
            others = tuple(one for one in now if one.name != question.name)
            await self.house.docket.ask_else(board, others, now)

    def _needed(self, board: Board, question: Question) -> bool:
        """Whether a question cannot be removed; says why."""
        others = [one for one in board.columns() if one.name != question.name]
        leaning = [one.name for one in others if one.only_if and one.only_if[0] == question.name]
        if leaning or not others:
            why = f"{', '.join(leaning)} depends on it" if leaning else "it is the only question"
            self.notify(line(why), title="not removed", severity="warning", markup=False)
        return bool(leaning or not others)

    # Asking the model

    @work
    async def action_run(self) -> None:
        """Ask for some cells again, or for what is missing."""
        if not (found := self._target()):
            return
        board, (path, name), _ = found
        assert board.review is not None
        documents, questions = len(board.review.documents), len(board.review.questions)
        choices = [
            ("cell", f"this cell      {line(name)} of {line(path)}"),
            ("row", f"this document  {questions:,} questions to {line(path)}"),
            ("column", f"this question  {line(name)} to {documents:,} documents"),
            (
                "missing",
                f"missing        {ledger.missing(board):,} cells that are missing or failed",
            ),
        ]
        chosen = await self.app.push_screen_wait(ChooseScreen("ask the model for", choices))
        match chosen:
            case "cell":
                self._run(board, "this cell", Request(cells=((path, name),), again=True))
            case "row":
                cells = tuple((path, question.name) for question in board.review.questions)
                self._run(board, "this document", Request(cells=cells, again=True))
            case "column":
                cells = tuple((one.path, name) for one in board.review.documents)
                self._run(board, "this question", Request(cells=cells, again=True))
            case "missing":
                self.action_missing()

    def action_missing(self) -> None:
        """Ask for what is missing."""
        if (board := self.board) and board.review:
            self._run(board, "what is missing", Request())

    def _run(self, board: Board, what: str, request: Request) -> None:
        if self.house.docket.runs(board):
            self.notify("it is being asked already; ctrl+x stops that", markup=False)
        else:
            self.house.docket.run(board, what, request)

    # What a person says

    def _target(self) -> tuple[Board, Key, Question] | None:
        board, at = self.board, self.table.at
        question = board.question(at[1]) if board and at else None
        if board is None or at is None or question is None:
            self.notify("there is no cell here", markup=False)
            return None
        return board, at, question

    def action_say(self, kind: str) -> None:
        """Accept, reject or flag the cell."""
        if found := self._target():
            board, key, _ = found
            assert board.review is not None
            if kind != "flagged" and board.review.says(*key) is None:
                self.notify("there is no answer here yet: x asks for it", markup=False)
            else:
                mark = Mark(kind, seen=board.seen(key))  # type: ignore[arg-type]
                self.house.docket.mark(board, key, mark)

    def action_undo(self) -> None:
        """Take back what was said of the cell."""
        if found := self._target():
            board, key, _ = found
            assert board.review is not None
            said = board.review.marks.get(key)
            if said and (said.decision or said.flag):
                self.house.docket.mark(board, key, Mark("cleared"))
            else:
                self.notify("nothing was said of this cell", markup=False)

    def action_note(self) -> None:
        """Write a note on what was decided, or a flag with it."""
        if not (found := self._target()):
            return
        board, key, question = found
        version = board.version(key)

        def keep(text: str | None) -> None:
            said = _said(board, key)
            if text is None or (not said and not text.strip()):
                return
            note = text.strip()
            # What was decided of an answer that is another now is not said of this one.
            mark = replace(said, note=note) if said else Mark("flagged", None, note)
            self._written(board, key, version, mark, text)

        said = _said(board, key)
        asked = WriteScreen(f"note: {question.name}", line(key[0]), said.note if said else "")
        self.app.push_screen(asked, keep)

    def action_correct(self) -> None:
        """Write what the cell should say."""
        if not (found := self._target()):
            return
        board, key, question = found
        assert board.review is not None
        says, version = board.review.says(*key), board.version(key)

        def keep(text: str | None) -> None:
            if text is not None:
                said = values.value(question, ledger.split(question, text))
                mark = Mark("corrected", said if said.said else None)
                self._written(board, key, version, mark, text)

        asked = WriteScreen(
            f"correct: {question.name}",
            ledger.about_value(question),
            ledger.typed(says[1] if says else None),
            lambda text: ledger.wrong_value(question, text),
        )
        self.app.push_screen(asked, keep)

    def _written(
        self, board: Board, key: Key, version: tuple[str, str], mark: Mark, text: str
    ) -> None:
        """Keep what was written of a cell, if its document and question are still the same."""
        if board.version(key) == version:
            self.house.docket.mark(board, key, mark)
        else:
            self.notify(
                line(text), title="not kept: document or question is another one now",
                severity="warning", timeout=NOTICE, markup=False,
            )  # fmt: skip


def _said(board: Board, key: Key) -> Mark | None:
    """Return what a person decided of a cell, or else its flag."""
    said = board.review.marks.get(key) if board.review else None
    return (said.decision or said.flag) if said else None
