"""PDFs are read whole, whatever is wrong with one of them."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import zlib
from collections.abc import Iterator
from functools import cache
from io import BytesIO
from pathlib import Path

import psutil
import pytest
from fpdf import FPDF
from fpdf.enums import EncryptionMethod
from pypdf import PdfWriter

from longread.config import Library
from longread.ingest.pdf import Bookmark, Limits, PageText, PdfText, read_many, said_pages
from longread.ingest.pool import Account, Pool

ROOT = Path(__file__).parents[2]
SHELF = ROOT / "fixtures" / "shelf"
LEASE = SHELF / "calderbank_unit7_lease.pdf"
LOCKED = SHELF / "quillstone_norbridge_licence.pdf"


def read(data: bytes, *passwords: str, limits: Limits | None = None) -> PdfText:
    ((_, found),) = read_many([("a.pdf", data)], passwords, limits or Limits())
    return found


def files_of(*folders: Path) -> Iterator[tuple[str, bytes]]:
    for folder in folders:
        for path in sorted(folder.glob("*.pdf")):
            yield path.name, path.read_bytes()


def raw_pdf(*objects: bytes) -> bytes:
    """A PDF from the bodies of its objects; the first is the catalogue."""
    body, offsets = bytearray(b"%PDF-1.7\n"), []
    for number, each in enumerate(objects, 1):
        offsets.append(len(body))
        body += b"%d 0 obj\n%b\nendobj\n" % (number, each)
    table = b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    size, start = len(objects) + 1, len(body)
    head = b"xref\n0 %d\n0000000000 65535 f \n%b" % (size, table)
    return bytes(body) + head + b"trailer <</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n" % (
        size, start,
    )  # fmt: skip


def stream(data: bytes, entries: bytes = b"") -> bytes:
    return b"<</Length %d%b>>\nstream\n%b\nendstream" % (len(data), entries, data)


def writing(text: str) -> bytes:
    return stream(b"BT /F 12 Tf 72 700 Td (%b) Tj ET" % text.encode())


def five_pages(third: bytes, *more: bytes) -> bytes:
    """Five pages, the third of which is another's. Objects from number 20 on are free."""
    pages = [
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents %d 0 R"
        b"/Resources<</Font<</F 3 0 R>>/XObject<</A 20 0 R>>>>>>" % (10 + n)
        for n in range(5)
    ]
    texts = [writing(f"This is what page {n} says.") for n in range(1, 6)]
    texts[2] = third
    kids = b" ".join(b"%d 0 R" % (4 + n) for n in range(5))
    return raw_pdf(
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Count 5/Kids[%b]>>" % kids,
        b"<</Type/Font/Subtype/Type1/BaseFont/Times-Roman>>",
        *pages, b"null", *texts, *[b"null"] * 5, *more,
    )  # fmt: skip


def endless() -> bytes:
    """Its third page draws a form ten times, which draws another ten times, and so on."""
    forms = [
        stream(
            b"/A Do " * 10,
            b"/Type/XObject/Subtype/Form/BBox[0 0 9 9]/Resources<</XObject<</A %d 0 R>>>>" % next_,
        )
        for next_ in range(21, 31)
    ]
    last = stream(b"0 0 1 1 re f", b"/Type/XObject/Subtype/Form/BBox[0 0 9 9]")
    return five_pages(stream(b"/A Do " * 10), *forms, last)


@cache
def bomb() -> bytes:
    """Its third page is a quarter of a gigabyte of blanks in a few hundred bytes."""
    once, piece = zlib.compressobj(1), bytes(1 << 20).replace(b"\0", b" ")
    packed = b"".join(once.compress(piece) for _ in range(256)) + once.flush()
    return five_pages(stream(zlib.compress(packed), b"/Filter[/FlateDecode/FlateDecode]"))


def written(text: str, *, password: str = "") -> bytes:
    sheet = FPDF()
    sheet.add_page()
    sheet.set_font("Times", size=11)
    sheet.multi_cell(0, 5, text)
    if password:
        sheet.set_encryption("owner", password, encryption_method=EncryptionMethod.AES_256)
    return bytes(sheet.output())


