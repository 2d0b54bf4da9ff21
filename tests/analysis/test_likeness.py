"""How alike answers are: by words as SQuAD measures it, by type, as lists."""

from __future__ import annotations

import re
import string
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from longread.analysis import values
from longread.analysis.likeness import compare, f1, normal_form, plain
from longread.types.reviews import Question

TEXT = Question("Law", "Which law?")
DATE = Question(
    "Made", "When?", "date", choices=("Perpetual",), instructions="Format: Date (mm/dd/yyyy)"
)
MONEY = Question("Fee", "Which fee?", "money")
MANY = Question("Parties", "Who?", many=True)
FEES = Question("Fees", "Which fees?", "money", many=True)


def squad(text: str) -> list[str]:
    """Return the words that SQuAD's evaluate-v1.1.py compares."""
    kept = "".join(char for char in text.lower() if char not in set(string.punctuation))
    return re.sub(r"\b(a|an|the)\b", " ", kept).split()


def squad_f1(said: str, gold: str) -> float:
    one, other = squad(said), squad(gold)
    same = sum((Counter(one) & Counter(other)).values())
    if same == 0:
        return 0.0
    precision, recall = same / len(one), same / len(other)
    return 2 * precision * recall / (precision + recall)


WORDS = st.lists(
    st.sampled_from(["The", "an", "fee", "Fee,", "U.S.", "30", "(a)", "-"]), max_size=8
)


@given(WORDS, WORDS)
def test_token_f1_is_that_of_squad(said: list[str], gold: list[str]) -> None:
    one, other = " ".join(said), " ".join(gold)
    assert plain(one).split() == squad(one)
    if squad(one) and squad(other):
        assert f1(one, other) == pytest.approx(squad_f1(one, other))


def test_typographers_marks_do_not_count_and_signs_of_money_do() -> None:
    assert plain("“The Buyer’s” — Fee…") == "buyers fee"
    assert plain("£5") != plain("€5")


def test_the_best_of_several_answers_of_gold_counts() -> None:
    said = values.value(TEXT, ["the State of Ohio"])
    like = compare(TEXT, said, ["Utah", "State of Ohio", "Ohio"])
    assert (like.f1, like.exact) == (1.0, True)
    like = compare(TEXT, said, ["Utah", "Ohio"])
    assert (like.f1, like.exact) == (pytest.approx(0.5), False)


def test_a_value_of_a_type_is_right_or_wrong_however_it_is_written() -> None:
    said = values.value(DATE, ["June 21, 1999"])
    assert compare(DATE, said, ["6/21/99"]).exact
    assert compare(DATE, said, ["6/22/99"]).f1 == 0.0
    assert compare(DATE, values.value(DATE, ["perpetual"]), ["Perpetual"]).exact
    fee = values.value(MONEY, ["EUR 1,200.50"])
    assert compare(MONEY, fee, ["€ 1200.50"]).exact
    assert compare(MONEY, fee, ["USD 1200.50"]).f1 == 0.0


@pytest.mark.parametrize(
    ("answer", "form"),
    [
        ("6/21/99", "1999-06-21"),
        ("6/1/68", "2068-06-01"),
        ("6/21/1899", "1899-06-21"),
        ("11/[]/2006", "2006-11"),
        ("[]/[]/2004", "2004"),
        ("[ ]/[ ]/20[ ]", ""),
        ("perpetual", "Perpetual"),
        ("2004-05-06", "2004-05-06"),
    ],
)
def test_dates_as_people_write_them_in_gold(answer: str, form: str) -> None:
    assert normal_form(DATE, answer) == form


def test_a_date_whose_month_comes_second_is_read_so() -> None:
    european = Question("Made", "When (dd/mm/yyyy)?", "date")
    assert normal_form(european, "6/5/99") == "1999-05-06"
    assert normal_form(european, "11/[]/2006") == ""


def test_gold_without_a_form_of_the_type_is_compared_by_words() -> None:
    like = compare(MONEY, values.value(MONEY, ["USD 5"]), ["five dollars or so"])
    assert like.by_words
    assert not like.exact


def test_lists_are_compared_item_by_item_each_once() -> None:
    said = values.value(MANY, ["Alder Inc.", "Birch LLC", "Cedar"])
    like = compare(MANY, said, ["Alder, Inc; Birch LLC"])
    assert (like.precision, like.recall) == (pytest.approx(2 / 3), 1.0)
    assert like.f1 == pytest.approx(0.8)
    assert not like.exact
    twice = compare(MANY, values.value(MANY, ["Alder Inc.", "Alder Inc"]), ["Alder Inc"])
    assert (twice.precision, twice.recall) == (0.5, 1.0)
    assert compare(MANY, values.value(MANY, ["Birch", "Alder"]), ["Alder", "Birch"]).exact


def test_items_of_a_type_are_equal_or_not() -> None:
    said = values.value(FEES, ["USD 1,000", "USD 20"])
    like = compare(FEES, said, ["USD 1000.00; USD 30"])
    assert (like.precision, like.recall, like.exact) == (0.5, 0.5, False)


def test_a_list_is_exact_only_where_its_items_are_so_word_by_word() -> None:
    turned = compare(MANY, values.value(MANY, ["Alder pays Birch"]), ["Birch pays Alder"])
    assert (turned.f1, turned.exact) == (1.0, False)
    said = values.value(MANY, ["Alder pays Birch", "Birch pays Alder"])
    assert compare(MANY, said, ["Birch pays Alder", "Alder pays Birch"]).exact
