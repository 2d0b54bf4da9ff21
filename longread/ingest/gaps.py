"""Which notes of the ledger say that a part of a document was not read.

Other notes merely inform: comments, deletions and hidden text are not what a reader of the document
sees, recognised pages and masked secrets stand in the text as such.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

GAPS = re.compile(
    r" not read: "
    r"|^damaged: what follows could not be read$"
    r"|^text under redactions left out: "
)
"""The notes that `docx`, `html`, `pdf` and `shelf` make of pictures, drawings, embedded files and
parts, attachments, damaged ends and redactions."""


def gaps(notes: Iterable[str]) -> tuple[str, ...]:
    """Return the notes that name something which the document says and its text does not."""
    return tuple(note for note in notes if GAPS.search(note))