def lost(found: PdfText) -> list[str]:
    assert found.reason == ""
    assert [p.number for p in found.pages] == [1, 2, 3, 4, 5]
    for page in found.pages:
        expected = "" if page.reason else f"This is what page {page.number} says."
        assert page.text == expected
    return [p.reason for p in found.pages]


def test_every_page_of_the_shelf_is_read() -> None:
    found = dict(read_many(files_of(SHELF)))
    assert {name: len(pdf.pages) for name, pdf in found.items()} == {
        "calderbank_unit7_lease.pdf": 4,
        "halverstone_briarmount_services.pdf": 4,
        "marrowby_trailpost_cobranding.pdf": 3,
        "night_irrigation_trial.pdf": 2,
        "quillstone_norbridge_licence.pdf": 3,
    }
    for pdf in found.values():
        assert pdf.reason == ""
        assert dict(pdf.about)["Title"]
        assert all(page.text and not page.reason for page in pdf.pages)
        assert [page.number for page in pdf.pages] == [*range(1, len(pdf.pages) + 1)]


def test_every_fact_stands_on_its_page() -> None:
    found = dict(read_many(files_of(SHELF)))
    facts = json.loads((SHELF.parent / "shelf_facts.json").read_text())
    assert len(facts) >= 12
    for fact in facts:
        page = found[fact["document"]].pages[fact["page"] - 1]
        assert fact["answer"] in " ".join(page.text.split())
        assert fact["label"] == page.label


def test_the_shelf_is_drawn_the_same_again(tmp_path: Path) -> None:
    subprocess.run([sys.executable, ROOT / "fixtures" / "make_shelf.py", tmp_path], check=True)
    assert dict(files_of(tmp_path)) == dict(files_of(SHELF))


def test_printed_page_numbers_are_kept() -> None:
    assert [page.label for page in read(LEASE.read_bytes()).pages] == ["i", "ii", "1", "2"]
    assert {page.label for page in read(LOCKED.read_bytes()).pages} == {""}


def test_what_pdfium_cannot_open_pypdf_reads() -> None:
    headless = LEASE.read_bytes().replace(b"%PDF-", b"%XYZ-")
    ours, theirs = read(headless), read(LEASE.read_bytes())
    assert [p.label for p in ours.pages] == [p.label for p in theirs.pages]
    assert ours.about == theirs.about
    for one, other in zip(ours.pages, theirs.pages, strict=True):
        assert one.text.split() == other.text.split()


def test_an_empty_password_is_no_hindrance() -> None:
    assert b"/Encrypt" in LOCKED.read_bytes()
    assert "EUR 84,000" in read(LOCKED.read_bytes()).pages[0].text


@pytest.mark.parametrize("password", ["open sesame", "Schlüßel"])
def test_a_locked_file_opens_with_one_of_the_passwords(password: str) -> None:
    data = written("Behind the door.", password=password)
    locked = PdfText((), "needs password", said=1)
    assert read(data) == read(data, "wrong") == locked
    assert locked.notes == ("it says that it has 1 page",)
    assert read(data, "wrong", password).pages[0].text == "Behind the door."


def telling() -> bytes:
    """A file with an outline, metadata and an attachment."""
    writer = PdfWriter()
    for _ in range(3):
        writer.add_blank_page(595, 842)
    term = writer.add_outline_item(title="3 Term", page_number=1)
    writer.add_outline_item(title="3.1 Renewal", page_number=2, parent=term)
    writer.add_metadata({"/Title": "A lease", "/Author": "Ann Other"})
    writer.add_attachment("prices.xlsx", b"PK")
    out = BytesIO()
    writer.write(out)
    return out.getvalue()


