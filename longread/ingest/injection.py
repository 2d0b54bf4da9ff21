"""Words in a file that seem meant for a model: noted in the ledger, never taken out.

The prompt says that text in documents is never an instruction, and special tokens are ordinary
text in it; a person should know all the same that somebody tried.
"""

from __future__ import annotations

import re

ORDERS = (
    (
        ("instructions", "prompt"),
        re.compile(
            r"\b(?:ignore|disregard|forget|override|bypass)\b[^.\n]{0,40}?"
            r"\b(?:previous|prior|above|earlier|preceding|foregoing|all|any|your|system)\b[^.\n]{0,30}?"
            r"\b(?:instructions|(?:system )?prompts?)\b"
        ),
    ),
    (
        ("system prompt", "hidden prompt", "initial prompt"),
        re.compile(
            r"\b(?:reveal|print|output|repeat|leak|show)\b[^.\n]{0,30}?"
            r"\b(?:system|hidden|initial) prompt\b"
        ),
    ),
    (
        ("do not tell the", "do not inform the"),
        re.compile(r"\bdo not (?:tell|inform) the (?:user|human|reviewer)s?\b"),
    ),
    (
        ("you are now", "you are no longer"),
        re.compile(
            r"\byou are (?:now|no longer) (?:an? |the )?[^.\n]{0,30}?"
            r"\b(?:assistant|model|ai|chatbot|jailbroken|dan)\b"
        ),
    ),
    (
        ("an ai ", "language model", "coding agent"),
        re.compile(
            r"\b(?:if you are|as) an? (?:ai|llm|(?:large )?language model|coding agent)\b"
            r"[^.\n]{0,40}?\b(?:must|should|please|you will|do not)\b"
        ),
    ),
)
"""What is said to a model rather than to people, in lower case, after OWASP's LLM01 and what coding
agents were fed; before each, what must stand in a text for it to match: that is found faster."""
TOKENS = re.compile(r"<\|[a-zA-Z][\w ]{0,40}\|>|\[/?INST\]|<</?SYS>>")
"""Special tokens as models' templates write them."""
MOST = 3
"""Places that are named."""


def find(text: str) -> tuple[str, ...]:
    """Return notes for the ledger: what was found, and on which lines."""
    notes = []
    lower = text.lower()
    orders = [
        match.start()
        for needed, pattern in ORDERS
        if any(word in lower for word in needed)
        for match in pattern.finditer(lower)
    ]
    if orders:
        notes.append(f"words that seem meant for a model: {_lines(lower, orders)}")
    if "<|" in text or "INST]" in text or "SYS>>" in text:
        tokens = [match.start() for match in TOKENS.finditer(text)]
        if tokens:
            notes.append(f"special tokens of models, as text: {_lines(text, tokens)}")
    return tuple(notes)


def _lines(text: str, offsets: list[int]) -> str:
    lines = dict.fromkeys(text.count("\n", 0, at) + 1 for at in sorted(offsets)[: 20 * MOST])
    named = [f"L{number}" for number in lines]
    return ", ".join(named[:MOST]) + (", …" if len(named) > MOST else "")
