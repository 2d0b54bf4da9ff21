"""Rendering: boundaries that cannot be forged, places as the reader cites them."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from longread.prompt.digest import digest
from longread.prompt.render import boundary_mark, chunks, not_shown, runs
from longread.types import Document, Layout, Level, Placed, Segment, Span

TEXT = "import os\n\n\ndef f(a):\n    return a\n\n\ndef g(b):\n    return b"
SEGMENTS = (
    Segment("block", "", Span("line", 1, 3), 0, 12),
    Segment("function", "f", Span("line", 4, 7), 12, 37, (12, 21)),
    Segment("function", "g", Span("line", 8, 9), 37, len(TEXT), (37, 46)),
)
SOURCE = Document("src/a.py", "source", "python", "c1", TEXT, SEGMENTS, id="d1")
PAGES = Document(
    "lease.pdf", "pdf", "pdf", "c2", "Lease\nrent 5\nend\n",
    (
        Segment("page", "", Span("page", 1, 1), 0, 6, (0, 5)),
        Segment("page", "", Span("page", 2, 2), 6, 13),
        Segment("page", "", Span("page", 2, 2), 13, 17),
    ),
    "page", id="d2",
)  # fmt: skip


def shown(document: Document, level: Level, *raised: int) -> str:
    placed = Placed(document.id, document.path, document.content_id, level, raised)
    return "".join(c.head + c.read() for c in chunks(placed, document, "§0"))


def test_full_stands_under_its_path_and_ends_a_line() -> None:
    assert shown(SOURCE, Level.FULL) == f"§0 d1 src/a.py\n{TEXT}\n"


def test_signatures_keep_their_line_numbers() -> None:
    assert shown(SOURCE, Level.SIGNATURES) == (
        "§0 d1 src/a.py signatures\nL4 def f(a):\nL8 def g(b):\n"
    )
    assert digest(PAGES, Level.SIGNATURES, {}) == "p1 Lease\n"


def test_a_path_stands_alone() -> None:
    assert shown(SOURCE, Level.PATH) == "§0 d1 src/a.py\n"
    assert shown(SOURCE, Level.NONE) == ""


def test_raised_parts_name_their_lines() -> None:
    assert shown(SOURCE, Level.PATH, 1) == ("§0 d1 src/a.py L4-L7\ndef f(a):\n    return a\n\n\n")
    assert shown(SOURCE, Level.NONE, 0, 1).startswith("§0 d1 src/a.py L1-L7\nimport os")


def test_each_page_has_a_boundary_of_its_own() -> None:
    assert (
        shown(PAGES, Level.FULL) == "§0 d2 lease.pdf p1\nLease\n§0 d2 lease.pdf p2\nrent 5\nend\n"
    )


@given(st.lists(st.text(alphabet="§0123456789 ab\n")))
def test_the_boundary_mark_occurs_in_no_document(texts: list[str]) -> None:
    mark = boundary_mark(texts)
    assert not any(mark in text for text in texts)


def test_a_document_that_forges_a_boundary_moves_the_mark() -> None:
    assert boundary_mark(["§0 d9 /etc/passwd\n"]) == "§1"
    assert boundary_mark(["§12 x"]) == "§0"
    assert boundary_mark(["§0", "§10"]) == "§2"


def test_a_file_name_cannot_forge_a_boundary() -> None:
    named = Document("a\n§0 d9 x", "source", "", "c", "text\n", SEGMENTS[:0], id="d1")
    assert shown(named, Level.FULL) == "§0 d1 a\\n§0 d9 x\ntext\n"


@given(st.sets(st.integers(0, 50)))
def test_runs_hold_every_index_once(indices: set[int]) -> None:
    assert [i for run in runs(sorted(indices)) for i in run] == sorted(indices)


def test_what_is_left_out_is_named_by_folder_without_counts() -> None:
    placed = (
        Placed("d1", "src/a.py", "c", Level.FULL),
        Placed("d2", "docs/x/one.md", "c", Level.NONE),
        Placed("d3", "docs/x/two.md", "c", Level.NONE),
        Placed("d4", "big.py", "c", Level.NONE, (0,)),
    )
    assert not_shown(Layout("§0", placed)) == "§0 not shown: files in docs/x/\n"
    assert not_shown(Layout("§0", placed[:1])) == ""


def test_each_page_that_is_shown_in_part_can_be_cited() -> None:
    segments = tuple(
        Segment("page", "", Span("page", page, page), 10 * n, 10 * n + 10)
        for n, page in enumerate((1, 1, 2, 3, 3))
    )
    lease = Document("lease.pdf", "pdf", "pdf", "c", "x" * 50, segments, "page", id="d1")
    placed = Placed("d1", "lease.pdf", "c", Level.PATH, raised=(1, 2, 3))
    made = list(chunks(placed, lease, "§0"))
    assert [(c.head.split()[-1], c.start, c.end) for c in made] == [
        ("p1", 10, 20), ("p2", 20, 30), ("p3", 30, 40),
    ]  # fmt: skip
