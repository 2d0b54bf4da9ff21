"""Which files are left out, and at which level others are shown, by a person's word.

A person says it on the command line; a repository may say it for itself in `.longread.toml`.
What is left out keeps its line in the ledger. Patterns are those of .gitignore.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, get_args

from longread.errors import ConfigError, LongreadError
from longread.ingest.folder import Found
from longread.types import Document, Entry, Kind, Level

if TYPE_CHECKING:
    from pathspec import PathSpec

OWN_FILE = ".longread.toml"
"""What a repository says of itself."""
LEFT_OUT = "left out by you"
LEVELS = {level.label: level for level in Level}
LARGEST = 1 << 16
"""Bytes of a `.longread.toml` that is read."""


@dataclass(frozen=True, slots=True)
class Selection:
    """What is left out, and what is shown at a level that was said."""

    include: tuple[str, ...] = ()
    """Patterns: if there are any, a file must match one."""
    exclude: tuple[str, ...] = ()
    """Patterns of what is left out all the same."""
    kinds: tuple[Kind, ...] = ()
    """If there are any, a file must be of one of these kinds."""
    levels: tuple[tuple[str, Level], ...] = ()
    """Patterns, and the level of what they match; of several the last one counts."""


EVERYTHING = Selection()


class Sieve:
    """Says of paths whether a selection leaves them out."""

    def __init__(self, selection: Selection, by: str = LEFT_OUT) -> None:
        """`by` says who left out what it leaves out."""
        self._selection = selection
        self._by = by

    def check(self) -> None:
        """Raise `LongreadError` where a pattern is none."""
        _ = self._include, self._exclude
        by_path(self._selection.levels, ())

    @cached_property
    def _include(self) -> PathSpec[Any] | None:
        return _compiled(self._selection.include) if self._selection.include else None

    @cached_property
    def _exclude(self) -> list[tuple[str, PathSpec[Any]]]:
        return [(pattern, _compiled([pattern])) for pattern in self._selection.exclude]

    def why_not(self, path: str) -> str:
        """Return why a path is left out; empty where it is not."""
        if self._include and not self._include.match_file(path):
            return f"{self._by}: not included"
        for pattern, compiled in self._exclude:
            if compiled.match_file(path):
                return f"{self._by}: {pattern}"
        return ""

    def sift(self, found: Found) -> Found:
        """Return a file as it is, or without its bytes where it is left out."""
        why = self.why_not(found.path)
        if not why:
            return found
        return replace(found, data=b"", mark="", again=None, reason=found.reason or why)


def of_kinds(
    documents: Sequence[Document], entries: Sequence[Entry], kinds: tuple[Kind, ...]
) -> tuple[tuple[Document, ...], tuple[Entry, ...]]:
    """Leave out what is of other kinds than `kinds`, if there are any."""
    if not kinds:
        return tuple(documents), tuple(entries)
    why = f"{LEFT_OUT}: not {' or '.join(kinds)}"
    return (
        tuple(document for document in documents if document.kind in kinds),
        tuple(e if e.kind in kinds else replace(e, reason=e.reason or why) for e in entries),
    )


def parse_levels(rules: Iterable[str]) -> tuple[tuple[str, Level], ...]:
    """Return "PATTERN=LEVEL" as pairs.

    Raises:
        LongreadError: a rule has no "=", or names no level.
    """
    found = []
    for rule in rules:
        pattern, equals, name = rule.rpartition("=")
        if not equals or not pattern:
            raise LongreadError(f"{rule!r} sets no level", hint="write PATTERN=LEVEL: docs/**=path")
        found.append((pattern, _level(name)))
    return tuple(found)


def check_kinds(names: Iterable[str]) -> tuple[Kind, ...]:
    """Return kinds by their names; several may stand in one, between commas.

    Raises:
        LongreadError: no kind has that name.
    """
    found: list[Kind] = []
    for name in (part.strip() for names_ in names for part in names_.split(",")):
        if name not in get_args(Kind):
            raise LongreadError(
                f"no kind is called {name!r}", hint=f"one of {', '.join(get_args(Kind))}"
            )
        found.append(name)  # type: ignore[arg-type]
    return tuple(found)


def own(found: Found, where: str) -> Selection:
    """Return what a repository's own file says.

    Raises:
        ConfigError: it says something else, or cannot be read.
    """
    path = f"{where}: {OWN_FILE}"
    if found.reason or len(found.data) > LARGEST:
        raise ConfigError(
            f"{path} cannot be read: {found.reason or 'too large'}",
            hint="mend it, or leave it aside: --own-settings ignore",
        )
    try:
        data = tomllib.loads(found.data.decode())
        unknown = set(data) - {"include", "exclude", "levels"}
        if unknown:
            raise ValueError(f"nothing is called {sorted(unknown)[0]!r} here")
        include, exclude = (_patterns(data.get(name, [])) for name in ("include", "exclude"))
        levels = data.get("levels", {})
        if not isinstance(levels, dict):
            raise ValueError("levels is not a table")
        pairs = tuple((str(pattern), _level(str(name))) for pattern, name in levels.items())
        for pattern in (*include, *exclude, *(pattern for pattern, _ in pairs)):
            _compiled([pattern])
    except (ValueError, LongreadError) as error:
        raise ConfigError(
            f"{path} cannot be used: {error}",
            hint='it may hold include, exclude (lists of patterns) and levels ("docs/**" = "path")',
        ) from None
    return Selection(include, exclude, (), pairs)


def below(name: str, levels: Iterable[tuple[str, Level]]) -> tuple[tuple[str, Level], ...]:
    """Return patterns of one source as they stand where its paths have `name` before them."""
    if not name:
        return tuple(levels)
    return tuple(
        (
            f"/{name}/{pattern.lstrip('/')}"
            if "/" in pattern.rstrip("/")
            else f"/{name}/**/{pattern}",
            level,
        )
        for pattern, level in levels
    )


def by_path(levels: Sequence[tuple[str, Level]], documents: Iterable[Document]) -> dict[str, Level]:
    """Return the level of each document that a pattern matches; the last pattern counts."""
    compiled = [(_compiled([pattern]), level) for pattern, level in levels]
    found = {}
    for document in documents:
        for spec, level in compiled:
            if spec.match_file(document.path):
                found[document.path] = level
    return found


def _compiled(patterns: Sequence[str]) -> PathSpec[Any]:
    from pathspec import PathSpec

    try:
        return PathSpec.from_lines("gitignore", patterns)
    except ValueError as error:
        raise LongreadError(
            f"{patterns[0]!r} is no pattern: {error}",
            hint="write patterns as .gitignore does: docs/**, *.min.js",
        ) from None


def _patterns(value: object) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise ValueError("include and exclude are lists of patterns")
    return tuple(value)


def _level(name: str) -> Level:
    level = LEVELS.get(name.strip().lower())
    if level is None:
        raise LongreadError(
            f"no level is called {name!r}", hint=f"one of {', '.join(reversed(LEVELS))}"
        )
    return level
