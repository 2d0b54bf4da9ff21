"""Question files taken apart: CSV, TOML and YAML → entries with their lines. What they mean, and
whether it can be meant, is found elsewhere.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from longread.errors import similar

KEYS = {
    "name": "name", "question": "question", "text": "question", "type": "type",
    "answer_format": "answer_format", "format": "answer_format", "choices": "choices",
    "instructions": "instructions", "quote": "quote", "only_if": "only_if", "only if": "only_if",
}  # fmt: skip
"""What a key of a question file is called, and what it is called here."""
HEADER = re.compile(r"^\s*\[\[\s*([\w-]+)\s*\]\]")
KEY = re.compile(r"""^\s*(?:"([^"]+)"|'([^']+)'|([\w-]+))\s*=""")
SEPARATED = re.compile(r"\s*\"?sep=([,;\t])\"?[ ,;\t]*\r?\n", re.IGNORECASE)
DEEP = 2
"""Lists within lists of YAML that are looked into; beyond, an alias may hold itself."""
TRIPLE = re.compile(r"\"\"\"|'''")


@dataclass(frozen=True, slots=True)
class Mistake:
    """One thing that cannot be meant so."""

    line: int
    what: str


@dataclass(frozen=True, slots=True)
class Entry:
    """One question as its file has it, and on which lines."""

    line: int
    fields: dict[str, Any]
    lines: dict[str, int]

    def at(self, key: str) -> int:
        """Return the line on which a key stands."""
        return self.lines.get(key, self.line)


def known() -> list[str]:
    return sorted(set(KEYS.values()))


