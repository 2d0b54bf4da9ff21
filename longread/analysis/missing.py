"""What a run asks for: the cells that are missing, and those that somebody wants anew."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Literal

from longread.errors import ConfigError, similar
from longread.store import Done
from longread.types.reviews import CellState, Question, Review, Reviewed


@dataclass(frozen=True, slots=True)
class Job:
    """A document, and the questions to which it has no answer yet."""

    document: int
    """Its number in the store."""
    reviewed: Reviewed
    missing: tuple[Question, ...]
    second: tuple[Question, ...] = ()
    """Those that are put in other words too."""
    twins: tuple[int, ...] = ()
    """Numbers of the documents with the same content: what one is asked the others need not be."""
    asked: tuple[Question, ...] = ()
    """Those of `missing` for which a model is asked; of the others a twin has the answer, or has
    it before its turn."""
    asked_second: tuple[Question, ...] = ()
    """The same of `second`."""


@dataclass(frozen=True, slots=True)
class Scope:
    """Which cells a run is about, and whether it asks where there is an answer."""

    model: str
    since: str = ""
    """When the run began, as the store writes it: what came later is what is wanted."""
    paths: frozenset[str] | None = None
    """None: all documents."""
    columns: frozenset[str] | None = None
    """Names of questions; None: all."""
    cells: frozenset[tuple[str, str]] | None = None
    """By path and question's name; None: all."""
    again: bool = False
    """Whether the cells that the scope names are asked for anew; where it names none, those of
    another model. What a person corrected is not asked."""
    double: bool = False
    """Whether what was answered is asked once more, in other words."""

    def includes(self, path: str, question: str) -> bool:
        """Whether the run is about a cell."""
        return (
            (self.paths is None or path in self.paths)
            and (self.columns is None or question in self.columns)
            and (self.cells is None or (path, question) in self.cells)
        )

    def wants(self, path: str, question: str, there: Done | None) -> bool:
        """Whether a cell is to be asked for, given what is there."""
        if not self.includes(path, question):
            return False
        if there is None:
            return True
        if there.corrected or (self.since and there.created >= self.since):
            return False
        return there.missing or not self.settles(there)

    def settles(self, there: Done) -> bool:
        """Whether an answer is one that the run need not ask for again."""
        if there.missing:
            return False
        if not self.again or (self.since and there.created >= self.since):
            return True
        named = any(part is not None for part in (self.paths, self.columns, self.cells))
        return not named and not there.other(self.model)

    def wants_second(
        self, path: str, question: str, first: Done | None, there: Done | None
    ) -> bool:
        """Whether a cell is asked for in other words, given what is there of both passes."""
        if not self.double or first is None or first.missing or first.corrected:
            return False
        return first.state is not CellState.UNREADABLE and self.wants(path, question, there)


@dataclass(frozen=True, slots=True)
class Kept:
    """What a store has of a review."""

    numbers: Mapping[tuple[str, str], int]
    """Of the documents, by path and content id; what is not kept yet has none."""
    done: Mapping[int, Mapping[str, Done]]
    """By document and question's hash."""
    seconds: Mapping[int, Mapping[str, Done]]
    """The same of the second pass."""


def jobs(scope: Scope, rows: Sequence[Reviewed], head: Review, kept: Kept) -> list[Job]:
    """Return what is missing of each of some documents of a review, in their order."""
    twins = twins_of(head)
    # Of each document what this run asks it, as (whether that is the second pass, hash).
    coming: dict[str, set[tuple[bool, str]]] = {}
    found = []
    for one in rows:
        number = kept.numbers.get((one.path, one.content_id), 0)
        first, again = kept.done.get(number, {}), kept.seconds.get(number, {})
        asked = _asked(scope, one, head.questions, first)
        second = _asked_second(scope, one, head.questions, asked, first, again)
        if not asked and not second:
            continue
        same = [path for path in twins.get(one.path, ()) if path != one.path]
        others = tuple(
            kept.numbers[path, one.content_id]
            for path in same
            if (path, one.content_id) in kept.numbers
        )
        # What a twin has, or is asked earlier in this run, is not asked again.
        known = {
            (is_second, key)
            for is_second, done in ((False, kept.done), (True, kept.seconds))
            for other in others
            for key, cell in done.get(other, {}).items()
            if scope.settles(cell) and not cell.corrected
        }.union(*(coming.get(path, ()) for path in same))
        coming[one.path] = {(False, q.hash) for q in asked} | {(True, q.hash) for q in second}
        left = tuple(q for q in asked if (False, q.hash) not in known)
        left_second = tuple(q for q in second if (True, q.hash) not in known)
        found.append(Job(number, one, asked, second, others, left, left_second))
    return found


