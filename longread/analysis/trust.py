"""Nothing leaves this machine unasked."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from urllib.parse import urlsplit

from longread import config
from longread.analysis.engines import is_local
from longread.analysis.relevance import place_of
from longread.config import Profile
from longread.errors import TrustError
from longread.ingest.places import number_of
from longread.store import Store
from longread.types import Corpus, Prompt, Usage


@dataclass(frozen=True, slots=True)
class Departure:
    """What would leave this machine, for a person to decide on."""

    host: str
    model: str
    documents: int
    tokens: int
    """Of the prompt, the answer not counted."""
    price: float
    """US dollars for prompt and a whole answer; 0 where the profile names no price."""
    masked: int
    """Secrets masked in what is sent."""
    pictures: int = 0
    """Pages sent as pictures, in which nothing can be masked."""

    @property
    def hidden(self) -> str:
        """What is masked and what is not, in words."""
        words = f"{self.masked:,} secrets masked"
        if not self.pictures:
            return words
        return (
            f"{words}; {number_of(self.pictures, 'page')} as pictures, in which nothing is masked"
        )


Confirm = Callable[[Departure], Awaitable[bool]]


def price(profile: Profile, usage: Usage) -> float:
    """Return what an answer cost in US dollars, by the profile's prices; 0 if it names none."""
    cached = usage.cached_tokens or 0
    of_cached = profile.price_cached or profile.price_input
    fresh = (usage.prompt_tokens - cached) * profile.price_input
    return (fresh + cached * of_cached + usage.output_tokens * profile.price_output) / 1e6


def most(profile: Profile, tokens: int) -> float:
    """Return what a prompt of so many tokens and a whole answer cost if nothing is cached."""
    return price(profile, Usage(tokens, profile.answer))


async def check(
    profile: Profile, corpus: Corpus, prompt: Prompt, store: Store, confirm: Confirm, *, yes: bool
) -> None:
    """Ask once per corpus and host whether its text may be sent there.

    Raises:
        TrustError: the person said no, or nobody could be asked.
    """
    if is_local(profile):
        return
    host = urlsplit(profile.url).hostname or profile.url
    place = place_of(corpus.sources)
    if host in config.settings().hosts or store.trusted(place, host):
        return
    masked = sum(entry.masked for entry in corpus.entries)
    price = most(profile, prompt.size)
    of_prompt = (len(corpus.documents), prompt.size, price, masked, prompt.pictures)
    departure = Departure(host, profile.model, *of_prompt)
    if not yes and not await confirm(departure):
        raise TrustError(
            f"nothing was sent to {host}",
            hint=f'say --yes, or put "{host}" under [trust] hosts in config.toml',
        )
    store.trust(place, host)
