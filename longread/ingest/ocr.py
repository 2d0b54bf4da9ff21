"""Scanned pages recognised in worker processes; nothing that was recognised is so again.

A page is named by its picture, so that a file with a page more, or another file with the same page,
costs no more than what is new. What cannot be recognised is reported, never raised.
"""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from importlib.util import find_spec

from longread.cache.derived import Derived
from longread.config import Settings
from longread.ingest.libraries import SCANNED, UNREAD
from longread.ingest.pages import PageText
from longread.ingest.pdf import PdfText
from longread.ingest.pool import Account, Pool, WorkerError
from longread.types import Progress, Tell

VERSION = 1
"""Raised whenever the same picture gives other text."""
RECOGNISERS = "longread.ingest.recognisers"
"""Imported by workers alone."""
SCAN = (SCANNED, UNREAD)
"""How the reasons of pages begin that may be recognised."""
PASSING = ("timeout", "memory", "failed")
"""How reasons begin for which a page is not recognised once, and may be when it is tried again."""
TOGETHER = 4
"""Pages of one request, so that many workers share a long scan."""


@dataclass(frozen=True, slots=True)
class Recogniser:
    """What reads pictures here."""

    program: str
    """"tesseract" or "rapidocr"."""
    languages: str
    """As tesseract names them; RapidOCR knows Latin letters and Chinese, and is not asked."""

    @property
    def id(self) -> str:
        """Its name in ledgers and caches."""
        return f"tesseract {self.languages}" if self.program == "tesseract" else self.program


@dataclass(frozen=True, slots=True)
class Limits:
    """What recognising may take."""

    page_seconds: float = 120.0
    """CPU seconds for one page; tesseract takes about 3, RapidOCR about 20."""
    memory: int = 3 << 30
    """Resident bytes of a worker; RapidOCR takes about 1 GiB."""


LIMITS = Limits()


@dataclass(frozen=True, slots=True)
class Recognised:
    """What was read in one page's picture."""

    text: str
    confidence: float
    """0 to 1: the mean over its words."""
    reason: str = ""
    """Why nothing was."""


def chosen(settings: Settings) -> Recogniser | None:
    """Return what the settings ask for, if it is installed here."""
    for program, there in (("tesseract", has_tesseract), ("rapidocr", has_rapidocr)):
        if settings.ocr in ("auto", program) and there():
            return Recogniser(program, settings.languages)
    return None


def has_tesseract() -> bool:
    """Whether the program is installed."""
    return shutil.which("tesseract") is not None


def has_rapidocr() -> bool:
    """Whether the packages are installed."""
    return find_spec("rapidocr") is not None and find_spec("onnxruntime") is not None


