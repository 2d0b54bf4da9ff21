"""What changed since a revision, and the last commits: told without running anything."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from longread.analysis.pack import Packed, pack
from longread.cache.derived import Derived
from longread.errors import IngestError
from longread.ingest.history import Part, Past, cut, difference, document, log
from longread.ingest.read import Options, read
from longread.ingest.repository import find
from longread.ingest.select import Selection
from longread.types import Document, Level

MakeRepository = Callable[..., Path]
Git = Callable[..., str]
FILES: dict[str, str | bytes] = {
    "a.py": "".join(f"a{n} = {n}\n" for n in range(20)),
    "old name.py": "".join(f"b{n} = {n}\n" for n in range(20)),
    "gone.py": "c = 1\n",
    "logo.bin": b"\0\1\2",
    "run.sh": "echo\n",
    "poetry.lock": "a = 1\n",
    "sub/deep.py": "d = 1\n",
}
KEY = 'token = "ghp_012345678901234567890123456789abcdZZ"\n'


@pytest.fixture
def changed(make_repository: MakeRepository, git: Git) -> Path:
    """A repository whose work tree is, in every way, not its first commit any more."""
    root = make_repository(FILES)
    git(root, "tag", "v1")
    (root / "a.py").write_text("".join(f"a{n} = {n + 5 * (n == 9)}\n" for n in range(20)) + KEY)
    git(root, "mv", "old name.py", "new name.py")
    (root / "gone.py").unlink()
    (root / "logo.bin").write_bytes(b"\0\1\3")
    (root / "run.sh").chmod(0o755)
    (root / "poetry.lock").write_text("a = 2\n")
    (root / "fresh.py").write_text("e = 1\n")
    git(root, "add", "-A")
    return root


def past_of(root: Path, **more: object) -> Past:
    repository = find(root)
    assert repository
    return Past(repository, "", **more)  # type: ignore[arg-type]


def told(root: Path, options: Options) -> dict[str, Document]:
    with Derived(root.parent / "derived.db") as derived:
        corpus = read([str(root)], options, derived, lambda _: None)
    assert {d.path for d in corpus.documents} <= {e.path for e in corpus.entries}
    return {d.path: d for d in corpus.documents if d.path.startswith("git ")}


EXPECTED = """\
--- a/a.py
+++ b/a.py
@@ -7,7 +7,7 @@
 a6 = 6
 a7 = 7
 a8 = 8
-a9 = 9
+a9 = 14
 a10 = 10
 a11 = 11
 a12 = 12
@@ -18,3 +18,4 @@
 a17 = 17
 a18 = 18
 a19 = 19
