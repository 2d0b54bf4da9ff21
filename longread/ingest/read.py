"""Sources → Corpus: a folder, a repository, a URL, a PDF, a text file, or several of them.

One unreadable file is an entry with a reason. What cannot be read at all is an `IngestError`.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import chain, count
from typing import Literal

from longread import config
from longread.cache.derived import Derived
from longread.errors import IngestError
from longread.ingest import folder, history, ocr
from longread.ingest.contents import Reader, Use
from longread.ingest.folder import Found, whole
from longread.ingest.locations import asked
from longread.ingest.places import Place, number_of, open_place
from longread.ingest.remote import is_url, without_password
from longread.ingest.select import (
    EVERYTHING,
    OWN_FILE,
    Selection,
    Sieve,
    below,
    of_kinds,
    own,
)
from longread.types import Corpus, Document, Entry, Level, Progress, Tell


@dataclass(frozen=True, slots=True)
class Options:
    """How sources are read."""

    rev: str = ""
    """A commit, branch or tag to be read instead of the work tree."""
    secrets: Literal["mask", "keep"] = "mask"
    """"mask": credentials are blotted out before anything is kept or sent."""
    passwords: tuple[str, ...] = ()
    """Tried on encrypted PDFs, after the empty one."""
    selection: Selection = EVERYTHING
    """What a person leaves out, or wants to be shown at another level."""
    own: Literal["", "allow", "ignore"] = ""
    """Whether a repository's own `.longread.toml` is used; empty: that of a repository on this
    machine is, that of another only where `[trust] repositories` of the settings names it."""
    diff: str = ""
    """A revision; what changed since in a repository becomes a document."""
    log: int = 0
    """How many of a repository's last commits become a document."""


def read(
    locations: Sequence[str],
    options: Options,
    derived: Derived,
    progress: Tell,
    use: Use | None = None,
    *,
    blind: bool = True,
) -> Corpus:
    """Return the documents of all `locations`, ordered by path, and an entry for every file.

    Args:
        use: is given each document that was never read before while its text is at hand, so that
            the text need not be read again for what is counted of it. It may be called for a
            document that the corpus has under several paths, and from one thread only.
        blind: whether only text is of use; otherwise pages that can be seen are enough.

    Raises:
        IngestError: a location cannot be read at all, or nothing in any of them can.
    """
    places, names = _open(locations, options, progress)
    if not places:
        raise IngestError("no source was named", hint="name a folder, a repository or a PDF")
    levels = [_select(p, name, options) for p, name in zip(places.values(), names, strict=True)]
    files = chain.from_iterable(
        _named(place, name) for place, name in zip(places.values(), names, strict=True)
    )
    settings = config.settings()
    reader = Reader(
        options.secrets, options.passwords, derived, progress, use,
        ocr.chosen(settings), as_typed=settings.ocr == "off",
    )  # fmt: skip
    name = "\0".join((options.rev, *places))
    contents = reader.read(files, sum(place.total for place in places.values()), name)
    documents, entries = of_kinds(contents.documents, contents.entries, options.selection.kinds)
    if not documents and (blind or not any(page.is_picture for page in contents.pages)):
        raise _nothing_readable(list(places.values()), entries)
    sources = tuple(replace(place.source, note=place.note) for place in places.values())
    said = (*chain.from_iterable(levels), *options.selection.levels)
    corpus = Corpus(sources, documents, entries, contents.pages, said)
    if not options.diff and not options.log:
        return corpus
    progress(Progress("history"))
    return _with_history(corpus, zip(places.values(), names, strict=True), options)


def bytes_of(
    locations: Sequence[str], options: Options, paths: Collection[str], progress: Tell
) -> Iterator[Found]:
    """Yield files of sources that were read, with their bytes as they are now.

    Args:
        paths: of documents, as the corpus has them.

    Raises:
        IngestError: a location cannot be read at all.
    """
    places, names = _open(locations, options, progress)
    for place, name in zip(places.values(), names, strict=True):
        for found in _named(place, name):
            if found.prefix + found.path in paths:
                yield whole(found)


def _open(
    locations: Sequence[str], options: Options, progress: Tell
) -> tuple[dict[str, Place], list[str]]:
    """Return the places by their locations, and what stands before the paths of each."""
    places: dict[str, Place] = {}
    for location in locations:
        progress(Progress("open", len(places), len(locations), without_password(location)))
        place = open_place(location, options.rev, progress)
        places.setdefault(place.source.location, place)
    return places, _names(places.values()) if len(places) > 1 else [""] * len(places)


