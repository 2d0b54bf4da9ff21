"""A review as a page: nothing in it acts, and a click on a value shows the words in their page."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import AsyncIterator
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest
from playwright.async_api import Page, async_playwright

from longread.export.html import html
from longread.export.report import CitedText, Part, Report, Stretch
from longread.types import Citation, Source, Span, Verdict
from longread.types.reviews import Cell, CellState, Question, Review, Reviewed, Value

CHROMIUM = shutil.which("chromium")
ARGUMENTS = "--headless --no-sandbox --disable-gpu --no-first-run --disable-sync".split()
EVIL = (
    "</script x <!-- <script </script><script>window.evil=1</script><img src=x onerror=evil()>"
    "\u202e\x1b\ud800&amp;'\""
)
BEFORE = "\U0001f600 On page 2,\x01 as </script> it says: "
WORDS = "the laws\nof <b>Ohio</b>"


def report(evil: str = "") -> Report:
    """Return two documents × two questions; the first cell's words stand on pages 2 and 3."""
    law, fee = Question(f"Law{evil}", f"Which?{evil}"), Question("Fee", "How much?", "number")
    quote = Citation("d1", "a.pdf", Span("page", 2, 3), f"the laws of Ohio{evil}", Verdict.FOLDED)
    bad = replace(quote, verdict=Verdict.NOT_FOUND, span=Span("page", 3, 3), quote="Utah")
    ohio, ten, nine = (Value((said,), (said,)) for said in (f"Ohio{evil}", "10", "9"))
    cells = [
        Cell("a.pdf", law.name, CellState.ANSWERED, ohio, (quote, bad), reasoning=f"So.{evil}"),
        Cell("a.pdf", "Fee", CellState.ANSWERED, ten, (bad,), unverified=True, note=evil),
        Cell("b.pdf", law.name, CellState.NOT_PRESENT, shown=(Span("page", 1, 4),)),
        Cell("b.pdf", "Fee", CellState.ANSWERED, nine),
    ]
    documents = (
        Reviewed("a.pdf", "1", "page", f"A{evil}", pages=3),
        Reviewed("b.pdf", "2", "page", pages=4, unread=((4, f"no text{evil}"),)),
    )
    review = Review(
        f"deals{evil}",
        (Source(f"/deals{evil}", "folder"),),
        "p",
        (law, fee),
        documents,
        {(one.path, one.question): one for one in cells},
    )
    parts = {2: Part("p2", f"{BEFORE}{WORDS[:8]}"), 3: Part("p3", f"{WORDS[8:]}, and more.{evil}")}
    start = len(BEFORE)
    stretches = {
        ("a.pdf", law.name): [
            [Stretch(0, 2, start, start + 8), Stretch(0, 3, 0, len(WORDS) - 8)],
            [Stretch(0, 3, 0, 0)],
        ],
        ("a.pdf", "Fee"): [[Stretch(0, 3, 0, 0)]],
    }
    texts = (CitedText("a.pdf", "page", parts),)
    return Report("abcd", review, "2026", {"a.pdf": Path("/deals/a b.pdf")}, texts, stretches)


class Tags(HTMLParser):
    """Counts elements, and collects attributes that could load or run something."""

    def __init__(self) -> None:
        super().__init__()
        self.scripts = 0
        self.loads: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.scripts += tag == "script"
        self.loads += [n for n, _ in attrs if n in ("src", "href") or n.startswith("on")]
        self.loads += [n for n, _ in attrs if n == "style"]


def test_a_page_holds_all_it_needs_and_nothing_that_acts() -> None:
    text = html(report(EVIL))[""].decode()
    tags = Tags()
    tags.feed(text)
    assert (tags.scripts, tags.loads) == (2, [])
    assert "default-src &#x27;none&#x27;" in text
    assert not re.search(r"unsafe|https?:|innerHTML", text)
    assert not re.search("[\x00-\x08\x1b\u202e]", text)
    data = re.search(r'<script type="application/json" id="data">(.*?)</script>', text, re.DOTALL)
    assert data
    cell = json.loads(data[1])["cells"]["0,0"]
    assert cell["text"].startswith("Ohio</script x <!-- <script </script>")