+token = "[masked: github]"
fresh.py is new
gone.py was deleted
logo.bin changed; one of its versions at least is no text
new name.py was renamed from old name.py
poetry.lock changed
run.sh: its mode was 100644, is 100755
"""


def test_the_work_tree_is_compared_with_a_commit(changed: Path) -> None:
    (made,) = told(changed, Options(diff="v1")).values()
    head, _, rest = made.text.partition("\n")
    assert head.startswith("Changes since v1 (")
    text = rest.replace(rest[rest.index("[masked: ") : rest.index("]") + 1], "[masked: github]")
    assert text == EXPECTED
    assert made.path == "git diff v1.."
    assert "ghp_" not in made.text
    assert "".join(made.text[s.start : s.end] for s in made.segments) == made.text


def test_two_commits_are_compared_as_a_commit_and_a_work_tree_are(changed: Path, git: Git) -> None:
    (tree,) = told(changed, Options(diff="v1")).values()
    git(changed, "commit", "-qm", "second")
    (commit,) = told(changed, Options(rev="HEAD", diff="v1")).values()
    assert commit.text == tree.text
    assert told(changed, Options(diff="HEAD"))["git diff HEAD.."].text.count("\n") == 1


def test_a_file_deleted_and_not_committed_is_told(changed: Path) -> None:
    (changed / "sub/deep.py").unlink()
    (made,) = told(changed, Options(diff="v1")).values()
    assert "sub/deep.py was deleted\n" in made.text


def test_what_is_left_out_is_left_out_of_history(changed: Path) -> None:
    options = Options(diff="v1", selection=Selection(exclude=("a.py", "gone.py")))
    (made,) = told(changed, options).values()
    assert "a.py" not in made.text
    assert "gone.py" not in made.text
    assert "fresh.py is new" in made.text


def test_a_moved_file_that_was_changed_is_compared_with_what_it_was(
    make_repository: MakeRepository, git: Git
) -> None:
    root = make_repository(FILES)
    (root / "lib").mkdir()
    git(root, "mv", "a.py", "lib/a.py")
    text = (root / "lib/a.py").read_text()
    (root / "lib/a.py").write_text(text.replace("a3 = 3\n", "a3 = 33\n"))
    made, _ = difference(past_of(root), "HEAD")
    assert "lib/a.py was renamed from a.py\n--- a/a.py\n+++ b/lib/a.py\n" in made.text
    assert "+a3 = 33" in made.text
    assert "deleted" not in made.text


def test_the_log_names_commits_dates_and_files(changed: Path, git: Git) -> None:
    git(changed, "commit", "-qm", f"second {KEY}\n\nMore.")
    (made,) = told(changed, Options(log=5)).values()
    first, second, *_ = [part for part in made.text.split("\n") if part and part[0] != " "][1:]
    assert second.endswith(" first")
    assert " second token = " in first
    assert "ghp_" not in made.text
    assert "  R old name.py new name.py\n" in made.text
    assert "  D gone.py\n" in made.text
    assert [len(line.split(" ")[0]) for line in (first, second)] == [10, 10]
    assert {s.name for s in made.segments} == {"", first[:10], second[:10]}
    assert told(changed, Options(log=1))["git log"].text.count("second") == 1


def test_below_a_folder_only_its_history_is_told(changed: Path, git: Git) -> None:
    (changed / "sub/deep.py").write_text("d = 2\n")
    git(changed, "commit", "-qam", "second")
    made = told(changed / "sub", Options(diff="v1", log=9))
    assert "+d = 2\n" in made["git diff v1.."].text
    assert "a.py" not in made["git diff v1.."].text
    assert "  M deep.py\n" in made["git log"].text
    assert "a.py" not in made["git log"].text


def test_nothing_of_the_repository_runs(changed: Path, git: Git, tmp_path: Path) -> None:
    ran = tmp_path / "ran"
    evil = f"touch {ran}; cat"
    (changed / ".gitattributes").write_text("* diff=evil filter=evil\n")
    for key in ("diff.evil.command", "diff.evil.textconv", "filter.evil.clean", "diff.external"):
        git(changed, "config", key, evil)
    git(changed, "config", "log.showSignature", "true")
    git(changed, "config", "gpg.program", evil)
    made = told(changed, Options(diff="v1", log=3))
    assert "+a9 = 14" in made["git diff v1.."].text
    assert not ran.exists()


def test_a_revision_that_is_not_there_is_named(changed: Path) -> None:
    for name in ("v9", "--output=x", "v1\0"):
        with pytest.raises(IngestError, match="no revision"):
            difference(past_of(changed), name)


def test_a_folder_has_no_history(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("a\n")
    with pytest.raises(IngestError, match="no source is a git repository"):
        told(tmp_path, Options(log=1))


def test_what_is_cut_off_is_named() -> None:
    parts = [Part("", "Changes\n"), *(Part(f"f{n}.py", f"f{n}.py is new\n") for n in range(9))]
    made, _ = document("git diff v1..", "diff", parts)
    short, entry = cut(made, 3)
    assert short.text == (
        "Changes\nf0.py is new\nf1.py is new\n"
        "Left out to fit the budget: 7 more files (f2.py, f3.py, f4.py, f5.py, f6.py, …)\n"
    )
    assert entry.content_id == short.content_id != made.content_id


def test_history_stands_behind_the_files_in_a_part_of_the_budget(
    make_repository: MakeRepository, git: Git
) -> None:
    root = make_repository({f"m{n:02}.py": f"x = {n}\n" * 40 for n in range(60)})
    for n in range(60):
        (root / f"m{n:02}.py").write_text(f"y = {n}\n" * 40)
    git(root, "commit", "-qam", "every file")

    def run(budget: int) -> Packed:
        options = Options(diff="HEAD~1", log=1)
        return pack([str(root)], options, "llama4", budget, "", lambda _: None)

    for budget in (6_000, 60_000):
        packed = run(budget)
        text = "".join(packed.text())
        entries = {e.path: e for e in packed.ledger.files}
        past = [entries["git diff HEAD~1.."], entries["git log"]]
        assert [e.level for e in past] == [Level.FULL, Level.FULL]
        assert sum(e.tokens for e in past) <= budget / 4
        assert packed.ledger.tokens <= budget
        assert text.index("\n§0 d61 git diff HEAD~1..\n") < text.index("\n§0 d62 git log\n")
        assert [d.path for d in packed.corpus.documents][-2:] == ["git diff HEAD~1..", "git log"]
        assert "Left out to fit the budget: " in text


def test_the_log_can_be_read_where_there_is_no_commit_yet(
    tmp_path: Path, git: Git, make_repository: MakeRepository
) -> None:
    root = tmp_path / "fresh"
    root.mkdir()
    (root / "a.py").write_text("a = 1\n")
    git(root, "init", "-q")
    git(root, "add", "-A")
    made, _ = log(past_of(root), 3)
    assert made.text == "The last 3 commits, newest first:\n"
