"""Amendments and exhibits are read with their agreement, and are suggested, never tied unasked."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from longread.analysis.families import Opening, rank, suggest, tie, what_it_is
from longread.analysis.review import Request, look_ahead
from longread.errors import ConfigError
from longread.store import open_store
from longread.types import Verdict
from longread.types.families import moved, read_together
from longread.types.reviews import CellState, Mark, Question, Review, Reviewed, Value
from tests.analysis.reviewing import SCRIPTED, Model, cells_of, collect, newest, reply

LAW = Question("Law", "Which law governs?")
SUPPLY = """\
SUPPLY AGREEMENT

This Supply Agreement is made on March 4, 2005 between Alder Inc. and Birch Ltd.
It is governed by the laws of Ohio.
"""
FIRST = """\
FIRST AMENDMENT TO SUPPLY AGREEMENT

This First Amendment to the Supply Agreement dated March 4, 2005 between Alder Inc. and Birch Ltd.
The governing law shall be that of Utah, and Ohio law is dropped.
"""
SECOND = """\
Amendment No. 2 to the Supply Agreement dated as of March 4, 2005, by Alder Inc. and Birch Ltd.

The governing law shall be that of Texas from this day on.
"""
LEASE = """\
LEASE

This Lease is made on May 1, 2010 between Cedar Corp. and Dogwood LLC. The law of Maine governs it.
"""
EXHIBIT = """\
EXHIBIT B
to the Lease made on May 1, 2010 between Cedar Corp. and Dogwood LLC

