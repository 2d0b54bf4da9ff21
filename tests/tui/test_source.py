"""The widget that shows a document's text, so that a citation can be checked."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from rich.cells import cell_len
from rich.style import Style
from textual.app import App, ComposeResult
from textual.pilot import Pilot
from textual.widgets import Static

from longread.export.visible import CONTROLS
from longread.tui.themes import DARK, LIGHT
from longread.tui.widgets import lexing, scrolling
from longread.tui.widgets.painting import CONTRAST, contrast
from longread.tui.widgets.source import SourceView
from longread.types import Document, Segment, Span

SIZES = [(80, 24), (200, 60)]
CODE = "".join(f"def f{n}(x):\n    return x + {n}  # {n}\n" for n in range(1, 201))


class Pane(App[None]):
    """A source view between two neighbours."""

    CSS = "Static { height: 1; }"

    def compose(self) -> ComposeResult:
        yield Static("above", markup=False)
        yield SourceView()
        yield Static("below", markup=False)

    @property
    def source(self) -> SourceView:
        return self.query_one(SourceView)


@asynccontextmanager
async def opened(
    size: tuple[int, int] = (80, 24), theme: str = DARK.name
) -> AsyncIterator[tuple[Pilot[None], SourceView]]:
    app = Pane()
    async with app.run_test(size=size) as pilot:
        app.register_theme(DARK)
        app.register_theme(LIGHT)
        app.theme = theme
        app.source.focus()
        await pilot.pause()
        yield pilot, app.source


async def settled(pilot: Pilot[None]) -> None:
    """Wait until nothing is measured or looked for any more."""
    await pilot.pause()
    await pilot.app.workers.wait_for_complete()
    await pilot.pause()


def code(text: str = CODE, language: str = "python") -> Document:
    return Document("a.py", "source", language, "x", text, ())


def contract(*pages: tuple[int, str]) -> Document:
    text, segments = "", []
    for number, page in pages:
        segments.append(
            Segment("page", "", Span("page", number, number), len(text), len(text + page))
        )
        text += page
    return Document("lease.pdf", "pdf", "pdf", "x", text, tuple(segments), "page")


def rows(source: SourceView) -> list[str]:
    return [source.render_line(y).text.rstrip() for y in range(source.size.height)]


def marks(source: SourceView) -> list[tuple[int, int, str]]:
    """Return row, column and text of what is marked, as the eye finds it: underlined, bold."""
    found = []
    for y in range(source.size.height):
        x = 0
        for text, style, _ in source.render_line(y):
            if style and style.underline and style.bold and text.strip():
                found.append((y, x, text))
            x += cell_len(text)
    return found


def at(document: Document, words: str) -> tuple[int, int]:
    start = document.text.index(words)
    return start, start + len(words)


@pytest.mark.parametrize("size", SIZES)
async def test_the_quote_is_in_view_at_a_third_of_the_height(size: tuple[int, int]) -> None:
    document = code()
    async with opened(size) as (pilot, source):
        source.show(document, marked=[at(document, "return x + 90")], cited=Span("line", 179, 181))
        await settled(pilot)
        ((y, _, text),) = marks(source)
        assert text == "return x + 90"
        assert source.highlighted == "return x + 90"
        assert y == source.size.height // 3 or y == (source.size.height - 1) // 3
        assert rows(source)[y].startswith("▐180»     return x + 90")
        assert rows(source)[y - 1].startswith("▐179  def f90(x):")
        assert rows(source)[y + 2].startswith(" 182      return")
        assert source.first_visible_line == 180 - y


async def test_without_a_quote_the_cited_lines_are_in_view() -> None:
    async with opened() as (pilot, source):
        source.show(code(), cited=Span("line", 300, 302))
        await settled(pilot)
        assert [row[:4] for row in rows(source) if row.startswith("▐")] == ["▐300", "▐301", "▐302"]
        assert source.highlighted == ""
        source.goto(Span("line", 7, 7))
        await settled(pilot)
        assert source.first_visible_line == 1
        source.focus_mark()
        await settled(pilot)
        assert source.first_visible_line > 280


async def test_a_place_beyond_the_end_or_of_another_sort_moves_nothing() -> None:
    async with opened() as (pilot, source):
        source.show(code(), cited=Span("page", 3, 3))
        await settled(pilot)
        source.goto(Span("line", 5_000, 5_001))
        source.goto(Span("cell", 1, 1))
        await settled(pilot)
        assert source.first_visible_line == 1


@pytest.mark.parametrize(
    ("text", "words", "column"),
    [
        ("\tif a:\tquote", "quote", 12),
        ("漢字漢字 quote", "quote", 9),
        ("e\u0301e\u0301 quote", "quote", 3),
        ("\x1b[31mquote\x1b[0m", "quote", 5),
        ("\u202e\u200bquote", "quote", 12),
        ("[bold]quote[/]", "quote", 6),
    ],
)
async def test_a_mark_lands_on_its_cells(text: str, words: str, column: int) -> None:
    document = code(text, "")
    async with opened() as (pilot, source):
        source.show(document, marked=[at(document, words)])
        await settled(pilot)
        assert marks(source) == [(0, 4 + column, words)]


async def test_a_mark_on_a_wide_letter_or_a_control_character_covers_all_of_its_cells() -> None:
    document = code("ab漢\u202ecd", "")
    async with opened() as (pilot, source):
        source.show(document, marked=[(2, 4)])
        await settled(pilot)
        assert "".join(text for _, _, text in marks(source)) == "漢\\u202e"
        assert source.highlighted == "漢\u202e"


async def test_marks_are_put_in_order_and_kept_within_the_text() -> None:
    document = code("one two three", "")
    async with opened() as (pilot, source):
        source.show(document, marked=[(8, 99), (-3, 3), (2, 4), (6, 6)])
        await settled(pilot)
        assert source.highlighted == "one \nthree"


HOSTILE = [
    "\x1b]8;;http://evil.example\x1b\\link\x1b]8;;\x1b\\",
    "\x1b[2J\x1b[H\x1b[?1049lgone",
    "a\u202egnp.exe\u2066\u2069",
    "zero\u200bwidth\ufeff\u2060",
    "nul\x00bell\x07back\x08\x08\x7f\x9b31m",
    "tag\U000e0041\U000e0042 hidden\U000e0100\U000e01ef",
    "[bold]x[/] [@click=app.quit]y[/] [link=http://evil.example]z[/link]",
    "lone \ud800 half",
    "z" + "\u0301" * 40,
    "\u0301 on the gutter",
    "# heading *emphasis* ![pixel](http://evil.example/p.png)",
]


@pytest.mark.parametrize("wrap", [False, True])
async def test_hostile_text_is_shown_and_does_nothing(wrap: bool) -> None:
    document = code("\n".join(HOSTILE) + "\n", "markdown")
    async with opened() as (pilot, source):
        source.show(document, marked=[(0, len(document.text))], note="\x1b[2J[bold]note[/]\u202e")
        if wrap:
            await pilot.press("w")
        await settled(pilot)
        shown = rows(source)
        assert not any(CONTROLS.search(row) for row in shown)
        for y in range(source.size.height):
            strip = source.render_line(y)
            assert strip.cell_length == cell_len(strip.text) == source.size.width - 1
            assert not any(style and style.link for _, style, _ in strip)
        text = "\n".join(shown)
        assert "[bold]x[/] [@click=app.quit]y[/]" in text
        assert "␛]8;;http://evil.example␛\\link" in text
        assert "a\\u202egnp.exe\\u2066\\u2069" in text
        assert "[bold]note[/]\\u202e" in shown[0]
        assert "tag\\U000e0041" in text
        picture = pilot.app.export_screenshot()
        assert not CONTROLS.search(picture.replace("\xad", ""))
        above, below = pilot.app.query(Static)
        assert above.render_line(0).text.strip() == "above"
        assert below.render_line(0).text.strip() == "below"
        await pilot.click(SourceView, offset=(8, 8))
        assert pilot.app.is_running


async def test_without_colour_the_quote_is_found_all_the_same(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    document = code()
    async with opened() as (pilot, source):
        source.show(document, marked=[at(document, "return x + 9 ")], cited=Span("line", 17, 18))
        await settled(pilot)
        ((y, _, text),) = marks(source)
        assert text == "return x + 9 "
        assert rows(source)[y].startswith("▐ 18»")
        # Words are not told apart by colour at all.
        assert "def f10(x):" in [text for text, _, _ in source.render_line(y + 1)]


async def test_pages_are_announced_with_their_printed_numbers() -> None:
    document = contract(
        (6, "The Term\n"), (7, "ends on 4 May\n2031.\n" + "and so on\n" * 60), (10, "Signed\n")
    )
    async with opened() as (pilot, source):
        source.show(
            document,
            marked=[at(document, "ends on 4 May\n2031")],
            cited=Span("page", 7, 7),
            labels={6: "vi", 7: "v\x1bii"},
            ocr={7: 0.871, 10: None},
        )
        await settled(pilot)
        assert rows(source)[:7] == [
            " ── pages 1-5 · no text ──",
            " ── page 6 (printed vi) ──",
            "   The Term",
            "▐── page 7 (printed v␛ii) · text recognised from a picture, 87 % sure ──",
            "▐» ends on 4 May",
            "▐» 2031.",
            "▐  and so on",
        ]
        await pilot.press("end")
        assert rows(source)[-4:] == [
            "▐  and so on",
            " ── pages 8-9 · no text ──",
            " ── page 10 · text recognised from a picture ──",
            "   Signed",
        ]
        source.goto(Span("page", 6, 6))
        await settled(pilot)
        assert rows(source)[0] == " ── pages 1-5 · no text ──"


async def test_a_notebook_shows_its_cells() -> None:
    text = "import a\n\nprint(a)\n"
    segments = (
        Segment("cell", "", Span("cell", 1, 1), 0, 10),
        Segment("cell", "", Span("cell", 2, 2), 10, len(text)),
    )
    document = Document("a.ipynb", "notebook", "python", "x", text, segments, "cell")
    async with opened() as (pilot, source):
        source.show(document, cited=Span("cell", 2, 2))
        await settled(pilot)
        assert rows(source)[:5] == [
            " ── cell 1 ──", "   import a", "", "▐── cell 2 ──", "▐  print(a)",
        ]  # fmt: skip


async def test_colour_comes_later_and_moves_nothing() -> None:
    document = code()
    async with opened() as (pilot, source):
        source.show(document, marked=[at(document, "return x + 90")])
        before, top = rows(source), source.scroll_offset
        assert {len(list(source.render_line(y))) for y in range(3)} <= {5, 6}
        await settled(pilot)
        assert (rows(source), source.scroll_offset) == (before, top)
        styles = {text.strip(): style for text, style, _ in source.render_line(0)}
        coloured = {style.color for style in styles.values() if style}
        assert len(coloured) >= 4
        keyword = source.get_component_rich_style("source--keyword").color
        assert any(
            style and style.color == keyword and text.strip() in ("def", "return")
            for y in range(4)
            for text, style, _ in source.render_line(y)
        )


async def test_a_long_document_is_coloured_where_it_is_read(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(lexing, "WHOLE", 1_000)
    monkeypatch.setattr(lexing, "AROUND", 500)
    document = code(CODE)
    async with opened() as (pilot, source):
        source.show(document)
        await settled(pilot)
        keyword = source.get_component_rich_style("source--keyword").color

        def keywords() -> int:
            return sum(
                bool(style and style.color == keyword)
                for y in range(source.size.height)
                for _, style, _ in source.render_line(y)
            )

        assert keywords() >= 20
        await pilot.press("G")
        await settled(pilot)
        assert keywords() >= 20


@pytest.mark.parametrize("letter", ["x", "漢"])
async def test_a_line_of_five_megabytes_costs_what_is_visible(
    letter: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    half = letter * 2_500_000
    document = code(f"{half}QUOTE{half}", "python")
    async with opened() as (pilot, source):
        source.show(document, marked=[at(document, "QUOTE")])
        # What is there before the line is measured was made of one piece of it.
        assert source.virtual_size.width < 5_000
        assert source.render_line(0).cell_length == source.size.width - 1
        await settled(pilot)
        ((y, x, text),) = marks(source)
        assert (y, text) == (0, "QUOTE")
        assert 4 <= x <= source.size.width // 2
        await pilot.press("w")
        await settled(pilot)
        assert source.virtual_size.height > 60_000
        source.focus_mark()
        await settled(pilot)
        assert "".join(text for _, _, text in marks(source)) == "QUOTE"
        for y in range(source.size.height):
            strip = source.render_line(y)
            assert strip.cell_length <= source.size.width
            assert sum(len(text) for text, _, _ in strip) <= source.size.width


async def test_many_lines_are_measured_beside_the_event_loop_and_only_visible_rows_are_made(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    document = code("x = 1\n" * 300_000)
    async with opened() as (pilot, source):
        called: list[int] = []
        monkeypatch.setattr(scrolling, "fold", lambda *a: called.append(1) or pytest.fail("folded"))
        source.show(document, cited=Span("line", 200_000, 200_001))
        assert not called
        monkeypatch.undo()
        assert rows(source)[:3] == [f" {source.first_visible_line + n}  x = 1" for n in range(3)]
        assert source.first_visible_line > 199_980
        await settled(pilot)
        assert [row[:7] for row in rows(source) if row[:1] == "▐"] == ["▐200000", "▐200001"]
        made: list[int] = []
        row = source._row
        monkeypatch.setattr(
            source, "_row", lambda view, n, seen: made.append(n) or row(view, n, seen)
        )
        await pilot.press("pagedown")
        await pilot.pause()
        assert 0 < len(set(made)) <= 2 * source.size.height


@pytest.mark.parametrize("size", SIZES)
async def test_wrapping_keeps_the_top_line(size: tuple[int, int]) -> None:
    lines = "".join(f"{n} " + "words of a long line " * 15 + "\n" for n in range(1, 301))
    async with opened(size) as (pilot, source):
        source.show(code(lines, ""))
        await settled(pilot)
        source.scroll_to(y=149, animate=False)
        await pilot.pause()
        assert not source.wrapped
        await pilot.press("w")
        await settled(pilot)
        assert source.wrapped
        assert source.first_visible_line == 150
        assert rows(source)[0].startswith(" 150  150 words")
        assert rows(source)[1].startswith("      ")
        assert source.virtual_size.width <= source.size.width
        await pilot.press("w")
        await settled(pilot)
        assert source.first_visible_line == 150


async def test_resizing_keeps_the_top_line_however_often() -> None:
    page = "".join(f"{n} " + "words of a long line " * 15 + "\n" for n in range(1, 301))
    document = contract((1, page))
    async with opened((120, 30)) as (pilot, source):
        source.show(document)
        await settled(pilot)
        row = next(y for y in range(2_000) if source._view and source._view.place(y) == (99, 2))
        source.scroll_to(y=row, animate=False)
        await pilot.pause()
        first = rows(source)[0]
        for width, height in ((60, 30), (80, 24), (200, 60), (45, 20), (120, 30)):
            await pilot.resize_terminal(width, height)
            await settled(pilot)
            assert source.first_visible_line == 100
        assert rows(source)[0] == first


async def test_resizing_does_not_lose_the_quote() -> None:
    document = contract((1, "words of a page " * 400 + "the quote " + "and more of it " * 400))
    async with opened((120, 30)) as (pilot, source):
        source.show(document, marked=[at(document, "the quote")])
        await settled(pilot)
        for size in ((60, 20), (200, 60)):
            await pilot.resize_terminal(*size)
            await settled(pilot)
            assert "".join(text for _, _, text in marks(source)).replace(" ", "") == "thequote"


async def test_a_long_text_keeps_its_place_while_it_is_measured() -> None:
    lines = "".join(f"{n} " + "words of a long line " * 15 + "\n" for n in range(1, 1_001))
    assert len(lines) > scrolling.AT_ONCE
    document = contract((1, lines))
    async with opened() as (pilot, source):
        source.show(document, marked=[at(document, "\n700 words")])
        await settled(pilot)
        assert source.wrapped
        assert any("700 words" in row for row in rows(source)[:12])
        source.scroll_to(y=source.scroll_y + 100, animate=False)
        await pilot.pause()
        line = source.first_visible_line
        await pilot.press("w")
        await settled(pilot)
        assert source.first_visible_line == line


async def test_the_difference_stays_on_top_with_its_signs() -> None:
    document = code()
    note = "not found; the closest words:\nreturn [-y-]{+x+} + 1"
    async with opened() as (pilot, source):
        source.show(document, marked=[at(document, "return x + 150")], note=note)
        await settled(pilot)
        assert rows(source)[:2] == [" not found; the closest words:", " return [-y-]{+x+} + 1"]
        styles = {text: style for text, style, _ in source.render_line(1)}
        removed, added = styles["[-y-]"], styles["{+x+}"]
        assert removed
        assert removed.strike
        assert added
        assert added.underline
        assert removed.color != added.color
        await pilot.press("G")
        assert rows(source)[0] == " not found; the closest words:"
        assert rows(source)[-1].startswith(" 400 ") or rows(source)[-2].startswith(" 400 ")
        await pilot.press("g")
        assert rows(source)[2].startswith("   1  def f1")


async def test_a_note_leaves_half_of_the_view_to_the_text() -> None:
    async with opened() as (pilot, source):
        source.show(code(), note="many words " * 400)
        await settled(pilot)
        half = source.size.height // 2
        assert rows(source)[half - 1] == " …"
        assert rows(source)[half].startswith("   1  def f1")


async def test_a_message_takes_the_place_of_a_document() -> None:
    async with opened() as (pilot, source):
        source.show(code(), marked=[(0, 3)], note="note")
        await settled(pilot)
        await pilot.press("G")
        source.clear("no citation here names \x1b[2J[b]a place[/b]")
        await settled(pilot)
        assert rows(source)[0] == " no citation here names ␛[2J[b]a place[/b]"
        assert not any(rows(source)[1:])
        assert (source.document, source.highlighted, source.first_visible_line) == (None, "", 0)
        for key in ("w", "G", "pagedown", "right", "g"):
            await pilot.press(key)
        source.show(code("", ""))
        await settled(pilot)
        assert rows(source)[0] == " nothing stands in it"


async def test_every_key_moves_as_it_says() -> None:
    document = code(CODE + "wide" * 100 + "\n")
    async with opened() as (pilot, source):
        source.show(document)
        await settled(pilot)
        page = source.scrollable_content_region.height - 1
        for key, line, column in (
            ("down", 2, 0), ("down", 3, 0), ("up", 2, 0), ("pagedown", 2 + page, 0),
            ("pageup", 2, 0), ("right", 2, 8), ("right", 2, 16), ("left", 2, 8),
            ("home", 1, 0), ("pagedown", 1 + page, 0), ("g", 1, 0),
        ):  # fmt: skip
            await pilot.press(key)
            await pilot.pause()
            assert (key, source.first_visible_line, source.scroll_offset.x) == (key, line, column)
        for key in ("end", "G"):
            await pilot.press("g", key)
            await pilot.pause()
            assert source.first_visible_line == 401 - page
    bound = [binding for binding in SourceView.BINDINGS if not isinstance(binding, tuple)]
    assert {binding.id for binding in bound} == {
        f"source.{name}"
        for name in ("wrap", "up", "down", "pageup", "pagedown", "top", "bottom", "left", "right")
    }
    assert all(binding.description and binding.tooltip for binding in bound)


async def test_the_mouse_scrolls_focuses_and_copies() -> None:
    document = code("\tone\x1b two\nthree 漢字 four\nfive\n", "")
    async with opened() as (pilot, source):
        pilot.app.set_focus(None)
        source.show(document)
        await settled(pilot)
        await pilot.click(SourceView, offset=(6, 1))
        assert source.has_focus
        await pilot.mouse_down(SourceView, offset=(8, 0))
        await pilot.hover(SourceView, offset=(12, 1))
        await pilot.mouse_up(SourceView, offset=(12, 1))
        await pilot.pause()
        assert pilot.app.screen.get_selected_text() == "one␛ two\nthree 漢字"
        source.show(code())
        await settled(pilot)


@pytest.mark.parametrize(
    "theme",
    [
        DARK.name,
        LIGHT.name,
        "textual-dark",
        "textual-light",
        "nord",
        "gruvbox",
        "dracula",
        "monokai",
        "solarized-light",
        "flexoki",
        "catppuccin-latte",
        "tokyo-night",
        "ansi-dark",
        "ansi-light",
    ],
)
async def test_every_kind_of_text_can_be_read_in_every_theme(theme: str) -> None:
    async with opened(theme=theme) as (pilot, source):
        source.show(code(), note="x")
        await settled(pilot)
        kinds = sorted(name.removeprefix("source--") for name in SourceView.COMPONENT_CLASSES)
        for kind in ("", "selected", *kinds):
            style: Style = source._dye(kind)
            assert style.color, kind
            if style.color.triplet and style.bgcolor and style.bgcolor.triplet:
                found = contrast(style.color.triplet, style.bgcolor.triplet)
                assert found >= CONTRAST, (kind, found)


def test_words_are_looked_for_where_a_segment_begins_and_never_in_endless_lines() -> None:
    text = (
        'x = """\n' + "prose\n" * 10 + '"""\n' + "y = 1\n" * 100 + "z" * 3_000 + "\nclass A: pass\n"
    )
    segments = tuple(
        Segment("block", "", Span("line", 1, 1), start, min(start + 200, len(text)))
        for start in range(0, len(text), 200)
    )
    document = Document("a.py", "source", "python", "x", text, segments)
    assert lexing.window(document, 0, 100) == (0, len(text))
    words = lexing.lex(document, 0, len(text), lambda: False)
    found = [(text[a:b], kind) for a, b, kind in words.between(0, len(text))]
    assert ("class", "keyword") in found
    assert ("A", "definition") in found
    assert not list(words.between(text.index("zzz"), text.index("zzz") + 3_000))
    assert lexing.lex(document, 0, len(text), lambda: True).starts.tolist() == []


def test_cells_that_are_prose_are_not_coloured_as_code() -> None:
    text = "Here we load the plans\n\nfor a in b: pass\n"
    segments = (
        Segment("cell", "", Span("cell", 1, 1), 0, 24),
        Segment("cell", "", Span("cell", 2, 2), 24, len(text)),
    )
    document = Document("a.ipynb", "notebook", "python", "x", text, segments, "cell")
    words = lexing.lex(document, 0, len(text), lambda: False)
    assert not list(words.between(0, 23))
    assert [text[a:b] for a, b, kind in words.between(24, 99) if kind == "keyword"]


def test_every_language_that_has_a_name_here_is_known_to_pygments_or_left_plain() -> None:
    from longread.ingest.languages import COMMANDS, ENDS, NAMES

    named = {*ENDS.values(), *NAMES.values(), *COMMANDS.values()}
    unknown = set()
    for language in named:
        called = lexing.NAMES.get(language, language)
        if called and lexing._lexer(called) is None:
            unknown.add(language)
    assert unknown == {"asciidoc", "csv", "gettext", "gitattributes", "gitignore", "m4", "prisma"}