def _asked_second(
    scope: Scope,
    one: Reviewed,
    questions: Sequence[Question],
    asked: Sequence[Question],
    first: Mapping[str, Done],
    second: Mapping[str, Done],
) -> tuple[Question, ...]:
    """Return the questions of the second pass: what is answered, or is asked in this run."""
    if not scope.double or one.reason:
        return ()
    coming = {question.hash for question in asked}
    return tuple(
        q
        for q in questions
        if (q.hash in coming and scope.wants(one.path, q.name, second.get(q.hash)))
        or scope.wants_second(one.path, q.name, first.get(q.hash), second.get(q.hash))
    )


def _asked(
    scope: Scope, one: Reviewed, questions: Sequence[Question], there: Mapping[str, Done]
) -> tuple[Question, ...]:
    """Return the questions of the first pass that a document is asked."""
    by_name = {question.name: question for question in questions}
    wanted = {q.name for q in questions if scope.wants(one.path, q.name, there.get(q.hash))}
    for name in list(wanted):
        # A condition that nobody knows yet is asked about first, whatever was named.
        while condition := by_name[name].only_if:
            name = condition[0]
            known = there.get(by_name[name].hash)
            if known is None or known.missing:
                wanted.add(name)
    missing = [q for q in questions if q.name in wanted]
    return tuple(q for q in missing if due(q, by_name, there, wanted) != "never")


def twins_of(head: Review) -> dict[str, tuple[str, ...]]:
    """Return the paths of documents with the same content, by the path of each of them.

    An agreement that is read with what belongs to it has a content id that says so.
    """
    found: dict[str, list[str]] = {}
    for one in head.documents:
        if one.content_id and not one.reason:
            found.setdefault(one.content_id, []).append(one.path)
    return {path: tuple(paths) for paths in found.values() if len(paths) > 1 for path in paths}


def due(
    question: Question,
    questions: Mapping[str, Question],
    done: Mapping[str, Done],
    pending: Collection[str],
) -> Literal["ask", "later", "never"]:
    """Say whether a question's condition holds, does not, or is not known yet.

    Args:
        questions: by name.
        done: by hash, what the document has.
        pending: names of the questions that this run still asks.
    """
    if not question.only_if:
        return "ask"
    other = questions[question.only_if[0]]
    if other.name in pending:
        return "later"
    there = done.get(other.hash)
    if there is None:
        ruled_out = due(other, questions, done, pending) == "never"
        return "never" if ruled_out else "later"
    return question.due(other, there.state, there.normal)


def named(said: Sequence[str], known: Sequence[str], what: str) -> frozenset[str] | None:
    """Return the names that are meant: as said, by a pattern such as "2024/*", or by a part.

    None where nothing was said, which is all of them.

    Raises:
        ConfigError: there is no such one.
    """
    found: set[str] = set()
    for one in said:
        fold = one.casefold()
        meant = [name for name in known if name == one] or [
            name for name in known if fnmatchcase(name.casefold(), fold) or fold in name.casefold()
        ]
        if not meant:
            close = similar(one, known)
            raise ConfigError(
                f"the review has no {what} {one!r}",
                hint=f"did you mean {close!r}?"
                if close
                else f"longread review show names each {what}",
            )
        found.update(meant)
    return frozenset(found) if said else None
