"""`longread web`: the screens of `longread tui`, in a browser."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import Any

import click

from longread.cli.tui import tui
from longread.export.visible import line

SECRET = "LONGREAD_WEB_TOKEN"  # noqa: S105
"""The environment variable with the token: unlike an argument, other users cannot see it."""


@click.command(params=[*tui.params])
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to bind to.")
@click.option(
    "--port", type=click.IntRange(0, 65535), help="Default: 8000, or the next that is free."
)
@click.option(
    "--token",
    envvar=SECRET,
    show_envvar=True,
    help="What opens the page; made if not given, and needed if --host is not this machine alone.",
)
@click.option("--public-url", default="", metavar="URL", help="Where a proxy shows it.")
@click.option("--open", "open_browser", is_flag=True, help="Open it in the browser.")
def web(
    host: str,
    port: int | None,
    token: str | None,
    public_url: str,
    open_browser: bool,
    **shown: Any,
) -> None:
    """Browse sessions, ask, and check every citation, in a browser on this machine.

    The screens and options of longread tui. Each tab is a program of its own. ctrl+c stops it.
    """
    from longread.tui.web import PORT, serve

    what = " ".join(map(line, shown["sources"])) or "your sessions"

    def tell(url: str, bound: int) -> None:
        moved = f" (port {PORT} is taken)" if port is None and bound != PORT else ""
        click.echo(f"longread serves {what} at {url}{moved}; ctrl+c stops it")

    serve(
        [sys.executable, "-m", "longread", "tui", *arguments(shown)],
        host=host,
        port=port,
        token=token,
        public_url=public_url,
        withheld=(SECRET,),
        open_browser=open_browser,
        tell=tell,
    )


def arguments(shown: dict[str, Any]) -> Iterator[str]:
    """Yield the words that say the same to `longread tui`."""
    for option in tui.params:
        value = shown[option.name or ""]
        if isinstance(option, click.Option) and value not in (None, option.default):
            for one in value if option.multiple else (value,):
                # An option whose value can be left out has a value for that.
                bare = one == "" and option.name in ("session", "review")
                yield option.opts[0] if bare else f"{option.opts[0]}={one}"
    yield "--"
    yield from shown["sources"]
