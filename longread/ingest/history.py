"""What changed in a repository since a revision, and its last commits, as documents of their own.

Commits are read through `git` and `plumbing`, files as they stand: no filter runs, and no program
is asked for a difference. Secrets are masked in both versions before they are compared.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from longread.ingest import git, secrets
from longread.ingest.folder import DELETED, Found, shown, whole
from longread.ingest.git import Tracked
from longread.ingest.plumbing import history
from longread.ingest.repository import Repository
from longread.ingest.text import count_lines, decode, marks_in
from longread.types import Document, Entry, Segment, Span

LANGUAGES = frozenset(("diff", "git log"))
"""Languages of what is made here."""
QUIET = frozenset(("lock", "generated", "minified"))
"""Kinds of files whose differences nobody reads."""
CONTEXT = 3
"""Lines shown around what changed."""
LONGEST = 20_000
"""Lines of a file beyond which it is said that it changed, and not how."""
ALIKE = 0.5
"""From this part of lines in common on, a file of the same name was moved."""
SHORT = 10
"""Digits of a commit's name; git's own choice depends on how many objects there are."""
LINES = 60
"""Lines of a segment, at most."""


@dataclass(frozen=True, slots=True)
class Past:
    """Whose history is told."""

    repository: Repository
    commit: str
    """That is read; empty where the work tree is."""
    name: str = ""
    """What stands before paths, with "/" at its end, where a corpus has several sources."""
    masking: bool = True
    kept: Callable[[str], bool] = lambda _: True
    """Whether a path, as the corpus has it, may be told of."""
    quiet: Callable[[str], bool] = lambda _: False
    """Whether it is enough to say of a path that it changed."""


@dataclass(frozen=True, slots=True)
class Part:
    """What is said of one file, or of one commit."""

    name: str
    text: str


def difference(past: Past, rev: str) -> tuple[Document, Entry]:
    """Return what changed between a revision and what is read.

    What is new stands in the corpus, and is only named; so is what is gone.

    Raises:
        IngestError: there is no such revision.
    """
    since = git.commit(past.repository, rev)
    parts = _differences(past, since)
    head = Part("", f"Changes since {rev} ({since[:SHORT]}), to what was read:\n")
    return document(f"{past.name}git diff {rev}..", "diff", [head, *parts])


def log(past: Past, number: int) -> tuple[Document, Entry]:
    """Return the last commits before what is read, newest first.

    Raises:
        IngestError: git cannot read them.
    """
    where = past.commit or git.commit(past.repository)
    options = (f"-{number}", "--date=short", "--format=%x00%H %ad %s", "--name-status", "-M100%")
    prefix = past.repository.prefix
    below = (f"--relative={prefix}", where, "--", prefix) if prefix else (where, "--")
    said = history(past.repository, "log", *options, *below) if where else b""
    parts = [Part("", f"The last {number:,} commits, newest first:\n")]
    for raw in said.split(b"\0")[1:]:
        head, *files = shown(raw.rstrip(b"\n")).split("\n")
        name, _, said_ = head.partition(" ")
        head = f"{name[:SHORT]} {secrets.mask(said_)[0] if past.masking else said_}"
        lines = [head, *(f"  {_changed(line, past)}" for line in files if line)]
        parts.append(Part(head.partition(" ")[0], "\n".join(lines) + "\n"))
    return document(f"{past.name}git log", "git log", parts)


def _changed(line: str, past: Past) -> str:
    what, *paths = line.split("\t")
    return " ".join([what[:1], *(past.name + path for path in paths)])


def document(path: str, language: str, parts: Sequence[Part]) -> tuple[Document, Entry]:
    """Return parts as one document, and its line in the ledger."""
    segments: list[Segment] = []
    at, line = 0, 1
    for part in parts:
        lines = part.text.splitlines(keepends=True)
        for first in range(0, len(lines), LINES):
            text = "".join(lines[first : first + LINES])
            number = len(lines[first : first + LINES])
            span = Span("line", line, line + number - 1)
            segments.append(Segment("section", part.name, span, at, at + len(text)))
            at, line = at + len(text), line + number
    text = "".join(part.text for part in parts)
    said = f"{language}\0{text}".encode("utf-8", "surrogatepass")
    content = hashlib.blake2b(said, digest_size=16).hexdigest()
    marks = marks_in(text)
    made = Document(path, "other", language, content, text, tuple(segments), marks=marks)
    size = len(text.encode("utf-8", "surrogatepass"))
    return made, Entry(path, "other", content, size, line - 1, language, "utf-8")


def cut(made: Document, keep: int) -> tuple[Document, Entry]:
    """Return the first `keep` segments of a document, and a line that says what was left out."""
    segments = made.segments
    names = [s.name for s in segments[keep:] if s.name]
    names = [name for name in dict.fromkeys(names) if name != segments[keep - 1].name or not keep]
    text = made.text
    few = ", ".join(names[:5]) + (", …" if len(names) > 5 else "")
    what = "commits" if made.language == "git log" else "files"
    last = Part("", f"Left out to fit the budget: {len(names):,} more {what} ({few})\n")
    parts = [Part(s.name, text[s.start : s.end]) for s in segments[:keep]]
    return document(made.path, made.language, [*parts, last])


# The difference


def _differences(past: Past, since: str) -> Iterator[Part]:
    cut_ = len(os.fsencode(past.repository.prefix))

    def called(path: bytes) -> str:
        return past.name + shown(path[cut_:])

    old = {file.path: file for file in git.tracked_at(past.repository, since)}
    new = {file.path: file for file in _listed(past)}
    texts, here = _changed_files(past, since, old, new)
    gone = [path for path in sorted(old) if path not in here]
    added = [path for path in sorted(here) if path not in old]
    moved = _moves(gone, added, old, new, texts)
    modes = {p for p, file in old.items() if p in here and new[p].mode != file.mode}
    for path in sorted({*texts, *gone, *added, *modes}):
        name = called(path)
        if not past.kept(name) or path in moved.values():
            continue
        was, now = texts.get(path, (None, None))
        if path in moved:
            source = moved[path]
            before = texts.get(source, (None, None))[0]
            head = f"{name} was renamed from {called(source)}\n"
            yield Part(name, head + _compared(before, now, called(source), name))
        elif path in gone:
            yield Part(name, f"{name} was deleted\n")
        elif path not in old:
            yield Part(name, f"{name} is new\n")
        elif path in texts and past.quiet(name):
            yield Part(name, f"{name} changed\n")
        elif path in texts and (text := _compared(was, now, name, name)):
            yield Part(name, text)
        if path in modes:
            told = f"{old[path].mode.decode()}, is {new[path].mode.decode()}"
            yield Part(name, f"{name}: its mode was {told}\n")


def _listed(past: Past) -> list[Tracked]:
    if past.commit:
        return git.tracked_at(past.repository, past.commit)
    return git.tracked(past.repository)


Pair = tuple[str | None, str | None]
"""Two versions of a file's text; None where there is no file, or none that is text."""


