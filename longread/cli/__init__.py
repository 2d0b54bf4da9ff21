"""The command line: each command is a few lines over `longread.analysis`.

Commands are imported when they are used, so that `longread --help` loads nothing heavy.
"""

from __future__ import annotations

import gc
import importlib
import sys
from io import TextIOWrapper

import click

from longread import __version__
from longread.cli.asking import STOPPED
from longread.cli.output import fail
from longread.errors import LongreadError, similar

COMMANDS = {
    "ask": "longread.cli.ask:ask",
    "pack": "longread.cli.pack:pack",
    "review": "longread.cli.review:review",
    "plan": "longread.cli.plan:plan",
    "probe": "longread.cli.probe:probe",
    "sessions": "longread.cli.sessions:sessions",
    "profiles": "longread.cli.profiles:profiles",
    "engine": "longread.cli.engine:engine",
    "tui": "longread.cli.tui:tui",
    "web": "longread.cli.web:web",
    "cache": "longread.cli.cache:cache",
    "doctor": "longread.cli.doctor:doctor",
}
"""Command names and where they live."""


class LazyGroup(click.Group):
    """A group whose commands are imported when one of them is called or described."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names, in the order people need them."""
        return list(COMMANDS)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command that is named, or say which one may be meant."""
        name = args[0]
        if name not in COMMANDS and (close := similar(name, COMMANDS)):
            ctx.fail(f"No such command {name!r}. Did you mean {close!r}?")
        return super().resolve_command(ctx, args)

    def invoke(self, ctx: click.Context) -> object:
        """Run a command; one that Ctrl-C ends says so, and ends as shells expect it."""
        try:
            return super().invoke(ctx)
        except (KeyboardInterrupt, click.Abort):
            click.echo("\nstopped", err=True)
            raise SystemExit(STOPPED) from None

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import one command."""
        if cmd_name not in COMMANDS:
            return None
        module, _, attribute = COMMANDS[cmd_name].partition(":")
        command: click.Command = getattr(importlib.import_module(module), attribute)
        return command


@click.group(
    cls=LazyGroup,
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"]},
)
@click.version_option(__version__, prog_name="longread")
@click.pass_context
def longread(ctx: click.Context) -> None:
    """Ask a long-context model about a whole repository or a whole shelf of PDFs.

    Without a command, the terminal interface.

    Exit codes: 0 done, 1 done with failures listed, 2 wrong usage or unusable input,
    3 the engine failed and what came is saved, 130 Ctrl-C ended it.
    """
    if ctx.invoked_subcommand is None:
        if not (sys.stdin.isatty() and sys.stdout.isatty()):
            click.echo(ctx.get_help())
            return
        command = longread.get_command(ctx, "tui")
        assert command is not None
        ctx.invoke(command)


def main() -> None:
    """Run the command line; what longread raises on purpose becomes one line and a hint."""
    # A command ends before what it made could be worth collecting often.
    gc.set_threshold(200_000, 20, 20)
    for stream in (sys.stdout, sys.stderr):
        # A terminal that cannot show § or ✓ shows their numbers; it must not end the program.
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    try:
        longread(prog_name="longread")
    except LongreadError as error:
        fail(error)
