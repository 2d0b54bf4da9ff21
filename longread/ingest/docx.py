"""DOCX → lines of text. It runs in a worker process and nowhere else.

What the reader of the final version sees is written: insertions, results of fields, numbers of
clauses, notes. Deletions, hidden text and comments are not; they are counted and told of.
"""

from __future__ import annotations

import zlib
from collections import Counter
from collections.abc import Mapping
from zipfile import BadZipFile

from longread.ingest.numbering import Counting
from longread.ingest.ooxml import (
    Comments,
    NotWordError,
    Numbers,
    Package,
    Reader,
    Style,
    Styles,
    is_on,
    value,
    whole,
)
from longread.ingest.writer import Line, Writer, raised

COUNTED = "0123456789 |"
"""All that a line of a footer has which only numbers the page."""
CHANGED = frozenset(
    f"w:{what}Change" for what in "pPr rPr tblPr tblPrEx tblGrid tcPr trPr sectPr numbering".split()
)
UNSEEN = CHANGED | frozenset(
    "w:moveFrom w:delText w:instrText w:delInstrText w:sdtPr w:sdtEndPr w:rt mc:Fallback".split()
)
"""Elements whose text is not the document's, or is there twice."""
SYMBOLS = {
    "F0A8": "☐", "F06F": "☐", "F071": "☐", "F0FE": "☒", "F0FD": "☒", "F078": "☒", "F0FC": "✓",
    "F0B7": "•", "F0A7": "•",
}  # fmt: skip
"""Characters of Wingdings and Symbol that forms and lists use."""
MATHS = {"m:den": "/", "m:sup": "^", "m:sub": "_"}
NOT_READ = {"chart": "charts or diagrams", "relIds": "charts or diagrams", "w:altChunk": "parts"}
"""What a document may hold in other formats, by the names of the elements."""


def convert(data: bytes, most: int) -> dict[str, object]:
    """Return text and headings of a Word file, or the reason why there is none.

    Raises:
        TooMuchError: it has more than `most` characters.
    """
    if data.startswith(b"\xd0\xcf\x11\xe0"):
        locked = "EncryptedPackage".encode("utf-16-le") in data
        return {"reason": "encrypted by Word" if locked else "not a DOCX: it is an older format"}
    if not data.startswith(b"PK"):
        return {"reason": "not a DOCX"}
    try:
        return _convert(Package(data), most)
    except NotWordError as error:
        return {"reason": error.reason}
    except (
        BadZipFile,
        EOFError,
        LookupError,
        NotImplementedError,
        OSError,
        ValueError,
        zlib.error,
    ):
        return {"reason": "damaged"}
    except RuntimeError:  # what zipfile raises for a part that has a password
        return {"reason": "encrypted"}


def _convert(package: Package, most: int) -> dict[str, object]:
    main = package.main()
    parts = package.related(main)
    styles, counting = Styles(), Counting()
    for kind, reader in (("styles", styles), ("numbering", Numbers(counting))):
        for part in parts.get(kind, ())[:1]:
            package.read(part, reader)
    counting.styles = {name: style.list for name, style in styles.all.items() if style.list}
    notes: dict[tuple[str, str], list[Line]] = {}
    seen: Counter[str] = Counter()
    for kind in ("footnotes", "endnotes"):
        for part in parts.get(kind, ())[:1]:
            apart = Body(styles, counting, {}, seen, most)
            package.read(part, apart)
            notes |= {(kind, id): lines for id, lines in apart.apart.items()}
    for part in parts.get("comments", ())[:1]:
        comments = Comments()
        package.read(part, comments)
        seen["comments"] += comments.count
    body = Body(styles, counting, notes, seen, most)
    damaged = not package.read(main, body)
    body.close()
    around = _headers(package, parts, Body(styles, counting, {}, seen, most))
    if around:
        body.writer.put([Line(""), Line("[headers and footers]"), *around])
    text, headings = body.writer.finish()
    reason = "" if text else "damaged" if damaged else "no text"
    told = [*_told(seen), *(["damaged: what follows could not be read"] if damaged else [])]
    return {"text": text, "headings": headings, "notes": told, "reason": reason}


