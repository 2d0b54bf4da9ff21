"""`pack --layout`: the next prompt begins as the last one did, whatever was committed between."""

from __future__ import annotations

import stat
from array import array
from collections.abc import Callable
from pathlib import Path

import pytest

from longread import config
from longread.analysis.layouts import pack_on
from longread.analysis.pack import Packed
from longread.errors import BudgetError
from longread.ingest.read import Options
from longread.prompt import render
from longread.store import open_store
from longread.tokens import open_family
from longread.types import Level

MakeRepository = Callable[..., Path]
BUDGET = 24_000


def files(count: int = 60) -> dict[str, str]:
    made = {"README.md": "# Loom\n\nWeaves.\n"}
    for i in range(count):
        body = "".join(
            f"def thread_{i}_{j}(warp, n={j}):\n    'Weave {j}.'\n    return warp * {j}\n\n\n"
            for j in range(3 + i % 17)
        )
        made[f"loom/part{i % 7}/m{i:02}.py"] = body
    return made


def run(
    root: Path,
    question: str = "",
    budget: int = BUDGET,
    name: str = "nightly",
    secrets: str = "mask",
) -> tuple[Packed, str, str]:
    options = Options(secrets="keep" if secrets == "keep" else "mask")
    packed, note = pack_on(name, [str(root)], options, "llama4", budget, question, lambda _: None)
    return packed, note, "".join(packed.text())


def share(before: str, after: str) -> float:
    """The part of the later text that the two have in common from the beginning."""
    pairs = enumerate(zip(before, after, strict=False))
    same = next((i for i, (a, b) in pairs if a != b), min(len(before), len(after)))
    return same / len(after)


def commit(root: Path, git: Callable[..., str], **changed: str) -> None:
    for path, text in changed.items():
        (root / path.replace("__", "/")).with_suffix(".py").write_text(text)
    git(root, "add", "-A")
    git(root, "commit", "-qm", "change")


def test_after_a_commit_to_an_early_file_nearly_all_of_the_prompt_is_as_it_was(
    make_repository: MakeRepository, git: Callable[..., str]
) -> None:
    root = make_repository(files())
    first, note, before = run(root)
    assert note == "layout nightly: laid out and kept"
    early = first.chunks[1].document.path
    text = (root / early).read_text()
    (root / early).write_text("import os\n" + text)
    git(root, "commit", "-qam", "change")
    second, note, after = run(root)
    assert note == f"layout nightly: kept; 1 file changed ({early})"
    assert share(before, after) >= 0.98
    assert after.startswith(before)
    assert after[len(before) :] == f"§0 d2 {early} supersedes the version above\nimport os\n{text}"
    ids = array("I", second.ids())
    assert len(ids) == second.ledger.tokens <= BUDGET
    assert open_family("llama4").decode(ids) == after
    assert run(root)[2] == after
    assert run(root)[1] == "layout nightly: kept; nothing changed"


def test_the_room_is_used_but_for_what_changes_and_questions_will_need(
    make_repository: MakeRepository,
) -> None:
    packed, _, _ = run(make_repository(files(200)))
    assert 0.98 * (BUDGET - 2_000 - 256) <= packed.ledger.tokens <= BUDGET - 2_000 - 256


def test_different_questions_share_all_but_what_is_chosen_for_them(
    make_repository: MakeRepository,
) -> None:
    root = make_repository(files(200))
    _, _, before = run(root, "What does thread_199_5 return?")
    second, note, after = run(root, "Who calls thread_150_2?")
    assert note.endswith("kept; nothing changed")
    assert share(before, after) >= 0.45
    assert "def thread_199_5" in before
    assert "def thread_150_2" in after
    assert after.endswith("§0 question\nWho calls thread_150_2?\n")
    assert second.ledger.tokens <= BUDGET
    assert len(array("I", second.ids())) == second.ledger.tokens


def test_every_tracked_file_is_in_the_ledger_of_a_kept_layout(
    make_repository: MakeRepository, git: Callable[..., str]
) -> None:
    root = make_repository(files(200))
    run(root)
    (root / "loom/part0/m00.py").unlink()
    (root / "loom/part1/m01.py").write_text("def other():\n    return 1\n")
    (root / "loom/new.bin").write_bytes(b"\0\1")
    (root / "loom/new.py").write_text("a = 1\n")
    git(root, "mv", "loom/part2/m02.py", "loom/part2/moved.py")
    git(root, "add", "-A")
    packed, note, text = run(root)
    assert "1 file changed" in note
    assert "1 new (loom/new.py), 1 deleted" in note
    tracked = git(root, "ls-files", "-z").split("\0")[:-1]
    assert [e.path for e in packed.ledger.files] == sorted(tracked)
    for entry in packed.ledger.files:
        assert (entry.level is Level.FULL) == (not entry.reason)
        if entry.path in ("loom/part1/m01.py", "loom/new.py") and entry.level is Level.FULL:
            assert f" {entry.path}" in text


def test_why_a_layout_was_laid_out_anew_is_said(
    make_repository: MakeRepository, git: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    root = make_repository(files())
    run(root)
    assert (
        run(root, budget=20_000)[1] == "layout nightly: laid out anew: its budget was 24,000 tokens"
    )
    with monkeypatch.context() as patched:
        patched.setattr(render, "VERSION", render.VERSION + 1)
        assert run(root, budget=20_000)[1].endswith("another version of longread made it")
    assert run(root, budget=20_000)[1].endswith("another version of longread made it")
    commit(root, git, **{f"loom__part{i}__m0{i}": f"x = {i}\n" * 400 for i in range(7)})
    packed, note, text = run(root, budget=20_000)
    assert note.endswith("the changes take more than the 2,000 tokens that are kept for them")
    assert "supersedes" not in text
    assert packed.ledger.tokens <= 20_000
    assert run(root, budget=20_000)[1].endswith("nothing changed")


def test_layouts_of_other_names_and_with_secrets_are_others(
    make_repository: MakeRepository,
) -> None:
    root = make_repository(files(5) | {"key.py": 'aws = "AKIAIOSFODNN7EXAMPL3"\n'})
    for _ in range(2):
        run(root)
        run(root, name="other")
        run(root, secrets="keep")
    kept = sorted((config.home() / "layouts").glob("*.db"))
    assert len(kept) == 3
    for file in kept:
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(kept[0].parent.stat().st_mode) == 0o700


def test_a_layout_that_was_replaced_leaves_no_text_behind(
    make_repository: MakeRepository,
) -> None:
    root = make_repository({"a.py": "def gone_word_here():\n    return 1\n", "b.py": "b = 1\n"})
    run(root)
    (root / "a.py").write_text("def other():\n    return 2\n")
    _, _, after = run(root)
    assert "gone_word_here" in after
    assert "gone_word_here" not in run(root, budget=20_000)[2]
    with open_store(next((config.home() / "layouts").glob("*.db"))) as store:
        (row,) = store.sessions()
        assert {d.path for d in store.session(row.id).documents.values()} == {"a.py", "b.py"}


def test_a_question_too_long_for_what_is_left_is_refused(make_repository: MakeRepository) -> None:
    root = make_repository(files(200))
    run(root)
    with pytest.raises(BudgetError, match="the question does not fit"):
        run(root, "why " * 3_000)
