"""`longread tui`, and `longread` alone."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from longread.cli.sizes import Tokens
from longread.cli.sources import source_options
from longread.errors import ConfigError

if TYPE_CHECKING:
    from longread.ingest.read import Options


@click.command()
@click.argument("sources", nargs=-1, metavar="[SOURCE…]")
@click.option(
    "--continue",
    "session",
    is_flag=False,
    flag_value="",
    default=None,
    metavar="[SESSION]",
    help="Open a session; the newest if none is named.",
)
@click.option(
    "--review",
    is_flag=False,
    flag_value="",
    default=None,
    metavar="[REVIEW]",
    help="Open a review in the Grid; the newest if none is named.",
)
@click.option("--profile", default="", help="Which model, by profile; see longread profiles.")
@click.option("--budget", type=Tokens(), help="Tokens for prompt and answer, such as 64k or 1M.")
@source_options
@click.option(
    "--store",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="The file of sessions; matters can be kept apart.",
)
def tui(
    sources: tuple[str, ...], session: str | None, review: str | None, profile: str,
    budget: int | None, store: Path | None, options: Options,
) -> None:  # fmt: skip
    """Browse sessions, ask, and check every citation, in the terminal.

    SOURCE… is opened as a new session: folders, git repositories, URLs, PDFs.
    """
    from longread import config
    from longread.tui.app import LongreadApp

    if profile:
        # A name that means nothing is told here, not when something is opened.
        config.load_profile(profile)
    if sources and session is not None:
        raise ConfigError(
            "--continue goes on with the sources of its session",
            hint="leave the sources away, or leave --continue away",
        )
    if review is not None and (sources or session is not None):
        raise ConfigError(
            "--review opens a review, which has sources of its own",
            hint="leave the sources and --continue away, or leave --review away",
        )
    # Textual draws on standard error; a browser's tab has a driver of its own.
    if not (os.environ.get("TEXTUAL_DRIVER") or (sys.stdin.isatty() and sys.stderr.isatty())):
        raise ConfigError(
            "there is no terminal to draw on",
            hint="run it in one; longread ask and longread sessions need none",
        )
    app = LongreadApp(
        store, sources, session=session, review=review, profile=profile, budget=budget,
        options=options,
    )  # fmt: skip
    app.run()
    raise SystemExit(app.return_code or 0)
