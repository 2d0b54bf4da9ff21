"""Documents × questions: what is asked, what is kept, and what is never asked twice."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from dataclasses import replace
from pathlib import Path
from shutil import copyfile

import pytest
from fpdf import FPDF

from longread import config
from longread.analysis.forget import forget_review
from longread.analysis.opening import Opened
from longread.analysis.review import Request, look_ahead, open_review, review
from longread.analysis.trust import Departure
from longread.errors import (
    ConfigError,
    EngineError,
    IngestError,
    RefusalError,
    TrustError,
    WindowError,
)
from longread.store import open_store
from longread.types import Event, Progress, Prompt, Sampling, Span, Usage, Verdict
from longread.types.reviews import Cell, CellState, Mark, Question, Second, Started, Value
from tests.analysis.reviewing import (
    LAWS,
    QUESTIONS,
    SCRIPTED,
    Model,
    asked,
    cells_of,
    collect,
    grid,
    in_other_words,
    newest,
    reply,
    shelf,
)  # fmt: skip

LAW, MADE, FEE, ENDS = QUESTIONS


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store without anything in it: to make one takes longer than most of what is tested."""
    path = tmp_path_factory.mktemp("store") / "longread.db"
    open_store(path).close()
    return path


@pytest.fixture(autouse=True)
def _made(empty: Path) -> None:
    copyfile(empty, config.home() / "longread.db")


def to(folder: Path, *questions: Question, **more: object) -> Request:
    request = Request(SCRIPTED, (str(folder),), questions or QUESTIONS)
    return replace(request, **more)  # type: ignore[arg-type]


def truth(path: str, question: str, _: int) -> str:
    """Answer as a good model would."""
    law = LAWS.get(path.removesuffix(".md"), "Delaware")
    answers = {
        "Law": reply(law, f"governed by the laws of the State of {law}"),
        "Made": reply("March 4, 2005", "made on 4 March 2005 between", place="L3"),
        "Fee": reply("USD 1,200.50", "A yearly fee of USD 1,200.50 is due"),
        "Ends": reply("", state="not present"),
    }
    return answers.get(question, "")


async def test_each_cell_has_a_value_quotes_verdicts_and_where_it_is_from(tmp_path: Path) -> None:
    model = Model(truth)
    events = await collect(to(shelf(tmp_path / "deals")), model)
    (started,) = [event for event in events if isinstance(event, Started)]
    assert (started.cells, started.done, started.fresh) == (12, 0, True)
    kept = newest()
    assert [one.path for one in kept.documents] == ["alder.md", "birch.md", "cedar.md"]
    assert kept.cells["birch.md", "Law"].value == Value(("New York",), ("New York",))
    assert kept.cells["birch.md", "Made"].value == Value(("March 4, 2005",), ("2005-03-04",))
    fee = kept.cells["cedar.md", "Fee"]
    assert fee.value == Value(("USD 1,200.50",), ("USD 1200.50",))
    (citation,) = fee.citations
    assert (citation.verdict, citation.path, citation.found) == (
        Verdict.EXACT, "cedar.md", Span("line", 4, 4),
    )  # fmt: skip
    assert (fee.reasoning, fee.model, fee.profile) == ("So it says.", "", "scripted")
    assert fee.content_id == kept.documents[2].content_id
    assert (fee.question_hash, fee.prompt_version) == (FEE.hash, 1)
    assert fee.extractor.startswith("longread ")
    assert fee.usage
    assert fee.requests == 1
    ends = kept.cells["cedar.md", "Ends"]
    assert (ends.state, ends.value, ends.way) == (CellState.NOT_PRESENT, None, "whole")
    assert ends.shown == (Span("line", 1, 5),)
    assert {e for e in events if not hasattr(e, "stage")} >= set(kept.cells.values())


async def test_a_finished_review_asks_nothing(tmp_path: Path) -> None:
    request = to(shelf(tmp_path / "deals"))
    await collect(request, Model())
    before = grid(newest())
    again = Model()
    events = await collect(request, again)
    assert again.asked == []
    assert [e.done for e in events if isinstance(e, Started)] == [12]
    assert grid(newest()) == before
    with open_store() as store:
        assert len(store.reviews.listed()) == 1


async def test_a_documents_first_question_is_alone_and_the_rest_side_by_side(
    tmp_path: Path,
) -> None:
    model = Model(pause=0.01)
    await collect(to(shelf(tmp_path / "deals"), parallel=2), model)
    for path in ("alder.md", "birch.md", "cedar.md"):
        side_by_side = [n for where, n in model.running if where == path]
        assert side_by_side[:3] == [1, 1, 2]
        assert max(side_by_side) == 2
    # One document after the other, and all that stands before the question is the same.
    assert [path for path, _ in model.asked] == sorted(path for path, _ in model.asked)
    for first in (0, 4, 8):
        of_one = [prompt.turns[1].pieces for prompt in model.prompts[first : first + 4]]
        assert all(pieces[:-1] == of_one[0][:-1] for pieces in of_one)