def lacks(recogniser: Recogniser) -> str:
    """Return the languages that are asked for and not installed, with "+" between them."""
    if recogniser.program != "tesseract":
        return ""
    try:
        done = subprocess.run(
            ["tesseract", "--list-langs"], capture_output=True, text=True, timeout=30, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return recogniser.languages
    there = done.stdout.split("\n")
    return "+".join(name for name in recogniser.languages.split("+") if name not in there)


def recognise_many(
    files: Iterable[tuple[str, bytes, PdfText]],
    recogniser: Recogniser,
    passwords: tuple[str, ...],
    derived: Derived,
    tell: Tell,
    limits: Limits = LIMITS,
) -> Iterator[tuple[str, PdfText]]:
    """Yield each file's name and text, its scans recognised, in the order they are done."""
    waiting = {name: (data, read) for name, data, read in files}
    scans = {name: _scans(read.pages) for name, (_, read) in waiting.items()}
    if missing := lacks(recogniser):
        for name, (_, read) in waiting.items():
            yield name, _unable(read, f"tesseract has no language {missing}")
        return
    found: dict[str, dict[int, Recognised]] = {name: {} for name in waiting}
    pool = Pool(RECOGNISERS, "answer", limits.memory)
    done, total = 0, sum(map(len, scans.values()))
    jobs = (
        (name, len(data), Recognising(pool, data, part, recogniser, passwords, derived, limits).run)
        for name, (data, _) in waiting.items()
        for part in _parts(scans[name])
    )
    for name, pages in pool.spread(jobs):
        found[name] |= pages
        done += len(pages)
        tell(Progress("ocr", done, total, recogniser.id))
        if len(found[name]) == len(scans[name]):
            yield name, _with(waiting[name][1], found.pop(name), recogniser)


def _scans(pages: Sequence[PageText]) -> list[int]:
    return [page.number for page in pages if page.reason.startswith(SCAN)]


def _parts(pages: Sequence[int]) -> Iterator[Sequence[int]]:
    for at in range(0, len(pages), TOGETHER):
        yield pages[at : at + TOGETHER]


def _unable(read: PdfText, why: str) -> PdfText:
    scans = set(_scans(read.pages))
    pages = [
        replace(page, reason=_unless(page, why)) if page.number in scans else page
        for page in read.pages
    ]
    return replace(read, pages=tuple(pages))


def _unless(page: PageText, why: str) -> str:
    """Return a reason that lets a page be tried again, and says why it has no text this time."""
    return f"{page.reason.partition(';')[0]}; {why}"


def _with(read: PdfText, found: Mapping[int, Recognised], recogniser: Recogniser) -> PdfText:
    """Return a file's text with what was recognised; a stamp stays where it says no more."""
    pages = []
    for page in read.pages:
        if not (said := found.get(page.number)):
            pages.append(page)
        elif len(said.text) <= len(page.text):
            why = said.reason or "no more than its text"
            again = _unless(page, f"not recognised: {why}")
            last = f"scan, not recognised: {why}"
            pages.append(replace(page, reason=again if why.startswith(PASSING) else last))
        else:
            pages.append(
                replace(
                    page, text=said.text, reason="", ocr=recogniser.id, confidence=said.confidence
                )
            )
    return replace(read, pages=tuple(pages))


@dataclass(slots=True)
class Recognising:
    """Some pages of one file on their way through as many workers as it takes."""

    pool: Pool
    data: bytes = field(repr=False)
    pages: Sequence[int]
    recogniser: Recogniser
    passwords: tuple[str, ...]
    derived: Derived
    limits: Limits
    found: dict[int, Recognised] = field(default_factory=dict)

    def run(self) -> dict[int, Recognised]:
        """Return what each page says, or why that is not known."""
        kind = f"ocr:{VERSION}:{self.recogniser.id}"
        digests = {
            number: str(reply["digest"])
            for number, reply in self._ask(self.pages, {})
            if "digest" in reply
        }
        kept = self.derived.get(kind, digests.values())
        for number, digest in digests.items():
            if value := kept.get(digest):
                text, confidence, reason = json.loads(value)
                if not reason.startswith(PASSING):
                    self.found[number] = Recognised(text, confidence, reason)
        wanted = {"languages": self.recogniser.languages, "seconds": self.limits.page_seconds}
        left = [number for number in digests if number not in self.found]
        for number, reply in self._ask(left, wanted):
            said = _said(reply)
            self.found[number] = said
            if not said.reason.startswith(PASSING):
                value = json.dumps([said.text, said.confidence, said.reason]).encode()
                self.derived.put(kind, [(digests[number], value)])
        for number in self.pages:
            self.found.setdefault(number, Recognised("", 0.0, "timeout"))
        return self.found

    def _ask(
        self, pages: Sequence[int], wanted: Mapping[str, object]
    ) -> Iterator[tuple[int, Mapping[str, object]]]:
        """Yield the replies; a page that a worker is lost on is left out with the reason."""
        left = list(pages)
        limit = self.limits.page_seconds
        account = Account(limit, limit * (len(left) + 1))
        while left and not (self.pool.closed or account.overdrawn):
            message = {
                "pages": left,
                "passwords": self.passwords,
                "program": self.recogniser.program,
                **wanted,
            }
            reason = "damaged"
            try:
                for reply in self.pool.ask(message, self.data, account):
                    if left and reply.get("page") == left[0]:
                        number = left.pop(0)
                        if "reason" in reply and not wanted:
                            self.found[number] = _said(reply)
                        yield number, reply
            except WorkerError as error:
                reason = "damaged" if error.reason == "died" else error.reason
            if left and not self.pool.closed:
                self.found[left.pop(0)] = Recognised("", 0.0, reason)


def _said(reply: Mapping[str, object]) -> Recognised:
    match reply:
        case {"text": str(text), "confidence": float(confidence)}:
            return Recognised(text, confidence)
        case {"reason": str(reason)}:
            return Recognised("", 0.0, reason)
    return Recognised("", 0.0, "damaged")
