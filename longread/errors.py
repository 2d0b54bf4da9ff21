"""Everything longread raises on purpose.

LongreadError
├── ConfigError        a setting that cannot mean anything
├── IngestError        a source that cannot be read at all
├── BudgetError        a budget in which nothing fits
├── TrustError         text that would leave this machine without a person's yes
├── EngineError        a model that cannot be reached, or stopped half-way
│   ├── WindowError    a prompt longer than its server's window
│   └── RefusalError   a request that its server refuses, where it may take others
└── StoreError         a session file that cannot be opened

One unreadable file in a readable source is not an error: it is an entry of the ledger, and
the reader is told. Front ends turn `EngineError` into exit code 3 and the rest into 2.
"""

from __future__ import annotations

from collections.abc import Iterable


class LongreadError(Exception):
    """What went wrong, and what the reader can do about it."""

    def __init__(self, message: str, *, hint: str) -> None:
        super().__init__(message)
        self.hint = hint


class ConfigError(LongreadError):
    """A setting that cannot mean anything."""


class IngestError(LongreadError):
    """A source that cannot be read at all."""


class BudgetError(LongreadError):
    """A budget in which nothing fits."""


class TrustError(LongreadError):
    """Text would leave this machine, and nobody said it may."""


class EngineError(LongreadError):
    """A model that cannot be reached, or stopped half-way."""


class WindowError(EngineError):
    """A prompt that is longer than its server's window; nothing of an answer came.

    Args:
        limit: the window in tokens, prompt and answer together; 0 where nobody says it.
        counted: the prompt's tokens as the server counts them; 0 where it does not say.
    """

    def __init__(self, message: str, *, hint: str, limit: int = 0, counted: int = 0) -> None:
        super().__init__(message, hint=hint)
        self.limit = limit
        self.counted = counted


class RefusalError(EngineError):
    """A request that its server refuses, and would refuse again; others it may take."""


class StoreError(LongreadError):
    """A session file that cannot be opened, or a session that is not in it."""


def similar(name: str, known: Iterable[str]) -> str:
    """Return which of the names that there are may have been meant, for a hint; or nothing."""
    from difflib import get_close_matches

    return next(iter(get_close_matches(name, list(known), 1)), "")
