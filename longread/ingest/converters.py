"""What a worker does with a document that is no PDF. It runs in a worker process alone."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from longread.ingest import docx, html
from longread.ingest.writer import TooMuchError

FORMS = {"docx": docx.convert, "html": html.convert}


def answer(message: dict[str, Any], data: bytes) -> Iterator[dict[str, object]]:
    """Yield what the document says, or the reason why that cannot be told."""
    try:
        yield FORMS[message["form"]](data, message["most"])
    except TooMuchError:
        yield {"reason": "too much text"}
    except MemoryError:
        yield {"reason": "memory"}
