"""`longread engine`: the vLLM that longread installs, starts and stops."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from longread.cli.progress import Meter
from longread.errors import ConfigError
from longread.export.visible import line, visible

if TYPE_CHECKING:
    from longread.engine.metrics import Load


@click.group()
def engine() -> None:
    """Install, start, stop and watch the vLLM of this machine."""


@engine.command()
@click.argument("flavour", type=click.Choice(["cpu", "gpu"]))
@click.option("--force", is_flag=True, help="Install again, also where it is there.")
def install(flavour: str, force: bool) -> None:
    """Install vLLM into an environment of its own, for the CPU or an NVIDIA GPU."""
    from longread import config
    from longread.engine import environment, local

    with Meter() as meter:
        python = environment.install("cpu" if flavour == "cpu" else "gpu", meter.tell, force=force)
        if flavour == "cpu":
            model = local.model_dir(config.load_profile("embedded"), meter.tell)
            click.echo(f"embedded model: {model}", err=True)
    click.echo(f"engine: {python}", err=True)


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
    with Meter() as meter:
        running = local.start(chosen, meter.tell)
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
@click.option("-n", "--lines", default=50, show_default=True, help="How many lines.")
def logs(profile: str, lines: int) -> None:
    """Print the last lines of an engine's log."""
    from longread.engine import local

    click.echo(visible(local.log_tail(profile, lines)))