async def test_a_malformed_answer_is_asked_for_once_more_and_then_failed(tmp_path: Path) -> None:
    folder = shelf(tmp_path / "deals", {"alder": "Delaware"})

    def say(_: str, question: str, before: int) -> str:
        if question == "Law":
            return "Delaware, I think."
        return "{}" if question == "Made" and not before else truth("", question, 0)

    model = Model(say)
    cells = {cell.question: cell for cell in await cells_of(to(folder), model)}
    assert cells["Law"].state is CellState.FAILED
    assert "no JSON" in cells["Law"].note
    assert cells["Law"].requests == 2
    assert (cells["Made"].state, cells["Made"].requests) == (CellState.ANSWERED, 2)
    retry = model.prompts[model.asked.index(("alder.md", "Law"), 1)]
    assert "there is no JSON in it" in retry.turns[-1].text
    # What failed is asked again by the next run, and nothing else is.
    second = Model(truth)
    await collect(to(folder), second)
    assert second.asked == [("alder.md", "Law")]
    assert newest().cells["alder.md", "Law"].state is CellState.ANSWERED


async def test_a_quote_that_does_not_stand_is_asked_for_once_more_by_what_is_wrong_with_it(
    tmp_path: Path,
) -> None:
    wrong = reply("Delaware", "governed by the laws of the State of Nevada")
    folder = shelf(tmp_path / "deals", {"alder": "Delaware", "birch": "Delaware"})
    model = Model(lambda path, q, n: wrong if path == "birch.md" or not n else truth(path, q, n))
    await collect(to(folder, LAW), model)
    kept = newest()
    mended, flagged = kept.cells["alder.md", "Law"], kept.cells["birch.md", "Law"]
    assert not mended.unverified
    assert [c.verdict for c in mended.citations] == [Verdict.EXACT]
    assert "State of Nevada” (L1-L9): L5" in model.prompts[1].turns[-1].text
    assert model.asked.count(("birch.md", "Law")) == 2
    assert flagged.unverified
    assert flagged.state is CellState.ANSWERED
    assert [c.verdict for c in flagged.citations] == [Verdict.NOT_FOUND]
    assert "Nevada" in flagged.note


async def test_an_answer_without_the_quote_it_needs_is_flagged(tmp_path: Path) -> None:
    folder = shelf(tmp_path / "deals", {"alder": "Delaware"})
    free = Question("Free", "Which law?", quote=False)
    cells = await cells_of(to(folder, LAW, free), Model(lambda *_: reply("Delaware")))
    assert [(c.question, c.unverified, c.requests) for c in cells] == [
        ("Law", True, 2), ("Free", False, 1),
    ]  # fmt: skip


async def test_a_value_that_cannot_be_told_is_unclear_and_its_words_are_kept(
    tmp_path: Path,
) -> None:
    folder = shelf(tmp_path / "deals", {"alder": "Delaware"})
    said = reply("in spring", "made on 4 March 2005 between")
    (cell,) = await cells_of(to(folder, MADE), Model(lambda *_: said))
    assert (cell.state, cell.value) == (CellState.UNCLEAR, Value(("in spring",), ("",)))


async def test_nothing_is_called_not_present_where_not_all_of_a_document_was_shown(
    tmp_path: Path,
) -> None:
    folder = shelf(tmp_path / "deals", {"alder": "Delaware"})
    long = "\n\n".join(f"Clause {n}. Lamp {n} is lit at dusk, every day." for n in range(900))
    (folder / "long.md").write_text(f"{long}\n\nThe laws of Utah govern.\n")
    model = Model(lambda *_: reply("", state="not present"))
    await collect(to(folder, LAW), model)
    kept = newest()
    assert kept.cells["alder.md", "Law"].state is CellState.NOT_PRESENT
    cell = kept.cells["long.md", "Law"]
    assert (cell.state, cell.way) == (CellState.NOT_FOUND, "evidence")
    assert "longer than the 8,000 trusted tokens" in cell.note
    assert any(span.first <= 1801 <= span.last for span in cell.shown)
    assert max(prompt.size for prompt in model.prompts) <= 8_000 - SCRIPTED.answer
    found = look_ahead(to(folder, LAW, new=True), lambda _: None)
    assert [path for path, _ in found.long] == ["long.md"]


def drawn(path: Path, *pages: str, password: str = "") -> None:
    """Draw a PDF; an empty page has a picture on it and no text."""
    pdf = FPDF()
    pdf.set_font("Helvetica", size=12)
    if password:
        pdf.set_encryption(owner_password=password, user_password=password)
    for text in pages:
        pdf.add_page()
        if text:
            pdf.multi_cell(0, 8, text)
        else:
            for n in range(60):
                pdf.line(20, 20 + n, 150, 25 + n)
    pdf.output(str(path))


