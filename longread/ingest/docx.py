"""DOCX → lines of text. It runs in a worker process and nowhere else.

What the reader of the final version sees is written: insertions, results of fields, numbers of
clauses, notes. Deletions, hidden text and comments are not; they are counted and told of.
"""

from __future__ import annotations

import zlib
from collections import Counter
from collections.abc import Mapping
from zipfile import BadZipFile

from longread.ingest.body import NOT_READ, Body
from longread.ingest.numbering import Counting
from longread.ingest.ooxml import Comments, NotWordError, Numbers, Package, Styles
from longread.ingest.writer import Line

COUNTED = "0123456789 |"
"""All that a line of a footer has which only numbers the page."""


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
            apart = Body(styles, counting.anew(), {}, seen, most)
            package.read(part, apart)
            notes |= {(kind, id): lines for id, lines in apart.apart.items()}
    for part in parts.get("comments", ())[:1]:
        comments = Comments()
        package.read(part, comments)
        seen["comments"] += comments.count
    body = Body(styles, counting, notes, seen, most)
    damaged = not package.read(main, body)
    body.close()
    around = _headers(package, parts, Body(styles, counting.anew(), {}, seen, most))
    if around:
        body.writer.put([Line(""), Line("[headers and footers]"), *around])
    text, headings = body.writer.finish()
    reason = "" if text else "damaged" if damaged else "no text"
    told = [*_told(seen), *(["damaged: what follows could not be read"] if damaged else [])]
    return {"text": text, "headings": headings, "notes": told, "reason": reason}


def _headers(package: Package, parts: Mapping[str, list[str]], body: Body) -> list[Line]:
    """Return the lines of all headers and footers, each once."""
    lines: dict[str, Line] = {}
    for part in dict.fromkeys([*parts.get("header", ()), *parts.get("footer", ())]):
        body.writer.open_aside()
        package.read(part, body)
        written = body.writer.close_aside()
        lines |= {line.text: Line(line.text) for line in written if line.text.strip(COUNTED)}
    return list(lines.values())


def _told(seen: Counter[str]) -> list[str]:
    told = []
    if seen["inserted"] or seen["deleted"]:
        told.append(
            f"tracked changes: {_number(seen['inserted'], 'insertion')} shown,"
            f" {_number(seen['deleted'], 'deletion')} left out"
        )
    if seen["hidden"]:
        told.append(f"hidden text left out: {_number(seen['hidden'], 'character')}")
    if seen["comments"]:
        told.append(f"{_number(seen['comments'], 'comment')} left out")
    for what in dict.fromkeys(NOT_READ.values()):
        if seen[what]:
            told.append(f"{what} not read: {seen[what]:,}")
    return told


def _number(number: int, noun: str) -> str:
    return f"{number:,} {noun}" + ("" if number == 1 else "s")
