"""Two themes of longread's own, a dark and a light one, with text that everybody can read.

Every pair of text and ground that the screens use has a contrast of at least 4.5 to 1 (WCAG
2.1, AA), which a test measures. Textual's own themes can be chosen as well.
"""

from __future__ import annotations

from textual.theme import Theme

DARK = Theme(
    name="longread-dark",
    primary="#7fb4ff",
    secondary="#9ccfd8",
    accent="#f2c572",
    warning="#f2c572",
    error="#ff8f8f",
    success="#8fd694",
    foreground="#e6e6e6",
    background="#14171c",
    surface="#1a1e25",
    panel="#242a33",
    dark=True,
    variables={
        "block-cursor-background": "#7fb4ff",
        "block-cursor-foreground": "#10131a",
        "footer-key-foreground": "#f2c572",
        "input-selection-background": "#7fb4ff 35%",
    },
)
LIGHT = Theme(
    name="longread-light",
    primary="#1d4f91",
    secondary="#17606b",
    accent="#7a4a00",
    warning="#7a4a00",
    error="#a3161f",
    success="#1d6326",
    foreground="#1d2026",
    background="#fbfaf7",
    surface="#f3f1ec",
    panel="#e7e4dc",
    dark=False,
    variables={
        "block-cursor-background": "#1d4f91",
        "block-cursor-foreground": "#ffffff",
        "footer-key-foreground": "#7a4a00",
        "input-selection-background": "#1d4f91 25%",
    },
)