def _headers(package: Package, parts: Mapping[str, list[str]], body: Body) -> list[Line]:
    """Return the lines of all headers and footers, each once."""
    lines: dict[str, Line] = {}
    for part in [*parts.get("header", ()), *parts.get("footer", ())][:100]:
        body.writer.open_aside()
        package.read(part, body)
        written = body.writer.close_aside()
        lines |= {line.text: Line(line.text) for line in written if line.text.strip(COUNTED)}
    return list(lines.values())


def _told(seen: Counter[str]) -> list[str]:
    told = []
    if seen["inserted"] or seen["deleted"]:
        told.append(
            f"tracked changes: {seen['inserted']:,} insertions shown,"
            f" {seen['deleted']:,} deletions left out"
        )
    if seen["hidden"]:
        told.append(f"hidden text left out: {seen['hidden']:,} characters")
    if seen["comments"]:
        told.append(f"{seen['comments']:,} comments left out")
    for what in dict.fromkeys(NOT_READ.values()):
        if seen[what]:
            told.append(f"{seen[what]:,} {what} not read")
    return told


class Paragraph:
    """What is known of a paragraph before its words."""

    def __init__(self) -> None:
        self.style = ""
        self.list: str | None = None
        self.at: int | None = None
        self.rank: int | None = None
        self.joined = False
        """Whether its end was deleted, so that it goes on in the next."""
        self.pieces = 0
        self.asides: list[Line] = []
        """Boxes and notes that follow it."""


