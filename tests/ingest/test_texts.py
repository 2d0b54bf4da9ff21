"""Texts that are read when they are asked for, and files that are known by their marks."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Any

import pytest

from longread.cache.derived import Derived
from longread.errors import IngestError
from longread.ingest import folder
from longread.ingest.read import Options, read
from longread.ingest.texts import RECENT
from longread.types import Corpus

OLD = time.time() - 3600


@pytest.fixture
def place(tmp_path: Path) -> Path:
    made = tmp_path / "files"
    made.mkdir()
    (made / "a.py").write_text("first = 1\n")
    (made / "b.py").write_text("second = 2\n")
    (made / "twin.py").write_text("first = 1\n")
    return made


def settled(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the files be older than the clock's grain, without waiting for that."""
    later = time.time_ns() + 10**10
    monkeypatch.setattr(folder.time, "time_ns", lambda: later)


def corpus(place: Path, derived: Derived) -> Corpus:
    return read([str(place)], Options(), derived, lambda _: None)


@pytest.fixture
def derived(tmp_path: Path) -> Derived:
    return Derived(tmp_path / "cache" / "derived.db")


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> list[bytes]:
    """The names of files that are opened for their bytes."""
    names: list[bytes] = []
    open_ = folder.Beneath._open

    def spy(self: folder.Beneath, path: bytes, *how: Any) -> folder.Found:
        names.append(path)
        return open_(self, path, *how)

    monkeypatch.setattr(folder.Beneath, "_open", spy)
    return names


def test_a_file_that_did_not_change_is_not_opened_again(
    place: Path, derived: Derived, opened: list[bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    settled(place, monkeypatch)
    first = corpus(place, derived)
    assert sorted(opened) == [b"a.py", b"b.py", b"twin.py"]
    opened.clear()
    second = corpus(place, derived)
    assert opened == []
    assert second == first
    RECENT.clear()
    assert [d.text for d in second.documents] == ["first = 1\n", "second = 2\n", "first = 1\n"]


def test_a_file_is_read_again_though_size_and_time_were_put_back(
    place: Path, derived: Derived, monkeypatch: pytest.MonkeyPatch
) -> None:
    os.utime(place / "a.py", (OLD, OLD))
    settled(place, monkeypatch)
    corpus(place, derived)
    (place / "a.py").write_text("first = 9\n")
    os.utime(place / "a.py", (OLD, OLD))
    assert corpus(place, derived).documents[0].text == "first = 9\n"


def test_a_file_that_changed_a_moment_ago_is_not_known_by_its_mark(
    place: Path, derived: Derived, opened: list[bytes]
) -> None:
    corpus(place, derived)
    opened.clear()
    corpus(place, derived)
    assert sorted(opened) == [b"a.py", b"b.py", b"twin.py"]


def test_a_text_that_is_no_more_what_it_was_is_not_given_out(place: Path, derived: Derived) -> None:
    found = corpus(place, derived)
    RECENT.clear()
    (place / "a.py").write_text("first = 7\n")
    (place / "b.py").unlink()
    with pytest.raises(IngestError, match=r"a\.py has changed .*another file"):
        _ = found.documents[0].text
    with pytest.raises(IngestError, match=r"b\.py has changed .*deleted") as error:
        _ = found.documents[1].text
    assert error.value.hint
    assert found.documents[0].size == len("first = 1\n")


def test_a_memory_of_a_mark_that_was_harmed_is_not_believed(
    place: Path, derived: Derived, monkeypatch: pytest.MonkeyPatch
) -> None:
    settled(place, monkeypatch)
    first = corpus(place, derived)
    derived._db.execute("UPDATE derived SET value = x'00' WHERE kind = 'seen:1'")
    assert corpus(place, derived) == first


def test_a_folder_that_became_a_link_is_not_followed_for_another_file(
    place: Path, tmp_path: Path, derived: Derived, monkeypatch: pytest.MonkeyPatch
) -> None:
    (place / "d").mkdir()
    (place / "d" / "c.py").write_text("third = 3\n")
    settled(place, monkeypatch)
    (found,) = [d for d in corpus(place, derived).documents if d.path == "d/c.py"]
    RECENT.clear()
    (place / "d").rename(tmp_path / "moved")
    (place / "d").symlink_to(tmp_path / "moved")
    # It is the very file that was found, whatever leads to it now.
    assert found.text == "third = 3\n"
    RECENT.clear()
    (tmp_path / "moved" / "c.py").rename(tmp_path / "moved" / "old.py")
    (tmp_path / "moved" / "c.py").write_text("third = 3\n")
    with pytest.raises(IngestError, match="a folder of its path was replaced"):
        _ = found.text
