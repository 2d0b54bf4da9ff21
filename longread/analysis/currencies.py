"""Which currency is meant by signs, codes and names around an amount. It reads no amounts."""

from __future__ import annotations

import re

CODES = frozenset(
    "AED ARS AUD BGN BHD BRL CAD CHF CLP CNY COP CZK DKK EGP EUR GBP HKD HUF IDR ILS INR ISK JOD"
    " JPY KES KRW KWD KZT LKR MAD MXN MYR NGN NOK NZD OMR PEN PHP PKR PLN QAR RON RSD RUB SAR SEK"
    " SGD THB TND TRY TWD UAH USD UYU VND ZAR".split()
)
"""ISO 4217, of the currencies that contracts are commonly made in."""
LOWER = frozenset("USD EUR GBP CHF JPY CAD AUD INR CNY HKD NZD SGD".split())
"""Codes that are no words, so that they are codes in small letters too."""
SIGNS = {
    "US$": "USD", "U.S.$": "USD", "U.S. $": "USD", "C$": "CAD", "CA$": "CAD", "CAD$": "CAD",
    "A$": "AUD", "AU$": "AUD", "NZ$": "NZD", "HK$": "HKD", "S$": "SGD", "NT$": "TWD",
    "R$": "BRL", "€": "EUR", "£": "GBP", "₹": "INR", "₩": "KRW", "₪": "ILS",
}  # fmt: skip
"""Signs of one currency alone."""
SIGN = re.compile(
    rf"(?<![^\W\d_])(?:{'|'.join(map(re.escape, sorted(SIGNS, key=len, reverse=True)))})"
)
NAMES = {
    "euros?": "EUR", "u\\.?s\\.? dollars?": "USD", "united states dollars?": "USD",
    "pounds? sterling": "GBP", "swiss francs?": "CHF", "canadian dollars?": "CAD",
    "australian dollars?": "AUD", "new zealand dollars?": "NZD", "hong kong dollars?": "HKD",
    "singapore dollars?": "SGD", "japanese yen": "JPY", "indian rupees?": "INR",
    "renminbi": "CNY", "rmb": "CNY",
}  # fmt: skip
NAME = re.compile("|".join(rf"(?P<{code}{n}>\b{name}\b)"
                           for n, (name, code) in enumerate(NAMES.items())))  # fmt: skip
DOLLARS = frozenset("USD CAD AUD NZD HKD SGD TWD".split())
PESOS = frozenset("MXN ARS CLP COP PHP UYU".split())
SHARED = {
    r"\$": DOLLARS | PESOS | {"BRL"}, "[¥￥]": frozenset(("JPY", "CNY")),
    r"\bdollars?\b": DOLLARS, r"\bpounds?\b": frozenset(("GBP", "EGP")),
    r"\bfrancs?\b": frozenset(("CHF",)), r"\byen\b": frozenset(("JPY",)),
    r"\byuan\b": frozenset(("CNY",)), r"\brupees?\b|\brs\b": frozenset(("INR", "PKR", "LKR")),
    r"\bpesos?\b": PESOS, r"\bkr\b|\bkron(?:a|e|er|or)\b": frozenset(("SEK", "NOK", "DKK", "ISK")),
    r"\b(?:dinars?|dirhams?|ri[yj]als?|rials?|shillings?|lira|lire|rubles?|roubles?|rand|won|baht"
    r"|reais|real brazilian|zloty|forint|shekels?|ringgit|rupiah|naira|bitcoins?|btc|eth|usdt|usdc"
    r"|cents?|pence|penny|pennies|centimes?|paise)\b|[¢₿₽₺₴₦₫฿₱₡₲₵₸₭₮]": frozenset(),
}  # fmt: skip
"""Signs and names that several currencies share, or that are of none that is known here."""
CODE = re.compile(r"(?<![^\W\d_])[A-Za-z]{3}(?![^\W\d_])")


def currency(around: str) -> str:
    """Return the ISO 4217 code of the one currency that is named; empty where that is not sure.

    Args:
        around: what stands before and behind an amount, which is left out.
    """
    left = around.replace("\u00a0", " ")
    found: set[str] = set()
    for sign in SIGN.finditer(left):
        found.add(SIGNS[sign.group()])
    left = SIGN.sub(" ", left)
    for name in NAME.finditer(left.casefold()):
        found.add((name.lastgroup or "")[:3])
    left = NAME.sub(" ", left.casefold()) if NAME.search(left.casefold()) else left
    for code in CODE.findall(left if left != left.casefold() else around):
        if code in CODES or code.upper() in LOWER:
            found.add(code.upper())
    if len(found) != 1:
        return ""
    (one,) = found
    shared = [codes for said, codes in SHARED.items() if re.search(said, left, re.IGNORECASE)]
    return one if all(one in codes for codes in shared) else ""
