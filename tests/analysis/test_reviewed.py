"""What is known of the documents of a review: what was not read of them is never passed over."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from io import BytesIO
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import pytest
from fpdf import FPDF
from pypdf import PdfReader, PdfWriter

from longread.analysis.review import Request
from longread.export.review import coverage
from longread.ingest import pdf
from longread.types.reviews import CellState, Question
from tests.analysis.reviewing import SCRIPTED, Model, cells_of, collect, newest, reply

LAW = Question("Law", "Which law governs?")
W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"


def nothing(*_: object) -> str:
    return reply("", state="not present")


def word(*paragraphs: str) -> bytes:
    """A Word file with these paragraphs, as XML."""
    made = BytesIO()
    links = f'<Relationship Id="r" Type="{OFFICE}/officeDocument" Target="word/document.xml"/>'
    body = "".join(f"<w:p><w:r>{p}</w:r></w:p>" for p in paragraphs)
    with ZipFile(made, "w") as archive:
        archive.writestr("_rels/.rels", f"<Relationships>{links}</Relationships>")
        archive.writestr(
            "word/document.xml",
            f'<w:document xmlns:w="{W}"><w:body>{body}</w:body></w:document>',
        )
    return made.getvalue()


def pages(*texts: str) -> bytes:
    made = FPDF()
    made.set_font("Helvetica", size=12)
    for text in texts:
        made.add_page()
        made.multi_cell(0, 8, text)
    return bytes(made.output())


async def test_nothing_is_called_not_present_where_a_part_without_a_page_was_not_read(
    tmp_path: Path,
) -> None:
    folder = tmp_path / "deals"
    folder.mkdir()
    text = "<w:t>This lease is made by two parties.</w:t>"
    picture = "<w:drawing><a:pic xmlns:a='a'/></w:drawing>"
    (folder / "plain.docx").write_bytes(word(text))
    (folder / "seal.docx").write_bytes(word(text, picture))
    (folder / "seal.html").write_text("<p>This lease is made.</p><img src='schedule.png'>")
    (folder / "plain.html").write_text("<p>This lease is made.</p><p hidden>menu</p>")
    writer = PdfWriter(clone_from=PdfReader(BytesIO(pages("This lease is made by two parties."))))
    writer.add_attachment("terms.txt", b"Ohio law governs.")
    writer.write(folder / "more.pdf")
    request = Request(SCRIPTED, (str(folder),), (LAW,))
    await collect(request, Model(nothing))
    kept = newest()
    said = {path: (cell.state, cell.note) for (path, _), cell in kept.cells.items()}
    assert said == {
        "plain.docx": (CellState.NOT_PRESENT, ""),
        "plain.html": (CellState.NOT_PRESENT, ""),
        "seal.docx": (CellState.NOT_FOUND, "pictures not read: 1"),
        "seal.html": (CellState.NOT_FOUND, "pictures not read: 1"),
        "more.pdf": (CellState.NOT_FOUND, "attachments not read: terms.txt"),
    }
    assert (
        "; in part: more.pdf: attachments not read: terms.txt; seal.docx: pictures not read: 1;"
        in coverage(kept)
    )


async def test_a_document_of_which_more_can_be_read_later_is_asked_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "deals"
    folder.mkdir()
    (folder / "deal.pdf").write_bytes(pages("A lease.", "The laws of Ohio govern."))
    (folder / "other.pdf").write_bytes(pages("Another lease."))
    request = Request(SCRIPTED, (str(folder),), (LAW,))
    real = pdf.read_many

    def hurried(files: Any, *more: Any, **options: Any) -> Iterator[tuple[str, pdf.PdfText]]:
        for name, read in real(files, *more, **options):
            first, *rest = read.pages
            lost = [replace(page, text="", reason="timeout") for page in rest]
            yield name, replace(read, pages=(first, *lost))

    monkeypatch.setattr(pdf, "read_many", hurried)
    assert {cell.state for cell in await cells_of(request, Model(nothing))} == {
        CellState.NOT_FOUND,
        CellState.NOT_PRESENT,
    }
    monkeypatch.setattr(pdf, "read_many", real)
    model = Model(nothing)
    (cell,) = await cells_of(request, model)
    assert model.asked == [("deal.pdf", "Law")]
    assert "The laws of Ohio govern." in model.prompts[0].turns[1].text
    assert cell.state is CellState.NOT_PRESENT
    assert newest().documents[0].unread == ()
