"""Which documents seem to amend an agreement or to belong to it, by their names and first lines.

These are suggestions. One is sure where two things say so and no other agreement is meant as well;
what is not sure is shown with the agreements it may belong to, and tied by a person alone.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from longread.analysis import values
from longread.errors import ConfigError
from longread.store import Store

OPENING = 2_500
"""Characters of a document in which it says what it is."""
TITLE_LINES = 8
ORDINALS = "first second third fourth fifth sixth seventh eighth ninth tenth".split()
NTH = rf"(?:(?P<nth>{'|'.join(ORDINALS)}|\d{{1,2}}(?:st|nd|rd|th))\s+)?"
NUMBER = r"(?:\s*(?:no\.?|number|nr\.?|#)?\s*(?P<number>\d{1,2}\b(?![.\d])))?"
AMENDING = re.compile(
    rf"(?:^|\b){NTH}(?P<what>amendment|addendum|supplement(?:al agreement)?|amending agreement"
    rf"|side letter|letter amendment|waiver|extension agreement|novation){NUMBER}(?:\b|$)",
    re.IGNORECASE,
)
ATTACHED = re.compile(
    r"(?:^|\b)(?P<what>exhibit|schedule|annex|appendix|attachment)\s+"
    r"(?P<label>[A-Z](?:-?\d{1,2})?|\d{1,2}|[IVX]{1,4})\b(?!\.\d)",
    re.IGNORECASE,
)
RESTATED = re.compile(r"\bamended\s+and\s+restated\b|\bamendment\s+and\s+restatement\b", re.I)
KINDS = (
    "agreement contract lease license licence deed indenture charter policy guarantee guaranty note"
    " bond plan memorandum terms"
).split()
NAMED = re.compile(
    rf"\bto\s+(?:the|that\s+certain|a|this)?\s*(?P<name>(?:[\w&'’,/-]+\s+){{0,8}}?(?:{'|'.join(KINDS)}))\b",
    re.IGNORECASE,
)
DATED = re.compile(
    r"\b(?:dated|made|entered\s+into|effective)(?:\s+(?:as\s+of|on|this))?\s+"
    r"(?P<date>[A-Z][a-z]+\.?\s+\d{1,2},?\s+\d{4}|\d{1,2}\s+[A-Z][a-z]+\s+\d{4}|\d{4}-\d\d-\d\d)"
)
DATE = re.compile(
    r"[A-Z][a-z]+\.?\s+\d{1,2},?\s+\d{4}|\d{1,2}\s+[A-Z][a-z]+\s+\d{4}|\d{4}-\d\d-\d\d"
)
WORD = re.compile(r"[a-z]+|\d+", re.IGNORECASE)
COMMON = frozenset(
    "the of and to a an for by between this that certain agreement contract amendment exhibit"
    " schedule annex appendix attachment first second third fourth fifth no number dated as pdf"
    " docx html md txt ex final signed executed copy v".split()
)
"""Words that say nothing of which agreement is meant."""


@dataclass(frozen=True, slots=True)
class Opening:
    """How a document begins."""

    path: str
    text: str
    """Its first characters."""
    title: str = ""


@dataclass(frozen=True, slots=True)
class Suggestion:
    """What a document seems to be, and what it may belong to."""

    path: str
    what: str
    """As it calls itself: "Amendment 1", "Exhibit B"."""
    agreements: tuple[str, ...]
    """The likeliest first; none where nothing says."""
    sure: bool
    why: str = ""


def what_it_is(path: str, text: str) -> tuple[str, int, str]:
    """Return what a document calls itself, its kind and its order; the first lines say it.

    The kind is 0 of an agreement, 1 of an amendment, 2 of an exhibit. Where the lines say nothing
    the file's name may.
    """
    lines = [line.strip() for line in text[:OPENING].splitlines() if line.strip()][:TITLE_LINES]
    stem = re.sub(r"[_\-.]+", " ", path.rpartition("/")[2].rpartition(".")[0])
    for line in [*lines, stem]:
        if len(line) > 160 or RESTATED.search(line):
            continue
        near = line[:60]
        if (found := AMENDING.search(near)) and (found.start() < 30 or line is stem):
            if found["what"].islower() and line is not stem and found.start() > 0:
                continue  # in the midst of a sentence
            return _amendment(found)
        at_start = ATTACHED.search(near) if line is stem else ATTACHED.match(near)
        if at_start and not (at_start["what"].lower() == "exhibit" and _of_filing(at_start)):
            label = at_start["label"].upper()
            return f"{at_start['what'].title()} {label}", 2, label.rjust(4)
        if any(re.search(rf"\b{kind}\b", line, re.IGNORECASE) for kind in KINDS):
            break
    return "", 0, ""


def _of_filing(found: re.Match[str]) -> bool:
    """Whether it is the number of an exhibit to a filing, as in "Exhibit 10"."""
    return found["label"].isdigit() and int(found["label"]) > 3


def _amendment(found: re.Match[str]) -> tuple[str, int, str]:
    nth = (found["nth"] or "").lower()
    number = int(found["number"] or 0)
    if nth in ORDINALS:
        number = ORDINALS.index(nth) + 1
    elif nth:
        number = int(re.sub(r"\D", "", nth))
    said = f"{found['what'].title()}{f' {number}' if number else ''}"
    return said, 1, str(number or 99).rjust(4)


def openings(store: Store, id: str) -> list[Opening]:
    """Return how the documents of a review begin, those left out of which nothing could be read."""
    return [
        Opening(
            one.path,
            store.reviews.document(id, one.path, one.content_id).text[:OPENING],
            one.title,
        )
        for one in store.reviews.head(id).documents
        if not one.reason
    ]


def tie(store: Store, id: str, path: str, agreement: str) -> None:
    """Let a document of a review belong to an agreement, or with "" to none.

    Raises:
        ConfigError: that cannot be, for one of them belongs to another agreement or has its own.
    """
    paths = {one.path for one in store.reviews.head(id).documents}
    # A tie to or of a document that is gone waits for it, and is in nobody's way.
    there = {
        one: its for one, its in store.reviews.families(id).items() if one in paths and its in paths
    }
    if agreement == path:
        raise ConfigError(f"{path} cannot belong to itself", hint="name its agreement with --of")
    if agreement and (above := there.get(agreement)):
        raise ConfigError(f"{agreement} itself belongs to {above}", hint=f"say --of {above}")
    below = [one for one, its in there.items() if its == path]
    if agreement and below:
        raise ConfigError(
            f"{', '.join(below)} belong{'s' if len(below) == 1 else ''} to {path}",
            hint=f"tie them to {agreement} first, or say --alone of them",
        )
    store.reviews.keep_families(id, {path: agreement}, by_person=True)


def rank(path: str, text: str) -> tuple[int, str, str]:
    """Return by what members of a family are sorted: amendments first, each by number or letter."""
    _, kind, order = what_it_is(path, text)
    return kind or 3, order, path


def suggest(openings: Sequence[Opening], families: Mapping[str, str]) -> list[Suggestion]:
    """Return what seems to belong to an agreement and is not tied yet.

    Args:
        families: what is tied, and with "" what a person has left alone.
    """
    kinds = {one.path: what_it_is(one.path, one.text) for one in openings}
    agreements = [one for one in openings if not kinds[one.path][1] and one.path not in families]
    # What is tied to nothing by a person is an agreement of its own.
    agreements += [one for one in openings if families.get(one.path) == ""]
    found = []
    for one in openings:
        what, kind, _ = kinds[one.path]
        if not kind or one.path in families:
            continue
        scored = sorted(
            ((_likeness(one, other), other.path) for other in agreements),
            key=lambda pair: (-len(pair[0]), pair[1]),
        )
        likely = [(why, path) for why, path in scored if why]
        best = likely[0][0] if likely else ()
        alone = len(likely) < 2 or len(likely[1][0]) < len(best)
        found.append(
            Suggestion(
                one.path,
                what,
                tuple(path for _, path in likely[:3]),
                len(best) >= 2 and alone,
                " and ".join(best),
            )
        )
    return found


def _likeness(one: Opening, agreement: Opening) -> tuple[str, ...]:
    """Return what says that a document belongs to an agreement."""
    head, other = one.text[:OPENING], agreement.text[:OPENING]
    said = []
    title = " ".join(other.split()[:60]) + f" {agreement.title} {_stem(agreement.path)}"
    if named := NAMED.search(" ".join(head.split())):
        words = _words(named["name"])
        if words and words <= _words(title):
            said.append("the name")
    dates = {values.iso_date(date["date"]) for date in DATED.finditer(" ".join(head.split()))}
    if (dates - {""}) & {values.iso_date(date) for date in DATE.findall(" ".join(other.split()))}:
        said.append("the date")
    if _parties(head) & _parties(other):
        said.append("the parties")
    mine, its = _words(_stem(one.path)), _words(_stem(agreement.path))
    if mine & its and its <= mine | {word for word in its if word.isdigit()}:
        said.append("the file's name")
    return tuple(said)


PARTY = re.compile(
    r"\b((?:[A-Z][\w&.'’-]*\s+){1,5}(?:Inc|Corp|Corporation|LLC|L\.L\.C|Ltd|Limited|LLP|LP|L\.P|GmbH"
    r"|AG|S\.A|B\.V|N\.V|PLC|plc|Company|Co)\b)"
)


def _parties(text: str) -> set[str]:
    return {" ".join(_ordered(name)) for name in PARTY.findall(" ".join(text.split()))}


def _ordered(name: str) -> list[str]:
    return [word.lower() for word in WORD.findall(name) if word.lower() not in COMMON]


def _words(said: str) -> set[str]:
    return {w.lower() for w in WORD.findall(said) if w.lower() not in COMMON}


def _stem(path: str) -> str:
    return re.sub(r"[_\-.]+", " ", path.rpartition("/")[2].rpartition(".")[0])