@pytest.mark.parametrize("library", ["pdfium", "pypdf"])
def test_what_a_file_says_of_itself_is_told(library: Library) -> None:
    ((_, found),) = read_many([("a.pdf", telling())], library=library)
    assert dict(found.about)["Title"] == "A lease"
    assert ("Author", "Ann Other") in found.about
    assert found.outline == (Bookmark(0, "3 Term", 2), Bookmark(1, "3.1 Renewal", 3))
    assert found.attachments == ("prices.xlsx",)
    assert found.notes == ("attachments not read: prices.xlsx",)
    assert [page.reason for page in found.pages] == ["blank"] * 3


def test_a_damaged_outline_loses_no_page() -> None:
    circle = telling().replace(b"/Title (3 Term)", b"/Title (3 Term)/Next 8 0 R")
    astray = telling().replace(b"/D [ 5 0 R /Fit ]", b"/D [ 99 0 R /Fit]")
    for data in (circle, astray, telling().replace(b"/First", b"/Fjrst")):
        assert data != telling()
        found = read(data)
        assert [page.reason for page in found.pages] == ["blank"] * 3
        assert dict(found.about)["Title"] == "A lease"


def test_either_library_can_be_preferred() -> None:
    data = written("Either of them can read this.")
    ((_, ours),) = read_many([("a.pdf", LEASE.read_bytes())], library="pypdf")
    theirs = read(LEASE.read_bytes())
    assert [p.text.split() for p in ours.pages] == [p.text.split() for p in theirs.pages]
    assert [p.label for p in ours.pages] == [p.label for p in theirs.pages]
    assert reader_of(data, "pdfium") == "pdfium"
    assert reader_of(data, "pypdf") == "pypdf"


def test_the_library_that_is_not_preferred_stands_in() -> None:
    tailless = re.sub(rb"startxref\s+\d+", b"", five_pages(writing("This is what page 3 says.")))
    headless = written("Behind the head.").replace(b"%PDF-", b"%XYZ-")
    assert reader_of(tailless, "pypdf") == reader_of(tailless, "pdfium") == "pdfium"
    assert reader_of(headless, "pypdf") == reader_of(headless, "pdfium") == "pypdf"
    ((_, found),) = read_many([("a.pdf", tailless)], library="pypdf")
    assert lost(found) == [""] * 5


def reader_of(data: bytes, library: Library) -> str:
    """Return the library that reads a file, the other one being preferred or not."""
    request: dict[str, object] = {
        "reader": library,
        "preferred": library,
        "passwords": [],
        "first": 0,
    }
    request |= {"alone": False, "sole": False, "most_pages": 99, "most_characters": 9_999}
    with Pool("longread.ingest.readers", "answer", 1 << 30) as pool:
        replies = list(pool.ask(request, data, Account(20, 60)))
    assert "count" in [*replies[0], *replies[1]]
    return str(replies[0].get("reader", library))


@pytest.mark.parametrize("data", [b"", b"hello", b"\x89PNG\r\n" + bytes(5000)])
def test_what_is_not_a_pdf_is_called_so(data: bytes) -> None:
    assert read(data) == PdfText((), "not a PDF")


@pytest.mark.parametrize("share", [0.02, 0.3, 0.6, 0.99])
def test_a_truncated_file_is_damaged(share: float) -> None:
    data = LEASE.read_bytes()
    found = read(data[: int(len(data) * share)])
    assert (found.pages, found.reason) == ((), "damaged")


def test_a_file_beyond_the_limits_is_too_large() -> None:
    data = LEASE.read_bytes()
    assert read(data, limits=Limits(size=1000)) == PdfText((), "too large")
    assert read(data, limits=Limits(pages=3)) == PdfText((), "too large", said=4)


def test_a_page_of_too_much_text_is_lost_alone() -> None:
    data = five_pages(writing("and on " * 1000))
    assert lost(read(data, limits=Limits(page_characters=2000)))[2] == "too much text"
    found = read(five_pages(writing("x")), limits=Limits(file_characters=60))
    assert [p.reason for p in found.pages] == ["", "", "", "too much text", "too much text"]


def test_a_page_that_hangs_is_lost_alone() -> None:
    found = read(endless(), limits=Limits(page_seconds=0.5))
    assert lost(found) == ["", "", "timeout", "", ""]


