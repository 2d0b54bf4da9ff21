"""`longread profiles`: which models there are, and whether one can be asked."""

from __future__ import annotations

import asyncio
from dataclasses import asdict, fields

import click

from longread import config
from longread.cli.progress import Meter
from longread.errors import ConfigError, LongreadError
from longread.export.visible import line


@click.group()
def profiles() -> None:
    """List, show, add and test the models that can be asked."""


@profiles.command("list")
@click.option("--json", "as_data", is_flag=True, help="Print as JSON.")
def list_(as_data: bool) -> None:
    """List all profiles."""
    from longread.export.session import as_json

    broken: list[LongreadError] = []
    found = []
    for name in config.profile_names():
        try:
            found.append(config.load_profile(name))
        except ConfigError as error:
            broken.append(error)
    if as_data:
        click.echo(as_json([asdict(profile) for profile in found]))
    else:
        default = config.settings().profile
        width = max((len(profile.name) for profile in found), default=0)
        for profile in found:
            star = " (your default)" if profile.name == default else ""
            click.echo(
                f"{profile.name:<{width}} {profile.window:>10,} tokens  {line(profile.about)}{star}"
            )
    for problem in broken:
        click.echo(f"error: {problem}; {problem.hint}", err=True)
    if broken:
        raise SystemExit(1)


@profiles.command()
@click.argument("name")
@click.option("--json", "as_data", is_flag=True, help="Print as JSON.")
def show(name: str, as_data: bool) -> None:
    """Show every setting of a profile."""
    from longread.export.session import as_json

    profile = config.load_profile(name)
    if as_data:
        click.echo(as_json(asdict(profile)))
        return
    for one in fields(profile):
        click.echo(f"{one.name} = {getattr(profile, one.name)!r}{_since(profile, one.name)}")


def _since(profile: config.Profile, key: str) -> str:
    """Say what a trusted window was found from, where longread probe found it."""
    found = config.earned(profile) if key == "trusted" else None
    if not found:
        return ""
    return (
        f" (longread probe, {found.date}: {found.right:,} of {found.n:,} right, at least"
        f" {int(found.lower * 100)} %)"
    )


@profiles.command()
@click.argument("name")
@click.argument("values", nargs=-1, required=True, metavar="KEY=VALUE…")
@click.option("--like", default="", help="Start from the settings of this profile.")
@click.option("--force", is_flag=True, help="Write over a profile of that name.")
def add(name: str, values: tuple[str, ...], like: str, force: bool) -> None:
    """Add a profile of your own: longread profiles add house --like vllm url=http://gpu:8000/v1.

    Values are TOML, and numbers of tokens may be 64k or 1M; what is not TOML is text.
    """
    import tomllib

    from longread.tokens.sizes import parse

    settings: dict[str, object] = {}
    given: set[str] = set()
    numbers = {one.name for one in fields(config.Profile) if one.type == "int"}
    if like:
        settings = asdict(config.load_profile(like))
        del settings["name"]
        settings = {
            key: list(value) if isinstance(value, tuple) else value
            for key, value in settings.items()
        }
    for pair in values:
        key, equals, value = pair.partition("=")
        if not equals:
            raise ConfigError(f"{pair!r} sets nothing", hint="write KEY=VALUE")
        try:
            settings[key.strip()] = tomllib.loads(f"value = {value}")["value"]
        except tomllib.TOMLDecodeError:
            size = parse(value) if key.strip() in numbers else None
            settings[key.strip()] = value if size is None else size
        given.add(key.strip())
    window, trusted = settings.get("window"), settings.get("trusted")
    if "trusted" not in given and isinstance(window, int) and isinstance(trusted, int):
        settings["trusted"] = min(trusted, window)
    path = config.add_profile(name, settings, force=force or like == name)
    click.echo(f"{path}; longread profiles test {name} tries it", err=True)


@profiles.command()
@click.argument("name")
def test(name: str) -> None:
    """Ask a profile's model for one word, and compare its tokens with ours."""
    from longread.analysis.check import check

    with Meter() as meter:
        findings = asyncio.run(check(config.load_profile(name), meter.tell))
    for finding in findings:
        click.echo(f"{'✓' if finding.good else '✗'} {line(finding.text)}")
        if finding.hint:
            click.echo(f"  {line(finding.hint)}")
    if not all(finding.good for finding in findings):
        raise SystemExit(1)
