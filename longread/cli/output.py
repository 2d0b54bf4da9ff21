"""How commands speak: nothing from a file or a model can steer the terminal."""

from __future__ import annotations

import re
from typing import NoReturn

import click

from longread.errors import EngineError, LongreadError
from longread.export.session import STEERING

CONTROLS = re.compile(f"[\x00-\x08\x0b-\x1f{STEERING}]")


def visible(text: str) -> str:
    """Return text in which control characters are pictures or escapes; lines and tabs stay."""
    return CONTROLS.sub(_picture, text.replace("\r\n", "\n"))


def line(text: str) -> str:
    """Return text made visible, on one line: for paths, titles and quotes."""
    return visible(text).replace("\n", "␊").replace("\t", "␉")


def _picture(found: re.Match[str]) -> str:
    code = ord(found[0])
    if code < 0x20:
        return chr(0x2400 + code)
    if code == 0x7F:
        return "␡"
    if code < 0x100:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def fail(error: LongreadError) -> NoReturn:
    """Say what went wrong and what to do about it, and end with 3 for the engine, else 2."""
    click.echo(f"error: {visible(str(error))}", err=True)
    click.echo(f"hint: {visible(error.hint)}", err=True)
    raise SystemExit(3 if isinstance(error, EngineError) else 2)
