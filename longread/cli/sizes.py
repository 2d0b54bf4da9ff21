"""Numbers of tokens as people write them: 8192, 64k, 1M."""

from __future__ import annotations

import re

import click

FACTORS = {"": 1, "k": 1_000, "m": 1_000_000, "ki": 1_024, "mi": 1_048_576}


class Tokens(click.ParamType[int]):
    """A number of tokens; k is 1,000, M 1,000,000, Ki 1,024 and Mi 1,048,576."""

    name = "tokens"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> int:
        """Return the number."""
        if isinstance(value, int):
            return value
        found = re.fullmatch(r"(\d+(?:\.\d+)?)(k|m|ki|mi)?", str(value).lower().replace(",", ""))
        if not found or not float(found[1]):
            self.fail(f"{value!r} is not a number of tokens; write 8192, 64k or 1M", param, ctx)
        return int(float(found[1]) * FACTORS[found[2] or ""])