The premises are two rooms.
"""
TEXTS = {
    "supply.md": SUPPLY, "supply_amendment_1.md": FIRST, "b2.md": SECOND, "lease.md": LEASE,
    "exhibit_b.md": EXHIBIT,
}  # fmt: skip


def shelf(folder: Path) -> Path:
    folder.mkdir()
    for name, text in TEXTS.items():
        (folder / name).write_text(text)
    return folder


def to(folder: Path) -> Request:
    return Request(SCRIPTED, (str(folder),), (LAW,))


def say(path: str, *_: object) -> str:
    if path == "supply.md":
        return reply("Texas", "that of Texas from this day on", place="d3:L3")
    return reply("", state="not present")


def tied(**more: str) -> None:
    with open_store() as store:
        id = store.reviews.resolve()
        for path, agreement in more.items():
            tie(store, id, f"{path}.md", agreement and f"{agreement}.md")


async def test_an_agreement_is_read_with_its_amendments_in_their_order(tmp_path: Path) -> None:
    folder = shelf(tmp_path / "deals")
    first = await cells_of(to(folder), Model(say))
    assert len(first) == 5
    tied(b2="supply", supply_amendment_1="supply")
    # What was said of the agreement alone is not shown as said of both.
    assert ("supply.md", "Law") not in newest().cells
    model = Model(say)
    (cell,) = await cells_of(to(folder), model)
    text = model.prompts[0].turns[1].text
    assert model.prompts[0].turns[0].text.count("Amendments prevail") == 1
    places = [text.index(f"{id} {path}") for id, path in (
        ("d1", "supply.md"), ("d2", "supply_amendment_1.md"), ("d3", "b2.md"),
    )]  # fmt: skip
    assert places == sorted(places)
    (citation,) = cell.citations
    assert (citation.path, citation.document) == ("b2.md", "d3")
    assert citation.verdict.holds
    assert cell.state is CellState.ANSWERED
    assert cell.note == "read with supply_amendment_1.md, b2.md"
    # And it is done then.
    again = Model(say)
    await collect(to(folder), again)
    assert again.asked == []
    assert newest().cells["supply.md", "Law"].citations == (citation,)


async def test_words_count_where_they_stand_in_a_family(tmp_path: Path) -> None:
    folder = shelf(tmp_path / "deals")
    await collect(to(folder), Model(say))
    tied(supply_amendment_1="supply")
    words = "The governing law shall be that of Utah, and Ohio law is dropped."
    (cell,) = await cells_of(to(folder), Model(lambda *_: reply("Utah", words, place="d1:L4")))
    (citation,) = cell.citations
    assert (citation.path, citation.verdict) == ("supply_amendment_1.md", Verdict.EXACT)


async def test_a_changed_amendment_is_its_row_and_its_agreements(tmp_path: Path) -> None:
    folder = shelf(tmp_path / "deals")
    await collect(to(folder), Model(say))
    tied(b2="supply")
    await collect(to(folder), Model(say))
    with open_store() as store:
        mark = Mark("corrected", Value(("Texas",), ("Texas",)))
        store.reviews.mark(store.reviews.resolve(), "supply.md", "Law", mark)
    (folder / "b2.md").write_text(SECOND + "Signed.\n")
    model = Model(say)
    await collect(to(folder), model)
    assert sorted(model.asked) == [("b2.md", "Law"), ("supply.md", "Law")]
    assert newest().earlier["supply.md", "Law"].kind == "corrected"
    # Left alone again, the agreement has what was said of it alone, and is not asked.
    tied(b2="")
    model = Model(say)
    await collect(to(folder), model)
    assert model.asked == []
    assert newest().cells["supply.md", "Law"].note != ""
    assert newest().families == {}


async def test_words_of_an_agreement_open_although_its_row_is_of_a_family(tmp_path: Path) -> None:
    folder = shelf(tmp_path / "deals")
    await collect(to(folder), Model(say))
    tied(b2="supply")
    (folder / "supply.md").write_text(SUPPLY.replace("Ohio", "Iowa"))
    words = "governed by the laws of Iowa"
    (cell,) = await cells_of(to(folder), Model(lambda *_: reply("Iowa", words, place="d1:L4")))
    (citation,) = cell.citations
    assert citation.verdict is Verdict.EXACT
    with open_store() as store:
        id = store.reviews.resolve()
        for version in (citation.version, cell.content_id, ""):
            assert "Iowa" in store.reviews.document(id, "supply.md", version).text


async def test_a_family_that_moved_is_the_same_one(tmp_path: Path) -> None:
    folder = shelf(tmp_path / "deals")
    await collect(to(folder), Model(say))
    tied(b2="supply")
    await collect(to(folder), Model(say))
    (folder / "b2.md").rename(folder / "second.md")
    (folder / "supply.md").rename(folder / "main.md")
    model = Model(say)
    await collect(to(folder), model)
    assert model.asked == []
    assert newest().families == {"second.md": "main.md"}
    assert newest().cells["main.md", "Law"].citations[0].path == "second.md"


@pytest.mark.parametrize("gone", [True, False])
async def test_a_document_brings_its_tie_to_a_name_that_another_one_had(
    tmp_path: Path, gone: bool
) -> None:
    folder = shelf(tmp_path / "deals")
    await collect(to(folder), Model(say))
    tied(b2="supply", exhibit_b="lease")
    if gone:
        (folder / "b2.md").unlink()
    await collect(to(folder), Model(say))
    (folder / "exhibit_b.md").rename(folder / "b2.md")
    model = Model(say)
    await collect(to(folder), model)
    assert newest().families == {"b2.md": "lease.md"}
    # The lease is read with what it was read with before.
    assert {path for path, _ in model.asked} <= {"supply.md"}
    model = Model(say)
    await collect(to(folder), model)
    assert model.asked == []


def test_a_tie_of_what_is_gone_is_in_nobodys_way(tmp_path: Path) -> None:
    with open_store() as store:
        id, _ = store.reviews.create(Review("x", (), "scripted", (LAW,), ()))
        rows = [Reviewed(path, f"id-{path}") for path in "abcd"]
        store.reviews.keep_documents(id, (), rows, {})
        tie(store, id, "a", "b")
        tie(store, id, "c", "d")
        store.reviews.keep_documents(id, (), rows[1:3], {})
        # Neither can be named any more, to be tied otherwise.
        tie(store, id, "b", "c")
        assert store.reviews.families(id) == {"a": "b", "b": "c", "c": "d"}


async def test_nothing_is_not_present_in_a_family_of_which_a_part_was_not_read(
    tmp_path: Path,
) -> None:
    folder = shelf(tmp_path / "deals")
    (folder / "plan.html").write_text("<p>Schedule 1</p><img src='plan.png'>")
    (folder / "bad.pdf").write_bytes(b"%PDF-1.7 nothing")
    await collect(to(folder), Model(say))
    tied(exhibit_b="lease")
    absent = Model(lambda *_: reply("", state="not present"))
    (cell,) = await cells_of(to(folder), absent)
    assert cell.state is CellState.NOT_PRESENT
    with open_store() as store:
        id = store.reviews.resolve()
        tie(store, id, "plan.html", "lease.md")
        tie(store, id, "bad.pdf", "lease.md")
    (cell,) = await cells_of(to(folder), absent)
    assert cell.state is CellState.NOT_FOUND
    assert cell.note == (
        "plan.html: pictures not read: 1; bad.pdf could not be read: damaged;"
        " read with plan.html, exhibit_b.md"
    )


async def test_a_family_beyond_the_window_goes_by_evidence_over_all_of_it(tmp_path: Path) -> None:
    folder = shelf(tmp_path / "deals")
    long = "\n\n".join(f"Clause {n}. Lamp {n} is lit at dusk, every day." for n in range(900))
    (folder / "b2.md").write_text(f"{SECOND}\n{long}\n\nWhich law governs? That of Idaho does.\n")
    await collect(to(folder), Model(say))
    tied(b2="supply", supply_amendment_1="supply")
    assert "supply.md" in [p for p, _ in look_ahead(to(folder), lambda _: None).long]
    words = "Which law governs? That of Idaho does."
    model = Model(lambda *_: reply("Idaho", words, place="d3:L1805"))
    (cell,) = await cells_of(to(folder), model)
    assert cell.way == "evidence"
    assert cell.citations[0].verdict is Verdict.EXACT
    assert cell.citations[0].path == "b2.md"
    assert model.prompts[0].size <= 8_000 - SCRIPTED.answer


def openings(**texts: str) -> list[Opening]:
    return [Opening(f"{name}.md", text) for name, text in texts.items()]


def test_amendments_and_exhibits_are_suggested_where_two_things_say_so() -> None:
    every = [Opening(path, text) for path, text in TEXTS.items()]
    found = {one.path: one for one in suggest(every, {})}
    assert {p: (s.what, s.agreements[:1], s.sure) for p, s in found.items()} == {
        "supply_amendment_1.md": ("Amendment 1", ("supply.md",), True),
        "b2.md": ("Amendment 2", ("supply.md",), True),
        "exhibit_b.md": ("Exhibit B", ("lease.md",), True),
    }
    assert suggest(every, dict.fromkeys(found, "")) == []


def test_what_may_belong_to_two_agreements_is_not_sure() -> None:
    other = SUPPLY.replace("Ohio", "Iowa")
    every = openings(a=SUPPLY, b=other, c=FIRST, d="Schedule 1\n\nPrices in euros.\n")
    first, schedule = suggest(every, {})
    assert (first.agreements, first.sure) == (("a.md", "b.md"), False)
    assert (schedule.agreements, schedule.sure) == ((), False)


@pytest.mark.parametrize(
    ("path", "text", "what"),
    [
        ("a.pdf", "Exhibit 10.11\n\nSPONSORSHIP AGREEMENT\n", ""),
        ("a.pdf", "EX-10.4 3 d.htm\nEXHIBIT 10\nLICENSE AGREEMENT\n", ""),
        ("a.pdf", "AMENDED AND RESTATED LOAN AGREEMENT\n", ""),
        ("a.pdf", "LEASE\nThis Lease and each amendment to it bind both.\n", ""),
        ("a.pdf", "Third Addendum to Lease\n", "Addendum 3"),
        ("x/Acme_Amendment_No_2.pdf", "", "Amendment 2"),
        ("x/Schedule 1.docx", "Prices\n", "Schedule 1"),
        ("a.pdf", "WAIVER\nto the Loan Agreement\n", "Waiver"),
    ],
)  # fmt: skip
def test_what_a_document_calls_itself(path: str, text: str, what: str) -> None:
    assert what_it_is(path, text)[0] == what


def test_amendments_come_before_exhibits_each_in_order() -> None:
    names = ["Exhibit B", "Amendment 10", "Exhibit A", "Second Amendment", "notes"]
    assert sorted(names, key=lambda n: rank(f"{n}.pdf", "")) == [
        "Second Amendment", "Amendment 10", "Exhibit A", "Exhibit B", "notes",
    ]  # fmt: skip


def test_what_cannot_be_tied_says_why(tmp_path: Path) -> None:
    with open_store() as store:
        id, _ = store.reviews.create(Review("x", (), "scripted", (LAW,), ()))
        rows = [Reviewed(path, f"id-{path}") for path in "abc"]
        store.reviews.keep_documents(id, (), rows, {})
        tie(store, id, "b", "a")
        for path, agreement in (("a", "a"), ("c", "b"), ("a", "c")):
            with pytest.raises(ConfigError):
                tie(store, id, path, agreement)
        # A person's word stays.
        store.reviews.keep_families(id, {"b": "z"}, by_person=False)
        assert store.reviews.families(id) == {"b": "a"}


def test_a_version_with_its_family_depends_on_content_alone() -> None:
    rows = [Reviewed(p, c) for p, c in (("a", "1"), ("b", "2"), ("c", "3"), ("d", ""))]
    both = read_together(rows, {"b": "a", "c": "a"})
    assert read_together(both, {"b": "a", "c": "a"}) == both
    assert [one.content_id for one in both[1:]] == ["2", "3", ""]
    assert both[0].content_id.startswith("1+")
    assert read_together(both, {}) == tuple(rows)
    assert read_together(rows, {"b": "a", "d": "a"}) != read_together(rows, {"b": "a"})
    assert read_together(rows, {"a": "d"}) == tuple(rows)
    assert moved(both, [replace(both[0], path="z"), *rows[1:]]) == {"a": "z"}


async def test_a_family_read_in_parts_is_read_whole(tmp_path: Path) -> None:
    folder = shelf(tmp_path / "deals")
    long = "\n\n".join(f"Clause {n}. Lamp {n} is lit at dusk, every day." for n in range(900))
    (folder / "b2.md").write_text(f"{SECOND}\n{long}\n")
    (folder / "plan.html").write_text("<p>Schedule 1</p><img src='plan.png'>")
    await collect(to(folder), Model(say))
    tied(b2="supply", supply_amendment_1="supply")
    model = Model(lambda *_: reply("", state="not present"))
    (cell,) = await cells_of(replace(to(folder), long="sweep"), model)
    assert (cell.way, cell.state) == ("sweep", CellState.NOT_PRESENT)
    seen = "".join(prompt.turns[1].text for prompt in model.prompts)
    assert all(words in seen for words in ("laws of Ohio", "that of Utah", "Lamp 899"))
    assert cell.note.endswith("read with supply_amendment_1.md, b2.md")
    with open_store() as store:
        tie(store, store.reviews.resolve(), "plan.html", "supply.md")
    (cell,) = await cells_of(replace(to(folder), long="sweep"), model)
    assert cell.state is CellState.NOT_FOUND
    assert "plan.html: pictures not read: 1" in cell.note
