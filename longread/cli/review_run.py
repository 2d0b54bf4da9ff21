"""What the commands that run a review have in common: their options, and the run as it is told."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from contextlib import aclosing
from dataclasses import asdict, dataclass, replace
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from longread.cli.asking import STOPPED, confirm_departure, use_found
from longread.cli.progress import Meter
from longread.cli.review_files import write
from longread.cli.review_store import stored
from longread.cli.review_tables import foreseen
from longread.cli.sizes import Tokens

if TYPE_CHECKING:
    from longread.analysis.review import Request
    from longread.analysis.trust import Departure
    from longread.cli.review_scores import Scoring
    from longread.types.reviews import Long, Question

AGAIN = "Ask anew: what another model answered, or all that --documents and --columns name."
OPTIONS = (
    click.option(
        "--questions",
        type=click.Path(path_type=Path, dir_okay=False),
        metavar="FILE",
        help="The questions: .toml, .yaml or .csv.",
    ),
    click.option("--profile", default="", help="Which model; see longread profiles."),
    click.option("--budget", type=Tokens(), help="Tokens for prompt and answer: 64k, 1M."),
    click.option(
        "--pilot",
        type=click.IntRange(1),
        default=None,
        help="Only N documents, drawn at random.",
    ),
    click.option("--seed", type=int, default=0, help="Another one draws another pilot."),
    click.option(
        "--documents",
        multiple=True,
        metavar="PATTERN",
        help="Only these: a path, a part of one, 2024/*; may be repeated.",
    ),
    click.option(
        "--columns",
        multiple=True,
        metavar="NAME",
        help="Only these questions: a name, a part of one, Fee*; may be repeated.",
    ),
    click.option("--again", is_flag=True, help=AGAIN),
    click.option(
        "--double/--no-double",
        default=None,
        help="Ask once more in other words, and see whether both answers agree: twice the cost.",
    ),
    click.option(
        "--parallel",
        type=click.IntRange(1),
        default=None,
        help="Questions to one document side by side.",
    ),
    click.option(
        "--long",
        type=click.Choice(["evidence", "sweep"]),
        default=None,
        help="Documents longer than a prompt: their best parts, or all of them part by part.",
    ),
    click.option(
        "-o",
        "--output",
        "outputs",
        type=click.Path(path_type=Path),
        multiple=True,
        metavar="FILE",
        help="Write it then: .xlsx, .csv, .md, .html, .json or .bib; may be repeated.",
    ),
    click.option("--force", is_flag=True, help="Write over FILE if it is there."),
    click.option("--dry-run", is_flag=True, help="Say what it would take, and ask nothing."),
    click.option("--yes", is_flag=True, help="Send text, and spend, without asking."),
    click.option("--json", "as_data", is_flag=True, help="Print JSON."),
)


@dataclass(frozen=True, slots=True)
class Run:
    """A run as its options ask for it."""

    request: Request
    profile: str
    dry: bool
    as_data: bool
    outputs: tuple[Path, ...] = ()
    """Files that the review is written into when it has run."""
    force: bool = False
    """Whether files that are there are written over."""
    scoring: Scoring | None = None
    """What it is measured against when it is done."""

    def go(self, **more: Any) -> None:
        """Run it, or look ahead.

        Args:
            more: fields of the request that are the command's own.
        """
        if self.outputs:
            from longread.analysis.exporting import check

            check(self.outputs, force=self.force)
        request = replace(self.request, **more)
        if self.profile or request.review is None:
            from longread.analysis.engines import choose

            request = replace(request, profile=choose(self.profile, use_found()))
        if self.dry:
            _look_ahead(request, self.as_data)
        else:
            id: list[str] = []
            try:
                asyncio.run(_run(request, self, id))
            except (KeyboardInterrupt, click.Abort):
                click.echo(f"\n{_stopped(request.store, id)}", err=True)
                raise SystemExit(STOPPED) from None


def running(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command the options of a run; it takes them as `run`."""

    @wraps(command)
    def found(
        *args: Any, questions: Path | None, profile: str, budget: int | None, pilot: int | None,
        seed: int, documents: tuple[str, ...], columns: tuple[str, ...], again: bool,
        double: bool | None, parallel: int | None, long: Long | None, dry_run: bool,
        yes: bool, as_data: bool, store: Path | None, outputs: tuple[Path, ...], force: bool,
        **others: Any,
    ) -> Any:  # fmt: skip
        from longread.analysis.review import Request

        asked: tuple[Question, ...] = ()
        if questions:
            from longread.analysis.questions import read_questions

            asked = read_questions(questions)
        request = Request(
            questions=asked, budget=budget,
            pilot=pilot or 0, seed=seed, only=documents, columns=columns, again=again,
            double=double, parallel=parallel or 0, long=long, store=store, yes=yes,
        )  # fmt: skip
        return command(*args, run=Run(request, profile, dry_run, as_data, outputs, force), **others)

    made: Callable[..., Any] = stored(found)
    for option in reversed(OPTIONS):
        made = option(made)
    return made


def _stopped(store: Path | None, begun: Sequence[str]) -> str:
    """Say what is kept of a run that Ctrl-C ended."""
    from longread.store import open_store

    if not begun:
        return "stopped; nothing had been asked"
    with open_store(store) as opened:
        cells = len(opened.reviews.review(begun[0]).cells)
    return (
        f"stopped; {cells:,} cells are kept: the same command goes on,"
        f" or longread review resume {begun[0]}"
    )


async def _run(request: Request, how: Run, begun: list[str]) -> None:
    from longread.analysis.review import review
    from longread.export.review import data, table
    from longread.export.scores import data as score_data
    from longread.export.session import as_json
    from longread.store import open_store
    from longread.types import Progress
    from longread.types.reviews import Cell, Started

    id = ""
    with Meter() as meter:

        async def confirm(departure: Departure) -> bool:
            meter.clear()
            return confirm_departure(departure, "begin with --pilot 5")

        async with aclosing(review(request, confirm)) as events:
            async for event in events:
                match event:
                    case Progress():
                        meter.tell(event)
                    case Started():
                        id = event.review
                        begun.append(id)
                        meter.clear()
                        words = "begins" if event.fresh else "goes on"
                        click.echo(
                            f"review {id} {words}: {event.done:,} of {event.cells:,} cells done",
                            err=True,
                        )
                    case Cell():
                        pass
    with open_store(request.store) as store:
        kept = store.reviews.review(id)
        if not how.as_data:
            click.echo("\n".join(table(kept, id, width())))
        scores = how.scoring.measure(store, id) if how.scoring else None
    failed = len(kept.failed)
    if how.as_data:
        more = {"scores": score_data(scores)} if scores else {}
        click.echo(as_json({**data(kept, id), **more}))
    if how.scoring and scores:
        how.scoring.show(scores, id)
    if how.outputs:
        with open_store(request.store) as store:
            write(store, id, how.outputs, force=how.force)
    if failed:
        click.echo(
            f"{failed:,} cells failed: longread review resume {id} asks them again", err=True
        )
        raise SystemExit(1)


def _look_ahead(request: Request, as_data: bool) -> None:
    from longread.analysis.review import look_ahead
    from longread.export.session import as_json

    with Meter(quiet=as_data) as meter:
        found = look_ahead(request, meter.tell)
    if as_data:
        click.echo(as_json({**asdict(found), "locked": found.locked}))
    else:
        click.echo("\n".join(foreseen(found)))


def width() -> int:
    """Return how many characters a line of the terminal has."""
    import shutil

    return shutil.get_terminal_size((120, 24)).columns
