"""A review opened: its sources read, its documents kept, and what is missing of it found."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from random import Random

from longread import config
from longread.analysis import freshness, missing, outlook, reading
from longread.analysis.conversation import title_of, usable
from longread.analysis.engines import open_tokens
from longread.analysis.missing import Job, Kept, Scope
from longread.analysis.outlook import Outlook, reviewed_of
from longread.cache.kept import open_derived
from longread.config import Profile
from longread.errors import ConfigError, IngestError
from longread.ingest.places import location_of
from longread.ingest.read import Options, read
from longread.store import Store
from longread.store.contents import now
from longread.tokens.pieces import Pieces
from longread.types import Corpus, Document, Progress, Tell
from longread.types.families import followed, moved, read_together
from longread.types.reviews import Long, Question, Review, Reviewed


@dataclass(frozen=True, slots=True)
class Request:
    """What is to be asked, of which documents, of which model."""

    profile: Profile | None = None
    """None: the profile of the review that goes on."""
    sources: tuple[str, ...] = ()
    """Folders, repositories, URLs, PDFs; empty: those of the review. Others are added to it."""
    questions: tuple[Question, ...] = ()
    """Empty: those of the review."""
    review: str | None = None
    """The review to go on with, "" for the newest; None: the newest of the same sources, if there
    is one."""
    new: bool = False
    """Whether another review is begun although there is one of the same sources."""
    options: Options | None = None
    """How the sources are read; None: as the review says, or by default."""
    passwords: tuple[str, ...] = ()
    """Tried on encrypted PDFs; never kept."""
    budget: int | None = None
    """Tokens for prompt and answer; None: as the review says. What is said here, of `double` and of
    `long` stays with the review, unless it is said of some documents, questions or cells alone."""
    pilot: int = 0
    """Only so many documents, drawn at random; 0 for all."""
    seed: int = 0
    """Of the draw: the same one draws the same documents of the same shelf."""
    only: tuple[str, ...] = ()
    """Only documents with these paths, patterns or parts of paths; empty for all."""
    columns: tuple[str, ...] = ()
    """Only questions with these names, patterns or parts of names; empty for all."""
    cells: tuple[tuple[str, str], ...] = ()
    """Only these cells, by path and question's name; empty for all."""
    again: bool = False
    """Whether cells are asked for anew although they have an answer: those that `only`, `columns`
    and `cells` name, or where these are empty those of another model. What a person corrected is
    never asked again."""
    double: bool | None = None
    """Whether what is answered is asked once more in other words, to see whether both agree; None:
    as the review says."""
    parallel: int = 0
    """Requests side by side, once a document's first is answered; 0: as the settings say."""
    long: Long | None = None
    """How documents are read that do not fit a prompt; None: as the review says."""
    store: Path | None = None
    yes: bool = False
    """Whether text may leave this machine, and money be spent, without asking."""

    @property
    def partial(self) -> bool:
        """Whether it names some documents, questions or cells alone."""
        return bool(self.only or self.columns or self.cells)


