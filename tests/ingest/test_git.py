"""Every tracked file comes out, whatever its name or state, and nothing of a repository runs."""

from __future__ import annotations

import hashlib
import os
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from longread.errors import IngestError
from longread.ingest import git
from longread.ingest.folder import Found, whole
from longread.ingest.repository import find

if TYPE_CHECKING:
    from conftest import Repo
else:
    Repo = object


def tree(place: Path) -> dict[str, Found]:
    repository = find(place)
    assert repository
    return {f.path: whole(f) for f in git.read_tree(repository, git.tracked(repository))}


def at(place: Path, rev: str) -> dict[str, Found]:
    repository = find(place)
    assert repository
    commit = git.commit(repository, rev)
    return {
        f.path: whole(f)
        for f in git.read_commit(repository, commit, git.tracked_at(repository, commit))
    }


ODD = [
    b"with space.py", b'qu"ote.py', b"new\nline.py", b"back\\slash", b"-dash", b"*.glob",
    b":(top)magic", "é/ü.md".encode(), b"bad\xff\xfename.txt", b"tab\there", b" lead",
    b"Case.py", b"case.py", b"deep/a/b/c/d.txt",
]  # fmt: skip


def test_any_name_is_read_from_the_work_tree_and_from_a_commit(repo: Repo) -> None:
    for name in ODD:
        repo.write(name, b"in " + name)
    repo.commit()
    expected = {name.decode("utf-8", "backslashreplace"): b"in " + name for name in ODD}
    assert {p: f.data for p, f in tree(repo.root).items()} == expected
    assert {p: f.data for p, f in at(repo.root, "main").items()} == expected


def test_a_tracked_file_is_never_dropped_for_being_ignored(repo: Repo) -> None:
    repo.commit({"build/out.js": "x", "vendor/.gitignore": "*\n", "vendor/a.c": "a"})
    repo.commit({".gitignore": "build/\n*.log\n"})
    repo.write("noise.log")
    repo.write("new.txt")
    assert set(tree(repo.root)) == {".gitignore", "build/out.js", "vendor/.gitignore", "vendor/a.c"}
    repository = find(repo.root)
    assert repository
    assert git.untracked(repository) == 1


def test_what_stands_in_the_work_tree_is_read_not_what_was_committed(repo: Repo) -> None:
    first = repo.commit({"a.txt": "one"})
    repo.commit({"a.txt": "two"})
    repo.write("a.txt", "three")
    assert tree(repo.root)["a.txt"].data == b"three"
    assert at(repo.root, "HEAD")["a.txt"].data == b"two"
    assert at(repo.root, first[:8])["a.txt"].data == b"one"


def test_a_deleted_file_says_so(repo: Repo) -> None:
    repo.commit({"a.txt": "a", "d/b.txt": "b"})
    (repo.root / "a.txt").unlink()
    (repo.root / "d/b.txt").unlink()
    (repo.root / "d").rmdir()
    assert [f.reason for f in tree(repo.root).values()] == ["deleted in the work tree"] * 2


def test_an_unmerged_file_comes_once(repo: Repo) -> None:
    repo.commit({"a.txt": "base\n"})
    repo.git("checkout", "-q", "-b", "side")
    repo.commit({"a.txt": "side\n"})
    repo.git("checkout", "-q", "main")
    repo.commit({"a.txt": "main\n"})
    with pytest.raises(subprocess.CalledProcessError):
        repo.git("merge", "-q", "side")
    assert repo.git("ls-files", "-u").count("\n") == 2
    repository = find(repo.root)
    assert repository
    assert [t.path for t in git.tracked(repository)] == [b"a.txt"]
    assert b"<<<<<<<" in tree(repo.root)["a.txt"].data


def test_links_are_named_and_never_followed(repo: Repo, tmp_path: Path) -> None:
    (tmp_path / "private.txt").write_text("SECRET")
    for name, target in (
        ("in", "d/a.txt"), ("out", "../private.txt"), ("abs", str(tmp_path / "private.txt")),
        ("gone", "nowhere"), ("folder", "d"), ("d/up", "../d/a.txt"),
    ):  # fmt: skip
        repo.write("d/a.txt", "a")
        (repo.root / name).symlink_to(target)
    repo.commit()
    for found in (tree(repo.root), at(repo.root, "HEAD")):
        links = {p: f for p, f in found.items() if f.kind == "symlink"}
        assert {p: f.reason.rpartition(" ")[2] for p, f in links.items()} == {
            "in": "(inside)", "out": "(outside)", "abs": "(outside)",
            "gone": "(broken)", "folder": "(inside)", "d/up": "(inside)",
        }  # fmt: skip
        assert not any(f.data for f in links.values())