def test_a_file_that_takes_too_long_keeps_what_was_read() -> None:
    found = read(endless(), limits=Limits(page_seconds=60, file_seconds=0.6))
    assert lost(found) == ["", "", "timeout", "timeout", "timeout"]


def test_a_page_that_takes_all_memory_is_lost_alone() -> None:
    found = read(bomb(), limits=Limits(memory=120 << 20))
    assert lost(found) == ["", "", "memory", "", ""]


def test_a_page_that_is_not_there_is_damaged() -> None:
    found = read(five_pages(writing("x")).replace(b"/Count 5", b"/Count 7"))
    assert [p.reason for p in found.pages] == ["", "", "", "", "", "damaged", "damaged"]


def test_pages_without_text_say_what_they_are() -> None:
    dark = stream(bytes(4), b"/Type/XObject/Subtype/Image/Width 2/Height 2/BitsPerComponent 8"
                  b"/ColorSpace/DeviceGray")  # fmt: skip
    whole = b"q 595 0 0 842 0 0 cm /A Do Q"
    assert lost(read(five_pages(stream(whole), dark)))[2] == "scan without text"
    lines = b"".join(b"%d 0 m %d 9 l S " % (n, n) for n in range(40))
    assert lost(read(five_pages(stream(lines))))[2] == "drawing without text"
    assert lost(read(five_pages(stream(b"0 0 m 9 9 l S"))))[2] == "blank"
    stamp = b"BT /F 12 Tf 9 9 Td (Filed 3 May) Tj ET"
    page = read(five_pages(stream(whole + stamp), dark)).pages[2]
    assert page == PageText(3, "", "Filed 3 May", "scan without text")
    logo = b"q 60 0 0 60 0 0 cm /A Do Q"
    page = read(five_pages(stream(logo + stamp), dark)).pages[2]
    assert page == PageText(3, "", "Filed 3 May", "")


def test_one_bad_file_does_not_stop_the_shelf() -> None:
    bad = {
        "hangs": endless(),
        "grows": bomb(),
        "nothing": b"",
        "cut": LEASE.read_bytes()[:2000],
        "locked": written("x", password="y"),
    }
    limits = Limits(page_seconds=0.5, memory=120 << 20)
    found = dict(read_many([*bad.items(), *files_of(SHELF)], limits=limits))
    assert {name: found[name].reason for name in bad} == {
        "hangs": "", "grows": "", "nothing": "not a PDF", "cut": "damaged",
        "locked": "needs password",
    }  # fmt: skip
    alone = dict(read_many(files_of(SHELF)))
    assert {name: found[name] for name in alone} == alone


def test_a_killed_worker_loses_nothing() -> None:
    long = FPDF()
    long.set_font("Times", size=11)
    for number in range(80):
        long.add_page()
        long.multi_cell(0, 5, f"Page {number}. " + "It goes on and on. " * 60)
    data = bytes(long.output())
    expected = read(data)
    assert len(expected.pages) == 80
    killed = 0
    results = read_many((str(n), data) for n in range(5))
    for count, (_, found) in enumerate(results):
        assert found == expected
        for child in psutil.Process().children() if count < 2 else ():
            child.kill()
            killed += 1
    assert killed


LEFT = [f"left line {n:02} of words that are read first" for n in range(12)]
RIGHT = [f"right line {n:02} of words that come after" for n in range(12)]


def two_columns(across: bool) -> bytes:
    """Two columns between a title and a footnote, drawn row by row or one after the other."""
    sheet = FPDF(unit="pt", format=(600, 800))
    sheet.add_page()
    sheet.set_font("Times", size=10)

    def put(x: float, y: float, text: str) -> None:
        sheet.set_xy(x, y)
        sheet.cell(text=text)

    put(
        60,
        60,
        "A title that is set across both of the columns, from the left edge to the right one",
    )
    rows = [
        (60 + 300 * right, 90 + 14 * n, (LEFT, RIGHT)[right][n])
        for n in range(12)
        for right in (0, 1)
    ]
    for x, y, text in rows if across else sorted(rows):
        put(x, y, text)
    put(
        60,
        300,
        "1 A footnote that runs below both of the columns, from the left edge to the right one too",
    )
    return bytes(sheet.output())


