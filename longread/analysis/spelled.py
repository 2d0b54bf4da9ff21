"""Numbers in English words: "one hundred and fifty thousand" → 150000. It reads no digits."""

from __future__ import annotations

import re
from collections.abc import Iterator

SMALL = {
    word: number
    for number, word in enumerate(
        "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen"
        " fifteen sixteen seventeen eighteen nineteen".split()
    )
}
TENS = {
    word: 10 * number
    for number, word in enumerate(
        "twenty thirty forty fifty sixty seventy eighty ninety".split(), 2
    )
}
LARGE = {"thousand": 1_000, "million": 10**6, "billion": 10**9, "trillion": 10**12}
WORDS = re.compile(r"[a-z]+")
ALONE = re.compile(r"\bone[- ](?:time|off|way|party)\b")


def spelled(said: str) -> Iterator[tuple[int, int, int]]:
    """Yield the number of each run of such words, and where it starts and ends.

    A run ends where another word or a mark stands between; "and", blanks and hyphens do not end it.
    """
    plain = ALONE.sub(lambda found: "|" * len(found.group()), said.lower())
    run: list[str] = []
    first = at = 0
    for found in WORDS.finditer(plain):
        word = found.group()
        apart = plain[at : found.start()].strip(" -") != ""
        if run and (apart or not _goes_on(word, run)):
            yield _value(run), first, at
            run = []
        if run or word in SMALL or word in TENS:
            first = first if run else found.start()
            run.append(word)
        at = found.end()
    if run:
        yield _value(run), first, at


def _goes_on(word: str, run: list[str]) -> bool:
    if word == "and":
        return run[-1] == "hundred" or run[-1] in LARGE
    return word in SMALL or word in TENS or word == "hundred" or word in LARGE


def _value(run: list[str]) -> int:
    total = group = 0
    for word in run:
        if word in LARGE:
            total, group = total + max(group, 1) * LARGE[word], 0
        elif word == "hundred":
            group = max(group, 1) * 100
        else:
            group += SMALL.get(word, TENS.get(word, 0))
    return total + group
