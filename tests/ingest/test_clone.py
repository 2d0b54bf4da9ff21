"""A URL is cloned into the cache with the files that are asked for, and served by nothing odd."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from longread.errors import IngestError
from longread.ingest import clone, git, objects, plumbing, remote
from longread.ingest.clone import Clone
from longread.ingest.folder import Found, whole
from longread.types import Progress

if TYPE_CHECKING:
    from conftest import Repo
else:
    Repo = object

Files = dict[str, "str | bytes"]


@pytest.fixture(autouse=True)
def _cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LONGREAD_CACHE", str(tmp_path / "cache"))


def fetched(url: str, rev: str = "HEAD", prefix: str = "") -> Clone:
    return clone.fetched(url, rev, prefix, lambda _: None)


def read(got: Clone) -> dict[str, Found]:
    listed = git.tracked_at(got.repository, got.commit)
    return {f.path: whole(f) for f in git.read_commit(got.repository, got.commit, listed)}


def texts(got: Clone) -> dict[str, bytes]:
    return {path: found.data for path, found in read(got).items()}


def kept(got: Clone) -> set[bytes]:
    """Return the contents of all files that the clone holds, of any commit."""
    repository = got.repository
    listing = ("cat-file", "--batch-check=%(objecttype) %(objectname)", "--batch-all-objects")
    oids = [line[5:] for line in plumbing.checked(repository, *listing).decode().splitlines()
            if line.startswith("blob")]  # fmt: skip
    with_git = objects.Blobs(repository)
    found = {with_git.read(oid).data for oid in oids}
    with_git.close()
    return found


@pytest.fixture
def ssh(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A server reached by ssh, whose other end is this machine."""
    script = tmp_path / "ssh.sh"
    script.write_text('#!/bin/sh\n[ "$1" = -G ] && exit 0\nfor last; do :; done\neval "$last"\n')
    script.chmod(0o755)
    monkeypatch.setenv("GIT_SSH_COMMAND", str(script))
    return script


def test_a_url_is_cloned_bare_and_fetched_again(repo: Repo, tmp_path: Path) -> None:
    repo.commit({"a.txt": "one"})
    url = f"file://{repo.root}"
    assert remote.is_url(url)
    got = fetched(url)
    place = got.repository.directory
    assert (texts(got), got.remark, got.repository.name) == ({"a.txt": b"one"}, "", "house")
    repo.commit({"a.txt": "two"})
    assert texts(fetched(url)) == {"a.txt": b"two"}
    assert fetched(url).repository.directory == place
    repo.git("branch", "-m", "main", "trunk")
    assert texts(fetched(url)) == {"a.txt": b"two"}
    assert not list(place.glob("hooks/*"))
    assert str(repo.root) not in (place / "config").read_text()
    repo.root.rename(tmp_path / "gone")
    got = fetched(url)
    assert got.remark.startswith("not brought up to date: ")
    assert texts(got) == {"a.txt": b"two"}


def test_another_default_branch_is_followed(repo: Repo) -> None:
    repo.commit({"a.txt": "old"})
    url = f"file://{repo.root}"
    fetched(url)
    repo.git("checkout", "-q", "-b", "trunk")
    repo.commit({"a.txt": "new"})
    assert texts(fetched(url)) == {"a.txt": b"new"}


def test_only_files_that_are_asked_for_are_fetched(repo: Repo) -> None:
    first = repo.commit({"a.txt": "a, first", "src/x/b.py": "b, first", "docs/c.md": "c, first"})
    repo.git("tag", "v1")
    repo.commit({"a.txt": "a, second", "src/x/b.py": "b, second"})
    url = f"file://{repo.root}"
    got = fetched(url, prefix="src/x/")
    assert texts(got) == {"b.py": b"b, second"}
    assert got.repository.name == "house/src/x"
    assert kept(got) == {b"b, second"}
    assert texts(fetched(url, "v1", "src/")) == {"x/b.py": b"b, first"}
    assert kept(got) == {b"b, second", b"b, first"}
    whole_first = {"a.txt": b"a, first", "src/x/b.py": b"b, first", "docs/c.md": b"c, first"}
    assert texts(fetched(url, first)) == whole_first
    # A commit that is here needs no server.
    repo.root.rename(repo.root.with_name("gone"))
    again = fetched(url, first)
    assert (texts(again), again.remark) == (whole_first, "")


@pytest.mark.parametrize("filters", ["true", "false"])
def test_ssh_is_spoken_with_servers_that_filter_and_that_do_not(
    repo: Repo, ssh: Path, filters: str
) -> None:
    repo.git("config", "uploadpack.allowFilter", filters)
    repo.commit({"a.txt": "old"})
    repo.commit({"a.txt": "new", "b.txt": "b"})
    for url in (f"ssh://git@example.org{repo.root}", f"git@example.org:{repo.root}"):
        got = fetched(url)
        assert texts(got)["a.txt"] == b"new"
        assert (b"old" in kept(got)) == (filters == "false")
        repo.commit({"b.txt": url})
        assert texts(fetched(url))["b.txt"] == url.encode()


