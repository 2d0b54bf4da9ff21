"""How commands fail: one line, a hint, an exit code."""

from __future__ import annotations

from typing import NoReturn

import click

from longread.errors import EngineError, LongreadError
from longread.export.visible import visible


def fail(error: LongreadError) -> NoReturn:
    """Say what went wrong and what to do about it, and end with 3 for the engine, else 2."""
    click.echo(f"error: {visible(str(error))}", err=True)
    click.echo(f"hint: {visible(error.hint)}", err=True)
    raise SystemExit(3 if isinstance(error, EngineError) else 2)
