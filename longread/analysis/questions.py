"""Question files: TOML, YAML or CSV → the columns of a review. It asks nothing.

Every mistake is found before anything runs, and all of them are said at once with their lines.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, get_args

from longread.analysis import values
from longread.analysis.question_files import (
    KEYS,
    Entry,
    Mistake,
    csv_entries,
    known,
    toml_entries,
    yaml_entries,
)
from longread.errors import ConfigError, similar
from longread.types.reviews import AnswerType, Question

TYPES: tuple[AnswerType, ...] = get_args(AnswerType)
ALIASES = {
    "yes-no": "yes/no", "boolean": "yes/no", "bool": "yes/no", "string": "text", "dates": "date",
    "texts": "text", "numbers": "number", "choices": "choice", "amount": "money",
}  # fmt: skip
CONDITION = re.compile(
    r"""^(?:only\s+if\s+)?(?:'(?P<single>[^']+)'|"(?P<double>[^"]+)"|(?P<bare>[^=]+?))"""
    r"""\s*={1,2}\s*(?P<values>.+)$""",
    re.IGNORECASE,
)
CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
MANY = re.compile(r"^lists?(?:\s+of\s+(?P<of>.+))?$")


def read_questions(path: Path) -> tuple[Question, ...]:
    """Return the questions of a file, by its ending: .toml, .yaml, .yml, .csv, .tsv.

    Raises:
        ConfigError: it cannot be read; or it has mistakes, all of which are named.
    """
    readers: dict[str, Callable[[str], tuple[list[Entry], list[Mistake]]]] = {
        ".toml": toml_entries, ".yaml": yaml_entries, ".yml": yaml_entries,
        ".csv": csv_entries, ".tsv": csv_entries,
    }  # fmt: skip
    reader = readers.get(path.suffix.lower())
    if reader is None:
        raise ConfigError(
            f"{path}: questions are read from .toml, .yaml or .csv",
            hint="save it as one of these",
        )
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except OSError as error:
        raise ConfigError(
            f"{path} cannot be read: {error.strerror}", hint="name a file of questions"
        ) from error
    except UnicodeDecodeError as error:
        line = path.read_bytes()[: error.start].count(b"\n") + 1
        raise ConfigError(
            f"{path}: line {line} is not UTF-8", hint="save it as UTF-8 (“CSV UTF-8” in Excel)"
        ) from error
    entries, mistakes = reader(text)
    mistakes = [*mistakes, *_controls(text)] if entries or not mistakes else mistakes
    questions, more = _questions(entries)
    mistakes = sorted([*mistakes, *more], key=lambda mistake: mistake.line)
    if not mistakes and not questions:
        mistakes = [Mistake(1, "there is no question in it")]
    if mistakes:
        found = "\n".join(f"  line {m.line}: {m.what}" for m in mistakes)
        many = "a mistake" if len(mistakes) == 1 else f"{len(mistakes)} mistakes"
        raise ConfigError(
            f"{path} has {many}:\n{found}", hint="correct it; nothing was asked and nothing kept"
        )
    return tuple(questions)


def put_question(
    fields: Mapping[str, Any], questions: Sequence[Question], at: int | None
) -> tuple[Question, ...]:
    """Return columns with one of them put in, checked as those of a file are.

    Conditions on a column that gets another name follow it.

    Args:
        fields: as a file has them: name, question, type, choices, instructions, quote, only_if.
        at: the position of the column in whose place it is put; None for a new one, the last.

    Raises:
        ConfigError: it cannot be meant so, or another column's condition no longer can.
    """
    mistakes: list[Mistake] = []
    named = {key: value for key, value in fields.items() if value not in (None, "")}
    new = _question(Entry(1, named, {}), mistakes)
    made = list(questions)
    if at is None:
        made.append(new)
    else:
        before = made[at].name.casefold()
        made[at] = new
        for n, one in enumerate(made):
            if n != at and one.only_if and one.only_if[0].casefold() == before:
                made[n] = replace(one, only_if=(new.name, one.only_if[1]))
    entries = [(Entry(n + 1, {}, {}), one) for n, one in enumerate(made)]
    checked, more = _together(entries)
    if mistakes := [*mistakes, *more]:
        raise ConfigError(
            "; ".join(mistake.what.replace("line ", "question ") for mistake in mistakes),
            hint="correct it; nothing was kept",
        )
    return tuple(checked)


def _controls(text: str) -> list[Mistake]:
    """Return where characters stand that nobody writes; they come from damaged or other files."""
    found = CONTROL.search(text)
    line = text.count("\n", 0, found.start()) + 1 if found else 0
    return [Mistake(line, f"{found.group()!r} is no character of a text")] if found else []