def test_a_folder_replaced_by_a_link_does_not_lead_outside(repo: Repo, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere/a.txt").write_text("SECRET")
    repo.commit({"d/a.txt": "a", "e.txt": "e"})
    (repo.root / "d/a.txt").unlink()
    (repo.root / "d").rmdir()
    (repo.root / "d").symlink_to(tmp_path / "elsewhere")
    (repo.root / "e.txt").unlink()
    (repo.root / "e.txt").symlink_to(tmp_path / "elsewhere/a.txt")
    found = tree(repo.root)
    assert found["d/a.txt"].reason == "not read: a folder of its path was replaced"
    assert found["e.txt"].kind == "symlink"
    assert b"SECRET" not in b"".join(f.data for f in found.values())


def test_what_is_no_regular_file_is_not_waited_for(repo: Repo) -> None:
    repo.commit({"pipe": "a", "folder": "b"})
    (repo.root / "pipe").unlink()
    os.mkfifo(repo.root / "pipe")
    (repo.root / "folder").unlink()
    (repo.root / "folder").mkdir()
    found = tree(repo.root)
    assert found["pipe"].reason == "not a regular file"
    assert found["folder"].reason == "replaced by a folder"


def test_an_index_that_names_files_elsewhere_is_not_obeyed(repo: Repo, tmp_path: Path) -> None:
    (tmp_path / "private").write_text("SECRET")
    repo.commit({"xx/private": "a", "xgit/config": "b"})
    index = repo.root / ".git/index"
    data = index.read_bytes()[:-20]
    data = data.replace(b"xx/private", b"../private").replace(b"xgit/config", b".git/config")
    index.write_bytes(data + hashlib.sha1(data).digest())
    found = tree(repo.root)
    assert all(f.reason and not f.data for f in found.values())


def test_a_submodule_is_named_and_not_entered(repo: Repo, tmp_path: Path) -> None:
    repo.commit({"a.txt": "a"})
    oid = repo.git("rev-parse", "HEAD")
    repo.git("update-index", "--add", "--cacheinfo", f"160000,{oid},sub")
    sub = tree(repo.root)["sub"]
    assert (sub.kind, sub.reason) == ("submodule", f"submodule at {oid[:7]}, not read")
    repo.git("commit", "-q", "-m", "sub")
    assert at(repo.root, "HEAD")["sub"].kind == "submodule"


def test_a_sparse_checkout_says_what_is_not_there(repo: Repo) -> None:
    repo.commit({"a/x": "1", "b/y": "2"})
    repo.git("sparse-checkout", "set", "--cone", "a")
    assert tree(repo.root)["b/y"].reason == "not checked out: sparse checkout"
    assert tree(repo.root)["a/x"].data == b"1"


def test_a_folder_within_is_read_alone(repo: Repo) -> None:
    repo.commit({"a.txt": "a", "d e/b.txt": "b", "d e/f/c.txt": "c"})
    assert set(tree(repo.root / "d e")) == {"b.txt", "f/c.txt"}
    assert set(at(repo.root / "d e", "HEAD")) == {"b.txt", "f/c.txt"}
    repository = find(repo.root / "d e/f")
    assert repository
    assert repository.name == "house/d e/f"


def test_bare_repositories_worktrees_and_sha256_are_read(repo: Repo, tmp_path: Path) -> None:
    repo.commit({"a.txt": "a"})
    repo.git("clone", "-q", "--bare", ".", str(tmp_path / "bare.git"))
    assert at(tmp_path / "bare.git", "HEAD")["a.txt"].data == b"a"
    repo.git("worktree", "add", "-q", str(tmp_path / "other"))
    assert tree(tmp_path / "other")["a.txt"].data == b"a"
    modern = type(repo)(tmp_path / "sha256", "--object-format=sha256")
    assert len(modern.commit({"b.txt": "b"})) == 64
    assert tree(modern.root)["b.txt"].data == b"b"
    assert at(modern.root, "HEAD")["b.txt"].data == b"b"


def test_a_revision_that_does_not_exist_is_one_clear_error(repo: Repo) -> None:
    repo.commit({"a.txt": "a"})
    repository = find(repo.root)
    assert repository
    for rev in ("v9", "--help", "HEAD:a.txt", "", "-q", "x\0y"):
        with pytest.raises(IngestError, match="has no revision") as error:
            git.commit(repository, rev)
        assert error.value.hint


def test_attributes_are_seen_in_the_work_tree_and_in_a_commit(repo: Repo) -> None:
    rules = (
        "*.gen.py linguist-generated\nlib/** linguist-vendored=true\n"
        "lib/ours/* -linguist-vendored\n"
    )
    repo.commit({
        ".gitattributes": rules, "a.gen.py": "", "lib/x.c": "", "lib/ours/y.c": "",
        "sub/.gitattributes": "* binary\n", "sub/z": "",
    })  # fmt: skip
    expected = {
        "a.gen.py": {"linguist-generated"}, "lib/x.c": {"linguist-vendored"},
        "lib/ours/y.c": {"-linguist-vendored"},
        "sub/z": {"binary"}, "sub/.gitattributes": {"binary"},
    }  # fmt: skip
    for found in (tree(repo.root), at(repo.root, "HEAD")):
        assert {p: set(f.attributes) for p, f in found.items() if f.attributes} == expected


def test_a_missing_object_of_a_full_clone_is_a_reason(repo: Repo) -> None:
    repo.commit({"a.txt": "a", "b.txt": "b", "c.txt": "c"})
    oid = repo.git("rev-parse", "HEAD:b.txt")
    (repo.root / ".git/objects" / oid[:2] / oid[2:]).unlink()
    found = at(repo.root, "HEAD")
    assert found["b.txt"].reason == "its object is missing from the repository"
    assert found["c.txt"].data == b"c"


def test_a_persons_git_environment_does_not_bend_the_reading(
    repo: Repo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    repo.commit({"a.txt": "a"})
    monkeypatch.setenv("GIT_DIR", str(tmp_path / "nowhere"))
    monkeypatch.setenv("GIT_INDEX_FILE", str(tmp_path / "nothing"))
    monkeypatch.setenv("GIT_EXTERNAL_DIFF", "false")
    monkeypatch.setenv("GIT_TRACE", str(tmp_path / "trace"))
    assert tree(repo.root)["a.txt"].data == b"a"
    assert not (tmp_path / "trace").exists()


def test_a_broken_repository_is_an_ingest_error(repo: Repo) -> None:
    repo.commit({"a.txt": "a"})
    (repo.root / ".git/index").write_bytes(b"not an index at all, by any measure")
    with pytest.raises(IngestError, match="git cannot read house") as error:
        tree(repo.root)
    assert error.value.hint
