"""A session as data and as Markdown."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from longread.export.session import (
    SIGNS,
    as_json,
    code,
    coverage,
    data,
    ending,
    fenced,
    mark,
    markdown,
    percent,
    spent,
    where,
)
from longread.types import (
    Answer,
    Citation,
    Entry,
    Layout,
    Ledger,
    Level,
    Page,
    Session,
    Source,
    Span,
    Usage,
    Verdict,
)


def cited(verdict: Verdict = Verdict.EXACT, **more: object) -> Citation:
    fields = {"document": "d1", "path": "src/a.py", "span": Span("line", 10, 20), "quote": "c = 3"}
    return Citation(**{**fields, "verdict": verdict, **more})  # type: ignore[arg-type]


def session(*answers: Answer, ledger: Ledger | None = None) -> Session:
    return Session(
        "Retries",
        (Source("/home/x/app", "git", "ae1b9f6", "2 untracked files left out"),),
        "embedded",
        Layout("§0", ()),
        ledger or Ledger(("/home/x/app",), "llama4", 8192, 0, ()),
        {},
        answers,
    )


def test_every_verdict_has_a_sign_and_its_word() -> None:
    assert set(SIGNS) == set(Verdict)
    for verdict in Verdict:
        sign, words = mark(cited(verdict)).split(" ", 1)
        assert words == verdict.value
        assert (sign == "✗") is not verdict.holds


def test_a_mark_says_what_a_reader_must_know() -> None:
    assert mark(cited(Verdict.PLACE, guided=True)) == "• place, chosen from a list"
    assert mark(cited(ocr=True)) == "✓ exact, recognised from a picture"
    sure = cited(ocr=True, confidence=0.934)
    assert mark(sure) == "✓ exact, recognised from a picture (93 % sure)"
    elsewhere = cited(Verdict.NOT_FOUND, found=Span("line", 30, 30))
    assert mark(elsewhere) == "✗ not found, stands at L30"
    assert mark(cited(found=Span("line", 12, 12))) == "✓ exact"


def test_a_place_is_named_by_path() -> None:
    assert where(cited()) == "src/a.py:L10-L20"
    assert where(cited(span=None)) == "src/a.py"
    assert where(cited(path="")) == "d1 (no such document):L10-L20"


def test_coverage_counts_reasons_and_names_ten() -> None:
    ledger = Ledger(
        (),
        "t",
        1,
        1,
        (
            Entry("full.py", "source", level=Level.FULL),
            *(Entry(f"f{n}.py", "source", level=Level.PATH, reason="no room") for n in range(14)),
            Entry("x.png", "image", reason="a picture"),
        ),
        (Page("a.pdf", 1, level=Level.FULL), Page("a.pdf", 2, reason="no text")),
    )
    lines = coverage(ledger)
    assert lines[0] == "in full in every prompt: 1 of 16 files, 1 of 2 pages"
    assert lines[1:5] == ["not in full: 15 files", "  14 × no room", "  1 × a picture", "namely:"]
    assert lines[5] == "  f0.py: path, no room"
    assert lines[15:] == ["  … 5 more", "not in full: 1 page", "  1 × no text"]


def test_coverage_of_a_whole_corpus_is_one_line() -> None:
    ledger = Ledger((), "t", 1, 1, (Entry("a.py", "source", level=Level.FULL),))
    assert coverage(ledger) == ["in full in every prompt: 1 of 1 file"]


@pytest.mark.parametrize(
    ("share", "said"),
    [(0, "0 %"), (0.001, "under 1 %"), (0.5, "50 %"), (0.999, "over 99 %"), (1, "100 %")],
)
def test_a_share_is_never_rounded_to_all_or_nothing(share: float, said: str) -> None:
    assert percent(share) == said


def test_usage_says_what_was_reused_and_how_fast_it_wrote() -> None:
    said = spent(Usage(7_900, 300, 7_821, 0.5, 8.0, 7_900))
    assert said == (
        "prompt 7,900 tokens, 99 % from the cache; answer 300 tokens at 40 tok/s; "
        "0.5 s to the first, 8.0 s in all"
    )
    assert spent(Usage(10, 0)) == "prompt 10 tokens; answer 0 tokens"
    assert "✗ truncated: 12 tokens were sent" in spent(Usage(10, 1, expected_tokens=12))


def test_an_answer_that_is_not_whole_says_so() -> None:
    assert ending(Answer("q", "", (), "stop")) == ""
    assert "cut" in ending(Answer("q", "", (), "cut"))
    assert "unfinished" in ending(Answer("q", "", (), "length"))
    used = Answer("q", "", (), "length", usage=Usage(10, 96))
    assert ending(used) == "✗ unfinished: stopped at 96 tokens"
    assert "engine" not in ending(Answer("q", "", (), "cut"))


def test_data_has_the_promised_names() -> None:
    answer = Answer(
        "Where?",
        "There.",
        (cited(Verdict.PLACE, guided=True, at=(0, 5)), cited(span=None)),
        "stop",
        usage=Usage(5, 2, 3),
        caveat="small",
    )
    kept = data(session(answer), "ab12", created="2026-01-01")
    assert kept == json.loads(as_json(kept))
    assert (kept["id"], kept["created"], kept["title"]) == ("ab12", "2026-01-01", "Retries")
    (said,) = kept["answers"]
    assert said.keys() == {
        "question", "text", "finished", "strategy", "share", "coverage", "caveat", "usage",
        "profile", "price", "citations",
    }  # fmt: skip
    assert said["usage"]["cached_tokens"] == 3
    first, second = said["citations"]
    assert first["path"] == "src/a.py"
    assert first["span"] == "L10-L20"
    assert first["quote"] == "c = 3"
    assert first["verdict"] == "place"
    assert first["guided"] is True
    assert second["span"] is None


def test_data_has_the_ledger_with_levels_in_words() -> None:
    ledger = Ledger(
        ("/x",),
        "t",
        9,
        8,
        (Entry("a.py", "source", level=Level.FULL),),
        (Page("b.pdf", 1, level=Level.OUTLINE),),
    )
    kept = data(session(ledger=ledger))["ledger"]
    assert kept["files"][0]["level"] == "full"
    assert kept["pages"][0]["level"] == "outline"
    assert (kept["sources"], kept["budget"], kept["tokens"]) == (["/x"], 9, 8)


def test_json_can_be_written_and_steers_no_terminal() -> None:
    odd = "é \x1b[31m \x7f \x9b \u202e \udcff \U000e0041 \ufeff 😀"
    text = as_json({"odd": odd})
    assert json.loads(text) == {"odd": odd}
    text.encode()
    assert "é" in text
    assert "😀" in text
    assert not any(c in text for c in "\x1b\x7f\x9b\u202e\U000e0041\ufeff")


def test_markdown_has_question_answer_citations_and_verdicts() -> None:
    answer = Answer(
        "Where are *retries* decided?",
        "In the `transport`.",
        (cited(), cited(Verdict.NOT_FOUND, note="closest: `c = 4`")),
        "cut",
        usage=Usage(5, 2),
        caveat="This model is <too> small.",
    )
    text = markdown(session(answer), "ab12cd34")
    assert text.startswith("# Retries\n\nSession ab12cd34, profile embedded.\n")
    assert "- `/home/x/app` (git) at `ae1b9f6`: 2 untracked files left out\n" in text
    assert "\n## 1. Where are \\*retries\\* decided?\n\nIn the `transport`.\n" in text
    assert "\n**✗ cut: it was stopped before it was done; what came is kept**\n\n- ✓ exact" in text
    assert "- ✓ exact: `src/a.py:L10-L20` “`c = 3`”\n" in text
    assert "- ✗ not found: `src/a.py:L10-L20` “`c = 3`” (`` closest: `c = 4` ``)\n" in text
    assert "> This model is \\<too\\> small.\n" in text


def test_no_backtick_ends_code_early() -> None:
    assert code("a `` b") == "```a `` b```"
    assert code("`") == "`` ` ``"
    assert code("two\nlines") == "`two lines`"
    assert fenced("```\nx\n```") == ["````", "```", "x", "```", "````"]


def test_coverage_says_how_sure_the_recogniser_was_and_what_one_should_know() -> None:
    notes = ("text under redactions left out: 12 characters on p2",)
    files = (Entry("a.pdf", "pdf", level=Level.FULL, notes=notes),)
    pages = (
        Page("a.pdf", 1, ocr=True, confidence=0.9, level=Level.FULL),
        Page("a.pdf", 2, ocr=True, confidence=0.5, level=Level.FULL),
        Page("a.pdf", 3, level=Level.FULL),
    )
    older = tuple(replace(page, confidence=None) for page in pages)
    assert "recognised in pictures (OCR): 2 pages" in coverage(
        Ledger(("s",), "llama4", 100, 10, files, older)
    )
    assert coverage(Ledger(("s",), "llama4", 100, 10, files, pages)) == [
        "in full in every prompt: 1 of 1 file, 3 of 3 pages",
        "recognised in pictures (OCR): 2 pages, 70 % sure in the mean; least of a.pdf p2: 50 %",
        "to know:",
        "  a.pdf: text under redactions left out: 12 characters on p2",
    ]
