"""Headings and numbered clauses: what a line announces, and where it stands among the others.

Numbers are those of contracts and statutes ("1.", "1.1", "(a)", "Section 4.2", "Article IV") and
of papers ("2 Methods", "2.1 Setup", "Abstract"). Lines are looked at one by one and in order;
nothing here knows pages.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

PARTS = "Article|Schedule|Exhibit|Annex|Appendix|Part|Chapter"
CLAUSES = "Section|Clause"
PLAIN = (
    "Abstract|Introduction|Background|Related Work|Methods?|Materials and Methods|Results"
    "|Discussion|Conclusions?|References|Bibliography|Acknowledge?ments?|Recitals|Witnesseth"
    "|Definitions"
)
NUMBERED = re.compile(
    rf"""\s*(?:
      (?P<word>(?:{PARTS}|{CLAUSES}|{PARTS.upper()}|{CLAUSES.upper()}|Sec\.)\ +
        (?:[IVXLC]{{1,7}}|\d{{1,3}}(?:\.\d{{1,3}})*|[A-Z])\b|§+\ *\d{{1,4}}(?:\.\d{{1,3}})*)
      | (?P<number>\d{{1,2}}(?:\.\ ?\d{{1,3}}){{0,4}}(?P<point>[.)]?))(?=\s+["'“(]?[A-Z])
      | (?P<letter>\((?:[a-zA-Z]|[ivx]{{2,5}}|\d{{1,2}})\))(?=\s+\S)
      | (?P<plain>(?:{PLAIN}|{PLAIN.upper()})\b(?=\s*[:.]?\s*$))
    )[.:)]?\s*(?P<rest>[^\n]*)""",
    re.VERBOSE,
)
TITLE = re.compile(r"[-–—: ]*([^.:;\n]{2,60}?)(?=[.:;]|\s[–—]\s|$)")
LISTED = re.compile(r"(?:[A-Z]{1,2}[-–]?)?(\d{1,3}|[ivxl]{1,6})")
"""What a line of a table of contents ends in: the number of a page."""
ENTRY = 120
"""Characters of such a line at most, unless dots lead to the number."""
AROUND = 10
"""Lines looked at together."""
MONTH = re.compile(
    r"(?:January|February|March|April|May|June|July|August|September|October|November|December)\b"
)
HANGING = re.compile(r"[a-z,(&/–—-]$|\b(?:Section|Article|Exhibit|Schedule|Clause|Sections)$")
"""How a line ends that goes on in the next, so that a number there belongs to a sentence."""
REFERS = re.compile(r"(?:[\d(/-]|\b(?:[Ss]ub)?(?:[Ss]ection|[Cc]lause|[Pp]aragraph|[Ii]tem)s?)$")
"""How a line ends that names a clause by a letter, which the next line begins with."""
CAPS = re.compile(r"[A-Z][A-Z ,&'’/()-]{5,68}[A-Z)]")
ROMAN = {"I": 1, "V": 5, "X": 10, "L": 50, "C": 100}
LONG = 300
"""Characters of a line that are looked at."""
WIDEST = 160
"""Characters of a qualified name, at most."""


@dataclass(frozen=True, slots=True)
class Heading:
    """What a line announces."""

    kind: str
    """"part" (Article IV), "clause" (Section 4.2, 4.2, 4), "letter" or "plain"."""
    mark: str
    """As it is printed, but for a full stop at its end."""
    number: str = ""
    """"4.2" of "Section 4.2" and of "4.2."; Roman numbers as they stand."""
    title: str = ""
    bare: bool = False
    """Whether it is a number alone that no point or bracket follows."""

    @property
    def name(self) -> str:
        """The mark with its title."""
        return f"{self.mark} {self.title}" if self.title else self.mark


def heading(line: str) -> str:
    """Return what a line announces by itself ("3.2 Term", "(a)", "Methods"), or nothing."""
    found = look(line)
    return found.name if found else ""


def look(line: str) -> Heading | None:
    """Return what a line announces by itself; lines of a table of contents announce nothing."""
    match = NUMBERED.match(line)
    if not match:
        return None
    rest = match["rest"]
    kind, mark = next((k, match[k]) for k in ("word", "number", "letter", "plain") if match[k])
    mark = " ".join(mark.split())
    if kind == "letter" or kind == "plain":
        return Heading(kind, mark)
    if (kind == "word" and rest[:1].islower()) or (kind == "number" and MONTH.match(rest)):
        return None
    title = TITLE.match(rest)
    named = title[1].strip() if title and _names(title[1]) else ""
    if kind == "number":
        mark = number = mark.rstrip(".)").replace(" ", "")
        number = number.removesuffix(".0")  # "3.0 Term" holds 3.1 and 3.2
        return Heading("clause", mark, number, named, not match["point"] and "." not in mark)
    word, _, number = mark.replace("§", "§ ").partition(" ")
    kind = "part" if word.title() in PARTS.split("|") else "clause"
    return Heading(kind, mark, number.split()[-1], named)


def _names(title: str) -> bool:
    """Whether words name a clause rather than begin a sentence."""
    words = title.split()
    return (
        0 < len(words) <= 8
        and words[0][:1].isupper()
        and sum(word[:1].isupper() for word in words) * 2 >= len(words)
    )


def contents(lines: Sequence[str]) -> set[int]:
    """Return the indices of the lines that a table of contents is made of.

    Of `AROUND` lines half end as those of such a table do, in numbers that never fall; between
    the first and the last of these the others are titles that wrap.
    """
    ends = [(n, page) for n, line in enumerate(lines) if (page := _page(line))]
    found: set[int] = set()
    many = AROUND // 2
    for at in range(len(ends) - many + 1):
        some = ends[at : at + many]
        first, last = some[0][0], some[-1][0]
        pages = [int(page) for _, page in some if page.isdigit()]
        if last - first < AROUND and pages == sorted(pages):
            found.update(range(first, last + 1))
    return found


def _page(line: str) -> str:
    """Return the page's number that a line of a table of contents ends in, or nothing."""
    line = line.rstrip()
    if line[-1:] not in "0123456789ivxl":
        return ""
    spaced, _, last = line.rpartition(" ")
    entry = spaced.rstrip()
    match = LISTED.fullmatch(last.lstrip("."))
    if not entry or not match:
        return ""
    apart = entry.endswith((". .", "..")) or spaced.endswith("  ")
    return match[1] if apart or (len(entry) < ENTRY and entry[-1].isalpha()) else ""


