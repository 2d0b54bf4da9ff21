"""Citations in an answer, judged against what the model was shown.

A quote either stands in the source, in one of the ways of `longread.types.Verdict`, or it does
not; likeness is shown to the reader and never counts. Nothing here reads a file.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cached_property

from longread.prompt.closest import Neighbourhood
from longread.prompt.mentions import Mention, Reader, escape
from longread.prompt.names import Names
from longread.prompt.quotes import Match, Quote, Searched
from longread.prompt.ruler import Ruler, joined
from longread.types import MARKS, Citation, Document, Shown, Span, Verdict

SLACK = 3
"""Lines that a quote may stand beside the lines cited: models miscount."""
PROSE = frozenset({"docs", "pdf", "document", "other", "empty"})
"""Kinds whose text is not code, so that operators in it need no digit beside them to drop."""
LEVELS = (Verdict.EXACT, Verdict.FOLDED, Verdict.LETTERS, Verdict.ELIDED)
"""From the strictest on: of several ways to read a quote, the one that stands best is meant."""
NOTE = 300
"""Characters of a note, at most."""


def judge(
    answer: str, shown: Mapping[str, Shown], known: Sequence[Citation] = ()
) -> tuple[Citation, ...]:
    """Return the citations of an answer in the order in which they stand, each with its verdict.

    `shown` is by short id ("d12") and holds every document that can be named, also those of
    which nothing stood in the prompt.

    Args:
        known: citations that were judged before, in the order in which they stand in the answer;
            what is between them is read by itself, so that it can hide none of them.
    """
    court = Court(shown)
    names = Names({short: s.document for short, s in shown.items()})
    found: list[Citation] = []
    at = 0
    for one in (*known, None):
        start, end = one.at if one and one.at else (len(answer), len(answer))
        reader = Reader(answer[at:start], names, lambda said: court.judge(said).found is not None)
        for mention in reader.mentions():
            first, last = mention.at
            found.append(court.judge(replace(mention, at=(at + first, at + last))))
        found += [one] if one else []
        at = end
    return tuple(found)


def place(document_id: str, span: Span, shown: Mapping[str, Shown]) -> Citation:
    """Return the citation of a place that was chosen from a list."""
    mention = Mention(document_id, span, (), (0, 0))
    return replace(Court(shown).judge(mention), guided=True, at=None)


def stands(document_id: str, span: Span | None, quote: str, court: Court) -> Citation:
    """Return the citation of words that were quoted by themselves, not within a text."""
    quotes = (quote,) if quote else ()
    return replace(court.judge(Mention(document_id, span, quotes, (0, 0))), at=None)


def locate(citation: Citation, document: Document) -> tuple[tuple[int, int], ...]:
    """Return the character ranges of `document` in which the citation's words stand.

    Empty where it quotes nothing, or where the words stand nowhere in it. For words that were
    left out of an elided quote the gap is in the range too.
    """
    return Version(document).locate(citation)


def nearest(citation: Citation, document: Document) -> Span | None:
    """Return where the words of `document` stand that come closest to a quote not found."""
    return Version(document).nearest(citation)


def render(citation: Citation) -> str:
    """Return the citation in the form that models are asked to write."""
    where = f":{citation.span}" if citation.span else ""
    words = f' "{escape(citation.quote)}"' if citation.quote else ""
    return f"[{citation.document}{where}{words}]"


class Court:
    """What was shown, and each version of it prepared once, when first cited."""

    def __init__(self, shown: Mapping[str, Shown]) -> None:
        self._shown = shown
        self._versions: dict[tuple[str, int], Version] = {}
        self._judged: dict[tuple[str, Span | None, tuple[str, ...]], Citation] = {}

    @property
    def documents(self) -> list[str]:
        """Short ids of all that can be named."""
        return list(self._shown)

    def judge(self, mention: Mention) -> Citation:
        """Return the mention with its verdict."""
        key = mention.document, mention.span, mention.quotes
        if key not in self._judged:
            self._judged[key] = self._verdict(mention)
        return replace(self._judged[key], at=mention.at)

    def _verdict(self, mention: Mention) -> Citation:
        quote = mention.quotes[0] if mention.quotes else ""
        blank = Citation(mention.document, "", mention.span, quote, Verdict.NOT_FOUND)
        shown = self._shown.get(mention.document)
        if shown is None:
            return replace(blank, note="no document has this name")
        now = shown.document
        blank = replace(blank, path=now.path, version=now.content_id)
        current = self._version(mention.document, 0, shown.document)
        earlier = [
            self._version(mention.document, number, document)
            for number, document in enumerate(shown.superseded, 1)
        ]
        readings = [
            q for q in (Quote(text, current.code) for text in mention.quotes) if not q.empty
        ]
        # Whoever was shown a page as a picture could read what is written on it.
        shown = replace(shown, ranges=_with_pages(shown, current.ruler))
        seen = _pictured(mention.span, shown)
        if readings:
            found = _quoted(blank, readings, current, earlier, shown)
            if seen and found.verdict is Verdict.NOT_FOUND:
                said = "it was shown as a picture, in which nothing can be checked"
                found = replace(found, note=f"{found.note}; {said}" if found.note else said)
        elif seen:
            found = replace(blank, verdict=Verdict.PLACE, note="shown as a picture")
        else:
            found = _placed(blank, current, earlier, shown)
        recognised, sure = _recognised(found, shown)
        return replace(found, ocr=recognised, confidence=sure)

    def _version(self, short: str, number: int, document: Document) -> Version:
        key = short, number
        if key not in self._versions:
            self._versions[key] = Version(document)
        return self._versions[key]


class Version:
    """A document's text at one version, ready to be searched."""

    def __init__(self, document: Document) -> None:
        self.document = document
        self.ruler = Ruler(document)
        prose = document.kind in PROSE or document.language in ("markdown", "text", "rst")
        self.code = document.unit != "page" and not prose

    @cached_property
    def text(self) -> Searched:
        """Its text, prepared."""
        return Searched(self.document.text, self.ruler.bridged, self.code)

    @cached_property
    def words(self) -> Neighbourhood:
        """Its words, to find the closest ones."""
        return Neighbourhood(self.text.plain.folded.text)

    def locate(self, citation: Citation) -> tuple[tuple[int, int], ...]:
        """Return what `cite.locate` does, for the next citation of the same document too."""
        quote = Quote(citation.quote, self.code)
        if quote.empty or (citation.verdict is Verdict.NOT_FOUND and not citation.found):
            return ()
        for span in (citation.found, citation.span, None):
            if matches := self.matches(quote, span):
                return tuple((m.start, m.end) for m in matches[:1])
        return ()

    def nearest(self, citation: Citation) -> Span | None:
        """Return what `cite.nearest` does."""
        folded = self.text.plain.folded
        span = citation.span
        there = span is not None and span.unit == self.document.unit
        start, end = self.ruler.offsets(span) if span and there else (0, 0)
        words = Quote(citation.quote, self.code).form(Verdict.FOLDED)
        near = self.words.closest(words, folded.index(start), folded.index(end))
        if near is None:
            return None
        return self.ruler.span(folded.origin(near.start), folded.origin(near.end - 1) + 1)

    def matches(self, quote: Quote, span: Span | None, clean: bool = True) -> list[Match]:
        """Return where a quote stands in a place, at the strictest level at which it does.

        Those within the place come first. Lines have a slack; a quote that begins or ends in
        the place and runs beyond it stands there, so that page breaks are bridged.
        """
        lo, hi = self._window(span, quote)
        levels = (
            self.text.find(quote, lo, hi) if clean else [self.text.elided(quote, lo, hi, clean)]
        )
        for found in levels:
            if span is None:
                within, beside = found, []
            else:
                start, end = self.ruler.offsets(span)
                within = [m for m in found if start <= m.start and m.end <= end]
                beside = [m for m in found if m not in within and self._touches(m, span)]
            if within or beside:
                return within or beside
        return []

    def _window(self, span: Span | None, quote: Quote) -> tuple[int, int]:
        if span is None:
            return 0, len(self.document.text)
        start, end = self.ruler.offsets(self._widened(span))
        reach = 2 * len(quote.words) + 1_000 + 2_000 * max(0, len(quote.parts) - 1)
        return max(0, start - reach), end + reach

    def _widened(self, span: Span) -> Span:
        if span.unit != "line":
            return span
        return Span("line", max(1, span.first - SLACK), span.last + SLACK)

    def _touches(self, match: Match, span: Span) -> bool:
        there = self.ruler.span(match.start, match.end)
        wide = self._widened(span)
        return there.overlaps(span) or (wide.first <= there.first and there.last <= wide.last)


