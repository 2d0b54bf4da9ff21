"""Pages become pictures of the size that a model sees best; what cannot be drawn is left out."""

from __future__ import annotations

from io import BytesIO

import pytest
from fpdf import FPDF
from PIL import Image

from longread.errors import IngestError
from longread.ingest.drawing import draw
from longread.tokens import tiles


def sheet(*, size: tuple[float, float] = (210, 297), password: str = "") -> bytes:
    made = FPDF(format=size)
    if password:
        made.set_encryption("owner", password)
    made.set_font("helvetica", size=20)
    for colour in ((255, 0, 0), (0, 0, 255)):
        made.add_page()
        made.set_fill_color(*colour)
        made.rect(0, 0, size[0], size[1] / 2, "F")
    return bytes(made.output())


def test_pages_are_drawn_as_they_look() -> None:
    first, second = draw(sheet(), [1, 2])
    for drawn, colour in ((first, (255, 0, 0)), (second, (0, 0, 255))):
        picture = Image.open(BytesIO(drawn.png))
        assert picture.format == "PNG"
        assert picture.size == (drawn.width, drawn.height) == tiles.fit(210, 297)
        assert picture.getpixel((drawn.width // 2, drawn.height // 4)) == colour
        assert picture.getpixel((drawn.width // 2, drawn.height - 9)) == (255, 255, 255)


def test_pages_of_any_shape_fit_the_tiles_they_are_made_for() -> None:
    for size in ((210, 297), (297, 210), (100, 100), (1000, 30), (30, 1000), (216, 356)):
        (drawn,) = draw(sheet(size=size), [2])
        columns, rows = tiles.canvas(drawn.width, drawn.height)
        assert columns * rows <= tiles.MOST
        assert drawn.width <= columns * tiles.SIDE
        assert drawn.height <= rows * tiles.SIDE
        assert max(drawn.width / columns, drawn.height / rows) > tiles.SIDE - 2


def test_what_cannot_be_drawn_is_left_out() -> None:
    assert [drawn.page for drawn in draw(sheet(), [9, 2, 0])] == [2]
    assert list(draw(b"no PDF at all", [1])) == []
    locked = sheet(password="sesame")
    with pytest.raises(IngestError, match="needs its password") as error:
        list(draw(locked, [1], ("wrong",)))
    assert "--password-file" in error.value.hint
    assert [drawn.page for drawn in draw(locked, [1], ("wrong", "sesame"))] == [1]