@pytest.mark.parametrize("across", [True, False])
def test_two_columns_are_read_one_after_the_other(across: bool) -> None:
    data = two_columns(across)
    lines = read(data).pages[0].text.split("\n")
    assert lines[0].startswith("A title")
    assert lines[1:-1] == LEFT + RIGHT
    assert lines[-1].startswith("1 A footnote")


def test_cells_of_a_row_stay_apart() -> None:
    sheet = FPDF(unit="pt", format=(600, 800))
    sheet.add_page()
    sheet.set_font("Times", size=10)
    table = [("Item", "Units", "Price"), ("Yellow paint", "1,250", "$14.00"), ("Tin", "7", "$0.50")]
    for row, cells in enumerate(table):
        for column, text in enumerate(cells):
            sheet.set_xy(60 + 150 * column, 100 + 14 * row)
            sheet.cell(text=text)
    for row, (mark, words) in enumerate((("1.", "A clause."), ("2.", "Another clause."))):
        sheet.set_xy(60, 200 + 14 * row)
        sheet.cell(text=mark)
        sheet.set_xy(100, 200 + 14 * row)
        sheet.cell(text=words)
    assert read(bytes(sheet.output())).pages[0].text.split("\n") == [
        *("   ".join(cells) for cells in table), "1. A clause.", "2. Another clause.",
    ]  # fmt: skip


def test_leaving_early_ends_the_workers() -> None:
    results = read_many((str(n), LEASE.read_bytes()) for n in range(1000))
    next(results)
    assert psutil.Process().children()
    results.close()
    assert not psutil.Process().children()


def test_files_are_taken_only_as_they_are_needed() -> None:
    taken = 0

    def files() -> Iterator[tuple[str, bytes]]:
        nonlocal taken
        for n in range(500):
            taken += 1
            yield str(n), LEASE.read_bytes()

    results = read_many(files())
    next(results)
    assert taken <= 2 * (os.cpu_count() or 1) + 1
    results.close()


