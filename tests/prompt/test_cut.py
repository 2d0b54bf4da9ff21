"""A corpus in parts: each character in exactly one of them, and none longer than its room."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from longread.cache.derived import Derived
from longread.errors import BudgetError
from longread.prompt import costs
from longread.prompt.cut import Part, Slice, chunks, cut, halves, named, place
from longread.tokens import open_family
from longread.tokens.pieces import Pieces
from longread.types import Document, Segment, Span

WORDS = ("fee ", "term\n", "x" * 40, "\n\n", "governed by the laws of Ohio, ", "é≠", "  ")


@pytest.fixture(scope="module")
def pieces(tmp_path_factory: pytest.TempPathFactory) -> Pieces:
    return Pieces(open_family("llama4"), Derived(tmp_path_factory.mktemp("p") / "derived.db"))


def file(number: int, bodies: list[str], name: str = "") -> Document:
    """A file whose functions are these texts; each ends a line."""
    text, segments = "", []
    for body in bodies:
        start, first = len(text), text.count("\n") + 1
        text += body + "\n"
        last = text.count("\n")
        called = name or f"f{len(segments)}"
        segments.append(Segment("function", called, Span("line", first, last), start, len(text)))
    path = f"src/f{number}.py"
    content = f"{path}:{hash(text)}"
    return Document(path, "source", "python", content, text, tuple(segments), id=f"d{number}")


def book(number: int, pages: list[list[str]]) -> Document:
    """A PDF whose pages have these clauses."""
    text, segments = "", []
    for page, clauses in enumerate(pages, 1):
        for clause in clauses:
            start = len(text)
            text += clause + "\n"
            segments.append(Segment("page", "", Span("page", page, page), start, len(text)))
    path, content = f"b{number}.pdf", f"b{number}:{hash(text)}"
    return Document(path, "pdf", "pdf", content, text, tuple(segments), "page", id=f"d{number}")


prose = st.lists(st.sampled_from(WORDS), max_size=60).map("".join)
corpora = st.lists(
    st.one_of(
        st.lists(prose, min_size=1, max_size=8).map(lambda bodies: ("file", bodies)),
        st.lists(st.lists(prose, min_size=1, max_size=3), min_size=1, max_size=5).map(
            lambda pages: ("book", pages)
        ),
    ),
    min_size=1,
    max_size=6,
)


def made(drawn: list[tuple[str, list[object]]]) -> list[Document]:
    makers = {"file": file, "book": book}
    return [makers[kind](number, body) for number, (kind, body) in enumerate(drawn, 1)]  # type: ignore[operator]


def shown(part: Part, documents: list[Document]) -> str:
    by_id = {d.id: d for d in documents}
    every = [c for one in part.slices for c in chunks(one, by_id[one.document], "§0")]
    return "".join(chunk.head + chunk.read() for chunk in every)


@settings(max_examples=60)
@given(corpora, st.integers(30, 400))
def test_every_character_is_in_exactly_one_part_and_none_is_too_long(
    pieces: Pieces, drawn: list[tuple[str, list[object]]], room: int
) -> None:
    documents = made(drawn)
    parts = cut(documents, room, "§0", pieces)
    assert parts == cut(documents, room, "§0", pieces)
    seen: dict[str, list[tuple[int, int]]] = {}
    for part in parts:
        by_id = {d.id: d for d in documents}
        every = [c for one in part.slices for c in chunks(one, by_id[one.document], "§0")]
        assert part.tokens == costs.price(every, pieces) <= room
        for one, chunk in [(c.document.id, c) for c in every]:
            seen.setdefault(one, []).append((chunk.start, chunk.end))
            assert chunk.read().rstrip("\n") == chunk.document.text[chunk.start : chunk.end].rstrip(
                "\n"
            )
    for document in documents:
        ranges = sorted(seen[document.id])
        assert ranges[0][0] == 0
        assert ranges[-1][1] == document.size
        assert all(a[1] == b[0] for a, b in pairwise(ranges))


@settings(max_examples=30)
@given(corpora, st.integers(60, 400))
def test_only_a_segment_that_does_not_fit_is_cut_within(
    pieces: Pieces, drawn: list[tuple[str, list[object]]], room: int
) -> None:
    documents = {d.id: d for d in made(drawn)}
    for part in cut(list(documents.values()), room, "§0", pieces):
        for one in part.slices:
            document = documents[one.document]
            starts = {s.start for s in document.segments} | {document.size}
            if not one.broken:
                assert {one.start, one.end} <= starts
                continue
            (whole,) = [s for s in document.segments if s.start <= one.start < s.end]
            alone = Slice(document.id, whole.start, whole.end)
            assert costs.price(chunks(alone, document, "§0"), pieces) > room


def test_documents_stay_whole_and_fill_the_parts(pieces: Pieces) -> None:
    documents = [file(n, ["word " * 90]) for n in range(1, 13)]
    parts = cut(documents, 420, "§0", pieces)
    assert len(parts) == 3
    assert [one.document for part in parts for one in part.slices] == [d.id for d in documents]
    # A short one goes where there is room, among the parts that are near.
    more = [file(1, ["word " * 250]), file(2, ["word " * 300]), file(3, ["word " * 100])]
    first, second = cut(more, 420, "§0", pieces)
    assert [one.document for one in first.slices] == ["d1", "d3"]
    assert [one.document for one in second.slices] == ["d2"]


def test_a_long_file_is_cut_where_a_symbol_begins(pieces: Pieces) -> None:
    long = file(1, ["word " * 40] * 9)
    halved = [
        Segment(s.kind, f"f{n // 2}", s.span, s.start, s.end) for n, s in enumerate(long.segments)
    ]
    document = Document(*(getattr(long, name) for name in (
        "path", "kind", "language", "content_id", "body")), tuple(halved), id="d1")  # fmt: skip
    room = costs.price(
        chunks(Slice("d1", 0, halved[6].end), document, "§0"), pieces
    )  # seven segments: the last of them has another of its function behind it
    first, *_ = cut([document], room, "§0", pieces)
    assert first.slices[0].end == halved[5].end
    assert shown(first, [document]).startswith("§0 d1 src/f1.py L1-L6\n")


def test_pages_are_not_cut_where_they_fit(pieces: Pieces) -> None:
    document = book(1, [["clause " * 30, "more " * 30], ["words " * 70], ["end " * 10]])
    parts = cut([document], 150, "§0", pieces)
    assert [str(place(one, document)) for part in parts for one in part.slices] == [
        "p1", "p2-p3",
    ]  # fmt: skip
    assert "§0 d1 b1.pdf p2\n" in shown(parts[1], [document])


def test_a_line_too_long_is_cut_and_named(pieces: Pieces) -> None:
    document = file(1, ["short", "é" * 500])
    parts = cut([document], 60, "§0", pieces)
    assert len(parts) > 3
    broken = [one for part in parts for one in part.slices if one.broken]
    assert {str(place(one, document)) for one in broken} == {"L2"}
    assert named(broken[:1], {"d1": document}, 5) == "src/f1.py L2"
    with pytest.raises(BudgetError, match=r"not even a part of src/f1\.py fits 5 tokens"):
        cut([document], 5, "§0", pieces)


def test_halves_show_the_same(pieces: Pieces) -> None:
    documents = [file(1, ["word " * 90] * 3), book(2, [["clause " * 40] * 2] * 2)]
    by_id = {d.id: d for d in documents}
    (part,) = cut(documents, 5_000, "§0", pieces)
    halved = halves(part, by_id, "§0", pieces)
    assert len(halved) in (2, 3)
    assert sum(e - s for h in halved for r in h.ranges.values() for s, e in r) == sum(
        d.size for d in documents
    )
