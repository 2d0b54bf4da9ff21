"""Words that contracts and papers use for one another, so that a question finds both."""

from __future__ import annotations

from collections.abc import Sequence

from longread.prompt.asked import root

ALIKE = (
    "affiliate subsidiary",
    "arbitration arbitrator tribunal",
    "assign transfer convey",
    "audit inspect examine",
    "breach default violation",
    "buy purchase procure",
    "cap limit maximum ceiling",
    "compete competing competitive competitor",
    "confidential secret proprietary",
    "consent approval",
    "contest challenge dispute",
    "contract agreement",
    "decrease reduce lower",
    "disparage defame",
    "duration period",
    "exclusive exclusively solely sole",
    "extend extension renew renewal",
    "increase raise",
    "indemnify indemnification harmless",
    "insurance insured insurer",
    "law laws jurisdiction",
    "liability liable damages",
    "landlord lessor",
    "lawsuit litigation proceeding",
    "license licence",
    "merger acquisition consolidation",
    "minimum least",
    "own owner ownership title",
    "perpetual perpetuity",
    "price fee charge",
    "refusal offer option preemption",
    "restrict restriction prohibit forbid",
    "revenue income proceeds turnover",
    "seller vendor supplier",
    "solicit hire employ recruit",
    "tenant lessee",
    "terminate cancel rescind",
    "warranty guarantee",
    "dataset data corpus",
    "limitation caveat weakness",
    "method approach technique",
    "participant subject patient",
    "result finding outcome",
)
"""Groups of words, in English; a word is there in one form, for the index knows no others."""
GROUPS = tuple(tuple(line.split()) for line in ALIKE)


def alike(words: Sequence[str]) -> list[str]:
    """Return words that may stand where the given ones are asked for, none of these among them."""
    given = {root(word.casefold()) for word in words}
    found = [w for group in GROUPS if any(root(x) in given for x in group) for w in group]
    return [word for word in dict.fromkeys(found) if root(word) not in given]
