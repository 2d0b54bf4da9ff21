"""Lines that run along the edges of pages: headers, footers, page numbers.

They are part of a document's text and can be cited; what reads on from page to page passes over
them. It knows pages as character offsets alone.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Container, Sequence
from itertools import chain

EDGE = 6
"""A running header or footer stands within so many lines of a page's edge."""
GAP = 3
"""From one page of a running line to the next, at most."""
LONGEST = 200
"""Characters of such a line at most."""
FOLIO = 800, 8_000
"""Characters between two printed page numbers, at least and at most."""

Range = tuple[int, int]

LINE = re.compile(r"[^\n]*[^\s][^\n]*")
NUMBER = re.compile(r"\d{1,5}")
BARE = re.compile(r"\W*\d+\W*")
SIGNED = re.compile(
    r"\W*(?:(?:by|its|(?:print(?:ed)? )?name|title|signature|signed|witness|attest)\s*:"
    r"|(?:dated?|address|tel(?:ephone)?|fax|e-?mail|attention|attn)\s*:\W*$)",
    re.IGNORECASE,
)
"""A line of a block in which somebody signs: pages for signatures are alike, and no line runs."""
BLOCK = 2
"""Lines around such a line that belong to the block too."""
FOLIOS = re.compile(r"(?m)^[ \-–—]*(\d{1,4})[ \-–—]*$")


def running(text: str, starts: Sequence[int], numbers: Sequence[int]) -> list[Range]:
    """Return the character ranges of running lines, in order; none overlap.

    A line runs when the same line, or one that differs only in the page's number, stands at the
    edge of three pages (of two, where there are fewer than five) that follow one another, with
    at most two pages between: those on the left and on the right differ, and chapters begin.
    Lines in which somebody signs do not, and what stands beside them only where it runs elsewhere.

    Args:
        starts: where each page begins in the text, ascending.
        numbers: the physical number of each.
    """
    ends = chain(starts[1:], [len(text)])
    edges = [
        (start, end, number, _variants(text[start:end], number), beside)
        for first, last, number in zip(starts, ends, numbers, strict=False)
        for start, end, beside in _unsigned(text, _edges(text, first, last))
    ]
    pages: dict[str, list[int]] = defaultdict(list)
    for _, _, number, keys, beside in edges:
        for key in keys:
            if not beside or "#" in key:
                pages[key].append(number)
    enough = 3 if len(starts) > 4 else 2
    runs = {key: _runs(on, enough) for key, on in pages.items() if len(on) >= enough}
    found = {
        (start, end)
        for start, end, number, keys, beside in edges
        if any(_is_near(number, runs[key], beside) for key in keys if key in runs)
    }
    return sorted(found | set(_folios(text)))


def _runs(pages: Sequence[int], enough: int) -> set[int]:
    """Return those of ascending page numbers that follow one another, `enough` or more."""
    found: set[int] = set()
    run: list[int] = []
    for page in pages:
        if run and page - run[-1] > GAP:
            run = []
        run.append(page)
        if len(run) == enough:
            found.update(run)
        elif len(run) > enough:
            found.add(page)
    return found


def _is_near(page: int, run: Container[int], beside: bool) -> bool:
    """Whether a line of a page belongs to a run; one beside a signature does if it is near."""
    reach = GAP if beside else 0
    return any(other in run for other in range(page - reach, page + reach + 1))


def _unsigned(text: str, edges: Sequence[Range]) -> list[tuple[int, int, bool]]:
    """Return the edges that are not signed, and whether each stands beside one that is."""
    signed = [n for n, (start, end) in enumerate(edges) if SIGNED.match(text, start, end)]
    return [
        (*edge, any(abs(n - other) <= BLOCK for other in signed))
        for n, edge in enumerate(edges)
        if n not in signed
    ]


def blanked(text: str, ranges: Sequence[Range]) -> str:
    """Return the text with spaces in place of what stands in the ranges, offsets kept."""
    pieces: list[str] = []
    done = 0
    for start, end in ranges:
        pieces += text[done:start], " " * (end - start)
        done = end
    return "".join(pieces) + text[done:] if pieces else text


def _folios(text: str) -> list[Range]:
    """Return printed page numbers that stand in the middle of pages, where these were reflowed.

    Such a number has a line of its own, and three or more follow one another at a page's length.
    """
    numbers = [(*m.span(), int(m[1])) for m in FOLIOS.finditer(text)]
    latest: dict[int, list[int]] = {}
    chains: list[list[int]] = []
    chain_of: dict[int, list[int]] = {}
    for index, (start, _, number) in enumerate(numbers):
        before = latest.get(number - 1, [])
        near = [n for n in before[-8:] if FOLIO[0] <= start - numbers[n][0] <= FOLIO[1]]
        chain = chain_of[near[-1]] if near else []
        if not near:
            chains.append(chain)
        chain.append(index)
        chain_of[index] = chain
        latest.setdefault(number, []).append(index)
    return [numbers[n][:2] for chain in chains if len(chain) > 2 for n in chain]


def _edges(text: str, start: int, end: int) -> list[Range]:
    """Return the first and last lines of a page that are not blank, in order."""
    lines = [m.span() for m in LINE.finditer(text, start, end)]
    return lines if len(lines) <= 2 * EDGE else lines[:EDGE] + lines[-EDGE:]


def _variants(line: str, page: int) -> set[str]:
    """Return the line as it is and, for each number in it, with its distance from the page's."""
    plain = " ".join(line.split())
    if len(plain) > LONGEST:
        return set()
    numbers = list(NUMBER.finditer(plain))
    counted = {
        f"{plain[: m.start()]}#{int(m.group()) - page}{plain[m.end() :]}" for m in numbers[:6]
    }
    # A bare number that stays the same is no page number: it may be a figure of a table.
    return counted if BARE.fullmatch(plain) else counted | {plain}
