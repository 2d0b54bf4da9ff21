"""`longread review family` as people use it, with its exit codes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from longread.store import open_store
from longread.types import Document, Segment, Source, Span
from longread.types.reviews import Question, Review, Reviewed
from tests.analysis.test_families import TEXTS
from tests.cli.test_review_command import longread


@pytest.fixture
def review() -> str:
    """A review of agreements of which nothing was asked yet."""
    documents = {
        path: Document(
            path, "docs", "markdown", f"id-{path}", text,
            (Segment("section", "", Span("line", 1, text.count("\n")), 0, len(text)),),
        )
        for path, text in TEXTS.items()
    }  # fmt: skip
    sources = (Source("/deals", "folder"),)
    with open_store() as store:
        questions = (Question("Law", "Which law governs?"),)
        id, _ = store.reviews.create(Review("deals", sources, "scripted", questions, ()))
        rows = [Reviewed(d.path, d.content_id) for d in documents.values()]
        texts = {d.content_id: d for d in documents.values()}
        store.reviews.keep_documents(id, sources, rows, texts)
    return id


def test_what_seems_to_belong_together_is_listed_and_tied_on_request(review: str) -> None:
    said = longread("review", "family")
    assert said.returncode == 0
    assert "b2.md: Amendment 2, of supply.md, by the name and the date" in said.stdout
    assert json.loads(longread("review", "family", review, "--json").stdout)["families"] == {}
    assert longread("review", "family", review, "exhibit_b", "--alone").returncode == 0
    assert "2 tied" in longread("review", "family", "--accept-suggested").stderr
    said = longread("review", "family", "--json")
    assert json.loads(said.stdout) == {
        "review": review,
        "families": {
            "b2.md": "supply.md", "exhibit_b.md": "", "supply_amendment_1.md": "supply.md",
        },
        "suggested": [],
    }  # fmt: skip
    assert longread("review", "family", review, "exhibit_b", "--of", "lease").returncode == 0
    assert "lease.md\n  + exhibit_b.md\n" in longread("review", "family").stdout


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("b2.md",), "nothing is said of b2.md"),
        (("b2.md", "--of", "lease", "--alone"), "or more than one thing"),
        (("nope", "--of", "lease"), "has no document 'nope'"),
        (("b2", "--of", "nope"), "has no document 'nope'"),
        (("b2", "--of", "b2"), "cannot belong to itself"),
        (("--alone",), "no document is named"),
    ],
)
def test_wrong_words_are_one_clear_line(review: str, arguments: tuple[str, ...], said: str) -> None:
    ended = longread("review", "family", review, *arguments)
    assert ended.returncode == 2
    assert said in ended.stderr.splitlines()[0]
    assert ended.stderr.splitlines()[1].startswith("hint: ")
    with open_store() as store:
        assert store.reviews.families(review) == {}


def test_no_store_is_said(tmp_path: Path) -> None:
    ended = longread("review", "family", "--store", tmp_path / "none.db")
    assert ended.returncode == 2
    assert "there is no store" in ended.stderr
