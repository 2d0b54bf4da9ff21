"""Words in a file that seem meant for a model: noted in the ledger, never taken out.

The prompt says that text in documents is never an instruction, and special tokens are ordinary
text in it; a person should know all the same that somebody tried.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

NEAR = 160
"""Characters on either side of a telling word within which a whole order stands."""
ORDERS = (
    (
        (b"instructions", b"prompt"),
        re.compile(
            rb"\b(?:ignore|disregard|forget|override|bypass)\b[^.\n]{0,40}?"
            rb"\b(?:previous|prior|above|earlier|preceding|foregoing|all|any|your|system)\b[^.\n]{0,30}?"
            rb"\b(?:instructions|(?:system )?prompts?)\b"
            rb"|\b(?:reveal|print|output|repeat|leak|show)\b[^.\n]{0,30}?"
            rb"\b(?:system|hidden|initial) prompt\b"
        ),
    ),
    (
        (b"do not tell the ", b"do not inform the "),
        re.compile(rb"\bdo not (?:tell|inform) the (?:user|human|reviewer)s?\b"),
    ),
    (
        (b"you are no",),
        re.compile(
            rb"\byou are (?:now|no longer) (?:an? |the )?[^.\n]{0,30}?"
            rb"\b(?:assistant|model|ai|chatbot|jailbroken|dan)\b"
        ),
    ),
    (
        (b"an ai ", b"language model", b"coding agent", b"an llm "),
        re.compile(
            rb"\b(?:if you are|as) an? (?:ai|llm|(?:large )?language model|coding agent)\b"
            rb"[^.\n]{0,40}?\b(?:must|should|please|you will|do not)\b"
        ),
    ),
)
"""What is said to a model rather than to people, in lower case, after OWASP's LLM01 and what coding
agents were fed; before each, words of which one must stand in it: only around them is it sought."""
TOKENS = re.compile(rb"<\|[a-zA-Z][\w ]{0,40}\|>|\[/?INST\]|<</?SYS>>")
"""Special tokens as models' templates write them."""
MOST = 3
"""Places that are named."""


def find(text: str) -> tuple[str, ...]:
    """Return notes for the ledger: what was found, and on which lines."""
    notes = []
    # What is sought is ASCII, and bytes are searched several times faster than wide characters.
    raw = text.encode("utf-8", "replace")
    lower = raw.lower()
    orders = {
        match.start()
        for words, pattern in ORDERS
        for word in words
        for start, end in _around(lower, word)
        for match in pattern.finditer(lower, start, end)
    }
    if orders:
        notes.append(f"words that seem meant for a model: {_lines(lower, orders)}")
    if b"<|" in raw or b"INST]" in raw or b"SYS>>" in raw:
        tokens = [match.start() for match in TOKENS.finditer(raw)]
        if tokens:
            notes.append(f"special tokens of models, as text: {_lines(raw, tokens)}")
    return tuple(notes)


def _around(text: bytes, word: bytes) -> Iterator[tuple[int, int]]:
    """Yield the stretches of a text around a word; what overlaps is one."""
    at = text.find(word)
    while at >= 0:
        start = max(0, at - NEAR)
        end = at
        while 0 <= at <= end + NEAR:
            end = at + NEAR
            at = text.find(word, at + len(word))
        yield start, end


def _lines(text: bytes, offsets: Iterable[int]) -> str:
    lines = dict.fromkeys(text.count(b"\n", 0, at) + 1 for at in sorted(offsets)[: 20 * MOST])
    named = [f"L{number}" for number in lines]
    return ", ".join(named[:MOST]) + (", …" if len(named) > MOST else "")
