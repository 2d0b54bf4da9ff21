"""The documents of a review as BibTeX, an entry each. It writes no file.

Letters stay as they are, in UTF-8; what TeX would read as a command is written so that it shows.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

from longread.types.reviews import Review, Reviewed

ESCAPES = {
    "\\": r"{\textbackslash}", "{": r"{\textbraceleft}", "}": r"{\textbraceright}",
    "&": r"\&", "%": r"\%", "$": r"\$", "#": r"\#", "_": r"\_",
    "~": r"{\textasciitilde}", "^": r"{\textasciicircum}",
}  # fmt: skip
ARXIV = "10.48550/arxiv."
"""How DOIs of arXiv begin, in small letters."""
SMALL = frozenset("a an the on of in for to and is are do does".split())


def bibtex(review: Review) -> str:
    """Return an entry for every document, in the order of the review.

    One with a DOI is an @article, and one of arXiv, or without, is @misc. A year that is only that
    of the file is said to be so.
    """
    taken: set[str] = set()
    entries = []
    for one in review.documents:
        key = _key(one, taken)
        taken.add(key.casefold())
        kind = "article" if one.doi and not _arxiv(one) else "misc"
        fields = ",\n".join(f"  {name} = {{{value}}}" for name, value in _fields(one))
        entries.append(f"@{kind}{{{key},\n{fields}\n}}\n")
    return "\n".join(entries)


def _fields(one: Reviewed) -> Iterator[tuple[str, str]]:
    yield "title", _shown(one.title or one.path.rpartition("/")[2])
    if one.authors:
        yield "author", " and ".join(map(_name, one.authors))
    year = re.match(r"\d{4}", one.year)
    if year:
        yield "year", year.group()
    if arxiv := _arxiv(one):
        yield "eprint", arxiv
        yield "archiveprefix", "arXiv"
        yield "url", f"https://arxiv.org/abs/{arxiv}"
    elif one.doi:
        yield "doi", _verbatim(one.doi)
        yield "url", f"https://doi.org/{_verbatim(one.doi)}"
    notes = ["title by the name of the file"] if not one.title else []
    if year and one.year != year.group():
        notes.append("year by the date of the file")
    if one.reason:
        notes.append(f"not read: {one.reason}")
    if notes:
        yield "note", _shown("; ".join(notes).capitalize())
    yield "file", _verbatim(one.path)


def _arxiv(one: Reviewed) -> str:
    return one.doi[len(ARXIV) :] if one.doi.casefold().startswith(ARXIV) else ""


def _shown(words: str) -> str:
    plain = " ".join("".join(c if c.isprintable() else " " for c in words).split())
    return "".join(ESCAPES.get(letter, letter) for letter in plain)


def _verbatim(words: str) -> str:
    """Return what programs read and TeX does not: as it is, but for what would end the field."""
    plain = "".join(c if c.isprintable() else "?" for c in words)
    return "".join(f"%{ord(c):02X}" if c in "{}" else c for c in plain)


def _name(author: str) -> str:
    # BibTeX takes "and" for the next author.
    shown = _shown(author)
    return f"{{{shown}}}" if re.search(r"\band\b", shown, re.IGNORECASE) else shown


def _key(one: Reviewed, taken: set[str]) -> str:
    """Return a key as people make them, "vaswani2017attention", or one by the file's name."""
    year = one.year[:4]
    parts = []
    if one.authors:
        first = one.authors[0]
        last = first.partition(",")[0] if "," in first else first.split()[-1]
        words = [w for w in re.findall(r"\w+", one.title) if w.casefold() not in SMALL]
        parts = [_plain(last), year, _plain(words[0]) if words else ""]
    stem = one.path.rpartition("/")[2].rpartition(".")[0] or one.path
    key = "".join(parts) if parts and parts[0] else _plain(stem) or "document"
    number, made = 1, key
    while made.casefold() in taken:
        number += 1
        made = f"{key}-{number}"
    return made


def _plain(words: str) -> str:
    folded = unicodedata.normalize("NFKD", words).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9]+", "", folded.casefold())[:40]
