"""Tokens of a picture for Llama 4, which cuts pictures into tiles.

The rule is that of Meta's `llama_models.llama4` (`preprocess.VariableSizeImageTransform` and
`chat_format._encode_image`, 2025): a picture is put on the canvas of at most 16 tiles of 336
pixels that fits it best; each tile takes 144 tokens, and so does the picture as a whole where it
has several.
"""

from __future__ import annotations

from fractions import Fraction

SIDE = 336
"""Pixels of a tile's side."""
MOST = 16
"""Tiles of a canvas."""
EACH = 144
"""Tokens of a tile: (336 / 14)² patches, of which four are joined into one."""
FRAME = 3
"""Tokens around a picture: where it starts, where it is shown as a whole, where it ends."""
NEARLY = 0.95
"""Part of the largest scale that is as good."""

CANVASES = tuple(
    (columns, tiles // columns)
    for tiles in range(1, MOST + 1)
    for columns in range(1, tiles + 1)
    if tiles % columns == 0
)
"""Columns and rows, smallest first."""


def canvas(width: int, height: int) -> tuple[int, int]:
    """Return the columns and rows of tiles that a picture of so many pixels is put on.

    The smallest canvas that need not make it smaller; else the one that makes it smaller least.
    """

    def scale(of: tuple[int, int]) -> Fraction:
        columns, rows = of
        return min(Fraction(columns * SIDE, width), Fraction(rows * SIDE, height))

    scales = [scale(each) for each in CANVASES]
    roomy = [s for s in scales if s >= 1]
    wanted = min(roomy) if roomy else max(scales)
    # Of equal ones the first, which is smallest, has least around the picture.
    return CANVASES[scales.index(wanted)]


def count(width: int, height: int) -> int:
    """Return the tokens of a picture of `width` × `height` pixels, separators included.

    Raises:
        ValueError: a side has no pixels.
    """
    if width < 1 or height < 1:
        raise ValueError(f"a picture of {width} × {height} pixels")
    columns, rows = canvas(width, height)
    if columns * rows == 1:
        return EACH + FRAME
    return (columns * rows + 1) * EACH + columns * rows + FRAME


def fit(width: float, height: float) -> tuple[int, int]:
    """Return the pixels at which a page shows most within `MOST` tiles and is not made smaller.

    A canvas of fewer tiles is taken where it shows the page nearly as large.

    Args:
        width: of the page, in any unit, as is `height`.
    """

    def scale(of: tuple[int, int]) -> float:
        return min(of[0] * SIDE / width, of[1] * SIDE / height)

    best = max(map(scale, CANVASES))
    chosen = next(each for each in CANVASES if scale(each) >= NEARLY * best)
    by = scale(chosen)
    return max(1, int(width * by)), max(1, int(height * by))
