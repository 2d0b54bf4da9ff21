"""Questions made of commits name no file, and are answered by what the commit touched."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from longread import config
from longread.cache.derived import Derived
from longread.ingest.read import Options, read

MakeRepository = Callable[..., Path]


@pytest.fixture
def bench(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(Path(__file__).parent.parent / "bench"))
    monkeypatch.delitem(sys.modules, "commits", raising=False)


@pytest.mark.usefixtures("bench")
def test_a_question_has_neither_file_names_nor_numbers() -> None:
    from commits import clean

    message = (
        "sessions: keep the cookie's path (#4321)\n\n"
        "The path in src/web/sessions.py and helpers.py was lost, see web.sessions.\n"
        "Fixes #12. https://example.org/x\n\n"
        "Co-authored-by: Somebody <a@b.c>\n"
    )
    cleaned = clean(message, ["src/web/sessions.py"])
    assert cleaned == "keep the cookie's path\n\nThe path in and was lost, see .\n."


@pytest.mark.usefixtures("bench")
def test_the_answer_is_what_the_commit_touched(
    make_repository: MakeRepository, git: Callable[..., str]
) -> None:
    from commits import case, commits

    body = "def first():\n    return 1\n\n\ndef second():\n    return 2\n"
    root = make_repository({"pkg/a.py": body, "pkg/b.py": body, "README.md": "# Pkg\n"})
    (root / "pkg/a.py").write_text(body.replace("return 2", "return 3"))
    (root / "README.md").write_text("# Package\n")
    git(root, "commit", "-qam", "Return three where two was one too few of them")
    commit = next(iter(commits(root)))
    with Derived(config.cache() / "derived.db") as derived:
        corpus = read([str(root)], Options(rev=commit.parent), derived, lambda _: None)
    found = case(root, commit, corpus)
    assert found
    assert found.files == {"pkg/a.py"}
    document = next(d for d in corpus.documents if d.path == "pkg/a.py")
    assert [document.text[a:b] for _, a, b in found.symbols] == ["def second():\n    return 2\n"]
