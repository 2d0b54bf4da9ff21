"""Reading order and rank: what explains first, definitions before uses, noise last."""

from __future__ import annotations

from longread.prompt.order import arrange, number
from longread.prompt.rank import link, rank, references
from longread.types import Corpus, Document, Kind, Segment, Span


def document(path: str, *links: str, kind: Kind = "source", language: str = "python") -> Document:
    return Document(path, kind, language, path, "x\n", (), links=links)


def paths(*documents: Document) -> list[str]:
    return [documents[position].path for position in arrange(documents)[0]]


def test_the_readme_comes_first_and_noise_last() -> None:
    found = paths(
        document("poetry.lock", kind="lock", language="toml"),
        document("src/a.py"),
        document("tests/test_a.py", kind="test"),
        document("README.md", "docs/README.md", kind="docs", language="markdown"),
        document("docs/README.md", kind="docs", language="markdown"),
        document("docs/guide.md", kind="docs", language="markdown"),
    )
    assert found == [
        "README.md", "docs/README.md", "src/a.py", "tests/test_a.py", "docs/guide.md",
        "poetry.lock",
    ]  # fmt: skip


def test_definitions_come_before_their_uses() -> None:
    found = paths(
        document("pkg/app.py", "pkg.core", "pkg.net"),
        document("pkg/core.py"),
        document("pkg/net.py", ".core"),
    )
    assert found == ["pkg/core.py", "pkg/net.py", "pkg/app.py"]


def test_a_cycle_of_imports_has_an_order_too() -> None:
    found = paths(document("a.py", "b"), document("b.py", "a"))
    assert sorted(found) == ["a.py", "b.py"]
    assert found == paths(document("b.py", "a"), document("a.py", "b"))


def test_ids_follow_the_reading_order() -> None:
    corpus = Corpus((), (document("b.py", "a"), document("a.py")), ())
    ordered = number(corpus, arrange(corpus.documents)[0])
    assert [(d.id, d.path) for d in ordered.documents] == [("d1", "a.py"), ("d2", "b.py")]


def test_links_are_resolved_as_each_language_means_them() -> None:
    documents = [
        document("pkg/__init__.py"),
        document("pkg/sub/mod.py", "..util", "pkg"),
        document("pkg/util.py"),
        document("web/app.ts", "./lib/api", language="typescript"),
        document("web/lib/api.ts", language="typescript"),
        document("src/main.c", "util.h", "stdio.h", language="c"),
        document("src/util.h", language="c"),
    ]
    assert link(documents) == [(), (2, 0), (), (4,), (), (6,), ()]


def test_what_many_use_ranks_above_what_nobody_does() -> None:
    documents = [document("core.py"), *(document(f"u{i}.py", "core") for i in range(5))]
    ranks = rank(documents, link(documents))
    assert ranks[0] > 1.5 * ranks[1]


def test_a_test_ranks_below_the_source_it_tests() -> None:
    documents = [document("a.py"), document("tests/test_a.py", "a", kind="test")]
    ranks = rank(documents, link(documents))
    assert ranks[0] > ranks[1]


def code(path: str, text: str, *names: str, kind: Kind = "source") -> Document:
    span = Span("line", 1, 1)
    segments = tuple(Segment("function", name, span, 0, len(text)) for name in names)
    return Document(path, kind, "python", path, text, segments)


def test_a_name_that_is_used_is_a_reference_to_what_defines_it() -> None:
    documents = [
        code("net.py", "def dispatch(): ...\n", "Router.dispatch"),
        code("use.py", "router.dispatch(x)\n"),
        code("tests/test_use.py", "dispatch()\n", "dispatch", kind="test"),
    ]
    found = references(documents)
    assert [sorted(targets) for targets in found] == [[], [0], []]
    ranks = rank(documents, link(documents), found)
    assert ranks[0] > ranks[1] > ranks[2]


def test_a_name_that_many_define_refers_to_none_of_them() -> None:
    documents = [code(f"m{i}.py", "def run(): ...\n", "run") for i in range(5)]
    documents.append(code("use.py", "run()\n"))
    assert references(documents)[-1] == {}


def test_where_a_program_begins_ranks_above_its_neighbours() -> None:
    documents = [code("src/main.go", "x\n"), code("src/other.go", "x\n")]
    ranks = rank(documents, link(documents))
    assert ranks[0] > ranks[1]


def test_noise_ranks_last_however_often_it_is_linked_to() -> None:
    kinds: tuple[Kind, ...] = ("lock", "minified", "generated", "locale")
    noise = [document(f"noise/{kind}.py", kind=kind) for kind in kinds]
    users = [document(f"m{i}.py", *(f"noise.{kind}" for kind in kinds)) for i in range(20)]
    ranks = rank([*noise, *users], link([*noise, *users]))
    assert max(ranks[: len(noise)]) < min(ranks[len(noise) :])


def test_what_code_imports_is_no_page_of_the_manual() -> None:
    documents = [
        document("docs/sys.rst", kind="docs", language="restructuredtext"),
        document("pkg/use.py", "sys"),
    ]
    assert link(documents) == [(), ()]
