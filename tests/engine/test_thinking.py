"""Reasoning told from the answer, however the text is cut into pieces."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from longread.engine.reply import Reply
from longread.engine.thinking import Split
from longread.types import Reasoning, Text


def told(pieces: list[str], *, inside: bool = False) -> tuple[str, str]:
    split = Split(inside=inside)
    events = [event for piece in pieces for event in split.feed(piece)] + split.end()
    assert all(event.text for event in events)
    thought = "".join(e.text for e in events if isinstance(e, Reasoning))
    return thought, "".join(e.text for e in events if isinstance(e, Text))


CASES = {
    "<think>a < b</think>\n\nYes.": ("a < b", "Yes."),
    "\n<think>\nhm\n</think>No </think>.": ("\nhm\n", "No </think>."),
    "Say <think>this</think>.": ("", "Say <think>this</think>."),
    "<thinking> is a tag": ("", "<thinking> is a tag"),
    "<think>no end</thi": ("no end</thi", ""),
    "  plain": ("", "  plain"),
    "<thi": ("", "<thi"),
    "": ("", ""),
}


@given(st.sampled_from(sorted(CASES)), st.lists(st.integers(0, 40), max_size=8))
def test_how_it_is_cut_does_not_matter(text: str, cuts: list[int]) -> None:
    ends = [0, *sorted(min(cut, len(text)) for cut in cuts), len(text)]
    pieces = [text[a:b] for a, b in pairwise(ends)]
    assert told(pieces) == CASES[text]


def test_a_template_that_opens_it_is_told() -> None:
    assert told(["let me see</th", "ink> 97.5"], inside=True) == ("let me see", "97.5")


def test_what_a_server_has_told_apart_is_not_told_apart_again() -> None:
    reply = Reply(Split(inside=True))
    found = [
        event
        for delta in ({"reasoning_content": "hm"}, {"content": "It is 5."})
        for event in reply.take({"choices": [{"delta": delta}]})
    ]
    assert found == [Reasoning("hm"), Text("It is 5.")]
