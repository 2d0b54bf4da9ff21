"""The words of a Word file: its body, its notes and its headers, element by element → lines.

It knows what an element means for the reader of the final version, and nothing of archives.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence

from longread.ingest.formulas import WordFormula
from longread.ingest.numbering import Counting
from longread.ingest.ooxml import OFF, Reader, Style, Styles, is_on, value, whole
from longread.ingest.signs import sign, signed
from longread.ingest.writer import Line, Writer, raised

CHANGED = frozenset(
    f"w:{what}Change" for what in "pPr rPr tblPr tblPrEx tblGrid tcPr trPr sectPr numbering".split()
)
UNSEEN = CHANGED | frozenset(
    "w:delText w:instrText w:delInstrText w:sdtPr w:sdtEndPr w:rt mc:Fallback".split()
)
"""Elements whose text is not the document's, or is there twice."""
REMOVED = ("w:del", "w:moveFrom")
"""Around runs that are not in the final version; in what is said of a paragraph, its end."""
NOT_READ = {
    "chart": "charts or diagrams", "relIds": "charts or diagrams", "w:altChunk": "parts",
    "pic": "pictures", "imagedata": "pictures", "OLEObject": "embedded files",
}  # fmt: skip
"""What a document may hold in other formats, by the names of the elements."""
HEXADECIMAL = re.compile("[0-9A-Fa-f]{2,4}")


class Paragraph:
    """What is known of a paragraph before its words."""

    def __init__(self) -> None:
        self.style = ""
        self.list: str | None = None
        self.at: int | None = None
        self.rank: int | None = None
        self.begun = False
        """Whether its rank and number are written."""
        self.joined = False
        """Whether its end was deleted, so that it goes on in the next."""
        self.asides: list[Line] = []
        """Boxes and notes that follow it."""


class Run:
    """What is known of words before them."""

    def __init__(self) -> None:
        self.style = self.font = ""
        self.hidden: bool | None = None
        self.struck = self.raised = False


class Form:
    """A field of an old form that is ticked, or of which one entry is chosen."""

    def __init__(self) -> None:
        self.chosen = "0"
        self.entries: list[str] = []

    @property
    def entry(self) -> str:
        """What was chosen."""
        at = whole(self.chosen)
        return self.entries[at] if at < len(self.entries) else ""


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
        self._run = Run()
        self._form = Form()
        self._fields: list[bool] = []
        """Of each field that is open, whether this is its instruction, which may hold fields."""
        self._carried: list[Line] = []
        """Boxes and notes of a paragraph that goes on in the next."""
        self._formula = WordFormula(self.writer)
        self._row_deleted: list[bool] = []

    def start(self, name: str, about: Mapping[str, str]) -> None:
        if self._skipped:
            self._skipped += 1
            return
        if name in UNSEEN or (name in REMOVED and not self._is_mark):
            self._skipped = 1
            self._seen["deleted"] += name in REMOVED
            return
        if self._in_paragraph_properties:
            self._property(name, about)
        elif name.startswith("w:"):
            self._element(name, about)
        elif name.startswith("m:"):
            self._in_text = name == "m:t"
            if name == "m:r":
                self._run = Run()
            self._formula.start(name, value(about))
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
                self._run = Run()
            case "w:rStyle":
                self._run.style = value(about)
            case "w:rFonts":
                self._run.font = value(about, "ascii")
            case "w:vanish":
                self._run.hidden = is_on(about)
            case "w:strike" | "w:dstrike":
                self._run.struck = is_on(about)
            case "w:vertAlign":
                self._run.raised = value(about) == "superscript"
            case "w:t":
                self._in_text = True
            case "w:tab" | "w:ptab":
                self._say(" ")
            case "w:br" | "w:cr":
                writer.break_line()
            case "w:noBreakHyphen":
                self._say("-")
            case "w:fldChar":
                self._field(value(about, "fldCharType"))
            case "w:checkBox" | "w:ddList":
                self._form = Form()
            case "w:default" | "w:checked" | "w:result":
                self._form.chosen = value(about)
            case "w:listEntry":
                self._form.entries.append(value(about))
            case "w:sym" if HEXADECIMAL.fullmatch(value(about, "char")):
                self._say(sign(int(value(about, "char"), 16), value(about, "font")))
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

    def _field(self, kind: str) -> None:
        """Know whether what comes is a field's instruction or its result."""
        if kind == "begin":
            self._fields.append(True)
        elif kind == "separate" and self._fields:
            self._fields[-1] = False
        elif kind == "end" and self._fields:
            self._fields.pop()

    def data(self, text: str) -> None:
        if self._in_text and not self._skipped:
            self._say(signed(text, self._run.font))

    def _say(self, text: str) -> None:
        if any(self._fields):
            return
        if self._is_hidden():
            self._seen["hidden"] += len(text.strip())
            return
        self.writer.say(raised(text) if self._run.raised else text, self._run.struck)

    def _is_hidden(self) -> bool:
        """Whether the run is hidden, by what is said of it, of its style or its paragraph's."""
        if self._run.hidden is not None:
            return self._run.hidden
        of_paragraph = self._open[-1].style if self._open else ""
        for style in (self._run.style, of_paragraph or self._styles.usual):
            if (hidden := self._styles.hides(style)) is not None:
                return hidden
        return False

    def _refer(self, kind: str, id: str) -> None:
        """Print a note's number; a footnote follows its paragraph, an endnote the document."""
        lines = self._notes.get((kind, id))
        if lines is None or any(self._fields) or self._is_hidden():
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
            case "w:r":
                self._run = Run()
            case "w:checkBox":
                writer.say("☒" if self._form.chosen not in OFF else "☐")
            case "w:ddList":
                writer.say(self._form.entry)
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
            case _ if name.startswith("m:"):
                self._formula.end(name)

    def _begin(self) -> None:
        """Give a paragraph its rank and its number."""
        paragraph = self._open[-1]
        paragraph.begun = True
        line = self._styles.line(paragraph.style or self._styles.usual)
        rank = paragraph.rank or next((s.rank for _, s in line if s.rank), None) or 0
        self.writer.heading(rank if rank < 10 else 0)
        list_, at = paragraph.list, paragraph.at
        if list_ is None:
            list_ = next((style.list for _, style in line if style.list), "")
            at = self._level(line, list_) if at is None else at
        if list_ and not paragraph.joined:
            self.writer.number(self._counting.next(list_, at or 0))

    def _level(self, line: Sequence[tuple[str, Style]], list_: str) -> int:
        """Return the level of a list that a style says, or that says the style: the nearest."""
        for name, style in line:
            at = self._counting.level_of(list_, name) if style.at is None else style.at
            if at is not None:
                return at
            if style.list:
                break
        return 0

    def _finish(self, paragraph: Paragraph) -> None:
        if not paragraph.begun:
            self._open.append(paragraph)
            self._begin()
            self._open.pop()
        if not self._open:
            # An instruction ends with its paragraph, or else a damaged one hides all that follows.
            self._fields = [False] * len(self._fields)
        self._carried += paragraph.asides
        if paragraph.joined:
            return
        self.writer.end_line()
        self.writer.forget()
        self.writer.put(self._carried)
        self._carried = []

    def close(self) -> None:
        """Write what stands at the end."""
        self.writer.end_line()
        self.writer.put(self._carried)
        if self._ending:
            self.writer.put([Line(""), Line("[endnotes]"), *self._ending])
