"""What is laid out again for a server whose window is smaller than its profile says."""

from __future__ import annotations

from dataclasses import replace

from longread.analysis.conversation import Conversation, usable
from longread.analysis.renewal import keep
from longread.config import Profile
from longread.errors import BudgetError, WindowError
from longread.store import Store
from longread.types import Tell

UNSURE = 0.85
"""Part of a window that is used where the server counts more tokens than we do, and does not say
how many: estimates are low by as much."""
ANSWER = 4
"""One part in so many of a small window is kept for the answer, where the profile keeps more."""


def fitting(profile: Profile, window: int, sent: int, refused: WindowError) -> Profile:
    """Return a profile whose window is what a server named.

    Args:
        window: tokens for prompt and answer that were used so far.
        sent: tokens of the prompt that the server refused, as we count them.
    """
    limit = refused.limit
    answer = profile.answer if profile.answer <= limit // 2 else limit // ANSWER
    ours = limit
    if refused.counted > sent:
        # The server's tokens are smaller than ours: so many of ours make as many of its.
        ours = answer + int((limit - answer) * sent / refused.counted)
    elif limit >= window:
        ours = int(window * UNSURE)
    return replace(profile, window=ours, trusted=min(profile.trusted, ours), answer=answer)


def narrow(opened: Conversation, size: int, refused: WindowError, store: Store, tell: Tell) -> str:
    """Lay a conversation out for the window that a server named; keep that; say so in words.

    Blocking.

    Args:
        size: tokens, by our own count, of the prompt that the server refused.

    Raises:
        WindowError: the server named no window, or nothing can be shown in it.
    """
    if not refused.limit:
        raise refused
    limit, was = refused.limit, opened.window
    smaller = fitting(opened.profile, was, size, refused)
    try:
        window = min(was, usable(smaller, None))
        ready = replace(opened, profile=smaller, window=window)
        made = ready.relaid(opened.wanted, dict(opened.layout.levels), tell)
    except BudgetError as error:
        raise WindowError(
            f"{refused}; there {error}", hint=error.hint, limit=limit, counted=refused.counted
        ) from refused
    made = keep(made, made.corpus.documents, store)
    opened.profile, opened.window = smaller, window
    opened.take(made)
    return f"{refused}: laid out again for {window:,} tokens, not {was:,}"