async def test_pages_and_documents_that_cannot_be_read_are_said_and_counted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "papers"
    folder.mkdir()
    (config.settings_dir() / "config.toml").write_text('[pdf]\nocr = "off"\n')
    drawn(
        folder / "drawn.pdf", "This lease is governed by the laws of Ohio, all of it.", "", "End."
    )
    drawn(folder / "locked.pdf", "Nobody can read this.", password="s3cret")
    model = Model(lambda *_: reply("", state="not present"))
    await collect(to(folder, LAW), model)
    kept = newest()
    assert model.asked == [("drawn.pdf", "Law")]
    drawing, locked = kept.documents
    assert (drawing.pages, [page for page, _ in drawing.unread]) == (3, [2])
    assert "password" in locked.reason
    cell = kept.cells["drawn.pdf", "Law"]
    assert cell.state is CellState.NOT_FOUND
    assert cell.shown == (Span("page", 1, 1), Span("page", 3, 3))
    assert "1 page could not be read (p2)" in cell.note
    assert kept.cells["locked.pdf", "Law"].state is CellState.UNREADABLE
    found = look_ahead(to(folder, LAW, new=True), lambda _: None)
    assert (found.locked, found.unread, found.cells) == (1, 1, 1)
    # With its password it is another version, and only that one is asked.
    again = Model(lambda *_: reply("", state="not present"))
    await collect(to(folder, LAW, passwords=("s3cret",)), again)
    assert again.asked == [("locked.pdf", "Law")]


async def test_a_changed_question_is_one_column_and_a_changed_file_one_row(
    tmp_path: Path,
) -> None:
    folder = shelf(tmp_path / "deals")
    await collect(to(folder), Model())
    before = grid(newest())
    model = Model()
    changed = Question("Law", "Which law applies?")
    await collect(to(folder, changed, MADE, FEE, ENDS), model)
    assert sorted(model.asked) == [(f"{name}.md", "Law") for name in LAWS]
    assert {k: v for k, v in grid(newest()).items() if k[1] != "Law"} == {
        k: v for k, v in before.items() if k[1] != "Law"
    }
    back = Model()
    await collect(to(folder), back)
    assert back.asked == []
    assert grid(newest()) == before
    shelf(folder, {"birch": "Maine"})
    rows = Model()
    await collect(to(folder), rows)
    assert sorted(rows.asked) == sorted(("birch.md", q.name) for q in QUESTIONS)


async def test_another_model_is_asked_on_request_alone(tmp_path: Path) -> None:
    folder = shelf(tmp_path / "deals")
    await collect(to(folder), Model())
    other = replace(SCRIPTED, name="other", model="other-1")
    request = to(folder, profile=replace(SCRIPTED, model="first"))
    await collect(replace(request, new=True), Model())
    quiet = Model()
    await collect(replace(request, profile=other), quiet)
    assert quiet.asked == []
    with open_store() as store:
        id = store.reviews.resolve()
        store.reviews.mark(id, "alder.md", "Law", Mark("corrected", Value(("Iowa",), ("Iowa",))))
    loud = Model()
    await collect(replace(request, profile=other, again=True), loud)
    assert len(loud.asked) == 11
    assert ("alder.md", "Law") not in loud.asked
    kept = newest()
    assert kept.cells["alder.md", "Made"].model == "other-1"
    assert kept.says("alder.md", "Law") == (CellState.ANSWERED, Value(("Iowa",), ("Iowa",)))


async def test_cells_rows_and_columns_can_be_run_and_run_again(tmp_path: Path) -> None:
    folder = shelf(tmp_path / "deals")
    named = (("birch.md", "Fee"), ("alder.md", "Law"))
    few = Model(truth)
    await collect(to(folder, cells=named), few)
    assert few.asked == [("alder.md", "Law"), ("birch.md", "Fee")]
    there = Model(truth)
    await collect(to(folder, cells=named), there)
    assert there.asked == []
    with open_store() as store:
        iowa = Mark("corrected", Value(("Iowa",), ("Iowa",)))
        store.reviews.mark(store.reviews.resolve(), "alder.md", "Law", iowa)
    anew = Model(lambda *_: reply("USD 7", "A yearly fee of USD 1,200.50 is due"))
    await collect(to(folder, cells=named, again=True), anew)
    assert anew.asked == [("birch.md", "Fee")]
    assert newest().cells["birch.md", "Fee"].value == Value(("USD 7",), ("USD 7",))
    column = Model(truth)
    await collect(to(folder, columns=("fe?",), only=("BIRCH", "c*.md"), again=True), column)
    assert column.asked == [("birch.md", "Fee"), ("cedar.md", "Fee")]
    for more in ({"only": ("oak",)}, {"columns": ("Lawn",)}, {"cells": (("oak.md", "Law"),)}):
        with pytest.raises(ConfigError, match="the review has no"):
            await collect(to(folder, **more), Model())