def test_coverage_and_legend_stand_on_the_page() -> None:
    text = html(report())[""].decode()
    assert "read: 2 of 2 documents, 6 of 7 pages, 0 of them recognised (OCR)" in text
    assert "p4: no text" in text
    assert "¿ quote not verified" in text


@pytest.fixture
async def page(tmp_path: Path) -> AsyncIterator[Page]:
    """The page, opened from its file; what it complains of fails the test."""
    (tmp_path / "grid.html").write_bytes(html(report(EVIL))[""])
    complaints: list[str] = []
    async with async_playwright() as play:
        chromium = await play.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        opened = await chromium.new_page(viewport={"width": 1280, "height": 720})
        opened.on("pageerror", lambda error: complaints.append(str(error)))
        opened.on("console", lambda said: complaints.append(said.text))
        asked: list[str] = []
        opened.on("request", lambda request: asked.append(request.url))
        await opened.goto((tmp_path / "grid.html").as_uri())
        yield opened
        assert await opened.evaluate("window.evil") is None
        await chromium.close()
    assert complaints == []
    assert len(set(asked)) == 1


@pytest.mark.skipif(CHROMIUM is None, reason="chromium is not installed")
async def test_a_click_on_a_value_shows_its_words_marked_in_their_pages(page: Page) -> None:
    await page.click("#grid tbody tr:nth-child(1) td:nth-of-type(1)")
    marks = await page.locator("#text mark").all_text_contents()
    assert "".join(marks) == WORDS
    texts = await page.locator("#text div").all_text_contents()
    assert texts[0] == BEFORE.replace("\x01", "␁") + WORDS[:8]
    assert await page.locator("#text h3").all_text_contents() == ["p2", "p3"]
    assert "Ohio</script x" in await page.locator("#pane .said").inner_text()
    assert await page.get_attribute("#pane nav a", "href") == "file:///deals/a%20b.pdf#page=2"
    await page.keyboard.press("n")
    assert await page.locator("#text h3").all_text_contents() == ["p3"]
    assert await page.locator("#text mark").count() == 0
    await page.keyboard.press("ArrowRight")
    assert await page.locator("#pane h2").inner_text() == "Fee"
    assert "not verified" in await page.locator("#pane .top").inner_text()
    await page.keyboard.press("Escape")
    assert await page.locator("#pane").is_hidden()
    await page.keyboard.press("ArrowDown")
    await page.keyboard.press("ArrowLeft")
    await page.keyboard.press("Enter")
    assert "not present" in await page.locator("#pane .said").inner_text()
    assert "Nothing is cited" in await page.locator("#text").inner_text()
    assert (await page.evaluate("location.hash")) == "#d2q1"
    await page.reload()
    assert "not present" in await page.locator("#pane .said").inner_text()


@pytest.mark.skipif(CHROMIUM is None, reason="chromium is not installed")
async def test_rows_are_sorted_filtered_and_searched(page: Page) -> None:
    async def seen() -> list[str]:
        rows = await page.locator("#grid tbody tr:visible th").all_inner_texts()
        return [row.split("\n")[0] for row in rows]

    fee = "#grid thead th:nth-child(3) button"
    await page.click(fee)
    assert await seen() == ["b.pdf", "a.pdf"]
    await page.click(fee)
    assert await seen() == ["a.pdf", "b.pdf"]
    await page.click("[data-filter=nothing]")
    assert await seen() == ["b.pdf"]
    assert "1 of 2" in await page.locator("#told").inner_text()
    await page.click("[data-filter=nothing]")
    await page.click("[data-filter=check]")
    assert await seen() == ["a.pdf"]
    await page.click("[data-filter=check]")
    await page.fill("#search", "not present")
    await page.wait_for_selector("#grid tbody tr:nth-child(1)", state="hidden")
    assert await seen() == ["b.pdf"]
