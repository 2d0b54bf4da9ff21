"""A Word file as a package: its parts, how they refer to each other, its styles and its lists.

Parts are read as they stream by, so that nesting and size cost time and no memory. A document type,
which no Word file has and an attack needs, ends the reading; no more than a bounded part of the
archive is ever unpacked.
"""

from __future__ import annotations

import posixpath
import zlib
from collections.abc import Mapping
from io import BytesIO
from xml.parsers import expat
from zipfile import BadZipFile, ZipFile

from longread.ingest.numbering import Abstract, Counting, Level, List

MOST_XML = 128 << 20
"""Bytes of unpacked XML that are read of one file; pictures are never unpacked."""
CHUNK = 64 << 10
SPACES = {
    "http://schemas.openxmlformats.org/wordprocessingml/2006/main": "w:",
    "http://purl.oclc.org/ooxml/wordprocessingml/main": "w:",
    "http://schemas.openxmlformats.org/markup-compatibility/2006": "mc:",
    "http://schemas.openxmlformats.org/officeDocument/2006/math": "m:",
    "http://purl.oclc.org/ooxml/officeDocument/math": "m:",
}
"""Short names of the name spaces that matter, in both editions of the standard."""


class NotWordError(Exception):
    """A file that cannot be read: its reason."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Package:
    """The archive, of which no more than a bounded part is ever unpacked."""

    def __init__(self, data: bytes) -> None:
        self._zip = ZipFile(BytesIO(data))
        self._left = MOST_XML

    def main(self) -> str:
        """Return the name of the document's part."""
        try:
            found = self.related("").get("officeDocument", [])
        except KeyError:
            found = []
        for name in (*found, "word/document.xml"):
            if name in self._zip.NameToInfo:
                return name
        raise NotWordError("not a DOCX")

    def related(self, part: str) -> dict[str, list[str]]:
        """Return the names of the parts that a part refers to, by the last word of their types."""
        folder, name = posixpath.split(part)
        links = Relations(folder)
        rels = posixpath.join(folder, "_rels", f"{name}.rels")
        if rels in self._zip.NameToInfo:
            self.read(rels, links)
        return links.found

    def read(self, part: str, reader: Reader) -> bool:
        """Have a part read; whether it was sound up to its end.

        Raises:
            NotWordError: more would be unpacked than may be, or it has a document type.
        """
        if part not in self._zip.NameToInfo:
            return True
        parser = expat.ParserCreate(namespace_separator=" ")
        parser.buffer_text = True
        parser.StartElementHandler = lambda name, about: reader.start(_short(name), about)
        parser.EndElementHandler = lambda name: reader.end(_short(name))
        parser.CharacterDataHandler = reader.data
        parser.StartDoctypeDeclHandler = _refuse
        with self._zip.open(part) as unpacked:
            try:
                while chunk := unpacked.read(CHUNK):
                    self._left -= len(chunk)
                    if self._left < 0:
                        raise NotWordError("too large: it unpacks to more than 128 MiB of text")
                    parser.Parse(chunk, False)
                parser.Parse(b"", True)
            except (expat.ExpatError, BadZipFile, EOFError, zlib.error):
                return False
        return True


def _refuse(*_: object) -> None:
    raise NotWordError("damaged: it declares a document type, as no Word file does")


def _short(name: str) -> str:
    space, _, local = name.rpartition(" ")
    return SPACES.get(space, "") + local


class Reader:
    """What is told of one part's XML as it streams by."""

    def start(self, name: str, about: Mapping[str, str]) -> None:
        """Take the beginning of an element."""

    def end(self, name: str) -> None:
        """Take its end."""

    def data(self, text: str) -> None:
        """Take text."""


def value(about: Mapping[str, str], name: str = "val") -> str:
    """Return an attribute, whatever its name space."""
    return next((v for key, v in about.items() if key.rpartition(" ")[2] == name), "")


OFF = ("0", "false", "off", "none")


def is_on(about: Mapping[str, str]) -> bool:
    return value(about) not in OFF


def whole(text: str, otherwise: int = 0) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 7 else otherwise


