"""The options that say how sources are read; commands that read sources share them."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

import click

if TYPE_CHECKING:
    from longread.ingest.read import Options

Function = TypeVar("Function", bound=Callable[..., Any])
OPTIONS = (
    click.option("--rev", default="", help="Read a repository at this commit, branch or tag."),
    click.option(
        "--secrets",
        type=click.Choice(["mask", "keep"]),
        default="mask",
        help="Whether credentials are blotted out.",
    ),
    click.option(
        "--password", "passwords", multiple=True, help="Tried on encrypted PDFs; may be repeated."
    ),
)


def source_options(function: Function) -> Function:
    """Give a command --rev, --secrets and --password."""
    for option in reversed(OPTIONS):
        function = option(function)
    return function


def read_options(rev: str, secrets: str, passwords: tuple[str, ...]) -> Options:
    """Return what those options say."""
    from longread.ingest.read import Options

    return Options(rev, "keep" if secrets == "keep" else "mask", passwords)