@dataclass(slots=True)
class Outline:
    """Where one is among the clauses of a document; names are qualified by what holds them.

    A name is the holder's, a full stop and its own: "8 INSURANCE.8.1 Limits", and below that
    "8 INSURANCE.8.1(a)".
    """

    top: str = ""
    number: str = ""
    """Of the top."""
    part: bool = False
    """Whether the top is a part, such as an article, that counts its clauses anew."""
    clause: str = ""
    """Number of the clause that letters stand in."""
    letters: list[str] = field(default_factory=list)
    heading: str = ""
    """The last line that was a heading and nothing else."""

    def enter(self, line: str, before: str, after: str) -> tuple[str, bool]:
        """Return the qualified name that a line opens, empty for none, and whether it has a title.

        Args:
            before: the line before it, running lines left out.
            after: the line after it.
        """
        line, before, after = line[:LONG], before[-LONG:], after[:LONG]
        first = line.lstrip()[:1]
        if not (first.isupper() or first.isdigit() or first in "(§"):
            return "", False
        found = look(line)
        if found is None:
            return self._capitals(line.strip(), before.strip(), after.strip()), True
        if before.strip() != self.heading and not self._stands(found, before.rstrip()):
            return "", False
        if found.title and line.rstrip(" .:").endswith(found.title):
            self.heading = line.strip()
        if found.kind == "letter":
            return self._letter(found.mark), False
        self.letters = []
        name = found.name
        if found.kind == "part" and not found.title and _titles(after.strip()):
            name = f"{found.mark} {after.strip()}"
        if found.kind == "plain" and self.top.casefold().endswith(found.mark.casefold()):
            return "", False  # the title of the part that was just entered
        titled = found.kind != "clause" or bool(found.title)
        if found.kind == "clause" and self._within(found):
            self.clause = found.number
            return f"{self.top}.{name}"[:WIDEST], titled
        self.top, self.number = name, found.number
        self.part = found.kind == "part"
        self.clause = found.number if found.kind == "clause" else ""
        return name, titled

    def told(self, title: str, depth: int) -> str:
        """Return the qualified name of a heading that a file's own outline has.

        Args:
            depth: from 0; what is deeper stands in the top.
        """
        title = " ".join(title.split())[:WIDEST]
        self.clause, self.letters = "", []
        if depth and self.top and self.top != title:
            return f"{self.top}.{title}"[:WIDEST]
        self.top, self.number, self.part = title, "", False
        return title

    def _stands(self, found: Heading, before: str) -> bool:
        """Whether a heading is one after the line before it, and not a part of a sentence."""
        if found.kind == "letter":
            return not REFERS.search(before)
        if found.kind == "plain":
            return True
        last = self.clause if self.part else self.number
        if found.bare and last.isdigit() and found.number not in ("1", _next(last)):
            return False
        strong = found.mark[:1].isdigit() and found.title and not found.bare
        return bool(strong) or not HANGING.search(before)

    def _within(self, found: Heading) -> bool:
        """Whether a clause stands in the present top."""
        if not self.top:
            return False
        first, point, _ = found.number.partition(".")
        if point:
            return first in (self.number, str(_arabic(self.number)))
        return self.part

    def _letter(self, mark: str) -> str:
        self.letters = _below(self.letters, mark)
        own = f"{self.clause}{''.join(self.letters)}"
        return f"{self.top}.{own}"[:WIDEST] if self.top not in ("", self.clause) else own

    def _capitals(self, line: str, before: str, after: str) -> str:
        """Return a heading in capitals without a number; it stands between lines that are none."""
        words = line.split() if line.isupper() else ()
        if not (2 <= len(words) <= 9 and CAPS.fullmatch(line)):
            return ""
        if HANGING.search(before):
            return ""
        if before.isupper() or after.isupper() or self.top.endswith(line) or "CONTENTS" in words:
            return ""
        self.top, self.number, self.part, self.clause, self.letters = line, "", False, "", []
        return line


