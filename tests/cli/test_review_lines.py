"""One document of a review in lines for a terminal."""

from __future__ import annotations

from longread.cli.review_tables import of_document
from longread.types.reviews import Review, Reviewed


def test_what_was_not_read_of_a_document_is_told_above_its_cells() -> None:
    rows = (
        Reviewed("a.pdf", "1", "page", pages=3, unread=((3, "no text"),), recognised=((2, 0.9),)),
        Reviewed("b.docx", "2", partly=("1 picture",)),
        Reviewed("c.pdf", "", "page", pages=1, unread=((1, "locked"),), reason="locked"),
    )
    told = [[*of_document(Review("r", (), "p", (), rows), one.path)][1:] for one in rows]
    assert told == [
        ["2 of 3 pages read, 1 of them recognised in pictures", "not read: p3: no text"],
        ["not read: 1 picture"],
        ["not read: locked"],
    ]
