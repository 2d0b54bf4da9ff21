"""`longread ask`."""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import click

from longread.cli.asking import STOPPED, confirm_departure, use_found
from longread.cli.progress import Meter
from longread.cli.sizes import Tokens
from longread.cli.sources import source_options
from longread.errors import ConfigError
from longread.export.visible import visible

if TYPE_CHECKING:
    from longread.analysis.ask import Request
    from longread.analysis.trust import Departure
    from longread.ingest.read import Options


@click.command()
@click.argument("sources", nargs=-1, metavar="SOURCE…")
@click.option("-q", "--question", default="", help="What you want to know.")
@click.option(
    "--continue",
    "session",
    is_flag=False,
    flag_value="",
    default=None,
    metavar="[SESSION]",
    help="Ask on in a session; the newest if none is named.",
)
@click.option("--profile", default="", help="Which model, by profile; see longread profiles.")
@click.option(
    "--strategy",
    type=click.Choice(["auto", "whole", "focus", "sweep"]),
    default="auto",
    help="whole: all in one prompt; focus: the best of it; auto: whole if it fits, else focus;"
    " sweep: all of it part by part, and what the parts say put together.",
)
@click.option("--budget", type=Tokens(), help="Tokens for prompt and answer, such as 64k or 1M.")
@click.option(
    "--parallel",
    type=click.IntRange(1, 256),
    metavar="N",
    help="With --strategy sweep: parts asked side by side.",
)
@click.option("--answer", type=Tokens(), help="Tokens this answer may have; else the profile's.")
@source_options
@click.option(
    "--store",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Keep the session in this file.",
)
@click.option(
    "--as-it-was",
    is_flag=True,
    help="With --continue: ask about the sources as they were when last asked.",
)
@click.option("--yes", is_flag=True, help="Send text to another machine without asking.")
@click.option("--json", "as_data", is_flag=True, help="Print the answer as JSON.")
def ask(
    sources: tuple[str, ...], question: str, session: str | None, profile: str,
    strategy: Literal["auto", "whole", "focus", "sweep"], budget: int | None,
    parallel: int | None, answer: int | None,
    store: Path | None, options: Options, as_it_was: bool, yes: bool, as_data: bool,
) -> None:  # fmt: skip
    """Ask a question about SOURCE…: folders, git repositories, URLs, PDFs.

    Without -q, the last argument is the question when no such path exists.
    """
    from longread.analysis.ask import Request
    from longread.analysis.engines import choose

    if not question and sources and not (Path(sources[-1]).exists() or "://" in sources[-1]):
        *rest, question = sources
        sources = tuple(rest)
    if not question.strip():
        raise ConfigError("no question was asked", hint='add -q "What …?"')
    if not sources and session is None:
        raise ConfigError(
            "no source was named", hint="name a folder, a repository or a PDF, or --continue"
        )
    if sources and session is not None:
        raise ConfigError(
            "--continue goes on with the sources of its session",
            hint="leave the sources away, or leave --continue away",
        )
    if as_it_was and session is None:
        raise ConfigError("--as-it-was goes with --continue", hint="leave --as-it-was away")
    chosen = choose(profile, use_found()) if session is None or profile else None
    request = Request(
        question, chosen, sources, session, options, budget,
        strategy=strategy, store=store, yes=yes, as_it_was=as_it_was, answer=answer,
        parallel=parallel or 0,
    )  # fmt: skip
    shown: list[str] = []
    try:
        asyncio.run(_run(request, as_data, shown))
    except (KeyboardInterrupt, click.Abort):
        click.echo(f"\n{_stopped(store, came=bool(shown))}", err=True)
        raise SystemExit(STOPPED) from None


def _stopped(store: Path | None, *, came: bool) -> str:
    """Say what is kept of an answer that Ctrl-C ended."""
    from longread.store import open_store

    if not came:
        return "stopped; nothing of an answer had come"
    with open_store(store) as opened:
        newest = max(opened.sessions(), key=lambda row: row.updated).id
    return f"stopped; what came is kept: longread sessions show {newest}"


async def _run(request: Request, as_data: bool, shown: list[str]) -> None:
    from longread.analysis.ask import ask as run
    from longread.analysis.sweep import Sweep
    from longread.cli.answers import below
    from longread.export.session import answer_data, as_json
    from longread.types import Answer, Finished, Progress, Text

    unread = False
    with Meter() as meter:

        async def confirm(departure: Departure) -> bool:
            meter.clear()
            if request.strategy == "sweep":
                return confirm_departure(departure, Sweep.less)
            return confirm_departure(departure)

        async with aclosing(run(request, confirm)) as events:
            async for event in events:
                match event:
                    case Progress():
                        if event.stage == "sweep" and event.note:
                            shown.append("")  # a finding is kept
                        meter.tell(event)
                    case Text(text):
                        shown.append(text)
                        meter.clear()
                        if not as_data:
                            click.echo(visible(text), nl=False)
                    case Finished() if not as_data:
                        # The answer's last line ends before anything else is said.
                        click.echo()
                    case Answer():
                        meter.clear()
                        # Parts that were not read are failures, and listed in its coverage.
                        unread = event.strategy == "sweep" and event.share < 1
                        if as_data:
                            click.echo(as_json({"session": event.session, **answer_data(event)}))
                        else:
                            click.echo("\n" + "\n".join(below(event)))
                            click.echo(
                                f"session {event.session}: longread sessions show {event.session},"
                                f' or longread ask --continue {event.session} -q "…"',
                                err=True,
                            )
                    case _:
                        pass
    if unread:
        raise SystemExit(1)