def test_the_parent_loads_no_pdf_library_and_hears_no_noise() -> None:
    code = (
        "import sys\n"
        "from longread.ingest.pdf import read_many\n"
        f"data = open({str(LEASE)!r}, 'rb').read()\n"
        "odd = data.replace(b'%PDF', b'%XYZ')\n"
        "read = read_many([('a', data), ('b', data[:3000]), ('c', odd)])\n"
        "print(sorted((name, pdf.reason) for name, pdf in read))\n"
        "print([m for m in ('pypdf', 'pypdfium2') if m in sys.modules])\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[('a', ''), ('b', 'damaged'), ('c', '')]\n[]\n"
    assert done.stderr == ""


def test_every_page_has_text_or_a_reason() -> None:
    shapes = b"BT /F 12 Tf 72 700 Td (\1\1 \1) Tj ET"
    found = read(lettered(shapes))
    assert [(page.text, page.reason) for page in found.pages] == [("", "text of unknown letters")]
    found = read(lettered(shapes.replace(b"\1 ", b"\1" * 300)))
    assert [(page.text, page.reason) for page in found.pages] == [("", "text of unknown letters")]


def test_a_page_of_blanks_is_blank() -> None:
    for more in (b"", b" 72 650 400 1 re f"):
        blanks = stream(b"BT /F 12 Tf 72 700 Td (   ) Tj ET" + more)
        assert lost(read(five_pages(blanks)))[2] == "blank"


def lettered(content: bytes) -> bytes:
    """A page whose font draws one shape and does not say what letter it is."""
    font = (
        b"<</Type/Font/Subtype/Type3/FontBBox[0 0 10 10]/FontMatrix[.1 0 0 .1 0 0]"
        b"/CharProcs<</.g 6 0 R>>/Encoding<</Type/Encoding/Differences[1/.g]>>"
        b"/FirstChar 1/LastChar 1/Widths[10]>>"
    )
    return raw_pdf(
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Count 1/Kids[3 0 R]>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 4 0 R"
        b"/Resources<</Font<</F 5 0 R>>>>>>",
        stream(content),
        font,
        stream(b"10 0 d0 0 0 8 8 re f"),
    )


def test_what_is_typed_into_a_form_is_read() -> None:
    look = b"/Type/XObject/Subtype/Form/BBox[0 0 200 20]/Resources<</Font<</F 3 0 R>>>>"
    note = b"<</Type/Annot/Subtype/%b/F %d/Rect[72 %d 272 %d]/AP<</N %d 0 R>>/FT/Tx>>"
    data = five_pages(
        writing("Name:"),
        b"null",
        note % (b"Widget", 4, 600, 620, 24),
        note % (b"FreeText", 4, 500, 520, 25),
        note % (b"Widget", 2, 400, 420, 26),  # hidden
        *(
            stream(b"/Tx BMC q BT /F 12 Tf 2 5 Td (%b) Tj ET Q EMC" % words, look)
            for words in (b"Ann Other", b"signed twice", b"never shown")
        ),
    )
    third = b"/MediaBox[0 0 595 842]/Contents 12 0 R"
    data = data.replace(third, b"/Annots[21 0 R 22 0 R 23 0 R]" + third)
    for library in LIBRARIES:
        ((_, found),) = read_many([("a", data)], library=library)
        assert found.pages[2].text == "Name:\nAnn Other\nsigned twice"


LIBRARIES: tuple[Library, ...] = ("pdfium", "pypdf")


def test_a_page_that_one_library_cannot_read_the_other_does() -> None:
    odd = stream(b"BT /F 12 Tf 72 700 Td (This is what page 3 says.) Tj ET", b"/Filter/Odd")
    for library in LIBRARIES:
        ((_, found),) = read_many([("a", five_pages(odd))], library=library)
        assert lost(found) == [""] * 5
    dark = stream(bytes(4), b"/Type/XObject/Subtype/Image/Width 2/Height 2/BitsPerComponent 8"
                  b"/ColorSpace/DeviceGray")  # fmt: skip
    stamp = stream(b"q 595 0 0 842 0 0 cm /A Do Q BT /F 12 Tf 9 9 Td (Filed 3 May) Tj ET")
    ((_, found),) = read_many([("a", five_pages(stamp, dark))], library="pypdf")
    assert found.pages[2] == PageText(3, "", "Filed 3 May", "scan without text")


def test_half_a_letter_in_a_title_does_not_cost_the_library() -> None:
    about = b"<</Title<FEFFD8000041>/Author(Ann Other)>>"
    data = five_pages(writing("This is what page 3 says."), about)
    data = data.replace(b"/Root 1 0 R", b"/Root 1 0 R/Info 20 0 R")
    assert reader_of(data, "pdfium") == "pdfium"
    assert lost(read(data)) == [""] * 5
    assert dict(read(data).about)["Author"] == "Ann Other"


def test_a_page_that_hangs_is_not_called_damaged() -> None:
    tailless = re.sub(rb"startxref\s+\d+", b"", endless())
    limits = Limits(page_seconds=0.5)
    assert lost(read(tailless, limits=limits))[2] == "timeout"


def test_pages_are_counted_in_a_file_that_cannot_be_opened() -> None:
    assert said_pages(written("x", password="y")) == 1
    assert said_pages(LEASE.read_bytes()) == 4
    marks = b"<</Type/Outlines/First 5 0 R/Count 99>> <</Kids[3 0 R]/Count 7/Type/Pages>>"
    assert said_pages(b"%PDF-1.7 " + marks) == 7
    assert said_pages(b"<</Linearized 1/L 90/H[1 2]/O 9/E 8/N 31/T 7>>") == 31
    assert said_pages(b"%PDF-1.7 " + marks[:30]) == said_pages(b"") == 0
    cut = re.sub(rb"startxref.*|trailer.*", b"", five_pages(writing("x")), flags=re.S)[:900]
    found = read(cut)
    assert (found.reason, found.notes) == ("damaged", ("it says that it has 5 pages",))