def _quoted(
    blank: Citation,
    readings: list[Quote],
    current: Version,
    earlier: list[Version],
    shown: Shown,
) -> Citation:
    """Judge a citation that quotes: in its place, then anywhere, then in earlier versions."""
    span = blank.span
    ambiguous = False
    if span is None or current.ruler.exists(span):
        standing = []
        for quote in readings:
            matches = current.matches(quote, span)
            if len(matches) > 1 and quote.short:
                ambiguous = True
            elif matches:
                standing.append((quote, matches))
        if standing:
            quote, matches = min(standing, key=lambda found: LEVELS.index(found[1][0].verdict))
            return _standing(replace(blank, quote=quote.original), matches, current, shown)
    if ambiguous:
        return replace(blank, note="too short to be unique here")
    for version in (current, *earlier):
        for quote in readings:
            matches = version.matches(quote, None)
            if not matches or (quote.short and len(matches) > 1):
                continue
            at = version.ruler.span(matches[0].start, matches[0].end)
            if version is current:
                return replace(blank, found=at, note=f"stands at {at}")
            note = f"stood at {at} of an earlier version"
            outdated = replace(blank, verdict=Verdict.OUTDATED, found=at, note=note)
            return replace(outdated, version=version.document.content_id)
    return replace(blank, note=_closest(blank, readings[0], current))


