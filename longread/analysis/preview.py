"""What a question would take, before it is sent: tokens, share shown in full, price."""

from __future__ import annotations

from dataclasses import dataclass

from longread.analysis import spending
from longread.analysis.answering import covered, covered_in, unread
from longread.analysis.conversation import Conversation
from longread.analysis.sweep import Sweep


@dataclass(frozen=True, slots=True)
class Preview:
    """The prompt that a question would make."""

    tokens: int
    """Of the prompt, the answer not counted."""
    exact: bool
    """False where counts are estimates because no tokenizer is known."""
    share: float
    """Part of the corpus' characters shown in full, 0 to 1."""
    coverage: str
    """The same in words."""
    unread: int
    """Files of which there is no text to show."""
    price: float
    """US dollars at most: nothing cached, the answer as long as it may be; 0 if not known."""
    parts: int = 1
    """Prompts that it takes."""


def preview(conversation: Conversation, question: str) -> Preview:
    """Make the prompt as it would be sent, and say what it takes. Blocking.

    Raises:
        BudgetError: the question does not fit even alone.
    """
    if conversation.wanted == "sweep":
        return _swept(conversation, question)
    prompt = conversation.prompt(question, lambda _: None)
    share, words = covered(conversation, prompt)
    price = spending.most(conversation.profile, prompt.size)
    return Preview(prompt.size, prompt.exact, share, words, len(unread(conversation)), price)


def _swept(conversation: Conversation, question: str) -> Preview:
    sweep = Sweep(conversation, question)
    sweep.divide(lambda _: None)
    tokens, answers = sweep.most
    share, words = covered_in(conversation, sweep.ranges(range(len(sweep.parts))))
    exact, left = conversation.pieces.family.exact, len(unread(conversation))
    price = spending.most(conversation.profile, tokens, answers)
    return Preview(tokens, exact, share, words, left, price, len(sweep.parts))
