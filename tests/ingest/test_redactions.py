"""What a page hides under dark boxes is not used, and the reader is told."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from fpdf import FPDF

from longread.cache.derived import Derived
from longread.ingest.pdf import PageText, read_many
from longread.ingest.read import Options, read

COURT = Path(__file__).parents[3] / "shared" / "corpora" / "court"
BEFORE = "The witness is John Smith of Leeds."


class Sheet(FPDF):
    """A page with one line of 12 points, 100 mm from the top."""

    def __init__(self, text: str = BEFORE) -> None:
        super().__init__()
        self.add_page()
        self.set_font("Courier", size=12)
        if text:
            self.text(20, 100, text)

    def cover(self, word: str, shade: int = 0, text: str = BEFORE) -> None:
        """Fill a box over a word of the line."""
        self.set_fill_color(shade)
        width = self.get_string_width("x")
        self.rect(20 + text.index(word) * width, 95.5, len(word) * width, 6.5, style="F")

    @property
    def page_read(self) -> PageText:
        return page_of(bytes(self.output()))


def page_of(data: bytes) -> PageText:
    ((_, found),) = read_many([("a", data)])
    return found.pages[0]


def raw_page(content: bytes, *objects: bytes, more: bytes = b"") -> bytes:
    """A PDF with one page; `objects` are numbered from 6 on."""
    bodies = [
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Count 1/Kids[3 0 R]>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 4 0 R"
        b"/Resources<</Font<</F 5 0 R>>/XObject<</A 6 0 R>>>>%b>>" % more,
        b"<</Length %d>>\nstream\n%b\nendstream" % (len(content), content),
        b"<</Type/Font/Subtype/Type1/BaseFont/Courier>>",
        *objects,
    ]
    body = b"".join(b"%d 0 obj\n%b\nendobj\n" % each for each in enumerate(bodies, 1))
    return b"%PDF-1.7\n" + body + b"trailer <</Root 1 0 R>>\n%%EOF\n"


LINE = b"BT /F 12 Tf 72 700 Td (Pay 5,000 to him.) Tj ET\n"
"""Its letters are 7.2 points wide; the figure begins at 100.8."""
BOX = b"100 696 37 14 re f\n"


def test_words_under_a_box_are_marked_and_counted() -> None:
    sheet = Sheet()
    sheet.cover("John Smith")
    page = sheet.page_read
    assert page.text == "The witness is [redacted] of Leeds."
    assert page.hidden == len("John Smith")
    assert "Smith" not in page.text


def test_a_page_without_boxes_is_read_as_ever() -> None:
    sheet = Sheet("Typed words [redacted] by the author.")
    sheet.line(20, 101, 80, 101)
    page = sheet.page_read
    assert page.text == "Typed words [redacted] by the author."
    assert page.hidden == 0


def test_white_words_on_a_black_bar_stay() -> None:
    sheet = Sheet("")
    sheet.set_fill_color(0)
    sheet.rect(10, 90, 190, 15, style="F")
    sheet.set_text_color(255)
    sheet.text(20, 100, BEFORE)
    assert (sheet.page_read.text, sheet.page_read.hidden) == (BEFORE, 0)


def test_highlights_frames_and_rules_hide_nothing() -> None:
    sheet = Sheet("")
    sheet.set_fill_color(255, 240, 0)
    sheet.rect(20, 95, 80, 8, style="F")
    sheet.text(20, 100, BEFORE)
    sheet.rect(18, 92, 120, 12)
    sheet.set_fill_color(0)
    sheet.rect(20, 101, 80, 0.5, style="F")
    with sheet.local_context(fill_opacity=0.2):
        sheet.rect(20, 95, 80, 8, style="F")
    assert (sheet.page_read.text, sheet.page_read.hidden) == (BEFORE, 0)


def test_boxes_of_one_path_hide_only_what_is_under_them() -> None:
    path = b"70 696 25 14 re 143 696 17 14 re f\n"
    assert page_of(raw_page(LINE + path)).text == "[redacted] 5,000 [redacted] him."


@pytest.mark.parametrize(
    "shape", [b"100 696 m 137 710 l 137 696 l h f\n", b"100 696 37 14 re S\n", b"1 g " + BOX]
)
def test_what_is_no_dark_box_hides_nothing(shape: bytes) -> None:
    assert page_of(raw_page(LINE + shape)).text == "Pay 5,000 to him."


def test_a_box_in_a_form_that_is_moved_hides_what_is_there() -> None:
    form = b"0 0 37 14 re f"
    about = b"<</Type/XObject/Subtype/Form/BBox[0 0 99 99]/Matrix[1 0 0 1 0 6]/Length %d>>"
    stream = about % len(form) + b"\nstream\n%b\nendstream" % form
    page = page_of(raw_page(LINE + b"q 1 0 0 1 100 690 cm /A Do Q", stream))
    assert page.text == "Pay [redacted] to him."
    elsewhere = page_of(raw_page(LINE + b"q 1 0 0 1 100 500 cm /A Do Q", stream))
    assert elsewhere.text == "Pay 5,000 to him."


def test_a_black_square_laid_over_as_a_comment_hides_too() -> None:
    look = b"<</Type/XObject/Subtype/Form/BBox[100 696 137 710]/Length 22>>\nstream\n" \
           b"0 g 100 696 37 14 re f\nendstream"  # fmt: skip
    note = b"<</Type/Annot/Subtype/Square/Rect[100 696 137 710]/IC[0 0 0]/F 4/AP<</N 6 0 R>>>>"
    page = page_of(raw_page(LINE, look, note, more=b"/Annots[7 0 R]"))
    assert page.text == "Pay [redacted] to him."


def test_a_turned_page_is_looked_at_as_it_lies() -> None:
    page = page_of(raw_page(LINE + BOX, b"null", more=b"/Rotate 90"))
    assert page.text == "Pay [redacted] to him."
    page = page_of(raw_page(LINE + BOX, b"null", more=b"/CropBox[50 600 500 800]"))
    assert page.text == "Pay [redacted] to him."


def test_each_hidden_line_has_its_mark() -> None:
    second = b"BT /F 12 Tf 72 680 Td (All of it.) Tj ET\n"
    page = page_of(raw_page(LINE + second + b"60 676 400 40 re f\n"))
    assert page.text == "[redacted]\n[redacted]"


@pytest.fixture
def derived(tmp_path: Path) -> Iterator[Derived]:
    with Derived(tmp_path / "derived.sqlite") as opened:
        yield opened


def test_the_ledger_says_where_words_were_hidden(tmp_path: Path, derived: Derived) -> None:
    sheet = Sheet()
    sheet.cover("John Smith")
    (tmp_path / "a.pdf").write_bytes(bytes(sheet.output()))
    for _ in range(2):  # the second time from what is kept
        corpus = read([str(tmp_path / "a.pdf")], Options(), derived, lambda _: None)
        assert "text under redactions left out: 10 characters on p1" in corpus.entries[0].notes
        assert "Smith" not in corpus.documents[0].text


def test_a_real_filing_keeps_its_secrets() -> None:
    filing = COURT / "rectangles_yes.pdf"
    if not filing.is_file():
        pytest.skip("the filings are not here")
    page = page_of(filing.read_bytes())
    assert page.hidden == 64
    assert page.text.count("[redacted]") == 3
    assert "relevant medical history" not in page.text
