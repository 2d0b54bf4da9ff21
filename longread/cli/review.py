"""`longread review`: the same questions to every document, each cell cited, checked and kept."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable, Sequence
from contextlib import aclosing
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from longread.cli.asking import confirm_departure, use_found
from longread.cli.progress import Meter
from longread.cli.review_tables import foreseen, listed, of_document, row_data
from longread.cli.sizes import Tokens
from longread.cli.sources import source_options
from longread.errors import ConfigError, StoreError, similar
from longread.export.visible import line

if TYPE_CHECKING:
    from longread.analysis.review import Request
    from longread.analysis.trust import Departure
    from longread.ingest.read import Options
    from longread.store import ReviewRow, Store
    from longread.types.reviews import Question

Command = Callable[..., Any]


class Reviewing(click.Group):
    """A group whose first word may be a source: then it is a review that is to be run."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Put the command in front that may be left out."""
        if args and args[0] not in self.commands and args[0] not in ("-h", "--help"):
            args = ["run", *args]
        return super().parse_args(ctx, args)


def _stored(command: Command) -> Command:
    return click.option(
        "--store",
        type=click.Path(path_type=Path, dir_okay=False),
        metavar="FILE",
        help="The file that keeps it; matters can be kept apart.",
    )(command)


def _json(command: Command) -> Command:
    return click.option("--json", "as_data", is_flag=True, help="Print JSON.")(command)


def _running(command: Command) -> Command:
    """Give a command the options of a run."""
    for option in (
        click.option("--json", "as_data", is_flag=True, help="Print JSON."),
        click.option("--yes", is_flag=True, help="Send text, and spend, without asking."),
        click.option(
            "--parallel", type=click.IntRange(1), help="Questions to one document side by side."
        ),
        click.option("--seed", type=int, default=0, help="Another one draws another pilot."),
        click.option("--pilot", type=click.IntRange(1), help="Only N documents, drawn at random."),
        click.option("--budget", type=Tokens(), help="Tokens for prompt and answer: 64k, 1M."),
        click.option("--profile", default="", help="Which model; see longread profiles."),
        click.option(
            "--questions",
            type=click.Path(path_type=Path, dir_okay=False),
            metavar="FILE",
            help="The questions: .toml, .yaml or .csv.",
        ),
    ):
        command = option(command)
    return _stored(command)


@click.group(cls=Reviewing)
def review() -> None:
    """Put the same questions to every document: longread review SOURCE… --questions FILE.

    Each cell of documents and questions is kept at once, with its value, quotes and verdicts.
    The same command goes on where it was stopped: what is there is not asked again, a changed
    question is asked of all documents, a changed document is asked all questions.
    """


@review.command()
@click.argument("sources", nargs=-1, required=True, metavar="SOURCE…")
@_running
@click.option("--dry-run", is_flag=True, help="Say what it would take, and ask nothing.")
@click.option("--new", is_flag=True, help="Begin another review of the same sources.")
@click.option("--again", is_flag=True, help="Ask anew for what another model answered.")
@source_options
def run(
    sources: tuple[str, ...], questions: Path | None, profile: str, budget: int | None,
    pilot: int | None, seed: int, parallel: int | None, store: Path | None, yes: bool,
    as_data: bool, dry_run: bool, new: bool, again: bool, options: Options,
) -> None:  # fmt: skip
    """Review SOURCE…: folders, PDFs, repositories, URLs. The word run may be left out."""
    from longread.analysis.engines import choose
    from longread.analysis.review import Request

    asked = _questions(questions)
    request = Request(
        choose(profile, use_found()), sources, asked, new=new, options=options,
        passwords=options.passwords, budget=budget, pilot=pilot or 0, seed=seed, again=again,
        parallel=parallel or 0, store=store, yes=yes,
    )  # fmt: skip
    if dry_run:
        _look_ahead(request, as_data)
    else:
        asyncio.run(_run(request, as_data))


