"""Texts that are read when they are asked for, so that a large corpus does not hold them.

What was read lately is kept for a while: a text is seldom asked for only once.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from hashlib import blake2b

from longread.errors import IngestError
from longread.ingest import secrets
from longread.ingest.folder import Found
from longread.ingest.secrets import Mask
from longread.ingest.text import decode
from longread.recent import Recent

DIGEST = 32
"""Bytes of a digest."""
KEPT = 16 * 2**20
"""Characters of texts that are kept."""


class ChangedError(IngestError):
    """A file that is not any more what it was when it was read first."""


@dataclass(frozen=True, slots=True)
class Text:
    """How the text of one file is read again; equal to another that reads the same."""

    content_id: str
    path: str = field(compare=False)
    again: Callable[[], Found] = field(compare=False)
    digest: bytes = field(compare=False)
    """Of the bytes it was read from, by `digest_of`."""
    encoding: str = field(compare=False)
    masks: tuple[Mask, ...] = field(compare=False)

    def __call__(self) -> str:
        """Return the text.

        Raises:
            ChangedError: the file has changed, or is gone.
        """
        if (kept := RECENT.get(self.content_id)) is not None:
            return kept
        found = self.again()
        if found.reason or digest_of(found.data) != self.digest:
            why = found.reason or "it is another file now"
            raise ChangedError(
                f"{self.path} has changed while it was used ({why})",
                hint="ask again: what is there now is read anew",
            )
        text = secrets.apply(decode(found.data, self.encoding)[0], self.masks)
        RECENT.put(self.content_id, text)
        return text


RECENT: Recent[str, str] = Recent(KEPT, len)
"""By content id."""


def digest_of(data: bytes) -> bytes:
    """Return `DIGEST` bytes that name `data`."""
    return blake2b(data, digest_size=DIGEST).digest()