async def test_a_cell_that_is_named_brings_the_condition_that_nobody_knows(tmp_path: Path) -> None:
    folder = shelf(tmp_path / "deals", {"alder": "Delaware"})
    notice = Question("Notice", "How long?", "number", only_if=("Ends", ("yes",)))
    model = Model(lambda _, q, n: reply("yes" if q == "Ends" else "30", "A yearly fee of USD"))
    await collect(to(folder, LAW, ENDS, notice, cells=(("alder.md", "Notice"),)), model)
    assert list(dict.fromkeys(model.asked)) == [("alder.md", "Ends"), ("alder.md", "Notice")]


async def test_a_question_with_a_condition_is_asked_where_it_holds(tmp_path: Path) -> None:
    folder = shelf(tmp_path / "deals")
    notice = Question("Notice", "How long?", "number", only_if=("Ends", ("yes",)))
    period = Question("Period", "From when?", only_if=("Notice", ("30",)))
    ends = {"alder.md": "yes", "birch.md": "no", "cedar.md": ""}

    def say(path: str, question: str, _: int) -> str:
        if question != "Ends":
            return reply("30", "A yearly fee of USD 1,200.50 is due")
        state = "answered" if ends[path] else "unclear"
        return reply(ends[path], "A yearly fee of USD 1,200.50 is due", state=state)

    model = Model(say)
    await collect(to(folder, period, notice, ENDS), model)
    assert model.asked == [
        ("alder.md", "Ends"), ("alder.md", "Notice"), ("alder.md", "Period"),
        ("birch.md", "Ends"),
        ("cedar.md", "Ends"), ("cedar.md", "Notice"), ("cedar.md", "Period"),
    ]  # fmt: skip
    kept = newest()
    assert kept.ruled_out("birch.md", notice)
    assert kept.ruled_out("birch.md", period)
    assert not kept.ruled_out("alder.md", period)
    # What a person says decides it from then on.
    with open_store() as store:
        yes = Mark("corrected", Value(("yes",), ("yes",)))
        store.reviews.mark(store.reviews.resolve(), "birch.md", "Ends", yes)
    again = Model(say)
    await collect(to(folder, period, notice, ENDS), again)
    assert again.asked == [("birch.md", "Notice"), ("birch.md", "Period")]


async def test_a_shelf_grows_and_what_was_asked_stays(tmp_path: Path) -> None:
    folder = shelf(tmp_path / "deals")
    more = shelf(tmp_path / "more", {"maple": "Utah"})
    await collect(to(folder), Model())
    before = {question: value for (path, question), value in grid(newest()).items()}
    model = Model()
    with open_store() as store:
        id = store.reviews.resolve()
    await collect(Request(SCRIPTED, (str(more),), review=id), model)
    assert {path for path, _ in model.asked} == {"more/maple.md"}
    kept = newest()
    assert [one.path for one in kept.documents] == [
        "deals/alder.md", "deals/birch.md", "deals/cedar.md", "more/maple.md",
    ]  # fmt: skip
    assert set(before) == {question for path, question in kept.cells if path.startswith("deals")}
    cited = [c.path for c in kept.cells["deals/alder.md", "Law"].citations]
    assert cited == ["deals/alder.md"]
    quiet = Model()
    await collect(Request(SCRIPTED, review=""), quiet)
    assert quiet.asked == []


async def test_the_same_command_goes_on_with_a_shelf_that_has_grown(tmp_path: Path) -> None:
    folder = shelf(tmp_path / "deals")
    more = shelf(tmp_path / "more", {"maple": "Utah"})
    await collect(to(folder), Model())
    with open_store() as store:
        id = store.reviews.resolve()
    await collect(Request(SCRIPTED, (str(more),), review=id), Model())
    quiet = Model()
    events = await collect(to(folder), quiet)
    assert quiet.asked == []
    assert [e.review for e in events if isinstance(e, Started)] == [id]
    assert [e for e in events if isinstance(e, Progress) and str(more) in e.note]
    await collect(to(folder, new=True), Model())
    with open_store() as store:
        assert len(store.reviews.listed()) == 2


async def test_what_others_add_while_sources_are_read_stays(tmp_path: Path) -> None:
    folder = shelf(tmp_path / "deals", {"alder": "Delaware"})
    more = shelf(tmp_path / "more", {"maple": "Utah"})
    await collect(to(folder, LAW), Model())
    with open_store() as store:
        id = store.reviews.resolve()

        def opened_while(request: Request, other: Request) -> Opened:
            others = [other]

            def tell(progress: Progress) -> None:
                # It has read all, and kept nothing yet.
                if progress.stage == "keep" and others:
                    open_review(others.pop(), store, lambda _: None)

            return open_review(request, store, tell)

        opened_while(to(folder, LAW), Request(SCRIPTED, (str(more),), review=id))
        column = Request(SCRIPTED, questions=(LAW, ENDS), review=id)
        opened = opened_while(to(folder, LAW, MADE), column)
    kept = newest()
    assert [one.path for one in kept.documents] == ["deals/alder.md", "more/maple.md"]
    assert {source.location for source in kept.sources} == {str(folder), str(more)}
    assert {question.name for question in kept.questions} == {"Law", "Made", "Ends"}
    assert {job.reviewed.path for job in opened.jobs} == {"deals/alder.md", "more/maple.md"}


