"""`longread pack`."""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import click

from longread.cli.progress import Meter
from longread.cli.sizes import Tokens
from longread.cli.sources import source_options
from longread.errors import LongreadError
from longread.export.visible import line

if TYPE_CHECKING:
    from longread.ingest.read import Options
    from longread.types import Entry

REASONS = 4
"""Reasons that are named for what was not read."""


@click.command()
@click.argument("sources", nargs=-1, required=True, metavar="SOURCE…")
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Where to write; standard output if not given.",
)
@click.option(
    "--budget",
    type=Tokens(),
    default="128k",
    show_default=True,
    help="Tokens that the prompt may take.",
)
@click.option(
    "--tokenizer",
    default="llama4",
    show_default=True,
    help="Whose tokens count: llama4, or a model directory.",
)
@click.option(
    "-q", "--question", default="", help="Put last; what answers it is shown first of all."
)
@click.option("--format", "form", type=click.Choice(["text", "md", "json", "ids"]), default="text")
@click.option(
    "--ledger",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE.json",
    help="Write what is shown of every file and page, and why not all.",
)
@click.option(
    "--layout",
    default="",
    metavar="NAME",
    help="Begin as the last prompt under this name did, and append what changed since, so that an"
    " engine reads only that.",
)
@source_options
def pack(
    sources: tuple[str, ...], output: Path | None, budget: int, tokenizer: str, question: str,
    form: Literal["text", "md", "json", "ids"], ledger: Path | None, layout: str,
    options: Options,
) -> None:  # fmt: skip
    """Turn SOURCE… into one prompt that fits a budget. Needs no model and no network."""
    from longread.analysis.pack import pack as run
    from longread.export.session import ledger_data
    from longread.ingest.places import notes_of
    from longread.types import Level

    what = (sources, options, tokenizer, budget, question)
    notes = []
    with Meter() as meter:
        if layout:
            from longread.analysis.layouts import pack_on

            packed, note = pack_on(layout, *what, meter.tell)
            notes.append(note)
        else:
            packed = run(*what, meter.tell)
    for note in (*notes_of(packed.corpus.sources), *notes):
        click.echo(note, err=True)
    if ledger:
        _write(ledger, [(json.dumps(ledger_data(packed.ledger)) + "\n").encode()])
    parts = {"text": packed.text, "md": packed.markdown, "json": packed.data}
    content = (
        [packed.ids()]
        if form == "ids"
        else (part.encode("utf-8", "surrogatepass") for part in parts[form]())
    )
    if output:
        _write(output, content)
    else:
        for part in content:
            sys.stdout.buffer.write(part)
        sys.stdout.buffer.flush()
    files = packed.ledger.files
    full = sum(entry.level is Level.FULL for entry in files)
    click.echo(
        f"{packed.ledger.tokens:,} of {budget:,} tokens; {full:,} of {len(files):,} files in full",
        err=True,
    )
    read = {document.path for document in packed.corpus.documents}
    if told := _unread([entry for entry in files if entry.path not in read]):
        click.echo(f"{told}; {ledger or '--ledger FILE'} names them", err=True)


def _unread(entries: Sequence[Entry]) -> str:
    """Say how many files were not read, and why; empty where all were."""
    from longread.analysis.answering import not_read

    if not entries:
        return ""
    # Where a link leads, and the like, differs from file to file.
    reasons = Counter(e.reason.partition(":")[0].partition(" to ")[0] for e in entries)
    named = [f"{n:,} {line(reason)}" for reason, n in reasons.most_common()]
    return not_read(len(entries), named, REASONS)


def _write(path: Path, parts: Iterable[bytes]) -> None:
    try:
        with path.open("wb") as file:
            file.writelines(parts)
    except OSError as error:
        raise LongreadError(
            f"{path} cannot be written: {error.strerror}", hint="name another file"
        ) from error
