"""What a page hides under boxes is not used, and the reader is told."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from fpdf import FPDF

from longread.cache.derived import Derived
from longread.config import Library
from longread.ingest.pdf import Limits, PageText, read_many
from longread.ingest.read import Options, read

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


def page_of(data: bytes, library: Library = "pdfium", page_seconds: float = 20) -> PageText:
    limits = Limits(page_seconds=page_seconds)
    ((_, found),) = read_many([("a", data)], library=library, limits=limits)
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
    "shape",
    [
        b"100 696 m 137 697 l 137 696 l h f\n",  # below the letters, though its box is not
        b"90 650 m 90 740 l 92 740 l 92 652 l 150 652 l 150 650 l h f\n",
        b"100 696 37 14 re S\n",
        b"100 650 37 14 re f\n",
        b"100 696 37 14 re W n 100 650 400 60 re S\n",
    ],
)
def test_what_lies_beside_letters_hides_nothing(shape: bytes) -> None:
    assert page_of(raw_page(LINE + shape)).text == "Pay 5,000 to him."


ROUNDED = (
    b"102 696 m 135 696 l 137 696 137 698 137 698 c 137 708 l 137 710 135 710 135 710 c "
    b"102 710 l 100 710 100 708 100 708 c 100 698 l 100 696 102 696 102 696 c f\n"
)


@pytest.mark.parametrize("shape", [BOX, ROUNDED], ids=["square", "rounded"])
@pytest.mark.parametrize("colour", [b"0 g ", b"1 g ", b".6 g ", b"1 0 0 rg ", b"1 1 0 rg "])
def test_a_box_of_any_colour_hides_what_was_drawn_before_it(colour: bytes, shape: bytes) -> None:
    page = page_of(raw_page(LINE + colour + shape))
    assert (page.text, page.hidden) == ("Pay [redacted] to him.", 5)


@pytest.mark.parametrize("colour", [b"1 g ", b".8 g ", b"1 1 0 rg "])
def test_the_shading_of_a_table_hides_nothing(colour: bytes) -> None:
    rows = b"".join(
        b"%b 60 %d 400 14 re f 0 g BT /F 12 Tf 72 %d Td (Row %d - l.) Tj ET\n"
        % (colour, 696 - 14 * n, 700 - 14 * n, n)
        for n in range(9)
    )
    page = page_of(raw_page(rows))
    assert page.text.split("\n") == [f"Row {n} - l." for n in range(9)]
    assert page.hidden == 0


def test_a_box_under_words_that_were_drawn_anew_hides_nothing() -> None:
    page = page_of(raw_page(LINE + b"1 g " + BOX + b"0 g " + LINE))
    assert (page.text, page.hidden) == ("Pay 5,000 to him.", 0)


def test_the_line_under_a_field_of_a_form_is_no_secret() -> None:
    line = b"BT /F 12 Tf 72 700 Td (Name: ____) Tj ET 1 g 110 690 40 20 re f\n"
    page = page_of(raw_page(line))
    assert (page.text, page.hidden) == ("Name: ____", 0)


def test_words_of_a_scan_are_hidden_by_black_alone() -> None:
    unseen = LINE.replace(b"BT", b"BT 3 Tr")
    assert page_of(raw_page(unseen + b"1 g " + BOX)).hidden == 0
    assert page_of(raw_page(unseen + BOX)).hidden == 5


def test_a_small_black_picture_hides_what_it_was_laid_over() -> None:
    black = b"<</Type/XObject/Subtype/Image/Width 1/Height 1/BitsPerComponent 8" \
            b"/ColorSpace/DeviceGray/Length 1>>\nstream\n\0\nendstream"  # fmt: skip
    page = page_of(raw_page(LINE + b"q 37 0 0 14 100 696 cm /A Do Q\n", black))
    assert (page.text, page.hidden) == ("Pay [redacted] to him.", 5)


def test_thousands_of_boxes_on_a_page_of_words_lose_nothing() -> None:
    words = b"BT /F 6 Tf 20 TL 10 800 Td " + b"(words that go on and on to its end) Tj T* " * 39
    code = b"".join(
        b"%d %d 4 4 re f\n" % (300 + 6 * n, 6 * m) for n in range(45) for m in range(90)
    )
    page = page_of(raw_page(words + b" ET\n" + code), page_seconds=5)
    assert page.text.split("\n") == ["words that go on and on to its end"] * 39


def test_a_page_with_a_bar_keeps_the_cells_of_its_table_apart() -> None:
    sheet = Sheet("")
    sheet.set_fill_color(0)
    sheet.rect(20, 20, 150, 8, style="F")
    for row in range(4):
        for column, text in enumerate(("Item", "Units", "Price")):
            sheet.text(20 + 50 * column, 60 + 6 * row, text)
    assert sheet.page_read.text.split("\n")[0] == "Item   Units   Price"


def test_pypdf_is_not_believed_where_boxes_hide_words() -> None:
    page = page_of(raw_page(LINE + BOX), library="pypdf")
    assert (page.text, page.hidden) == ("Pay [redacted] to him.", 5)


@pytest.mark.parametrize(("drawn", "unsure"), [(BOX, True), (b"100 696 37 1 re f\n", False)])
def test_boxes_that_only_pypdf_could_read_past_are_told_of(drawn: bytes, unsure: bool) -> None:
    sheet = FPDF()
    sheet.set_compression(False)
    sheet.add_page()
    sheet.set_font("Courier", size=12)
    sheet.text(20, 100, BEFORE)
    sheet._out(drawn.decode())
    headless = bytes(sheet.output()).replace(b"%PDF-", b"%XYZ-")
    ((_, found),) = read_many([("a", headless)])
    assert found.pages[0].text == BEFORE
    assert found.pages[0].unsure == unsure
    assert found.notes == (("boxes that may hide text not looked at: p1",) if unsure else ())


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
