"""Sources become a corpus: nothing is dropped in silence, and a second reading costs little."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from fpdf import FPDF

from longread.cache.derived import Derived
from longread.errors import IngestError
from longread.ingest import contents, secrets, syntax
from longread.ingest.read import Options, read
from longread.ingest.syntax import Parsed
from longread.types import Document, Progress, Span
from tests.ingest.reading import TOKEN, Desk, documents, entries, pdf

if TYPE_CHECKING:
    from conftest import Repo
else:
    Repo = object


@pytest.fixture
def derived(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Derived]:
    with Derived(tmp_path_factory.mktemp("derived") / "derived.sqlite") as opened:
        yield opened


@pytest.fixture
def desk(derived: Derived) -> Desk:
    return Desk(derived)


def tiles(document: Document) -> bool:
    ends = [0, *(segment.end for segment in document.segments)]
    starts = [segment.start for segment in document.segments]
    return starts == ends[:-1] and ends[-1] == len(document.text)


def test_every_tracked_file_has_an_entry_with_a_kind_and_a_reason(
    repo: Repo, desk: Desk, tmp_path: Path
) -> None:
    lfs = f"version https://git-lfs.github.com/spec/v1\noid sha256:{'0' * 64}\nsize 9999\n"
    cells = {"cells": [{"source": ["import os\n"], "outputs": ["OUT"]}, {"source": "x = 1"}]}
    repo.commit({
        "README.md": "# House\n", "src/a.py": "def f():\n    return 1\n", "empty.py": "",
        "logo.png": b"\x89PNG\r\n\x1a\n\0\0", "lib.so": b"\x7fELF\0", "model.bin": lfs,
        "old.txt": "Größe über alles, für wahr, müßig\n".encode("cp1252"),
        "wide.txt": "wörd\n".encode("utf-16"), "bom.py": b"\xef\xbb\xbfx = 1\r\n",
        "book.ipynb": json.dumps(cells), "broken.ipynb": "{not json",
        "dist/app.js": "var a=1;" * 5000, "poetry.lock": "x\n",
        "sub/b.pdf": pdf("One", "", "Three"),
        "fake.pdf": "<html>not found</html>", "gone.py": "x\n",
    })  # fmt: skip
    (repo.root / "link").symlink_to("README.md")
    repo.git("update-index", "--add", "--cacheinfo", f"160000,{'1' * 40},module")
    repo.git("add", "link")
    (repo.root / "gone.py").unlink()
    repo.write("untracked.txt")

    corpus = desk.read(repo.root)

    assert [e.path for e in corpus.entries] == sorted(repo.git("ls-files", "-z").split("\0")[:-1])
    told = {e.path: (e.kind, e.reason) for e in corpus.entries}
    assert told == {
        "README.md": ("docs", ""), "src/a.py": ("source", ""), "empty.py": ("empty", "empty"),
        "logo.png": ("image", "binary"), "lib.so": ("binary", "binary"),
        "model.bin": ("lfs", "LFS pointer: its 9,999 bytes are not here"),
        "old.txt": ("docs", ""), "wide.txt": ("docs", ""), "bom.py": ("source", ""),
        "book.ipynb": ("notebook", ""), "broken.ipynb": told["broken.ipynb"],
        "dist/app.js": ("minified", ""), "poetry.lock": ("lock", ""), "sub/b.pdf": ("pdf", ""),
        "fake.pdf": ("pdf", "not a PDF"), "gone.py": ("source", "deleted in the work tree"),
        "link": ("symlink", "symlink to README.md (inside)"),
        "module": ("submodule", "submodule at 1111111, not read"),
    }  # fmt: skip
    found = documents(corpus)
    assert set(found) == {p for p, (_, reason) in told.items() if not reason}
    assert found["broken.ipynb"].text == "{not json"
    assert found["book.ipynb"].text == "import os\n\nx = 1\n"
    assert [s.span for s in found["book.ipynb"].segments] == [
        Span("cell", 1, 1),
        Span("cell", 2, 2),
    ]
    assert {d.path: d.unit for d in corpus.documents if d.unit != "line"} == {
        "book.ipynb": "cell", "sub/b.pdf": "page",
    }  # fmt: skip
    assert all(tiles(document) for document in corpus.documents)
    assert found["bom.py"].text == "x = 1\n"
    assert found["src/a.py"].segments[0].name == "f"
    encodings = {p: e.encoding for p, e in entries(corpus).items()}
    assert (encodings["wide.txt"], encodings["bom.py"]) == ("utf-16", "utf-8-sig")
    assert encodings["src/a.py"] == "utf-8"
    assert found["old.txt"].text == "Größe über alles, für wahr, müßig\n"
    assert entries(corpus)["src/a.py"].lines == 2
    assert entries(corpus)["src/a.py"].bytes == 22
    (source,) = corpus.sources
    assert source.note == (
        f"git work tree of house at {source.version[:7]}: 18 tracked files;"
        " 1 untracked file left out"
    )
    assert source.version == repo.git("rev-parse", "HEAD")


def test_pages_of_a_pdf_are_listed_one_by_one(tmp_path: Path, desk: Desk) -> None:
    (tmp_path / "a.pdf").write_bytes(pdf("The first page.", "", "The third page."))
    corpus = desk.read(tmp_path / "a.pdf")
    (document,) = corpus.documents
    assert (document.path, document.kind, document.unit) == ("a.pdf", "pdf", "page")
    assert [s.span for s in document.segments] == [Span("page", 1, 1), Span("page", 3, 3)]
    assert [(p.path, p.page, p.characters > 0, bool(p.reason)) for p in corpus.pages] == [
        ("a.pdf", 1, True, False), ("a.pdf", 2, False, True), ("a.pdf", 3, True, False),
    ]  # fmt: skip
    assert (corpus.sources[0].way, corpus.sources[0].note) == ("pdf", "one PDF")
    assert desk.read(tmp_path / "a.pdf") == corpus


def test_a_text_that_speaks_of_pdfs_is_a_text(tmp_path: Path, desk: Desk) -> None:
    (tmp_path / "a.py").write_text("HEAD = b'%PDF-1.7'\n")
    (tmp_path / "paper").write_bytes(pdf("Words."))
    corpus = desk.read(tmp_path)
    assert {d.path: d.kind for d in corpus.documents} == {"a.py": "source", "paper": "pdf"}


def test_a_bad_pdf_does_not_stop_the_shelf(tmp_path: Path, desk: Desk) -> None:
    (tmp_path / "a.pdf").write_bytes(pdf("Good."))
    (tmp_path / "b.pdf").write_bytes(b"%PDF-1.7\nthis is not the rest of one\n")
    (tmp_path / "c.pdf").write_text("no")
    corpus = desk.read(tmp_path)
    assert [d.path for d in corpus.documents] == ["a.pdf"]
    assert all(entries(corpus)[p].reason for p in ("b.pdf", "c.pdf"))
    assert corpus.sources[0].note == "folder, not a git repository: 3 files"


def test_a_second_reading_parses_and_scans_nothing(
    repo: Repo, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    repo.commit({
        "a.py": f"import os\n\ndef f():\n    return '{TOKEN}'\n", "b.md": "# T\n[x](a.py)\n",
        "c.pdf": pdf("Page."), "d.bin": b"\0", "e.ipynb": '{"cells": [{"source": "x"}]}',
        "f.txt": b"caf\xe9 und M\xfcll\n", "g.py": "x\n", "h.py": "x\n",
    })  # fmt: skip
    first = desk.read(repo.root)

    def forbidden(*_: object) -> None:
        raise AssertionError("done twice")

    monkeypatch.setattr(secrets, "find", forbidden)
    monkeypatch.setattr(secrets, "mask_parts", forbidden)
    monkeypatch.setattr("longread.ingest.pdf.read_many", forbidden)
    monkeypatch.setattr("longread.ingest.text._guessed", forbidden)
    asked: list[tuple[str, str, str]] = []

    def parse_many(items: Iterable[tuple[str, str, str]]) -> Iterator[tuple[str, Parsed]]:
        for key, text, language in items:
            asked.append((key, text, language))
            yield key, syntax.parse(text, language)

    monkeypatch.setattr(contents.syntax, "parse_many", parse_many)
    second = desk.read(repo.root)
    assert second == first
    assert hash(second.documents) == hash(first.documents)
    assert asked == []
    repo.write("g.py", "y = 2\n")
    with pytest.raises(AssertionError, match="done twice"):
        desk.read(repo.root)


def test_what_has_secrets_is_parsed_without_them(repo: Repo, desk: Desk) -> None:
    long = f"KEY = (\n    '{TOKEN}',\n)\n\n\ndef f():\n    return KEY\n"
    repo.commit({f"p/{n}.py": long + f"# {n}\n" for n in range(3)} | {"q.py": "def g():\n    x\n"})
    corpus = desk.read(repo.root)
    assert len(corpus.documents) == 4
    for document in corpus.documents:
        assert TOKEN not in document.text
        assert document.segments[-1].end == len(document.text)
        name = "g" if document.path == "q.py" else "f"
        (found,) = [s for s in document.segments if s.name == name]
        assert document.text[slice(*found.signature or ())] == f"def {name}():"


def test_many_texts_wait_for_the_rules_and_none_is_lost(
    repo: Repo, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    repo.commit({f"p/{n}.py": f"def f{n}():\n    return '{TOKEN}'\n" for n in range(40)})
    monkeypatch.setattr(contents, "HELD", 300)
    monkeypatch.setattr(secrets, "ready", lambda: False)
    corpus = desk.read(repo.root)
    assert {s.name for d in corpus.documents for s in d.segments} == {f"f{n}" for n in range(40)}
    assert all(entry.masked == 1 for entry in corpus.entries)


def test_secrets_are_masked_before_anything_is_kept(repo: Repo, tmp_path: Path) -> None:
    derived = Derived(tmp_path / "derived.sqlite")
    repo.commit({
        "a.py": f"one\nkey = '{TOKEN}'\ndef f(): ...\n",
        "b.ipynb": json.dumps({"cells": [{"source": f"t = '{TOKEN}'"}, {"source": "y"}]}),
        "c.pdf": pdf(f"token {TOKEN} end"),
        "d.txt": f"t = '{TOKEN}'\n".encode("utf-16"),
    })  # fmt: skip
    corpus = Desk(derived).read(repo.root)
    assert not any(TOKEN in document.text for document in corpus.documents)
    assert documents(corpus)["a.py"].text == "one\nkey = '[masked: github-pat]'\ndef f(): ...\n"
    assert [entry.masked for entry in corpus.entries] == [1, 1, 1, 1]
    assert all(tiles(document) for document in corpus.documents)
    derived.close()
    kept = b"".join(p.read_bytes() for p in tmp_path.glob("derived*"))
    assert TOKEN.encode() not in kept
    assert TOKEN[:20].encode() not in kept


def test_keeping_secrets_is_another_reading(repo: Repo, desk: Desk) -> None:
    repo.commit({"a.py": f"key = '{TOKEN}'\n", "b.py": "x\n"})
    masked, kept = desk.read(repo.root), desk.read(repo.root, secrets="keep")
    assert TOKEN in documents(kept)["a.py"].text
    assert TOKEN not in documents(masked)["a.py"].text
    for path in ("a.py", "b.py"):
        assert documents(kept)[path].content_id != documents(masked)[path].content_id
    assert desk.read(repo.root) == masked
    assert [entry.masked for entry in kept.entries] == [0, 0]


def test_equal_bytes_read_alike_have_one_id(repo: Repo, desk: Desk) -> None:
    repo.commit({"a.py": "x\n", "d/b.py": "x\n", "c.md": "x\n", "e.py": "y\n"})
    ids = {p: d.content_id for p, d in documents(desk.read(repo.root)).items()}
    assert ids["a.py"] == ids["d/b.py"]
    assert len({ids["a.py"], ids["c.md"], ids["e.py"]}) == 3
    assert all(len(one) == 32 for one in ids.values())


def test_a_commit_and_the_work_tree_read_the_same(repo: Repo, desk: Desk) -> None:
    repo.commit({"a b.py": "def f(): ...\n", "é.md": "# T\n", "t/x.bin": b"\0", "n.ipynb": "{}"})
    (repo.root / "l").symlink_to("a b.py")
    repo.commit()
    here, there = desk.read(repo.root), desk.read(repo.root, rev="HEAD")
    assert (here.documents, here.entries) == (there.documents, there.entries)
    commit = repo.git("rev-parse", "HEAD")
    assert there.sources[0].note == f"git commit {commit[:7]} of house: 5 files"


def test_several_sources_get_names_before_their_paths(tmp_path: Path, desk: Desk) -> None:
    for folder in ("x/shelf", "y/shelf"):
        (tmp_path / folder).mkdir(parents=True)
        (tmp_path / folder / "a.txt").write_text(folder)
    (tmp_path / "a.txt").write_text("file")
    places = [tmp_path / "x/shelf", tmp_path / "y/shelf", tmp_path / "a.txt",
              tmp_path / "x/shelf/a.txt", tmp_path / "y/../x/shelf"]  # fmt: skip
    corpus = desk.read(*places)
    assert {d.path: d.text for d in corpus.documents} == {
        "shelf/a.txt": "x/shelf", "shelf-2/a.txt": "y/shelf", "a.txt": "file", "a-2.txt": "x/shelf",
    }  # fmt: skip
    assert [e.path for e in corpus.entries] == sorted(e.path for e in corpus.entries)
    assert len(corpus.sources) == 4


def test_a_folder_with_nothing_tracked_is_read_as_a_folder(repo: Repo, desk: Desk) -> None:
    repo.commit({"a.txt": "a"})
    repo.write("notes/b.txt", "b")
    corpus = desk.read(repo.root / "notes")
    assert [d.path for d in corpus.documents] == ["b.txt"]
    assert corpus.sources[0].note == "folder, with nothing tracked by git in it: 1 file"
    assert corpus.sources[0].way == "folder"


def test_a_url_is_read_like_a_commit(repo: Repo, desk: Desk) -> None:
    repo.commit({"a.txt": "one"})
    url = f"file://{repo.root}"
    corpus = desk.read(url)
    assert documents(corpus)["a.txt"].text == "one"
    assert corpus.sources[0].location == url
    assert corpus.sources[0].note.startswith("git commit ")


def test_an_unborn_branch_with_staged_files_is_read(repo: Repo, desk: Desk) -> None:
    repo.write("a.txt", "a")
    repo.git("add", "a.txt")
    corpus = desk.read(repo.root)
    assert (
        corpus.sources[0].note == "git work tree of house before its first commit: 1 tracked file"
    )


def test_hostile_contents_are_read_in_time(repo: Repo, desk: Desk) -> None:
    deep = "[" * 50_000
    repo.commit({
        "spaces.txt": "a" + " " * 1_000_000 + "b\n", "deep.json": deep, "deep.py": deep,
        "deep.ipynb": deep, "long.py": "x = '" + "y" * 300_000 + "'\n", "nl.txt": "\n" * 200_000,
        "cr.txt": b"a\rb\r\nc", "half.md": "```\n" * 20_000, "ctl.txt": "\x1b[31mred\x1b[0m\n" * 9,
        "{braces}.txt": "{files}", "surrogate.ipynb": '{"cells": [{"source": "\\ud800"}]}',
    })  # fmt: skip
    corpus = desk.read(repo.root)
    assert {e.path for e in corpus.entries} == {d.path for d in corpus.documents}
    assert documents(corpus)["cr.txt"].text == "a\nb\nc"
    assert all(tiles(document) for document in corpus.documents)
    assert entries(corpus)["long.py"].kind == "minified"


def test_names_that_are_not_utf8_are_shown_and_read(repo: Repo, desk: Desk) -> None:
    repo.write(b"caf\xe9.txt", "x")
    repo.write("caf\\xe9.txt", "y")
    repo.write("new\nline.txt", "z")
    repo.commit()
    corpus = desk.read(repo.root)
    assert sorted(d.text for d in corpus.documents) == ["x", "y", "z"]
    assert set(documents(corpus)) == {"caf\\xe9.txt", "caf\\xe9.txt~2", "new\nline.txt"}


def unreadable(tmp_path: Path, repo: Repo) -> Sequence[tuple[str, dict[str, str], str]]:
    (tmp_path / "void").mkdir()
    (tmp_path / "blobs").mkdir()
    (tmp_path / "blobs/a.bin").write_bytes(b"\0")
    (tmp_path / "blobs/b.txt").write_bytes(b"")
    (tmp_path / "fake.pdf").write_text("<html>")
    (tmp_path / "broken.pdf").write_bytes(b"%PDF-1.7\nnothing more")
    (tmp_path / "shelf").mkdir()
    (tmp_path / "shelf/x.pdf").write_text("<html>")
    (tmp_path / "shelf/y.pdf").write_text("<html>")
    (tmp_path / "none").mkdir()
    type(repo)(tmp_path / "none")
    repo.commit({"a.txt": "a"})
    repo.git("config", "uploadpack.allowFilter", "true")
    url = f"file://{repo.root}"
    repo.git("clone", "-q", "--no-checkout", url, str(tmp_path / "bald"))
    repo.git("clone", "-q", "--no-checkout", "--filter=blob:none", url, str(tmp_path / "part"))
    return [
        (str(tmp_path / "bald"), {}, "nothing of bald is checked out"),
        (str(tmp_path / "part"), {"rev": "HEAD"}, "not in this partial clone"),
        (str(tmp_path / "nowhere"), {}, "no such file or folder"),
        (str(tmp_path / "void"), {}, "holds no files"),
        (str(tmp_path / "blobs"), {}, "can be read: 2 files"),
        (str(tmp_path / "fake.pdf"), {}, "not a PDF"),
        (str(tmp_path / "broken.pdf"), {}, "cannot be read: "),
        (str(tmp_path / "shelf"), {}, "can be read: 2 files .2 not a PDF"),
        (str(tmp_path / "none"), {}, "empty repository"),
        (str(tmp_path / "none"), {"rev": "HEAD"}, "empty repository"),
        (str(tmp_path / "none"), {"rev": "v1"}, "no revision 'v1'"),
        (str(repo.root), {"rev": "v1"}, "no revision 'v1'"),
        (str(tmp_path / "blobs"), {"rev": "v1"}, "not in a git repository"),
        (str(tmp_path / "fake.pdf"), {"rev": "v1"}, "not in a git repository"),
        ("http://127.0.0.1/x.git", {}, "not an https, ssh or file URL"),
        ("a\0b", {}, "cannot be opened"),
    ]


def test_what_cannot_be_read_is_one_clear_line_with_a_hint(
    repo: Repo, desk: Desk, tmp_path: Path
) -> None:
    for place, options, message in unreadable(tmp_path, repo):
        with pytest.raises(IngestError, match=message) as error:
            desk.read(place, **options)  # type: ignore[arg-type]
        assert error.value.hint
        assert "\n" not in str(error.value)


def test_progress_ends_where_it_said_it_would(repo: Repo, desk: Desk) -> None:
    repo.commit({f"{n}.txt": str(n) for n in range(1200)})
    desk.read(repo.root)
    told = [p for p in desk.told if p.stage == "read"]
    assert [p.done for p in told] == [500, 1000, 1200]
    assert {p.total for p in told} == {1200}


def test_order_and_ids_owe_nothing_to_the_place(repo: Repo, desk: Desk, tmp_path: Path) -> None:
    repo.commit({"b.py": "x\n", "B.py": "y\n", "a/z.py": "z\n", "a.py": "w\n", "é.py": "v\n"})
    first = desk.read(repo.root)
    os.rename(repo.root, tmp_path / "moved")  # noqa: PTH104
    with Derived(tmp_path / "other.sqlite") as fresh:
        second = Desk(fresh).read(tmp_path / "moved")
    assert (first.documents, first.entries) == (second.documents, second.entries)
    assert [d.path for d in first.documents] == ["B.py", "a.py", "a/z.py", "b.py", "é.py"]


def test_what_was_read_of_a_shelf_before_it_was_stopped_is_kept(
    tmp_path: Path, derived: Derived
) -> None:
    for number in range(6):
        (tmp_path / f"{number}.pdf").write_bytes(pdf(f"Number {number}."))
    told: list[Progress] = []

    def stop(progress: Progress) -> None:
        told.append(progress)
        if progress.stage == "pages" and progress.done == 4:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        read([str(tmp_path)], Options(), derived, stop)
    told.clear()
    corpus = read([str(tmp_path)], Options(), derived, told.append)
    assert [d.text.strip() for d in corpus.documents] == [f"Number {n}." for n in range(6)]
    assert {p.total for p in told if p.stage == "pages"} == {2}


def test_what_a_pdf_says_of_itself_is_kept_without_secrets(desk: Desk, tmp_path: Path) -> None:
    made = FPDF()
    made.set_font("helvetica", size=12)
    made.set_title("Lease, key " + "AKIA" + "Q4HLR27ZBXW6TNDE")
    made.set_author("A. Clerk")
    made.add_page()
    made.start_section("The rent and its ways")
    made.cell(0, 10, "The rent and its ways", new_x="LMARGIN", new_y="NEXT")
    made.multi_cell(0, 6, "it is due on the first day of each month. " * 9)
    (tmp_path / "lease.pdf").write_bytes(bytes(made.output()))
    for _ in range(2):  # the second time as it was kept
        corpus = desk.read(tmp_path / "lease.pdf")
        (entry,) = corpus.entries
        about = dict(entry.about)
        assert about["Author"] == "A. Clerk"
        assert about["Title"].startswith("Lease, key ")
        assert "Q4HLR27ZBXW6TNDE" not in about["Title"]
        assert {s.name for s in corpus.documents[0].segments} == {"The rent and its ways"}
