"""Pictures are counted as Llama 4 counts them."""

from __future__ import annotations

import pytest

from longread.tokens import tiles

CANVASES = (
    (1, 1, 1, 1), (336, 336, 1, 1), (337, 336, 2, 1), (336, 337, 1, 2), (672, 672, 2, 2),
    (1344, 1344, 4, 4), (5000, 5000, 4, 4), (1344, 336, 4, 1), (5376, 336, 16, 1),
    (336, 5376, 1, 16), (9000, 10, 16, 1), (10, 9000, 1, 16), (1700, 2200, 4, 4),
    (2550, 3300, 4, 4), (612, 792, 2, 3), (1240, 1754, 3, 5), (2480, 3508, 3, 5),
    (1654, 2339, 3, 5), (800, 600, 3, 2), (1920, 1080, 5, 3), (1080, 1920, 3, 5), (967, 1243, 3, 4),
    (2412, 1314, 5, 3), (1019, 2652, 2, 6), (911, 2256, 3, 5), (2133, 1006, 5, 3),
    (3674, 2007, 5, 3), (11, 2965, 1, 9), (1321, 2159, 3, 5), (543, 2511, 2, 8), (1490, 2351, 3, 5),
    (2203, 132, 7, 1), (2826, 255, 9, 1), (1006, 1528, 3, 5), (2802, 976, 6, 2), (2230, 2516, 4, 4),
    (3941, 664, 8, 2), (2003, 2855, 3, 5), (2801, 2917, 4, 4), (1919, 3099, 3, 5),
    (927, 2949, 2, 7), (1913, 2072, 4, 4), (3062, 1457, 5, 3), (3620, 2618, 5, 3),
    (1679, 902, 5, 3), (3883, 3305, 4, 4), (2056, 138, 7, 1), (3112, 2513, 4, 4), (51, 1539, 1, 5),
    (3026, 531, 8, 2), (3374, 3143, 4, 4), (900, 901, 3, 3), (2478, 1749, 5, 3), (3260, 2557, 4, 4),
    (2298, 2746, 4, 4), (3777, 2994, 4, 4), (3670, 406, 10, 1), (2437, 2, 8, 1), (3489, 641, 8, 2),
    (733, 1660, 3, 5),
)  # fmt: skip
"""Width, height, and the columns and rows that `get_best_fit` of `llama_models.llama4.preprocess`
(0.3) chooses, for sides of pages and screens and some drawn by chance."""


@pytest.mark.parametrize(("width", "height", "columns", "rows"), CANVASES)
def test_pictures_are_put_on_the_canvas_that_the_model_chooses(
    width: int, height: int, columns: int, rows: int
) -> None:
    assert tiles.canvas(width, height) == (columns, rows)
    assert columns * rows <= tiles.MOST


def spelt(columns: int, rows: int) -> int:
    """Count tokens as `chat_format._encode_image` of `llama_models.llama4` lays them out."""
    patches = ["<|patch|>"] * 144
    tokens = ["<|image_start|>"]
    if columns * rows > 1:
        for _ in range(rows):
            for column in range(columns):
                tokens += patches
                if column < columns - 1:
                    tokens.append("<|tile_x_separator|>")
            tokens.append("<|tile_y_separator|>")
    return len([*tokens, "<|image|>", *patches, "<|image_end|>"])


@pytest.mark.parametrize(("width", "height", "columns", "rows"), CANVASES)
def test_tokens_are_those_that_are_spelt_out(
    width: int, height: int, columns: int, rows: int
) -> None:
    assert tiles.count(width, height) == spelt(columns, rows)


def test_a_picture_has_pixels() -> None:
    with pytest.raises(ValueError, match="0 × 5 pixels"):
        tiles.count(0, 5)