def test_what_no_branch_leads_to_is_fetched_by_its_name(repo: Repo) -> None:
    repo.commit({"a.txt": "main"})
    url = f"file://{repo.root}"
    fetched(url)
    repo.git("checkout", "-q", "--detach")
    proposed = repo.commit({"a.txt": "proposed"})
    repo.git("update-ref", "refs/pull/7/head", proposed)
    repo.git("checkout", "-q", "main")
    assert texts(fetched(url, "refs/pull/7/head")) == {"a.txt": b"proposed"}
    assert texts(fetched(url, proposed)) == {"a.txt": b"proposed"}
    for rev in ("v9", "0" * 40, "refs/pull/8/head", "--upload-pack=x"):
        with pytest.raises(IngestError, match="house has no revision") as error:
            fetched(url, rev)
        assert error.value.hint


def test_files_that_cannot_be_fetched_are_reasons(repo: Repo, tmp_path: Path) -> None:
    repo.commit({"a.txt": "a"})
    url = f"file://{repo.root}"
    fetched(url)
    repo.commit({"b.txt": "b", "c.txt": "c"})
    fetched(url, "HEAD", "b.txt/")
    repo.root.rename(tmp_path / "gone")
    got = fetched(url)
    assert {p: f.reason for p, f in read(got).items()} == {
        "a.txt": "", "b.txt": "not in this partial clone", "c.txt": "not in this partial clone",
    }  # fmt: skip
    assert got.remark.startswith("not brought up to date: ")


def test_a_clone_is_made_anew_before_its_packs_are_too_many(
    repo: Repo, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clone, "PACKS", 4)
    url = f"file://{repo.root}"
    for number in range(6):
        repo.commit({"a.txt": str(number)})
        got = fetched(url)
        assert texts(got) == {"a.txt": str(number).encode()}
        assert len(list(got.repository.directory.glob("objects/pack/*.pack"))) <= 6


def test_an_empty_repository_is_cloned_and_has_no_commit(repo: Repo) -> None:
    assert fetched(f"file://{repo.root}").commit == ""


def test_a_clone_says_how_far_it_is(repo: Repo) -> None:
    repo.commit({f"{n}.txt": f"{n}" for n in range(300)})
    told: list[Progress] = []
    clone.fetched(f"file://{repo.root}", "HEAD", "", told.append)
    counted = [p for p in told if p.stage == "fetch"]
    assert counted
    assert (counted[-1].done, counted[-1].total) == (300, 300)
    assert counted[-1].note.startswith("receiving objects of file://")


def test_a_hostile_folder_where_the_person_stands_changes_nothing(
    repo: Repo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    repo.commit({"a.txt": "a"})
    trap = type(repo)(tmp_path / "trap")
    trap.git("config", "url.file:///nowhere.insteadOf", "file://")
    trap.git("config", "core.sshCommand", f"touch {tmp_path}/MARK")
    (trap.root / "https:").mkdir()
    trap.git("clone", "-q", "--bare", str(repo.root), "https:/example.invalid/house.git")
    monkeypatch.chdir(trap.root)
    assert texts(fetched(f"file://{repo.root}")) == {"a.txt": b"a"}
    with pytest.raises(IngestError, match="cannot be cloned"):
        fetched("https://example.invalid/house.git")
    assert not (tmp_path / "MARK").exists()


@pytest.mark.parametrize(
    "url",
    [
        "ext::sh -c 'touch MARK'", "fd::17", "EXT::sh", "http://example.org/x", "git://example.org/x",
        "ftp://example.org/x", "file:///nowhere/x", "file://host/x", "file://%2e/x", "evil://x/y",
        "ssh://-oProxyCommand=touch%20MARK/x", "ssh://git@-oProxyCommand=touch/x",
        "git@-oProxyCommand:x", "ssh+evil::x",
    ],
)  # fmt: skip
def test_other_urls_are_refused(url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert remote.is_url(url)
    with pytest.raises(IngestError) as error:
        fetched(url)
    assert error.value.hint
    assert not (tmp_path / "MARK").exists()


@pytest.mark.parametrize("location", ["-oProxyCommand=x@h:p", "--upload-pack=touch://x", "-u::x"])
def test_what_starts_with_a_dash_is_no_url(location: str) -> None:
    assert not remote.is_url(location)


def test_a_password_in_a_url_is_not_shown(repo: Repo) -> None:
    assert clone.without_password("https://ann:tok@h/x") == "https://h/x"
    assert clone.without_password("https://ghp_x@h/x") == "https://h/x"
    assert clone.without_password("https://ann:p@ss@h/x@v1") == "https://h/x@v1"
    assert clone.without_password("ssh://git@h/x") == "ssh://git@h/x"
    assert clone.without_password("cannot reach 'https://a:b@h/x'") == "cannot reach 'https://h/x'"
    assert remote.is_url("git@example.org:ann/house.git")
    assert not remote.is_url("some/folder")
    assert clone.name_of("git@example.org:ann/house.git") == "house"


def test_what_lies_in_the_cache_is_private(repo: Repo, tmp_path: Path) -> None:
    repo.commit({"a.txt": "a"})
    fetched(f"file://{repo.root}")
    assert stat.S_IMODE(os.stat(tmp_path / "cache/clones").st_mode) == 0o700  # noqa: PTH116
