"""What a probe plants in a corpus at each length, and the prompts that ask for it.

Everything here follows from the request and the corpus: the same seed plants the same facts at
the same places. Nothing is asked and nothing is kept; `longread.analysis.probe` does both.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import longread
from longread.analysis import bounds, reading
from longread.analysis.conversation import title_of, usable
from longread.analysis.engines import open_tokens
from longread.analysis.reading import Measured
from longread.analysis.sources import read_sources
from longread.cache.kept import open_derived
from longread.config import Profile
from longread.errors import BudgetError, ConfigError
from longread.ingest.read import Options
from longread.prompt import haystack, needles, pack, render
from longread.prompt.haystack import Haystack
from longread.prompt.needles import KINDS, Kind, Needle
from longread.tokens.pieces import Pieces
from longread.tokens.sizes import label
from longread.types import Corpus, Progress, Tell

Place = tuple[int, int, str, int]
"""What a trial is known by: length, depth, kind, number."""

LESS = "leave out the longest of --lengths"
"""What makes a probe cost less."""
UNTIMED = 1_000_000
"""Tokens that are sent without a question where nobody knows how long they take."""
DEPTHS = (10, 30, 50, 70, 90)
TRIALS = 4
"""At each length and depth: one of each kind. With five depths these are 20 a length, of which
19 must be right for the bound to reach 0.8."""
SHORTEST = 1_024
ANSWER = 64
"""Tokens an answer may have: more than any value, less than an essay."""
SPREAD = 0.04
"""Share of the corpus over which the trials at one depth are spread."""
OVERFILL = 1.02, 64
"""The corpus is packed to a little more than the room, so that only its end has to be cut."""


@dataclass(frozen=True, slots=True)
class Request:
    """What is to be planted, where, and for which model."""

    profile: Profile
    sources: tuple[str, ...] = ()
    """Folders, repositories, URLs, PDFs; empty for longread's own code."""
    lengths: tuple[int, ...] = ()
    """Tokens of prompt and answer together; empty for doublings up to the profile's window."""
    depths: tuple[int, ...] = DEPTHS
    """Per cent of the corpus before a fact, 0 to 100."""
    trials: int = TRIALS
    """At each length and depth; the kinds take turns."""
    kinds: tuple[Kind, ...] = KINDS
    seed: int = 0
    threshold: float = bounds.THRESHOLD
    confidence: float = bounds.CONFIDENCE
    answer: int = ANSWER
    options: Options = field(default_factory=Options)
    store: Path | None = None
    yes: bool = False
    """Whether text may leave this machine without asking."""
    dry: bool = False
    """Whether to stop after the estimate."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What is asked at one length."""

    length: int
    room: int
    """Tokens for corpus and question."""
    places: tuple[Place, ...]
    needles: tuple[Needle, ...]
    groups: tuple[tuple[int, ...], ...]
    """Indices of needles that share a haystack."""


@dataclass(frozen=True, slots=True)
class Prepared:
    """A corpus that was read, and what is to be planted in it."""

    request: Request
    corpus: Corpus
    measured: Measured
    title: str
    plans: tuple[Plan, ...] = ()
    key: str = ""
    """What the probe is known by in the store."""

    @property
    def places(self) -> list[Place]:
        """Every trial that was asked for."""
        return [place for plan in self.plans for place in plan.places]

    @property
    def note(self) -> str:
        """How the corpus comes to fill the lengths, in words."""
        full = self.measured.full
        small = [label(plan.length) for plan in self.plans if plan.room < full]
        large = [label(plan.length) for plan in self.plans if plan.room > full]
        words = f"the corpus has {full:,} tokens in full"
        if small:
            words += f"; packed to fit {', '.join(small)}"
        if large:
            words += f"; repeated to fill {', '.join(large)}"
        return words


def default_lengths(window: int) -> tuple[int, ...]:
    """Return doublings from 1,024 up to a window, and the window itself."""
    found = [SHORTEST]
    while found[-1] * 2 < window:
        found.append(found[-1] * 2)
    return (*found, window) if found[-1] < window else (window,)


def prepare(request: Request, tell: Tell) -> Prepared:
    """Read the sources and make what is to be planted; nothing is asked.

    Raises:
        IngestError: a source cannot be read at all.
        ConfigError: a length or a depth that cannot be.
        BudgetError: a length too short to hide anything in.
    """
    lengths = tuple(sorted(set(request.lengths or default_lengths(request.profile.window))))
    request = replace(request, lengths=lengths)
    _check_trials(request)
    ready = read(request, tell)
    measured = ready.measured
    taken = needles.Known()
    documents = measured.corpus.documents
    for index, document in enumerate(documents):
        tell(Progress("look", index, len(documents)))
        taken.look(document.text)
        document.forget()
    plans = tuple(_plan(request, length, measured, taken.copy()) for length in lengths)
    return replace(ready, plans=plans, key=_key(request, measured))


