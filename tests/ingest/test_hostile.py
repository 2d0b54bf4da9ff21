"""Bad repositories: one clear error or a line of the ledger, and nothing of theirs ever runs."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest

from longread.cache.derived import Derived
from longread.errors import IngestError
from longread.ingest import git, plumbing
from longread.ingest.folder import Found, whole
from longread.ingest.read import Options, read
from longread.ingest.repository import find
from longread.types import Corpus

if TYPE_CHECKING:
    from conftest import Repo
else:
    Repo = object

SIGNATURE = "gpgsig -----BEGIN PGP SIGNATURE-----\n \n x\n -----END PGP SIGNATURE-----\n"


class Trap(NamedTuple):
    """A repository of which every program that git may be told to run leaves a mark."""

    repo: Repo
    marks: Path
    missing: str
    """A blob of its last commit that is not there, so that git would fetch it."""

    @property
    def sprung(self) -> set[str]:
        """Return the names of the programs that ran."""
        return {path.name for path in self.marks.iterdir()}


HOOKS = (
    "post-index-change", "post-checkout", "pre-commit", "reference-transaction", "pre-auto-gc",
    "fsmonitor-watchman", "post-rewrite", "pre-receive", "update", "post-update", "post-merge",
    "sendemail-validate", "proc-receive", "push-to-checkout",
)  # fmt: skip


def set_traps(repo: Repo, tmp_path: Path) -> Trap:
    marks = tmp_path / "marks"
    marks.mkdir()

    def program(name: str) -> str:
        script = tmp_path / f"{name}.sh"
        rest = {"clean": "cat", "smudge": "cat", "diff": "", "external": ""}.get(name, "exit 1")
        script.write_text(f"#!/bin/sh\ntouch {marks}/{name}\n{rest}\n")
        script.chmod(0o755)
        return str(script)

    rules = "*.txt filter=evil diff=conv\n*.py filter=proc diff=ext\n"
    repo.commit({"a.txt": "a\n", "b.py": "b = 1\n", "c.md": "c\n", ".gitattributes": rules})
    repo.commit({"a.txt": "aa\n", "b.py": "b = 2\n", "c.md": "cc\n"})
    told = repo.git("cat-file", "commit", "HEAD")
    head, _, message = told.partition("\n\n")
    signed = f"{head}\n{SIGNATURE}\n{message}\n".encode()
    oid = repo.git("hash-object", "-t", "commit", "-w", "--stdin", given=signed)
    repo.git("update-ref", "refs/heads/main", oid)
    for hook in HOOKS:
        path = repo.root / ".git/hooks" / hook
        path.parent.mkdir(exist_ok=True)
        path.write_text(f"#!/bin/sh\ntouch {marks}/hook-{hook}\n")
        path.chmod(0o755)
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere/a.txt").write_text("SECRET")
    (repo.root / ".git/evil.config").write_text(
        f'[core]\n\tfsmonitor = {program("included")}\n[diff "conv"]\n'
        f"\ttextconv = {program('textconv')}\n"
    )
    other = type(repo)(tmp_path / "other")
    other.commit({"x": "x"})
    (repo.root / ".git/objects/info").mkdir(exist_ok=True)
    (repo.root / ".git/objects/info/alternates").write_text(f"{other.root}/.git/objects\n")
    missing = repo.git("rev-parse", "HEAD:c.md")
    for key, value in {
        "core.sshCommand": program("ssh"), "core.pager": program("pager"),
        "pager.log": program("pager"), "core.editor": program("editor"),
        "sequence.editor": program("editor"), "core.askPass": program("askpass"),
        "core.gitProxy": program("proxy"), "core.hooksPath": str(repo.root / ".git/hooks"),
        "filter.evil.clean": program("clean"), "filter.evil.smudge": program("smudge"),
        "filter.proc.process": program("process"), "filter.evil.required": "true",
        "diff.ext.command": program("diff"), "diff.external": program("external"),
        "gpg.program": program("gpg"), "gpg.ssh.program": program("gpg"),
        "log.showSignature": "true", "credential.helper": f"!{program('credential')}",
        "credential.https://example.org.helper": f"!{program('credential')}",
        "core.alternateRefsCommand": program("alternate"), "help.autoCorrect": "immediate",
        "alias.ls-files": f"!{program('alias')}", "alias.cat-file": f"!{program('alias')}",
        "alias.rev-parse": f"!{program('alias')}", "alias.log": f"!{program('alias')}",
        "core.worktree": str(tmp_path / "elsewhere"), "core.repositoryFormatVersion": "1",
        "extensions.partialClone": "origin", "extensions.worktreeConfig": "true",
        "remote.origin.promisor": "true", "protocol.allow": "always",
        "remote.origin.url": "ssh://example.org/x", "remote.origin.uploadpack": program("pack"),
        "remote.up.promisor": "true", "remote.up.url": f"file://{other.root}",
        "remote.up.uploadpack": program("uploadpack"),
        "remote.ext.promisor": "true", "remote.ext.url": f"ext::{program('helper')}",
        "uploadpack.packObjectsHook": program("packhook"), "uploadpack.allowFilter": "true",
        "trace2.eventTarget": str(marks / "trace"), "include.path": "evil.config",
        "merge.tool": "evil", "mergetool.evil.cmd": program("tool"),
        "interactive.diffFilter": program("interactive"), "core.preloadIndex": "true",
        "submodule.recurse": "true", "fetch.recurseSubmodules": "true",
        "browser.evil.cmd": program("browser"),
    }.items():  # fmt: skip
        repo.git("config", key, value)
    (repo.root / ".git/config.worktree").write_text(
        f"[core]\n\tfsmonitor = {program('worktree-config')}\n"
    )
    (repo.root / ".git/objects" / missing[:2] / missing[2:]).unlink()
    # A stale index makes git want to look at the files, and their filters.
    os.utime(repo.root / "a.txt", (0, 0))
    os.utime(repo.root / "b.py", (0, 0))
    return Trap(repo, marks, missing)


@pytest.fixture
def trap(repo: Repo, tmp_path: Path) -> Trap:
    made = set_traps(repo, tmp_path)
    # Making it has run some.
    for mark in made.marks.iterdir():
        mark.unlink()
    return made


def spring(trap: Trap) -> None:
    """Call git as anybody would."""
    trap.repo.write("b.py", "b = 3\n")
    trap.repo.write(".gitattributes", "*.py filter=proc diff=ext\n*.txt filter=evil diff=conv\n")
    for line in (
        "--work-tree=. status", "log -p", "--work-tree=. diff",
        "--work-tree=. -c filter.proc.process= diff", "cat-file --filters HEAD:a.txt",
        "cat-file --filters HEAD:b.py", f"cat-file -p {trap.missing}",
        "update-ref refs/heads/x HEAD", "update-index --refresh", "fetch ext", "fetch up",
    ):  # fmt: skip
        env = {k: v for k, v in os.environ.items() if not k.startswith("GIT_")}
        subprocess.run(
            ["git", *line.split()],
            cwd=trap.repo.root,
            env=env | {"GIT_ALLOW_PROTOCOL": "file:ssh:ext"},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=False,
            timeout=60,
        )


def run(*arguments: str | Path, **changed: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "longread", "pack", *map(str, arguments)],
        env=os.environ | changed,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


def told(ledger: Path) -> dict[str, dict[str, Any]]:
    return {entry["path"]: entry for entry in json.loads(ledger.read_text())["files"]}


@pytest.fixture
def look(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., Corpus]]:
    with Derived(tmp_path_factory.mktemp("derived") / "d.sqlite") as derived:

        def look(*places: Path | str, rev: str = "") -> Corpus:
            return read([str(p) for p in places], Options(rev), derived, lambda _: None)

        yield look


def at(place: Path, rev: str) -> dict[str, Found]:
    repository = find(place)
    assert repository
    commit = git.commit(repository, rev)
    listed = git.tracked_at(repository, commit)
    return {f.path: whole(f) for f in git.read_commit(repository, commit, listed)}


def test_the_traps_are_real(trap: Trap) -> None:
    spring(trap)
    assert trap.sprung >= {
        "worktree-config", "ssh", "uploadpack", "helper", "clean", "smudge", "process", "textconv",
        "diff", "external", "gpg", "hook-reference-transaction", "hook-post-index-change",
    }  # fmt: skip


def test_the_command_line_reads_every_kind_of_hostile_source_and_runs_nothing(
    trap: Trap, tmp_path: Path
) -> None:
    root = trap.repo.root
    trap.repo.write("untracked.txt")
    shutil.copytree(root / ".git", tmp_path / "bare.git")
    (tmp_path / "linked").mkdir()
    (tmp_path / "linked/.git").write_text(f"gitdir: {root}/.git\n")
    for name in ("a.txt", "c.md"):
        (tmp_path / "linked" / name).write_text("linked\n")
    places = (root, f"{root}@HEAD~1", f"{root}@HEAD", tmp_path / "bare.git", tmp_path / "linked")
    done = run(*places, "--ledger", tmp_path / "l.json", "-o", tmp_path / "o.txt")
    assert done.returncode == 0, done.stderr
    assert trap.sprung == set()
    reasons = {path: entry["reason"] for path, entry in told(tmp_path / "l.json").items()}
    gone = "its object is missing from the repository"
    assert reasons == {
        **{f"house/{name}": "" for name in (".gitattributes", "a.txt", "b.py", "c.md")},
        **{f"house@HEAD~1/{name}": "" for name in (".gitattributes", "a.txt", "b.py", "c.md")},
        **{f"house@HEAD/{name}": "" for name in (".gitattributes", "a.txt", "b.py")},
        **{f"bare/{name}": "" for name in (".gitattributes", "a.txt", "b.py")},
        "house@HEAD/c.md": gone, "bare/c.md": gone,
        "linked/a.txt": "", "linked/c.md": "",
        "linked/b.py": "deleted in the work tree",
        "linked/.gitattributes": "deleted in the work tree",
    }  # fmt: skip
    text = (tmp_path / "o.txt").read_text()
    assert "SECRET" not in text
    assert "aa\n" in text
    assert "1 untracked file left out" in done.stderr


def test_a_url_of_a_hostile_repository_runs_nothing_of_it(trap: Trap, tmp_path: Path) -> None:
    # What its clone is to have must be there.
    trap.repo.git("hash-object", "-w", "--stdin", given=b"cc\n")
    for mark in trap.marks.iterdir():
        mark.unlink()
    url = f"file://{trap.repo.root}"
    cache = str(tmp_path / "cache")
    done = run(url, f"{url}@HEAD~1", "--ledger", tmp_path / "l.json", LONGREAD_CACHE=cache)
    assert done.returncode == 0, done.stderr
    assert {entry["reason"] for entry in told(tmp_path / "l.json").values()} == {""}
    assert trap.sprung == set()


def test_history_and_differences_run_nothing(trap: Trap) -> None:
    repository = find(trap.repo.root)
    assert repository
    new, old = git.commit(repository, "HEAD"), git.commit(repository, "HEAD~1")
    shown = plumbing.history(repository, "diff-tree", "-p", old, new, "--", "a.txt", "b.py")
    assert b"-a\n+aa\n" in shown
    assert b"-b = 1\n+b = 2\n" in shown
    said = plumbing.history(repository, "log", "-p", "--format=%H %s", new, "--", "a.txt")
    assert said.startswith(f"{new} m\n".encode())
    assert b"+aa\n" in said
    assert trap.sprung == set()
    for verb in ("diff-tree", "log"):
        with pytest.raises(IngestError, match="git cannot read house") as error:
            plumbing.history(repository, verb, "-p", *((old,) if verb == "diff-tree" else ()), new)
        assert error.value.hint
    assert trap.sprung == set()


def test_settings_of_nobody_change_what_history_says(
    repo: Repo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    old, new = repo.commit({"a": "1\n"}), repo.commit({"a": "2\n"})
    repository = find(repo.root)
    assert repository
    plain = plumbing.history(repository, "diff-tree", "-p", old, new)
    said = plumbing.history(repository, "log", "-p", "--format=%H", new)
    (tmp_path / ".gitconfig").write_text(
        "[diff]\n\tnoprefix = true\n\tmnemonicPrefix = true\n\texternal = false\n"
        "[color]\n\tui = always\n[log]\n\tdecorate = full\n\tshowSignature = true\n"
    )
    monkeypatch.setenv("HOME", str(tmp_path))
    repo.git("config", "diff.noprefix", "true")
    assert plumbing.history(repository, "diff-tree", "-p", old, new) == plain
    assert plumbing.history(repository, "log", "-p", "--format=%H", new) == said
    assert b"diff --git a/a b/a" in plain


def test_a_damaged_object_is_a_reason_and_what_it_says_is_not_believed(
    repo: Repo, look: Callable[..., Corpus], tmp_path: Path
) -> None:
    texts = {f"{name}.txt": f"this is {name}, and a good deal more\n" for name in "abcd"}
    repo.commit(dict(texts))
    objects = repo.root / ".git/objects"

    def place(name: str) -> Path:
        oid = repo.git("rev-parse", f"HEAD:{name}.txt")
        (objects / oid[:2] / oid[2:]).chmod(0o644)
        return objects / oid[:2] / oid[2:]

    place("b").write_bytes(place("b").read_bytes()[:20])
    place("c").write_bytes(b"not zlib at all")
    place("d").write_bytes(place("a").read_bytes())
    found = look(repo.root, rev="HEAD")
    damaged = "its object is damaged"
    assert {e.path: e.reason for e in found.entries} == {
        "a.txt": "", "b.txt": damaged, "c.txt": damaged, "d.txt": damaged,
    }  # fmt: skip
    # A sound repository with an object of that name is read as what it says.
    sound = type(repo)(tmp_path / "sound")
    sound.commit(dict(texts))
    found = look(sound.root, rev="HEAD")
    assert {d.path: d.text for d in found.documents} == texts


def damaged(repo: Repo, what: str) -> None:
    oid = repo.git("rev-parse", {"tree": "HEAD^{tree}", "commit": "HEAD"}.get(what, "HEAD"))
    places = {
        "tree": f"objects/{oid[:2]}/{oid[2:]}", "commit": f"objects/{oid[:2]}/{oid[2:]}",
        "index": "index", "config": "config", "head": "HEAD", "packed": "packed-refs",
        "formats": "config",
    }  # fmt: skip
    contents = {
        "formats": "[core]\n\trepositoryFormatVersion = 1\n[extensions]\n\tobjectFormat=md5\n"
    }
    place = repo.root / ".git" / places[what]
    if place.exists():
        place.chmod(0o644)
    place.write_text(contents.get(what, "[[[ not what git writes, by any measure\n"))


@pytest.mark.parametrize("what", ["tree", "commit", "index", "config", "head", "packed", "formats"])
def test_a_damaged_repository_is_one_clear_error(
    repo: Repo, look: Callable[..., Corpus], what: str
) -> None:
    repo.commit({"a.txt": "a"})
    repo.git("tag", "v1")
    damaged(repo, what)
    with pytest.raises(IngestError) as error:
        look(repo.root, rev="" if what == "index" else "v1" if what == "head" else "HEAD")
    assert error.value.hint
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("name", ["config", "HEAD", "index", "packed-refs", "commondir"])
def test_a_pipe_in_a_git_directory_is_not_waited_for(
    repo: Repo, look: Callable[..., Corpus], name: str
) -> None:
    repo.commit({"a.txt": "a"})
    (repo.root / ".git" / name).unlink(missing_ok=True)
    os.mkfifo(repo.root / ".git" / name)
    if name == "HEAD":
        # Without one it is no repository, and read as the folder it is.
        assert look(repo.root).sources[0].way == "folder"
        return
    with pytest.raises(IngestError, match="is not as git makes it") as error:
        look(repo.root)
    assert error.value.hint


def test_pipes_in_the_work_tree_are_not_waited_for(
    repo: Repo, look: Callable[..., Corpus], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(git, "PATIENCE", 0.5)
    repo.commit({"a.gen": "a\n", ".gitattributes": "*.gen linguist-generated\n", "d/b.txt": "b"})
    (repo.root / ".gitattributes").unlink()
    for name in (".gitattributes", "d/.gitattributes", ".gitignore"):
        os.mkfifo(repo.root / name)
    found = look(repo.root)
    assert {e.path: (e.kind, e.reason) for e in found.entries} == {
        ".gitattributes": ("config", "not a regular file"), "a.gen": ("generated", ""),
        "d/b.txt": ("docs", ""),
    }  # fmt: skip
    assert found.sources[0].note.endswith("; untracked files left out, not counted")


def test_an_include_that_leads_to_a_pipe_is_not_followed(
    repo: Repo, look: Callable[..., Corpus], tmp_path: Path
) -> None:
    repo.commit({"a.txt": "a"})
    os.mkfifo(tmp_path / "pipe")
    repo.git("config", "core.excludesFile", str(tmp_path / "pipe"))
    with (repo.root / ".git/config").open("a") as file:
        file.write(f"[include]\n\tpath = {tmp_path}/pipe\n")
    assert [e.path for e in look(repo.root).entries] == ["a.txt"]
    assert [e.path for e in look(repo.root, rev="HEAD").entries] == ["a.txt"]


def test_a_shallow_clone_is_read_and_says_what_it_lacks(
    repo: Repo, look: Callable[..., Corpus], tmp_path: Path
) -> None:
    repo.commit({"a.txt": "one"})
    repo.commit({"a.txt": "two"})
    repo.git("clone", "-q", "--depth=1", f"file://{repo.root}", str(tmp_path / "flat"))
    for rev in ("", "HEAD", "main"):
        assert [d.text for d in look(tmp_path / "flat", rev=rev).documents] == ["two"]
    with pytest.raises(IngestError, match="flat has no revision 'HEAD~1'") as error:
        look(tmp_path / "flat", rev="HEAD~1")
    assert "shallow" in error.value.hint
    repository = find(tmp_path / "flat")
    assert repository
    assert plumbing.history(repository, "log", "--format=%s", "HEAD") == b"m\n"


def test_a_partial_clone_with_a_hostile_server_fetches_nothing(
    repo: Repo, look: Callable[..., Corpus], tmp_path: Path
) -> None:
    repo.git("config", "uploadpack.allowFilter", "true")
    repo.commit({"a.txt": "one", "b.txt": "b"})
    repo.commit({"a.txt": "two"})
    part = tmp_path / "part"
    repo.git("clone", "-q", "--filter=blob:none", f"file://{repo.root}", str(part))
    script = tmp_path / "evil.sh"
    script.write_text(f"#!/bin/sh\ntouch {tmp_path}/MARK\n")
    script.chmod(0o755)
    (tmp_path / "git-remote-evil").symlink_to(script)
    for settings in (
        {"url": "ssh://example.org/x"}, {"uploadpack": str(script)}, {"url": f"ext::{script}"},
        {"vcs": "evil"}, {"url": "evil://x"},
    ):  # fmt: skip
        for key, value in settings.items():
            repo.git("-C", str(part), "config", f"remote.origin.{key}", value)
        repo.git("-C", str(part), "config", "core.sshCommand", str(script))
        repo.git("-C", str(part), "config", "protocol.allow", "always")
        found = look(part, rev="HEAD~1")
        assert {e.path: e.reason for e in found.entries} == {
            "a.txt": "not in this partial clone", "b.txt": "",
        }  # fmt: skip
        assert [d.text for d in look(part).documents] == ["two", "b"]
    assert not (tmp_path / "MARK").exists()


def test_a_repository_of_somebody_else_is_read_and_runs_nothing(
    trap: Trap, look: Callable[..., Corpus]
) -> None:
    for folder, _, names in os.walk(trap.repo.root):
        for name in (".", *names) if os.geteuid() == 0 else ():
            os.chown(os.path.join(folder, name), 65534, 65534)  # noqa: PTH118
    assert len(look(trap.repo.root).documents) == 4
    assert len(look(trap.repo.root, rev="HEAD").documents) == 3
    assert trap.sprung == set()


def test_a_git_directory_planted_above_by_somebody_else_has_no_say(
    repo: Repo, look: Callable[..., Corpus], tmp_path: Path
) -> None:
    (repo.root / "mine").mkdir()
    repo.write("mine/a.txt", "a")
    repo.commit()
    repo.write("mine/b.txt", "b")
    assert [e.path for e in look(repo.root / "mine").entries] == ["a.txt"]
    if os.geteuid() == 0:
        os.chown(repo.root / ".git", 65534, 65534)
        assert [e.path for e in look(repo.root / "mine").entries] == ["a.txt", "b.txt"]
    assert find(repo.root)


def test_a_common_directory_that_leads_astray_is_an_error(
    repo: Repo, look: Callable[..., Corpus], tmp_path: Path
) -> None:
    repo.commit({"a.txt": "a"})
    for said in ("/nowhere\n", "../..\n", "a\0b"):
        (repo.root / ".git/commondir").write_text(said)
        with pytest.raises(IngestError) as error:
            look(repo.root)
        assert error.value.hint


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["HOUSE", "--rev", "v9"], "house has no revision 'v9'"),
        (["HOUSE", "--rev", "--upload-pack=touch MARK"], "has no revision"),
        (["HOUSE@v9"], "house has no revision 'v9'"),
        (["HOUSE//nowhere"], "house has no folder nowhere"),
        (["--", "-oProxyCommand=touch MARK"], "cannot be opened"),
        (["--", "--upload-pack=touch MARK://x"], "cannot be opened"),
        (["ext::sh -c 'touch MARK'"], "is not an https, ssh or file URL"),
        (["ssh://-oProxyCommand=touch MARK/x"], "names no host"),
        (["file:///nowhere"], "is not a git repository"),
    ],
)
def test_bad_input_is_exit_code_two_and_a_hint(
    repo: Repo, tmp_path: Path, arguments: list[str], message: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    repo.commit({"a.txt": "a"})
    monkeypatch.chdir(tmp_path)
    done = run(*(word.replace("HOUSE", str(repo.root)) for word in arguments))
    assert done.returncode == 2
    *_, error, hint = done.stderr.splitlines()
    assert error.startswith("error: ")
    assert message in error
    assert hint.startswith("hint: ")
    assert not (tmp_path / "MARK").exists()
