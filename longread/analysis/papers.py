"""What a paper says of itself: title, authors, year, DOI, by its metadata and its first page.

What is not clear is left out: a wrong reference is worse than none. Nothing is looked up anywhere.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from longread.types import Document, Span

DOI = re.compile(r"\b10\.\d{4,9}/[-._;()/:A-Za-z0-9<>\[\]+]+")
"""Prefix and suffix as in the DOI Handbook, 2.2, with the letters that registrants use
(Crossref, "DOIs and matching regular expressions", 2015)."""
BROKEN = re.compile(r"[-._/:(][ \t]*\r?\n\s*[a-z0-9]")
"""The last letter of a DOI that may go on in the next line."""
ARXIV = re.compile(
    r"\barxiv[:.\s/]*(?:org/abs/)?"
    r"(?P<id>\d{4}\.\d{4,5}|[a-z-]+(?:\.[A-Z]{2})?/\d{7})(?:v\d+)?",
    re.IGNORECASE,
)
"""arXiv, "Understanding the arXiv identifier": since April 2007, and before."""
ARXIV_DOI = "10.48550/arXiv."
"""What arXiv puts before its identifiers to make DOIs of them."""
FIRST = 4_000
"""Characters of the first page in which a paper says what it is."""
PUBLISHED = re.compile(
    r"(?:\b(?:published|first published|available online|publication date|accepted)\b[^\n]{0,40}?"
    r"|©\s*(?:The Authors?,?\s*)?|\bcopyright\s*(?:©|\(c\))?\s*"
    r"|\barxiv:\S+\s+(?:\[[^\]]+\]\s+)?\d{1,2}\s+[A-Z][a-z]{2}\s+)"
    r"(?P<year>(?:19|20)\d{2})\b",
    re.IGNORECASE,
)
OF_FILE = " (file)"
"""Stands behind a year that is that of the file alone."""
RUBBISH = re.compile(
    r"^(?:microsoft (?:word|powerpoint|excel)\b|untitled|document\d*$|no ?title|title$|slide \d|"
    r"layout \d|paper$|manuscript$|main$|output$|print$|\(?anonymous|unknown|arxiv:|doi:|pii:?|"
    r"https?:)|\.(?:docx?|pdf|tex|dvi|ps|png|jpe?g|tiff?|indd|qxd|qxp|rtf|txt|html?|pptx?|xlsx?)$",
    re.IGNORECASE,
)
"""What programs put where a title should be."""
PAPER = re.compile(r"^\s*(?:\d\.?\s*)?(?:abstract|summary)\b", re.IGNORECASE | re.MULTILINE)
NAME = re.compile(r"[^\W\d_][\w.'’-]*(?:[\s,]+[^\W\d_][\w.'’-]*)+")


@dataclass(frozen=True, slots=True)
class Paper:
    """What is known of one; each empty where it is not clear."""

    title: str = ""
    authors: tuple[str, ...] = ()
    year: str = ""
    """With `OF_FILE` behind it where only the file has a date."""
    doi: str = ""


def paper(about: Mapping[str, str], document: Document | None) -> Paper:
    """Return what a document says of itself.

    Args:
        about: its metadata, by the names that PDFs use.
    """
    first = first_page(document)
    doi = _doi(about, first)
    is_paper = bool(doi or PAPER.search(first))
    path = document.path if document else ""
    title = _title(about.get("Title", ""), path) or (_first_lines(first) if is_paper else "")
    return Paper(title, _authors(about.get("Author", "")), _year(about, first), doi)


def first_page(document: Document | None) -> str:
    """Return the beginning of a document's first page; nothing where it has no pages."""
    if document is None or document.unit != "page":
        return ""
    parts = document.segments_in(Span("page", 1, 1))
    first = document.text[parts[0].start : parts[-1].end][:FIRST] if parts else ""
    document.forget()
    return first


