"""A source of which nothing changed is known as a whole; the least change has it read anew."""

from __future__ import annotations

import dataclasses
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from fpdf import FPDF

from longread.cache.derived import Derived
from longread.ingest import contents, folder, snapshot, texts
from longread.ingest.folder import Found
from longread.ingest.snapshot import Listing
from longread.types import Corpus, Entry, Level, Page
from tests.ingest.reading import TOKEN, Desk, documents, entries, pdf

if TYPE_CHECKING:
    from conftest import Repo
else:
    Repo = object

ALL = {
    "a.py": f"import os\n\nclass C:\n    '''Doc.'''\n    def f(self):\n        return '{TOKEN}'\n",
    "b.md": "# T\n[x](a.py) §3\n",
    "c.pdf": pdf("Page.", "", "Third."),
    "d.bin": b"\0",
    "e.ipynb": json.dumps({"cells": [{"source": f"t = '{TOKEN}'"}, {"source": "y"}]}),
    "f.txt": b"caf\xe9 und M\xfcll\n",
    "g/empty.py": "",
    "g/long.py": "".join(f"def f{n}():\n    return {n}\n" for n in range(200)),
    "g/same.py": "".join(f"def f{n}():\n    return {n}\n" for n in range(200)),
    "h.bin": f"version https://git-lfs.github.com/spec/v1\noid sha256:{'0' * 64}\nsize 9999\n",
}


@pytest.fixture
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    with Derived(tmp_path_factory.mktemp("derived") / "derived.sqlite") as opened:
        yield Desk(opened)


@pytest.fixture
def old(monkeypatch: pytest.MonkeyPatch) -> None:
    """Files need no time to be old enough that their size and times tell their bytes."""
    monkeypatch.setattr(folder, "GRAIN", -(10**18))


