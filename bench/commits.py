"""Questions with known answers, from the history of a repository: what did this change touch?

A commit that changes one to five source files and says why is a question. The question is its
message without file names; the answer is the files it changed that its parent has, and the
segments of them whose lines it touched; both as longread reads the parent commit.
"""

from __future__ import annotations

import posixpath
import re
import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from longread.types import Corpus, Document

NEWEST = 1_500
"""Commits looked at, from the newest on, merges left out."""
FILES = 5
"""Source files a commit may change."""
TOUCHED = 30
"""Files of any kind a commit may touch: more is a sweep over the repository, not an answer."""
WORDS = 6
"""Words a message must have when it is cleaned."""
LONGEST = 2_000
"""Characters of a question; a longer message is cut there."""

TRAILER = re.compile(
    r"^\s*(?:[A-Z][A-Za-z-]+-by:|co-authored-by:|git-svn-id:|change-id:|cc:|merge\b|\(cherry picked"
    r"|\* co-authored|reviewed:|pull request\b|pr[- ]url:|-{3,}).*$",
    re.IGNORECASE | re.MULTILINE,
)
NUMBER = re.compile(
    r"[(\[]?(?:\b(?:close[sd]?|fix(?:e[sd])?|resolve[sd]?|refs?|see|issues?|pr|pull request|bug)\b"
    r":?\s*)*"
    r"(?:[\w.-]+/[\w.-]+)?(?:#|\bgh-)\d+[)\]]?",
    re.IGNORECASE,
)
ADDRESS = re.compile(r"https?://\S+|<[^<>\s]+@[^<>\s]+>")
FILE = re.compile(
    r"[\w.@+-]*(?:/[\w.@+-]+)+/?|\b[\w-]+\.(?:py|pyi|pyx|go|rs|js|mjs|ts|c|h|md|rst|txt|toml|cfg|ini"
    r"|ya?ml|json|lock|html|css|sh)\b"
)
"""A path, or a name with an end that files have."""
HUNK = re.compile(r"^@@ -(\d+)(?:,(\d+))? \+\d+(?:,\d+)? @@", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Commit:
    """A change, and the files that its parent has and it touches."""

    id: str
    parent: str
    question: str
    touched: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Case:
    """A question, and what of the corpus answers it."""

    commit: Commit
    files: frozenset[str]
    """Paths of source files."""
    symbols: frozenset[tuple[str, int, int]]
    """Path, and character offsets of a segment."""


def commits(repository: Path) -> Iterator[Commit]:
    """Yield the commits that may make a question, in an order that spreads over the newest part.

    That order is the order of their ids, which nobody chose.
    """
    form = "--format=%x01%H%x00%P%x00%B%x00"
    limits = ["--no-merges", "--no-renames", "-n", str(NEWEST), "--name-status", form]
    told = _git(repository, "-c", "core.quotePath=off", "log", *limits)
    found = []
    for record in told.split("\x01")[1:]:
        commit, parents, message, names = record.split("\0")
        changed = [line.split("\t") for line in names.split("\n") if "\t" in line]
        touched = tuple(path for status, path in changed if status in ("M", "D"))
        if not parents or not touched or len(changed) > TOUCHED:
            continue
        question = clean(message, touched)
        if len(re.findall(r"[^\W\d_]{2,}", question)) >= WORDS:
            found.append(Commit(commit, parents.split()[0], question, touched))
    yield from sorted(found, key=lambda c: c.id)


def clean(message: str, touched: Sequence[str]) -> str:
    """Return a message without trailers, issue numbers, addresses and names of files."""
    text = TRAILER.sub("", ADDRESS.sub("", message))
    text = NUMBER.sub("", text)
    for path in touched:
        stem = posixpath.splitext(path)[0]
        parts = stem.split("/")
        # "pkg.sub.mod" and "sub.mod" name the file; "mod" alone may be a word like any other,
        # but as the first word before a colon it stands for the file.
        for at in range(len(parts) - 1):
            dotted = re.escape(".".join(parts[at:]))
            text = re.sub(rf"(?<![\w.]){dotted}\b", "", text)
        text = re.sub(rf"^{re.escape(parts[-1])}\s*:", "", text, flags=re.MULTILINE)
    text = FILE.sub("", text)
    lines = [re.sub(r"[ \t]+", " ", line).strip() for line in text.splitlines()]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()[:LONGEST]


def case(repository: Path, commit: Commit, corpus: Corpus) -> Case | None:
    """Return the question with its answer; None where too few or too many source files changed.

    Args:
        corpus: the parent commit.
    """
    by_path = {document.path: document for document in corpus.documents}
    sources = [
        by_path[path]
        for path in commit.touched
        if path in by_path and by_path[path].kind == "source"
    ]
    if not 1 <= len(sources) <= FILES:
        return None
    symbols = frozenset(
        (document.path, start, end)
        for document in sources
        for start, end in _touched(repository, commit, document)
    )
    return Case(commit, frozenset(d.path for d in sources), symbols)


def _touched(repository: Path, commit: Commit, document: Document) -> Iterator[tuple[int, int]]:
    """Yield the segments of a document in which the commit changes or deletes a line, or adds one.

    Lines that are added belong to the segment of the line they follow.
    """
    options = ["-U0", "--no-ext-diff", "--no-textconv", "--no-renames", "--no-color"]
    told = _git(repository, "diff", *options, commit.parent, commit.id, "--", document.path)
    hunks = [(int(a), int(n or 1)) for a, n in HUNK.findall(told)]
    ranges = [(a, a + max(n, 1) - 1) for a, n in hunks]
    for segment in document.segments:
        if any(a <= segment.span.last and segment.span.first <= b for a, b in ranges):
            yield segment.start, segment.end


def _git(repository: Path, *arguments: str) -> str:
    line = ["git", "--no-pager", "-C", str(repository), "--literal-pathspecs", *arguments]
    done = subprocess.run(line, check=True, capture_output=True)
    return done.stdout.decode("utf-8", "replace")