def _with_history(corpus: Corpus, places: Iterable[tuple[Place, str]], options: Options) -> Corpus:
    """Add what each repository's history says, as documents behind the others."""
    person = Sieve(options.selection)
    kinds = {entry.path: entry.kind for entry in corpus.entries}
    left_out = {e.path for e in corpus.entries if e.reason.startswith("left out by ")}
    made: list[tuple[Document, Entry]] = []
    for place, name in places:
        if place.repository is None:
            continue
        before = f"{name}/" if name else ""

        def kept(path: str, before: str = before) -> bool:
            return path not in left_out and not person.why_not(path.removeprefix(before))

        past = history.Past(
            place.repository,
            place.commit,
            before,
            options.secrets == "mask",
            kept,
            lambda path: kinds.get(path) in history.QUIET,
        )
        if options.diff:
            made.append(history.difference(past, options.diff))
        if options.log:
            made.append(history.log(past, options.log))
    if not made:
        raise IngestError(
            "no source is a git repository, so there is no history to be told",
            hint="leave --diff and --log away, or name a repository",
        )
    return replace(
        corpus,
        documents=(*corpus.documents, *(document for document, _ in made)),
        entries=(*corpus.entries, *(entry for _, entry in made)),
    )


def _select(place: Place, name: str, options: Options) -> tuple[tuple[str, Level], ...]:
    """Leave out of a place what a person and its own file leave out; return the file's levels."""
    person = Sieve(options.selection)
    place.files = map(person.sift, place.files)
    if not place.own or options.own == "ignore":
        return ()
    if options.own != "allow" and is_url(place.source.location):
        address = asked(place.source.location).address
        if address not in config.settings().repositories:
            note = f"{place.source.note}; its {OWN_FILE} is not used: --own-settings allow"
            place.source = replace(place.source, note=note)
            return ()
    said = own(place.own(), place.source.location)
    place.files = map(Sieve(said, f"left out by {OWN_FILE}").sift, place.files)
    place.source = replace(place.source, note=f"{place.source.note}; {OWN_FILE} is used")
    return below(name, said.levels)


def _named(place: Place, name: str) -> Iterator[Found]:
    """Yield a place's files, with its name before their paths if it has one."""
    single = place.source.way in ("pdf", "file")
    for found in place.files:
        place.seen += 1
        if not name:
            yield found
        elif single:
            yield replace(found, path=name)
        else:
            yield replace(found, prefix=f"{name}/")


def _names(places: Iterable[Place]) -> list[str]:
    """Return a name for each place that no other has."""
    given: list[str] = []
    for place in places:
        base = folder.shown(os.fsencode(place.name)) or "root"
        single = place.source.way in ("pdf", "file")
        stem, end = os.path.splitext(base) if single else (base, "")  # noqa: PTH122
        others = (f"{stem}-{number}{end}" for number in count(2))
        given.append(next(name for name in chain([base], others) if name not in given))
    return given


def _nothing_readable(places: list[Place], entries: tuple[Entry, ...]) -> IngestError:
    where = ", ".join(place.source.location for place in places[:3])
    if not entries:
        return IngestError(f"{where} holds no files", hint="name a folder that holds text or PDFs")
    reasons = Counter(entry.reason.partition(":")[0].partition(" to ")[0] for entry in entries)
    first = reasons.most_common(1)[0][0]
    if any("has no language" in entry.reason for entry in entries):
        first = "has no language"
    hint = next((hint for word, hint in HINTS.items() if word in first), HINTS[""])
    if len(entries) == 1:
        return IngestError(f"{where} cannot be read: {entries[0].reason}", hint=hint)
    listed = ", ".join(f"{number:,} {reason}" for reason, number in reasons.most_common(4))
    return IngestError(
        f"nothing in {where} can be read: {number_of(len(entries), 'file')} ({listed})", hint=hint
    )


HINTS = {
    "encrypted": "open it in Word and save it without a password",
    "save it as": "save it as DOCX or PDF, or name text files, DOCX or PDFs",
    "password": "give it with --password, or a file of passwords with --password-file",
    "PDF": "check how the file was made or downloaded: it does not begin as a PDF does",
    "damaged": "open it in a PDF viewer and save it anew",
    "has no language": "install it, as longread doctor says, or set languages under [pdf]",
    "no text": "it may be scanned: apt install tesseract-ocr, or pip install longread[ocr]",
    "left out": "leave out less: look at --include, --exclude, --only-kind and .longread.toml",
    "partial clone": "check the files out with git first, which fetches them",
    "": "name text files or PDFs, or a folder that holds some",
}
