"""`longread review`: the same questions to every document, each cell cited, checked and kept."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from longread.cli.review_family import family
from longread.cli.review_files import export, import_
from longread.cli.review_run import Run, running, width
from longread.cli.review_scores import alone, score, scoring
from longread.cli.review_store import stored, there
from longread.cli.review_tables import listed, of_document, row_data, to_do, to_do_data
from longread.cli.sources import source_options
from longread.errors import ConfigError, StoreError, similar
from longread.export.visible import line

if TYPE_CHECKING:
    from longread.ingest.read import Options
    from longread.store import ReviewRow

Command = Callable[..., Any]


class Reviewing(click.Group):
    """A group whose first word may be a source: then it is a review that is to be run."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Put the command in front that may be left out."""
        if args and args[0] not in self.commands and args[0] not in ("-h", "--help"):
            args = ["score" if alone(args) else "run", *args]
        return super().parse_args(ctx, args)


def _json(command: Command) -> Command:
    return click.option("--json", "as_data", is_flag=True, help="Print JSON.")(command)


@click.group(cls=Reviewing)
def review() -> None:
    """Put the same questions to every document: longread review SOURCE… --questions FILE.

    Each cell of documents and questions is kept at once, with its value, quotes and verdicts.
    The same command goes on where it was stopped: what is there is not asked again, a changed
    question is asked of all documents, a changed document is asked all questions.
    """


review.add_command(score)
review.add_command(family)


@review.command()
@click.argument("sources", nargs=-1, required=True, metavar="SOURCE…")
@running
@scoring
@click.option("--new", is_flag=True, help="Begin another review of the same sources.")
@source_options
def run(sources: tuple[str, ...], run: Run, new: bool, options: Options) -> None:
    """Review SOURCE…: folders, PDFs, repositories, URLs. The word run may be left out."""
    run.go(sources=sources, new=new, options=options, passwords=options.passwords)


@review.command()
@click.argument("review", default="")
@running
@scoring
@click.option("--password", "passwords", multiple=True, help="Tried on encrypted PDFs.")
def resume(review: str, run: Run, passwords: tuple[str, ...]) -> None:
    """Go on with REVIEW, the newest if none is named: only what is missing is asked."""
    there(run.request.store).close()
    run.go(review=review, passwords=passwords)


@review.command()
@click.argument("review")
@click.argument("sources", nargs=-1, required=True, metavar="SOURCE…")
@running
@click.option("--password", "passwords", multiple=True, help="Tried on encrypted PDFs.")
def add(review: str, sources: tuple[str, ...], run: Run, passwords: tuple[str, ...]) -> None:
    """Add SOURCE… to the shelf of REVIEW, and ask what is missing."""
    there(run.request.store).close()
    run.go(review=review, sources=sources, passwords=passwords)


review.add_command(export)
review.add_command(import_)


@review.command("list")
@stored
@_json
def list_(store: Path | None, as_data: bool) -> None:
    """List the reviews, newest first."""
    from longread.export.session import as_json
    from longread.store import default_path

    rows: list[ReviewRow] = []
    if store or default_path().exists():
        with there(store) as opened:
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
@stored
@_json
def show(review: str, document: str, store: Path | None, as_data: bool) -> None:
    """Show REVIEW, by its id or the start of it; without one, the newest."""
    from longread.export.review import data, table
    from longread.export.session import as_json

    with there(store) as opened:
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
    lines = of_document(kept, path) if document else table(kept, id, width())
    click.echo("\n".join(lines))


@review.command()
@click.argument("review", default="")
@click.option("--all", "everything", is_flag=True, help="Also what a person has settled.")
@stored
@_json
def work(review: str, everything: bool, store: Path | None, as_data: bool) -> None:
    """List the cells of REVIEW in the order in which a person should look at them, and why.

    Failed ones come first, then unverified ones, those that lean on recognised text, the rest.
    """
    from longread.export.session import as_json

    with there(store) as opened:
        kept = opened.reviews.review(opened.reviews.resolve(review))
    if as_data:
        click.echo(as_json(to_do_data(kept, everything=everything)))
        return
    for text in to_do(kept, everything=everything):
        click.echo(text)


