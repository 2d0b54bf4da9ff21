"""`longread probe`."""

from __future__ import annotations

import asyncio
import sys
from contextlib import aclosing
from pathlib import Path
from typing import TYPE_CHECKING

import click

from longread.cli.asking import STOPPED, confirm, confirm_departure, use_found
from longread.cli.probed import check_place, say, show, show_likelihood
from longread.cli.progress import Meter
from longread.cli.sizes import Tokens
from longread.cli.sources import source_options
from longread.errors import ConfigError

if TYPE_CHECKING:
    from longread.analysis.planting import Request
    from longread.analysis.trust import Departure
    from longread.ingest.read import Options
    from longread.prompt.needles import Kind
    from longread.types.probes import Probe


class List(click.ParamType[tuple[str, ...]]):
    """Several values with commas between them."""

    name = "list"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[str, ...]:
        """Return the values."""
        if isinstance(value, tuple):
            return value
        return tuple(part.strip() for part in str(value).split(",") if part.strip())


class Share(click.FloatRange):
    """A share; what is no number is none."""

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> float:
        """Return the share."""
        found: float = super().convert(value, param, ctx)  # type: ignore[arg-type]
        if found != found:
            self.fail(f"{value} is no number.", param, ctx)
        return found


LOWEST = 0.5
"""Share that must be right at least for a window to be recorded."""
MOST = 1_000
"""Trials at each length and depth: more narrow no bound that anybody decides by."""


@click.command()
@click.argument("sources", nargs=-1, metavar="[SOURCE…]")
@click.option("--profile", default="", help="Which model, by profile; see longread profiles.")
@click.option(
    "--lengths",
    type=List(),
    default="",
    metavar="1k,4k,…",
    help="Tokens of prompt and answer together; doublings up to the profile's window if not given.",
)
@click.option(
    "--depths",
    type=List(),
    default="10,30,50,70,90",
    show_default=True,
    help="Where facts are planted: per cent of the corpus before them.",
)
@click.option(
    "--trials",
    type=click.IntRange(1, MOST),
    default=4,
    show_default=True,
    help="At each length and depth; the kinds take turns.",
)
@click.option(
    "--kinds",
    "planted",
    type=List(),
    default="number,phrase,hop,count",
    show_default=True,
    help="number, phrase: one fact; hop: one names another; count: several are counted.",
)
@click.option(
    "--threshold",
    type=Share(0, 1, min_open=True),
    default=0.8,
    show_default=True,
    help="Share of answers that must be right, 0 to 1.",
)
@click.option(
    "--confidence",
    type=Share(0.5, 1, max_open=True),
    default=0.9,
    show_default=True,
    help="Of the lower bound of that share, 0.5 to 1.",
)
@click.option("--seed", type=int, default=0, show_default=True, help="Other facts for another.")
@click.option(
    "--answer",
    type=Tokens(),
    default="64",
    show_default=True,
    help="Tokens an answer may have; a model that thinks first needs more.",
)
@source_options
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE.svg|.html",
    help="Draw the grid into this file too.",
)
@click.option(
    "--likelihood",
    is_flag=True,
    help="Plant nothing: measure how well the model foresees the corpus, by position.",
)
@click.option("--dry-run", "dry", is_flag=True, help="Say what it would take, and ask nothing.")
@click.option("--record", is_flag=True, help="Make what passed the profile's trusted window.")
@click.option(
    "--store",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Keep the trials in this file.",
)
@click.option("--yes", is_flag=True, help="Spend and send without asking; see --record.")
@click.option("--json", "as_data", is_flag=True, help="Print the trials as JSON.")
def probe(
    sources: tuple[str, ...], profile: str, lengths: tuple[str, ...], depths: tuple[str, ...],
    trials: int, planted: tuple[str, ...], threshold: float, confidence: float, seed: int,
    answer: int, options: Options, output: Path | None, dry: bool, record: bool,
    likelihood: bool, store: Path | None, yes: bool, as_data: bool,
) -> None:  # fmt: skip
    """Find out how long a prompt PROFILE's model can be trusted with, on SOURCE….

    Facts are planted in it at each length and depth, asked for, and scored. Without SOURCE the
    corpus is longread's own code. A probe that was ended goes on where it was.
    """
    from longread.analysis.engines import choose
    from longread.analysis.planting import Request, too_few

    if output and output.suffix not in (".svg", ".html"):
        raise ConfigError(
            f"{output} is neither a picture nor a page", hint="name a file that ends .svg or .html"
        )
    if output:
        check_place(output)
    if record and threshold < LOWEST:
        raise ConfigError(
            f"a window is not recorded as trusted where only {threshold:.0%} must be right",
            hint=f"raise --threshold to {LOWEST} at least, or leave --record away",
        )
    request = Request(
        choose(profile, use_found()), sources, _lengths(lengths), _depths(depths), trials,
        _kinds(planted), seed, threshold, confidence, answer, options, store, yes, dry,
    )  # fmt: skip
    if record and (words := too_few(request)):
        raise ConfigError(words, hint="raise --trials, or leave --record away")
    if likelihood:
        asyncio.run(_measure(request, output, as_data))
    else:
        kept: list[int] = []
        try:
            asyncio.run(_run(request, output, record, as_data, kept))
        except (KeyboardInterrupt, click.Abort):
            words = f"stopped; {sum(kept):,} trials are kept, and the same command goes on"
            click.echo(f"\n{words}", err=True)
            raise SystemExit(STOPPED) from None


