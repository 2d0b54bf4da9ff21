"""`longread sessions`: what was asked, answered and cited, read from the store."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterator
from itertools import accumulate
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from longread.cli.answers import below
from longread.errors import LongreadError, StoreError
from longread.export.visible import line, visible

if TYPE_CHECKING:
    from datetime import datetime

    from longread.store import Found, Row, Store
    from longread.types import Answer, Session

Command = Callable[..., Any]


def _store(command: Command) -> Command:
    return click.option(
        "--store",
        "store_path",
        type=click.Path(path_type=Path, dir_okay=False),
        metavar="FILE",
        help="The file of sessions; matters can be kept apart.",
    )(command)


def _json(command: Command) -> Command:
    return click.option("--json", "as_data", is_flag=True, help="Print JSON.")(command)


@click.group()
def sessions() -> None:
    """List, show, search, export and delete what was asked."""


@sessions.command("list")
@_store
@_json
def list_(store_path: Path | None, as_data: bool) -> None:
    """List the sessions, newest first."""
    from longread.export.session import as_json
    from longread.store import default_path

    rows: list[Row] = []
    if store_path or default_path().exists():
        with _open(store_path) as store:
            rows = store.sessions()
    if as_data:
        click.echo(as_json([_row(row) for row in rows]))
    elif rows:
        for text in _table(rows):
            click.echo(text)
    else:
        click.echo("no sessions yet: longread ask SOURCE -q QUESTION starts one", err=True)


@sessions.command()
@click.argument("session", default="")
@_store
@_json
def show(session: str, store_path: Path | None, as_data: bool) -> None:
    """Show SESSION, by its id or the start of it; without one, the newest."""
    from longread.export.session import as_json

    with _open(store_path) as store:
        row, kept = _read(store, session)
        if as_data:
            click.echo(as_json(_data(row, kept)))
        else:
            click.echo("\n".join(_report(row, kept)))


@sessions.command()
@click.argument("words", nargs=-1, required=True)
@_store
@_json
def search(words: tuple[str, ...], store_path: Path | None, as_data: bool) -> None:
    """List the sessions in which one text has all WORDS, best first.

    Looked at are questions, answers, quotes, and the title, places and file names of sources.
    Identifiers are found by their parts, the last word also by its beginning; a phrase stands in
    quotation marks: '"read the index"'.
    """
    from longread.export.session import as_json
    from longread.store import default_path

    found: list[Found] = []
    rows: dict[str, Row] = {}
    if store_path or default_path().exists():
        with _open(store_path) as store:
            found = store.search(" ".join(words))
            rows = {row.id: row for row in store.sessions()}
    # A session may have been deleted between the two.
    found = [hit for hit in found if hit.session in rows]
    if as_data:
        click.echo(as_json([_hit(hit, rows[hit.session]) for hit in found]))
    elif found:
        for text in _hits(found, rows):
            click.echo(text)
    else:
        click.echo(f"nothing says {line(' '.join(words))}", err=True)


@sessions.command()
@click.argument("session", default="")
@click.option("--format", "form", type=click.Choice(["md", "json"]), default="md")
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Where to write; standard output if not given.",
)
@click.option("--force", is_flag=True, help="Write over FILE if it is there.")
@_store
def export(
    session: str, form: str, output: Path | None, force: bool, store_path: Path | None
) -> None:
    """Write SESSION (the newest, if none is named) as Markdown or JSON."""
    from longread.export.session import as_json, markdown

    with _open(store_path) as store:
        row, kept = _read(store, session)
        if form == "json":
            text = as_json(_data(row, kept)) + "\n"
        else:
            text = visible(markdown(kept, row.id))
    if output is None:
        click.echo(text, nl=False)
        return
    try:
        with output.open("w" if force else "x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError:
        raise LongreadError(
            f"{output} is already there", hint="add --force to write over it"
        ) from None
    except OSError as error:
        raise LongreadError(
            f"{output} cannot be written: {error.strerror}", hint="name another file with -o"
        ) from error
    click.echo(f"{output}: session {row.id}", err=True)


@sessions.command()
@click.argument("session")
@click.option("--yes", is_flag=True, help="Do not ask.")
@_store
def delete(session: str, yes: bool, store_path: Path | None) -> None:
    """Delete SESSION and every text that no other session needs. This cannot be undone."""
    from longread.analysis.forget import forget

    with _open(store_path) as store:
        if not session:
            raise StoreError("no session is named", hint="longread sessions list shows them")
        short = store.resolve(session)
        row = next(row for row in store.sessions() if row.id == short)
        if not yes:
            if not sys.stdin.isatty():
                raise LongreadError(
                    f"session {short} is not deleted: there is no terminal to ask at",
                    hint="add --yes if you are sure",
                )
            what = f"“{line(row.title)}”, {_answers(row.answers)}"
            click.confirm(f"Delete session {short} ({what}) for good?", abort=True, err=True)
        forget(store, short)
    click.echo(f"deleted session {short}", err=True)


def _open(store_path: Path | None) -> Store:
    """Open what is there: reading must not make an empty store where a name was mistyped."""
    from longread.store import default_path, open_store

    path = store_path or default_path()
    if not path.exists():
        raise StoreError(f"there is no store at {path}", hint="longread ask SOURCE starts one")
    return open_store(path)


def _read(store: Store, session: str) -> tuple[Row, Session]:
    short = store.resolve(session)
    return next(row for row in store.sessions() if row.id == short), store.session(short)


def _data(row: Row, kept: Session) -> dict[str, Any]:
    from longread.export.session import data

    times = {"created": row.created.isoformat(), "updated": row.updated.isoformat()}
    return data(kept, row.id, **times)


def _row(row: Row) -> dict[str, Any]:
    return {
        "id": row.id,
        "title": row.title,
        "sources": list(row.sources),
        "profile": row.profile,
        "answers": row.answers,
        "tokens": row.tokens,
        "share": row.share,
        "state": _state(row),
        "created": row.created.isoformat(),
        "updated": row.updated.isoformat(),
    }


def _hit(hit: Found, row: Row) -> dict[str, Any]:
    from longread.store import HIT

    pieces = re.split(f"[{''.join(HIT)}]", hit.snippet)
    ends = list(accumulate(map(len, pieces)))
    return {
        "session": hit.session,
        "title": row.title,
        "updated": row.updated.isoformat(),
        "kind": hit.kind,
        "answer": hit.answer,
        "snippet": "".join(pieces),
        "hits": list(zip(ends[:-1:2], ends[1::2], strict=True)),
    }


def _hits(found: list[Found], rows: dict[str, Row]) -> Iterator[str]:
    from longread.store import HIT

    sessions: dict[str, list[Found]] = {}
    for hit in found:
        sessions.setdefault(hit.session, []).append(hit)
    for session, hits in sessions.items():
        row = rows[session]
        yield f"{row.id}  {_when(row.updated)}  {line(row.title)}"
        for hit in hits:
            kind = hit.kind if hit.answer is None else f"{hit.kind} {hit.answer + 1}"
            marked = re.sub(r"\s+", " ", hit.snippet).replace(HIT[0], "«").replace(HIT[1], "»")
            yield f"          {kind:<12} {line(marked)}"


def _state(row: Row) -> str:
    """Say what is with an answer that is not finished; empty where all are."""
    if not row.owners:
        return ""
    from longread.analysis.drafts import alive

    return "answering now" if any(map(alive, row.owners)) else "cut"


def _answers(n: int) -> str:
    return f"{n:,} answer" if n == 1 else f"{n:,} answers"


def _when(time: datetime) -> str:
    return time.astimezone().strftime("%Y-%m-%d %H:%M")


def _table(rows: list[Row]) -> Iterator[str]:
    from longread.export.session import percent
    from longread.ingest.places import few

    for row in rows:
        facts = (
            _answers(row.answers),
            f"{row.tokens:,} of {row.budget:,} tokens before a question",
            f"{percent(row.share)} in full",
            line(row.profile),
            *filter(None, [_state(row)]),
        )
        yield f"{row.id}  {_when(row.updated)}  {line(row.title)}"
        yield f"          {', '.join(facts)}; {line(few(row.sources))}"


def _report(row: Row, kept: Session) -> Iterator[str]:
    from longread.export.session import added_up, coverage

    yield f"{line(kept.title)}"
    yield f"session {row.id}, profile {line(kept.profile)}, {_when(row.updated)}"
    for source in kept.sources:
        version = f" at {source.version}" if source.version else ""
        note = f": {source.note}" if source.note else ""
        yield line(f"source {source.location} ({source.way}){version}{note}")
    yield from map(line, coverage(kept.ledger))
    match _state(row):
        case "answering now":
            yield "! an answer is being written now: what has come of it is shown as cut"
        case "cut":
            yield "! a program ended while it wrote an answer: asking on judges its citations"
    for number, answer in enumerate(kept.answers, start=1):
        yield ""
        yield from _answer(number, answer)
    if words := added_up(kept.answers):
        yield ""
        yield words


def _answer(number: int, answer: Answer) -> Iterator[str]:
    from longread.export.session import said

    yield f"{number}. {visible(answer.question)}"
    yield ""
    yield visible(said(answer))
    yield ""
    yield from below(answer)
