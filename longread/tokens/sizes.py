"""Numbers of tokens as people write them: 8192, 64k, 1M."""

from __future__ import annotations

import re

FACTORS = {"": 1, "k": 1_000, "m": 1_000_000, "ki": 1_024, "mi": 1_048_576}


def parse(text: str) -> int | None:
    """Return the number; k is 1,000, M 1,000,000, Ki 1,024 and Mi 1,048,576.

    None where it is no number, or 0.
    """
    found = re.fullmatch(r"(\d+(?:\.\d+)?)(k|m|ki|mi)?", text.lower().replace(",", ""))
    if not found or not float(found[1]):
        return None
    return int(float(found[1]) * FACTORS[found[2] or ""])


def label(number: int) -> str:
    """Return a number as short as it can be said exactly: "128Ki", "1M", "8,128"."""
    for unit in ("mi", "m", "ki", "k"):
        if number and number % FACTORS[unit] == 0:
            return f"{number // FACTORS[unit]:,}{unit if unit == 'k' else unit.capitalize()}"
    return f"{number:,}"
