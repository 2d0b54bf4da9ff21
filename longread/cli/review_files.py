"""`longread review export` and `import`: a review into files, and a changed spreadsheet back."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from longread.cli.review_store import stored, there
from longread.errors import ConfigError
from longread.export.visible import line

if TYPE_CHECKING:
    from longread.store import Store

MOST = 40
"""Corrections that are named before the rest is only counted."""


def write(
    store: Store, id: str, files: Sequence[Path], *, force: bool, all_pages: bool = False
) -> None:
    """Write a review into files, and say which."""
    from longread.analysis import exporting

    if not files:
        return
    made = exporting.export(store, id, files, force=force, all_pages=all_pages)
    for file in made:
        click.echo(f"{line(str(file))}: review {id}", err=True)
    for file, source in exporting.among_sources(store.reviews.head(id).sources, made):
        click.echo(
            f"note: {line(file.name)} lies in {line(source)}, so the next run reads it too",
            err=True,
        )


@click.command()
@click.argument("review", default="")
@click.option(
    "-o",
    "--output",
    "outputs",
    type=click.Path(path_type=Path),
    multiple=True,
    required=True,
    metavar="FILE",
    help="Where to write: .xlsx, .csv, .md, .html, .json or .bib; may be repeated.",
)
@click.option("--force", is_flag=True, help="Write over FILE if it is there.")
@click.option("--all-pages", is_flag=True, help="Into .html all text, not only what is cited.")
@stored
def export(
    review: str, outputs: tuple[Path, ...], force: bool, all_pages: bool, store: Path | None
) -> None:
    """Write REVIEW, the newest if none is named, into files.

    A .csv has two beside it, with _sources and _coverage in their names.
    """
    from longread.analysis.exporting import check

    check(outputs, force=force)
    with there(store) as opened:
        id = opened.reviews.resolve(review)
        write(opened, id, outputs, force=force, all_pages=all_pages)


@click.command("import")
@click.argument("named", nargs=-1, required=True, metavar="[REVIEW] FILE.xlsx")
@click.option("--dry-run", is_flag=True, help="Say what would be corrected, and keep nothing.")
@stored
def import_(named: tuple[str, ...], dry_run: bool, store: Path | None) -> None:
    """Keep what a person changed in an exported spreadsheet as corrections.

    An emptied cell says nothing; “not present” says that the document has none. Where one change
    cannot be taken, all such are named and none is kept.
    """
    from longread.analysis.corrections import keep, read_corrections

    if len(named) > 2:
        raise ConfigError(
            f"{len(named)} things are named, and one file is read at a time",
            hint="longread review import [REVIEW] FILE.xlsx",
        )
    file = Path(named[-1])
    with there(store) as opened:
        found = read_corrections(opened, file, named[0] if len(named) == 2 else "")
        for note in found.notes:
            click.echo(f"note: {line(note)}", err=True)
        for one in found.made[:MOST]:
            said = f"{one.path}, {one.question}: {one.before} → {one.after}"
            click.echo(f"{one.address}  {line(said)}")
        if (more := len(found.made) - MOST) > 0:
            click.echo(f"… {more:,} more")
        if not dry_run:
            keep(opened, found, file)
    many = "1 correction" if len(found.made) == 1 else f"{len(found.made):,} corrections"
    click.echo(f"review {found.review}: {many}{' would be' if dry_run else ''} kept", err=True)