def _changed_files(
    past: Past, since: str, old: Mapping[bytes, Tracked], new: Mapping[bytes, Tracked]
) -> tuple[dict[bytes, Pair], set[bytes]]:
    """Return both versions of what is not the same in both, and all that is there now."""
    here = set(new)
    if past.commit:
        files = [f for f in new.values() if f.path not in old or old[f.path].oid != f.oid]
        now = git.read_commit(past.repository, past.commit, files)
    else:
        files = list(new.values())
        now = git.read_tree(past.repository, files)
    fresh: dict[bytes, str | None] = {}
    for file, found in zip(files, now, strict=True):
        read = whole(found)
        before = old.get(file.path)
        if read.reason == DELETED:
            here.discard(file.path)
        elif read.kind != "file":
            if not before or before.oid != file.oid:
                fresh[file.path] = None
        elif not before or _oid(read.data, before.oid) != before.oid:
            fresh[file.path] = _text(read, past)
    wanted = [file for path, file in old.items() if path in fresh or path not in here]
    was = git.read_commit(past.repository, since, wanted)
    earlier = {f.path: _text(whole(found), past) for f, found in zip(wanted, was, strict=True)}
    every = {**earlier, **fresh}
    return {path: (earlier.get(path), fresh.get(path)) for path in every}, here


def _oid(data: bytes, like: str) -> str:
    """Return the object id that git gives to a file, of the same kind as another id."""
    digest = hashlib.new("sha1" if len(like) == 40 else "sha256", usedforsecurity=False)
    digest.update(b"blob %d\0" % len(data))
    digest.update(data)
    return digest.hexdigest()


def _text(found: Found, past: Past) -> str | None:
    if found.kind != "file" or (found.reason and not found.data):
        return None
    text, encoding = decode(found.data)
    if found.data and not encoding:
        return None
    return secrets.mask(text)[0] if past.masking else text


def _moves(
    gone: Iterable[bytes],
    added: Iterable[bytes],
    old: Mapping[bytes, Tracked],
    new: Mapping[bytes, Tracked],
    texts: Mapping[bytes, Pair],
) -> dict[bytes, bytes]:
    """Return, by new path, the old path of what was moved: the same, or like it and so named."""
    left = list(gone)
    moved: dict[bytes, bytes] = {}
    for path in added:
        same = [p for p in left if old[p].oid == new[path].oid or _alike(p, path, texts)]
        if same:
            moved[path] = same[0]
            left.remove(same[0])
    return moved


def _alike(gone: bytes, added: bytes, texts: Mapping[bytes, Pair]) -> bool:
    was, now = texts.get(gone, (None, None))[0], texts.get(added, (None, None))[1]
    if was is None or now is None:
        return False
    if was == now:
        return bool(was)
    if gone.rpartition(b"/")[2] != added.rpartition(b"/")[2]:
        return False
    from difflib import SequenceMatcher

    matcher = SequenceMatcher(None, was.splitlines(), now.splitlines(), autojunk=False)
    return matcher.quick_ratio() >= ALIKE


def _compared(was: str | None, now: str | None, before: str, after: str) -> str:
    """Return the difference as `diff -u` writes it; empty where there is none to be told."""
    if was is None or now is None:
        return f"{after} changed; one of its versions at least is no text\n"
    if was == now:
        return ""
    lines = was.splitlines(), now.splitlines()
    if max(map(len, lines)) > LONGEST:
        return f"{after} changed, from {count_lines(was):,} to {count_lines(now):,} lines\n"
    from difflib import unified_diff

    found = unified_diff(*lines, f"a/{before}", f"b/{after}", n=CONTEXT, lineterm="")
    return "".join(f"{line}\n" for line in found)
