"""Documents × questions: one iterator of events, each cell judged and kept before it is told.

Whatever ends a run, the next one does what is missing. The command line, the terminal interface,
the tests and Python programs consume the same iterator.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field, replace
from pathlib import Path
from random import Random

from longread import config
from longread.analysis import freshness, missing, outlook, reading, trust
from longread.analysis.conversation import name, usable
from longread.analysis.engines import check_key, open_engine, open_tokens
from longread.analysis.grid import Grid, Long
from longread.analysis.missing import Job, Scope
from longread.analysis.outlook import Outlook, cost_of, reviewed_of
from longread.analysis.trust import Confirm
from longread.analysis.work import Work
from longread.cache.kept import open_derived
from longread.config import Profile
from longread.errors import ConfigError, IngestError
from longread.ingest.read import Options, read
from longread.store import Store, open_store
from longread.store.contents import now
from longread.tokens.pieces import Pieces
from longread.types import Corpus, Document, Engine, Progress, Tell
from longread.types.families import followed, moved, read_together
from longread.types.reviews import Question, Review, Reviewed, ReviewEvent, Started


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
    parallel: int = 0
    """Requests side by side, once a document's first is answered; 0: as the settings say."""
    long: Long = "evidence"
    """How documents are read that do not fit a prompt."""
    store: Path | None = None
    yes: bool = False
    """Whether text may leave this machine, and money be spent, without asking."""


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
    done: int
    profile: Profile
    window: int
    pieces: Pieces = field(repr=False)

    def outlook(self, store: Store) -> Outlook:
        """Return what asking for what is missing takes."""
        asked = {job.reviewed.path: job.missing for job in self.jobs}
        rows = [
            (one, self.documents.get(one.path), asked.get(one.path, ()))
            for one in self.head.documents
        ]
        return outlook.outlook(
            self.corpus, rows, self.head.questions, self.done,
            self.profile, self.window, self.pieces, store, self.long == "sweep",
            self.head.families,
        )  # fmt: skip


async def review(
    request: Request, confirm: Confirm, engine: Engine | None = None
) -> AsyncGenerator[ReviewEvent]:
    """Yield progress, `Started` once it is known what there is to do, and each `Cell` when kept.

    Args:
        confirm: asks a person whether text may leave this machine, or so much be spent.
        engine: used instead of the profile's own.

    Raises:
        LongreadError: as the steps on the way do; `EngineError` where the engine ended. What came
            is kept in any case.
    """
    if engine is None:
        check_key(request.profile)
    store = open_store(request.store)
    try:
        opening = Work(lambda tell: open_review(request, store, tell))
        async for step in opening:
            yield step
        opened = opening.value
        for source in opened.corpus.sources:
            yield Progress("source", note=source.note)
        columns = len(opened.head.questions)
        cells = columns * len(opened.head.documents)
        yield Started(opened.id, cells, opened.done, opened.fresh)
        if not opened.jobs:
            return
        if any(job.reviewed.path in opened.documents for job in opened.jobs):
            counting = Work(lambda _: opened.outlook(store))
            async for step in counting:
                yield step
            cost, less = cost_of(counting.value), "begin with --pilot 5"
            await trust.allow(
                opened.profile, opened.corpus, cost, store, confirm, less=less, yes=request.yes
            )
            if engine is None:
                starting = Work(lambda tell: open_engine(opened.profile, tell))
                async for step in starting:
                    yield step
                engine = starting.value
        parallel = request.parallel or config.settings().review_parallel
        of_model = (opened.profile, opened.window, opened.pieces)
        work = Grid(store, opened.id, opened.head, *of_model, opened.scope, request.long)
        async with aclosing(work.run(opened.jobs, engine, parallel)) as events:
            async for event in events:
                yield event
    finally:
        store.close()


def look_ahead(request: Request, tell: Tell) -> Outlook:
    """Return what a review would take, and keep nothing of it.

    A review that is there already stays as it is; what it has counts as done.
    """
    from tempfile import TemporaryDirectory

    from longread.store import default_path

    path = request.store or default_path()
    if path.exists():
        with open_store(path) as store:
            found = _find(request, store, tell)
            return _planned(request, found, store).outlook(store)
    with TemporaryDirectory() as folder, open_store(Path(folder) / "empty.db") as store:
        return _planned(request, _find(request, store, tell), store).outlook(store)


@dataclass(frozen=True, slots=True)
class _Found:
    """Sources that were read, and the review that there is of them."""

    id: str
    """Empty where there is none."""
    kept: Review | None
    corpus: Corpus
    rows: list[tuple[Reviewed, Document | None]]
    questions: tuple[Question, ...]
    families: dict[str, str]
    """The agreement of what belongs to one, by path."""
    options: Options
    profile: Profile
    window: int
    budget: int | None
    pieces: Pieces


