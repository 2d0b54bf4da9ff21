"""`longread review score`, and `--gold` of a run: a review measured against gold."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from longread.cli.review_store import stored, there
from longread.errors import ConfigError, LongreadError

if TYPE_CHECKING:
    from longread.cli.review_run import Run
    from longread.store import Store
    from longread.types.reviews import Question
    from longread.types.scores import Gold, Scores

Command = Callable[..., Any]
KINDS = (".html", ".md", ".json", ".svg")
VALUED, BARE = ("--gold", "-o", "--report", "--store"), ("--complete", "--json", "--force")
"""Options of `score`, with a value and without."""


@dataclass(frozen=True, slots=True)
class Scoring:
    """Gold that was read, and where the report goes."""

    gold: tuple[Gold, ...]
    name: str
    complete: bool
    report: Path | None
    """None: a page beside the reader, named for the review."""
    force: bool
    quiet: bool
    """Whether no report is written unless one was asked for."""

    def measure(self, store: Store, id: str) -> Scores:
        """Measure a review that is kept."""
        from longread.analysis.scores import score_kept

        return score_kept(store, id, self.gold, self.name, complete=self.complete)

    def show(self, scores: Scores, id: str) -> None:
        """Print the figures of the whole, unless only data is wanted, and write the report."""
        from longread.export.scores import terminal

        if not self.quiet:
            click.echo("\n".join(terminal(scores)))
        if self.report or not self.quiet:
            path = self.report or Path(f"scores-{id}.html")
            _write(path, drawn(scores, path.suffix.lower()), force=self.force or not self.report)
            click.echo(f"{path} is written", err=True)


def drawn(scores: Scores, kind: str) -> str:
    """Return the report in the form that a file's suffix asks for."""
    from longread.export import forest
    from longread.export import scores as report
    from longread.export.session import as_json

    match kind:
        case ".md":
            return report.markdown(scores)
        case ".json":
            return as_json(report.data(scores)) + "\n"
        case ".svg":
            return forest.svg(scores)
        case _:
            return report.html(scores)


def _write(path: Path, text: str, *, force: bool) -> None:
    """Write a file whole or not at all, so that an earlier report is not lost half-way."""
    made = path.with_name(f".{path.name}.part")
    try:
        if not force and path.exists():
            raise FileExistsError
        made.write_text(text, encoding="utf-8")
        made.replace(path)
    except FileExistsError:
        raise LongreadError(
            f"{path} is already there", hint="add --force to write over it"
        ) from None
    except OSError as error:
        made.unlink(missing_ok=True)
        raise LongreadError(
            f"{path} cannot be written: {error.strerror}", hint="name another file"
        ) from error


def prepare(
    gold: Path | None,
    report: Path | None,
    *,
    complete: bool,
    force: bool = False,
    quiet: bool = False,
    questions: Sequence[Question] = (),
) -> Scoring | None:
    """Read gold and look at the report's place, before any work; None where there is no gold.

    Args:
        questions: those that will be asked, where they are known: gold must speak of one.

    Raises:
        LongreadError: gold cannot be read, speaks of nothing that is asked, or the report cannot be
            written.
    """
    from longread.analysis.gold import match, read_gold
    from longread.cli.probed import check_place
    from longread.types.reviews import Review, Reviewed

    if gold is None:
        if report or complete:
            raise ConfigError(
                "there is nothing to score with", hint="name the gold answers: --gold FILE.jsonl"
            )
        return None
    rows = read_gold(gold)
    if report:
        if report.suffix.lower() not in KINDS:
            raise ConfigError(
                f"{report} is no kind of report", hint=f"name a file that ends {', '.join(KINDS)}"
            )
        if report.exists() and not force:
            raise LongreadError(f"{report} is already there", hint="add --force to write over it")
        check_place(report)
    elif not quiet and not os.access(Path.cwd(), os.W_OK):
        raise LongreadError(
            f"no report can be written in {Path.cwd()}", hint="name a file for it with --report"
        )
    if questions:
        named = dict.fromkeys(row.document for row in rows)
        shelf = tuple(Reviewed(name, "") for name in named)
        match(rows, Review("", (), "", tuple(questions), shelf))
    return Scoring(rows, gold.name, complete, report, force, quiet)


OPTIONS = (
    click.option(
        "--gold",
        type=click.Path(path_type=Path, dir_okay=False),
        metavar="FILE",
        help="Measure against these answers and quotes, .jsonl.",
    ),
    click.option(
        "--complete", is_flag=True, help="What FILE does not name is not in its documents."
    ),
    click.option(
        "--report",
        type=click.Path(path_type=Path, dir_okay=False),
        metavar="FILE",
        help="The report of --gold: .html, .md, .json, .svg (its plot); else scores-ID.html.",
    ),
)


def scoring(command: Command) -> Command:
    """Give a command that runs a review what it needs to score it; it takes that with `run`."""

    @wraps(command)
    def found(
        *args: Any, run: Run, gold: Path | None, complete: bool, report: Path | None, **others: Any
    ) -> Any:
        made = prepare(
            gold, report, complete=complete, force=run.force, quiet=run.as_data,
            questions=run.request.questions,
        )  # fmt: skip
        return command(*args, run=replace(run, scoring=made), **others)

    made: Command = found
    for option in reversed(OPTIONS):
        made = option(made)
    return made


def alone(args: Sequence[str]) -> bool:
    """Whether the words after `review` name gold, but no source: then what is there is scored."""
    words = iter(args)
    for word in words:
        name, equals, _ = word.partition("=")
        if name in VALUED:
            if not equals:
                next(words, None)
        elif name not in BARE:
            return False
    return any(word.partition("=")[0] == "--gold" for word in args)


@click.command()
@click.argument("review", default="")
@click.option(
    "--gold",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    required=True,
    help="What is right: JSON lines with file, category, answer, quote.",
)
@click.option(
    "-o",
    "--report",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="The report: .html, .md, .json, .svg (its plot); else scores-ID.html here.",
)
@click.option("--complete", is_flag=True, help="What FILE does not name is not in its documents.")
@click.option("--force", is_flag=True, help="Write over the report if it is there.")
@stored
@click.option("--json", "as_data", is_flag=True, help="Print JSON.")
def score(
    review: str, gold: Path, report: Path | None, complete: bool, force: bool,
    store: Path | None, as_data: bool,
) -> None:  # fmt: skip
    """Measure REVIEW, the newest if none is named, against gold answers and quotes.

    Answers are compared by type, else by their words (token F1, exact); quotes by where they stand
    in the document. A person's corrections count apart.
    """
    from longread.export.scores import data
    from longread.export.session import as_json

    prepared = prepare(gold, report, complete=complete, force=force, quiet=as_data)
    assert prepared is not None
    with there(store) as opened:
        id = opened.reviews.resolve(review)
        found = prepared.measure(opened, id)
    if as_data:
        click.echo(as_json({"review": id, **data(found)}))
    prepared.show(found, id)
