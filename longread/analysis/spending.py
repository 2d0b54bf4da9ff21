"""What a question costs before it is asked, and what it cost afterwards: dollars and seconds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from longread.config import Profile, Settings
from longread.store import Store
from longread.types import Usage


@dataclass(frozen=True, slots=True)
class Estimate:
    """What one answer may cost if nothing of its prompt is cached and it is as long as allowed."""

    tokens: int
    """Of the prompt."""
    dollars: float
    """0 where the profile names no price."""
    seconds: float
    """By what the model's last answers took; 0 where it gave none yet."""

    @property
    def words(self) -> str:
        """As a person reads it; empty where neither money nor time is known."""
        known = [f"${self.dollars:,.4f}"] if self.dollars else []
        known += [duration(self.seconds)] if self.seconds else []
        return f"at most {' and '.join(known)}" if known else ""

    def exceeds(self, settings: Settings) -> bool:
        """Whether it is more than a person wants to spend unasked."""
        return self.dollars > settings.ask_dollars or self.seconds > settings.ask_minutes * 60


def price(profile: Profile, usage: Usage) -> float:
    """Return what an answer cost in US dollars, by the profile's prices; 0 if it names none."""
    cached = usage.cached_tokens or 0
    of_cached = profile.price_cached or profile.price_input
    fresh = (usage.prompt_tokens - cached) * profile.price_input
    return (fresh + cached * of_cached + usage.output_tokens * profile.price_output) / 1e6


def most(profile: Profile, tokens: int, answers: int = 1) -> float:
    """Return the dollars for prompts of so many tokens and whole answers if nothing is cached."""
    return price(profile, Usage(tokens, answers * profile.answer))


def estimate(profile: Profile, tokens: int, store: Store, answers: int = 1) -> Estimate:
    """Return what prompts of so many tokens and whole answers cost if nothing is cached."""
    reading, writing = store.pace(profile.name)
    written = answers * profile.answer
    seconds = tokens / reading + written / writing if reading and writing else 0.0
    return Estimate(tokens, most(profile, tokens, answers), seconds)


def together(counted: Sequence[Usage]) -> Usage | None:
    """Return what several requests took together, as if one had come after the other."""
    if not counted:
        return None
    first, *_ = counted
    return replace(
        first,
        prompt_tokens=sum(usage.prompt_tokens for usage in counted),
        output_tokens=sum(usage.output_tokens for usage in counted),
        cached_tokens=_sum([usage.cached_tokens for usage in counted]),
        first_token_seconds=sum(usage.first_token_seconds for usage in counted),
        seconds=sum(usage.seconds for usage in counted),
        expected_tokens=_sum([usage.expected_tokens for usage in counted]),
        reasoning_tokens=_sum([usage.reasoning_tokens for usage in counted]),
    )


def _sum(counts: Sequence[int | None]) -> int | None:
    """Return the sum; None where one of them is not known."""
    known = [count for count in counts if count is not None]
    return sum(known) if len(known) == len(counts) else None


def duration(seconds: float) -> str:
    """Return a time as a person reads it: "40 s", "3 min", "1.5 h"."""
    if seconds < 90:
        return f"{seconds:,.0f} s"
    return f"{seconds / 60:,.0f} min" if seconds < 5400 else f"{seconds / 3600:,.1f} h"
