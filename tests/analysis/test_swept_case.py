"""A document of a review that is longer than a prompt, read part by part."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from longread.analysis.review import Request, look_ahead, review
from longread.analysis.swept_case import merged
from longread.types import Citation, Prompt, Span, Verdict
from longread.types.reviews import Cell, CellState, Question, Reviewed, Value
from tests.analysis.reviewing import SCRIPTED, Model, reply, yes

LINES = 400
FILLER = "This is line {n}, and the parties have agreed on nothing that matters in it.\n"
LAW = Question("Law", "Which law governs?")
FEES = Question("Fees", "Which fees are due?", "money", many=True)


def long(folder: Path, **lines: str) -> Path:
    """Write an agreement of several parts, with these lines at these places ("L10")."""
    folder.mkdir()
    body = [FILLER.format(n=n) for n in range(1, LINES + 1)]
    for at, text in lines.items():
        body[int(at[1:]) - 1] = f"{text}\n"
    (folder / "long.txt").write_text("".join(body))
    return folder


class Careful(Model):
    """Finds in a part what stands there."""

    def __init__(self, says: Callable[[str, str], str]) -> None:
        super().__init__(lambda _, question, __: says(question, self.shown))
        self.shown = ""

    def stream(self, prompt: Prompt, sampling: object) -> object:  # type: ignore[override]
        self.shown = "".join(piece.text for piece in prompt.turns[1].pieces[:-1])
        return super().stream(prompt, sampling)  # type: ignore[arg-type]


def law(question: str, shown: str) -> str:
    for name in ("Ohio", "Utah"):
        if question == "Law" and (words := f"governed by the laws of {name}") in shown:
            return reply(name, words, place="d1:L1-L400")
    fees = [f"USD {n}" for n in (10, 20, 30) if f"a fee of USD {n} is due" in shown]
    if question == "Fees" and fees:
        return reply(fees, *(f"a fee of {fee} is due" for fee in fees), place="d1:L1-L400")
    return reply([] if question == "Fees" else "", state="not present")


async def cell_of(folder: Path, question: Question, model: Model, **more: object) -> Cell:
    request = Request(SCRIPTED, (str(folder),), (question,), budget=3_000, long="sweep")
    events = [e async for e in review(replace(request, **more), yes, model)]  # type: ignore[arg-type]
    (cell,) = [event for event in events if isinstance(event, Cell)]
    return cell


async def test_what_one_part_says_is_the_answer(tmp_path: Path) -> None:
    folder = long(tmp_path / "deals", L390="It is governed by the laws of Ohio alone.")
    model = Careful(law)
    cell = await cell_of(folder, LAW, model)
    assert (cell.state, cell.value, cell.way) == (
        CellState.ANSWERED, Value(("Ohio",), ("Ohio",)), "sweep",
    )  # fmt: skip
    assert [(c.verdict, c.found) for c in cell.citations] == [
        (Verdict.EXACT, Span("line", 390, 390))
    ]
    assert cell.shown == (Span("line", 1, 400),)
    assert cell.requests == len(model.asked) > 3
    assert "it was read in" in cell.note
    assert "Only a part of the document is shown" in model.prompts[0].turns[1].text
    by_evidence = await cell_of(folder, LAW, Careful(law), long="evidence", new=True)
    assert by_evidence.way == "evidence"


async def test_not_present_means_that_every_part_was_read(tmp_path: Path) -> None:
    folder = long(tmp_path / "deals")
    cell = await cell_of(folder, LAW, Careful(law))
    assert (cell.state, cell.value) == (CellState.NOT_PRESENT, None)

    def silent(question: str, shown: str) -> str:
        return "no JSON" if "This is line 400," in shown else law(question, shown)

    cell = await cell_of(folder, LAW, Careful(silent), new=True)
    assert cell.state is CellState.FAILED
    assert "was not read: no answer" in cell.note


async def test_parts_that_contradict_make_it_unclear_and_lists_are_joined(tmp_path: Path) -> None:
    folder = long(
        tmp_path / "deals",
        L5="It is governed by the laws of Ohio, and a fee of USD 10 is due.",
        L200="Here a fee of USD 20 is due, and there a fee of USD 10 is due.",
        L390="It is governed by the laws of Utah.",
    )
    cell = await cell_of(folder, LAW, Careful(law))
    assert cell.state is CellState.UNCLEAR
    assert cell.value == Value(("Ohio", "Utah"), ("Ohio", "Utah"))
    assert "“Ohio” (L5); “Utah” (L390)" in cell.note
    cell = await cell_of(folder, FEES, Careful(law), new=True)
    assert cell.state is CellState.ANSWERED
    assert cell.value
    assert cell.value.normal == ("USD 10", "USD 20")
    assert len(cell.citations) == 3


def test_a_dry_run_counts_the_parts(tmp_path: Path) -> None:
    folder = long(tmp_path / "deals")
    request = Request(SCRIPTED, (str(folder),), (LAW, FEES), budget=3_000)
    swept = look_ahead(replace(request, long="sweep"), lambda _: None)
    plain = look_ahead(request, lambda _: None)
    assert swept.cells == plain.cells == 2
    assert swept.ways[0].requests > 2 * 3
    assert swept.ways[0].tokens > 2 * swept.tokens
    assert swept.part_by_part


@pytest.mark.parametrize(
    ("said", "state", "value"),
    [
        (("New York", "the laws of New York"), CellState.ANSWERED, ("the laws of New York",)),
        (("Ohio", "Ohio"), CellState.ANSWERED, ("Ohio",)),
        (("Ohio", "Utah"), CellState.UNCLEAR, ("Ohio", "Utah")),
        (("assignable", "not assignable"), CellState.UNCLEAR, ("assignable", "not assignable")),
        (("30 days", "30 days or 60"), CellState.UNCLEAR, ("30 days", "30 days or 60")),
    ],
)
def test_the_same_in_more_words_is_no_contradiction(
    said: tuple[str, ...], state: CellState, value: tuple[str, ...]
) -> None:
    cells = [answered(words) for words in said]
    made = merged(LAW, cells, Reviewed("a.txt", "c"), SCRIPTED)
    assert (made.state, made.value.said if made.value else None) == (state, value)


def test_what_stands_goes_before_what_does_not(tmp_path: Path) -> None:
    doubtful = replace(answered("Utah", Verdict.NOT_FOUND), unverified=True)
    made = merged(LAW, [doubtful, answered("Ohio")], Reviewed("a.txt", "c"), SCRIPTED)
    assert (made.state, made.unverified) == (CellState.ANSWERED, False)
    assert made.value == Value(("Ohio",), ("Ohio",))
    assert "a part says “Utah” (L1), and its quotes do not stand" in made.note


def answered(words: str, verdict: Verdict = Verdict.EXACT) -> Cell:
    citation = Citation("d1", "a.txt", Span("line", 1, 1), f"the laws of {words}", verdict)
    value = Value((words,), (words,))
    return Cell("a.txt", "Law", CellState.ANSWERED, value, (citation,), way="sweep",
                shown=(Span("line", 1, 9),))  # fmt: skip
