"""Values in a form that can be compared; where two things could be meant, none is chosen."""

from __future__ import annotations

import pytest

from longread.analysis import values
from longread.types.reviews import Question, Value


@pytest.mark.parametrize(
    ("said", "normal"),
    [
        ("2005-03-04", "2005-03-04"), ("2005-3-4", "2005-03-04"), ("March 4, 2005", "2005-03-04"),
        ("4 March 2005.", "2005-03-04"), ("this 4th day of March, 2005", ""),
        ("the 4th day of March, 2005", "2005-03-04"), ("Sept. 9 2001", "2001-09-09"),
        ("March 2005", "2005-03"), ("2005", "2005"), ("13/04/2005", "2005-04-13"),
        ("04/04/2005", "2005-04-04"), ("03/04/2005", ""), ("5/6/99", ""), ("30 Feb 2001", ""),
        ("31 April 2005", ""), ("2005-13", ""), ("2005-00", ""), ("2005-03-00", ""), ("4/3/05", ""),
        ("4 March 05", ""), ("Q1 2005", ""), ("FY2005", ""), ("2005/06", ""), ("next March", ""),
        ("three months after signing", ""), ("before 2005", ""), ("about March 4, 2005", ""),
        ("4-Mar-2005", "2005-03-04"), ("00/03/2005", ""), ("2005-02-29", ""),
        ("in spring", ""), ("2005-03-04 or 2005-03-05", ""), ("perpetual", ""),
    ],
)  # fmt: skip
def test_a_date_is_iso_or_unclear(said: str, normal: str) -> None:
    assert values.normal(Question("D", "When?", "date"), said) == normal


def test_the_order_of_day_and_month_is_what_the_question_says() -> None:
    american = Question("D", "When?", "date", instructions="Format: Date (mm/dd/yyyy)")
    british = Question("D", "When? Write dd.mm.yyyy", "date")
    assert values.normal(american, "03/04/2005") == "2005-03-04"
    assert values.normal(british, "03.04.2005") == "2005-04-03"


@pytest.mark.parametrize(
    ("said", "normal"),
    [
        ("USD 1,200,000.00", "USD 1200000"), ("US$5", "USD 5"), ("$5", ""), ("¥5", ""),
        ("$1.2 million USD", "USD 1200000"), ("€ 5.000,50", "EUR 5000.50"),
        ("1,200 EUR", "EUR 1200"), ("1.200 EUR", ""), ("GBP 0.125", "GBP 0.125"),
        ("CHF 1'000.5", "CHF 1000.50"), ("five dollars", ""), ("USD 5 to 6", ""),
        ("USD 5 (EUR 4)", ""), ("100", ""), ("twenty euros (20)", "EUR 20"),
        ("GBP 1,2345", "GBP 1.2345"), ("INR 1,23,456", "INR 123456"), ("GBP 1,23,45", ""),
    ],
)  # fmt: skip
def test_money_is_an_iso_currency_and_an_amount_or_unclear(said: str, normal: str) -> None:
    assert values.normal(Question("M", "How much?", "money"), said) == normal


@pytest.mark.parametrize(
    ("said", "normal"),
    [
        ("30", "30"), ("thirty (30) days", "30"), ("12%", ""), ("1,200", "1200"),
        ("1.5", "1.5"), ("-3", "-3"), ("2 million", "2000000"), ("30 to 60", ""), ("many", ""),
    ],
)  # fmt: skip
def test_a_number_is_the_only_one_said_or_unclear(said: str, normal: str) -> None:
    assert values.normal(Question("N", "How many?", "number"), said) == normal


@pytest.mark.parametrize(
    ("said", "normal"),
    [
        ("Yes", "yes"), ("no.", "no"), ("TRUE", "yes"), ("Yes, if asked", ""),
        ("No, except for cause.", ""), ("Yes, but not before May", ""), ("Yes and no", ""),
        ("Yes: section 5 says so", "yes"), ("No. Nothing of the kind is said", "no"),
        ("Yes/No", ""), ("N/A", ""),
        ("No later than May", ""), ("not said", ""), ("nobody", ""), ("", ""),
    ],
)  # fmt: skip
def test_yes_and_no_stand_at_the_beginning_or_nowhere(said: str, normal: str) -> None:
    assert values.normal(Question("Y", "Is it?", "yes/no"), said) == normal


def test_two_orders_of_day_and_month_are_none() -> None:
    both = Question("D", "When? mm/dd/yyyy, or dd/mm/yyyy in Europe", "date")
    assert values.normal(both, "03/04/2005") == ""
    assert values.normal(Question("D", "mm/dd/yyyy", "date"), "00/03/2005") == ""


def test_a_percentage_is_a_number_only_where_one_is_asked_for() -> None:
    rate = Question("R", "What percentage of net sales is due?", "number")
    said = ("12%", "12.125 per cent", "12", "1%-2%", "5 basis points")
    assert [values.normal(rate, one) for one in said] == ["12", "12.125", "12", "", ""]


def test_a_choice_is_one_of_those_given() -> None:
    asked = Question("C", "Which?", "choice", choices=("New York", "Delaware"))
    assert values.normal(asked, " new  york. ") == "New York"
    assert values.normal(asked, "York") == ""


def test_another_word_may_stand_in_a_values_place() -> None:
    asked = Question("D", "Until when?", "date", choices=("Perpetual",))
    assert values.normal(asked, "perpetual") == "Perpetual"
    assert values.normal(asked, "2005-01-01") == "2005-01-01"


def test_the_words_are_kept_beside_each_value_of_a_list() -> None:
    asked = Question("D", "When?", "date", many=True)
    value = values.value(asked, ["March 4, 2005", " ", "soon"])
    assert value == Value(("March 4, 2005", "soon"), ("2005-03-04", ""))
    assert not value.clear