def _find(request: Request, store: Store, tell: Tell) -> _Found:
    """Read the sources, and find the review that is to go on."""
    kept, id = None, ""
    if request.review is not None:
        id = store.reviews.resolve(request.review)
        kept = store.reviews.head(id)
    profile = request.profile or (config.load_profile(kept.profile) if kept else None)
    if profile is None:
        raise ConfigError("no profile was named", hint="name one with --profile")
    options = request.options or freshness.options_of(kept.reading if kept else "")
    options = replace(options, passwords=request.passwords or options.passwords)
    there = tuple(source.location for source in kept.sources) if kept else ()
    locations = tuple(dict.fromkeys((*there, *request.sources)))
    pieces = Pieces(open_tokens(profile, tell), open_derived())
    corpus = read(locations, options, pieces.derived, tell, reading.counter(pieces))
    if kept is None and not request.new and (id := store.reviews.newest_of(corpus.sources)):
        kept = store.reviews.head(id)
    rows = reviewed_of(corpus)
    if not rows:
        raise IngestError("there is no document to review", hint="name a folder of documents")
    now = [one for one, _ in rows]
    tied = followed(kept.families, moved(kept.documents, now)) if kept else {}
    rows = list(zip(read_together(now, tied), [document for _, document in rows], strict=True))
    questions = request.questions or (kept.questions if kept else ())
    if not questions:
        raise ConfigError("no questions were named", hint="name a file with --questions")
    budget = request.budget if request.budget is not None else kept.budget if kept else None
    window = usable(profile, budget)
    return _Found(
        id, kept, corpus, rows, questions, tied, options, profile, window, budget, pieces
    )  # fmt: skip


def open_review(request: Request, store: Store, tell: Tell) -> Opened:
    """Read the sources and keep what is new: the review, its questions, documents and texts.

    Raises:
        LongreadError: a source cannot be read, or has nothing to be asked about.
    """
    found = _find(request, store, tell)
    id, fresh = found.id, False
    if not id:
        id, fresh = store.reviews.create(_head(found), another=request.new)
    if found.kept and found.kept.questions != found.questions:
        store.reviews.keep_questions(id, found.questions)
    documents = {one.content_id: d for one, d in found.rows if d}
    tell(Progress("keep"))
    reviewed = [one for one, _ in found.rows]
    store.reviews.keep_documents(id, found.corpus.sources, reviewed, documents)
    return _planned(request, replace(found, id=id), store, fresh=fresh)


def _head(found: _Found) -> Review:
    return Review(
        title=", ".join(name(source) for source in found.corpus.sources),
        sources=found.corpus.sources,
        profile=found.profile.name,
        questions=found.questions,
        documents=tuple(one for one, _ in found.rows),
        families=found.families,
        reading=freshness.kept_options(found.options),
        budget=found.budget,
    )


def _planned(request: Request, found: _Found, store: Store, *, fresh: bool = False) -> Opened:
    """Return what is missing of a review, whose documents need not be kept yet."""
    head = _head(found)
    numbers = store.reviews.numbers(found.id) if found.id else {}
    done = store.reviews.done(found.id) if found.id else {}
    scope = _scope(request, head, found.profile.model)
    rows = _drawn(request, head, scope)
    known = {question.hash for question in found.questions}
    have = sum(len(known & done.get(n, {}).keys()) for n in numbers.values())
    return Opened(
        id=found.id,
        fresh=fresh,
        head=head,
        corpus=found.corpus,
        documents={d.path: d for _, d in found.rows if d},
        numbers={path: n for (path, _), n in numbers.items()},
        jobs=missing.jobs(scope, rows, head.questions, numbers, done),
        scope=scope,
        long=request.long,
        done=have,
        profile=found.profile,
        window=found.window,
        pieces=found.pieces,
    )


def _scope(request: Request, head: Review, model: str) -> Scope:
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
        model,
        now(),
        missing.named(request.only, paths, "document"),
        missing.named(request.columns, names, "question"),
        frozenset(request.cells) or None,
        request.again,
    )


def _drawn(request: Request, head: Review, scope: Scope) -> Sequence[Reviewed]:
    """Return the documents that a request is about, in their order."""
    chosen = [one for one in head.documents if scope.paths is None or one.path in scope.paths]
    if 0 < request.pilot < len(chosen):
        readable = [one for one in chosen if not one.reason] or chosen
        drawn = Random(request.seed).sample(readable, min(request.pilot, len(readable)))  # noqa: S311
        chosen = [one for one in chosen if one in drawn]
    return chosen