async def test_a_pilot_draws_the_same_few_documents_and_the_rest_follows(tmp_path: Path) -> None:
    folder = shelf(tmp_path / "deals", {f"deal{n}": "Ohio" for n in range(12)})
    model = Model()
    await collect(to(folder, pilot=3, seed=4), model)
    drawn_first = {path for path, _ in model.asked}
    assert len(drawn_first) == 3
    other = Model()
    await collect(to(folder, pilot=3, seed=4, new=True), other)
    assert {path for path, _ in other.asked} == drawn_first
    rest = Model()
    await collect(to(folder), rest)
    assert len(rest.asked) == 9 * 4


class Dying(Model):
    """An engine that ends, or refuses one question."""

    def __init__(self, after: int = 10**9, refuses: tuple[str, str] = ("", "")) -> None:
        super().__init__(self._fail)
        self._after, self._refuses = after, refuses

    def _fail(self, path: str, question: str, _: int) -> str:
        if len(self.asked) > self._after or (path, question) == self._refuses:
            raise EngineError("the engine is gone", hint="start it")
        return ""


async def test_an_engine_that_ends_ends_the_run_and_the_next_does_the_rest(tmp_path: Path) -> None:
    request = to(shelf(tmp_path / "deals"))
    undisturbed = tmp_path / "undisturbed.db"
    await collect(replace(request, store=undisturbed), Model())
    dying = Dying(after=5)
    with pytest.raises(EngineError, match="gone"):
        await collect(request, dying)
    kept = set(newest().cells)
    assert len(kept) == 5
    model = Model()
    await collect(request, model)
    assert len(model.asked) == 7
    assert not set(model.asked) & kept
    assert grid(newest()) == grid(newest(undisturbed))


async def test_a_question_that_the_engine_refuses_fails_alone(tmp_path: Path) -> None:
    request = to(shelf(tmp_path / "deals"))
    await collect(request, Dying(refuses=("birch.md", "Ends")))
    kept = newest()
    assert len(kept.cells) == 12
    assert [key for key, cell in kept.cells.items() if cell.state is CellState.FAILED] == [
        ("birch.md", "Ends")
    ]
    assert kept.cells["birch.md", "Ends"].note == "the engine is gone"
    with pytest.raises(EngineError):
        await collect(request, Dying(refuses=("birch.md", "Ends")))


async def test_an_answer_that_is_there_outlives_a_request_that_fails(tmp_path: Path) -> None:
    request = to(shelf(tmp_path / "deals"), profile=replace(SCRIPTED, model="first"))
    await collect(request, Model(truth))
    before = grid(newest())
    other = replace(request, profile=replace(SCRIPTED, model="second"), again=True)
    # Its first requests fail, then one succeeds: that is when failures are kept.
    told = await collect(other, Dying(refuses=("alder.md", "Law")))
    now = newest()
    assert now.cells["alder.md", "Law"].model == "first"
    assert grid(now)["alder.md", "Law"] == before["alder.md", "Law"]
    assert now.cells["alder.md", "Made"].model == "second"
    assert not [e for e in told if isinstance(e, Cell) and e.state is CellState.FAILED]
    # What is malformed twice is no better.
    third = replace(request, profile=replace(SCRIPTED, model="third"), again=True)
    told = await collect(third, Model(lambda *_: "Delaware, I think."))
    assert {cell.state for cell in newest().cells.values()} != {CellState.FAILED}
    assert any("stays" in e.note for e in told if isinstance(e, Progress))


async def test_what_an_engine_refuses_fails_at_once_and_the_run_goes_on(tmp_path: Path) -> None:
    request = to(shelf(tmp_path / "deals"))

    class Refusing(Model):
        def __init__(self) -> None:
            super().__init__(self._refuse)

        def _refuse(self, path: str, question: str, _: int) -> str:
            if path == "alder.md":
                raise RefusalError("its content filter ended it", hint="")
            return truth(path, question, 0)

    model = Refusing()
    await collect(request, model)
    kept = newest()
    assert len(kept.cells) == 12
    failed = [key for key, cell in kept.cells.items() if cell.state is CellState.FAILED]
    assert {path for path, _ in failed} == {"alder.md"}
    assert len(failed) == 4
    assert kept.cells["alder.md", "Law"].note == "its content filter ended it"


