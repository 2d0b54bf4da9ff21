"""A review as it stands in the interface: the sign of each cell, what is looked for, what runs.

It is state that the Grid shows; it knows no widget and reads no store. Only the app changes it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Literal

from longread.export.review import sign
from longread.store import Changes, Since
from longread.types import Progress
from longread.types.reviews import (
    Cell,
    CellState,
    Concern,
    Marked,
    Question,
    Review,
    Reviewed,
    marked,
)

Key = tuple[str, str]
Place = tuple[int, int, int]
"""Of a cell in the order of work: its concern, and the numbers of its row and column."""
Sort = Literal["shelf", "name", "state", "concerns"]
SORTS: dict[Sort, str] = {
    "shelf": "as on the shelf",
    "name": "by name",
    "state": "by the column's state",
    "concerns": "by what to look at",
}
RANK = "!¿x~?·–✓✎/"
"""Signs in the order in which a column is sorted by them: what needs a person first."""
FLAGGED, ACCEPTED, REJECTED, NONE = "⚑", "●", "✗", " "
"""What stands behind a sign where a person said something of the cell."""


@dataclass(frozen=True, slots=True)
class Row:
    """What is drawn of a document: a character a cell."""

    signs: str
    marks: str
    """What a person said, or a blank."""
    levels: str
    """The number of each cell's `Concern`; 0 where there is none, or it is out of place."""

    @property
    def concerns(self) -> int:
        """Cells that failed, are not verified, or lean on recognised text, not decided on."""
        return sum(self.levels.count(str(level.value)) for level in Concern if level <= Concern.OCR)


def row_of(review: Review, one: Reviewed) -> Row:
    """Return what is drawn of a document."""
    signs, marks, levels = [], [], []
    for question in review.questions:
        said = review.marks.get((one.path, question.name))
        signs.append(sign(review, one.path, question))
        marks.append(_mark(said) if said else NONE)
        concern = review.pressing(one.path, question)
        levels.append(str(concern.value) if concern else "0")
    return Row("".join(signs), "".join(marks), "".join(levels))


def _mark(said: Marked) -> str:
    if said.flag:
        return FLAGGED
    kind = said.decision.kind if said.decision else ""
    return {"accepted": ACCEPTED, "rejected": REJECTED}.get(kind, NONE)


def _state(state: CellState) -> Callable[[Review, Key], bool]:
    def has(review: Review, key: Key) -> bool:
        said = review.says(*key)
        return said is not None and said[0] is state

    return has


def _decided(kind: str) -> Callable[[Review, Key], bool]:
    def has(review: Review, key: Key) -> bool:
        said = review.marks.get(key)
        return said is not None and said.decision is not None and said.decision.kind == kind

    return has


def _unverified(review: Review, key: Key) -> bool:
    cell, said = review.cells.get(key), review.marks.get(key)
    return cell is not None and cell.unverified and not (said and said.correction)


def _flagged(review: Review, key: Key) -> bool:
    return review.flagged(*key)


def _disagreeing(review: Review, key: Key) -> bool:
    checks = review.checks(*key)
    return checks is not None and checks.agreed is False


def _question(review: Review, name: str) -> Question:
    return next(question for question in review.questions if question.name == name)


def _not_asked(review: Review, key: Key) -> bool:
    path, name = key
    return review.says(path, name) is None and not review.ruled_out(path, _question(review, name))


def _to_look_at(review: Review, key: Key) -> bool:
    concern = review.pressing(key[0], _question(review, key[1]))
    return concern is not None and concern < Concern.REST


FILTERS: Mapping[str, Callable[[Review, Key], bool]] = MappingProxyType({
    "to look at": _to_look_at,
    "answered": _state(CellState.ANSWERED),
    "quote not verified": _unverified,
    "not present": _state(CellState.NOT_PRESENT),
    "not found in evidence": _state(CellState.NOT_FOUND),
    "unclear": _state(CellState.UNCLEAR),
    "unreadable": _state(CellState.UNREADABLE),
    "failed": _state(CellState.FAILED),
    "flagged": _flagged,
    "accepted": _decided("accepted"),
    "rejected": _decided("rejected"),
    "corrected": _decided("corrected"),
    "disagreeing": _disagreeing,
    "not asked": _not_asked,
})  # fmt: skip
"""What cells can be looked for, by its name."""


@dataclass(slots=True)
class Running:
    """What is asked in this program."""

    what: str
    """"this cell", "what is missing"."""
    progress: Progress | None = None
    cells: int = 0
    """That came."""
    seconds: int = 0
    """Answers that came to the same questions in other words."""

    @property
    def outcome(self) -> str:
        """What came of it."""
        came = [f"{self.cells:,} cell{'' if self.cells == 1 else 's'} came"] if self.cells else []
        came += [f"{self.seconds:,} asked in other words"] if self.seconds else []
        if came:
            return ", ".join(came)
        asked = self.progress is not None and self.progress.stage == "review"
        return "no answer came; what was there stays" if asked else "nothing was to be asked"


