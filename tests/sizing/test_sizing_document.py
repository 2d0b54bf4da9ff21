"""docs/sizing.md is what docs/sizing.py makes of the published figures and of ours."""

from __future__ import annotations

import runpy
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent


def test_the_published_tables_stand_beside_figures_that_are_still_ours() -> None:
    made = runpy.run_path(str(ROOT / "docs" / "sizing.py"))["document"]()
    there = (ROOT / "docs" / "sizing.md").read_text(encoding="utf-8")
    assert made == there, "run: python docs/sizing.py, look at what changed, and commit it"
    assert "30,946,492,416" in made
