"""An answer's text with its citations as numbered links."""

from __future__ import annotations

import pytest

from longread.prompt.cite import judge
from longread.tui.linked import Coming, linked, parser
from longread.types import Answer, Document, Segment, Shown, Span

TEXT = "a = 1\nb = 2\nlimit = 97.5\n"
DOCUMENT = Document(
    "heat.py", "source", "python", "c1", TEXT, (Segment("block", "", Span("line", 1, 3), 0, 25),),
    id="d1",
)  # fmt: skip
SHOWN = {"d1": Shown(DOCUMENT, ((0, len(TEXT)),))}


def answered(text: str) -> Answer:
    return Answer("?", text, judge(text, SHOWN), "stop")


def test_each_citation_is_a_numbered_link_with_its_verdict() -> None:
    answer = answered(
        'It is 97.5 [d1:L3 "limit = 97.5"], not 98 [d1:L3 "limit = 98"], see [d1:L1].'
    )
    assert linked(answer) == (
        r"It is 97.5 [\[1✓\]](cite:0), not 98 [\[2✗\]](cite:1), see [\[3•\]](cite:2)."
    )


def test_several_citations_in_one_bracket_are_several_links() -> None:
    answer = answered("See [d1:L1; d1:L2].")
    assert len(answer.citations) == 2
    text = linked(answer)
    assert "(cite:0)" in text
    assert "(cite:1)" in text


def test_what_steers_is_made_visible_and_offsets_still_hold() -> None:
    answer = answered('\x1b[31mred\x1b[0m \u202eevil [d1:L3 "limit = 97.5"] \u200bend')
    text = linked(answer)
    assert "\x1b" not in text
    assert "\u202e" not in text
    assert "\u200b" not in text
    assert r"[\[1✓\]](cite:0)" in text


def test_html_and_addresses_in_an_answer_are_text() -> None:
    tokens = parser().parse("<b onclick=x>see</b> https://evil.example and <script>x</script>")
    children = [child.type for token in tokens for child in token.children or []]
    assert set(children) == {"text"}


@pytest.mark.parametrize("size", [1, 2, 7, 1000])
def test_citations_become_numbers_while_they_come(size: int) -> None:
    text = 'It is [d1:L3 "limit = 97.5"] and a[0] or [d2:L4-L9], [x](y) too.'
    coming = Coming()
    pieces = [coming.take(text[i : i + size]) for i in range(0, len(text), size)]
    shown = "".join(pieces) + coming.rest()
    assert shown == r"It is \[1\] and a[0] or \[2\], [x](y) too."


def test_nothing_is_lost_of_a_citation_that_never_ends() -> None:
    coming = Coming()
    assert coming.take('It is [d1:L3 "lim') + coming.rest() == 'It is [d1:L3 "lim'
