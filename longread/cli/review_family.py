"""`longread review family`: what is read together, as it is kept and as it seems to be."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from longread.cli.review_store import stored, there
from longread.errors import ConfigError
from longread.export.visible import line

if TYPE_CHECKING:
    from longread.analysis.families import Suggestion


@click.command()
@click.argument("review", default="")
@click.argument("document", default="")
@click.option("--of", "agreement", default="", metavar="AGREEMENT", help="It belongs to this one.")
@click.option("--alone", is_flag=True, help="It belongs to none, whatever it seems to be.")
@click.option("--accept-suggested", is_flag=True, help="Tie all of which the list is sure.")
@stored
@click.option("--json", "as_data", is_flag=True, help="Print JSON.")
def family(
    review: str, document: str, agreement: str, alone: bool, accept_suggested: bool,
    store: Path | None, as_data: bool,
) -> None:  # fmt: skip
    """Read amendments and exhibits with their agreement: REVIEW DOCUMENT --of AGREEMENT.

    Without a document, list what is tied in REVIEW (the newest if none is named) and what seems to
    belong together. Nothing is tied that nobody asked for. An agreement is asked again once what
    belongs to it has changed; its amendments and exhibits keep rows of their own.
    """
    from longread.analysis.families import openings, suggest, tie
    from longread.cli.review import _named
    from longread.export.session import as_json

    if document and (bool(agreement) == alone or accept_suggested):
        raise ConfigError(
            f"nothing is said of {document}, or more than one thing",
            hint="say --of AGREEMENT or --alone",
        )
    if not document and (agreement or alone):
        raise ConfigError("no document is named", hint="say REVIEW DOCUMENT --of AGREEMENT")
    with there(store) as opened:
        id = opened.reviews.resolve(review)
        if document:
            paths = [one.path for one in opened.reviews.head(id).documents]
            path = _named(document, paths, f"review {id}", "document")
            above = _named(agreement, paths, f"review {id}", "document") if agreement else ""
            tie(opened, id, path, above)
            said = f"is read with {line(above)}" if above else "is read alone"
            click.echo(f"{line(path)} {said}: longread review resume {id} asks anew", err=True)
            return
        kept = opened.reviews.families(id)
        found = suggest(openings(opened, id), kept)
        if accept_suggested:
            sure = {one.path: one.agreements[0] for one in found if one.sure}
            opened.reviews.keep_families(id, sure, by_person=False)
            click.echo(f"{len(sure):,} tied", err=True)
            found = [one for one in found if not one.sure]
            kept = opened.reviews.families(id)
    if as_data:
        click.echo(
            as_json({"review": id, "families": kept, "suggested": [asdict(one) for one in found]})
        )
    else:
        for text in listed(kept, found):
            click.echo(text)


def listed(kept: Mapping[str, str], found: Sequence[Suggestion]) -> Iterator[str]:
    """Yield what is tied, then what seems to belong together."""
    for agreement in sorted({above for above in kept.values() if above}):
        yield line(agreement)
        yield from (f"  + {line(path)}" for path, above in kept.items() if above == agreement)
    yield from (f"{line(path)}: alone" for path, above in kept.items() if not above)
    for one in found:
        whose = " or ".join(map(line, one.agreements)) or "nothing that is here"
        why = f", by {one.why}" if one.why else ""
        yield f"{line(one.path)}: {one.what}, {'' if one.sure else 'perhaps '}of {whose}{why}"
    if any(one.sure for one in found):
        yield "longread review family --accept-suggested ties those without “perhaps”"
    if not kept and not found:
        yield "nothing here seems to belong to another document"