async def test_an_engine_that_refuses_everything_is_not_asked_for_every_cell(
    tmp_path: Path,
) -> None:
    laws = dict.fromkeys(("alder", "birch", "cedar", "doges", "elder", "fichu"), "Ohio")

    def all_of_it(*_: object) -> str:
        raise RefusalError("response_format is not supported", hint="another server")

    request, model = to(shelf(tmp_path / "deals", laws), parallel=1), Model(all_of_it)
    with pytest.raises(EngineError, match="nothing was answered of 3 documents: response_format"):
        await collect(request, model)
    assert len(model.asked) == 2 * len(QUESTIONS) + 1
    assert len(newest().cells) == 2 * len(QUESTIONS) + 1

    # Where it does answer something, what it refuses is about those documents.
    def some(path: str, question: str, _: int) -> str:
        if path != "cedar.md":
            raise RefusalError("its content filter ended it", hint="")
        return truth(path, question, 0)

    await collect(request, Model(some))
    assert len(newest().cells) == len(laws) * len(QUESTIONS)


async def test_a_document_too_long_for_the_server_is_laid_out_anew_once(tmp_path: Path) -> None:
    folder = shelf(tmp_path / "deals", {"alder": "Delaware"})
    long = "\n\n".join(f"Clause {n}. Lamp {n} is lit at dusk, every day." for n in range(300))
    (folder / "long.md").write_text(f"{long}\n\nThe laws of Utah govern this agreement.\n")

    class Small(Model):
        """A server with a window of 3,000 tokens."""

        async def stream(self, prompt: Prompt, sampling: Sampling) -> AsyncGenerator[Event]:
            if prompt.size + sampling.max_tokens > 3_000:
                self.refused += 1
                raise WindowError("its window is 3,000 tokens", hint="", limit=3_000)
            async for event in super().stream(prompt, sampling):
                yield event

        refused = 0

    model = Small(lambda *_: reply("Utah", "The laws of Utah govern this agreement."))
    await collect(to(folder, LAW, MADE, FEE), model)
    assert model.refused == 1
    cell = newest().cells["long.md", "Law"]
    assert (cell.state, cell.way) == (CellState.ANSWERED, "evidence")
    assert "laid out again for 3,000 tokens" in cell.note
    assert newest().cells["alder.md", "Law"].way == "whole"


async def test_a_file_that_is_there_twice_is_asked_once(tmp_path: Path) -> None:
    folder = shelf(tmp_path / "deals", {"alder": "Delaware", "birch": "Ohio"})
    copyfile(folder / "alder.md", folder / "copy.md")
    ahead = look_ahead(to(folder), lambda _: None)
    model = Model(truth)
    await collect(to(folder), model)
    assert {path for path, _ in model.asked} == {"alder.md", "birch.md"}
    assert ahead.cells == 8
    kept = newest()
    first, copy = kept.cells["alder.md", "Law"], kept.cells["copy.md", "Law"]
    assert (copy.value, copy.state) == (first.value, first.state)
    assert [c.path for c in copy.citations] == ["copy.md"]
    assert (copy.requests, copy.price) == (0, 0)
    assert "the same file as alder.md" in copy.note
    # Each row has its own marks; a row that is named anew is asked for itself.
    with open_store() as store:
        id = store.reviews.resolve()
        store.reviews.mark(id, "alder.md", "Law", Mark("corrected", Value(("Iowa",), ("Iowa",))))
    assert newest().says("copy.md", "Law") == (copy.state, copy.value)
    anew = Model(truth)
    await collect(to(folder, cells=(("copy.md", "Fee"),), again=True), anew)
    assert anew.asked == [("copy.md", "Fee")]


class Twice(Model):
    """Says another law and no fee when it is asked in other words."""

    async def stream(self, prompt: Prompt, sampling: Sampling) -> AsyncGenerator[Event]:
        self.second = in_other_words(prompt)
        self.seconds += [asked(prompt)] if self.second else []
        async for event in super().stream(prompt, sampling):
            yield event

    def __init__(self, after: int = 10**9) -> None:
        super().__init__(self._answer)
        self._after = after
        self.second, self.seconds = False, list[tuple[str, str]]()

    def _answer(self, path: str, question: str, _: int) -> str:
        if len(self.asked) > self._after:
            raise EngineError("the engine is gone", hint="start it")
        if self.second and question == "Law":
            return reply("Utah", "governed by the laws of the State of")
        return truth(path, question, 0)


