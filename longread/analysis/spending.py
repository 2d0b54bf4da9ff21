"""What a question costs before it is asked, and what it cost afterwards: dollars and seconds."""

from __future__ import annotations

from dataclasses import dataclass

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


def most(profile: Profile, tokens: int) -> float:
    """Return the dollars for a prompt of so many tokens and a whole answer if nothing is cached."""
    return price(profile, Usage(tokens, profile.answer))


def estimate(profile: Profile, tokens: int, store: Store) -> Estimate:
    """Return what a prompt of so many tokens and a whole answer cost if nothing is cached."""
    reading, writing = store.pace(profile.name)
    seconds = tokens / reading + profile.answer / writing if reading and writing else 0.0
    return Estimate(tokens, most(profile, tokens), seconds)


def duration(seconds: float) -> str:
    """Return a time as a person reads it: "40 s", "3 min", "1.5 h"."""
    if seconds < 90:
        return f"{seconds:,.0f} s"
    return f"{seconds / 60:,.0f} min" if seconds < 5400 else f"{seconds / 3600:,.1f} h"
