"""The options that say how sources are read; commands that read sources share them."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import IO, Any, TypeVar, cast

import click

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
    click.option(
        "--password-file",
        "password_file",
        type=click.File("rb"),
        help="A file of passwords to try, one a line.",
    ),
    click.option(
        "--include",
        multiple=True,
        metavar="PATTERN",
        help="Read only files that match, as in .gitignore; may be repeated.",
    ),
    click.option(
        "--exclude",
        multiple=True,
        metavar="PATTERN",
        help="Leave out files that match; the ledger names them.",
    ),
    click.option(
        "--only-kind",
        "kinds",
        multiple=True,
        metavar="KIND[,KIND]",
        help="Leave out files of other kinds: source, test, docs, config, data, generated, …",
    ),
    click.option(
        "--level",
        "levels",
        multiple=True,
        metavar="PATTERN=LEVEL",
        help="Show what matches at a level: full, signatures_doc, signatures, outline, path, none.",
    ),
    click.option(
        "--own-settings",
        "own",
        type=click.Choice(["allow", "ignore"]),
        help="Whether a repository's .longread.toml is used; by default that of a local one is.",
    ),
    click.option(
        "--diff",
        default="",
        metavar="REV",
        help="Show also, behind the files, what changed since a commit, branch or tag.",
    ),
    click.option(
        "--log",
        type=click.IntRange(0),
        default=0,
        metavar="N",
        help="Show also the last N commits: date, subject, files.",
    ),
)


def source_options(function: Function) -> Function:
    """Give a command the options that say how sources are read; it takes them as `options`."""

    @wraps(function)
    def command(
        *args: Any,
        rev: str,
        secrets: str,
        passwords: tuple[str, ...],
        password_file: IO[bytes] | None,
        include: tuple[str, ...],
        exclude: tuple[str, ...],
        kinds: tuple[str, ...],
        levels: tuple[str, ...],
        own: str | None,
        diff: str,
        log: int,
        **others: Any,
    ) -> Any:
        from longread import config
        from longread.ingest.read import Options
        from longread.ingest.select import Selection, Sieve, check_kinds, parse_levels

        selection = Selection(include, exclude, check_kinds(kinds), parse_levels(levels))
        Sieve(selection).check()
        options = Options(
            rev,
            "keep" if secrets == "keep" else "mask",
            (
                *passwords,
                *config.passwords_in(password_file.read() if password_file else b""),
                *config.passwords(),
            ),
            selection,
            "allow" if own == "allow" else "ignore" if own == "ignore" else "",
            diff,
            log,
        )
        return function(*args, options=options, **others)

    found: Any = command
    for option in reversed(OPTIONS):
        found = option(found)
    return cast(Function, found)