async def test_what_is_asked_twice_in_other_words_says_whether_both_agree(tmp_path: Path) -> None:
    folder = shelf(tmp_path / "deals", {"alder": "Delaware", "birch": "New York"})
    ahead = look_ahead(to(folder, double=True), lambda _: None)
    model = Twice()
    told = await collect(to(folder, double=True, parallel=1), model)
    assert (ahead.cells, len(model.asked)) == (16, 16)
    # One document after the other; of each the prefix of a pass stays the same.
    for first in (0, 4, 8, 12):
        of_one = [prompt.turns[1].pieces for prompt in model.prompts[first : first + 4]]
        heads = {prompt.turns[0].text for prompt in model.prompts[first : first + 4]}
        assert len(heads) == 1
        assert all(pieces[:-1] == of_one[0][:-1] for pieces in of_one)
    assert sorted(model.seconds) == sorted(model.asked[:4] + model.asked[8:12])
    kept = newest()
    assert len(kept.seconds) == 8
    assert {e.cell for e in told if isinstance(e, Second)} == set(kept.seconds.values())
    assert {e for e in told if isinstance(e, Cell)} == set(kept.cells.values())
    law, made = kept.checks("alder.md", "Law"), kept.checks("alder.md", "Made")
    assert law
    assert made
    assert (law.agreed, law.confidence) == (False, "low")
    assert (made.agreed, made.confidence) == (True, "high")
    assert kept.work()[:2] == [("alder.md", "Law"), ("birch.md", "Law")]
    quiet = Twice()
    await collect(to(folder, double=True), quiet)
    assert quiet.asked == []


async def test_a_second_pass_that_was_stopped_goes_on(tmp_path: Path) -> None:
    request = to(shelf(tmp_path / "deals", {"alder": "Delaware"}), double=True, parallel=1)
    with pytest.raises(EngineError):
        await collect(request, Twice(after=6))
    assert (len(newest().cells), len(newest().seconds)) == (4, 2)
    # Without the second pass there is nothing left to do.
    quiet = Twice()
    await collect(replace(request, double=False), quiet)
    assert quiet.asked == []
    rest = Twice()
    await collect(request, rest)
    assert (len(rest.asked), len(rest.seconds)) == (2, 2)
    # What a person has corrected is not doubted any more, and what is asked anew is asked twice.
    with open_store() as store:
        iowa = Mark("corrected", Value(("Iowa",), ("Iowa",)))
        store.reviews.mark(store.reviews.resolve(), "alder.md", "Law", iowa)
    anew = Twice()
    await collect(replace(request, columns=("Law", "Fee"), again=True), anew)
    assert (anew.asked, anew.seconds) == ([("alder.md", "Fee")] * 2, [("alder.md", "Fee")])


async def test_how_a_review_is_asked_is_said_once(tmp_path: Path) -> None:
    begun = to(shelf(tmp_path / "deals", {"alder": "Delaware"}), double=True, long="sweep")
    with pytest.raises(EngineError):
        await collect(replace(begun, budget=3_500, parallel=1), Twice(after=6))
    bare = Request(SCRIPTED, review="", parallel=1)
    rest = Twice()
    told = await collect(bare, rest)
    assert (len(rest.asked), len(rest.seconds)) == (2, 2)
    notes = [e.note for e in told if isinstance(e, Progress)]
    assert any("--no-double" in note and "--long evidence" in note for note in notes)
    kept = newest()
    assert (kept.long, kept.double, kept.budget) == ("sweep", True, 3_500)
    # Of some cells alone it is said for that run, of all it stays.
    once = Twice()
    await collect(replace(bare, double=False, columns=("Law",), again=True), once)
    assert (once.asked, once.seconds) == ([("alder.md", "Law")], [])
    assert newest().double
    told = await collect(replace(bare, double=False, long="evidence"), Twice())
    assert not [e for e in told if isinstance(e, Progress) and "--no-double" in e.note]
    kept = newest()
    assert (kept.long, kept.double, kept.budget) == ("evidence", False, 3_500)


async def test_a_failed_cell_that_a_person_settled_counts_no_more(tmp_path: Path) -> None:
    folder = shelf(tmp_path / "deals", {"alder": "Delaware"})
    await collect(to(folder, LAW, MADE), Model(lambda *_: "Delaware, I think."))
    assert len(newest().failed) == 2
    with open_store() as store:
        id = store.reviews.resolve()
        assert store.reviews.listed()[0].failed == 2
        iowa = Mark("corrected", Value(("Iowa",), ("Iowa",)))
        store.reviews.mark(id, "alder.md", "Law", iowa)
        assert store.reviews.listed()[0].failed == 1
        # A condition rules the other out now.
        ruled = replace(MADE, only_if=("Law", ("Ohio",)))
        store.reviews.keep_questions(id, (LAW, ruled))
        assert store.reviews.listed()[0].failed == 0
    assert newest().failed == []


