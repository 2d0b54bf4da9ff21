"""A review measured against gold: the rows of gold, the shares, and what they are shares of.

Nothing here measures. What each figure means, and after whom it is named, is said where it is
made: `longread.analysis.scores`, `likeness` and `covering`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Wanted = Literal["value", "presence", "none"]
"""What gold says of a cell: a value; that there is something, but not what; that there is none."""
SAYS_NO, OUT_OF_PLACE, NOT_ASKED = "answered no", "out of place", "not asked"
"""What a cell can say beside its states: "no" to yes/no, ruled out by a condition, nothing yet."""


@dataclass(frozen=True, slots=True)
class Gold:
    """One row of a gold file. Several may speak of one cell."""

    line: int
    document: str
    question: str
    answers: tuple[str, ...] = ()
    quotes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Rate:
    """A share, or a mean of values between 0 and 1."""

    total: float
    n: int
    low: float
    high: float
    """Its 95 % interval."""

    @property
    def share(self) -> float:
        """Between 0 and 1; 0 where there is nothing to be measured."""
        return self.total / self.n if self.n else 0.0


@dataclass(frozen=True, slots=True)
class CellScore:
    """One cell that gold speaks of."""

    path: str
    question: str
    wanted: Wanted
    gold: str
    """Gold's answers in words, "; " between them."""
    said: str
    """The cell's value in words, empty where it has none."""
    state: str
    """Of `CellState`, or one of SAYS_NO, OUT_OF_PLACE, NOT_ASKED."""
    f1: float | None = None
    """None where there is no answer to compare with."""
    exact: bool | None = None
    precision: float | None = None
    """Of a list; None for other values."""
    recall: float | None = None
    by_words: bool = False
    """Whether words were compared because gold's answer has no form of the question's type."""
    quotes: int = 0
    """Gold quotes."""
    quoted: int = 0
    """Of them, those that the cell's quotes cover."""
    placed: int = 0
    """Of them, those that stand in the places that the cell cites."""
    unplaced: int = 0
    """Of them, those that stand nowhere in the text as it was read."""
    cited: int = 0
    """Citations of a cell that has gold quotes."""
    precise: int = 0
    """Of them, those that lean on what gold quotes."""


@dataclass(frozen=True, slots=True)
class Cost:
    """What the cells took, all together."""

    cells: int
    """Cells that a model was asked for."""
    requests: int
    prompt_tokens: int
    cached_tokens: int
    """Of the prompt's tokens, those whose work was reused, as far as servers said it."""
    output_tokens: int
    price: float
    """US dollars; 0 where prices are not known."""


@dataclass(frozen=True, slots=True)
class Tally:
    """The figures of a group of cells: a question's, a document's, or all."""

    cells: int
    """Cells that gold speaks of and that were asked."""
    unasked: int
    """Cells that gold speaks of and that were not asked yet; they count nowhere."""
    f1: Rate
    exact: Rate
    precision: Rate
    recall: Rate
    """Of lists alone."""
    present: Rate
    """Of what gold says is there: cells that answered."""
    absent: Rate
    """Of what gold says is not there: cells that say so."""
    quoted: Rate
    """Gold quotes found: covered by the cell's quotes."""
    placed: Rate
    """Gold quotes found in the places cited."""
    evidence: Rate
    """Evidence precision: citations that lean on what gold quotes."""
    verified: Rate
    """Quotes of all cells, of which gold speaks or not, that stand in their document."""
    verdicts: tuple[tuple[str, int], ...]
    """Of the citations of all cells, of which gold speaks or not, the most frequent first."""
    confusion: tuple[tuple[str, str, int], ...]
    """What gold says ("there", "not there"), what the cell says, how often."""
    cost: Cost


@dataclass(frozen=True, slots=True)
class Unscored:
    """A name of gold that the review does not have, or has more than once."""

    kind: Literal["document", "question"]
    name: str
    why: str
    rows: int
    line: int
    """The first on which it stands."""


@dataclass(frozen=True, slots=True)
class Scores:
    """A review measured."""

    title: str
    profile: str
    gold: str
    """Name of the file."""
    rows: int
    complete: bool
    """Whether what gold does not name was taken for not there."""
    overall: Tally
    """The model alone; a person's corrections do not count."""
    corrected: Tally | None
    """With the person's corrections in the place of what the model said; None: there are none."""
    corrections: int
    """Of the cells that gold speaks of."""
    questions: tuple[tuple[str, Tally], ...]
    documents: tuple[tuple[str, Tally], ...]
    cells: tuple[CellScore, ...]
    unscored: tuple[Unscored, ...]
    notes: tuple[str, ...] = ()
