"""When a request is sent again, after how long, and how long its answer may take. It sends none."""

from __future__ import annotations

import math
import random
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

FIRST_WAIT = 0.5
"""Seconds before the first repetition; each further one waits twice as long."""
LONGEST_WAIT = 30.0
"""Seconds before a repetition, at most, where the server names no time."""
PATIENCE = 120.0
"""Seconds that a server may ask us to wait; one that asks for more is given up at once."""
PASSING = frozenset({408, 409, 429})
"""Statuses below 500 that pass: request timeout, conflict, too many requests."""
SPENT = frozenset({"insufficient_quota", "billing_hard_limit_reached"})
"""Codes of a 429 that waiting does not cure: no money is left."""

QUEUE = 300.0
"""Seconds for what is not reading: waiting for others, and loading a model when first asked."""
SLOWEST = 100.0
"""Prompt tokens a second that the slowest server reads: Llama 4 Scout takes 33.2 GFLOP a token
(as sizing/speed.py counts: two for each of 15.1 billion parameters, and the chunked attention), so
3.3 TFLOP/s."""
LONGEST = 4 * 3600.0
"""Seconds the first token may take at most: 10 million tokens take eight H100s 66 minutes at
40 % of their peak (by the same), so 11 % of it suffices."""


def first_token(tokens: int) -> float:
    """Return the seconds that a prompt's first token may take: QUEUE + tokens / SLOWEST, capped."""
    return min(QUEUE + tokens / SLOWEST, LONGEST)


def passes(status: int, code: str = "") -> bool:
    """Whether a refusal may be gone when the request is sent again."""
    return (status in PASSING or status >= 500) and code not in SPENT


def back_off(repetition: int) -> float:
    """Return the seconds before a repetition (from 1): twice as long each time, by half at random.

    The random part keeps clients that failed together from returning together.
    """
    most: float = min(FIRST_WAIT * 2 ** min(repetition - 1, 16), LONGEST_WAIT)
    return most * random.uniform(0.5, 1.0)  # noqa: S311 (nothing is kept secret by it)


def asked_wait(headers: Mapping[str, str], now: datetime | None = None) -> float | None:
    """Return the seconds a server asks us to wait, by `Retry-After` (RFC 9110 §10.2.3).

    Returns:
        None where it does not say, or nothing that means anything; a date gone by is 0.
    """
    for name, unit in (("retry-after-ms", 1000.0), ("retry-after", 1.0)):
        try:
            seconds = float(headers.get(name, "")) / unit
        except ValueError:
            continue
        if math.isfinite(seconds) and seconds >= 0:
            return seconds
    try:
        when = parsedate_to_datetime(headers.get("retry-after", ""))
    except ValueError:
        return None
    when = when if when.tzinfo else when.replace(tzinfo=UTC)
    return max(0.0, (when - (now or datetime.now(UTC))).total_seconds())
