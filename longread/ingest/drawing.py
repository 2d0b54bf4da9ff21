"""Pages of a PDF as pictures, drawn by PDFium in a worker process that may be lost.

A page that cannot be drawn is left out; nothing is raised for it, but for want of a password.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from io import BytesIO
from typing import Any, NamedTuple

from longread.errors import IngestError
from longread.ingest.pool import Account, Pool, WorkerError
from longread.tokens import tiles

SECONDS = 20.0
"""CPU seconds for a page."""
MEMORY = 1 << 30
"""Resident bytes of the worker."""


class Drawn(NamedTuple):
    """A page as a PNG, and its size in pixels."""

    page: int
    png: bytes
    width: int
    height: int


def draw(data: bytes, pages: Sequence[int], passwords: tuple[str, ...] = ()) -> Iterator[Drawn]:
    """Yield pages as they are drawn, as large as `longread.tokens.tiles` says.

    Args:
        data: the PDF.
        pages: physical pages, from 1.

    Raises:
        IngestError: none of the passwords opens it.
    """
    with Pool(__name__, "answer", MEMORY) as pool:
        for page in pages:
            account = Account(SECONDS, SECONDS)
            with suppress(WorkerError):
                for drawn in pool.ask({"page": page, "passwords": passwords}, data, account):
                    match drawn:
                        case {"width": int(width), "height": int(height), "data": bytes(png)}:
                            yield Drawn(page, png, width, height)
                        case {"locked": True}:
                            hint = "give its password again: --password, or --password-file"
                            raise IngestError("it needs its password", hint=hint)


def answer(message: Mapping[str, Any], data: bytes) -> Iterator[dict[str, object]]:
    """Be the worker: yield the picture of a page."""
    import pypdfium2

    for password in (None, *message["passwords"]):
        try:
            page = pypdfium2.PdfDocument(data, password=password)[message["page"] - 1]
        except pypdfium2.PdfiumError as error:
            if getattr(error, "err_code", None) == pypdfium2.raw.FPDF_ERR_PASSWORD:
                continue
            return
        except IndexError:
            return
        yield _drawn(page)
        return
    yield {"locked": True}


def _drawn(page: Any) -> dict[str, object]:  # pypdfium2 has no types
    points = page.get_size()
    width, height = tiles.fit(*points)
    scale = min(width / points[0], height / points[1])
    picture = page.render(scale=scale).to_pil().convert("RGB")
    # PDFium rounds up; a pixel more can be a row of tiles more.
    picture = picture.crop((0, 0, min(width, picture.width), min(height, picture.height)))
    made = BytesIO()
    picture.save(made, "PNG")
    return {"width": picture.width, "height": picture.height, "data": made.getvalue()}
