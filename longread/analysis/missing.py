"""What a run asks for: the cells that are missing, and those that somebody wants anew."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Literal

from longread.errors import ConfigError, similar
from longread.store import Done
from longread.types.reviews import Question, Reviewed


@dataclass(frozen=True, slots=True)
class Job:
    """A document, and the questions to which it has no answer yet."""

    document: int
    """Its number in the store."""
    reviewed: Reviewed
    missing: tuple[Question, ...]


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
        if there.missing:
            return True
        named = any(part is not None for part in (self.paths, self.columns, self.cells))
        return self.again and (named or there.other(self.model))


def jobs(
    scope: Scope,
    rows: Sequence[Reviewed],
    questions: Sequence[Question],
    numbers: Mapping[tuple[str, str], int],
    done: Mapping[int, Mapping[str, Done]],
) -> list[Job]:
    """Return what is missing of each document, in their order.

    Args:
        numbers: of the documents in the store, by path and content id; what is not kept yet has
            none, and nothing done.
        done: by document and question's hash.
    """
    by_name = {question.name: question for question in questions}
    found = []
    for one in rows:
        number = numbers.get((one.path, one.content_id), 0)
        there = done.get(number, {})
        wanted = {q.name for q in questions if scope.wants(one.path, q.name, there.get(q.hash))}
        for name in list(wanted):
            # A condition that nobody knows yet is asked about first, whatever was named.
            while condition := by_name[name].only_if:
                name = condition[0]
                known = there.get(by_name[name].hash)
                if known is None or known.missing:
                    wanted.add(name)
        missing = [q for q in questions if q.name in wanted]
        asked = tuple(q for q in missing if due(q, by_name, there, wanted) != "never")
        if asked:
            found.append(Job(number, one, asked))
    return found


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