@review.command()
@click.argument("review")
@click.argument("document")
@click.argument("question")
@click.option("--accept", "kinds", flag_value="accepted", multiple=True, help="It is right.")
@click.option("--reject", "kinds", flag_value="rejected", multiple=True, help="It is wrong.")
@click.option(
    "--flag", "kinds", flag_value="flagged", multiple=True, help="Somebody must look at it."
)
@click.option(
    "--clear",
    "kinds",
    flag_value="cleared",
    multiple=True,
    help="Take back all that was said of it.",
)
@click.option("--value", multiple=True, help="It is this; may be repeated for a list.")
@click.option("--none", "nothing", is_flag=True, help="The document has none.")
@click.option("--note", default="", help="Why.")
@stored
def mark(
    review: str, document: str, question: str, kinds: tuple[str, ...], value: tuple[str, ...],
    nothing: bool, note: str, store: Path | None,
) -> None:  # fmt: skip
    """Say of the cell of DOCUMENT and QUESTION that it is right, wrong, or what it should be.

    With a pattern, as in "2024/*" and "*", it is said of all cells that there are. No later run
    changes what was said.
    """
    from longread.analysis import corrections, values
    from longread.types.reviews import Mark

    with there(store) as opened:
        id = opened.reviews.resolve(review)
        kept = opened.reviews.review(id)
        names = _meant(question, [one.name for one in kept.questions], f"review {id}", "question")
        paths = _meant(document, [one.path for one in kept.documents], f"review {id}", "document")
        if len(set(kinds)) + bool(value) + nothing != 1:
            raise ConfigError(
                "nothing was said of the cell, or more than one thing",
                hint="say one of --accept, --reject, --flag, --clear, --value VALUE, --none",
            )
        kind = kinds[0] if kinds else ""
        one_cell = len(names) == len(paths) == 1
        cleared = {key for key, said in kept.marks.items() if said.decision or said.flag}
        known = cleared if kind == "cleared" else set(kept.cells)
        cells = [(p, n) for p in paths for n in names if one_cell or (p, n) in known]
        if not cells:
            raise ConfigError(
                f"nothing was said of these cells of review {id}"
                if kind == "cleared"
                else f"review {id} has none of these cells yet",
                hint="longread review show tells which",
            )
        made = []
        for path, name in cells:
            said = None
            if value:
                asked = next(one for one in kept.questions if one.name == name)
                said = values.value(asked, value)
                if not (said.said and said.clear):
                    raise ConfigError(
                        f"{', '.join(map(repr, value))} is no {asked.kind} that can be told for"
                        " sure",
                        hint=corrections.written(asked) or "say --none where it has none",
                    )
            of_kind = Mark(kind, None, note) if kind else Mark("corrected", said, note)  # type: ignore[arg-type]
            made.append((path, name, of_kind))
        for path, name, one in made:
            opened.reviews.mark(id, path, name, one)
            click.echo(f"{line(path)}, {line(name)}: {one.kind}", err=True)


@review.command()
@click.argument("review")
@click.option("--yes", is_flag=True, help="Do not ask.")
@stored
def delete(review: str, yes: bool, store: Path | None) -> None:
    """Delete REVIEW with its cells, marks and texts. This cannot be undone."""
    from longread.analysis.forget import forget_review
    from longread.errors import LongreadError

    with there(store) as opened:
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


def _meant(said: str, known: Sequence[str], where: str, what: str) -> list[str]:
    """Return the names that a pattern is about, or the only one that is meant."""
    from fnmatch import fnmatchcase

    if said not in known and ("*" in said or "?" in said):
        fold = said.casefold()
        if found := [name for name in known if fnmatchcase(name.casefold(), fold)]:
            return found
    return [_named(said, known, where, what)]


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