def _lengths(values: tuple[str, ...]) -> tuple[int, ...]:
    from longread.tokens.sizes import parse

    found = [parse(value) for value in values]
    if None in found:
        wrong = values[found.index(None)]
        raise ConfigError(f"{wrong!r} is not a length", hint="write --lengths 1k,4k,16Ki")
    return tuple(n for n in found if n)


def _depths(values: tuple[str, ...]) -> tuple[int, ...]:
    for value in values:
        if not value.isdecimal() or int(value) > 100:
            raise ConfigError(
                f"{value!r} is not a depth", hint="write per cent of the corpus: --depths 10,50,90"
            )
    return tuple(map(int, values))


def _kinds(values: tuple[str, ...]) -> tuple[Kind, ...]:
    from longread.prompt.needles import KINDS

    known: dict[str, Kind] = {kind: kind for kind in KINDS}
    for value in values:
        if value not in known:
            raise ConfigError(f"{value!r} is no kind of fact", hint=f"known are {', '.join(KINDS)}")
    return tuple(known[value] for value in values) or KINDS


async def _run(
    request: Request, output: Path | None, record: bool, as_data: bool, kept: list[int]
) -> None:
    from longread.analysis.planting import LESS
    from longread.analysis.probe import Estimate
    from longread.analysis.probe import probe as run
    from longread.types import Progress
    from longread.types.probes import Probe, Trial

    made: Probe | None = None
    with Meter() as meter:

        async def allowed(departure: Departure) -> bool:
            meter.clear()
            return confirm_departure(departure, LESS, patient=False)

        async with aclosing(run(request, allowed)) as events:
            async for event in events:
                match event:
                    case Progress():
                        meter.tell(event)
                    case Estimate():
                        meter.clear()
                        kept.append(event.kept)
                        say(event, request, as_data)
                    case Trial():
                        kept.append(1)
                    case Probe():
                        made = event
                        meter.clear()
                        # Of a server that is not there a table would show nothing.
                        if made.trials:
                            show(made, output, as_data)
                    case _:
                        pass
    if made and not request.dry:
        _record(request, made, record)


async def _measure(request: Request, output: Path | None, as_data: bool) -> None:
    from longread.analysis import spending
    from longread.analysis.likelihood import likelihood as run
    from longread.analysis.planting import LESS
    from longread.types import Progress, Prompt, Usage
    from longread.types.probes import Likelihood

    with Meter() as meter:

        async def allowed(departure: Departure) -> bool:
            meter.clear()
            return confirm_departure(departure, LESS, patient=False)

        async with aclosing(run(request, allowed)) as events:
            async for event in events:
                match event:
                    case Progress():
                        meter.tell(event)
                    case Prompt():
                        meter.clear()
                        cost = spending.price(request.profile, Usage(event.size, 1))
                        priced = f", at most ${cost:,.2f}" if cost else ""
                        click.echo(f"one request, {event.size:,} tokens{priced}", err=True)
                    case Likelihood():
                        meter.clear()
                        show_likelihood(event, output, as_data)
                    case _:
                        pass


def _record(request: Request, made: Probe, record: bool) -> None:
    """Make what was found the trusted window, if the person says so."""
    from longread.analysis import probe as flow

    name, found = request.profile.name, made.trusted
    if not record:
        if found is None or found.length == request.profile.trusted or made.threshold < LOWEST:
            return
        change = (
            f"the trusted window of {name} from {request.profile.trusted:,} to {found.length:,}"
        )
        if not sys.stdin.isatty():
            click.echo(f"--record changes {change} tokens", err=True)
            return
        if not confirm(f"Change {change} tokens?"):
            return
    path = flow.record(request.profile, made)
    assert found is not None
    click.echo(f"{path}: {name} is trusted to {found.length:,} tokens from now on", err=True)
