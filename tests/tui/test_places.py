"""Paths while they are typed, and what people paste."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from longread.tui.places import Candidate, candidates, common, pasted, wrong


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    home = tmp_path / "home"
    for name in ("src", "Shelf", ".hidden", "nothing"):
        (home / name).mkdir(parents=True)
    (home / "Shelf" / "a.pdf").touch()
    for name in ("spec.pdf", "setup.py"):
        (home / name).touch()
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.chdir(home)
    return home


def test_folders_come_first_and_each_candidate_says_what_it_is(folder: Path) -> None:
    assert candidates("s") == [
        Candidate("Shelf/", "folder, 1 PDF"),
        Candidate("src/", "folder"),
        Candidate("setup.py", "file"),
        Candidate("spec.pdf", "PDF"),
    ]
    assert [one.text for one in candidates(f"{folder}/src")] == [f"{folder}/src/"]


def test_a_repository_is_known_also_where_it_is_bare(
    folder: Path, git: Callable[..., str], make_repository: Callable[..., Path]
) -> None:
    make_repository({"a": "a"}, "home/work")
    git(folder, "clone", "-q", "--bare", "work", "bare.git")
    marks = {one.text: one.what for one in candidates("")}
    assert marks["work/"] == marks["bare.git/"] == "git repository"


def test_home_is_expanded_while_the_tilde_stays(folder: Path) -> None:
    assert [one.text for one in candidates("~/sr")] == ["~/src/"]


def test_hidden_names_come_only_where_they_are_asked_for(folder: Path) -> None:
    assert ".hidden/" not in [one.text for one in candidates("")]
    assert [one.text for one in candidates(".h")] == [".hidden/"]


def test_nothing_goes_on_where_there_is_no_folder_or_it_is_a_url(folder: Path) -> None:
    assert candidates("missing/x") == []
    assert candidates("setup.py/x") == []
    assert candidates("a\0b/") == []
    assert candidates("https://example.org/x") == []


def test_what_all_candidates_share_is_completed(folder: Path) -> None:
    assert common("s", candidates("setup")) == "setup.py"
    assert common("sr", candidates("sr")) == "src/"
    assert common("s", candidates("s")) == "s"
    assert common("zz", []) == "zz"


def test_a_path_that_cannot_be_read_is_told_with_what_may_be_meant(folder: Path) -> None:
    assert wrong("src") == wrong("~/src") == wrong("https://example.org/x") == ""
    assert wrong("scr") == "scr: no such file or folder; did you mean src?"
    assert "nor is there" in wrong(f"{folder}/missing/below")
    assert wrong("setup.py/x") == "setup.py/x: not a directory"
    assert wrong("a\0b") == "a\0b is not a path"


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("/a\n/b c\n\n", ["/a", "/b c"]),
        ("/a\r/b\r\n  /c  ", ["/a", "/b", "/c"]),
        ("'/a b' '/c'", ["/a b", "/c"]),
        ("'/a'b'", ["'/a'b'"]),
        ("file:///a%20b\nfile://host/x", ["/a b", "file://host/x"]),
        ("https://example.org/x", ["https://example.org/x"]),
        ("", []),
    ],
)
def test_a_pasted_list_is_read_as_people_and_file_managers_write_it(
    text: str, found: list[str]
) -> None:
    assert list(pasted(text)) == found