@pytest.fixture
def looked_up(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many files were looked up one by one, in each batch."""
    numbers: list[int] = []
    look_up = contents.Reader._look_up

    def counted(reader: contents.Reader, batch: list[Found]) -> list[contents.Item]:
        numbers.append(len(batch))
        return look_up(reader, batch)

    monkeypatch.setattr(contents.Reader, "_look_up", counted)
    return numbers


def same(one: Corpus, other: Corpus) -> None:
    assert one == other
    assert hash(one.documents) == hash(other.documents)
    for a, b in zip(one.documents, other.documents, strict=True):
        assert a.text == b.text
        assert (a.marks, a.words, list(a.links)) == (b.marks, b.words, list(b.links))


@pytest.mark.usefixtures("old")
def test_what_did_not_change_is_known_as_a_whole(
    repo: Repo, desk: Desk, tmp_path: Path, looked_up: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    repo.commit(ALL)
    (repo.root / "link").symlink_to("a.py")
    repo.git("add", "link")
    repo.git("update-index", "--add", "--cacheinfo", f"160000,{'1' * 40},module")
    (tmp_path / "shelf").mkdir()
    (tmp_path / "shelf" / "x.pdf").write_bytes(pdf("Lease."))
    for places in ((repo.root,), (repo.root, tmp_path / "shelf")):
        looked_up.clear()
        first = desk.read(*places)
        assert looked_up
        looked_up.clear()
        texts.RECENT.clear()
        same(desk.read(*places), first)
        assert looked_up == []
        assert desk.told[-1].done == desk.told[-1].total == len(first.entries)
        same(desk.read(*places), first)
    at_commit = desk.read(repo.root, rev="HEAD")
    same(desk.read(repo.root, rev="HEAD"), at_commit)


@pytest.mark.usefixtures("old")
def test_the_least_change_has_it_read_anew(repo: Repo, desk: Desk, looked_up: list[int]) -> None:
    repo.commit(ALL)
    desk.read(repo.root)

    def change(path: str, data: str) -> None:
        repo.write(path, data)
        about = (repo.root / path).stat()
        os.utime(repo.root / path, ns=(about.st_atime_ns, about.st_mtime_ns + 10**9))

    change("b.md", "# U\n")
    assert documents(desk.read(repo.root))["b.md"].text == "# U\n"
    repo.write("new.py", "x = 1\n")
    repo.git("add", "new.py")
    assert "new.py" in documents(desk.read(repo.root))
    (repo.root / "a.py").unlink()
    assert entries(desk.read(repo.root))["a.py"].reason == "deleted in the work tree"
    assert entries(desk.read(repo.root))["g/long.py"].kind == "source"
    # The file's own bytes and times are as they were.
    repo.commit({".gitattributes": "g/long.py linguist-generated\n"})
    assert entries(desk.read(repo.root))["g/long.py"].kind == "generated"
    assert TOKEN in documents(desk.read(repo.root, secrets="keep"))["e.ipynb"].text
    assert TOKEN not in documents(desk.read(repo.root))["e.ipynb"].text
    looked_up.clear()
    desk.read(repo.root)
    assert looked_up == []


def test_large_files_that_were_just_written_are_not_told_by_their_beginning(
    repo: Repo, desk: Desk, looked_up: list[int]
) -> None:
    repo.commit({"a.py": "x = 1\n" * 200, "b.py": "y = 1\n"})
    desk.read(repo.root)
    desk.read(repo.root)
    assert looked_up == [2, 2]
    repo.write("a.py", "x = 1\n" * 199 + "x = 2\n")
    assert documents(desk.read(repo.root))["a.py"].text.endswith("x = 2\n")


@pytest.mark.usefixtures("old")
def test_what_may_be_read_another_time_is_not_kept(
    repo: Repo, desk: Desk, looked_up: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    repo.commit({"a.py": "x = 1\n", "b.py": "y = 1\n"})
    open_ = folder.Beneath._open

    def fails(self: folder.Beneath, path: bytes, *how: Any) -> Found:
        if path == b"b.py":
            raise PermissionError(13, "Permission denied")
        return open_(self, path, *how)

    with monkeypatch.context() as patch:
        patch.setattr(folder.Beneath, "_open", fails)
        reason = entries(desk.read(repo.root))["b.py"].reason
        assert reason == "cannot be read: permission denied"
    assert "b.py" in documents(desk.read(repo.root))
    assert looked_up == [2, 2]


@pytest.mark.usefixtures("old")
def test_many_texts_are_not_kept_twice(
    repo: Repo, desk: Desk, looked_up: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    repo.commit(ALL)
    monkeypatch.setattr(snapshot, "TEXTS", 10)
    first = desk.read(repo.root)
    same(desk.read(repo.root), first)
    assert len(looked_up) == 2
    assert "snapshot" not in desk.derived.kinds()


@pytest.mark.usefixtures("old")
def test_another_version_of_what_makes_it_makes_it_anew(
    repo: Repo, desk: Desk, looked_up: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    repo.commit(ALL)
    desk.read(repo.root)
    for module in ("snapshot", "kinds", "syntax"):
        monkeypatch.setattr(getattr(contents, module), "VERSION", 99)
        looked_up.clear()
        desk.read(repo.root)
        assert looked_up == [len(ALL)]
        desk.read(repo.root)
        assert looked_up == [len(ALL)]


def test_a_listing_is_another_for_anything_that_is_known_of_a_file() -> None:
    base = Found("a/b", b"x", 1, mark="m")

    def digest(*files: Found) -> bytes:
        listing = Listing()
        list(listing.watch(files))
        return listing.digest

    others = [
        dataclasses.replace(base, **{name: value})
        for name, value in {
            "path": "a/c", "data": b"y", "size": 2, "kind": "symlink", "reason": "r",
            "attributes": frozenset(("binary",)), "prefix": "p/", "mark": "n", "shelf": True,
        }.items()
    ]  # fmt: skip
    digests = {digest(base), digest(), digest(base, base), *map(digest, others)}
    assert len(digests) == 3 + len(others)
    known = {field.name for field in dataclasses.fields(Found)} - {"again"}
    assert len(others) == len(known)


def test_all_that_is_known_of_a_file_is_kept() -> None:
    entry = Entry(
        "a/b", "pdf", "id", 1, 2, "pdf", "utf-8", 3, ("note",), reason="why",
        about=(("Title", "A"),),
    )  # fmt: skip
    pages = (Page("a/b", 4, "iv", 5, True, reason="unread", confidence=0.5),)
    value = snapshot.pack(bytes(32), [(0, (entry, None, pages))])
    assert value
    (found,) = snapshot.unpack(value, bytes(32), [Found("a/b")]) or ()
    assert found == (entry, None, pages)
    # A level is that of a layout, and no value is what it is by default.
    of_layout = {"full_tokens", "level", "tokens"}
    for made in (entry, *pages):
        for field in dataclasses.fields(made):
            if field.name not in of_layout:
                assert getattr(made, field.name) != field.default, field.name


def test_short_ways_to_copies_leave_nothing_behind(repo: Repo, desk: Desk) -> None:
    repo.commit(ALL)
    corpus = desk.read(repo.root)
    for document in corpus.documents:
        other = dataclasses.replace(document, id="d9")
        named = document.named("d9")
        for field in dataclasses.fields(document):
            assert getattr(named, field.name) is getattr(other, field.name)
    for entry in corpus.entries:
        assert entry.shown(5, Level.PATH, 3, "why") == dataclasses.replace(
            entry, full_tokens=5, level=Level.PATH, tokens=3, reason="why"
        )


@pytest.mark.usefixtures("old")
def test_a_password_opens_what_stayed_closed_before(tmp_path: Path, desk: Desk) -> None:
    made = FPDF()
    made.set_encryption(owner_password="owner", user_password="user")
    made.set_font("helvetica", size=12)
    made.add_page()
    made.multi_cell(0, 6, "Locked away.")
    (tmp_path / "a.pdf").write_bytes(bytes(made.output()))
    (tmp_path / "b.txt").write_text("open\n")
    assert entries(desk.read(tmp_path))["a.pdf"].reason == "needs password"
    assert "Locked away." in documents(desk.read(tmp_path, passwords=("user",)))["a.pdf"].text
