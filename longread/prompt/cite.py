"""Citations found in an answer, and judged against what the model was shown.

Similarity never verifies: a quote stands in the source, after folding that cannot change what it
says, or it does not. The closest text is shown as a difference, for a person to judge.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace

from longread.prompt.folding import fold
from longread.prompt.grammar import Written, find
from longread.prompt.quotes import Match, Quote, Searched
from longread.prompt.ruler import Ruler
from longread.types import Citation, Document, Shown, Span, Verdict

SLACK = 3
"""Lines that a cited place may be off: models count them badly."""
CLOSEST = 300
"""Characters of the difference shown for a quote that was not found."""
ANCHORS = 8
WINDOWS = 60
"""Words of a lost quote that are looked for, and places of each that are compared."""


def judge(answer: str, shown: Mapping[str, Shown]) -> tuple[Citation, ...]:
    """Return the citations of an answer in order of appearance, each with its verdict.

    Args:
        shown: every document by its short id, and what of it stood in the prompt.
    """
    sources: dict[str, Source] = {}
    citations = []
    for written in find(answer):
        id = resolve(written.ref, shown)
        if id is None:
            citation = Citation(written.ref, "", written.span, written.quote, Verdict.NOT_FOUND)
            citations.append(replace(citation, at=written.at, note="no such document"))
            continue
        source = sources.setdefault(id, Source(shown[id]))
        citations.append(replace(source.judge(written), document=id, at=written.at))
    return tuple(citations)


def place(document_id: str, span: Span, shown: Mapping[str, Shown]) -> Citation:
    """Return the citation of a place that a guided model chose from a list."""
    if document_id not in shown:
        lost = Citation(document_id, "", span, "", Verdict.NOT_FOUND, guided=True)
        return replace(lost, note="no such document")
    written = Written(document_id, span, "", (0, 0))
    return replace(Source(shown[document_id]).judge(written), guided=True, document=document_id)


def render(citation: Citation) -> str:
    """Return a citation in the form that models are asked for."""
    where = f":{citation.span}" if citation.span else ""
    words = citation.quote.replace('"', '\\"')
    return f'[{citation.document}{where} "{words}"]' if words else f"[{citation.document}{where}]"


def resolve(ref: str, shown: Mapping[str, Shown]) -> str | None:
    """Return the short id that a model meant: an id, a path, or the end of only one path."""
    if ref in shown:
        return ref
    wanted = ref.removeprefix("./").strip("`")
    exact = [id for id, one in shown.items() if one.document.path == wanted]
    ends = [id for id, one in shown.items() if one.document.path.endswith("/" + wanted)]
    found = exact or ends
    return found[0] if len(found) == 1 else None


@dataclass(frozen=True, slots=True)
class Finding:
    """What a look-up came to."""

    verdict: Verdict
    match: Match | None = None
    note: str = ""


class Source:
    """One document as its citations are judged; what is costly is made once."""

    def __init__(self, shown: Shown) -> None:
        self.shown = shown
        self.document = shown.document
        self.ruler = Ruler(shown.document)
        self._searched: dict[str, Searched] = {}

    def judge(self, written: Written) -> Citation:
        """Return the citation with its verdict."""
        quote = Quote(written.quote, self.document.unit == "line")
        finding = self._place(written.span) if quote.empty else self._quote(written.span, quote)
        span = None
        if finding.match:
            span = self.ruler.span(finding.match.start, finding.match.end)
        pages = span or written.span
        return Citation(
            written.ref,
            self.document.path,
            written.span,
            written.quote,
            finding.verdict,
            found=span,
            note=finding.note,
            ocr=bool(pages and pages.unit == "page" and self._recognised(pages)),
        )

    def _recognised(self, pages: Span) -> bool:
        return any(page in self.shown.ocr for page in range(pages.first, pages.last + 1))

    def _place(self, span: Span | None) -> Finding:
        if span is None or not self.ruler.exists(span):
            return Finding(Verdict.NOT_FOUND, note="no such place")
        start, end = self.ruler.offsets(span)
        seen = sum(max(0, min(b, end) - max(a, start)) for a, b in self.shown.ranges)
        if not seen and end > start:
            return Finding(Verdict.NOT_SHOWN)
        partly = seen < end - start
        return Finding(Verdict.PLACE, note="only partly in the prompt" if partly else "")

    def _quote(self, span: Span | None, quote: Quote) -> Finding:
        text = self.document.text
        if span is None:
            low, high = 0, len(text)
        elif self.ruler.exists(span):
            low, high = self._around(span)
        else:
            low = high = 0
        searched = self._search(self.document)
        crowded = False
        for matches in searched.find(quote, low, high):
            here = [m for m in matches if self._within(m, span)]
            if not here:
                continue
            if quote.short and len(here) > 1:
                crowded = True
                break
            match = next((m for m in here if self._stood(m)), here[0])
            verdict = match.verdict if self._stood(match) else Verdict.NOT_SHOWN
            return Finding(verdict, match, match.gap)
        if crowded:
            return Finding(Verdict.NOT_FOUND, note="too short to be the only one of its kind here")
        return self._elsewhere(quote, searched)

    def _around(self, span: Span) -> tuple[int, int]:
        """Return the range in which a quote may stand that is said to stand at `span`.

        Lines have some slack; a quote may begin on the page before, or end on the next.
        """
        slack = SLACK if span.unit == "line" else 1
        wide = Span(span.unit, max(1, span.first - slack), span.last + slack)
        return self.ruler.offsets(wide)

    def _within(self, match: Match, span: Span | None) -> bool:
        if span is None or span.unit == "line":
            return True
        start, end = self.ruler.offsets(span)
        return match.start < end and start < match.end

    def _stood(self, match: Match) -> bool:
        """Whether the words stood in the prompt, all of them; pieces follow one another there."""
        at = match.start
        for start, end in self.shown.ranges:
            if start <= at < end or (start > at and not self.document.text[at:start].strip()):
                at = end
            if at >= match.end:
                return True
        return False

    def _elsewhere(self, quote: Quote, searched: Searched) -> Finding:
        """Say where words stand that do not stand where they were said to."""
        for old in self.shown.superseded:
            for matches in self._search(old).find(quote, 0, len(old.text)):
                if matches and not (quote.short and len(matches) > 1):
                    return Finding(Verdict.OUTDATED, note="it stood in an earlier version")
        text = self.document.text
        for matches in searched.find(quote, 0, len(text)):
            if matches and not (quote.short and len(matches) > 1):
                span = self.ruler.span(matches[0].start, matches[0].end)
                return Finding(Verdict.NOT_FOUND, matches[0], f"stands at {span}")
        if hidden := searched.elided(quote, 0, len(text), clean=False):
            note = f"what it leaves out says no, or a number: {hidden[0].gap}"
            return Finding(Verdict.NOT_FOUND, note=note[:CLOSEST])
        return Finding(Verdict.NOT_FOUND, note=closest(quote.words, text))

    def _search(self, document: Document) -> Searched:
        if document.content_id not in self._searched:
            bridged = Ruler(document).bridged
            made = Searched(document.text, bridged, document.unit == "line")
            self._searched[document.content_id] = made
        return self._searched[document.content_id]


def closest(quote: str, text: str) -> str:
    """Return the text most like a quote as a difference of words: "within [-four-]{+five+} days".

    What is in square brackets the quote says and the text does not; in braces the other way
    round. Empty where nothing is like it. The work is bounded, however long the text.
    """
    words = quote.split()[:60]
    folded = fold(text).text
    lower = folded.lower()
    rare = sorted({w.lower() for w in words if len(w) > 3}, key=lambda w: (-len(w), w))[:ANCHORS]
    size = len(" ".join(words))
    best: tuple[float, list[str]] = (0.0, [])
    for word in rare:
        at = -1
        offset = max(" ".join(words).lower().find(word), 0)
        for _ in range(WINDOWS):
            at = lower.find(word, at + 1)
            if at < 0:
                break
            start = max(0, at - offset)
            there = folded[start : start + size + 12].split()
            score = _likeness(words, there)
            if score > best[0]:
                best = (score, there)
    score, there = best
    return _difference(words, there)[:CLOSEST] if score >= 0.5 else ""


def _likeness(words: list[str], there: list[str]) -> float:
    common = set(map(str.lower, words)) & set(map(str.lower, there))
    return len(common) / max(len(set(map(str.lower, words))), 1)


def _difference(words: list[str], there: list[str]) -> str:
    matcher = difflib.SequenceMatcher(None, words, there, autojunk=False)
    codes = matcher.get_opcodes()
    said: list[str] = []
    for number, (tag, a, b, c, d) in enumerate(codes):
        if tag == "equal":
            said += words[a:b]
            continue
        old, new = " ".join(words[a:b]), " ".join(there[c:d])
        # The window is cut by length: what hangs over at its ends is no difference.
        if not old and number in (0, len(codes) - 1):
            continue
        said.append((f"[-{old}-]" if old else "") + (f"{{+{new}+}}" if new else ""))
    return re.sub(r"\s+", " ", " ".join(said))
