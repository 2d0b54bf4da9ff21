"""Where a citation leads."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from fpdf import FPDF
from PIL import Image, ImageDraw, ImageFont

from longread import config
from longread.analysis.conversation import Conversation, open_sources
from longread.analysis.follow import changed, follow, on_disk
from longread.cache.derived import Derived
from longread.config import Profile
from longread.ingest.read import Options, read
from longread.prompt.cite import judge
from longread.types import Citation, Progress, Shown, Span, Verdict

SCRIPTED = Profile(name="scripted", engine="replay", window=60_000, trusted=60_000, answer=200)
FILES = {
    "README.md": "# Kettle\n\nA small kettle controller.\n",
    "kettle/heat.py": "LIMIT = 97.5\n\n\ndef heat(target):\n    return min(target, LIMIT)\n",
}


def quiet(_: Progress) -> None:
    pass


def opened(*sources: Path) -> Conversation:
    return open_sources([str(s) for s in sources], Options(), SCRIPTED, None, "auto", quiet)


def cited(conversation: Conversation, text: str) -> Citation:
    whole = {
        d.id: Shown(d, ((0, len(d.text)),)) for d in conversation.corpus.documents
    }  # fmt: skip
    (citation,) = judge(text, whole)
    return citation


def test_the_quoted_words_are_marked(make_repository: Callable[..., Path]) -> None:
    conversation = opened(make_repository(FILES))
    citation = cited(conversation, '[kettle/heat.py:L5 "return min(target,  LIMIT)"]')
    found = follow(conversation, citation)
    assert found.document is not None
    (mark,) = found.marked
    assert found.document.text[slice(*mark)] == "return min(target, LIMIT)"
    assert found.cited == Span("line", 5, 5)


def test_words_that_stand_elsewhere_are_shown_where_they_stand(
    make_repository: Callable[..., Path],
) -> None:
    conversation = opened(make_repository(FILES | {"long.py": "x = 1\n" * 60 + "odd_one = 'a'\n"}))
    citation = cited(conversation, "[long.py:L3 \"odd_one = 'a'\"]")
    assert citation.verdict is Verdict.NOT_FOUND
    assert follow(conversation, citation).cited == Span("line", 61, 61)


def test_words_that_stand_nowhere_lead_to_the_closest(make_repository: Callable[..., Path]) -> None:
    many = "".join(f"rule_{n} = 'the kettle boils at {n} degrees'\n" for n in range(200))
    conversation = opened(make_repository(FILES | {"rules.py": many}))
    citation = cited(conversation, '[rules.py:L2 "the kettle never boils at 141 degrees\'"]')
    found = follow(conversation, citation)
    assert citation.verdict is Verdict.NOT_FOUND
    assert found.marked == ()
    assert found.cited is not None
    assert found.document is not None


def test_a_name_that_no_document_has_leads_nowhere(make_repository: Callable[..., Path]) -> None:
    conversation = opened(make_repository(FILES))
    found = follow(conversation, Citation("d99", "", None, "", Verdict.NOT_FOUND))
    assert found.document is None


def test_a_shelf_leads_to_its_file_and_its_printed_pages() -> None:
    shelf = Path(__file__).parents[2] / "fixtures" / "shelf"
    conversation = opened(shelf)
    paths = [d.path for d in conversation.corpus.documents if d.unit == "page"]
    found = follow(conversation, Citation("d1", paths[0], Span("page", 1, 1), "", Verdict.PLACE))
    assert found.document is not None
    assert on_disk(conversation.corpus.sources, found.document) == shelf / paths[0]


@pytest.mark.skipif(
    shutil.which("tesseract") is None, reason="tesseract is not installed: apt tesseract-ocr"
)
def test_a_citation_of_a_scan_says_so_and_how_surely(tmp_path: Path) -> None:
    page = Image.new("L", (1240, 1754), 255)
    rent = "The rent is EUR 84,000 a year."
    ImageDraw.Draw(page).text((120, 150), rent, fill=0, font=ImageFont.load_default(36))
    scan = FPDF()
    scan.add_page()
    scan.image(page, 0, 0, 210, 297)
    (tmp_path / "scan.pdf").write_bytes(bytes(scan.output()))
    conversation = opened(tmp_path / "scan.pdf")
    shown = conversation.shown(conversation.prompt("How much is the rent?", quiet))
    (citation,) = judge(f'It is high [d1:p1 "{rent}"].', shown)
    assert citation.verdict is Verdict.EXACT
    assert citation.ocr
    assert citation.confidence is not None
    assert citation.confidence > 0.8
    assert follow(conversation, citation).ocr == {1: citation.confidence}


def test_a_citation_of_a_web_page_names_lines_of_the_text_made_of_it(tmp_path: Path) -> None:
    (tmp_path / "page.html").write_text(
        "<p>First.</p><table><tr><td>Rent</td><td>EUR 84,000</td></tr></table>"
    )
    conversation = opened(tmp_path)
    shown = conversation.shown(conversation.prompt("How much is the rent?", quiet))
    (citation,) = judge('So much [d1:L2 "Rent | EUR 84,000"].', shown)
    found = follow(conversation, citation)
    assert citation.verdict is Verdict.EXACT
    assert found.document is not None
    assert found.document.text[slice(*found.marked[0])] == "Rent | EUR 84,000"
    path = on_disk(conversation.corpus.sources, found.document)
    assert path == tmp_path / "page.html"
    # The file has no such lines, and has not changed for that.
    assert not changed(found.document, found.cited, path)


@pytest.mark.parametrize("name", ["plain.py", "with space.py", "bad\udcff.py", "back\\x41.py"])
def test_a_file_is_found_on_disk_whatever_its_name(
    make_repository: Callable[..., Path], name: str
) -> None:
    root = make_repository({name: "x = 1\n"})
    derived = Derived(config.cache() / "derived.db")
    corpus = read([str(root)], Options(), derived, quiet)
    assert on_disk(corpus.sources, corpus.documents[0]) == root / name


def test_of_several_sources_each_file_is_found(make_repository: Callable[..., Path]) -> None:
    one = make_repository({"a.py": "one = 1\n"}, "one")
    two = make_repository({"a.py": "two = 2\n"}, "two")
    conversation = opened(one, two, one / "a.py")
    for document in conversation.corpus.documents:
        path = on_disk(conversation.corpus.sources, document)
        assert path is not None
        assert path.read_text() == document.text


def test_a_path_that_leads_out_since_is_not_opened(
    make_repository: Callable[..., Path], tmp_path: Path
) -> None:
    root = make_repository({"a.py": "one = 1\n"})
    conversation = opened(root)
    secret = tmp_path / "secret"
    secret.write_text("one = 1\n")
    (root / "a.py").unlink()
    (root / "a.py").symlink_to(secret)
    assert on_disk(conversation.corpus.sources, conversation.corpus.documents[0]) is None


def test_a_file_that_changed_where_it_is_cited_is_told(
    make_repository: Callable[..., Path],
) -> None:
    root = make_repository(FILES)
    document = next(d for d in opened(root).corpus.documents if d.path.endswith("heat.py"))
    path = root / "kettle" / "heat.py"
    assert not changed(document, Span("line", 1, 1), path)
    path.write_text("LIMIT = 80\n\n\ndef heat(target):\n    return min(target, LIMIT)\n")
    assert changed(document, Span("line", 1, 1), path)
    assert not changed(document, Span("line", 5, 5), path)


def test_of_sources_with_like_names_the_right_file_is_found(tmp_path: Path) -> None:
    folders = [tmp_path / name for name in ("one/src", "one/src-old", "two/src", "two/src-2")]
    files = [tmp_path / name / "b.py" for name in ("three", "four")]
    for n, path in enumerate([*(folder / "a.py" for folder in folders), *files]):
        path.parent.mkdir(parents=True)
        path.write_text(f"x = {n}\n")
    conversation = opened(*folders, *files)
    assert len(conversation.corpus.documents) == 6
    for document in conversation.corpus.documents:
        path = on_disk(conversation.corpus.sources, document)
        assert path is not None
        assert path.read_text() == document.text
