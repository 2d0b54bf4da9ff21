"""A normal form never differs in size, sign or currency from what was said; else there is none."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from longread.analysis.amounts import money, number
from longread.analysis.spelled import spelled


@pytest.mark.parametrize(
    ("said", "form"),
    [
        ("USD 5M", "USD 5000000"), ("2k USD", "USD 2000"), ("USD 1.5B", "USD 1500000000"),
        ("£5m", "GBP 5000000"), ("US$1.2bn", "USD 1200000000"), ("USD 5MM", "USD 5000000"),
        ("EUR 3 Mrd.", "EUR 3000000000"), ("EUR 5 Mio.", "EUR 5000000"),
        ("INR 2 lakh", "INR 200000"), ("INR 1.5 crore", "INR 15000000"),
        ("INR 1,00,000", "INR 100000"), ("12,34,567.50 INR", "INR 1234567.50"),
        ("CHF 1'200", "CHF 1200"), ("CHF 1’200.50", "CHF 1200.50"),
        ("5 000 000 EUR", "EUR 5000000"),
        ("USD 2½", "USD 2.50"), ("USD 5 hundred thousand", "USD 500000"), ("USD -5", "USD -5"),
        ("Two Million Dollars (US$2,000,000)", "USD 2000000"), ("A fee of US$5,000", "USD 5000"),
        ("five (5) million US dollars", "USD 5000000"), ("$5 Canadian dollars", "CAD 5"),
        ("One hundred fifty thousand and 00/100 dollars (USD 150,000.00)", "USD 150000"),
        ("not more than USD 5", "USD 5"), ("USD 500 per month, plus VAT", "USD 500"),
    ],
)  # fmt: skip
def test_money_is_read_with_its_scale_and_its_currency(said: str, form: str) -> None:
    assert money(said) == form


@pytest.mark.parametrize(
    "said",
    [
        "USD (1,200)", "(USD 1,200)", "$(5) USD", "-USD 5", "USD - 5", "EUR 5,-", "USD-5",
        "minus USD 5", "USD 10-20", "USD 10–20", "USD 10 to 20", "USD 5 mil", "EUR 5 mila",
        "TEUR 5", "USD'000 500", "USD 000s 5", "USD 500 (in thousands)", "£m 5", "USDm 5", "MUSD 5",
        "million USD 5", "two million dollars (US$2,000)", "USD 50 cents", "E£5", "USDC 5",
        "about USD 5", "more than USD 5", "approx. US$5", "USD 5 or so", "USD 5+", "~USD 5",
        "USD 1e6", "USD 10^6", "USD 10²", "USD 5x", "USD 5 x 3", "CNY 5万", "5 万 CNY",
        "5 млн USD", "US$5 billions", "5 Billionen EUR", "mad $5", "eurodollar 5", "EUR 8 dollars",
        "5 pounds", "USD 5 %", "USD 5 basis points", "Item 2 500 USD", "EUR 1 23", "USD 5.0.0",
        "half of USD 5", "USD 5 and a half", "double USD 5", "USD 5/6", "kr 5 USD", "USD 5 Cr",
    ],
)  # fmt: skip
def test_money_of_which_anything_is_not_sure_is_unclear(said: str) -> None:
    assert money(said) == ""


@pytest.mark.parametrize(
    ("said", "form"),
    [
        ("2 dozen", "24"), ("2½", "2.5"), ("2⅓", ""), ("1e6", ""), ("1E+6", ""), ("2k", "2000"),
        ("5M", "5000000"), ("5m", ""), ("5 gross", ""), ("5 pairs", ""), ("(1,200)", ""),
        ("thirty (60) days", ""), ("ninety (90) days", "90"), ("30-day", "30"), ("30 or more", ""),
        ("less than 30", ""), ("no less than 30 days", "30"), ("1.200", ""), ("5 6", ""),
        ("10 000", "10000"), ("1'2", ""), ("A-5", ""), ("x5", ""), ("3:1", ""), ("1/2", ""),
        ("5 years and six months", ""), ("50 bps", ""), ("5‰", ""), ("5 дней", ""), ("-0", "0"),
        ("5½", "5.5"), ("1,000 ½", "1000.5"), ("1.00½", ""), ("2.5½", ""),
        ("9" * 30, ""), ("one hundred and eighty (180) days", "180"), ("3 times a year", "3"),
    ],
)  # fmt: skip
def test_a_number_is_read_right_or_unclear(said: str, form: str) -> None:
    assert number(said) == form


AMOUNTS = st.decimals(0, 10**9, places=2, allow_nan=False, allow_infinity=False)
CODE = st.sampled_from(["USD", "EUR", "CHF", "INR"])
FACTORS = {
    "": 1, "k": 10**3, " thousand": 10**3, "M": 10**6, " million": 10**6, " Mio.": 10**6,
    "bn": 10**9,
    " Mrd": 10**9, " lakh": 10**5, " crore": 10**7, " dozen": 12, " hundred": 100, " Tsd.": 10**3,
    " mil": None, " T": None, " in thousands": None, "e6": None, "²": None, " k": None,
    " Cr": None, " gross": None, "万": None, "%": None, " or so": None, " cents": None, "½": None,
    "x10^3": None, " (in millions)": None, "'000": None, ",000s": None, " milliards": 10**9,
}  # fmt: skip
"""What may stand behind digits, and what it makes of them; None: nothing that is sure."""
SIGNS = {
    "": 1, "-": -1, "−": -1, "- ": None, "minus ": None, "~": None, "about ": None, "±": None,
    "> ": None, "half of ": None, "between ": None, "(": None,
}  # fmt: skip


def grouped(amount: Decimal, style: str) -> str:
    plain = f"{amount:,.2f}"
    match style:
        case "us":
            return plain
        case "eu":
            return plain.translate(str.maketrans(",.", ".,"))
        case "swiss":
            return plain.replace(",", "'")
        case "blank":
            return plain.replace(",", "\u00a0")
    return f"{amount:.2f}"


@given(
    AMOUNTS, CODE, st.sampled_from(["us", "eu", "swiss", "blank", "plain"]),
    st.sampled_from(sorted(FACTORS)), st.sampled_from(sorted(SIGNS)), st.booleans(),
)  # fmt: skip
def test_no_form_is_of_another_size_sign_or_currency(
    amount: Decimal, code: str, style: str, scale: str, sign: str, first: bool
) -> None:
    said = f"{sign}{grouped(amount, style)}{scale}" + (")" if sign == "(" else "")
    factor, turned = FACTORS[scale], SIGNS[sign]
    truth = None if factor is None or turned is None else amount * factor * turned
    form = number(said)
    if form:
        assert truth is not None, said
        assert Decimal(form) == truth
    form = money(f"{code} {said}" if first else f"{said} {code}")
    if form:
        assert truth is not None, said
        assert (form[:3], Decimal(form[4:])) == (code, truth)
    if scale in ("", " million") and sign == "" and style != "blank":
        assert form


@given(AMOUNTS, st.text(" .,-()%½²kKmMbB'/x€$£¥₹+~eE0123456789", max_size=4), st.booleans())
def test_what_is_put_beside_a_number_is_never_dropped_in_silence(
    amount: Decimal, noise: str, behind: bool
) -> None:
    digits = f"{amount:.2f}"
    form = number(digits + noise if behind else noise + digits)
    if form and not any(c.isdigit() or c in "kKMBmb½-," for c in noise):
        assert Decimal(form) == amount


@given(st.integers(1, 999_999_999))
def test_a_number_in_words_is_what_it_says(wanted: int) -> None:
    assert [value for value, _, _ in spelled(f"the sum of {words(wanted)} dollars")] == [wanted]


def words(number: int) -> str:
    """Return an amount as contracts spell it."""
    small = (
        "one two three four five six seven eight nine ten eleven twelve thirteen fourteen".split()
    )
    small += "fifteen sixteen seventeen eighteen nineteen".split()
    tens = "twenty thirty forty fifty sixty seventy eighty ninety".split()
    for size, name in ((10**6, "million"), (1000, "thousand"), (100, "hundred")):
        if number >= size:
            rest = number % size
            behind = f" {'and ' if size == 100 else ''}{words(rest)}" if rest else ""
            return f"{words(number // size)} {name}{behind}"
    if number >= 20:
        return tens[number // 10 - 2] + (f"-{small[number % 10 - 1]}" if number % 10 else "")
    return small[number - 1]
