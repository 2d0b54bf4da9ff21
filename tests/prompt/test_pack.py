"""Packing: the budget is used, never exceeded, and equal input gives an equal layout."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from longread.analysis import reading
from longread.cache.derived import Derived
from longread.errors import BudgetError
from longread.prompt import pack, render
from longread.prompt.costs import LEVELS, Costs, price
from longread.prompt.pack import DETAIL
from longread.tokens import open_family
from longread.tokens.pieces import Pieces
from longread.types import Corpus, Document, Entry, Level, Segment, Source, Span


def document(path: str, lines: int, size: int = 6, number: int = 0) -> Document:
    """A source file of functions of ten lines."""
    text, segments = "", []
    for first in range(1, lines + 1, 10):
        start = len(text)
        last = min(first + 9, lines)
        head = f"def function_{number}_{first}(a, b):\n"
        text += head + "".join(f"    word{i} = {'x ' * size}\n" for i in range(first, last))
        signature = (start, start + len(head) - 1)
        segments.append(
            Segment(
                "function",
                f"function_{first}",
                Span("line", first, last),
                start,
                len(text),
                signature,
            )
        )
    return Document(
        path, "source", "python", f"{path}:{lines}:{size}:{number}", text, tuple(segments)
    )


@pytest.fixture(scope="module")
def pieces(tmp_path_factory: pytest.TempPathFactory) -> Pieces:
    return Pieces(open_family("llama4"), Derived(tmp_path_factory.mktemp("p") / "derived.db"))


def measured(documents: list[Document], pieces: Pieces) -> reading.Measured:
    entries = tuple(Entry(d.path, d.kind, d.content_id) for d in documents)
    corpus = Corpus((Source("/r", "git"),), tuple(documents), entries)
    return reading.measure(corpus, pieces, False, lambda _: None)


costs_and_ranks = st.lists(
    st.tuples(
        st.integers(1, 60), st.integers(0, 400), st.integers(0, 4_000), st.integers(0, 900),
        st.integers(0, 20_000), st.floats(0.01, 9),
    ),
    max_size=40,
)  # fmt: skip


@given(costs_and_ranks)
def test_more_of_a_document_is_bought_along_its_hull(
    drawn: list[tuple[int, int, int, int, int, float]],
) -> None:
    for path, outline, signatures, docs, full, rank in drawn:
        cost = Costs(path, path + outline, path + signatures, path + signatures + docs, path + full)
        raises = pack.ladder(cost, rank, LEVELS)
        assert raises[-1].level is Level.FULL
        assert sum(step.tokens for step in raises) == cost.full
        assert sum(step.value for step in raises) == pytest.approx(rank)
        assert [step.level for step in raises] == sorted(step.level for step in raises)


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    sizes=st.lists(st.integers(1, 90), min_size=1, max_size=12),
    room=st.integers(60, 9_000),
)
def test_what_is_rendered_costs_what_was_packed(
    sizes: list[int], room: int, pieces: Pieces
) -> None:
    files = [document(f"src/m{i}.py", lines, number=i) for i, lines in enumerate(sizes)]
    found = measured(files, pieces)
    layout = reading.lay_out(found, room)
    chunks = reading.chunks(layout, found.corpus.documents)
    text = render.not_shown(layout) + "".join(c.head + c.read() for c in chunks)
    used = price(chunks, pieces) + reading.notice_tokens(found, layout)
    assert used <= max(room, reading.notice_tokens(found, layout))
    family = pieces.family
    joined = [
        family.encode(c.title) + family.encode(c.rest) + family.encode(c.read()) for c in chunks
    ]
    assert used == sum(map(len, joined)) + len(family.encode(render.not_shown(layout)))
    assert "".join(family.decode(ids) for ids in joined) + render.not_shown(layout) == text[
        len(render.not_shown(layout)) :
    ] + render.not_shown(layout)


@pytest.mark.parametrize("room", [3_000, 12_000, 40_000])
def test_a_corpus_larger_than_the_room_uses_98_to_100_percent_of_it(
    room: int, pieces: Pieces
) -> None:
    files = [document(f"pkg{i % 5}/m{i}.py", 30 + 17 * i % 300, number=i) for i in range(60)]
    found = measured(files, pieces)
    assert found.full > room
    layout = reading.lay_out(found, room)
    chunks = reading.chunks(layout, found.corpus.documents)
    used = price(chunks, pieces) + reading.notice_tokens(found, layout)
    assert 0.98 * room <= used <= room


def test_one_file_larger_than_the_room_is_shown_in_part(pieces: Pieces) -> None:
    found = measured([document("big.py", 4_000)], pieces)
    layout = reading.lay_out(found, 5_000)
    placed = layout.placed[0]
    assert placed.level is not Level.FULL
    assert placed.raised
    used = price(reading.chunks(layout, found.corpus.documents), pieces)
    assert 0.98 * 5_000 <= used <= 5_000
    book = reading.ledger(found, layout, 5_000, 0)
    assert "parts fit the budget" in book.files[0].reason
    assert book.files[0].full_tokens > book.files[0].tokens


def test_the_layout_depends_on_the_content_alone(pieces: Pieces, tmp_path: Path) -> None:
    files = [document(f"a/m{i}.py", 20 + i, number=i) for i in range(30)]
    fresh = Pieces(open_family("llama4"), Derived(tmp_path / "other.db"))
    one = reading.lay_out(measured(files, pieces), 4_000)
    other = reading.lay_out(measured(files[::-1], fresh), 4_000)
    assert {p.path: p.level for p in one.placed} == {p.path: p.level for p in other.placed}


def test_a_document_that_matters_more_is_raised_first(pieces: Pieces) -> None:
    core = document("core.py", 60, number=1)
    users = [replace(document(f"user{i}.py", 60, number=2 + i), links=("core",)) for i in range(8)]
    found = measured([core, *users], pieces)
    levels = {p.path: p.level for p in reading.lay_out(found, found.costs[0].full + 900).placed}
    assert levels["core.py"] is Level.FULL
    assert all(level < Level.FULL for path, level in levels.items() if path != "core.py")


def test_no_room_at_all_is_refused(pieces: Pieces) -> None:
    found = measured([document("a.py", 10)], pieces)
    with pytest.raises(BudgetError) as caught:
        reading.lay_out(found, -5)
    assert "--budget" in caught.value.hint


def test_more_detail_is_worth_more() -> None:
    values = [DETAIL[level] for level in sorted(DETAIL)]
    assert values == sorted(values)
    assert pack.DETAIL[Level.NONE] == 0


def test_a_document_larger_than_the_room_is_raised_symbol_by_symbol(pieces: Pieces) -> None:
    found = measured([document("big.py", 900), document("small.py", 20, number=1)], pieces)
    layout = reading.lay_out(found, 6_000)
    big = next(p for p in layout.placed if p.path == "big.py")
    assert big.level is Level.SIGNATURES
    assert 0 < len(big.raised) < 90
    made = reading.chunks(layout, found.corpus.documents)
    assert made[0].document.path == "big.py"
    assert "L1 def function_0_1(a, b):" in made[0].read()
    assert price(made, pieces) <= 6_000


def test_a_symbol_can_be_shown_with_its_doc_while_others_are_not(pieces: Pieces) -> None:
    text, segments = "", []
    for number in range(40):
        start, first = len(text), text.count("\n") + 1
        head = f"def f{number}(a):\n"
        doc = f'    """Does {"a lot of " * (number % 7 * 6)}things, {number}."""\n'
        text += head + doc + "    return a\n" + f"    # {'word ' * 200}\n" * (number % 3 + 1)
        span = Span("line", first, text.count("\n"))
        at = start + len(head) + 4
        signature, doc_at = (start, start + len(head) - 1), (at, at + len(doc) - 5)
        segments.append(
            Segment("function", f"f{number}", span, start, len(text), signature, doc_at)
        )
    made = Document("docs.py", "source", "python", "docs", text, tuple(segments))
    found = measured([made], pieces)
    layout = reading.lay_out(found, 2_600)
    placed = layout.placed[0]
    assert placed.level is Level.SIGNATURES
    assert placed.lifted
    lifted = {index for index, _ in placed.lifted}
    body = reading.chunks(layout, found.corpus.documents)[0].read()
    for index in range(40):
        shown = text[slice(*segments[index].doc)] in body  # type: ignore[misc]
        assert shown == (index in lifted)
    assert price(reading.chunks(layout, found.corpus.documents), pieces) <= 2_600


@settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(room=st.integers(300, 30_000))
def test_what_a_divided_document_costs_is_what_is_rendered(room: int, pieces: Pieces) -> None:
    files = [document(f"m{i}.py", 400 + 90 * i, number=i) for i in range(6)]
    found = measured(files, pieces)
    layout = reading.lay_out(found, room)
    made = reading.chunks(layout, found.corpus.documents)
    used = price(made, pieces) + reading.notice_tokens(found, layout)
    assert used <= room
    assert used >= 0.97 * min(room, found.full) or room < 4_000
    book = reading.ledger(found, layout, room, 0)
    assert sum(entry.tokens for entry in book.files) == price(made, pieces)
