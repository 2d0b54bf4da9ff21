"""What a reader is told of a sweep: what was not read, and of what not all may have come."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from longread.analysis.findings import Heard
from longread.ingest.places import number_of
from longread.prompt import cut
from longread.prompt.cut import Part, Slice
from longread.types import Document

NAMED = 3
"""Places that are named of what was not read."""


def not_read(
    parts: Sequence[Part], failed: Mapping[int, str], documents: Mapping[str, Document]
) -> str:
    """Say which parts were not read, where they are, and why; empty where there are none.

    Args:
        failed: why, by number.
    """
    said = []
    for why, numbers in _by_reason(failed).items():
        where = _where(parts, numbers, documents)
        said.append(f"{number_of(len(numbers), 'part')} not read ({where}): {why}")
    return "; ".join(said)


def incomplete(
    parts: Sequence[Part], heard: Mapping[int, Heard], documents: Mapping[str, Document]
) -> str:
    """Say of which parts not everything may have come, and why."""
    wrong = {number: one.wrong for number, one in heard.items() if one.wrong}
    return " ".join(
        f"Of {_where(parts, numbers, documents)} not all may be told: {why}."
        for why, numbers in _by_reason(wrong).items()
    )


def broken(parts: Sequence[Part], documents: Mapping[str, Document]) -> str:
    """Say what was cut within a symbol or a page, for that alone fits no part."""
    first: dict[str, Slice] = {}
    for part in parts:
        for one in part.slices:
            if one.broken:
                first.setdefault(one.document, one)
    if not first:
        return ""
    named = cut.named(list(first.values()), documents, NAMED)
    return f"Longer than a part has room for, and so cut by lines: {named}."


def _where(parts: Sequence[Part], numbers: Sequence[int], documents: Mapping[str, Document]) -> str:
    slices = [one for number in sorted(numbers) for one in parts[number].slices]
    return cut.named(slices, documents, NAMED)


def _by_reason(reasons: Mapping[int, str]) -> dict[str, list[int]]:
    found: dict[str, list[int]] = {}
    for number, why in sorted(reasons.items()):
        found.setdefault(why, []).append(number)
    return found
