"""Gold files: what people say is right, one row a line, and which cells of a review they mean.

Every line that cannot be meant is said with its number before anything is measured. What is right
about an answer is measured elsewhere.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any, Literal

from longread.errors import ConfigError, similar
from longread.types.reviews import Review
from longread.types.scores import Gold, Unscored

DOCUMENT, QUESTION = ("file", "document"), ("category", "question")
ANSWER, QUOTE = ("answer", "answers"), ("quote", "quotes")
EXAMPLE = '{"file": "a.pdf", "category": "Law", "answer": "Ohio", "quote": "…"}'
SHOWN = 10
"""Mistakes that are named one by one."""


@dataclass(frozen=True, slots=True)
class Matched:
    """The rows of gold by the cells they speak of, and those that speak of none."""

    rows: Mapping[tuple[str, str], tuple[Gold, ...]]
    """By path and the question's name."""
    unscored: tuple[Unscored, ...]
    documents: frozenset[str]
    """Paths of the documents that any row means, whatever its question."""
    questions: frozenset[str]
    """Names of the questions that any row means, whatever its document."""


def read_gold(path: Path) -> tuple[Gold, ...]:
    """Return the rows of a JSONL file: "file", "category", "answer" and "quote" of each line.

    "document" and "question" are other names of the first two. An answer or a quote may be a list;
    a row without both says that there is none.

    Raises:
        ConfigError: it cannot be read, or lines cannot be meant; each is named.
    """
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except OSError as error:
        raise ConfigError(
            f"{path} cannot be read: {error.strerror}", hint="name a file of gold answers, .jsonl"
        ) from error
    except UnicodeDecodeError as error:
        at = error.object[: error.start].count(b"\n") + 1
        raise ConfigError(f"{path}: line {at} is not UTF-8", hint="save it as UTF-8") from error
    rows, mistakes = [], []
    # Only "\n" ends a line of JSONL: strings may hold the other marks that Python splits at.
    for number, line in enumerate(text.split("\n"), 1):
        if line.strip():
            try:
                rows.append(_row(number, line))
            except ValueError as error:
                mistakes.append(f"  line {number}: {error}")
    if not rows and not mistakes:
        mistakes = ["  line 1: there is no row in it"]
    if mistakes:
        many = "a mistake" if len(mistakes) == 1 else f"{len(mistakes):,} mistakes"
        # Of a file of another kind the first line says it all.
        shown = SHOWN if rows else 1
        more = [f"  and {len(mistakes) - shown:,} more"] if len(mistakes) > shown else []
        raise ConfigError(
            f"{path} has {many}:\n" + "\n".join([*mistakes[:shown], *more]),
            hint=f"a line reads {EXAMPLE}",
        )
    return tuple(rows)


def _row(number: int, line: str) -> Gold:
    try:
        data = json.loads(line)
    except ValueError as error:
        raise ValueError(f"this is no JSON: {error}") from error
    if not isinstance(data, dict):
        raise ValueError("this is no object with keys")
    names = []
    for keys in (DOCUMENT, QUESTION):
        value = _field(data, keys)
        if not isinstance(value, str) or not value.strip():
            raise ValueError(f"no {keys[0]!r} is named")
        names.append(value.strip())
    if not any(key in data for key in (*ANSWER, *QUOTE)):
        close = next(filter(None, (similar(key, (*ANSWER, *QUOTE)) for key in data)), "")
        hint = f"; did you mean {close!r}?" if close else ""
        raise ValueError(f"neither an answer nor a quote is in it{hint}")
    return Gold(number, names[0], names[1], _words(data, ANSWER), _words(data, QUOTE))


def _field(data: Mapping[str, Any], keys: Sequence[str]) -> Any:
    return next((data[key] for key in keys if key in data), None)


def _words(data: Mapping[str, Any], keys: Sequence[str]) -> tuple[str, ...]:
    value = _field(data, keys)
    parts = value if isinstance(value, list) else [value]
    if any(isinstance(part, dict | list) for part in parts):
        raise ValueError(f"{keys[0]!r} must be words, or a list of them")
    said = [{True: "yes", False: "no"}[p] if isinstance(p, bool) else p for p in parts]
    return tuple(str(part).strip() for part in said if part is not None and str(part).strip())


def match(gold: Sequence[Gold], review: Review) -> Matched:
    """Return which cells the rows speak of.

    A document is meant by its path, or by the end of one that only one has, for gold and review may
    begin at different folders; a question by its name, capitals and blanks not counted.

    Raises:
        ConfigError: no row speaks of any cell.
    """
    paths = [one.path for one in review.documents]
    bare: dict[str, list[str]] = {}
    for path in paths:
        bare.setdefault(_bare(path), []).append(path)
    columns = {_plain(question.name): question.name for question in review.questions}
    rows: dict[tuple[str, str], list[Gold]] = {}
    unknown: dict[tuple[Literal["document", "question"], str, str], list[int]] = {}
    known = set(paths)
    documents, questions = set[str](), set[str]()
    for row in gold:
        near = bare.get(_bare(row.document), [])
        found = [row.document] if row.document in known else _ending(row.document, near)
        column = columns.get(_plain(row.question))
        if len(found) != 1:
            why = "more than one document has this name" if found else "not in the review"
            unknown.setdefault(("document", row.document, why), []).append(row.line)
        else:
            documents.add(found[0])
        if column is None:
            why = "no question of the review"
            unknown.setdefault(("question", row.question, why), []).append(row.line)
        else:
            questions.add(column)
        if len(found) == 1 and column:
            rows.setdefault((found[0], column), []).append(row)
    if not rows:
        raise ConfigError("gold speaks of no cell of this review", hint=_hint(gold, review))
    return Matched(
        {key: tuple(found) for key, found in rows.items()},
        tuple(
            Unscored(kind, name, why, len(lines), lines[0])
            for (kind, name, why), lines in unknown.items()
        ),
        frozenset(documents),
        frozenset(questions),
    )


def _hint(gold: Sequence[Gold], review: Review) -> str:
    first = gold[0]
    paths = [one.path for one in review.documents]
    if not any(_ending(name, paths) for name in {row.document for row in gold}):
        close = similar(_bare(first.document), map(_bare, paths)) or next(iter(paths), "nothing")
        return f"it names {first.document!r} (line {first.line}), the review has {close!r}"
    names = [question.name for question in review.questions]
    close = similar(first.question, names) or next(iter(names), "nothing")
    return f"it names {first.question!r} (line {first.line}), the review asks {close!r}"


def _bare(path: str) -> str:
    return _parts(path)[-1] if _parts(path) else ""


def _ending(said: str, paths: Sequence[str]) -> list[str]:
    """Return the paths that end in what is said, or in which it ends: of two leases each is one."""
    wanted = _parts(said)
    found = []
    for path in paths:
        both = min(len(wanted), len(_parts(path)))
        if both and wanted[-both:] == _parts(path)[-both:]:
            found.append(path)
    return found


def _parts(path: str) -> tuple[str, ...]:
    return PurePosixPath(path.replace("\\", "/")).parts


def _plain(name: str) -> str:
    return " ".join(name.casefold().split())
