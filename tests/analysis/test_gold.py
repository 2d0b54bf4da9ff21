"""Gold files: what a line means, what cannot be meant, and which cell it speaks of."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from longread.analysis.gold import match, read_gold
from longread.errors import ConfigError
from longread.types.reviews import Question, Review, Reviewed
from longread.types.scores import Gold


def written(folder: Path, *rows: object) -> Path:
    path = folder / "gold.jsonl"
    said = [row if isinstance(row, str) else json.dumps(row) for row in rows]
    path.write_text("\n".join(said) + "\n", encoding="utf-8")
    return path


def test_a_row_names_file_and_category_or_document_and_question(tmp_path: Path) -> None:
    path = written(
        tmp_path,
        {"file": "a.pdf", "category": "Law", "answer": "Ohio", "quote": "laws of Ohio"},
        "",
        {"document": "b.pdf", "question": "Ends", "answer": True, "page": 3},
        {"file": "c.pdf", "category": "Fees", "answer": ["USD 1", 20], "quote": None},
        {"file": "c.pdf", "category": "Law", "answer": ""},
    )
    assert read_gold(path) == (
        Gold(1, "a.pdf", "Law", ("Ohio",), ("laws of Ohio",)),
        Gold(3, "b.pdf", "Ends", ("yes",)),
        Gold(4, "c.pdf", "Fees", ("USD 1", "20")),
        Gold(5, "c.pdf", "Law"),
    )


def test_a_string_may_hold_what_python_takes_for_the_end_of_a_line(tmp_path: Path) -> None:
    row = json.dumps({"file": "a", "category": "b", "quote": "one\u2028two"}, ensure_ascii=False)
    (tmp_path / "gold.jsonl").write_text(f"\ufeff{row}\r\n", encoding="utf-8")
    assert read_gold(tmp_path / "gold.jsonl")[0].quotes == ("one\u2028two",)


def test_every_line_that_cannot_be_meant_is_named(tmp_path: Path) -> None:
    path = written(
        tmp_path,
        {"file": "a.pdf", "category": "Law", "answer": "Ohio"},
        '{"file": "a.pdf", ',
        ["a.pdf", "Law"],
        {"category": "Law", "answer": "Ohio"},
        {"file": "a.pdf", "category": "Law", "qoute": "Ohio"},
        {"file": "a.pdf", "category": "Law", "answer": {"value": 3}},
    )
    with pytest.raises(ConfigError) as caught:
        read_gold(path)
    said = str(caught.value)
    assert "5 mistakes" in said
    assert "line 2: this is no JSON" in said
    assert "line 3: this is no object" in said
    assert "line 4: no 'file' is named" in said
    assert "line 5: neither an answer nor a quote is in it; did you mean 'quote'?" in said
    assert "line 6: 'answer' must be words" in said
    assert '"category"' in caught.value.hint


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "no row in it"),
        (b"name,question\n" * 40, "and 39 more"),
        (b"{}\n\xff", "line 2 is not"),
    ],
)
def test_a_file_of_another_kind_is_said_in_a_line(
    tmp_path: Path, content: bytes, said: str
) -> None:
    path = tmp_path / "gold.jsonl"
    path.write_bytes(content)
    with pytest.raises(ConfigError, match=said) as caught:
        read_gold(path)
    assert len(str(caught.value).splitlines()) <= 3


def test_a_file_that_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot be read"):
        read_gold(tmp_path / "none.jsonl")


SHELF = Review(
    "shelf",
    (),
    "scripted",
    (Question("Cap on Liability", "Is it capped?", "yes/no"), Question("Law", "Which law?")),
    tuple(Reviewed(path, "") for path in ("old/a.pdf", "new/a.pdf", "new/b.pdf", "c.pdf")),
)


def test_a_row_means_the_document_of_its_path_or_of_its_name_where_only_one_has_it() -> None:
    gold = (
        Gold(1, "old/a.pdf", "Law", ("x",)),
        Gold(2, "b.pdf", "cap  on LIABILITY", ("yes",)),
        Gold(3, "elsewhere/c.pdf", "Law", ("x",)),
        Gold(4, "a.pdf", "Law", ("x",)),
        Gold(5, "z.pdf", "Law", ("x",)),
        Gold(6, "z.pdf", "Lex", ("x",)),
    )
    found = match(gold, SHELF)
    assert list(found.rows) == [
        ("old/a.pdf", "Law"), ("new/b.pdf", "Cap on Liability"), ("c.pdf", "Law"),
    ]  # fmt: skip
    assert [(one.kind, one.name, one.why, one.rows, one.line) for one in found.unscored] == [
        ("document", "a.pdf", "more than one document has this name", 1, 4),
        ("document", "z.pdf", "not in the review", 2, 5),
        ("question", "Lex", "no question of the review", 1, 6),
    ]


@pytest.mark.parametrize(
    ("row", "hint"),
    [
        (Gold(7, "bb.pdf", "Law", ("x",)), "it names 'bb.pdf' (line 7), the review has 'b.pdf'"),
        (Gold(7, "b.pdf", "Low", ("x",)), "it names 'Low' (line 7), the review asks 'Law'"),
    ],
)
def test_gold_that_speaks_of_nothing_there_is_refused_with_what_may_be_meant(
    row: Gold, hint: str
) -> None:
    with pytest.raises(ConfigError, match="speaks of no cell") as caught:
        match([row], SHELF)
    assert caught.value.hint == hint


def test_a_file_of_that_name_in_another_folder_is_another_file() -> None:
    gold = (
        Gold(1, "old/b.pdf", "Law", ("x",)),
        Gold(2, "shelf/old/a.pdf", "Law", ("x",)),
        Gold(3, "new\\b.pdf", "Law", ("x",)),
    )
    found = match(gold, SHELF)
    assert list(found.rows) == [("old/a.pdf", "Law"), ("new/b.pdf", "Law")]
    assert [(one.name, one.why) for one in found.unscored] == [("old/b.pdf", "not in the review")]
    with pytest.raises(ConfigError, match="speaks of no cell") as caught:
        match(gold[:1], SHELF)
    assert "it names 'old/b.pdf' (line 1)" in caught.value.hint
