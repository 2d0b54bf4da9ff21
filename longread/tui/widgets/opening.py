"""Files opened in other programs, from whatever shows a place in them."""

from __future__ import annotations

import asyncio
import signal
import subprocess
from collections.abc import Sequence

from textual.widget import Widget

from longread.analysis.follow import changed, on_disk
from longread.errors import LongreadError
from longread.export.visible import line
from longread.tui import opener
from longread.types import Document, Source, Span


async def open_file(
    shown: Widget,
    sources: Sequence[Source],
    document: Document,
    cited: Span | None,
    quote: str,
    *,
    viewer: bool,
) -> None:
    """Open a file: in the editor at the line, or in a viewer at the page.

    A Word file or a web page is opened by the system, for its lines are not those shown here.
    """
    first = cited.first if cited else 1
    path = await asyncio.to_thread(on_disk, sources, document)
    if path is None:
        shown.notify(
            f"{line(document.path)} is not on this disk: what is shown here is what was read",
            title="nothing to open",
            severity="warning",
            markup=False,
        )
        return
    if shown.app.is_web:
        title = f"in a browser nothing is opened; on the server, at {cited}:"
        shown.notify(line(str(path)), title=title, markup=False)
        return
    if await asyncio.to_thread(changed, document, cited, path):
        shown.notify("the file has changed since it was read", severity="warning", markup=False)
    try:
        if document.kind == "document":
            _start(opener.program(path))
            words = " ".join(quote.split())
            said = f"look for “{words[:60]}”" if words else "it has no line numbers"
            shown.notify(line(said), title=line(path.name), markup=False)
            return
        if viewer or document.unit == "page":
            command, paged = opener.viewer(path, first)
            _start(command)
            if not paged and document.unit == "page":
                shown.notify(f"see page {first}", markup=False)
            return
        command, terminal = opener.editor(path, first)
        if terminal:
            _lend(shown, command)
        else:
            _start(command)
    except LongreadError as error:
        shown.notify(line(error.hint), title=line(str(error)), severity="error", markup=False)
    except OSError as error:
        shown.notify(str(error), title="cannot be started", severity="error", markup=False)


def _lend(shown: Widget, words: list[str]) -> None:
    """Give the terminal to a program until it ends; nothing may be painted meanwhile."""
    # ctrl+c there is the program's: the terminal sends it to both.
    before = {sign: signal.signal(sign, _leave) for sign in (signal.SIGINT, signal.SIGQUIT)}
    try:
        with shown.app.suspend():
            subprocess.run(words, check=False)
    finally:
        for sign, handler in before.items():
            signal.signal(sign, handler)
    shown.app.refresh()


def _leave(sign: int, frame: object) -> None:
    """Do nothing; unlike a signal that is ignored, this is not handed down to the program."""


def _start(words: list[str]) -> None:
    """Start a program with a window of its own; it outlives longread."""
    subprocess.Popen(
        words,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
