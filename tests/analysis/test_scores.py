"""A review against gold: what counts as right, as found, as told absent, and of how many."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from longread.analysis import values
from longread.analysis.review import Request
from longread.analysis.scores import score, score_kept
from longread.analysis.tallies import rate
from longread.store import open_store
from longread.types import Citation, Document, Segment, Span, Usage, Verdict
from longread.types.reviews import Cell, CellState, Mark, Marked, Question, Review, Reviewed
from longread.types.scores import NOT_ASKED, OUT_OF_PLACE, SAYS_NO, CellScore, Gold
from tests.analysis.reviewing import QUESTIONS, SCRIPTED, Model, collect, reply, shelf

LAW = Question("Law", "Which law?")
ENDS = Question("Ends", "Can it be ended?", "yes/no")
NOTICE = Question("Notice", "On how much notice?", "number", only_if=("Ends", ("yes",)))
PARTIES = Question("Parties", "Who?", many=True)
COLUMNS = (LAW, ENDS, NOTICE, PARTIES)
TEXT = "It is governed by the laws of Ohio.\nEither party may end it on ninety days' notice.\n"


def text(path: str) -> Document:
    segment = Segment("block", "", Span("line", 1, 2), 0, len(TEXT))
    return Document(path, "docs", "markdown", "id", TEXT, (segment,), id="d1")


def quoting(words: str, verdict: Verdict = Verdict.EXACT) -> Citation:
    return Citation("d1", "a.md", Span("line", 1, 2), words, verdict)


def answered(question: Question, *said: str, **more: object) -> Cell:
    cell = Cell("a.md", question.name, CellState.ANSWERED, values.value(question, said))
    return replace(cell, **more)  # type: ignore[arg-type]


def silent(question: Question, state: CellState) -> Cell:
    return Cell("a.md", question.name, state)


def of(*cells: Cell, **more: object) -> Review:
    by_key = {(cell.path, cell.question): cell for cell in cells}
    review = Review("shelf", (), "scripted", COLUMNS, (Reviewed("a.md", "id"),), by_key)
    return replace(review, **more)  # type: ignore[arg-type]


def gold(question: Question, *answers: str, quote: str = "") -> Gold:
    return Gold(1, "a.md", question.name, answers, (quote,) if quote else ())


def only(review: Review, *rows: Gold) -> CellScore:
    (cell,) = score(review, rows, text).cells
    return cell


def test_a_right_answer_with_its_quote_is_right_in_all_figures() -> None:
    cell = answered(LAW, "Ohio", citations=(quoting("governed by the laws of Ohio"),))
    found = score(of(cell), [gold(LAW, "ohio", quote="laws of Ohio")], text, "gold.jsonl")
    tally = found.overall
    for one in (tally.f1, tally.exact, tally.present, tally.quoted, tally.placed, tally.verified):
        assert (one.total, one.n) == (1, 1)
    assert (tally.absent.n, tally.unasked, tally.cells) == (0, 0, 1)
    assert tally.confusion == (("there", "answered", 1),)
    assert dict(found.questions)["Law"].f1 == dict(found.documents)["a.md"].f1 == tally.f1
    assert (found.gold, found.rows, found.corrected) == ("gold.jsonl", 1, None)


@pytest.mark.parametrize(
    "state",
    [CellState.NOT_PRESENT, CellState.NOT_FOUND, CellState.UNCLEAR, CellState.FAILED,
     CellState.UNREADABLE],
)  # fmt: skip
def test_where_gold_has_something_no_answer_is_a_wrong_one(state: CellState) -> None:
    found = score(of(silent(LAW, state)), [gold(LAW, "Ohio")], text)
    assert (found.overall.f1.total, found.overall.f1.n) == (0, 1)
    assert (found.overall.present.total, found.overall.present.n) == (0, 1)
    assert found.overall.confusion == (("there", state.value, 1),)


@pytest.mark.parametrize(
    ("cell", "right"),
    [
        (silent(LAW, CellState.NOT_PRESENT), True),
        (silent(LAW, CellState.NOT_FOUND), True),
        (silent(LAW, CellState.UNCLEAR), False),
        (silent(LAW, CellState.FAILED), False),
        (answered(LAW, "Ohio"), False),
        (answered(ENDS, "no"), True),
        (answered(ENDS, "yes"), False),
    ],
)
def test_absence_is_told_by_not_present_not_found_and_no(cell: Cell, right: bool) -> None:
    question = next(one for one in COLUMNS if one.name == cell.question)
    tally = score(of(cell), [gold(question)], text).overall
    assert (tally.absent.total, tally.absent.n) == (right, 1)
    assert (tally.f1.n, tally.present.n) == (0, 0)


def test_of_what_a_document_does_not_say_the_answer_is_no() -> None:
    one = only(of(silent(ENDS, CellState.NOT_PRESENT)), gold(ENDS, "No"))
    assert (one.wanted, one.exact, one.f1) == ("none", True, 1.0)
    wrong = only(of(answered(ENDS, "yes")), gold(ENDS, "No"))
    assert (wrong.exact, wrong.f1) == (False, 0.0)
    denied = only(of(answered(ENDS, "no")), gold(ENDS, "Yes"))
    assert (denied.state, denied.exact) == (SAYS_NO, False)


def test_a_bare_yes_to_another_question_says_that_there_is_something() -> None:
    found = score(of(answered(LAW, "Ohio")), [gold(LAW, "Yes", quote="laws of Ohio")], text)
    assert found.cells[0].wanted == "presence"
    assert (found.overall.f1.n, found.overall.present.total) == (0, 1)
    assert "not what" in found.notes[0]
    assert only(of(answered(LAW, "Ohio")), gold(LAW, quote="Ohio")).wanted == "presence"


def test_what_was_not_asked_counts_nowhere_and_what_is_out_of_place_does() -> None:
    review = of(answered(ENDS, "no"))
    found = score(review, [gold(LAW, "Ohio"), gold(NOTICE, "90"), gold(ENDS, "no")], text)
    states = {one.question: one.state for one in found.cells}
    assert states == {"Law": NOT_ASKED, "Notice": OUT_OF_PLACE, "Ends": SAYS_NO}
    assert (found.overall.cells, found.overall.unasked, found.overall.f1.n) == (2, 1, 2)
    assert found.overall.f1.total == 1
    assert "not asked yet, and count nowhere: 1" in found.notes[0]
    assert score(review, [gold(NOTICE)], text).overall.absent.total == 1


def test_a_quote_of_a_question_that_a_condition_leaves_out_is_looked_up_all_the_same() -> None:
    row = Gold(1, "a.md", "Notice", ("90",), ("on ninety days' notice",))
    (one,) = score(of(answered(ENDS, "no")), [row], text).cells
    assert (one.state, one.quotes, one.unplaced) == (OUT_OF_PLACE, 1, 0)


def test_what_complete_gold_does_not_name_is_not_there() -> None:
    cells = (answered(LAW, "Ohio"), silent(ENDS, CellState.NOT_PRESENT))
    review = of(*cells, documents=tuple(Reviewed(f"{n}.md", "id") for n in "abc"))
    rows = [gold(LAW, "Ohio"), Gold(2, "b.md", "Ends", ("yes",))]
    assert score(review, rows, text).overall.absent.n == 0
    whole = score(review, rows, text, complete=True)
    assert (whole.overall.absent.total, whole.overall.absent.n) == (1, 1)
    # Nobody looked into documents and columns that gold never names.
    assert {one.question for one in whole.cells} == {"Law", "Ends"}
    assert {one.path for one in whole.cells} == {"a.md", "b.md"}
    # A column that gold names of a document that is not there was looked into all the same.
    elsewhere = [gold(LAW, "Ohio"), Gold(2, "z.md", "Ends", ("yes",))]
    assert score(review, elsewhere, text, complete=True).overall.absent.n == 1


def test_a_persons_corrections_count_apart() -> None:
    value = values.value(LAW, ["Ohio"])
    marks = {("a.md", "Law"): Marked(Mark("corrected", value))}
    review = of(answered(LAW, "Utah"), silent(ENDS, CellState.NOT_PRESENT), marks=marks)
    found = score(review, [gold(LAW, "Ohio"), gold(ENDS)], text)
    assert (found.overall.exact.total, found.corrections) == (0, 1)
    assert found.corrected
    assert (found.corrected.exact.total, found.corrected.absent.total) == (1, 1)
    gone = {("a.md", "Law"): Marked(Mark("corrected"))}
    found = score(replace(review, marks=gone), [gold(LAW, "Ohio")], text)
    assert found.corrected
    assert found.corrected.confusion == (("there", "not present", 1),)
    accepted = {("a.md", "Law"): Marked(Mark("accepted"))}
    assert score(replace(review, marks=accepted), [gold(LAW, "Ohio")], text).corrected is None


def test_lists_have_precision_and_recall() -> None:
    found = score(of(answered(PARTIES, "Alder", "Cedar")), [gold(PARTIES, "Alder; Birch")], text)
    assert (found.overall.precision.share, found.overall.recall.share) == (0.5, 0.5)
    missed = score(of(silent(PARTIES, CellState.NOT_PRESENT)), [gold(PARTIES, "Alder")], text)
    assert (missed.overall.recall.total, missed.overall.recall.n) == (0, 1)


def test_verdicts_and_cost_are_those_of_all_cells() -> None:
    usage = Usage(100, 10, 60)
    law = answered(
        LAW, "Ohio", requests=2, usage=usage, price=0.5,
        citations=(quoting("laws of Ohio"), quoting("laws of Utah", Verdict.NOT_FOUND)),
    )  # fmt: skip
    ends = answered(
        ENDS, "yes", requests=1, usage=usage, citations=(quoting("***", Verdict.PLACE),)
    )
    tally = score(of(law, ends), [gold(ENDS, "yes")], text).overall
    assert tally.verdicts == (("exact", 1), ("not found", 1), ("place", 1))
    assert (tally.verified.total, tally.verified.n) == (1, 2)
    cost = tally.cost
    assert (cost.cells, cost.requests, cost.prompt_tokens, cost.cached_tokens) == (2, 3, 200, 120)
    assert (cost.output_tokens, cost.price) == (20, 0.5)


def test_citations_of_the_agreement_read_with_a_document_are_left_out() -> None:
    other = replace(quoting("laws of Ohio"), path="agreement.md", version="another")
    one = only(of(answered(LAW, "Ohio", citations=(other,))), gold(LAW, quote="laws of Ohio"))
    assert (one.cited, one.quoted) == (0, 0)


def test_gold_that_contradicts_itself_is_told() -> None:
    found = score(of(answered(LAW, "Ohio")), [gold(LAW), gold(LAW, "Ohio")], text)
    assert found.cells[0].exact
    assert "(a.md, Law)" in found.notes[0]


def test_an_unreadable_document_has_no_quote_found() -> None:
    review = of(silent(LAW, CellState.UNREADABLE))
    found = score(review, [gold(LAW, "Ohio", quote="laws of Ohio")], lambda _: None)
    assert (found.overall.quoted.total, found.overall.quoted.n) == (0, 1)
    assert "stand nowhere in the text" in found.notes[0]


def test_intervals_are_wilsons() -> None:
    # Two-sided 95 % intervals that R's prop.test(correct = FALSE) gives.
    found = rate(8, 10)
    assert (found.low, found.high) == (
        pytest.approx(0.4902, abs=5e-5),
        pytest.approx(0.9433, abs=5e-5),
    )
    assert (rate(0, 10).low, rate(0, 10).high) == (0.0, pytest.approx(0.2775, abs=5e-5))
    assert (rate(0, 0).low, rate(0, 0).high, rate(0, 0).share) == (0.0, 1.0, 0.0)


FEE = "A yearly fee of USD 1,200.50 is due"


async def test_a_review_that_is_kept_is_scored_with_its_texts(tmp_path: Path) -> None:
    def say(path: str, question: str, _: int) -> str:
        words = FEE.replace("1,200.50", "1,300.50") if path == "birch.md" else FEE
        return {
            "Law": reply("Ohio" if path == "cedar.md" else "Utah", "governed by the laws"),
            "Fee": reply("$ 1,200.50" if path == "alder.md" else "USD 1,200.50", words),
        }.get(question, reply("", state="not present"))

    asked = Request(SCRIPTED, (str(shelf(tmp_path / "shelf")),), QUESTIONS)
    await collect(asked, Model(say))
    rows = [
        Gold(n, f"{name}.md", "Fee", ("USD 1200.5",), (FEE,))
        for n, name in enumerate(("alder", "birch", "cedar"), 1)
    ]
    rows += [Gold(4, "cedar.md", "Law", ("Ohio",)), Gold(5, "birch.md", "Ends")]
    with open_store() as store:
        found = score_kept(store, store.reviews.resolve(), rows, "gold.jsonl")
    tally = found.overall
    assert (tally.exact.total, tally.exact.n) == (3, 4)
    assert ("there", "unclear", 1) in tally.confusion
    assert (tally.absent.total, tally.absent.n) == (1, 1)
    # A quote with another number is neither verified nor found, nor is its page.
    assert (tally.quoted.total, tally.placed.total, tally.quoted.n) == (2, 2, 3)
    birch = dict(found.documents)["birch.md"]
    assert (birch.quoted.total, birch.placed.total, birch.evidence.total) == (0, 0, 0)
    assert (tally.verified.total, tally.verified.n) == (5, 6)
