"""What one cell of a review is asked, and how its answer is read."""

from __future__ import annotations

import json

import pytest

from longread.prompt import cells
from longread.prompt.cells import MalformedError, Quoted, Reply
from longread.types import Citation, Span, Verdict
from longread.types.reviews import Question

LAW = Question("Law", "Which law governs?", instructions="Name the state.")
FEES = Question("Fees", "Which fees are due?", "money", many=True)
ENDS = Question("Ends", "When?", "date", choices=("Perpetual",), quote=False)


def test_a_question_is_put_to_the_letter() -> None:
    assert cells.question(LAW) == (
        "Law: Which law governs?\nName the state.\n"
        "The value is in as few words as it takes.\nQuote what says so, to the letter."
    )
    assert cells.question(FEES).splitlines()[1:] == [
        'The value is a list; each item is an amount after its ISO currency code, such as "USD '
        '1200.50".',
        "Quote what says so, to the letter.",
    ]
    assert cells.question(ENDS).splitlines()[1:] == [
        'The value is a date as YYYY-MM-DD, or "Perpetual".'
    ]
    assert cells.question(LAW, ["d1:p1"]).splitlines()[-1] == (
        "Choose the place that says so: d1:p1."
    )


def test_the_second_pass_asks_the_same_in_other_words() -> None:
    assert cells.question(LAW, second=True) == (
        "Wanted is what the document says on “Law”. Which law governs?\n"
        "Mind this: Name the state.\n"
        "Its form: in as few words as it takes.\n"
        "Without words copied from the document the answer is worth nothing."
    )
    assert cells.question(FEES, second=True).splitlines()[1] == (
        "Its form: a list of all there are, each an amount after its ISO currency code,"
        ' such as "USD 1200.50".'
    )
    assert cells.question(ENDS, ["d1:p1"], second=True).splitlines()[1:] == [
        'Its form: a date as YYYY-MM-DD; "Perpetual" will do too.',
        "It stands in one of these places; name it: d1:p1.",
    ]
    for guided in (False, True):
        heads = [cells.head("§0", "page", guided, second=second) for second in (False, True)]
        assert heads[0] != heads[1]
        # What the answer is read by is the same in both.
        for key in ("state", "value", "not present", "unclear", "answered"):
            assert all(f'"{key}"' in head for head in heads)


def test_an_answer_is_read() -> None:
    said = {
        "reasoning": "Clause 9.", "state": "answered", "value": "Delaware",
        "quotes": [{"place": "d1:p3", "words": "of Delaware"}, {"place": "L4-L9", "words": "x"}],
    }  # fmt: skip
    assert cells.read(f"Here it is:\n```json\n{json.dumps(said)}\n```", LAW) == Reply(
        "answered",
        ("Delaware",),
        (
            Quoted("d1", Span("page", 3, 3), "of Delaware"),
            Quoted("", Span("line", 4, 9), "x"),
        ),
        "Clause 9.",
    )


@pytest.mark.parametrize(
    ("value", "asked", "read"),
    [
        (["USD 5", "EUR 6"], FEES, ("USD 5", "EUR 6")), ("USD 5", FEES, ("USD 5",)),
        (5, LAW, ("5",)), (True, LAW, ("yes",)), (["x"], LAW, ("x",)),
    ],
)  # fmt: skip
def test_a_value_is_read_in_any_form_that_can_only_mean_one_thing(
    value: object, asked: Question, read: tuple[str, ...]
) -> None:
    assert cells.read(json.dumps({"state": "answered", "value": value}), asked).value == read


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("I cannot say.", "no JSON"),
        ('{"state": "answered", "value": "x"', "does not end"),
        ('{"state": "answered", "value": }', "cannot be read"),
        ('{"state": "sure", "value": "x"}', "not one of answered"),
        ('{"state": "answered", "value": ""}', "empty"),
        ('{"state": "answered", "value": ["x", "y"]}', "a list"),
        ('{"state": "answered", "value": {"a": 1}}', "no word"),
        ('{"state": "answered", "value": "x", "quotes": "y"}', "not a list"),
    ],
)
def test_what_is_not_the_json_asked_for_says_what_is_wrong(text: str, why: str) -> None:
    with pytest.raises(MalformedError, match=why):
        cells.read(text, LAW)


def test_brackets_without_end_and_half_characters_are_no_words() -> None:
    with pytest.raises(MalformedError, match="cannot be read"):
        cells.read('{"a": ' * 20_000 + "}", Question("Law", "?"))
    written = r'{"state": "answered", "value": "a \ud83d", "reasoning": "\udc00"}'
    reply = cells.read(written, Question("Law", "?"))
    assert (reply.value, reply.reasoning) == (("a \ufffd",), "\ufffd")


def test_a_document_that_says_nothing_has_no_value() -> None:
    assert cells.read('{"state": "not present", "value": "none"}', LAW).value == ()


def test_the_schema_admits_what_is_asked_for_and_nothing_else() -> None:
    schema = json.loads(cells.schema(FEES))
    assert schema["required"] == ["reasoning", "quotes", "state", "value"]
    assert schema["additionalProperties"] is False
    assert schema["properties"]["value"]["type"] == "array"
    yes = json.loads(cells.schema(Question("A", "Is it?", "yes/no")))
    assert yes["properties"]["value"]["enum"] == ["yes", "no", ""]
    guided = json.loads(cells.schema(LAW, ["d1:p1", "d1:p2"], guided=True))
    assert guided["properties"]["place"]["enum"] == ["d1:p1", "d1:p2"]
    assert "quotes" not in guided["properties"]


def cited(verdict: Verdict, quote: str = "words that were quoted") -> Citation:
    return Citation("d1", "a.pdf", Span("page", 3, 3), quote, verdict, note="no such words")


def test_only_quotes_that_stand_are_enough() -> None:
    assert cells.failures([cited(Verdict.EXACT)], wanted=True) == []
    assert cells.failures([], wanted=False) == []
    assert cells.failures([], wanted=True) == [cells.NO_QUOTE]
    assert cells.failures([cited(Verdict.PLACE, "")], wanted=True) == [cells.NO_QUOTE]
    assert cells.failures([cited(Verdict.PLACE, "---- …")], wanted=True) == [cells.NO_QUOTE]
    (line,) = cells.failures([cited(Verdict.EXACT), cited(Verdict.NOT_FOUND)], wanted=True)
    assert line == "“words that were quoted” (p3): no such words"
    assert line in cells.requote([line])
