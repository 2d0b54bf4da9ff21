"""Questions to a person at a terminal: each waits for a yes, and Ctrl-C ends it at once."""

from __future__ import annotations

import signal
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING

import click

from longread.errors import TrustError

if TYPE_CHECKING:
    from longread.analysis.trust import Departure
    from longread.config import Profile

STOPPED = 130
"""Exit code of a command that Ctrl-C ended: 128 and the signal's number, as shells have it."""


def confirm(words: str) -> bool:
    """Ask for a yes or a no.

    Raises:
        click.Abort: Ctrl-C, or the end of the input.
    """
    # asyncio takes Ctrl-C for itself and only cancels a task, which this question keeps waiting.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        return click.confirm(words, err=True)
    finally:
        signal.signal(signal.SIGINT, before)


def confirm_departure(
    departure: Departure, less: str = "lower --budget", *, patient: bool = True
) -> bool:
    """Ask whether text may leave this machine, or money and minutes may be spent.

    Args:
        less: what makes it cost less, as a hint.
        patient: whether what only takes long is begun where there is no terminal to ask at.

    Raises:
        TrustError: there is no terminal to ask at.
    """
    click.echo(f"{departure.words}", err=True)
    if sys.stdin.isatty():
        return confirm("Send it?" if departure.host else "Ask?")
    if not departure.host and not departure.price:
        if patient:
            return True  # it takes long, and who could say no is not there
        raise TrustError(
            "nothing was asked: it may take long, and there is no terminal to ask at",
            hint=f"say --yes, or {less}",
        )
    if not departure.host:
        raise TrustError(
            "nothing was asked: it is dear, and there is no terminal to ask at",
            hint=f"say --yes, {less}, or raise dollars under [ask] in config.toml",
        )
    raise TrustError(
        f"nothing was sent to {departure.host}: there is no terminal to ask at",
        hint=f'say --yes, or put "{departure.host}" under [trust] hosts in config.toml',
    )


def use_found() -> Callable[[Profile], bool] | None:
    """Return what asks whether an engine found here is to be used; None without a terminal."""
    if not sys.stdin.isatty():
        return None
    return lambda found: confirm(f"{found.name} was found at {found.url}. Use it?")
