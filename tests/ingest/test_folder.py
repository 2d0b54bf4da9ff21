"""A folder is read as it stands, and never leads out of itself."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from longread.ingest import folder


def listed(root: Path) -> dict[str, folder.Found]:
    return {found.path: folder.whole(found) for found in folder.walk(root)}


def test_all_files_come_but_those_of_a_repository(tmp_path: Path) -> None:
    for path in ("a.txt", "b/c.txt", "b/.hidden", ".git/config", "b/.git/config", "B.txt"):
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(path)
    assert {p: f.data.decode() for p, f in listed(tmp_path).items()} == {
        p: p for p in ("B.txt", "a.txt", "b/.hidden", "b/c.txt")
    }


def test_names_that_are_not_utf8_stay_readable(tmp_path: Path) -> None:
    Path(os.fsdecode(os.fsencode(tmp_path) + b"/caf\xe9")).mkdir()
    Path(os.fsdecode(os.fsencode(tmp_path) + b"/caf\xe9/a\nb.txt")).write_text("x")
    assert {p: f.data for p, f in listed(tmp_path).items()} == {"caf\\xe9/a\nb.txt": b"x"}


def test_links_and_pipes_are_named_and_not_opened(tmp_path: Path) -> None:
    root = tmp_path / "root"
    (root / "d").mkdir(parents=True)
    (tmp_path / "out.txt").write_text("SECRET")
    (root / "file").symlink_to("../out.txt")
    (root / "folder").symlink_to(tmp_path)
    (root / "loop").symlink_to("loop")
    os.mkfifo(root / "pipe")
    found = listed(root)
    assert {p: f.reason for p, f in found.items()} == {
        "file": "symlink to ../out.txt (outside)",
        "folder": f"symlink to {tmp_path} (outside)",
        "loop": "symlink to loop (inside)",
        "pipe": "not a regular file",
    }
    assert not any(f.data for f in found.values())


def test_what_may_not_be_read_is_a_reason(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("a")
    (tmp_path / "b").mkdir()
    (tmp_path / "b/c.txt").write_text("c")
    (tmp_path / "a.txt").chmod(0)
    (tmp_path / "b").chmod(0)
    try:
        found = listed(tmp_path)
    finally:
        (tmp_path / "b").chmod(0o700)
    if os.geteuid() == 0:
        assert {p for p, f in found.items() if f.data} == {"a.txt", "b/c.txt"}
    else:
        assert {p: f.reason for p, f in found.items()} == {
            "a.txt": "cannot be read: permission denied",
            "b/": "cannot be read: permission denied",
        }


def test_a_system_error_is_a_reason(tmp_path: Path) -> None:
    with folder.Beneath(os.fsencode(tmp_path)) as beneath:
        assert beneath.read(b"n" * 300).reason == "cannot be read: file name too long"
        assert beneath.read(b"d" * 300 + b"/a").reason == "cannot be read: file name too long"
        assert beneath.read(b"gone").reason == "deleted in the work tree"
        assert beneath.read(b"../" + os.fsencode(tmp_path.name)).reason.startswith("not read")
        assert beneath.read(b"/etc/passwd").reason.startswith("not read")


def test_a_very_large_file_is_named_but_not_loaded(tmp_path: Path) -> None:
    with (tmp_path / "big.txt").open("wb") as file:
        file.write(b"text\n")
        file.truncate(folder.MOST + 1)
    with (tmp_path / "big.pdf").open("wb") as file:
        file.write(b"%PDF-1.7\n")
        file.truncate(folder.MOST + 1)
    found = listed(tmp_path)
    assert found["big.txt"].reason == "too large: 32 MiB"
    assert len(found["big.txt"].data) == folder.PEEK
    assert found["big.pdf"].size == len(found["big.pdf"].data) == folder.MOST + 1


def test_a_deep_folder_does_not_exhaust_the_stack(tmp_path: Path) -> None:
    deep = "/".join("d" * 1 for _ in range(900))
    at = tmp_path
    (tmp_path / deep).mkdir(parents=True)
    at = tmp_path / deep
    (at / "a.txt").write_text("a")
    found = listed(tmp_path)
    assert list(found) == [f"{deep}/a.txt"]
    assert found[f"{deep}/a.txt"].data == b"a"


@pytest.mark.parametrize("size", [0, 1, folder.PEEK, 3 * 2**20 + 7])
def test_files_are_read_whole(tmp_path: Path, size: int) -> None:
    (tmp_path / "a").write_bytes(data := os.urandom(size))
    assert listed(tmp_path)["a"].data == data


def test_a_word_file_may_be_as_large_as_its_pictures() -> None:
    large = folder.MOST + 1
    assert folder.too_large(large, b"PK\3\4....[Content_Types].xml") == ""
    assert folder.too_large(large, b"PK\3\4....word/document.xml") == ""
    assert folder.too_large(large, b"PK\3\4....data.csv") == "too large: 32 MiB"
    assert folder.too_large(folder.MOST_PDF + 1, b"PK\3\4....word/") == "too large: 512 MiB"
