"""`pack`: the same bytes anywhere, the whole budget, every file accounted for."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from array import array
from collections.abc import Callable
from pathlib import Path

import pytest

from longread.analysis.pack import Packed, pack
from longread.errors import BudgetError
from longread.ingest.read import Options
from longread.tokens import open_family
from longread.types import Level

MakeRepository = Callable[..., Path]


def files(count: int = 120) -> dict[str, str]:
    """A package of modules that import each other, with tests, docs and a data file."""
    made = {"README.md": "# Loom\n\nWeaves.\n", "data/big.csv": "a,b\n" * 2_000}
    for i in range(count):
        body = "".join(
            f"def thread_{i}_{j}(warp, n={j}):\n    'Weave {j}.'\n    return warp * {j}\n\n\n"
            for j in range(3 + i % 17)
        )
        made[f"loom/part{i % 7}/m{i}.py"] = (
            f"from loom.part{(i + 1) % 7} import m{i + 1}\n\n\n{body}"
        )
        if i % 5 == 0:
            made[f"tests/test_m{i}.py"] = f"def test_{i}():\n    assert {i} == {i}\n"
    return made


def run(root: Path, budget: int, question: str = "") -> Packed:
    return pack([str(root)], Options(), "llama4", budget, question, lambda _: None)


@pytest.mark.parametrize("question", ["", "Who calls thread_3_1?"])
@pytest.mark.parametrize("budget", [4_000, 16_000])
def test_the_budget_is_used_and_the_text_is_as_long_as_said(
    make_repository: MakeRepository, budget: int, question: str
) -> None:
    packed = run(make_repository(files()), budget, question)
    family = open_family("llama4")
    assert 0.98 * budget <= packed.ledger.tokens <= budget
    ids = array("I", packed.ids())
    assert len(ids) == packed.ledger.tokens
    assert family.decode(ids) == "".join(packed.text())
    assert "".join(packed.text()).rstrip().endswith(question)


def test_every_tracked_file_is_in_the_ledger(
    make_repository: MakeRepository, git: Callable[..., str]
) -> None:
    root = make_repository(files() | {"odd name.bin": b"\0\1", "empty.txt": ""})
    packed = run(root, 4_000)
    tracked = git(root, "ls-files", "-z").split("\0")[:-1]
    assert [e.path for e in packed.ledger.files] == sorted(tracked)
    for entry in packed.ledger.files:
        assert (entry.level is Level.FULL) == (not entry.reason)


def test_the_bytes_are_the_same_anywhere(make_repository: MakeRepository, tmp_path: Path) -> None:
    root = make_repository(files(40))
    moved = tmp_path / "elsewhere" / "copy"
    shutil.copytree(root, moved)
    made = []
    for number, place in enumerate([root, moved]):
        environment = os.environ | {
            "LONGREAD_HOME": str(tmp_path / f"home{number}"),
            "LONGREAD_CACHE": str(tmp_path / f"cache{number}"),
            "PYTHONHASHSEED": str(number),
        }
        arguments = ["pack", str(place), "--budget", "6000", "--question", "What is thread_2_1?"]
        done = subprocess.run(
            [sys.executable, "-c", "from longread.cli import main; main()", *arguments],
            env=environment,
            capture_output=True,
            check=True,
        )
        made.append(done.stdout)
    assert made[0] == made[1]
    assert b"def thread_2_1" in made[0]


def test_markdown_and_json_show_the_same_pieces(make_repository: MakeRepository) -> None:
    packed = run(make_repository({"a.md": "```py\nx\n```\n", "b.py": "y = 2\n"}), 4_000)
    data = json.loads("".join(packed.data()))
    assert [piece["path"] for piece in data["pieces"]] == ["b.py", "a.md"]
    assert data["pieces"][0]["text"] == "y = 2\n"
    markdown = "".join(packed.markdown())
    assert "````markdown\n```py\nx\n```\n````\n" in markdown


def test_a_budget_smaller_than_the_head_is_refused(make_repository: MakeRepository) -> None:
    with pytest.raises(BudgetError) as caught:
        run(make_repository(files(1)), 20)
    assert caught.value.hint
