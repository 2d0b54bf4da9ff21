"""A question as a form, to be added or changed in place, checked as those of a file are."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import ClassVar, cast

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, VerticalScroll
from textual.content import Content
from textual.widgets import Button, Input, Label, Select, Static

from longread.analysis.questions import TYPES, put_question
from longread.errors import ConfigError
from longread.export.visible import visible
from longread.tui.dialog import Dialog
from longread.tui.widgets.typed import Field
from longread.types.reviews import Question

FIELDS = {
    "name": "the column's name; the model reads it too",
    "question": "what is asked of each document",
    "choices": "A | B | C; for other types words that may stand in the value's place",
    "instructions": "how to answer, such as: in days",
    "only_if": "Column = value, or Column = value | value; empty: of every document",
}
KINDS = [*TYPES, *(f"list of {kind}" for kind in TYPES)]


Columns = tuple[Question, ...]


class ColumnScreen(Dialog[tuple[Columns, Columns] | None]):
    """Returns all columns with this one in its place, and those it was put among; or nothing where
    it was left."""

    AUTO_FOCUS = "#name"
    DEFAULT_CSS = """
    ColumnScreen > VerticalScroll { width: 90; max-width: 98%; max-height: 98%; }
    ColumnScreen .field { height: 1; margin-bottom: 1; }
    ColumnScreen .field Label { width: 14; padding: 0 1; color: $foreground 85%; }
    ColumnScreen .field Input, ColumnScreen .field Select { width: 1fr; height: 1; }
    ColumnScreen #about { height: auto; padding: 0 1; margin-bottom: 1; }
    ColumnScreen #told { max-height: 6; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "ctrl+s", "keep", "Keep", id="column.keep", tooltip="in the form of a question: keep it"
        ),
        Binding(
            "escape", "leave", "Leave", id="column.leave",
            tooltip="in the form of a question: close it",
        ),
    ]  # fmt: skip

    def __init__(self, questions: Callable[[], Columns], at: int | None) -> None:
        """Take what returns all columns, and which of them is to be changed; None for a new one.

        While it is filled in, other programs may change the others.
        """
        super().__init__()
        self._questions, self._at = questions, at
        self._before = questions()[at] if at is not None else None

    def compose(self) -> ComposeResult:
        """Put the fields together."""
        at = self._at
        now = _fields(self._before) if self._before else {}
        with VerticalScroll() as box:
            box.border_title = "a new question" if at is None else f"question {at + 1}"
            about = (
                "It becomes a column of its own; x or R asks it."
                if at is None
                else "Where what is asked changes, all documents are asked anew, and the cells"
                " that there are wait for the question as it was."
            )
            yield Static(about, id="about", markup=False)
            for name, told in FIELDS.items():
                with Horizontal(classes="field"):
                    yield Label("only if" if name == "only_if" else name)
                    yield Field(now.get(name, ""), placeholder=told, compact=True, id=name)
                if name == "question":
                    yield from self._chosen(now)
            yield from self.foot("Keep (ctrl+s)", "keep")

    def _chosen(self, now: Mapping[str, str]) -> ComposeResult:
        with Horizontal(classes="field"):
            yield Label("type")
            yield Select[str](
                [(cast("str", Content(kind)), kind) for kind in KINDS],
                value=now.get("type", "text"), allow_blank=False, compact=True, id="type",
            )  # fmt: skip
        with Horizontal(classes="field"):
            yield Label("quote")
            yield Select[str](
                [("needs words that stand there", "yes"), ("no quote is asked for", "no")],
                value=now.get("quote", "yes"), allow_blank=False, compact=True, id="quote",
            )  # fmt: skip

    @on(Button.Pressed, "#keep")
    @on(Input.Submitted)
    def action_keep(self) -> None:
        """Keep the question, if it can be meant so."""
        typed = {name: self.query_one(f"#{name}", Field).value for name in FIELDS}
        typed |= {name: str(self.query_one(f"#{name}", Select).value) for name in ("type", "quote")}
        others = self._questions()
        try:
            made = put_question(typed, others, self._place(others))
        except ConfigError as error:
            self.tell(visible(str(error)), wrong=True)
        else:
            self.dismiss((self._untouched(made, others, typed), others))

    def _place(self, questions: Columns) -> int | None:
        """Return where the question stands now that is to be changed; None for a new one."""
        name = self._before.name if self._before else ""
        return next((n for n, one in enumerate(questions) if one.name == name), None)

    def _untouched(self, made: Columns, others: Columns, typed: Mapping[str, str]) -> Columns:
        """Return the columns, what nobody typed anything at as it was to the letter."""
        at, before = self._place(others), self._before
        if at is None or before is None:
            return made
        now = _fields(before)
        same = {
            key: getattr(before, key)
            for key, field in (("name", "name"), ("text", "question"), ("choices", "choices"),
                               ("instructions", "instructions"))
            if typed[field] == now[field]
        }  # fmt: skip
        kept = replace(made[at], **same)
        return tuple(kept if n == at else one for n, one in enumerate(made))

    @on(Input.Changed)
    @on(Select.Changed)
    def _changed(self) -> None:
        self.tell("")


def _fields(question: Question) -> dict[str, str]:
    """Return a question as it would be typed."""
    only_if = ""
    if question.only_if:
        column, wanted = question.only_if
        mark = '"' if "'" in column else "'"
        only_if = f"{mark}{column}{mark} = {' | '.join(wanted)}"
    return {
        "name": " ".join(question.name.split()),
        "question": " ".join(question.text.split()),
        "type": f"list of {question.type}" if question.many else question.type,
        "choices": " | ".join(question.choices),
        "instructions": " ".join(question.instructions.split()),
        "quote": "yes" if question.quote else "no",
        "only_if": only_if,
    }