@review.command()
@click.argument("review", default="")
@_running
@click.option("--again", is_flag=True, help="Ask anew for what another model answered.")
@click.option("--dry-run", is_flag=True, help="Say what it would take, and ask nothing.")
@click.option("--password", "passwords", multiple=True, help="Tried on encrypted PDFs.")
def resume(
    review: str, questions: Path | None, profile: str, budget: int | None, pilot: int | None,
    seed: int, parallel: int | None, store: Path | None, yes: bool, as_data: bool, again: bool,
    dry_run: bool, passwords: tuple[str, ...],
) -> None:  # fmt: skip
    """Go on with REVIEW, the newest if none is named: only what is missing is asked."""
    from longread.analysis.engines import choose
    from longread.analysis.review import Request

    _there(store)
    request = Request(
        choose(profile, use_found()) if profile else None, (), _questions(questions), review,
        passwords=passwords, budget=budget, pilot=pilot or 0, seed=seed, again=again,
        parallel=parallel or 0, store=store, yes=yes,
    )  # fmt: skip
    if dry_run:
        _look_ahead(request, as_data)
    else:
        asyncio.run(_run(request, as_data))


@review.command()
@click.argument("review")
@click.argument("sources", nargs=-1, required=True, metavar="SOURCE…")
@_running
@click.option("--password", "passwords", multiple=True, help="Tried on encrypted PDFs.")
def add(
    review: str, sources: tuple[str, ...], questions: Path | None, profile: str,
    budget: int | None, pilot: int | None, seed: int, parallel: int | None, store: Path | None,
    yes: bool, as_data: bool, passwords: tuple[str, ...],
) -> None:  # fmt: skip
    """Add SOURCE… to the shelf of REVIEW, and ask what is missing."""
    from longread.analysis.engines import choose
    from longread.analysis.review import Request

    _there(store)
    request = Request(
        choose(profile, use_found()) if profile else None, sources, _questions(questions), review,
        passwords=passwords, budget=budget, pilot=pilot or 0, seed=seed, parallel=parallel or 0,
        store=store, yes=yes,
    )  # fmt: skip
    asyncio.run(_run(request, as_data))


@review.command("list")
@_stored
@_json
def list_(store: Path | None, as_data: bool) -> None:
    """List the reviews, newest first."""
    from longread.export.session import as_json
    from longread.store import default_path

    rows: list[ReviewRow] = []
    if store or default_path().exists():
        with _there(store) as opened:
            rows = opened.reviews.listed()
    if as_data:
        click.echo(as_json([row_data(row) for row in rows]))
    elif rows:
        for row in rows:
            for text in listed(row):
                click.echo(text)
    else:
        click.echo("no reviews yet: longread review SOURCE --questions FILE starts one", err=True)


@review.command()
@click.argument("review", default="")
@click.option("--document", default="", metavar="PATH", help="All that is known of one document.")
@_stored
@_json
def show(review: str, document: str, store: Path | None, as_data: bool) -> None:
    """Show REVIEW, by its id or the start of it; without one, the newest."""
    from longread.export.review import data, table
    from longread.export.session import as_json

    with _there(store) as opened:
        id = opened.reviews.resolve(review)
        kept = opened.reviews.review(id)
    if document:
        path = _named(document, [one.path for one in kept.documents], f"review {id}", "document")
    if as_data:
        said = data(kept, id)
        if document:
            said["documents"] = [d for d in said["documents"] if d["path"] == path]
        click.echo(as_json(said))
        return
    lines = of_document(kept, path) if document else table(kept, id, _width())
    click.echo("\n".join(lines))


