"""What the documents show of the screens is what the program shows."""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).parents[2]
AGAIN = "run: python docs/pictures.py, look at what changed, and commit it"


def _script() -> ModuleType:
    spec = importlib.util.spec_from_file_location("pictures", ROOT / "docs" / "pictures.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


pictures = _script()


@pytest.mark.parametrize("theme", pictures.THEMES)
@pytest.mark.parametrize("size", pictures.SIZES)
def test_every_picture_is_what_the_program_shows(size: tuple[int, int], theme: str) -> None:
    drawn = pictures.pictures(size, theme)
    end = f"-{theme.removeprefix('longread-')}-{size[0]}x{size[1]}.svg"
    kept = {path.name for path in pictures.PLACE.glob(f"*{end}")}
    assert drawn.keys() == kept, AGAIN
    for name, picture in drawn.items():
        there = (pictures.PLACE / name).read_text(encoding="utf-8")
        assert _words(picture) == _words(there), f"{name}: {AGAIN}"
        assert picture == there, f"{name}, its colours: {AGAIN}"


def _words(svg: str) -> list[str]:
    """Return the text of a picture: what changed in it is easier to read than SVG."""
    return re.findall(r">([^<>\n]+)</text>", svg)


def test_no_picture_loads_anything_from_elsewhere() -> None:
    for path in pictures.PLACE.glob("*.svg"):
        text = path.read_text(encoding="utf-8")
        found = set(re.findall(r"https?://[^\"' )<]+", text))
        assert found <= {"http://www.w3.org/2000/svg", "https://www.textualize.io"}, path.name


def test_the_documents_list_every_key() -> None:
    there = (ROOT / "docs" / "keys.md").read_text(encoding="utf-8")
    assert there == pictures.key_list(), AGAIN


def test_the_readme_shows_the_main_screens() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    shown = re.findall(r"docs/pictures/([\w-]+\.svg)", readme)
    assert shown
    assert {name for name in shown if not (pictures.PLACE / name).exists()} == set()