class Relations(Reader):
    """Where the parts lie that a part refers to."""

    def __init__(self, folder: str) -> None:
        self._folder = folder
        self.found: dict[str, list[str]] = {}

    def start(self, name: str, about: Mapping[str, str]) -> None:
        if name == "Relationship" and about.get("TargetMode") != "External":
            kind = about.get("Type", "").rpartition("/")[2]
            target = posixpath.normpath(posixpath.join("/", self._folder, about.get("Target", "")))
            self.found.setdefault(kind, []).append(target.lstrip("/"))


class Comments(Reader):
    """How many comments there are."""

    count = 0

    def start(self, name: str, about: Mapping[str, str]) -> None:
        self.count += name == "w:comment"


class Style:
    """What a style says of rank and number, and of being hidden."""

    def __init__(self) -> None:
        self.based = ""
        self.list = ""
        self.at: int | None = None
        self.rank: int | None = None
        self.hidden: bool | None = None


class Styles(Reader):
    """Styles by id, and the one that a paragraph without any has."""

    def __init__(self) -> None:
        self.all: dict[str, Style] = {}
        self.usual = ""
        self._hiding: dict[str, bool | None] = {}
        self._style = Style()
        self._id = ""

    def start(self, name: str, about: Mapping[str, str]) -> None:
        style = self._style
        match name:
            case "w:style":
                self._id, self._style = value(about, "styleId"), Style()
                self.all[self._id] = self._style
                if value(about, "default") in ("1", "true") and value(about, "type") == "paragraph":
                    self.usual = self._id
            case "w:name" if value(about).lower() == "title":
                style.rank = 1
            case "w:name" if value(about).lower().startswith("heading "):
                style.rank = whole(value(about)[8:]) or None
            case "w:basedOn":
                style.based = value(about)
            case "w:numId":
                style.list = value(about)
            case "w:ilvl":
                style.at = whole(value(about))
            case "w:outlineLvl" if whole(value(about), 9) < 9:
                style.rank = whole(value(about)) + 1
            case "w:vanish":
                style.hidden = is_on(about)

    def line(self, name: str) -> list[tuple[str, Style]]:
        """Return a style and those it is based on, with their ids, the nearest first."""
        found: list[tuple[str, Style]] = []
        while name in self.all and len(found) < 20:
            found.append((name, self.all[name]))
            name = self.all[name].based
        return found

    def hides(self, name: str) -> bool | None:
        """Return whether words of a style are hidden; None where it says nothing of that."""
        if name not in self._hiding:
            said = (s.hidden for _, s in self.line(name) if s.hidden is not None)
            self._hiding[name] = next(said, None)
        return self._hiding[name]


class Numbers(Reader):
    """Reads how lists count."""

    def __init__(self, counting: Counting) -> None:
        self._counting = counting
        self._abstract, self._list, self._level = Abstract(), List(), Level()
        self._at = 0

    def start(self, name: str, about: Mapping[str, str]) -> None:
        level = self._level
        match name:
            case "w:abstractNum":
                self._abstract = self._counting.abstracts[value(about, "abstractNumId")] = (
                    Abstract()
                )
                self._list = List()
            case "w:num":
                self._list = self._counting.lists[value(about, "numId")] = List()
                self._abstract = Abstract()
            case "w:abstractNumId":
                self._list.abstract = value(about)
            case "w:numStyleLink":
                self._abstract.link = value(about)
            case "w:lvlOverride":
                self._at = whole(value(about, "ilvl"))
            case "w:startOverride":
                self._list.starts[self._at] = whole(value(about), 1)
            case "w:lvl":
                self._level = Level()
                self._abstract.levels[whole(value(about, "ilvl"))] = self._level
                self._list.levels[whole(value(about, "ilvl"))] = self._level
            case "w:start":
                level.start = whole(value(about), 1)
            case "w:numFmt":
                level.form = value(about)
            case "w:lvlText":
                level.text = value(about)
            case "w:lvlRestart":
                level.restart = whole(value(about))
            case "w:isLgl":
                level.legal = is_on(about)
            case "w:pStyle":
                level.style = value(about)
