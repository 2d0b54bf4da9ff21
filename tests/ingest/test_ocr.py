"""Scanned pages are recognised once, in workers, and say that they were."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from importlib.util import find_spec
from io import BytesIO
from pathlib import Path

import psutil
import pytest
from fpdf import FPDF
from PIL import Image, ImageDraw, ImageFont

from longread.cache.derived import Derived
from longread.config import Settings
from longread.errors import ConfigError
from longread.ingest import ocr
from longread.ingest.ocr import Limits, Recogniser, chosen, recognise_many
from longread.ingest.pages import PageText
from longread.ingest.pdf import PdfText, read_many
from longread.ingest.read import Options, read
from longread.ingest.recognisers import Picture, Word, _words, _written, draw
from longread.types import Corpus, Progress

needs_tesseract = pytest.mark.skipif(
    shutil.which("tesseract") is None, reason="tesseract is not installed: apt tesseract-ocr"
)
needs_rapidocr = pytest.mark.skipif(
    find_spec("rapidocr") is None, reason="RapidOCR is not installed: the extra longread[ocr]"
)
TESSERACT = Recogniser("tesseract", "eng")
RENT = "The rent is EUR 84,000 a year."


@pytest.fixture
def derived(tmp_path: Path) -> Iterator[Derived]:
    with Derived(tmp_path / "derived.sqlite") as opened:
        yield opened


def picture(*lines: str) -> Image.Image:
    """A page as a scanner gives it, at 150 dpi."""
    page = Image.new("L", (1240, 1754), 255)
    pen = ImageDraw.Draw(page)
    for row, line in enumerate(lines):
        pen.text((120, 150 + 60 * row), line, fill=0, font=ImageFont.load_default(36))
    return page


def scan(*pages: Image.Image, typed: str = "") -> bytes:
    """A PDF of pictures, and of one typed page where there are words for it."""
    made = FPDF()
    for page in pages:
        made.add_page("L" if page.width > page.height else "P")
        made.image(page, 0, 0, made.w, made.h)
    if typed:
        made.add_page()
        made.set_font("Times", size=12)
        made.multi_cell(0, 6, typed)
    return bytes(made.output())


def pages_of(data: bytes, derived: Derived, limits: Limits | None = None) -> tuple[PageText, ...]:
    ((_, before),) = read_many([("a", data)])
    files = [("a", data, before)]
    ((_, after),) = recognise_many(
        files, TESSERACT, (), derived, lambda _: None, limits or Limits()
    )
    return after.pages


class Desk:
    """Reads one folder under settings."""

    def __init__(self, folder: Path, derived: Derived, home: Path) -> None:
        self.folder, self.derived, self.home = folder, derived, home
        self.told: list[Progress] = []

    def read(self, setting: str = "auto") -> Corpus:
        (self.home / "config.toml").write_text(f'[pdf]\nocr = "{setting}"\n')
        self.told.clear()
        return read([str(self.folder)], Options(), self.derived, self.told.append)


@pytest.fixture
def desk(tmp_path: Path, derived: Derived, monkeypatch: pytest.MonkeyPatch) -> Desk:
    for name in ("shelf", "settings"):
        (tmp_path / name).mkdir()
    monkeypatch.setenv("LONGREAD_CONFIG", str(tmp_path / "settings"))
    return Desk(tmp_path / "shelf", derived, tmp_path / "settings")


@needs_tesseract
def test_a_scan_is_recognised_and_a_typed_page_is_left_as_it_is(derived: Derived) -> None:
    first, blank, typed = pages_of(
        scan(picture(RENT, "It is due on 3 May."), picture(), typed="Typed words. " * 30), derived
    )
    assert first.text == f"{RENT}\nIt is due on 3 May."
    assert first.ocr == "tesseract eng"
    assert 0.8 < first.confidence <= 1
    assert blank.reason == "scan, not recognised: no words in it"
    assert (typed.ocr, typed.reason) == ("", "")
    assert typed.text.startswith("Typed words.")


@needs_tesseract
def test_a_page_on_its_side_is_turned(derived: Derived) -> None:
    lines = [f"{RENT} Line number {n} of it." for n in range(1, 16)]
    (page,) = pages_of(scan(picture(*lines).rotate(90, expand=True)), derived)
    assert RENT in page.text


@needs_tesseract
def test_nothing_is_recognised_twice(derived: Derived, monkeypatch: pytest.MonkeyPatch) -> None:
    one, two = picture(RENT), picture("The term is five years.")
    pages_of(scan(one), derived)
    again = Limits(page_seconds=60)
    with monkeypatch.context() as patch:
        asked: list[dict[str, object]] = []
        ask = ocr.Pool.ask

        def noted(self: ocr.Pool, message: dict[str, object], *rest: object) -> object:
            asked.append(message | {"pages": list(message.get("pages", ()))})  # type: ignore[call-overload]
            return ask(self, message, *rest)  # type: ignore[arg-type]

        patch.setattr(ocr.Pool, "ask", noted)
        pages = pages_of(scan(two, one), derived, again)
    assert [page.text for page in pages] == ["The term is five years.", RENT]
    # Of another file the page that is known was only looked at.
    assert [m["pages"] for m in asked if "languages" in m] == [[1]]


@needs_tesseract
def test_a_page_that_takes_too_long_is_lost_alone(derived: Derived) -> None:
    noise = Image.frombytes("L", (1240, 1754), os.urandom(1240 * 1754))
    pages = pages_of(scan(noise, picture(RENT)), derived, Limits(page_seconds=1))
    assert pages[0].text == ""
    assert pages[0].reason.startswith(("scan, not recognised: ", "scan without text; not rec"))
    assert pages[1].text == RENT


@needs_tesseract
@pytest.mark.parametrize(
    ("fails", "reason"), [("exit 1", "failed: no message"), ("kill -9 $$", "timeout")]
)
def test_what_went_wrong_once_is_tried_again(
    desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fails: str, reason: str
) -> None:
    real, well = shutil.which("tesseract"), tmp_path / "well"
    program = tmp_path / "bin" / "tesseract"
    program.parent.mkdir()
    program.write_text(
        f'#!/bin/sh\n[ "$1" = --list-langs ] || [ -e {well} ] || {fails}\nexec {real} "$@"\n'
    )
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(program.parent), prepend=os.pathsep)
    (desk.folder / "scan.pdf").write_bytes(scan(picture(RENT), typed="Typed. " * 60))
    assert desk.read().pages[0].reason == f"scan without text; not recognised: {reason}"
    well.touch()
    assert desk.read().pages[0].ocr
    well.unlink()
    assert desk.read().pages[0].ocr


@needs_tesseract
def test_letters_that_mean_nothing_are_recognised_as_a_picture(derived: Derived) -> None:
    data = scan(picture(RENT))
    ((name, before),) = read_many([("a", data)])
    (page,) = before.pages
    unknown = replace(before, pages=(replace(page, reason="text of unknown letters"),))
    given = [(name, data, unknown)]
    ((_, after),) = recognise_many(given, TESSERACT, (), derived, lambda _: None)
    assert after.pages[0].text == RENT


@needs_tesseract
@pytest.mark.skipif(shutil.which("setpriv") is None, reason="setpriv is not installed")
def test_what_a_killed_worker_had_started_ends_with_it() -> None:
    code = (
        "import os\n"
        "from longread.ingest.recognisers import Picture, tesseract\n"
        "tesseract(Picture(3000, 3000, 300, os.urandom(9_000_000)), 'eng', 60)\n"
    )
    worker = psutil.Popen([sys.executable, "-c", code], stderr=subprocess.DEVNULL)
    for _ in range(200):
        started = worker.children()
        if started and started[0].cpu_times().user > 0.5:  # it has the picture
            break
        time.sleep(0.05)
    worker.kill()
    worker.wait()
    assert len(started) == 1
    _, left = psutil.wait_procs(started, timeout=1)
    # Where nobody takes its exit status, what ended stays listed.
    assert all(process.status() == psutil.STATUS_ZOMBIE for process in left)


@needs_tesseract
def test_a_stamp_on_a_scan_is_part_of_what_is_recognised(derived: Derived) -> None:
    made = FPDF()
    made.add_page()
    made.image(picture(RENT), 0, 0, 210, 297)
    made.set_font("Times", size=12)
    made.text(150, 280, "Filed 3 May")
    (page,) = pages_of(bytes(made.output()), derived)
    assert RENT in page.text
    assert "Filed 3 May" in page.text
    assert page.ocr


@needs_tesseract
def test_a_language_that_is_not_there_is_named(derived: Derived) -> None:
    data = scan(picture(RENT))
    ((_, before),) = read_many([("a", data)])
    found = recognise_many(
        [("a", data, before)], Recogniser("tesseract", "eng+xyz"), (), derived, lambda _: None
    )
    ((_, after),) = found
    assert after.pages[0].reason == "scan without text; tesseract has no language xyz"


@needs_tesseract
def test_the_ledger_says_what_was_recognised_and_how_surely(desk: Desk) -> None:
    (desk.folder / "scan.pdf").write_bytes(scan(picture(RENT), typed="Typed. " * 60))
    (desk.folder / "typed.pdf").write_bytes(scan(typed="Typed. " * 60))
    corpus = desk.read()
    assert [(p.path, p.page, p.ocr) for p in corpus.pages] == [
        ("scan.pdf", 1, True), ("scan.pdf", 2, False), ("typed.pdf", 1, False),
    ]  # fmt: skip
    assert corpus.pages[0].confidence
    assert corpus.pages[0].confidence > 0.8
    assert corpus.pages[1].confidence is None
    assert RENT in corpus.documents[0].text
    steps = [(p.done, p.total, p.note) for p in desk.told if p.stage == "ocr"]
    assert steps == [(1, 1, "tesseract eng")]
    assert desk.read() == corpus
    assert not [p for p in desk.told if p.stage in ("ocr", "pages")]


@needs_tesseract
def test_what_is_installed_later_is_used_and_other_files_stay_the_same(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    (desk.folder / "scan.pdf").write_bytes(scan(picture(RENT), typed="Typed. " * 60))
    (desk.folder / "typed.pdf").write_bytes(scan(typed="Typed. " * 60))
    before = desk.read("off")
    assert before.pages[0].reason == "scan without text"
    after = desk.read("tesseract")
    assert after.pages[0].ocr
    ids = [[d.content_id for d in corpus.documents] for corpus in (before, after)]
    assert ids[0][0] != ids[1][0]
    assert ids[0][1] == ids[1][1]
    monkeypatch.setattr(ocr, "has_rapidocr", lambda: False)
    assert desk.read("rapidocr") == after  # what is known stays where nothing better is there
    assert desk.read("off") == before


def test_settings_choose(monkeypatch: pytest.MonkeyPatch) -> None:
    there = {"tesseract": True, "rapidocr": True}
    monkeypatch.setattr(ocr, "has_tesseract", lambda: there["tesseract"])
    monkeypatch.setattr(ocr, "has_rapidocr", lambda: there["rapidocr"])

    def program(setting: str) -> str:
        found = chosen(Settings(ocr=setting, languages="deu"))  # type: ignore[arg-type]
        return found.id if found else ""

    assert [program(s) for s in ("auto", "tesseract", "rapidocr", "off")] == [
        "tesseract deu", "tesseract deu", "rapidocr", "",
    ]  # fmt: skip
    there["tesseract"] = False
    assert [program(s) for s in ("auto", "tesseract")] == ["rapidocr", ""]


@pytest.mark.parametrize("text", ['ocr = "best"', 'languages = "-x"', 'languages = ""', "dpi = 3"])
def test_settings_that_mean_nothing_are_refused(desk: Desk, text: str) -> None:
    from longread import config

    (desk.home / "config.toml").write_text(f"[pdf]\n{text}\n")
    with pytest.raises(ConfigError):
        config.settings()


def test_words_of_tesseract_become_lines_and_paragraphs() -> None:
    head = "level page_num block_num par_num line_num word_num left top width height conf text"
    rows = [
        "5 1 1 1 1 1 0 0 9 9 90 The", "5 1 1 1 1 2 0 0 9 9 80 rent", "4 1 1 1 2 0 0 0 9 9 -1 ",
        "5 1 1 1 2 1 0 0 9 9 100 is", '5 1 2 1 1 1 0 0 9 9 70 "x',
    ]  # fmt: skip
    words = _words("\n".join(row.replace(" ", "\t") for row in [head, *rows]))
    assert [w.text for w in words] == ["The", "rent", "is", '"x']
    written = _written(words)
    assert written == {"text": 'The rent\nis\n\n"x', "confidence": 0.845}
    assert _written([]) == {"reason": "no words in it"}
    assert _written([Word("~:", 0.2, (1,), (1, 1))]) == {"reason": "nothing legible in it"}


def test_a_page_is_drawn_in_grey_and_never_too_large() -> None:
    import pypdfium2

    pdf = pypdfium2.PdfDocument(BytesIO(scan(picture(RENT))))
    drawn = draw(pdf, 1, 100)
    assert isinstance(drawn, Picture)
    assert len(drawn.grey) == drawn.width * drawn.height
    assert (drawn.width, drawn.height) == (827, 1170)
    assert {0, 255} <= set(drawn.grey)
    huge = FPDF(format=(5000, 5000))
    huge.add_page()
    drawn = draw(pypdfium2.PdfDocument(bytes(huge.output())), 1, 300)
    assert 39_000_000 < drawn.width * drawn.height < 41_000_000
    assert drawn.dpi < 40


@needs_rapidocr
def test_rapidocr_reads_too(derived: Derived) -> None:
    data = scan(picture(RENT))
    ((_, before),) = read_many([("a", data)])
    found = recognise_many(
        [("a", data, before)], Recogniser("rapidocr", ""), (), derived, lambda _: None
    )
    ((_, after),) = found
    assert RENT.replace(" ", "") in after.pages[0].text.replace(" ", "")
    assert after.pages[0].ocr == "rapidocr"


def test_a_file_without_scans_is_given_back_as_it_is(derived: Derived) -> None:
    read_before = PdfText((PageText(1, "", "", "scan without text"),), "")
    broken = [("a", b"%PDF-1.7 nothing", read_before)]
    found = dict(recognise_many(broken, Recogniser("rapidocr", ""), (), derived, lambda _: None))
    assert found["a"].pages[0].reason == "scan, not recognised: PDFium cannot open it"


@needs_tesseract
def test_a_language_that_is_missing_is_said_only_while_it_is_asked_for(desk: Desk) -> None:
    (desk.folder / "scan.pdf").write_bytes(scan(picture(RENT), typed="Typed. " * 60))
    settings = desk.home / "config.toml"
    settings.write_text('[pdf]\nlanguages = "eng+xyz"\n')
    first = read([str(desk.folder)], Options(), desk.derived, desk.told.append)
    assert first.pages[0].reason.endswith("tesseract has no language xyz")
    assert desk.read("off").pages[0].reason == "scan without text"
    found = desk.read()
    assert found.pages[0].ocr
    (note,) = found.entries[0].notes
    assert note.startswith("recognised in pictures: 1 of 2 pages, 9")