class Body(Reader):
    """Writes a document, its notes or its headers."""

    def __init__(
        self,
        styles: Styles,
        counting: Counting,
        notes: Mapping[tuple[str, str], list[Line]],
        seen: Counter[str],
        most: int,
    ) -> None:
        self.writer = Writer(most)
        self.apart: dict[str, list[Line]] = {}
        """Notes by id, where this is the part that holds them."""
        self._styles, self._counting, self._notes, self._seen = styles, counting, notes, seen
        self._open: list[Paragraph] = []
        self._ending: list[Line] = []
        self._numbers: Counter[str] = Counter()
        self._id = ""
        self._skipped = 0
        self._in_paragraph_properties = self._in_row_properties = self._in_text = False
        self._hidden = self._struck = self._raised = self._ticked = False
        self._row_deleted: list[bool] = []

    def start(self, name: str, about: Mapping[str, str]) -> None:
        if self._skipped:
            self._skipped += 1
            return
        if name in UNSEEN or (name == "w:del" and not self._is_mark):
            self._skipped = 1
            self._seen["deleted"] += name == "w:del"
            return
        if self._in_paragraph_properties:
            self._property(name, about)
        elif name.startswith("w:"):
            self._element(name, about)
        elif name == "m:t":
            self._in_text = True
        elif name in MATHS:
            self._say(MATHS[name])
        elif name in NOT_READ:
            self._seen[NOT_READ[name]] += 1

    @property
    def _is_mark(self) -> bool:
        """Whether an element of a change says something of the paragraph or row around it."""
        return self._in_paragraph_properties or self._in_row_properties

    def _property(self, name: str, about: Mapping[str, str]) -> None:
        """Take a property of the paragraph."""
        paragraph = self._open[-1]
        match name:
            case "w:pStyle":
                paragraph.style = value(about)
            case "w:numId":
                paragraph.list = value(about)
            case "w:ilvl":
                paragraph.at = whole(value(about))
            case "w:outlineLvl":
                paragraph.rank = whole(value(about), 9) + 1
            case "w:del" | "w:moveFrom":
                paragraph.joined = True

    def _element(self, name: str, about: Mapping[str, str]) -> None:
        writer = self.writer
        match name:
            case "w:p":
                self._open.append(Paragraph())
            case "w:pPr" if self._open:
                self._in_paragraph_properties = True
            case "w:r":
                self._hidden = self._struck = self._raised = False
            case "w:vanish":
                self._hidden = is_on(about)
            case "w:strike" | "w:dstrike":
                self._struck = is_on(about)
            case "w:vertAlign":
                self._raised = value(about) == "superscript"
            case "w:t":
                self._in_text = True
            case "w:tab" | "w:ptab":
                self._say(" ")
            case "w:br" | "w:cr":
                writer.break_line()
            case "w:noBreakHyphen":
                self._say("-")
            case "w:checkBox":
                self._ticked = False
            case "w:default" | "w:checked":
                self._ticked = is_on(about)
            case "w:sym":
                self._say(SYMBOLS.get(value(about, "char").upper(), "•"))
            case "w:ins" | "w:moveTo" if not self._is_mark:
                self._seen["inserted"] += 1
            case "w:footnoteReference" | "w:endnoteReference":
                self._refer(name[2:-9] + "s", value(about, "id"))
            case "w:footnote" | "w:endnote":
                self._id = value(about, "id")
                writer.open_aside()
            case "w:txbxContent":
                writer.open_aside()
            case "w:altChunk":
                self._seen[NOT_READ[name]] += 1
            case _:
                self._table(name, about)

    def _table(self, name: str, about: Mapping[str, str]) -> None:
        writer = self.writer
        match name:
            case "w:tbl":
                writer.open_table()
            case "w:tr" if writer.in_table:
                writer.open_row()
                self._row_deleted.append(False)
            case "w:trPr":
                self._in_row_properties = True
            case "w:del" if self._row_deleted:
                self._row_deleted[-1] = True
                self._seen["deleted"] += 1
            case "w:tc" if writer.in_table:
                writer.open_cell()
            case "w:gridSpan" if writer.in_table:
                writer.span(whole(value(about), 1))

    def data(self, text: str) -> None:
        if not self._in_text or self._skipped:
            return
        if self._hidden:
            self._seen["hidden"] += len(text.strip())
            return
        text = raised(text) if self._raised else text
        self._say(f"~~{text}~~" if self._struck and text.strip() else text)

    def _say(self, text: str) -> None:
        self.writer.say(text)

    def _refer(self, kind: str, id: str) -> None:
        """Print a note's number; a footnote follows its paragraph, an endnote the document."""
        lines = self._notes.get((kind, id))
        if lines is None or self._hidden:
            return
        self._numbers[kind] += 1
        mark = f"[^{'e' if kind == 'endnotes' else ''}{self._numbers[kind]}]"
        self._say(mark)
        first = Line(f"{mark} {lines[0].text}") if lines else Line(mark)
        place = self._ending if kind == "endnotes" or not self._open else self._open[-1].asides
        place += [first, *lines[1:]]

    def end(self, name: str) -> None:
        if self._skipped:
            self._skipped -= 1
            return
        writer = self.writer
        match name:
            case "w:pPr" if self._in_paragraph_properties:
                self._in_paragraph_properties = False
                self._begin()
            case "w:p" if self._open:
                self._finish(self._open.pop())
            case "w:t" | "m:t":
                self._in_text = False
            case "w:checkBox":
                self._say("☒" if self._ticked else "☐")
            case "w:trPr":
                self._in_row_properties = False
            case "w:tc" if writer.in_table:
                writer.close_cell()
            case "w:tr" if writer.in_table:
                if self._row_deleted.pop():
                    writer.drop_row()
            case "w:tbl":
                writer.close_table()
            case "w:txbxContent":
                lines = writer.close_aside()
                if self._open:
                    self._open[-1].asides += lines
                else:
                    writer.put(lines)
            case "w:footnote" | "w:endnote":
                self.apart[self._id] = writer.close_aside()

    def _begin(self) -> None:
        """Give a paragraph its rank and its number."""
        paragraph = self._open[-1]
        line = self._styles.line(paragraph.style or self._styles.usual)
        rank = paragraph.rank or next((s.rank for _, s in line if s.rank), None)
        if rank and rank < 10:
            self.writer.heading(rank)
        list_, at = paragraph.list, paragraph.at
        if list_ is None:
            owner, style = next(((o, s) for o, s in line if s.list), ("", Style()))
            list_ = style.list
            if at is None:
                at = style.at if style.at is not None else self._counting.level_of(list_, owner)
        if list_ and not paragraph.joined:
            self.writer.number(self._counting.next(list_, at or 0))

    def _finish(self, paragraph: Paragraph) -> None:
        if paragraph.joined:
            return
        self.writer.end_line()
        self.writer.forget()
        self.writer.put(paragraph.asides)

    def close(self) -> None:
        """Write what stands at the end."""
        self.writer.end_line()
        if self._ending:
            self.writer.put([Line(""), Line("[endnotes]"), *self._ending])