def read(request: Request, tell: Tell) -> Prepared:
    """Read the sources and measure them; nothing is planned to be planted in them.

    Raises:
        IngestError: a source cannot be read at all.
        ConfigError: a length that is more than the profile's window.
    """
    profile, longest = request.profile, max(request.lengths)
    if longest > profile.window:
        raise ConfigError(
            f"a length of {longest:,} tokens is more than the window of profile {profile.name},"
            f" which is {profile.window:,}",
            hint="leave it out of --lengths, or choose a profile with a larger window",
        )
    pieces = Pieces(open_tokens(profile, tell), open_derived())
    own = (str(Path(longread.__file__).parent),)
    corpus = read_sources(request.sources or own, request.options, pieces, longest, tell)
    measured = reading.measure(corpus, pieces, True, tell)
    sources = title_of(corpus.sources)
    title = sources if request.sources else "longread's own code"
    return Prepared(request, measured.corpus, measured, title)


def _check_trials(request: Request) -> None:
    if not request.depths or not all(0 <= depth <= 100 for depth in request.depths):
        raise ConfigError(
            "a depth is the per cent of the corpus that stands before a fact",
            hint="write --depths 10,50,90",
        )
    needed = bounds.fewest(request.threshold, request.confidence)
    if not needed:
        raise ConfigError(
            f"no number of trials can show that {request.threshold:.0%} are right"
            f" with {request.confidence:.0%} confidence",
            hint="lower --threshold",
        )


def too_few(request: Request) -> str:
    """Say that even if all is right nothing will be proved; empty where it can be."""
    wanted = len(set(request.depths)) * request.trials
    needed = bounds.fewest(request.threshold, request.confidence)
    if wanted >= needed:
        return ""
    return (
        f"{wanted:,} trials at each length can never show that {request.threshold:.0%} are right"
        f" with {request.confidence:.0%} confidence: {needed:,} are needed, so nothing is recorded"
    )


def _plan(request: Request, length: int, measured: Measured, taken: needles.Known) -> Plan:
    """Say what is asked at one length; the same whatever was made before."""
    room = usable(request.profile, length) - request.answer - measured.fixed
    places: list[Place] = []
    made: list[Needle] = []
    for trial in range(request.trials):
        kind = request.kinds[trial % len(request.kinds)]
        number = trial // len(request.kinds)
        for depth in sorted(set(request.depths)):
            places.append((length, depth, kind, number))
            key = f"{request.seed}\0{length}\0{depth}\0{number}"
            made.append(needles.make(kind, _around(depth, f"{key}\0{kind}"), key, taken))
    try:
        groups = haystack.share_out(made, room, measured.pieces)
    except BudgetError as error:
        hint = "lower --answer" if request.answer >= length else error.hint
        raise BudgetError(f"{label(length)}: {error}", hint=hint) from error
    return Plan(length, room, tuple(places), tuple(made), tuple(map(tuple, groups)))


def _around(depth: int, key: str) -> float:
    """Return a share near a depth, so that the trials at one depth do not stand in one place."""
    share = depth / 100 + (needles.Draw(key).below(1_000) / 1_000 - 0.5) * SPREAD
    return min(max(share, 0.0), 1.0)


def _key(request: Request, measured: Measured) -> str:
    """Return what a probe is known by: what is shown to which model, and what is planted."""
    digest = hashlib.blake2b(digest_size=16)
    profile = request.profile
    versions = needles.VERSION, haystack.VERSION, render.VERSION, pack.VERSION
    digest.update(
        repr(
            (
                versions, profile.name, profile.model, profile.url, measured.pieces.family.id,
                profile.margin, request.answer, request.seed, measured.corpus.levels,
            )
        ).encode("utf-8", "replace")
    )  # fmt: skip
    for document in measured.corpus.documents:
        named = f"{document.path}\0{document.content_id}\0"
        digest.update(named.encode("utf-8", "replace"))
    return digest.hexdigest()


def build(ready: Prepared, plan: Plan, group: Sequence[int]) -> Haystack:
    """Pack the corpus to one length and plant a group of needles in it."""
    measured = ready.measured
    pieces, documents, mark = measured.pieces, measured.corpus.documents, measured.mark
    share, more = OVERFILL
    layout = reading.lay_out(measured, int(plan.room * share) + more)
    chunks = reading.chunks(layout, documents)
    route = ready.request.profile.route
    base = haystack.stream(chunks, documents, mark, pieces, route)
    planted = [plan.needles[index] for index in group]
    return haystack.build(base, planted, measured.head, plan.room, mark, pieces, route)


def missing(ready: Prepared, kept: Collection[Place]) -> Iterator[tuple[Plan, tuple[int, ...]]]:
    """Yield, shortest length first, the groups of needles of which some were not asked for."""
    for plan in ready.plans:
        for group in plan.groups:
            if any(plan.places[index] not in kept for index in group):
                yield plan, group
