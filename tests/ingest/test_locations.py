"""What a person writes for a source: an address, perhaps a revision, perhaps a folder."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from longread.cache.derived import Derived
from longread.errors import IngestError
from longread.ingest.locations import asked
from longread.ingest.read import Options, read
from longread.types import Corpus

if TYPE_CHECKING:
    from conftest import Repo
else:
    Repo = object


@pytest.fixture
def look(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Corpus]]:
    monkeypatch.setenv("LONGREAD_CACHE", str(tmp_path / "cache"))
    with Derived(tmp_path / "derived.sqlite") as derived:

        def look(*places: Path | str, rev: str = "") -> Corpus:
            return read([str(p) for p in places], Options(rev), derived, lambda _: None)

        yield look


def texts(corpus: Corpus) -> dict[str, str]:
    return {document.path: document.text for document in corpus.documents}


@pytest.mark.parametrize(
    ("location", "parts"),
    [
        ("https://h/x.git", ("https://h/x.git", "", "")),
        ("https://h/x.git//src/x", ("https://h/x.git", "", "src/x/")),
        ("https://h/x.git//src//x/", ("https://h/x.git", "", "src/x/")),
        ("https://h/x.git@v1.2", ("https://h/x.git", "v1.2", "")),
        ("https://h/x.git@feature/y//src", ("https://h/x.git", "feature/y", "src/")),
        ("https://ann:p@ss@h/x@v1", ("https://ann:p@ss@h/x", "v1", "")),
        ("https://h/@scope/x", ("https://h/@scope/x", "", "")),
        ("https://git@h:8443/x", ("https://git@h:8443/x", "", "")),
        ("ssh://git@h/x//a b", ("ssh://git@h/x", "", "a b/")),
        ("git@h:ann/x.git", ("git@h:ann/x.git", "", "")),
        ("git@h:ann/x.git@v1//src", ("git@h:ann/x.git", "v1", "src/")),
        ("file:///a/b.git//c@d", ("file:///a/b.git", "", "c@d/")),
        ("file:///a/b.git@v1//c", ("file:///a/b.git", "v1", "c/")),
        ("ext::sh -c 'x'//y", ("ext::sh -c 'x'//y", "", "")),
        ("nowhere//src", ("nowhere//src", "", "")),
        ("nowhere@v1", ("nowhere@v1", "", "")),
        ("a\0b//c", ("a\0b//c", "", "")),
    ],
)
def test_a_location_has_an_address_a_revision_and_a_folder(
    location: str, parts: tuple[str, str, str]
) -> None:
    assert asked(location) == parts


@pytest.mark.parametrize("folder", ["..", "../x", "a/../../x", "./..", "../"])
def test_a_folder_does_not_lead_out_of_its_repository(folder: str) -> None:
    with pytest.raises(IngestError, match="leads out of its repository") as error:
        asked(f"https://h/x.git//{folder}")
    assert error.value.hint


def test_what_exists_as_it_is_written_is_taken_so(
    repo: Repo, look: Callable[..., Corpus], tmp_path: Path
) -> None:
    odd = type(repo)(tmp_path / "house@v1")
    odd.commit({"a.txt": "odd"})
    repo.commit({"a.txt": "even"})
    repo.git("tag", "v1")
    assert asked(str(odd.root)) == (str(odd.root), "", "")
    assert texts(look(odd.root)) == {"a.txt": "odd"}
    os.rename(odd.root, tmp_path / "gone")  # noqa: PTH104
    assert texts(look(odd.root)) == {"a.txt": "even"}


def test_a_folder_of_a_repository_is_read_the_same_however_it_is_named(
    repo: Repo, look: Callable[..., Corpus], tmp_path: Path
) -> None:
    commit = repo.commit({"a.txt": "a", "src/x/b.py": "b\n", "src/x/y/c.py": "c\n"})
    repo.git("tag", "v1")
    repo.git("clone", "-q", "--bare", ".", str(tmp_path / "house.git"))
    expected = {"b.py": "b\n", "y/c.py": "c\n"}
    places = {
        f"{repo.root}/src/x": f"git work tree of house/src/x at {commit[:7]}: 2 tracked files",
        f"{repo.root}//src/x": f"git work tree of house/src/x at {commit[:7]}: 2 tracked files",
        f"{repo.root}/src//x": f"git work tree of house/src/x at {commit[:7]}: 2 tracked files",
        f"{repo.root}@main//src/x": f"git commit {commit[:7]} of house@main/src/x: 2 files",
        f"{tmp_path}/house.git//src/x": f"git commit {commit[:7]} of house/src/x: 2 files",
        f"{tmp_path}/house.git@v1//src/x/": f"git commit {commit[:7]} of house@v1/src/x: 2 files",
        f"file://{repo.root}//src/x": f"git commit {commit[:7]} of house/src/x: 2 files",
        f"file://{repo.root}@main//src/x": f"git commit {commit[:7]} of house@main/src/x: 2 files",
    }
    for place, note in places.items():
        corpus = look(place)
        assert (texts(corpus), corpus.sources[0].note) == (expected, note)


def test_a_folder_that_only_a_revision_has_is_read_from_it(
    repo: Repo, look: Callable[..., Corpus]
) -> None:
    repo.commit({"old/a.txt": "a", "b.txt": "b"})
    repo.git("tag", "v1")
    repo.git("rm", "-q", "-r", "old")
    repo.commit()
    assert texts(look(f"{repo.root}//old", rev="v1")) == {"a.txt": "a"}
    assert texts(look(f"{repo.root}@v1//old")) == {"a.txt": "a"}
    for place in (f"{repo.root}//old", f"{repo.root}@main//old", f"file://{repo.root}//old"):
        with pytest.raises(IngestError, match=r"house(@main)? has no folder old") as error:
            look(place)
        assert error.value.hint


def test_repositories_of_one_name_are_told_apart(
    repo: Repo, look: Callable[..., Corpus], tmp_path: Path
) -> None:
    other = type(repo)(tmp_path / "elsewhere/house")
    repo.commit({"a.txt": "one", "src/b.txt": "b one"})
    other.commit({"a.txt": "two", "src/b.txt": "b two"})
    corpus = look(repo.root, other.root, f"file://{repo.root}")
    assert texts(corpus) == {
        "house/a.txt": "one", "house/src/b.txt": "b one",
        "house-2/a.txt": "two", "house-2/src/b.txt": "b two",
        "house-3/a.txt": "one", "house-3/src/b.txt": "b one",
    }  # fmt: skip
    assert len({source.location for source in corpus.sources}) == 3
    assert texts(look(f"{repo.root}/src", f"{other.root}//src")) == {
        "house/src/b.txt": "b one", "house/src-2/b.txt": "b two",
    }  # fmt: skip
    # What is named twice is read once.
    assert texts(look(repo.root, f"{repo.root}/.", f"{repo.root}//")) == {
        "a.txt": "one", "src/b.txt": "b one",
    }  # fmt: skip


def test_one_repository_is_read_at_two_revisions(repo: Repo, look: Callable[..., Corpus]) -> None:
    repo.commit({"a.txt": "one"})
    repo.git("tag", "v1")
    repo.commit({"a.txt": "two"})
    repo.git("tag", "v2")
    repo.write("a.txt", "three")
    assert texts(look(f"{repo.root}@v1", f"{repo.root}@v2", repo.root)) == {
        "house@v1/a.txt": "one", "house@v2/a.txt": "two", "house/a.txt": "three",
    }  # fmt: skip
    url = f"file://{repo.root}"
    assert texts(look(f"{url}@v1", f"{url}@v2")) == {
        "house@v1/a.txt": "one", "house@v2/a.txt": "two",
    }  # fmt: skip
    assert texts(look(f"{repo.root}@v1", rev="v2")) == {"a.txt": "one"}
