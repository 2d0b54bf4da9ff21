"""Numbers of tokens as options of the command line."""

from __future__ import annotations

import click

from longread.tokens.sizes import parse


class Tokens(click.ParamType[int]):
    """A number of tokens; k is 1,000, M 1,000,000, Ki 1,024 and Mi 1,048,576."""

    name = "tokens"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> int:
        """Return the number."""
        if isinstance(value, int):
            return value
        number = parse(str(value))
        if number is None:
            self.fail(f"{value!r} is not a number of tokens; write 8192, 64k or 1M", param, ctx)
        return number
