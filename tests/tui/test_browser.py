"""The screens in a real browser: Chromium opens the page, asks and follows a citation."""

from __future__ import annotations

import asyncio
import shutil
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable, Iterator
from urllib.parse import urlsplit

import psutil
import pytest
from playwright.async_api import Page, async_playwright

from longread.store import Store

CHROMIUM = shutil.which("chromium")
ARGUMENTS = (
    "--headless --no-sandbox --disable-gpu --disable-quic --no-first-run"
    " --disable-background-networking --disable-component-update --disable-sync"
).split()
# textual.js keeps its terminal to itself and draws it on a canvas; its text is in there.
CATCH = """Object.defineProperty(Object.prototype, "terminal", {
  configurable: true,
  set(value) {
    if (value && value.buffer) window.caught = value;
    Object.defineProperty(this, "terminal", {value, writable: true, configurable: true});
  },
})"""
READ = """() => {
  if (!window.caught) return "";
  const buffer = window.caught.buffer.active;
  const row = (y) => buffer.getLine(buffer.viewportY + y)?.translateToString(true) ?? "";
  return [...Array(window.caught.rows).keys()].map(row).join("\\n");
}"""
PATIENCE = 20.0

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="chromium is not installed")


class Opened:
    """A page, and what it asked for and complained of."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.hosts: set[str | None] = set()
        self.complaints: list[str] = []
        page.on("request", lambda request: self.hosts.add(urlsplit(request.url).hostname))
        page.on("websocket", lambda socket: self.hosts.add(urlsplit(socket.url).hostname))
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("requestfailed", lambda request: self.complaints.append(request.url))
        page.on(
            "console",
            lambda said: said.type in ("error", "warning") and self.complaints.append(said.text),
        )

    async def screen(self) -> str:
        """Return what the terminal shows."""
        return str(await self.page.evaluate(READ))

    async def seen(self, *wanted: str) -> str:
        """Wait until the terminal shows all of it."""
        end = time.monotonic() + PATIENCE
        while True:
            screen = await self.screen()
            if all(one in screen for one in wanted):
                return screen
            assert time.monotonic() < end, f"waited for {wanted}:\n{screen}"
            await asyncio.sleep(0.05)

    async def press(self, *keys: str) -> None:
        for key in keys:
            await self.page.keyboard.press(key)


@pytest.fixture
async def opened() -> AsyncIterator[Opened]:
    async with async_playwright() as play:
        chromium = await play.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        page = await chromium.new_page(viewport={"width": 1280, "height": 720})
        await page.add_init_script(CATCH)
        yield Opened(page)
        await chromium.close()


@pytest.fixture
def served(store: Store, make_session: Callable[..., str]) -> Iterator[subprocess.Popen[str]]:
    """`longread web` with one session, about a kettle."""
    make_session(store, "kettle")
    words = ("-m", "longread", "web", "--port", "0", "--store", str(store.path))
    process = subprocess.Popen([sys.executable, *words], stdout=subprocess.PIPE, text=True)
    yield process
    process.terminate()
    process.communicate(timeout=PATIENCE)


def address(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    said = process.stdout.readline()
    return next(word.rstrip(";") for word in said.split() if word.startswith("http"))


async def test_a_question_is_asked_in_a_browser_and_its_citation_followed(
    served: subprocess.Popen[str], opened: Opened
) -> None:
    url = address(served)
    page = opened.page
    await page.goto(url)
    assert page.url == url.partition("?")[0]
    await opened.seen("f2 Library", "kettle")
    await opened.press("Enter")
    await opened.seen("[f3 Read]", "Nothing was asked yet.", "about 1")
    await page.keyboard.type("How hot may it be?")
    await opened.seen("How hot may it be?")
    await opened.press("Enter")
    await opened.seen("It is 97.5 [1✓]", "[1] ✓ exact")
    await opened.press("Escape")
    await opened.seen("Next cite")
    await opened.press("1")
    screen = await opened.seen("[1] heat.py:L1", "def heat(target):")
    assert any(row.rstrip().endswith("LIMIT = 97.5") for row in screen.split("\n"))

    # Keys that browsers use for themselves reach the screens.
    await opened.press("F4")
    await opened.seen("[f4 Grid]", "There is no review yet.")
    await opened.press("F5")
    await opened.seen("[f5 Budget]")
    await opened.press("F6")
    await opened.seen("[f6 Plan]", "✓ fits on 4 × h100")
    await opened.press("F1")
    await opened.seen("keys (esc closes)")

    assert opened.complaints == []
    assert opened.hosts == {"127.0.0.1"}


async def test_a_tab_that_ends_says_why_and_begins_again(
    served: subprocess.Popen[str], opened: Opened
) -> None:
    await opened.page.goto(address(served))
    await opened.seen("kettle")
    (program,) = psutil.Process(served.pid).children()
    await opened.press("Control+q")
    await opened.page.get_by_text("This tab has ended; what was asked and answered").wait_for()
    assert not program.is_running()
    # The button has the focus.
    async with opened.page.expect_event("load"):
        await opened.press("Enter")
    await opened.seen("kettle")
    served.terminate()
    await opened.page.get_by_text("longread web was stopped.").wait_for()
    await opened.page.get_by_role("button", name="Begin again").wait_for()


async def test_a_page_without_token_says_what_to_do(
    served: subprocess.Popen[str], opened: Opened
) -> None:
    await opened.page.goto(address(served).partition("?")[0])
    assert "Open the address that longread web printed" in await opened.page.inner_text("body")