def _standing(blank: Citation, matches: list[Match], current: Version, shown: Shown) -> Citation:
    """Return the verdict on a quote that stands where it was said to."""
    visible = [m for m in matches if _covered(current.document.text, m.start, m.end, shown.ranges)]
    match = (visible or matches)[0]
    found = current.ruler.span(match.start, match.end)
    if not visible:
        touched = any(a < match.end and match.start < b for a, b in shown.ranges)
        note = "only partly in the prompt" if touched else ""
        return replace(blank, verdict=Verdict.NOT_SHOWN, found=found, note=note)
    return replace(blank, verdict=match.verdict, found=found, note=_bounded(match.gap))


def _pictured(span: Span | None, shown: Shown) -> bool:
    """Whether all pages of a place were shown as pictures."""
    if span is None or span.unit != "page" or not shown.seen:
        return False
    return shown.seen.issuperset(range(span.first, span.last + 1))


def _with_pages(shown: Shown, ruler: Ruler) -> tuple[tuple[int, int], ...]:
    """Return what stood in the prompt, with the text of pages that stood there as pictures."""
    if not shown.seen:
        return shown.ranges
    pages = [ruler.offsets(Span("page", page, page)) for page in shown.seen]
    return tuple(joined([*shown.ranges, *((start, end) for start, end in pages if end > start)]))


def _placed(blank: Citation, current: Version, earlier: list[Version], shown: Shown) -> Citation:
    """Judge a citation that names a place and quotes nothing."""
    span = blank.span
    ruler = current.ruler
    if span is None or not ruler.exists(span):
        for version in earlier:
            if span and version.ruler.exists(span):
                last = version.document.content_id
                note = "only an earlier version has it"
                return replace(blank, verdict=Verdict.OUTDATED, note=note, version=last)
        last = f"the last is {MARKS[ruler.unit]}{ruler.last}" if ruler.last else "it has no text"
        return replace(blank, note=f"no {span}; {last}" if span else "names no place")
    start, end = ruler.offsets(span)
    seen = [(max(a, start), min(b, end)) for a, b in shown.ranges if a < end and start < b]
    if not seen:
        note = "" if end > start else "it has no text"
        return replace(blank, verdict=Verdict.NOT_SHOWN, note=note)
    note = ""
    if not _covered(current.document.text, start, end, shown.ranges):
        parts = list(dict.fromkeys(str(ruler.span(a, b)) for a, b in seen))
        named = ", ".join(parts[:3]) + (", …" if len(parts) > 3 else "")
        # A page of which some lines were shown is named by no smaller place.
        note = f"of it, only {named} stood in the prompt"
        if parts == [str(span)]:
            note = "only a part of it stood in the prompt"
    return replace(blank, verdict=Verdict.PLACE, note=note)


def _covered(text: str, start: int, end: int, ranges: tuple[tuple[int, int], ...]) -> bool:
    """Whether all of a range but white space stood in the prompt."""
    at = start
    for a, b in ranges:
        if b <= at:
            continue
        if a >= end:
            break
        if text[at:a].strip():
            return False
        at = max(at, b)
    return at >= end or not text[at:end].strip()


def _closest(blank: Citation, quote: Quote, current: Version) -> str:
    """Say what comes closest to a quote that does not stand in the document."""
    gaps = current.matches(quote, blank.span, clean=False)
    if gaps:
        return _bounded(f"what was left out counts: {gaps[0].gap}")
    folded = current.text.plain.folded
    start, end = current.ruler.offsets(blank.span) if blank.span else (0, 0)
    words = quote.form(Verdict.FOLDED)
    near = current.words.closest(words, folded.index(start), folded.index(end))
    if near is None:
        return ""
    at = current.ruler.span(folded.origin(near.start), folded.origin(near.end - 1) + 1)
    if "-]" not in near.difference and "+}" not in near.difference:
        before = folded.text[max(0, near.start - 30) : near.start]
        after = folded.text[near.end : near.end + 30]
        return f"{at}: cut out of: {before}[{near.difference}]{after}"
    return f"{at}: {near.difference}"


def _bounded(text: str) -> str:
    return text if len(text) <= NOTE else text[: NOTE - 1] + "…"


def _recognised(citation: Citation, shown: Shown) -> tuple[bool, float | None]:
    """Return whether it leans on recognised pages, and their least confidence where it is known."""
    spans = [span for span in (citation.found, citation.span) if span and span.unit == "page"]
    leant = [
        sure
        for page, sure in shown.ocr.items()
        if any(span.first <= page <= span.last for span in spans)
    ]
    return bool(leant), min((sure for sure in leant if sure is not None), default=None)
