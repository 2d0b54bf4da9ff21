"""The nouns of longread, and nothing else.

Every value is frozen and compares by content; identity (row ids, times of writing) belongs
to `longread.store`. Positions are 1-based and inclusive, as editors and PDF readers show
them; character offsets are 0-based and half-open, as Python slices.

Those of plans, probes and reviews are imported from their modules: few commands need them.
"""

from __future__ import annotations

from longread.types.answers import (
    Answer,
    Citation,
    Engine,
    Event,
    Finished,
    Progress,
    Reasoning,
    Session,
    Shown,
    Tell,
    Text,
    Usage,
    Verdict,
)
from longread.types.documents import (
    MARKS,
    Corpus,
    Document,
    Entry,
    Kind,
    Ledger,
    Level,
    Page,
    Segment,
    Source,
    Span,
    Unit,
)
from longread.types.prompts import (
    Budget,
    Layout,
    Picture,
    Piece,
    Placed,
    Prompt,
    Role,
    Route,
    Sampling,
    Turn,
)

__all__ = [
    "MARKS",
    "Answer",
    "Budget",
    "Citation",
    "Corpus",
    "Document",
    "Engine",
    "Entry",
    "Event",
    "Finished",
    "Kind",
    "Layout",
    "Ledger",
    "Level",
    "Page",
    "Picture",
    "Piece",
    "Placed",
    "Progress",
    "Prompt",
    "Reasoning",
    "Role",
    "Route",
    "Sampling",
    "Segment",
    "Session",
    "Shown",
    "Source",
    "Span",
    "Tell",
    "Text",
    "Turn",
    "Unit",
    "Usage",
    "Verdict",
]