def _questions(entries: Sequence[Entry]) -> tuple[list[Question], list[Mistake]]:
    """Return what the entries mean, and what is wrong with them alone and together."""
    mistakes: list[Mistake] = []
    made = [(entry, _question(entry, mistakes)) for entry in entries]
    checked, more = _together(made)
    return checked, [*mistakes, *more]


def _together(made: Sequence[tuple[Entry, Question]]) -> tuple[list[Question], list[Mistake]]:
    """Return questions with their conditions as other columns write them, and what is wrong."""
    mistakes: list[Mistake] = []
    names: dict[str, int] = {}
    for entry, question in made:
        key = question.name.casefold()
        if key and key in names:
            what = f"the name {question.name!r} is already that of line {names[key]}"
            mistakes.append(Mistake(entry.at("name"), what))
        elif key:
            names[key] = entry.at("name")
    # Of two with one name the first is meant.
    by_name = {question.name.casefold(): question for _, question in reversed(made)}
    checked = []
    for entry, question in made:
        if question.only_if:
            question = _conditioned(entry, question, by_name, mistakes)
        checked.append(question)
    for entry, question in made:
        if question.only_if and _circular(question, by_name):
            what = "its condition leads back to itself, so that it could never be asked"
            mistakes.append(Mistake(entry.at("only_if"), what))
    return checked, mistakes


def _question(entry: Entry, mistakes: list[Mistake]) -> Question:
    fields: dict[str, Any] = {}
    lines = {}
    for key, value in entry.fields.items():
        plain = KEYS.get(key.strip().lower().replace("-", "_"))
        if plain is None:
            close = similar(key.strip().lower(), KEYS)
            hint = f", did you mean {close!r}?" if close else f"; known are {', '.join(known())}"
            mistakes.append(Mistake(entry.at(key), f"nothing is called {key!r} here{hint}"))
            continue
        fields[plain], lines[plain] = value, entry.at(key)
    told = _Told(Entry(entry.line, fields, lines), mistakes)
    name, text = told.words("name"), told.words("question")
    for key, value in (("name", name), ("question", text)):
        if not value and not told.wrong:
            mistakes.append(Mistake(told.entry.at(key), f"a question has no {key}"))
    kind, many, choices, instructions = told.type()
    return Question(
        name=name,
        text=text,
        type=kind,
        many=many,
        choices=choices,
        instructions="\n".join(filter(None, [instructions, told.words("instructions")])),
        quote=told.yes("quote"),
        only_if=told.condition(),
    )