@review.command()
@click.argument("review")
@click.argument("document")
@click.argument("question")
@click.option("--accept", "kind", flag_value="accepted", help="It is right.")
@click.option("--reject", "kind", flag_value="rejected", help="It is wrong.")
@click.option("--flag", "kind", flag_value="flagged", help="Somebody must look at it.")
@click.option("--value", multiple=True, help="It is this; may be repeated for a list.")
@click.option("--none", "nothing", is_flag=True, help="The document has none.")
@click.option("--note", default="", help="Why.")
@_stored
def mark(
    review: str, document: str, question: str, kind: str | None, value: tuple[str, ...],
    nothing: bool, note: str, store: Path | None,
) -> None:  # fmt: skip
    """Say of the cell of DOCUMENT and QUESTION that it is right, wrong, or what it should be.

    No later run changes what was said.
    """
    from longread.analysis import values
    from longread.types.reviews import Mark

    with _there(store) as opened:
        id = opened.reviews.resolve(review)
        kept = opened.reviews.head(id)
        names = [one.name for one in kept.questions]
        name = _named(question, names, f"review {id}", "question")
        path = _named(document, [one.path for one in kept.documents], f"review {id}", "document")
        if sum(map(bool, (kind, value, nothing))) != 1:
            raise ConfigError(
                "nothing was said of the cell, or more than one thing",
                hint="say one of --accept, --reject, --flag, --value VALUE, --none",
            )
        said = None
        if value:
            asked = next(one for one in kept.questions if one.name == name)
            said = values.value(asked, value)
            if not said.clear:
                raise ConfigError(
                    f"{', '.join(map(repr, value))} is no {asked.kind} that can be told for sure",
                    hint="write a date as 2005-03-04, an amount as USD 1200.50, yes or no",
                )
        made = Mark(kind, None, note) if kind else Mark("corrected", said, note)  # type: ignore[arg-type]
        opened.reviews.mark(id, path, name, made)
    click.echo(f"{line(path)}, {line(name)}: {made.kind}", err=True)


@review.command()
@click.argument("review")
@click.option("--yes", is_flag=True, help="Do not ask.")
@_stored
def delete(review: str, yes: bool, store: Path | None) -> None:
    """Delete REVIEW with its cells, marks and texts. This cannot be undone."""
    from longread.analysis.forget import forget_review
    from longread.errors import LongreadError

    with _there(store) as opened:
        if not review:
            raise StoreError("no review is named", hint="longread review list shows them")
        id = opened.reviews.resolve(review)
        if not yes:
            if not sys.stdin.isatty():
                raise LongreadError(
                    f"review {id} is not deleted: there is no terminal to ask at",
                    hint="add --yes if you are sure",
                )
            title = line(opened.reviews.head(id).title)
            click.confirm(f"Delete review {id} (“{title}”) for good?", abort=True, err=True)
        forget_review(opened, id)
    click.echo(f"deleted review {id}", err=True)


async def _run(request: Request, as_data: bool) -> None:
    from longread.analysis.review import review as run
    from longread.export.review import data, table
    from longread.export.session import as_json
    from longread.store import open_store
    from longread.types import Progress
    from longread.types.reviews import Cell, Started

    id, failed = "", 0
    with Meter() as meter:

        async def confirm(departure: Departure) -> bool:
            meter.clear()
            return confirm_departure(departure, "begin with --pilot 5")

        async with aclosing(run(request, confirm)) as events:
            async for event in events:
                match event:
                    case Progress():
                        meter.tell(event)
                    case Started():
                        id = event.review
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
    failed = sum(cell.state == "failed" for cell in kept.cells.values())
    if as_data:
        click.echo(as_json(data(kept, id)))
    else:
        click.echo("\n".join(table(kept, id, _width())))
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


def _questions(path: Path | None) -> tuple[Question, ...]:
    from longread.analysis.questions import read_questions

    return read_questions(path) if path else ()


def _there(store: Path | None) -> Store:
    """Open what is there: a mistyped name must not make an empty store."""
    from longread.store import default_path, open_store

    path = store or default_path()
    if not path.exists():
        raise StoreError(
            f"there is no store at {path}", hint="longread review SOURCE --questions FILE makes one"
        )
    return open_store(path)


def _named(said: str, known: Sequence[str], where: str, what: str) -> str:
    """Return the name that is meant: itself, or the only one that contains it."""
    if said in known:
        return said
    found = [name for name in known if said.casefold() in name.casefold()]
    if len(found) == 1:
        return found[0]
    close = similar(said, known)
    raise ConfigError(
        f"{where} has {'no' if not found else 'more than one'} {what} {said!r}",
        hint=f"did you mean {close!r}?" if close else f"longread review show names each {what}",
    )


def _width() -> int:
    import shutil

    return shutil.get_terminal_size((120, 24)).columns
