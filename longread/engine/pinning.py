"""Which of several servers a corpus goes to."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence


def order(urls: Sequence[str], pin: str) -> list[str]:
    """Return the addresses, the one that a corpus is pinned to first, then those to fall back on.

    By rendezvous hashing (Thaler and Ravishankar, 1998): each address is weighed with what is
    pinned, and the heaviest wins. One that is added or lost moves only the corpora that it wins or
    held, so the prefix caches of the others stay of use.
    """

    def weight(url: str) -> bytes:
        return hashlib.blake2b(f"{url}\0{pin}".encode("utf-8", "replace"), digest_size=16).digest()

    return sorted(dict.fromkeys(urls), key=weight, reverse=True)