class _Told:
    """One entry's fields, each looked at once; what cannot be meant goes to the mistakes."""

    def __init__(self, entry: Entry, mistakes: list[Mistake]) -> None:
        self.entry = entry
        self._mistakes = mistakes
        self.wrong = False

    def mistake(self, key: str, what: str) -> None:
        """Note what is wrong with one field."""
        self.wrong = True
        self._mistakes.append(Mistake(self.entry.at(key), what))

    def words(self, key: str) -> str:
        """Return a field that is text, white space as one blank."""
        value = self.entry.fields.get(key, "")
        if value is None:
            return ""
        if isinstance(value, bool) or not isinstance(value, str | int | float):
            self.mistake(key, f"{key} must be text, not {value!r}")
            return ""
        return " ".join(str(value).split())

    def yes(self, key: str) -> bool:
        """Return a field that is yes or no; yes where it is left out."""
        value = self.entry.fields.get(key)
        if value is None or value == "":
            return True
        if isinstance(value, bool):
            return value
        answer = values.yes_or_no(str(value))
        if not answer:
            self.mistake(key, f"{key} must be yes or no, not {value!r}")
        return answer != "no"

    def listed(self, key: str) -> tuple[str, ...]:
        """Return a field that is a list, or text with "|" or ";" between its parts."""
        value = self.entry.fields.get(key)
        if value is None or value == "":
            return ()
        parts = re.split(r"[|;\n]", value) if isinstance(value, str) else value
        if not isinstance(parts, list | tuple) or not all(
            isinstance(part, str | int | float) for part in parts
        ):
            self.mistake(key, f"{key} must be a list of words, not {value!r}")
            return ()
        # YAML reads a bare yes as true.
        said = [{True: "yes", False: "no"}[p] if isinstance(p, bool) else str(p) for p in parts]
        return tuple(dict.fromkeys(" ".join(p.split()) for p in said if p.strip()))

    def type(self) -> tuple[AnswerType, bool, tuple[str, ...], str]:
        """Return the type, whether it is a list, the choices, and what the format adds."""
        choices = self.listed("choices")
        said = self.words("type").lower()
        if not said:
            found = of_format(self.words("answer_format"))
            self._distinct(choices)
            kind: AnswerType = "choice" if choices and found[0] == "text" else found[0]
            return kind, found[1], choices or found[2], found[3]
        self._distinct(choices)
        listed = MANY.match(said)
        plain = (listed["of"] or "text") if listed else said
        plain = ALIASES.get(plain, plain)
        kind = next((known for known in TYPES if plain in (known, f"{known}s")), "text")
        if plain not in (kind, f"{kind}s"):
            close = similar(plain, [*TYPES, *ALIASES])
            hint = f"did you mean {ALIASES.get(close, close)!r}?" if close else ""
            hint = hint or f"known are {', '.join(TYPES)}, and list of each of them"
            self.mistake("type", f"there is no type {said!r}; {hint}")
        elif kind == "choice" and len(choices) < 2:
            self.mistake("choices", "a choice needs two choices at least")
        return kind, bool(listed), choices, of_format(self.words("answer_format"))[3]

    def _distinct(self, choices: Sequence[str]) -> None:
        """Note choices that an answer could not tell apart."""
        for number, one in enumerate(choices):
            if same := values.choice(one, choices[:number]):
                self.mistake("choices", f"the choices {same!r} and {one!r} are the same one")

    def condition(self) -> tuple[str, tuple[str, ...]] | None:
        """Return another column and the values of it with which the question is asked."""
        said = self.entry.fields.get("only_if")
        if said is None or said == "":
            return None
        found = CONDITION.match(" ".join(said.split())) if isinstance(said, str) else None
        if not found:
            self.mistake("only_if", f"only_if must read \"'Column' = value\", not {said!r}")
            return None
        column = found["single"] or found["double"] or found["bare"]
        wanted = [re.sub(r"^(['\"])(.*)\1$", r"\2", v.strip()) for v in found["values"].split("|")]
        return column.strip(), tuple(filter(None, wanted))


def of_format(said: str) -> tuple[AnswerType, bool, tuple[str, ...], str]:
    """Return what an answer's format in free words means: type, list or not, choices, instruction.

    Words behind a slash that are no format, as in "Date (mm/dd/yyyy) / Perpetual", may stand in
    the value's place. What is not understood is an instruction to the model, and the type is text.
    """
    said = re.sub(r"^answer format:?", "", " ".join(said.split()), flags=re.IGNORECASE).strip()
    if not said:
        return "text", False, (), ""
    if re.fullmatch(r"(?i)yes\s*/\s*no", said):
        return "yes/no", False, (), ""
    outside = re.sub(r"\([^)]*\)", lambda m: " " * len(m[0]), said)
    slash = outside.rfind("/")
    first = outside[:slash].strip() if slash >= 0 else outside.strip()
    other = (said[slash + 1 :].strip(),) if slash >= 0 else ()
    kinds: dict[str, AnswerType] = {
        "date": "date", "number": "number", "amount": "money", "money": "money",
    }  # fmt: skip
    kind = kinds.get(first.lower(), "text")
    return kind, False, other if kind != "text" else (), f"Format: {said}"


def _conditioned(
    entry: Entry, question: Question, by_name: dict[str, Question], mistakes: list[Mistake]
) -> Question:
    """Return the question with its condition as the other column writes it."""
    assert question.only_if
    column, wanted = question.only_if
    other = by_name.get(column.casefold())
    line = entry.at("only_if")
    if other is None:
        close = similar(column.casefold(), by_name)
        hint = f"; did you mean {by_name[close].name!r}?" if close else ""
        mistakes.append(Mistake(line, f"no question is named {column!r}{hint}"))
        return question
    found = []
    for value in wanted:
        normal = values.normal(other, value)
        if not normal:
            what = f"{other.name!r} is a {other.kind}, and can never be {value!r}"
            close = similar(value, ("yes", "no") if other.type == "yes/no" else other.choices)
            hint = f"; did you mean {close!r}?" if close else ""
            mistakes.append(Mistake(line, what + hint))
        found.append(normal)
    return replace(question, only_if=(other.name, tuple(found)))


def _circular(question: Question, by_name: dict[str, Question]) -> bool:
    at: Question | None = question
    for _ in range(len(by_name) + 1):
        if at is None or not at.only_if:
            return False
        at = by_name.get(at.only_if[0].casefold())
        if at is question:
            return True
    return False