def _titles(line: str) -> bool:
    found = look(line)
    return line[-1:] not in ".,;:" and (not found or found.kind == "plain") and _names(line)


def _next(number: str) -> str:
    return str(int(number) + 1)


def _arabic(number: str) -> int:
    """Return a Roman number's value; 0 of what is none."""
    if not number or set(number) - ROMAN.keys():
        return 0
    values = [ROMAN[c] for c in number]
    return sum(-v if v < n else v for v, n in zip(values, [*values[1:], 0], strict=True))


def _below(open_: list[str], mark: str) -> list[str]:
    """Return the letters that are open once `mark` is: it follows one of them, or goes deeper."""
    for depth in range(len(open_) - 1, -1, -1):
        if _follows(open_[depth], mark):
            return [*open_[:depth], mark]
    if mark in open_:
        return [*open_[: open_.index(mark)], mark]
    first = mark[1:-1].lower() in ("a", "i", "1")
    return [*open_, mark] if first else [mark]


def _follows(one: str, other: str) -> bool:
    """Whether one mark counts on from another: "(b)" from "(a)", "(iv)" from "(iii)"."""
    left, right = one[1:-1], other[1:-1]
    if left.isdigit() and right.isdigit():
        return int(right) == int(left) + 1
    if left.isupper() != right.isupper():
        return False
    before, after = _arabic(left.upper()), _arabic(right.upper())
    counted = bool(before and after) and after == before + 1
    return counted or (len(left) == len(right) == 1 and ord(right) == ord(left) + 1)