def _doi(about: Mapping[str, str], first: str) -> str:
    said = [v for k, v in about.items() if "doi" in k.casefold()] + [about.get("Subject", "")]
    for words in (*said, first):
        # A line's end may stand between the name and the number; within, what is before it is
        # only the beginning, and of no use but to confirm a whole one.
        whole, begun = dict[str, None](), set[str]()
        for match in DOI.finditer(words):
            doi = _ended(match.group())
            if BROKEN.match(words, match.end() - 1):
                begun.add(doi.casefold())
            else:
                whole[doi] = None
        folded = {doi.casefold() for doi in whole}
        if len(folded) == 1 and all(min(folded).startswith(doi) for doi in begun):
            return next(iter(whole))
        if whole or begun:
            return ""
    ids = {match["id"].casefold(): match["id"] for match in ARXIV.finditer(first)}
    return f"{ARXIV_DOI}{next(iter(ids.values()))}" if len(ids) == 1 else ""


def _ended(doi: str) -> str:
    """Return a DOI without the marks of the sentence around it."""
    doi = doi.rstrip(".,;:")
    while doi.endswith((")", "]", ">")):
        opening = {")": "(", "]": "[", ">": "<"}[doi[-1]]
        if doi.count(opening) >= doi.count(doi[-1]):
            break
        doi = doi[:-1].rstrip(".,;:")
    return doi


def _title(said: str, path: str) -> str:
    said = " ".join(said.split())
    stem = path.rpartition("/")[2].rpartition(".")[0]
    named = re.sub(r"\W+|_", "", said.casefold()) == re.sub(r"\W+|_", "", stem.casefold())
    if len(said) < 4 or RUBBISH.search(said) or (named and " " not in said):
        return ""
    is_name = " " not in said and re.search(r"[\d_]|\.\w{2,4}$", said)
    return "" if is_name or not re.search(r"[^\W\d_]{2}", said) else said


def _first_lines(first: str) -> str:
    """Return the title that a paper begins with, if its first line can be nothing else."""
    lines = [" ".join(line.split()) for line in first.splitlines() if line.strip()]
    lines = [line for line in lines if not (ARXIV.search(line) or DOI.search(line))]
    if not lines:
        return ""
    title = lines[0]
    for line in lines[1:3]:
        if not line[:1].islower() and title.rpartition(" ")[2].casefold() not in JOINING:
            break
        title = f"{title} {line}"
    words = title.split()
    clear = 3 <= len(words) <= 30 and not title.endswith((".", ",", ";"))
    return title if clear and not HEADER.search(title) else ""


JOINING = frozenset("a an the of for in on and to with by from at as or into via – - :".split())
"""Words with which no title ends."""
HEADER = re.compile(
    r"\d{4}|\bpages?\b|\bvol\b|\bissue\b|\bjournal\b|\bproceedings\b|\bconference\b|\bpublished\b"
    r"|\bpreprint\b|\bunder review\b|\breview article\b|\bresearch article\b|©|@|https?:|www\.",
    re.IGNORECASE,
)
"""What stands at the head of pages rather than in titles."""


def _authors(said: str) -> tuple[str, ...]:
    """Return names; what is no name of a person, such as "cprice", is left out."""
    said = " ".join(said.split())
    if ";" in said:
        parts = said.split(";")
    else:
        parts = re.split(r"\s+(?:and|und|et)\s+|\s*&\s*", said)
        listed = [part for one in parts for part in one.split(",") if part.strip()]
        if all(len(part.split()) > 1 for part in listed):
            parts = listed
    names = [part.strip(" ,") for part in parts if part.strip(" ,")]
    # Of "Poe, Ann, Roe, Bo" nobody can tell where a name ends, and in BibTeX it would be one.
    clear = all(NAME.fullmatch(name) and name.count(",") < 2 for name in names)
    return tuple(names) if clear else ()


def _year(about: Mapping[str, str], first: str) -> str:
    years = {match["year"] for match in PUBLISHED.finditer(first)}
    if len(years) == 1:
        return years.pop()
    made = re.match(r"(?:D:)?((?:19|20)\d{2})", about.get("CreationDate", ""))
    return f"{made[1]}{OF_FILE}" if made and not years else ""
