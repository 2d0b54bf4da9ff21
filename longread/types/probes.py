"""What a probe planted and found, and how well a model foresees a corpus."""

from __future__ import annotations

from dataclasses import dataclass

from longread.types.answers import Usage


@dataclass(frozen=True, slots=True)
class Trial:
    """One fact planted in a corpus, asked for, and the answer scored."""

    length: int
    """Tokens of prompt and answer together, as `--budget` counts them."""
    depth: int
    """Where the fact was meant to stand: per cent of the corpus that stands before it."""
    kind: str
    """What was planted: a name in `longread.prompt.needles.KINDS`."""
    number: int
    """Which of the trials of this length, depth and kind, from 0."""
    question: str
    value: str
    answer: str
    right: bool
    at: float = 0.0
    """Where the fact stood in truth, 0 to 1, for it stands at a border of pieces."""
    usage: Usage | None = None
    price: float = 0.0
    """US dollars, by the profile's prices; 0 where they are not known."""

    @property
    def place(self) -> tuple[int, int, str, int]:
        """What it is known by within a probe."""
        return self.length, self.depth, self.kind, self.number


@dataclass(frozen=True, slots=True)
class Bound:
    """How a probe went at one length."""

    length: int
    right: int
    n: int
    """Trials made."""
    wanted: int
    """Trials that were to be made."""
    lower: float
    """Lower confidence bound of the share that is right, 0 to 1."""
    passed: bool


@dataclass(frozen=True, slots=True)
class Probe:
    """What a model found of what was planted, at each length and depth."""

    profile: str
    model: str
    title: str
    """What the corpus is called."""
    seed: int
    date: str
    """Day it was made, as "2026-07-31"."""
    trials: tuple[Trial, ...]
    bounds: tuple[Bound, ...]
    """Shortest length first."""
    threshold: float
    """Share that the lower bound must reach, 0 to 1."""
    confidence: float
    """Of the bound, one-sided, 0 to 1."""
    notes: tuple[str, ...] = ()
    """How the corpus was made to fill the lengths."""

    @property
    def trusted(self) -> Bound | None:
        """The longest length that passed together with all shorter ones; None where none did."""
        found = None
        for bound in self.bounds:
            if not bound.passed:
                break
            found = bound
        return found


@dataclass(frozen=True, slots=True)
class Bucket:
    """How well a model foresaw the tokens at some positions of a prompt."""

    first: int
    """Position of the first of them in the prompt, from 0."""
    end: int
    """Position behind the last."""
    n: int
    """Tokens of the corpus there; the template's and the head's are not counted."""
    mean: float
    """Negative log-likelihood of one token, in nats."""


@dataclass(frozen=True, slots=True)
class Likelihood:
    """How well a model foresees a corpus, by how much of it stands before."""

    profile: str
    model: str
    title: str
    date: str
    """Day it was measured, as "2026-07-31"."""
    tokens: int
    """Of the prompt."""
    buckets: tuple[Bucket, ...]
    note: str = ""
    """How much of the corpus it shows."""
