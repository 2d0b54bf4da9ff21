"""Documents × questions: one iterator of events, each cell judged and kept before it is told.

Whatever ends a run, the next one does what is missing. The command line, the terminal interface,
the tests and Python programs consume the same iterator.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing
from pathlib import Path

from longread import config
from longread.analysis import trust
from longread.analysis.engines import check_key, open_engine
from longread.analysis.opening import Opened, Request, open_review, planned, read_review
from longread.analysis.outlook import Outlook, cost_of
from longread.analysis.trust import Confirm
from longread.analysis.work import Work
from longread.ingest.places import few, location_of, notes_of
from longread.store import open_store
from longread.types import Engine, Progress, Tell
from longread.types.reviews import ReviewEvent, Started

__all__ = ["Request", "look_ahead", "open_review", "review"]


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
        for note in notes_of(opened.corpus.sources):
            yield Progress("source", note=note)
        if more := _more(request, opened):
            yield Progress("source", note=more)
        if before := _as_before(request, opened):
            yield Progress("source", note=before)
        columns = len(opened.head.questions)
        cells = columns * len(opened.head.documents) * (2 if opened.scope.double else 1)
        yield Started(opened.id, cells, opened.done, opened.fresh)
        if not opened.jobs:
            return
        if any(job.reviewed.path in opened.documents for job in opened.jobs):
            counting = Work(lambda _: opened.outlook(store))
            async for step in counting:
                yield step
            cost, less = cost_of(counting.value), "begin with --pilot 5"
            sent = {job.reviewed.path for job in opened.jobs if job.asked or job.asked_second}
            await trust.allow(
                opened.profile, opened.corpus, cost, store, confirm,
                less=less, sent=sent & opened.documents.keys(), yes=request.yes,
            )  # fmt: skip
            if engine is None:
                starting = Work(lambda tell: open_engine(opened.profile, tell))
                async for step in starting:
                    yield step
                engine = starting.value
        # A review that is finished is told of without what asks.
        from longread.analysis.grid import Grid

        parallel = request.parallel or config.settings().review_parallel
        of_model = (opened.profile, opened.window, opened.pieces)
        work = Grid(store, opened.id, opened.head, *of_model, opened.scope, opened.long)
        async with aclosing(work.run(opened.jobs, engine, parallel)) as events:
            async for event in events:
                yield event
    finally:
        store.close()


def _more(request: Request, opened: Opened) -> str:
    """Say that the review that goes on has more sources than were named; empty where it has not."""
    named = {location_of(one) for one in request.sources}
    more = [one.location for one in opened.head.sources if one.location not in named]
    if not more or request.review is not None:
        return ""
    return (
        f"the newest review with these sources, {opened.id}, has also {few(more)}:"
        f" it goes on with all of them; --new begins another"
    )


def _as_before(request: Request, opened: Opened) -> str:
    """Say what the review was told earlier and costs more; empty where that is said now, or not."""
    said = []
    if opened.long == "sweep" and request.long is None:
        said.append("long documents part by part (--long evidence takes it back)")
    if opened.scope.double and request.double is None:
        said.append("each question twice (--no-double takes it back)")
    return f"as review {opened.id} was told before: {', '.join(said)}" if said else ""


def look_ahead(request: Request, tell: Tell) -> Outlook:
    """Return what a review would take, and keep nothing of it.

    A review that is there already stays as it is; what it has counts as done.
    """
    from tempfile import TemporaryDirectory

    from longread.store import default_path

    path = request.store or default_path()
    if path.exists():
        with open_store(path) as store:
            found = read_review(request, store, tell)
            return planned(request, found, store).outlook(store)
    with TemporaryDirectory() as folder, open_store(Path(folder) / "empty.db") as store:
        return planned(request, read_review(request, store, tell), store).outlook(store)
