"""Nothing leaves this machine unasked, and nothing that costs money or minutes is begun so."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection
from dataclasses import dataclass
from itertools import chain

from longread import config
from longread.analysis import spending
from longread.analysis.engines import hosts
from longread.analysis.relevance import place_of
from longread.config import Profile
from longread.errors import TrustError
from longread.ingest.places import number_of
from longread.store import Store
from longread.types import Corpus, Prompt


@dataclass(frozen=True, slots=True)
class Departure:
    """What would leave this machine, or cost money or minutes, for a person to decide on."""

    host: str
    """Where it goes; empty where it stays on this machine, or may go there already."""
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
    seconds: float = 0.0
    """Until the whole answer is there; 0 where nobody knows."""

    @property
    def hidden(self) -> str:
        """What is masked and what is not, in words."""
        words = f"{self.masked:,} secrets masked"
        if not self.pictures:
            return words
        return (
            f"{words}; {number_of(self.pictures, 'page')} as pictures, in which nothing is masked"
        )

    @property
    def words(self) -> str:
        """What would happen, in a sentence that begins small."""
        what = f"{number_of(self.documents, 'document')}, {self.tokens:,} tokens"
        cost = spending.Estimate(self.tokens, self.price, self.seconds).words
        if not self.host:
            return f"{what} for {self.model}: {cost or UNKNOWN}"
        price = cost if self.price else f"price unknown{', ' if cost else ''}{cost}"
        return f"{what} go to {self.host} ({self.model}): {price}, {self.hidden}"


UNKNOWN = "how long it takes is not known"
PICTURES = "(pictures)"
"""Behind the name of a host that may be sent pages as pictures too."""

Confirm = Callable[[Departure], Awaitable[bool]]


async def check(
    profile: Profile, corpus: Corpus, prompt: Prompt, store: Store, confirm: Confirm, *, yes: bool
) -> spending.Estimate:
    """Ask once per corpus and host whether its text may be sent there, and each time it is dear.

    Pictures are asked about for themselves: in text secrets are masked. Return what it costs.

    Raises:
        TrustError: the person said no, or nobody could be asked.
    """
    cost = await asyncio.to_thread(spending.estimate, profile, prompt.size, store)
    await allow(profile, corpus, cost, store, confirm, pictures=prompt.pictures, yes=yes)
    return cost


async def allow(
    profile: Profile,
    corpus: Corpus,
    cost: spending.Estimate,
    store: Store,
    confirm: Confirm,
    *,
    pictures: int = 0,
    less: str = "lower --budget",
    untimed: int = 0,
    sent: Collection[str] | None = None,
    yes: bool,
) -> None:
    """As `check`, for what several prompts cost together.

    Args:
        less: what makes it cost less, as a hint.
        sent: paths of the documents that the prompts show; None: all of the corpus.
        untimed: tokens beyond which it is asked about where nobody knows how long they take.

    Raises:
        TrustError: the person said no, or nobody could be asked.
    """
    settings = config.settings()
    place = place_of(corpus.sources)
    wanted = {h: (h, f"{h} {PICTURES}") if pictures else (h,) for h in hosts(profile)}

    def unknown() -> list[str]:
        return [
            h
            for h, what in wanted.items()
            if h not in settings.hosts and not all(store.trusted(place, one) for one in what)
        ]

    new = await asyncio.to_thread(unknown)
    host = ", ".join(new)
    long = untimed and cost.tokens > untimed and not cost.seconds
    if not host and not long and not cost.exceeds(settings):
        return
    shown = {d.path for d in corpus.documents} if sent is None else set(sent)
    masked = sum(e.masked for e in corpus.entries if sent is None or e.path in shown)
    of_prompt = (len(shown), cost.tokens, cost.dollars, masked, pictures)
    departure = Departure(host, profile.model, *of_prompt, cost.seconds)
    if not yes and not await confirm(departure):
        if host:
            raise TrustError(
                f"nothing was sent to {host}",
                hint=f'say --yes, or put "{host}" under [trust] hosts in config.toml',
            )
        raise TrustError(
            f"{profile.name} was not asked: {cost.words or UNKNOWN}",
            hint=f"say --yes, {less}, or raise what [ask] of config.toml allows",
        )
    if yes:
        return  # said for this run alone
    for what in chain.from_iterable(wanted[one] for one in new):
        await asyncio.to_thread(store.trust, place, what)
