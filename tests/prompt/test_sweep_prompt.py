"""What models write for a sweep, as they should and as they do, and how it is read."""

from __future__ import annotations

import json

import pytest

from longread.prompt.cells import MalformedError, Quoted
from longread.prompt.sweep import (
    Compared,
    Said,
    line,
    read,
    read_again,
    read_merge,
    schema,
    schema_again,
    schema_merge,
)  # fmt: skip
from longread.types import Span

QUOTE = {"place": "d3:L10-L12", "words": "the laws of Ohio"}
FOUND = {"says": "Ohio  governs\nit.", "quotes": [QUOTE]}
OHIO = Said("Ohio governs it.", (Quoted("d3", Span("line", 10, 12), "the laws of Ohio"),))


@pytest.mark.parametrize(
    "written",
    [
        json.dumps({"findings": [FOUND]}),
        f"Here it is:\n```json\n{json.dumps({'findings': [FOUND]}, indent=1)}\n```\nDone {{}}.",
        json.dumps([FOUND]),
    ],
)
def test_findings_are_read_with_words_around_them(written: str) -> None:
    assert read(written, whole=True) == [OHIO]


def test_of_an_answer_that_was_cut_what_is_complete_is_kept() -> None:
    cut = json.dumps({"findings": [FOUND, FOUND]})[:-30]
    assert read(cut, whole=False) == [OHIO]
    with pytest.raises(MalformedError, match="cannot be read"):
        read(cut, whole=True)


@pytest.mark.parametrize("written", ["Nothing.", "7", '{"findings": 3}', '{"findings": ["a"]}'])
def test_what_is_no_findings_is_malformed(written: str) -> None:
    with pytest.raises(MalformedError):
        read(written, whole=True)


@pytest.mark.parametrize("whole", [True, False])
@pytest.mark.parametrize("written", ["[" * 20_000, '{"findings": ' * 20_000])
def test_brackets_without_end_are_malformed_or_nothing(written: str, whole: bool) -> None:
    if not whole:
        assert read(written, whole=False) == []
        return
    with pytest.raises(MalformedError, match="cannot be read"):
        read(written, whole=True)


def test_half_a_pair_of_surrogates_is_no_text() -> None:
    quote = r'{"place": "d1:L1", "words": "so \udc00"}'
    (said,) = read(r'{"findings": [{"says": "a \ud83d b", "quotes": [' + quote + "]}]}", whole=True)
    assert (said.says, said.quotes[0].words) == ("a \ufffd b", "so \ufffd")
    (said,) = read(r'{"findings": [{"says": "a \ud83d\ude00 b"}]}', whole=True)
    assert said.says == "a \U0001f600 b"


def test_nothing_found_is_no_mistake() -> None:
    assert read('{"findings": []}', whole=True) == read("[]", whole=True) == []
    assert read('{"says": "Of it.", "found": "no", "place": "d1:L1"}', whole=True) == []
    (said,) = read('{"says": "Of it.", "found": "yes", "place": "d1:p2"}', whole=True)
    assert said.quotes == (Quoted("d1", Span("page", 2, 2), ""),)


def test_paths_with_blanks_name_documents_too() -> None:
    quotes = [
        {"place": "my deals/a b.pdf:p3", "words": "w"},
        {"place": "[L4]", "words": "w"},
        {"place": "somewhere", "words": "w"},
    ]
    (said,) = read(json.dumps({"findings": [{"says": "So.", "quotes": quotes}]}), whole=True)
    assert [(q.document, str(q.span)) for q in said.quotes] == [
        ("my deals/a b.pdf", "p3"), ("", "L4"), ("somewhere", "None"),
    ]  # fmt: skip


def test_quotes_come_back_under_their_numbers() -> None:
    anew = {"quotes": [{"number": 2, **QUOTE}, {"number": "x", **QUOTE}]}
    assert read_again(json.dumps(anew)) == {2: OHIO.quotes[0]}
    assert read_again("sorry") == {}


def test_a_comparison_names_only_findings_that_there_are() -> None:
    said = {
        "same": [[1, 4, 9], [3], "x"],
        "contradict": [{"numbers": [2, 3], "why": "so"}, {"numbers": [7, 8], "why": ""}],
        "summary": " Ohio [1]. ",
    }
    made = read_merge(json.dumps(said), range(1, 5))
    assert made == Compared(((1, 4),), (((2, 3), "so"),), "Ohio [1].")


def test_schemas_are_json_and_doubt_is_said() -> None:
    for made in (schema(), schema(["d1:L1"], guided=True), schema_again(), schema_merge()):
        assert json.loads(made)["additionalProperties"] is False
    assert line(3, "So.", [("a.txt:L1", "words " * 99)], sure=False).startswith(
        "3. So. (what it quotes does not stand there) — a.txt:L1 “words words"
    )