@dataclass(slots=True)
class Opened:
    """A review whose sources were read and whose documents are kept."""

    id: str
    fresh: bool
    head: Review
    corpus: Corpus
    documents: dict[str, Document]
    """Those that could be read, by path."""
    numbers: dict[str, int]
    """Rows of the store, by path."""
    jobs: list[Job]
    """What is missing, in reading order."""
    scope: Scope
    long: Long
    """As this run has it; `head` has what the review says."""
    done: int
    profile: Profile
    window: int
    pieces: Pieces = field(repr=False)

    def outlook(self, store: Store) -> Outlook:
        """Return what asking for what is missing takes."""
        asked = {job.reviewed.path: (job.asked, job.asked_second) for job in self.jobs}
        rows = [
            (one, self.documents.get(one.path), *asked.get(one.path, ((), ())))
            for one in self.head.documents
        ]
        return outlook.outlook(
            self.corpus, rows, self.head.questions, self.done,
            self.profile, self.window, self.pieces, store, self.long == "sweep",
            self.head.families,
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Found:
    """Sources that were read, and the review that there is of them."""

    id: str
    """Empty where there is none."""
    kept: Review | None
    """As it was when this program began to read."""
    began: str
    """When that was, as the store writes it."""
    corpus: Corpus
    rows: list[tuple[Reviewed, Document | None]]
    questions: tuple[Question, ...]
    families: dict[str, str]
    """The agreement of what belongs to one, by path."""
    options: Options
    profile: Profile
    window: int
    budget: int | None
    long: Long
    double: bool
    pieces: Pieces


def read_review(request: Request, store: Store, tell: Tell) -> _Found:
    """Read the sources, and find the review that is to go on."""
    kept, id, began = None, "", now()
    if request.review is not None:
        id = store.reviews.resolve(request.review)
    elif not request.new:
        id = store.reviews.newest_of([location_of(one) for one in request.sources])
    if id:
        kept = store.reviews.head(id)
    profile = request.profile or (config.load_profile(kept.profile) if kept else None)
    if profile is None:
        raise ConfigError("no profile was named", hint="name one with --profile")
    options = request.options or freshness.options_of(kept.reading if kept else "")
    options = replace(options, passwords=request.passwords or options.passwords)
    # What was named now may have a password that is not kept.
    named = {location_of(one): one for one in request.sources}
    there = [source.location for source in kept.sources] if kept else []
    locations = [named.get(one, one) for one in dict.fromkeys((*there, *named))]
    pieces = Pieces(open_tokens(profile, tell), open_derived())
    corpus = read(locations, options, pieces.derived, tell, reading.counter(pieces))
    rows = reviewed_of(corpus)
    if not rows:
        raise IngestError("there is no document to review", hint="name a folder of documents")
    read_now = [one for one, _ in rows]
    tied = followed(kept.families, moved(kept.documents, read_now)) if kept else {}
    rows = list(zip(read_together(read_now, tied), [text for _, text in rows], strict=True))
    questions = request.questions or (kept.questions if kept else ())
    if not questions:
        raise ConfigError("no questions were named", hint="name a file with --questions")
    budget = request.budget if request.budget is not None else kept.budget if kept else None
    window = usable(profile, budget)
    long = request.long or (kept.long if kept else "evidence")
    double = request.double if request.double is not None else bool(kept and kept.double)
    return _Found(
        id, kept, began, corpus, rows, questions, tied, options, profile, window, budget, long,
        double, pieces,
    )  # fmt: skip


def open_review(request: Request, store: Store, tell: Tell) -> Opened:
    """Read the sources and keep what is new: the review, its questions, documents and texts.

    Raises:
        LongreadError: a source cannot be read, or has nothing to be asked about.
    """
    fresh = False
    while True:
        found = read_review(request, store, tell)
        id, kept = found.id, found.kept
        tell(Progress("keep"))
        if not id:
            id, fresh = store.reviews.create(_head(found), another=request.new)
            request = replace(request, review=id)
        way = (found.long, found.double, found.budget)
        if kept and not request.partial and way != (kept.long, kept.double, kept.budget):
            store.reviews.keep_way(id, long=found.long, double=found.double, budget=found.budget)
        if request.questions and (kept is None or kept.questions != found.questions):
            known = kept.questions if kept else found.questions
            store.reviews.keep_questions(id, found.questions, known)
        documents = {one.content_id: d for one, d in found.rows if d}
        reviewed = [one for one, _ in found.rows]
        known_now = kept or replace(_head(found), documents=())
        if store.reviews.keep_documents(id, found.corpus.sources, reviewed, documents, known_now):
            return planned(request, replace(found, id=id), store, fresh=fresh)
        tell(Progress("source", note="its sources were changed meanwhile: reading again"))


def _head(found: _Found) -> Review:
    return Review(
        title=title_of(found.corpus.sources),
        sources=found.corpus.sources,
        profile=found.profile.name,
        questions=found.questions,
        documents=tuple(one for one, _ in found.rows),
        families=found.families,
        reading=freshness.kept_options(found.options),
        budget=found.budget,
        long=found.long,
        double=found.double,
    )


def planned(request: Request, found: _Found, store: Store, *, fresh: bool | None = None) -> Opened:
    """Return what is missing of a review.

    Args:
        fresh: whether it is a new one; None: what was read is not kept.
    """
    head = _head(found)
    kept = Kept({}, {}, {})
    if found.id:
        there = store.reviews
        if fresh is not None:
            # What others added meanwhile belongs to it.
            head = replace(there.head(found.id), profile=found.profile.name)
        kept = Kept(
            there.numbers(found.id), there.done(found.id), there.done(found.id, second=True)
        )
    scope = _scope(request, head, found)
    rows = _drawn(request, head, scope)
    known = {question.hash for question in head.questions}
    passes = (kept.done, kept.seconds) if found.double else (kept.done,)
    have = sum(len(known & one.get(n, {}).keys()) for one in passes for n in kept.numbers.values())
    return Opened(
        id=found.id,
        fresh=bool(fresh),
        head=head,
        corpus=found.corpus,
        documents={d.path: d for _, d in found.rows if d},
        numbers={path: n for (path, _), n in kept.numbers.items()},
        jobs=missing.jobs(scope, rows, head, kept),
        scope=scope,
        long=found.long,
        done=have,
        profile=found.profile,
        window=found.window,
        pieces=found.pieces,
    )


def _scope(request: Request, head: Review, found: _Found) -> Scope:
    """Return which cells a request is about.

    Raises:
        ConfigError: it names what the review has not.
    """
    paths = [one.path for one in head.documents]
    names = [question.name for question in head.questions]
    for path, question in request.cells:
        if path not in paths or question not in names:
            what = f"question {question!r}" if path in paths else f"document {path!r}"
            raise ConfigError(
                f"the review has no {what} any more", hint="longread review show names what it has"
            )
    return Scope(
        found.profile.model,
        found.began,
        missing.named(request.only, paths, "document"),
        missing.named(request.columns, names, "question"),
        frozenset(request.cells) or None,
        request.again,
        found.double,
    )


def _drawn(request: Request, head: Review, scope: Scope) -> Sequence[Reviewed]:
    """Return the documents that a request is about, in their order."""
    chosen = [one for one in head.documents if scope.paths is None or one.path in scope.paths]
    if 0 < request.pilot < len(chosen):
        readable = [one for one in chosen if not one.reason] or chosen
        drawn = Random(request.seed).sample(readable, min(request.pilot, len(readable)))  # noqa: S311
        chosen = [one for one in chosen if one in drawn]
    return chosen