@dataclass(slots=True)
class Board:
    """One review."""

    id: str
    title: str
    review: Review | None = None
    """None while it is read."""
    failed: str = ""
    """Why it could not be read."""
    rows: dict[str, Row] = field(default_factory=dict)
    """By path."""
    since: Since = field(default_factory=Since)
    """How far its store was read."""
    working: Mapping[str, str] = field(default_factory=dict)
    """Who works on which document, by path."""
    running: Running | None = None
    listed: list[str] = field(default_factory=list)
    """Paths of the documents that are shown, in order."""
    sort: Sort = "shelf"
    column: str = ""
    """The question by whose states it is sorted."""
    words: str = ""
    """What the documents' names must have."""
    only: str = ""
    """One of `FILTERS`; empty for all cells."""
    matching: frozenset[Key] | None = None
    """The cells that are looked for; None for all."""

    # What there is

    def take(self, review: Review, rows: Mapping[str, Row], since: Since) -> None:
        """Show a review that was read anew."""
        before = self.review
        self.review, self.rows, self.since = review, dict(rows), since
        self.title, self.failed = review.title, ""
        if before is None or before.documents != review.documents:
            self.arrange()
        elif self.matching is not None and before.questions != review.questions:
            self.matching |= self._found(review)

    def catch_up(self, changes: Changes) -> list[str]:
        """Take what is new, and return the paths of the documents of which anything changed.

        Rows keep their places, whatever they are sorted by.
        """
        review = self.review
        assert review is not None
        self.since, self.working = changes.since, changes.working
        cells, seconds = ({**changes.cells}, {**changes.seconds})
        changed = {k for k, cell in cells.items() if review.cells.get(k) != cell}
        changed |= {k for k, cell in seconds.items() if review.seconds.get(k) != cell}
        all_cells = {**review.cells, **cells}
        marks = dict(review.marks)
        for key in (*changes.marks, *changed):
            known = marks[key].log if key in marks else ()
            times = {mark.time for mark in known}
            new = tuple(m for m in changes.marks.get(key, ()) if m.time not in times)
            if known or new:
                marks[key] = marked((*known, *new), all_cells.get(key))
                changed |= {key} if new else set()
        if not changed:
            return []
        self.review = replace(
            review, cells=all_cells, seconds={**review.seconds, **seconds}, marks=marks
        )
        paths = dict.fromkeys(path for path, _ in changed)
        by_path = {one.path: one for one in self.review.documents if one.path in paths}
        for path, one in by_path.items():
            self.rows[path] = row_of(self.review, one)
        if self.only and self.matching is not None:
            found = FILTERS[self.only]
            # What came is shown if it is looked for; what was looked at stays, though it changed.
            self.matching |= {key for key in changed if found(self.review, key)}
        return list(by_path)

    @property
    def counts(self) -> Counter[str]:
        """How many cells have each sign."""
        found: Counter[str] = Counter()
        for row in self.rows.values():
            found.update(row.signs)
        return found

    def cell(self, key: Key) -> Cell | None:
        """Return a cell, if there is one."""
        return self.review.cells.get(key) if self.review else None

    def seen(self, key: Key) -> str:
        """Return what is shown of a cell, as a mark remembers it; empty where there is none."""
        cell = self.cell(key)
        return cell.seen if cell else ""

    def version(self, key: Key) -> tuple[str, str]:
        """Return which document and which question a cell is of; they may change meanwhile."""
        one, question = self.document(key[0]), self.question(key[1])
        return one.content_id if one else "", question.hash if question else ""

    def question(self, name: str) -> Question | None:
        """Return a column by its name."""
        found = self.review.questions if self.review else ()
        return next((question for question in found if question.name == name), None)

    def columns(self) -> tuple[Question, ...]:
        """Return the questions that there are now."""
        return self.review.questions if self.review else ()

    def document(self, path: str) -> Reviewed | None:
        """Return a row by its path."""
        found = self.review.documents if self.review else ()
        return next((one for one in found if one.path == path), None)

    # What is looked for

    def arrange(self) -> None:
        """Sort and filter anew; nothing else moves a row."""
        review = self.review
        if review is None:
            self.listed, self.matching = [], None
            return
        self.matching = None
        if self.only:
            self.matching = self._found(review)
        sought = self.words.casefold().split()
        having = None if self.matching is None else {path for path, _ in self.matching}
        paths = [
            one.path
            for one in review.documents
            if (having is None or one.path in having)
            and all(word in f"{one.path} {one.title}".casefold() for word in sought)
        ]
        names = [question.name for question in review.questions]
        match self.sort:
            case "name":
                paths.sort(key=str.casefold)
            case "concerns":
                paths.sort(key=lambda path: -self.rows[path].concerns)
            case "state" if self.column in names:
                at = names.index(self.column)
                paths.sort(key=lambda path: RANK.find(self.rows[path].signs[at]))
        self.listed = paths

    def _found(self, review: Review) -> frozenset[Key]:
        """Return the cells that are looked for."""
        has = FILTERS[self.only]
        keys = ((one.path, q.name) for one in review.documents for q in review.questions)
        return frozenset(key for key in keys if has(review, key))

    def shown(self, key: Key) -> bool:
        """Whether a cell is among those that are looked for."""
        return self.matching is None or key in self.matching

    def place(self, key: Key) -> Place:
        """Return where a cell stands in the order in which a person should look at them."""
        assert self.review is not None
        number = [one.path for one in self.review.documents].index(key[0])
        column = [question.name for question in self.review.questions].index(key[1])
        level = int(self.rows[key[0]].levels[column])
        return (0 if level == Concern.SETTLED else level), number, column

    def next(self, after: Place) -> Key | None:
        """Return the cell that is shown and undecided that comes next; from the first again."""
        review = self.review
        assert review is not None
        found = next((place for place in self._left() if place > after), None)
        found = found or next(self._left(), None)
        if found is None:
            return None
        return review.documents[found[1]].path, review.questions[found[2]].name

    def _left(self) -> Iterator[Place]:
        """Yield the cells that are shown and undecided, in the order of work."""
        assert self.review is not None
        names = [question.name for question in self.review.questions]
        listed = set(self.listed)
        there = [(n, d.path) for n, d in enumerate(self.review.documents) if d.path in listed]
        for level in range(Concern.FAILED, Concern.SETTLED):
            for number, path in there:
                levels, column = self.rows[path].levels, -1
                while (column := levels.find(str(level), column + 1)) >= 0:
                    if self.shown((path, names[column])):
                        yield level, number, column