def csv_entries(text: str) -> tuple[list[Entry], list[Mistake]]:
    """Return the rows of a CSV, and what is wrong with it as such."""
    import csv
    import io

    # Excel writes on a line of its own what it has put between the fields.
    told = SEPARATED.match(text)
    text = "\n" + text[told.end() :] if told else text
    first = text.lstrip("\r\n").partition("\n")[0]
    delimiter = told[1] if told else max(",;\t", key=first.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    rows: list[tuple[int, list[str]]] = []
    line = 1
    try:
        for row in reader:
            if any(part.strip() for part in row):
                rows.append((line, row))
            line = reader.line_num + 1
    except csv.Error as error:
        return [], [Mistake(line, f"this is no CSV: {error}")]
    if not rows:
        return [], []
    (top, header), *rest = rows
    # Columns without a heading and without a word in them are Excel's, too.
    used = max(
        i for row in (header, *(r for _, r in rest)) for i, s in enumerate(row, 1) if s.strip()
    )
    names = [name.strip() for name in header[: max(used, 1)]]
    rest = [(line, row[: max(used, len(names))]) for line, row in rest]
    mistakes = _headings(top, names)
    entries = []
    for line, row in rest:
        if len(row) > len(names):
            what = f"{len(row)} fields where the first line has {len(names)}: quotes missing?"
            mistakes.append(Mistake(line, what))
        entries.append(Entry(line, dict(zip(names, row, strict=False)), {}))
    if mistakes:
        entries = [replace(e, fields=_only_known(e.fields)) for e in entries]
    if not {"name", "question"} <= {KEYS.get(name.lower()) for name in names}:
        return [], mistakes
    return entries, mistakes


def _headings(line: int, names: Sequence[str]) -> list[Mistake]:
    """Return what is wrong with the first line of a CSV: said once, not for each row."""
    mistakes = []
    for name in names:
        if name.lower() not in KEYS:
            close = similar(name.lower(), KEYS)
            hint = f", did you mean {close!r}?" if close else f"; known are {', '.join(known())}"
            what = f"no column is called {name!r} here{hint}" if name else "a column has no heading"
            mistakes.append(Mistake(line, what))
    plain = [KEYS.get(name.lower()) for name in names]
    for wanted in ("name", "question"):
        if plain.count(wanted) != 1:
            how = "no column" if wanted not in plain else "more than one column"
            mistakes.append(Mistake(line, f"{how} is called {wanted!r}"))
    return mistakes


def _only_known(fields: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in fields.items() if key.lower() in KEYS}


def toml_entries(text: str) -> tuple[list[Entry], list[Mistake]]:
    """Return the tables of a TOML file, and what is wrong with it as such."""
    import tomllib

    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        place = re.search(r"line (\d+)", str(error))
        line = int(place[1]) if place else text.count("\n") + 1
        return [], [Mistake(line, f"this is no TOML: {error}")]
    tables = dict(_tables(text))
    mistakes = []
    entries = []
    for key, value in data.items():
        if key not in ("question", "questions") or not isinstance(value, list):
            line = _line_of(text, key)
            close = similar(key, ["question"])
            hint = ", did you mean 'question'?" if close else ""
            mistakes.append(Mistake(line, f"[[question]] is what belongs here, not {key!r}{hint}"))
            continue
        for number, fields in enumerate(value):
            line, lines = tables.get((key, number), (_line_of(text, key), {}))
            if isinstance(fields, dict):
                entries.append(Entry(line, fields, lines))
            else:
                mistakes.append(Mistake(line, f"a question must be a table, not {fields!r}"))
    return entries, mistakes


def _tables(text: str) -> Iterator[tuple[tuple[str, int], tuple[int, dict[str, int]]]]:
    """Yield the tables of a TOML file by name and number, with the lines of them and their keys.

    Lines within strings of several lines look like anything, and are passed over.
    """
    counts: dict[str, int] = {}
    lines: dict[str, int] = {}
    inside = ""
    for number, line in enumerate(text.splitlines(), 1):
        if not inside:
            if header := HEADER.match(line):
                name, lines = header[1], {}
                yield (name, counts.get(name, 0)), (number, lines)
                counts[name] = counts.get(name, 0) + 1
            elif key := KEY.match(line):
                lines.setdefault(next(filter(None, key.groups())), number)
        for mark in TRIPLE.findall(line):
            inside = "" if mark == inside else inside or mark


def _line_of(text: str, key: str) -> int:
    found = re.search(rf"^\s*\[*\s*{re.escape(key)}\b", text, re.MULTILINE)
    return text[: found.end()].count("\n") + 1 if found else 1


def yaml_entries(text: str) -> tuple[list[Entry], list[Mistake]]:
    """Return the items of a YAML list, and what is wrong with it as such."""
    import yaml

    try:
        node = yaml.compose(text, yaml.SafeLoader)
    except yaml.YAMLError as error:
        place = getattr(error, "problem_mark", None)
        what = getattr(error, "problem", None) or str(error)
        return [], [Mistake(place.line + 1 if place else 1, f"this is no YAML: {what}")]
    if node is None:
        return [], []
    entries, mistakes = [], []
    if isinstance(node, yaml.MappingNode):
        inner = [v for k, v in node.value if k.value in ("question", "questions")]
        if inner:
            others = [k for k, _ in node.value if k.value not in ("question", "questions")]
            for key in others:
                what = f"questions: is what belongs here, not {_plain(key)!r}"
                mistakes.append(Mistake(key.start_mark.line + 1, what))
            node = inner[0]
    if not isinstance(node, yaml.SequenceNode):
        line = node.start_mark.line + 1
        what = "a list of questions belongs here, each beginning with a dash"
        return [], [*mistakes, Mistake(line, what)]
    for item in node.value:
        line = item.start_mark.line + 1
        if not isinstance(item, yaml.MappingNode):
            mistakes.append(Mistake(line, "a question must be keys and values, such as name: …"))
            continue
        fields: dict[str, Any] = {}
        lines: dict[str, int] = {}
        for key, value in item.value:
            at, said = key.start_mark.line + 1, str(_plain(key, DEEP))
            if said in fields:
                mistakes.append(Mistake(at, f"{said!r} stands here twice"))
            fields[said], lines[said] = _plain(value), at
        entries.append(Entry(line, fields, lines))
    return entries, mistakes


def _plain(node: Any, deep: int = 0) -> Any:
    """Return what a YAML node says: words as they are written, so that No stays a word."""
    import yaml

    if isinstance(node, yaml.ScalarNode):
        return None if node.tag.endswith(":null") else node.value
    if deep == DEEP:
        return {}
    if isinstance(node, yaml.SequenceNode):
        return [_plain(part, deep + 1) for part in node.value]
    return {str(_plain(key, DEEP)): _plain(value, deep + 1) for key, value in node.value}