async def test_what_it_costs_at_most_holds_when_every_cell_is_asked_thrice(tmp_path: Path) -> None:
    priced = replace(SCRIPTED, price_input=2.0, price_output=8.0)
    request = to(shelf(tmp_path / "deals"), profile=priced)
    found = look_ahead(request, lambda _: None)
    broken = "{" + "x " * (SCRIPTED.answer - 1)
    wrong = reply("Utah", "not a word of this stands there")

    class Thorough(Model):
        async def stream(self, prompt: Prompt, sampling: Sampling) -> AsyncGenerator[Event]:
            async for event in super().stream(prompt, sampling):
                whole = isinstance(event, Usage)
                yield Usage(prompt.size, sampling.max_tokens, 0, 0.1, 0.1) if whole else event

    await collect(request, Thorough(lambda _, q, n: broken if not n else wrong))
    kept = newest()
    assert {cell.requests for cell in kept.cells.values()} == {3}
    spent = sum(cell.price for cell in kept.cells.values())
    assert found.ways[0].dollars < spent <= found.ways[0].most


async def test_only_what_a_run_sends_is_asked_about(tmp_path: Path) -> None:
    away = replace(SCRIPTED, engine="server", url="https://models.example/v1")
    folder = shelf(tmp_path / "deals")
    (folder / "secret.md").write_text("# Key\n\n" + "AKIA" + "Q4HLR27ZBXW6TNDE is the key.\n")
    told: list[Departure] = []

    async def no(departure: Departure) -> bool:
        told.append(departure)
        return False

    for more in ({"only": ("alder.md",)}, {"only": ("secret.md", "alder.md")}):
        with pytest.raises(TrustError):
            _ = [e async for e in review(to(folder, profile=away, **more), no, Model())]
    assert [(one.documents, bool(one.masked)) for one in told] == [(1, False), (2, True)]


async def test_nothing_is_sent_before_somebody_says_it_may_be(tmp_path: Path) -> None:
    away = replace(SCRIPTED, engine="server", url="https://models.example/v1")
    away = replace(away, price_input=2.0, price_cached=0.2)
    told: list[Departure] = []

    async def no(departure: Departure) -> bool:
        told.append(departure)
        return False

    request = to(shelf(tmp_path / "deals"), profile=away)
    model = Model()
    with pytest.raises(TrustError):
        _ = [event async for event in review(request, no, model)]
    assert model.asked == []
    assert (told[0].documents, told[0].host) == (3, "models.example")
    found = look_ahead(request, lambda _: None)
    (way, whole) = found.ways
    assert told[0].tokens == way.tokens
    assert (way.requests, whole.requests) == (12, 4)
    assert way.fresh < way.tokens / 2
    assert way.most > way.dollars > 0


async def test_looking_ahead_keeps_nothing(tmp_path: Path) -> None:
    (config.home() / "longread.db").unlink()
    found = look_ahead(to(shelf(tmp_path / "deals")), lambda _: None)
    assert (found.documents, found.cells, found.done) == (3, 12, 0)
    assert not (config.home() / "longread.db").exists()
    await collect(to(tmp_path / "deals", pilot=1), Model())
    found = look_ahead(to(tmp_path / "deals"), lambda _: None)
    assert (found.cells, found.done) == (8, 4)


def raw_bytes(folder: Path) -> bytes:
    return b"".join(file.read_bytes() for file in folder.glob("matter.db*"))


async def test_a_deleted_review_leaves_nothing_behind(tmp_path: Path) -> None:
    path = tmp_path / "matter.db"
    secret = shelf(tmp_path / "vault", {"zebra": "Quintopia"})
    other = shelf(tmp_path / "other")
    await collect(to(other, store=path), Model(truth))
    with open_store(path) as store:
        first = store.reviews.resolve()
    await collect(to(secret, Question("Zulu", "Wherefore?"), store=path), Model())
    with open_store(path) as store:
        id = store.reviews.resolve()
        store.reviews.mark(id, "zebra.md", "Zulu", Mark("flagged", note="Xylophone"))
        forget_review(store, id)
        raw = raw_bytes(tmp_path)
        for word in (b"zebra", b"Zulu", b"Wherefore", b"Xylophone", b"vault"):
            assert word not in raw
        assert [row.id for row in store.reviews.listed()] == [first]
        assert store.reviews.document(first, "alder.md").text.startswith("# Alder")
        forget_review(store, first)


async def test_what_was_asked_about_is_kept_with_the_review(tmp_path: Path) -> None:
    folder = shelf(tmp_path / "deals", {"alder": "Delaware"})
    await collect(to(folder, LAW), Model())
    old = newest().documents[0].content_id
    shelf(folder, {"alder": "Ohio"})
    await collect(to(folder, LAW), Model())
    with open_store() as store:
        id = store.reviews.resolve()
        assert "Ohio" in store.reviews.document(id, "alder.md").text
        assert "Delaware" in store.reviews.document(id, "alder.md", old).text


async def test_inputs_that_are_none_say_so(tmp_path: Path) -> None:
    empty = tmp_path / "empty"
    empty.mkdir()
    with pytest.raises(IngestError):
        await collect(to(empty), Model())
    with pytest.raises(ConfigError, match="no questions"):
        await collect(Request(SCRIPTED, (str(shelf(tmp_path / "deals")),)), Model())
